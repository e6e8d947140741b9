//! Failing reads: exactly the results that depend on them are not assessed.

use std::collections::BTreeSet;

use plumbline_core::answer::{Cause, ReadError};
use plumbline_core::control::Control;
use plumbline_core::fact::Facts;
use plumbline_core::facts::{Buckets, Fact};
use plumbline_rules::registry::CONTROLS;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::outcomes::{decided, outcomes_of};
use plumbline_tests::programs::{environment, isolated, program, recorded};
use serde_json::{Value, json};

/// Every operation that any control reads.
fn operations() -> BTreeSet<&'static str> {
    CONTROLS.into_iter().flat_map(Control::reads).map(|read| read.name).collect()
}

/// The bucket of the demo account whose Region `ListBuckets` does not return.
const UNLOCATED: &str = "data-lake-raw";

/// The facts of an account without an operation: all facts that it produces are unreadable.
fn without(facts: &Facts, operation: &str) -> Facts {
    let mut without = facts.clone();
    for (key, answer) in without.iter_mut() {
        if let (Ok(Fact::Buckets(Buckets(buckets))), "s3:GetBucketLocation") =
            (&mut *answer, operation)
        {
            // The operation is called for the bucket whose Region is not listed, and affects no
            // other.
            for bucket in buckets.iter_mut().filter(|one| one.name.contains(UNLOCATED)) {
                bucket.region.clear();
                bucket.unlocated = Some(ReadError::new(operation, Cause::Failed, "Test"));
            }
            continue;
        }
        if key.kind.reads().iter().any(|read| read.name == operation) {
            *answer = Err(ReadError::new(operation, Cause::Failed, "Test"));
        }
    }
    without
}

/// Whether another operation replaces one that fails in this way: the status of a member account
/// and the configuration of automated discovery contain the same fact.
fn stands_in(operation: &str, mode: &str) -> bool {
    match operation {
        "macie2:GetAutomatedDiscoveryConfiguration" => true,
        "macie2:ListAutomatedDiscoveryAccounts" => mode == "denied",
        _ => false,
    }
}

/// Operations that only affect remarks in reasons, and no verdict in the demo account.
const ONLY_REMARKS: [&str; 2] = ["cloudwatch:ListAlarmMuteRules", "sns:GetSubscriptionAttributes"];

/// A control that runs together with the controls of a failing read.
const BYSTANDER: &str = "2.1.3";

/// Each read of each control fails in each way. New controls are covered if the demo account shows
/// them: a read that no resource of the demo needs fails the test.
#[test]
fn whatever_read_fails_exactly_what_depended_on_it_is_not_assessed() {
    let modes = [
        ("denied", json!({}), 1),
        ("throttled", json!({}), 3),
        ("error", json!({}), 1),
        ("malformed", json!({}), 1),
        ("truncated", json!({}), 1),
        ("timeout", json!({ "seconds": 5 }), 5),
    ];
    // Tests that mostly wait share several accounts.
    std::thread::scope(|scope| {
        for (mode, more, shares) in modes {
            for share in 0..shares {
                let more = more.clone();
                scope.spawn(move || {
                    failing_in_a_way(
                        mode,
                        &more,
                        operations().into_iter().skip(share).step_by(shares),
                    )
                });
            }
        }
    });
}

fn failing_in_a_way(mode: &str, more: &Value, operations: impl Iterator<Item = &'static str>) {
    let account = TestAccount::seeded();
    let snapshot = recorded(&account);
    let facts = &snapshot.accounts[0].facts;
    let now = snapshot.recorded_at.to_rfc3339();
    let whole = decided(&snapshot, facts);
    for operation in operations {
        let (service, name) = operation.split_once(':').expect("a service and an operation");
        account.forget("iam/credential-report");
        let mut more = more.clone();
        if operation == "ec2:DescribeRegions" {
            // The program itself sends these calls first, and stops without an answer.
            more["after"] = json!(1);
        }
        account.fault(service, name, mode, more);
        let mut command = isolated(program("plumbline"));
        // If no timeout is tested, a busy machine must not cause one.
        let patience = if mode == "timeout" { "4000" } else { "30000" };
        command
            .envs(environment(&account, "us-east-1"))
            .env("PLUMBLINE_ATTEMPT_TIMEOUT_MS", patience);
        command.args([
            "scan",
            "--format",
            "json",
            "--now",
            &now,
            "--region",
            "us-east-1",
            "--region",
            "eu-west-1",
            "--control",
            BYSTANDER,
        ]);
        let concerned: BTreeSet<&str> = CONTROLS
            .iter()
            .filter(|control| control.reads().iter().any(|read| read.name == operation))
            .map(|control| control.id.as_str())
            .collect();
        command.args(concerned.iter().flat_map(|id| ["--control", id]));
        let scan = command.output().expect("plumbline starts");
        account.forget("faults");
        // If the fault affects the other account too, all calls may have been denied, which the
        // exit code shows.
        assert!(
            matches!(scan.status.code(), Some(0 | 3)),
            "{operation} {mode}: {}",
            String::from_utf8_lossy(&scan.stderr)
        );
        let found = outcomes_of(&serde_json::from_slice(&scan.stdout).expect("JSON"));
        let mut expected = if stands_in(operation, mode) {
            whole.clone()
        } else {
            decided(&snapshot, &without(facts, operation))
        };
        expected.retain(|(id, _, _), _| concerned.contains(id.as_str()) || id == BYSTANDER);
        assert_eq!(found, expected, "{operation} {mode}");
        // Usually a result is not assessed then. If another fact replaces it, such as a bucket's
        // policy for the verdict of AWS, the outcome changes.
        let depends = found.iter().any(|(key, outcome)| whole.get(key) != Some(outcome));
        assert!(
            depends || ONLY_REMARKS.contains(&operation) || stands_in(operation, mode),
            "nothing in the demo account depends on {operation}: seed it"
        );
    }
}
