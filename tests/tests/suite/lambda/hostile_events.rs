//! Forged events: the function keeps running, assumes no role, and writes nothing to another
//! account, Region or rule.

use plumbline_tests::config_items::bucket_item;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::{ConfigEvent, RunningFunction};
use serde_json::{Value, json};

use super::{MFA_RULE, REGION, finding, held, imports, pair, with_buckets};

/// Replaces members of an event.
fn with(event: &Value, members: &[(&str, Value)]) -> Value {
    let mut event = event.clone();
    for (name, value) in members {
        event[*name] = value.clone();
    }
    event
}

fn deep(levels: usize) -> String {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels))
}

/// Events that are wrong in one way each.
fn hostile(account: &TestAccount, other: &TestAccount, bucket: &str) -> Vec<(&'static str, Value)> {
    let event = ConfigEvent::of(account, REGION, MFA_RULE);
    let (scheduled, changed) = (event.scheduled(), |item: &Value| event.changed(item));
    let item = bucket_item(account, REGION, bucket, "Enabled", json!(true));
    let arn = |account: &str, region: &str| {
        json!(format!("arn:aws:config:{region}:{account}:config-rule/config-rule-abc123"))
    };
    let of_item = |members: &[(&str, Value)]| changed(&with(&item, members));
    let notification = |time: &str| {
        event.around(&json!({ "awsAccountId": account.id, "notificationCreationTime": time,
            "messageType": "ScheduledNotification", "recordVersion": "1.0" }))
    };
    vec![
        ("null", Value::Null),
        ("a list", json!([scheduled])),
        ("a number for everything", json!({ "invokingEvent": 1, "resultToken": 2 })),
        ("6 MB of spaces", with(&scheduled, &[("invokingEvent", json!(" ".repeat(6_000_000)))])),
        ("6 MB of a token", with(&scheduled, &[("resultToken", json!("x".repeat(6_000_000)))])),
        ("a deep invoking event", with(&scheduled, &[("invokingEvent", json!(deep(100_000)))])),
        ("deep parameters", with(&scheduled, &[("ruleParameters", json!(deep(100_000)))])),
        ("parameters that are a list", with(&scheduled, &[("ruleParameters", json!("[]"))])),
        ("another account", with(&scheduled, &[("accountId", json!(other.id))])),
        (
            "another account in all places",
            with(
                &scheduled,
                &[("accountId", json!(other.id)), ("configRuleArn", arn(&other.id, REGION))],
            ),
        ),
        (
            "another account in the ARN",
            with(&scheduled, &[("configRuleArn", arn(&other.id, REGION))]),
        ),
        ("another Region", with(&scheduled, &[("configRuleArn", arn(&account.id, "eu-west-1"))])),
        (
            "a Region that is a host",
            with(&scheduled, &[("configRuleArn", arn(&account.id, "x.example.com/"))]),
        ),
        ("an invalid ARN", with(&scheduled, &[("configRuleArn", json!("config"))])),
        ("a path for an account", with(&scheduled, &[("accountId", json!("../../111122223333"))])),
        ("an account of other digits", with(&scheduled, &[("accountId", json!("١١١١٢٢٢٢٣٣٣٣"))])),
        ("no account", with(&scheduled, &[("accountId", Value::Null)])),
        (
            "a role of another account",
            with(
                &with(&scheduled, &[("resultToken", json!("forged"))]),
                &[("executionRoleArn", json!(format!("arn:aws:iam::{}:role/admin", other.id)))],
            ),
        ),
        (
            "an endpoint and a role by the function's own names",
            with(
                &with(&scheduled, &[("resultToken", json!("forged"))]),
                &[
                    ("AWS_ENDPOINT_URL", json!("http://127.0.0.1:9")),
                    ("PLUMBLINE_ROLE_NAME", json!("admin")),
                ],
            ),
        ),
        ("the year 0", notification("0000-01-01T00:00:00.000Z")),
        ("the year 262000", notification("+262000-01-01T00:00:00.000Z")),
        ("the year 2099", notification("2099-01-01T00:00:00.000Z")),
        ("an invalid time", notification("yesterday")),
        ("an item of another account", of_item(&[("awsAccountId", json!(other.id))])),
        ("an item without a time", of_item(&[("configurationItemCaptureTime", Value::Null)])),
        ("an item with an invalid status", of_item(&[("configurationItemStatus", json!(7))])),
    ]
}

#[test]
fn made_up_events_change_nothing_and_end_nothing() {
    let (account, good, bad) = with_buckets();
    let other = TestAccount::new();
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let scheduled = |account| ConfigEvent::of(account, REGION, MFA_RULE).scheduled();
    function.invoke(&scheduled(&account)).answer.expect("success");
    let before = (held(&account, MFA_RULE), finding(&account, &bad), finding(&account, &good));
    account.forget("calls");
    for (what, event) in hostile(&account, &other, &bad) {
        let answer = function.try_invoke(&event);
        let answer = answer.unwrap_or_else(|ended| panic!("{what}: {ended}")).answer;
        let error = match what {
            // This event is accepted: only times in the future are rejected.
            "the year 0" => continue,
            _ => answer.expect_err(what),
        };
        let message = error["errorMessage"].as_str().expect("a message");
        assert!(!message.is_empty() && message.len() < 2_000, "{what}: {message}");
        assert!(!message.contains('\n'), "{what}: {message}");
    }
    let now = (held(&account, MFA_RULE), finding(&account, &bad), finding(&account, &good));
    assert_eq!(now, before);
    assert_eq!(held(&other, MFA_RULE), []);
    for account in [&account, &other] {
        let calls = account.calls();
        assert!(!calls.iter().any(|call| call.starts_with("sts:")), "{calls:?}");
    }
    assert_eq!(other.calls(), [""; 0], "no call was sent as another account");
    function.invoke(&scheduled(&account)).answer.expect("the function keeps running");
}

/// The item of a valid event comes from AWS Config, whatever else it contains: long, hostile or
/// foreign names stay names.
#[test]
fn items_with_hostile_names_stay_within_their_rule() {
    let (account, good, _) = with_buckets();
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    let item = bucket_item(&account, REGION, &good, "Off", json!(null));
    for name in ["../../etc/passwd", "a\u{1b}[2J\u{202e}b", "${jndi:ldap://x}", "<script>", "=1+1"]
    {
        let named = [("resourceId", json!(name)), ("resourceName", json!(name))];
        let event = event.changed(&with(&item, &named));
        function.invoke(&event).answer.expect("an answer");
        assert!(held(&account, MFA_RULE).contains(&pair(name, "NON_COMPLIANT")), "{name}");
        let imported = imports(&account);
        assert_eq!(finding(&account, name).expect(name)["Compliance"]["Status"], "FAILED");
        // A finding that is read again is identified by its id, its digest and its time.
        function.invoke(&event).answer.expect("an answer");
        assert_eq!(imports(&account), imported, "{name}");
    }
    let long = [("resourceId", json!("x".repeat(100_000)))];
    function.invoke(&event.changed(&with(&item, &long))).answer.expect_err("AWS Config's limit");
    // Each line of the log is JSON, for all names.
    assert!(!function.stop().is_empty());
}
