"""Functions of custom rules: AWS Config has to be allowed to invoke them."""

from access.sources import of_service
from services.lambda_policies import may_be_invoked
from strictaws.wire import AwsError

PRINCIPAL = "config.amazonaws.com"


def may_invoke(function, account, region):
    """Whether AWS Config may invoke a function for rules of an account."""
    request = of_service(PRINCIPAL, "lambda:InvokeFunction", function, account)
    return may_be_invoked(function, region, request)


def check_function(function, account, region):
    """Refuse a rule whose function AWS Config may not invoke."""
    if not may_invoke(function, account, region):
        message = (
            f"The AWS Lambda function {function} cannot be invoked. Check the specified function "
            "ARN, and check the function's permissions."
        )
        raise AwsError("InsufficientPermissionsException", message)
