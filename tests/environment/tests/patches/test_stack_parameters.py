from example_templates import parameters, template, topic
from stack_steps import change

TEXT = template(
    {"Topic": topic("one")},
    Parameters={"Names": {"Type": "CommaDelimitedList"}, "Other": {"Type": "String"}},
)


def shown(client):
    found = client.describe_stacks(StackName="stack")["Stacks"][0]["Parameters"]
    return {one["ParameterKey"]: one["ParameterValue"] for one in found}


def test_moto_shows_a_list_otherwise(unpatched):
    client = unpatched.client("cloudformation")
    given = parameters(Names="a,b", Other="1")
    client.create_stack(StackName="stack", TemplateBody=TEXT, Parameters=given)
    assert shown(client)["Names"] != "a,b"


def test_patched_list_is_shown_and_kept(account):
    client = account.client("cloudformation")
    change(client, TEXT, Parameters=parameters(Names="a,b", Other="1"))
    assert shown(client) == {"Names": "a,b", "Other": "1"}
    kept = [{"ParameterKey": "Names", "UsePreviousValue": True}, *parameters(Other="2")]
    text = TEXT.replace('"one"', '"two"')
    change(client, text, "UPDATE", Parameters=kept)
    assert shown(client) == {"Names": "a,b", "Other": "2"}
