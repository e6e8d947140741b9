//! 1.1: AWS can reach the owner.

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
    /// When an account is abused, or its bills are not paid, AWS calls and writes to the contact.
    /// If nobody answers, AWS may suspend the account.
    ///
    /// ## Decision
    /// The account's contact has a name, a phone number and an address; otherwise the control
    /// fails. Whether they are current and reach more than one person AWS cannot know: a person
    /// looks, and records what was found as an attestation in the register. Without a valid one the
    /// control is not assessed.
    ///
    /// ## Remediation
    /// Open the account page, correct the contact, prefer a mailbox and a number that several
    /// people answer, and add an attestation to the register.
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
            "A person corrects the contact on the account page, and attests it in the \
             register.",
        )
    },
}

impl AccountControl for ContactDetails {
    type Parameters = NoParameters;

    fn evaluate(view: &View<'_>, _: &NoParameters) -> Assessed {
        if !has_account_management(view.context().partition) {
            let why = "AWS Account Management does not exist in AWS GovCloud (US); a person has to \
                look at the contact and attest it.";
            return Err(NotAssessed::NeedsAttestation(why.to_owned()));
        }
        let PrimaryContact(Some(contact)) = view.account::<PrimaryContact>()? else {
            return Ok(Verdict::non_compliant("The account has no contact information."));
        };
        let ContactParts { name, phone, address } = *contact;
        let parts = [("full name", name), ("phone number", phone), ("complete address", address)];
        let absent: Vec<&str> =
            parts.into_iter().filter(|(_, there)| !there).map(|(part, _)| part).collect();
        if absent.is_empty() {
            let why = "the contact is complete; whether it is current and reaches several people, \
                a person has to look and attest.";
            return Err(NotAssessed::NeedsAttestation(why.to_owned()));
        }
        let reason = format!("The account's contact has no {}.", absent.join(" and no "));
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
            Example::new("complete, and nobody has attested")
                .account(contact(true, true, true))
                .expect(Compliance::NotAssessed, "a person has to look"),
            Example::new("complete and attested")
                .account(contact(true, true, true))
                .register(attested())
                .expect(Compliance::Compliant, "attested by Cloud Security"),
            Example::new("attested, but without a phone number")
                .account(contact(true, false, true))
                .register(attested())
                .expect(Compliance::NonCompliant, "no phone number"),
            Example::new("neither name nor address")
                .account(contact(false, true, false))
                .expect(Compliance::NonCompliant, "no full name and no complete address"),
            Example::new("no contact")
                .account(PrimaryContact(None))
                .expect(Compliance::NonCompliant, "no contact information"),
            Example::new("AWS GovCloud (US), where the service does not exist")
                .partition(Partition::GovCloud)
                .expect(Compliance::NotAssessed, "a person has to look at the contact"),
            Example::new("AWS GovCloud (US), and the contact is attested")
                .partition(Partition::GovCloud)
                .register(attested())
                .expect(Compliance::Compliant, "attested by Cloud Security"),
            Example::new("the contact may not be read, attested or not")
                .denied(Key::account(FactKind::PrimaryContact))
                .register(attested())
                .expect(Compliance::NotAssessed, "account:GetContactInformation"),
        ]
    }
}
