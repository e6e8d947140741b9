import pytest
from botocore.exceptions import ClientError

from example_templates import nested, parameters, template, topic
from stack_steps import change, events, topics


def test_moto_has_no_event_of_a_failed_resource(unpatched):
    name = f"bucket-{unpatched.id}"
    unpatched.client("s3").create_bucket(Bucket=name)
    client = unpatched.client("cloudformation")
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}
    with pytest.raises(ClientError):
        client.create_stack(StackName="stack", TemplateBody=template({"Bucket": bucket}))
    found = client.describe_stack_events(StackName="stack")["StackEvents"]
    assert "CREATE_FAILED" not in [one["ResourceStatus"] for one in found]


def inner(account):
    """A template in a bucket, with a parameter."""
    name = f"code-{account.id}"
    account.client("s3").create_bucket(Bucket=name)
    text = template({"Topic": topic("inner")}, Parameters={"Name": {"Type": "String"}})
    account.client("s3").put_object(Bucket=name, Key="inner.json", Body=text)
    return f"https://s3.amazonaws.com/{name}/inner.json"


def test_moto_accepts_any_parameters_of_nested_stacks(unpatched):
    text = template({"Inner": nested(inner(unpatched), Name="x", Other="1")})
    unpatched.client("cloudformation").create_stack(StackName="stack", TemplateBody=text)
    assert topics(unpatched) == ["inner"]


@pytest.mark.parametrize("given", [{"Name": "x", "Other": "1"}, {}])
def test_patched_nested_stack_needs_its_parameters(account, given):
    client = account.client("cloudformation")
    text = template({"Inner": nested(inner(account), **given)})
    assert change(client, text)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert ("Inner", "CREATE_FAILED") in events(client)


def test_patched_nested_stack_is_created(account):
    text = template({"Inner": nested(inner(account), Name="x")})
    assert change(account.client("cloudformation"), text)["StackStatus"] == "CREATE_COMPLETE"
    assert topics(account) == ["inner"]
    assert parameters(Name="x") == [{"ParameterKey": "Name", "ParameterValue": "x"}]


def test_moto_has_no_event_of_a_created_resource(unpatched):
    client = unpatched.client("cloudformation")
    client.create_stack(StackName="stack", TemplateBody=template({"Topic": topic("one")}))
    assert [logical for logical, _ in events(client)] == ["stack", "stack"]


def test_patched_resources_have_events_in_the_order_of_their_creation(account):
    client = account.client("cloudformation")
    last = {**topic("last"), "DependsOn": ["Second"]}
    resources = {"Last": last, "Second": topic("second"), "Absent": topic("absent")}
    resources["Absent"]["Condition"] = "Never"
    never = {"Never": {"Fn::Equals": ["a", "b"]}}
    change(client, template(resources, Conditions=never))
    assert events(client)[-3:] == [
        ("Second", "CREATE_COMPLETE"),
        ("Last", "CREATE_COMPLETE"),
        ("stack", "CREATE_COMPLETE"),
    ]
    assert "Absent" not in [logical for logical, _ in events(client)]
