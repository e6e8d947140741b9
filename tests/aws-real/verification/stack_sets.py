"""The stacks of a run. Each has one stack set, as ``plumbline deploy`` creates them."""

import json

from verification import names, packs, policies


def _role(name, trust, policy=None):
    own = [{"PolicyName": "verify", "PolicyDocument": policy}] if policy else []
    properties = {
        "RoleName": name,
        "Description": "A question of plumbline-verify",
        "AssumeRolePolicyDocument": trust,
        "Tags": [{"Key": names.TAG, "Value": "member"}],
        **({"Policies": own} if own else {}),
    }
    return {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}


def _stack_set(organization, region, name, resources, targets, is_automatic):
    automatic = {"Enabled": True, "RetainStacksOnAccountRemoval": False}
    properties = {
        "StackSetName": name,
        "Description": "A question of plumbline-verify",
        "PermissionModel": "SERVICE_MANAGED",
        "CallAs": organization.call_as,
        "AutoDeployment": automatic if is_automatic else {"Enabled": False},
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "StackInstancesGroup": [{"Regions": [region], "DeploymentTargets": targets}],
        "TemplateBody": json.dumps({"Resources": resources}),
    }
    resource = {"Type": "AWS::CloudFormation::StackSet", "Properties": properties}
    return json.dumps({"Resources": {"StackSet": resource}})


def _only(account, unit):
    """The targets of a stack set for one account."""
    return {
        "OrganizationalUnitIds": [unit],
        "AccountFilterType": "INTERSECTION",
        "Accounts": [account],
    }


def member(organization, region):
    """The role in the member account."""
    role = _role(
        names.MEMBER_ROLE,
        policies.trust_of_member(organization),
        policies.of_member(organization, region),
    )
    targets = _only(organization.member, organization.member_parent)
    return _stack_set(organization, region, names.MEMBER_STACK, role, targets, False)


def control(organization, region, function):
    """A rule outside of packs in the member account."""
    rule = packs.rule(names.CONTROL_RULE, function, {"answer": "non-compliant"})
    targets = _only(organization.member, organization.member_parent)
    return _stack_set(organization, region, names.CONTROL_STACK, {"Rule": rule}, targets, False)


def unit(organization, region):
    """A role in each account that joins the spare unit."""
    role = _role(f"{names.PREFIX}-joined", policies.trust_of_no_one(organization))
    targets = {"OrganizationalUnitIds": [organization.unit]}
    return _stack_set(organization, region, names.UNIT_STACK, role, targets, True)


def excluded(organization, region):
    """The same, but the spare account is excluded."""
    role = _role(f"{names.PREFIX}-excluded", policies.trust_of_no_one(organization))
    targets = {
        "OrganizationalUnitIds": [organization.unit],
        "AccountFilterType": "DIFFERENCE",
        "Accounts": [organization.spare],
    }
    return _stack_set(organization, region, names.EXCLUDED_STACK, role, targets, True)
