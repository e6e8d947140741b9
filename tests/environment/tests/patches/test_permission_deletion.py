import pytest
from botocore.exceptions import ClientError

from example_templates import ROLE, function, template
from stack_steps import change

PERMISSION = {
    "Type": "AWS::Lambda::Permission",
    "DependsOn": "Function",
    "Properties": {
        "FunctionName": "made",
        "Action": "lambda:InvokeFunction",
        "Principal": "config.amazonaws.com",
    },
}
WITH = template({"Role": ROLE, "Function": function(), "Permission": PERMISSION})
WITHOUT = template({"Role": ROLE, "Function": function()})


def test_moto_keeps_the_statement(unpatched):
    client = unpatched.client("cloudformation")
    client.create_stack(StackName="stack", TemplateBody=WITH)
    client.update_stack(StackName="stack", TemplateBody=WITHOUT)
    assert "config.amazonaws.com" in policy(unpatched)


def test_patched_permission_goes_with_its_resource(account):
    client = account.client("cloudformation")
    change(client, WITH)
    assert "config.amazonaws.com" in policy(account)
    assert change(client, WITHOUT, "UPDATE")["StackStatus"] == "UPDATE_COMPLETE"
    with pytest.raises(ClientError) as gone:
        policy(account)
    assert gone.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_patched_permission_of_a_deleted_function_is_no_error(account):
    client = account.client("cloudformation")
    change(client, WITH)
    account.client("lambda").delete_function(FunctionName="made")
    change(client, template({"Role": ROLE}), "UPDATE")
    with pytest.raises(ClientError, match="not found"):
        policy(account)


def policy(account):
    return account.client("lambda").get_policy(FunctionName="made")["Policy"]
