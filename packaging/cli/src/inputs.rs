//! Reads the files that users give. Each error has its own advice.

use std::fmt::Display;
use std::io::Read;
use std::path::Path;

use chrono::Utc;
#[cfg(feature = "aws")]
use plumbline_aws::documents::{StoreError, read_document};
#[cfg(feature = "aws")]
use plumbline_aws::session::Session;
use plumbline_core::document::other_document;
use plumbline_core::register::Register;
use plumbline_core::snapshot::Snapshot;
use plumbline_core::text::hex;
use plumbline_rules::parameter_file::{GivenParameters, ParameterFileError};
use plumbline_rules::registry::CONTROLS;
#[cfg(feature = "aws")]
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::arguments::STDIN;
use crate::error::CliError;
#[cfg(feature = "aws")]
use crate::error::{Advise, USAGE};
use crate::terminal::print_error;

/// Creates the error for a file that cannot be read.
pub(crate) fn unreadable(file: &Path) -> impl Fn(std::io::Error) -> CliError {
    move |error| {
        CliError::usage(
            format!("cannot read '{}': {error}", file.display()),
            "Give the path of an existing file that you have permission to read.",
        )
    }
}

/// Rejects standard input for more than one file. `which` names the possible arguments.
pub(crate) fn check_stdin<'a>(
    files: impl IntoIterator<Item = Option<&'a Path>>,
    which: &str,
) -> Result<(), CliError> {
    let is_stdin = |file: &Option<&Path>| *file == Some(Path::new(STDIN));
    if files.into_iter().filter(is_stdin).count() > 1 {
        return Err(CliError::usage(
            "more than one file is read from standard input",
            format!("Give - for only one of {which}."),
        ));
    }
    Ok(())
}

/// Reads the raw content of a file, or of standard input if the file is `-`.
fn raw(file: &Path) -> Result<Vec<u8>, CliError> {
    if file != Path::new(STDIN) {
        return std::fs::read(file).map_err(unreadable(file));
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(unreadable(file))?;
    Ok(bytes)
}

/// Reads a file, or standard input if the file is `-`. The content must not be empty.
fn bytes(file: &Path) -> Result<Vec<u8>, CliError> {
    let bytes = decoded(raw(file)?).ok_or_else(|| not_text(file))?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(CliError::usage(
            match file.to_str() {
                Some(STDIN) => "standard input is empty".to_owned(),
                _ => format!("'{}' is empty", file.display()),
            },
            "Check the command that writes it, or give another file.",
        ));
    }
    Ok(bytes)
}

/// Converts a text from UTF-8 or UTF-16, which Windows PowerShell writes, to UTF-8 without a byte
/// order mark. Returns `None` for invalid UTF-16.
fn decoded(bytes: Vec<u8>) -> Option<Vec<u8>> {
    let units = |text: &[u8], unit: fn([u8; 2]) -> u16| {
        let pairs = text.chunks(2).map(|pair| pair.try_into().map(unit).ok());
        String::from_utf16(&pairs.collect::<Option<Vec<u16>>>()?).ok().map(String::into_bytes)
    };
    match bytes.as_slice() {
        [0xef, 0xbb, 0xbf, rest @ ..] => Some(rest.to_vec()),
        [0xff, 0xfe, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => units(rest, u16::from_be_bytes),
        [first, 0, ..] if *first != 0 => units(&bytes, u16::from_le_bytes),
        [0, second, ..] if *second != 0 => units(&bytes, u16::from_be_bytes),
        _ => Some(bytes),
    }
}

fn not_text(file: &Path) -> CliError {
    CliError::usage(
        format!("'{}' is encoded neither in UTF-8 nor in UTF-16", file.display()),
        "Save the file as UTF-8.",
    )
}

/// Reads a text from a file, or from standard input if the file is `-`.
pub(crate) fn text(file: &Path) -> Result<String, CliError> {
    String::from_utf8(bytes(file)?).map_err(|_| not_text(file))
}

/// Reads a text with its SHA-256.
pub(crate) fn text_and_sha256(file: &Path) -> Result<(String, String), CliError> {
    let bytes = bytes(file)?;
    let sha256 = sha256(&bytes);
    String::from_utf8(bytes).map(|text| (text, sha256)).map_err(|_| not_text(file))
}

/// Reads log events, optionally compressed with gzip.
pub(crate) fn log_events(file: &Path) -> Result<String, CliError> {
    let bytes = raw(file)?;
    let is_compressed = bytes.starts_with(&[0x1f, 0x8b]);
    let bytes = if is_compressed {
        let mut text = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice())
            .take(LARGEST_TEXT + 1)
            .read_to_end(&mut text)
            .map_err(unreadable(file))?;
        if u64::try_from(text.len()).is_ok_and(|length| length > LARGEST_TEXT) {
            return Err(CliError::usage(
                format!("'{}' contains more than 1 GiB of log events", file.display()),
                "Decompress the file and split it.",
            ));
        }
        text
    } else {
        decoded(bytes).ok_or_else(|| not_text(file))?
    };
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The maximum number of bytes to read from a compressed file.
const LARGEST_TEXT: u64 = 1 << 30;

/// The location that means no register.
pub(crate) const NO_REGISTER: &str = "none";

/// A register with its origin.
#[derive(Clone, Debug)]
pub(crate) struct LocatedRegister {
    pub(crate) register: Register,
    /// The file, or `s3://BUCKET/KEY`.
    pub(crate) location: String,
    /// The SHA-256 of the document.
    pub(crate) sha256: String,
}

impl LocatedRegister {
    /// Parses a register from a document.
    pub(crate) fn parse(location: &str, text: &[u8]) -> Result<Self, CliError> {
        let register = parse_register(location, text)?;
        Ok(Self { register, location: location.to_owned(), sha256: sha256(text) })
    }
}

/// Returns the SHA-256 of a document as hexadecimal digits.
pub(crate) fn sha256(text: &[u8]) -> String {
    hex(&Sha256::digest(text))
}

/// Reads a register from a file.
pub(crate) fn register(file: &Path) -> Result<LocatedRegister, CliError> {
    LocatedRegister::parse(&file.display().to_string(), &bytes(file)?)
}

/// Parses a register. `location` names it in errors.
fn parse_register(location: &str, text: &[u8]) -> Result<Register, CliError> {
    let controls = CONTROLS.iter().map(|control| control.registered());
    Register::parse(text, controls, Utc::now().date_naive()).map_err(|error| {
        CliError::usage(
            format!("{location}: {error}"),
            "Correct the register, then check it with 'plumbline register check FILE'. \
             docs/register.md describes the format.",
        )
    })
}

/// Warns about exceptions that waive all failures of a control in all accounts.
pub(crate) fn warn_of_sweeping(register: &Register) {
    for entry in register.sweeping(Utc::now().date_naive()) {
        print_error(&format!(
            "warning: {entry} of the register waives every failure of the control in every account"
        ));
    }
}

/// Reads a valid register as bytes.
#[cfg(feature = "aws")]
pub(crate) fn register_text(file: &Path) -> Result<Vec<u8>, CliError> {
    let text = bytes(file)?;
    warn_of_sweeping(&parse_register(&file.display().to_string(), &text)?);
    Ok(text)
}

/// Reads a register from a file or from `s3://BUCKET/KEY`.
#[cfg(feature = "aws")]
pub(crate) async fn register_at(
    session: &Session,
    location: &str,
) -> Result<LocatedRegister, CliError> {
    LocatedRegister::parse(location, &read_document(session, location, None).await?)
}

/// Reads the zip file with the function code.
#[cfg(feature = "aws")]
pub(crate) fn code(file: &Path) -> Result<Vec<u8>, CliError> {
    std::fs::read(file).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            CliError::usage(
                format!("'{}' does not exist", file.display()),
                "Give the path of the zip file of a release with --code, or create one with 'cargo \
                 xtask package'.",
            )
        } else {
            unreadable(file)(error)
        }
    })
}

/// Reads recorded accounts from a file, with the SHA-256 of the document.
pub(crate) fn snapshot(file: &Path) -> Result<(Snapshot, String), CliError> {
    let text = bytes(file)?;
    let snapshot = Snapshot::parse(&text).map_err(|error| not_a_snapshot(file, error))?;
    Ok((snapshot, sha256(&text)))
}

/// Creates the error for recorded accounts that cannot be parsed or written.
pub(crate) fn not_a_snapshot(file: &Path, error: impl Display) -> CliError {
    CliError::usage(
        format!("{}: {error}", file.display()),
        "Record the account again with 'plumbline collect --output FILE'.",
    )
}

/// Reads an AWS Config event from a file, or from standard input if the file is `-`.
#[cfg(feature = "aws")]
pub(crate) fn event(file: &Path) -> Result<Value, CliError> {
    serde_json::from_str(&text(file)?).map_err(|error| {
        CliError::usage(
            format!("'{}' is not valid JSON: {error}", file.display()),
            "Give an event that AWS Config sends to the function of a custom rule.",
        )
    })
}

/// Reads a file of parameters by control, or by `*` for all controls.
pub(crate) fn parameters(file: &Path) -> Result<GivenParameters, CliError> {
    GivenParameters::parse(&bytes(file)?).map_err(|error| {
        let advice = match &error {
            ParameterFileError::Form(_) => {
                "Give a JSON object with parameters by control ID, or by * for all controls: \
                 {\"1.12\": {\"maxCredentialUsageAge\": \"90\"}}."
                    .to_owned()
            }
            ParameterFileError::NoControl(_) => {
                "Run 'plumbline controls' to list IDs and slugs.".to_owned()
            }
            ParameterFileError::Parameter { control, .. } => {
                format!("Run 'plumbline explain {control}' to list its parameters.")
            }
        };
        CliError::usage(format!("{}: {error}", file.display()), advice)
    })
}

/// Creates the error for a file that is not a policy document.
pub(crate) fn not_a_policy(file: &Path, what: impl Display) -> CliError {
    CliError::usage(
        format!("'{}' is not a valid policy: {what}", file.display()),
        "Give a policy document, or the output of 'aws s3api get-bucket-policy', 'aws iam \
         get-policy-version' or 'aws iam get-role-policy'.",
    )
}

/// Reads the report of a scan from a file.
pub(crate) fn report<R: serde::de::DeserializeOwned>(file: &Path) -> Result<R, CliError> {
    report_and_sha256(file).map(|(report, _)| report)
}

/// Reads the report of a scan from a file, with the SHA-256 of the document.
pub(crate) fn report_and_sha256<R: serde::de::DeserializeOwned>(
    file: &Path,
) -> Result<(R, String), CliError> {
    let text = bytes(file)?;
    let report = serde_json::from_slice(&text).map_err(|error| match other_document(&text) {
        Some(what) => not_a_report(file, what),
        None => not_a_report(file, error),
    })?;
    Ok((report, sha256(&text)))
}

/// Creates the error for a file that is not a scan report.
pub(crate) fn not_a_report(file: &Path, what: impl Display) -> CliError {
    CliError::usage(
        format!("'{}' is not a scan report: {}", file.display(), in_words(&what.to_string())),
        "Give a file that 'plumbline scan --format json=FILE' wrote.",
    )
}

/// Rewords a message of the JSON parser without terms of Rust.
fn in_words(message: &str) -> String {
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    match missing {
        Some((name, place)) => format!("\"{name}\" is missing{place}"),
        None => message
            .replace("invalid type: map", "found an object")
            .replace("invalid type: sequence", "found an array")
            .replace("invalid type: ", "found ")
            .replace("unknown variant ", "unknown value ")
            .replace("expected a sequence", "expected an array")
            .replace("expected a map", "expected an object"),
    }
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

#[cfg(test)]
mod tests {
    use super::{decoded, in_words};

    #[test]
    fn messages_have_no_terms_of_rust() {
        for (message, expected) in [
            ("missing field `run` at line 1 column 2", "\"run\" is missing at line 1 column 2"),
            ("invalid type: map, expected a sequence", "found an object, expected an array"),
            ("its schema is 9", "its schema is 9"),
        ] {
            assert_eq!(in_words(message), expected);
        }
    }

    #[test]
    fn a_text_is_read_in_each_encoding() {
        let text = "{\"Sid\": \"Zürich 🚲\"}";
        let wide =
            |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let little = wide(u16::to_le_bytes);
        let big = wide(u16::to_be_bytes);
        let marked = |mark: &[u8], text: &[u8]| [mark, text].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            marked(b"\xef\xbb\xbf", text.as_bytes()),
            marked(b"\xff\xfe", &little),
            marked(b"\xfe\xff", &big),
            little.clone(),
            big,
        ] {
            assert_eq!(decoded(bytes).as_deref(), Some(text.as_bytes()));
        }
        assert_eq!(decoded(marked(b"\xff\xfe", b"{")), None, "half a character");
        assert_eq!(decoded(marked(b"\xff\xfe", &[0, 0xd8])), None, "half a pair");
        assert_eq!(decoded(Vec::new()), Some(Vec::new()));
    }
}
