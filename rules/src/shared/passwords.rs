//! The fixes of 1.8 and 1.9: they set one rule of the password policy and repeat all others.

use plumbline_core::facts::{OtherPasswordRules, PasswordRules};
use plumbline_core::fix::{FixCommand, Terraform, TerraformResource};
use plumbline_core::prelude::*;
use serde_json::json;

use super::shell::{PRINTED, RESTATE_PASSWORD_POLICY};

/// A numeric rule, for which a higher number is stricter.
pub(crate) struct PasswordRule {
    /// The parameter of the control.
    pub(crate) parameter: &'static str,
    /// The value that the benchmark requires.
    pub(crate) least: i64,
    /// The highest value that IAM accepts.
    pub(crate) most: i64,
    /// Its name in the API of IAM.
    pub(crate) member: &'static str,
    /// Its name in Terraform.
    pub(crate) argument: &'static str,
}

/// Returns the fix that sets a rule. The script reads the policy at run time, because it may have
/// changed since the scan.
pub(crate) fn fix(failure: &Failure<'_>, rule: &PasswordRule) -> Fix {
    let given = failure.parameters.get(rule.parameter).and_then(|text| text.trim().parse().ok());
    let least = given.unwrap_or(rule.least);
    if least > rule.most {
        return Fix::by_hand(format!(
            "IAM accepts {} up to {}, but {} is {least}.",
            rule.member, rule.most, rule.parameter
        ));
    }
    let command = FixCommand::call(&RESTATE_PASSWORD_POLICY)
        .argument(failure.resource.region.as_str())
        .argument(json!({ rule.member: least }).to_string());
    Fix::new()
        .command(command)
        .effect(FixEffect::Replaces, "the password policy. All other rules are kept.")
        .undo(PRINTED)
        .terraform(terraform(failure, rule, least))
}

/// Returns the complete policy, where the report has it.
fn terraform(failure: &Failure<'_>, rule: &PasswordRule, least: i64) -> Terraform {
    let argument = Terraform::Argument(format!(
        "aws_iam_account_password_policy: {} = {least}",
        rule.argument
    ));
    let policy = failure.evidence.get("policy");
    let rules = match policy.map(|policy| serde_json::from_value(policy.clone())) {
        Some(Ok(rules)) => rules,
        Some(Err(_)) => return argument,
        // The rules of IAM without a policy.
        None => PasswordRules {
            minimum_length: Some(8),
            remembered: None,
            others: Some(OtherPasswordRules {
                symbols: true,
                numbers: true,
                uppercase: true,
                lowercase: true,
                ..OtherPasswordRules::default()
            }),
        },
    };
    let Some(others) = rules.others else { return argument };
    let numbers = [
        ("minimum_password_length", rules.minimum_length),
        ("password_reuse_prevention", rules.remembered),
        ("max_password_age", others.max_age),
    ];
    let mut resource = TerraformResource::new(
        "aws_iam_account_password_policy",
        "policy",
        &failure.resource.region,
    )
    .import(policy.map(|_| "iam-account-password-policy"));
    for (name, number) in numbers {
        let number = if name == rule.argument { Some(least) } else { number.map(i64::from) };
        if let Some(number) = number {
            resource = resource.set(name, number);
        }
    }
    Terraform::resource(
        resource
            .set("require_symbols", others.symbols)
            .set("require_numbers", others.numbers)
            .set("require_uppercase_characters", others.uppercase)
            .set("require_lowercase_characters", others.lowercase)
            .set("allow_users_to_change_password", others.own_change)
            .set("hard_expiry", others.hard_expiry),
    )
}
