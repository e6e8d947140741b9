//! Tests of reports: they state the caller, the parameters and the omissions of a scan.
#![allow(clippy::expect_used, reason = "helpers of tests, too, end the test")]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};

fn plumbline(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plumbline"))
        .args(arguments)
        .env_remove("PLUMBLINE_HOME_REGION")
        .env_remove("COLUMNS")
        .output()
        .expect("the program starts")
}

fn text(arguments: &[&str]) -> String {
    let output = plumbline(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn report(arguments: &[&str]) -> Value {
    let scan = ["scan", "--sample", "--format", "json"];
    serde_json::from_str(&text(&[&scan, arguments].concat())).expect("JSON")
}

fn file(name: &str, content: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("reports");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join(name);
    std::fs::write(&file, content).expect("written");
    file.into_os_string().into_string().expect("UTF-8")
}

#[test]
fn the_score_counts_controls_that_pass() {
    let summary = report(&[])["summary"].clone();
    assert_eq!(
        summary["controls"],
        json!({ "evaluated": 63, "compliant": 11, "non_compliant": 51, "not_assessed": 1,
            "waived": 0, "not_applicable": 0, "attested": 1, "score_percent": 17 })
    );
    let passing = |groups: &Value| {
        let groups = groups.as_array().expect("groups").iter();
        groups
            .map(|group| {
                let controls = &group["controls"];
                let count = |name: &str| controls[name].as_u64().expect("a count");
                (count("compliant"), count("evaluated") - count("not_applicable"))
            })
            .collect::<Vec<_>>()
    };
    let by_section = passing(&summary["by_section"]);
    assert_eq!(by_section, [(5, 21), (0, 10), (2, 11), (3, 16), (1, 5)]);
    assert_eq!(passing(&summary["by_level"]), [(9, 42), (2, 21)]);
    assert_eq!(passing(&summary["by_severity"]), [(1, 5), (2, 8), (4, 27), (4, 23)]);
    // The groups of sections, levels and severities have the same totals.
    for groups in ["by_section", "by_level", "by_severity"] {
        let sum = |name: &str| {
            let groups = summary[groups].as_array().expect("groups").iter();
            groups.map(|group| group["resources"][name].as_u64().expect("a count")).sum::<u64>()
        };
        for name in ["compliant", "non_compliant", "not_assessed", "waived", "not_applicable"] {
            assert_eq!(json!(sum(name)), summary[name], "{groups} {name}");
        }
    }
}

/// A control whose failures are all waived neither passes nor fails, and does not increase the
/// score.
#[test]
fn a_waiver_raises_no_score() {
    let all = file(
        "waive.json",
        r#"{"schema": 1, "exceptions": [{"control": "5.2", "accounts": ["*"], "resources": ["*"],
            "reason": "Closed soon", "approved_by": "CISO", "until": "2026-12-31"}]}"#,
    );
    let waived = report(&["--control", "5.2", "--register", &all]);
    let control = &waived["accounts"][0]["controls"][0];
    assert_eq!(control["status"], "WAIVED");
    assert_eq!(
        control["counts"],
        json!({ "compliant": 4, "non_compliant": 0, "not_assessed": 0, "waived": 2,
            "not_applicable": 0 })
    );
    assert_eq!(waived["summary"]["controls"]["score_percent"], 0);
    let of = |id: &str| {
        let evaluations = control["evaluations"].as_array().expect("evaluations");
        let found = evaluations.iter().find(|one| one["resource_id"] == id);
        found.expect("an evaluation").clone()
    };
    let bastion = of("sg-0a000000000000003");
    assert_eq!(bastion["compliance"], "WAIVED");
    assert_eq!(bastion["waiver"]["entry"], "exceptions[0]");
    assert_eq!(bastion["waiver"]["approved_by"], "CISO");
    let would_be = bastion["waiver"]["would_be"].as_str().expect("a text");
    assert!(would_be.starts_with("Port 22 is open"), "{would_be}");
    let detail = bastion["detail"].as_str().expect("a text");
    assert!(detail.contains("Closed soon. Without the exception: Port 22"), "{detail}");
    let gate = plumbline(&[
        "scan",
        "--sample",
        "--control",
        "5.2",
        "--register",
        &all,
        "--fail-on",
        "non-compliant",
    ]);
    assert_eq!(gate.status.code(), Some(0));
    let used = &waived["run"]["register"];
    assert_eq!((&used["used"], &used["unused"]), (&json!(1), &json!([])));
}

/// Every format for people states which register was used, or that no register was used.
#[test]
fn the_register_of_a_scan_shows() {
    let all = file(
        "whole.json",
        r#"{"schema": 1, "exceptions": [
            {"control": "5.2", "accounts": ["*"], "resources": ["*"], "reason": "Closed soon",
             "approved_by": "CISO", "until": "2026-12-31"},
            {"control": "1.14", "accounts": ["*"], "resources": ["**"], "reason": "Rotated soon",
             "approved_by": "CISO", "until": "2026-12-31"},
            {"control": "1.14", "accounts": ["*"], "resources": ["*"], "reason": "Rotated soon",
             "approved_by": "CISO", "until": "2026-11-30"},
            {"control": "2.1.3", "accounts": ["*"], "resources": ["*"], "reason": "Expired",
             "approved_by": "CISO", "until": "2026-01-31"},
            {"control": "1.13", "accounts": ["*"], "resources": ["*"], "regions": ["us-east-1"],
             "reason": "One Region", "approved_by": "CISO", "until": "2026-12-31"}]}"#,
    );
    let one = file(
        "whole-one.json",
        r#"{"schema": 1, "exceptions": [{"control": "1.14", "accounts": ["*"], "resources": ["*"],
            "reason": "Rotated soon", "approved_by": "CISO", "until": "2026-12-31"}]}"#,
    );
    for (register, expected) in [
        ("none", "none"),
        (
            all.as_str(),
            "0 attestations, 5 exceptions; 1 expired; whole controls waived in every account: \
             5.2, 1.14",
        ),
        (&one, "0 attestations, 1 exception; whole control waived in every account: 1.14"),
    ] {
        for format in ["table", "markdown", "html"] {
            let page = text(&["scan", "--sample", "--register", register, "--format", format]);
            // Names in the page are isolated, and names in Markdown are escaped.
            let page = page.replace("<bdi>", "").replace("</bdi>", "");
            assert!(page.contains(&format!("register: {expected} · ")), "{format}: {page}");
        }
        let narrow = Command::new(env!("CARGO_BIN_EXE_plumbline"))
            .args(["scan", "--sample", "--register", register])
            .env("COLUMNS", "80")
            .output()
            .expect("the program starts");
        let narrow = String::from_utf8(narrow.stdout).expect("UTF-8");
        let words = narrow.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(&format!("Register: {expected} ")), "{register}: {narrow}");
    }
    let run = report(&["--register", "none"])["run"].clone();
    assert_eq!(run["register"], Value::Null);
    assert_eq!(report(&["--register", &one])["run"]["register"].get("waived_controls"), None);
}

/// The failures that the options of `fix` leave out are counted.
#[test]
fn fixes_count_what_is_not_included() {
    let mut scan = report(&[]);
    let last = |scan: &Value, arguments: &[&str]| {
        let scan = file("fixable.json", &scan.to_string());
        let script = text(&[&["fix", &scan], arguments].concat());
        script.lines().last().expect("a line").to_owned()
    };
    let all = last(&scan, &[]);
    assert!(all.ends_with("Not included: 7 not assessed, 2 waived."), "{all}");
    let one = last(&scan, &["--control", "5.2"]);
    let expected = "Not included: 0 not assessed, 0 waived, 59 failures of other controls";
    assert!(one.ends_with(&format!("{expected}.")), "{one}");
    let mut other = scan["accounts"][0].clone();
    other["account_id"] = "999988887777".into();
    scan["accounts"].as_array_mut().expect("a list").push(other);
    for form in ["sh", "terraform"] {
        let arguments = ["--control", "5.2", "--account", "111122223333", "--as", form];
        let one = last(&scan, &arguments);
        assert!(one.ends_with(&format!("{expected}, 61 failures of other accounts.")), "{one}");
    }
}

#[test]
fn what_was_left_out_and_loosened_shows() {
    let loose = file("loose.json", r#"{"5.2": {"adminPorts": "5432"}}"#);
    let run = report(&["--control", "5.2", "--parameters", &loose])["run"].clone();
    assert_eq!(run["full_benchmark"], false);
    assert_eq!(run["parameters"][0]["effect"], "looser");
    assert_eq!(run["parameters"][0]["benchmark"], "22,3389");
    assert_eq!(run["controls"]["left_out"].as_array().expect("a list").len(), 62);
    assert_eq!(run["controls"]["left_out"][0], json!({ "id": "1.1", "by": "--control 5.2" }));

    assert_eq!(report(&[])["run"]["full_benchmark"], true);
    let strict = file("strict.json", r#"{"*": {"notAssessedAs": "nonCompliant"}}"#);
    for (arguments, full) in [
        (vec!["--exclude", "1.1"], false),
        (vec!["--level", "1"], false),
        (vec!["--region", "us-east-1"], false),
        (vec!["--parameters", strict.as_str()], true),
    ] {
        let run = report(&arguments)["run"].clone();
        assert_eq!(run["full_benchmark"], full, "{arguments:?}");
        let table = text(&[&["scan", "--sample"], arguments.as_slice()].concat());
        let html =
            text(&[&["scan", "--sample", "--format", "html"], arguments.as_slice()].concat());
        for page in [table, html] {
            assert_eq!(page.contains("Not the full benchmark"), !full, "{arguments:?}");
        }
    }
    let digest = |arguments: &[&str]| report(arguments)["run"]["rules_digest"].clone();
    assert_eq!(digest(&[]), digest(&["--register", &file("none.json", r#"{"schema": 1}"#)]));
    assert_ne!(
        digest(&["--control", "5.2"]),
        digest(&["--control", "5.2", "--parameters", &loose])
    );
}

/// Failed calls, and Regions and accounts that could not be read at all.
#[test]
fn what_was_not_read_shows() {
    let run = report(&[])["run"].clone();
    let account = &run["accounts"][0];
    assert_eq!((&account["state"], &run["complete"]), (&json!("partly"), &json!(true)));
    assert_eq!(
        account["unread"][0],
        json!({ "operation": "s3:GetBucketPolicy", "code": "AccessDenied", "count": 1,
            "regions": ["eu-central-1"] })
    );
    let groups = |region: &str, denied: bool| {
        if denied {
            json!({ "fact": "SecurityGroups", "region": region, "unread": {
                "operation": "ec2:DescribeSecurityGroups", "cause": "denied",
                "code": "UnauthorizedOperation" } })
        } else {
            json!({ "fact": "SecurityGroups", "region": region, "value": [] })
        }
    };
    let scan = |name: &str, denied: [bool; 2]| {
        let [east, west] = denied;
        let snapshot = json!({ "schema": 1, "recorded_at": "2026-03-02T08:00:00Z",
            "accounts": [{ "account_id": "111122223333", "partition": "aws",
                "home_region": "us-east-1", "regions": ["us-east-1", "us-west-2"],
                "facts": [groups("us-east-1", east), groups("us-west-2", west)] }] });
        let snapshot = file(name, &snapshot.to_string());
        let scan = ["scan", "--snapshot", &snapshot, "--control", "5.3", "--format", "json"];
        let output = plumbline(&scan);
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        (output.status.code(), report["run"].clone())
    };
    let (code, run) = scan("read.json", [false, false]);
    assert_eq!(code, Some(0));
    assert_eq!((&run["accounts"][0]["state"], &run["complete"]), (&json!("read"), &json!(true)));
    let (code, run) = scan("region.json", [false, true]);
    assert_eq!(code, Some(0));
    assert_eq!((&run["accounts"][0]["state"], &run["complete"]), (&json!("partly"), &json!(false)));
    assert_eq!(
        run["incomplete_because"],
        json!(["Region us-west-2 of account 111122223333 could not be read."])
    );
    let (code, run) = scan("account.json", [true, true]);
    assert_eq!(code, Some(3), "the account could not be read at all");
    assert_eq!((&run["accounts"][0]["state"], &run["complete"]), (&json!("unread"), &json!(false)));
}

/// No format shows an interrupted or unread account as read.
#[test]
fn no_format_shows_an_interrupted_account_as_read() {
    let account = |id: &str, groups: Value| {
        let mut groups = groups;
        groups["fact"] = json!("SecurityGroups");
        groups["region"] = json!("us-east-1");
        json!({ "account_id": id, "partition": "aws", "home_region": "us-east-1",
            "regions": ["us-east-1"], "facts": [groups] })
    };
    let unread = |cause: &str, code: &str| {
        json!({ "unread": { "operation": "ec2:DescribeSecurityGroups", "cause": cause,
            "code": code } })
    };
    let denied = "ec2:DescribeSecurityGroups, UnauthorizedOperation";
    let accounts = [
        account("111122223333", unread("interrupted", "Interrupted")),
        account("222233334444", json!({ "value": [] })),
        account("333344445555", unread("denied", "UnauthorizedOperation")),
        account("444455556666", unread("out_of_time", "OutOfTime")),
    ];
    let snapshot = json!({ "schema": 1, "recorded_at": "2026-03-02T08:00:00Z",
        "accounts": accounts });
    let snapshot = file("interrupted.json", &snapshot.to_string());
    let scan = |format: &str| {
        let scan = ["scan", "--snapshot", &snapshot, "--control", "5.3", "--format", format];
        let output = plumbline(&scan);
        assert_eq!(output.status.code(), Some(3), "{format}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let report: Value = serde_json::from_str(&scan("json")).expect("JSON");
    let runs = report["run"]["accounts"].as_array().expect("accounts").iter();
    let states: Vec<&Value> = runs.map(|run| &run["state"]).collect();
    assert_eq!(states, ["interrupted", "read", "unread", "interrupted"]);
    for format in ["table", "html", "markdown", "junit"] {
        let text = scan(format);
        assert!(text.contains("Incomplete: The scan ended before account 111122223333"), "{text}");
        assert!(!text.contains("All requested facts were read"), "{format}");
        let count = |words: &str| text.matches(words).count();
        let (interrupted, read, unread) = match format {
            "table" => ("  interrupted\n".to_owned(), "  read\n", format!("not read: {denied}\n")),
            "html" => (
                "<bdi>interrupted</bdi></td>".to_owned(),
                "<bdi>read</bdi></td>",
                format!("<bdi>not read: {denied}</bdi></td>"),
            ),
            "markdown" => {
                ("| interrupted |".to_owned(), "| read |", format!("| not read: {denied} |"))
            }
            _ => (
                "name=\"state\" value=\"interrupted\"".to_owned(),
                "name=\"state\" value=\"read\"",
                format!("name=\"state\" value=\"not read: {denied}\""),
            ),
        };
        assert_eq!((count(&interrupted), count(read), count(&unread)), (2, 1, 1), "{text}");
    }
    let sarif: Value = serde_json::from_str(&scan("sarif")).expect("JSON");
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
    assert_eq!(sarif["runs"][0]["properties"]["complete"], false);
    let table = scan("csv");
    assert_eq!((table.matches(",NOT_ASSESSED,").count(), table.matches(",no,").count()), (3, 4));
    assert!(table.contains(",INTERRUPTED,") && table.contains(",OUT_OF_TIME,"), "{table}");
}

#[test]
fn a_waiver_is_not_a_repair() {
    let none = file("no-register.json", r#"{"schema": 1}"#);
    let (with, without) = (file("with.json", ""), file("without.json", ""));
    text(&["scan", "--sample", "--format", &format!("json={with}")]);
    text(&["scan", "--sample", "--register", &none, "--format", &format!("json={without}")]);
    let head = |old: &str, new: &str| text(&["diff", old, new]).lines().next().map(str::to_owned);
    let times = "From 2026-03-02T08:00:00Z to 2026-03-02T08:00:00Z";
    assert_eq!(
        head(&with, &without).expect("a line"),
        format!(
            "{times}: 0 broken, 0 fixed, 0 waived, 2 exceptions ended, 1 changed, 0 new, 0 gone"
        )
    );
    assert_eq!(
        head(&without, &with).expect("a line"),
        format!(
            "{times}: 0 broken, 0 fixed, 2 waived, 0 exceptions ended, 1 changed, 0 new, 0 gone"
        )
    );
}

/// Reports of the earlier schema, in which a waived failure was "not applicable" with an exception.
#[test]
fn reports_of_schema_1_are_read() {
    let evaluation = |compliance: &str, evidence: Value| {
        json!({ "schema": 1, "tool": "plumbline 0.1.0", "benchmark": "CIS AWS Foundations 1.5.0",
            "generated_at": "2026-03-01T08:00:00Z", "accounts": [{ "account_id": "111122223333",
            "partition": "aws", "regions": ["us-east-1"], "controls": [{ "id": "5.2",
            "evaluations": [{ "resource_type": "AWS::EC2::SecurityGroup", "resource_id": "sg-1",
            "arn": null, "region": "us-east-1", "compliance": compliance, "reason": "r",
            "evidence": evidence }] }] }] })
    };
    let waived = evaluation("NOT_APPLICABLE", json!({ "exception": { "reason": "x" } }));
    let failing = evaluation("NON_COMPLIANT", json!({ "name": "bastion" }));
    let (waived, failing) =
        (file("waived-1.json", &waived.to_string()), file("failing-1.json", &failing.to_string()));
    let table = text(&["diff", &waived, &failing]);
    assert!(
        table.starts_with(
            "OLD does not list its parameters (report schema 1)
NEW does"
        ),
        "{table}"
    );
    assert!(table.contains("1 exception ended"), "{table}");
    assert!(table.contains("sg-1 (bastion)"), "{table}");
    let unknown = file("schema-9.json", r#"{"schema": 9, "accounts": []}"#);
    let refused = plumbline(&["diff", &unknown, &failing]);
    assert_eq!(refused.status.code(), Some(2));
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains("its schema is 9; this version reads schemas 1 and 2"), "{words}");
}

/// A bucket in a disabled Region leaves the account not assessed there, regardless of the result of
/// the home Region. Both results have the same finding, which is never a pass.
#[test]
fn a_finding_is_the_most_urgent_result_of_its_resource() {
    let facts = json!([
        { "fact": "Buckets", "value": [{ "name": "far", "region": "af-south-1" }] },
        { "fact": "EnabledRegions", "value": ["us-east-1"] }
    ]);
    let account = json!({ "account_id": "111122223333", "partition": "aws",
        "home_region": "us-east-1", "regions": ["us-east-1"], "facts": facts });
    let snapshot = json!({ "schema": 1, "recorded_at": "2026-03-02T08:00:00Z",
        "accounts": [account] });
    let file = file("disabled.json", &snapshot.to_string());
    let scan = ["scan", "--snapshot", &file, "--control", "2.1.2", "--format"];
    let of = |format: &str| -> Value {
        serde_json::from_str(&text(&[&scan[..], &[format]].concat())).expect("JSON")
    };
    let evaluations = of("json")["accounts"][0]["controls"][0]["evaluations"].clone();
    let results: Vec<(&Value, &Value)> = evaluations
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (&one["compliance"], &one["region"]))
        .collect();
    assert_eq!(
        results,
        [
            (&json!("COMPLIANT"), &json!("us-east-1")),
            (&json!("NOT_ASSESSED"), &json!("af-south-1"))
        ]
    );
    let findings = of("asff");
    assert_eq!(findings.as_array().expect("a list").len(), 1, "{findings:#}");
    assert_eq!(findings[0]["Compliance"]["Status"], "NOT_AVAILABLE");
    assert_eq!(of("ocsf").as_array().expect("a list").len(), 1);
}
