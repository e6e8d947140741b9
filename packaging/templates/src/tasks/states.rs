//! The state machine of the daily check, and its schedule.
#![expect(
    clippy::indexing_slicing,
    reason = "members are set by name on objects that are written out just above"
)]

use plumbline_core::coverage::COVERAGE_ROUNDS;
use plumbline_core::operation::s3;
use serde_json::{Map, Value, json};

use super::parts::{CHECK, CHECK_HANDLER, LIST, LIST_HANDLER, of_controls, results_arn};
use crate::builders::{Members, attribute, reference, resource, sub};
use crate::contract::{
    EXCLUDED_ACCOUNTS, LEVEL, ORGANIZATIONAL_UNIT_IDS, PACKS, REGIONS, WITHOUT_CONFIG,
};
use crate::guardrails::use_of_bucket_key;
use crate::permissions::{OwnRole, allow, trust_of_service};
use crate::role_names::with_prefix;

/// Transient errors of AWS Lambda:
/// <https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html>.
const PASSING: [&str; 4] = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
];

const MACHINE_ARN: &str = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:\
    stateMachine:plumbline-organization";

/// Adds the state machine and its role.
pub(super) fn state_machine(resources: &mut Members) {
    let mut statements: Vec<Value> = [LIST_HANDLER, CHECK_HANDLER]
        .map(|handler| {
            let function = format!(
                "arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:\
                plumbline-{handler}"
            );
            allow(["lambda:InvokeFunction"], &function)
        })
        .into();
    // Distributed maps require these permissions:
    // https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
    statements.push(allow(["states:StartExecution"], MACHINE_ARN));
    statements.push(allow(
        ["states:DescribeExecution", "states:StopExecution"],
        &format!("{}:*", MACHINE_ARN.replace(":stateMachine:", ":execution:")),
    ));
    statements.push(allow(
        [
            "s3:AbortMultipartUpload",
            s3::GET_OBJECT.action,
            "s3:ListMultipartUploadParts",
            s3::PUT_OBJECT.action,
        ],
        &results_arn("/map/*"),
    ));
    statements.push(use_of_bucket_key(&["kms:Decrypt", "kms:GenerateDataKey"]));
    let role = OwnRole {
        ids: ("StatesRole", "StatesPolicy"),
        name: sub(&with_prefix("plumbline-organization-states")),
        description: "Role of Plumbline's state machine, which invokes its functions",
        trust: trust_of_service("states.amazonaws.com"),
        exists: None,
    };
    role.add(resources, statements);
    let mut machine = resource(
        "AWS::StepFunctions::StateMachine",
        json!({
            "StateMachineName": "plumbline-organization",
            "StateMachineType": "STANDARD",
            "RoleArn": attribute("StatesRole", "Arn"),
            "Definition": definition()
        }),
    );
    // The linter accepts ARNs of integrations only in the partition aws.
    machine["Metadata"] = json!({ "cfn-lint": { "config": { "ignore_checks": ["W1031"] } } });
    resources.set("StateMachine", machine);
}

/// Creates a task that invokes a function.
fn invoke(function: &str, payload: (&str, Value), next: (&str, Value)) -> Value {
    let mut task = json!({
        "Type": "Task",
        "Resource": sub("arn:${AWS::Partition}:states:::lambda:invoke"),
        "Parameters": { "FunctionName": attribute(function, "Arn"), payload.0: payload.1 },
        "OutputPath": "$.Payload",
        "Retry": [{ "ErrorEquals": PASSING, "IntervalSeconds": 5, "MaxAttempts": 6,
            "BackoffRate": 2 }]
    });
    task[next.0] = next.1;
    task
}

fn definition() -> Value {
    let joined = |list: &str| json!({ "Fn::Join": [",", reference(list)] });
    let parameters: Map<String, Value> = of_controls()
        .into_iter()
        .map(|(name, declared)| (declared.name.to_owned(), reference(&name)))
        .collect();
    let settings = json!({
        "regions": joined(REGIONS),
        "excluded": joined(EXCLUDED_ACCOUNTS),
        "units": joined(ORGANIZATIONAL_UNIT_IDS),
        "level": reference(LEVEL),
        "packs": reference(PACKS),
        "without_config": reference(WITHOUT_CONFIG),
        // A parameter is a string in the definition, but the state requires a number, which the
        // list function returns.
        "max_concurrency": reference("MaxConcurrency"),
        "parameters": parameters
    });
    let whole = || ("Payload.$", json!("$"));
    let mut account = invoke(CHECK, whole(), ("Next", json!("More")));
    account["Catch"] = json!([{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.error",
        "Next": "NotCovered" }]);
    let more = json!({
        "Type": "Choice",
        "Default": "Done",
        "Choices": [{
            "And": [
                { "Variable": "$.remaining[0]", "IsPresent": true },
                { "Variable": "$.round", "NumericLessThan": COVERAGE_ROUNDS }
            ],
            "Next": "Account"
        }]
    });
    let each = json!({
        "Type": "Map",
        "ItemsPath": "$.accounts",
        "ItemSelector": { "account.$": "$$.Map.Item.Value", "run.$": "$.run" },
        "MaxConcurrencyPath": "$.max_concurrency",
        "ToleratedFailurePercentage": 100,
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "Account",
            "States": {
                "Account": account,
                "More": more,
                "Done": { "Type": "Succeed" },
                "NotCovered": { "Type": "Succeed" }
            }
        },
        "ResultWriter": {
            "Resource": sub("arn:${AWS::Partition}:states:::s3:putObject"),
            "Parameters": { "Bucket": reference("ResultsBucket"), "Prefix": "map" }
        },
        "ResultPath": "$.map",
        "Next": "Summary"
    });
    json!({
        "Comment": "Lists the accounts of the organization, checks each, and sums up the results",
        "StartAt": "Accounts",
        "States": {
            "Accounts": invoke(LIST, ("Payload", settings), ("Next", json!("EachAccount"))),
            "EachAccount": each,
            "Summary": invoke(LIST, whole(), ("End", json!(true)))
        }
    })
}

/// Adds the schedule and its role.
pub(super) fn schedule(resources: &mut Members) {
    let role = OwnRole {
        ids: ("ScheduleRole", "SchedulePolicy"),
        name: sub(&with_prefix("plumbline-organization-schedule")),
        description: "Role of Plumbline's schedule, which starts its state machine",
        trust: trust_of_service("scheduler.amazonaws.com"),
        exists: None,
    };
    role.add(resources, vec![allow(["states:StartExecution"], MACHINE_ARN)]);
    resources.set(
        "Schedule",
        resource(
            "AWS::Scheduler::Schedule",
            json!({
                "Name": "plumbline-organization",
                "Description": "Checks the accounts of the organization",
                "ScheduleExpression": reference("ScheduleExpression"),
                "FlexibleTimeWindow": { "Mode": "FLEXIBLE", "MaximumWindowInMinutes": 30 },
                "Target": { "Arn": reference("StateMachine"),
                    "RoleArn": attribute("ScheduleRole", "Arn"), "Input": "{}" }
            }),
        ),
    );
}
