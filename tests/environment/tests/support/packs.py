"""Packs for tests: a function, and a template with a rule of it."""

import json

from example_templates import ROLE

FUNCTION = "rule-function"


def allow(account, by=None, region="us-east-1"):
    """Create the function in an account, and let AWS Config invoke it for ``by``."""
    iam = account.client("iam")
    names = [one["RoleName"] for one in iam.list_roles()["Roles"]]
    if "function" not in names:
        document = ROLE["Properties"]["AssumeRolePolicyDocument"]
        iam.create_role(RoleName="function", AssumeRolePolicyDocument=json.dumps(document))
    client = account.client("lambda", region)
    if not client.list_functions()["Functions"]:
        client.create_function(
            FunctionName=FUNCTION,
            Runtime="python3.12",
            Role=f"arn:aws:iam::{account.id}:role/function",
            Handler="a.b",
            Code={"ZipFile": b"code"},
        )
    by = (by or account).id
    client.add_permission(
        FunctionName=FUNCTION,
        StatementId=f"config-{by}",
        Action="lambda:InvokeFunction",
        Principal="config.amazonaws.com",
        SourceAccount=by,
    )


def record(account, region="us-east-1"):
    """Create a recorder, which rules need."""
    account.client("config", region).put_configuration_recorder(
        ConfigurationRecorder={
            "name": "default",
            "roleARN": f"arn:aws:iam::{account.id}:role/config",
        }
    )


def pack(owner, name="rule", region="us-east-1", **more):
    """A template with one periodic rule, whose function is the owner's."""
    rule = {
        "Type": "AWS::Config::ConfigRule",
        "Properties": {
            "ConfigRuleName": name,
            "Source": {
                "Owner": "CUSTOM_LAMBDA",
                "SourceIdentifier": f"arn:aws:lambda:{region}:{owner.id}:function:{FUNCTION}",
                "SourceDetails": [
                    {
                        "EventSource": "aws.config",
                        "MessageType": "ScheduledNotification",
                        "MaximumExecutionFrequency": "TwentyFour_Hours",
                    }
                ],
            },
        },
    }
    return json.dumps({"Resources": {"Rule": rule}, **more})


def rules(account, region="us-east-1"):
    """The rules of an account, without the ids of their packs."""
    answer = account.client("config", region).describe_config_rules()
    return sorted(one["ConfigRuleName"].split("-conformance")[0] for one in answer["ConfigRules"])
