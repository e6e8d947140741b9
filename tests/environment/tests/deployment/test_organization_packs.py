import json

import pytest
from botocore.exceptions import ClientError

from deployment.organizations.members import MULTI_ACCOUNT
from example_templates import template
from organizations import Organization
from packs import allow, pack, record, rules
from stack_steps import change


@pytest.fixture
def organization(new_account):
    """An organization: management and two members have recorders, and the function allows them."""
    made = Organization(new_account)
    for account in (made.management, *made.members):
        record(account)
        allow(made.management, by=account)
    return made


def put(organization, by=None, name="pack", **more):
    """Put the pack, and wait for the work behind the call; its status was not described yet."""
    by = by or organization.management
    text = more.pop("TemplateBody", pack(organization.management))
    by.client("config").put_organization_conformance_pack(
        OrganizationConformancePackName=name, TemplateBody=text, **more
    )
    by.control("work/settle")


def status(account):
    """The status of the pack as a whole, or None."""
    answer = account.client("config").describe_organization_conformance_pack_statuses()
    found = answer["OrganizationConformancePackStatuses"]
    return found[0]["Status"] if found else None


def statuses(account):
    """The statuses by account."""
    client = account.client("config")
    found, token = {}, {}
    while token is not None:
        answer = client.get_organization_conformance_pack_detailed_status(
            OrganizationConformancePackName="pack", **token
        )
        for one in answer["OrganizationConformancePackDetailedStatuses"]:
            found[one["AccountId"]] = (one["Status"], one.get("ErrorCode"))
        token = {"NextToken": answer["NextToken"]} if "NextToken" in answer else None
    return found


def delete(account):
    """Delete the pack."""
    account.client("config").delete_organization_conformance_pack(
        OrganizationConformancePackName="pack"
    )
    account.control("work/settle")


def code(refused):
    """The code of an error."""
    return refused.value.response["Error"]["Code"]


def absent(organization):
    """No pack."""


def creating(organization):
    """A pack in progress."""
    put(organization)


def created(organization):
    """A pack that is settled."""
    put(organization)
    status(organization.management)


def failed(organization):
    """A pack that failed in all accounts."""
    put(organization, TemplateBody=pack(organization.management).replace("rule-function", "no"))
    status(organization.management)


def deleting(organization):
    """A pack whose deletion is in progress."""
    created(organization)
    delete(organization.management)


GONE = "NoSuchOrganizationConformancePackException"
BUSY = "ResourceInUseException"
STATES = [
    (absent, None, "CREATE_SUCCESSFUL", GONE),
    (creating, "CREATE_IN_PROGRESS", BUSY, BUSY),
    (created, "CREATE_SUCCESSFUL", "UPDATE_SUCCESSFUL", None),
    (failed, "CREATE_FAILED", "UPDATE_SUCCESSFUL", None),
    (deleting, "DELETE_IN_PROGRESS", BUSY, BUSY),
]


@pytest.mark.parametrize(("reach", "name", "after_put", "after_delete"), STATES)
def test_state_decides_about_put(organization, reach, name, after_put, after_delete):
    reach(organization)
    if after_put == BUSY:
        with pytest.raises(ClientError) as refused:
            put(organization)
        assert code(refused) == BUSY
        return
    put(organization)
    action = after_put.partition("_")[0]
    seen = [status(organization.management), status(organization.management)]
    assert seen == [f"{action}_IN_PROGRESS", after_put]


@pytest.mark.parametrize(("reach", "name", "after_put", "after_delete"), STATES)
def test_state_decides_about_delete(organization, reach, name, after_put, after_delete):
    reach(organization)
    if after_delete:
        with pytest.raises(ClientError) as refused:
            delete(organization.management)
        assert code(refused) == after_delete
        return
    delete(organization.management)
    seen = [status(organization.management), status(organization.management)]
    assert seen == ["DELETE_IN_PROGRESS", None]
    assert rules(organization.members[0]) == []


@pytest.mark.parametrize(("reach", "name", "after_put", "after_delete"), STATES)
def test_state_is_described(organization, reach, name, after_put, after_delete):
    reach(organization)
    assert status(organization.management) == name


def test_rules_are_in_all_accounts(organization):
    created(organization)
    for account in (organization.management, *organization.members):
        assert rules(account) == ["rule"]


def test_excluded_accounts_have_no_rules(organization):
    one, two = organization.members
    put(organization, ExcludedAccounts=[one.id])
    assert (rules(one), rules(two)) == ([], ["rule"])
    status(organization.management)
    # Excluding another account moves the rules.
    put(organization, ExcludedAccounts=[two.id])
    assert (rules(one), rules(two)) == (["rule"], [])


def test_failure_in_one_account_leaves_the_others(organization):
    one, two = organization.members
    one.client("config").delete_configuration_recorder(ConfigurationRecorderName="default")
    created(organization)
    assert status(organization.management) == "CREATE_FAILED"
    found = statuses(organization.management)
    assert found[one.id] == ("CREATE_FAILED", "NoAvailableConfigurationRecorderException")
    assert found[two.id] == ("CREATE_SUCCESSFUL", None)
    assert (rules(one), rules(two)) == ([], ["rule"])


def test_account_that_joins_gets_rules_once_it_has_a_recorder(organization):
    created(organization)
    three = organization.add("three")
    allow(organization.management, by=three)
    organization.settle()
    status(organization.management)
    assert statuses(organization.management)[three.id][0] == "CREATE_FAILED"
    record(three)
    organization.settle()
    assert rules(three) == ["rule"]
    assert organization.settle() == []


def test_account_that_leaves_loses_rules(organization):
    created(organization)
    one = organization.members[0]
    organization.client.remove_account_from_organization(AccountId=one.id)
    organization.settle()
    assert rules(one) == []
    assert one.id not in statuses(organization.management)


def test_suspended_account_has_no_rules(organization):
    one = organization.members[0]
    organization.client.close_account(AccountId=one.id)
    created(organization)
    assert one.id not in statuses(organization.management)


def test_packs_belong_to_the_account_that_put_them(organization):
    one, two = organization.members
    organization.delegate(one, MULTI_ACCOUNT)
    put(organization, by=one)
    status(one)
    assert statuses(one)[two.id] == ("CREATE_SUCCESSFUL", None)
    assert status(organization.management) is None
    with pytest.raises(ClientError) as refused:
        put(organization, by=two)
    assert code(refused) == "OrganizationAccessDeniedException"


def test_stuck_status_of_the_whole_stays_in_progress(organization):
    organization.management.control("config/stuck-packs", stuck=True)
    created(organization)
    assert status(organization.management) == "CREATE_IN_PROGRESS"
    assert {one[0] for one in statuses(organization.management).values()} == {"CREATE_SUCCESSFUL"}


@pytest.mark.parametrize("name", ["1pack", "a" * 129])
def test_name_is_checked(organization, name):
    with pytest.raises(ClientError) as refused:
        put(organization, name=name)
    assert code(refused) == "ValidationException"


def test_pack_of_a_stack_fails_with_one_account_and_is_taken_back(organization):
    one, two = organization.members
    one.client("config").delete_configuration_recorder(ConfigurationRecorderName="default")
    text = template(
        {
            "Pack": {
                "Type": "AWS::Config::OrganizationConformancePack",
                "Properties": {
                    "OrganizationConformancePackName": "pack",
                    "TemplateBody": pack(organization.management),
                },
            }
        }
    )
    client = organization.management.client("cloudformation")
    assert change(client, text)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert rules(two) == []
    assert status(organization.management) is None


def test_rules_depend_on_the_account(organization):
    first = organization.members[0]
    is_first = {"Fn::Equals": [{"Ref": "AWS::AccountId"}, first.id]}
    other = {"Fn::Equals": [{"Ref": "AWS::AccountId"}, "999999999999"]}
    text = json.loads(pack(organization.management))
    text["Conditions"] = {
        "Is0": {"Fn::Or": [is_first, other]},
        "Is1": other,
        "Is": {"Fn::Or": [{"Condition": "Is0"}, {"Condition": "Is1"}]},
    }
    properties = text["Resources"]["Rule"]["Properties"]
    properties["ConfigRuleName"] = {"Fn::If": ["Is", "first", "other"]}
    put(organization, TemplateBody=json.dumps(text))
    found = [rules(account) for account in (organization.management, *organization.members)]
    assert found == [["other"], ["first"], ["other"]]


def test_deleted_pack_does_not_come_back(organization):
    put(organization)
    status(organization.management)
    delete(organization.management)
    assert organization.settle() == []
    assert rules(organization.members[0]) == []
