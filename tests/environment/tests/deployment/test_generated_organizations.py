import json

import pytest

from deployment.organizations import members
from example_templates import template, topic
from stack_steps import change, topics

REGIONS = ["us-east-1", "eu-west-1"]


def generate(account, **given):
    """An organization that the account manages."""
    body = json.dumps({"management": account.id, **given})
    url = "http://127.0.0.1/_plumbline/organization/generate"
    status, _, answer = account.request("POST", url, {}, body)
    return status, json.loads(answer)


def test_members_can_be_deployed_to(account, new_account):
    status, made = generate(account, accounts=3, regions=REGIONS)
    assert status == 200
    audit = new_account(made["audit"])
    assert made["members"][0] == audit.id and len(made["members"]) == 3
    client = audit.client("organizations")
    ids = {one["Id"] for page in client.pages("list_accounts") for one in page["Accounts"]}
    assert ids == {account.id, made["spare"], *made["members"]}
    properties = {
        "StackSetName": "set",
        "PermissionModel": "SERVICE_MANAGED",
        "CallAs": "DELEGATED_ADMIN",
        "TemplateBody": template({"Topic": topic("one")}),
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
        "StackInstancesGroup": [
            {
                "DeploymentTargets": {"OrganizationalUnitIds": [made["unit"]]},
                "Regions": REGIONS,
            }
        ],
    }
    resource = {"Type": "AWS::CloudFormation::StackSet", "Properties": properties}
    stack = change(audit.client("cloudformation"), template({"Set": resource}))
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    found = {
        one: topics(new_account(one), "eu-west-1") for one in (*made["members"], made["spare"])
    }
    assert found == {**dict.fromkeys(made["members"], ["one"]), made["spare"]: []}


def test_members_have_recorders_and_security_hub(account, new_account):
    _, made = generate(account, accounts=1, regions=REGIONS)
    for one in (account, new_account(made["audit"]), new_account(made["spare"])):
        for region in REGIONS:
            config = one.client("config", region)
            status = config.describe_configuration_recorder_status()
            assert status["ConfigurationRecordersStatus"][0]["recording"]
            assert one.client("securityhub", region).describe_hub()["HubArn"]
        config = one.client("config", "us-west-2")
        assert config.describe_configuration_recorders()["ConfigurationRecorders"] == []
    principals = [
        one["ServicePrincipal"]
        for one in account.client("organizations").list_delegated_services_for_account(
            AccountId=made["audit"]
        )["DelegatedServices"]
    ]
    assert {members.STACK_SETS, members.MULTI_ACCOUNT} <= set(principals)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"accounts": 0, "regions": REGIONS}, "accounts is from 1"),
        ({"accounts": 1, "regions": []}, "regions names one at least"),
        ({"accounts": 1}, "missing"),
    ],
)
def test_wrong_requests_are_refused(account, given, problem):
    status, answer = generate(account, **given)
    assert status == 400
    assert problem in answer["error"]


def test_account_has_one_organization(account):
    generate(account, accounts=1, regions=REGIONS)
    status, answer = generate(account, accounts=1, regions=REGIONS)
    assert (status, "in an organization already" in answer["error"]) == (400, True)
