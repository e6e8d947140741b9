//! Runs that a changed resource starts.

use plumbline_tests::config_items::{bucket_item, group_item};
use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::{ConfigEvent, RunningFunction};
use serde_json::{Value, json};

use super::{GROUP_RULE, MFA_RULE, REGION, finding, held, pair, with_buckets};

#[test]
fn a_change_is_decided_from_its_item_and_touches_nothing_else() {
    let (account, good, bad) = with_buckets();
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    function.invoke(&event.scheduled()).answer.expect("success");
    account.forget("calls");
    function
        .invoke(&event.changed(&bucket_item(&account, REGION, &bad, "Enabled", json!(true))))
        .answer
        .expect("success");
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "COMPLIANT"), pair(&good, "COMPLIANT")]);
    assert_eq!(finding(&account, &bad).expect("a finding")["Compliance"]["Status"], "PASSED");
    let calls = account.calls();
    assert!(
        !calls.iter().any(|call| call.starts_with("s3:")),
        "the item tells everything: {calls:?}"
    );
}

#[test]
fn what_an_item_lacks_is_read() {
    let (account, good, _) = with_buckets();
    let mut item = bucket_item(&account, REGION, &good, "Enabled", json!(null));
    item["supplementaryConfiguration"]
        .as_object_mut()
        .expect("an object")
        .remove("BucketVersioningConfiguration");
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    function
        .invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).changed(&item))
        .answer
        .expect("success");
    assert_eq!(held(&account, MFA_RULE), [pair(&good, "COMPLIANT")]);
}

#[test]
fn an_oversized_item_is_fetched() {
    let (account, good, _) = with_buckets();
    let item = bucket_item(&account, REGION, &good, "Suspended", json!(false));
    let mut stored = item.clone();
    for (event_name, history_name) in
        [("ARN", "arn"), ("awsAccountId", "accountId"), ("configurationItemVersion", "version")]
    {
        let value =
            stored.as_object_mut().expect("an object").remove(event_name).expect(event_name);
        stored[history_name] = value;
    }
    for unknown in ["relatedEvents", "configurationStateMd5Hash"] {
        stored.as_object_mut().expect("an object").remove(unknown);
    }
    stored["resourceCreationTime"] = json!("2026-01-01T00:00:00Z");
    stored["configurationStateId"] = json!("1");
    account.control("config/history", json!({ "region": REGION, "items": [stored] }));
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    function
        .invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).oversized(&item))
        .answer
        .expect("success");
    // The item says "suspended", the bucket itself would pass: the item decided.
    assert_eq!(held(&account, MFA_RULE), [pair(&good, "NON_COMPLIANT")]);
    assert!(account.calls().contains(&"config:GetResourceConfigHistory".to_owned()));
}

#[test]
fn an_oversized_item_that_cannot_be_fetched_is_read_instead() {
    let (account, good, _) = with_buckets();
    account.fault("config", "GetResourceConfigHistory", "denied", json!({}));
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let item = bucket_item(&account, REGION, &good, "Suspended", json!(false));
    function
        .invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).oversized(&item))
        .answer
        .expect("success");
    assert_eq!(held(&account, MFA_RULE), [pair(&good, "COMPLIANT")]);
}

#[test]
fn deleted_resources_are_not_applicable_and_others_are_read() {
    let (account, good, bad) = with_buckets();
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    function.invoke(&event.scheduled()).answer.expect("success");

    let mut deleted = bucket_item(&account, REGION, &bad, "Off", json!(null));
    deleted["configurationItemStatus"] = json!("ResourceDeleted");
    deleted["configuration"] = Value::Null;
    deleted["supplementaryConfiguration"] = json!({});
    function.invoke(&event.changed(&deleted)).answer.expect("success");
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NOT_APPLICABLE"), pair(&good, "COMPLIANT")]);
    assert_eq!(finding(&account, &bad).expect("a finding")["RecordState"], "ARCHIVED");

    // What an administrator of the account can cause by settings hides no failure, and an item that
    // says otherwise does not count: the bucket is read.
    let mut unrecorded = bucket_item(&account, REGION, &bad, "Enabled", json!(true));
    unrecorded["configurationItemStatus"] = json!("ResourceNotRecorded");
    function.invoke(&event.changed(&unrecorded)).answer.expect("success");
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NON_COMPLIANT"), pair(&good, "COMPLIANT")]);
    let departed = ConfigEvent { left_scope: true, ..event };
    for (bucket, item) in [(&bad, "Enabled"), (&good, "Off")] {
        let item = bucket_item(&account, REGION, bucket, item, json!(true));
        function.invoke(&departed.changed(&item)).answer.expect("success");
    }
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NON_COMPLIANT"), pair(&good, "COMPLIANT")]);
    assert_eq!(finding(&account, &bad).expect("a finding")["RecordState"], "ACTIVE");
}

#[test]
fn an_item_of_another_type_is_not_applicable() {
    let account = TestAccount::new();
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let item = group_item(&account, REGION, "sg-1", json!([]));
    function
        .invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).changed(&item))
        .answer
        .expect("success");
    assert_eq!(held(&account, MFA_RULE), [pair("sg-1", "NOT_APPLICABLE")]);
}

#[test]
fn a_group_is_judged_from_an_event_with_texts_and_objects() {
    let account = TestAccount::new();
    let rule = |v4: Value, texts: Value| {
        json!({ "fromPort": 22, "toPort": 22, "ipProtocol": "tcp", "ipv6Ranges": [],
        "prefixListIds": [], "userIdGroupPairs": [], "ipv4Ranges": v4, "ipRanges": texts })
    };
    let mut function = RunningFunction::start(&account, REGION, GROUP_RULE, &[]);
    let event = ConfigEvent::of(&account, REGION, GROUP_RULE);
    function
        .invoke(&event.changed(&group_item(
            &account,
            REGION,
            "sg-open",
            json!([rule(json!([{ "cidrIp": "0.0.0.0/0" }]), json!(["0.0.0.0/0"]))]),
        )))
        .answer
        .expect("success");
    function
        .invoke(&event.changed(&group_item(
            &account,
            REGION,
            "sg-text",
            json!([rule(json!([]), json!(["0.0.0.0/0"]))]),
        )))
        .answer
        .expect("success");
    function
        .invoke(&event.changed(&group_item(
            &account,
            REGION,
            "sg-closed",
            json!([rule(json!([{ "cidrIp": "10.0.0.0/8" }]), json!(["10.0.0.0/8"]))]),
        )))
        .answer
        .expect("success");
    assert_eq!(
        held(&account, GROUP_RULE),
        [
            pair("sg-closed", "COMPLIANT"),
            pair("sg-open", "NON_COMPLIANT"),
            pair("sg-text", "NON_COMPLIANT")
        ]
    );
}
