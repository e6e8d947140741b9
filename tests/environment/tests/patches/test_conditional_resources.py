from example_templates import template, topic

TEXT = template(
    {"One": topic("one"), "Two": topic("two", Condition="Never")},
    Conditions={"Never": {"Fn::Equals": ["a", "b"]}},
)


def listed(account):
    """The types of the resources that each of the two operations lists."""
    client = account.client("cloudformation")
    client.create_stack(StackName="stack", TemplateBody=TEXT)
    summaries = client.list_stack_resources(StackName="stack")["StackResourceSummaries"]
    described = client.describe_stack_resources(StackName="stack")["StackResources"]
    return [
        sorted(resource.get("ResourceType", "") for resource in found)
        for found in (summaries, described)
    ]


def test_moto_lists_a_resource_whose_condition_is_false(unpatched):
    assert listed(unpatched)[0] == ["", "AWS::SNS::Topic"]


def test_patched_stack_lists_what_it_has(account):
    assert listed(account) == [["AWS::SNS::Topic"]] * 2
