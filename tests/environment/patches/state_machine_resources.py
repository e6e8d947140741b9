"""State machines of templates are checked, and have definitions in all forms.

moto: takes ``DefinitionString`` as it is, whatever it says, and ignores ``Definition`` and
``DefinitionSubstitutions``.
AWS: refuses what is no valid definition; fills in substitutions.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
"""

import json

from moto.stepfunctions.models import StateMachine

from patches.registry import replaces
from services.step_functions.definitions import parsed


def _with_definition(cloudformation_json):
    """The resource with a valid definition as text."""
    properties = dict(cloudformation_json["Properties"])
    text = properties.get("DefinitionString")
    if text is None:
        text = json.dumps(properties.pop("Definition"))
    for name, value in properties.pop("DefinitionSubstitutions", {}).items():
        text = text.replace(f"${{{name}}}", str(value))
    parsed(text)
    properties["DefinitionString"] = text
    return {**cloudformation_json, "Properties": properties}


@replaces(StateMachine, "create_from_cloudformation_json")
def create(original, cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    """Create the state machine where AWS would."""
    given = _with_definition(cloudformation_json)
    return original(cls, resource_name, given, account_id, region_name, **kwargs)


@replaces(StateMachine, "update_from_cloudformation_json")
def update(
    original,
    cls,
    original_resource,
    new_resource_name,
    cloudformation_json,
    account_id,
    region_name,
):
    """Update the state machine where AWS would."""
    given = _with_definition(cloudformation_json)
    return original(cls, original_resource, new_resource_name, given, account_id, region_name)
