//! Common parts of the template.

use std::collections::BTreeMap;

use plumbline_core::parameters::Parameter;

use crate::builders::placeholder;
use crate::contract::{PackScope, results_bucket};
use crate::packs::{PackLevel, PackTemplate};

/// The logical IDs of the functions.
pub(super) const LIST: &str = "FunctionAccounts";
pub(super) const CHECK: &str = "FunctionAccount";
/// The handlers, which are also the end of the function names.
pub(super) const LIST_HANDLER: &str = "organization-accounts";
pub(super) const CHECK_HANDLER: &str = "organization-account";

/// Returns the parameters of controls by their names in templates.
pub(super) fn of_controls() -> BTreeMap<String, &'static Parameter> {
    PackScope::ALL
        .into_iter()
        .flat_map(|scope| PackTemplate::new(scope, PackLevel::Two).parameters())
        .collect()
}

/// Returns the ARN of an object in the results bucket.
pub(super) fn results_arn(path: &str) -> String {
    format!(
        "arn:${{AWS::Partition}}:s3:::{}{path}",
        results_bucket(&placeholder("CodeBucketPrefix"))
    )
}
