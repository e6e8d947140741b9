"""The stack sets of organizations, which moto does not deploy by templates.

Each instance is a real stack in its account and Region. Stack sets belong to
the management account, also where a delegated administrator created them.
"""

import time
import uuid
from functools import partial

from access.callers import service_role
from access.resources import tag_keys
from deployment.errors import stack_error
from deployment.organizations import members
from deployment.stack_sets.model import Instance, Operation, StackSet, is_true
from deployment.stack_sets.properties import MAX_INSTANCES, check
from deployment.stacks import acting, changes
from deployment.stacks.drift import drift_of
from strictaws.background import pause
from strictaws.wire import AwsError

#: The error message for a call to a Region that is not enabled in the account.
NOT_ENABLED = "The security token included in the request is invalid."
_ALL_MAY_FAIL = {"FailureTolerancePercentage": 100}


class StackSets:
    """The stack sets of all accounts.

    ``activated``: management accounts with trusted access. ``regions`` are the
    enabled ones of each account.
    """

    def __init__(self, background, regions):
        self._background, self._regions = background, regions
        self._sets = {}
        self.activated = set()

    # Who may.

    def may_deploy(self, backend):
        """Whether stack sets may deploy to an organization.

        It trusts the service, and the access was activated in CloudFormation.
        """
        is_activated = backend.account_id in self.activated
        return is_activated and members.trusts(backend, members.STACK_SETS)

    @staticmethod
    def backend(account, call_as):
        """The organization that an account acts for."""
        backend = members.of(account)
        if call_as == "DELEGATED_ADMIN":
            if not members.is_delegated(account, members.STACK_SETS):
                raise stack_error("Account used is not a delegated administrator")
        elif not members.is_management(account):
            raise stack_error(
                "You must be the management account or delegated admin account of an "
                "organization before operating a SERVICE_MANAGED stack set"
            )
        return backend

    def find(self, account, region, name, call_as):
        """The stack set of a name or id that an account may see."""
        owner = account
        if call_as == "DELEGATED_ADMIN":
            owner = self.backend(account, call_as).account_id
        elif call_as != "SELF":
            raise stack_error(
                f"Value '{call_as}' at 'callAs' failed to satisfy constraint: Member must satisfy "
                "enum value set: [SELF, DELEGATED_ADMIN]"
            )
        stack_set = self._sets.get((owner, region, str(name).partition(":")[0]))
        if stack_set is None or name not in (stack_set.name, stack_set.id):
            raise AwsError("StackSetNotFoundException", f"StackSet {name} not found", 404)
        return stack_set

    # Stack sets, as resources of stacks have them.

    def _checked(self, properties, account, region):
        """The organization and the template of valid properties."""
        if properties.get("PermissionModel") != "SERVICE_MANAGED":
            raise NotImplementedError(
                "stack sets with self-managed permissions are not in the test environment"
            )
        backend = self.backend(account, properties.get("CallAs", "SELF"))
        if not self.may_deploy(backend):
            raise stack_error(
                "You must enable organizations access to operate a service managed stack set"
            )
        arns = [one.arn for one in self._sets.values()]
        return backend, check(properties, account, region, backend, arns)

    def create(self, name, properties, account, region):
        """Create a stack set and its instances; neither stays where too many fail."""
        backend, template = self._checked(properties, account, region)
        key = (backend.account_id, region, name)
        if key in self._sets:
            message = f"StackSet {name} already exists"
            raise AwsError("NameAlreadyExistsException", message, 409)
        identity = f"{name}:{uuid.uuid4()}"
        stack_set = StackSet(*key, properties=properties, template=template, id=identity)
        self.check_size(stack_set, stack_set.wanted)
        self._sets[key] = stack_set
        preferences = properties.get("OperationPreferences", {})
        operation = self.deploy(stack_set, stack_set.wanted, "CREATE", preferences)
        if operation.status != "SUCCEEDED":
            self.delete(stack_set)
            raise _unstable(stack_set, operation)
        return stack_set

    def update(self, stack_set, properties, account, region):
        """Update a stack set and its instances, or bring them back to what they were."""
        _, template = self._checked(properties, account, region)
        before = (stack_set.properties, stack_set.template)
        preferences = properties.get("OperationPreferences", {})
        operation = self._change(stack_set, properties, template, preferences)
        if operation.status != "SUCCEEDED":
            self._change(stack_set, *before, _ALL_MAY_FAIL)
            raise _unstable(stack_set, operation)

    def _change(self, stack_set, properties, template, preferences):
        stack_set.properties, stack_set.template = properties, template
        wanted = stack_set.wanted
        self._remove(stack_set, [place for place in stack_set.instances if place not in wanted])
        return self.deploy(stack_set, wanted, "UPDATE", preferences)

    def delete(self, stack_set):
        """Delete a stack set with its stacks."""
        self._remove(stack_set, list(stack_set.instances))
        if stack_set.instances:
            raise AwsError("StackSetNotEmptyException", "StackSet is not empty", 409)
        del self._sets[stack_set.owner, stack_set.region, stack_set.name]

    # Instances.

    def deploy(self, stack_set, places, action, preferences):
        """Bring instances to the template, Region by Region, until too many of a Region fail."""
        operation = Operation(action, preferences)
        stack_set.operations[operation.id] = operation
        return self._bring_all(stack_set, places, operation)

    def start(self, stack_set, places, action, preferences):
        """Do the same behind a call, after the operations before it."""
        operation = Operation(action, preferences)
        work = partial(self._bring_all, stack_set, places, operation)
        return self._behind(stack_set, operation, work)

    def start_removal(self, stack_set, places, preferences, retains=False):
        """Delete the stacks of places behind a call, after the operations before it.

        ``retains``: they stay, and the stack set forgets them.
        """
        operation = Operation("DELETE", preferences)

        def work():
            held = [one for one in places if one in stack_set.instances]
            if retains:
                for place in held:
                    del stack_set.instances[place]
            self._remove(stack_set, [one for one in held if one in stack_set.instances])
            if any(stack_set.instances.get(one) for one in places):
                operation.status = "FAILED"

        return self._behind(stack_set, operation, work)

    def _behind(self, stack_set, operation, work):
        """Work behind a call, after the operations before it."""
        operation.is_seen = operation.is_done = False
        before = list(stack_set.operations.values())
        stack_set.operations[operation.id] = operation

        def in_turn():
            self._background.until(lambda: all(one.is_done for one in before))
            work()
            operation.is_done = True

        self._background.start(stack_set.owner, in_turn)
        return operation

    def detect_drift(self, stack_set, preferences):
        """Compare the stacks of all instances with their template, behind a call."""
        operation = Operation("DETECT_DRIFT", preferences)

        def work():
            for instance in list(stack_set.instances.values()):
                pause()
                if instance.stack is not None:
                    drifted = any(one.is_drifted for one in drift_of(instance.stack))
                    instance.drift = "DRIFTED" if drifted else "IN_SYNC"
                    instance.drift_checked = time.time()
                    instance.operation = operation.id
                else:
                    # Not known: what AWS says of a stack that its account deleted.
                    reason = f"Stack [{instance.stack_id}] does not exist"
                    operation.failures[instance.account, instance.region] = reason

        return self._behind(stack_set, operation, work)

    @staticmethod
    def check_size(stack_set, places):
        """Refuse more instances than a stack set has."""
        if len({*stack_set.instances, *places}) > MAX_INSTANCES:
            message = f"A stack set has at most {MAX_INSTANCES} stack instances"
            raise AwsError("LimitExceededException", message)

    def _bring_all(self, stack_set, places, operation):
        for region in dict.fromkeys(region for _, region in places):
            here = [(account, unit) for (account, of), unit in places.items() if of == region]
            failures = 0
            for account, unit in here:
                pause()
                instance = stack_set.instances.setdefault(
                    (account, region), Instance(account, region, unit)
                )
                instance.operation = operation.id
                if operation.status == "FAILED":
                    reason = "Cancelled since failure tolerance has exceeded"
                    instance.set("OUTDATED", "CANCELLED", reason)
                    continue
                self._bring(stack_set, instance)
                if instance.detail == "FAILED":
                    failures, operation.failed = failures + 1, operation.failed + 1
                    operation.reasons.append(instance.reason)
                    operation.failures[account, region] = instance.reason
                    if failures > operation.tolerated(len(here)):
                        operation.status = "FAILED"
        return operation

    def _bring(self, stack_set, instance):
        """Create or update an instance's stack.

        One that could not be created is deleted; one that could not be updated
        stays as it was.
        """
        if not members.is_active(members.of(stack_set.owner), instance.account):
            instance.set("OUTDATED", "SKIPPED_SUSPENDED_ACCOUNT", "Account is suspended")
            return
        caller = service_role(instance.account, instance.region, stack_set.execution_role)
        reason = self._refusal(instance, caller, stack_set.tags)
        if reason is not None:
            instance.set("OUTDATED", "FAILED", reason)
            return
        stack = instance.stack or changes.new_stack(
            instance.account, instance.region, f"StackSet-{stack_set.name}-{uuid.uuid4()}"
        )
        instance.stack_id, first = stack.stack_id, len(stack.events)
        given = (stack_set.template, stack_set.parameters, caller, stack_set.tags)
        changes.change(stack, *given)
        if stack.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            instance.set("CURRENT", "SUCCEEDED")
            return
        instance.set("OUTDATED", "FAILED", _cause(stack.events[first:]))
        if stack.status == "ROLLBACK_COMPLETE":
            changes.begin_deletion(stack)
            changes.delete(instance.backend, stack)

    def _refusal(self, instance, caller, tags):
        """Why an instance cannot be brought to a template at all, or None."""
        if not self._regions.has(instance.account, instance.region):
            return NOT_ENABLED
        action = "UpdateStack" if instance.stack else "CreateStack"
        try:
            keys = tag_keys([{"Key": key, "Value": tags[key]} for key in tags])
            acting.check(caller, f"cloudformation:{action}", "*", instance.region, keys)
        except AwsError as problem:
            return problem.message
        return None

    @staticmethod
    def _remove(stack_set, places):
        for place in places:
            pause()
            instance = stack_set.instances[place]
            stack = instance.stack
            if stack is not None:
                changes.begin_deletion(stack)
                changes.delete(instance.backend, stack)
                if stack.status == "DELETE_FAILED":
                    reason = stack.events[-1].resource_status_reason
                    instance.set("INOPERABLE", "INOPERABLE", reason)
                    continue
            del stack_set.instances[place]

    def settle(self, backend):
        """Deploy to accounts that joined, and leave accounts that left.

        A stack set waits in an account for those that it depends on.
        """
        changed = []
        own = [one for one in self._sets.values() if one.owner == backend.account_id]
        for stack_set in [one for one in own if one.deploys_itself]:
            wanted, automatic = stack_set.wanted, stack_set.properties["AutoDeployment"]
            arns = automatic.get("DependsOn", [])
            before = [one for one in self._sets.values() if one.arn in arns]
            added = {
                place: unit
                for place, unit in wanted.items()
                if place not in stack_set.instances
                and all(one.is_current_in(place[0]) for one in before)
            }
            gone = [place for place in stack_set.instances if place not in wanted]
            if not is_true(automatic.get("RetainStacksOnAccountRemoval")):
                self._remove(stack_set, gone)
            for place in gone:
                stack_set.instances.pop(place, None)
            if added:
                self.deploy(stack_set, added, "CREATE", _ALL_MAY_FAIL)
            changed += [" ".join((stack_set.name, *place)) for place in (*added, *gone)]
        return changed


def _cause(events):
    """Why a change of a stack failed, from its events."""
    for event in events:
        if event.resource_status.endswith("_FAILED"):
            reason = str(event.resource_status_reason).rstrip(".")
            return (
                f"ResourceLogicalId:{event.logical_resource_id}, "
                f"ResourceType:{event.resource_type}, ResourceStatusReason:{reason}."
            )
    return next(
        (
            event.resource_status_reason
            for event in events
            if "ROLLBACK_IN_PROGRESS" in event.resource_status
        ),
        None,
    )


def _unstable(stack_set, operation):
    message = (
        f"Stack set operation [{operation.id}] was unexpectedly stopped or failed. "
        f"status reason(s): [{', '.join(operation.reasons)}]"
    )
    return stack_error(
        f"Resource of type '{message}' with identifier '{stack_set.id}' did not stabilize."
    )
