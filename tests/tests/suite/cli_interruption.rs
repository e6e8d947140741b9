//! Scans that end before everything is read, and scans that resume them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use plumbline_tests::checks::assert_valid;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::programs::{
    environment, isolated, json, plumbline_as, program, stderr, stdout,
};
use serde_json::{Value, json};

/// How long a test waits for an expected event.
const LONG: Duration = Duration::from_secs(60);

/// An organization of two accounts with a role to read them, and the account that is not the
/// management account.
fn two_accounts() -> (TestAccount, TestAccount) {
    let management = TestAccount::new();
    management.create_organization();
    let member = management.create_member("member");
    for account in [&management, &member] {
        account.create_role("audit");
    }
    (management, member)
}

fn scan_of(account: &TestAccount, more: &[&str]) -> Command {
    let mut command = isolated(program("plumbline"));
    command.envs(environment(account, "us-east-1"));
    command.env("PLUMBLINE_ATTEMPT_TIMEOUT_MS", "60000").arg("scan").args(more);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Waits until an operation was called in an account, and sends the signal.
fn interrupted(mut command: Command, asked: &TestAccount, operation: &str, signal: &str) -> Output {
    let child = command.spawn().expect("plumbline starts");
    let begun = Instant::now();
    while !asked.calls().iter().any(|call| call.contains(operation)) {
        assert!(begun.elapsed() < LONG, "{operation} was never called: {:?}", asked.calls());
        sleep(Duration::from_millis(50));
    }
    // Operations without a delay have answered.
    sleep(Duration::from_secs(2));
    let kill = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(kill.expect("kill starts").success());
    child.wait_with_output().expect("plumbline ends")
}

fn report_in(file: &Path) -> Value {
    let report = serde_json::from_slice(&std::fs::read(file).expect("a file")).expect("JSON");
    assert_valid("report", &report);
    report
}

/// The members that differ between two scans of the same accounts.
fn without_times(mut report: Value) -> Value {
    report["generated_at"] = Value::Null;
    for member in ["started_at", "finished_at"] {
        report["run"][member] = Value::Null;
    }
    report
}

#[test]
fn an_interrupted_scan_writes_what_it_read() {
    let account = TestAccount::seeded();
    account.fault("rds", "DescribeDBInstances", "timeout", json!({ "seconds": 60 }));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scan.json");
    let json_file = format!("json={}", file.display());
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        account.forget("calls");
        let given = ["--control", "1.4,2.3.1", "--region", "us-east-1"];
        let command = scan_of(&account, &[&given[..], &["--format", &json_file]].concat());
        let begun = Instant::now();
        let output = interrupted(command, &account, "DescribeDBInstances", signal);
        assert!(begun.elapsed() < LONG, "it does not wait for the answer");
        assert!(stderr(&output, code).contains("interrupted"), "{output:?}");
        let report = report_in(&file);
        assert_eq!(report["run"]["complete"], false);
        assert_eq!(report["run"]["accounts"][0]["state"], "interrupted");
        let controls = &report["accounts"][0]["controls"];
        assert_eq!(controls[0]["status"], "NON_COMPLIANT", "1.4 was read");
        assert_eq!(controls[1]["status"], "NOT_ASSESSED", "2.3.1 was not");
        assert_eq!(controls[1]["evaluations"][0]["code"], "INTERRUPTED");
        std::fs::remove_file(&file).expect("it is there");
    }
}

#[test]
fn a_scan_that_is_interrupted_before_it_knows_its_accounts_writes_nothing() {
    let account = TestAccount::new();
    account.fault("sts", "GetCallerIdentity", "timeout", json!({ "seconds": 60 }));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scan.json");
    let json_file = format!("json={}", file.display());
    let command = scan_of(&account, &["--format", &json_file]);
    let output = interrupted(command, &account, "GetCallerIdentity", "-INT");
    assert!(stderr(&output, 130).contains("No file was written"), "{output:?}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn a_deadline_ends_a_scan() {
    let account = TestAccount::seeded();
    account.fault("rds", "DescribeDBInstances", "timeout", json!({ "seconds": 60 }));
    let given = ["--control", "1.4,2.3.1", "--region", "us-east-1"];
    let more = ["--deadline", "5s", "--format", "json"];
    let output = scan_of(&account, &[&given[..], &more].concat()).output().expect("it starts");
    assert!(stderr(&output, 3).contains("the scan reached its deadline"), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let controls = &report["accounts"][0]["controls"];
    assert_eq!(controls[0]["status"], "NON_COMPLIANT");
    assert_eq!(controls[1]["evaluations"][0]["code"], "OUT_OF_TIME");
    assert_eq!(report["run"]["complete"], false);
}

#[test]
fn expired_credentials_end_a_scan() {
    let account = TestAccount::seeded();
    let more = json!({ "code": "ExpiredTokenException", "status": 400 });
    account.fault("rds", "DescribeDBInstances", "code", more);
    let given = ["--control", "1.4,2.3.1,2.4.1", "--region", "us-east-1", "--format", "json"];
    let output = scan_of(&account, &given).output().expect("it starts");
    assert!(stderr(&output, 3).contains("the credentials expired"), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["run"]["complete"], false);
    assert_eq!(report["accounts"][0]["controls"][1]["status"], "NOT_ASSESSED");
}

#[test]
fn a_scan_goes_on_where_an_interrupted_one_ended() {
    let (management, member) = two_accounts();
    let folder = tempfile::tempdir().expect("a folder");
    let reports = folder.path().join("reports");
    let reports_text = reports.display().to_string();
    let given =
        ["--organization", "--role-name", "audit", "--control", "1.4,5.2", "--region", "us-east-1"];
    member.fault("ec2", "DescribeSecurityGroups", "timeout", json!({ "seconds": 60 }));
    let command = scan_of(&management, &[&given[..], &["--output-dir", &reports_text]].concat());
    let output = interrupted(command, &member, "DescribeSecurityGroups", "-TERM");
    assert!(stdout(&output, 143).contains("Incomplete"), "{output:?}");
    let file = |account: &TestAccount| reports.join(format!("{}.json", account.id));
    assert_eq!(report_in(&file(&management))["run"]["complete"], true);
    assert_eq!(report_in(&file(&member))["run"]["complete"], false);
    member.forget("faults");

    // A complete account is not read again.
    management.forget("calls");
    let resumed = scan_of(
        &management,
        &[&given[..], &["--resume", &reports_text, "--format", "json"]].concat(),
    );
    let resumed = json(&{ resumed }.output().expect("it starts"), 0);
    let again: BTreeSet<String> = management.calls().into_iter().collect();
    assert!(!again.iter().any(|call| call.contains("GetAccountSummary")), "{again:?}");
    let whole = json(
        &plumbline_as(&management, &[&["scan"], &given[..], &["--format", "json"]].concat()),
        0,
    );
    assert_eq!(without_times(resumed), without_times(whole));
    let index: Value =
        serde_json::from_slice(&std::fs::read(reports.join("index.json")).expect("a file"))
            .expect("JSON");
    assert_eq!(index["complete"], true);
    let taken_over = index["accounts"].as_array().expect("accounts").iter().map(|account| {
        (account["account_id"].as_str().expect("an id"), account["resumed"] == true)
    });
    assert_eq!(
        taken_over.collect::<BTreeSet<_>>(),
        BTreeSet::from([(management.id.as_str(), true), (member.id.as_str(), false)])
    );

    // Reports with other parameters cannot be combined.
    let other = ["--organization", "--role-name", "audit", "--control", "1.4"];
    let output = plumbline_as(
        &management,
        &[&["scan"], &other[..], &["--region", "us-east-1", "--resume", &reports_text]].concat(),
    );
    assert!(stderr(&output, 2).contains("other controls or parameters"), "{output:?}");
}

#[test]
fn a_scan_that_publishes_ends_with_its_signal_and_goes_on_later() {
    let account = TestAccount::seeded();
    let folder = tempfile::tempdir().expect("a folder");
    let reports = folder.path().join("reports");
    let reports_text = reports.display().to_string();
    let given = ["--control", "1.4,5.2", "--region", "us-east-1", "--publish", "security-hub"];
    let given = [&given[..], &["--register", "none"]].concat();
    account.fault("securityhub", "GetFindings", "timeout", json!({ "seconds": 60 }));
    let command = scan_of(&account, &[&given[..], &["--output-dir", &reports_text]].concat());
    let begun = Instant::now();
    let output = interrupted(command, &account, "GetFindings", "-TERM");
    assert!(begun.elapsed() < LONG, "it does not wait for the answer");
    let errors = stderr(&output, 143);
    assert!(errors.contains("not all findings of account"), "{errors}");
    assert!(errors.contains("all reads were complete"), "{errors}");
    let file = reports.join(format!("{}.json", account.id));
    let report = report_in(&file);
    assert_eq!(report["run"]["complete"], true);
    assert_eq!(report["run"]["accounts"][0]["published"], false);
    account.forget("faults");

    // An account that was not published is scanned again; a published one is reused.
    let resume = [&given[..], &["--resume", &reports_text]].concat();
    stdout(&scan_of(&account, &resume).output().expect("it starts"), 0);
    assert_eq!(report_in(&file)["run"]["accounts"][0]["published"], true);
    let published = account.findings("us-east-1")["findings"].as_array().map(Vec::len);
    assert!(published.is_some_and(|count| count > 0), "{published:?}");
    account.forget("calls");
    stdout(&scan_of(&account, &resume).output().expect("it starts"), 0);
    let again = account.calls();
    assert!(!again.iter().any(|call| call.contains("DescribeSecurityGroups")), "{again:?}");

    // A second scan reads the findings of the first.
    stdout(&scan_of(&account, &given).output().expect("it starts"), 0);
}

#[test]
fn a_recording_whose_credentials_expire_keeps_the_earlier_one() {
    let account = TestAccount::seeded();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("account.json");
    std::fs::write(&file, "earlier").expect("written");
    let more = json!({ "code": "ExpiredToken", "status": 400 });
    account.fault("ec2", "DescribeSecurityGroups", "code", more);
    let output = plumbline_as(
        &account,
        &[
            "collect",
            "--control",
            "1.4,5.2",
            "--region",
            "us-east-1",
            "--output",
            file.to_str().expect("UTF-8"),
        ],
    );
    assert!(stderr(&output, 3).contains("the credentials expired"), "{output:?}");
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), "earlier");
}
