//! 1.2: the security alternate contact.

use plumbline_core::availability::has_account_management;
use plumbline_core::aws::Partition;
use plumbline_core::facts::{SecurityContact, SecurityContactParts};
use plumbline_core::fix::{Input, Terraform};
use plumbline_core::prelude::*;
use serde_json::json;

plumbline_core::control! {
    /// A security alternate contact is registered for the account
    ///
    /// ## Why
    /// AWS reports abuse and leaked keys by email. Without a security contact, the message goes to
    /// the email address of the root user, and it may stay unread for days.
    ///
    /// ## Decision
    /// The alternate contact of type `SECURITY` exists, with a name, an email address and a phone
    /// number. The benchmark requires a manual check; AWS APIs show all of these values.
    ///
    /// ## Remediation
    /// Add an alternate contact of type `SECURITY` to the account, with a mailbox and a phone
    /// number that the security team answers. In an organization, the management account can add
    /// the contact for all member accounts.
    ///
    /// ```sh
    /// aws account put-alternate-contact --alternate-contact-type SECURITY --name 'Security Team' --title Security --email-address security@example.com --phone-number '+1 555 0100'
    /// ```
    pub(crate) struct SecurityContactSet: AccountControl;
    id: ControlId::new("1.2"),
    slug: "security-contact",
    level: 1,
    assessment: Assessment::Manual,
    severity: Severity::Low,
    scope: Scope::Global,
    change_triggered: false,
    attestable: true,
    safeguards_v8: &["17.2", "17.6"],
    safeguards_v7: &["19", "19.2"],
    since: "0.1.0",
    facts: &[FactKind::SecurityContact],
    fix: fix,
}

fn fix(failure: &Failure<'_>) -> Fix {
    let input = |name, what| Input::shared(name, what);
    let fix = Fix::new().command(
        failure
            .aws("account put-alternate-contact")
            .option("--alternate-contact-type", "SECURITY")
            .option("--name", input("SECURITY_NAME", "the name of the contact"))
            .option("--title", input("SECURITY_TITLE", "the title of the contact"))
            .option("--email-address", input("SECURITY_EMAIL", "a monitored mailbox"))
            .option(
                "--phone-number",
                input("SECURITY_PHONE", "a phone number that the security team answers"),
            ),
    );
    let argument = "aws_account_alternate_contact: alternate_contact_type = \"SECURITY\"";
    let fix = fix.terraform(Terraform::Argument(argument.to_owned()));
    if failure.evidence.contains_key("given") {
        fix.effect(FixEffect::Replaces, "the existing security contact.")
    } else {
        fix
    }
}

impl AccountControl for SecurityContactSet {
    type Parameters = NoParameters;

    fn evaluate(view: &View<'_>, _: &NoParameters) -> Assessed {
        if !has_account_management(view.context().partition) {
            let why = "AWS Account Management is not available in AWS GovCloud (US). Check the \
            security contact in the console and record an attestation.";
            return Err(NotAssessed::NeedsAttestation(why.to_owned()));
        }
        let SecurityContact(Some(contact)) = view.account::<SecurityContact>()? else {
            return Ok(Verdict::non_compliant("The account has no security alternate contact."));
        };
        let SecurityContactParts { name, email, phone } = *contact;
        let parts = [("name", name), ("email address", email), ("phone number", phone)];
        let absent: Vec<&str> =
            parts.into_iter().filter(|(_, there)| !there).map(|(part, _)| part).collect();
        let verdict = if absent.is_empty() {
            Verdict::compliant(
                "The account has a security alternate contact with name, email address and phone \
                 number.",
            )
        } else {
            Verdict::non_compliant(format!(
                "The security alternate contact has no {}.",
                absent.join(" and no ")
            ))
        };
        Ok(verdict.evidence(json!({ "given": contact })))
    }

    fn examples() -> Vec<Example> {
        let contact =
            |name, email, phone| SecurityContact(Some(SecurityContactParts { name, email, phone }));
        vec![
            Example::new("a complete contact")
                .account(contact(true, true, true))
                .expect(Compliance::Compliant, "has a security alternate contact"),
            Example::new("no contact")
                .account(SecurityContact(None))
                .expect(Compliance::NonCompliant, "no security alternate contact"),
            Example::new("a contact with neither name nor phone number")
                .account(contact(false, true, false))
                .expect(Compliance::NonCompliant, "no name and no phone number"),
            Example::new("no email address")
                .account(contact(true, false, true))
                .expect(Compliance::NonCompliant, "no email address"),
            Example::new("AWS GovCloud (US), where AWS Account Management is not available")
                .partition(Partition::GovCloud)
                .expect(Compliance::NotAssessed, "record an attestation"),
            Example::new("access denied to GetAlternateContact")
                .denied(Key::account(FactKind::SecurityContact))
                .expect(Compliance::NotAssessed, "account:GetAlternateContact"),
        ]
    }
}
