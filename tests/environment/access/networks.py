"""The subnets and security groups of functions."""

from moto.ec2.models import ec2_backends


def of(config):
    """The subnets and the security groups of a function's VPC configuration."""
    config = config or {}
    return config.get("SubnetIds") or [], config.get("SecurityGroupIds") or []


def vpcs(subnets, account, region):
    """The VPCs of subnets; those that do not exist have none."""
    known = _subnets(account, region)
    return sorted({known[one].vpc_id for one in subnets if one in known})


def problem(config, account, region):
    """Why a function cannot be in its VPC, or None."""
    subnets, groups = of(config)
    if bool(subnets) != bool(groups):
        return "subnetIds and securityIds must coexist or be both empty list."
    known = _subnets(account, region)
    for subnet in subnets:
        if subnet not in known:
            return f"The subnet ID '{subnet}' does not exist"
    backend, inside = ec2_backends[account][region], vpcs(subnets, account, region)
    for group in groups:
        found = backend.get_security_group_from_id(group)
        if found is None:
            return f"The security group '{group}' does not exist"
        if found.vpc_id not in inside:
            return f"The security group '{group}' is in another VPC than the subnets"
    return None


def _subnets(account, region):
    return {
        identity: subnet
        for zone in ec2_backends[account][region].subnets.values()
        for identity, subnet in zone.items()
    }
