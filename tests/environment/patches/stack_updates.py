"""An update of a stack evaluates conditions again, and compares resolved properties.

moto: compares the texts of templates, takes conditions as they were when the stack was created,
and tries again what failed.
AWS: conditions are evaluated with the parameters of the update; resources whose resolved
properties change are updated; a failure rolls back.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html
"""

from moto.cloudformation.parsing import ResourceMap

from deployment.stacks import resources
from patches.registry import replaces


@replaces(ResourceMap, "update")
def update(_original, resource_map, template, parameters=None):
    """Update the resources of a stack."""
    resources.update(resource_map, template, parameters)
