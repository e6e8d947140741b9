from moto.cloudformation.models import cloudformation_backends

from example_templates import template, topic
from stack_steps import topics


def listed(account):
    """The listed resources of a stack whose change has not begun."""
    client = account.client("cloudformation")
    client.create_change_set(
        StackName="stack",
        ChangeSetName="change",
        ChangeSetType="CREATE",
        TemplateBody=template({"Topic": topic("one")}),
    )
    (stack,) = cloudformation_backends[account.id]["us-east-1"].stacks.values()
    content = stack.parse_template(template({"Topic": topic("one")}))
    stack.resource_map._template = content
    stack.resource_map._resource_json_map = content["Resources"]
    stack.resource_map.is_changing = True
    return len(client.list_stack_resources(StackName="stack")["StackResourceSummaries"])


def test_moto_creates_what_it_lists(unpatched):
    assert listed(unpatched) == 1
    assert topics(unpatched) == ["one"]


def test_patched_stack_lists_what_it_has(account):
    assert listed(account) == 0
    assert topics(account) == []
