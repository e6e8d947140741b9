//! What the daily check of all accounts found, in plans and results; and what a member deletes.

use chrono::{DateTime, TimeDelta, Utc};
use plumbline_tests::environment::TestAccount;
use plumbline_tests::programs::{stderr, stdout};
use serde_json::{Value, json};

use super::central::{delegate, organization, roles};
use super::{HOME, OTHER, Organization};

/// The result of an account: a state and an outcome in each of some Regions.
fn account(id: &str, now: DateTime<Utc>, places: &[(&str, &str, &str)]) -> Value {
    let place = |(region, state, outcome): &(&str, &str, &str)| {
        json!({ "region": region, "state": state, "outcome": outcome,
            "reason": "access denied to sts:AssumeRole", "rules": 0, "started": [], "stale": [],
            "scanned": [] })
    };
    let (_, state, outcome) = places[0];
    json!({ "schema": 1, "account_id": id, "run": now, "checked_at": now, "round": 1,
        "complete": true, "state": state, "outcome": outcome, "reason": null,
        "places": places.iter().map(place).collect::<Vec<_>>(), "reports": [] })
}

/// Puts the summary of a check that ended at a time.
fn put_summary(deploying: &TestAccount, prefix: &str, ended: DateTime<Utc>, accounts: &[Value]) {
    let summary = json!({ "schema": 1, "run": ended, "finished_at": ended,
        "account_id": deploying.id, "regions": [HOME, OTHER], "home_region": HOME, "level": 2,
        "counts": { "total": 3, "covered": 2, "skipped": 0, "failed": 1, "states": {} },
        "accounts": accounts, "problems": [] });
    put(deploying, prefix, &summary.to_string());
}

/// Puts a text where the summary of today is.
fn put(deploying: &TestAccount, prefix: &str, text: &str) {
    let path = format!("/{prefix}-results/results/{}/summary.json", Utc::now().date_naive());
    deploying.s3("PUT", &path, HOME, text);
}

/// What deployments of an organization's management account are called.
fn prefix(organization: &Organization) -> String {
    format!("plumbline-{}", organization.management.id)
}

fn document(output: &std::process::Output, code: i32) -> Value {
    serde_json::from_str(&stdout(output, code)).expect("JSON")
}

#[test]
fn what_the_daily_check_found_is_in_plans_and_results() {
    let organization = organization();
    let Organization { management, members: [first, second], .. } = &organization;
    let (prefix, begun) = (prefix(&organization), Utc::now());
    stdout(&organization.deploy(&["--apply"]), 0);
    let none = "Daily check of all accounts: not completed in the last days";
    let plan = stdout(&organization.deploy(&["--dry-run"]), 0);
    assert!(plan.contains(none), "{plan}");
    let accounts = [
        account(&first.id, begun, &[(HOME, "role-broken", "failed")]),
        account(&second.id, begun, &[(HOME, "scanned", "covered")]),
    ];
    // What another deployment left says nothing of this one.
    put_summary(management, &prefix, begun - TimeDelta::minutes(1), &accounts);
    let plan = stdout(&organization.deploy(&["--dry-run"]), 0);
    assert!(plan.contains(none), "{plan}");

    put_summary(management, &prefix, Utc::now(), &accounts);
    let output = organization.deploy(&["--dry-run"]);
    let (plan, error) = (stdout(&output, 3), stderr(&output, 3));
    let expected = format!(
        "account {}, {HOME}: the account is role-broken: access denied to sts:AssumeRole (daily \
         check",
        first.id
    );
    assert!(error.contains(&expected), "{error}");
    assert!(error.contains("deploy --apply --check-drift creates the role again"), "{error}");
    assert!(!plan.contains("the deployment is up to date"), "{plan}");
    let counts = |not_checked: usize, failed: usize| {
        json!({ "total": 3, "covered": 1, "scanned": 1, "not_checked": not_checked, "skipped": {},
            "failed": failed })
    };
    let plan = document(&organization.deploy(&["--dry-run", "--format", "json"]), 3);
    assert_eq!(plan["accounts"], counts(0, 1), "{plan}");

    put(management, &prefix, "{");
    let error = stderr(&organization.deploy(&["--dry-run"]), 3);
    assert!(error.contains("the daily check: cannot read 's3://"), "{error}");

    // A run that deploys nothing to the account ends no failure of it.
    put_summary(management, &prefix, Utc::now(), &accounts);
    for change in [&[][..], &["--level", "1"], &["--parameter-overrides", "LogRetentionDays=30"]] {
        let output = organization.deploy(&[change, &["--apply", "--format", "json"]].concat());
        let result = document(&output, 3);
        assert_eq!(result["accounts"], counts(0, 1), "{change:?}: {result}");
        let reason = result["places"][0]["reason"].as_str().expect("a reason");
        assert!(reason.contains("; this run deployed nothing there"), "{change:?}: {reason}");
    }
    // A run that creates the role again does. It was not checked yet.
    let mend = ["--check-drift", "--format", "json"];
    let plan = stderr(&organization.deploy(&[&mend[..], &["--dry-run"]].concat()), 3);
    let again = format!("stack sets: will be deployed again to 1 account ({})", first.id);
    assert!(plan.contains(&again) && !plan.contains("Nothing to do"), "{plan}");
    let result = document(&organization.deploy(&[&mend[..], &["--apply"]].concat()), 0);
    assert_eq!(result["accounts"], counts(1, 0), "{result}");
    assert_eq!(result["places"][0]["state"], "not-checked", "{result}");
    assert_eq!(roles(first), ["plumbline-member"]);
}

#[test]
fn a_stack_that_a_member_deletes_is_made_again() {
    let organization = organization();
    let first = &organization.members[0];
    stdout(&organization.deploy(&["--apply"]), 0);
    let list = |action: &[(&str, &str)]| first.query("cloudformation", "2010-05-15", HOME, action);
    let stacks = list(&[("Action", "DescribeStacks")]);
    let (_, name) = stacks.split_once("<StackName>StackSet-plumbline-member-role-").expect("one");
    let (name, _) = name.split_once('<').expect("its end");
    let name = format!("StackSet-plumbline-member-role-{name}");
    list(&[("Action", "DeleteStack"), ("StackName", &name)]);
    first.control("work/settle", json!({}));
    assert_eq!(roles(first), Vec::<String>::new());

    let checked = |mode: &str| organization.deploy(&["--check-drift", mode]);
    let output = checked("--dry-run");
    let (plan, error) = (stdout(&output, 3), stderr(&output, 3));
    let expected = format!(
        "account {}, {HOME}: plumbline-member-role is not checked for drift by AWS: Stack [",
        first.id
    );
    assert!(error.contains(&expected), "{error}");
    let again = format!("stack sets: will be deployed again to 1 account ({})", first.id);
    assert!(plan.contains(&again) && !plan.contains("Nothing to do"), "{plan}");

    let report = stdout(&checked("--apply"), 0);
    assert!(report.contains("3 covered, 0 skipped, 0 failed"), "{report}");
    assert_eq!(roles(first), ["plumbline-member"]);
    assert!(stdout(&checked("--dry-run"), 0).contains("Nothing to do"));
}

#[test]
fn regions_that_the_daily_check_skips_are_counted() {
    let organization = organization();
    let Organization { management, members: [first, second], .. } = &organization;
    stdout(&organization.deploy(&["--apply"]), 0);
    let now = Utc::now();
    let accounts = [
        account(
            &first.id,
            now,
            &[(HOME, "covered", "covered"), (OTHER, "region-denied", "skipped")],
        ),
        account(
            &second.id,
            now,
            &[(HOME, "covered", "covered"), (OTHER, "no-recorder", "skipped")],
        ),
    ];
    put_summary(management, &prefix(&organization), now, &accounts);
    let plan = document(&organization.deploy(&["--dry-run", "--format", "json"]), 0);
    let skipped = json!({ "region-denied": 1, "no-recorder": 1 });
    assert_eq!(plan["accounts"]["skipped"], skipped, "{plan}");
    assert_eq!(plan["places"].as_array().map(Vec::len), Some(2), "{plan}");
    let error = stderr(&organization.deploy(&["--dry-run", "--strict"]), 3);
    let expected = format!("account {}, {OTHER}: the account is region-denied", first.id);
    assert!(error.contains(&expected), "{error}");
}

#[test]
fn the_daily_check_leaves_out_the_management_account_where_it_is_excluded() {
    let organization = organization();
    let Organization { management, members: [audit, other], code, .. } = &organization;
    delegate(&organization, audit);
    let exclude = format!("{},{}", management.id, other.id);
    let arguments = ["--exclude-account", &exclude, "--apply"];
    stdout(&organization.deploy_as(audit, code, &arguments), 0);
    let excluded = |stack: &str| {
        let asked = [("Action", "DescribeStacks"), ("StackName", stack)];
        let answer = audit.query("cloudformation", "2010-05-15", HOME, &asked);
        let (_, value) =
            answer.split_once("<ParameterKey>ExcludedAccounts</ParameterKey>").expect("one");
        let (_, value) = value.split_once("<ParameterValue>").expect("a value");
        let (value, _) = value.split_once('<').expect("its end");
        let mut accounts: Vec<String> = value.split(',').map(str::to_owned).collect();
        accounts.sort();
        accounts
    };
    let mut both = vec![management.id.clone(), other.id.clone()];
    both.sort();
    assert_eq!(excluded("plumbline-organization-tasks"), both);
    assert_eq!(excluded("plumbline-members"), [other.id.as_str()]);
}
