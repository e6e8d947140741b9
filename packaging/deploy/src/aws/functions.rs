//! Compares and restores the code of functions, independent of the status of their stacks.

use aws_sdk_lambda::operation::list_functions::ListFunctionsOutput;
use aws_sdk_lambda::types::FunctionConfiguration;
use aws_smithy_types::base64;
use plumbline_aws::error::AwsError;
use plumbline_aws::session::Session;
use plumbline_core::operation::{Operation, Service};
use plumbline_templates::contract::code_key;
use plumbline_templates::release::Release;
use sha2::{Digest as _, Sha256};

const LIST_FUNCTIONS: Operation = Operation::new(Service::Lambda, "lambda:ListFunctions", "*");
const UPDATE_CODE: Operation = Operation::new(Service::Lambda, "lambda:UpdateFunctionCode", "*");

/// The prefixes of function names before the control ID: central functions, and functions of an
/// account.
const PREFIXES: [&str; 2] = ["plumbline-central-", "plumbline-"];

/// The functions of the daily check.
const CHECKERS: [&str; 2] = ["plumbline-organization-accounts", "plumbline-organization-account"];

/// Lists the functions of a Region whose code differs from the release.
pub(crate) async fn with_other_code(
    session: &Session,
    region: &str,
    release: &Release,
) -> Result<Vec<String>, AwsError> {
    let key = code_key(&release.name);
    let Some((_, bundle)) = release.objects.iter().find(|(name, _)| *name == key) else {
        return Ok(Vec::new());
    };
    let expected = base64::encode(Sha256::digest(bundle));
    let client = session.lambda(region);
    let page = |marker| client.list_functions().set_marker(marker).send();
    let others = |page: ListFunctionsOutput| {
        let functions = LIST_FUNCTIONS.require(page.functions, "the functions")?;
        let others = functions.into_iter().filter(|function| {
            is_ours(function) && function.code_sha256() != Some(expected.as_str())
        });
        Ok(others.filter_map(|function| function.function_name).collect())
    };
    let mut names =
        session.list(LIST_FUNCTIONS, page, ListFunctionsOutput::next_marker, others).await?;
    names.sort();
    Ok(names)
}

/// Whether a function belongs to a control, such as `plumbline-5-2` or `plumbline-central-5-2`, or
/// to the daily check.
fn is_ours(function: &FunctionConfiguration) -> bool {
    let name = function.function_name().unwrap_or_default();
    if CHECKERS.contains(&name) {
        return true;
    }
    let number = PREFIXES.into_iter().find_map(|prefix| name.strip_prefix(prefix));
    number.is_some_and(|number| {
        number.split('-').count() > 1 && number.split('-').all(|part| part.parse::<u8>().is_ok())
    })
}

/// Updates the code of a function from a bucket.
pub(crate) async fn put_code(
    session: &Session,
    region: &str,
    function: &str,
    bucket: &str,
    key: &str,
) -> Result<(), AwsError> {
    let call = session
        .lambda(region)
        .update_function_code()
        .function_name(function)
        .s3_bucket(bucket)
        .s3_key(key)
        .send();
    Ok(session.send(UPDATE_CODE, call).await.map(|_| ())?)
}
