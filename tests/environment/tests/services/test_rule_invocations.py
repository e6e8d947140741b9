import json

import pytest
from botocore.exceptions import ClientError
from programs import program, role

from organizations import Organization
from packs import allow, pack, record
from stack_steps import change

#: A program that notes its event in a file, as far as tests need it.
NOTE = """
def handle(event):
    shown = {name: event[name] for name in ("accountId", "configRuleName", "configRuleArn")}
    shown["type"] = json.loads(event["invokingEvent"])["messageType"]
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(json.dumps(shown) + "\\n")
"""


@pytest.fixture
def notes(tmp_path):
    """The file of the function's notes, and what is in it."""
    path = tmp_path / "notes"
    path.touch()
    return path


@pytest.fixture
def ready(account, notes):
    """An account with a recorder and a function that AWS Config may invoke."""
    record(account)
    role(account, "function", "lambda")
    client = account.client("lambda")
    client.create_function(
        FunctionName="rule-function",
        Runtime="provided.al2023",
        Role=f"arn:aws:iam::{account.id}:role/function",
        Handler="any",
        Code={"ZipFile": program(NOTE)},
        Environment={"Variables": {"NOTES": str(notes)}},
    )
    client.add_permission(
        FunctionName="rule-function",
        StatementId="config",
        Action="lambda:InvokeFunction",
        Principal="config.amazonaws.com",
        SourceAccount=account.id,
    )
    return account


def read(account, notes):
    account.control("work/settle")
    return [json.loads(line) for line in notes.read_text().splitlines()]


def enable(account):
    account.control("config/invocations", enabled=True)


def put_pack(account, **more):
    account.client("config").put_conformance_pack(
        ConformancePackName="pack", TemplateBody=pack(account), **more
    )


def test_nothing_is_invoked_by_default(ready, notes):
    put_pack(ready)
    assert read(ready, notes) == []


def test_new_rule_of_a_pack_is_evaluated(ready, notes):
    enable(ready)
    put_pack(ready)
    [event] = read(ready, notes)
    assert event["accountId"] == ready.id
    assert event["configRuleName"].startswith("rule-conformance-pack-")
    assert ":config-rule/aws-service-rule/config-conforms.amazonaws.com/" in event["configRuleArn"]
    assert event["type"] == "ScheduledNotification"


def test_rule_is_evaluated_when_it_is_started(ready, notes):
    put_pack(ready)
    enable(ready)
    name = ready.client("config").describe_config_rules()["ConfigRules"][0]["ConfigRuleName"]
    ready.client("config").start_config_rules_evaluation(ConfigRuleNames=[name])
    assert [one["configRuleName"] for one in read(ready, notes)] == [name]


def test_function_that_may_not_be_invoked_is_a_failure_of_the_rule(ready, notes):
    put_pack(ready)
    enable(ready)
    client = ready.client("config")
    ready.client("lambda").remove_permission(FunctionName="rule-function", StatementId="config")
    name = client.describe_config_rules()["ConfigRules"][0]["ConfigRuleName"]
    client.start_config_rules_evaluation(ConfigRuleNames=[name])
    assert read(ready, notes) == []
    [status] = client.describe_config_rule_evaluation_status()["ConfigRulesEvaluationStatus"]
    assert status["LastErrorCode"] == "InsufficientPermissionsException"


def test_rule_of_a_stack_is_created_evaluated_and_deleted(ready, notes):
    enable(ready)
    rule = json.loads(pack(ready, name="own"))["Resources"]["Rule"]
    rule["Properties"]["InputParameters"] = {"a": "b"}
    change(ready.client("cloudformation"), json.dumps({"Resources": {"Rule": rule}}))
    client = ready.client("config")
    [found] = client.describe_config_rules()["ConfigRules"]
    assert (found["ConfigRuleName"], json.loads(found["InputParameters"])) == ("own", {"a": "b"})
    assert [one["configRuleName"] for one in read(ready, notes)] == ["own"]
    ready.client("cloudformation").delete_stack(StackName="stack")
    ready.control("work/settle")
    assert client.describe_config_rules()["ConfigRules"] == []


@pytest.mark.parametrize(("is_in_pack", "count"), [(True, 0), (False, 1)])
def test_only_results_of_rules_outside_of_packs_are_forwarded(ready, notes, is_in_pack, count):
    ready.client("securityhub").enable_security_hub()
    if is_in_pack:
        put_pack(ready)
    else:
        rule = json.loads(pack(ready))["Resources"]["Rule"]["Properties"]
        ready.client("config").put_config_rule(ConfigRule=rule)
    client = ready.client("config")
    name = client.describe_config_rules()["ConfigRules"][0]["ConfigRuleName"]
    token = ready.control("config/token", region="us-east-1", rule_name=name)["token"]
    result = {
        "ComplianceResourceType": "AWS::::Account",
        "ComplianceResourceId": ready.id,
        "ComplianceType": "NON_COMPLIANT",
        "OrderingTimestamp": "2026-01-01T00:00:00Z",
    }
    client.put_evaluations(ResultToken=token, Evaluations=[result])
    enable(ready)
    client.start_config_rules_evaluation(ConfigRuleNames=[name])
    read(ready, notes)
    found = ready.client("securityhub").get_findings()["Findings"]
    assert [(one["Title"], one["Compliance"]["Status"]) for one in found] == [
        (name, "FAILED")
    ] * count


def test_organization_key_is_sent_until_a_test_forbids_it(new_account):
    organization = Organization(new_account, names=("one",))
    owner, [member] = organization.management, organization.members
    record(member)
    allow(owner)
    arn = f"arn:aws:lambda:us-east-1:{owner.id}:function:rule-function"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "config.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
        "Condition": {"StringEquals": {"aws:SourceOrgID": organization.id}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    owner.client("lambda").put_resource_policy(ResourceArn=arn, Policy=policy)
    rule = json.loads(pack(owner))["Resources"]["Rule"]["Properties"]
    member.control("config/organization-key", sent=False)
    with pytest.raises(ClientError) as refused:
        member.client("config").put_config_rule(ConfigRule=rule)
    assert refused.value.response["Error"]["Code"] == "InsufficientPermissionsException"
    member.control("config/organization-key", sent=True)
    member.client("config").put_config_rule(ConfigRule=rule)
