//! The register document, and the effect of attestations.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::aws::AccountId;
use crate::benchmark::ControlId;
use crate::document::parse_error;
use crate::evaluation::{Assessed, Attested, NotAssessed, Verdict};
use crate::view::Context;

/// The version of the document format.
pub const SCHEMA: u32 = 1;

/// The whole document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Register {
    /// Verdicts of people on controls that a program cannot decide.
    pub attestations: Vec<Attestation>,
    /// Exceptions: failures that are accepted for a limited time.
    pub exceptions: Vec<Exception>,
    schema: u32,
}

/// The verdict of a person on a control for some accounts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// The control's id.
    pub control: String,
    /// Account ids, or `*` for all.
    pub accounts: Vec<Accounts>,
    /// The verdict.
    pub verdict: AttestedVerdict,
    /// The person who made the attestation.
    pub by: String,
    /// The date of the attestation, from which it is valid.
    pub on: NaiveDate,
    /// The last day on which it is valid, in UTC.
    pub until: NaiveDate,
    /// Where the evidence is stored, a link or a reference.
    pub evidence: String,
    /// A note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The verdict of an attestation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttestedVerdict {
    /// The accounts meet the recommendation.
    Compliant,
    /// The accounts do not meet the recommendation.
    NonCompliant,
    /// The control does not apply to these accounts.
    NotApplicable,
}

impl AttestedVerdict {
    /// The word in the register.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compliant => "compliant",
            Self::NonCompliant => "non-compliant",
            Self::NotApplicable => "not-applicable",
        }
    }
}

/// An exception: a failure that is accepted for a limited time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The control's id.
    pub control: String,
    /// Account ids, or `*` for all.
    pub accounts: Vec<Accounts>,
    /// Accounts that `*` excludes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub except_accounts: Option<Vec<AccountId>>,
    /// The Regions in which it applies; all Regions if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regions: Option<Vec<String>>,
    /// Resource ids or ARNs; `*` and `?` are wildcards.
    pub resources: Vec<String>,
    /// For 1.16: ARNs of users, groups and roles; `*` and `?` are wildcards. A policy is waived if
    /// all its holders are excepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holders: Option<Vec<String>>,
    /// Why the failure is accepted.
    pub reason: String,
    /// The approver.
    pub approved_by: String,
    /// The last day on which it is valid, in UTC.
    pub until: NaiveDate,
}

/// One account, or all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Accounts {
    /// All accounts.
    All,
    /// One account.
    One(AccountId),
}

impl TryFrom<String> for Accounts {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == "*" {
            Ok(Self::All)
        } else {
            AccountId::new(text)
                .map(Self::One)
                .map_err(|error| format!("{error}, or * for all accounts"))
        }
    }
}

impl From<Accounts> for String {
    fn from(accounts: Accounts) -> Self {
        match accounts {
            Accounts::All => "*".to_owned(),
            Accounts::One(id) => id.into(),
        }
    }
}

/// The register is not valid.
#[derive(Debug, Error)]
pub enum RegisterError {
    /// The document is not JSON, or has an unknown member.
    #[error("the register is not JSON in the expected format: {}", parse_error(&.0.to_string()))]
    Form(#[from] serde_json::Error),
    /// The document is not a register.
    #[error("this is not a register: {0}")]
    Other(&'static str),
    /// The document has another version.
    #[error("the register has schema {0}: this version reads schema {SCHEMA}")]
    Schema(u64),
    /// Entries are invalid, with one line for each problem.
    #[error("the register has invalid entries:\n{}",
        .0.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n"))]
    Entries(Vec<String>),
}

/// An entry with its expiry date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expiry {
    /// Which entry: `exceptions[2]`.
    pub entry: String,
    /// The control that it is about.
    pub control: String,
    /// Its last valid day.
    pub until: NaiveDate,
    /// The number of whole days that remain: 0 on the last day, negative afterwards.
    pub days_left: i64,
}

pub(super) fn covers(accounts: &[Accounts], account: &AccountId) -> bool {
    accounts.iter().any(|one| match one {
        Accounts::All => true,
        Accounts::One(id) => id == account,
    })
}

impl Default for Register {
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new())
    }
}

impl Register {
    /// The controls of [`Self::sweeping`], each once, in the order of the register.
    pub fn waived_controls(&self, today: NaiveDate) -> Vec<String> {
        let mut controls: Vec<String> = Vec::new();
        for (_, entry) in self.sweeping_exceptions(today) {
            if !controls.contains(&entry.control) {
                controls.push(entry.control.clone());
            }
        }
        controls
    }

    /// Creates a register from valid entries.
    pub fn new(attestations: Vec<Attestation>, exceptions: Vec<Exception>) -> Self {
        Self { attestations, exceptions, schema: SCHEMA }
    }

    /// The expiry dates of all entries, the earliest first.
    pub fn expiries(&self, now: DateTime<Utc>) -> Vec<Expiry> {
        let expiry = |entry: String, control: &str, until: NaiveDate| Expiry {
            entry,
            control: control.to_owned(),
            until,
            days_left: (until - now.date_naive()).num_days(),
        };
        let attestations =
            self.attestations.iter().enumerate().map(|(at, entry)| {
                expiry(format!("attestations[{at}]"), &entry.control, entry.until)
            });
        let exceptions =
            self.exceptions.iter().enumerate().map(|(at, entry)| {
                expiry(format!("exceptions[{at}]"), &entry.control, entry.until)
            });
        let mut expiries: Vec<Expiry> = attestations.chain(exceptions).collect();
        expiries.sort_by_key(|expiry| expiry.until);
        expiries
    }

    /// Whether an entry was valid at one time and has expired at a later time.
    pub fn ended_between(&self, earlier: DateTime<Utc>, later: DateTime<Utc>) -> bool {
        self.expiries(earlier)
            .iter()
            .any(|entry| entry.days_left >= 0 && entry.until < later.date_naive())
    }

    /// Replaces "needs an attestation", or a verdict that an attestation can override, with the
    /// attestation that is valid now, if there is one.
    pub fn attest(&self, control: ControlId, context: &Context, assessed: Assessed) -> Assessed {
        if !matches!(
            &assessed,
            Err(NotAssessed::NeedsAttestation(_) | NotAssessed::UnlessAttested(_))
                | Ok(Verdict { attestable: true, .. })
        ) {
            return assessed;
        }
        let today = context.now.date_naive();
        let mine = || {
            self.attestations.iter().enumerate().filter(|(_, entry)| {
                entry.control == control.as_str() && covers(&entry.accounts, &context.account)
            })
        };
        let started = || mine().filter(|(_, entry)| entry.on <= today);
        let latest = |(_, entry): &(usize, &Attestation)| (entry.on, entry.until);
        // An older attestation is not valid again when a later one with a failure expires.
        let is_superseded = started().max_by_key(latest).is_some_and(|(_, entry)| {
            entry.until < today && entry.verdict == AttestedVerdict::NonCompliant
        });
        if let Some((place, entry)) =
            started().filter(|(_, entry)| today <= entry.until && !is_superseded).max_by_key(latest)
        {
            let Attestation { by, on, until, evidence, .. } = entry;
            let statement =
                format!("attested by {by} on {on}, valid until {until}; evidence: {evidence}");
            let verdict = match entry.verdict {
                AttestedVerdict::Compliant => Verdict::compliant(format!("Compliant, {statement}")),
                AttestedVerdict::NonCompliant => {
                    Verdict::non_compliant(format!("Non-compliant, {statement}"))
                }
                AttestedVerdict::NotApplicable => {
                    Verdict::not_applicable(format!("Not applicable, {statement}"))
                }
            };
            let attested = Attested {
                entry: format!("attestations[{place}]"),
                verdict: entry.verdict.as_str().into(),
                by: by.clone(),
                on: *on,
                until: *until,
                evidence: evidence.clone(),
                note: entry.note.clone(),
            };
            return Ok(verdict
                .evidence(serde_json::json!({ "attestation": entry }))
                .attested(attested));
        }
        let expired = mine().map(|(_, entry)| entry.until).filter(|until| *until < today).max();
        let with_expiry = |why: String| match expired {
            Some(until) => format!("{why} The last attestation expired on {until}."),
            None => why,
        };
        match assessed {
            Ok(verdict) => Ok(Verdict { reason: with_expiry(verdict.reason), ..verdict }),
            Err(NotAssessed::NeedsAttestation(why)) => {
                Err(NotAssessed::NeedsAttestation(with_expiry(why)))
            }
            Err(other) => Err(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::Compliance;
    use crate::example::Example;

    /// The result of 1.3 on 2 March 2026 for attestations with verdict, first and last day.
    fn attested(words: &[(AttestedVerdict, &str, &str)]) -> Option<Compliance> {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let entry = |(verdict, on, until): &(AttestedVerdict, &str, &str)| Attestation {
            control: "1.3".to_owned(),
            accounts: vec![Accounts::All],
            verdict: *verdict,
            by: "b".to_owned(),
            on: day(on),
            until: day(until),
            evidence: "e".to_owned(),
            note: None,
        };
        let register = Register::new(words.iter().map(entry).collect(), Vec::new());
        let context = Context {
            now: "2026-03-02T08:00:00Z".parse().expect("a time"),
            ..Example::new("").context
        };
        let open = Err(NotAssessed::NeedsAttestation("Attest.".to_owned()));
        let assessed = register.attest(ControlId::new("1.3"), &context, open);
        assessed.ok().map(|verdict| verdict.compliance)
    }

    #[test]
    fn the_latest_attestation_decides() {
        use AttestedVerdict::{Compliant, NonCompliant};
        let year = (Compliant, "2025-06-01", "2026-05-31");
        assert_eq!(attested(&[]), None);
        assert_eq!(attested(&[year]), Some(Compliance::Compliant));
        assert_eq!(attested(&[(Compliant, "2026-03-03", "2026-12-31")]), None, "not yet");
        assert_eq!(attested(&[(Compliant, "2025-01-01", "2026-03-01")]), None, "expired");
        let failed = (NonCompliant, "2026-01-01", "2026-04-01");
        assert_eq!(attested(&[failed, year]), Some(Compliance::NonCompliant));
        let expired = (NonCompliant, "2026-01-01", "2026-02-01");
        assert_eq!(attested(&[year, expired]), None, "the earlier pass does not return");
        let renewed = (Compliant, "2026-02-15", "2026-12-31");
        assert_eq!(attested(&[year, expired, renewed]), Some(Compliance::Compliant));
        let passed = (Compliant, "2026-01-01", "2026-02-01");
        assert_eq!(attested(&[year, passed]), Some(Compliance::Compliant));
    }
}
