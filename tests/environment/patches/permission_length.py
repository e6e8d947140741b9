"""The policy of a function has a limit.

moto: adds permissions without end.
AWS: refuses the permission with which the policy would be longer than 20,480 bytes.
Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import json

from moto.awslambda.policy import Policy

from patches.registry import replaces
from services.lambda_policies import MAX_BYTES, too_long
from strictaws.wire import AwsError


@replaces(Policy, "add_statement")
def add_statement(original, policy, raw, qualifier=None):
    """Add a statement where the policy has room for it."""
    before, revision = list(policy.statements), policy.revision
    added = original(policy, raw, qualifier)
    size = len(json.dumps(policy.get_policy()["Policy"], separators=(",", ":")).encode())
    if size > MAX_BYTES:
        policy.statements, policy.revision = before, revision
        raise AwsError("PolicyLengthExceededException", too_long(size))
    return added
