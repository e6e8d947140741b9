import pytest
from botocore.parsers import ResponseParserError

from example_templates import ROLE, function, template
from stack_steps import change

WITH = template({"Role": ROLE, "Function": function()})
WITHOUT = template({"Role": ROLE})


def test_moto_fails_to_delete_what_is_gone(unpatched):
    client = unpatched.client("cloudformation")
    client.create_stack(StackName="stack", TemplateBody=WITH)
    unpatched.client("lambda").delete_function(FunctionName="made")
    with pytest.raises(ResponseParserError, match="Function not found"):
        client.update_stack(StackName="stack", TemplateBody=WITHOUT)


def test_patched_function_that_is_gone_is_no_error(account):
    client = account.client("cloudformation")
    change(client, WITH)
    account.client("lambda").delete_function(FunctionName="made")
    assert change(client, WITHOUT, "UPDATE")["StackStatus"] == "UPDATE_COMPLETE"
