//! Credentials and other secrets stay out of logs, answers and reports, at every level.

use std::process::Output;

use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::{ConfigEvent, RunningFunction};
use plumbline_tests::programs::{environment, isolated, program};

use super::{MFA_RULE, REGION, with_buckets};

const SECRET_KEY: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY";
const SESSION_TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLETOKENthatNobodyMayRead";
const EXTERNAL_ID: &str = "an-external-id-that-nobody-may-read";
/// The text before the secret key in the answer of STS.
const ASSUMED_KEY: &str = "<SecretAccessKey>";

/// Fails if a text contains a secret.
fn assert_silent(what: &str, text: &str, more: &[&str]) {
    for secret in [SECRET_KEY, SESSION_TOKEN, EXTERNAL_ID, ASSUMED_KEY].iter().chain(more) {
        let at = text.find(secret);
        let around = at.map(|at| {
            let from = (0..=at.saturating_sub(200)).rev().find(|from| text.is_char_boundary(*from));
            text[from.unwrap_or_default()..].chars().take(300).collect::<String>()
        });
        assert_eq!(around, None, "{what} has '{secret}'");
    }
}

/// A role that everyone is allowed to assume.
fn role(account: &TestAccount) {
    account.iam(&[
        ("Action", "CreateRole"),
        ("RoleName", "audit"),
        ("AssumeRolePolicyDocument", "{}"),
    ]);
}

#[test]
fn the_function_logs_no_secret_at_any_level() {
    for level in ["info", "debug", "trace"] {
        let (account, _, _) = with_buckets();
        role(&account);
        let variables = [
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
            ("AWS_SESSION_TOKEN", SESSION_TOKEN),
            ("PLUMBLINE_ROLE_NAME", "audit"),
            ("PLUMBLINE_EXTERNAL_ID", EXTERNAL_ID),
            ("RUST_LOG", level),
        ];
        let mut function = RunningFunction::logging(&account, REGION, MFA_RULE, &variables);
        let event = ConfigEvent::of(&account, REGION, MFA_RULE).scheduled();
        let token = event["resultToken"].as_str().expect("a token").to_owned();
        let answer = function.invoke(&event).answer.expect("success");
        account.fault("config", "PutEvaluations", "denied", serde_json::json!({}));
        let error = function.invoke(&event).answer.expect_err("denied");
        let log = function.stop_raw();
        assert!(log.len() > 1_000, "{log}");
        assert_silent(&format!("the log at {level}"), &log, &[&token]);
        assert_silent("the answer", &format!("{answer} {error}"), &[&token]);
    }
}

/// Runs `plumbline` as an account that has secrets.
fn scan(account: &TestAccount, level: &str, arguments: &[&str]) -> Output {
    isolated(program("plumbline"))
        .envs(environment(account, REGION))
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .env("AWS_SESSION_TOKEN", SESSION_TOKEN)
        .env("RUST_LOG", level)
        .args(["scan", "--control", "2.1.3", "--region", REGION])
        .args(arguments)
        .output()
        .expect("plumbline starts")
}

#[test]
fn the_command_line_logs_no_secret_at_any_level() {
    let (account, _, _) = with_buckets();
    role(&account);
    let role = ["--account", &account.id, "--role-name", "audit"];
    for level in ["info", "debug", "trace"] {
        for arguments in [&[][..], &["--format", "json"], &role] {
            let output = scan(&account, level, arguments);
            let what = format!("{arguments:?} at {level}");
            assert!(output.stderr.len() > 100 || level == "info", "{what}");
            assert_silent(&what, &String::from_utf8_lossy(&output.stdout), &[]);
            assert_silent(&what, &String::from_utf8_lossy(&output.stderr), &[]);
        }
    }
}
