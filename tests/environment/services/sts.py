"""STS where moto differs from AWS: who may assume a role, and who calls."""

import json
import re

from moto.iam.models import iam_backends
from moto.utilities.utils import get_partition

from deployment.organizations import members
from strictaws import wire
from strictaws.accounts import account_of_key

_ROLE = re.compile(r"^arn:([^:]+):iam::(\d{12}):role/(.+)$")


class SecurityTokens:
    """Handlers; the state is moto's."""

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("sts", "AssumeRole"): self.assume_role,
            ("sts", "GetCallerIdentity"): self.caller_identity,
        }

    def control(self):
        """Control functions by (method, path): none."""
        return {}

    @staticmethod
    def assume_role(call, forward):
        """Assume a role that exists and trusts the caller."""
        arn = call.parameter("RoleArn") or ""
        found = _ROLE.match(arn)
        if found and found.group(1) == call.partition:
            partitions = iam_backends.get(found.group(2)) or {}
            backend = (
                partitions.get(call.partition) if call.partition in dict.keys(partitions) else None
            )
            if backend and any(
                role.arn == arn and _trusts(role, call) for role in backend.get_roles()
            ):
                return forward()
        elif not found:
            raise wire.AwsError("ValidationError", f"{arn} is invalid", 400)
        message = (
            f"User: {_tester(call)[1]} is not authorized to perform: sts:AssumeRole on "
            f"resource: {arn}"
        )
        raise wire.AwsError("AccessDenied", message, 403)

    @staticmethod
    def caller_identity(call, forward):
        """Name the user of an account that its test key stands for."""
        if not account_of_key(call.access_key):
            return forward()
        identity, arn = _tester(call)
        return wire.xml_result(call, {"UserId": identity, "Account": call.account, "Arn": arn})


def _trusts(role, call):
    """Whether a role trusts the caller: its account, external id and organization.

    Which role calls does not matter: keys stand for accounts here.
    """
    statements = json.loads(role.assume_role_policy_document).get("Statement")
    if statements is None:  # tests create roles that trust everyone
        return True
    backend = members.of(call.account)
    called = {
        "sts:ExternalId": call.parameter("ExternalId"),
        "aws:PrincipalOrgID": backend and backend.org.id,
    }
    return any(
        statement["Effect"] == "Allow"
        and "sts:AssumeRole" in _listed(statement["Action"])
        and f"arn:{call.partition}:iam::{call.account}:root"
        in _listed(statement["Principal"].get("AWS", []))
        and all(
            called.get(key) in _listed(wanted)
            for key, wanted in statement.get("Condition", {}).get("StringEquals", {}).items()
        )
        for statement in _listed(statements)
    )


def _listed(value):
    return value if isinstance(value, list) else [value]


def _tester(call):
    partition = get_partition(call.region)
    return f"AIDA{call.account}TEST", f"arn:{partition}:iam::{call.account}:user/plumbline-test"
