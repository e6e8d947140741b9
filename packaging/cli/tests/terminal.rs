//! Tests of terminal output: it fits the width and begins with the score. The exit code follows the
//! gates.
#![allow(clippy::expect_used, reason = "helpers of tests, too, end the test")]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::json;

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plumbline"))
        .args(arguments)
        .env_remove("PLUMBLINE_HOME_REGION")
        .env_remove("COLUMNS")
        .env_remove("NO_COLOR")
        .envs(variables.iter().copied())
        .output()
        .expect("the program starts")
}

fn text(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = run(arguments, variables);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn code(arguments: &[&str]) -> Option<i32> {
    run(arguments, &[]).status.code()
}

fn file(name: &str, content: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("terminal");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join(name);
    std::fs::write(&file, content).expect("written");
    file.into_os_string().into_string().expect("UTF-8")
}

/// Returns the number of rows with findings.
fn rows(text: &str) -> usize {
    let is_row = |line: &&str| {
        let mut characters = line.strip_prefix("  ").unwrap_or_default().chars();
        matches!(characters.next(), Some('1'..='5')) && characters.next() == Some('.')
    };
    text.lines().filter(is_row).count()
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let old = file("old.json", "");
    let none = file("none.json", r#"{"schema": 1}"#);
    let json = format!("json={old}");
    text(&["scan", "--sample", "--register", &none, "--format", &json], &[]);
    let new = file("new.json", "");
    text(&["scan", "--sample", "--format", &format!("json={new}")], &[]);
    for width in [60, 80, 100, 120, 140, 200] {
        let columns = width.to_string();
        let scan = ["scan", "--sample"];
        let details = ["scan", "--sample", "--details"];
        let filtered = ["scan", "--sample", "--status", "waived", "--register", "none"];
        for command in [
            &scan[..],
            &details,
            &filtered,
            &["controls"],
            &["diff", &old, &new],
            &["explain", "5.2"],
        ] {
            let text = text(command, &[("COLUMNS", &columns)]);
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width), "{command:?} at {width}: {widest:?}");
        }
    }
    for width in [80, 100, 140] {
        let columns = width.to_string();
        let scan = text(&["scan", "--sample"], &[("COLUMNS", &columns)]);
        let widest = scan.lines().map(|line| line.chars().count()).max();
        assert_eq!(widest, Some(width), "the width is used");
    }
}

#[test]
fn without_a_terminal_each_finding_has_a_line() {
    let scan = text(&["scan", "--sample"], &[]);
    let of_regions = scan
        .lines()
        .filter(|line| line.contains("us-east-1  ") || line.contains("eu-central-1  "))
        .count();
    assert_eq!((rows(&scan), of_regions), (70, 70), "61 fail, 7 not assessed, 2 waived");
    assert_eq!(rows(&text(&["scan", "--sample", "--severity", "critical"], &[])), 4);
    assert_eq!(rows(&text(&["scan", "--sample", "--status", "waived"], &[])), 2);
    assert_eq!(rows(&text(&["scan", "--sample", "--status", "not-assessed,waived"], &[])), 9);
    assert_eq!(rows(&text(&["scan", "--sample", "--details"], &[])), 143);
    let summary = text(&["scan", "--sample", "--summary"], &[("COLUMNS", "80")]);
    assert_eq!((rows(&summary), summary.lines().count()), (0, 27));
    assert!(summary.contains("11 of 63 controls pass (17 %): 51 fail, 1 not assessed, 0 waived"));
    assert!(summary.contains("73 of 143 resource checks pass: 61 fail, 7 not assessed, 2 waived"));
}

/// AWS Config accepts 256 characters of a reason, but a terminal shows the complete reason.
#[test]
fn nothing_is_cut_off() {
    let scan = text(&["scan", "--sample"], &[]);
    assert!(scan.contains("eventType AwsConsoleSignIn.") && !scan.contains('…'), "{scan}");
}

#[test]
fn details_have_what_remedies_a_failure() {
    let details = text(&["scan", "--sample", "--details"], &[]);
    let count = |what: &str| details.lines().filter(|line| line.contains(what)).count();
    assert_eq!(count("Remediation: BY HAND: Only the root user can delete the key"), 1);
    let disruptive = "Remediation: DISRUPTIVE: connections that use these rules are cut.";
    assert_eq!(count(disruptive), 2, "{details}");
    let command = "Command: aws ec2 revoke-security-group-ingress --region us-east-1 --group-id";
    assert_eq!(count(command), 2, "{details}");
    // A fix that requires a script has no single command.
    assert_eq!(count("'plumbline fix --control 1.9 SCAN.json' to print a script"), 1);
    assert_eq!(count("Remediation: ADMIN_NETWORK"), 0, "inputs stand below what they are for");
    assert!(count("ADMIN_NETWORK: the IPv4 network of administrators") > 0);
}

/// Nothing is left out of a list without a statement.
#[test]
fn a_filtered_list_states_what_it_leaves_out() {
    let scan = ["scan", "--sample"];
    let waived = "Listed: 2 waived. Not listed: 61 failures, 7 not assessed, 73 passed";
    for (filter, expected) in [
        (&["--status", "waived"][..], waived),
        (
            &["--severity", "critical"],
            "Listed: 4 failures. Not listed: 57 failures, 7 not assessed, 2 waived, 73 passed",
        ),
        (
            &["--status", "waived", "--severity", "critical"],
            "Listed: none. Not listed: 61 failures, 7 not assessed, 2 waived, 73 passed",
        ),
        (
            &["--status", "non-compliant,not-assessed,waived,compliant,not-applicable"],
            "Listed: 61 failures, 7 not assessed, 2 waived, 73 passed. Not listed: ",
        ),
        (
            &["--control", "5.2,5.3", "--status", "compliant"],
            "Listed: 10 passed. Not listed: 2 failures.",
        ),
    ] {
        for format in ["table", "markdown"] {
            let arguments = [&scan[..], filter, &["--format", format]].concat();
            let text = text(&arguments, &[]);
            let lines: Vec<&str> =
                text.lines().filter(|line| line.starts_with("Listed: ")).collect();
            let [line] = lines[..] else { panic!("{arguments:?}: {text}") };
            assert!(line.starts_with(expected), "{arguments:?}: {line}");
            // Only the table lists attestations.
            let of_attestation = format == "table" && !filter.contains(&"5.2,5.3");
            assert_eq!(line.ends_with("1 attestation."), of_attestation, "{line}");
        }
    }
    for unfiltered in [
        &[][..],
        &["--details"],
        &["--control", "5.2"],
        &["--summary"],
        &["--summary", "--status", "waived"],
    ] {
        for format in ["table", "markdown"] {
            let text = text(&[&scan[..], unfiltered, &["--format", format]].concat(), &[]);
            assert!(!text.contains("Listed: "), "{unfiltered:?}: {text}");
        }
    }
}

/// Options that limit the list change neither counts nor other formats.
#[test]
fn lists_change_no_counts() {
    let json = ["scan", "--sample", "--format", "json"];
    let listed = [&json[..], &["--severity", "critical", "--status", "waived"]].concat();
    assert_eq!(text(&json, &[]), text(&listed, &[]));
    assert_eq!(
        code(&["scan", "--sample", "--status", "waived", "--fail-on", "non-compliant"]),
        Some(1)
    );
}

#[test]
fn colors_follow_the_choice() {
    let colored = |arguments: &[&str], variables: &[(&str, &str)]| {
        text(&[&["scan", "--sample", "--summary"], arguments].concat(), variables)
            .contains("\u{1b}[")
    };
    assert!(!colored(&[], &[]), "no terminal");
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1"), ("TERM", "dumb")]));
    assert!(!colored(&["--color", "never"], &[]));
    // The words are the same without colors.
    let plain = text(&["scan", "--sample"], &[]);
    let mut bare = String::new();
    for (at, part) in
        text(&["scan", "--sample", "--color", "always"], &[]).split("\u{1b}[").enumerate()
    {
        bare.push_str(if at == 0 {
            part
        } else {
            part.split_once('m').map_or("", |(_, rest)| rest)
        });
    }
    assert_eq!(bare, plain);
}

#[test]
fn several_accounts_have_an_overview_the_worst_first() {
    let groups = |region: &str| json!({ "fact": "SecurityGroups", "region": region, "value": [] });
    let denied = json!({ "fact": "SecurityGroups", "region": "us-east-1", "unread": {
        "operation": "ec2:DescribeSecurityGroups", "cause": "denied",
        "code": "UnauthorizedOperation" } });
    let account = |id: &str, facts: Vec<serde_json::Value>| {
        json!({ "account_id": id, "partition": "aws", "home_region": "us-east-1",
            "regions": ["us-east-1"], "facts": facts })
    };
    let mut accounts: Vec<_> = (0..24)
        .map(|at| account(&format!("{:012}", 200_000_000_000_u64 + at), vec![groups("us-east-1")]))
        .collect();
    accounts.push(account("777788889999", vec![denied]));
    let snapshot = json!({ "schema": 1, "recorded_at": "2026-03-02T08:00:00Z",
        "accounts": accounts });
    let snapshot = file("accounts.json", &snapshot.to_string());
    let scan = ["scan", "--snapshot", &snapshot, "--control", "5.3"];
    let output = run(&scan, &[]);
    assert_eq!(output.status.code(), Some(3), "an account could not be read at all");
    let table = String::from_utf8(output.stdout).expect("UTF-8");
    let first = table.lines().find(|line| line.starts_with("  7777")).expect("the unread account");
    assert!(first.ends_with("not read: ec2:DescribeSecurityGroups, UnauthorizedOperation"));
    let shown = table.lines().filter(|line| line.starts_with("  2000000")).count();
    assert_eq!(shown, 19, "{table}");
    assert!(table.contains("… and 5 more; --format html, csv and json list all"), "{table}");
    let last = "1 of 25 accounts could not be read (777788889999: ec2:DescribeSecurityGroups, \
        UnauthorizedOperation).";
    assert!(table.contains(last), "{table}");
}

#[test]
fn gates_decide_about_the_exit_code() {
    let scan = |arguments: &[&str]| code(&[&["scan", "--sample"], arguments].concat());
    assert_eq!(scan(&["--fail-on", "unreadable"]), Some(1));
    assert_eq!(scan(&["--fail-on", "unreadable", "--control", "1.1"]), Some(0));
    assert_eq!(scan(&["--fail-on", "incomplete,looser"]), Some(0));
    assert_eq!(scan(&["--fail-on", "looser", "--exclude", "1.1"]), Some(1));
    let four = ["--control", "4", "--exclude", "4.16", "--fail-on-severity"];
    assert_eq!(scan(&[&four[..], &["medium"]].concat()), Some(0), "all are LOW");
    assert_eq!(scan(&[&four[..], &["low"]].concat()), Some(1));
    assert_eq!(scan(&["--fail-on", "nonsense"]), Some(2));

    let cover = |pattern: &str| code(&["filter", "cover", "4.5", pattern]);
    assert_eq!(cover(r#"{ $.eventName = "StopLogging" }"#), Some(1), "it misses others");
    assert_eq!(cover("{ $.eventName = * }"), Some(0));
    assert_eq!(cover("{ $.a ="), Some(2));

    let open = json!({ "Statement": [{ "Effect": "Allow", "Principal": "*",
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" }] });
    let open = file("open.json", &open.to_string());
    let policy = |gate: &str| code(&["policy", &open, "--bucket", "b", "--fail-on", gate]);
    assert_eq!((policy("public"), policy("http"), policy("admin")), (Some(1), Some(1), Some(0)));
    assert_eq!(code(&["policy", &open]), Some(0));
    assert_eq!(code(&["policy", &open, "--fail-on", "public"]), Some(2), "of which bucket?");
}

#[test]
fn gates_of_registers_and_differences() {
    let register = file(
        "register.json",
        &json!({ "schema": 1, "exceptions": [
        { "control": "5.2", "accounts": ["*"], "resources": ["sg-none"], "reason": "Closed soon",
            "approved_by": "CISO", "until": "2026-06-30" }] })
        .to_string(),
    );
    let check = |now: &str, gate: &[&str]| {
        run(&[&["register", "check", &register, "--now", now, "--fail-on"], gate].concat(), &[])
    };
    let expired = check("2026-07-01T00:00:00Z", &["expired"]);
    assert_eq!(expired.status.code(), Some(1));
    let list = String::from_utf8(expired.stdout).expect("UTF-8");
    assert!(list.contains("sg-none: Closed soon (approved by CISO)"), "{list}");
    let early = "2026-06-20T00:00:00Z";
    assert_eq!(check(early, &["expired"]).status.code(), Some(0));
    assert_eq!(check(early, &["soon"]).status.code(), Some(1));
    assert_eq!(check(early, &["unused"]).status.code(), Some(2), "in which scan?");
    let scan = file("scan.json", "");
    text(&["scan", "--sample", "--register", &register, "--format", &format!("json={scan}")], &[]);
    assert_eq!(check(early, &["unused", "--scan", &scan]).status.code(), Some(1));

    let waived = file("waived.json", "");
    text(&["scan", "--sample", "--format", &format!("json={waived}")], &[]);
    let diff = |old: &str, new: &str, gate: &str| code(&["diff", old, new, "--fail-on", gate]);
    assert_eq!(diff(&waived, &scan, "broken"), Some(1), "exceptions ended");
    assert_eq!(diff(&scan, &waived, "broken"), Some(0));
    assert_eq!(diff(&scan, &waived, "waived"), Some(1));
    assert_eq!(diff(&scan, &waived, "changed,broken"), Some(1));
    assert_eq!(diff(&scan, &scan, "broken,waived,changed"), Some(0));
}

#[test]
fn misspelled_controls_get_the_nearest() {
    for (given, meant) in [
        ("5.22", "5.2"),
        ("CIS-5.2", "5.2"),
        ("SG-ADMIN-PORTS-IPV4", "sg-admin-ports-ipv4"),
        ("sg-admin-port-ipv4", "sg-admin-ports-ipv4"),
    ] {
        let output = run(&["scan", "--sample", "--control", given], &[]);
        assert_eq!(output.status.code(), Some(2));
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(words.contains(&format!("unknown control '{given}'\n")), "{words}");
        assert!(words.contains(&format!("  Did you mean '{meant}'? ")), "{words}");
    }
    assert_eq!(code(&["scan", "--sample", "--control", "1.1,1.2", "--format", "json=-"]), Some(0));
}
