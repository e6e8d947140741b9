"""A stack lists only resources that it has.

moto: lists a resource whose condition is false too, without type and name.
AWS: creates a resource only if its condition is true.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-condition.html
"""

from moto.cloudformation.models import Stack

from patches.registry import replaces


@replaces(Stack, "stack_resources")
def existing(original, stack):
    """The resources of the stack, without those that its conditions exclude."""
    return [resource for resource in original(stack) if resource is not None]
