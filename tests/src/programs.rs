//! The built programs.

use std::path::PathBuf;
use std::process::{Command, Output};

use plumbline_core::snapshot::Snapshot;
use serde_json::Value;

use crate::environment::{TestAccount, endpoint};

/// A built program.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let profile = test.ancestors().nth(2).expect("the folder of the profile");
    let program = profile.join(name);
    assert!(program.exists(), "{} is not built: use 'cargo xtask test'", program.display());
    program
}

/// A program of the release build, for tests of the limits of a deployed function.
pub fn release_program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let target = test.ancestors().nth(3).expect("the folder of all profiles");
    let program = target.join("release").join(name);
    assert!(
        program.exists(),
        "{} is not built: use 'cargo xtask test --limits'",
        program.display()
    );
    program
}

/// A command without the AWS configuration of the machine.
pub fn isolated(program: PathBuf) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", "/nonexistent")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// The variables with which a program acts as an account in the test environment. There are few
/// attempts, each with enough time for a machine that also compiles.
pub fn environment(account: &TestAccount, region: &str) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ENDPOINT_URL", endpoint()),
        ("AWS_REGION", region.to_owned()),
        ("AWS_ACCESS_KEY_ID", account.access_key()),
        ("AWS_SECRET_ACCESS_KEY", "not-checked".to_owned()),
        ("AWS_MAX_ATTEMPTS", "2".to_owned()),
        ("PLUMBLINE_ATTEMPT_TIMEOUT_MS", "60000".to_owned()),
    ]
}

/// Runs `plumbline` as an account.
pub fn plumbline_as(account: &TestAccount, arguments: &[&str]) -> Output {
    isolated(program("plumbline"))
        .envs(environment(account, "us-east-1"))
        .args(arguments)
        .output()
        .expect("plumbline starts")
}

/// The calls of every scan, independent of its controls.
const PREAMBLE: [&str; 4] = [
    "sts:GetCallerIdentity",
    "ec2:DescribeRegions",
    "account:GetAccountInformation",
    "iam:ListAccountAliases",
];

/// The operations of a scan of one control in two Regions, in order, without the calls of every
/// scan.
pub fn calls_of_a_scan(account: &TestAccount, control: &str) -> Vec<String> {
    account.forget("iam/credential-report");
    account.forget("calls");
    let regions = ["--region", "us-east-1", "--region", "eu-west-1"];
    let scan = ["scan", "--format", "json", "--control", control];
    stdout(&plumbline_as(account, &[&scan[..], &regions].concat()), 0);
    let mut calls = account.calls();
    for first in PREAMBLE {
        let at = calls.iter().position(|call| call == first);
        calls.remove(at.unwrap_or_else(|| panic!("no {first} in {calls:?}")));
    }
    calls
}

/// Runs `plumbline` without any account.
pub fn plumbline(arguments: &[&str]) -> Output {
    isolated(program("plumbline")).args(arguments).output().expect("plumbline starts")
}

/// The standard output of a program that must end with this exit code.
pub fn stdout(output: &Output, code: i32) -> String {
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "stdout: {out}\nstderr: {err}");
    out.into_owned()
}

/// The standard error of a program that must end with this exit code: one line with the cause, and
/// one with what to do.
pub fn stderr(output: &Output, code: i32) -> String {
    stdout(output, code);
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The JSON output of a program.
pub fn json(output: &Output, code: i32) -> Value {
    serde_json::from_str(&stdout(output, code)).expect("JSON")
}

/// Records an account and returns the snapshot.
pub fn recorded(account: &TestAccount) -> Snapshot {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("snapshot.json");
    stdout(&plumbline_as(account, &["collect", "--output", &file.display().to_string()]), 0);
    Snapshot::parse(&std::fs::read(&file).expect("the snapshot")).expect("a snapshot")
}
