import pytest
from botocore.exceptions import ClientError

from packs import FUNCTION, allow, record, rules


def put(account, owner):
    """A rule of an account with a function of another one."""
    account.client("config").put_config_rule(
        ConfigRule={
            "ConfigRuleName": "rule",
            "Source": {
                "Owner": "CUSTOM_LAMBDA",
                "SourceIdentifier": f"arn:aws:lambda:us-east-1:{owner.id}:function:{FUNCTION}",
                "SourceDetails": [
                    {"EventSource": "aws.config", "MessageType": "ScheduledNotification"}
                ],
            },
        }
    )


def test_moto_looks_in_the_account_of_the_rule(unpatched):
    other = type(unpatched)(unpatched.application)
    allow(other, by=unpatched)
    with pytest.raises(ClientError):
        put(unpatched, other)


def test_patched_rule_has_a_function_of_another_account(account, new_account):
    other = new_account()
    record(account)
    allow(other, by=account)
    put(account, other)
    assert rules(account) == ["rule"]
