//! The permissions of roles: exactly the reads of controls, and publishing.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::control::Control;
use plumbline_core::operation::{Operation, config, s3, securityhub};
use serde_json::{Value, json};

use crate::builders::{Members, only_when, placeholder, reference, resource, sub, when};
use crate::guardrails::{boundary, path};

/// The condition under which findings are imported.
pub(crate) const PUBLISHES_FINDINGS: &str = "PublishesFindings";
pub(crate) const HAS_REGISTER: &str = "HasRegister";
pub(crate) const HAS_ONE_REGISTER: &str = "HasOneRegister";
pub(crate) const HAS_REGISTERS: &str = "HasRegisters";
pub(crate) const HAS_REGISTER_OWNER: &str = "HasRegisterOwner";

/// Allows writing the logs of one function, or of all functions whose name matches the pattern.
pub(crate) fn logs(function: &str) -> Value {
    let streams = format!(
        "arn:${{AWS::Partition}}:logs:*:${{AWS::AccountId}}:log-group:/aws/lambda/{function}:\
        log-stream:*"
    );
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], &streams)
}

/// Allows the reads of controls and the publishing of their results, in the account of the role.
pub(crate) fn reads_and_publishing(controls: &[&'static Control]) -> Vec<Value> {
    let mut by_resource: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for read in controls.iter().flat_map(|control| control.reads()) {
        by_resource.entry(read.resource).or_default().insert(read.action);
    }
    let everywhere = by_resource.entry("*").or_default();
    everywhere.insert(config::PUT_EVALUATIONS.action);
    if controls.iter().any(|control| control.change_triggered) {
        everywhere.insert(config::GET_RESOURCE_CONFIG_HISTORY.action);
    }
    let mut statements: Vec<Value> = by_resource
        .into_iter()
        .map(|(resource, actions)| allow(actions, &of_the_stack(resource)))
        .collect();
    statements.push(allow_operation(config::GET_COMPLIANCE_DETAILS_BY_CONFIG_RULE));
    let findings = [securityhub::BATCH_IMPORT_FINDINGS, securityhub::GET_FINDINGS];
    statements.extend(
        findings.map(|operation| only_when(PUBLISHES_FINDINGS, allow_operation(operation))),
    );
    statements
}

/// What the daily check of an account needs in addition: the functions and the age of its rules,
/// and the start of their evaluation.
pub(crate) fn coverage() -> [Value; 3] {
    [
        config::DESCRIBE_CONFIG_RULES,
        config::DESCRIBE_CONFIG_RULE_EVALUATION_STATUS,
        config::START_CONFIG_RULES_EVALUATION,
    ]
    .map(allow_operation)
}

/// Returns the policy statements to read the common register, and its earlier versions if it is
/// invalid.
pub(crate) fn register() -> [Value; 2] {
    let [one, .., versions] = register_reads(HAS_REGISTER);
    [one, versions]
}

/// Returns the statements for functions that can have a register of their account instead. The
/// common register is read under a condition.
pub(crate) fn register_reads(has_one: &str) -> [Value; 4] {
    // The appended text keeps the split of an empty parameter within bounds.
    let object =
        json!({ "Fn::Select": [1, { "Fn::Split": ["s3://", { "Fn::Sub": "${Register}s3://" }] }] });
    let bucket = json!({ "Fn::Select": [0, { "Fn::Split": ["/", object.clone()] }] });
    let statement = |exists: &str, actions: &[&str], end: &str, variable: &str, name: &Value| {
        let arn = format!("arn:${{AWS::Partition}}:s3:::{}{end}", placeholder(variable));
        let arn = json!({ "Fn::Sub": [arn, { variable: name }] });
        only_when(
            exists,
            json!({ "Effect": "Allow", "Action": actions, "Resource": arn,
                // A bucket of that name in another account has no effect.
                "Condition": { "StringEquals": { "aws:ResourceAccount": when(
                    HAS_REGISTER_OWNER,
                    reference("RegisterOwner"),
                    reference("AWS::AccountId"),
                ) } } }),
        )
    };
    let read = [s3::GET_OBJECT.action, s3::GET_OBJECT_VERSION.action];
    [
        statement(has_one, &read, "", "Object", &object),
        statement(HAS_REGISTERS, &read, "${AWS::AccountId}.json", "Object", &object),
        statement(HAS_REGISTERS, &read, "default.json", "Object", &object),
        statement(HAS_REGISTER, &[s3::LIST_OBJECT_VERSIONS.action], "", "Bucket", &bucket),
    ]
}

/// Returns the trust policy of a function's role. Lambda uses only roles of the function's own
/// account, and documents no condition keys for this.
pub(crate) fn trust() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" },
        "Action": "sts:AssumeRole" }]
    })
}

/// Replaces the partition and account in a resource with those of the stack.
fn of_the_stack(resource: &str) -> String {
    resource.replace("{partition}", "${AWS::Partition}").replace("{account}", "${AWS::AccountId}")
}

fn allow_operation(operation: Operation) -> Value {
    allow([operation.action], &of_the_stack(operation.resource))
}

/// Creates a statement that allows actions on a resource.
pub(crate) fn allow<'a>(actions: impl IntoIterator<Item = &'a str>, resource: &str) -> Value {
    let actions: Vec<&str> = actions.into_iter().collect();
    json!({ "Effect": "Allow", "Action": actions, "Resource": sub(resource) })
}

/// Returns the trust policy of a role that a service assumes for this account.
pub(crate) fn trust_of_service(service: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": service },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "aws:SourceAccount": reference("AWS::AccountId") } } }]
    })
}

/// A role with its own managed policy of the same name. Its template has the parameters and
/// conditions of [`crate::guardrails`] for roles.
pub(crate) struct OwnRole<'a> {
    /// The logical IDs of the role and the policy.
    pub(crate) ids: (&'a str, &'a str),
    pub(crate) name: Value,
    pub(crate) description: &'a str,
    pub(crate) trust: Value,
    /// The condition under which they exist. `None` means always.
    pub(crate) exists: Option<&'a str>,
}

impl OwnRole<'_> {
    /// Adds the role and the policy to the resources of a template.
    pub(crate) fn add(self, resources: &mut Members, statements: Vec<Value>) {
        let Self { ids: (role, policy), name, description, trust, exists } = self;
        let made = json!({
            "RoleName": name,
            "Path": path(),
            "PermissionsBoundary": boundary(),
            "Description": description,
            "AssumeRolePolicyDocument": trust,
            "ManagedPolicyArns": [reference(policy)]
        });
        let pair = [
            (policy, managed(name, description, statements)),
            (role, resource("AWS::IAM::Role", made)),
        ];
        for (id, mut made) in pair {
            if let (Some(exists), Some(members)) = (exists, made.as_object_mut()) {
                members.insert("Condition".to_owned(), json!(exists));
            }
            resources.set(id, made);
        }
    }
}

/// Creates a managed policy for a role. Controls about inline policies, which conformance packs of
/// AWS contain, fail roles with inline policies.
fn managed(name: Value, description: &str, statements: Vec<Value>) -> Value {
    resource(
        "AWS::IAM::ManagedPolicy",
        json!({
            "ManagedPolicyName": name,
            "Path": path(),
            "Description": description,
            "PolicyDocument": { "Version": "2012-10-17", "Statement": statements }
        }),
    )
}
