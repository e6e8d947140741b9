import time

import pytest
from botocore.exceptions import ClientError

from example_templates import template, topic
from organizations import Organization
from stack_steps import change, topics


def begun(account, text=None, kind="CREATE"):
    """A client, with a change that begins in a moment."""
    client = account.client("cloudformation")
    account.control("work/delay", seconds=0.3)
    client.create_change_set(
        StackName="stack",
        ChangeSetName=f"change-{kind}",
        ChangeSetType=kind,
        TemplateBody=text or template({"Topic": topic("one")}),
    )
    client.execute_change_set(ChangeSetName=f"change-{kind}", StackName="stack")
    return client


def status(client, name="stack"):
    return client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]


def test_change_set_is_executed_behind_its_call(account):
    began = time.monotonic()
    client = begun(account)
    assert time.monotonic() - began < 0.3
    assert [status(client), status(client), topics(account)] == ["CREATE_IN_PROGRESS"] * 2 + [[]]
    assert client.list_stack_resources(StackName="stack")["StackResourceSummaries"] == []
    account.control("work/settle")
    assert (status(client), topics(account)) == ("CREATE_COMPLETE", ["one"])
    found = client.describe_change_set(StackName="stack", ChangeSetName="change-CREATE")
    assert found["ExecutionStatus"] == "EXECUTE_COMPLETE"


def test_progress_is_shown_once_where_nobody_looked(account):
    client = begun(account)
    account.control("work/settle")
    assert [status(client), status(client)] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_change_set_is_executed_once(account):
    client = begun(account)
    with pytest.raises(ClientError) as refused:
        client.execute_change_set(ChangeSetName="change-CREATE", StackName="stack")
    assert refused.value.response["Error"]["Code"] == "InvalidChangeSetStatus"
    account.control("work/settle")


def test_change_set_of_another_stack_is_not_executed(account):
    client = account.client("cloudformation")
    change(client, template({"Topic": topic("one")}), name="other")
    with pytest.raises(ClientError) as refused:
        client.execute_change_set(ChangeSetName="change", StackName="stack")
    assert refused.value.response["Error"]["Code"] == "ChangeSetNotFound"


def test_stack_in_progress_is_not_changed_or_deleted(account):
    client = account.client("cloudformation")
    change(client, template({"Topic": topic("one")}))
    begun(account, template({"Topic": topic("two")}), "UPDATE")
    with pytest.raises(ClientError, match="cannot be deleted while in status UPDATE_IN_PROGRESS"):
        client.delete_stack(StackName="stack")
    with pytest.raises(ClientError, match="is in UPDATE_IN_PROGRESS state"):
        begun(account, template({"Topic": topic("three")}), "UPDATE")
    account.control("work/settle")
    assert topics(account) == ["two"]


def test_outputs_stay_until_an_update_is_done(account):
    def text(name):
        return template({"Topic": topic(name)}, Outputs={"Topic": {"Value": {"Ref": "Topic"}}})

    def output():
        (found,) = client.describe_stacks(StackName="stack")["Stacks"][0]["Outputs"]
        return found["OutputValue"].rpartition(":")[2]

    client = account.client("cloudformation")
    change(client, text("one"))
    begun(account, text("two"), "UPDATE")
    assert output() == "one"
    account.control("work/settle")
    assert output() == "two"


def test_stack_is_deleted_behind_its_call(account):
    client = account.client("cloudformation")
    stack = change(client, template({"Topic": topic("one")}))["StackId"]
    account.control("work/delay", seconds=0.3)
    client.delete_stack(StackName="stack")
    assert (status(client, stack), topics(account)) == ("DELETE_IN_PROGRESS", ["one"])
    account.control("work/settle")
    assert (status(client, stack), topics(account)) == ("DELETE_COMPLETE", [])


def test_organization_is_settled_after_what_was_begun(new_account):
    organization = Organization(new_account)
    begun(organization.management)
    assert organization.settle() == []
    assert topics(organization.management) == ["one"]
