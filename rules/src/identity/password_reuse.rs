//! 1.9: password reuse prevention.

use plumbline_core::facts::{PasswordPolicy, PasswordRules};
use plumbline_core::parameters::Count;
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::passwords::{self, PasswordRule};

plumbline_core::control! {
    /// The IAM password policy blocks reuse of previous passwords
    ///
    /// ## Why
    /// Users who can choose an earlier password again often do. A password that was stolen once
    /// then becomes valid again.
    ///
    /// ## Decision
    /// The password policy of the account remembers at least `passwordReusePrevention` passwords. A
    /// policy without password reuse prevention fails, and so does an account without a policy.
    ///
    /// ## Remediation
    /// Set password reuse prevention in the password policy of the account to 24. Include all other
    /// rules of the policy in the command, because the command replaces the policy.
    ///
    /// ```sh
    /// aws iam update-account-password-policy --minimum-password-length 14 --password-reuse-prevention 24
    /// ```
    ///
    /// The command replaces all rules of the policy: include the other rules that you want to keep.
    pub(crate) struct PasswordReuse: AccountControl;
    id: ControlId::new("1.9"),
    slug: "password-reuse",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Low,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["5.2"],
    safeguards_v7: &["4.4"],
    since: "0.1.0",
    facts: &[FactKind::PasswordPolicy],
    fix: |failure| passwords::fix(failure, &RULE),
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// The lowest number of remembered passwords that passes.
        password_reuse_prevention: Count = ("passwordReusePrevention", "24", Lower),
    }
}

/// The rule that the fix sets.
const RULE: PasswordRule = PasswordRule {
    parameter: "passwordReusePrevention",
    least: 24,
    most: 24,
    member: "PasswordReusePrevention",
    argument: "password_reuse_prevention",
};

impl AccountControl for PasswordReuse {
    type Parameters = Parameters;

    fn evaluate(view: &View<'_>, parameters: &Parameters) -> Assessed {
        let Count(minimum) = parameters.password_reuse_prevention;
        let PasswordPolicy(Some(rules)) = view.account::<PasswordPolicy>()? else {
            return Ok(Verdict::non_compliant(
                "The account has no password policy, so users can reuse previous passwords.",
            ));
        };
        let verdict = match rules.remembered {
            Some(count) if i64::from(count) >= minimum => {
                Verdict::compliant(format!("The password policy remembers {count} passwords."))
            }
            Some(count) => Verdict::non_compliant(format!(
                "The password policy remembers {count} passwords, fewer than {minimum}."
            )),
            None => Verdict::non_compliant("The password policy does not prevent password reuse."),
        };
        Ok(verdict.evidence(json!({ "policy": rules, "minimum": minimum })))
    }

    fn examples() -> Vec<Example> {
        let with = |situation, value| {
            Example::new(situation).account(PasswordPolicy(Some(PasswordRules {
                minimum_length: Some(14),
                remembered: value,
                ..PasswordRules::default()
            })))
        };
        vec![
            with("24 passwords", Some(24)).expect(Compliance::Compliant, "remembers 24 passwords"),
            with("5 passwords", Some(5))
                .expect(Compliance::NonCompliant, "remembers 5 passwords, fewer than 24"),
            with("23 passwords", Some(23))
                .expect(Compliance::NonCompliant, "remembers 23 passwords, fewer than 24"),
            with("no password reuse prevention", None)
                .expect(Compliance::NonCompliant, "does not prevent password reuse"),
            with("12 passwords, a minimum of 12", Some(12))
                .parameter("passwordReusePrevention", "12")
                .expect(Compliance::Compliant, "remembers 12"),
            Example::new("no policy")
                .account(PasswordPolicy(None))
                .expect(Compliance::NonCompliant, "no password policy"),
            Example::new("access denied to GetAccountPasswordPolicy")
                .denied(Key::account(FactKind::PasswordPolicy))
                .expect(Compliance::NotAssessed, "iam:GetAccountPasswordPolicy"),
        ]
    }
}
