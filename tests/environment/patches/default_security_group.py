"""The default security group of a VPC allows its members to reach each other.

moto: creates it with an outbound rule only.
AWS: creates it with an inbound rule from the group itself too.
Source: https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
"""

from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule

from patches.registry import replaces


@replaces(SecurityGroup, "__init__")
def create(original, group, ec2_backend, group_id, *args, **kwargs):
    """Create the group, with the rule if it is the default one of its VPC."""
    original(group, ec2_backend, group_id, *args, **kwargs)
    if group.is_default:
        # As moto stores a group that a caller names.
        itself = {"GroupId": group.id, "OwnerId": group.owner_id, "UserId": group.owner_id}
        group.add_ingress_rule(
            SecurityGroupRule(
                ec2_backend, "-1", group.id, None, None, None, source_group=itself, is_egress=False
            )
        )
