//! A module over the buckets of `plumbline deploy --only-code` creates the same as
//! `plumbline deploy`.

use plumbline_tests::environment::TestAccount;
use plumbline_tests::programs::{json, stderr, stdout};
use serde_json::{Value, json};

use super::module;
use crate::deploy::{Code, HOME, OTHER, Organization, account, central, functions, rule_names};

/// The names of roles, functions and rules of an account.
fn contents(account: &TestAccount) -> Vec<String> {
    let mut names = central::roles(account);
    for region in [HOME, OTHER] {
        let functions = functions(account, region);
        names.extend(functions.iter().map(|name| format!("{region} function {name}")));
        let rules = rule_names(account, region);
        names.extend(rules.iter().map(|name| format!("{region} rule {name}")));
    }
    names.sort();
    names
}

/// The values that `--only-code` prints as JSON, as variables of a module.
fn variables(report: &Value, more: Value) -> Value {
    let mut variables = json!({
        "release": report["release"],
        "architecture": report["architecture"],
        "code_bucket_prefix": report["code_bucket_prefix"],
        "home_region": report["home_region"],
        "regions": report["regions"]
    });
    let more = more.as_object().expect("an object").clone();
    variables.as_object_mut().expect("an object").extend(more);
    variables
}

/// Creates the stacks and stack sets of a module in their order.
fn apply(account: &TestAccount, read: &Value, call_as: &str) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), read.to_string()).expect("written");
    let file = file.path().display().to_string();
    account.run("apply_module.py", &["--deployments", &file, "--call-as", call_as]);
}

/// The root of an organization.
fn root(management: &TestAccount) -> String {
    let answer = management.organizations("ListRoots", &json!({}));
    answer["Roots"][0]["Id"].as_str().expect("an id").to_owned()
}

fn only_code(organization: &Organization, account: &TestAccount, functions: &str) -> Value {
    let code = &organization.code;
    let given = ["--functions", functions, "--only-code"];
    let run = |more: &[&str]| organization.deploy_as(account, code, &[&given, more].concat());
    let plan = stdout(&run(&["--dry-run"]), 0);
    assert!(plan.contains("stack 'plumbline': will be created with the buckets"), "{plan}");
    assert!(!plan.contains("plumbline-central'"), "{plan}");
    let report = stdout(&run(&["--apply"]), 0);
    for expected in ["\nrelease            = \"", "\nregions            = [\"us-east-1\", "] {
        assert!(report.contains(expected), "{expected}\n{report}");
    }
    let again = stdout(&run(&["--apply"]), 0);
    assert!(again.contains("Nothing to do") && again.contains("\nrelease "), "{again}");
    let report = json(&run(&["--dry-run", "--format", "json"]), 0);
    assert!(
        report["steps"].as_array().expect("a list").iter().all(|step| step["action"] == "nothing"),
        "{report}"
    );
    report
}

#[test]
fn the_module_central_creates_what_deploy_creates() {
    let deployed = central::organization();
    let [audit, other] = &deployed.members;
    central::delegate(&deployed, audit);
    stdout(&deployed.deploy_as(audit, &deployed.code, &["--apply"]), 0);
    let expected = [audit, other].map(contents);
    assert!(expected.iter().all(|names| names.len() > 84), "{expected:?}");

    let organization = central::organization();
    let [audit, other] = &organization.members;
    central::delegate(&organization, audit);
    let report = only_code(&organization, audit, "central");
    let id = report["organization"].clone();
    let more = json!({ "organization_id": id, "call_as": "DELEGATED_ADMIN",
        "organizational_unit_ids": [root(&organization.management)] });
    let read = module("central", &audit.id, &variables(&report, more));
    apply(audit, &read, "DELEGATED_ADMIN");
    assert_eq!([audit, other].map(contents), expected);

    // Accounts that join get role and rules.
    let joined = Organization::join(&organization.management, "third");
    for region in [HOME, OTHER] {
        joined.recorder(region);
    }
    organization.management.control("organization/settle", json!({}));
    assert_eq!(contents(&joined), expected[1]);

    // Code of a later release does not change the stacks of the module, and `deploy` does not mix
    // with them.
    let code = Code::new("2");
    let later = ["--functions", "central", "--only-code", "--apply"];
    stdout(&organization.deploy_as(audit, &code, &later), 0);
    assert_eq!(contents(other), expected[1]);
    let mixed = organization.deploy_as(audit, &organization.code, &["--apply"]);
    stderr(&mixed, 2);
}

#[test]
fn the_module_own_creates_what_deploy_creates() {
    let with_own = || Organization { functions: Some("own"), ..central::organization() };
    let deployed = with_own();
    stdout(&deployed.deploy(&["--apply"]), 0);
    let accounts = |of: &Organization| {
        let [first, second] = &of.members;
        [&of.management, first, second].map(contents)
    };
    let expected = accounts(&deployed);

    let organization = with_own();
    let management = &organization.management;
    let report = only_code(&organization, management, "own");
    let more = json!({ "organizational_unit_ids": [root(management)] });
    let read = module("own", &management.id, &variables(&report, more));
    apply(management, &read, "SELF");
    assert_eq!(accounts(&organization), expected);
}

#[test]
fn the_module_of_a_single_account_creates_what_deploy_creates() {
    let code = Code::new("1");
    let first = account();
    stdout(&code.deploy(&first, &["--apply"]), 0);
    let expected = contents(&first);

    let account = account();
    stdout(&code.deploy(&account, &["--only-code", "--apply"]), 0);
    let plan = code.deploy(&account, &["--only-code", "--dry-run", "--format", "json"]);
    let read = module("single-account", &account.id, &variables(&json(&plan, 0), json!({})));
    apply(&account, &read, "SELF");
    assert_eq!(contents(&account), expected);
}
