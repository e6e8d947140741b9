//! Shared code of the controls over the credentials of IAM users: a user's row of the credential
//! report.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use plumbline_core::evaluation::{Assessed, NotAssessed, Verdict};
use plumbline_core::example::{Example, days_ago};
use plumbline_core::facts::{AccessKey, CredentialReport, Credentials, Stamp, User, Users};
use plumbline_core::time::seconds;
use plumbline_core::view::View;

/// A user's row, and the time of the report.
pub(crate) struct Row<'a> {
    /// The credentials.
    pub(crate) credentials: &'a Credentials,
    /// When AWS generated the report.
    pub(crate) generated: DateTime<Utc>,
}

impl Row<'_> {
    /// Formats the time of the report: `as of 2026-01-02T03:04:05Z`.
    pub(crate) fn as_of(&self) -> String {
        as_of(self.generated)
    }

    /// Returns whether the user has a console password.
    pub(crate) fn has_password(&self) -> Result<bool, NotAssessed> {
        let unknown = || {
            NotAssessed::Undetermined(format!(
                "the credential report ({}) does not state whether the user has a password.",
                self.as_of()
            ))
        };
        self.credentials.password_enabled.ok_or_else(unknown)
    }

    /// Returns the active access keys with their names.
    pub(crate) fn active_keys(&self) -> impl Iterator<Item = (&'static str, AccessKey)> {
        let [first, second] = self.credentials.keys;
        [("first access key", first), ("second access key", second)]
            .into_iter()
            .filter(|(_, key)| key.active == Some(true))
    }

    /// Returns the reason if the user may have more active keys.
    pub(crate) fn further_keys(&self) -> Option<NotAssessed> {
        further(self.credentials, &self.as_of())
    }
}

/// Returns the reason if a principal may have credentials that a row does not show.
pub(crate) fn further(credentials: &Credentials, as_of: &str) -> Option<NotAssessed> {
    let why = if let Some(info) = &credentials.additional {
        format!("lists further credentials (additional_credentials_info): {info}.")
    } else if credentials.keys.iter().any(|key| key.active.is_none()) {
        "states neither true nor false for an access key's status.".to_owned()
    } else {
        return None;
    };
    Some(NotAssessed::Undetermined(format!("the credential report ({as_of}) {why}")))
}

fn as_of(generated: DateTime<Utc>) -> String {
    format!("as of {}", seconds(generated))
}

/// Returns whether a row belongs to a user, and not to another user who had the same name when AWS
/// generated the report.
fn is_about(row: &Credentials, user: &User, report: &CredentialReport) -> bool {
    // Both times are the user's creation time as AWS records it, in whole seconds.
    let same = |created: DateTime<Utc>| (created - user.created).abs() < TimeDelta::seconds(2);
    user.created <= report.generated && row.created.is_none_or(same)
}

/// Returns a user's row, or nothing when the report does not list the user.
pub(crate) fn find<'a>(user: &User, view: &View<'a>) -> Result<Option<Row<'a>>, NotAssessed> {
    let report = view.account::<CredentialReport>()?;
    if let Some(why) = report.unreadable.get(&user.arn) {
        return Err(unreadable(why));
    }
    let row = report.rows.get(&user.arn).filter(|row| is_about(row, user, report));
    Ok(row.map(|credentials| Row { credentials, generated: report.generated }))
}

/// Returns the answer for a principal whose row cannot be parsed.
pub(crate) fn unreadable(why: &str) -> NotAssessed {
    NotAssessed::Undetermined(format!("the row cannot be parsed: {why}."))
}

/// Returns the verdict for an account in which no user is evaluated, with the time of the report as
/// its basis. An account without users needs no report.
pub(crate) fn none(view: &View<'_>, reason: &str) -> Assessed {
    let verdict = Verdict::compliant(reason);
    if view.account::<Users>()?.0.is_empty() {
        return Ok(verdict);
    }
    Ok(verdict.as_of(view.account::<CredentialReport>()?.generated))
}

/// Returns a user's row. A user that the report does not list is not assessed: usually, the user
/// was created after the report.
pub(crate) fn row<'a>(user: &User, view: &View<'a>) -> Result<Row<'a>, NotAssessed> {
    find(user, view)?.ok_or_else(|| not_listed(view))
}

/// Returns the answer for a user that the report does not list.
pub(crate) fn not_listed(view: &View<'_>) -> NotAssessed {
    match view.account::<CredentialReport>() {
        Ok(report) => {
            let as_of = as_of(report.generated);
            NotAssessed::Undetermined(format!(
                "the credential report ({as_of}) does not list the user. AWS generates a new \
                 report every four hours."
            ))
        }
        Err(why) => why,
    }
}

/// The tolerated difference between AWS's clock and the local clock.
pub(crate) const CLOCK_SKEW: TimeDelta = TimeDelta::hours(1);

/// Returns the answer for a credential whose date is in the future.
pub(crate) fn in_the_future(name: &str) -> NotAssessed {
    NotAssessed::Undetermined(format!(
        "the credential report has a date in the future for the {name}."
    ))
}

/// Joins parts: `one; another`.
pub(crate) fn joined(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().collect::<Vec<_>>().join("; ")
}

/// The user of the examples.
pub(crate) const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
/// Its id.
pub(crate) const ALICE_ID: &str = "AIDAALICE";

/// A key that does not exist.
pub(crate) const NO_KEY: AccessKey =
    AccessKey { active: Some(false), rotated: Stamp::NotApplicable, used: Stamp::NotApplicable };

/// Returns the time this many days before the time of the examples.
pub(crate) fn ago(days: i64) -> Stamp {
    Stamp::At(days_ago(days))
}

/// Returns an active key of an example.
pub(crate) fn key(rotated: Stamp, used: Stamp) -> AccessKey {
    AccessKey { active: Some(true), rotated, used }
}

/// Returns a user's row in an example.
pub(crate) fn credentials(
    password_enabled: Option<bool>,
    mfa_active: bool,
    keys: [AccessKey; 2],
) -> Credentials {
    let password_used = if password_enabled == Some(true) { ago(1) } else { Stamp::NotApplicable };
    Credentials {
        name: "alice".to_owned(),
        created: None,
        password_enabled,
        password_used,
        password_changed: ago(100),
        mfa_active: Some(mfa_active),
        keys,
        additional: None,
    }
}

/// Returns an example with one user, created `age` days ago. The report lists the user if `row` is
/// given.
pub(crate) fn alice(situation: &'static str, age: i64, row: Option<Credentials>) -> Example {
    let user = User {
        id: ALICE_ID.to_owned(),
        name: "alice".to_owned(),
        arn: ALICE.to_owned(),
        created: days_ago(age),
    };
    let rows: BTreeMap<_, _> = row
        .map(|row| (ALICE.to_owned(), Credentials { created: Some(user.created), ..row }))
        .into_iter()
        .collect();
    Example::new(situation).account(Users(vec![user])).account(CredentialReport {
        generated: days_ago(0),
        rows,
        unreadable: BTreeMap::new(),
    })
}

/// Returns an example with a user created after the report. The report lists an earlier user of the
/// same name with the given credentials.
pub(crate) fn created_again(row: Credentials) -> Example {
    let example =
        alice("a user created after the report with the name of an earlier user", 0, None);
    example.account(CredentialReport {
        generated: days_ago(0) - TimeDelta::hours(3),
        rows: BTreeMap::from([(ALICE.to_owned(), row)]),
        unreadable: BTreeMap::new(),
    })
}

/// Returns an example with a user renamed after the report. The report lists an earlier user of the
/// new name with the given credentials.
pub(crate) fn renamed(row: Credentials) -> Example {
    let example =
        alice("a user renamed after the report to the name of an earlier user", 900, None);
    let earlier = Credentials { created: Some(days_ago(500)), ..row };
    example.account(CredentialReport {
        generated: days_ago(0),
        rows: BTreeMap::from([(ALICE.to_owned(), earlier)]),
        unreadable: BTreeMap::new(),
    })
}

/// Returns the examples that every control over users' credentials has: missing facts, and an
/// account without users.
pub(crate) fn common_examples(none: &str) -> Vec<Example> {
    use plumbline_core::prelude::*;
    let empty = || CredentialReport {
        generated: days_ago(0),
        rows: BTreeMap::new(),
        unreadable: BTreeMap::new(),
    };
    let broken = CredentialReport {
        unreadable: BTreeMap::from([(
            ALICE.to_owned(),
            "the credential report has the invalid value 'yesterday' in column \
             'password_last_used'"
                .to_owned(),
        )]),
        ..empty()
    };
    let mut unread = alice("access denied to GenerateCredentialReport", 900, None)
        .denied(Key::account(FactKind::CredentialReport));
    unread = unread.not_assessed(ALICE_ID, "iam:GenerateCredentialReport");
    vec![
        alice("an old user that the report does not list", 900, None)
            .not_assessed(ALICE_ID, "does not list the user"),
        alice("a row that cannot be parsed", 900, None)
            .account(broken)
            .not_assessed(ALICE_ID, "'yesterday' in column 'password_last_used'"),
        Example::new("no users")
            .account(Users(Vec::new()))
            .account(empty())
            .expect(Compliance::Compliant, none),
        unread,
        Example::new("access denied to ListUsers")
            .denied(Key::account(FactKind::Users))
            .account(empty())
            .expect(Compliance::NotAssessed, "iam:ListUsers"),
    ]
}
