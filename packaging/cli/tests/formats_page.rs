//! `docs/reference/formats` documents what the program writes: every column, member and property,
//! and excerpts of the sample.
#![allow(clippy::expect_used, reason = "helpers of tests, too, end the test")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

/// The page of a format.
fn page(format: &str) -> String {
    let path = format!("../../docs/reference/formats/{format}.md");
    std::fs::read_to_string(&path).expect(&path)
}

/// The names in the first column of the page's table.
fn documented(format: &str) -> Vec<String> {
    let page = page(format);
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once("` |")).map(|(name, _)| name.to_owned()).collect()
}

/// Creates a folder with a configuration file and an earlier report.
fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("formats_page");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Returns the arguments of a complete scan, and of scans with more members.
fn scans() -> [Vec<&'static str>; 5] {
    std::fs::write(folder().join("rules.toml"), "schema = 1\n").expect("written");
    std::fs::write(folder().join("old.json"), scan("json", &[])).expect("written");
    let account = json!({ "account_id": "111122223333", "partition": "aws",
        "names": { "name": "Example", "alias": "example" }, "home_region": "us-east-1",
        "regions": ["us-east-1"],
        "facts": [{ "fact": "AccountSummary",
            "value": { "root_access_keys": 1, "root_mfa": 1, "root_password": 1 } }] });
    let named =
        json!({ "schema": 1, "recorded_at": "2026-03-02T08:00:00Z", "accounts": [account] });
    std::fs::write(folder().join("named.json"), named.to_string()).expect("written");
    [
        vec![],
        vec!["--exclude", "1.1"],
        vec!["--docs-url", "https://docs.example.com"],
        vec!["--config", "rules.toml", "--baseline", "old.json"],
        vec!["--snapshot", "named.json", "--control", "1.4"],
    ]
}

fn scan(format: &str, arguments: &[&str]) -> String {
    let sample = (!arguments.contains(&"--snapshot")).then_some("--sample");
    let output = Command::new(env!("CARGO_BIN_EXE_plumbline"))
        .args(["scan", "--format", format])
        .args(sample)
        .args(arguments)
        .current_dir(folder())
        .env_remove("PLUMBLINE_HOME_REGION")
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Collects the paths of all values in a document, without the content of `stops`.
fn members(value: &Value, way: &str, stops: &[&str], found: &mut BTreeSet<String>) {
    match value {
        _ if stops.contains(&way) => drop(found.insert(way.to_owned())),
        Value::Object(members) => {
            for (name, value) in members {
                let way = if way.is_empty() { name.clone() } else { format!("{way}.{name}") };
                self::members(value, &way, stops, found);
            }
        }
        Value::Array(list) => {
            list.iter().for_each(|one| members(one, &format!("{way}[]"), stops, found));
        }
        _ => drop(found.insert(way.to_owned())),
    }
}

fn assert_documented(format: &str, found: BTreeSet<String>) {
    let documented: BTreeSet<String> = documented(format).into_iter().collect();
    let missing: Vec<&String> = found.difference(&documented).collect();
    let extra: Vec<&String> = documented.difference(&found).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "docs/reference/formats/{format}.md lacks {missing:?}, and has {extra:?}, which is not \
         written"
    );
}

#[test]
fn every_column_of_the_table_for_spreadsheets_is_documented() {
    let text = scan("csv", &[]);
    let heading: Vec<&str> = text.lines().next().expect("a heading").split(',').collect();
    assert_eq!(documented("csv"), heading);
}

/// Compares every value, including those of an incomplete scan.
#[test]
fn every_member_is_documented() {
    for (format, stops) in
        [("ocsf", vec!["unmapped.evidence"]), ("sarif", vec!["runs[].properties.summary"])]
    {
        let mut found = BTreeSet::new();
        for arguments in scans() {
            let document: Value = serde_json::from_str(&scan(format, &arguments)).expect("JSON");
            match document {
                Value::Array(list) => {
                    list.iter().for_each(|one| members(one, "", &stops, &mut found));
                }
                one => members(&one, "", &stops, &mut found),
            }
        }
        assert_documented(format, found);
    }
    let findings: Vec<Value> = serde_json::from_str(&scan("asff", &[])).expect("JSON");
    let fields = findings.iter().filter_map(|finding| finding["ProductFields"].as_object());
    assert_documented("asff", fields.flat_map(|fields| fields.keys().cloned()).collect());
    let tests = scans().map(|arguments| scan("junit", &arguments)).concat();
    let properties = tests.split("<property name=\"").skip(1);
    let names = properties.filter_map(|rest| rest.split_once('"')).map(|(name, _)| name.to_owned());
    assert_documented("junit", names.collect());
}

/// Compares the files of `--output-dir`.
#[test]
fn the_folder_of_reports_is_documented() {
    scan("csv", &["--output-dir", "reports"]);
    let file = |name: &str| -> Value {
        let text = std::fs::read(folder().join("reports").join(name)).expect("a file");
        serde_json::from_slice(&text).expect("JSON")
    };
    let mut found = BTreeSet::new();
    members(&file("index.json"), "", &["summary", "accounts[].summary"], &mut found);
    // All accounts of this scan could be read.
    found.insert("incomplete_because[]".to_owned());
    assert_documented("output-dir", found);
    assert_eq!(
        file("111122223333.json"),
        serde_json::from_str::<Value>(&scan("json", &[])).expect("JSON")
    );
}

/// The excerpts on the page of each format are in the format.
#[test]
fn excerpts_are_of_the_sample() {
    for (format, language) in [
        ("json", "json"),
        ("csv", "csv"),
        ("markdown", "markdown"),
        ("junit", "xml"),
        ("sarif", "json"),
        ("asff", "json"),
        ("ocsf", "json"),
    ] {
        let page = page(format);
        let start = format!("```{language}\n");
        let (_, rest) = page.split_once(&start).expect(format);
        let (excerpt, _) = rest.split_once("```").expect("an end");
        let text = scan(format, &[]);
        for line in excerpt.lines() {
            assert!(text.contains(line.trim()), "{format}: the sample has no {line:?}");
        }
    }
}
