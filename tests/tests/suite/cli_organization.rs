//! Scans of an organization.

use std::collections::BTreeSet;
use std::path::PathBuf;

use plumbline_tests::environment::TestAccount;
use plumbline_tests::programs::{environment, isolated, json, program};

/// How many accounts the organization has besides the management account.
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

/// Regions by the dozen of accounts, and few files: no account is lost for want of a connection.
#[test]
fn an_organization_is_read_within_few_open_files() {
    let (management, accounts) = organization();
    for open_files in ["1024", "256"] {
        let mut command = isolated(PathBuf::from("/bin/sh"));
        command.envs(environment(&management, "us-east-1")).env_remove("AWS_MAX_ATTEMPTS");
        command.env("PLUMBLINE_ATTEMPT_TIMEOUT_MS", "60000");
        // Both limits, so that the program cannot raise its own.
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
