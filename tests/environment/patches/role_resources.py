"""Roles of templates have their managed policies, and follow their properties.

moto: ignores ``ManagedPolicyArns``, and updates descriptions only; has no end of roles.
AWS: attaches managed policies, updates all properties but path and name in place, and ends at
1,000 roles.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
"""

import inspect

from moto.iam.models import IAMBackend, Role

from deployment.errors import refused
from deployment.resource_types import identities
from patches.registry import replaces, sets


@replaces(IAMBackend, "create_role")
def create_role(original, backend, *args, **kwargs):
    """Create a role where the account has room for it."""
    if len(backend.roles) >= identities.MAX_ROLES:
        message = f"Cannot exceed quota for RolesPerAccount: {identities.MAX_ROLES}"
        raise refused(message, "LimitExceeded")
    given = inspect.signature(original).bind(backend, *args, **kwargs).arguments
    boundary = given.get("permissions_boundary")
    identities.check_boundary(boundary, backend.account_id, backend.region_name)
    return original(backend, *args, **kwargs)


@replaces(Role, "update_from_cloudformation_json")
def update(
    _original,
    cls,
    original_resource,
    new_resource_name,
    cloudformation_json,
    account_id,
    region_name,
):
    """Update the role in place; another name or path is another role."""
    properties = cloudformation_json["Properties"]
    name = properties.get("RoleName", original_resource.name)
    if (name, properties.get("Path", "/")) != (original_resource.name, original_resource.path):
        identities.refuse_replacement(name == properties.get("RoleName"), "AWS::IAM::Role", name)
        return None
    identities.bring_role(original_resource, properties, account_id, region_name)
    return original_resource


def delete(role, account, region):
    """Delete the role with its inline policies, detached from those that the template names."""
    backend = identities.backend_of(account, region)
    if backend.roles.get(role.id) is not role:
        return
    for arn in identities.attached_by(role):
        if arn in role.managed_policies:
            backend.detach_role_policy(arn, role.name)
    Role.delete_from_cloudformation_json(role.name, {}, account, region)


sets(Role, "delete", delete)
