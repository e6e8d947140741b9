//! The real command line, as a user would run it.

use plumbline_rules::registry::CONTROLS;
use plumbline_tests::aws::{Account, endpoint};
use plumbline_tests::items::bucket_item;
use plumbline_tests::lambda::Event;
use plumbline_tests::programs::{
    environment, isolated, json, plumbline, plumbline_as, program, stderr, stdout,
};
use serde_json::{Value, json};

fn schema(name: &str) -> Value {
    let file = plumbline_tests::package().join(format!("../docs/schema/{name}.json"));
    serde_json::from_slice(&std::fs::read(file).expect("a schema")).expect("JSON")
}

fn assert_valid(name: &str, document: &Value) {
    let validator = jsonschema::validator_for(&schema(name)).expect("a schema");
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// An error is one line of what, and one of what to do.
fn assert_error(output: &std::process::Output, code: i32, expected: &str) {
    let text = stderr(output, code);
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains(" WARN ")).collect();
    assert!(
        lines.len() == 2 && lines[0].starts_with("error: ") && lines[1].starts_with("  "),
        "{text}"
    );
    assert!(text.contains(expected), "{text}");
    assert!(output.stdout.is_empty(), "nothing on standard output");
}

fn file(folder: &tempfile::TempDir, name: &str, content: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("writes");
    path.display().to_string()
}

#[test]
fn the_sample_shows_every_outcome() {
    let report = json(&plumbline(&["scan", "--sample", "--format", "json"]), 0);
    assert_valid("report", &report);
    for outcome in ["compliant", "non_compliant", "not_applicable", "not_assessed"] {
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
        table.contains("NON-COMPLIANT") && !table.contains('\u{1b}'),
        "a table without colors, as it is no terminal"
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
            [&row[9], &row[11], &row[12]],
            [&evaluation["resource_id"], &evaluation["compliance"], &evaluation["reason"]]
                .map(|v| v.as_str().expect("a text"))
        );
    }
    let page = read("html");
    assert_eq!(page.matches("<tr><td class=\"id\">").count(), evaluations.len());
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
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
    let table = scan("csv");
    assert!(table.contains(",'=cmd|") && !table.contains(",=cmd|"), "{table}");
}

#[test]
fn changes_between_scans_are_told() {
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
        json(&plumbline(&["diff", old, new, "--format", "json"]), 0)[what]
            .as_array()
            .map(|list| list.len() as u64)
    };
    assert!(failed(&strict) > failed(&loose));
    assert_eq!(
        changes(&strict, &loose, "fixed"),
        Some(failed(&strict).unwrap_or_default() - failed(&loose).unwrap_or_default())
    );
    assert_eq!(changes(&loose, &strict, "broken"), changes(&strict, &loose, "fixed"));
    assert_eq!(changes(&strict, &strict, "changed"), Some(0));
    assert!(stdout(&plumbline(&["diff", &strict, &loose]), 0).contains("0 broken"));
    assert_error(&plumbline(&["diff", &strict, "/nonexistent"]), 2, "/nonexistent");
    assert_error(
        &plumbline(&["diff", &strict, &file(&folder, "not.json", "{}")]),
        2,
        "not the report of a scan",
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
fn wrong_input_is_told_in_two_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let given = |name: &str, content: &str| file(&folder, name, content);
    let scan = |arguments: &[&str]| plumbline(&[&["scan", "--sample"], arguments].concat());
    assert_error(&scan(&["--control", "9.9"]), 2, "there is no control '9.9'");
    assert_error(&scan(&["--control", "1.4", "--exclude", "1"]), 2, "no control is left");
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
        "no control knows the parameter 'maxAge'",
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
        "exceptions[0] (9.9): there is no control",
        "attestations[0] (1.4): the control is decided from AWS alone",
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
        entry("5.2", "2025-12-31"), entry("5.2", "2030-01-01")],
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
    assert!(text.contains("valid, 1 attestations and 3 exceptions"), "{text}");
    assert!(
        text.contains("22 days left")
            && text.matches("expired").count() == 2
            && !text.contains("2030"),
        "{text}"
    );
}

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
                "## Why",
                "## Decision",
                "## Remediation",
                "## Parameters",
                "## Permissions",
                "## Examples",
            ] {
                assert!(text.contains(heading), "{name}: {heading}");
            }
        }
    }
    assert!(stdout(&plumbline(&["completions", "bash"]), 0).contains("plumbline"));
    assert!(stdout(&plumbline(&["man"]), 0).contains(".TH plumbline"));
}

#[test]
fn a_live_scan_reports_and_publishes() {
    let account = Account::seeded();
    let report = json(
        &plumbline_as(
            &account,
            &["scan", "--format", "json", "--region", "us-east-1", "--publish", "security-hub"],
        ),
        0,
    );
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
    json(
        &plumbline_as(
            &account,
            &["scan", "--format", "json", "--region", "us-east-1", "--publish", "security-hub"],
        ),
        0,
    );
    let again = account.findings("us-east-1")["imports"].clone();
    // The credential report that the reasons name is a new one, and that is no change.
    let imported: u64 = again.as_array().expect("a list").iter().filter_map(Value::as_u64).sum();
    assert_eq!(imported, stored as u64, "{again}");

    let output = plumbline_as(
        &account,
        &[
            "scan",
            "--format",
            "json",
            "--region",
            "eu-west-1",
            "--control",
            "5.2",
            "--publish",
            "security-hub",
        ],
    );
    assert_eq!(output.status.code(), Some(3));
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("Security Hub is not enabled in eu-west-1")
    );
    assert!(
        serde_json::from_slice::<Value>(&output.stdout).is_ok(),
        "the report is printed all the same"
    );
}

#[test]
fn an_event_runs_here_as_in_the_function() {
    let account = Account::new();
    let folder = tempfile::tempdir().expect("a folder");
    let rule = "cis-2-1-3-bucket-mfa-delete";
    let event = Event::of(&account, "us-east-1", rule).changed(&bucket_item(
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
        "this is not JSON",
    );
    assert_error(
        &plumbline_as(
            &account,
            &["invoke", "--control", "2.1.3", "--event", &file(&folder, "y.json", "{}")],
        ),
        2,
        "not one of an AWS Config custom rule",
    );
}

#[test]
fn missing_credentials_and_unreachable_endpoints_are_told() {
    let account = Account::new();
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
        "does not accept the credentials",
    );
}

#[test]
fn an_account_that_refuses_everything_is_an_error_after_the_report() {
    let account = Account::new();
    account.fault("iam", "GetAccountSummary", "denied", json!({}));
    let output = plumbline_as(
        &account,
        &["scan", "--format", "json", "--control", "1.4", "--region", "us-east-1"],
    );
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("the report all the same");
    assert_eq!(report["accounts"][0]["controls"][0]["status"], "NOT_ASSESSED");
    assert!(String::from_utf8_lossy(&output.stderr).contains("AWS refused"), "and an error");
}

#[test]
fn a_region_that_does_not_exist_is_refused() {
    let account = Account::new();
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
    let (own, other) = (Account::new(), Account::new());
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
fn filters_are_judged_by_what_they_match() {
    let cover = |control: &str, pattern: &str| {
        json(&plumbline(&["filter", "cover", control, pattern, "--format", "json"]), 0)
    };
    let misses =
        cover("4.5", r#"{ ($.eventName = "CreateTrail") || ($.eventName = "StopLogging") }"#);
    assert_eq!((&misses["control"], &misses["verdict"]), (&json!("4.5"), &json!("misses")));
    assert!(
        ["UpdateTrail", "DeleteTrail", "StartLogging"]
            .contains(&misses["missed_event"]["eventName"].as_str().expect("a name")),
        "{misses}"
    );
    assert_eq!(
        cover(
            "4.5",
            "{ $.eventName = CreateTrail || $.eventName = UpdateTrail || $.eventName = DeleteTrail || $.eventName = St*Logging || $.eventName = *Logging }"
        )["verdict"],
        "covers"
    );
    assert_eq!(cover("4.5", "{ $.eventName = a && $.eventName = b }")["verdict"], "never-matches");
    let invalid = cover(
        "4.6",
        "{ ($.eventName = ConsoleLogin) && ($.errorMessage = Failed authentication) }",
    );
    assert_eq!((&invalid["verdict"], &invalid["missed_event"]), (&json!("invalid"), &Value::Null));
    assert_error(&plumbline(&["filter", "cover", "1.4", "{ $.a = b }"]), 2, "has no metric filter");

    let folder = tempfile::tempdir().expect("a folder");
    let lines = file(&folder, "events.jsonl", "{\"a\": 1}\nnot json\n{\"b\": 1}\n{\"a\": 1.0}\n");
    assert_eq!(
        json(&plumbline(&["filter", "match", "{ $.a = 1 }", &lines, "--format", "json"]), 0),
        json!({ "matches": [1, 4] })
    );
    assert_eq!(stdout(&plumbline(&["filter", "match", "{ $.a NOT EXISTS }", &lines]), 0), "3\n");
    let broken =
        json(&plumbline(&["filter", "match", "{ $.a == 1 }", &lines, "--format", "json"]), 0);
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
    assert!(
        policy(json!({ "Statement": [{ "Effect": "Perhaps" }] }), &[])["invalid"]["detail"]
            .is_string()
    );
}
