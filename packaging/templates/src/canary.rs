//! The canary unit: an organizational unit whose accounts use a release of the central functions
//! first. A second set of functions serves them, so that a release reaches the other accounts
//! without a change in any account.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::builders::{Members, condition, given, reference};
use crate::parameter::TemplateParameter;

/// The organizational unit whose accounts use a release first. Empty: none.
pub const CANARY: &str = "Canary";
/// The release of the accounts outside of the canary unit. Empty: that of the parameter `Release`.
pub const CENTRAL_RELEASE: &str = "CentralRelease";
/// The digest of the rules of a pack, regardless of the accounts of the canary unit. A parameter of
/// packs with a canary unit that no rule uses.
pub const RULES: &str = "Rules";

/// The maximum number of accounts of the canary unit: a condition combines at most ten conditions,
/// in two levels.
pub const CANARY_LIMIT: usize = GROUP * GROUP;

/// The number of conditions that `Fn::Or` accepts. Source: Condition functions in the AWS
/// CloudFormation User Guide.
const GROUP: usize = 10;

/// The condition of packs whether the account of the rules belongs to the canary unit.
pub(crate) const IS_CANARY: &str = "IsCanary";

const HAS_CANARY: &str = "HasCanary";
const HAS_CENTRAL_RELEASE: &str = "HasCentralRelease";

/// Returns the parameters that store the canary unit in the stack of an organization.
pub(crate) fn canary_parameters() -> [TemplateParameter; 2] {
    [
        TemplateParameter::optional(
            CANARY,
            "Organizational unit whose accounts use a release of the central functions first. \
             Empty: all accounts use it at the same time",
            "",
        )
        .matching("^(ou-[a-z0-9]{4,32}-[a-z0-9]{8,32})?$")
        .derived("use --canary instead"),
        TemplateParameter::optional(
            CENTRAL_RELEASE,
            "Release of the central functions for the accounts outside of the canary unit. Empty: \
             the value of Release",
            "",
        )
        .matching("^[A-Za-z0-9.+-]*$")
        .derived("use --promote instead"),
    ]
}

/// Adds the outputs with the values of the parameters, because every parameter must be used.
pub(crate) fn canary_outputs(conditions: &mut Members, outputs: &mut Members) {
    for (name, exists) in [(CANARY, HAS_CANARY), (CENTRAL_RELEASE, HAS_CENTRAL_RELEASE)] {
        conditions.set(exists, given(name));
        outputs.set(name, json!({ "Condition": exists, "Value": reference(name) }));
    }
}

/// Returns the conditions of a pack whose last one is [`IS_CANARY`], for at most [`CANARY_LIMIT`]
/// accounts.
pub(crate) fn canary_conditions(accounts: &BTreeSet<String>) -> Members {
    let is_account =
        |account: &String| json!({ "Fn::Equals": [reference("AWS::AccountId"), account] });
    let accounts: Vec<Value> = accounts.iter().map(is_account).collect();
    let mut groups: Vec<Value> = accounts.chunks(GROUP).map(any_of).collect();
    let mut conditions = Members::new();
    if groups.len() > 1 {
        let named = groups.into_iter().enumerate().map(|(at, group)| {
            let name = format!("{IS_CANARY}{at}");
            conditions.set(&name, group);
            condition(&name)
        });
        groups = vec![any_of(&named.collect::<Vec<_>>())];
    }
    conditions.0.extend(groups.into_iter().map(|group| (IS_CANARY.to_owned(), group)));
    conditions
}

/// Combines conditions. `Fn::Or` requires at least two.
fn any_of(conditions: &[Value]) -> Value {
    match conditions {
        [one] => one.clone(),
        several => json!({ "Fn::Or": several }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{CENTRAL_SET, PackScope};
    use crate::packs::{CentralFunctions, PackTemplate};

    fn accounts(count: usize) -> BTreeSet<String> {
        (0..count).map(|number| format!("{:012}", 444_455_556_666 + number)).collect()
    }

    /// The number of accounts in a condition, which combines at most ten conditions.
    fn counted(conditions: &Members, value: &Value) -> usize {
        if let Some(name) = value.get("Condition").and_then(Value::as_str) {
            return counted(conditions, conditions.0.get(name).expect("a condition"));
        }
        match value.get("Fn::Or").and_then(Value::as_array) {
            Some(several) => {
                assert!((2..=GROUP).contains(&several.len()), "{}", several.len());
                several.iter().map(|one| counted(conditions, one)).sum()
            }
            None => {
                assert_eq!(value["Fn::Equals"][0], json!({ "Ref": "AWS::AccountId" }));
                1
            }
        }
    }

    #[test]
    fn every_account_is_in_one_condition() {
        for count in [1, 2, 10, 11, 20, 21, 91, CANARY_LIMIT] {
            let conditions = canary_conditions(&accounts(count));
            let whole = conditions.0.get(IS_CANARY).expect("the condition");
            assert_eq!(counted(&conditions, whole), count);
        }
        assert!(canary_conditions(&BTreeSet::new()).0.is_empty());
    }

    #[test]
    fn packs_with_a_canary_unit_fit_into_a_call() {
        let functions = CentralFunctions {
            partition: "aws-us-gov",
            region: "ap-southeast-2",
            account: "111122223333",
            set: CENTRAL_SET,
        };
        let canary = accounts(CANARY_LIMIT);
        for pack in PackTemplate::all() {
            let text = pack.central(&functions, &canary).yaml().expect("YAML");
            assert!(text.len() <= 51_200, "{}: {} bytes", pack.name(), text.len());
            assert!(text.contains("function:plumbline-canary-"), "{}", pack.name());
            let literal = pack.central(&functions, &BTreeSet::new()).yaml().expect("YAML");
            assert!(!literal.contains(IS_CANARY) && !literal.contains("AWS::AccountId"));
            assert!(!literal.contains("canary") && !literal.contains(RULES));
        }
        assert_eq!(PackScope::ALL.len(), 2);
    }
}
