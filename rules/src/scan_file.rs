//! `plumbline.toml`: what a team scans, by which rules, and when that fails.

use std::path::PathBuf;

use plumbline_core::aws::AccountId;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::parameter_file::{GivenParameters, ParameterFileError};

/// The version of the file's form.
pub const SCHEMA: u32 = 1;

/// What a value is.
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

/// A key, with the table it stands in; none at the top.
#[derive(Clone, Copy, Debug)]
pub struct FileKey {
    /// The table.
    pub table: Option<&'static str>,
    /// Its name.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// What it stands for.
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

/// All keys besides `schema`.
pub const KEYS: [FileKey; 16] = [
    key(None, "docs_url", Kind::Text, "Where the pages of the controls are: an https URL"),
    key(None, "register", Kind::Text, "As --register: a file, s3://BUCKET/KEY, or none"),
    key(None, "formats", Kind::Texts, "As --format: FORMAT or FORMAT=FILE"),
    key(None, "parameters", Kind::Parameters, "Parameters by control, or by * for all"),
    key(Some("target"), "organization", Kind::Truth, "As --organization"),
    key(Some("target"), "accounts", Kind::Texts, "As --account"),
    key(Some("target"), "regions", Kind::Texts, "As --region"),
    key(Some("target"), "role_name", Kind::Text, "As --role-name"),
    key(Some("target"), "home_region", Kind::Text, "As --home-region"),
    key(Some("target"), "profile", Kind::Text, "As --profile"),
    key(Some("controls"), "include", Kind::Texts, "As --control"),
    key(Some("controls"), "exclude", Kind::Texts, "As --exclude"),
    key(Some("controls"), "level", Kind::Level, "As --level"),
    key(Some("gate"), "fail_on", Kind::Texts, "As --fail-on"),
    key(Some("gate"), "fail_on_severity", Kind::Text, "As --fail-on-severity"),
    key(Some("gate"), "baseline", Kind::Text, "As --baseline"),
];

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanFile {
    schema: u32,
    /// Where the pages of the controls are.
    pub docs_url: Option<String>,
    /// Where the register is.
    pub register: Option<String>,
    /// What is written, and where to.
    #[serde(default)]
    pub formats: Vec<String>,
    #[serde(default)]
    parameters: Value,
    /// What is scanned.
    #[serde(default)]
    pub target: TargetTable,
    /// Which controls run.
    #[serde(default)]
    pub controls: ControlsTable,
    /// When the scan fails.
    #[serde(default)]
    pub gate: GateTable,
}

/// What is scanned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetTable {
    /// All accounts of the organization.
    #[serde(default)]
    pub organization: bool,
    /// These accounts.
    #[serde(default)]
    pub accounts: Vec<AccountId>,
    /// These Regions.
    #[serde(default)]
    pub regions: Vec<String>,
    /// The role to assume in each account.
    pub role_name: Option<String>,
    /// The Region in which global controls run.
    pub home_region: Option<String>,
    /// A profile of the AWS configuration files.
    pub profile: Option<String>,
}

/// Which controls run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlsTable {
    /// Only these.
    #[serde(default)]
    pub include: Vec<String>,
    /// All but these.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Only those of the level.
    pub level: Option<u8>,
}

/// When the scan fails.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateTable {
    /// The gates.
    #[serde(default)]
    pub fail_on: Vec<String>,
    /// The least severity.
    pub fail_on_severity: Option<String>,
    /// An earlier report whose failures are known.
    pub baseline: Option<PathBuf>,
}

/// The file cannot be used.
#[derive(Debug, Error)]
pub enum ScanFileError {
    /// It is not TOML of the expected form.
    #[error("line {line}: {what}")]
    Form {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
        /// A key that is not known.
        unknown: Option<String>,
    },
    /// It was written for another version.
    #[error("it has schema {0}, this version reads schema {SCHEMA}")]
    Schema(u32),
    /// The parameters are wrong.
    #[error("parameters: {0}")]
    Parameters(#[from] ParameterFileError),
    /// What does not go together.
    #[error("{0}")]
    Together(&'static str),
}

impl ScanFile {
    /// Reads a file.
    ///
    /// # Errors
    /// It is not TOML, has a key that is not known, or a value that is not valid.
    pub fn parse(text: &str) -> Result<Self, ScanFileError> {
        let file: Self = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or_default();
            let what = error.message().replace('\n', " ");
            let unknown = what.strip_prefix("unknown field `");
            let unknown = unknown.and_then(|rest| Some(rest.split_once('`')?.0.to_owned()));
            let line = before.matches('\n').count() + 1;
            let what =
                unknown.as_ref().map_or(what.clone(), |key| format!("no key is called {key}"));
            ScanFileError::Form { line, what, unknown }
        })?;
        if file.schema != SCHEMA {
            return Err(ScanFileError::Schema(file.schema));
        }
        if file.target.organization && !file.target.accounts.is_empty() {
            return Err(ScanFileError::Together("target: give organization or accounts, not both"));
        }
        let needs_role = file.target.organization || !file.target.accounts.is_empty();
        if needs_role && file.target.role_name.is_none() {
            return Err(ScanFileError::Together(
                "target: accounts are read with a role: role_name",
            ));
        }
        file.parameters()?;
        Ok(file)
    }

    /// The parameters of controls.
    ///
    /// # Errors
    /// They are not valid.
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
        ScanFile::parse(text).expect_err("refused").to_string()
    }

    /// A valid value of a kind, in TOML.
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
                // Accounts are read with a role.
                Some("target") if key.name == "accounts" => {
                    format!("target = {{ accounts = {}, role_name = \"r\" }}", value(&key))
                }
                Some(table) => format!("{table} = {{ {} = {} }}", key.name, value(&key)),
            };
            ScanFile::parse(&format!("schema = 1\n{line}\n")).expect(&line);
            let wrong = line.replace(key.name, &format!("{}x", key.name));
            assert!(
                error(&format!("schema = 1\n{wrong}\n")).contains("no key is called"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        assert_eq!(error("schema = 1\n\nregistr = \"a\""), "line 3: no key is called registr");
        assert_eq!(error("schema = 2"), "it has schema 2, this version reads schema 1");
        assert!(error("register = \"a\"").contains("missing field `schema`"));
        assert!(error("schema = 1\nregister =").starts_with("line 2: "));
        let wrong = error("schema = 1\n[parameters]\n\"9.9\" = { a = 1 }");
        assert_eq!(wrong, "parameters: there is no control '9.9'");
        let both = "schema = 1\n[target]\norganization = true\naccounts = [\"111122223333\"]\n\
                    role_name = \"Audit\"";
        assert!(error(both).contains("not both"));
        assert!(error("schema = 1\n[target]\norganization = true").contains("role_name"));
    }
}
