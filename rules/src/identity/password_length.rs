//! 1.8: the minimum password length.

use plumbline_core::facts::{PasswordPolicy, PasswordRules};
use plumbline_core::operation::iam;
use plumbline_core::parameters::Count;
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::passwords::{self, PasswordRule};

plumbline_core::control! {
    /// The IAM password policy enforces the minimum password length
    ///
    /// ## Why
    /// An attacker can guess short passwords or compute them from a stolen hash. Length helps more
    /// than any other rule.
    ///
    /// ## Decision
    /// The password policy of the account requires at least `minimumPasswordLength` characters.
    /// Without a policy, AWS requires 8 characters: non-compliant.
    ///
    /// ## Remediation
    /// Set the minimum password length in the password policy of the account to 14. Existing
    /// passwords stay valid until the users change them.
    ///
    /// ```sh
    /// aws iam update-account-password-policy --minimum-password-length 14 --password-reuse-prevention 24
    /// ```
    ///
    /// The command replaces all rules of the policy: include the other rules that you want to keep.
    pub(crate) struct PasswordLength: AccountControl;
    id: ControlId::new("1.8"),
    slug: "password-length",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["5", "5.2"],
    safeguards_v7: &["16"],
    since: "0.1.0",
    facts: &[FactKind::PasswordPolicy],
    fix: |failure| passwords::fix(failure, &RULE),
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// The lowest minimum password length that passes, in characters.
        minimum_password_length: Count = ("minimumPasswordLength", "14", Lower),
    }
}

/// The rule that the fix sets.
const RULE: PasswordRule = PasswordRule {
    parameter: "minimumPasswordLength",
    least: 14,
    most: 128,
    member: "MinimumPasswordLength",
    argument: "minimum_password_length",
};

impl AccountControl for PasswordLength {
    type Parameters = Parameters;

    fn evaluate(view: &View<'_>, parameters: &Parameters) -> Assessed {
        let Count(minimum) = parameters.minimum_password_length;
        let PasswordPolicy(Some(rules)) = view.account::<PasswordPolicy>()? else {
            return Ok(Verdict::non_compliant(
                "The account has no password policy, so AWS requires only 8 characters.",
            ));
        };
        let (demanded, evidence) =
            (rules.minimum_length, json!({ "policy": rules, "minimum": minimum }));
        match demanded {
            Some(length) if i64::from(length) >= minimum => Ok(Verdict::compliant(format!(
                "The password policy requires {length} characters; at least {minimum} are required."
            ))
            .evidence(evidence)),
            Some(length) => Ok(Verdict::non_compliant(format!(
                "The password policy requires {length} characters, fewer than {minimum}."
            ))
            .evidence(evidence)),
            None => Err(ReadError::malformed(
                iam::GET_ACCOUNT_PASSWORD_POLICY.name,
                "the policy has no MinimumPasswordLength",
            )
            .into()),
        }
    }

    fn examples() -> Vec<Example> {
        let with = |situation, value| {
            Example::new(situation).account(PasswordPolicy(Some(PasswordRules {
                minimum_length: value,
                remembered: Some(24),
                ..PasswordRules::default()
            })))
        };
        vec![
            with("14 characters", Some(14)).expect(Compliance::Compliant, "requires 14 characters"),
            with("13 characters", Some(13))
                .expect(Compliance::NonCompliant, "requires 13 characters"),
            with("14 characters, a minimum of 16", Some(14))
                .parameter("minimumPasswordLength", "16")
                .expect(Compliance::NonCompliant, "fewer than 16"),
            with("a policy without a length", None)
                .expect(Compliance::NotAssessed, iam::GET_ACCOUNT_PASSWORD_POLICY.name),
            Example::new("no policy")
                .account(PasswordPolicy(None))
                .expect(Compliance::NonCompliant, "no password policy"),
            Example::new("access denied to GetAccountPasswordPolicy")
                .denied(Key::account(FactKind::PasswordPolicy))
                .expect(Compliance::NotAssessed, iam::GET_ACCOUNT_PASSWORD_POLICY.name),
        ]
    }
}
