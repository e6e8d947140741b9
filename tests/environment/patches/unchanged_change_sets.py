"""A change set without changes is created, and fails.

moto: refuses the request.
AWS: creates the change set, whose status is ``FAILED`` and says that nothing changes.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-view.html
"""

from moto.cloudformation.responses import CloudFormationResponse

from patches.registry import replaces


@replaces(CloudFormationResponse, "_validate_different_update")
def validate_different_update(original, responses, *given):
    """Refuse updates without changes, but not change sets."""
    if responses._get_action() != "CreateChangeSet":
        original(responses, *given)
