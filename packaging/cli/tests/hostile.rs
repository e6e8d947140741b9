//! Tests with hostile text from accounts, registers, parameters and arguments. In every format, on
//! standard output and standard error, it cannot control a terminal or imitate other text.
#![allow(clippy::expect_used, reason = "helpers of tests, too, end the test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use plumbline_core::text::is_unseen;
use serde_json::{Value, json};

/// An escape sequence, a window title, C1 controls, a carriage return, a false line, right-to-left
/// text, an isolate, a zero-width character, invisible tags and a byte order mark.
const HOSTILE: [&str; 10] = [
    "a\u{1b}[2J\u{1b}[31m",
    "\u{1b}]0;owned\u{7}b",
    "c\u{9b}31m\u{85}\u{90}",
    "d\r\u{8}\u{7f}",
    "e\nerror: nothing failed",
    "f\u{202e}tnailpmoc",
    "\u{2066}g\u{2069}\u{200f}",
    "h\u{200b}\u{200d}\u{2060}\u{ad}",
    "i\u{e0061}\u{e0062}\u{e007f}",
    "\u{feff}j\u{2028}k",
];

const FORMATS: [&str; 9] =
    ["table", "json", "csv", "html", "markdown", "junit", "sarif", "asff", "ocsf"];

/// Returns the invisible characters that a run writes to both outputs, except line ends.
fn unseen(arguments: &[&str]) -> (Vec<char>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_plumbline"))
        .args(arguments)
        .env_remove("PLUMBLINE_HOME_REGION")
        .output()
        .expect("the program starts");
    let text = String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8");
    assert!(!text.trim().is_empty(), "{arguments:?}");
    (text.chars().filter(|one| is_unseen(*one) && *one != '\n').collect(), text)
}

/// Returns the sample account with a text in names, documents and descriptions.
fn snapshot(hostile: &str) -> Value {
    let sections = ["identity", "storage", "logging", "monitoring", "network"].map(|section| {
        let file = Path::new("sample").join(section).with_extension("json");
        std::fs::read_to_string(file).expect("the sample")
    });
    let mut facts: Vec<Value> = Vec::new();
    for section in sections {
        let list: Vec<Value> = serde_json::from_str(&section).expect("JSON");
        facts.extend(list.into_iter().map(|fact| with(fact, hostile)));
    }
    json!({ "schema": 1, "recorded_at": "2026-03-02T08:00:00Z", "accounts": [{
        "account_id": "111122223333", "partition": "aws", "home_region": "us-east-1",
        "regions": ["eu-central-1", "us-east-1"], "facts": facts }] })
}

/// Appends a text to some names in a value.
fn with(value: Value, hostile: &str) -> Value {
    const NAMES: [&str; 6] =
        ["bastion", "bob", "legacy-admin", "legacy-crm", "example-website", "Everything"];
    match value {
        Value::String(text) => {
            let name = NAMES.iter().find(|name| text.contains(**name));
            let changed = name.map(|name| text.replace(name, &format!("{name}{hostile}")));
            Value::String(changed.unwrap_or(text))
        }
        Value::Array(list) => list.into_iter().map(|one| with(one, hostile)).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, one)| (name, with(one, hostile))).collect()
        }
        other => other,
    }
}

fn saved(folder: &Path, name: &str, value: &Value) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, value.to_string()).expect("written");
    file
}

#[test]
fn nothing_unseen_is_written_from_what_others_write() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    std::fs::create_dir_all(&folder).expect("a folder");
    for (at, hostile) in HOSTILE.into_iter().enumerate() {
        let named = |name: &str| format!("{name}-{at}.json");
        let snapshot = saved(&folder, &named("snapshot"), &snapshot(hostile));
        let register = json!({ "schema": 1,
            "attestations": [{ "control": "1.3", "accounts": ["*"], "verdict": "compliant",
                "by": hostile, "on": "2026-01-01", "until": "2026-12-31", "evidence": hostile }],
            "exceptions": [{ "control": "5.2", "accounts": ["*"], "resources": ["*"],
                "reason": hostile, "approved_by": hostile, "until": "2026-12-31" }] });
        let register = saved(&folder, &named("register"), &register);
        let parameters = json!({ "5.2": { "adminPorts": hostile } });
        let parameters = saved(&folder, &named("parameters"), &parameters);
        let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Sid": hostile,
            "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }] });
        let policy = saved(&folder, &named("policy"), &policy);
        let [snapshot, register, parameters, policy] =
            [&snapshot, &register, &parameters, &policy].map(|file| file.to_str().expect("UTF-8"));
        let json = folder.join(named("scan"));
        let json = json.to_str().expect("UTF-8");
        let mut runs: Vec<Vec<&str>> = FORMATS
            .iter()
            .map(|format| {
                vec!["scan", "--snapshot", snapshot, "--register", register, "--format", format]
            })
            .collect();
        let into_file = format!("json={json}");
        runs.push(vec!["scan", "--snapshot", snapshot, "--format", &into_file, "--format", "csv"]);
        runs.push(vec!["scan", "--sample", "--parameters", parameters]);
        runs.push(vec!["scan", "--sample", "--control", hostile]);
        runs.push(vec!["scan", "--sample", "--format", hostile]);
        runs.push(vec!["explain", hostile]);
        runs.push(vec![hostile]);
        runs.push(vec!["policy", policy, "--bucket", "b"]);
        runs.push(vec!["policy", policy, "--bucket", "b", "--format", "json"]);
        runs.push(vec!["filter", "cover", "4.5", hostile]);
        runs.push(vec!["register", "check", register, "--within", "9999"]);
        runs.push(vec!["diff", json, hostile]);
        for arguments in runs {
            let (unseen, text) = unseen(&arguments);
            assert!(unseen.is_empty(), "{arguments:?}: {unseen:?} in {text}");
        }
        // The files of all formats are checked too.
        let written = std::fs::read_to_string(json).expect("written");
        assert!(written.contains("bastion"), "{written}");
        assert!(!written.chars().any(|one| is_unseen(one) && one != '\n'), "{hostile:?}");
        let value: Value = serde_json::from_str(&written).expect("JSON");
        let original = json!(hostile).to_string();
        assert!(value.to_string().contains(original.trim_matches('"')), "{hostile:?} is kept");
    }
}

/// A report from another person is not trusted more than an account.
#[test]
fn nothing_unseen_of_a_report_is_written() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    std::fs::create_dir_all(&folder).expect("a folder");
    let report = |hostile: &str, compliance: &str| {
        json!({ "schema": 1, "generated_at": hostile, "accounts": [{ "account_id": hostile,
            "regions": [hostile], "controls": [{ "id": hostile, "evaluations": [{
                "resource_type": hostile, "resource_id": hostile, "region": hostile,
                "compliance": compliance, "reason": hostile }] }] }] })
    };
    for (at, hostile) in HOSTILE.into_iter().enumerate() {
        let old = saved(&folder, &format!("old-{at}.json"), &report(hostile, "COMPLIANT"));
        let new = saved(&folder, &format!("new-{at}.json"), &report(hostile, "NON_COMPLIANT"));
        for format in ["table", "json"] {
            let [old, new] = [&old, &new].map(|file| file.to_str().expect("UTF-8"));
            let (unseen, text) = unseen(&["diff", old, new, "--format", format]);
            assert!(text.contains("broken"), "{text}");
            assert!(unseen.is_empty(), "{format}: {unseen:?} in {text}");
        }
    }
}
