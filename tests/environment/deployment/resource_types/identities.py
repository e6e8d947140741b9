"""Roles and managed policies of templates: updated to their properties, with IAM limits."""

import json

from moto.iam.models import iam_backends
from moto.utilities.utils import get_partition

from deployment.errors import refused

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAX_POLICY_CHARACTERS = 6144
MAX_ROLES = 1000
_DEFAULT_DURATION = 3600


def backend_of(account, region):
    """IAM of an account."""
    return iam_backends[account][get_partition(region)]


def check_size(document):
    """Reject a managed policy that is too long, without white space."""
    text = document if isinstance(document, str) else json.dumps(document)
    if len("".join(text.split())) > MAX_POLICY_CHARACTERS:
        message = f"Cannot exceed quota for PolicySize: {MAX_POLICY_CHARACTERS}"
        raise refused(message, "LimitExceeded")


def refuse_replacement(has_same_name, kind, name):
    """Reject another path under the same name: CloudFormation would create the new one first."""
    if has_same_name:
        message = (
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
            f"Rename {kind} {name} and update the stack again."
        )
        raise refused(message)


def check_boundary(arn, account, region):
    """Reject a permissions boundary that the account does not have."""
    if arn and arn not in backend_of(account, region).managed_policies:
        raise refused(f"Scope ARN: {arn} does not exist or is not attachable.", "NoSuchEntity")


def bring_role(role, properties, account, region):
    """Set the trust policy, the policies and the boundary of a role to its properties."""
    trust = properties["AssumeRolePolicyDocument"]
    role.assume_role_policy_document = trust if isinstance(trust, str) else json.dumps(trust)
    role.description = properties.get("Description", "")
    role.max_session_duration = properties.get("MaxSessionDuration", _DEFAULT_DURATION)
    role.permissions_boundary_arn = properties.get("PermissionsBoundary") or None
    check_boundary(role.permissions_boundary_arn, account, region)
    role.tags = list(properties.get("Tags", []))
    role.policies = {
        one["PolicyName"]: json.dumps(one["PolicyDocument"])
        for one in properties.get("Policies", [])
    }
    attach(role, properties, account, region)


def attach(role, properties, account, region):
    """Attach the managed policies of a role's properties, and detach previous ones."""
    backend, arns = backend_of(account, region), properties.get("ManagedPolicyArns", [])
    before, role.environment_attached = attached_by(role), list(arns)
    for arn in before:
        if arn not in arns and arn in role.managed_policies:
            backend.detach_role_policy(arn, role.name)
    for arn in arns:
        if arn not in role.managed_policies:
            if arn not in backend.managed_policies:
                message = f"Policy {arn} does not exist or is not attachable."
                raise refused(message, "NoSuchEntity")
            backend.attach_role_policy(role_name=role.name, policy_arn=arn)


def attached_by(role):
    """The managed policies that a role's properties attached."""
    return getattr(role, "environment_attached", [])


def bring_policy(policy, properties, account, region):
    """Set the document of a managed policy, and attach it to exactly its roles."""
    check_size(properties["PolicyDocument"])
    backend = backend_of(account, region)
    text = json.dumps(properties["PolicyDocument"])
    (default,) = [one for one in policy.versions if one.is_default]
    if json.loads(default.document) != json.loads(text):
        made = backend.create_policy_version(policy.arn, text, "true")
        for old in [one for one in policy.versions if one.version_id != made.version_id]:
            backend.delete_policy_version(policy.arn, old.version_id)
    wanted = properties.get("Roles", [])
    for role in list(backend.get_roles()):
        is_attached = policy.arn in role.managed_policies
        if is_attached and role.name not in wanted:
            backend.detach_role_policy(policy.arn, role.name)
        elif not is_attached and role.name in wanted:
            backend.attach_role_policy(role_name=role.name, policy_arn=policy.arn)


def delete_policy(policy, account, region):
    """Delete a managed policy after detaching it."""
    backend = backend_of(account, region)
    if policy.arn not in backend.managed_policies:
        return
    for holder in (*backend.get_roles(), *backend.users.values(), *backend.groups.values()):
        holder.managed_policies.pop(policy.arn, None)
    del backend.managed_policies[policy.arn]
