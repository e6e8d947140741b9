"""CloudFormation knows the resource types that moto lacks.

moto: skips resources of types that it does not know, with a warning.
AWS: creates them.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
"""

import functools

from moto.cloudformation import parsing

from patches.registry import replaces, sets

#: The types, set by ``patches.apply``.
TYPES = []


@replaces(parsing, "get_model_list")
def get_model_list(original):
    """All types: moto's and those of the environment."""
    return [*original(), *TYPES]


@functools.cache
def get_model_map():
    """All types by name. moto's own map is made once too, from moto's own list."""
    return {one.cloudformation_type(): one for one in parsing.get_model_list()}


@functools.cache
def get_name_type_map():
    """The properties with the names of resources, by type."""
    return {
        one.cloudformation_type(): one.cloudformation_name_type()
        for one in parsing.get_model_list()
    }


sets(parsing, "get_model_map", get_model_map)
sets(parsing, "get_name_type_map", get_name_type_map)
