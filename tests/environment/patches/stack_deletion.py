"""A stack with a resource whose condition does not hold can be deleted.

moto: takes ``None`` for a resource that is still to be deleted, or fails on it.
AWS: deletes what was created.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html
"""

from moto.cloudformation.parsing import ResourceMap

from patches.registry import replaces


@replaces(ResourceMap, "delete")
def delete(original, resources):
    """Delete the resources that exist."""
    kept = resources._resource_json_map
    resources._resource_json_map = {
        name: one for name, one in kept.items() if resources._parsed_resources.get(name) is not None
    }
    try:
        original(resources)
    finally:
        resources._resource_json_map = kept
