//! The errors of `plumbline`.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use plumbline_tests::checks::{assert_error, assert_valid, file};
use plumbline_tests::environment::{TestAccount, endpoint};
use plumbline_tests::programs::{
    environment, isolated, plumbline, plumbline_as, program, stderr, stdout,
};
use serde_json::{Value, json};

/// A proxy that denies every request: its address, and the first line of each request.
fn denying_proxy() -> (String, mpsc::Receiver<String>) {
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", proxy.local_addr().expect("an address"));
    let (sender, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for connection in proxy.incoming() {
            let mut connection = connection.expect("a connection");
            let mut line = String::new();
            BufReader::new(&connection).read_line(&mut line).expect("a request");
            let _ = connection.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n");
            let _ = sender.send(line.trim().to_owned());
        }
    });
    (address, requests)
}

#[test]
fn requests_use_the_proxy_of_the_environment() {
    let (address, requests) = denying_proxy();
    let output = isolated(program("plumbline"))
        .args(["scan", "--control", "1.4", "--region", "us-east-1"])
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_MAX_ATTEMPTS", "1")
        .env("HTTPS_PROXY", address)
        .output()
        .expect("plumbline starts");
    assert_error(&output, 3, "sts:GetCallerIdentity");
    let request = requests.recv_timeout(Duration::from_secs(10)).expect("a request");
    assert_eq!(request, "CONNECT sts.us-east-1.amazonaws.com:443 HTTP/1.1");
}

/// Requests for the credentials of the machine use HTTP. A proxy could read or replace them.
#[test]
fn credentials_of_the_machine_use_no_proxy() {
    let (address, requests) = denying_proxy();
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        let output = isolated(program("plumbline"))
            .args(["scan", "--control", "1.4", "--region", "us-east-1"])
            .env("AWS_REGION", "us-east-1")
            .env("AWS_MAX_ATTEMPTS", "1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/credentials")
            .env(name, &address)
            .output()
            .expect("plumbline starts");
        stderr(&output, 3);
        assert_eq!(requests.try_recv().ok(), None, "{name}");
    }
}

#[test]
fn wrong_input_is_reported_in_two_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let given = |name: &str, content: &str| file(&folder, name, content);
    let scan = |arguments: &[&str]| plumbline(&[&["scan", "--sample"], arguments].concat());
    assert_error(&scan(&["--control", "9.9"]), 2, "unknown control '9.9'");
    assert_error(&scan(&["--control", "1.4", "--exclude", "1"]), 2, "no control is selected");
    assert_error(&scan(&["--parameters", "/nonexistent"]), 2, "/nonexistent");
    assert_error(&scan(&["--parameters", &given("a.json", "[")]), 2, "a.json");
    assert_error(&scan(&["--parameters", &given("b.json", r#"{"9.9": {}}"#)]), 2, "9.9");
    assert_error(
        &scan(&["--parameters", &given("c.json", r#"{"1.12": {"maxAge": "1"}}"#)]),
        2,
        "unknown parameter 'maxAge'",
    );
    assert_error(
        &scan(&[
            "--parameters",
            &given("d.json", r#"{"1.12": {"maxCredentialUsageAge": "soon"}}"#),
        ]),
        2,
        "give a whole number of days",
    );
    assert_error(
        &scan(&["--parameters", &given("e.json", r#"{"*": {"maxAge": "1"}}"#)]),
        2,
        "no control has the parameter 'maxAge'",
    );
    assert_error(&scan(&["--register", &given("f.json", "{}")]), 2, "schema");
    assert_error(&scan(&["--register", "/nonexistent"]), 2, "/nonexistent");
    assert_error(&scan(&["--format", "table", "--format", "json"]), 2, "more than one format");
    assert_error(&scan(&["--format", "json=/nonexistent/x"]), 2, "/nonexistent/x");
    assert_error(&plumbline(&["scan", "--snapshot", "/nonexistent"]), 2, "/nonexistent");
    assert_error(&plumbline(&["scan", "--snapshot", &given("g.json", "{}")]), 2, "g.json");
    assert_error(
        &plumbline(&["scan", "--snapshot", &given("h.json", r#"{"schema": 7}"#)]),
        2,
        "schema 7",
    );
    assert_error(&plumbline(&["explain", "9.9"]), 2, "9.9");
    assert_error(&plumbline(&["register", "check", "/nonexistent"]), 2, "/nonexistent");
    for usage in [
        &["scan", "--sample", "--format", "yaml"][..],
        &["scan", "--sample", "--level", "3"],
        &["scan", "--region", "mars"],
        &["scan", "--account", "1"],
        &["nonsense"],
    ] {
        assert_eq!(plumbline(usage).status.code(), Some(2), "{usage:?}");
    }
}

#[test]
fn broken_registers_name_every_entry_that_is_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let entry = |control: &str, until: &str| {
        json!({ "control": control, "accounts": ["*"], "resources": ["*"], "reason": "r",
        "approved_by": "a", "until": until })
    };
    let attestation = |control: &str, until: &str| {
        json!({ "control": control, "accounts": ["111122223333"], "verdict": "compliant",
        "by": "b", "on": "2026-01-01", "until": until, "evidence": "e" })
    };
    let wrong = json!({ "schema": 1, "exceptions": [entry("9.9", "2026-01-01")],
        "attestations": [attestation("1.4", "2027-01-01"), attestation("1.3", "2025-01-01")] });
    let text = stderr(
        &plumbline(&["register", "check", &file(&folder, "wrong.json", &wrong.to_string())]),
        2,
    );
    for expected in [
        "exceptions[0] (9.9): no control has this id",
        "attestations[0] (1.4): the control is decided from AWS data only",
        "attestations[1] (1.3): until 2025-01-01 is before",
    ] {
        assert!(text.contains(expected), "{text}");
    }
    let unknown_member = json!({ "schema": 1, "exceptions": [], "exeptions": [] });
    assert!(
        stderr(
            &plumbline(&[
                "register",
                "check",
                &file(&folder, "typo.json", &unknown_member.to_string())
            ]),
            2
        )
        .contains("exeptions")
    );

    let good = json!({ "schema": 1, "exceptions": [entry("2.1.3", "2026-02-01"),
        entry("5.2", "2025-12-31"), entry("5.2", "2027-06-01")],
        "attestations": [attestation("1.3", "2026-01-01")] });
    assert_valid("register", &good);
    let text = stdout(
        &plumbline(&[
            "register",
            "check",
            &file(&folder, "good.json", &good.to_string()),
            "--now",
            "2026-01-10T00:00:00Z",
        ]),
        0,
    );
    assert!(text.contains("valid, 1 attestation and 3 exceptions"), "{text}");
    assert!(
        text.contains("22 days left")
            && text.matches("expired").count() == 2
            && !text.contains("2027"),
        "{text}"
    );
}

#[test]
fn missing_credentials_and_unreachable_endpoints_are_reported() {
    let account = TestAccount::new();
    let run = |command: &mut std::process::Command| {
        command.args(["scan", "--control", "1.4"]).output().expect("plumbline starts")
    };
    assert_error(
        &run(isolated(program("plumbline"))
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", endpoint())),
        3,
        "no AWS credentials were found",
    );
    let unreachable = run(isolated(program("plumbline"))
        .envs(environment(&account, "us-east-1"))
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9"));
    let nowhere = run(isolated(program("plumbline"))
        .envs(environment(&account, "us-east-1"))
        .env("AWS_ENDPOINT_URL", "garbage"));
    assert_error(&nowhere, 3, "failed to apply endpoint `garbage`");
    assert!(!stderr(&nowhere, 3).contains("Request"), "no dump");
    assert_error(&unreachable, 3, "could not be sent");
    account.fault(
        "sts",
        "GetCallerIdentity",
        "code",
        json!({ "code": "ExpiredToken", "status": 403 }),
    );
    assert_error(
        &run(isolated(program("plumbline")).envs(environment(&account, "us-east-1"))),
        3,
        "AWS rejected the credentials",
    );
}

#[test]
fn an_account_that_refuses_everything_is_an_error_after_the_report() {
    let account = TestAccount::new();
    account.fault("iam", "GetAccountSummary", "denied", json!({}));
    let output = plumbline_as(
        &account,
        &["scan", "--format", "json", "--control", "1.4", "--region", "us-east-1"],
    );
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value =
        serde_json::from_slice(&output.stdout).expect("the report is still printed");
    assert_eq!(report["accounts"][0]["controls"][0]["status"], "NOT_ASSESSED");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("no AWS call succeeded"),
        "and an error"
    );
}
