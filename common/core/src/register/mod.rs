//! Attestations and exceptions: one document for the whole organization.

mod entries;
mod exceptions;
mod parse;

pub use self::entries::{
    Accounts, Attestation, AttestedVerdict, Exception, Expiry, Register, RegisterError, SCHEMA,
};
pub use self::exceptions::ExceptionUse;
pub use self::parse::{LONGEST_TERM, ValidEntries};
