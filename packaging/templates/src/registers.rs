//! The names of registers in their bucket: one for all accounts, or one for each.

use crate::parameter::TemplateParameter;

/// The key of the register of all accounts.
pub const REGISTER_KEY: &str = "register.json";
/// The folder of the registers of accounts, in the same bucket.
pub const REGISTER_FOLDER: &str = "accounts/";

/// Whether the register is one for all accounts or one for each.
pub const REGISTERS: &str = "Registers";
pub(crate) const ONE: &str = "one";
pub(crate) const EACH: &str = "each";

/// The key of the register of an account that entries name, or of all others.
pub fn account_register_key(account: Option<&str>) -> String {
    format!("{REGISTER_FOLDER}{}.json", account.unwrap_or("default"))
}

/// The parameter [`REGISTERS`].
pub(crate) fn registers() -> TemplateParameter {
    TemplateParameter::choice(
        REGISTERS,
        "Register is one document (one), or a folder with ACCOUNT.json and default.json (each)",
        &[ONE, EACH],
    )
}
