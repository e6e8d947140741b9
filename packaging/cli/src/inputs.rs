//! Files that users give, each with the advice for one that cannot be used.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

#[cfg(feature = "aws")]
use plumbline_aws::documents::{StoreError, read_document};
#[cfg(feature = "aws")]
use plumbline_aws::session::Session;
use plumbline_core::register::Register;
use plumbline_core::snapshot::Snapshot;
use plumbline_rules::registry::CONTROLS;
use serde_json::Value;

use crate::error::CliError;
#[cfg(feature = "aws")]
use crate::error::{Advise, USAGE};

/// Makes the error for a file that cannot be read.
pub(crate) fn unreadable(file: &Path) -> impl Fn(std::io::Error) -> CliError {
    move |error| {
        CliError::usage(
            format!("cannot read {}: {error}", file.display()),
            "Give the path of a file that exists and that you may read.",
        )
    }
}

fn bytes(file: &Path) -> Result<Vec<u8>, CliError> {
    std::fs::read(file).map_err(unreadable(file))
}

/// Reads a text from a file, or from standard input where the file is `-`.
pub(crate) fn text(file: &Path) -> Result<String, CliError> {
    let text = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(file)
    };
    text.map_err(unreadable(file))
}

/// Reads a register from a file.
pub(crate) fn register(file: &Path) -> Result<Register, CliError> {
    parse_register(&file.display().to_string(), &bytes(file)?)
}

/// Parses a register. `location` names it in errors.
pub(crate) fn parse_register(location: &str, text: &[u8]) -> Result<Register, CliError> {
    Register::parse(text, CONTROLS.iter().map(|control| control.registered())).map_err(|error| {
        CliError::usage(
            format!("{location}: {error}"),
            "See docs/register.md for the form, and check it with 'plumbline register check FILE'.",
        )
    })
}

/// Reads a register that is valid, as it is written.
#[cfg(feature = "aws")]
pub(crate) fn register_text(file: &Path) -> Result<Vec<u8>, CliError> {
    let text = bytes(file)?;
    parse_register(&file.display().to_string(), &text)?;
    Ok(text)
}

/// Reads a register from a file or from `s3://BUCKET/KEY`.
#[cfg(feature = "aws")]
pub(crate) async fn register_at(session: &Session, location: &str) -> Result<Register, CliError> {
    parse_register(location, &read_document(session, location, None).await?)
}

/// Reads the functions' code: a zip.
#[cfg(feature = "aws")]
pub(crate) fn code(file: &Path) -> Result<Vec<u8>, CliError> {
    std::fs::read(file).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            CliError::usage(
                format!("there is no {}", file.display()),
                "Make it with 'cargo xtask package', or give the path of the zip with --code.",
            )
        } else {
            unreadable(file)(error)
        }
    })
}

/// Reads recorded accounts from a file.
pub(crate) fn snapshot(file: &Path) -> Result<Snapshot, CliError> {
    Snapshot::parse(&bytes(file)?).map_err(|error| not_a_snapshot(file, error))
}

/// The error for recorded accounts that cannot be parsed, or written.
pub(crate) fn not_a_snapshot(file: &Path, error: impl Display) -> CliError {
    CliError::usage(
        format!("{}: {error}", file.display()),
        "Record the account again with 'plumbline collect --output FILE'.",
    )
}

/// Reads an event of AWS Config from a file, or from standard input where the file is `-`.
#[cfg(feature = "aws")]
pub(crate) fn event(file: &Path) -> Result<Value, CliError> {
    serde_json::from_str(&text(file)?).map_err(|error| {
        CliError::usage(
            format!("{}: this is not JSON: {error}", file.display()),
            "Give an event as AWS Config sends it to a custom rule's function.",
        )
    })
}

/// Reads a file of parameters: by control id, or `*` for all controls.
pub(crate) fn parameters(file: &Path) -> Result<BTreeMap<String, Value>, CliError> {
    serde_json::from_slice(&bytes(file)?).map_err(|error| wrong_parameters(file, error))
}

/// The error for a file of parameters with a fault.
pub(crate) fn wrong_parameters(file: &Path, what: impl Display) -> CliError {
    CliError::usage(
        format!("{}: {what}", file.display()),
        "Give a JSON object of control ids, or * for all, with their parameters: {\"1.12\": \
         {\"maxCredentialUsageAge\": \"90\"}}.",
    )
}

/// The error for a file that is not a policy document.
pub(crate) fn not_a_policy(file: &Path, what: impl Display) -> CliError {
    CliError::usage(
        format!("{}: this is not a policy: {what}", file.display()),
        "Give the policy document alone, without what surrounds it in an answer of AWS.",
    )
}

/// Reads the report of a scan from a file.
pub(crate) fn report<R: serde::de::DeserializeOwned>(file: &Path) -> Result<R, CliError> {
    serde_json::from_slice(&bytes(file)?).map_err(|error| not_a_report(file, error))
}

/// The error for a file that is not the report of a scan.
pub(crate) fn not_a_report(file: &Path, what: impl Display) -> CliError {
    CliError::usage(
        format!("{}: this is not the report of a scan: {what}", file.display()),
        "Give two files that 'plumbline scan --format json=FILE' wrote.",
    )
}

#[cfg(feature = "aws")]
impl Advise for StoreError {
    fn advice(&self) -> String {
        Self::advice(self).to_owned()
    }

    fn code(&self) -> u8 {
        match self {
            Self::Location(_) | Self::Io { .. } | Self::TooLarge(_) => USAGE,
            Self::Aws { error, .. } => error.code(),
        }
    }
}
