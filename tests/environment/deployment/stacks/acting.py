"""Who changes the stack at hand: what is denied to that principal fails."""

import threading

from access.organizations import refusal
from strictaws.wire import AwsError

#: The action with which a resource is created; types that are missing are not checked.
_ACTIONS = {
    "AWS::CloudFormation::Stack": "cloudformation:CreateStack",
    "AWS::CloudWatch::Alarm": "cloudwatch:PutMetricAlarm",
    "AWS::Config::ConformancePack": "config:PutConformancePack",
    "AWS::IAM::ManagedPolicy": "iam:CreatePolicy",
    "AWS::IAM::Role": "iam:CreateRole",
    "AWS::Lambda::Function": "lambda:CreateFunction",
    "AWS::Lambda::Permission": "lambda:AddPermission",
    "AWS::Lambda::ResourcePolicy": "lambda:PutResourcePolicy",
    "AWS::Logs::LogGroup": "logs:CreateLogGroup",
    "AWS::S3::Bucket": "s3:CreateBucket",
    "AWS::SNS::Topic": "sns:CreateTopic",
}
#: Services that have one endpoint, in this Region.
_GLOBAL = {"iam": "us-east-1"}


class _Acting(threading.local):
    """The principal, or None where nobody is asked. Each change has a thread of its own."""

    caller = None


Acting = _Acting()


def check_type(kind, region):
    """Refuse a resource whose creation the organization denies."""
    action = _ACTIONS.get(kind)
    if action is not None:
        check(Acting.caller, action, "*", region)


def check(caller, action, resource, region):
    """Refuse what the organization denies to a caller; None may do everything."""
    if caller is None:
        return
    region = _GLOBAL.get(action.partition(":")[0], region)
    message = refusal(caller, action, resource, region)
    if message is not None:
        raise AwsError("AccessDenied", message, 403)
