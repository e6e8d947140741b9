"""The role of a function has to trust Lambda.

moto: wants that the role exists.
AWS: wants that Lambda may assume it, and for a function in a VPC that it may manage network
interfaces. The code of functions is denied the same actions by a condition, which no call of Lambda
meets.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
"""

import json

from moto.awslambda.models import LambdaStorage
from moto.iam.models import iam_backends

from access import callers, networks
from access.policies import Request, decision
from deployment.errors import refused
from patches.registry import replaces

_OF_NETWORKS = ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface")


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
    _check_network(storage, backend.get_role_by_arn(function.role), function)


def _check_network(storage, role, function):
    """Reject a VPC that does not exist, or a role that may not connect the function to it."""
    config = function._vpc_config
    problem = networks.problem(config, storage.account_id, storage.region_name)
    if problem is None and networks.of(config)[0]:
        statements = callers.identity_statements(role)
        lacking = [
            action
            for action in _OF_NETWORKS
            if decision(statements, Request(f"ec2:{action}", "*")) != "Allow"
        ]
        if lacking:
            problem = (
                f"The provided execution role does not have permissions to call {lacking[0]} on EC2"
            )
    if problem is not None:
        raise refused(problem, "InvalidParameterValueException")
