//! 1.3: the account's security questions.

use plumbline_core::prelude::*;
use plumbline_core::register::{Accounts, Attestation, AttestedVerdict, Register};

plumbline_core::control! {
    /// Security challenge questions are attested as set for the account
    ///
    /// ## Why
    /// AWS Support may use the security questions to verify the owner of an account whose root user
    /// can no longer sign in. Without them, the recovery of the account takes longer.
    ///
    /// ## Decision
    /// No AWS API shows the security questions, so a person has to check them and record the result
    /// as an attestation in the register. The verdict of the attestation counts until the
    /// attestation expires. Without a valid attestation, the control is not assessed.
    ///
    /// AWS no longer offers security questions to accounts that have none. For such an account,
    /// attest `not-applicable` and give the reason in the note.
    ///
    /// ## Remediation
    /// Sign in as the root user, open the account page, and set the security challenge questions.
    /// Store the answers with the emergency credentials, and add an attestation to the register.
    ///
    /// ```json
    /// {"control": "1.3", "accounts": ["111122223333"], "verdict": "compliant", "by": "Cloud Security", "on": "2026-01-15", "until": "2027-01-15",
    ///  "evidence": "https://wiki.example.com/audit/1.3"}
    /// ```
    pub(crate) struct SecurityQuestions: AccountControl;
    id: ControlId::new("1.3"),
    slug: "security-questions",
    level: 1,
    assessment: Assessment::Manual,
    severity: Severity::Medium,
    scope: Scope::Global,
    change_triggered: false,
    attestable: true,
    safeguards_v8: &["17.2"],
    safeguards_v7: &["16"],
    since: "0.1.0",
    facts: &[],
    fix: |_| {
        Fix::by_hand(
            "A person has to check the account page and record an attestation in the register.",
        )
    },
}

impl AccountControl for SecurityQuestions {
    type Parameters = NoParameters;

    fn evaluate(_: &View<'_>, _: &NoParameters) -> Assessed {
        Err(NotAssessed::NeedsAttestation(
            "AWS has no API for security questions. Check them in the console and record an \
             attestation."
                .to_owned(),
        ))
    }

    fn examples() -> Vec<Example> {
        let attestation = |verdict, on: i64, until: i64| {
            let day = |days| days_ago(days).date_naive();
            let entry = Attestation {
                control: "1.3".to_owned(),
                accounts: vec![Accounts::All],
                verdict,
                by: "Cloud Security".to_owned(),
                on: day(on),
                until: day(until),
                evidence: "https://wiki.example.com/audit/1.3".to_owned(),
                note: None,
            };
            Register::new(vec![entry], Vec::new())
        };
        vec![
            Example::new("no attestation").expect(Compliance::NotAssessed, "record an attestation"),
            Example::new("a compliant attestation that is valid until today")
                .register(attestation(AttestedVerdict::Compliant, 300, 0))
                .expect(Compliance::Compliant, "attested by Cloud Security"),
            Example::new("a non-compliant attestation")
                .register(attestation(AttestedVerdict::NonCompliant, 1, -100))
                .expect(Compliance::NonCompliant, "Non-compliant, attested"),
            Example::new("a not-applicable attestation for an account that never had questions")
                .register(attestation(AttestedVerdict::NotApplicable, 1, -100))
                .expect(Compliance::NotApplicable, "Not applicable, attested"),
            Example::new("an attestation that expired yesterday")
                .register(attestation(AttestedVerdict::Compliant, 300, 1))
                .expect(Compliance::NotAssessed, "expired on 2025-12-31"),
            Example::new("an attestation that is dated tomorrow")
                .register(attestation(AttestedVerdict::Compliant, -1, -100))
                .expect(Compliance::NotAssessed, "record an attestation"),
        ]
    }
}
