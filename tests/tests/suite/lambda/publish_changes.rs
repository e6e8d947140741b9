//! Functions that report only results that differ from those in AWS Config.

use plumbline_tests::config_items::bucket_item;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::{ConfigEvent, RunningFunction};
use serde_json::{Value, json};

use super::{MFA_RULE, REGION, held, pair, with_buckets};

/// The sizes of the `PutEvaluations` calls of a rule, in order.
fn puts(account: &TestAccount, rule: &str) -> Vec<u64> {
    account.evaluations(REGION, rule)["sizes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|size| size.as_u64().expect("a number"))
        .collect()
}

const CHANGES: &[(&str, &str)] = &[("PLUMBLINE_PUBLISH", "changes")];

#[test]
fn with_changes_only_what_differs_is_put_and_the_token_always_comes_back() {
    let (account, good, bad) = with_buckets();
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, CHANGES);
    for _ in 0..2 {
        function.invoke(&event.scheduled()).answer.expect("success");
    }
    assert_eq!(puts(&account, MFA_RULE), [2, 1], "everything first, then one for the token");

    // A new reason for the same outcome is also a difference.
    account.versioning(&bad, REGION, "Suspended", "Disabled");
    function.invoke(&event.scheduled()).answer.expect("success");
    let annotation = |id: &str| {
        let evaluations = account.evaluations(REGION, MFA_RULE);
        let of = |one: &&Value| one["ComplianceResourceId"] == id;
        evaluations["evaluations"]
            .as_array()
            .expect("a list")
            .iter()
            .find(of)
            .expect("an evaluation")["Annotation"]
            .as_str()
            .expect("a text")
            .to_owned()
    };
    assert!(annotation(&bad).contains("suspended"), "{}", annotation(&bad));
    account.versioning(&good, REGION, "Suspended", "Disabled");
    function.invoke(&event.scheduled()).answer.expect("success");
    account.s3("DELETE", &format!("/{bad}"), REGION, "");
    function.invoke(&event.scheduled()).answer.expect("success");
    assert_eq!(
        held(&account, MFA_RULE),
        [pair(&bad, "NOT_APPLICABLE"), pair(&good, "NON_COMPLIANT")]
    );
    function.invoke(&event.scheduled()).answer.expect("success");
    assert_eq!(puts(&account, MFA_RULE), [2, 1, 1, 1, 1, 1], "a deleted resource is reported once");
    let log = function.stop();
    let done: Vec<(&Value, &Value)> = log
        .iter()
        .filter(|line| line["message"] == "done")
        .map(|line| (&line["evaluations_put"], &line["evaluations_unchanged"]))
        .collect();
    assert_eq!(done.first(), Some(&(&json!(2), &json!(0))));
    assert_eq!(done.last(), Some(&(&json!(1), &json!(0))));
}

#[test]
fn with_changes_everything_is_put_again_after_a_week() {
    let (account, good, bad) = with_buckets();
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, CHANGES);
    let age = |days: f64| {
        account
            .control("config/age", json!({ "region": REGION, "rule_name": MFA_RULE, "days": days }))
    };
    function.invoke(&event.scheduled()).answer.expect("success");
    age(6.0);
    function.invoke(&event.scheduled()).answer.expect("success");
    age(1.0);
    for _ in 0..2 {
        function.invoke(&event.scheduled()).answer.expect("success");
    }
    assert_eq!(
        puts(&account, MFA_RULE),
        [2, 1, 1, 1],
        "both, one for the token, the other after a week, one for the token"
    );
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NON_COMPLIANT"), pair(&good, "COMPLIANT")]);
}

#[test]
fn with_changes_a_changed_resource_is_always_put() {
    let (account, good, _) = with_buckets();
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, CHANGES);
    for _ in 0..2 {
        function
            .invoke(&event.changed(&bucket_item(&account, REGION, &good, "Enabled", json!(true))))
            .answer
            .expect("success");
    }
    assert_eq!(puts(&account, MFA_RULE), [1, 1]);
}

#[test]
fn with_changes_everything_is_put_when_what_config_holds_cannot_be_read() {
    let (account, good, bad) = with_buckets();
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, CHANGES);
    function.invoke(&event.scheduled()).answer.expect("success");
    account.fault("config", "GetComplianceDetailsByConfigRule", "denied", json!({}));
    let error =
        function.invoke(&event.scheduled()).answer.expect_err("deleted resources cannot be found");
    assert!(
        error["errorMessage"]
            .as_str()
            .expect("a message")
            .contains("config:GetComplianceDetailsByConfigRule"),
        "{error}"
    );
    assert_eq!(puts(&account, MFA_RULE), [2, 2]);
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NON_COMPLIANT"), pair(&good, "COMPLIANT")]);
}

#[test]
fn with_changes_what_config_did_not_take_is_put_by_the_next_run() {
    let (account, good, bad) = with_buckets();
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    account.control("config/fail", json!({ "resource_ids": [bad], "times": 5 }));
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, CHANGES);
    function.invoke(&event.scheduled()).answer.expect_err("one was not taken");
    function.invoke(&event.scheduled()).answer.expect("success");
    assert_eq!(
        puts(&account, MFA_RULE),
        [2, 1, 1, 1, 1, 1],
        "sent again four times, and by the next run"
    );
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NON_COMPLIANT"), pair(&good, "COMPLIANT")]);
}
