"""AWS managed policies are loaded once.

moto: parses the file of 1,400 policies for each account, and holds them for each.
AWS: not a difference in behavior; tests that take an account each spent most of their time on it,
and organizations of hundreds of accounts most of their memory.
Source: none; a profile of the tests.

An account gets a policy of its own when it attaches it, because policies count
what they are attached to.
"""

import copy
import functools
import json
from datetime import datetime

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy, iam_backends
from moto.settings import load_iam_aws_managed_policies

from patches.registry import replaces

#: The account of the policies that are not attached.
SHARED = "aws"


@functools.cache
def _parsed(region):
    return [
        AWSManagedPolicy(
            account_id=SHARED,
            region=region,
            name=name,
            default_version_id=policy.get("DefaultVersionId"),
            path=policy.get("Path"),
            document=json.dumps(policy.get("Document")),
            create_date=datetime.fromisoformat(policy["CreateDate"]),
            update_date=datetime.fromisoformat(policy["UpdateDate"]),
        )
        for name, policy in json.loads(aws_managed_policies_data).items()
    ]


@replaces(IAMBackend, "_init_aws_policies")
def init_aws_policies(_original, backend):
    """The AWS managed policies, which all accounts share."""
    return _parsed(backend.region_name) if load_iam_aws_managed_policies() else []


@replaces(ManagedPolicy, "attach_to")
def attach_to(original, policy, holder):
    """Attach a policy; one that is shared is copied to the account first."""
    if policy.account_id == SHARED:
        backend = iam_backends[holder.account_id][policy.partition]
        policy = copy.copy(policy)
        policy.account_id = holder.account_id
        backend.managed_policies[policy.arn] = policy
    original(policy, holder)
