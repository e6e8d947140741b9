"""The managed policies of AWS are parsed once.

moto: parses the file of 1,400 policies for each account.
AWS: not a difference in behavior; tests that take an account each spent most of their time on it.
Source: none; a profile of the tests.
"""

import functools
import json
from datetime import datetime

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.settings import load_iam_aws_managed_policies

from patches.registry import replaces


@functools.cache
def _parsed():
    return [
        {
            "name": name,
            "default_version_id": policy.get("DefaultVersionId"),
            "path": policy.get("Path"),
            "document": json.dumps(policy.get("Document")),
            "create_date": datetime.fromisoformat(policy["CreateDate"]),
            "update_date": datetime.fromisoformat(policy["UpdateDate"]),
        }
        for name, policy in json.loads(aws_managed_policies_data).items()
    ]


@replaces(IAMBackend, "_init_aws_policies")
def init_aws_policies(_original, backend):
    """The policies of AWS for one account."""
    if not load_iam_aws_managed_policies():
        return []
    account, region = backend.account_id, backend.region_name
    return [AWSManagedPolicy(account_id=account, region=region, **one) for one in _parsed()]
