//! 1.13: the number of active access keys.

use plumbline_core::facts::{AccessKey, User};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::access_keys;
use crate::shared::credentials::{self, NO_KEY, ago, alice, key};

plumbline_core::control! {
    /// Every IAM user has at most one active access key
    ///
    /// ## Why
    /// A second access key is intended for use during a rotation. When both keys stay active, one
    /// of them is easily forgotten and gives an attacker one more key to steal.
    ///
    /// ## Decision
    /// For each IAM user, according to the credential report: at most one access key is active. A
    /// user that the credential report does not list is not assessed: AWS generates a new report at
    /// most every four hours.
    ///
    /// ## Remediation
    /// Move all workloads of the user to the newer access key, deactivate the older key, and delete
    /// the older key when no workload breaks.
    ///
    /// ```sh
    /// aws iam update-access-key --user-name NAME --access-key-id AKIA… --status Inactive
    /// ```
    pub(crate) struct SingleActiveKey: ResourceControl;
    id: ControlId::new("1.13"),
    slug: "single-active-key",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["5"],
    safeguards_v7: &["4"],
    since: "0.1.0",
    facts: &[FactKind::Users, FactKind::CredentialReport],
    fix: |failure| access_keys::deactivate(failure, 1, "the older one"),
}

impl ResourceControl for SingleActiveKey {
    type Resource = User;
    type Parameters = NoParameters;

    fn evaluate(user: &Subject<'_, User>, view: &View<'_>, _: &NoParameters) -> Assessed {
        let row = credentials::row(user, view)?;
        let as_of = row.as_of();
        let active = row.active_keys().count();
        if let (0 | 1, Some(why)) = (active, row.further_keys()) {
            return Err(why);
        }
        let verdict = match active {
            0 => Verdict::compliant(format!("The user has no active access key ({as_of}).")),
            1 => Verdict::compliant(format!("The user has one active access key ({as_of}).")),
            _ => Verdict::non_compliant(format!(
                "Both access keys of the user are active ({as_of})."
            )),
        };
        Ok(verdict
            .evidence(json!({ "report_generated": row.generated, "keys": row.credentials.keys })))
    }

    fn examples() -> Vec<Example> {
        let with = |situation, keys| {
            alice(situation, 900, Some(credentials::credentials(Some(false), false, keys)))
        };
        let used = key(ago(20), ago(1));
        let inactive = AccessKey { active: Some(false), ..used };
        let mut third = credentials::credentials(Some(false), false, [used, NO_KEY]);
        third.additional = Some("1 more access key".to_owned());
        let mut two_of_three = credentials::credentials(Some(false), false, [used, used]);
        two_of_three.additional = third.additional.clone();
        let unknown = AccessKey { active: None, ..used };
        let mut examples = vec![
            alice("an additional key besides the two keys in the report", 900, Some(third))
                .not_assessed("AIDAALICE", "1 more access key"),
            alice("two active keys and an additional key", 900, Some(two_of_three))
                .fails("AIDAALICE", "Both access keys of the user are active"),
            with("a key that is neither active nor inactive", [used, unknown])
                .not_assessed("AIDAALICE", "neither true nor false"),
            with("no key", [NO_KEY, NO_KEY]).passes("AIDAALICE", "no active access key"),
            with("one key", [NO_KEY, used]).passes("AIDAALICE", "one active access key"),
            with("one active and one inactive key", [used, inactive])
                .passes("AIDAALICE", "one active access key"),
            with("two active keys", [used, used])
                .fails("AIDAALICE", "Both access keys of the user are active"),
        ];
        examples.push(
            credentials::created_again(credentials::credentials(
                Some(false),
                false,
                [NO_KEY, NO_KEY],
            ))
            .not_assessed("AIDAALICE", "does not list the user"),
        );
        examples.extend(credentials::common_examples("no IAM users"));
        examples
    }
}
