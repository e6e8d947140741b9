"""The tags of stacks, on their resources and in service control policies."""

import pytest

from example_templates import ROLE, template, topic
from organizations import Organization
from stack_steps import change

TAGS = [{"Key": "team", "Value": "audit"}]
TEMPLATE = template({"Role": ROLE, "Topic": topic("one")})


def role_tags(account):
    """The tags of the role."""
    role = account.client("iam").get_role(RoleName="function")["Role"]
    return {one["Key"]: one["Value"] for one in role.get("Tags", [])}


@pytest.fixture
def organization(new_account):
    """An organization with stack sets."""
    made = Organization(new_account)
    made.management.client("cloudformation").activate_organizations_access()
    return made


def test_tags_are_set_changed_kept_and_removed(account):
    client = account.client("cloudformation")
    stack = change(client, TEMPLATE, Tags=TAGS)
    assert (stack["Tags"], role_tags(account)) == (TAGS, {"team": "audit"})
    other = [{"Key": "team", "Value": "other"}]
    stack = change(client, TEMPLATE, "UPDATE", Tags=other)
    assert (stack["Tags"], role_tags(account)) == (other, {"team": "other"})
    more = template({"Role": ROLE, "Topic": topic("two")})
    assert change(client, more, "UPDATE")["Tags"] == other
    assert role_tags(account) == {"team": "other"}


def test_the_same_tags_are_no_change(account):
    client = account.client("cloudformation")
    change(client, TEMPLATE, Tags=TAGS)
    client.create_change_set(
        StackName="stack",
        ChangeSetName="same",
        ChangeSetType="UPDATE",
        TemplateBody=TEMPLATE,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Tags=TAGS,
    )
    found = client.describe_change_set(StackName="stack", ChangeSetName="same")
    assert found["Status"] == "FAILED"


def test_stack_sets_hand_their_tags_on(organization):
    inner = template({"Role": ROLE})
    stack_set = {
        "StackSetName": "set",
        "PermissionModel": "SERVICE_MANAGED",
        "TemplateBody": inner,
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "StackInstancesGroup": [
            {
                "DeploymentTargets": {"OrganizationalUnitIds": [organization.unit]},
                "Regions": ["us-east-1"],
            }
        ],
    }
    text = template({"Set": {"Type": "AWS::CloudFormation::StackSet", "Properties": stack_set}})
    condition = {"Null": {"aws:RequestTag/team": "true"}}
    statement = {
        "Effect": "Deny",
        "Action": ["iam:CreateRole", "cloudformation:CreateStack"],
        "Resource": "*",
        "Condition": condition,
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    organization.management.control("organization/scp", target=organization.root, policy=policy)
    client = organization.management.client("cloudformation")
    assert change(client, text)["StackStatus"] == "ROLLBACK_COMPLETE"
    client.delete_stack(StackName="stack")
    organization.management.control("work/settle")
    assert change(client, text, Tags=TAGS)["StackStatus"] == "CREATE_COMPLETE"
    assert role_tags(organization.members[0]) == {"team": "audit"}
