//! Tests of commands about files in SARIF: results point to the lines of statements and patterns.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests, too, end the test"
)]

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

/// Line 4 denies plain HTTP for reads alone, line 9 allows everything to all principals.
const POLICY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::example/*",
      "Condition": { "Bool": { "aws:SecureTransport": "false" } } },
    { "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": "s3:ListBucket",
      "Resource": "arn:aws:s3:::example" },
    { "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }
  ]
}
"#;

/// The folder of a test. A common folder could contain a file that another test is writing.
fn folder() -> PathBuf {
    let test = std::thread::current().name().unwrap_or("alone").replace(':', "-");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("file_answers").join(test);
    std::fs::create_dir_all(folder.join("policies")).expect("a folder");
    std::fs::write(folder.join("policies/a bucket.json"), POLICY).expect("written");
    folder
}

/// Returns the only run of a command's output, and its exit code.
fn run(arguments: &[&str]) -> (Value, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_plumbline"))
        .args(arguments)
        .args(["--format", "sarif"])
        .current_dir(folder())
        .output()
        .expect("the program starts");
    let mut log: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    (log["runs"][0].take(), output.status.code())
}

/// Returns rule, kind, level, URL and lines of each result.
fn results(run: &Value) -> Vec<Value> {
    let results = run["results"].as_array().expect("results").iter();
    results
        .map(|result| {
            let place = result["ruleIndex"].as_u64().expect("a place") as usize;
            assert_eq!(run["tool"]["driver"]["rules"][place]["id"], result["ruleId"]);
            assert!(result["message"]["text"].as_str().is_some_and(|text| text.contains('.')));
            let places = result["locations"].as_array().expect("places").iter();
            let places = places.map(|place| &place["physicalLocation"]);
            let lines: Vec<&Value> =
                places.clone().map(|place| &place["region"]["startLine"]).collect();
            let address = places.map(|place| &place["artifactLocation"]["uri"]).next();
            json!([result["ruleId"], result["kind"], result["level"], address, lines])
        })
        .collect()
}

#[test]
fn statements_are_found_by_line() {
    let (run, code) = run(&["policy", "policies/a bucket.json", "--bucket", "example"]);
    let file = "policies/a%20bucket.json";
    assert_eq!(
        results(&run),
        [
            json!(["CIS-2.1.2", "fail", "warning", file, [4]]),
            json!(["CIS-1.16", "fail", "error", file, [9]]),
            json!(["CIS-3.3", "fail", "error", file, [9]]),
        ]
    );
    assert_eq!(code, Some(0), "a gate has to be asked for");
}

#[test]
fn what_is_well_is_no_result() {
    let policy = r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;
    std::fs::write(folder().join("narrow.json"), policy).expect("written");
    let (run, _) = run(&["policy", "narrow.json", "--sarif-artifact", "iam/narrow.tf"]);
    assert_eq!(results(&run), [Value::Null; 0]);
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), 1, "what was asked");
}

#[test]
fn a_document_within_another_one_has_the_first_line() {
    let output = json!({ "Policy": POLICY }).to_string();
    std::fs::write(folder().join("output.json"), format!("\n\n{output}")).expect("written");
    let (run, _) = run(&["policy", "output.json"]);
    assert_eq!(results(&run), [json!(["CIS-1.16", "fail", "error", "output.json", [1]])]);
}

#[test]
fn patterns_are_found_by_line() {
    let pattern = r#"{ $.eventName = "StopLogging" }"#;
    let quoted = json!({ "FilterPattern": pattern }).to_string();
    std::fs::write(folder().join("alarms.json"), format!("\n{quoted}")).expect("written");
    for (artifact, line) in [("alarms.json", 2), ("missing.tf", 1)] {
        let cover = ["filter", "cover", "4.5", pattern, "--sarif-artifact", artifact];
        let (run, code) = run(&cover);
        assert_eq!(results(&run), [json!(["CIS-4.5", "fail", "note", artifact, [line]])]);
        assert_eq!(code, Some(1));
    }
    let all = r#"{ $.eventSource = "cloudtrail.amazonaws.com" }"#;
    let (run, code) = run(&["filter", "cover", "4.5", all]);
    assert_eq!((results(&run), code), (Vec::new(), Some(0)));
}
