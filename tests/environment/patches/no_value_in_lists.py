"""``AWS::NoValue`` in a list removes the item.

moto: leaves ``None`` in its place.
AWS: removes it, as it removes a property.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
"""

from moto.cloudformation import parsing

from patches.registry import replaces


@replaces(parsing, "clean_json")
def clean_json(original, value, resources):
    """Resolve functions, and drop list items without a value."""
    cleaned = original(value, resources)
    if isinstance(value, list):
        return [item for item in cleaned if item is not None]
    return cleaned
