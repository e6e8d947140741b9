//! `automation-rule.yaml`: for those who make rules of our functions outside of packs.

use plumbline_core::control::Control;
use plumbline_rules::registry::CONTROLS;
use serde_json::{Value, json};

use crate::builders::{Members, resource};
use crate::contract::AUTOMATION_RULE;
use crate::template::Template;

/// AWS Config forwards the evaluations of custom rules to Security Hub under the rule's name, as
/// findings without reasons, but for service-linked rules, which those of packs are. Those of our
/// rules repeat ours.
pub(crate) fn template() -> Template {
    let ours: Vec<Value> = CONTROLS
        .into_iter()
        .map(Control::rule_name)
        .map(|name| json!({ "Value": name, "Comparison": "PREFIX" }))
        .collect();
    let mut resources = Members::new();
    resources.set(
        "DuplicatesRule",
        resource(
            "AWS::SecurityHub::AutomationRule",
            json!({
                "RuleName": "plumbline-duplicates",
                "RuleOrder": 100,
                "RuleStatus": "ENABLED",
                "Description": "Suppresses the findings that AWS Config forwards for Plumbline's \
                    rules. Plumbline's own findings have the same results with reasons.",
                "Criteria": {
                    "ProductName": [{ "Value": "Config", "Comparison": "EQUALS" }],
                    "Title": ours
                },
                "Actions": [{
                    "Type": "FINDING_FIELDS_UPDATE",
                    "FindingFieldsUpdate": {
                        "Workflow": { "Status": "SUPPRESSED" },
                        "Note": { "Text": "Plumbline's finding for the same control and resource \
                            has the reason.", "UpdatedBy": "plumbline" }
                    }
                }]
            }),
        ),
    );
    Template::new(
        AUTOMATION_RULE,
        "Plumbline: suppresses the findings that AWS Config creates from Plumbline's evaluations, \
         if the rules are outside of conformance packs. In each Region of the Security Hub \
         administrator account.",
        Vec::new(),
        &[("Resources", &resources)],
    )
}
