import time

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError
from botocore.parsers import ResponseParserError

from strictaws.faults import MODES, check_fault
from strictaws.http_server import DropConnection


def users(account, region="us-east-1"):
    return account.client("iam", region).list_users()["Users"]


def code(account):
    """The code of the error that listing users gives, or None."""
    try:
        users(account)
    except ClientError as problem:
        return problem.response["Error"]["Code"]
    return None


@pytest.mark.parametrize(
    ("given", "applies"),
    [
        ({}, True),
        ({"service": "iam"}, True),
        ({"service": "*", "operation": "*"}, True),
        ({"operation": "ListUsers"}, True),
        ({"region": "us-east-1"}, True),
        ({"match": "Action=ListUsers"}, True),
        ({"service": "s3"}, False),
        ({"operation": "ListRoles"}, False),
        ({"region": "eu-west-1"}, False),
        ({"match": "somebody"}, False),
    ],
)
def test_matching(account, given, applies):
    account.control("faults", mode="denied", **given)
    assert code(account) == ("AccessDenied" if applies else None)


def test_other_accounts_are_not_affected(account, new_account):
    account.control("faults", mode="denied")
    assert users(new_account()) == []


def test_times_are_counted_down(account):
    account.control("faults", mode="error", times=2)
    assert [code(account) for _ in range(3)] == ["InternalFailure", "InternalFailure", None]


def test_oldest_rule_is_taken_first(account):
    account.control("faults", mode="code", code="First", times=1)
    account.control("faults", mode="code", code="Second")
    assert [code(account), code(account)] == ["First", "Second"]


def test_rules_are_removed(account):
    first = account.control("faults", mode="denied")["id"]
    account.control("faults", mode="throttled")
    assert account.control("faults", "DELETE", id=first)["removed"] == 1
    assert code(account) == "Throttling"
    assert account.control("faults", "DELETE")["removed"] == 1
    assert code(account) is None


@pytest.mark.parametrize("mode", ["malformed", "truncated"])
@pytest.mark.parametrize("service", ["iam", "config", "s3", "ec2"])
def test_broken_answer_cannot_be_parsed(account, mode, service):
    operation = {
        "iam": "list_users",
        "config": "describe_config_rules",
        "s3": "list_buckets",
        "ec2": "describe_vpcs",
    }[service]
    account.control("faults", mode=mode)
    try:
        found = getattr(account.client(service), operation)()
    except (ResponseParserError, ClientError):
        return
    # botocore takes JSON that it cannot parse for an empty answer.
    assert service == "config"
    assert "ConfigRules" not in found


def test_timeout_closes_the_connection(account):
    account.control("faults", mode="timeout", seconds=0.05)
    before = time.monotonic()
    with pytest.raises((DropConnection, HTTPClientError, EndpointConnectionError)):
        users(account)
    assert time.monotonic() - before >= 0.05
    (call,) = account.control("calls", "GET")
    assert call["status"] is None


def test_override_is_sent_as_it_is(account):
    account.control(
        "overrides",
        service="config",
        operation="DescribeConfigRules",
        body={"ConfigRules": [{"ConfigRuleName": "from the test"}]},
        times=1,
    )
    client = account.client("config")
    found = [client.describe_config_rules()["ConfigRules"] for _ in range(2)]
    assert [one["ConfigRuleName"] for one in found[0]] == ["from the test"]
    assert found[1] == []


def test_calls_are_recorded_in_order(account):
    users(account)
    account.client("s3").list_buckets()
    calls = account.control("calls", "GET")
    assert [(one["service"], one["operation"], one["status"]) for one in calls] == [
        ("iam", "ListUsers", 200),
        ("s3", "ListBuckets", 200),
    ]
    assert account.control("calls", "DELETE")["removed"] == 2


@pytest.mark.parametrize("given", [{"mode": "none"}, {"mode": "code"}, {}])
def test_descriptions_are_checked(given):
    with pytest.raises(ValueError, match="mode"):
        check_fault(given)


def test_all_modes_are_valid():
    for mode in MODES:
        check_fault({"mode": mode, "code": "A"})
