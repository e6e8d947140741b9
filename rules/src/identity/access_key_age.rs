//! 1.14: the age of access keys.

use plumbline_core::facts::{AccessKey, Stamp, User};
use plumbline_core::parameters::Days;
use plumbline_core::prelude::*;
use plumbline_core::time::{age_days, days};
use serde_json::json;

use crate::shared::access_keys;
use crate::shared::credentials::{self, CLOCK_SKEW, NO_KEY, Row, ago, alice, joined, key};

plumbline_core::control! {
    /// Access keys of IAM users are rotated before they exceed the maximum age
    ///
    /// ## Why
    /// A leaked key works until it is replaced. The longer a key exists, the more copies of it
    /// exist.
    ///
    /// ## Decision
    /// For each IAM user with an active access key, according to the credential report: every
    /// active key was created or rotated at most `maxAccessKeyAge` days ago.
    ///
    /// AWS generates a new report at most every four hours. A user that the report does not list
    /// yet is compliant while the user itself is not older than the limit, and not assessed
    /// otherwise.
    ///
    /// ## Remediation
    /// Create a second access key, move all workloads to the new key, then deactivate and delete
    /// the old key. Where possible, use an IAM role instead: a role has no access key to rotate.
    ///
    /// ```sh
    /// aws iam create-access-key --user-name NAME
    /// aws iam update-access-key --user-name NAME --access-key-id AKIA… --status Inactive
    /// ```
    pub(crate) struct AccessKeyAge: ResourceControl;
    id: ControlId::new("1.14"),
    slug: "access-key-age",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["5"],
    safeguards_v7: &["16"],
    since: "0.1.0",
    facts: &[FactKind::Users, FactKind::CredentialReport],
    fix: fix,
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// The maximum age of an active access key, in days.
        max_access_key_age: Days = ("maxAccessKeyAge", "90", Higher),
    }
}

/// Returns the active keys with their ages in days, where the report has them.
fn ages(row: &Row<'_>, view: &View<'_>) -> Vec<Result<(&'static str, i64), NotAssessed>> {
    let age = |(name, key): (&'static str, AccessKey)| match key.rotated.time() {
        Some(rotated) if rotated > view.now() + CLOCK_SKEW => Err(credentials::in_the_future(name)),
        Some(rotated) => Ok((name, age_days(view.now(), rotated))),
        None => Err(NotAssessed::Undetermined(format!(
            "the credential report ({}) does not state when the {name} was created or rotated.",
            row.as_of()
        ))),
    };
    row.active_keys().map(age).collect()
}

fn fix(failure: &Failure<'_>) -> Fix {
    let fix = access_keys::deactivate(failure, failure.list("old").len(), "the older one");
    if fix.commands.is_empty() {
        return fix;
    }
    fix.note(
        "First create a second key with aws iam create-access-key and move all workloads to the \
         new key. Where possible, use a role instead.",
    )
}

impl ResourceControl for AccessKeyAge {
    type Resource = User;
    type Parameters = Parameters;

    fn concerns(
        user: &Subject<'_, User>,
        view: &View<'_>,
        _: &Parameters,
    ) -> Result<bool, NotAssessed> {
        Ok(credentials::find(user, view)?
            .is_none_or(|row| row.active_keys().next().is_some() || row.further_keys().is_some()))
    }

    fn evaluate(user: &Subject<'_, User>, view: &View<'_>, parameters: &Parameters) -> Assessed {
        let Days(limit) = parameters.max_access_key_age;
        let Some(row) = credentials::find(user, view)? else {
            let age = age_days(view.now(), user.created);
            return if age <= limit {
                Ok(Verdict::compliant(format!(
                    "The user is {} old, so no key of the user can be older.",
                    days(age)
                )))
            } else {
                Err(credentials::not_listed(view))
            };
        };
        let as_of = row.as_of();
        let ages = ages(&row, view);
        let describe = |(name, age): &(&str, i64)| format!("the {name} is {} old", days(*age));
        let old: Vec<_> = ages.iter().flatten().filter(|(_, age)| *age > limit).collect();
        let names: Vec<&str> = old.iter().map(|(name, _)| *name).collect();
        // One key that is too old decides the verdict, even when the age of the other key is
        // unknown.
        let verdict = if old.is_empty() {
            if let Some(why) = row.further_keys() {
                return Err(why);
            }
            let ages = ages.into_iter().collect::<Result<Vec<_>, _>>()?;
            Verdict::compliant(format!(
                "No active access key is older than {}: {} ({as_of}).",
                days(limit),
                joined(ages.iter().map(describe))
            ))
        } else {
            Verdict::non_compliant(format!(
                "An active access key is older than {}: {} ({as_of}).",
                days(limit),
                joined(old.into_iter().map(describe))
            ))
        };
        Ok(verdict.evidence(json!({ "report_generated": row.generated, "limit_days": limit,
            "keys": row.credentials.keys, "old": names })))
    }

    fn evaluate_none(view: &View<'_>, _: &Self::Parameters) -> Assessed {
        credentials::none(view, "No IAM user has an active access key.")
    }

    fn examples() -> Vec<Example> {
        let with = |situation, keys| {
            alice(situation, 900, Some(credentials::credentials(Some(false), false, keys)))
        };
        let aged = |age| key(ago(age), ago(1));
        let mut examples = vec![
            with("a key that is 90 days old", [aged(90), NO_KEY])
                .passes("AIDAALICE", "older than 90 days: the first access key is 90"),
            with("a key that is 91 days old", [aged(91), NO_KEY])
                .fails("AIDAALICE", "the first access key is 91 days old"),
            with("an old second key", [aged(5), aged(400)])
                .fails("AIDAALICE", "the second access key is 400 days old"),
            with(
                "an old inactive key and no other key",
                [AccessKey { active: Some(false), ..aged(400) }, NO_KEY],
            )
            .expect(Compliance::Compliant, "No IAM user has an active access key"),
            with("a limit of 30 days", [aged(31), NO_KEY])
                .parameter("maxAccessKeyAge", "30")
                .fails("AIDAALICE", "than 30 days"),
            with(
                "a key without a rotation date in the report",
                [key(Stamp::NoInformation, ago(1)), NO_KEY],
            )
            .not_assessed("AIDAALICE", "does not state when"),
            credentials::created_again(credentials::credentials(
                Some(false),
                false,
                [aged(400), NO_KEY],
            ))
            .passes("AIDAALICE", "no key of the user can be older"),
            credentials::renamed(credentials::credentials(Some(false), false, [aged(5), NO_KEY]))
                .not_assessed("AIDAALICE", "does not list the user"),
            with(
                "an old key and a key without a rotation date in the report",
                [key(Stamp::NoInformation, ago(1)), aged(400)],
            )
            .fails("AIDAALICE", "the second access key is 400 days old"),
            with(
                "a key with a rotation date in the future",
                [key(ago(-7), Stamp::NotApplicable), NO_KEY],
            )
            .not_assessed("AIDAALICE", "in the future"),
            alice("a new user that the report does not list yet", 3, None)
                .passes("AIDAALICE", "3 days old"),
        ];
        examples.extend(credentials::common_examples("No IAM user has an active access key"));
        examples
    }
}
