//! The registers of the functions: the given document, and in an organization the part for each
//! account.

use std::collections::BTreeMap;

use plumbline_core::register::AccountRegisters;
use plumbline_templates::contract::{account_register_key, register_bucket};

use crate::aws::buckets::{self, EMPTY_REGISTER};
use crate::error::DeployError;
use crate::target::DeployTarget;

/// The change of a register.
pub(crate) enum RegisterChange {
    /// The register does not change.
    Kept,
    /// The register is uploaded.
    Put(Vec<u8>),
}

/// The changes of all registers.
pub(crate) struct Registers {
    /// The common register of all accounts.
    pub(crate) shared: RegisterChange,
    /// The registers of accounts to upload, by key. The functions in the accounts of an
    /// organization read them.
    pub(crate) by_account: BTreeMap<String, Vec<u8>>,
}

impl Registers {
    /// Compares the deployed registers with the given register, or with the parts of the deployed
    /// register. `has_own_functions`: each account of the organization has functions, which read a
    /// register of their own.
    pub(crate) async fn read(
        target: &DeployTarget,
        prefix: &str,
        given: Option<&[u8]>,
        has_own_functions: bool,
    ) -> Result<Self, DeployError> {
        let bucket = register_bucket(prefix);
        let held = buckets::register(&target.session, &bucket, &target.account).await?;
        let content = given.map(<[u8]>::to_vec).or_else(|| held.clone());
        let content = content.unwrap_or_else(|| EMPTY_REGISTER.to_vec());
        let mut by_account = BTreeMap::new();
        if has_own_functions {
            by_account = of_accounts(&content);
            let (session, region) = (&target.session, &target.home_region);
            buckets::retain_lacking(session, &target.account, region, &bucket, &mut by_account)
                .await?;
        }
        let shared = match held {
            Some(held) if held == content => RegisterChange::Kept,
            _ => RegisterChange::Put(content),
        };
        Ok(Self { shared, by_account })
    }

    /// Whether no register changes.
    pub(crate) fn are_kept(&self) -> bool {
        matches!(self.shared, RegisterChange::Kept) && self.by_account.is_empty()
    }
}

/// Splits a register by account. The result has the keys. An invalid register becomes the register
/// of all accounts, so that the functions report the error.
fn of_accounts(content: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let Some(AccountRegisters { named, others }) = AccountRegisters::divide(content) else {
        return BTreeMap::from([(account_register_key(None), content.to_vec())]);
    };
    let text = |register| format!("{register:#}\n").into_bytes();
    let named = named
        .into_iter()
        .map(|(account, register)| (account_register_key(Some(account.as_str())), text(register)));
    named.chain([(account_register_key(None), text(others))]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_has_an_object_for_each_account_that_it_names() {
        let register = br#"{"schema": 1, "exceptions": [{"accounts": ["111122223333"]}]}"#;
        let objects = of_accounts(register);
        let keys: Vec<&str> = objects.keys().map(String::as_str).collect();
        assert_eq!(keys, ["accounts/111122223333.json", "accounts/default.json"]);
        assert_eq!(
            of_accounts(b"no JSON").into_iter().collect::<Vec<_>>(),
            [("accounts/default.json".to_owned(), b"no JSON".to_vec())]
        );
    }
}
