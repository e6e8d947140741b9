//! `organization-tasks.yaml`: the daily check of an organization's accounts. A state machine
//! invokes one function to list the accounts, another function to check each account, and the first
//! function again to sum up the results.
#![expect(
    clippy::indexing_slicing,
    reason = "members are set by name on objects that are written out just above"
)]

mod parameters;
mod parts;
mod states;

use plumbline_core::operation::{Operation, organizations, s3, securityhub, sts};
use serde_json::{Value, json};

pub(crate) use self::parameters::task_parameters;
use self::parts::{CHECK, CHECK_HANDLER, LIST, LIST_HANDLER, of_controls, results_arn};
use self::states::{schedule, state_machine};
use crate::account::private_bucket;
use crate::builders::{
    Members, attribute, code_bucket_name, given, in_this_region, is_list_given, only_when,
    placeholder, reference, resource, sub, when,
};
use crate::central::trust_parameters;
use crate::contract::{
    HOME_REGION, LEVEL, OFF, ON, ORGANIZATION_ID, ORGANIZATION_ROLE, ORGANIZATION_TASKS,
    ORGANIZATIONAL_UNIT_IDS, PACKS, REGION_PATTERN, REGIONS, RELEASE, SCAN_MEMORY_SIZE,
    SECURITY_HUB, SETTINGS, code_key, excluded_accounts, function_parameters, results_bucket,
    settings,
};
use crate::functions::{HAS_ALARM_TOPIC, HAS_DOCS_URL, HAS_LOG_KEY, conditions};
use crate::guardrails::{
    bucket_key, bucket_key_conditions, network_conditions, network_interfaces, network_parameters,
    network_statements, role_conditions, role_parameters, use_of_bucket_key, vpc,
};
use crate::packs::of_rules;
use crate::parameter::TemplateParameter;
use crate::permissions::{HAS_REGISTER_OWNER, OwnRole, allow, logs, register, trust};
use crate::role_names::{
    arn_of_member_role, member_role_conditions, path_and_name_of_member_role, with_prefix,
};
use crate::template::{BucketNames, Template};

const HAS_EXTERNAL_ID: &str = "HasExternalId";
const HAS_SETTINGS: &str = "HasSettings";
const HAS_UNITS: &str = "HasOrganizationalUnits";
const PUBLISHES: &str = "PublishesFindings";

/// The memory of the list function, which sums up the results of up to ten thousand accounts.
const LIST_MEMORY: u16 = 512;
const LIST_TIMEOUT: u16 = 300;
/// The maximum timeout of AWS Lambda. An account that takes longer is continued in another round.
const CHECK_TIMEOUT: u16 = 900;

/// The number of hours within which the alarm expects a daily run, including its duration.
const ALARM_HOURS: u16 = 26;

fn own_parameters() -> Vec<TemplateParameter> {
    use TemplateParameter as Parameter;
    vec![
        Parameter::list(
            REGIONS,
            "Comma-separated governed Regions, including the home Region",
            REGION_PATTERN,
        ),
        Parameter::list(
            ORGANIZATIONAL_UNIT_IDS,
            "Comma-separated roots or organizational units whose accounts are checked. Empty: all \
             accounts",
            "^(r-[a-z0-9]{4,32}|ou-[a-z0-9]{4,32}-[a-z0-9]{8,32})?$",
        )
        .or(""),
        excluded_accounts(),
        Parameter::choice(LEVEL, "Level of the deployed packs", &["2", "1"]),
        Parameter::choice(
            PACKS,
            "Packs are deployed, so a recorder without rules is a failure",
            &[ON, OFF],
        ),
    ]
}

/// Creates `organization-tasks.yaml`.
pub fn organization_tasks(names: &BucketNames) -> Template {
    let shared = [
        RELEASE,
        "CodeBucketPrefix",
        HOME_REGION,
        "Register",
        "RegisterOwner",
        "LogRetentionDays",
        "LogKmsKeyArn",
        "Architecture",
        SECURITY_HUB,
        "DocsUrl",
        "AlarmTopicArn",
    ];
    let mut parameters = function_parameters();
    parameters.retain(|parameter| shared.contains(&parameter.name()));
    parameters.extend(trust_parameters());
    parameters.extend(own_parameters());
    parameters.extend(task_parameters());
    parameters.extend([settings(), bucket_key()]);
    parameters.extend(role_parameters());
    parameters.extend(network_parameters());
    parameters.push(network_interfaces());
    parameters.extend(of_controls().iter().map(|(name, declared)| of_rules(name, declared)));
    let mut conditions = conditions();
    conditions.0.retain(|name, _| {
        ["HasRegister", HAS_REGISTER_OWNER, HAS_DOCS_URL, HAS_LOG_KEY, HAS_ALARM_TOPIC]
            .contains(&name.as_str())
    });
    let mut conditions = conditions
        .with(role_conditions())
        .with(member_role_conditions())
        .with(bucket_key_conditions())
        .with(network_conditions());
    conditions.set(HAS_EXTERNAL_ID, given("ExternalId"));
    conditions.set(HAS_SETTINGS, given(SETTINGS));
    conditions.set(HAS_UNITS, is_list_given(ORGANIZATIONAL_UNIT_IDS));
    conditions.set(PUBLISHES, json!({ "Fn::Equals": [reference(SECURITY_HUB), ON] }));
    let mut resources = Members::new();
    results(&mut resources, names);
    functions(&mut resources);
    state_machine(&mut resources);
    schedule(&mut resources);
    resources.set("AlarmNotCovered", alarm());
    let mut outputs = Members::new();
    for (name, description, value) in [
        ("ResultsBucket", "Bucket of the results", reference("ResultsBucket")),
        (
            "StateMachineArn",
            "State machine, which can be started at any time",
            reference("StateMachine"),
        ),
    ] {
        outputs.set(name, json!({ "Description": description, "Value": value }));
    }
    Template::new(
        ORGANIZATION_TASKS,
        "Plumbline: daily check of an organization's accounts: whether AWS Config evaluates their \
         rules, and a scan of accounts without rules. In the home Region of the deploying account.",
        parameters,
        &[("Conditions", &conditions), ("Resources", &resources), ("Outputs", &outputs)],
    )
}

/// Adds the bucket of the results.
fn results(resources: &mut Members, names: &BucketNames) {
    let name = results_bucket(&placeholder("CodeBucketPrefix"));
    let written = match names {
        BucketNames::ByParameter => name.clone(),
        BucketNames::Written { prefix, .. } => results_bucket(prefix),
    };
    private_bucket(resources, "ResultsBucket", &name, written);
    let tag = json!({ "Key": "plumbline:settings", "Value": reference(SETTINGS) });
    resources.0["ResultsBucket"]["Properties"]["Tags"] = only_when(HAS_SETTINGS, json!([tag]));
    resources.0["ResultsBucket"]["Properties"]["LifecycleConfiguration"] = json!({ "Rules": [{
        "Id": "Results",
        "Status": "Enabled",
        "ExpirationInDays": reference("ResultRetentionDays"),
        "NoncurrentVersionExpiration": { "NoncurrentDays": 30 },
        "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": 1 }
    }] });
}

/// Adds the two functions with their logs and role.
fn functions(resources: &mut Members) {
    let memory = [json!(LIST_MEMORY), reference(SCAN_MEMORY_SIZE)];
    let timeouts = [LIST_TIMEOUT, CHECK_TIMEOUT];
    let handlers = [
        (LIST, LIST_HANDLER, "Lists the accounts of the organization and sums up their results"),
        (CHECK, CHECK_HANDLER, "Checks one account of the organization"),
    ];
    for (((id, handler, description), memory), timeout) in
        handlers.into_iter().zip(memory).zip(timeouts)
    {
        let (name, log) = (format!("plumbline-{handler}"), id.replace("Function", "Log"));
        resources.set(
            &log,
            json!({
                "Type": "AWS::Logs::LogGroup",
                "DeletionPolicy": "Delete",
                "UpdateReplacePolicy": "Delete",
                "Properties": {
                    "LogGroupName": format!("/aws/lambda/{name}"),
                    "RetentionInDays": reference("LogRetentionDays"),
                    "KmsKeyId": only_when(HAS_LOG_KEY, in_this_region("kms", "LogKmsKeyArn"))
                }
            }),
        );
        let mut function = resource(
            "AWS::Lambda::Function",
            json!({
                "FunctionName": name,
                "Description": description,
                "Runtime": "provided.al2023",
                "Handler": handler,
                "Architectures": [reference("Architecture")],
                "Code": { "S3Bucket": sub(&code_bucket_name()),
                "S3Key": sub(&code_key(&placeholder(RELEASE))) },
                "Role": attribute("Role", "Arn"),
                "MemorySize": memory,
                "Timeout": timeout,
                "VpcConfig": vpc(),
                "Environment": { "Variables": Value::Object(variables().0) }
            }),
        );
        function["DependsOn"] = json!([log]);
        resources.set(id, function);
    }
    let description = "Role of Plumbline's functions that check the accounts of the organization";
    let mut statements = vec![
        json!({
            "Effect": "Allow",
            "Action": [sts::ASSUME_ROLE.action],
            "Resource": arn_of_member_role(),
            "Condition": { "StringEquals": { "aws:ResourceOrgID": reference(ORGANIZATION_ID) } }
        }),
        logs("plumbline-organization-*"),
        allow(
            [organizations::DESCRIBE_ORGANIZATION.action, organizations::LIST_ACCOUNTS.action],
            "*",
        ),
        allow([s3::GET_OBJECT.action, s3::PUT_OBJECT.action], &results_arn("/results/*")),
        // Without this permission, a missing result would be reported as access denied.
        allow(["s3:ListBucket"], &results_arn("")),
    ];
    for below_which in ["root/o-*/r-*", "ou/o-*/ou-*"] {
        let below = [
            organizations::LIST_ACCOUNTS_FOR_PARENT.action,
            organizations::LIST_ORGANIZATIONAL_UNITS_FOR_PARENT.action,
        ];
        let on = format!("arn:${{AWS::Partition}}:organizations::*:{below_which}");
        statements.push(only_when(HAS_UNITS, allow(below, &on)));
    }
    for Operation { action, resource, .. } in
        [securityhub::BATCH_IMPORT_FINDINGS, securityhub::GET_FINDINGS]
    {
        let on = resource
            .replace("{partition}", "${AWS::Partition}")
            .replace("{account}", "${AWS::AccountId}");
        statements.push(only_when(PUBLISHES, allow([action], &on)));
    }
    statements.extend(register());
    statements.push(use_of_bucket_key(&["kms:Decrypt", "kms:GenerateDataKey"]));
    statements.extend(network_statements("plumbline-organization-*"));
    let role = OwnRole {
        ids: ("Role", "Policy"),
        name: sub(&with_prefix(ORGANIZATION_ROLE)),
        description,
        trust: trust(),
        exists: None,
    };
    role.add(resources, statements);
}

fn variables() -> Members {
    let mut variables = Members::new();
    variables.set("PLUMBLINE_RESULTS", reference("ResultsBucket"));
    variables.set("PLUMBLINE_ROLE_NAME", path_and_name_of_member_role());
    variables.set("PLUMBLINE_EXTERNAL_ID", only_when(HAS_EXTERNAL_ID, reference("ExternalId")));
    variables.set("PLUMBLINE_HOME_REGION", reference(HOME_REGION));
    variables.set("PLUMBLINE_REGISTER", only_when("HasRegister", reference("Register")));
    variables
        .set("PLUMBLINE_REGISTER_OWNER", only_when(HAS_REGISTER_OWNER, reference("RegisterOwner")));
    variables.set("PLUMBLINE_DOCS_URL", only_when(HAS_DOCS_URL, reference("DocsUrl")));
    variables.set("PLUMBLINE_SECURITY_HUB", reference(SECURITY_HUB));
    variables
}

/// Creates an alarm that goes into the ALARM state when an account is not covered, or when no run
/// has ended for more than a day. Hours without a run are breaching, and one good run within the
/// period is enough.
fn alarm() -> Value {
    resource(
        "AWS::CloudWatch::Alarm",
        json!({
            "AlarmName": "plumbline-accounts-not-covered",
            "AlarmDescription": "Accounts of the organization have outdated results, or the daily \
                check has not run for more than a day. results/DATE/summary.json lists the \
                accounts",
            "Namespace": "Plumbline",
            "MetricName": "AccountsNotCovered",
            "Statistic": "Maximum",
            "Period": 3600,
            "EvaluationPeriods": ALARM_HOURS,
            "Threshold": 0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "breaching",
            "AlarmActions": when(
                HAS_ALARM_TOPIC,
                json!([in_this_region("sns", "AlarmTopicArn")]),
                reference("AWS::NoValue"),
            )
        }),
    )
}
