//! Tests that no format shows an unread or interrupted account as read.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests, too, end the test"
)]

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

/// Returns a snapshot of two accounts. The first one has only failed reads.
fn snapshot(cause: &str, code: &str) -> String {
    let unread = json!({ "operation": "iam:GetAccountSummary", "cause": cause, "code": code });
    let read = json!({ "root_access_keys": 0, "root_mfa": 1, "root_password": 1 });
    let account = |id: &str, member: &str, answer: Value| {
        let mut fact = json!({ "fact": "AccountSummary" });
        fact[member] = answer;
        json!({ "account_id": id, "partition": "aws", "home_region": "us-east-1",
            "regions": ["us-east-1"], "facts": [fact] })
    };
    let snapshot = json!({ "schema": 1, "recorded_at": "2026-03-02T08:00:00Z", "accounts": [
        account("111122223333", "unread", unread), account("444455556666", "value", read)] });
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("partial_accounts");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join(format!("{cause}.json"));
    std::fs::write(&file, snapshot.to_string()).expect("written");
    file.into_os_string().into_string().expect("UTF-8")
}

fn scan(snapshot: &str, format: &str, code: i32) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_plumbline"))
        .args(["scan", "--snapshot", snapshot, "--control", "1.4", "--format", format])
        .env_remove("PLUMBLINE_HOME_REGION")
        .env_remove("COLUMNS")
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn accounts_that_were_not_read_show_in_every_format() {
    for (cause, code, exit, state, banner) in [
        ("denied", "AccessDenied", 3, "not read", "111122223333 could not be read"),
        ("interrupted", "Interrupted", 0, "interrupted", "before account 111122223333 was read"),
    ] {
        let snapshot = snapshot(cause, code);
        for format in ["table", "html", "markdown", "junit", "sarif"] {
            let text = scan(&snapshot, format, exit);
            assert!(text.contains("Incomplete: ") && text.contains(banner), "{format}: {text}");
            assert!(format == "sarif" || text.contains(state), "{format}: {text}");
        }
        let table = scan(&snapshot, "csv", exit);
        assert!(table.contains(",no,") && !table.contains(",yes,"), "{table}");
        let report: Value = serde_json::from_str(&scan(&snapshot, "json", exit)).expect("JSON");
        let run = &report["run"];
        assert_eq!([&run["complete"], &run["full_benchmark"]], [false, false]);
        let states = [0, 1].map(|place| &run["accounts"][place]["state"]);
        assert_eq!(states[0], if exit == 3 { "unread" } else { "interrupted" });
        assert_eq!(states[1], "read");
    }
}
