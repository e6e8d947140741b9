//! `automation-rule.yaml`: a Security Hub automation rule for Config rules outside of conformance
//! packs.

use plumbline_core::control::Control;
use plumbline_rules::registry::CONTROLS;
use serde_json::{Value, json};

use crate::builders::{Members, resource};
use crate::contract::AUTOMATION_RULE;
use crate::template::Template;

/// AWS Config forwards evaluations of custom rules to Security Hub as findings without reasons. It
/// does not forward those of service-linked rules, which packs use. Forwarded findings of
/// Plumbline's rules duplicate Plumbline's findings.
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
