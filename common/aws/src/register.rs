//! The register of a function. An error in it does not prevent evaluations. Only its exceptions and
//! attestations are missing.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use plumbline_core::aws::AccountId;
use plumbline_core::register::{Register, RegisterError, ValidEntries};
use serde::Serialize;
use thiserror::Error;
use tokio::time::timeout;

use crate::documents::{
    ReplacedVersion, StoreError, exists, read_document, read_version, replaced_versions,
};
use crate::session::Session;
use crate::settings::Settings;

/// How long a version is used after it was replaced by an unusable one.
const FALLBACK_DAYS: TimeDelta = TimeDelta::days(7);

/// The time limit of the search for such a version, all versions together: a stalled request would
/// probably stall again, and the run has to read, decide and publish.
const TIME_FOR_EARLIER: Duration = Duration::from_secs(30);

/// Why a register cannot be used.
#[derive(Debug, Error)]
enum Unusable {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{location}: {error}")]
    Register { location: String, error: RegisterError },
}

/// The source of a register's entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum RegisterSource {
    /// The function has no register.
    #[default]
    None,
    /// The current register.
    Current {
        /// The problems of invalid entries.
        problems: Vec<String>,
    },
    /// An earlier version, because the current one cannot be used.
    Earlier {
        /// The version id in S3.
        version: String,
        /// When the version was replaced.
        replaced: DateTime<Utc>,
        /// The problem of the current version.
        why: String,
    },
    /// A register that cannot be used: nothing is waived or attested.
    Unusable {
        /// The problem.
        why: String,
    },
}

impl RegisterSource {
    /// The problem, if the invocation has to end in an error because of it.
    pub fn failure(&self) -> Option<&str> {
        match self {
            Self::Unusable { why } => Some(why),
            Self::None | Self::Current { .. } | Self::Earlier { .. } => None,
        }
    }

    /// The problems of invalid entries.
    pub fn problems(&self) -> &[String] {
        match self {
            Self::Current { problems } => problems,
            Self::None | Self::Earlier { .. } | Self::Unusable { .. } => &[],
        }
    }

    /// Whether an earlier version is used.
    pub fn is_fallback(&self) -> bool {
        matches!(self, Self::Earlier { .. })
    }

    fn log(&self, location: &str) {
        match self {
            Self::None => {}
            Self::Current { problems } => {
                for problem in problems {
                    tracing::error!(location, problem, "the register has an invalid entry");
                }
            }
            Self::Earlier { version, replaced, why } => tracing::error!(
                location,
                version,
                %replaced,
                why,
                "the register cannot be used: the last usable version is used instead"
            ),
            Self::Unusable { why } => tracing::error!(
                location,
                why,
                "the register cannot be used: nothing is waived or attested"
            ),
        }
    }
}

/// The register of the function's settings, and its source. The bucket must belong to
/// `own_account`, or to the owner in the settings.
pub(crate) async fn register(
    settings: &Settings,
    session: &Session,
    own_account: &AccountId,
    now: DateTime<Utc>,
) -> (Register, RegisterSource) {
    let Some(location) = &settings.register else {
        return (Register::default(), RegisterSource::None);
    };
    let owner = settings.register_owner.as_ref().unwrap_or(own_account);
    let location = match located(location, session, own_account, owner).await {
        Ok(location) => location,
        Err(error) => {
            let source = RegisterSource::Unusable { why: error.to_string() };
            source.log(location);
            return (Register::default(), source);
        }
    };
    let location = location.as_str();
    let reading = Reading { settings, session, location, owner, now };
    let (register, source) = match reading.current().await {
        Ok(ValidEntries { register, problems }) => (register, RegisterSource::Current { problems }),
        Err(error) => {
            let why = error.to_string();
            match timeout(TIME_FOR_EARLIER, reading.earlier(&error)).await.ok().flatten() {
                Some((register, ReplacedVersion { id: version, replaced })) => {
                    (register, RegisterSource::Earlier { version, replaced, why })
                }
                None => (Register::default(), RegisterSource::Unusable { why }),
            }
        }
    };
    source.log(location);
    (register, source)
}

/// The location of the register for the function's account. A location that ends with a slash is a
/// folder with the registers of the accounts that entries name, and one register for all others.
async fn located(
    location: &str,
    session: &Session,
    own_account: &AccountId,
    owner: &AccountId,
) -> Result<String, StoreError> {
    if !location.ends_with('/') {
        return Ok(location.to_owned());
    }
    let own = format!("{location}{own_account}.json");
    let is_there = exists(session, &own, Some(owner)).await?;
    Ok(if is_there { own } else { format!("{location}default.json") })
}

struct Reading<'a> {
    settings: &'a Settings,
    session: &'a Session,
    location: &'a str,
    owner: &'a AccountId,
    now: DateTime<Utc>,
}

impl Reading<'_> {
    fn parse(&self, text: &[u8]) -> Result<ValidEntries, Unusable> {
        let controls = self.settings.controls.iter().map(|control| control.registered());
        Register::parse_valid(text, controls, self.now.date_naive())
            .map_err(|error| Unusable::Register { location: self.location.to_owned(), error })
    }

    async fn current(&self) -> Result<ValidEntries, Unusable> {
        self.parse(&read_document(self.session, self.location, Some(self.owner)).await?)
    }

    /// The last usable version, if it was replaced recently. If access is denied, or the bucket has
    /// another owner, no earlier version is used.
    async fn earlier(&self, error: &Unusable) -> Option<(Register, ReplacedVersion)> {
        if matches!(error, Unusable::Store(error) if error.is_denied()) {
            return None;
        }
        let versions = replaced_versions(self.session, self.location, Some(self.owner)).await;
        let versions = versions.unwrap_or_else(|error| {
            tracing::warn!(location = self.location, %error, "earlier versions cannot be read");
            Vec::new()
        });
        let recent = |version: &ReplacedVersion| {
            self.now.signed_duration_since(version.replaced) <= FALLBACK_DAYS
        };
        for version in versions.into_iter().take_while(recent) {
            let read = read_version(self.session, self.location, Some(self.owner), &version).await;
            let parsed = read.map_err(Unusable::from).and_then(|text| self.parse(&text));
            match parsed {
                Ok(ValidEntries { register, problems }) if problems.is_empty() => {
                    return Some((register, version));
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(version = version.id, %error, "an earlier version cannot be \
                        used either");
                }
            }
        }
        None
    }
}
