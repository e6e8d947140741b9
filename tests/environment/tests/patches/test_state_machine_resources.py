import json

from example_templates import template
from stack_steps import change


def text(account, states, **more):
    properties = {
        "StateMachineName": "machine",
        "RoleArn": f"arn:aws:iam::{account.id}:role/machine",
        **(more or {"DefinitionString": json.dumps({"StartAt": "A", "States": states})}),
    }
    return template({"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}})


def definition(account):
    arn = f"arn:aws:states:us-east-1:{account.id}:stateMachine:machine"
    found = account.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    return json.loads(found["definition"])


def test_moto_takes_any_definition(unpatched):
    client = unpatched.client("cloudformation")
    client.create_stack(StackName="stack", TemplateBody=text(unpatched, {}))
    assert definition(unpatched) == {"StartAt": "A", "States": {}}


def test_patched_definition_has_to_be_valid(account):
    client = account.client("cloudformation")
    assert change(client, text(account, {}))["StackStatus"] == "ROLLBACK_COMPLETE"
    client.delete_stack(StackName="stack")
    account.control("work/settle")
    good = {"A": {"Type": "Succeed"}}
    assert change(client, text(account, good))["StackStatus"] == "CREATE_COMPLETE"
    failed = change(client, text(account, {}), "UPDATE")["StackStatus"]
    assert failed == "UPDATE_ROLLBACK_COMPLETE"
    assert definition(account)["States"] == good


def test_patched_definition_is_data_with_substitutions(account):
    given = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "${What}", "End": True}}}
    body = text(account, {}, Definition=given, DefinitionSubstitutions={"What": "this"})
    change(account.client("cloudformation"), body)
    assert definition(account)["States"]["A"]["Result"] == "this"
