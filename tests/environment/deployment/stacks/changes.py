"""How a stack changes: from one template to another, or back again.

moto creates a stack at once and knows no failures. Here a change that fails is
rolled back and leaves its events.
"""

from moto.cloudformation.models import Stack, cloudformation_backends
from moto.cloudformation.utils import generate_stack_id
from moto.core.utils import utcnow

from deployment.errors import text_of
from deployment.stacks import resources as stack_resources
from deployment.stacks.acting import Acting
from deployment.stacks.drift import drift_of
from deployment.stacks.resources import Takeover
from deployment.stacks.templates import parsed

#: The states in which a stack accepts an update.
CHANGEABLE = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
)
#: The state of a stack that has a change set and nothing else.
EMPTY = "REVIEW_IN_PROGRESS"


def new_stack(account, region, name):
    """A stack without resources."""
    stack = Stack(
        stack_id=generate_stack_id(name, region, account),
        name=name,
        template={},
        parameters={},
        account_id=account,
        region_name=region,
    )
    stack.status = EMPTY
    cloudformation_backends[account][region].stacks[stack.stack_id] = stack
    return stack


def begin(stack):
    """Let a stack be in progress; whether it is a new one."""
    is_new = stack.status == EMPTY
    stack.status = "CREATE_IN_PROGRESS" if is_new else "UPDATE_IN_PROGRESS"
    stack._add_stack_event(stack.status, resource_status_reason="User Initiated")
    stack.resource_map.is_changing = True
    return is_new


def change(stack, template, parameters, caller=None, tags=None):
    """Make a stack what a template says, or roll it back; the state and the events say which.

    ``caller``: who does so; None may do everything. ``tags``: those of the stack.
    """
    before = (Acting.caller, Acting.tags)
    Acting.caller, Acting.tags = caller, tags
    stack.tags = dict(tags or {})
    try:
        finish(stack, begin(stack), template, parameters)
    finally:
        Acting.caller, Acting.tags = before


def finish(stack, is_new, template, parameters):
    """Do what was begun."""
    resources = stack.resource_map
    before = (
        resources._template,
        resources.input_parameters,
        set(getattr(resources, "made", {})),
    )
    if not is_new:
        stack.last_updated_time = utcnow()
    try:
        content = parsed(template)
        resources.update(content, parameters)
    except Exception as problem:
        _roll_back(stack, is_new, before, problem)
    else:
        stack.template, stack.template_dict = template, content
        stack.parameters, stack.output_map = parameters, stack._create_output_map()
        list(stack.output_map.values())  # now: the next change would be shown half done
        stack.status = "CREATE_COMPLETE" if is_new else "UPDATE_COMPLETE"
    resources.is_changing = False
    stack._add_stack_event(stack.status)


def execute(change_set, is_new, caller=None):
    """Do what a change set says, or roll it back."""
    Takeover.allowed, Acting.caller = change_set.imports, caller
    Acting.tags, before = change_set.environment_tags, change_set.stack.tags
    change_set.stack.tags = Acting.tags
    if change_set.reverts:
        change_set.stack.resource_map.reverts = drift_of(change_set.stack)
    try:
        finish(change_set.stack, is_new, change_set.template, change_set.parameters)
    finally:
        Takeover.allowed, Acting.caller, Acting.tags = False, None, None
    is_done = change_set.stack.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    if not is_done and not is_new:
        change_set.stack.tags = before
    change_set.execution_status = "EXECUTE_COMPLETE" if is_done else "EXECUTE_FAILED"


def delete(backend, stack):
    """Delete a stack; one with a resource that cannot be deleted stays, and says why."""
    exports = [export.name for export in stack.exports]
    try:
        stack.resource_map.delete()
    except Exception as problem:
        stack.status = "DELETE_FAILED"
        stack._add_stack_event(stack.status, resource_status_reason=text_of(problem))
        return
    for name in exports:
        backend.exports.pop(name, None)
    stack.status = "DELETE_COMPLETE"
    stack._add_stack_event(stack.status)
    backend.deleted_stacks[stack.stack_id] = backend.stacks.pop(stack.stack_id)


def begin_deletion(stack):
    """Let a stack be in deletion."""
    stack.status = "DELETE_IN_PROGRESS"
    stack._add_stack_event(stack.status, resource_status_reason="User Initiated")


def _roll_back(stack, is_new, before, problem):
    state = "ROLLBACK" if is_new else "UPDATE_ROLLBACK"
    stack.status = f"{state}_IN_PROGRESS"
    stack._add_stack_event(stack.status, resource_status_reason=text_of(problem))
    if is_new:
        stack.resource_map.delete()
    else:
        stack_resources.restore(stack.resource_map, *before)
    stack.status = f"{state}_COMPLETE"
