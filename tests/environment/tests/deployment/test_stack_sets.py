import json

import pytest
from botocore.exceptions import ClientError

from deployment.organizations.members import STACK_SETS
from example_templates import alarm, template, topic
from organizations import Organization
from stack_steps import change, topics

REGIONS = ["us-east-1", "eu-west-1"]


@pytest.fixture
def organization(new_account):
    """An organization that stack sets may deploy to."""
    made = Organization(new_account)
    made.management.client("cloudformation").activate_organizations_access()
    return made


def stack_set(organization, inner, regions=REGIONS, automatic=True, **more):
    """A template with a stack set."""
    properties = {
        "StackSetName": "set",
        "PermissionModel": "SERVICE_MANAGED",
        "TemplateBody": inner,
        "AutoDeployment": {"Enabled": automatic, "RetainStacksOnAccountRemoval": False},
        "StackInstancesGroup": [
            {
                "DeploymentTargets": {"OrganizationalUnitIds": [organization.unit]},
                "Regions": regions,
            }
        ],
        **more,
    }
    return template({"Set": {"Type": "AWS::CloudFormation::StackSet", "Properties": properties}})


def instances(organization, **given):
    """Account, Region and states of the instances of the set."""
    client = organization.management.client("cloudformation")
    pages = client.pages("list_stack_instances", StackSetName="set", **given)
    return {
        (one["Account"], one["Region"]): (
            one["Status"],
            one["StackInstanceStatus"]["DetailedStatus"],
        )
        for page in pages
        for one in page["Summaries"]
    }


def deployed(organization, inner=None, kind="CREATE", **more):
    """The state of the stack after it was brought to a template with a stack set."""
    inner = inner or template({"Topic": topic("one")})
    client = organization.management.client("cloudformation")
    return change(client, stack_set(organization, inner, **more), kind)["StackStatus"]


def broken(region):
    """A template that fails outside of a Region."""
    return template({"Topic": topic("one"), "Alarm": alarm(region)})


def test_instances_are_stacks_in_each_account_and_region(organization):
    assert deployed(organization) == "CREATE_COMPLETE"
    one, two = organization.members
    assert set(instances(organization)) == {
        (account.id, region) for account in (one, two) for region in REGIONS
    }
    assert set(instances(organization).values()) == {("CURRENT", "SUCCEEDED")}
    assert topics(one, "eu-west-1") == topics(two) == ["one"]
    assert topics(organization.management) == []


def test_instances_are_filtered(organization):
    deployed(organization)
    one = organization.members[0].id
    assert set(instances(organization, StackInstanceAccount=one)) == {
        (one, region) for region in REGIONS
    }
    found = instances(organization, StackInstanceAccount=one, StackInstanceRegion="us-east-1")
    assert set(found) == {(one, "us-east-1")}


@pytest.mark.parametrize(
    ("preferences", "state"),
    [
        ({}, "ROLLBACK_COMPLETE"),
        ({"FailureToleranceCount": 1}, "ROLLBACK_COMPLETE"),
        ({"FailureToleranceCount": 2}, "CREATE_COMPLETE"),
        ({"FailureTolerancePercentage": 50}, "ROLLBACK_COMPLETE"),
        ({"FailureTolerancePercentage": 100}, "CREATE_COMPLETE"),
    ],
)
def test_tolerance_decides_about_failures_of_a_region(organization, preferences, state):
    inner = broken("us-east-1")
    assert deployed(organization, inner, OperationPreferences=preferences) == state
    if state == "CREATE_COMPLETE":
        outcome = {(region, detail) for (_, region), (_, detail) in instances(organization).items()}
        assert outcome == {("us-east-1", "SUCCEEDED"), ("eu-west-1", "FAILED")}
        one = organization.members[0].client("cloudformation", "eu-west-1")
        assert one.describe_stacks()["Stacks"] == []
    else:
        with pytest.raises(ClientError, match="StackSet set not found"):
            instances(organization)
        assert topics(organization.members[0]) == []


def test_failed_update_brings_all_instances_back(organization):
    deployed(organization)
    assert deployed(organization, broken("eu-west-1"), "UPDATE") == "UPDATE_ROLLBACK_COMPLETE"
    assert set(instances(organization).values()) == {("CURRENT", "SUCCEEDED")}
    assert topics(organization.members[0]) == ["one"]


def test_retry_ends_beyond_the_tolerance(organization):
    tolerant = {"FailureTolerancePercentage": 100}
    deployed(organization, broken("eu-west-1"), OperationPreferences=tolerant)
    client = organization.management.client("cloudformation")
    client.create_stack_instances(
        StackSetName="set",
        DeploymentTargets={"OrganizationalUnitIds": [organization.unit]},
        Regions=REGIONS,
    )
    organization.management.control("work/settle")
    found = instances(organization)
    here = [detail for (_, region), (_, detail) in found.items() if region == "us-east-1"]
    assert here == ["FAILED", "CANCELLED"]


def test_failed_update_of_an_instance_keeps_its_stack(organization):
    tolerant = {"FailureTolerancePercentage": 100}
    deployed(organization, OperationPreferences=tolerant)
    inner = template({"Topic": topic("one"), "Alarm": alarm("us-east-1")})
    state = deployed(organization, inner, "UPDATE", OperationPreferences=tolerant)
    assert state == "UPDATE_COMPLETE"
    found = instances(organization)
    assert {detail for (_, region), (_, detail) in found.items() if region == "eu-west-1"} == {
        "FAILED"
    }
    one = organization.members[0]
    (stack,) = one.client("cloudformation", "eu-west-1").describe_stacks()["Stacks"]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert topics(one, "eu-west-1") == ["one"]


def test_account_that_joins_gets_stacks_when_it_settles(organization):
    deployed(organization)
    three = organization.add("three")
    assert topics(three) == []
    assert organization.settle() == [f"set {three.id} {region}" for region in REGIONS]
    assert topics(three) == ["one"]
    assert organization.settle() == []


@pytest.mark.parametrize(("retains", "kept"), [(False, []), (True, ["one"])])
def test_account_that_leaves_loses_stacks(organization, retains, kept):
    automatic = {"Enabled": True, "RetainStacksOnAccountRemoval": retains}
    deployed(organization, AutoDeployment=automatic)
    one = organization.members[0]
    organization.move(one.id, organization.unit, organization.root)
    organization.settle()
    assert one.id not in {account for account, _ in instances(organization)}
    assert topics(one) == kept


def test_without_automatic_deployment_nobody_follows(organization):
    deployed(organization, AutoDeployment={"Enabled": False})
    three = organization.add("three")
    assert organization.settle() == []
    assert topics(three) == []


def test_suspended_account_is_skipped(organization):
    one = organization.members[0]
    organization.client.close_account(AccountId=one.id)
    assert deployed(organization) == "CREATE_COMPLETE"
    states = {key[0]: state for key, state in instances(organization).items()}
    assert states[one.id] == ("OUTDATED", "SKIPPED_SUSPENDED_ACCOUNT")
    assert topics(one) == []


def test_deleted_stack_takes_set_and_instances_along(organization):
    deployed(organization)
    organization.management.client("cloudformation").delete_stack(StackName="stack")
    organization.management.control("work/settle")
    with pytest.raises(ClientError, match="StackSet set not found"):
        instances(organization)
    assert topics(organization.members[0]) == []


def test_retry_creates_what_is_missing(organization):
    tolerant = {"FailureTolerancePercentage": 100}
    deployed(organization, OperationPreferences=tolerant)
    three = organization.add("three")
    client = organization.management.client("cloudformation")
    given = {
        "StackSetName": "set",
        "DeploymentTargets": {"OrganizationalUnitIds": [organization.unit]},
        "Regions": REGIONS,
    }
    operation = client.create_stack_instances(**given)["OperationId"]
    organization.management.control("work/settle")
    asked = {"StackSetName": "set", "OperationId": operation}
    seen = [
        client.describe_stack_set_operation(**asked)["StackSetOperation"]["Status"]
        for _ in range(2)
    ]
    assert seen == ["RUNNING", "SUCCEEDED"]
    assert topics(three, "eu-west-1") == ["one"]


def test_instances_of_targets_are_deleted_and_created_again(organization):
    deployed(organization)
    one, two = organization.members
    client = organization.management.client("cloudformation")
    operation = client.delete_stack_instances(
        StackSetName="set",
        DeploymentTargets={
            "OrganizationalUnitIds": [organization.unit],
            "Accounts": [one.id],
            "AccountFilterType": "INTERSECTION",
        },
        Regions=["us-east-1"],
        RetainStacks=False,
    )["OperationId"]
    organization.management.control("work/settle")
    asked = {"StackSetName": "set", "OperationId": operation}
    client.describe_stack_set_operation(**asked)
    ended = client.describe_stack_set_operation(**asked)["StackSetOperation"]
    assert (ended["Action"], ended["Status"]) == ("DELETE", "SUCCEEDED")
    assert topics(one, "us-east-1") == []
    assert topics(one, "eu-west-1") == topics(two, "us-east-1") == ["one"]
    client.create_stack_instances(
        StackSetName="set",
        DeploymentTargets={"OrganizationalUnitIds": [organization.unit]},
        Regions=REGIONS,
    )
    organization.management.control("work/settle")
    assert topics(one, "us-east-1") == ["one"]


def test_second_operation_waits_for_the_first(organization):
    deployed(organization)
    client = organization.management.client("cloudformation")
    given = {
        "StackSetName": "set",
        "DeploymentTargets": {"OrganizationalUnitIds": [organization.unit]},
        "Regions": REGIONS,
    }
    client.create_stack_instances(**given)
    with pytest.raises(ClientError) as refused:
        client.create_stack_instances(**given)
    assert refused.value.response["Error"]["Code"] == "OperationInProgressException"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"StackInstancesGroup": []}, None),
        (
            {
                "StackInstancesGroup": [
                    {
                        "DeploymentTargets": {"OrganizationalUnitIds": ["ou-none"]},
                        "Regions": REGIONS,
                    }
                ]
            },
            "do not exist",
        ),
        (
            {
                "StackInstancesGroup": [
                    {"DeploymentTargets": {"OrganizationalUnitIds": []}, "Regions": REGIONS}
                ]
            },
            "need organizational units as targets",
        ),
        ({"AutoDeployment": {"Enabled": True, "DependsOn": ["arn:none"]}}, "was not found"),
        ({"Parameters": [{"ParameterKey": "A", "ParameterValue": "1"}]}, "do not exist"),
    ],
)
def test_properties_are_checked(organization, more, problem):
    state = deployed(organization, **more)
    if problem is None:
        assert state == "CREATE_COMPLETE"
        return
    assert state == "ROLLBACK_COMPLETE"
    client = organization.management.client("cloudformation")
    events = client.describe_stack_events(StackName="stack")["StackEvents"]
    assert problem in json.dumps([one.get("ResourceStatusReason") for one in events])


def test_trusted_access_has_to_be_activated(new_account):
    made = Organization(new_account)
    client = made.management.client("cloudformation")
    assert client.describe_organizations_access()["Status"] == "DISABLED"
    # The organization's trust alone is not enough.
    made.client.enable_aws_service_access(ServicePrincipal=STACK_SETS)
    assert client.describe_organizations_access()["Status"] == "DISABLED"
    assert deployed(made) == "ROLLBACK_COMPLETE"
    client.activate_organizations_access()
    assert client.describe_organizations_access()["Status"] == "ENABLED"


def test_only_management_and_delegated_administrator_see_sets(organization):
    deployed(organization)
    one, two = organization.members
    organization.delegate(one, STACK_SETS)
    given = {"StackSetName": "set", "CallAs": "DELEGATED_ADMIN"}
    assert one.client("cloudformation").list_stack_instances(**given)["Summaries"]
    with pytest.raises(ClientError, match="not a delegated administrator"):
        two.client("cloudformation").list_stack_instances(**given)
    with pytest.raises(ClientError, match="not found"):
        one.client("cloudformation").list_stack_instances(StackSetName="set")
