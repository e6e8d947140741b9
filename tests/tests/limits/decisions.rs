//! Policies that are built to be expensive do not affect the assessment of other resources.

use plumbline_tests::large_account::{Faults, LargeAccount, Resources};
use serde_json::{Value, json};

use crate::function::{Confined, TIMEOUT};

/// The bucket that has a policy on the first day only.
const LOSES_ITS_POLICY: usize = 0;

/// A statement that denies requests without TLS.
fn deny(actions: (&str, &str), resources: (&str, &str)) -> Value {
    let mut statement = json!({ "Effect": "Deny", "Principal": "*",
        "Condition": { "Bool": { "aws:SecureTransport": "false" } } });
    statement[actions.0] = json!(actions.1);
    statement[resources.0] = json!(resources.1);
    statement
}

fn document(statements: &[Value]) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// A policy whose statements combine in so many ways that a decision exceeds its share of the
/// limit.
fn nasty_bucket_policy(bucket: usize) -> Option<String> {
    let objects = format!("arn:aws:s3:::bucket-{bucket:06}/*");
    if bucket == LOSES_ITS_POLICY {
        return None;
    }
    let under_a = format!("{objects}a*");
    let mut statements = vec![
        deny(("NotAction", "s3:Put*"), ("Resource", "*")),
        deny(("Action", "s3:Put*"), ("NotResource", &under_a)),
        deny(("Action", "s3:*"), ("Resource", &under_a)),
    ];
    for letter in 'b'..='p' {
        let (action, resource) = (format!("s3:*{letter}*"), format!("{objects}{letter}*"));
        statements.push(deny(("Action", &action), ("Resource", &resource)));
    }
    Some(document(&statements))
}

fn plain_bucket_policy(bucket: usize) -> Option<String> {
    let whole = format!("arn:aws:s3:::bucket-{bucket:06}");
    let objects = format!("{whole}/*");
    Some(document(&[
        deny(("Action", "s3:*"), ("Resource", &objects)),
        deny(("Action", "s3:*"), ("Resource", &whole)),
    ]))
}

/// A managed policy of almost 6 KB, the maximum of IAM.
fn nasty_managed_policy(_: usize) -> String {
    let statement = |(at, letter): (usize, char)| {
        let other = char::from(b'a' + u8::try_from(at * 7 % 26).unwrap_or_default());
        json!({ "Effect": "Allow", "Action": format!("*{letter}*"),
            "Resource": format!("arn:aws:*:*:*:*{letter}*{other}*") })
    };
    let statements: Vec<Value> = ('a'..='z').chain('0'..='9').enumerate().map(statement).collect();
    let document = document(&statements);
    assert!(document.len() < 6_144, "{}", document.len());
    document
}

#[test]
#[ignore = "cargo xtask test --limits"]
fn nasty_bucket_policies_hide_no_failure() {
    const BUCKETS: usize = 351;
    let large = LargeAccount::start(
        Resources { buckets: 10, policy: Some(plain_bucket_policy), ..Resources::default() },
        Faults::default().publishing_rates(),
    );
    let mut function = Confined::start(&large, "2.1.2", TIMEOUT);
    let run = function.run();
    assert!(run.answer.is_ok(), "{run:?}");
    assert!(large.evaluations().values().all(|held| held.compliance == "COMPLIANT"));
    large.change(|resources| {
        resources.buckets = BUCKETS;
        resources.policy = Some(nasty_bucket_policy);
    });
    let run = function.run();
    assert!(run.answer.is_ok() && run.took < TIMEOUT, "{run:?}");
    let evaluations = large.evaluations();
    assert_eq!(evaluations.len(), BUCKETS);
    assert_eq!(evaluations["bucket-000000"].compliance, "NON_COMPLIANT");
    assert!(evaluations.values().all(|held| held.compliance != "COMPLIANT"), "no pass is left");
    let findings = large.findings();
    let too_complex = findings.values().filter(|held| {
        held.finding["Compliance"]["StatusReasons"][0]["ReasonCode"] == "TOO_COMPLEX"
    });
    let too_complex = too_complex.count();
    eprintln!("{too_complex} of {BUCKETS} are too complex");
    assert!(too_complex > BUCKETS / 2, "{too_complex}");
}

#[test]
#[ignore = "cargo xtask test --limits"]
fn nasty_managed_policies_are_decided_in_time() {
    const POLICIES: usize = 400;
    let large = LargeAccount::start(
        Resources {
            policies: POLICIES,
            document: Some(nasty_managed_policy),
            ..Resources::default()
        },
        Faults::default().publishing_rates(),
    );
    let run = Confined::start(&large, "1.16", TIMEOUT).run();
    assert!(run.answer.is_ok(), "{run:?}");
    assert!(run.took.as_secs() < 200, "{run:?}");
    assert!(large.evaluations().len() >= POLICIES, "{}", large.evaluations().len());
}
