//! A scan, a snapshot and an item lead to the same verdicts.

use std::collections::BTreeSet;

use plumbline_core::evaluation::Compliance;
use plumbline_rules::registry::CONTROLS;
use plumbline_tests::config_items;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::{ConfigEvent, RunningFunction};
use plumbline_tests::outcomes::{decided, outcomes_of};
use plumbline_tests::programs::{json, plumbline_as, recorded, stdout};
use serde_json::json;

#[test]
fn a_scan_and_its_snapshot_agree() {
    let account = TestAccount::seeded();
    let snapshot = recorded(&account);
    let now = snapshot.recorded_at.to_rfc3339();
    let live = json(&plumbline_as(&account, &["scan", "--format", "json", "--now", &now]), 0);
    assert_eq!(outcomes_of(&live), decided(&snapshot, &snapshot.accounts[0].facts));
}

/// Change-triggered controls, with the items of the demo account's resources. The verdict of an
/// item is that of the API.
#[test]
fn the_api_an_item_and_a_snapshot_lead_to_the_same_verdict() {
    let account = TestAccount::seeded();
    let report = outcomes_of(&json(&plumbline_as(&account, &["scan", "--format", "json"]), 0));
    let snapshot = recorded(&account);
    let mut compared = BTreeSet::new();
    for control in CONTROLS.into_iter().filter(|control| control.change_triggered) {
        for region in ["us-east-1", "eu-west-1"] {
            let rule = control.rule_name();
            let mut function = RunningFunction::start(
                &account,
                region,
                control.slug,
                &[("PLUMBLINE_SECURITY_HUB", "off")],
            );
            for item in config_items::of_control(control, &account, &snapshot, region) {
                function
                    .invoke(&ConfigEvent::of(&account, region, &rule).changed(&item))
                    .answer
                    .expect("success");
            }
            for evaluation in
                account.evaluations(region, &rule)["evaluations"].as_array().expect("a list")
            {
                let id = evaluation["ComplianceResourceId"].as_str().expect("an id");
                // A resource that is out of scope has no evaluation from the API, and "not
                // applicable" from an item.
                let by_api = report
                    .get(&(control.id.to_string(), region.to_owned(), id.to_owned()))
                    .map_or("NOT_APPLICABLE", String::as_str);
                assert_eq!(
                    evaluation["ComplianceType"],
                    json!(by_api),
                    "control {} on {id} in {region}",
                    control.id
                );
                compared.insert((control.id.to_string(), by_api.to_owned()));
            }
        }
    }
    for control in CONTROLS.into_iter().filter(|control| control.change_triggered) {
        for outcome in [Compliance::Compliant, Compliance::NonCompliant] {
            assert!(
                compared.contains(&(control.id.to_string(), outcome.to_string())),
                "no item of control {} is {outcome}",
                control.id
            );
        }
    }
}

/// A disabled Region keeps its buckets.
#[test]
fn buckets_where_nothing_can_be_read_are_reported() {
    let account = TestAccount::new();
    account.bucket(&format!("kept-{}", account.id), "eu-west-1");
    account.control("ec2/regions", json!({ "regions": ["us-east-1"] }));
    let report =
        json(&plumbline_as(&account, &["scan", "--format", "json", "--control", "2.1.3"]), 0);
    let evaluations = &report["accounts"][0]["controls"][0]["evaluations"];
    let evaluations = evaluations.as_array().expect("evaluations");
    let evaluation = evaluations
        .iter()
        .find(|evaluation| evaluation["region"] == "eu-west-1")
        .expect("an evaluation under the disabled Region");
    assert_eq!(evaluation["compliance"], "NOT_ASSESSED");
    assert!(
        evaluation["reason"]
            .as_str()
            .expect("a reason")
            .contains("is in eu-west-1, which is disabled"),
        "{evaluation}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("snapshot.json").display().to_string();
    stdout(&plumbline_as(&account, &["collect", "--output", &file]), 0);
    let recorded = json(
        &plumbline_as(
            &account,
            &["scan", "--format", "json", "--control", "2.1.3", "--snapshot", &file],
        ),
        0,
    );
    let recorded = &recorded["accounts"][0]["controls"][0]["evaluations"];
    assert!(recorded.as_array().expect("evaluations").contains(evaluation), "{recorded}");
    // The function has one result for the account: the pass of the home Region, where there are no
    // buckets, does not hide the bucket elsewhere.
    let rule = "cis-2-1-3-bucket-mfa-delete";
    account.enable_security_hub("us-east-1");
    let mut function = RunningFunction::start(&account, "us-east-1", "bucket-mfa-delete", &[]);
    let event = ConfigEvent::of(&account, "us-east-1", rule).scheduled();
    function.invoke(&event).answer.expect("success");
    let held = account.evaluations("us-east-1", rule)["evaluations"].clone();
    assert_eq!(held.as_array().map(Vec::len), Some(1), "{held}");
    assert_eq!(
        (&held[0]["ComplianceType"], &held[0]["Annotation"]),
        (&json!("NOT_APPLICABLE"), &evaluation["reason"])
    );
    let findings = account.findings("us-east-1")["findings"].clone();
    assert_eq!(findings.as_array().map(Vec::len), Some(1), "{findings}");
    assert_eq!(findings[0]["Compliance"]["Status"], "NOT_AVAILABLE");
}
