import pytest
from botocore.exceptions import ClientError

from example_templates import template, topic
from organizations import Organization
from stack_steps import change, topics


@pytest.fixture
def organization(new_account):
    """Members ``one`` and ``two`` in a unit, and ``outside`` beside it."""
    made = Organization(new_account)
    made.management.client("cloudformation").activate_organizations_access()
    made.outside = made.add("outside", is_in_unit=False)
    return made


def deployed(organization, kind="CREATE", preferences=None, **targets):
    """The state of a stack with a stack set."""
    properties = {
        "StackSetName": "set",
        "PermissionModel": "SERVICE_MANAGED",
        "TemplateBody": template({"Topic": topic("one")}),
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
        "StackInstancesGroup": [
            {
                "DeploymentTargets": {"OrganizationalUnitIds": [organization.unit], **targets},
                "Regions": ["us-east-1"],
            }
        ],
    }
    if preferences:
        properties["OperationPreferences"] = preferences
    text = template({"Set": {"Type": "AWS::CloudFormation::StackSet", "Properties": properties}})
    return change(organization.management.client("cloudformation"), text, kind)["StackStatus"]


def reached(organization):
    one, two = organization.members
    accounts = {"one": one, "two": two, "outside": organization.outside}
    return [name for name, account in accounts.items() if topics(account)]


@pytest.mark.parametrize(
    ("kind", "names", "expected"),
    [
        ("INTERSECTION", ["one", "outside"], ["one"]),
        ("DIFFERENCE", ["one", "outside"], ["two"]),
        ("UNION", ["one", "outside"], ["one", "two", "outside"]),
        ("NONE", [], ["one", "two"]),
    ],
)
def test_filter_decides_about_accounts(organization, kind, names, expected):
    one, two = organization.members
    ids = {"one": one.id, "two": two.id, "outside": organization.outside.id}
    targets = {"AccountFilterType": kind}
    if names:
        targets["Accounts"] = [ids[name] for name in names]
    assert deployed(organization, **targets) == "CREATE_COMPLETE"
    assert reached(organization) == expected


def test_excluded_account_leaves_and_comes_back(organization):
    one = organization.members[0]
    exclude = {"AccountFilterType": "DIFFERENCE", "Accounts": [one.id]}
    deployed(organization)
    deployed(organization, "UPDATE", **exclude)
    assert reached(organization) == ["two"]
    organization.move(organization.outside.id, organization.root, organization.unit)
    organization.settle()
    assert reached(organization) == ["two", "outside"], "the filter stays"
    deployed(organization, "UPDATE")
    assert reached(organization) == ["one", "two", "outside"]


@pytest.mark.parametrize(
    "targets",
    [
        {"AccountFilterType": "DIFFERENCE"},
        {"AccountFilterType": "NONE", "Accounts": ["111122223333"]},
        {"AccountFilterType": "OTHER", "Accounts": ["111122223333"]},
        {"AccountFilterType": "DIFFERENCE", "Accounts": ["1"]},
        {"Accounts": ["111122223333"]},
        {"OrganizationalUnitIds": [f"ou-abcd-{number:08}" for number in range(51)]},
    ],
)
def test_wrong_targets_are_refused(organization, targets):
    assert deployed(organization, **targets) == "ROLLBACK_COMPLETE"
    assert reached(organization) == []


@pytest.mark.parametrize(
    ("preferences", "state"),
    [
        ({"FailureToleranceCount": 1, "FailureTolerancePercentage": 1}, "ROLLBACK_COMPLETE"),
        ({"MaxConcurrentCount": 1, "MaxConcurrentPercentage": 1}, "ROLLBACK_COMPLETE"),
        ({"MaxConcurrentPercentage": 0}, "ROLLBACK_COMPLETE"),
        ({"MaxConcurrentPercentage": 101}, "ROLLBACK_COMPLETE"),
        ({"MaxConcurrentPercentage": 25, "FailureTolerancePercentage": 25}, "CREATE_COMPLETE"),
    ],
)
def test_preferences_are_checked(organization, preferences, state):
    assert deployed(organization, preferences=preferences) == state


def test_stack_set_has_a_limit(organization, monkeypatch):
    monkeypatch.setattr("deployment.stack_sets.sets.MAX_INSTANCES", 1)
    assert deployed(organization) == "ROLLBACK_COMPLETE"


def test_instances_are_created_by_filter_too(organization):
    one, two = organization.members
    deployed(organization, AccountFilterType="DIFFERENCE", Accounts=[one.id, two.id])
    client = organization.management.client("cloudformation")

    def create(**targets):
        given = {"OrganizationalUnitIds": [organization.unit], **targets}
        client.create_stack_instances(
            StackSetName="set", DeploymentTargets=given, Regions=["us-east-1"]
        )
        organization.management.control("work/settle")

    create(AccountFilterType="INTERSECTION", Accounts=[two.id])
    assert reached(organization) == ["two"]
    with pytest.raises(ClientError, match="UNION is not supported"):
        create(AccountFilterType="UNION", Accounts=[one.id])
