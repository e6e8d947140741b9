//! The credential report of IAM, and the parser of its CSV.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The credential report. IAM generates a new one at most every four hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialReport {
    /// When IAM generated it.
    pub generated: DateTime<Utc>,
    /// The credentials by ARN. The ARN of the root user is `arn:PARTITION:iam::ACCOUNT:root`.
    pub rows: BTreeMap<String, Credentials>,
    /// The rows that cannot be parsed, by ARN, each with the error.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unreadable: BTreeMap<String, String>,
}

/// A time in the credential report, or one of the three values that stand for no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stamp {
    /// The time.
    At(DateTime<Utc>),
    /// `N/A`: it never happened, or the credential does not exist.
    NotApplicable,
    /// `no_information`: AWS did not record it, or it never happened.
    NoInformation,
    /// `not_supported`: the column does not exist for this principal.
    NotSupported,
}

impl Stamp {
    /// The time, if there is one.
    pub fn time(self) -> Option<DateTime<Utc>> {
        match self {
            Self::At(time) => Some(time),
            Self::NotApplicable | Self::NoInformation | Self::NotSupported => None,
        }
    }
}

/// One row of the credential report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// The user's name, `<root_account>` for the root user.
    pub name: String,
    /// When the user was created, to the second: names and ARNs are reused when users are created
    /// or renamed. Snapshots of earlier versions lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<DateTime<Utc>>,
    /// Whether a console password is enabled; absent if the report states `not_supported` or `N/A`.
    pub password_enabled: Option<bool>,
    /// When the password was last used.
    pub password_used: Stamp,
    /// When the password was last changed.
    pub password_changed: Stamp,
    /// Whether an MFA device is active; absent if the report states neither true nor false.
    pub mfa_active: Option<bool>,
    /// The two access keys.
    pub keys: [AccessKey; 2],
    /// The text of `additional_credentials_info` about other credentials; absent if it is empty or
    /// `N/A`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional: Option<String>,
}

/// An access key in the credential report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// Whether it is active; absent if the report states neither true nor false.
    pub active: Option<bool>,
    /// When it was created or last rotated.
    pub rotated: Stamp,
    /// When it was last used.
    pub used: Stamp,
}

/// The credential report does not have the documented format.
#[derive(Debug, Error)]
pub enum CredentialReportError {
    /// The report is not a table.
    #[error("the credential report is not CSV: {0}")]
    Csv(#[from] csv::Error),
    /// A column is missing.
    #[error("the credential report has no column '{0}'")]
    NoColumn(&'static str),
    /// A value is not one of the documented values.
    #[error("the credential report has the invalid value '{value}' in column '{column}'")]
    Value {
        /// The column.
        column: &'static str,
        /// The value.
        value: String,
    },
    /// A row has a different number of values than the header.
    #[error("the credential report has {values} values for {columns} columns in row '{row}'")]
    Width {
        /// The number of values.
        values: usize,
        /// The number of columns.
        columns: usize,
        /// The start of the row.
        row: String,
    },
}

impl CredentialReport {
    /// Parses the CSV of AWS. An invalid row does not affect the others.
    pub fn parse(generated: DateTime<Utc>, content: &[u8]) -> Result<Self, CredentialReportError> {
        let mut table = csv::ReaderBuilder::new().flexible(true).from_reader(content);
        let columns = Columns::find(table.headers()?)?;
        let (mut rows, mut unreadable) = (BTreeMap::new(), BTreeMap::new());
        let mut record = csv::StringRecord::new();
        while table.read_record(&mut record)? {
            let arn = columns.arn_of(&record);
            match columns.credentials(&record) {
                Ok(_) if rows.contains_key(&arn) => {
                    unreadable.insert(arn, "the credential report lists it twice".to_owned());
                }
                Ok(row) => {
                    rows.insert(arn, row);
                }
                Err(why) => {
                    unreadable.insert(arn, why.to_string());
                }
            }
        }
        rows.retain(|arn, _| !unreadable.contains_key(arn));
        Ok(Self { generated, rows, unreadable })
    }
}

/// The name and position of a column.
#[derive(Clone, Copy)]
struct Column(&'static str, usize);

impl Column {
    fn find(
        headers: &csv::StringRecord,
        name: &'static str,
    ) -> Result<Self, CredentialReportError> {
        headers
            .iter()
            .position(|header| header == name)
            .map(|at| Self(name, at))
            .ok_or(CredentialReportError::NoColumn(name))
    }

    fn of(self, record: &csv::StringRecord) -> Result<&str, CredentialReportError> {
        record.get(self.1).ok_or(CredentialReportError::NoColumn(self.0))
    }

    fn wrong(self, value: &str) -> CredentialReportError {
        CredentialReportError::Value { column: self.0, value: value.chars().take(40).collect() }
    }

    fn flag(self, record: &csv::StringRecord) -> Result<Option<bool>, CredentialReportError> {
        let value = self.of(record)?;
        match value.to_ascii_lowercase().as_str() {
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            _ => Ok(None),
        }
    }

    fn stamp(self, record: &csv::StringRecord) -> Result<Stamp, CredentialReportError> {
        let value = self.of(record)?;
        match value.to_ascii_lowercase().as_str() {
            "n/a" => Ok(Stamp::NotApplicable),
            "no_information" => Ok(Stamp::NoInformation),
            "not_supported" => Ok(Stamp::NotSupported),
            _ => DateTime::parse_from_rfc3339(value)
                .map(|time| Stamp::At(time.to_utc()))
                .map_err(|_| self.wrong(value)),
        }
    }
}

struct Columns {
    count: usize,
    additional: Option<Column>,
    user: Column,
    arn: Column,
    created: Column,
    password_enabled: Column,
    password_used: Column,
    password_changed: Column,
    mfa_active: Column,
    keys: [(Column, Column, Column); 2],
}

impl Columns {
    fn find(headers: &csv::StringRecord) -> Result<Self, CredentialReportError> {
        let find = |name| Column::find(headers, name);
        Ok(Self {
            count: headers.len(),
            additional: find("additional_credentials_info").ok(),
            user: find("user")?,
            arn: find("arn")?,
            created: find("user_creation_time")?,
            password_enabled: find("password_enabled")?,
            password_used: find("password_last_used")?,
            password_changed: find("password_last_changed")?,
            mfa_active: find("mfa_active")?,
            keys: [
                (
                    find("access_key_1_active")?,
                    find("access_key_1_last_rotated")?,
                    find("access_key_1_last_used_date")?,
                ),
                (
                    find("access_key_2_active")?,
                    find("access_key_2_last_rotated")?,
                    find("access_key_2_last_used_date")?,
                ),
            ],
        })
    }

    /// The ARN of a row. A comma in a user name, which IAM allows, splits name and ARN at the same
    /// position if it is not quoted.
    fn arn_of(&self, record: &csv::StringRecord) -> String {
        let value = |at: usize| record.get(at).unwrap_or_default();
        let commas = record.len().saturating_sub(self.count) / 2;
        if (self.user.1, self.arn.1) != (0, 1) || commas == 0 {
            return value(self.arn.1).to_owned();
        }
        (commas + 1..=2 * commas + 1).map(value).collect::<Vec<_>>().join(",")
    }

    fn credentials(
        &self,
        record: &csv::StringRecord,
    ) -> Result<Credentials, CredentialReportError> {
        if record.len() != self.count {
            return Err(CredentialReportError::Width {
                values: record.len(),
                columns: self.count,
                row: record.iter().take(4).collect::<Vec<_>>().join(",").chars().take(80).collect(),
            });
        }
        let additional = self.additional.map(|column| column.of(record)).transpose()?;
        let key = |(active, rotated, used): (Column, Column, Column)| {
            Ok::<_, CredentialReportError>(AccessKey {
                active: active.flag(record)?,
                rotated: rotated.stamp(record)?,
                used: used.stamp(record)?,
            })
        };
        let [first, second] = self.keys;
        Ok(Credentials {
            name: self.user.of(record)?.to_owned(),
            created: self.created.stamp(record)?.time(),
            password_enabled: self.password_enabled.flag(record)?,
            password_used: self.password_used.stamp(record)?,
            password_changed: self.password_changed.stamp(record)?,
            mfa_active: self.mfa_active.flag(record)?,
            keys: [key(first)?, key(second)?],
            additional: additional
                .map(str::trim)
                .filter(|text| !text.is_empty() && !text.eq_ignore_ascii_case("n/a"))
                .map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,\
        access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
        access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,\
        cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n";
    const ROOT: &str = "<root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00+00:00,not_supported,2026-01-01T00:00:00+00:00,not_supported,not_supported,true,\
        false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n";
    const ALICE: &str = "alice,arn:aws:iam::111122223333:user/ops/alice,2020-01-01T00:00:00+00:00,TRUE,no_information,2026-01-02T03:04:05+00:00,N/A,false,\
        true,2026-01-02T03:04:05Z,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n";

    fn parse(text: &str) -> Result<CredentialReport, CredentialReportError> {
        CredentialReport::parse(DateTime::<Utc>::UNIX_EPOCH, text.as_bytes())
    }

    #[test]
    fn the_three_kinds_of_nothing_stay_apart() {
        let report = parse(&format!("{HEADER}{ROOT}{ALICE}")).expect("parses");
        let root = report.rows.get("arn:aws:iam::111122223333:root").expect("root");
        assert_eq!(
            (root.password_enabled, root.password_changed, root.keys[0].used),
            (None, Stamp::NotSupported, Stamp::NotApplicable)
        );
        let alice = report.rows.get("arn:aws:iam::111122223333:user/ops/alice").expect("alice");
        assert_eq!(
            (alice.password_enabled, alice.password_used),
            (Some(true), Stamp::NoInformation)
        );
        assert!(matches!(
            alice.keys[0],
            AccessKey { active: Some(true), rotated: Stamp::At(_), used: Stamp::NotApplicable }
        ));
    }

    #[test]
    fn what_is_not_a_report_is_refused() {
        assert!(matches!(parse(""), Err(CredentialReportError::NoColumn("user"))));
        assert!(matches!(parse("<html>"), Err(CredentialReportError::NoColumn("user"))));
    }

    #[test]
    fn rows_stand_or_fall_alone() {
        let arn = "arn:aws:iam::111122223333:user/ops/alice";
        let bob = ALICE.replace("alice", "bob");
        let why = |rows: &str, arn: &str| {
            let report = parse(&format!("{HEADER}{bob}{rows}")).expect("parses");
            assert!(report.rows.contains_key("arn:aws:iam::111122223333:user/ops/bob"));
            assert!(!report.rows.contains_key(arn));
            report.unreadable.get(arn).cloned().expect("a row that cannot be parsed")
        };
        assert!(why("alice,arn\n", "arn").contains("2 values for 22 columns"));
        assert!(why(&format!("{ALICE}{ALICE}"), arn).contains("twice"));
        let unknown = ALICE.replace("no_information", "yesterday");
        assert!(why(&unknown, arn).contains("'yesterday' in column 'password_last_used'"));
        let comma = ALICE.replace("alice", "li,alice");
        assert!(why(&comma, "arn:aws:iam::111122223333:user/ops/li,alice").contains("24 values"));
    }

    #[test]
    fn flags_and_further_credentials() {
        let arn = "arn:aws:iam::111122223333:user/ops/alice";
        let header = HEADER.replace('\n', ",additional_credentials_info\n");
        let row = |flag: &str, info: &str| {
            let row = ALICE
                .replace("false,N/A,N/A,N/A,N/A,false", &format!("{flag},N/A,N/A,N/A,N/A,false"));
            let text = format!("{header}{}", row.replace('\n', &format!(",{info}\n")));
            parse(&text).expect("parses").rows.remove(arn).expect("alice")
        };
        assert_eq!(row("not_supported", "N/A").keys[1].active, None);
        assert_eq!(row("false", "N/A").additional, None);
        assert_eq!(row("false", "").additional, None);
        assert_eq!(row("false", "1 more key").additional.as_deref(), Some("1 more key"));
    }
}
