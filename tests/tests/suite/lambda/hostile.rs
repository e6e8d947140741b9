//! Events and registers from an unexpected source.

use plumbline_tests::config_items::bucket_item;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::{ConfigEvent, RunningFunction, now};
use serde_json::{Value, json};

use super::{MFA_RULE, REGION, finding, held, imports, metrics, pair, with_buckets};

/// The item of a bucket that passes.
fn good_item(account: &TestAccount, bucket: &str) -> Value {
    bucket_item(account, REGION, bucket, "Enabled", json!(true))
}

#[test]
fn a_rejected_token_changes_nothing_anywhere() {
    let (account, good, bad) = with_buckets();
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    function.invoke(&event.scheduled()).answer.expect("success");
    let before = finding(&account, &bad).expect("a finding");
    for publish in ["all", "changes"] {
        let variables = [("PLUMBLINE_PUBLISH", publish)];
        let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &variables);
        for mut forged in [event.changed(&good_item(&account, &bad)), event.scheduled()] {
            forged["resultToken"] = json!("forged");
            let error = function.invoke(&forged).answer.expect_err("a forged token");
            let message = error["errorMessage"].as_str().expect("a message");
            assert!(message.contains("rejected the result token"), "{message}");
        }
    }
    assert_eq!(finding(&account, &bad).expect("a finding"), before, "byte for byte");
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NON_COMPLIANT"), pair(&good, "COMPLIANT")]);
    assert_eq!(imports(&account), [2]);
}

#[test]
fn an_event_of_the_future_is_refused_and_a_finding_of_the_future_is_mended() {
    let (account, _, bad) = with_buckets();
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    let mut item = good_item(&account, &bad);
    item["configurationItemCaptureTime"] = json!("2099-01-01T00:00:00.000Z");
    let error = function.invoke(&event.changed(&item)).answer.expect_err("the future");
    let message = error["errorMessage"].as_str().expect("a message");
    assert!(message.contains("2099-01-01T00:00:00Z"), "{message}");
    assert_eq!(finding(&account, &bad), None);

    function.invoke(&event.scheduled()).answer.expect("success");
    let mut forged = finding(&account, &bad).expect("a finding");
    forged["UpdatedAt"] = json!(now());
    forged["Compliance"] = json!({ "Status": "PASSED" });
    forged["ProductFields"]["plumbline/Observed"] = json!("2099-01-01T00:00:00.000Z");
    forged["ProductFields"]["plumbline/Digest"] = json!("another");
    account.import_finding(REGION, &forged);
    function.invoke(&event.scheduled()).answer.expect("success");
    let mended = finding(&account, &bad).expect("a finding");
    assert_eq!(mended["Compliance"]["Status"], "FAILED");
    let log = function.stop();
    assert_eq!(metrics(&log).expect("metrics")["FutureObservation"], 1);
}

#[test]
fn a_rule_with_other_parameters_writes_no_findings() {
    let (account, _, bad) = with_buckets();
    let deployed = [("PLUMBLINE_PARAMETERS", r#"{"notAssessedAs":"notApplicable"}"#)];
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &deployed);
    function
        .invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).scheduled())
        .answer
        .expect("success");
    let before = finding(&account, &bad).expect("a finding of the deployed rule");
    let parameters = json!({ "notAssessedAs": "nonCompliant" });
    let foreign = ConfigEvent { parameters, ..ConfigEvent::of(&account, REGION, "mine") };
    function.invoke(&foreign.changed(&good_item(&account, &bad))).answer.expect("success");
    assert_eq!(held(&account, "mine"), [pair(&bad, "COMPLIANT")], "its own result");
    assert_eq!(finding(&account, &bad).expect("a finding"), before);
    assert_eq!(metrics(&function.stop()).expect("metrics")["ForeignRule"], 1);
}
