//! 1.3: the account's security questions.

use plumbline_core::prelude::*;
use plumbline_core::register::{Accounts, Attestation, AttestedVerdict, Register};

plumbline_core::control! {
    /// Security challenge questions are attested as set for the account
    ///
    /// ## Why
    /// AWS Support may use the security questions to make sure that it talks to the owner of an
    /// account whose root user cannot sign in any more. Without them, getting a lost account back
    /// takes longer.
    ///
    /// ## Decision
    /// AWS has no API that shows the questions, so a program cannot decide. A person looks and
    /// records what was found as an attestation in the register; until the attestation expires its
    /// verdict counts. Without a valid attestation the control is not assessed.
    ///
    /// AWS no longer offers security questions to accounts that do not have them yet. For such an
    /// account, attest `not-applicable` and say so in the note.
    ///
    /// ## Remediation
    /// Sign in as root, open the account page, set the security challenge questions, keep the
    /// answers where the credentials for emergencies are kept, and add an attestation to the
    /// register.
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
            "A person looks at the account page, and attests in the register what was found.",
        )
    },
}

impl AccountControl for SecurityQuestions {
    type Parameters = NoParameters;

    fn evaluate(_: &View<'_>, _: &NoParameters) -> Assessed {
        Err(NotAssessed::NeedsAttestation(
            "AWS does not show security questions; a person has to look and attest what was found."
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
            Example::new("nobody has attested")
                .expect(Compliance::NotAssessed, "a person has to look"),
            Example::new("attested as compliant, valid until today")
                .register(attestation(AttestedVerdict::Compliant, 300, 0))
                .expect(Compliance::Compliant, "attested by Cloud Security"),
            Example::new("attested as non-compliant")
                .register(attestation(AttestedVerdict::NonCompliant, 1, -100))
                .expect(Compliance::NonCompliant, "Non-compliant, attested"),
            Example::new("attested as not applicable, because the account never had questions")
                .register(attestation(AttestedVerdict::NotApplicable, 1, -100))
                .expect(Compliance::NotApplicable, "Not applicable, attested"),
            Example::new("the attestation expired yesterday")
                .register(attestation(AttestedVerdict::Compliant, 300, 1))
                .expect(Compliance::NotAssessed, "expired on 2025-12-31"),
            Example::new("the attestation is dated tomorrow")
                .register(attestation(AttestedVerdict::Compliant, -1, -100))
                .expect(Compliance::NotAssessed, "a person has to look"),
        ]
    }
}
