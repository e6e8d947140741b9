"""CloudFormation knows the resource types that moto lacks.

moto: skips resources of types that it does not know, with a warning.
AWS: creates them.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
"""

from moto.cloudformation import parsing

from patches.registry import replaces

#: The types, set by ``patches.apply``.
TYPES = []


@replaces(parsing, "get_model_list")
def get_model_list(original):
    """All types: moto's and those of the environment."""
    return [*original(), *TYPES]
