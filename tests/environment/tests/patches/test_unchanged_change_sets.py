import pytest
from botocore.exceptions import ClientError

from example_templates import parameters, template, topic

TEXT = template({"Topic": topic("one")}, Parameters={"Name": {"Type": "String"}})
GIVEN = {"StackName": "stack", "TemplateBody": TEXT, "Parameters": parameters(Name="x")}


def test_moto_refuses_the_change_set(unpatched):
    client = unpatched.client("cloudformation")
    client.create_stack(**GIVEN)
    with pytest.raises(ClientError, match="No updates are to be performed"):
        client.create_change_set(ChangeSetName="same", ChangeSetType="UPDATE", **GIVEN)


def test_patched_change_set_fails(account):
    client = account.client("cloudformation")
    client.create_stack(**GIVEN)
    client.create_change_set(ChangeSetName="same", ChangeSetType="UPDATE", **GIVEN)
    found = client.describe_change_set(StackName="stack", ChangeSetName="same")
    assert found["Status"] == "FAILED"


def test_patched_update_is_still_refused(account):
    client = account.client("cloudformation")
    client.create_stack(**GIVEN)
    with pytest.raises(ClientError, match="No updates are to be performed"):
        client.update_stack(**GIVEN)
