"""The operations on stack sets of organizations: who may, instances in pages, retries."""

from collections import Counter
from datetime import UTC, datetime

from deployment.errors import stack_error
from deployment.organizations import members
from deployment.stack_sets.model import is_true
from deployment.stack_sets.properties import check_preferences, check_targets
from strictaws import paging, wire

_PAGE = 2
_MAX_PAGE = 100
_UNSUPPORTED = (
    "CreateStackSet",
    "UpdateStackSet",
    "DeleteStackSet",
    "DescribeStackSet",
    "ListStackSets",
    "DescribeStackInstance",
    "UpdateStackInstances",
    "ListStackSetOperations",
    "StopStackSetOperation",
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
            "DeleteStackInstances": self.delete_instances,
            "DetectStackSetDrift": self.detect_drift,
            "DescribeStackSetOperation": self.describe_operation,
            "ListStackSetOperationResults": self.operation_results,
            **dict.fromkeys(_UNSUPPORTED, _unsupported),
        }
        return {("cloudformation", operation): handler for operation, handler in own.items()}

    @staticmethod
    def control():
        """Control functions by (method, path): none."""
        return {}

    def activate(self, call, _):
        """Activate trusted access, in the organization and in CloudFormation."""
        backend = self._managed(call)
        members.trust(backend, members.STACK_SETS)
        self._sets.activated.add(call.account)
        return wire.xml_result(call, {})

    def deactivate(self, call, _):
        """Deactivate trusted access, in the organization too."""
        self._managed(call).disable_aws_service_access(ServicePrincipal=members.STACK_SETS)
        self._sets.activated.discard(call.account)
        return wire.xml_result(call, {})

    def describe_access(self, call, _):
        """Whether stack sets may deploy to the members."""
        backend = self._sets.backend(call.account, call.parameter("CallAs") or "SELF")
        status = "ENABLED" if self._sets.may_deploy(backend) else "DISABLED"
        return wire.xml_result(call, {"Status": status})

    @staticmethod
    def _managed(call):
        if not members.is_management(call.account):
            message = "Only the management account of an organization can do this."
            raise wire.AwsError("InvalidOperationException", message)
        return members.of(call.account)

    def list_instances(self, call, _):
        """List instances in small pages, filtered by account and Region."""
        given = call.parameter
        stack_set = self._asked(call)
        kept = [
            instance
            for instance in stack_set.instances.values()
            if given("StackInstanceAccount", instance.account) == instance.account
            and given("StackInstanceRegion", instance.region) == instance.region
        ]
        if any(name.startswith("Filters.") for name in call.form):
            raise NotImplementedError("filters of stack instances are not in the test environment")
        size = int(given("MaxResults") or _MAX_PAGE)
        if not 1 <= size <= _MAX_PAGE:
            raise stack_error(
                f"Value '{size}' at 'maxResults' failed to satisfy constraint: "
                f"Member must have value from 1 to {_MAX_PAGE}"
            )
        try:
            part, following = paging.page(
                kept, f"instances/{stack_set.id}", given("NextToken"), min(size, _PAGE)
            )
        except paging.InvalidToken as problem:
            raise stack_error("NextToken is invalid") from problem
        answer = {"Summaries": [_summary(stack_set, instance) for instance in part]}
        if following:
            answer["NextToken"] = following
        return wire.xml_result(call, answer)

    def create_instances(self, call, _):
        """Create missing instances and retry outdated ones; current ones stay as they are."""
        stack_set = self._asked(call)
        backend = members.of(stack_set.owner)
        if not self._sets.may_deploy(backend):
            raise stack_error(
                "You must enable organizations access to operate a service managed stack set"
            )
        targets, regions = self._targets(call, backend)
        preferences = _preferences(call.form)
        self._must_be_free(stack_set)
        group, held = {"DeploymentTargets": targets, "Regions": regions}, stack_set.instances
        groups = stack_set.properties.setdefault("StackInstancesGroup", [])
        if group not in groups:
            groups.append(group)
        asked = stack_set.places([group]).items()
        places = {
            place: unit
            for place, unit in asked
            if place not in held or held[place].status == "OUTDATED"
        }
        self._sets.check_size(stack_set, places)
        operation = self._sets.start(stack_set, places, "CREATE", preferences)
        return wire.xml_result(call, {"OperationId": operation.id})

    def delete_instances(self, call, _):
        """Delete the stacks of targets; automatic deployment does not create them again."""
        stack_set = self._asked(call)
        backend = members.of(stack_set.owner)
        retains = is_true(call.form.get("RetainStacks"))
        targets, regions = self._targets(call, backend)
        preferences = _preferences(call.form)
        self._must_be_free(stack_set)
        asked = stack_set.places([{"DeploymentTargets": targets, "Regions": regions}])
        places = [place for place in asked if place in stack_set.instances]
        operation = self._sets.start_removal(stack_set, places, preferences, retains)
        return wire.xml_result(call, {"OperationId": operation.id})

    @staticmethod
    def _targets(call, backend):
        """The valid targets and Regions of an operation on instances."""
        units = _members(call.form, "DeploymentTargets.OrganizationalUnitIds")
        targets = {"OrganizationalUnitIds": units}
        if _members(call.form, "Accounts") or any(
            one.startswith("ParameterOverrides.") for one in call.form
        ):
            raise NotImplementedError(
                "instances by account and with own parameters are not in the test environment"
            )
        named = _members(call.form, "DeploymentTargets.Accounts")
        if named:
            targets["Accounts"] = named
        kind = call.form.get("DeploymentTargets.AccountFilterType")
        if kind == "UNION":
            raise stack_error(f"UNION is not supported for {call.operation} operations")
        if kind is not None:
            targets["AccountFilterType"] = kind
        regions = _members(call.form, "Regions")
        check_targets(targets, regions, {unit.id for unit in backend.ou})
        return targets, regions

    @staticmethod
    def _must_be_free(stack_set):
        """Refuse a second operation at once, unless the stack set queues operations."""
        is_free = all(one.is_seen and one.is_done for one in stack_set.operations.values())
        queues = is_true(stack_set.properties.get("ManagedExecution", {}).get("Active"))
        if not queues and not is_free:
            message = f"Another Operation on StackSet {stack_set.arn} is in progress"
            raise wire.AwsError("OperationInProgressException", message, 409)

    def detect_drift(self, call, _):
        """Compare all instances with their template."""
        stack_set = self._asked(call)
        self._must_be_free(stack_set)
        operation = self._sets.detect_drift(stack_set, _preferences(call.form))
        return wire.xml_result(call, {"OperationId": operation.id})

    def describe_operation(self, call, _):
        """Describe an operation; it is running when it is described first."""
        stack_set = self._asked(call)
        operation = self._operation(stack_set, call)
        answer = {
            "OperationId": operation.id,
            "StackSetId": stack_set.id,
            "Action": operation.action,
            "Status": operation.status if operation.is_seen and operation.is_done else "RUNNING",
            "CreationTimestamp": datetime.fromtimestamp(operation.began, UTC),
        }
        if answer["Status"] != "RUNNING":
            answer["EndTimestamp"] = answer["CreationTimestamp"]
            answer["StatusDetails"] = {"FailedStackInstancesCount": operation.failed}
        if operation.action == "DETECT_DRIFT":
            answer["StackSetDriftDetectionDetails"] = _drift(stack_set, operation)
        operation.is_seen = operation.is_done
        return wire.xml_result(call, {"StackSetOperation": answer})

    def operation_results(self, call, _):
        """List what failed in an operation, which fits into a page."""
        stack_set = self._asked(call)
        operation = self._operation(stack_set, call)
        results = [
            {"Account": account, "Region": region, "Status": "FAILED", "StatusReason": reason}
            for (account, region), reason in operation.failures.items()
        ]
        return wire.xml_result(call, {"Summaries": results})

    @staticmethod
    def _operation(stack_set, call):
        operation = stack_set.operations.get(call.parameter("OperationId"))
        if operation is None:
            message = f"Operation {call.parameter('OperationId')} not found"
            raise wire.AwsError("OperationNotFoundException", message, 404)
        return operation

    def _asked(self, call):
        name, call_as = call.parameter("StackSetName"), call.parameter("CallAs") or "SELF"
        return self._sets.find(call.account, call.region, name, call_as)


def _unsupported(call, _):
    message = "only templates create stack sets in the test environment"
    raise NotImplementedError(f"{call.operation}: {message}")


def _members(form, name):
    """A list of a form."""
    found = {key: value for key, value in form.items() if key.startswith(f"{name}.member.")}
    return [found[key] for key in sorted(found, key=lambda key: int(key.rpartition(".")[2]))]


def _preferences(form):
    """The valid preferences of an operation."""
    found = {
        key.removeprefix("OperationPreferences."): value
        for key, value in form.items()
        if key.startswith("OperationPreferences.") and ".member." not in key
    }
    check_preferences(found)
    return found


def _drift(stack_set, operation):
    """What the comparison of all instances found so far."""
    states = Counter(one.drift for one in stack_set.instances.values())
    shown = {
        "DriftStatus": "DRIFTED" if states["DRIFTED"] else "IN_SYNC",
        "DriftDetectionStatus": "COMPLETED" if operation.is_done else "IN_PROGRESS",
        "TotalStackInstancesCount": len(stack_set.instances),
        "DriftedStackInstancesCount": states["DRIFTED"],
        "InSyncStackInstancesCount": states["IN_SYNC"],
        "InProgressStackInstancesCount": 0,
        "FailedStackInstancesCount": states["NOT_CHECKED"],
    }
    if operation.is_done:
        shown["LastDriftCheckTimestamp"] = datetime.now(UTC)
    return shown


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
        "DriftStatus": instance.drift,
        "LastDriftCheckTimestamp": instance.drift_checked
        and datetime.fromtimestamp(instance.drift_checked, UTC),
        "LastOperationId": instance.operation,
    }
    return {name: value for name, value in shown.items() if value is not None}
