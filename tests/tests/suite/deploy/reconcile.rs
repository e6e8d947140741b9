//! `deploy --reconcile`: a project deploys to the accounts again, and changes nothing else.

use std::process::Output;

use plumbline_tests::environment::TestAccount;
use plumbline_tests::package;
use plumbline_tests::programs::{plumbline_as, stderr, stdout};
use serde_json::{Value, json};

use super::canary::{move_account, root, unit};
use super::central::{delegate, organization};
use super::{Code, HOME, Organization};

/// A static program for Linux: its header without an interpreter.
fn program(folder: &tempfile::TempDir) -> String {
    let mut content = vec![0; 64];
    content[..6].copy_from_slice(b"\x7fELF\x02\x01");
    content[18] = 62;
    let file = folder.path().join("plumbline");
    std::fs::write(&file, content).expect("a program");
    file.display().to_string()
}

/// The status of the project's stack.
fn project(account: &TestAccount) -> Option<String> {
    let given = [("Action", "DescribeStacks")];
    let answer = account.query("cloudformation", "2010-05-15", HOME, &given);
    let (_, rest) = answer.split_once("<StackName>plumbline-reconcile</StackName>")?;
    let (_, rest) = rest.split_once("<StackStatus>")?;
    Some(rest.split('<').next()?.to_owned())
}

/// The commands of the project in the template.
fn commands() -> Vec<String> {
    let file = package().join("../cfn/reconcile.yaml");
    let text = std::fs::read_to_string(file).expect("the template");
    let options = serde_saphyr::options! { strict_booleans: false };
    let template: Value = serde_saphyr::from_str_with_options(&text, options).expect("YAML");
    let source = &template["Resources"]["Project"]["Properties"]["Source"];
    let buildspec = source["BuildSpec"]["Fn::Sub"].as_str().expect("a text");
    let buildspec: Value = serde_saphyr::from_str(buildspec).expect("the buildspec is YAML");
    assert_eq!(buildspec["version"], json!(0.2));
    let commands = buildspec["phases"]["build"]["commands"].as_array().expect("a list");
    commands.iter().map(|command| command.as_str().expect("a command").to_owned()).collect()
}

/// Runs the last command of the project, as the account.
fn run(account: &TestAccount, code: &Code) -> Output {
    let command = commands().pop().expect("a command").replace("${AWS::Region}", HOME);
    let mut words = command.split_whitespace();
    assert_eq!(words.next(), Some("./plumbline"));
    let file = code.file.display().to_string();
    let arguments: Vec<&str> =
        words.map(|word| if word == "bootstrap.zip" { file.as_str() } else { word }).collect();
    plumbline_as(account, &arguments)
}

#[test]
fn the_project_deploys_to_accounts_and_keeps_the_settings() {
    let organization = organization();
    let Organization { management, members: [audit, other], code, .. } = &organization;
    delegate(&organization, audit);
    let folder = tempfile::tempdir().expect("a folder");
    let program = program(&folder);
    stdout(&organization.deploy_as(audit, code, &["--apply"]), 0);
    let deploy = |code: &Code, more: &[&str]| organization.deploy_where_it_is(audit, code, more);
    assert_eq!(project(audit), None);

    // The program of the tests is not static, so it cannot run in the project.
    let error = stderr(&deploy(code, &["--reconcile", "on", "--dry-run"]), 2);
    assert!(error.contains("cannot run in AWS CodeBuild: it is not static"), "{error}");
    let on = ["--reconcile", "on", "--reconcile-program", &program];
    let plan = stdout(&deploy(code, &[&on[..], &["--dry-run"]].concat()), 0);
    assert!(plan.contains("stack 'plumbline-reconcile': will be created with"), "{plan}");
    stdout(&deploy(code, &[&on[..], &["--apply"]].concat()), 0);
    assert_eq!(project(audit).as_deref(), Some("CREATE_COMPLETE"));
    let again = stdout(&deploy(code, &["--apply"]), 0);
    assert!(again.contains("Nothing to do"), "it is recorded: {again}");
    assert!(stdout(&run(audit, code), 0).contains("\"kind\": \"result\""));

    // An excluded unit is the only setting, and an account moves into it.
    let (root, left) = (root(management), unit(management, "left"));
    let exclude = ["--exclude-organizational-unit", &left, "--apply"];
    stdout(&deploy(code, &exclude), 0);
    let before = Organization::counts(other);
    move_account(management, other, &root, &left);
    stdout(&run(audit, code), 0);
    assert_eq!(Organization::counts(other), [(0, 0); 2]);
    move_account(management, other, &left, &root);
    stdout(&run(audit, code), 0);
    assert_eq!(Organization::counts(other), before);

    // Another release is rejected, and a deployment in progress is left alone.
    let new = Code::new("2");
    let error = stderr(&run(audit, &new), 2);
    assert!(error.contains("is not deployed: the deployment has release"), "{error}");
    audit.control(
        "cloudformation/status",
        json!({ "region": HOME, "stack": "plumbline-central", "status": "UPDATE_IN_PROGRESS" }),
    );
    move_account(management, other, &root, &left);
    stdout(&run(audit, code), 0);
    assert_eq!(Organization::counts(other), before);
    audit.control(
        "cloudformation/status",
        json!({ "region": HOME, "stack": "plumbline-central", "status": "UPDATE_COMPLETE" }),
    );

    // A new release needs its own program. The project runs it afterwards.
    let error = stderr(&deploy(&new, &["--dry-run"]), 2);
    assert!(error.contains("--reconcile-program"), "{error}");
    stdout(&deploy(&new, &["--reconcile-program", &program, "--apply"]), 0);
    stdout(&run(audit, &new), 0);
    assert!(stderr(&run(audit, code), 2).contains("is not deployed"));

    stdout(&deploy(&new, &["--reconcile", "off", "--apply"]), 0);
    assert_eq!(project(audit), None);
    assert!(stdout(&deploy(&new, &["--apply"]), 0).contains("Nothing to do"));
    stdout(&deploy(&new, &[&on[..], &["--apply"]].concat()), 0);
    let report = stdout(&plumbline_as(audit, &["destroy", "--organization", "--apply"]), 0);
    let at = |what: &str| report.find(what).unwrap_or_else(|| panic!("{what}\n{report}"));
    assert!(at("deleting stack 'plumbline-reconcile'") < at("deleting pack 'plumbline-global'"));
    assert_eq!(project(audit), None);
}

#[test]
fn the_project_gives_nothing_of_an_event_to_a_shell() {
    for command in commands() {
        for part in command.split("${").skip(1) {
            let name = part.split('}').next().expect("a name");
            let known = ["CodeBucketPrefix", "AWS::Region", "Release", "ReconcileProgram"];
            assert!(known.contains(&name), "{command}");
        }
        assert!(!command.replace("${", "").contains(['$', '`', ';', '&']), "{command}");
    }
    let options = ["--canary", "--promote", "--level", "--parameter-overrides", "--region"];
    let last = commands().pop().expect("a command");
    assert!(last.contains(" --as-deployed ") && options.iter().all(|one| !last.contains(one)));
    // The command line itself rejects settings in such a run.
    let account = TestAccount::new();
    for setting in [&["--level", "1"][..], &["--promote"], &["--canary", "none"]] {
        let given = ["deploy", "--organization", "--as-deployed", "--dry-run"];
        let error = stderr(&plumbline_as(&account, &[&given[..], setting].concat()), 2);
        assert!(error.contains("cannot be used with"), "{error}");
    }
}
