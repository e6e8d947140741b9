"""The role of a function has to trust Lambda.

moto: wants that the role exists.
AWS: wants that Lambda may assume it.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
"""

import json

from moto.awslambda.models import LambdaStorage
from moto.iam.models import iam_backends

from deployment.errors import refused
from patches.registry import replaces


@replaces(LambdaStorage, "put_function")
def put_function(original, storage, function):
    """Store the function where its role trusts Lambda."""
    original(storage, function)
    backend = iam_backends[storage.account_id][storage.partition]
    trust = json.loads(backend.get_role_by_arn(function.role).assume_role_policy_document)
    services = [one.get("Principal", {}).get("Service", []) for one in trust["Statement"]]
    if not any("lambda.amazonaws.com" in service for service in services):
        message = "The role defined for the function cannot be assumed by Lambda."
        raise refused(message, "InvalidParameterValueException")
