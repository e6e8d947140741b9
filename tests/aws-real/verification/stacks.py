"""Stacks: create them, wait for them, and read the instances of their stack sets."""

from botocore.exceptions import ClientError

from verification import names
from verification.errors import code_of

_FAILED = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")


class Stacks:
    """The stacks of a run."""

    def __init__(self, aws, waiting, organization, run):
        self._aws, self._waiting = aws, waiting
        self._organization, self._run = organization, run

    def create(self, name, template, **tags):
        """Create a stack; why it failed, or None."""
        given = {names.TAG: self._run, **tags}
        self._aws.change(
            "cloudformation",
            "create_stack",
            name,
            StackName=name,
            TemplateBody=template,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Tags=[{"Key": key, "Value": value} for key, value in given.items()],
        )

        def poll():
            status = described(self._aws, name)["StackStatus"]
            return status if status == "CREATE_COMPLETE" or status in _FAILED else None

        status = self._waiting.until(poll, times=2)
        if status == "CREATE_COMPLETE":
            return None
        return self._reason(name) or f"the stack is {status or 'still in progress'}"

    def _reason(self, name):
        events = self._aws.pages(
            "cloudformation", "describe_stack_events", "StackEvents", StackName=name
        )
        reasons = [
            one.get("ResourceStatusReason")
            for one in reversed(events)
            if one["ResourceStatus"].endswith("_FAILED")
        ]
        return next((reason for reason in reasons if reason), None)

    def instance(self, stack_set, account):
        """The instance of a stack set in an account, or None."""
        shown = self._aws.pages(
            "cloudformation",
            "list_stack_instances",
            "Summaries",
            StackSetName=stack_set,
            CallAs=self._organization.call_as,
        )
        return next((one for one in shown if one["Account"] == account), None)


def described(aws, name):
    """A stack, or None if it does not exist."""
    try:
        return aws.read("cloudformation", "describe_stacks", StackName=name)["Stacks"][0]
    except ClientError as problem:
        if code_of(problem) != "ValidationError":
            raise
        return None
