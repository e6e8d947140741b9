"""Templates for tests of what deploys."""

import json

ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "RoleName": "function",
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        },
    },
}


def topic(name, **more):
    """A topic."""
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}, **more}


def alarm(region, **more):
    """An alarm with an action in a Region; it can be created in that Region only."""
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "alarm",
            "Namespace": "Test",
            "MetricName": "Errors",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "AlarmActions": [f"arn:aws:sns:{region}:111122223333:alarms"],
        },
        **more,
    }


def function(**properties):
    """A function with the role of ``ROLE``."""
    return {
        "Type": "AWS::Lambda::Function",
        "DependsOn": "Role",
        "Properties": {
            "FunctionName": "made",
            "Runtime": "python3.12",
            "Handler": "a.b",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"ZipFile": "code"},
            **properties,
        },
    }


def nested(url, **given):
    """A nested stack with parameters."""
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": url, "Parameters": given},
    }


def template(resources, **more):
    """A template as text."""
    return json.dumps({"Resources": resources, **more})


def parameters(**values):
    """Parameters of a request."""
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
