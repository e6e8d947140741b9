//! `plumbline fix`: its output is a valid script, remedies the failures, and keeps all other
//! settings.

mod api;
mod remedied;
mod terraform;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use plumbline_tests::environment::TestAccount;
use plumbline_tests::programs::{environment, isolated, plumbline, plumbline_as, stdout};
use plumbline_tests::shellcheck;
use serde_json::{Value, json};

const HOME: &str = "us-east-1";

/// Names that a shell, the AWS CLI, Terraform or a reader could misinterpret.
const NAMES: [&str; 13] = [
    "$(touch x)",
    "`touch x`",
    "it's \"so\"",
    "a\nrm -rf x",
    "--region",
    "${x} $x",
    "$${x} %{if true} %%{x}",
    "; x & y",
    "\u{202e}x\u{200b}\r",
    "ü ’ “ x\u{a0}",
    "\\",
    "*/ # // <<E",
    "",
];

/// A folder with the report of the sample account.
fn sample() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scan.json");
    let format = format!("json={}", file.display());
    stdout(&plumbline(&["scan", "--sample", "--format", &format]), 0);
    (folder, file)
}

fn path(file: &Path) -> &str {
    file.to_str().expect("UTF-8")
}

fn tools() -> PathBuf {
    let python = PathBuf::from(
        std::env::var_os("PLUMBLINE_TEST_PYTHON")
            .expect("the Python of the test environment is not known"),
    );
    python.parent().expect("the folder of the tools").to_owned()
}

/// Runs a Bash script as an account, with the variables that it needs.
fn bash(account: &TestAccount, script: &str, variables: &[(&str, &str)]) -> Output {
    let mut search = tools().into_os_string();
    search.push(":");
    search.push(std::env::var_os("PATH").unwrap_or_default());
    let mut child = isolated("bash".into())
        .envs(environment(account, HOME))
        .env("PATH", search)
        .env("AWS_DEFAULT_REGION", HOME)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bash starts");
    let mut input = child.stdin.take().expect("piped");
    input.write_all(script.as_bytes()).expect("bash reads");
    drop(input);
    child.wait_with_output().expect("bash ends")
}

/// The output of a script that succeeds.
fn printed(account: &TestAccount, script: &str) -> String {
    stdout(&bash(account, &format!("set -euo pipefail\n{script}"), &[]), 0)
}

#[test]
fn shellcheck_finds_nothing() {
    let (folder, file) = sample();
    let report = std::fs::read_to_string(&file).expect("a report");
    let scripts = |file: &Path| {
        [vec!["fix"], vec!["fix", "--include-disruptive"]].map(|mut arguments| {
            arguments.push(path(file));
            stdout(&plumbline(&arguments), 0)
        })
    };
    for script in scripts(&file) {
        let Some(found) = shellcheck::findings(&script) else { return };
        assert_eq!(found, "");
    }
    let long = "x".repeat(1_000);
    for name in NAMES.into_iter().chain([long.as_str()]) {
        let mut hostile: Value = serde_json::from_str(&report).expect("JSON");
        rename(&mut hostile, name);
        let file = folder.path().join("hostile.json");
        std::fs::write(&file, hostile.to_string()).expect("written");
        for script in scripts(&file) {
            let Some(found) = shellcheck::findings(&script) else { return };
            assert_eq!(found, "", "{name:?}");
            // A name is never a separate line, not even in comments.
            assert!(!script.lines().any(|line| line.starts_with("rm -rf")), "{script}");
        }
    }
}

/// Replaces names in a report.
fn rename(value: &mut Value, name: &str) {
    const NAMES: [&str; 8] = [
        "bob",
        "example-website",
        "key-loss",
        "legacy",
        "bastion",
        "intranet-2024",
        "sg-0b000000000000001",
        "rtb-0a000000000000002",
    ];
    match value {
        Value::String(text) => {
            for known in NAMES {
                // Within commands, quotes are those of the report.
                if text.contains(known) && !text.starts_with("aws ") {
                    *text = text.replace(known, name);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|one| rename(one, name)),
        Value::Object(members) => members.values_mut().for_each(|one| rename(one, name)),
        _ => {}
    }
}

/// Scans some controls, and returns the file of the report.
fn scan(account: &TestAccount, folder: &Path, controls: &str) -> PathBuf {
    let file = folder.join("scan.json");
    let format = format!("json={}", file.display());
    let arguments = ["scan", "--region", HOME, "--control", controls, "--format", &format];
    stdout(&plumbline_as(account, &arguments), 0);
    file
}

/// The status of each control of a report.
fn statuses(file: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(file).expect("a report");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let controls = report["accounts"][0]["controls"].as_array().expect("controls");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    controls.iter().map(|control| (text(&control["id"]), text(&control["status"]))).collect()
}

/// Scans, fixes and scans again: all failures pass then.
fn fixed(account: &TestAccount, controls: &str) {
    fixed_with(account, controls, &[]);
}

/// The same, with values for the placeholders. Returns the output of the script.
fn fixed_with(account: &TestAccount, controls: &str, variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let file = scan(account, folder.path(), controls);
    let failing = statuses(&file);
    assert!(failing.iter().all(|(_, status)| status == "NON_COMPLIANT"), "{failing:?}");
    let script = stdout(&plumbline(&["fix", "--include-disruptive", path(&file)]), 0);
    let output = bash(account, &script, variables);
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    // IAM generates a new credential report only after four hours.
    account.forget("iam/credential-report");
    let passing = statuses(&scan(account, folder.path(), controls));
    assert!(passing.iter().all(|(_, status)| status == "COMPLIANT"), "{passing:?}\n{script}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_rest_of_a_password_policy_stays() {
    let account = TestAccount::new();
    printed(
        &account,
        "aws iam update-account-password-policy --minimum-password-length 10 --require-symbols \
         --max-password-age 60 --allow-users-to-change-password",
    );
    fixed(&account, "1.8,1.9");
    let policy = printed(&account, "aws iam get-account-password-policy --query PasswordPolicy");
    let policy: Value = serde_json::from_str(&policy).expect("JSON");
    for (member, value) in [
        ("MinimumPasswordLength", json!(14)),
        ("PasswordReusePrevention", json!(24)),
        ("RequireSymbols", json!(true)),
        ("RequireNumbers", json!(false)),
        ("MaxPasswordAge", json!(60)),
        ("AllowUsersToChangePassword", json!(true)),
    ] {
        assert_eq!(policy[member], value, "{policy:#}");
    }
    // Without a policy, the default requirements of IAM are not weakened.
    let bare = TestAccount::new();
    fixed(&bare, "1.8,1.9");
    let policy = printed(&bare, "aws iam get-account-password-policy --query PasswordPolicy");
    let policy: Value = serde_json::from_str(&policy).expect("JSON");
    assert_eq!(policy["RequireUppercaseCharacters"], true, "{policy:#}");
}

/// A policy that cannot be read is not replaced.
#[test]
fn what_cannot_be_read_is_not_replaced() {
    let account = TestAccount::new();
    let folder = tempfile::tempdir().expect("a folder");
    let file = scan(&account, folder.path(), "1.8");
    account.fault("iam", "GetAccountPasswordPolicy", "denied", json!({}));
    let script = stdout(&plumbline(&["fix", "--include-disruptive", path(&file)]), 0);
    assert!(!bash(&account, &script, &[]).status.success(), "{script}");
    assert!(!account.calls().iter().any(|call| call.contains("UpdateAccountPasswordPolicy")));
}

#[test]
fn other_statements_and_selectors_stay() {
    let account = TestAccount::new();
    let id = &account.id;
    let kept = json!({ "Version": "2008-10-17", "Statement": { "Sid": "Kept", "Effect": "Allow",
        "Principal": { "AWS": format!("arn:aws:iam::{id}:root") }, "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::kept-{id}/*") } });
    let selector = json!([{ "ReadWriteType": "All", "IncludeManagementEvents": true,
        "DataResources": [{ "Type": "AWS::S3::Object",
            "Values": [format!("arn:aws:s3:::kept-{id}/")] }] }]);
    printed(
        &account,
        &format!(
            "aws s3api create-bucket --bucket kept-{id}\n\
             aws s3api put-bucket-policy --bucket kept-{id} --policy '{kept}'\n\
             aws cloudtrail create-trail --name main --s3-bucket-name kept-{id} \
             --is-multi-region-trail\n\
             aws cloudtrail start-logging --name main\n\
             aws cloudtrail put-event-selectors --trail-name main --event-selectors '{selector}'"
        ),
    );
    fixed(&account, "2.1.2,3.10,3.11");
    let policy = printed(
        &account,
        &format!("aws s3api get-bucket-policy --bucket kept-{id} --query Policy --output text"),
    );
    let policy: Value = serde_json::from_str(&policy).expect("JSON");
    assert_eq!(policy["Statement"][0], kept["Statement"], "{policy:#}");
    assert_eq!(policy["Version"], "2008-10-17", "variables in it keep their meaning");
    assert_eq!(policy["Statement"].as_array().expect("statements").len(), 2);
    let found = printed(&account, "aws cloudtrail get-event-selectors --trail-name main");
    let found: Value = serde_json::from_str(&found).expect("JSON");
    let selectors = found["EventSelectors"].as_array().expect("selectors");
    assert_eq!(selectors.len(), 3, "{found:#}");
    assert_eq!(selectors[0]["DataResources"], selector[0]["DataResources"]);
}

#[test]
fn other_sources_stay() {
    let account = TestAccount::new();
    let permissions = json!([{ "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [
        { "CidrIp": "0.0.0.0/1" }, { "CidrIp": "128.0.0.0/1" }, { "CidrIp": "203.0.113.7/32" }] },
        { "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
          "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] }]);
    printed(
        &account,
        &format!(
            "vpc=$(aws ec2 describe-vpcs --query 'Vpcs[0].VpcId' --output text)\n\
             group=$(aws ec2 create-security-group --group-name bastion --description bastion \
             --vpc-id \"$vpc\" --query GroupId --output text)\n\
             aws ec2 authorize-security-group-ingress --group-id \"$group\" --ip-permissions \
             '{permissions}'"
        ),
    );
    fixed(&account, "5.2");
    let sources = printed(
        &account,
        "aws ec2 describe-security-groups --filters Name=group-name,Values=bastion --query \
         'SecurityGroups[].IpPermissions[].IpRanges[].[CidrIp]' --output text",
    );
    let sources: BTreeSet<&str> = sources.lines().collect();
    assert_eq!(sources, BTreeSet::from(["0.0.0.0/0", "203.0.113.7/32"]));
}

#[test]
fn a_script_refuses_another_account_and_absent_inputs() {
    let account = TestAccount::new();
    let folder = tempfile::tempdir().expect("a folder");
    let file = scan(&account, folder.path(), "1.2");
    let script = stdout(&plumbline(&["fix", path(&file)]), 0);
    let elsewhere = bash(&TestAccount::new(), &script, &[]);
    let error = String::from_utf8_lossy(&elsewhere.stderr).into_owned();
    assert!(!elsewhere.status.success() && error.contains(&format!("for account {}", account.id)));
    let absent = bash(&account, &script, &[("SECURITY_NAME", "Team")]);
    let error = String::from_utf8_lossy(&absent.stderr).into_owned();
    assert!(!absent.status.success() && error.contains("set SECURITY_EMAIL at the top"), "{error}");
    assert!(!error.contains("SECURITY_NAME"), "{error}");
}

#[test]
fn a_report_of_several_accounts_asks_for_one() {
    let (folder, file) = sample();
    let text = std::fs::read_to_string(&file).expect("a report");
    let mut report: Value = serde_json::from_str(&text).expect("JSON");
    let mut other = report["accounts"][0].clone();
    other["account_id"] = json!("444455556666");
    report["accounts"].as_array_mut().expect("accounts").push(other);
    let file = folder.path().join("two.json");
    std::fs::write(&file, report.to_string()).expect("written");
    let refused = plumbline(&["fix", path(&file)]);
    assert_eq!(refused.status.code(), Some(2));
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(error.contains("2 accounts have failures: 111122223333, 444455556666"), "{error}");
    let script = stdout(&plumbline(&["fix", "--account", "444455556666", path(&file)]), 0);
    assert!(script.contains("this script is for account 444455556666"));
}
