//! 1.1: the primary contact of the account.

use plumbline_core::availability::has_account_management;
use plumbline_core::aws::Partition;
use plumbline_core::facts::{ContactParts, PrimaryContact};
use plumbline_core::prelude::*;
use plumbline_core::register::{Accounts, Attestation, AttestedVerdict, Register};
use serde_json::json;

plumbline_core::control! {
    /// The primary contact of the account is complete and attested as current
    ///
    /// ## Why
    /// When an account is abused or a payment fails, AWS calls or writes to the primary contact.
    /// Without an answer, AWS may suspend the account.
    ///
    /// ## Decision
    /// The primary contact of the account has a name, a phone number and an address; otherwise the
    /// control fails. No AWS API shows whether the contact is current and reaches more than one
    /// person. A person has to check this and record the result as an attestation in the register.
    /// Without a valid attestation, the control is not assessed.
    ///
    /// ## Remediation
    /// Correct the primary contact on the account page, with a mailbox and a phone number that
    /// several people answer, and add an attestation to the register.
    ///
    /// ```sh
    /// aws account get-contact-information
    /// ```
    pub(crate) struct ContactDetails: AccountControl;
    id: ControlId::new("1.1"),
    slug: "contact-details",
    level: 1,
    assessment: Assessment::Manual,
    severity: Severity::Medium,
    scope: Scope::Global,
    change_triggered: false,
    attestable: true,
    safeguards_v8: &["17.2"],
    safeguards_v7: &["19.3"],
    since: "0.1.0",
    facts: &[FactKind::PrimaryContact],
    fix: |_| {
        Fix::by_hand(
            "A person has to correct the contact on the account page and record an attestation in \
             the register.",
        )
    },
}

impl AccountControl for ContactDetails {
    type Parameters = NoParameters;

    fn evaluate(view: &View<'_>, _: &NoParameters) -> Assessed {
        if !has_account_management(view.context().partition) {
            let why = "AWS Account Management is not available in AWS GovCloud (US). Check the \
            contact in the console and record an attestation.";
            return Err(NotAssessed::NeedsAttestation(why.to_owned()));
        }
        let PrimaryContact(Some(contact)) = view.account::<PrimaryContact>()? else {
            return Ok(Verdict::non_compliant("The account has no primary contact."));
        };
        let ContactParts { name, phone, address } = *contact;
        let parts = [("full name", name), ("phone number", phone), ("complete address", address)];
        let absent: Vec<&str> =
            parts.into_iter().filter(|(_, there)| !there).map(|(part, _)| part).collect();
        if absent.is_empty() {
            let why = "the primary contact is complete. Check that it is current and reaches \
            several people, and record an attestation.";
            return Err(NotAssessed::NeedsAttestation(why.to_owned()));
        }
        let reason =
            format!("The primary contact of the account has no {}.", absent.join(" and no "));
        Ok(Verdict::non_compliant(reason).evidence(json!({ "given": contact })))
    }

    fn examples() -> Vec<Example> {
        let contact =
            |name, phone, address| PrimaryContact(Some(ContactParts { name, phone, address }));
        let attestation = Attestation {
            control: "1.1".to_owned(),
            accounts: vec![Accounts::All],
            verdict: AttestedVerdict::Compliant,
            by: "Cloud Security".to_owned(),
            on: days_ago(30).date_naive(),
            until: days_ago(-300).date_naive(),
            evidence: "https://wiki.example.com/audit/1.1".to_owned(),
            note: None,
        };
        let attested = || Register::new(vec![attestation.clone()], Vec::new());
        vec![
            Example::new("a complete contact without an attestation")
                .account(contact(true, true, true))
                .expect(Compliance::NotAssessed, "record an attestation"),
            Example::new("a complete contact with an attestation")
                .account(contact(true, true, true))
                .register(attested())
                .expect(Compliance::Compliant, "attested by Cloud Security"),
            Example::new("a contact without a phone number, with an attestation")
                .account(contact(true, false, true))
                .register(attested())
                .expect(Compliance::NonCompliant, "no phone number"),
            Example::new("a contact with neither name nor address")
                .account(contact(false, true, false))
                .expect(Compliance::NonCompliant, "no full name and no complete address"),
            Example::new("no contact")
                .account(PrimaryContact(None))
                .expect(Compliance::NonCompliant, "no primary contact"),
            Example::new("AWS GovCloud (US), where AWS Account Management is not available")
                .partition(Partition::GovCloud)
                .expect(Compliance::NotAssessed, "record an attestation"),
            Example::new("AWS GovCloud (US), with an attestation")
                .partition(Partition::GovCloud)
                .register(attested())
                .expect(Compliance::Compliant, "attested by Cloud Security"),
            Example::new("access denied to GetContactInformation, with an attestation")
                .denied(Key::account(FactKind::PrimaryContact))
                .register(attested())
                .expect(Compliance::NotAssessed, "account:GetContactInformation"),
        ]
    }
}
