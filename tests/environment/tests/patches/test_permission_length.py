import json

import pytest
from botocore.exceptions import ClientError

from packs import FUNCTION, allow


def add(account):
    """How many accounts a function allows before it rejects one more; at most 100."""
    allow(account)
    client = account.client("lambda")
    for number in range(99):
        client.add_permission(
            FunctionName=FUNCTION,
            StatementId=f"config-{number:012}",
            Action="lambda:InvokeFunction",
            Principal="config.amazonaws.com",
            SourceAccount=f"{number:012}",
        )


def test_moto_adds_permissions_without_end(unpatched):
    add(unpatched)
    assert len(unpatched.client("lambda").get_policy(FunctionName=FUNCTION)["Policy"]) > 20_480


def test_patched_policy_has_a_limit(account):
    with pytest.raises(ClientError) as refused:
        add(account)
    assert refused.value.response["Error"]["Code"] == "PolicyLengthExceededException"
    policy = json.loads(account.client("lambda").get_policy(FunctionName=FUNCTION)["Policy"])
    # Blanks do not count.
    assert 20_000 < len(json.dumps(policy, separators=(",", ":"))) <= 20_480
