//! Facts from AWS Account Management. One endpoint serves the whole partition.

use aws_sdk_account::operation::get_alternate_contact::GetAlternateContactOutput;
use aws_sdk_account::operation::get_contact_information::GetContactInformationOutput;
use aws_sdk_account::types::AlternateContactType;
use plumbline_core::answer::Answer;
use plumbline_core::facts::{ContactParts, PrimaryContact, SecurityContact, SecurityContactParts};
use plumbline_core::operation::account;

use crate::session::Session;

/// The error code if the contact does not exist.
const NO_CONTACT: &str = "ResourceNotFoundException";

pub(super) async fn primary_contact(session: &Session, region: &str) -> Answer<PrimaryContact> {
    match session
        .send(
            account::GET_CONTACT_INFORMATION,
            session.account(region).get_contact_information().send(),
        )
        .await
    {
        Ok(answer) => parts_of(answer).map(|parts| PrimaryContact(Some(parts))),
        Err(unread) if unread.code == NO_CONTACT => Ok(PrimaryContact(None)),
        Err(unread) => Err(unread),
    }
}

fn parts_of(answer: GetContactInformationOutput) -> Answer<ContactParts> {
    let contact =
        account::GET_CONTACT_INFORMATION.require(answer.contact_information, "the contact")?;
    Ok(ContactParts {
        name: is_given(&contact.full_name),
        phone: is_given(&contact.phone_number),
        address: [
            &contact.address_line1,
            &contact.city,
            &contact.postal_code,
            &contact.country_code,
        ]
        .into_iter()
        .all(|part| is_given(part)),
    })
}

pub(super) async fn security_contact(session: &Session, region: &str) -> Answer<SecurityContact> {
    let call = session
        .account(region)
        .get_alternate_contact()
        .alternate_contact_type(AlternateContactType::Security);
    match session.send(account::GET_ALTERNATE_CONTACT, call.send()).await {
        Ok(answer) => security_parts_of(answer).map(|parts| SecurityContact(Some(parts))),
        Err(unread) if unread.code == NO_CONTACT => Ok(SecurityContact(None)),
        Err(unread) => Err(unread),
    }
}

fn security_parts_of(answer: GetAlternateContactOutput) -> Answer<SecurityContactParts> {
    let contact =
        account::GET_ALTERNATE_CONTACT.require(answer.alternate_contact, "the contact")?;
    let is_given = |part: &Option<String>| part.as_deref().is_some_and(is_given);
    Ok(SecurityContactParts {
        name: is_given(&contact.name),
        email: is_given(&contact.email_address),
        phone: is_given(&contact.phone_number),
    })
}

fn is_given(part: &str) -> bool {
    !part.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use aws_sdk_account::types::{AlternateContact, ContactInformation};
    use plumbline_core::answer::Cause;

    use super::*;

    #[test]
    fn what_is_given_of_a_contact() {
        let contact = ContactInformation::builder()
            .full_name("A")
            .address_line1("1 Road")
            .city(" ")
            .postal_code("1")
            .country_code("US")
            .phone_number("1");
        let answer = GetContactInformationOutput::builder()
            .contact_information(contact.build().expect("complete"))
            .build();
        assert_eq!(parts_of(answer), Ok(ContactParts { name: true, phone: true, address: false }));
        assert_eq!(
            parts_of(GetContactInformationOutput::builder().build()).expect_err("nothing").cause,
            Cause::Malformed
        );
    }

    #[test]
    fn what_is_given_of_the_contact_for_security() {
        let contact = AlternateContact::builder().name("A").phone_number("").build();
        let answer = GetAlternateContactOutput::builder().alternate_contact(contact).build();
        assert_eq!(
            security_parts_of(answer),
            Ok(SecurityContactParts { name: true, email: false, phone: false })
        );
        assert_eq!(
            security_parts_of(GetAlternateContactOutput::builder().build())
                .expect_err("nothing")
                .cause,
            Cause::Malformed
        );
    }
}
