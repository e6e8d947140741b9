//! `plumbline deploy` and `plumbline destroy` against the test environment's CloudFormation, S3 and
//! Lambda.

use std::path::PathBuf;
use std::process::{Command, Output};

use plumbline_core::benchmark::Scope;
use plumbline_rules::registry::CONTROLS;
use plumbline_tests::aws::{Account, endpoint};
use plumbline_tests::programs::{plumbline, plumbline_as, stderr, stdout};
use serde_json::{Value, json};

const HOME: &str = "us-east-1";
const OTHER: &str = "eu-west-1";

/// An account with two Regions, and AWS Config recording in both.
fn account() -> Account {
    let account = account_without_recorder();
    for region in [HOME, OTHER] {
        account.recorder(region);
    }
    account
}

fn account_without_recorder() -> Account {
    with_regions(Account::new())
}

fn with_regions(account: Account) -> Account {
    account.control("ec2/regions", json!({ "regions": [HOME, OTHER] }));
    account
}

/// An organization: its management account and two members, the second of which has no recorder.
struct Organization {
    management: Account,
    members: [Account; 2],
    code: Code,
}

impl Organization {
    fn new() -> Self {
        let management = account();
        let call = |operation: &str, body: Value| organizations(&management, operation, &body);
        call("CreateOrganization", json!({ "FeatureSet": "ALL" }));
        let members = [Self::join(&management, "first"), Self::join(&management, "second")];
        for region in [HOME, OTHER] {
            members[0].recorder(region);
        }
        management.query(
            "cloudformation",
            "2010-05-15",
            HOME,
            &[("Action", "ActivateOrganizationsAccess")],
        );
        for service in SERVICES {
            call("EnableAWSServiceAccess", json!({ "ServicePrincipal": service }));
        }
        Self { management, members, code: Code::new("1") }
    }

    /// A new account of an organization.
    fn join(management: &Account, name: &str) -> Account {
        let made = organizations(
            management,
            "CreateAccount",
            &json!({ "AccountName": name, "Email": format!("{name}@example.com") }),
        );
        with_regions(Account {
            id: made["CreateAccountStatus"]["AccountId"].as_str().expect("an id").to_owned(),
        })
    }

    fn deploy(&self, more: &[&str]) -> Output {
        self.deploy_as(&self.management, &self.code, more)
    }

    fn deploy_as(&self, account: &Account, code: &Code, more: &[&str]) -> Output {
        let file = code.file.display().to_string();
        plumbline_as(
            account,
            &[["deploy", "--organization", "--code", &file].as_slice(), more].concat(),
        )
    }

    /// The number of functions and rules of an account in the home Region and in the other.
    fn counts(account: &Account) -> [(usize, usize); 2] {
        [HOME, OTHER].map(|region| (functions(account, region).len(), rules(account, region)))
    }
}

/// What deploys to an organization's accounts.
const SERVICES: [&str; 3] = [
    "member.org.stacksets.cloudformation.amazonaws.com",
    "config-multiaccountsetup.amazonaws.com",
    "config.amazonaws.com",
];

fn organizations(account: &Account, operation: &str, body: &Value) -> Value {
    json_call(
        account,
        HOME,
        "organizations",
        &format!("AWSOrganizationsV20161128.{operation}"),
        body,
    )
}

/// A zip with a program that is none but for its head: nothing is run here.
struct Code {
    _folder: tempfile::TempDir,
    file: PathBuf,
}

impl Code {
    fn new(content: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("bootstrap.zip");
        let script = "import sys, zipfile\ninfo = zipfile.ZipInfo('bootstrap')\ninfo.external_attr \
            = 0o100755 << 16\ninfo.create_system = 3\n\
            head = bytes([127, 69, 76, 70, 2, 1]) + bytes(12) + bytes([62, 0])\n\
            with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as file: \
            file.writestr(info, head + sys.argv[2].encode())";
        let python = std::env::var("PLUMBLINE_TEST_PYTHON")
            .expect("the Python of the test environment is not known: use 'cargo xtask test'");
        let status = Command::new(python)
            .args(["-c", script])
            .arg(&file)
            .arg(content)
            .status()
            .expect("Python starts");
        assert!(status.success());
        Self { _folder: folder, file }
    }

    fn deploy(&self, account: &Account, more: &[&str]) -> Output {
        let file = self.file.display().to_string();
        plumbline_as(
            account,
            &[["deploy", "--single-account", "--code", &file].as_slice(), more].concat(),
        )
    }
}

/// The state of the stack in a Region.
fn status(account: &Account, region: &str) -> Option<String> {
    let answer = account.query("cloudformation", "2010-05-15", region, &[("Action", "ListStacks")]);
    let stack = answer.split("<member>").find(|part| {
        part.contains("<StackName>plumbline</StackName>") && !part.contains("DELETE_COMPLETE")
    })?;
    Some(stack.split("<StackStatus>").nth(1)?.split('<').next()?.to_owned())
}

/// The names of the functions in a Region.
fn functions(account: &Account, region: &str) -> Vec<String> {
    let url = format!("{}/2015-03-31/functions/", endpoint());
    let mut answer = ureq::get(&url)
        .header("Authorization", account.authorization("lambda", region))
        .call()
        .expect("functions are listed");
    let answer: Value = answer.body_mut().read_json().expect("JSON");
    answer["Functions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["FunctionName"].as_str().expect("a name").to_owned())
        .collect()
}

/// The number of the rules in a Region.
fn rules(account: &Account, region: &str) -> usize {
    let (mut count, mut body) = (0, json!({}));
    loop {
        let page =
            json_call(account, region, "config", "StarlingDoveService.DescribeConfigRules", &body);
        count += page["ConfigRules"].as_array().expect("a list").len();
        match page["NextToken"].as_str() {
            Some(token) => body = json!({ "NextToken": token }),
            None => return count,
        }
    }
}

fn json_call(account: &Account, region: &str, service: &str, target: &str, body: &Value) -> Value {
    let mut answer = ureq::post(endpoint())
        .header("Authorization", account.authorization(service, region))
        .header("X-Amz-Target", target)
        .header("Content-Type", "application/x-amz-json-1.1")
        .send(body.to_string())
        .unwrap_or_else(|error| panic!("{target}: {error}"));
    answer.body_mut().read_json().unwrap_or(Value::Null)
}

fn has_bucket(account: &Account, region: &str, name: &str) -> bool {
    let url = format!("{}/{name}", endpoint());
    ureq::get(&url).header("Authorization", account.authorization("s3", region)).call().is_ok()
}

fn regional() -> usize {
    CONTROLS.iter().filter(|control| control.scope == Scope::Regional).count()
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
        format!("account {}, {OTHER}\n  stack plumbline: is made", account.id),
        format!("bucket plumbline-{}-{HOME}: gets 7 files", account.id),
        format!(
            "register s3://plumbline-{}-register/register.json: an empty one is uploaded",
            account.id
        ),
        "warning: AWS Config does not record here: changes evaluate nothing".to_owned(),
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
        report.contains("us-east-1: 7 files uploaded") && report.contains("Done: release 0.1.0-"),
        "{report}"
    );
    let made = |what: &str, region: &str| {
        report.find(&format!("{region}: updates the stack with {what}")).expect(what)
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
        plan.contains("is updated: Release 0.1.0-")
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
        "reason": "r", "approved_by": "a", "until": "2999-01-01" });
    std::fs::write(&file, json!({ "schema": 1, "exceptions": [exception] }).to_string())
        .expect("writes");
    let file = file.display().to_string();
    let region = ["--region", HOME];
    let given = [&region[..], &["--register", &file, "--apply"]].concat();
    let report = stdout(&code.deploy(&account, &given), 0);
    assert!(report.contains("register uploaded"), "{report}");
    assert!(stdout(&code.deploy(&account, &given), 0).contains("Nothing to do"));
    let without = stdout(&code.deploy(&account, &[&region[..], &["--dry-run"]].concat()), 0);
    assert!(without.contains("register.json: stays as it is"), "{without}");
}

#[test]
fn a_failed_stack_is_told_with_its_cause_and_the_next_run_goes_on() {
    let (account, code, squatter) = (account(), Code::new("1"), Account::new());
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
        plan.contains("never came into being (ROLLBACK_COMPLETE: AWS::S3::Bucket CodeBucket"),
        "{plan}"
    );
    squatter.s3("DELETE", &format!("/{taken}"), OTHER, "");
    let report = stdout(&code.deploy(&account, &["--apply"]), 0);
    assert!(
        report.contains("eu-west-1: deletes the stack that never came into being")
            && !report.contains("us-east-1: updates"),
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
        error.contains(&format!("account {}, {OTHER}: the rest was not tried", account.id)),
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
            "These buckets stay, with code and register; deploy takes them \
             over again: plumbline-{}-{OTHER}",
            account.id
        )),
        "{plan}"
    );
    assert_eq!(status(&account, HOME).as_deref(), Some("UPDATE_COMPLETE"));
    let error = stderr(&destroy(&["--region", HOME, "--apply"]), 2);
    assert!(error.contains("the home Region us-east-1 would go before eu-west-1"), "{error}");

    let report = stdout(&destroy(&["--apply"]), 0);
    assert!(
        report.find("eu-west-1: deleted") < report.find("us-east-1: deletes"),
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
    assert!(plan.contains("stack plumbline: is waited for (UPDATE_IN_PROGRESS)"), "{plan}");
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
        waiting.contains("us-east-1: waits for UPDATE_IN_PROGRESS") && waiting.contains("Done:"),
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
    let (bad, register) = (bad.display().to_string(), register.display().to_string());
    let cases: [(&[&str], &str); 12] = [
        (&["--code", "/nonexistent.zip", "--dry-run"], "cargo xtask package"),
        (&["--code", &bad, "--dry-run"], "not a zip"),
        (&["--register", &register, "--dry-run"], "docs/register.md"),
        (&["--parameter-overrides", "Levle=1", "--dry-run"], "It has AdminPorts, "),
        (&["--parameter-overrides", "HomeRegion=eu-west-1", "--dry-run"], "give --home-region"),
        (&["--parameter-overrides", "LogRetentionDays", "--dry-run"], "LogRetentionDays=30"),
        (&["--parameter-overrides", "Packs=maybe", "--apply"], "It takes one of on, off."),
        (
            &["--parameter-overrides", "MemorySize=1", "--dry-run"],
            "It takes a number from 128 to 10240.",
        ),
        (
            &["--parameter-overrides", "AutomationRule=on", "--apply"],
            "needs Security Hub, which is not enabled in us-east-1, eu-west-1",
        ),
        (&["--region", "ap-south-1", "--dry-run"], "Enabled are eu-west-1, us-east-1"),
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
            error
                .contains("AWS Config has no recorder in eu-west-1, so no rules can be made there"),
            "{error}"
        );
    }
    assert_eq!(status(&account, HOME), None);
    stdout(&code.deploy(&account, &["--parameter-overrides", "Packs=off", "--apply"]), 0);
    assert_eq!((functions(&account, OTHER).len(), rules(&account, HOME)), (regional(), 0));
}

#[test]
fn another_home_region_prefix_or_topology_is_refused() {
    let (account, code) = (account(), Code::new("1"));
    stdout(&code.deploy(&account, &["--region", HOME, "--apply"]), 0);
    let error = stderr(&code.deploy(&account, &["--home-region", OTHER, "--dry-run"]), 2);
    assert!(error.contains("was deployed with the home Region us-east-1"), "{error}");
    let error = stderr(
        &code.deploy(&account, &["--parameter-overrides", "CodeBucketPrefix=other", "--dry-run"]),
        2,
    );
    assert!(error.contains(&format!("give CodeBucketPrefix=plumbline-{}", account.id)), "{error}");
    json_call(
        &account,
        HOME,
        "organizations",
        "AWSOrganizationsV20161128.CreateOrganization",
        &json!({ "FeatureSet": "ALL" }),
    );
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
            "the stack in eu-west-1 cannot be read: cloudformation:DescribeStacks was denied"
        ),
        "{error}"
    );
    // Policies of organizations deny Regions: where nothing is to be done, that is no obstacle.
    let plan = stdout(&code.deploy(&account, &["--region", HOME, "--dry-run"]), 0);
    assert!(
        plan.contains(
            "warning: eu-west-1: whether there is a stack plumbline may not be read: AccessDenied"
        ),
        "{plan}"
    );
    let plan = stdout(&plumbline_as(&account, &["destroy", "--single-account", "--dry-run"]), 0);
    assert!(plan.contains("warning: eu-west-1") && plan.contains("Nothing to do"), "{plan}");
}

#[test]
fn an_organization_is_planned_by_those_who_may_deploy_to_it() {
    let Organization { management, members: [member, _], code } = &Organization::new();
    let file = code.file.display().to_string();
    let arguments = ["deploy", "--organization", "--code", &file, "--dry-run"];
    let error = stderr(&plumbline_as(&account(), &arguments), 2);
    assert!(error.contains("belongs to no organization"), "{error}");
    let error = stderr(
        &plumbline_as(management, &[&arguments[..], &["--organizational-unit", "banana"]].concat()),
        2,
    );
    assert!(error.contains("OrganizationalUnitIds cannot be 'banana'"), "{error}");
    management.query(
        "cloudformation",
        "2010-05-15",
        HOME,
        &[("Action", "DeactivateOrganizationsAccess")],
    );
    let error = stderr(&plumbline_as(management, &arguments), 2);
    assert!(
        error.contains(&format!(
            "the management account {} run: aws cloudformation activate-organizations-access",
            management.id
        )),
        "{error}"
    );
    management.query(
        "cloudformation",
        "2010-05-15",
        HOME,
        &[("Action", "ActivateOrganizationsAccess")],
    );
    let plan = stdout(&plumbline_as(management, &arguments), 0);
    for expected in [
        "from its management account",
        "Active accounts of the organization (3)",
        &member.id,
        "organization pack plumbline-global: is made",
    ] {
        assert!(plan.contains(expected), "{expected}\n{plan}");
    }
    assert!(!plan.contains("trusted access"), "{plan}");

    let error = stderr(&plumbline_as(member, &arguments), 2);
    assert!(
        error.contains("aws organizations register-delegated-administrator --account-id")
            && error.contains(&management.id),
        "{error}"
    );
    for service in SERVICES {
        organizations(
            management,
            "RegisterDelegatedAdministrator",
            &json!({ "AccountId": member.id, "ServicePrincipal": service }),
        );
    }
    let plan = stdout(&plumbline_as(member, &arguments), 0);
    assert!(
        plan.contains("from a delegated administrator")
            && plan.contains(&format!("Excluded accounts (1): {}", management.id)),
        "{plan}"
    );
    organizations(
        management,
        "DisableAWSServiceAccess",
        &json!({ "ServicePrincipal": SERVICES[1] }),
    );
    let plan = stdout(&plumbline_as(management, &arguments), 0);
    assert!(plan.contains(&format!("gives {} no access to its accounts", SERVICES[1])), "{plan}");
}

#[test]
fn an_organization_gets_all_and_what_fails_in_one_account_is_told_and_tried_again() {
    let organization = Organization::new();
    let Organization { management, members: [first, second], .. } = &organization;
    let all = [(CONTROLS.len(), CONTROLS.len()), (regional(), regional())];
    let functions_only = all.map(|(functions, _)| (functions, 0));

    let error = stderr(&organization.deploy(&["--apply"]), 3);
    for (region, pack) in [(HOME, "global"), (HOME, "regional"), (OTHER, "regional")] {
        let expected = format!(
            "{region}: account {}: the pack plumbline-{pack} is CREATE_FAILED: \
             NoAvailableConfigurationRecorder",
            second.id
        );
        assert!(error.contains(&expected), "{expected}\n{error}");
    }
    assert_eq!(error.matches("error: ").count(), 3, "nothing else failed: {error}");
    assert_eq!(
        [management, first].map(Organization::counts),
        [all, all],
        "what fails in one account takes nothing from the others"
    );
    assert_eq!(Organization::counts(second), functions_only);
    let error = stderr(&organization.deploy(&["--dry-run"]), 3);
    assert!(
        error.contains(
            "the pack plumbline-regional is CREATE_FAILED: NoAvailableConfigurationRecorder"
        ),
        "{error}"
    );

    for region in [HOME, OTHER] {
        second.recorder(region);
    }
    let report = stdout(&organization.deploy(&["--apply"]), 0);
    assert!(
        report.contains("organization pack plumbline-global: is put again")
            && report.contains("Done:"),
        "{report}"
    );
    assert_eq!(Organization::counts(second), all);
    // Nobody runs the rules here: each control of each account is without a result, and none is a
    // pass.
    let matrix = stdout(
        &plumbline_as(management, &["report", "--aggregator", "plumbline", "--format", "json"]),
        0,
    );
    let matrix: Value = serde_json::from_str(&matrix).expect("JSON");
    assert_eq!(matrix["accounts"].as_array().map(Vec::len), Some(3), "{matrix}");
    assert!(!matrix.to_string().contains("\"COMPLIANT\""), "{matrix}");
    management.forget("calls");
    for mode in ["--dry-run", "--apply"] {
        let again = stdout(&organization.deploy(&[mode]), 0);
        assert!(again.contains("Nothing to do"), "{again}");
    }
    let calls = management.calls();
    assert!(
        !calls.iter().any(|call| call.contains(":Put") || call.contains(":Create")),
        "{calls:?}"
    );

    // AWS deploys to an account that joins by itself.
    let joined = Organization::join(management, "third");
    for region in [HOME, OTHER] {
        joined.recorder(region);
    }
    management.control("organization/settle", json!({}));
    assert_eq!(Organization::counts(&joined), all);
    let again = stdout(&organization.deploy(&["--apply"]), 0);
    assert!(
        again.contains("organization pack plumbline-global: is waited for (UPDATE_IN_PROGRESS)"),
        "{again}"
    );
    assert!(stdout(&organization.deploy(&["--apply"]), 0).contains("Nothing to do"));

    // Somebody deleted the stack sets.
    management.fault(
        "cloudformation",
        "ListStackInstances",
        "code",
        json!({ "code": "StackSetNotFoundException", "status": 404 }),
    );
    let error = stderr(&organization.deploy(&["--dry-run"]), 3);
    assert!(
        error.contains(&format!(
            "account {}, {HOME}: plumbline-functions-global has not been deployed there",
            first.id
        )),
        "{error}"
    );
    management.forget("faults");

    // A Region that was denied meanwhile must be neither forgotten nor left behind.
    management.fault("cloudformation", "DescribeStacks", "denied", json!({ "region": OTHER }));
    let destroy = plumbline_as(management, &["destroy", "--organization", "--apply"]);
    for output in [organization.deploy(&["--region", HOME, "--apply"]), destroy] {
        assert!(
            stderr(&output, 3).contains("the stack sets deploy to eu-west-1 too"),
            "{}",
            stderr(&output, 3)
        );
    }
    assert_eq!(Organization::counts(first), all);
}

#[test]
fn an_account_that_aws_forgot_is_found_and_served() {
    let organization = Organization::new();
    let Organization { management, members: [first, second], .. } = &organization;
    for region in [HOME, OTHER] {
        second.recorder(region);
    }
    stdout(&organization.deploy(&["--apply"]), 0);
    // AWS has done nothing by itself for this one.
    let joined = Organization::join(management, "third");
    for region in [HOME, OTHER] {
        joined.recorder(region);
    }
    let output = organization.deploy(&["--dry-run"]);
    let (plan, error) = (stdout(&output, 3), stderr(&output, 3));
    assert!(!plan.contains("Nothing to do"), "{plan}");
    for expected in [
        format!(
            "error: account {}, {OTHER}: plumbline-functions-regional has not been deployed there",
            joined.id
        ),
        format!(
            "error: {HOME}: account {}: AWS Config tells nothing of the pack plumbline-global \
             there",
            joined.id
        ),
    ] {
        assert!(error.contains(&expected), "{expected}\n{error}");
    }
    stdout(&organization.deploy(&["--apply"]), 0);
    let all = [(CONTROLS.len(), CONTROLS.len()), (regional(), regional())];
    assert_eq!([first, second, &joined].map(Organization::counts), [all; 3]);

    // A Region that is not named is deployed to as well: stack sets have one release for all.
    let report = stdout(
        &organization.deploy_as(management, &Code::new("2"), &["--region", HOME, "--apply"]),
        0,
    );
    assert!(
        report.contains(&format!("{OTHER}: 7 files uploaded"))
            && report.contains("deployed in 2 Regions"),
        "{report}"
    );

    // Packs are found where somebody deleted the stacks.
    for region in [OTHER, HOME] {
        management.query(
            "cloudformation",
            "2010-05-15",
            region,
            &[("Action", "DeleteStack"), ("StackName", "plumbline")],
        );
    }
    assert_eq!(Organization::counts(first), [(0, CONTROLS.len()), (0, regional())]);
    let report = stdout(&plumbline_as(management, &["destroy", "--organization", "--apply"]), 0);
    assert!(report.contains("organization pack plumbline-global: is deleted"), "{report}");
    assert_eq!(Organization::counts(first), [(0, 0), (0, 0)]);
}

#[test]
fn what_fails_in_the_deploying_account_takes_nothing_from_the_others() {
    let organization = Organization::new();
    let Organization { management, members: [first, second], code } = &organization;
    for region in [HOME, OTHER] {
        second.recorder(region);
    }
    let role = [("RoleName", "plumbline-1-4")];
    management.iam(
        &[&[("Action", "CreateRole"), ("AssumeRolePolicyDocument", "{}")], &role[..]].concat(),
    );
    let error = stderr(
        &organization.deploy(&[
            "--parameter-overrides",
            "ExcludedAccounts=000000000001",
            "--apply",
        ]),
        3,
    );
    assert!(
        error.contains(&format!(
            "account {}, {HOME}: UPDATE_ROLLBACK_COMPLETE: AWS::IAM::Role",
            management.id
        )),
        "{error}"
    );
    let all = [(CONTROLS.len(), CONTROLS.len()), (regional(), regional())];
    assert_eq!([first, second].map(Organization::counts), [all; 2]);
    management.iam(&[&[("Action", "DeleteRole")], &role[..]].concat());
    let report = stdout(&organization.deploy(&["--apply"]), 0);
    assert!(
        report.contains(
            "ExcludedAccounts names what is no active account of the organization: 000000000001"
        ),
        "{report}"
    );
    assert_eq!(Organization::counts(management), all);

    // Another account does not see these stacks, and must not deploy beside them.
    for service in SERVICES {
        organizations(
            management,
            "RegisterDelegatedAdministrator",
            &json!({ "AccountId": first.id, "ServicePrincipal": service }),
        );
    }
    let error = stderr(&organization.deploy_as(first, code, &["--dry-run"]), 2);
    assert!(
        error.contains(&format!(
            "the stack sets exist already, and account {} has not made them",
            first.id
        )),
        "{error}"
    );
}

#[test]
fn a_bucket_that_somebody_else_has_stops_an_organization_and_is_told() {
    let organization = Organization::new();
    let (management, squatter) = (&organization.management, Account::new());
    squatter.bucket(&format!("plumbline-{}-{OTHER}", management.id), OTHER);
    let error = stderr(&organization.deploy(&["--apply"]), 3);
    assert!(
        error.contains(&format!(
            "account {}, {OTHER}: ROLLBACK_COMPLETE: AWS::S3::Bucket",
            management.id
        )),
        "{error}"
    );
    assert!(
        error.contains(&format!(
            "account {}, {HOME}: the rest was not tried, because stack sets need the code",
            management.id
        )),
        "{error}"
    );
}

#[test]
fn a_stack_of_somebody_else_is_left_alone() {
    let (account, code) = (account(), Code::new("1"));
    let template = json!({ "Resources": { "Queue": { "Type": "AWS::SQS::Queue" } } }).to_string();
    account.query(
        "cloudformation",
        "2010-05-15",
        HOME,
        &[("Action", "CreateStack"), ("StackName", "plumbline"), ("TemplateBody", &template)],
    );
    for output in [
        code.deploy(&account, &["--apply"]),
        plumbline_as(&account, &["destroy", "--single-account", "--apply"]),
    ] {
        assert!(
            stderr(&output, 2).contains("the stack plumbline in us-east-1 is none of ours"),
            "{}",
            stderr(&output, 2)
        );
    }
    assert_eq!(status(&account, HOME).as_deref(), Some("CREATE_COMPLETE"));
}

#[test]
fn what_is_set_for_an_organization_stays_until_it_is_set_otherwise() {
    let organization = Organization::new();
    let Organization { management, members: [first, second], .. } = &organization;
    for region in [HOME, OTHER] {
        second.recorder(region);
    }
    let units = organizations(management, "ListRoots", &json!({}))["Roots"][0]["Id"]
        .as_str()
        .expect("a root")
        .to_owned();
    let unit = organizations(
        management,
        "CreateOrganizationalUnit",
        &json!({ "ParentId": units, "Name": "unit" }),
    );
    let unit = unit["OrganizationalUnit"]["Id"].as_str().expect("a unit").to_owned();
    organizations(
        management,
        "MoveAccount",
        &json!({ "AccountId": first.id, "SourceParentId": units, "DestinationParentId": unit }),
    );

    let level_1 = |regional: bool| {
        CONTROLS
            .iter()
            .filter(|control| control.level == 1 && (!regional || control.scope == Scope::Regional))
            .count()
    };
    let some = [(CONTROLS.len(), level_1(false)), (regional(), level_1(true))];
    let plan = stdout(
        &organization.deploy(&[
            "--organizational-unit",
            &unit,
            "--level",
            "1",
            "--parameter-overrides",
            "MaxAccessKeyAge=60",
            "--apply",
        ]),
        0,
    );
    assert!(plan.contains(&format!("Excluded accounts (1): {}", second.id)), "{plan}");
    assert_eq!([management, first].map(Organization::counts), [some, some]);
    assert_eq!(Organization::counts(second), [(0, 0), (0, 0)], "it is in no unit");
    assert!(
        stdout(&organization.deploy(&["--apply"]), 0).contains("Nothing to do"),
        "all of it stays as it was set"
    );

    // Only the packs change, and the stack knows it nevertheless.
    let report = stdout(
        &organization.deploy(&[
            "--level",
            "2",
            "--parameter-overrides",
            &format!("ExcludedAccounts={}", management.id),
            "--apply",
        ]),
        0,
    );
    assert!(report.contains("Level 1 -> 2"), "{report}");
    assert_eq!(
        Organization::counts(first),
        [(CONTROLS.len(), CONTROLS.len()), (regional(), regional())]
    );
    assert_eq!(Organization::counts(management), [(CONTROLS.len(), 0), (regional(), 0)]);
    assert!(stdout(&organization.deploy(&["--apply"]), 0).contains("Nothing to do"));

    // Another release changes functions, and the packs after them.
    let next = Code::new("2");
    let report = stdout(&organization.deploy_as(management, &next, &["--apply"]), 0);
    let at = |what: &str| report.find(what).unwrap_or_else(|| panic!("{what}\n{report}"));
    assert!(
        at(&format!("{OTHER}: UPDATE_COMPLETE"))
            < at(&format!("{OTHER}: updates the pack plumbline-regional")),
        "{report}"
    );
    let without = ["--parameter-overrides", "Packs=off"];
    assert!(
        stdout(
            &organization.deploy_as(management, &next, &[&without[..], &["--dry-run"]].concat()),
            0
        )
        .contains("plumbline-global: is deleted")
    );
    stdout(&organization.deploy_as(management, &next, &[&without[..], &["--apply"]].concat()), 0);
    assert_eq!(Organization::counts(first), [(CONTROLS.len(), 0), (regional(), 0)]);

    // An account that is closed is no failure.
    stdout(
        &organization.deploy_as(
            management,
            &next,
            &["--organizational-unit", &units, "--parameter-overrides", "Packs=on", "--apply"],
        ),
        0,
    );
    organizations(management, "CloseAccount", &json!({ "AccountId": second.id }));
    stdout(&organization.deploy_as(management, &Code::new("3"), &["--apply"]), 0);
    let instances = management.query(
        "cloudformation",
        "2010-05-15",
        HOME,
        &[("Action", "ListStackInstances"), ("StackSetName", "plumbline-functions-global")],
    );
    assert!(instances.contains("SKIPPED_SUSPENDED_ACCOUNT"), "{instances}");
}

#[test]
fn a_delegated_administrator_deploys_and_removes() {
    let organization = Organization::new();
    let Organization { management, members: [administrator, other], code } = &organization;
    for region in [HOME, OTHER] {
        other.recorder(region);
    }
    for service in SERVICES {
        organizations(
            management,
            "RegisterDelegatedAdministrator",
            &json!({ "AccountId": administrator.id, "ServicePrincipal": service }),
        );
    }
    // A role that is in the way: the functions of that account fail, and its rules with them.
    let role = [("RoleName", "plumbline-1-4")];
    other.iam(
        &[&[("Action", "CreateRole"), ("AssumeRolePolicyDocument", "{}")], &role[..]].concat(),
    );
    let error = stderr(&organization.deploy_as(administrator, code, &["--apply"]), 3);
    for expected in [
        format!("account {}, {HOME}: plumbline-functions-global is FAILED: ", other.id),
        format!(
            "{HOME}: account {}: the pack plumbline-global is CREATE_FAILED: \
             InsufficientPermissionsException",
            other.id
        ),
    ] {
        assert!(error.contains(&expected), "{expected}\n{error}");
    }
    let all = [(CONTROLS.len(), CONTROLS.len()), (regional(), regional())];
    assert_eq!(Organization::counts(administrator), all);
    // What users report of delegated administrators: the pack as a whole stays under way.
    administrator.control("config/stuck-packs", json!({ "stuck": true }));
    assert_eq!(
        Organization::counts(management),
        [(0, 0), (0, 0)],
        "stack sets leave it out, and so do the packs"
    );
    other.iam(&[&[("Action", "DeleteRole")], &role[..]].concat());
    let report = stdout(&organization.deploy_as(administrator, code, &["--apply"]), 0);
    assert!(report.contains("tries plumbline-functions-global again in 1 place"), "{report}");
    assert!(report.contains("the pack plumbline-global is in all accounts after"), "{report}");
    assert_eq!(Organization::counts(other), all);
    let again = stdout(&organization.deploy_as(administrator, code, &["--dry-run"]), 0);
    assert!(again.contains("Nothing to do"), "{again}");
    administrator.control("config/stuck-packs", json!({ "stuck": false }));

    let destroy =
        |mode: &str| stdout(&plumbline_as(administrator, &["destroy", "--organization", mode]), 0);
    let plan = destroy("--dry-run");
    assert!(
        plan.contains(
            "organization pack plumbline-global: is deleted, with the rules of all accounts"
        ),
        "{plan}"
    );
    assert_eq!(Organization::counts(other), all);
    let report = destroy("--apply");
    assert!(
        report.find("the pack plumbline-regional is gone") < report.find("deletes the stack"),
        "rules before functions: {report}"
    );
    assert_eq!([administrator, other].map(Organization::counts), [[(0, 0); 2]; 2]);
    assert!(destroy("--apply").contains("Nothing to do"));
}
