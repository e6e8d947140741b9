//! Results of resources in AWS Config and in a scan, in a form that can be compared.

use std::collections::BTreeMap;

use plumbline_core::control::Control;
use serde_json::Value;

use crate::environment::TestAccount;

/// The results of a control by resource, with the values of AWS Config.
pub type Verdicts = BTreeMap<String, String>;

/// The results of a rule in AWS Config.
pub fn held(account: &TestAccount, region: &str, rule: &str) -> Verdicts {
    let evaluations = account.evaluations(region, rule);
    let evaluations = evaluations["evaluations"].as_array().expect("a list");
    evaluations
        .iter()
        .map(|one| (text(&one["ComplianceResourceId"]), text(&one["ComplianceType"])))
        .collect()
}

/// The results of a control in a Region, from the report of a scan of one account.
pub fn scanned(report: &Value, control: &Control, region: &str) -> Verdicts {
    let controls = report["accounts"][0]["controls"].as_array().expect("controls");
    let of_control =
        controls.iter().find(|one| one["id"] == control.id.as_str()).expect("the control");
    let evaluations = of_control["evaluations"]
        .as_array()
        .expect("evaluations")
        .iter()
        .filter(|one| one["region"] == region);
    evaluations
        .map(|one| {
            (
                text(&one["resource_id"]),
                text(&one["compliance"]).replace("NOT_ASSESSED", "NOT_APPLICABLE"),
            )
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
