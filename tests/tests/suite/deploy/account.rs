//! `--single-account`: plans, updates, failures and removal.

use plumbline_rules::registry::CONTROLS;
use plumbline_templates::bundle;
use plumbline_templates::zip::{self, ZippedFile};
use plumbline_tests::checks::assert_error;
use plumbline_tests::environment::{TestAccount, endpoint};
use plumbline_tests::lambda_runtime::in_a_month;
use plumbline_tests::programs::{plumbline, plumbline_as, stderr, stdout};
use serde_json::{Value, json};

use super::{
    Code, HOME, OTHER, account, account_without_recorder, functions, json_call, regional, rules,
    status,
};

fn has_bucket(account: &TestAccount, region: &str, name: &str) -> bool {
    let url = format!("{}/{name}", endpoint());
    ureq::get(&url).header("Authorization", account.authorization("s3", region)).call().is_ok()
}

#[test]
fn a_dry_run_plans_and_only_reads() {
    let (account, code) = (account(), Code::new("1"));
    json_call(
        &account,
        OTHER,
        "config",
        "StarlingDoveService.StopConfigurationRecorder",
        &json!({ "ConfigurationRecorderName": "default" }),
    );
    account.forget("calls");
    let plan = stdout(&code.deploy(&account, &["--dry-run"]), 0);
    for expected in [
        format!("Single account {}, home Region {HOME}, release 0.1.0-", account.id),
        format!("account {}, {OTHER}\n  stack 'plumbline': will be created", account.id),
        format!("bucket 'plumbline-{}-{HOME}': 16 files with code", account.id),
        format!(
            "register 's3://plumbline-{}-register/register.json': an empty register will be \
             uploaded",
            account.id
        ),
        "warning: AWS Config does not record here: changes do not start evaluations".to_owned(),
        "warning: Security Hub is not enabled here".to_owned(),
    ] {
        assert!(plan.contains(&expected), "{expected}\n{plan}");
    }
    assert!(
        plan.find(&format!(", {HOME}\n")) < plan.find(&format!(", {OTHER}\n")),
        "the home Region first: {plan}"
    );
    let is_read = |call: &String| {
        call.split(':').nth(1).is_some_and(|name| {
            ["Describe", "Get", "List", "Head"].iter().any(|verb| name.starts_with(verb))
        })
    };
    let calls = account.calls();
    assert!(calls.iter().all(is_read), "{calls:?}");
    assert_eq!(status(&account, HOME), None);
}

#[test]
fn everything_is_deployed_and_a_second_time_there_is_nothing_to_do() {
    let (account, code) = (account(), Code::new("1"));
    let report = stdout(&code.deploy(&account, &["--apply"]), 0);
    assert!(
        report.contains("us-east-1: 16 files uploaded") && report.contains("Done: release 0.1.0-"),
        "{report}"
    );
    let made = |what: &str, region: &str| {
        report.find(&format!("{region}: updating the stack with {what}")).expect(what)
    };
    assert!(
        made("functions and rules", HOME) < made("functions and rules", OTHER),
        "the home Region first: {report}"
    );
    assert_eq!(functions(&account, HOME).len(), CONTROLS.len());
    assert_eq!(functions(&account, OTHER).len(), regional());
    assert_eq!((rules(&account, HOME), rules(&account, OTHER)), (CONTROLS.len(), regional()));

    account.forget("calls");
    for mode in ["--dry-run", "--apply"] {
        let again = stdout(&code.deploy(&account, &[mode]), 0);
        assert!(again.contains("Nothing to do"), "{again}");
    }
    let calls = account.calls();
    assert!(
        !calls.iter().any(|call| call.contains("CreateChangeSet") || call.contains("PutObject")),
        "{calls:?}"
    );
}

#[test]
fn another_release_updates_and_what_was_set_stays() {
    let (account, code) = (account(), Code::new("1"));
    let region = ["--region", HOME];
    stdout(
        &code.deploy(
            &account,
            &[
                &region[..],
                &["--level", "1", "--parameter-overrides", "LogRetentionDays=30", "--apply"],
            ]
            .concat(),
        ),
        0,
    );
    let level_1 = CONTROLS.iter().filter(|control| control.level.to_string() == "1").count();
    assert_eq!(rules(&account, HOME), level_1);

    let next = Code::new("2");
    let plan = stdout(&next.deploy(&account, &[&region[..], &["--dry-run"]].concat()), 0);
    assert!(
        plan.contains("will be updated: Release 0.1.0-")
            && plan.contains("Level=1")
            && plan.contains("LogRetentionDays=30"),
        "{plan}"
    );
    stdout(&next.deploy(&account, &[&region[..], &["--level", "2", "--apply"]].concat()), 0);
    assert_eq!(rules(&account, HOME), CONTROLS.len());
    let rollback = stdout(&code.deploy(&account, &[&region[..], &["--apply"]].concat()), 0);
    assert!(!rollback.contains("files uploaded"), "a former release is still there: {rollback}");
}

#[test]
fn a_register_is_uploaded_once_and_kept() {
    let (account, code) = (account(), Code::new("1"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("register.json");
    let exception = json!({ "control": "2.1.3", "accounts": ["*"], "resources": ["*"],
        "reason": "r", "approved_by": "a", "until": in_a_month() });
    std::fs::write(&file, json!({ "schema": 1, "exceptions": [exception] }).to_string())
        .expect("writes");
    let file = file.display().to_string();
    let region = ["--region", HOME];
    let given = [&region[..], &["--register", &file, "--apply"]].concat();
    let report = stdout(&code.deploy(&account, &given), 0);
    assert!(report.contains("register uploaded"), "{report}");
    assert!(stdout(&code.deploy(&account, &given), 0).contains("Nothing to do"));
    let without = stdout(&code.deploy(&account, &[&region[..], &["--dry-run"]].concat()), 0);
    assert!(without.contains("register.json': will not change"), "{without}");
}

#[test]
fn a_scan_that_publishes_decides_as_the_deployed_functions() {
    let (account, code) = (account(), Code::new("1"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, content: &Value| {
        let path = folder.path().join(name).display().to_string();
        std::fs::write(&path, content.to_string()).expect("writes");
        path
    };
    let exception = json!({ "control": "5.2", "accounts": [account.id], "resources": ["sg-1"],
        "reason": "r", "approved_by": "a", "until": in_a_month() });
    let register = file("register.json", &json!({ "schema": 1, "exceptions": [exception] }));
    let deploy = ["--region", HOME, "--register", &register, "--apply"];
    stdout(&code.deploy(&account, &deploy), 0);
    let scan = ["scan", "--region", HOME, "--control", "5.2", "--format", "json"];
    let publish = [&scan[..], &["--publish", "security-hub"]].concat();
    let report = plumbline_as(&account, &publish);
    let notice = format!(
        "Using the register of the deployed functions: \
         s3://plumbline-{}-register/register.json",
        account.id
    );
    let text = String::from_utf8_lossy(&report.stderr);
    assert!(text.contains(&notice), "{text}");
    let report: Value = serde_json::from_slice(&report.stdout).expect("a report");
    assert_eq!(report["run"]["register"]["exceptions"], 1, "{}", report["run"]);

    let other = file("parameters.json", &json!({ "5.2": { "adminPorts": "5432" } }));
    let loosened = [&publish[..], &["--parameters", &other]].concat();
    assert_error(
        &plumbline_as(&account, &loosened),
        2,
        "the deployed functions use other parameters: 5.2 adminPorts is \"5432\", deployed is \
         \"22,3389\"",
    );
}

#[test]
fn a_failed_stack_is_reported_with_its_cause_and_the_next_run_continues() {
    let (account, code, squatter) = (account(), Code::new("1"), TestAccount::new());
    let taken = format!("plumbline-{}-{OTHER}", account.id);
    squatter.bucket(&taken, OTHER);
    let error = stderr(&code.deploy(&account, &["--apply"]), 3);
    let expected =
        format!("account {}, {OTHER}: ROLLBACK_COMPLETE: AWS::S3::Bucket CodeBucket: ", account.id);
    assert!(error.contains(&expected), "{error}");
    assert_eq!(
        status(&account, HOME).as_deref(),
        Some("UPDATE_COMPLETE"),
        "the other Region is deployed"
    );
    assert_eq!(functions(&account, OTHER), [""; 0]);

    let plan = stdout(&code.deploy(&account, &["--dry-run"]), 0);
    assert!(
        plan.contains("its creation failed (ROLLBACK_COMPLETE: AWS::S3::Bucket CodeBucket"),
        "{plan}"
    );
    squatter.s3("DELETE", &format!("/{taken}"), OTHER, "");
    let report = stdout(&code.deploy(&account, &["--apply"]), 0);
    assert!(
        report.contains("eu-west-1: deleting the stack that was not created completely")
            && !report.contains("us-east-1: updating"),
        "{report}"
    );
    assert_eq!(functions(&account, OTHER).len(), regional());
}

#[test]
fn a_failure_within_a_nested_stack_is_found_and_the_rest_is_not_tried() {
    let (account, code) = (account(), Code::new("1"));
    account.iam(&[
        ("Action", "CreateRole"),
        ("RoleName", "plumbline-1-4"),
        ("AssumeRolePolicyDocument", "{}"),
    ]);
    let error = stderr(&code.deploy(&account, &["--apply"]), 3);
    assert!(
        error.contains(&format!(
            "account {}, {HOME}: UPDATE_ROLLBACK_COMPLETE: AWS::IAM::Role",
            account.id
        )),
        "{error}"
    );
    assert!(
        error
            .contains(&format!("account {}, {OTHER}: the remaining steps did not run", account.id)),
        "{error}"
    );
    account.iam(&[("Action", "DeleteRole"), ("RoleName", "plumbline-1-4")]);
    let report = stdout(&code.deploy(&account, &["--apply"]), 0);
    assert!(
        report.contains("the last attempt failed (UPDATE_ROLLBACK_COMPLETE: AWS::IAM::Role"),
        "{report}"
    );
    assert_eq!(functions(&account, HOME).len(), CONTROLS.len());
}

#[test]
fn destroy_removes_all_but_the_buckets_and_deploy_takes_them_over_again() {
    let (account, code) = (account(), Code::new("1"));
    stdout(&code.deploy(&account, &["--apply"]), 0);
    let destroy = |more: &[&str]| {
        plumbline_as(&account, &[["destroy", "--single-account"].as_slice(), more].concat())
    };

    let plan = stdout(&destroy(&["--dry-run"]), 0);
    assert!(
        plan.contains(&format!(
            "These buckets remain with code and register, and a later deployment uses them again: \
             'plumbline-{}-{OTHER}'",
            account.id
        )),
        "{plan}"
    );
    assert_eq!(status(&account, HOME).as_deref(), Some("UPDATE_COMPLETE"));
    let error = stderr(&destroy(&["--region", HOME, "--apply"]), 2);
    assert!(error.contains("us-east-1 is the home Region and must be removed last"), "{error}");

    let report = stdout(&destroy(&["--apply"]), 0);
    assert!(
        report.find("eu-west-1: deleted") < report.find("us-east-1: deleting"),
        "the home Region last: {report}"
    );
    assert_eq!((status(&account, HOME), status(&account, OTHER)), (None, None));
    assert_eq!((functions(&account, HOME).len(), rules(&account, HOME)), (0, 0));
    for (region, suffix) in [(HOME, HOME), (OTHER, OTHER), (HOME, "register")] {
        assert!(
            has_bucket(&account, region, &format!("plumbline-{}-{suffix}", account.id)),
            "{suffix}"
        );
    }
    assert!(stdout(&destroy(&["--apply"]), 0).contains("Nothing to do"));

    let report = stdout(&code.deploy(&account, &["--apply"]), 0);
    assert!(
        !report.contains("files uploaded") && !report.contains("register uploaded"),
        "they are still there: {report}"
    );
    assert_eq!(functions(&account, OTHER).len(), regional());
}

#[test]
fn what_is_under_way_is_waited_for() {
    let (account, code) = (account(), Code::new("1"));
    let region = ["--region", HOME, "--apply"];
    stdout(&code.deploy(&account, &region), 0);
    account.control(
        "cloudformation/status",
        json!({ "region": HOME, "stack": "plumbline", "status": "UPDATE_IN_PROGRESS" }),
    );
    let plan = stdout(&code.deploy(&account, &["--region", HOME, "--dry-run"]), 0);
    assert!(plan.contains("stack 'plumbline': in progress (UPDATE_IN_PROGRESS)"), "{plan}");
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| stdout(&Code::new("2").deploy(&account, &region), 0));
        std::thread::sleep(std::time::Duration::from_secs(3));
        assert!(!waiting.is_finished());
        account.control(
            "cloudformation/status",
            json!({ "region": HOME, "stack": "plumbline", "status": "UPDATE_COMPLETE" }),
        );
        waiting.join().expect("it ends")
    });
    assert!(
        waiting.contains("us-east-1: waiting for UPDATE_IN_PROGRESS") && waiting.contains("Done:"),
        "{waiting}"
    );
}

#[test]
fn wrong_input_is_refused_before_anything_is_done() {
    let (account, code) = (account(), Code::new("1"));
    let folder = tempfile::tempdir().expect("a folder");
    let (bad, register) = (folder.path().join("bad.zip"), folder.path().join("register.json"));
    std::fs::write(&bad, "PK").expect("writes");
    std::fs::write(&register, "{}").expect("writes");
    // The same program without its version, as another tool zips it.
    let other = folder.path().join("other.zip");
    let program = bundle::read(&std::fs::read(&code.file).expect("a bundle")).expect("a program");
    let file = ZippedFile { name: "bootstrap", mode: 0o755, content: &program };
    std::fs::write(&other, zip::write(&[file]).expect("a zip")).expect("writes");
    let other = other.display().to_string();
    let (bad, register) = (bad.display().to_string(), register.display().to_string());
    let zeros = "0".repeat(64);
    let cases: [(&[&str], &str); 14] = [
        (&["--code", "/nonexistent.zip", "--dry-run"], "cargo xtask package"),
        (&["--code", &bad, "--dry-run"], "not a zip"),
        (&["--code", &other, "--dry-run"], "does not state the version"),
        (&["--code", &other, "--code-sha256", &zeros, "--dry-run"], "the SHA-256 digest of"),
        (&["--register", &register, "--dry-run"], "docs/register.md"),
        (
            &["--parameter-overrides", "Levle=1", "--dry-run"],
            "Give one of these parameters: AdminPorts, ",
        ),
        (&["--parameter-overrides", "HomeRegion=eu-west-1", "--dry-run"], "use --home-region"),
        (&["--parameter-overrides", "LogRetentionDays", "--dry-run"], "LogRetentionDays=30"),
        (&["--parameter-overrides", "Packs=maybe", "--apply"], "Give one of on, off."),
        (
            &["--parameter-overrides", "MemorySize=1", "--dry-run"],
            "Give a number from 128 to 10240.",
        ),
        (
            &["--parameter-overrides", "AutomationRule=on", "--apply"],
            "The rule now has its own template, cfn/automation-rule.yaml",
        ),
        (&["--region", "ap-south-1", "--dry-run"], "Give an enabled Region: eu-west-1, us-east-1"),
        (&["--organizational-unit", "ou-1", "--dry-run"], "cannot be used with"),
        (&[], "--dry-run|--apply"),
    ];
    for (arguments, expected) in cases {
        let own = arguments.contains(&"--code");
        let output = if own {
            plumbline_as(&account, &[["deploy", "--single-account"].as_slice(), arguments].concat())
        } else {
            code.deploy(&account, arguments)
        };
        let error = stderr(&output, 2);
        assert!(error.contains(expected), "{expected}\n{error}");
    }
    assert!(
        stderr(&plumbline(&["deploy", "--dry-run"]), 2).contains("--single-account|--organization")
    );
    assert!(stderr(&plumbline(&["destroy", "--single-account"]), 2).contains("--dry-run|--apply"));
    assert_eq!(status(&account, HOME), None);
}

#[test]
fn a_region_without_a_recorder_is_refused_beforehand() {
    let (account, code) = (account_without_recorder(), Code::new("1"));
    account.recorder(HOME);
    for mode in ["--dry-run", "--apply"] {
        let error = stderr(&code.deploy(&account, &[mode]), 2);
        assert!(
            error.contains(
                "AWS Config has no recorder in eu-west-1, so no rules can be created there"
            ),
            "{error}"
        );
    }
    assert_eq!(status(&account, HOME), None);
    stdout(&code.deploy(&account, &["--parameter-overrides", "Packs=off", "--apply"]), 0);
    assert_eq!((functions(&account, OTHER).len(), rules(&account, HOME)), (regional(), 0));
}

#[test]
fn names_of_buckets_cannot_be_guessed_and_kept_registers_are_found_again() {
    let (account, code) = (account(), Code::new("1"));
    let squatter = TestAccount::new();
    squatter.bucket(&format!("plumbline-{}-{HOME}", account.id), HOME);
    let run = |more: &[&str]| code.deploy_anew(&account, &[&["--region", HOME], more].concat());
    let bucket_of = |report: &str| {
        let (_, rest) = report.split_once("register 's3://").expect("a register");
        rest.split_once('/').expect("a key").0.to_owned()
    };
    let one = bucket_of(&stdout(&run(&["--dry-run"]), 0));
    let other = bucket_of(&stdout(&run(&["--dry-run"]), 0));
    assert_ne!(one, other, "each plan of a new deployment has other names");
    stdout(&run(&["--apply"]), 0);
    let deployed = bucket_of(&stdout(&run(&["--dry-run"]), 0));
    assert!(has_bucket(&account, HOME, &deployed), "{deployed}");
    assert_eq!(deployed, bucket_of(&stdout(&run(&["--dry-run"]), 0)), "now they stay");

    stdout(&plumbline_as(&account, &["destroy", "--single-account", "--apply"]), 0);
    let report = stdout(&run(&["--dry-run"]), 0);
    assert_eq!(bucket_of(&report), deployed, "{report}");
    assert!(report.contains("will not change"), "{report}");
    account.bucket(&format!("plumbline-{}-abcdefgh-register", account.id), HOME);
    let error = stderr(&run(&["--dry-run"]), 2);
    assert!(error.contains("several registers") && error.contains("abcdefgh"), "{error}");
}

#[test]
fn another_home_region_prefix_or_topology_is_refused() {
    let (account, code) = (account(), Code::new("1"));
    stdout(&code.deploy(&account, &["--region", HOME, "--apply"]), 0);
    let error = stderr(&code.deploy(&account, &["--home-region", OTHER, "--dry-run"]), 2);
    assert!(error.contains("was deployed with the home Region us-east-1"), "{error}");
    let error = stderr(
        &code.deploy_anew(
            &account,
            &["--parameter-overrides", "CodeBucketPrefix=other", "--dry-run"],
        ),
        2,
    );
    assert!(error.contains(&format!("give CodeBucketPrefix=plumbline-{}", account.id)), "{error}");
    account.create_organization();
    let error = stderr(&plumbline_as(&account, &["destroy", "--organization", "--apply"]), 2);
    assert!(error.contains("was deployed for a single account"), "{error}");
}

#[test]
fn what_may_not_be_read_ends_the_plan() {
    let (account, code) = (account(), Code::new("1"));
    account.fault("cloudformation", "DescribeStacks", "denied", json!({ "region": OTHER }));
    let error = stderr(&code.deploy(&account, &["--dry-run"]), 3);
    assert!(
        error.contains(
            "cannot read the stack in eu-west-1: access denied to cloudformation:DescribeStacks"
        ),
        "{error}"
    );
    // Service control policies deny Regions. This does not matter where there is nothing to do.
    let plan = stdout(&code.deploy(&account, &["--region", HOME, "--dry-run"]), 0);
    assert!(
        plan.contains(
            "warning: eu-west-1: access denied while checking for stack 'plumbline' (AccessDenied"
        ),
        "{plan}"
    );
    let plan = stdout(&plumbline_as(&account, &["destroy", "--single-account", "--dry-run"]), 0);
    assert!(plan.contains("warning: eu-west-1") && plan.contains("Nothing to do"), "{plan}");
}
