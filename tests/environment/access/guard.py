"""Denies calls that the organization of the caller denies."""

import base64

from access import callers, resources
from access.organizations import refusal
from deployment.organizations import members
from strictaws import faults
from strictaws.wire import AwsError

#: Operations that need no permission.
_FREE = (("sts", "GetCallerIdentity"), ("sts", "GetSessionToken"))


def guard(call):
    """Deny a call with the error of its service."""
    if call.operation is None or (call.api, call.operation) in _FREE:
        return
    if members.of(call.account) is None:
        return
    caller, action = callers.of(call), resources.action_of(call)
    resource = resources.resource_of(call)
    message = refusal(caller, action, resource, call.region, resources.keys_of(call))
    if message is None:
        return
    code, status = faults.denied(call.protocol)
    if call.protocol == "ec2":
        encoded = base64.urlsafe_b64encode(message.encode()).decode()
        message = (
            f"You are not authorized to perform this operation. {message}. "
            f"Encoded authorization failure message: {encoded}"
        )
    raise AwsError(code, message, status)
