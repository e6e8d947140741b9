//! The object keys of registers: one common register, or one per account.

use crate::parameter::TemplateParameter;

/// The key of the common register.
pub const REGISTER_KEY: &str = "register.json";
/// The folder with the registers of accounts in the same bucket.
pub const REGISTER_FOLDER: &str = "accounts/";

/// Whether there is one common register or one register per account.
pub const REGISTERS: &str = "Registers";
pub(crate) const ONE: &str = "one";
pub(crate) const EACH: &str = "each";

/// Returns the key of an account's register, or of the register for all other accounts.
pub fn account_register_key(account: Option<&str>) -> String {
    format!("{REGISTER_FOLDER}{}.json", account.unwrap_or("default"))
}

/// Returns the parameter [`REGISTERS`].
pub(crate) fn registers() -> TemplateParameter {
    TemplateParameter::choice(
        REGISTERS,
        "Register is one document (one), or a folder with ACCOUNT.json and default.json (each)",
        &[ONE, EACH],
    )
}
