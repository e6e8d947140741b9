"""The operations on stacks: refused in the states in which AWS refuses them, in progress once."""

from moto.cloudformation.models import cloudformation_backends

from access import callers
from deployment.errors import stack_error
from deployment.stacks import changes, resources, tags, templates
from deployment.stacks.changes import CHANGEABLE, EMPTY
from deployment.stacks.drift import drift_of
from strictaws import wire
from strictaws.wire import AwsError

NO_CHANGES = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)


class Stacks:
    """Handlers; one instance serves all accounts. Stacks change in ``background``."""

    def __init__(self, background):
        self._background = background
        self._in_progress = {}
        self._at_once = set()

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("cloudformation", "CreateChangeSet"): self.create_change_set,
            ("cloudformation", "ExecuteChangeSet"): self.execute_change_set,
            ("cloudformation", "DescribeStacks"): self.describe_stacks,
            ("cloudformation", "DeleteStack"): self.delete_stack,
        }

    def control(self):
        """Control functions by (method, path)."""
        return {
            ("POST", "cloudformation/status"): self.set_status,
            ("POST", "cloudformation/at-once"): self.set_at_once,
        }

    def set_at_once(self, given):
        """Never show an account's stacks in progress: the AWS CLI would wait for half a minute."""
        (self._at_once.add if given["at_once"] else self._at_once.discard)(given["account"])
        return {"at_once": given["at_once"]}

    def set_status(self, given):
        """Put a stack into a state."""
        stack = self._find(given["account"], given["region"], given["stack"])
        if stack is None:
            raise ValueError(f"no stack {given['stack']}")
        stack.status = given["status"]
        return {"status": stack.status}

    @staticmethod
    def _find(account, region, name):
        stacks = cloudformation_backends[account][region].stacks.values()
        return next((stack for stack in stacks if name in (stack.name, stack.stack_id)), None)

    def create_change_set(self, call, forward):
        """Create a change set; check state, template, parameters and capabilities first."""
        if call.form.get("DeploymentMode") not in (None, "REVERT_DRIFT"):
            raise stack_error("Value at 'deploymentMode' must be REVERT_DRIFT")
        call.form.setdefault("ChangeSetType", "UPDATE")  # moto's own default is CREATE
        call.replace_form(call.form)
        form, stack = call.form, self._find(call.account, call.region, call.form.get("StackName"))
        template = templates.parse(templates.template_text(call, stack))
        templates.check_parameters(templates.given_parameters(form, stack), template)
        if templates.may_contain_roles(template) and "CAPABILITY_NAMED_IAM" not in form.values():
            message = "Requires capabilities : [CAPABILITY_NAMED_IAM]"
            raise AwsError("InsufficientCapabilitiesException", message)
        if form.get("ChangeSetType") == "CREATE":
            if stack is not None and stack.status != EMPTY:
                raise stack_error(
                    f"Stack [{stack.name}] already exists and cannot be created again with the "
                    f"changeSet [{form['ChangeSetName']}]."
                )
            if stack is not None:
                del cloudformation_backends[call.account][call.region].stacks[stack.stack_id]
        elif stack is None or stack.status not in CHANGEABLE:
            problem = (
                f"is in {stack.status} state and can not be updated." if stack else "does not exist"
            )
            raise stack_error(f"Stack:{form.get('StackName')} {problem}")
        response = forward()
        if response.status < 300:
            self._compare(call)
        return response

    @staticmethod
    def _compare(call):
        """Let the change set that moto just created fail where it changes nothing."""
        # A search by name could find the change set of another stack.
        change_set = list(cloudformation_backends[call.account][call.region].change_sets.values())[
            -1
        ]
        change_set.imports = call.form.get("ImportExistingResources") == "true"
        change_set.reverts = call.form.get("DeploymentMode") == "REVERT_DRIFT"
        given = tags.given(call.form)
        kept = {} if change_set.change_set_type == "CREATE" else change_set.stack.tags or {}
        change_set.environment_tags = kept if given is None else given
        if change_set.change_set_type == "CREATE":
            return
        stack = change_set.stack
        wanted = (change_set.template_dict, change_set.parameters, change_set.environment_tags)
        is_changed = resources.would_change(stack.resource_map, *wanted)
        is_drifted = change_set.reverts and any(one.is_drifted for one in drift_of(stack))
        has_other_tags = change_set.environment_tags != (stack.tags or {})
        if is_drifted or (is_changed and has_other_tags):  # moto compares texts
            change_set.status, change_set.execution_status = "CREATE_COMPLETE", "AVAILABLE"
            change_set.status_reason = None
        elif not is_changed:
            change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
            change_set.status_reason = NO_CHANGES

    def execute_change_set(self, call, _):
        """Execute a change set behind the call.

        The stack is in progress until that is done, and was described once.
        """
        change_set = self._change_set(call)
        stack = change_set.stack
        if change_set.execution_status != "AVAILABLE":
            message = (
                f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current "
                f"status of [{change_set.execution_status}]"
            )
            raise AwsError("InvalidChangeSetStatus", message)
        if stack.status != EMPTY and stack.status not in CHANGEABLE:
            raise stack_error(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
            )
        is_new, change_set.execution_status = changes.begin(stack), "EXECUTE_IN_PROGRESS"
        caller = callers.of(call)
        self._work(call, stack, lambda: changes.execute(change_set, is_new, caller))
        return wire.xml_result(call, {})

    def _change_set(self, call):
        """The newest change set of that name, or the one with that ARN."""
        name, stack_name = call.form.get("ChangeSetName"), call.form.get("StackName")
        backend = cloudformation_backends[call.account][call.region]
        for change_set in reversed(backend.change_sets.values()):
            names = (change_set.stack.name, change_set.stack.stack_id, None)
            if name == change_set.change_set_id or (
                name == change_set.change_set_name and stack_name in names
            ):
                return change_set
        raise AwsError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)

    def _work(self, call, stack, work):
        """Change a stack behind a call; before it is answered where progress is never shown."""
        if call.account in self._at_once:
            work()
            return
        self._in_progress[stack.stack_id] = stack.status
        self._background.start(call.account, work)

    def delete_stack(self, call, _):
        """Delete a stack behind the call; one that does not exist is no error."""
        stack = self._find(call.account, call.region, call.form.get("StackName"))
        if stack is None or stack.status == "DELETE_IN_PROGRESS":
            return wire.xml_result(call, {})
        if stack.resource_map.is_changing:
            raise stack_error(
                f"Stack [{stack.name}] cannot be deleted while in status {stack.status}"
            )
        changes.begin_deletion(stack)
        backend = cloudformation_backends[call.account][call.region]
        self._work(call, stack, lambda: changes.delete(backend, stack))
        return wire.xml_result(call, {})

    def describe_stacks(self, call, forward):
        """Describe stacks; show once that one is in progress."""
        name = call.form.get("StackName")
        backend = cloudformation_backends[call.account][call.region]
        stack = self._find(call.account, call.region, name) or backend.deleted_stacks.get(name)
        state = self._in_progress.pop(stack.stack_id, None) if stack is not None else None
        if state is None or stack.status.endswith("_IN_PROGRESS"):
            return forward()
        ended, stack.status = stack.status, state
        try:
            return forward()
        finally:
            stack.status = ended
