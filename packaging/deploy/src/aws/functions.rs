//! Compares and restores the code of functions, independent of the status of their stacks.

use aws_sdk_lambda::operation::list_functions::ListFunctionsOutput;
use aws_sdk_lambda::types::FunctionConfiguration;
use plumbline_aws::error::AwsError;
use plumbline_aws::session::Session;
use plumbline_core::operation::{Operation, Service};

const LIST_FUNCTIONS: Operation = Operation::new(Service::Lambda, "lambda:ListFunctions", "*");
const UPDATE_CODE: Operation = Operation::new(Service::Lambda, "lambda:UpdateFunctionCode", "*");

/// The prefixes of function names before the control ID: central functions, those of the canary
/// unit, and functions of an account.
const PREFIXES: [&str; 3] = ["plumbline-central-", "plumbline-canary-", "plumbline-"];

/// The functions of the daily check.
const CHECKERS: [&str; 2] = ["plumbline-organization-accounts", "plumbline-organization-account"];

/// Lists the functions of a Region with other code than that of their release. `expected` returns
/// the checksum of a function's code by its name, if it is known.
pub(crate) async fn with_other_code<'a>(
    session: &Session,
    region: &str,
    expected: impl Fn(&str) -> Option<&'a str>,
) -> Result<Vec<String>, AwsError> {
    let client = session.lambda(region);
    let page = |marker| client.list_functions().set_marker(marker).send();
    let others = |page: ListFunctionsOutput| {
        let functions = LIST_FUNCTIONS.require(page.functions, "the functions")?;
        let others = functions.into_iter().filter(|function| {
            let expected = expected(function.function_name().unwrap_or_default());
            is_ours(function) && expected.is_some() && function.code_sha256() != expected
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
