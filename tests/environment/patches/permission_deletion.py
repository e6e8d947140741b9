"""A permission of a template is deleted with it.

moto: adds the statement to the function's policy, and has no ``delete``.
AWS: removes the statement.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html
"""

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import Permission, get_backend

from patches.registry import replaces, sets


@replaces(Permission, "create_from_cloudformation_json")
def create(original, cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    """Create the permission, and remember its function and statement."""
    permission = original(
        cls, resource_name, cloudformation_json, account_id, region_name, **kwargs
    )
    permission.function = cloudformation_json["Properties"]["FunctionName"]
    policy = get_backend(account_id, region_name).get_function(permission.function).policy
    permission.statement = policy.statements[-1]
    return permission


def delete(permission, account, region):
    """Remove the statement from the policy of a function that still exists."""
    try:
        policy = get_backend(account, region).get_function(permission.function).policy
    except UnknownFunctionException:
        return
    sid = permission.statement["Sid"]
    policy.statements = [one for one in policy.statements if one["Sid"] != sid]


sets(Permission, "delete", delete)
