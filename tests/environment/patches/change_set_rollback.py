"""A change set whose execution fails rolls the stack back.

moto: lets the exception through and leaves the stack in between.
AWS: rolls back, with events; the stack ends in ``ROLLBACK_COMPLETE`` or
``UPDATE_ROLLBACK_COMPLETE``.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
"""

from moto.cloudformation.models import CloudFormationBackend

from deployment.stacks import changes
from patches.registry import replaces


@replaces(CloudFormationBackend, "execute_change_set")
def execute_change_set(_original, backend, change_set_name, stack_name=None):
    """Execute a change set."""
    changes.execute(backend, change_set_name)
