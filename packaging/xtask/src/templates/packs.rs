//! The conformance packs: rules with their triggers, scopes and parameters.

use std::collections::BTreeMap;

use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_core::parameters::Parameter;
use plumbline_rules::registry::CONTROLS;
use serde_json::{Value, json};

use super::functions::logical_id;
use super::{Members, given, only_when, parameter, reference, resource, when};

/// The account of the functions, for rules that another account's functions serve.
const FUNCTIONS_ACCOUNT: &str = "FunctionsAccount";
const CENTRAL: &str = "HasFunctionsAccount";

/// Where the rules of a pack run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PackScope {
    /// In the home Region.
    Global,
    /// In every Region.
    Regional,
}

/// A conformance pack. Level 2 contains level 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pack {
    pub(super) kind: PackScope,
    pub(super) level: u8,
}

impl Pack {
    /// All packs.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        [PackScope::Global, PackScope::Regional]
            .into_iter()
            .flat_map(|kind| [1, 2].map(|level| Self { kind, level }))
    }

    /// The template's name.
    pub(super) fn name(self) -> &'static str {
        match (self.kind, self.level) {
            (PackScope::Global, 1) => "conformance-pack-global-level-1",
            (PackScope::Global, _) => "conformance-pack-global-level-2",
            (PackScope::Regional, 1) => "conformance-pack-regional-level-1",
            (PackScope::Regional, _) => "conformance-pack-regional-level-2",
        }
    }

    fn controls(self) -> impl Iterator<Item = &'static Control> {
        let scope = match self.kind {
            PackScope::Global => Scope::Global,
            PackScope::Regional => Scope::Regional,
        };
        CONTROLS
            .into_iter()
            .filter(move |control| control.scope == scope && control.level <= self.level)
    }

    /// The parameters of the pack's controls, by their name in the pack. Controls share those of
    /// the same name.
    pub(super) fn parameters(self) -> BTreeMap<String, &'static Parameter> {
        self.controls()
            .flat_map(Control::parameters)
            .map(|parameter| (pack_parameter(parameter), parameter))
            .collect()
    }

    /// The template.
    pub(super) fn template(self) -> Value {
        let mut parameters = Members::new();
        let mut conditions = Members::new();
        parameters.set(
            FUNCTIONS_ACCOUNT,
            parameter(
                "The account of the central functions; the rules' own account when empty",
                "",
            ),
        );
        conditions.set(CENTRAL, given(FUNCTIONS_ACCOUNT));
        for (name, declared) in self.parameters() {
            parameters.set(&name, parameter(declared.doc.trim(), declared.default));
            // AWS Config takes no parameter without a value.
            if declared.default.is_empty() {
                conditions.set(&format!("Has{name}"), given(&name));
            }
        }
        let mut resources = Members::new();
        for control in self.controls() {
            resources.set(&logical_id("Rule", control), rule(control));
        }
        json!({ "Parameters": parameters.0, "Conditions": conditions.0, "Resources": resources.0 })
    }
}

/// A parameter's name in a pack: `maxAccessKeyAge` is `MaxAccessKeyAge`.
fn pack_parameter(parameter: &Parameter) -> String {
    let (first, rest) = parameter.name.split_at(1);
    format!("{}{rest}", first.to_ascii_uppercase())
}

fn rule(control: &'static Control) -> Value {
    let mut input = Members::new();
    for declared in control.parameters() {
        let name = pack_parameter(declared);
        let value = if declared.default.is_empty() {
            only_when(&format!("Has{name}"), reference(&name))
        } else {
            reference(&name)
        };
        input.set(declared.name, value);
    }
    let mut triggers =
        vec![json!({ "EventSource": "aws.config", "MessageType": "ScheduledNotification",
            "MaximumExecutionFrequency": "TwentyFour_Hours" })];
    if control.change_type().is_some() {
        let change = |kind| json!({ "EventSource": "aws.config", "MessageType": kind });
        triggers.extend(
            ["ConfigurationItemChangeNotification", "OversizedConfigurationItemChangeNotification"]
                .map(change),
        );
    }
    let function = format!(
        "arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{Account}}:function:{}",
        control.function_name()
    );
    let account = when(CENTRAL, reference(FUNCTIONS_ACCOUNT), reference("AWS::AccountId"));
    let mut rule = resource(
        "AWS::Config::ConfigRule",
        json!({
            "ConfigRuleName": control.rule_name(),
            "Description": format!("CIS AWS Foundations 1.5.0, {}: {}", control.id, control.title),
            "InputParameters": input.0,
            "Source": {
                "Owner": "CUSTOM_LAMBDA",
                "SourceIdentifier": { "Fn::Sub": [function, { "Account": account }] },
                "SourceDetails": triggers
            }
        }),
    );
    // A rule without changes must have no scope.
    if let Some(change) = control.change_type() {
        rule["Properties"]["Scope"] = json!({ "ComplianceResourceTypes": [change] });
    }
    rule
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A pack's parameter stands for the controls' parameters of that name: they must mean the
    /// same.
    #[test]
    fn parameters_of_one_name_are_one_parameter() {
        let mut known: BTreeMap<&str, (&str, &str, &str)> = BTreeMap::new();
        for declared in CONTROLS.into_iter().flat_map(Control::parameters) {
            let declaration = (declared.default, declared.doc, declared.pattern);
            assert_eq!(
                *known.entry(declared.name).or_insert(declaration),
                declaration,
                "{}",
                declared.name
            );
        }
    }

    #[test]
    fn every_control_is_in_the_packs_of_its_level_and_scope() {
        for control in CONTROLS {
            let packs: BTreeSet<&str> = Pack::all()
                .filter(|pack| pack.controls().any(|of| of.id == control.id))
                .map(Pack::name)
                .collect();
            let scope = if control.scope == Scope::Global { "global" } else { "regional" };
            let expected: BTreeSet<String> = (control.level..=2)
                .map(|level| format!("conformance-pack-{scope}-level-{level}"))
                .collect();
            assert_eq!(packs, expected.iter().map(String::as_str).collect(), "{}", control.id);
        }
    }
}
