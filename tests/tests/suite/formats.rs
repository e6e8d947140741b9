//! The formats of a scan: all of them have the same outcomes, and others can read them.

use plumbline_tests::checks::file;
use plumbline_tests::programs::{plumbline, stdout};
use serde_json::{Value, json};

/// Tables for spreadsheets, pages and data lakes have the same outcomes as the report.
#[test]
fn other_formats_tell_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let formats =
        ["json", "csv", "html", "ocsf"].map(|format| format!("{format}={}", path(format)));
    let arguments = formats.iter().flat_map(|format| ["--format", format]);
    stdout(&plumbline(&["scan", "--sample"].into_iter().chain(arguments).collect::<Vec<_>>()), 0);
    let read = |name: &str| std::fs::read_to_string(path(name)).expect("a file");
    let report: Value = serde_json::from_str(&read("json")).expect("JSON");
    let evaluations: Vec<&Value> = report["accounts"][0]["controls"]
        .as_array()
        .expect("controls")
        .iter()
        .flat_map(|control| control["evaluations"].as_array().expect("evaluations"))
        .collect();
    let mut table = csv::Reader::from_path(path("csv")).expect("a table");
    let rows: Vec<csv::StringRecord> = table.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), evaluations.len());
    for (row, evaluation) in rows.iter().zip(&evaluations) {
        assert_eq!(
            [row[9].trim_start_matches('\''), &row[4], &row[12]],
            [&evaluation["resource_id"], &evaluation["compliance"], &evaluation["reason"]]
                .map(|v| v.as_str().expect("a text"))
        );
    }
    let page = read("html");
    assert_eq!(page.matches("class=\"finding\"").count(), evaluations.len());
    let findings: Vec<Value> = serde_json::from_str(&read("ocsf")).expect("JSON");
    let failed = findings.iter().filter(|finding| finding["compliance"]["status_id"] == 3).count();
    assert_eq!(json!(failed), report["summary"]["non_compliant"]);
    assert!(
        findings
            .iter()
            .all(|finding| finding["class_uid"] == 2003 && finding["type_uid"] == 200_301)
    );
}

/// What comes from AWS is text: in a page no element, in a spreadsheet no formula.
#[test]
fn names_are_escaped() {
    let folder = tempfile::tempdir().expect("a folder");
    let nasty = "=cmd|' /C calc'!A0<script>alert(1)</script>";
    let facts = json!([
        { "fact": "Buckets", "value": [{ "name": nasty, "region": "us-east-1" }] },
        { "fact": "BucketVersioning", "region": "us-east-1", "id": nasty,
            "value": { "status": null, "mfa_delete": null } }
    ]);
    let account = json!({ "account_id": "111122223333", "partition": "aws",
        "home_region": "us-east-1", "regions": ["us-east-1"], "facts": facts });
    let snapshot = file(
        &folder,
        "snapshot.json",
        &json!({ "schema": 1, "recorded_at": "2026-03-02T08:00:00Z", "accounts": [account] })
            .to_string(),
    );
    let scan = |format: &str| {
        stdout(
            &plumbline(&[
                "scan",
                "--snapshot",
                &snapshot,
                "--control",
                "2.1.3",
                "--format",
                format,
            ]),
            0,
        )
    };
    let page = scan("html");
    assert!(page.contains("&lt;script&gt;") && page.matches("<script").count() == 1, "{page}");
    let table = scan("csv");
    assert!(table.contains(",'=cmd|") && !table.contains(",=cmd|"), "{table}");
}
