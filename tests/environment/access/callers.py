"""The caller of a request: the user of a test key, or a role."""

import json
from dataclasses import dataclass
from typing import Any

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from access.policies import Request, statements_of
from deployment.organizations import members


@dataclass
class Caller:
    """A principal.

    ``arn`` is what it is called in answers, ``principal`` its value of
    ``aws:PrincipalArn``: of a session, the role. ``role`` is moto's, or None of
    a user, who may do everything.
    """

    account: str
    partition: str
    arn: str
    principal: str
    role: Any = None

    @property
    def principals(self):
        """The forms in which policies name it."""
        root = f"arn:{self.partition}:iam::{self.account}:root"
        return tuple(("AWS", one) for one in (self.arn, self.principal, root, self.account))

    @property
    def own_principals(self):
        """The forms in which policies name it, and not its whole account."""
        return (("AWS", self.arn), ("AWS", self.principal))

    def request(self, action, resource, **context):
        """Its request, with what conditions see of it."""
        backend = members.of(self.account)
        known = {
            "aws:PrincipalArn": self.principal,
            "aws:PrincipalAccount": self.account,
            "aws:SecureTransport": "true",
            **context,
        }
        if backend is not None:
            known["aws:PrincipalOrgID"] = backend.org.id
        given = {key: value for key, value in known.items() if value is not None}
        return Request(action, resource, self.principals, given)


def of(call):
    """The caller of a request."""
    backend = iam_backends[call.account][call.partition]
    key = backend.access_keys.get(call.access_key)
    role_arn = getattr(key, "role_arn", None)
    if role_arn is None:
        return user(call.account, call.partition)
    sessions = sts_backends[call.account][call.partition].assumed_roles
    session = next(one for one in sessions if one.access_key_id == call.access_key)
    role = next((one for one in backend.get_roles() if one.arn == role_arn), None)
    return Caller(call.account, call.partition, session.arn, role_arn, role)


def user(account, partition):
    """The user of a test key."""
    arn = f"arn:{partition}:iam::{account}:user/plumbline-test"
    return Caller(account, partition, arn, arn)


def service_role(account, region, name):
    """A service role of AWS in an account; moto does not need to have it."""
    partition = get_partition(region)
    arn = f"arn:{partition}:iam::{account}:role/{name}"
    session = f"arn:{partition}:sts::{account}:assumed-role/{name.rpartition('/')[2]}/aws"
    return Caller(account, partition, session, arn)


def identity_statements(role):
    """The statements of a role's own policies, inline and managed."""
    documents = list(role.policies.values())
    for policy in role.managed_policies.values():
        documents += [one.document for one in policy.versions if one.is_default]
    return [statement for document in documents for statement in statements_of(document)]


def trust_statements(role):
    """The statements of a role's trust policy, or None."""
    document = json.loads(role.assume_role_policy_document)
    return statements_of(document) if "Statement" in document else None
