import json

import pytest
from botocore.exceptions import ClientError
from programs import ALLOW, function, role

from example_templates import template
from stack_steps import change

# As the organization's tasks use the language.
ACCOUNTS = """
def handle(event):
    if "map" in event:
        return {"summary": event["map"], "run": event["run"]}
    return {"accounts": event["accounts"], "run": "today"}
"""
ACCOUNT = """
def handle(event):
    if event["account"] == "fails":
        raise Failure("as asked")
    if event["account"] == "long" and event.get("round", 0) < 3:
        return {**event, "round": event.get("round", 0) + 1, "remaining": ["us-east-1"]}
    return {"account": event["account"], "run": event["run"], "round": event.get("round", 0)}
"""
INVOKE = "arn:${AWS::Partition}:states:::lambda:invoke"
PAYLOAD = {"FunctionName": "${Account}", "Payload.$": "$"}


def definition(catches=True, percentage=100, writer=True):
    """The definition of the organization's tasks."""
    account = {
        "Type": "Task",
        "Resource": INVOKE,
        "Parameters": PAYLOAD,
        "OutputPath": "$.Payload",
        "Next": "More",
    }
    states = {"Done": {"Type": "Succeed"}, "Account": account}
    if catches:
        states["NotCovered"] = {"Type": "Succeed"}
        account["Catch"] = [
            {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "NotCovered"}
        ]
    states["More"] = {
        "Type": "Choice",
        "Default": "Done",
        "Choices": [
            {
                "And": [
                    {"Variable": "$.remaining[0]", "IsPresent": True},
                    {"Variable": "$.round", "NumericLessThan": 10},
                ],
                "Next": "Account",
            }
        ],
    }
    each = {
        "Type": "Map",
        "ItemsPath": "$.accounts",
        "ItemSelector": {"account.$": "$$.Map.Item.Value", "run.$": "$.run"},
        "MaxConcurrency": 50,
        "ToleratedFailurePercentage": percentage,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Account",
            "States": states,
        },
        "ResultPath": "$.map",
        "Next": "Summary",
    }
    if writer:
        each["ResultWriter"] = {
            "Resource": "arn:${AWS::Partition}:states:::s3:putObject",
            "Parameters": {"Bucket": "${Results}", "Prefix": "map"},
        }
    first = {
        "Type": "Task",
        "Resource": INVOKE,
        "Parameters": {"FunctionName": "${Accounts}", "Payload.$": "$"},
        "OutputPath": "$.Payload",
    }
    return {
        "StartAt": "Accounts",
        "States": {
            "Accounts": {**first, "Next": "EachAccount"},
            "EachAccount": each,
            "Summary": {**first, "End": True},
        },
    }


def stack(account, name, **more):
    """The state of a stack with the state machine and a schedule of it."""
    properties = {
        "StateMachineName": "tasks",
        "RoleArn": f"arn:aws:iam::{account.id}:role/{name}",
        "DefinitionString": {"Fn::Sub": json.dumps(definition(**more))},
    }
    schedule = {
        "Name": "daily",
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 30},
        "Target": {
            "Arn": {"Ref": "Machine"},
            "RoleArn": f"arn:aws:iam::{account.id}:role/scheduler",
            "Input": json.dumps({"accounts": ["one"]}),
        },
    }
    values = {"Accounts": "accounts", "Account": "account", "Results": f"results-{account.id}"}
    text = template(
        {
            "Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties},
            "Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": schedule},
        },
        Parameters={name: {"Type": "String", "Default": value} for name, value in values.items()},
    )
    return change(account.client("cloudformation"), text)["StackStatus"]


def machine(account):
    return f"arn:aws:states:us-east-1:{account.id}:stateMachine:tasks"


@pytest.fixture
def ready(account):
    """An account with the functions, the bucket and the roles."""
    function(account, "accounts", ACCOUNTS)
    function(account, "account", ACCOUNT)
    account.client("s3").create_bucket(Bucket=f"results-{account.id}")
    role(account, "machine", "states", ALLOW)
    role(account, "scheduler", "scheduler", ALLOW)
    return account


def run(account, *accounts, **more):
    """An execution, ended."""
    client = account.client("stepfunctions")
    arn = client.start_execution(
        stateMachineArn=machine(account), input=json.dumps({"accounts": accounts}), **more
    )["executionArn"]
    account.control("work/settle")
    return client.describe_execution(executionArn=arn)


def files(account, folder):
    """The contents of the files of results."""
    s3, name = account.client("s3"), f"results-{account.id}"
    found = s3.list_objects_v2(Bucket=name, Prefix=folder).get("Contents", [])
    return {
        one["Key"].rpartition("/")[2]: json.loads(
            s3.get_object(Bucket=name, Key=one["Key"])["Body"].read()
        )
        for one in found
    }


def test_accounts_are_mapped_and_summed_up(ready):
    assert stack(ready, "machine") == "CREATE_COMPLETE"
    ended = run(ready, "one", "long", "fails")
    assert ended["status"] == "SUCCEEDED", ended
    summary = json.loads(ended["output"])["summary"]
    details = summary["ResultWriterDetails"]
    assert details["Bucket"] == f"results-{ready.id}"
    folder = details["Key"].removesuffix("/manifest.json")
    assert folder == f"map/{summary['MapRunArn'].rpartition(':')[2]}"
    written = files(ready, folder)
    assert set(written) == {"manifest.json", "SUCCEEDED_0.json"}
    manifest = written["manifest.json"]
    assert manifest["DestinationBucket"] == f"results-{ready.id}"
    assert manifest["MapRunArn"] == summary["MapRunArn"]
    (succeeded,) = manifest["ResultFiles"]["SUCCEEDED"]
    assert succeeded["Key"] == f"{folder}/SUCCEEDED_0.json"
    assert manifest["ResultFiles"]["FAILED"] == manifest["ResultFiles"]["PENDING"] == []
    outputs = {
        json.loads(one["Input"])["account"]: json.loads(one["Output"])
        for one in written["SUCCEEDED_0.json"]
    }
    assert outputs["one"] == {"account": "one", "run": "today", "round": 0}
    assert outputs["long"]["round"] == 3
    assert outputs["fails"]["error"]["Error"] == "Failure"
    assert json.loads(outputs["fails"]["error"]["Cause"])["errorMessage"] == "as asked"


def test_map_run_is_described_and_listed(ready):
    stack(ready, "machine")
    ended = run(ready, "one", "two")
    client = ready.client("stepfunctions")
    (listed,) = client.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]
    found = client.describe_map_run(mapRunArn=listed["mapRunArn"])
    assert (found["status"], found["maxConcurrency"]) == ("SUCCEEDED", 50)
    assert found["toleratedFailurePercentage"] == 100
    counts = found["itemCounts"]
    assert (counts["total"], counts["succeeded"], counts["resultsWritten"]) == (2, 2, 2)
    children = client.list_executions(mapRunArn=listed["mapRunArn"])["executions"]
    assert {one["status"] for one in children} == {"SUCCEEDED"}
    child = client.describe_execution(executionArn=children[0]["executionArn"])
    assert child["mapRunArn"] == listed["mapRunArn"]
    assert json.loads(child["input"])["run"] == "today"
    (own,) = client.list_executions(stateMachineArn=machine(ready))["executions"]
    assert own["executionArn"] == ended["executionArn"]


@pytest.mark.parametrize(
    ("percentage", "status", "error"),
    [
        (100, "SUCCEEDED", None),
        (50, "SUCCEEDED", None),
        (49, "FAILED", "States.ExceedToleratedFailureThreshold"),
        (0, "FAILED", "States.ExceedToleratedFailureThreshold"),
    ],
)
def test_tolerance_decides_about_failed_items(ready, percentage, status, error):
    stack(ready, "machine", catches=False, percentage=percentage)
    ended = run(ready, "one", "fails")
    assert (ended["status"], ended.get("error")) == (status, error)
    if status == "SUCCEEDED":
        details = json.loads(ended["output"])["summary"]["ResultWriterDetails"]
        written = files(ready, details["Key"].removesuffix("/manifest.json"))
        (failed,) = written["FAILED_0.json"]
        assert (failed["Status"], failed["Error"]) == ("FAILED", "Failure")


def test_results_are_the_output_without_a_writer(ready):
    stack(ready, "machine", writer=False)
    summary = json.loads(run(ready, "one", "two")["output"])["summary"]
    assert [one["account"] for one in summary] == ["one", "two"]


@pytest.mark.parametrize(
    ("missing", "error"),
    [
        ("lambda:InvokeFunction", "Lambda.AWSLambdaException"),
        ("states:StartExecution", "States.Permissions"),
        ("s3:PutObject", "States.ResultWriterFailed"),
    ],
)
def test_role_of_the_state_machine_needs_permissions(ready, missing, error):
    role(ready, "poor", "states", ALLOW, {**ALLOW, "Effect": "Deny", "Action": missing})
    stack(ready, "poor", catches=False)
    ended = run(ready, "one")
    assert (ended["status"], ended["error"]) == ("FAILED", error)
    assert f"not authorized to perform: {missing}" in ended["cause"]


def test_function_that_is_missing_is_an_error(ready):
    stack(ready, "machine")
    ready.client("lambda").delete_function(FunctionName="accounts")
    assert run(ready, "one")["error"] == "Lambda.ResourceNotFoundException"


def code(call, **given):
    try:
        call(**given)
    except ClientError as refused:
        return refused.response["Error"]["Code"]
    return None


def test_executions_have_names_and_inputs(ready):
    stack(ready, "machine")
    client, arn = ready.client("stepfunctions"), machine(ready)
    run(ready, "one", name="first")
    start = client.start_execution
    assert code(start, stateMachineArn=arn, name="first") == "ExecutionAlreadyExists"
    assert code(start, stateMachineArn=arn, name="a b") == "InvalidName"
    assert code(start, stateMachineArn=arn, input="{") == "InvalidExecutionInput"
    long = json.dumps({"accounts": ["x" * 262_144]})
    assert code(start, stateMachineArn=arn, input=long) == "InvalidExecutionInput"
    assert code(start, stateMachineArn=f"{arn}-none") == "StateMachineDoesNotExist"
    assert code(client.describe_execution, executionArn=arn) == "ExecutionDoesNotExist"
    assert code(client.describe_map_run, mapRunArn=arn) == "ResourceNotFound"


def test_execution_is_stopped(ready):
    stack(ready, "machine")
    ready.control("work/delay", seconds=0.3)
    client = ready.client("stepfunctions")
    given = json.dumps({"accounts": ["one"]})
    arn = client.start_execution(stateMachineArn=machine(ready), input=given)["executionArn"]
    assert client.describe_execution(executionArn=arn)["status"] == "RUNNING"
    client.stop_execution(executionArn=arn, error="Mine", cause="because")
    ready.control("work/settle")
    found = client.describe_execution(executionArn=arn)
    assert (found["status"], found["error"], found["cause"]) == ("ABORTED", "Mine", "because")


def test_schedule_starts_the_state_machine(ready):
    stack(ready, "machine")
    found = ready.client("scheduler").get_schedule(Name="daily")
    assert found["FlexibleTimeWindow"]["MaximumWindowInMinutes"] == 30
    started = ready.control("scheduler/run", region="us-east-1", name="daily")["execution"]
    ready.control("work/settle")
    client = ready.client("stepfunctions")
    assert client.describe_execution(executionArn=started)["status"] == "SUCCEEDED"
    ready.client("iam").delete_role_policy(RoleName="scheduler", PolicyName="own")
    with pytest.raises(AssertionError, match="may not start"):
        ready.control("scheduler/run", region="us-east-1", name="daily")
    client = ready.client("cloudformation")
    client.delete_stack(StackName="stack")
    ready.control("work/settle")
    assert ready.client("scheduler").list_schedules()["Schedules"] == []
    assert ready.client("stepfunctions").list_state_machines()["stateMachines"] == []


@pytest.mark.parametrize(
    "schedule",
    [
        {"ScheduleExpression": "daily"},
        {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
        {"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}},
    ],
)
def test_wrong_schedules_are_refused(account, schedule):
    properties = {
        "Name": "daily",
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "arn:aws:sns:us-east-1:1:t", "RoleArn": "arn:aws:iam::1:role/r"},
        **schedule,
    }
    resource = {"Type": "AWS::Scheduler::Schedule", "Properties": properties}
    stack = change(account.client("cloudformation"), template({"Schedule": resource}))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"


def test_projects_are_noted(account):
    project = {"Type": "AWS::CodeBuild::Project", "Properties": {"Name": "reconcile"}}
    text = template(
        {"Project": project}, Outputs={"Arn": {"Value": {"Fn::GetAtt": ["Project", "Arn"]}}}
    )
    stack = change(account.client("cloudformation"), text)
    expected = f"arn:aws:codebuild:us-east-1:{account.id}:project/reconcile"
    assert stack["Outputs"][0]["OutputValue"] == expected
