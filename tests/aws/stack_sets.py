"""CloudFormation's stack sets of organizations (service-managed), which moto does not deploy by templates.

Each instance is a real stack in its account and Region. Stack sets belong to the management account, also where a
delegated administrator made them.
"""

import copy
import time
import uuid
from dataclasses import dataclass, field

from moto.cloudformation.models import Stack, cloudformation_backends
from moto.cloudformation.utils import get_stack_from_s3_url
from moto.utilities.utils import get_partition

import organization
import stacks
import wire
from resource_types import Added, add
from stacks import refused

MAX_TEMPLATE_BYTES = 1_048_576
_MAX_UNITS = 50
_ANY_MAY_FAIL = {"FailureTolerancePercentage": 100}


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

    def set(self, status, detail, reason=None):
        """Note how it went."""
        self.status, self.detail, self.reason = status, detail, reason

    @property
    def backend(self):
        """CloudFormation where it is."""
        return cloudformation_backends[self.account][self.region]

    @property
    def stack(self):
        """The stack, or None."""
        return self.backend.stacks.get(self.stack_id)


@dataclass
class Operation:
    """What was done to instances at once."""

    action: str
    preferences: dict
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "SUCCEEDED"
    failed: int = 0
    began: float = field(default_factory=time.time)
    reasons: list = field(default_factory=list)
    is_seen: bool = True


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
        """Its ARN: the management account's."""
        return f"arn:{get_partition(self.region)}:cloudformation:{self.region}:{self.owner}:stackset/{self.id}"

    @property
    def parameters(self):
        """The parameters of all stacks."""
        return {one["ParameterKey"]: str(one["ParameterValue"]) for one in self.properties.get("Parameters", [])}

    @property
    def deploys_itself(self):
        """Whether accounts that join get their stacks without being asked for."""
        return is_on(self.properties.get("AutoDeployment", {}).get("Enabled"))

    @property
    def wanted(self):
        """The accounts and Regions that it should be in."""
        return self.places(self.properties.get("StackInstancesGroup", []))

    def places(self, groups):
        """The accounts and Regions of groups, each with the root or unit by which it is in: never the management account."""
        backend, places = organization.of(self.owner), {}
        for group in groups:
            for unit in group["DeploymentTargets"]["OrganizationalUnitIds"]:
                for account in organization.below(backend, unit):
                    if account != self.owner:
                        places.update({(account, region): unit for region in group["Regions"]})
        return places

    def is_well_in(self, account):
        """Whether all its instances in an account are current; true of accounts that it has nothing to do with."""
        return all(one.status == "CURRENT" for one in self.instances.values() if one.account == account)


class StackSets:
    """The stack sets of all accounts."""

    def __init__(self):
        self._sets = {}
        self.activated = set()

    # Who may.

    def may_deploy(self, backend):
        """Whether stack sets may deploy to an organization: it trusts the service, and the access was activated in CloudFormation."""
        return backend.account_id in self.activated and organization.trusts(backend, organization.STACK_SETS)

    @staticmethod
    def backend(account, call_as):
        """The organization for which an account speaks."""
        backend = organization.of(account)
        if call_as == "DELEGATED_ADMIN":
            if not organization.is_delegated(account, organization.STACK_SETS):
                raise refused("Account used is not a delegated administrator")
        elif not organization.is_management(account):
            message = "You must be the management account or delegated admin account of an organization before operating a SERVICE_MANAGED stack set"
            raise refused(message)
        return backend

    def find(self, account, region, name, call_as):
        """The stack set of a name or id that an account may see."""
        owner = account
        if call_as == "DELEGATED_ADMIN":
            owner = self.backend(account, call_as).account_id
        elif call_as != "SELF":
            raise refused(f"Value '{call_as}' at 'callAs' failed to satisfy constraint: Member must satisfy enum value set: [SELF, DELEGATED_ADMIN]")
        stack_set = self._sets.get((owner, region, str(name).partition(":")[0]))
        if stack_set is None or name not in (stack_set.name, stack_set.id):
            raise wire.AwsError("StackSetNotFoundException", f"StackSet {name} not found", 404)
        return stack_set

    # Stack sets, as resources of stacks have them.

    def _checked(self, properties, account, region):
        """The organization and the template of a stack set that is all right."""
        if properties.get("PermissionModel") != "SERVICE_MANAGED":
            raise NotImplementedError("stack sets with permissions of their own are not in the test environment")
        backend = self.backend(account, properties.get("CallAs", "SELF"))
        if not self.may_deploy(backend):
            raise refused("You must enable organizations access to operate a service managed stack set")
        units = {unit.id for unit in backend.ou}
        for group in properties.get("StackInstancesGroup", []):
            check_targets(group["DeploymentTargets"], group["Regions"], units)
        for arn in properties.get("AutoDeployment", {}).get("DependsOn", []):
            if arn not in [one.arn for one in self._sets.values()]:
                raise refused(f"StackSet {arn} that AutoDeployment depends on was not found")
        template = _read(properties, account, region)
        content = Stack.parse_template(template)
        if any(resource["Type"] == "AWS::CloudFormation::Stack" for resource in content["Resources"].values()):
            raise refused("Stack sets with service-managed permissions take no nested stacks")
        has_roles = any("RoleName" in resource.get("Properties", {}) for resource in content["Resources"].values())
        if has_roles and "CAPABILITY_NAMED_IAM" not in properties.get("Capabilities", []):
            raise wire.AwsError("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]")
        stacks.check_parameters({one["ParameterKey"]: one["ParameterValue"] for one in properties.get("Parameters", [])}, content)
        return backend, template

    def create(self, name, properties, account, region):
        """Make a stack set and its instances."""
        backend, template = self._checked(properties, account, region)
        key = (backend.account_id, region, name)
        if key in self._sets:
            raise wire.AwsError("NameAlreadyExistsException", f"StackSet {name} already exists", 409)
        stack_set = StackSet(*key, properties=properties, template=template, id=f"{name}:{uuid.uuid4()}")
        self._sets[key] = stack_set
        operation = self.deploy(stack_set, stack_set.wanted, "CREATE", properties.get("OperationPreferences", {}))
        if operation.status != "SUCCEEDED":
            self.delete(stack_set)
            raise _unstable(stack_set, operation)
        return stack_set

    def update(self, stack_set, properties, account, region):
        """Bring a stack set and its instances to what it should be, or back to what it was."""
        _, template = self._checked(properties, account, region)
        before = (stack_set.properties, stack_set.template)
        operation = self._change(stack_set, properties, template, properties.get("OperationPreferences", {}))
        if operation.status != "SUCCEEDED":
            self._change(stack_set, *before, _ANY_MAY_FAIL)
            raise _unstable(stack_set, operation)

    def _change(self, stack_set, properties, template, preferences):
        stack_set.properties, stack_set.template = properties, template
        wanted = stack_set.wanted
        self._remove(stack_set, [place for place in stack_set.instances if place not in wanted])
        return self.deploy(stack_set, wanted, "UPDATE", preferences)

    def delete(self, stack_set):
        """Take a stack set away, with its stacks."""
        self._remove(stack_set, list(stack_set.instances))
        if stack_set.instances:
            raise wire.AwsError("StackSetNotEmptyException", "StackSet is not empty", 409)
        del self._sets[stack_set.owner, stack_set.region, stack_set.name]

    # Instances.

    def deploy(self, stack_set, places, action, preferences):
        """Bring instances to the stack set's template, Region by Region; what fails beyond the tolerance ends it."""
        operation = Operation(action, preferences)
        stack_set.operations[operation.id] = operation
        for region in dict.fromkeys(region for _, region in places):
            here = [(account, unit) for (account, of), unit in places.items() if of == region]
            tolerated = int(preferences.get("FailureToleranceCount", len(here) * int(preferences.get("FailureTolerancePercentage", 0)) // 100))
            failures = 0
            for account, unit in here:
                instance = stack_set.instances.setdefault((account, region), Instance(account, region, unit))
                instance.operation = operation.id
                if operation.status == "FAILED":
                    instance.set("OUTDATED", "CANCELLED", "Cancelled since failure tolerance has exceeded")
                    continue
                self._bring(stack_set, instance)
                if instance.detail == "FAILED":
                    failures, operation.failed = failures + 1, operation.failed + 1
                    operation.reasons.append(instance.reason)
                    operation.status = "FAILED" if failures > tolerated else operation.status
        return operation

    @staticmethod
    def _bring(stack_set, instance):
        """Make or change an instance's stack. One that could not be made is deleted, one that could not be changed stays as it was."""
        if not organization.is_active(organization.of(stack_set.owner), instance.account):
            instance.set("OUTDATED", "SKIPPED_SUSPENDED_ACCOUNT", "Account is suspended")
            return
        stack = instance.stack or stacks.new_stack(instance.account, instance.region, f"StackSet-{stack_set.name}-{uuid.uuid4()}")
        instance.stack_id, first = stack.stack_id, len(stack.events)
        stacks.change(stack, stack_set.template, stack_set.parameters)
        if stack.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            instance.set("CURRENT", "SUCCEEDED")
            return
        instance.set("OUTDATED", "FAILED", _cause(stack.events[first:]))
        if stack.status == "ROLLBACK_COMPLETE":
            instance.backend.delete_stack(stack.stack_id)

    @staticmethod
    def _remove(stack_set, places):
        for place in places:
            instance = stack_set.instances[place]
            try:
                if instance.stack is not None:
                    instance.backend.delete_stack(instance.stack_id)
            except Exception as problem:
                instance.set("INOPERABLE", "INOPERABLE", stacks.text_of(problem))
                continue
            del stack_set.instances[place]

    def settle(self, backend):
        """Accounts that joined get their stacks, stack sets that others depend on first; accounts that left lose them."""
        changed = []
        for stack_set in [one for one in self._sets.values() if one.owner == backend.account_id and one.deploys_itself]:
            wanted, automatic = stack_set.wanted, stack_set.properties["AutoDeployment"]
            before = [one for one in self._sets.values() if one.arn in automatic.get("DependsOn", [])]
            missing = {place: unit for place, unit in wanted.items() if place not in stack_set.instances}
            added = {place: unit for place, unit in missing.items() if all(one.is_well_in(place[0]) for one in before)}
            gone = [place for place in stack_set.instances if place not in wanted]
            if not is_on(automatic.get("RetainStacksOnAccountRemoval")):
                self._remove(stack_set, gone)
            for place in gone:
                stack_set.instances.pop(place, None)
            if added:
                self.deploy(stack_set, added, "CREATE", _ANY_MAY_FAIL)
            changed += [f"{stack_set.name} {account} {region}" for account, region in [*added, *gone]]
        return changed

def is_on(value):
    """Whether a property is true."""
    return str(value).lower() == "true"


def check_targets(targets, regions, units):
    """Refuse what is no target: units that do not exist, nothing at all."""
    asked = targets.get("OrganizationalUnitIds", [])
    if not asked or not regions:
        raise refused("Stack sets with service-managed permissions need organizational units as targets, and Regions")
    if len(asked) > _MAX_UNITS:
        raise refused(f"At most {_MAX_UNITS} organizational units can be targeted at once")
    unknown = sorted(set(asked) - units)
    if unknown:
        raise refused(f"Organizational units {unknown} do not exist")
    if set(targets) - {"OrganizationalUnitIds"}:
        raise NotImplementedError("targets other than organizational units are not in the test environment")


def _read(properties, account, region):
    """The template, as the account that makes the stack set reads it."""
    if "TemplateURL" not in properties:
        return properties["TemplateBody"]
    try:
        template = get_stack_from_s3_url(properties["TemplateURL"], account, get_partition(region))
    except Exception as problem:  # no such bucket or object
        raise refused("S3 error: The specified key does not exist.") from problem
    if len(template.encode()) > MAX_TEMPLATE_BYTES:
        raise refused(f"Template may not exceed {MAX_TEMPLATE_BYTES} bytes in size.")
    return template


def _cause(events):
    """Why a change of a stack failed, from its events."""
    for event in events:
        if event.resource_status.endswith("_FAILED"):
            return (
                f"ResourceLogicalId:{event.logical_resource_id}, ResourceType:{event.resource_type}, "
                f"ResourceStatusReason:{str(event.resource_status_reason).rstrip('.')}."
            )
    return next((event.resource_status_reason for event in events if "ROLLBACK_IN_PROGRESS" in event.resource_status), None)


def _unstable(stack_set, operation):
    reasons = ", ".join(operation.reasons)
    message = f"Stack set operation [{operation.id}] was unexpectedly stopped or failed. status reason(s): [{reasons}]"
    return refused(f"Resource of type '{message}' with identifier '{stack_set.id}' did not stabilize.")


@add
class StackSetResource(Added):
    """``AWS::CloudFormation::StackSet``. ``sets`` has them."""

    sets = None
    TYPE, NAME = "AWS::CloudFormation::StackSet", "StackSetName"

    @property
    def physical_resource_id(self):
        return self.stack_set.id

    @classmethod
    def has_cfn_attr(cls, attr):
        return attr == "StackSetId"

    def get_cfn_attribute(self, attribute_name):
        """``StackSetId``, the only one."""
        if attribute_name != "StackSetId":
            raise refused(f"StackSet has no attribute {attribute_name}")
        return self.stack_set.id

    def put(self, properties, account, region):
        self.stack_set = self.sets.create(self.name, copy.deepcopy(properties), account, region)

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        """Updates it, and its instances."""
        properties = copy.deepcopy(cloudformation_json["Properties"])
        cls.sets.update(original_resource.stack_set, properties, account_id, region_name)
        return original_resource

    def remove(self, account, region):
        self.sets.delete(self.stack_set)
