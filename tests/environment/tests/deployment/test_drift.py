import json

import pytest
from botocore.exceptions import ClientError

from example_templates import ROLE, alarm, function, template, topic
from organizations import Organization
from stack_steps import change

ALLOW = {"Effect": "Allow", "Action": "sns:*", "Resource": "*"}
POLICY = {
    "Type": "AWS::IAM::ManagedPolicy",
    "Properties": {
        "ManagedPolicyName": "policy",
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [ALLOW]},
        "Roles": [{"Ref": "Role"}],
    },
}
INLINE = {
    **ROLE,
    "Properties": {
        **ROLE["Properties"],
        "Policies": [
            {
                "PolicyName": "own",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [ALLOW]},
            }
        ],
    },
}
PERMISSION = {
    "Type": "AWS::Lambda::Permission",
    "Properties": {
        "FunctionName": {"Ref": "Function"},
        "Action": "lambda:InvokeFunction",
        "Principal": "config.amazonaws.com",
    },
}
LOGS = {
    "Type": "AWS::Logs::LogGroup",
    "Properties": {"LogGroupName": "/aws/lambda/made", "RetentionInDays": 30},
}
ALL = template(
    {
        "Role": INLINE,
        "Policy": POLICY,
        "Function": function(Environment={"Variables": {"HOME": "us-east-1"}}),
        "Permission": PERMISSION,
        "Logs": LOGS,
        "Alarm": alarm("us-east-1"),
        "Topic": topic("one"),
    }
)


def arn(account):
    return f"arn:aws:iam::{account.id}:policy/policy"


def detach(account):
    account.client("iam").detach_role_policy(RoleName="function", PolicyArn=arn(account))


def rewrite(account):
    document = {"Version": "2012-10-17", "Statement": [{**ALLOW, "Effect": "Deny"}]}
    account.client("iam").put_role_policy(
        RoleName="function", PolicyName="own", PolicyDocument=json.dumps(document)
    )


def trust(account):
    document = json.loads(json.dumps(ROLE["Properties"]["AssumeRolePolicyDocument"]))
    document["Statement"][0]["Principal"] = {"AWS": f"arn:aws:iam::{account.id}:root"}
    account.client("iam").update_assume_role_policy(
        RoleName="function", PolicyDocument=json.dumps(document)
    )


def configure(account):
    account.client("lambda").update_function_configuration(
        FunctionName="made", Environment={"Variables": {"HOME": "eu-west-1"}}
    )


def forbid(account):
    client = account.client("lambda")
    policy = json.loads(client.get_policy(FunctionName="made")["Policy"])
    sid = policy["Statement"][0]["Sid"]
    client.remove_permission(FunctionName="made", StatementId=sid)


def retain(account):
    account.client("logs").put_retention_policy(logGroupName="/aws/lambda/made", retentionInDays=1)


TAMPERING = [
    (detach, {"Policy": "MODIFIED"}),
    (rewrite, {"Role": "MODIFIED"}),
    (trust, {"Role": "MODIFIED"}),
    (configure, {"Function": "MODIFIED"}),
    (forbid, {"Permission": "DELETED"}),
    (retain, {"Logs": "MODIFIED"}),
    (
        lambda account: account.client("cloudwatch").delete_alarms(AlarmNames=["alarm"]),
        {"Alarm": "DELETED"},
    ),
    (
        lambda account: account.client("sns").delete_topic(
            TopicArn=f"arn:aws:sns:us-east-1:{account.id}:one"
        ),
        {"Topic": "DELETED"},
    ),
    (
        lambda account: account.client("lambda").delete_function(FunctionName="made"),
        {"Function": "DELETED", "Permission": "DELETED"},
    ),
]


def detected(account):
    """The drifted resources of the stack."""
    client = account.client("cloudformation")
    identity = client.detect_stack_drift(StackName="stack")["StackDriftDetectionId"]
    status = client.describe_stack_drift_detection_status(StackDriftDetectionId=identity)
    assert status["DetectionStatus"] == "DETECTION_COMPLETE"
    drifts = client.describe_stack_resource_drifts(
        StackName="stack", StackResourceDriftStatusFilters=["MODIFIED", "DELETED"]
    )["StackResourceDrifts"]
    found = {one["LogicalResourceId"]: one["StackResourceDriftStatus"] for one in drifts}
    assert status["DriftedStackResourceCount"] == len(found)
    assert (status["StackDriftStatus"] == "DRIFTED") == bool(found)
    return found


def revert(account):
    """The state of the stack after a change set that reverts drift."""
    return change(account.client("cloudformation"), ALL, "UPDATE", DeploymentMode="REVERT_DRIFT")[
        "StackStatus"
    ]


@pytest.mark.parametrize(("tamper", "expected"), TAMPERING)
def test_drift_is_found_and_reverted(account, tamper, expected):
    change(account.client("cloudformation"), ALL)
    assert detected(account) == {}
    tamper(account)
    assert detected(account) == expected
    client = account.client("cloudformation")
    given = {"TemplateBody": ALL, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    client.create_change_set(StackName="stack", ChangeSetName="plain", **given)
    plain = client.describe_change_set(StackName="stack", ChangeSetName="plain")
    assert plain["Status"] == "FAILED", "the template is the same"
    assert revert(account) == "UPDATE_COMPLETE"
    assert detected(account) == {}


def test_differences_are_described(account):
    change(account.client("cloudformation"), ALL)
    configure(account)
    detected(account)
    (found,) = account.client("cloudformation").describe_stack_resource_drifts(
        StackName="stack", StackResourceDriftStatusFilters=["MODIFIED"]
    )["StackResourceDrifts"]
    (difference,) = found["PropertyDifferences"]
    assert difference["PropertyPath"] == "/Environment"
    assert json.loads(difference["ActualValue"]) == {"HOME": "eu-west-1"}


def test_change_set_that_has_nothing_to_revert_fails(account):
    client = account.client("cloudformation")
    change(client, ALL)
    client.create_change_set(
        StackName="stack",
        ChangeSetName="revert",
        TemplateBody=ALL,
        DeploymentMode="REVERT_DRIFT",
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    found = client.describe_change_set(StackName="stack", ChangeSetName="revert")
    assert found["Status"] == "FAILED"


def test_code_of_functions_is_not_compared(account):
    change(account.client("cloudformation"), ALL)
    account.client("lambda").update_function_code(FunctionName="made", ZipFile=b"other")
    assert detected(account) == {}


@pytest.fixture
def organization(new_account):
    """An organization with a stack set of a role and its policy."""
    made = Organization(new_account)
    client = made.management.client("cloudformation")
    client.activate_organizations_access()
    properties = {
        "StackSetName": "set",
        "PermissionModel": "SERVICE_MANAGED",
        "TemplateBody": template({"Role": ROLE, "Policy": POLICY}),
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
        "StackInstancesGroup": [
            {
                "DeploymentTargets": {"OrganizationalUnitIds": [made.unit]},
                "Regions": ["us-east-1"],
            }
        ],
    }
    resource = {"Type": "AWS::CloudFormation::StackSet", "Properties": properties}
    change(client, template({"Set": resource}))
    return made


def instances(organization):
    client = organization.management.client("cloudformation")
    found = client.list_stack_instances(StackSetName="set")["Summaries"]
    return {one["Account"]: (one["DriftStatus"], "LastDriftCheckTimestamp" in one) for one in found}


def test_drift_of_a_stack_set_is_that_of_its_instances(organization):
    one, two = organization.members
    client = organization.management.client("cloudformation")
    assert set(instances(organization).values()) == {("NOT_CHECKED", False)}
    detach(one)
    operation = client.detect_stack_set_drift(StackSetName="set")["OperationId"]
    with pytest.raises(ClientError) as refused:
        client.detect_stack_set_drift(StackSetName="set")
    assert refused.value.response["Error"]["Code"] == "OperationInProgressException"
    organization.management.control("work/settle")
    asked = {"StackSetName": "set", "OperationId": operation}
    first = client.describe_stack_set_operation(**asked)["StackSetOperation"]
    found = client.describe_stack_set_operation(**asked)["StackSetOperation"]
    assert (first["Status"], found["Status"], found["Action"]) == (
        "RUNNING",
        "SUCCEEDED",
        "DETECT_DRIFT",
    )
    details = found["StackSetDriftDetectionDetails"]
    assert (details["DriftStatus"], details["DriftedStackInstancesCount"]) == ("DRIFTED", 1)
    assert instances(organization) == {one.id: ("DRIFTED", True), two.id: ("IN_SYNC", True)}
    one.client("iam").attach_role_policy(RoleName="function", PolicyArn=arn(one))
    client.detect_stack_set_drift(StackSetName="set")
    organization.management.control("work/settle")
    assert set(instances(organization).values()) == {("IN_SYNC", True)}


def test_a_stack_that_its_account_deleted_is_not_compared(organization):
    one, two = organization.members
    client = organization.management.client("cloudformation")
    own = one.client("cloudformation")
    own.delete_stack(StackName=own.describe_stacks()["Stacks"][0]["StackName"])
    one.control("work/settle")
    operation = client.detect_stack_set_drift(StackSetName="set")["OperationId"]
    organization.management.control("work/settle")
    (result,) = client.list_stack_set_operation_results(StackSetName="set", OperationId=operation)[
        "Summaries"
    ]
    assert (result["Account"], result["Status"]) == (one.id, "FAILED")
    assert "does not exist" in result["StatusReason"]
    assert instances(organization) == {one.id: ("NOT_CHECKED", False), two.id: ("IN_SYNC", True)}
    # An operation has ended when it was described so.
    for _ in range(2):
        client.describe_stack_set_operation(StackSetName="set", OperationId=operation)
    client.delete_stack_instances(
        StackSetName="set",
        DeploymentTargets={
            "OrganizationalUnitIds": [organization.unit],
            "Accounts": [one.id, two.id],
            "AccountFilterType": "INTERSECTION",
        },
        Regions=["us-east-1"],
        RetainStacks=True,
    )
    organization.management.control("work/settle")
    assert instances(organization) == {}
    assert len(two.client("cloudformation").describe_stacks()["Stacks"]) == 1


def test_a_policy_that_its_role_attaches_is_a_property_of_the_role(account):
    policy = {"Type": POLICY["Type"], "Properties": {**POLICY["Properties"]}}
    del policy["Properties"]["Roles"]
    role = {**ROLE, "Properties": {**ROLE["Properties"], "ManagedPolicyArns": [{"Ref": "Policy"}]}}
    change(account.client("cloudformation"), template({"Role": role, "Policy": policy}))
    assert detected(account) == {}
    detach(account)
    assert detected(account) == {"Role": "MODIFIED"}
