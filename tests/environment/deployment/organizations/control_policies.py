"""Service control policies, created by one request of the control interface."""

import itertools
import json

from access.organizations import TYPE
from deployment.organizations import members

_NUMBERS = itertools.count(1)


class ControlPolicies:
    """The control functions; AWS Organizations itself holds the policies."""

    def handlers(self):
        """Handlers by (service, operation): none."""
        return {}

    def control(self):
        """Control functions by (method, path)."""
        return {
            ("POST", "organization/scp"): self.attach,
            ("DELETE", "organization/scp"): self.detach,
        }

    @staticmethod
    def attach(given):
        """Deny actions in Regions to an account, or to all below a unit or the root.

        Exempt principals (ARNs) and actions are not denied.
        """
        backend = _backend(given["account"])
        policy = given.get("policy") or _policy(given)
        made = backend.create_policy(
            Name=f"test-{next(_NUMBERS)}", Description="", Type=TYPE, Content=json.dumps(policy)
        )
        identity = made["Policy"]["PolicySummary"]["Id"]
        backend.attach_policy(PolicyId=identity, TargetId=given["target"])
        return {"id": identity, "policy": policy}

    @staticmethod
    def detach(given):
        """Remove the denial."""
        backend = _backend(given["account"])
        targets = backend.list_targets_for_policy(PolicyId=given["id"])["Targets"]
        for target in targets:
            backend.detach_policy(PolicyId=given["id"], TargetId=target["TargetId"])
        backend.delete_policy(PolicyId=given["id"])
        return {"removed": len(targets)}


def _backend(account):
    backend = members.of(account)
    if backend is None or backend.account_id != account:
        raise ValueError(f"{account} is not the management account of an organization")
    return backend


def _policy(given):
    exceptions = given.get("except") or []
    principals = [one for one in exceptions if one.startswith("arn:")]
    actions = [one for one in exceptions if not one.startswith("arn:")]
    condition = {}
    if given.get("regions"):
        condition["StringEquals"] = {"aws:RequestedRegion": given["regions"]}
    if principals:
        condition["ArnNotLike"] = {"aws:PrincipalArn": principals}
    denied = given.get("actions") or ["*"]
    if actions and denied != ["*"]:
        raise ValueError("actions can be excepted from all actions only")
    statement = {
        "Effect": "Deny",
        "Resource": "*",
        "Condition": condition,
        **({"NotAction": actions} if actions else {"Action": denied}),
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
