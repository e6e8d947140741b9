"""Parameters that are lists are shown as they were given.

moto: ``DescribeStacks`` shows a list as Python's text, and a later update that keeps the former
value gets a list.
AWS: ``ParameterValue`` is a string.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Parameter.html
"""

from moto.cloudformation.models import Stack

from patches.registry import replaces


@replaces(Stack, "parameter_list")
def parameter_list(original, stack):
    """The parameters with their values as text."""
    shown = [dict(one) for one in original(stack)]
    for one in shown:
        if isinstance(one["ParameterValue"], list):
            one["ParameterValue"] = ",".join(one["ParameterValue"])
    return shown


@replaces(Stack, "stack_parameters")
def stack_parameters(_original, stack):
    """The values by name, for updates that keep the former ones."""
    return {one["ParameterKey"]: one["ParameterValue"] for one in stack.parameter_list}
