//! Facts from AWS Account Management. Of a contact, only the presence of its parts is stored: the
//! values are personal data, and no control needs them.

use serde::{Deserialize, Serialize};

/// The account's primary contact, source `GetContactInformation`; `None` when AWS has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrimaryContact(pub Option<ContactParts>);

/// The parts of the contact that are present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactParts {
    /// The full name.
    pub name: bool,
    /// The phone number.
    pub phone: bool,
    /// Address line, city, postal code and country.
    pub address: bool,
}

/// The account's security contact, source `GetAlternateContact`; `None` when none is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityContact(pub Option<SecurityContactParts>);

/// The parts of the security contact that are present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityContactParts {
    /// The name.
    pub name: bool,
    /// The email address.
    pub email: bool,
    /// The phone number.
    pub phone: bool,
}
