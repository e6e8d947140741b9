"""The principal that changes a stack: an action that is denied to it fails."""

import threading

from moto.utilities.utils import get_partition

from access import resources
from access.organizations import refusal
from strictaws.wire import AwsError

#: The action with which a resource is created; types that are missing are not checked.
_ACTIONS = {
    "AWS::CloudFormation::Stack": "cloudformation:CreateStack",
    "AWS::CloudFormation::StackSet": "cloudformation:CreateStackSet",
    "AWS::CloudWatch::Alarm": "cloudwatch:PutMetricAlarm",
    "AWS::Config::ConformancePack": "config:PutConformancePack",
    "AWS::IAM::ManagedPolicy": "iam:CreatePolicy",
    "AWS::IAM::Role": "iam:CreateRole",
    "AWS::Lambda::Function": "lambda:CreateFunction",
    "AWS::Lambda::Permission": "lambda:AddPermission",
    "AWS::Lambda::ResourcePolicy": "lambda:PutResourcePolicy",
    "AWS::Logs::LogGroup": "logs:CreateLogGroup",
    "AWS::S3::Bucket": "s3:CreateBucket",
    "AWS::Scheduler::Schedule": "scheduler:CreateSchedule",
    "AWS::SNS::Topic": "sns:CreateTopic",
    "AWS::StepFunctions::StateMachine": "states:CreateStateMachine",
}
#: The property that names what is created, and the end of its ARN; others are ``*``.
_NAMED = {
    "AWS::Config::ConformancePack": ("ConformancePackName", "conformance-pack/{}/*"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", "policy/{}"),
    "AWS::IAM::Role": ("RoleName", "role/{}"),
    "AWS::Lambda::Function": ("FunctionName", "function:{}"),
    "AWS::Lambda::Permission": ("FunctionName", "function:{}"),
    "AWS::Logs::LogGroup": ("LogGroupName", "log-group:{}"),
}
#: Services that have one endpoint, in this Region.
_GLOBAL = {"iam": "us-east-1"}


class _Acting(threading.local):
    """The principal, or None if permissions are not checked, and the tags of the stack.

    Each change has its own thread. Nested stacks have the tags of their parent.
    """

    caller = None
    tags = None


Acting = _Acting()


def check_type(kind, account, region, value):
    """Refuse a resource whose creation the organization denies.

    ``value`` gives the value of a property.
    """
    action = _ACTIONS.get(kind)
    if action is not None and Acting.caller is not None:
        resource = _arn(kind, action, account, region, value)
        check(Acting.caller, action, resource, region, _keys(kind, account, region, value))


def _keys(kind, account, region, value):
    """The condition keys of the creation of a resource. Buckets get their tags afterwards."""
    keys = {}
    if kind != "AWS::S3::Bucket":
        keys = resources.tag_keys(value("Tags") or [])
    if kind == "AWS::IAM::Role":
        keys["iam:PermissionsBoundary"] = value("PermissionsBoundary") or None
    if kind == "AWS::Lambda::Function":
        keys.update(resources.network_keys(value("VpcConfig"), account, region))
    return keys


def _arn(kind, action, account, region, value):
    """What is created, or ``*`` where CloudFormation names it."""
    name_property, end = _NAMED.get(kind, (None, None))
    name = name_property and value(name_property)
    if kind in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Role") and isinstance(name, str):
        name = f"{value('Path') or '/'}{name}"[1:]
    if not isinstance(name, str) or not name:
        return "*"
    if name.startswith("arn:"):
        return name
    service = action.partition(":")[0]
    place = "" if service in _GLOBAL else region
    return f"arn:{get_partition(region)}:{service}:{place}:{account}:{end.format(name)}"


def check(caller, action, resource, region, keys=None):
    """Refuse what the organization denies to a caller; None may do everything."""
    if caller is None:
        return
    region = _GLOBAL.get(action.partition(":")[0], region)
    message = refusal(caller, action, resource, region, keys)
    if message is not None:
        raise AwsError("AccessDenied", message, 403)
