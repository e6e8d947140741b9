"""STS where moto differs from AWS: permission to assume a role, and the caller identity."""

import re

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from access import callers
from access.policies import decision, is_allowed
from deployment.organizations import members
from strictaws import wire

_ROLE = re.compile(r"^arn:([^:]+):iam::(\d{12}):role/(.+)$")
_ACTION = "sts:AssumeRole"


class SecurityTokens:
    """Handlers; the state is moto's."""

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("sts", "AssumeRole"): self.assume_role,
            ("sts", "GetCallerIdentity"): self.caller_identity,
        }

    def control(self):
        """Control functions by (method, path)."""
        return {("POST", "sts/session"): self.session}

    @staticmethod
    def session(given):
        """Credentials of a role, as AWS Lambda has them for its functions: no policy is checked."""
        region, account = given.get("region", "us-east-1"), given["account"]
        partition = get_partition(region)
        name = given["role"].partition(":role/")[2].rpartition("/")[2] or given["role"]
        roles = iam_backends[account][partition].get_roles()
        role = next((one for one in roles if one.name == name), None)
        if role is None:
            raise ValueError(f"account {account} has no role {name}")
        made = sts_backends[account][partition].assume_role(
            region, given.get("session", "test"), role.arn, None, 3600, None
        )
        return {
            "arn": made.arn,
            "access_key_id": made.access_key_id,
            "secret_access_key": made.secret_access_key,
            "session_token": made.session_token,
        }

    @staticmethod
    def assume_role(call, forward):
        """Assume an existing role that trusts the caller, if the caller is allowed to assume it."""
        arn = call.parameter("RoleArn") or ""
        found = _ROLE.match(arn)
        if not found:
            raise wire.AwsError("ValidationError", f"{arn} is invalid", 400)
        caller, role = callers.of(call), _role(found, call)
        refusal = "" if role is not None else "none"
        if role is not None:
            refusal = _refusal(role, found.group(2), caller, call)
        if refusal is None:
            return forward()
        message = f"User: {caller.arn} is not authorized to perform: {_ACTION} on resource: {arn}"
        if refusal.startswith(("with", "because")):
            message = f"{message} {refusal}"
        raise wire.AwsError("AccessDenied", message, 403)

    @staticmethod
    def caller_identity(call, forward):
        """Return the user of an account for its test key."""
        caller = callers.of(call)
        if caller.principal != caller.arn:
            return forward()
        answer = {"UserId": f"AIDA{call.account}TEST", "Account": call.account, "Arn": caller.arn}
        return wire.xml_result(call, answer)


def _role(found, call):
    """The role of an ARN, or None."""
    partition, account, _ = found.groups()
    partitions = iam_backends.get(account) or {}
    if partition != call.partition or partition not in dict.keys(partitions):
        return None
    roles = partitions[partition].get_roles()
    return next((one for one in roles if one.arn == found.group(0)), None)


def _refusal(role, account, caller, call):
    """Why a caller is not allowed to assume a role, or None."""
    backend = members.of(account)
    request = caller.request(
        _ACTION,
        role.arn,
        **{
            "sts:ExternalId": call.parameter("ExternalId"),
            "sts:RoleSessionName": call.parameter("RoleSessionName"),
            "aws:ResourceAccount": account,
            "aws:ResourceOrgID": backend and backend.org.id,
        },
    )
    trust = callers.trust_statements(role)
    if trust is not None and not is_allowed(trust, request):
        return ""
    if caller.role is None:
        return None
    own = decision(callers.identity_statements(caller.role), request)
    if own == "Deny":
        return "with an explicit deny in an identity-based policy"
    if own is None and not _is_named(trust, request, account, caller):
        return f"because no identity-based policy allows the {_ACTION} action"
    return None


def _is_named(trust, request, account, caller):
    """Whether a role of the same account names this caller as trusted, which is sufficient."""
    if trust is None or account != caller.account:
        return trust is None
    request.principals = caller.own_principals
    return is_allowed(trust, request)
