"""A stack in progress lists the resources that it has.

moto: creates each resource that it lists, because its list is lazy.
AWS: lists what was created so far.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html
"""

from moto.cloudformation.parsing import ResourceMap

from patches.registry import replaces, sets

sets(ResourceMap, "is_changing", False)


@replaces(ResourceMap, "__iter__")
def iterate(original, resource_map):
    """The names of the resources; of those that exist while they are changed."""
    names = list(original(resource_map))
    if not resource_map.is_changing:
        return iter(names)
    return iter([name for name in names if name in resource_map._parsed_resources])
