//! For every control: whatever read fails, exactly what depended on it is not assessed; the calls
//! are those that the permissions allow; and all ways in lead to the same verdict.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::answer::{Cause, ReadError};
use plumbline_core::aws::Partition;
use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_core::engine::Job;
use plumbline_core::evaluation::Compliance;
use plumbline_core::fact::Facts;
use plumbline_core::parameters::Values;
use plumbline_core::register::Register;
use plumbline_core::snapshot::Snapshot;
use plumbline_core::view::Context;
use plumbline_rules::registry::CONTROLS;
use plumbline_tests::aws::Account;
use plumbline_tests::items;
use plumbline_tests::lambda::{Event, Function};
use plumbline_tests::programs::{
    environment, isolated, json, plumbline_as, program, recorded, stdout,
};
use serde_json::{Value, json};

/// Outcomes by control, Region and resource.
type Outcomes = BTreeMap<(String, String, String), String>;

fn outcomes_of(report: &Value) -> Outcomes {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut outcomes = Outcomes::new();
    for control in report["accounts"][0]["controls"].as_array().expect("controls") {
        for evaluation in control["evaluations"].as_array().expect("evaluations") {
            outcomes.insert(
                (
                    text(&control["id"]),
                    text(&evaluation["region"]),
                    text(&evaluation["resource_id"]),
                ),
                text(&evaluation["compliance"]),
            );
        }
    }
    outcomes
}

/// What controls decide with facts.
fn decided(snapshot: &Snapshot, facts: &Facts) -> Outcomes {
    let recorded = &snapshot.accounts[0];
    let mut outcomes = Outcomes::new();
    for control in CONTROLS {
        let regions = if control.scope == Scope::Global {
            vec![recorded.home_region.clone()]
        } else {
            recorded.regions.clone()
        };
        for region in regions {
            let context = Context {
                account: recorded.account_id.clone(),
                partition: Partition::Aws,
                region: region.clone(),
                home_region: recorded.home_region.clone(),
                now: snapshot.recorded_at,
            };
            let configured = control.configure(Values::new()).expect("valid parameters");
            let job = Job {
                control: &configured,
                context: &context,
                register: &Register::default(),
                item: None,
            };
            for evaluation in job.decide(facts).evaluations {
                outcomes.insert(
                    (control.id.to_string(), region.clone(), evaluation.resource.resource_id),
                    evaluation.compliance.to_string(),
                );
            }
        }
    }
    outcomes
}

/// Every operation that any control reads.
fn operations() -> BTreeSet<&'static str> {
    CONTROLS.into_iter().flat_map(Control::reads).map(|read| read.name).collect()
}

/// What is left when an operation does not answer: all facts that it produces could not be had.
fn without(facts: &Facts, operation: &str) -> Facts {
    let mut without = facts.clone();
    for (key, answer) in without.iter_mut() {
        if key.kind.reads().iter().any(|read| read.name == operation) {
            *answer = Err(ReadError::new(operation, Cause::Failed, "Test"));
        }
    }
    without
}

/// A control that runs beside those that a failing read concerns.
const BYSTANDER: &str = "2.1.3";

/// Each read of each control, failing in each way. Later controls are covered when the demo account
/// shows them: a read that no seeded resource takes fails the test.
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
    // What mostly waits is shared by several accounts.
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
    let account = Account::seeded();
    let snapshot = recorded(&account);
    let facts = &snapshot.accounts[0].facts;
    let now = snapshot.recorded_at.to_rfc3339();
    let whole = decided(&snapshot, facts);
    for operation in operations {
        let (service, name) = operation.split_once(':').expect("a service and an operation");
        account.fault(service, name, mode, more.clone());
        let mut command = isolated(program("plumbline"));
        // Where no timeout is tested, a busy machine must not make one.
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
        // When the bystander is concerned too, everything may have been refused, which the exit
        // code tells.
        assert!(
            matches!(scan.status.code(), Some(0 | 3)),
            "{operation} {mode}: {}",
            String::from_utf8_lossy(&scan.stderr)
        );
        let found = outcomes_of(&serde_json::from_slice(&scan.stdout).expect("JSON"));
        let mut expected = decided(&snapshot, &without(facts, operation));
        expected.retain(|(id, _, _), _| concerned.contains(id.as_str()) || id == BYSTANDER);
        assert_eq!(found, expected, "{operation} {mode}");
        // Mostly something is not assessed then. Where another fact stands in, as a bucket's policy
        // for AWS's verdict on it, the outcome changes.
        let depends = found.iter().any(|(key, outcome)| whole.get(key) != Some(outcome));
        assert!(depends, "nothing in the demo account depends on {operation}: seed it");
    }
}

/// The calls of a control, in an account where everything is there, are its permissions: no more
/// and no less.
#[test]
fn permissions_are_the_calls() {
    let account = Account::seeded();
    for control in CONTROLS {
        account.forget("calls");
        stdout(
            &plumbline_as(
                &account,
                &[
                    "scan",
                    "--format",
                    "json",
                    "--control",
                    control.id.as_str(),
                    "--region",
                    "us-east-1",
                    "--region",
                    "eu-west-1",
                ],
            ),
            0,
        );
        let called: BTreeSet<String> = account
            .calls()
            .into_iter()
            .filter(|call| {
                !["sts:GetCallerIdentity", "ec2:DescribeRegions"].contains(&call.as_str())
            })
            .collect();
        let declared: BTreeSet<String> =
            control.reads().iter().map(|read| read.name.to_owned()).collect();
        assert_eq!(called, declared, "control {}", control.id);
    }
}

/// What `docs/permissions.md` says that AWS's policy for auditors lacks, it lacks, and nothing
/// else.
#[test]
fn the_policy_for_auditors_allows_the_rest() {
    let arn = "arn:aws:iam::aws:policy/SecurityAudit";
    let account = Account::new();
    let value = |xml: &str, tag: &str| {
        let (_, after) = xml.split_once(&format!("<{tag}>")).expect("the element");
        after.split_once('<').expect("its end").0.to_owned()
    };
    let version =
        value(&account.iam(&[("Action", "GetPolicy"), ("PolicyArn", arn)]), "DefaultVersionId");
    let document = value(
        &account.iam(&[
            ("Action", "GetPolicyVersion"),
            ("PolicyArn", arn),
            ("VersionId", &version),
        ]),
        "Document",
    );
    let document = percent_encoding::percent_decode_str(&document).decode_utf8().expect("a text");
    let document: Value = serde_json::from_str(&document).expect("a policy");
    let statements = document["Statement"].as_array().expect("statements").iter();
    let allowed: Vec<&str> = statements
        .flat_map(|statement| statement["Action"].as_array().expect("actions"))
        .filter_map(Value::as_str)
        .collect();
    let allows = |action: &str| {
        allowed.iter().any(|pattern| {
            plumbline_core::glob::matches(&pattern.to_lowercase(), &action.to_lowercase())
        })
    };
    let actions: BTreeSet<&str> =
        CONTROLS.into_iter().flat_map(Control::reads).map(|read| read.action).collect();
    let lacking: Vec<&str> = actions.into_iter().filter(|action| !allows(action)).collect();
    let page = std::fs::read_to_string(plumbline_tests::package().join("../docs/permissions.md"))
        .expect("the page");
    let told: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("- `")?.strip_suffix('`')).collect();
    assert_eq!(lacking, told);
}

#[test]
fn a_scan_and_its_snapshot_agree() {
    let account = Account::seeded();
    let snapshot = recorded(&account);
    let now = snapshot.recorded_at.to_rfc3339();
    let live = json(&plumbline_as(&account, &["scan", "--format", "json", "--now", &now]), 0);
    assert_eq!(outcomes_of(&live), decided(&snapshot, &snapshot.accounts[0].facts));
}

/// Controls that changes trigger, with the items of resources that the demo account has. The item's
/// verdict is that of the API.
#[test]
fn the_api_an_item_and_a_snapshot_lead_to_the_same_verdict() {
    let account = Account::seeded();
    let report = outcomes_of(&json(&plumbline_as(&account, &["scan", "--format", "json"]), 0));
    let snapshot = recorded(&account);
    let mut compared = BTreeSet::new();
    for control in CONTROLS.into_iter().filter(|control| control.change_triggered) {
        for region in ["us-east-1", "eu-west-1"] {
            let rule = control.rule_name();
            let mut function = Function::start(
                &account,
                region,
                control.slug,
                &[("PLUMBLINE_SECURITY_HUB", "off")],
            );
            for item in items::of_control(control, &account, &snapshot, region) {
                function
                    .invoke(&Event::of(&account, region, &rule).changed(&item))
                    .answer
                    .expect("success");
            }
            for evaluation in
                account.evaluations(region, &rule)["evaluations"].as_array().expect("a list")
            {
                let id = evaluation["ComplianceResourceId"].as_str().expect("an id");
                // What a control does not concern gets no evaluation from the API, and "not
                // applicable" from an item.
                let by_api = report
                    .get(&(control.id.to_string(), region.to_owned(), id.to_owned()))
                    .map_or("NOT_APPLICABLE", String::as_str);
                assert_eq!(
                    evaluation["ComplianceType"],
                    json!(by_api),
                    "control {} on {id} in {region}",
                    control.id
                );
                compared.insert((control.id.to_string(), by_api.to_owned()));
            }
        }
    }
    for control in CONTROLS.into_iter().filter(|control| control.change_triggered) {
        for outcome in [Compliance::Compliant, Compliance::NonCompliant] {
            assert!(
                compared.contains(&(control.id.to_string(), outcome.to_string())),
                "no item of control {} is {outcome}",
                control.id
            );
        }
    }
}

#[test]
fn several_accounts_are_reached_by_a_role() {
    let (own, member, closed) = (Account::new(), Account::seeded(), Account::new());
    member.iam(&[
        ("Action", "CreateRole"),
        ("RoleName", "audit"),
        ("AssumeRolePolicyDocument", "{}"),
    ]);
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
    let report = json(&plumbline_as(&own, &arguments), 0);
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
                .contains("sts:AssumeRole was denied"),
            "{control}"
        );
    }
    // What is in Regions that cannot be listed, nobody knows.
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
    let told = controls[1]["evaluations"]
        .as_array()
        .expect("evaluations")
        .iter()
        .find(|evaluation| evaluation["resource_type"] == "AWS::::Account");
    assert!(
        told.expect("on the account")["reason"]
            .as_str()
            .expect("a reason")
            .contains("ec2:DescribeRegions"),
        "{told:?}"
    );
}

/// A disabled Region keeps its buckets.
#[test]
fn buckets_where_nothing_can_be_read_are_told() {
    let account = Account::new();
    account.bucket(&format!("kept-{}", account.id), "eu-west-1");
    account.control("ec2/regions", json!({ "regions": ["us-east-1"] }));
    let report =
        json(&plumbline_as(&account, &["scan", "--format", "json", "--control", "2.1.3"]), 0);
    let evaluation = &report["accounts"][0]["controls"][0]["evaluations"][0];
    assert_eq!(evaluation["compliance"], "NOT_ASSESSED");
    assert!(
        evaluation["reason"]
            .as_str()
            .expect("a reason")
            .contains("is in eu-west-1, which is not enabled"),
        "{evaluation}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("snapshot.json").display().to_string();
    stdout(&plumbline_as(&account, &["collect", "--output", &file]), 0);
    let recorded = json(
        &plumbline_as(
            &account,
            &["scan", "--format", "json", "--control", "2.1.3", "--snapshot", &file],
        ),
        0,
    );
    assert_eq!(&recorded["accounts"][0]["controls"][0]["evaluations"][0], evaluation);
}
