from example_templates import parameters, template, topic
from stack_steps import topics

CONDITIONAL = template(
    {"Always": topic("always"), "Sometimes": topic("sometimes", Condition="IsOn")},
    Parameters={"Switch": {"Type": "String", "Default": "on"}},
    Conditions={"IsOn": {"Fn::Equals": [{"Ref": "Switch"}, "on"]}},
)


def test_moto_keeps_the_conditions_of_the_creation(unpatched):
    client = unpatched.client("cloudformation")
    client.create_stack(
        StackName="stack", TemplateBody=CONDITIONAL, Parameters=parameters(Switch="off")
    )
    client.update_stack(
        StackName="stack", TemplateBody=CONDITIONAL, Parameters=parameters(Switch="on")
    )
    assert topics(unpatched) == ["always"]


# With the patch: tests/deployment/test_stacks.py, test_conditions_are_evaluated_at_each_update.
