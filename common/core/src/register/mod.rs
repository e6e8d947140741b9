//! Attestations and exceptions: one document for the whole organization.

mod by_account;
mod entries;
mod exceptions;
mod parse;

pub use self::by_account::AccountRegisters;
pub use self::entries::{
    Accounts, Attestation, AttestedVerdict, Exception, Expiry, Register, RegisterError, SCHEMA,
};
pub use self::exceptions::ExceptionUse;
pub use self::parse::{LONGEST_TERM, ValidEntries};
