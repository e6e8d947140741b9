//! What the parts of the template share.

use std::collections::BTreeMap;

use plumbline_core::parameters::Parameter;
use serde_json::{Value, json};

use crate::builders::{Members, placeholder, reference, resource};
use crate::contract::{PackScope, results_bucket};
use crate::packs::{PackLevel, PackTemplate};
use crate::permissions::managed;

/// The functions' logical ids.
pub(super) const LIST: &str = "FunctionAccounts";
pub(super) const CHECK: &str = "FunctionAccount";
/// The handlers, which the functions' names end with.
pub(super) const LIST_HANDLER: &str = "organization-accounts";
pub(super) const CHECK_HANDLER: &str = "organization-account";

/// The parameters of controls, by their name in templates.
pub(super) fn of_controls() -> BTreeMap<String, &'static Parameter> {
    PackScope::ALL
        .into_iter()
        .flat_map(|scope| PackTemplate::new(scope, PackLevel::Two).parameters())
        .collect()
}

/// The ARN of something in the bucket of results.
pub(super) fn results_arn(path: &str) -> String {
    format!(
        "arn:${{AWS::Partition}}:s3:::{}{path}",
        results_bucket(&placeholder("CodeBucketPrefix"))
    )
}

/// A role with its policy, both of one name.
pub(super) fn role(
    resources: &mut Members,
    prefix: &str,
    name: &str,
    description: &str,
    trust: Value,
    statements: Vec<Value>,
) {
    let policy = format!("{prefix}Policy");
    resources.set(&policy, managed(json!(name), description, statements));
    resources.set(
        &format!("{prefix}Role"),
        resource(
            "AWS::IAM::Role",
            json!({
                "RoleName": name,
                "Description": description,
                "AssumeRolePolicyDocument": trust,
                "ManagedPolicyArns": [reference(&policy)]
            }),
        ),
    );
}
