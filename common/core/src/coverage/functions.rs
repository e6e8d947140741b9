//! Identifies the rules of the deployed conformance packs in an account, by their names and by the
//! functions that they call.
//!
//! A name alone proves nothing: an administrator of the account can create another conformance
//! pack whose rules have the same names and call another function.

use crate::aws::AccountId;
use crate::benchmark::ControlId;

/// The separator between the name that a conformance pack gives a rule and the id that AWS Config
/// appends.
const OF_PACK: &str = "-conformance-pack-";

/// The start of the names of the deploying account's functions.
const NAME_START: &str = "plumbline-";

/// A control that has to be covered in a Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedControl {
    /// The control.
    pub id: ControlId,
    /// The name of its rule in the pack.
    pub rule_name: String,
}

/// Returns the name that a conformance pack gives a rule, without the id that AWS Config appends;
/// `None` for other rules.
pub fn pack_rule_name(name: &str) -> Option<&str> {
    let (own, id) = name.split_once(OF_PACK)?;
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_id.then_some(own)
}

/// Returns the control of a conformance pack's rule by the rule's name. A rule that an
/// administrator created outside of conformance packs does not count.
pub fn pack_rule<'a>(name: &str, expected: &'a [ExpectedControl]) -> Option<&'a ExpectedControl> {
    let own = pack_rule_name(name)?;
    expected.iter().find(|control| control.rule_name == own)
}

/// A rule with a Lambda function; source `DescribeConfigRules`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFunction {
    /// The complete name of the rule.
    pub rule: String,
    /// The ARN of the function.
    pub function: String,
}

/// The functions of the deploying account in a Region, which serve the rules of all accounts.
#[derive(Clone, Debug)]
pub struct ServingFunctions {
    /// The deploying account.
    pub account: AccountId,
    /// The Region.
    pub region: String,
}

impl ServingFunctions {
    /// Returns the name of a function of Plumbline in the deploying account and Region; `None` for
    /// the ARN of another function.
    fn name<'a>(&self, arn: &'a str) -> Option<&'a str> {
        let parts: Vec<&str> = arn.split(':').collect();
        let [_, _, "lambda", region, account, "function", name] = parts.as_slice() else {
            return None;
        };
        let is_ours = *region == self.region && *account == self.account.as_str();
        (is_ours && name.starts_with(NAME_START)).then_some(*name)
    }

    /// Returns whether an ARN belongs to the function that evaluates a control.
    fn evaluates(&self, arn: &str, control: &ExpectedControl) -> bool {
        let end = format!("-{}", control.id.dashed());
        let set = self.name(arn).and_then(|name| name.strip_suffix(&end));
        // `plumbline-central-2-1-4` also ends in `-1-4`.
        set.is_some_and(|set| !set.ends_with(|char: char| char.is_ascii_digit()))
    }

    /// Returns whether a rule of a conformance pack calls the function of its control.
    pub(super) fn serve(&self, rule: &RuleFunction, expected: &[ExpectedControl]) -> bool {
        pack_rule(&rule.rule, expected)
            .is_some_and(|control| self.evaluates(&rule.function, control))
    }

    /// Returns rules with the name of a control's rule that call another function, and other rules
    /// that call a function of Plumbline.
    pub(super) fn foreign<'a>(
        &self,
        rules: &'a [RuleFunction],
        expected: &[ExpectedControl],
    ) -> Vec<&'a RuleFunction> {
        let is_foreign = |rule: &&RuleFunction| match pack_rule(&rule.rule, expected) {
            Some(control) => !self.evaluates(&rule.function, control),
            None => self.name(&rule.function).is_some(),
        };
        rules.iter().filter(is_foreign).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(rule: &str, function: &str) -> RuleFunction {
        RuleFunction { rule: rule.to_owned(), function: function.to_owned() }
    }

    #[test]
    fn a_rule_counts_by_its_function() {
        let serving = ServingFunctions {
            account: AccountId::new("111122223333").expect("an id"),
            region: "us-east-1".to_owned(),
        };
        let expected = ["1.4", "2.1.4"]
            .map(|id| ExpectedControl { id: ControlId::new(id), rule_name: format!("cis-{id}") });
        let [name, other] = ["cis-1.4-conformance-pack-a1", "another-rule"];
        let function = "arn:aws:lambda:us-east-1:111122223333:function:";
        for (rule, serves, foreign) in [
            (rule(name, &format!("{function}plumbline-central-1-4")), true, false),
            (rule(name, &format!("{function}plumbline-canary-1-4")), true, false),
            (rule(name, &format!("{function}plumbline-central-2-1-4")), false, true),
            (rule(name, &format!("{function}plumbline-central-1-4:alias")), false, true),
            (rule(name, &format!("{function}other-1-4")), false, true),
            (
                rule(name, "arn:aws:lambda:us-east-1:444455556666:function:plumbline-central-1-4"),
                false,
                true,
            ),
            (
                rule(name, "arn:aws:lambda:eu-west-1:111122223333:function:plumbline-central-1-4"),
                false,
                true,
            ),
            (rule(name, "IAM_ROOT_ACCESS_KEY_CHECK"), false, true),
            (rule(other, &format!("{function}plumbline-central-1-4")), false, true),
            (rule(other, &format!("{function}other")), false, false),
            (rule(other, "IAM_ROOT_ACCESS_KEY_CHECK"), false, false),
        ] {
            assert_eq!(serving.serve(&rule, &expected), serves, "{rule:?}");
            let found = serving.foreign(std::slice::from_ref(&rule), &expected);
            assert_eq!(!found.is_empty(), foreign, "{rule:?}");
        }
    }

    #[test]
    fn rules_of_packs_are_known_by_their_whole_names() {
        let expected = ["1.4", "5.2"]
            .map(|id| ExpectedControl { id: ControlId::new(id), rule_name: format!("cis-{id}") });
        let found = |name| pack_rule(name, &expected).map(|control| control.id.as_str());
        assert_eq!(found("cis-1.4-conformance-pack-a1b2"), Some("1.4"));
        for other in [
            "cis-1.4",
            "cis-1.4-conformance-pack-",
            "cis-1.4-conformance-pack-a-b",
            "x-cis-1.4-conformance-pack-a1",
            "cis-9.9-conformance-pack-a1",
        ] {
            assert_eq!(found(other), None, "{other}");
        }
    }
}
