//! `plumbline controls`, `explain`, `filter` and `policy`.

use plumbline_rules::registry::CONTROLS;
use plumbline_tests::checks::{assert_error, file};
use plumbline_tests::programs::{json, plumbline, stdout};
use serde_json::{Value, json};

#[test]
fn the_catalogue_and_the_explanations_are_complete() {
    let catalogue = json(&plumbline(&["controls", "--format", "json"]), 0);
    assert_eq!(catalogue.as_array().expect("a list").len(), CONTROLS.len());
    let table = stdout(&plumbline(&["controls"]), 0);
    for control in CONTROLS {
        assert!(table.contains(control.slug));
        for name in [control.id.as_str(), control.slug, &control.rule_name()] {
            let text = stdout(&plumbline(&["explain", name]), 0);
            for heading in [
                "Why",
                "Decision",
                "Remediation",
                "Parameters",
                "Permissions",
                "In other catalogs",
                "Examples",
            ] {
                assert!(text.lines().any(|line| line == heading), "{name}: {heading}");
            }
        }
    }
    assert!(stdout(&plumbline(&["completions", "bash"]), 0).contains("plumbline"));
    assert!(stdout(&plumbline(&["man"]), 0).contains(".TH plumbline"));
}

#[test]
fn filters_are_judged_by_what_they_match() {
    let cover = |control: &str, pattern: &str, code: i32| {
        json(&plumbline(&["filter", "cover", control, pattern, "--format", "json"]), code)
    };
    let misses =
        cover("4.5", r#"{ ($.eventName = "CreateTrail") || ($.eventName = "StopLogging") }"#, 1);
    assert_eq!((&misses["control"], &misses["verdict"]), (&json!("4.5"), &json!("misses")));
    assert!(
        ["UpdateTrail", "DeleteTrail", "StartLogging"]
            .contains(&misses["missed_event"]["eventName"].as_str().expect("a name")),
        "{misses}"
    );
    assert_eq!(
        cover(
            "4.5",
            "{ $.eventName = CreateTrail || $.eventName = UpdateTrail || $.eventName = DeleteTrail \
             || $.eventName = St*Logging || $.eventName = *Logging }",
            0
        )["verdict"],
        "covers"
    );
    assert_eq!(
        cover("4.5", "{ $.eventName = a && $.eventName = b }", 1)["verdict"],
        "never-matches"
    );
    let invalid = cover(
        "4.6",
        "{ ($.eventName = ConsoleLogin) && ($.errorMessage = Failed authentication) }",
        2,
    );
    assert_eq!((&invalid["verdict"], &invalid["missed_event"]), (&json!("invalid"), &Value::Null));
    assert_error(
        &plumbline(&["filter", "cover", "1.4", "{ $.a = b }"]),
        2,
        "does not use metric filters",
    );

    let folder = tempfile::tempdir().expect("a folder");
    let lines = file(&folder, "events.jsonl", "{\"a\": 1}\nnot json\n{\"b\": 1}\n{\"a\": 1.0}\n");
    assert_eq!(
        json(&plumbline(&["filter", "match", "{ $.a = 1 }", &lines, "--format", "json"]), 0),
        json!({ "matches": [1, 4], "not_json_events": 1 })
    );
    assert_eq!(stdout(&plumbline(&["filter", "match", "{ $.a NOT EXISTS }", &lines]), 0), "3\n");
    let broken =
        json(&plumbline(&["filter", "match", "{ $.a == 1 }", &lines, "--format", "json"]), 2);
    assert!(
        broken["invalid"]["position"].is_u64() && broken["invalid"]["detail"].is_string(),
        "{broken}"
    );
    assert_error(&plumbline(&["filter", "match", "{ $.a == 1 }", &lines]), 2, "at character");
}

#[test]
fn policies_are_judged_by_meaning() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = |document: Value, arguments: &[&str]| {
        let file = file(&folder, "policy.json", &document.to_string());
        json(&plumbline(&[&["policy", &file, "--format", "json"], arguments].concat()), 0)
    };
    let deny = json!({ "Version": "2012-10-17", "Statement": { "Sid": "Tls", "Effect": "Deny",
        "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*",
        "Condition": { "Bool": { "AWS:SecureTransport": false } } } });
    let answers = policy(deny.clone(), &["--bucket", "b"]);
    assert_eq!(
        (&answers["deny_http"]["verdict"], &answers["deny_http"]["statement"]),
        (&json!("denied"), &json!("Tls"))
    );
    assert_eq!(
        (&answers["public"]["verdict"], &answers["full_admin"]["verdict"]),
        (&json!("not-public"), &json!("no"))
    );
    assert_eq!(policy(deny, &["--bucket", "other"])["deny_http"]["verdict"], "not-denied");
    let admin = json!({ "Statement": [{ "Effect": "Allow", "Action": ["s3:Get*", "*:*"],
        "Resource": "*" }] });
    assert_eq!(
        policy(admin, &[]),
        json!({ "full_admin": { "verdict": "yes", "statement": 1,
            "detail": policy(json!({ "Statement": [{ "Effect": "Allow", "Action": "*",
            "Resource": "*" }] }), &[])["full_admin"]["detail"] } })
    );
    let unknown = policy(json!({ "Statement": [{ "Effect": "Perhaps" }] }), &[]);
    assert!(
        unknown["invalid"]["detail"].is_string()
            || unknown["full_admin"]["verdict"] == "undetermined",
        "{unknown}"
    );
    assert!(policy(json!({ "Statements": [] }), &[])["invalid"]["detail"].is_string());
}
