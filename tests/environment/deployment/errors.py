"""Errors of deployment services."""

from strictaws.wire import AwsError


def stack_error(message):
    """The error for a request that CloudFormation does not accept."""
    return AwsError("ValidationError", message)


def refused(message, code="ValidationException"):
    """The error for a resource that its service does not create."""
    return AwsError(code, message)


def text_of(problem):
    """The message of an exception, as AWS would show it in an event or a status."""
    return getattr(problem, "message", None) or str(problem) or type(problem).__name__
