//! What the parts of the template share.

use std::collections::BTreeMap;

use plumbline_core::parameters::Parameter;

use crate::builders::placeholder;
use crate::contract::{PackScope, results_bucket};
use crate::packs::{PackLevel, PackTemplate};

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
