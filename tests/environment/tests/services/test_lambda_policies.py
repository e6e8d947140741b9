import json

import pytest
from botocore.exceptions import ClientError

from example_templates import template
from organizations import Organization
from packs import FUNCTION, allow, record, rules
from stack_steps import change

TYPE = "AWS::Lambda::ResourcePolicy"


def arn(account, region="us-east-1"):
    return f"arn:aws:lambda:{region}:{account.id}:function:{FUNCTION}"


def statement(account, condition=None, **more):
    made = {
        "Sid": "Config",
        "Effect": "Allow",
        "Principal": {"Service": "config.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn(account),
        **more,
    }
    return {**made, "Condition": {"StringEquals": condition}} if condition else made


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def put(account, *statements, **more):
    client = account.client("lambda")
    return client.put_resource_policy(
        ResourceArn=arn(account), Policy=json.dumps(policy(*statements)), **more
    )


def code(refused):
    return refused.value.response["Error"]["Code"]


@pytest.fixture
def function(account):
    """An account with a function that it may use for rules of its own."""
    allow(account)
    return account


def sids(account):
    found = account.client("lambda").get_policy(FunctionName=FUNCTION)["Policy"]
    return [one["Sid"] for one in json.loads(found)["Statement"]]


def test_policy_is_replaced_and_deleted_whole(function):
    client = function.client("lambda")
    assert sids(function) == [f"config-{function.id}"]
    first = put(function, statement(function))
    assert sids(function) == ["Config"]
    found = client.get_resource_policy(ResourceArn=arn(function))
    assert found["RevisionId"] == first["RevisionId"]
    assert json.loads(found["Policy"]) == json.loads(first["Policy"])
    assert json.loads(found["Policy"]) == policy(statement(function))
    client.delete_resource_policy(ResourceArn=arn(function))
    for read in (
        lambda: client.get_resource_policy(ResourceArn=arn(function)),
        lambda: client.delete_resource_policy(ResourceArn=arn(function)),
        lambda: client.get_policy(FunctionName=FUNCTION),
    ):
        with pytest.raises(ClientError) as refused:
            read()
        assert code(refused) == "ResourceNotFoundException"


def test_permissions_are_statements_of_the_policy(function):
    client = function.client("lambda")
    put(function, statement(function))
    client.add_permission(
        FunctionName=FUNCTION,
        StatementId="more",
        Action="lambda:InvokeFunction",
        Principal="config.amazonaws.com",
        SourceAccount=function.id,
    )
    found = client.get_resource_policy(ResourceArn=arn(function))["Policy"]
    assert [one["Sid"] for one in json.loads(found)["Statement"]] == ["Config", "more"]
    client.remove_permission(FunctionName=FUNCTION, StatementId="Config")
    assert sids(function) == ["more"]


def test_revision_guards_changes(function):
    client = function.client("lambda")
    first = put(function, statement(function))["RevisionId"]
    second = put(function, statement(function, Sid="Next"), RevisionId=first)["RevisionId"]
    assert second != first
    for change_it in (
        lambda: put(function, statement(function), RevisionId=first),
        lambda: client.delete_resource_policy(ResourceArn=arn(function), RevisionId=first),
    ):
        with pytest.raises(ClientError) as refused:
            change_it()
        assert code(refused) == "PreconditionFailedException"
    assert sids(function) == ["Next"]
    client.delete_resource_policy(ResourceArn=arn(function), RevisionId=second)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"Principal": "*"}, "PublicPolicyException"),
        ({"Principal": {"AWS": "*"}}, "PublicPolicyException"),
        ({"Principal": "*", "Effect": "Deny"}, None),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:SourceOrgID": "o-1"}}}, None),
        (
            {"Principal": "*", "Condition": {"StringNotEquals": {"aws:SourceOrgID": "o-1"}}},
            "PublicPolicyException",
        ),
        (
            {"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
            "PublicPolicyException",
        ),
        ({"Action": "s3:GetObject"}, "InvalidParameterValueException"),
        ({"Effect": "Maybe"}, "InvalidParameterValueException"),
        ({"Resource": "*"}, "InvalidParameterValueException"),
        ({"Sid": "x" * 20_480}, "PolicyLengthExceededException"),
    ],
)
def test_policies_are_checked(function, more, expected):
    if expected is None:
        put(function, statement(function, **more))
        return
    with pytest.raises(ClientError) as refused:
        put(function, statement(function, **more))
    assert code(refused) == expected
    assert sids(function) == [f"config-{function.id}"]


def test_function_has_to_exist(account):
    with pytest.raises(ClientError) as refused:
        put(account, statement(account))
    assert code(refused) == "ResourceNotFoundException"


def test_1344_accounts_fit_into_a_policy(function):
    def longest(number):
        accounts = [f"{one:012}" for one in range(number)]
        given = policy(statement(function, {"aws:SourceAccount": accounts}))
        text = json.dumps(given, separators=(",", ":"))
        function.client("lambda").put_resource_policy(ResourceArn=arn(function), Policy=text)

    longest(1300)
    with pytest.raises(ClientError):
        longest(1400)


def test_rule_needs_a_statement_for_its_account(new_account):
    organization = Organization(new_account)
    owner, member = organization.members
    stranger = new_account()
    allow(owner)
    for account in (member, stranger):
        record(account)

    def made(account):
        source = {
            "Owner": "CUSTOM_LAMBDA",
            "SourceIdentifier": arn(owner),
            "SourceDetails": [
                {"EventSource": "aws.config", "MessageType": "ScheduledNotification"}
            ],
        }
        rule = {"ConfigRuleName": "rule", "Source": source}
        try:
            account.client("config").put_config_rule(ConfigRule=rule)
        except ClientError as refused:
            return refused.response["Error"]["Code"]
        account.client("config").delete_config_rule(ConfigRuleName="rule")
        return "made"

    cannot = "InsufficientPermissionsException"
    assert (made(member), made(stranger)) == (cannot, cannot)
    put(owner, statement(owner, {"aws:SourceOrgID": organization.id}))
    assert (made(member), made(stranger)) == ("made", cannot)
    put(owner, statement(owner, {"aws:SourceAccount": [stranger.id]}))
    assert (made(member), made(stranger)) == (cannot, "made")
    put(owner, statement(owner))
    assert (made(member), made(stranger)) == ("made", "made")
    organization.management.client("organizations").remove_account_from_organization(
        AccountId=member.id
    )
    put(owner, statement(owner, {"aws:SourceOrgID": organization.id}))
    assert made(member) == cannot
    assert rules(member) == []


def test_template_puts_and_deletes_a_policy(function):
    client = function.client("cloudformation")

    def text(*statements):
        properties = {"ResourceArn": arn(function), "PolicyDocument": policy(*statements)}
        return template({"Policy": {"Type": TYPE, "Properties": properties}})

    assert change(client, text(statement(function)))["StackStatus"] == "CREATE_COMPLETE"
    assert sids(function) == ["Config"]
    change(client, text(statement(function, Sid="Next")), "UPDATE")
    assert sids(function) == ["Next"]
    public = change(client, text(statement(function, Principal="*")), "UPDATE")
    assert public["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert sids(function) == ["Next"]
    client.delete_stack(StackName="stack")
    function.control("work/settle")
    with pytest.raises(ClientError) as refused:
        sids(function)
    assert code(refused) == "ResourceNotFoundException"
