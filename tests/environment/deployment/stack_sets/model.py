"""A stack set with its instances and operations: data, and which accounts it should be in."""

import time
import uuid
from dataclasses import dataclass, field

from moto.cloudformation.models import cloudformation_backends
from moto.utilities.utils import get_partition

from deployment.organizations import members


@dataclass
class Instance:
    """A stack set's stack in an account and Region, or the attempt at one."""

    account: str
    region: str
    unit: str
    stack_id: str = None
    status: str = "OUTDATED"
    detail: str = "PENDING"
    reason: str = None
    operation: str = None
    drift: str = "NOT_CHECKED"
    drift_checked: float = None

    def set(self, status, detail, reason=None):
        """Set the outcome of an operation."""
        self.status, self.detail, self.reason = status, detail, reason

    @property
    def backend(self):
        """CloudFormation in the account and Region."""
        return cloudformation_backends[self.account][self.region]

    @property
    def stack(self):
        """The stack, or None."""
        return self.backend.stacks.get(self.stack_id)


@dataclass
class Operation:
    """One operation on several instances.

    ``failures``: why, by account and Region. ``is_done``: it has ended;
    ``is_seen``: it was described since.
    """

    action: str
    preferences: dict
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "SUCCEEDED"
    failed: int = 0
    began: float = field(default_factory=time.time)
    reasons: list = field(default_factory=list)
    failures: dict = field(default_factory=dict)
    is_seen: bool = True
    is_done: bool = True

    def tolerated(self, number):
        """How many of a Region's instances may fail."""
        percentage = int(self.preferences.get("FailureTolerancePercentage", 0))
        return int(self.preferences.get("FailureToleranceCount", number * percentage // 100))


@dataclass
class StackSet:
    """A stack set with its instances by account and Region."""

    owner: str
    region: str
    name: str
    properties: dict
    template: str
    id: str
    instances: dict = field(default_factory=dict)
    operations: dict = field(default_factory=dict)

    @property
    def arn(self):
        """Its ARN, in the management account."""
        partition = get_partition(self.region)
        return f"arn:{partition}:cloudformation:{self.region}:{self.owner}:stackset/{self.id}"

    @property
    def execution_role(self):
        """The name of the role by which it acts in a member."""
        return f"stacksets-exec-{uuid.uuid5(uuid.NAMESPACE_URL, self.owner).hex}"

    @property
    def parameters(self):
        """The parameters of all stacks."""
        return {
            one["ParameterKey"]: str(one["ParameterValue"])
            for one in self.properties.get("Parameters", [])
        }

    @property
    def tags(self):
        """The tags of all stacks."""
        return {one["Key"]: str(one["Value"]) for one in self.properties.get("Tags", [])}

    @property
    def deploys_itself(self):
        """Whether automatic deployment is enabled."""
        return is_true(self.properties.get("AutoDeployment", {}).get("Enabled"))

    @property
    def wanted(self):
        """The accounts and Regions that it should be in."""
        return self.places(self.properties.get("StackInstancesGroup", []))

    def places(self, groups):
        """The accounts and Regions of groups, each with the unit that it is there for.

        The management account is never among them.
        """
        places = {}
        for group in groups:
            for account, unit in self._targets(group["DeploymentTargets"]).items():
                places.update({(account, region): unit for region in group["Regions"]})
        return places

    def _targets(self, targets):
        """The accounts of targets with their units, by the filter of accounts."""
        backend, named = members.of(self.owner), set(targets.get("Accounts") or [])
        inside = {
            account: unit
            for unit in targets.get("OrganizationalUnitIds") or []
            for account in members.below(backend, unit)
            if account != self.owner
        }
        kind = targets.get("AccountFilterType", "UNION" if named else "NONE")
        if kind == "INTERSECTION":
            return {account: unit for account, unit in inside.items() if account in named}
        if kind == "DIFFERENCE":
            return {account: unit for account, unit in inside.items() if account not in named}
        if kind == "UNION":
            known = members.accounts(backend)
            more = {one: known[one].parent_id for one in named - {self.owner} if one in known}
            return {**more, **inside}
        return inside

    def is_current_in(self, account):
        """Whether all its instances in an account are current; true if there are no instances."""
        return all(
            one.status == "CURRENT" for one in self.instances.values() if one.account == account
        )


def is_true(value):
    """Whether a property of a template is true."""
    return str(value).lower() == "true"
