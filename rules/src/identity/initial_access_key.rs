//! 1.11: access keys that were never used.

use chrono::TimeDelta;
use plumbline_core::facts::{AccessKey, Stamp, User};
use plumbline_core::parameters::Count;
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::access_keys;
use crate::shared::credentials::{self, NO_KEY, ago, alice, key};

plumbline_core::control! {
    /// IAM users with a console password have no active access key that was never used
    ///
    /// ## Why
    /// An access key that was created together with the user, without a need, is a credential that
    /// no one uses or monitors. An attacker can still find and use it.
    ///
    /// ## Decision
    /// For each IAM user with a console password, according to the credential report: every active
    /// access key was used at least once. With `onlyKeysCreatedWithUser`, only keys count that were
    /// created within `creationWindowMinutes` minutes of the user; a key without a creation date in
    /// the report counts too. If the report does not state whether a key was used, and no other key
    /// fails, the user is not assessed. A user that the credential report does not list is not
    /// assessed: AWS generates a new report at most every four hours.
    ///
    /// ## Remediation
    /// Delete active access keys that were never used from IAM users with a console password.
    /// Create an access key only when a user needs it.
    ///
    /// ```sh
    /// aws iam delete-access-key --user-name NAME --access-key-id AKIA…
    /// ```
    pub(crate) struct InitialAccessKey: ResourceControl;
    id: ControlId::new("1.11"),
    slug: "initial-access-key",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Low,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["3.3", "5.4"],
    safeguards_v7: &["16"],
    since: "0.1.0",
    facts: &[FactKind::Users, FactKind::CredentialReport],
    fix: fix,
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// Whether only access keys that were created together with their user are evaluated.
        only_keys_created_with_user: bool = ("onlyKeysCreatedWithUser", "false", True),
        /// The maximum number of minutes between the creation of a user and of a key that counts as
        /// created together with the user.
        creation_window_minutes: Count = ("creationWindowMinutes", "5", Lower),
    }
}

/// Returns whether a key counts, by its creation date.
fn counts(key: AccessKey, user: &User, parameters: &Parameters) -> bool {
    let Count(window) = parameters.creation_window_minutes;
    let apart = key.rotated.time().map(|made| (made - user.created).abs());
    !parameters.only_keys_created_with_user
        || apart.is_none_or(|apart| apart <= TimeDelta::minutes(window))
}

fn fix(failure: &Failure<'_>) -> Fix {
    access_keys::delete(failure, failure.list("unused").len())
}

impl ResourceControl for InitialAccessKey {
    type Resource = User;
    type Parameters = Parameters;

    fn concerns(
        user: &Subject<'_, User>,
        view: &View<'_>,
        _: &Parameters,
    ) -> Result<bool, NotAssessed> {
        credentials::row(user, view)?.has_password()
    }

    fn evaluate(user: &Subject<'_, User>, view: &View<'_>, parameters: &Parameters) -> Assessed {
        let row = credentials::row(user, view)?;
        let as_of = row.as_of();
        let keys: Vec<_> =
            row.active_keys().filter(|(_, key)| counts(*key, user, parameters)).collect();
        let unused: Vec<&str> = keys
            .iter()
            .filter(|(_, key)| key.used == Stamp::NotApplicable)
            .map(|(name, _)| *name)
            .collect();
        let unknown = keys
            .iter()
            .find(|(_, key)| matches!(key.used, Stamp::NoInformation | Stamp::NotSupported));
        if let (true, Some((name, _))) = (unused.is_empty(), unknown) {
            return Err(NotAssessed::Undetermined(format!(
                "the credential report ({as_of}) does not state whether the {name} was ever used."
            )));
        }
        if let (true, Some(why)) = (unused.is_empty(), row.further_keys()) {
            return Err(why);
        }
        let verdict = match unused.as_slice() {
            [] => Verdict::compliant(format!(
                "The user has a console password and no active access key that was never used \
                 ({as_of})."
            )),
            names => Verdict::non_compliant(format!(
                "The user has a console password, and the {} was never used ({as_of}).",
                names.join(" and the ")
            )),
        };
        Ok(verdict
            .evidence(json!({ "report_generated": row.generated, "user_created": user.created,
            "credentials": row.credentials, "unused": unused })))
    }

    fn evaluate_none(view: &View<'_>, _: &Self::Parameters) -> Assessed {
        credentials::none(view, "No IAM user has a console password.")
    }

    fn examples() -> Vec<Example> {
        const NEVER: Stamp = Stamp::NotApplicable;
        let with = |situation, keys| {
            alice(situation, 900, Some(credentials::credentials(Some(true), true, keys)))
        };
        let mut examples = vec![
            with("no keys", [NO_KEY, NO_KEY]).passes("AIDAALICE", "no active access key"),
            with("a key in use", [key(ago(900), ago(2)), NO_KEY])
                .passes("AIDAALICE", "no active access key"),
            with("a key that was never used", [key(ago(900), NEVER), NO_KEY])
                .fails("AIDAALICE", "first access key was never"),
            with(
                "a key without last-used information in the report",
                [key(ago(900), Stamp::NoInformation), NO_KEY],
            )
            .not_assessed("AIDAALICE", "does not state whether the first access key was ever used"),
            with(
                "a key without last-used information and a key that was never used",
                [key(ago(900), Stamp::NotSupported), key(ago(10), NEVER)],
            )
            .fails("AIDAALICE", "second access key was never used"),
            with("two keys that were never used", [key(ago(900), NEVER), key(ago(10), NEVER)])
                .fails("AIDAALICE", "first access key and the second access key"),
            with(
                "a key that was never used and is inactive",
                [AccessKey { active: Some(false), ..key(ago(900), NEVER) }, NO_KEY],
            )
            .passes("AIDAALICE", "no active access key"),
            with(
                "a later key, only keys created with the user evaluated",
                [key(ago(10), NEVER), NO_KEY],
            )
            .parameter("onlyKeysCreatedWithUser", "true")
            .passes("AIDAALICE", "no active access key"),
            with(
                "a key created with the user, only such keys evaluated",
                [key(ago(900), NEVER), NO_KEY],
            )
            .parameter("onlyKeysCreatedWithUser", "true")
            .parameter("creationWindowMinutes", "1")
            .fails("AIDAALICE", "was never used"),
            with(
                "a key without a creation date, only keys created with the user evaluated",
                [key(Stamp::NoInformation, NEVER), NO_KEY],
            )
            .parameter("onlyKeysCreatedWithUser", "true")
            .fails("AIDAALICE", "was never used"),
            alice(
                "a user without a password",
                900,
                Some(credentials::credentials(Some(false), false, [key(ago(900), NEVER), NO_KEY])),
            )
            .expect(Compliance::Compliant, "No IAM user has a console password"),
        ];
        examples.push(
            credentials::created_again(credentials::credentials(
                Some(true),
                true,
                [NO_KEY, NO_KEY],
            ))
            .not_assessed("AIDAALICE", "does not list the user"),
        );
        examples.extend(credentials::common_examples("No IAM user has a console password"));
        examples
    }
}
