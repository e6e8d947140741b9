//! `plumbline.toml`: the configuration file of scans.

use std::path::PathBuf;

use plumbline_core::aws::AccountId;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::parameter_file::{GivenParameters, ParameterFileError};

/// The version of the file format.
pub const SCHEMA: u32 = 1;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// True or false.
    Truth,
    /// 1 or 2.
    Level,
    /// Parameters by control.
    Parameters,
}

/// A key with its table, or without a table at the top level.
#[derive(Clone, Copy, Debug)]
pub struct FileKey {
    /// The table.
    pub table: Option<&'static str>,
    /// The name of the key.
    pub name: &'static str,
    /// The type of its value.
    pub kind: Kind,
    /// The description of the key.
    pub doc: &'static str,
}

const fn key(
    table: Option<&'static str>,
    name: &'static str,
    kind: Kind,
    doc: &'static str,
) -> FileKey {
    FileKey { table, name, kind, doc }
}

/// All keys except `schema`.
pub const KEYS: [FileKey; 16] = [
    key(None, "docs_url", Kind::Text, "HTTPS URL of the pages of the controls"),
    key(None, "register", Kind::Text, "Same as --register: a file, s3://BUCKET/KEY, or none"),
    key(None, "formats", Kind::Texts, "Same as --format: FORMAT or FORMAT=FILE"),
    key(None, "parameters", Kind::Parameters, "Parameters by control, or by * for all controls"),
    key(Some("target"), "organization", Kind::Truth, "Same as --organization"),
    key(Some("target"), "accounts", Kind::Texts, "Same as --account"),
    key(Some("target"), "regions", Kind::Texts, "Same as --region"),
    key(Some("target"), "role_name", Kind::Text, "Same as --role-name"),
    key(Some("target"), "home_region", Kind::Text, "Same as --home-region"),
    key(Some("target"), "profile", Kind::Text, "Same as --profile"),
    key(Some("controls"), "include", Kind::Texts, "Same as --control"),
    key(Some("controls"), "exclude", Kind::Texts, "Same as --exclude"),
    key(Some("controls"), "level", Kind::Level, "Same as --level"),
    key(Some("gate"), "fail_on", Kind::Texts, "Same as --fail-on"),
    key(Some("gate"), "fail_on_severity", Kind::Text, "Same as --fail-on-severity"),
    key(Some("gate"), "baseline", Kind::Text, "Same as --baseline"),
];

/// The content of the file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanFile {
    schema: u32,
    /// The URL of the pages of the controls.
    pub docs_url: Option<String>,
    /// The location of the register.
    pub register: Option<String>,
    /// The formats and files of the output.
    #[serde(default)]
    pub formats: Vec<String>,
    #[serde(default)]
    parameters: Value,
    /// The accounts and Regions to scan.
    #[serde(default)]
    pub target: TargetTable,
    /// The controls to run.
    #[serde(default)]
    pub controls: ControlsTable,
    /// The conditions under which the scan fails.
    #[serde(default)]
    pub gate: GateTable,
}

/// The accounts and Regions to scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetTable {
    /// Whether all accounts of the organization are scanned.
    #[serde(default)]
    pub organization: bool,
    /// The accounts to scan.
    #[serde(default)]
    pub accounts: Vec<AccountId>,
    /// The Regions to scan.
    #[serde(default)]
    pub regions: Vec<String>,
    /// The role to assume in each account.
    pub role_name: Option<String>,
    /// The Region in which global controls run.
    pub home_region: Option<String>,
    /// A profile of the AWS configuration files.
    pub profile: Option<String>,
}

/// The controls to run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlsTable {
    /// Runs only these controls.
    #[serde(default)]
    pub include: Vec<String>,
    /// Runs all controls except these.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Runs only the controls of this level.
    pub level: Option<u8>,
}

/// The conditions under which the scan fails.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateTable {
    /// The outcomes that fail the scan.
    #[serde(default)]
    pub fail_on: Vec<String>,
    /// The lowest severity that fails the scan.
    pub fail_on_severity: Option<String>,
    /// An earlier report whose failures are known.
    pub baseline: Option<PathBuf>,
}

/// The file is invalid.
#[derive(Debug, Error)]
pub enum ScanFileError {
    /// It is not TOML of the expected form.
    #[error("line {line}: {what}")]
    Form {
        /// The line, from 1.
        line: usize,
        /// The error.
        what: String,
        /// The unknown key, if any.
        unknown: Option<String>,
    },
    /// Its schema is for another version.
    #[error("schema {0} is not supported; this version reads schema {SCHEMA}")]
    Schema(u32),
    /// The parameters are invalid.
    #[error("parameters: {0}")]
    Parameters(#[from] ParameterFileError),
    /// Two settings exclude each other, or one requires another.
    #[error("{0}")]
    Together(&'static str),
}

impl ScanFile {
    /// Reads a file.
    ///
    /// # Errors
    /// The text is not TOML, or has an unknown key or an invalid value.
    pub fn parse(text: &str) -> Result<Self, ScanFileError> {
        let file: Self = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or_default();
            let what = error.message().replace('\n', " ");
            let unknown = what.strip_prefix("unknown field `");
            let unknown = unknown.and_then(|rest| Some(rest.split_once('`')?.0.to_owned()));
            let line = before.matches('\n').count() + 1;
            let missing =
                what.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
            let what = match (&unknown, missing) {
                (Some(key), _) => format!("unknown key '{key}'"),
                (None, Some((key, _))) => format!("the key '{key}' is missing"),
                (None, None) => what.clone(),
            };
            ScanFileError::Form { line, what, unknown }
        })?;
        if file.schema != SCHEMA {
            return Err(ScanFileError::Schema(file.schema));
        }
        if file.target.organization && !file.target.accounts.is_empty() {
            return Err(ScanFileError::Together(
                "target: organization and accounts exclude each other; set one of them",
            ));
        }
        let needs_role = file.target.organization || !file.target.accounts.is_empty();
        if needs_role && file.target.role_name.is_none() {
            return Err(ScanFileError::Together(
                "target: organization and accounts require role_name",
            ));
        }
        file.parameters()?;
        Ok(file)
    }

    /// Returns the parameters of controls.
    ///
    /// # Errors
    /// The parameters are invalid.
    pub fn parameters(&self) -> Result<GivenParameters, ParameterFileError> {
        let given = match &self.parameters {
            Value::Null => json!({}),
            given => given.clone(),
        };
        GivenParameters::parse(given.to_string().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        ScanFile::parse(text).expect_err("an error").to_string()
    }

    /// Returns a valid value for a key, in TOML.
    fn value(key: &FileKey) -> &'static str {
        match (key.kind, key.name) {
            (Kind::Text, _) => "\"text\"",
            (Kind::Texts, "accounts") => "[\"111122223333\"]",
            (Kind::Texts, _) => "[\"text\"]",
            (Kind::Truth, _) => "false",
            (Kind::Level, _) => "1",
            (Kind::Parameters, _) => "{ \"1.12\" = { maxCredentialUsageAge = 30 } }",
        }
    }

    #[test]
    fn every_key_is_read_and_no_other() {
        for key in KEYS {
            let line = match key.table {
                None => format!("{} = {}", key.name, value(&key)),
                // Accounts require a role.
                Some("target") if key.name == "accounts" => {
                    format!("target = {{ accounts = {}, role_name = \"r\" }}", value(&key))
                }
                Some(table) => format!("{table} = {{ {} = {} }}", key.name, value(&key)),
            };
            ScanFile::parse(&format!("schema = 1\n{line}\n")).expect(&line);
            let wrong = line.replace(key.name, &format!("{}x", key.name));
            assert!(error(&format!("schema = 1\n{wrong}\n")).contains("unknown key"), "{wrong}");
        }
    }

    #[test]
    fn errors_state_the_line() {
        assert_eq!(error("schema = 1\n\nregistr = \"a\""), "line 3: unknown key 'registr'");
        assert_eq!(error("schema = 2"), "schema 2 is not supported; this version reads schema 1");
        assert!(error("register = \"a\"").contains("the key 'schema' is missing"));
        assert!(error("schema = 1\nregister =").starts_with("line 2: "));
        let wrong = error("schema = 1\n[parameters]\n\"9.9\" = { a = 1 }");
        assert_eq!(wrong, "parameters: unknown control '9.9'");
        let both = "schema = 1\n[target]\norganization = true\naccounts = [\"111122223333\"]\n\
                    role_name = \"Audit\"";
        assert!(error(both).contains("exclude each other"));
        assert!(error("schema = 1\n[target]\norganization = true").contains("role_name"));
    }
}
