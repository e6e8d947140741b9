"""Drift: where resources of a stack are otherwise than its template made them.

Types that are missing here are not checked, as CloudFormation does not check
all. Like CloudFormation, the code of functions is not compared.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""

import json
from dataclasses import dataclass

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import get_backend
from moto.cloudwatch.models import cloudwatch_backends
from moto.config.models import config_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.utilities.utils import get_partition

from access.policies import listed

IN_SYNC, MODIFIED, DELETED = "IN_SYNC", "MODIFIED", "DELETED"


@dataclass
class Drifted:
    """What one resource is: its state, and the properties that differ."""

    logical_id: str
    physical_id: str
    kind: str
    state: str
    expected: dict
    actual: dict

    @property
    def is_drifted(self):
        """Whether it is otherwise than its template made it."""
        return self.state in (MODIFIED, DELETED)

    @property
    def differences(self):
        """The paths of properties with what is expected and what is there."""
        return [
            (f"/{name}", self.expected[name], self.actual.get(name))
            for name in self.expected
            if self.actual.get(name) != self.expected[name]
        ]


def drift_of(stack):
    """The resources of a stack whose types are checked."""
    resources = stack.resource_map
    found = []
    for name, text in getattr(resources, "made", {}).items():
        kind = resources._resource_json_map[name]["Type"]
        read = _READERS.get(kind)
        if read is None or text is None:
            continue
        resource, properties = resources._parsed_resources[name], json.loads(text)
        place = (resources._account_id, resources._region_name)
        expected, actual = read(resource, properties, resources, *place)
        state = DELETED if actual is None else IN_SYNC if actual == expected else MODIFIED
        physical = str(getattr(resource, "physical_resource_id", name))
        found.append(Drifted(name, physical, kind, state, expected, actual or {}))
    return found


def _document(value):
    document = json.loads(value) if isinstance(value, (str, bytes)) else value
    return json.loads(json.dumps(document, sort_keys=True))


def _role(role, properties, resources, account, region):
    found = iam_backends[account][get_partition(region)].get_roles()
    actual = next((one for one in found if one.name == role.name), None)
    # Those that policies of the stack attach by themselves are no property of the role.
    by_policies = {
        one.arn
        for name, one in resources._parsed_resources.items()
        if getattr(one, "cf_resource_type", None) == "AWS::IAM::ManagedPolicy"
        and json.loads(resources.made[name]).get("Roles")
    }
    expected = {"AssumeRolePolicyDocument": _document(properties["AssumeRolePolicyDocument"])}
    # Properties that the template does not have are not compared.
    if "ManagedPolicyArns" in properties:
        expected["ManagedPolicyArns"] = sorted(properties["ManagedPolicyArns"])
    if "Policies" in properties:
        expected["Policies"] = {
            one["PolicyName"]: _document(one["PolicyDocument"]) for one in properties["Policies"]
        }
    if actual is None:
        return expected, None
    there = {
        "AssumeRolePolicyDocument": _document(actual.assume_role_policy_document),
        "ManagedPolicyArns": sorted(set(actual.managed_policies) - by_policies),
        "Policies": {name: _document(text) for name, text in actual.policies.items()},
    }
    return expected, {name: there[name] for name in expected}


def _managed_policy(policy, properties, _, account, region):
    backend = iam_backends[account][get_partition(region)]
    expected = {"PolicyDocument": _document(properties["PolicyDocument"])}
    # Properties that the template does not have are not compared.
    attaches = "Roles" in properties
    if attaches:
        expected["Roles"] = sorted(properties["Roles"])
    actual = backend.managed_policies.get(policy.arn)
    if actual is None:
        return expected, None
    (default,) = [one for one in actual.versions if one.is_default]
    there = {"PolicyDocument": _document(default.document)}
    if attaches:
        roles = [one.name for one in backend.get_roles() if policy.arn in one.managed_policies]
        there["Roles"] = sorted(roles)
    return expected, there


def _function(function, properties, _, account, region):
    variables = properties.get("Environment", {}).get("Variables", {})
    expected = {
        "Handler": properties.get("Handler"),
        "Role": properties["Role"],
        "Timeout": int(properties.get("Timeout", 3)),
        "MemorySize": int(properties.get("MemorySize", 128)),
        "Environment": variables,
    }
    try:
        actual = get_backend(account, region).get_function(function.function_name)
    except UnknownFunctionException:
        return expected, None
    return expected, {
        "Handler": actual.handler,
        "Role": actual.role,
        "Timeout": int(actual.timeout),
        "MemorySize": int(actual.memory_size),
        "Environment": dict(actual.environment_vars or {}),
    }


def _function_policy(policy, properties, _, account, region):
    expected = {"PolicyDocument": listed(properties["PolicyDocument"]["Statement"])}
    try:
        function = get_backend(account, region).get_function(policy.name)
    except UnknownFunctionException:
        return expected, None
    if not function.policy.statements:
        return expected, None
    return expected, {"PolicyDocument": list(function.policy.statements)}


def _permission(permission, properties, _, account, region):
    expected = {"Action": properties["Action"]}
    try:
        function = get_backend(account, region).get_function(permission.function)
    except UnknownFunctionException:
        return expected, None
    sids = [one.get("Sid") for one in function.policy.statements]
    return expected, expected if permission.statement["Sid"] in sids else None


def _log_group(group, properties, _, account, region):
    days = properties.get("RetentionInDays")
    expected = {"RetentionInDays": None if days is None else int(days)}
    found = logs_backends[account][region].groups.get(group.physical_resource_id)
    if found is None:
        return expected, None
    held = found.retention_in_days
    return expected, {"RetentionInDays": None if held is None else int(held)}


def _exists(is_there):
    """Resources of which it is compared only whether they are there."""

    def read(resource, _, __, account, region):
        return {}, {} if is_there(resource, account, region) else None

    return read


_READERS = {
    "AWS::CloudWatch::Alarm": _exists(
        lambda one, account, region: one.name in cloudwatch_backends[account][region].alarms
    ),
    "AWS::Config::ConformancePack": _exists(
        lambda one, account, region: any(
            name.endswith(f"-{one.id}") for name in config_backends[account][region].config_rules
        )
    ),
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::Permission": _permission,
    "AWS::Lambda::ResourcePolicy": _function_policy,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _exists(
        lambda one, account, region: one.name in s3_backends[account][get_partition(region)].buckets
    ),
    "AWS::SNS::Topic": _exists(
        lambda one, account, region: one.arn in sns_backends[account][region].topics
    ),
}
