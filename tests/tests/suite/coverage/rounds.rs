//! An account that takes longer than an invocation is handed back with its rest.

use std::time::Duration;

use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::{RunningFunction, command};
use serde_json::{Value, json};

use super::{HOME, OTHER, text};

/// Invokes the function for an account with so many seconds until its end.
fn invoke(
    account: &TestAccount,
    bucket: &str,
    event: &Value,
    seconds: u64,
) -> Result<Value, Value> {
    let variables = [("PLUMBLINE_RESULTS", bucket), ("PLUMBLINE_ROLE_NAME", "plumbline-member")];
    let time = Duration::from_secs(seconds);
    let mut function = RunningFunction::serve(account, time, |address| {
        let mut command = command(account, HOME, "organization-account", address, &variables);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        command
    });
    function.invoke(event).answer
}

#[test]
fn what_is_not_done_in_time_remains_for_the_next_round() {
    let account = TestAccount::seeded();
    account.control("ec2/regions", json!({ "regions": [HOME, OTHER] }));
    account.create_role("plumbline-member");
    let bucket = format!("results-{}", account.id);
    account.bucket(&bucket, HOME);
    let run = json!({ "started_at": "2026-01-31T10:00:00Z", "regions": [HOME, OTHER],
        "home_region": HOME, "management_account": null, "level": 1, "has_packs": false,
        "without_config": "scan", "parameters": {} });
    let event = json!({ "account": account.id, "run": run });
    let result = || account.object(&format!("/{bucket}/results/2026-01-31/{}.json", account.id));

    // Two minutes before its end it stops at once.
    let first = invoke(&account, &bucket, &event, 122).expect("an answer");
    assert_eq!(first["round"], 1);
    let remaining = first["remaining"].as_array().expect("a list");
    assert!(!remaining.is_empty(), "{first}");
    assert_eq!(result()["complete"], false);
    let remains = |place: &Value| {
        let region = &place["region"];
        remaining.iter().any(|rest| rest["region"] == *region)
    };

    let second = invoke(&account, &bucket, &first, 900).expect("an answer");
    assert_eq!((&second["round"], &second["remaining"]), (&json!(2), &json!([])));
    let done = result();
    assert_eq!((&done["complete"], &done["state"]), (&json!(true), &json!("scanned")), "{done}");
    assert!(!done["reports"].as_array().expect("a list").is_empty());
    for place in done["places"].as_array().expect("a list") {
        assert!(!place["scanned"].as_array().expect("a list").is_empty(), "{place}");
        assert!(text(&place["reason"]).contains("AWS Config has no "), "{place}");
    }
    let places = done["places"].as_array().expect("a list");
    for place in places.iter().filter(|place| remains(place)) {
        let controls = remaining.iter().filter(|rest| rest["region"] == place["region"]);
        for control in controls.flat_map(|rest| rest["controls"].as_array().expect("a list")) {
            let scanned = place["scanned"].as_array().expect("a list").iter();
            let found: Vec<&Value> = scanned.filter(|one| one["id"] == *control).collect();
            assert_eq!(found.len(), 1, "the second round evaluates {control}: {place}");
            assert_ne!(found[0]["status"], "NOT_ASSESSED", "{place}");
        }
    }
    let findings = account.findings(HOME);
    assert!(!findings["findings"].as_array().expect("a list").is_empty(), "and published");

    // A rest without the result of the round before is an error, and nothing that passes.
    let mut lost = first;
    lost["run"]["started_at"] = json!("2026-02-01T10:00:00Z");
    let error = invoke(&account, &bucket, &lost, 900).expect_err("nothing to go on with");
    assert!(text(&error["errorMessage"]).contains("does not exist"), "{error}");

    // What is never done fails.
    let mut last = json!({ "account": account.id, "run": event["run"], "round": 9,
        "remaining": [{ "region": HOME, "controls": ["1.4"] }] });
    last["run"]["started_at"] = json!("2026-01-31T10:00:00Z");
    let ended = invoke(&account, &bucket, &last, 60).expect("an answer");
    assert_eq!(ended["remaining"], json!([]));
    let done = result();
    assert_eq!(done["state"], "failed");
    let mut places = done["places"].as_array().expect("a list").iter();
    let place = places.find(|place| place["region"] == HOME).expect("the home Region");
    assert!(text(&place["reason"]).contains("not evaluated within 10 rounds"), "{place}");
}
