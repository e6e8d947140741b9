//! Facts from AWS Account Management. Of a contact only what is filled in is kept: the values are
//! personal, and no control looks at them.

use serde::{Deserialize, Serialize};

/// The account's contact, source `GetContactInformation`; nothing when AWS has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrimaryContact(pub Option<ContactParts>);

/// Which parts of the contact are filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactParts {
    /// The full name.
    pub name: bool,
    /// The phone number.
    pub phone: bool,
    /// Address line, city, postal code and country.
    pub address: bool,
}

/// The account's contact for security, source `GetAlternateContact`; nothing when none is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityContact(pub Option<SecurityContactParts>);

/// Which parts of the contact for security are filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityContactParts {
    /// The name.
    pub name: bool,
    /// The e-mail address.
    pub email: bool,
    /// The phone number.
    pub phone: bool,
}
