//! The part of a register that each account needs, so that no account can read the exceptions of
//! others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::aws::AccountId;

/// A register divided by account.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountRegisters {
    /// The registers of the accounts that entries name: the entries about each account.
    pub named: BTreeMap<AccountId, Value>,
    /// The register of all other accounts: the entries about all accounts.
    pub others: Value,
}

impl AccountRegisters {
    /// Divides a register; `None` if the text is not a document with entries. Entries contain only
    /// the account that reads them. Invalid entries stay unchanged in all registers, so that every
    /// function reports them.
    pub fn divide(text: &[u8]) -> Option<Self> {
        let document: Map<String, Value> = serde_json::from_slice(text).ok()?;
        let lists = ["attestations", "exceptions"];
        if lists.iter().filter_map(|list| document.get(*list)).any(|list| !list.is_array()) {
            return None;
        }
        let entries = lists.iter().filter_map(|list| document.get(*list)?.as_array()).flatten();
        let named: BTreeSet<AccountId> =
            entries.filter_map(Audience::of).flat_map(Audience::named).collect();
        let of = |account: Option<&AccountId>| {
            let mut document = document.clone();
            for list in lists {
                if let Some(Value::Array(entries)) = document.get_mut(list) {
                    *entries = entries.iter().filter_map(|entry| about(entry, account)).collect();
                }
            }
            Value::Object(document)
        };
        let others = of(None);
        Some(Self {
            named: named.into_iter().map(|id| (id.clone(), of(Some(&id)))).collect(),
            others,
        })
    }
}

/// The accounts to which an entry applies.
struct Audience {
    is_all: bool,
    accounts: Vec<AccountId>,
    excepted: Vec<AccountId>,
}

impl Audience {
    /// Parses the accounts; `None` if the entry does not name them in a valid way.
    fn of(entry: &Value) -> Option<Self> {
        let ids = |member: &Value| -> Option<Vec<AccountId>> {
            let ids = member.as_array()?.iter();
            ids.map(|id| AccountId::new(id.as_str()?).ok()).collect()
        };
        let listed = entry.get("accounts")?.as_array()?;
        let is_all = listed.iter().any(|one| one == "*");
        let accounts = ids(&listed.iter().filter(|one| *one != "*").cloned().collect())?;
        let excepted = match entry.get("except_accounts") {
            Some(excepted) if is_all && accounts.is_empty() => ids(excepted)?,
            Some(_) => return None,
            None => Vec::new(),
        };
        (!listed.is_empty()).then_some(Self { is_all, accounts, excepted })
    }

    fn named(self) -> impl Iterator<Item = AccountId> {
        self.accounts.into_iter().chain(self.excepted)
    }
}

/// An entry in the register of an account, or of all accounts that no entry names; `None` if it
/// does not apply.
fn about(entry: &Value, account: Option<&AccountId>) -> Option<Value> {
    let Some(audience) = Audience::of(entry) else { return Some(entry.clone()) };
    let is_about = match account {
        Some(id) => {
            audience.accounts.contains(id) || (audience.is_all && !audience.excepted.contains(id))
        }
        None => audience.is_all,
    };
    let mut entry = entry.as_object()?.clone();
    entry.remove("except_accounts");
    entry.insert("accounts".to_owned(), json!([account.map_or("*", AccountId::as_str)]));
    is_about.then_some(Value::Object(entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "111122223333";
    const TWO: &str = "444455556666";

    fn id(text: &str) -> AccountId {
        AccountId::new(text).expect("an id")
    }

    fn divided(document: &Value) -> AccountRegisters {
        AccountRegisters::divide(document.to_string().as_bytes()).expect("a register")
    }

    fn reasons(register: &Value) -> Vec<&str> {
        let entries = register["exceptions"].as_array().expect("exceptions").iter();
        entries.filter_map(|entry| entry["reason"].as_str()).collect()
    }

    #[test]
    fn an_account_reads_what_is_about_it() {
        let register = divided(&json!({ "schema": 1,
            "attestations": [{ "control": "1.3", "accounts": [ONE] }],
            "exceptions": [
                { "accounts": ["*"], "reason": "all" },
                { "accounts": [ONE], "reason": "one" },
                { "accounts": [ONE, TWO], "reason": "both" },
                { "accounts": ["*"], "except_accounts": [TWO], "reason": "all but two" },
            ] }));
        assert_eq!(register.named.keys().cloned().collect::<Vec<_>>(), [id(ONE), id(TWO)]);
        let of = |account: &str| &register.named[&id(account)];
        assert_eq!(reasons(of(ONE)), ["all", "one", "both", "all but two"]);
        assert_eq!(reasons(of(TWO)), ["all", "both"]);
        assert_eq!(reasons(&register.others), ["all", "all but two"]);
        assert_eq!(of(ONE)["attestations"][0]["accounts"], json!([ONE]));
        assert_eq!(register.others["attestations"], json!([]));
        let text = |register: &Value| register.to_string();
        assert!(!text(of(ONE)).contains(TWO) && !text(of(TWO)).contains(ONE));
        assert!(!text(&register.others).contains(ONE) && !text(&register.others).contains(TWO));
        assert_eq!(register.others["schema"], 1);
    }

    #[test]
    fn what_is_wrong_stays_as_it_is_for_everyone() {
        let wrong = [
            json!({ "accounts": ["12"], "reason": "no id" }),
            json!({ "accounts": [], "reason": "none" }),
            json!({ "reason": "other" }),
            json!({ "accounts": [ONE], "except_accounts": [TWO], "reason": "both ways" }),
            json!(7),
        ];
        let mut exceptions = wrong.to_vec();
        exceptions.push(json!({ "accounts": [ONE], "reason": "right" }));
        let register = divided(&json!({ "schema": 1, "exceptions": exceptions }));
        assert_eq!(register.others["exceptions"], json!(wrong));
        let own = &register.named[&id(ONE)]["exceptions"];
        assert_eq!(own.as_array().expect("a list")[..wrong.len()], wrong);
        assert_eq!(register.named.len(), 1);
    }

    #[test]
    fn what_is_no_register_is_not_divided() {
        for text in ["", "[]", "{\"exceptions\": 1}"] {
            assert_eq!(AccountRegisters::divide(text.as_bytes()), None, "{text}");
        }
        let empty = AccountRegisters::divide(b"{\"schema\": 1}").expect("a register");
        assert_eq!(empty.others, json!({ "schema": 1 }));
        assert!(empty.named.is_empty());
    }
}
