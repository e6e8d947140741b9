"""Managed policies of templates follow their properties, and are deleted with their stacks.

moto: creates them of any length, and neither updates nor deletes them.
AWS: refuses more than 6,144 characters, updates document and attachments in place, and deletes
them.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html
"""

from moto.iam.models import IAMBackend, ManagedPolicy

from deployment.resource_types import identities
from patches.registry import replaces, sets


@replaces(IAMBackend, "create_policy")
def create_policy(original, backend, description, path, policy_document, policy_name, tags):
    """Create a policy that is not too long."""
    identities.check_size(policy_document)
    return original(backend, description, path, policy_document, policy_name, tags)


def update(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    """Update the policy in place; another name or path is another policy."""
    properties = cloudformation_json["Properties"]
    name = properties.get("ManagedPolicyName", original_resource.name)
    path = properties.get("Path") or "/"
    if (name, path) != (original_resource.name, original_resource.path or "/"):
        kind = "AWS::IAM::ManagedPolicy"
        identities.refuse_replacement(name == properties.get("ManagedPolicyName"), kind, name)
        return None
    identities.bring_policy(original_resource, properties, account_id, region_name)
    return original_resource


sets(ManagedPolicy, "update_from_cloudformation_json", classmethod(update))
sets(ManagedPolicy, "delete", identities.delete_policy)
