//! The conformance packs: rules with triggers, scopes and parameters.
#![expect(
    clippy::indexing_slicing,
    reason = "members are set by name on objects that are written out just above"
)]

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::benchmark::{ControlId, Scope};
use plumbline_core::control::Control;
use plumbline_core::parameters::Parameter;
use plumbline_rules::registry::CONTROLS;
use serde_json::{Map, Value, json};

use crate::builders::{Members, given, logical_id, only_when, reference, resource, when};
use crate::canary::{IS_CANARY, RULES, canary_conditions};
use crate::contract::{BODY, CANARY_SET, FUNCTIONS_ACCOUNT, PackScope};
use crate::parameter::{ParameterValues, TemplateParameter};
use crate::template::Template;

const HAS_FUNCTIONS_ACCOUNT: &str = "HasFunctionsAccount";

/// The template of a conformance pack. Level 2 includes level 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackTemplate {
    scope: PackScope,
    level: PackLevel,
}

/// The level of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PackLevel {
    One,
    Two,
}

impl PackLevel {
    const ALL: [Self; 2] = [Self::One, Self::Two];

    fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

/// Converts a control parameter to a template parameter.
pub(crate) fn of_rules(name: &str, declared: &Parameter) -> TemplateParameter {
    TemplateParameter::optional(name, declared.doc.trim(), declared.default)
        .matching(declared.pattern)
}

/// Finds the control parameter of a template parameter, with the controls that have it.
pub fn control_parameter(name: &str) -> Option<(&'static Parameter, Vec<ControlId>)> {
    let mut found = None;
    for control in CONTROLS {
        let mut parameters = control.parameters();
        if let Some(parameter) = parameters.find(|one| pack_parameter(one) == name) {
            found.get_or_insert_with(|| (parameter, Vec::new())).1.push(control.id);
        }
    }
    found
}

/// The maximum length of a rule's parameters in AWS Config, in characters of their JSON.
pub const RULE_PARAMETERS_LIMIT: usize = 1_024;

/// Returns the first control whose rule parameters would exceed the limit of AWS Config, with their
/// length.
pub fn too_long(values: &ParameterValues) -> Option<(ControlId, usize)> {
    CONTROLS.into_iter().find_map(|control| {
        let input: Map<String, Value> = control
            .parameters()
            .filter_map(|parameter| {
                let given = values.get(&pack_parameter(parameter)).map(String::as_str);
                let value = given.unwrap_or(parameter.default);
                (!value.is_empty()).then(|| (parameter.name.to_owned(), json!(value)))
            })
            .collect();
        let length = Value::Object(input).to_string().chars().count();
        (length > RULE_PARAMETERS_LIMIT).then_some((control.id, length))
    })
}

impl PackTemplate {
    pub(crate) fn new(scope: PackScope, level: PackLevel) -> Self {
        Self { scope, level }
    }

    /// Returns all packs.
    pub fn all() -> impl Iterator<Item = Self> {
        PackScope::ALL
            .into_iter()
            .flat_map(|scope| PackLevel::ALL.map(|level| Self { scope, level }))
    }

    /// Returns the pack of a scope and a value of the parameter `Level`, or `None` for another
    /// value.
    pub fn of(scope: PackScope, level: &str) -> Option<Self> {
        Self::all().find(|pack| pack.scope == scope && pack.level.number().to_string() == level)
    }

    /// Returns the name of the template.
    pub fn name(self) -> &'static str {
        match (self.scope, self.level) {
            (PackScope::Global, PackLevel::One) => "conformance-pack-global-level-1",
            (PackScope::Global, PackLevel::Two) => "conformance-pack-global-level-2",
            (PackScope::Regional, PackLevel::One) => "conformance-pack-regional-level-1",
            (PackScope::Regional, PackLevel::Two) => "conformance-pack-regional-level-2",
        }
    }

    fn controls(self) -> impl Iterator<Item = &'static Control> {
        let scope = match self.scope {
            PackScope::Global => Scope::Global,
            PackScope::Regional => Scope::Regional,
        };
        CONTROLS
            .into_iter()
            .filter(move |control| control.scope == scope && control.level <= self.level.number())
    }

    /// Returns the parameters of the pack's controls by their names in the pack. Controls share
    /// parameters of the same name.
    pub(crate) fn parameters(self) -> BTreeMap<String, &'static Parameter> {
        self.controls()
            .flat_map(Control::parameters)
            .map(|parameter| (pack_parameter(parameter), parameter))
            .collect()
    }

    /// Returns the parameters of the pack's controls for a template of functions or of a complete
    /// stack.
    pub(crate) fn template_parameters(self) -> Vec<TemplateParameter> {
        self.parameters().iter().map(|(name, declared)| of_rules(name, declared)).collect()
    }

    /// Creates the template.
    pub fn template(self) -> Template {
        let account = TemplateParameter::optional(
            FUNCTIONS_ACCOUNT,
            "Account of the central functions. Empty: the account of the rules",
            "",
        );
        let mut conditions = Members::new();
        conditions.set(HAS_FUNCTIONS_ACCOUNT, given(FUNCTIONS_ACCOUNT));
        let of_rules = |control: &Control| {
            let function = format!(
                "arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{Account}}:function:{}",
                control.function_name()
            );
            let account = when(
                HAS_FUNCTIONS_ACCOUNT,
                reference(FUNCTIONS_ACCOUNT),
                reference("AWS::AccountId"),
            );
            json!({ "Fn::Sub": [function, { "Account": account }] })
        };
        self.with_functions(vec![account], conditions, &of_rules)
    }

    /// Creates the template for rules that invoke the central functions of a Region by literal
    /// ARNs, because AWS Config does not document which template functions it supports in
    /// organization packs. Only with accounts of a canary unit, whose rules invoke the functions of
    /// the canary set, it has conditions on the account. Parameters that no rule uses store state.
    pub fn central(self, functions: &CentralFunctions<'_>, canary: &BTreeSet<String>) -> Template {
        let mut stated = vec![
            (FUNCTIONS_ACCOUNT, "Account of the central functions"),
            (BODY, "Digest of this template"),
        ];
        if !canary.is_empty() {
            stated.push((RULES, "Digest of the rules, regardless of the canary unit"));
        }
        let stated = stated.into_iter();
        let stated = stated.map(|(name, doc)| TemplateParameter::optional(name, doc, ""));
        let first = CentralFunctions { set: CANARY_SET, ..*functions };
        self.with_functions(stated.collect(), canary_conditions(canary), &|control| {
            let function = json!(functions.arn(control));
            match canary.is_empty() {
                true => function,
                false => when(IS_CANARY, json!(first.arn(control)), function),
            }
        })
    }

    /// Creates the template that the template of a stack contains as text. The stack sets the ARNs
    /// of the functions, so AWS Config evaluates no template function. `prefix` is the part of the
    /// ARNs from the account to the dash before the control ID.
    pub(crate) fn within_stack(self, prefix: &str) -> Template {
        self.with_functions(Vec::new(), Members::new(), &|control| {
            let id = control.id.dashed();
            json!(format!("arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:{prefix}-{id}"))
        })
    }

    /// Creates the template with the functions of its rules.
    fn with_functions(
        self,
        mut parameters: Vec<TemplateParameter>,
        mut conditions: Members,
        function: &dyn Fn(&Control) -> Value,
    ) -> Template {
        for (name, declared) in self.parameters() {
            // AWS Config does not accept parameters without a value.
            if declared.default.is_empty() {
                conditions.set(&format!("Has{name}"), given(&name));
            }
            parameters.push(TemplateParameter::optional(
                &name,
                declared.doc.trim(),
                declared.default,
            ));
        }
        let mut resources = Members::new();
        for control in self.controls() {
            resources.set(&logical_id("Rule", control), rule(control, function(control)));
        }
        Template::of_pack(
            self.name(),
            parameters,
            &[("Conditions", &conditions), ("Resources", &resources)],
        )
    }
}

/// The central functions of a Region.
#[derive(Clone, Copy, Debug)]
pub struct CentralFunctions<'a> {
    /// The partition, `aws`.
    pub partition: &'a str,
    /// The Region.
    pub region: &'a str,
    /// The account.
    pub account: &'a str,
    /// The prefix of their names: a value of the parameter `FunctionSet`.
    pub set: &'a str,
}

impl CentralFunctions<'_> {
    /// Returns the ARN of a control's function.
    fn arn(&self, control: &Control) -> String {
        let Self { partition, region, account, set } = self;
        let id = control.id.dashed();
        format!("arn:{partition}:lambda:{region}:{account}:function:{set}-{id}")
    }
}

/// Returns the name of a parameter in a pack and in stacks: `MaxAccessKeyAge` for
/// `maxAccessKeyAge`.
pub fn pack_parameter(parameter: &Parameter) -> String {
    let (first, rest) = parameter.name.split_at(1);
    format!("{}{rest}", first.to_ascii_uppercase())
}

fn rule(control: &'static Control, function: Value) -> Value {
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
    let mut rule = resource(
        "AWS::Config::ConfigRule",
        json!({
            "ConfigRuleName": control.rule_name(),
            "Description": format!("CIS AWS Foundations 1.5.0, {}: {}", control.id, control.title),
            "InputParameters": input.0,
            "Source": {
                "Owner": "CUSTOM_LAMBDA",
                "SourceIdentifier": function,
                "SourceDetails": triggers
            }
        }),
    );
    // A rule without change triggers must have no scope.
    if let Some(change) = control.change_type() {
        rule["Properties"]["Scope"] = json!({ "ComplianceResourceTypes": [change] });
    }
    rule
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::contract::pack_template;

    #[test]
    fn parameters_of_a_rule_have_a_longest_length() {
        let topics = |count: usize| {
            let topic = "arn:aws:sns:us-east-1:111122223333:alarms-of-production";
            let list = vec![topic; count].join(",");
            too_long(&ParameterValues::from([("TrustedTopics".to_owned(), list)]))
        };
        assert_eq!(topics(15), None);
        let (control, length) = topics(20).expect("too long");
        assert_eq!(control.as_str(), "4.1");
        assert!(length > RULE_PARAMETERS_LIMIT);
    }

    #[test]
    fn packs_are_found_by_scope_and_level() {
        for scope in PackScope::ALL {
            for level in ["1", "2"] {
                let pack = PackTemplate::of(scope, level).expect("a pack");
                assert_eq!(pack.name(), pack_template(scope, level));
            }
            assert_eq!(PackTemplate::of(scope, "3"), None);
        }
        assert_eq!(PackTemplate::all().count(), 4);
    }

    #[test]
    fn packs_fit_into_a_call() {
        for pack in PackTemplate::all() {
            let size = pack.template().yaml().expect("YAML").len();
            assert!(size <= 51_200, "{}: {size} bytes", pack.name());
        }
    }

    /// A parameter of a pack sets all control parameters of this name, so they must have the same
    /// meaning.
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
            let packs: BTreeSet<&str> = PackTemplate::all()
                .filter(|pack| pack.controls().any(|of| of.id == control.id))
                .map(PackTemplate::name)
                .collect();
            let scope = if control.scope == Scope::Global { "global" } else { "regional" };
            let expected: BTreeSet<String> = (control.level..=2)
                .map(|level| format!("conformance-pack-{scope}-level-{level}"))
                .collect();
            assert_eq!(packs, expected.iter().map(String::as_str).collect(), "{}", control.id);
        }
    }
}
