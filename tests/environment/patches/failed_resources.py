"""A resource that is or cannot be created leaves an event, and nested stacks are checked.

moto: has no events of resources and lets exceptions through; gives a nested stack whatever
parameters.
AWS: the stack has a ``CREATE_COMPLETE`` event, or a ``CREATE_FAILED`` event with the reason; a
nested stack takes the parameters of its template only.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html
"""

from moto.cloudformation import parsing

from deployment.stacks import acting
from deployment.stacks.resources import (
    Takeover,
    check_nested,
    copied,
    is_wanted,
    note_creation,
    note_failure,
)
from deployment.stacks.tags import with_tags
from deployment.stacks.templates import STACK
from patches.registry import replaces


@replaces(parsing, "parse_and_create_resource")
def create(original, logical_id, resource_json, resources_map, account_id, region_name):
    """Create a resource; the result becomes an event, a failure one of its stacks too."""
    Takeover.named = isinstance(resource_json.get("Properties", {}).get("BucketName"), str)
    given = copied(resource_json)
    try:
        if is_wanted(resources_map, resource_json):
            given = with_tags(given, resources_map)
            value = _values(given, resources_map)
            acting.check_type(resource_json["Type"], account_id, region_name, value)
        check_nested(resource_json, resources_map)
        made = original(logical_id, given, resources_map, account_id, region_name)
    except Exception as problem:
        kind = resource_json["Type"]
        if not getattr(problem, "noted", False) or kind == STACK:
            note_failure(resources_map, logical_id, kind, "CREATE_FAILED", problem)
            problem.noted = True
        raise
    if made is not None:
        note_creation(resources_map, logical_id, resource_json["Type"], made)
    return made


def _values(resource_json, resources_map):
    """The values of a resource's properties, by name."""
    properties = resource_json.get("Properties", {})
    return lambda name: parsing.clean_json(copied(properties.get(name)), resources_map)
