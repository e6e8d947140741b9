//! Tests of account names: every format shows them, and nothing else changes.
#![allow(clippy::expect_used, reason = "helpers of tests, too, end the test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

/// Writes a snapshot with the sample account twice, with different names.
fn snapshot(file: &str, names: [Value; 2]) -> String {
    let sections = ["identity", "storage", "logging", "monitoring", "network"].map(|section| {
        let file = Path::new("sample").join(section).with_extension("json");
        let text = std::fs::read_to_string(file).expect("the sample");
        serde_json::from_str::<Vec<Value>>(&text).expect("JSON")
    });
    let accounts = ["111122223333", "444455556666"].into_iter().zip(names).map(|(id, names)| {
        json!({ "account_id": id, "names": names, "partition": "aws", "home_region": "us-east-1",
            "regions": ["eu-central-1", "us-east-1"], "facts": sections.concat() })
    });
    let snapshot = json!({ "schema": 1, "recorded_at": "2026-03-02T08:00:00Z",
        "accounts": accounts.collect::<Vec<_>>() });
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("names");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join(file);
    std::fs::write(&file, snapshot.to_string()).expect("written");
    file.into_os_string().into_string().expect("UTF-8")
}

fn scan(snapshot: &str, format: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_plumbline"))
        .args(["scan", "--snapshot", snapshot, "--format", format])
        .env_remove("PLUMBLINE_HOME_REGION")
        .env("COLUMNS", "140")
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn named() -> [Value; 2] {
    [
        json!({ "name": "Example production", "alias": "example-prod" }),
        json!({ "name": null, "alias": "acme-audit" }),
    ]
}

#[test]
fn names_stand_in_every_format() {
    let snapshot = snapshot("named.json", named());
    for (format, first, second) in [
        ("table", "  111122223333 Example production  ", "  444455556666 acme-audit  "),
        ("markdown", "| 111122223333 Example production |", "| 444455556666 acme-audit |"),
        ("html", "<bdi>111122223333 Example production</bdi>", "<bdi>444455556666 acme-audit"),
        ("csv", ",aws:111122223333,Example production,", ",aws:444455556666,acme-audit,"),
        ("junit", r#""account_name" value="Example production""#, r#"value="acme-audit""#),
        ("sarif", r#""account_name": "Example production""#, r#""account_name": "acme-audit""#),
        ("ocsf", r#""name": "Example production""#, r#""name": "acme-audit""#),
    ] {
        let text = scan(&snapshot, format);
        assert!(text.contains(first) && text.contains(second), "{format}: {text}");
    }
    let report: Value = serde_json::from_str(&scan(&snapshot, "json")).expect("JSON");
    let names: Vec<[&Value; 2]> = report["run"]["accounts"]
        .as_array()
        .expect("accounts")
        .iter()
        .map(|account| [&account["name"], &account["alias"]])
        .collect();
    assert_eq!(
        names,
        [
            [&json!("Example production"), &json!("example-prod")],
            [&Value::Null, &json!("acme-audit")]
        ]
    );
    // Findings do not depend on names.
    let findings = scan(&snapshot, "asff");
    assert!(!findings.contains("Example production") && !findings.contains("acme-audit"));
}

#[test]
fn names_change_nothing_else() {
    let without = |mut report: Value| {
        for account in report["run"]["accounts"].as_array_mut().expect("accounts") {
            for name in ["name", "alias"] {
                account.as_object_mut().expect("an object").remove(name).expect(name);
            }
        }
        report["run"]["origin"] = Value::Null;
        report
    };
    let report = |file: &str, names| {
        without(serde_json::from_str(&scan(&snapshot(file, names), "json")).expect("JSON"))
    };
    let nameless = report("nameless.json", [json!({}), json!({})]);
    assert_eq!(report("named-again.json", named()), nameless);
    assert_eq!(nameless["run"]["full_benchmark"], true);
}

/// Names of accounts can be hostile.
#[test]
fn names_are_texts() {
    let nasty = "=1+1|<script>\u{202e}\u{1b}[2J`*x*`";
    let snapshot = snapshot("nasty.json", [json!({ "name": nasty }), json!({ "alias": nasty })]);
    for format in ["table", "markdown", "html", "csv", "junit", "sarif", "ocsf", "json"] {
        let text = scan(&snapshot, format);
        assert!(!text.contains(['\u{202e}', '\u{1b}']), "{format}");
        assert!(text.contains("1+1"), "{format}");
        match format {
            "html" => assert_eq!(text.matches("<script").count(), 1),
            "markdown" => assert!(!text.contains("+1|") && !text.contains("<script>"), "{text}"),
            "csv" => assert!(text.contains(",'=1+1") && !text.contains(",=1+1"), "{text}"),
            "junit" => assert!(!text.contains("<script"), "{text}"),
            _ => {}
        }
    }
}
