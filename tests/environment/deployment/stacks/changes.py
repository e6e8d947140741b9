"""How a stack changes: from one template to another, or back again.

moto creates a stack at once and knows no failures. Here a change that fails is
rolled back and leaves its events.
"""

from moto.cloudformation.models import Stack, cloudformation_backends
from moto.cloudformation.utils import generate_stack_id
from moto.core.utils import utcnow

from deployment.errors import text_of
from deployment.stacks import resources as stack_resources
from deployment.stacks.resources import Takeover

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


def change(stack, template, parameters):
    """Make a stack what a template says, or roll it back; the state and the events say which."""
    resources, is_new = stack.resource_map, stack.status == EMPTY
    began = "CREATE_IN_PROGRESS" if is_new else "UPDATE_IN_PROGRESS"
    stack._add_stack_event(began, resource_status_reason="User Initiated")
    before = (
        resources._template,
        resources.input_parameters,
        set(getattr(resources, "made", {})),
    )
    if not is_new:
        stack.last_updated_time = utcnow()
    try:
        content = stack.parse_template(template)
        resources.update(content, parameters)
    except Exception as problem:
        _roll_back(stack, is_new, before, problem)
    else:
        stack.template, stack.template_dict = template, content
        stack.parameters, stack.output_map = parameters, stack._create_output_map()
        stack.status = "CREATE_COMPLETE" if is_new else "UPDATE_COMPLETE"
    stack._add_stack_event(stack.status)


def execute(backend, change_set_name):
    """Do what a change set says, or roll it back."""
    change_set = backend.describe_change_set(change_set_name)
    Takeover.allowed = getattr(change_set, "imports", False)
    try:
        change(change_set.stack, change_set.template, change_set.parameters)
    finally:
        Takeover.allowed = False
    change_set.execution_status = "EXECUTE_COMPLETE"


def _roll_back(stack, is_new, before, problem):
    state = "ROLLBACK" if is_new else "UPDATE_ROLLBACK"
    stack._add_stack_event(f"{state}_IN_PROGRESS", resource_status_reason=text_of(problem))
    if is_new:
        stack.resource_map.delete()
    else:
        stack_resources.restore(stack.resource_map, *before)
    stack.status = f"{state}_COMPLETE"
