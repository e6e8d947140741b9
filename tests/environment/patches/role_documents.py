"""The inline policies of roles of templates are JSON.

moto: stores the document as Python's data, and answers with Python's text of it.
AWS: returns JSON.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
"""

import json

from moto.iam.models import Role

from deployment.resource_types.identities import attach
from patches.registry import replaces


@replaces(Role, "create_from_cloudformation_json")
def create(original, cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    """Create the role with JSON texts."""
    properties = dict(cloudformation_json["Properties"])
    properties["Policies"] = [
        {**policy, "PolicyDocument": json.dumps(policy["PolicyDocument"])}
        for policy in properties.get("Policies", [])
    ]
    given = {**cloudformation_json, "Properties": properties}
    role = original(cls, resource_name, given, account_id, region_name, **kwargs)
    attach(role, properties, account_id, region_name)
    return role
