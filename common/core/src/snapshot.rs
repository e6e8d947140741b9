//! Snapshots: recorded facts of accounts, to be evaluated again without AWS.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;

use crate::answer::ReadError;
use crate::aws::{AccountId, AccountNames, Partition, is_region_name};
use crate::document::{other_document, parse_error};
use crate::fact::{Facts, Key};
use crate::facts::{Fact, FactKind};

/// The version of the snapshot format.
pub const SCHEMA: u32 = 1;

/// Recorded accounts.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// When they were recorded.
    pub recorded_at: DateTime<Utc>,
    /// The ARN of the credentials that recorded them. Absent in snapshots of earlier versions.
    pub recorded_by: Option<String>,
    /// The Regions to which the recording was limited. Empty if it covered all Regions, or if an
    /// earlier version recorded it.
    pub regions_limited_to: Vec<String>,
    /// The accounts.
    pub accounts: Vec<RecordedAccount>,
}

/// A recorded account.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedAccount {
    /// The account.
    pub account_id: AccountId,
    /// Its names, for reports only. Absent in snapshots of earlier versions.
    pub names: AccountNames,
    /// Its partition.
    pub partition: Partition,
    /// The Region in which global controls run.
    pub home_region: String,
    /// The Regions that were recorded.
    pub regions: Vec<String>,
    /// Why there may be more Regions: they could not be listed.
    pub regions_unread: Option<ReadError>,
    /// The facts that were read.
    pub facts: Facts,
}

/// The file is not a snapshot.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// The file does not have the expected format.
    #[error("the snapshot is not JSON in the expected format: {}", parse_error(&.0.to_string()))]
    Form(#[from] serde_json::Error),
    /// The file is another document.
    #[error("this is not a snapshot: {0}")]
    Other(&'static str),
    /// Another version wrote the file.
    #[error(
        "the snapshot has schema {0}: this version reads schema {SCHEMA}; record it again with \
         'plumbline collect'"
    )]
    Schema(u32),
    /// The snapshot contains nothing.
    #[error("the snapshot contains no account, or an account without Regions")]
    Empty,
    /// An account is recorded twice.
    #[error("the snapshot contains account {0} twice")]
    Twice(AccountId),
    /// A Region of an account is not a Region, or is listed twice.
    #[error("in account {account} of the snapshot, '{region}' is not a Region, or is listed twice")]
    Region {
        /// The account.
        account: AccountId,
        /// The Region.
        region: String,
    },
    /// A fact is recorded twice.
    #[error("the snapshot contains fact {key} of account {account} twice")]
    FactTwice {
        /// The account.
        account: AccountId,
        /// The fact.
        key: Box<Key>,
    },
    /// A fact does not match its name.
    #[error(
        "fact {key} of account {account} in the snapshot is invalid: {}",
        parse_error(&error.to_string())
    )]
    Fact {
        /// The account.
        account: AccountId,
        /// The fact.
        key: Box<Key>,
        /// What is wrong.
        error: serde_json::Error,
    },
}

#[derive(Serialize, Deserialize)]
struct File {
    schema: u32,
    recorded_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recorded_by: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    regions_limited_to: Vec<String>,
    accounts: Vec<FileAccount>,
}

#[derive(Serialize, Deserialize)]
struct FileAccount {
    account_id: AccountId,
    #[serde(default, skip_serializing_if = "AccountNames::is_empty")]
    names: AccountNames,
    partition: Partition,
    home_region: String,
    regions: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    regions_unread: Option<ReadError>,
    facts: Vec<FileFact>,
}

/// A fact with its key: either `value` or `unread` is present.
#[derive(Serialize, Deserialize)]
struct FileFact {
    fact: FactKind,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    region: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    value: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unread: Option<ReadError>,
}

/// A value that is present, `null` included: in some facts `null` means that AWS has no value.
fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(from).map(Some)
}

/// The error for a document that is not a snapshot.
fn not_a_snapshot(text: &[u8], error: serde_json::Error) -> SnapshotError {
    other_document(text).map_or_else(|| error.into(), SnapshotError::Other)
}

impl Snapshot {
    /// Parses a snapshot file.
    pub fn parse(text: &[u8]) -> Result<Self, SnapshotError> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let Version { schema } =
            serde_json::from_slice(text).map_err(|error| not_a_snapshot(text, error))?;
        if schema != SCHEMA {
            return Err(SnapshotError::Schema(schema));
        }
        let mut file: File = serde_json::from_slice(text)?;
        if file.accounts.is_empty()
            || file.accounts.iter().any(|account| account.regions.is_empty())
        {
            return Err(SnapshotError::Empty);
        }
        let mut seen = std::collections::BTreeSet::new();
        if let Some(account) =
            file.accounts.iter().find(|account| !seen.insert(&account.account_id))
        {
            return Err(SnapshotError::Twice(account.account_id.clone()));
        }
        for FileAccount { account_id, home_region, regions, .. } in &file.accounts {
            let mut seen = std::collections::BTreeSet::new();
            let mut wrong = (!is_region_name(home_region)).then_some(home_region);
            for region in regions {
                if !is_region_name(region) || !seen.insert(region) {
                    wrong = Some(region);
                }
            }
            if let Some(region) = wrong {
                return Err(SnapshotError::Region {
                    account: account_id.clone(),
                    region: region.clone(),
                });
            }
        }
        let recorded = std::mem::take(&mut file.accounts).into_iter();
        let accounts = recorded.map(RecordedAccount::from_file).collect::<Result<_, _>>()?;
        let File { recorded_at, recorded_by, regions_limited_to, .. } = file;
        Ok(Self { recorded_at, recorded_by, regions_limited_to, accounts })
    }

    /// Writes a snapshot file.
    pub fn write(&self, to: impl std::io::Write) -> Result<(), SnapshotError> {
        let accounts =
            self.accounts.iter().map(RecordedAccount::to_file).collect::<Result<_, _>>()?;
        serde_json::to_writer(
            to,
            &File {
                schema: SCHEMA,
                recorded_at: self.recorded_at,
                recorded_by: self.recorded_by.clone(),
                regions_limited_to: self.regions_limited_to.clone(),
                accounts,
            },
        )?;
        Ok(())
    }
}

impl RecordedAccount {
    fn from_file(file: FileAccount) -> Result<Self, SnapshotError> {
        let FileAccount {
            account_id,
            names,
            partition,
            home_region,
            regions,
            regions_unread,
            facts: recorded,
        } = file;
        let mut facts = Facts::default();
        for FileFact { fact: kind, region, id, value, unread } in recorded {
            let key = Key { kind, region, id };
            let answer = match (value, unread) {
                (Some(value), None) => match Fact::from_json(kind, &value) {
                    Ok(fact) => Ok(fact),
                    Err(error) => {
                        return Err(SnapshotError::Fact {
                            account: account_id,
                            key: Box::new(key),
                            error,
                        });
                    }
                },
                (None, Some(unread)) => Err(unread),
                (Some(_), Some(_)) | (None, None) => {
                    let error = serde::de::Error::custom("a fact needs either 'value' or 'unread'");
                    return Err(SnapshotError::Fact {
                        account: account_id,
                        key: Box::new(key),
                        error,
                    });
                }
            };
            // It would be unclear which of the two counts.
            if facts.get(&key).is_some() {
                return Err(SnapshotError::FactTwice { account: account_id, key: Box::new(key) });
            }
            facts.insert(key, answer);
        }
        Ok(Self { account_id, names, partition, home_region, regions, regions_unread, facts })
    }

    fn to_file(&self) -> Result<FileAccount, SnapshotError> {
        let fact = |(key, answer): (&Key, &crate::answer::Answer<Fact>)| {
            let Key { kind, region, id } = key.clone();
            let (value, unread) = match answer {
                Ok(fact) => (Some(fact.to_json()?), None),
                Err(unread) => (None, Some(unread.clone())),
            };
            Ok::<_, SnapshotError>(FileFact { fact: kind, region, id, value, unread })
        };
        Ok(FileAccount {
            account_id: self.account_id.clone(),
            names: self.names.clone(),
            partition: self.partition,
            home_region: self.home_region.clone(),
            regions: self.regions.clone(),
            regions_unread: self.regions_unread.clone(),
            facts: self.facts.iter().map(fact).collect::<Result<_, _>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Cause;
    use crate::facts::{BucketVersioning, FactKind, SecurityContact};

    #[test]
    fn what_is_written_is_read_again() {
        let mut facts = Facts::default();
        facts.insert(
            Key::resource(FactKind::BucketVersioning, "us-east-1", "b"),
            Ok(BucketVersioning::default().into()),
        );
        facts.insert(Key::account(FactKind::SecurityContact), Ok(SecurityContact(None).into()));
        facts.insert(
            Key::account(FactKind::Buckets),
            Err(ReadError::new("s3:ListBuckets", Cause::Denied, "AccessDenied")),
        );
        let snapshot = Snapshot {
            recorded_at: DateTime::UNIX_EPOCH,
            recorded_by: Some("arn:aws:sts::111122223333:assumed-role/Audit/x".to_owned()),
            regions_limited_to: vec!["us-east-1".to_owned()],
            accounts: vec![RecordedAccount {
                account_id: AccountId::new("111122223333").expect("an id"),
                names: AccountNames { name: Some("Production".to_owned()), alias: None },
                partition: Partition::Aws,
                home_region: "us-east-1".to_owned(),
                regions: vec!["us-east-1".to_owned()],
                regions_unread: Some(ReadError::new(
                    "ec2:DescribeRegions",
                    Cause::Denied,
                    "UnauthorizedOperation",
                )),
                facts,
            }],
        };
        let mut text = Vec::new();
        snapshot.write(&mut text).expect("writes");
        assert_eq!(Snapshot::parse(&text).expect("reads"), snapshot);
    }

    #[test]
    fn other_versions_and_wrong_facts_are_refused() {
        assert!(matches!(Snapshot::parse(b"{}"), Err(SnapshotError::Other(_))));
        assert!(matches!(Snapshot::parse(b"[]"), Err(SnapshotError::Other(_))));
        assert!(matches!(Snapshot::parse(b"{\"schema\":[]}"), Err(SnapshotError::Other(_))));
        assert!(matches!(Snapshot::parse(b"{\"schema\":1}"), Err(SnapshotError::Form(_))));
        assert!(matches!(Snapshot::parse(b"{\"schema\":9}"), Err(SnapshotError::Schema(9))));
        let account = |fact: &str| {
            format!(
                r#"{{"schema":1,"recorded_at":"2026-01-01T00:00:00Z","accounts":[{{"account_id":"111122223333","partition":"aws","home_region":"us-east-1","regions":["us-east-1"],"facts":[{fact}]}}]}}"#
            )
        };
        for fact in [r#"{"fact":"Buckets","value":1}"#, r#"{"fact":"Buckets"}"#] {
            assert!(
                matches!(
                    Snapshot::parse(account(fact).as_bytes()),
                    Err(SnapshotError::Fact { .. })
                ),
                "{fact}"
            );
        }
        let twice = r#"{"fact":"Buckets","value":[]},{"fact":"Buckets","value":[]}"#;
        assert!(matches!(
            Snapshot::parse(account(twice).as_bytes()),
            Err(SnapshotError::FactTwice { .. })
        ));
        assert!(matches!(
            Snapshot::parse(account(r#"{"fact":"Nonsense","value":1}"#).as_bytes()),
            Err(SnapshotError::Form(_))
        ));
    }
}
