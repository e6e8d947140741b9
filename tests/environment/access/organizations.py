"""Service control policies: what an organization allows its member accounts.

Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
"""

import functools

from access.policies import decision, statements_of
from deployment.organizations import members

TYPE = "SERVICE_CONTROL_POLICY"


def denial(caller, action, resource, region, keys=None):
    """Return why the organization of the caller denies an action, or None.

    Management accounts, service-linked roles, and accounts without an
    organization are not restricted. ``keys`` are condition keys of the call.
    """
    backend = members.of(caller.account)
    if backend is None or backend.account_id == caller.account:
        return None
    if ":role/aws-service-role/" in caller.principal:
        return None
    request = caller.request(action, resource, **{"aws:RequestedRegion": region, **(keys or {})})
    decided = [decision(level, request) for level in _levels(backend, caller.account)]
    if "Deny" in decided:
        return "with an explicit deny in a service control policy"
    if None in decided:
        return f"because no service control policy allows the {action} action"
    return None


def refusal(caller, action, resource, region, keys=None):
    """Return the error message if the organization of the caller denies an action, or None."""
    why = denial(caller, action, resource, region, keys)
    if why is None:
        return None
    return (
        f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource} {why}"
    )


def _levels(backend, account):
    """The statements at an account, and at everything above it."""
    units = {unit.id: unit for unit in backend.ou}
    holder = members.accounts(backend).get(account)
    while holder is not None:
        yield [
            statement
            for policy in holder.attached_policies
            if policy.type == TYPE
            for statement in _parsed(policy.content)
        ]
        holder = units.get(getattr(holder, "parent_id", None))


@functools.lru_cache(maxsize=256)
def _parsed(content):
    return statements_of(content)
