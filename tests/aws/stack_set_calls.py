"""CloudFormation's operations on stack sets of organizations: who may, instances in pages, tries again."""

from datetime import datetime, timezone

import organization
import paging
import wire
from stack_sets import check_targets, is_on
from stacks import refused

_PAGE = 2
_MAX_PAGE = 100
_UNSUPPORTED = (
    "CreateStackSet", "UpdateStackSet", "DeleteStackSet", "DescribeStackSet", "ListStackSets", "DescribeStackInstance", "UpdateStackInstances",
    "DeleteStackInstances", "ListStackSetOperations", "ListStackSetOperationResults", "StopStackSetOperation",
)


class StackSetCalls:
    """Handlers; one instance serves all accounts. ``sets`` are the stack sets."""

    def __init__(self, sets):
        self._sets = sets

    def handlers(self):
        """Handlers by (service, operation)."""
        own = {
            "ActivateOrganizationsAccess": self.activate,
            "DeactivateOrganizationsAccess": self.deactivate,
            "DescribeOrganizationsAccess": self.describe_access,
            "ListStackInstances": self.list_instances,
            "CreateStackInstances": self.create_instances,
            "DescribeStackSetOperation": self.describe_operation,
            **dict.fromkeys(_UNSUPPORTED, _unsupported),
        }
        return {("cloudformation", operation): handler for operation, handler in own.items()}

    @staticmethod
    def control():
        """Control functions by (method, path): none."""
        return {}

    def activate(self, call, _):
        """CloudFormation has itself trusted, and notes that it is."""
        backend = self._managed(call)
        organization.trust(backend, organization.STACK_SETS)
        self._sets.activated.add(call.account)
        return wire.xml_result(call, {})

    def deactivate(self, call, _):
        """The organization's trust goes with it."""
        self._managed(call).disable_aws_service_access(ServicePrincipal=organization.STACK_SETS)
        self._sets.activated.discard(call.account)
        return wire.xml_result(call, {})

    def describe_access(self, call, _):
        """Whether stack sets may deploy to the organization."""
        backend = self._sets.backend(call.account, call.parameter("CallAs") or "SELF")
        return wire.xml_result(call, {"Status": "ENABLED" if self._sets.may_deploy(backend) else "DISABLED"})

    @staticmethod
    def _managed(call):
        if not organization.is_management(call.account):
            raise wire.AwsError("InvalidOperationException", "Only the management account of an organization can do this.")
        return organization.of(call.account)

    def list_instances(self, call, _):
        """Instances in small pages, of an account or a Region if asked for."""
        given = call.parameter
        stack_set = self._asked(call)
        kept = [
            instance
            for instance in stack_set.instances.values()
            if given("StackInstanceAccount", instance.account) == instance.account and given("StackInstanceRegion", instance.region) == instance.region
        ]
        if any(name.startswith("Filters.") for name in call.form):
            raise NotImplementedError("filters of stack instances are not in the test environment")
        size = int(given("MaxResults") or _MAX_PAGE)
        if not 1 <= size <= _MAX_PAGE:
            raise refused(f"Value '{size}' at 'maxResults' failed to satisfy constraint: Member must have value from 1 to {_MAX_PAGE}")
        try:
            part, following = paging.page(kept, f"instances/{stack_set.id}", given("NextToken"), min(size, _PAGE))
        except paging.InvalidToken as problem:
            raise refused("NextToken is invalid") from problem
        answer = {"Summaries": [_summary(stack_set, instance) for instance in part]}
        if following:
            answer["NextToken"] = following
        return wire.xml_result(call, answer)

    def create_instances(self, call, _):
        """Makes what is missing and tries again what is outdated; what is current stays."""
        stack_set = self._asked(call)
        backend = organization.of(stack_set.owner)
        if not self._sets.may_deploy(backend):
            raise refused("You must enable organizations access to operate a service managed stack set")
        targets = {"OrganizationalUnitIds": _members(call.form, "DeploymentTargets.OrganizationalUnitIds")}
        if _members(call.form, "Accounts") or any(name.startswith(("DeploymentTargets.Account", "ParameterOverrides.")) for name in call.form):
            raise NotImplementedError("instances by account and with own parameters are not in the test environment")
        regions = _members(call.form, "Regions")
        check_targets(targets, regions, {unit.id for unit in backend.ou})
        if not is_on(stack_set.properties.get("ManagedExecution", {}).get("Active")) and not all(one.is_seen for one in stack_set.operations.values()):
            raise wire.AwsError("OperationInProgressException", f"Another Operation on StackSet {stack_set.arn} is in progress", 409)
        group, held = {"DeploymentTargets": targets, "Regions": regions}, stack_set.instances
        groups = stack_set.properties.setdefault("StackInstancesGroup", [])
        if group not in groups:
            groups.append(group)
        asked = stack_set.places([group]).items()
        places = {place: unit for place, unit in asked if place not in held or held[place].status == "OUTDATED"}
        names = ("FailureToleranceCount", "FailureTolerancePercentage")
        preferences = {name: call.form[f"OperationPreferences.{name}"] for name in names if f"OperationPreferences.{name}" in call.form}
        operation = self._sets.deploy(stack_set, places, "CREATE", preferences)
        operation.is_seen = False
        return wire.xml_result(call, {"OperationId": operation.id})

    def describe_operation(self, call, _):
        """Running when seen first."""
        stack_set = self._asked(call)
        operation = stack_set.operations.get(call.parameter("OperationId"))
        if operation is None:
            raise wire.AwsError("OperationNotFoundException", f"Operation {call.parameter('OperationId')} not found", 404)
        answer = {
            "OperationId": operation.id,
            "StackSetId": stack_set.id,
            "Action": operation.action,
            "Status": operation.status if operation.is_seen else "RUNNING",
            "CreationTimestamp": datetime.fromtimestamp(operation.began, timezone.utc),
        }
        if operation.is_seen:
            answer["EndTimestamp"] = answer["CreationTimestamp"]
            answer["StatusDetails"] = {"FailedStackInstancesCount": operation.failed}
        operation.is_seen = True
        return wire.xml_result(call, {"StackSetOperation": answer})

    def _asked(self, call):
        return self._sets.find(call.account, call.region, call.parameter("StackSetName"), call.parameter("CallAs") or "SELF")


def _unsupported(call, _):
    raise NotImplementedError(f"{call.operation}: stack sets are made by templates in the test environment")


def _members(form, name):
    """A list of a form."""
    found = {key: value for key, value in form.items() if key.startswith(f"{name}.member.")}
    return [found[key] for key in sorted(found, key=lambda key: int(key.rpartition(".")[2]))]


def _summary(stack_set, instance):
    shown = {
        "StackSetId": stack_set.id,
        "Region": instance.region,
        "Account": instance.account,
        "StackId": instance.stack_id,
        "Status": instance.status,
        "StatusReason": instance.reason,
        "StackInstanceStatus": {"DetailedStatus": instance.detail},
        "OrganizationalUnitId": instance.unit,
        "DriftStatus": "NOT_CHECKED",
        "LastOperationId": instance.operation,
    }
    return {name: value for name, value in shown.items() if value is not None}
