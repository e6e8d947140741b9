"""Statements of a bucket policy with a condition do not apply to everyone.

moto: ignores conditions, so a policy that denies plain HTTP denies every request.
AWS: a statement applies where its condition holds.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html

Here such statements never apply: the requests of tests meet no condition that denies.
"""

import json

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket

from patches.registry import replaces


@replaces(FakeBucket, "get_permission")
def get_permission(original, bucket, action, resource):
    """Decide by the statements without conditions."""
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(bucket.policy)
    policy["Statement"] = [one for one in policy["Statement"] if not one.get("Condition")]
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)
