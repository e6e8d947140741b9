"""Resource policies of functions as documents, consistent with their permissions."""

import json

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import get_backend
from moto.moto_api._internal import mock_random

from access import policies
from strictaws.wire import AwsError, Response, json_result

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_BYTES = 20_480
_HEAD = {"Version": "2012-10-17", "Id": "default"}
#: Condition keys that limit a public statement to some callers.
_LIMITING = {
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpce",
}


class FunctionPolicies:
    """Handlers; the state is moto's."""

    def handlers(self):
        """Handlers by (service, operation)."""
        own = {
            "PutResourcePolicy": self.put,
            "GetResourcePolicy": self.get,
            "DeleteResourcePolicy": self.delete,
        }
        return {("lambda", operation): handler for operation, handler in own.items()}

    def control(self):
        """Control functions by (method, path): none."""
        return {}

    @staticmethod
    def put(call, _):
        """Replace the policy of a function."""
        function = find(call.uri["ResourceArn"], call.account)
        given = call.parameters
        check_revision(function, given.get("RevisionId"))
        put(function, given.get("Policy") or "")
        return json_result(call, shown(function))

    @staticmethod
    def get(call, _):
        """The policy of a function."""
        return json_result(call, shown(find(call.uri["ResourceArn"], call.account)))

    @staticmethod
    def delete(call, _):
        """Delete the policy of a function."""
        function = find(call.uri["ResourceArn"], call.account)
        shown(function)
        check_revision(function, call.arguments.get("RevisionId"))
        delete(function)
        return Response(204, {})


def find(arn, account=None):
    """The function of an ARN, of this account where one is given."""
    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "lambda" or parts[5] != "function" or "*" in arn:
        raise AwsError("InvalidParameterValueException", f"{arn} is no ARN of a function")
    if account not in (None, parts[4]):
        raise AwsError("AccessDeniedException", f"{arn} is not of account {account}", 403)
    if len(parts) > 7:
        raise NotImplementedError("policies of versions and aliases are not in the environment")
    try:
        return get_backend(parts[4], parts[3]).get_function(parts[6])
    except UnknownFunctionException as problem:
        message = f"Function not found: {arn}"
        raise AwsError("ResourceNotFoundException", message, 404) from problem


def check_revision(function, revision):
    """Reject a change of a policy with another revision id."""
    if revision not in (None, function.policy.revision):
        message = (
            "The RevisionId provided does not match the latest RevisionId for the Lambda function "
            "or alias. Call the GetResourcePolicy API to retrieve the latest RevisionId for your "
            "resource."
        )
        raise AwsError("PreconditionFailedException", message, 412)


def put(function, text):
    """Replace the policy of a function, including permissions that were added before."""
    if not 1 <= len(text.encode()) <= MAX_BYTES:
        raise AwsError("PolicyLengthExceededException", too_long(len(text.encode())))
    try:
        document = json.loads(text)
        statements = policies.statements_of(document)
        for statement in statements:
            _check(statement, function)
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        raise AwsError("InvalidParameterValueException", f"invalid policy: {problem}") from problem
    if any(is_public(statement) for statement in statements):
        message = "The policy would grant public access to the resource, which is not allowed."
        raise AwsError("PublicPolicyException", message)
    policy = function.policy
    policy.head = {name: part for name, part in document.items() if name != "Statement"}
    policy.statements = statements
    policy.revision = str(mock_random.uuid4())


def _check(statement, function):
    if statement["Effect"] not in ("Allow", "Deny") or "Principal" not in statement:
        raise ValueError("a statement has Effect and Principal")
    for action in policies.listed(statement["Action"]):
        if not action.startswith("lambda:"):
            raise ValueError(f"{action} is no action of Lambda")
    arn = function.function_arn
    for resource in policies.listed(statement["Resource"]):
        if resource != arn and not resource.startswith(f"{arn}:"):
            raise ValueError(f"{resource} is not {arn}")


def delete(function):
    """Delete the policy of a function."""
    policy = function.policy
    policy.statements, policy.head, policy.revision = [], _HEAD, str(mock_random.uuid4())


def shown(function):
    """The policy of a function in the form of an answer."""
    policy = function.policy
    if not policy.statements:
        message = "The resource you requested does not exist."
        raise AwsError("ResourceNotFoundException", message, 404)
    document = {**getattr(policy, "head", _HEAD), "Statement": policy.statements}
    return {"Policy": json.dumps(document), "RevisionId": policy.revision}


def is_public(statement):
    """Whether a statement is public: its principal is everyone, and no condition limits it."""
    if statement["Effect"] != "Allow" or statement["Principal"] not in ("*", {"AWS": "*"}):
        return False
    conditions = statement.get("Condition", {}).items()
    keys = {
        key.lower()
        for operator, keys in conditions
        if "Not" not in operator and not operator.endswith("IfExists") and operator != "Null"
        for key in keys
    }
    return not keys & _LIMITING


def too_long(size):
    """The message for a policy that is too long."""
    return f"The final policy size ({size}) is bigger than the limit ({MAX_BYTES})."


def may_be_invoked(arn, region, request):
    """Whether a function of a Region exists and its policy allows a request."""
    try:
        function = find(arn)
    except AwsError:
        return False
    if function.region != region:
        return False
    statements = function.policy.statements
    return policies.is_allowed(statements, request)
