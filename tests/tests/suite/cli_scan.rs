//! `plumbline scan`, `diff` and `invoke`, as a user would run them.

use plumbline_rules::registry::CONTROLS;
use plumbline_tests::checks::{assert_error, assert_valid, file};
use plumbline_tests::config_items::bucket_item;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::ConfigEvent;
use plumbline_tests::programs::{
    environment, isolated, json, plumbline, plumbline_as, program, stderr, stdout,
};
use serde_json::{Value, json};

#[test]
fn the_sample_shows_every_outcome() {
    let report = json(&plumbline(&["scan", "--sample", "--format", "json"]), 0);
    assert_valid("report", &report);
    for outcome in ["compliant", "non_compliant", "waived", "not_assessed"] {
        assert!(report["summary"][outcome].as_u64().expect("a number") > 0, "{outcome}");
    }
    let controls = report["accounts"][0]["controls"].as_array().expect("controls");
    let ids: Vec<&str> =
        controls.iter().map(|control| control["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, CONTROLS.map(|control| control.id.as_str()));
    let text = report.to_string();
    assert!(
        text.contains("attested by")
            && text.contains("Waived until")
            && text.contains("An exception expired on"),
        "attestation, exception and an expired one"
    );
    assert_eq!(
        json(&plumbline(&["scan", "--sample", "--format", "json"]), 0),
        report,
        "it is always the same"
    );
}

#[test]
fn formats_go_to_files_and_standard_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let (report, findings) =
        (folder.path().join("report.json"), folder.path().join("findings.json"));
    let arguments = [
        "scan",
        "--sample",
        "--format",
        "table",
        "--format",
        &format!("json={}", report.display()),
        "--format",
        &format!("asff={}", findings.display()),
    ];
    let table = stdout(&plumbline(&arguments), 0);
    assert!(
        table.contains("failures in") && !table.contains('\u{1b}'),
        "a table without colors, because the output is not a terminal"
    );
    let report: Value =
        serde_json::from_slice(&std::fs::read(report).expect("a file")).expect("JSON");
    assert_valid("report", &report);
    let findings: Value =
        serde_json::from_slice(&std::fs::read(findings).expect("a file")).expect("JSON");
    let findings = findings.as_array().expect("a list");
    assert!(findings.iter().all(|finding| finding["SchemaVersion"] == "2018-10-08"
        && finding["ProductFields"]["plumbline/Digest"].is_string()));
    assert!(findings.iter().any(|finding| finding["Compliance"]["Status"] == "FAILED"
        && finding["Severity"]["Label"] == "CRITICAL"));
}

#[test]
fn changes_between_scans_are_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    let scan = |name: &str, arguments: &[&str]| {
        let file = folder.path().join(name).display().to_string();
        stdout(
            &plumbline(
                &[
                    &["scan", "--sample", "--control", "1.12", "--format", &format!("json={file}")],
                    arguments,
                ]
                .concat(),
            ),
            0,
        );
        file
    };
    let loose = file(&folder, "loose.json", r#"{"1.12": {"maxCredentialUsageAge": "800"}}"#);
    let (strict, loose) =
        (scan("strict.json", &[]), scan("loose-scan.json", &["--parameters", &loose]));
    let failed = |file: &str| {
        serde_json::from_str::<Value>(&std::fs::read_to_string(file).expect("a report"))
            .expect("JSON")["summary"]["non_compliant"]
            .as_u64()
    };
    let changes = |old: &str, new: &str, what: &str| {
        json(&plumbline(&["diff", old, new, "--force", "--format", "json"]), 0)[what]
            .as_array()
            .map(|list| list.len() as u64)
    };
    let fewer = failed(&strict).unwrap_or_default() - failed(&loose).unwrap_or_default();
    // The waived user passes, too.
    assert_eq!((fewer, changes(&strict, &loose, "fixed")), (1, Some(2)));
    assert_eq!(changes(&loose, &strict, "broken"), Some(fewer));
    assert_eq!(changes(&loose, &strict, "waived"), Some(1));
    assert_eq!(changes(&strict, &strict, "changed"), Some(0));
    assert_error(&plumbline(&["diff", &strict, &loose]), 2, "45 → 800 (looser)");
    assert!(stdout(&plumbline(&["diff", &strict, &loose, "--force"]), 0).contains("0 broken"));
    assert_error(&plumbline(&["diff", &strict, "/nonexistent"]), 2, "/nonexistent");
    assert_error(
        &plumbline(&["diff", &strict, &file(&folder, "not.json", "{}")]),
        2,
        "is not a scan report",
    );
}

#[test]
fn fail_on_trips() {
    assert_eq!(
        plumbline(&["scan", "--sample", "--fail-on", "non-compliant"]).status.code(),
        Some(1)
    );
    assert_eq!(
        plumbline(&["scan", "--sample", "--fail-on", "non-compliant", "--control", "3.1"])
            .status
            .code(),
        Some(0)
    );
    assert_eq!(
        plumbline(&["scan", "--sample", "--fail-on", "not-assessed", "--control", "3.1"])
            .status
            .code(),
        Some(0)
    );
    assert_eq!(
        plumbline(&["scan", "--sample", "--fail-on", "not-assessed", "--control", "2.1.3"])
            .status
            .code(),
        Some(1)
    );
}

#[test]
fn controls_are_selected_by_prefix_and_level() {
    let ids = |arguments: &[&str]| {
        let report =
            json(&plumbline(&[&["scan", "--sample", "--format", "json"], arguments].concat()), 0);
        let controls = report["accounts"][0]["controls"].as_array().expect("controls").clone();
        controls
            .iter()
            .map(|control| control["id"].as_str().expect("an id").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&["--control", "2.1.3", "--control", "root-access-key"]), ["1.4", "2.1.3"]);
    assert!(ids(&["--control", "1"]).iter().all(|id| id.starts_with("1.")));
    assert!(!ids(&["--exclude", "5"]).iter().any(|id| id.starts_with("5.")));
}

#[test]
fn parameters_change_verdicts() {
    let folder = tempfile::tempdir().expect("a folder");
    let status = |parameters: &str| {
        let file = file(&folder, "parameters.json", parameters);
        let report = json(
            &plumbline(&[
                "scan",
                "--sample",
                "--format",
                "json",
                "--control",
                "1.12",
                "--parameters",
                &file,
            ]),
            0,
        );
        report["accounts"][0]["controls"][0]["counts"]["non_compliant"].as_u64().expect("a number")
    };
    assert!(status("{}") > status(r#"{"1.12": {"maxCredentialUsageAge": "3650"}}"#));
    assert!(status(r#"{"*": {"maxCredentialUsageAge": 1}}"#) > status("{}"));
}

#[test]
fn a_live_scan_reports_and_publishes() {
    let account = TestAccount::seeded();
    let publish = |region: &str, more: &[&str]| {
        let scan = ["scan", "--format", "json", "--register", "none", "--publish", "security-hub"];
        plumbline_as(&account, &[&scan[..], &["--region", region], more].concat())
    };
    let first = publish("us-east-1", &["--docs-url", "https://docs.example.com"]);
    let said = String::from_utf8_lossy(&first.stderr).into_owned();
    let report = json(&first, 0);
    assert_valid("report", &report);
    let findings = account.findings("us-east-1");
    let stored = findings["findings"].as_array().expect("a list").len();
    let evaluations: usize = report["accounts"][0]["controls"]
        .as_array()
        .expect("controls")
        .iter()
        .map(|control| control["evaluations"].as_array().expect("a list").len())
        .sum();
    assert_eq!(stored, evaluations);
    let waived = report["summary"]["waived"].as_u64().expect("a number") as usize;
    let line = format!(
        "Security Hub: {} findings imported in 1 Region, {waived} archived\n",
        evaluations - waived
    );
    assert!(said.ends_with(&line), "{said}");
    for finding in findings["findings"].as_array().expect("a list") {
        let url = finding["Remediation"]["Recommendation"]["Url"].as_str().expect("an address");
        assert!(url.starts_with("https://docs.example.com/"), "{url}");
    }
    json(&publish("us-east-1", &["--docs-url", "https://docs.example.com"]), 0);
    let again = account.findings("us-east-1")["imports"].clone();
    // The reasons name a new credential report, which is not a change.
    let imported: u64 = again.as_array().expect("a list").iter().filter_map(Value::as_u64).sum();
    assert_eq!(imported, stored as u64, "{again}");

    let passed_over = [
        "scan",
        "--region",
        "eu-west-1",
        "--control",
        "5.2",
        "--register",
        "none",
        "--publish",
        "security-hub=where-enabled",
    ];
    let said = stderr(&plumbline_as(&account, &passed_over), 0);
    assert!(
        said.ends_with(
            "Security Hub: 0 findings imported in 0 Regions, 0 archived; not enabled in eu-west-1\n"
        ),
        "{said}"
    );
    let output = publish("eu-west-1", &["--control", "5.2"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("Security Hub is not enabled in eu-west-1")
    );
    assert!(serde_json::from_slice::<Value>(&output.stdout).is_ok(), "the report is still printed");
}

#[test]
fn nothing_is_published_without_a_word_on_the_register() {
    let account = TestAccount::new();
    let arguments = ["scan", "--control", "5.2", "--publish", "security-hub"];
    let output = plumbline_as(&account, &arguments);
    assert_error(&output, 2, "no register is given, and no functions");
    assert!(!account.calls().iter().any(|call| call.contains("DescribeSecurityGroups")));
}

#[test]
fn an_event_runs_here_as_in_the_function() {
    let account = TestAccount::new();
    let folder = tempfile::tempdir().expect("a folder");
    let rule = "cis-2-1-3-bucket-mfa-delete";
    let event = ConfigEvent::of(&account, "us-east-1", rule).changed(&bucket_item(
        &account,
        "us-east-1",
        "b",
        "Enabled",
        json!(true),
    ));
    let event = file(&folder, "event.json", &event.to_string());
    let evaluations = json(
        &plumbline_as(&account, &["invoke", "--control", "2.1.3", "--event", &event, "--dry-run"]),
        0,
    );
    assert_eq!(evaluations[0]["compliance"], "COMPLIANT");
    assert_eq!(account.evaluations("us-east-1", rule)["calls"], 0);
    json(&plumbline_as(&account, &["invoke", "--control", "2.1.3", "--event", &event]), 0);
    assert_eq!(
        account.evaluations("us-east-1", rule)["evaluations"][0]["ComplianceType"],
        "COMPLIANT"
    );

    assert_error(
        &plumbline_as(
            &account,
            &["invoke", "--control", "2.1.3", "--event", &file(&folder, "x.json", "{")],
        ),
        2,
        "is not valid JSON",
    );
    assert_error(
        &plumbline_as(
            &account,
            &["invoke", "--control", "2.1.3", "--event", &file(&folder, "y.json", "{}")],
        ),
        2,
        "not an AWS Config custom rule event",
    );
}

#[test]
fn a_region_that_does_not_exist_is_refused() {
    let account = TestAccount::new();
    assert_error(
        &plumbline_as(&account, &["scan", "--control", "2.1.3", "--region", "us-est-1"]),
        2,
        "us-est-1",
    );
    let report = json(
        &plumbline_as(
            &account,
            &[
                "scan",
                "--format",
                "json",
                "--control",
                "5.2",
                "--region",
                "us-east-1",
                "--region",
                "us-east-1",
            ],
        ),
        0,
    );
    assert_eq!(report["accounts"][0]["regions"], json!(["us-east-1"]));
}

#[test]
fn a_profile_goes_before_the_environment() {
    let (own, other) = (TestAccount::new(), TestAccount::new());
    let folder = tempfile::tempdir().expect("a folder");
    let credentials = file(
        &folder,
        "credentials",
        &format!(
            "[other]\naws_access_key_id = {}\naws_secret_access_key = x\n",
            other.access_key()
        ),
    );
    let scan = |profile: &str| {
        let mut command = isolated(program("plumbline"));
        command
            .envs(environment(&own, "us-east-1"))
            .env("AWS_SHARED_CREDENTIALS_FILE", &credentials);
        command
            .args([
                "scan",
                "--format",
                "json",
                "--control",
                "1.4",
                "--region",
                "us-east-1",
                "--profile",
                profile,
            ])
            .output()
            .expect("plumbline starts")
    };
    assert_eq!(json(&scan("other"), 0)["accounts"][0]["account_id"], json!(other.id));
    assert_eq!(scan("nope").status.code(), Some(3));
}

#[test]
fn several_accounts_are_reached_by_a_role() {
    let (own, member, closed) = (TestAccount::new(), TestAccount::seeded(), TestAccount::new());
    member.create_role("audit");
    let arguments = [
        "scan",
        "--format",
        "json",
        "--role-name",
        "audit",
        "--account",
        &member.id,
        "--account",
        &closed.id,
        "--control",
        "1.4",
        "--control",
        "5.2",
    ];
    // An account that cannot be read is a problem of the whole scan.
    let report = json(&plumbline_as(&own, &arguments), 3);
    let accounts = report["accounts"].as_array().expect("accounts");
    assert_eq!(
        (&accounts[0]["account_id"], &accounts[1]["account_id"]),
        (&json!(member.id), &json!(closed.id))
    );
    assert_eq!(accounts[0]["controls"][0]["status"], "NON_COMPLIANT");
    for control in accounts[1]["controls"].as_array().expect("controls") {
        assert_eq!(control["status"], "NOT_ASSESSED");
        assert!(
            control["evaluations"][0]["reason"]
                .as_str()
                .expect("a reason")
                .contains("access denied to sts:AssumeRole"),
            "{control}"
        );
    }
    // If the Regions cannot be listed, their resources are unknown.
    member.fault("ec2", "DescribeRegions", "denied", json!({}));
    let report = json(
        &plumbline_as(
            &own,
            &[
                "scan",
                "--format",
                "json",
                "--role-name",
                "audit",
                "--account",
                &member.id,
                "--control",
                "5.1",
                "--control",
                "1.4",
            ],
        ),
        0,
    );
    let controls = report["accounts"][0]["controls"].as_array().expect("controls");
    assert_eq!(controls[0]["counts"]["not_assessed"], 0, "1.4 is global");
    let found = controls[1]["evaluations"]
        .as_array()
        .expect("evaluations")
        .iter()
        .find(|evaluation| evaluation["resource_type"] == "AWS::::Account");
    assert!(
        found.expect("on the account")["reason"]
            .as_str()
            .expect("a reason")
            .contains("ec2:DescribeRegions"),
        "{found:?}"
    );
}
