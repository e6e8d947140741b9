"""Functions and the rules that invoke them, in one stack of a stack set."""

import json

import pytest

from example_templates import ROLE, function, template
from organizations import Organization
from packs import pack, record, rules
from stack_steps import change

PLACE = "us-east-1"


@pytest.fixture
def organization(new_account):
    """An organization that stack sets may deploy to, whose first member records."""
    made = Organization(new_account)
    made.management.client("cloudformation").activate_organizations_access()
    record(made.members[0])
    return made


def functions(account):
    """The names of an account's functions."""
    answer = account.client("lambda").list_functions()
    return [one["FunctionName"] for one in answer["Functions"]]


def stack(account_of_rules, may_invoke=True):
    """A template with a function and the pack with its rule."""
    permission = {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "FunctionName": {"Ref": "Function"},
            "Action": "lambda:InvokeFunction",
            "Principal": "config.amazonaws.com",
            "SourceAccount": {"Ref": "AWS::AccountId"},
        },
    }
    body = pack(account_of_rules).replace(account_of_rules.id, "${AWS::AccountId}")
    rule_pack = {
        "Type": "AWS::Config::ConformancePack",
        "DependsOn": ["Permission"] if may_invoke else ["Function"],
        "Properties": {
            "ConformancePackName": "pack",
            "TemplateBody": {"Fn::Sub": body.replace("rule-function", "made")},
        },
    }
    resources = {"Role": ROLE, "Function": function(), "Pack": rule_pack}
    if may_invoke:
        resources["Permission"] = permission
    return template(resources)


def deploy(organization, inner, kind="CREATE"):
    """Bring a stack set to a template; some accounts may fail."""
    properties = {
        "StackSetName": "set",
        "PermissionModel": "SERVICE_MANAGED",
        "TemplateBody": inner,
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
        "OperationPreferences": {"FailureTolerancePercentage": 100},
        "StackInstancesGroup": [
            {
                "DeploymentTargets": {"OrganizationalUnitIds": [organization.unit]},
                "Regions": [PLACE],
            }
        ],
    }
    outer = {"Set": {"Type": "AWS::CloudFormation::StackSet", "Properties": properties}}
    client = organization.management.client("cloudformation")
    assert change(client, template(outer), kind)["StackStatus"] == f"{kind}_COMPLETE"


def reasons(organization):
    """Why instances are not current, by account."""
    client = organization.management.client("cloudformation")
    found = client.list_stack_instances(StackSetName="set")["Summaries"]
    return {one["Account"]: one["StatusReason"] for one in found if one["Status"] != "CURRENT"}


def test_account_without_recorder_gets_neither_function_nor_rule(organization):
    one, two = organization.members
    deploy(organization, stack(one))
    assert (functions(one), rules(one)) == (["made"], ["rule"])
    assert (functions(two), rules(two)) == ([], [])
    (account, reason) = next(iter(reasons(organization).items()))
    assert account == two.id
    assert "LogicalId:Pack" in reason
    assert "must create a configuration recorder" in reason


def test_account_that_joins_gets_function_and_rule(organization):
    deploy(organization, stack(organization.members[0]))
    three, four = organization.add("three"), organization.add("four")
    record(three)
    organization.settle()
    assert (functions(three), rules(three)) == (["made"], ["rule"])
    assert (functions(four), rules(four)) == ([], [])


def test_rule_without_permission_takes_the_function_back(organization):
    one = organization.members[0]
    deploy(organization, stack(one, may_invoke=False))
    assert (functions(one), rules(one)) == ([], [])
    assert one.id in reasons(organization)


def test_failed_update_keeps_function_and_rule(organization):
    one = organization.members[0]
    deploy(organization, stack(one))
    changed = json.loads(stack(one))
    sub = changed["Resources"]["Pack"]["Properties"]["TemplateBody"]
    sub["Fn::Sub"] = sub["Fn::Sub"].replace("made", "missing").replace('"rule"', '"next"')
    deploy(organization, json.dumps(changed), "UPDATE")
    assert (functions(one), rules(one)) == (["made"], ["rule"])
    assert one.id in reasons(organization)
