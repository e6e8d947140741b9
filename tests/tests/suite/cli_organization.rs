//! Scans of an organization.

use std::collections::BTreeSet;
use std::path::PathBuf;

use plumbline_tests::environment::TestAccount;
use plumbline_tests::programs::{environment, isolated, json, plumbline_as, program};
use serde_json::{Value, json};

/// The number of accounts in the organization, without the management account.
const MEMBERS: usize = 49;

/// An organization whose members have a role to read them, and a security group each.
fn organization() -> (TestAccount, BTreeSet<String>) {
    let management = TestAccount::new();
    management.create_organization();
    let members = (0..MEMBERS).map(|at| management.create_member(&format!("member-{at}")));
    let accounts: Vec<TestAccount> = members.chain([management.clone()]).collect();
    for account in &accounts {
        account.create_role("audit");
    }
    let accounts = accounts.into_iter().map(|account| account.id).collect();
    (management, accounts)
}

/// Many Regions and accounts, and a low limit of open files: no account is lost for lack of a
/// connection.
#[test]
fn an_organization_is_read_within_few_open_files() {
    let (management, accounts) = organization();
    for open_files in ["1024", "256"] {
        let mut command = isolated(PathBuf::from("/bin/sh"));
        command.envs(environment(&management, "us-east-1")).env_remove("AWS_MAX_ATTEMPTS");
        command.env("PLUMBLINE_ATTEMPT_TIMEOUT_MS", "60000");
        // The soft and the hard limit, so that the program cannot raise its own.
        command.args(["-c", &format!("ulimit -n {open_files} && exec \"$0\" \"$@\"")]);
        command.arg(program("plumbline"));
        command.args(["scan", "--organization", "--role-name", "audit", "--format", "json"]);
        for region in ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1"] {
            command.args(["--region", region]);
        }
        for control in ["1.4", "2.1.2", "3.8", "5.1", "5.2"] {
            command.args(["--control", control]);
        }
        let report = json(&command.output().expect("plumbline starts"), 0);
        let mut read = BTreeSet::new();
        for account in report["accounts"].as_array().expect("accounts") {
            let id = account["account_id"].as_str().expect("an id");
            for control in account["controls"].as_array().expect("controls") {
                assert_eq!(control["counts"]["not_assessed"], 0, "{id}: {control}");
            }
            read.insert(id.to_owned());
        }
        assert_eq!(read, accounts, "{open_files} open files");
    }
}

/// The member `run` in the report of a scan of one control.
fn run_of(account: &TestAccount, arguments: &[&str]) -> Value {
    let scan = ["scan", "--region", "us-east-1", "--control", "1.4", "--format", "json"];
    json(&plumbline_as(account, &[&scan[..], arguments].concat()), 0)["run"].take()
}

/// In an organization, the list of accounts has the names, so that no account is called. Elsewhere
/// the account is called. A name that cannot be read is absent, and changes nothing else.
#[test]
fn accounts_have_their_names() {
    let management = TestAccount::new();
    management.create_organization();
    let member = management.create_member("example-audit");
    for account in [&management, &member] {
        account.create_role("audit");
    }
    member.iam(&[("Action", "CreateAccountAlias"), ("AccountAlias", &format!("a-{}", member.id))]);
    management.forget("calls");
    let run = run_of(&management, &["--organization", "--role-name", "audit"]);
    let named = |run: &Value, id: &str| {
        let accounts = run["accounts"].as_array().expect("accounts").iter();
        let mut found = accounts.filter(|account| account["account_id"] == id);
        let account = found.next().expect("the account");
        [&account["name"], &account["alias"], &account["state"]].map(Value::clone)
    };
    let alias = json!(format!("a-{}", member.id));
    assert_eq!(named(&run, &member.id), [json!("example-audit"), alias.clone(), json!("read")]);
    let asked = [management.calls(), member.calls()].concat();
    assert!(!asked.iter().any(|call| call == "account:GetAccountInformation"), "{asked:?}");

    let own = run_of(&member, &[]);
    assert_eq!(named(&own, &member.id), [json!("Test"), alias, json!("read")]);
    for mode in ["denied", "malformed", "timeout"] {
        for (service, operation) in
            [("account", "GetAccountInformation"), ("iam", "ListAccountAliases")]
        {
            member.fault(service, operation, mode, json!({ "seconds": 40 }));
        }
        let nameless = run_of(&member, &[]);
        member.forget("faults");
        assert_eq!(named(&nameless, &member.id), [Value::Null, Value::Null, json!("read")]);
        assert_eq!(
            [&nameless["complete"], &nameless["full_benchmark"], &nameless["incomplete_because"]],
            [&own["complete"], &own["full_benchmark"], &own["incomplete_because"]],
            "{mode}"
        );
    }
}
