//! `plumbline deploy` and `plumbline destroy` against the test environment's CloudFormation, S3 and
//! Lambda.

mod account;
mod canary;
pub(crate) mod central;
mod central_large;
mod central_verdicts;
mod code;
mod daily_check;
mod daily_check_run;
mod exclusions;
mod guardrails;
mod organization;
mod organization_failures;
mod own;
mod plans;
mod protect;
mod reconcile;
mod regions;
mod registers;
mod replaced;

use std::path::PathBuf;
use std::process::Output;

use plumbline_core::benchmark::Scope;
use plumbline_rules::registry::CONTROLS;
use plumbline_templates::bundle;
use plumbline_tests::environment::{TestAccount, endpoint};
use plumbline_tests::programs::plumbline_as;
use serde_json::{Value, json};

pub(crate) const HOME: &str = "us-east-1";

pub(crate) const OTHER: &str = "eu-west-1";

/// An account with two Regions, and AWS Config recording in both.
pub(crate) fn account() -> TestAccount {
    let account = account_without_recorder();
    for region in [HOME, OTHER] {
        account.recorder(region);
    }
    account
}

fn account_without_recorder() -> TestAccount {
    with_regions(TestAccount::new())
}

fn with_regions(account: TestAccount) -> TestAccount {
    account.control("ec2/regions", json!({ "regions": [HOME, OTHER] }));
    account
}

/// An organization: its management account and two members, the second of which has no recorder.
pub(crate) struct Organization {
    /// The default topology of its functions; without a value, as deployed.
    pub(crate) functions: Option<&'static str>,
    pub(crate) management: TestAccount,
    pub(crate) members: [TestAccount; 2],
    pub(crate) code: Code,
}

impl Organization {
    fn new() -> Self {
        let management = account();
        management.create_organization();
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
            let enabled = json!({ "ServicePrincipal": service });
            management.organizations("EnableAWSServiceAccess", &enabled);
        }
        Self { functions: Some("own"), management, members, code: Code::new("1") }
    }

    /// A new account of an organization.
    pub(crate) fn join(management: &TestAccount, name: &str) -> TestAccount {
        with_regions(management.create_member(name))
    }

    pub(crate) fn deploy(&self, more: &[&str]) -> Output {
        self.deploy_as(&self.management, &self.code, more)
    }

    /// Deploys to both Regions, unless others are named.
    pub(crate) fn deploy_as(&self, account: &TestAccount, code: &Code, more: &[&str]) -> Output {
        let regions = [HOME, OTHER].join(",");
        let both = ["--region", &regions];
        let named: &[&str] = if more.contains(&"--region") { &[] } else { &both };
        self.deploy_where_it_is(account, code, &[named, more].concat())
    }

    /// Deploys to the Regions that are named, or that are deployed.
    fn deploy_where_it_is(&self, account: &TestAccount, code: &Code, more: &[&str]) -> Output {
        let file = code.file.display().to_string();
        let prefix = known_prefix(&self.management);
        let given = ["deploy", "--organization", "--code", &file, "--parameter-overrides", &prefix];
        let functions = self.functions.filter(|_| !more.contains(&"--functions"));
        let functions = functions.map_or_else(Vec::new, |functions| vec!["--functions", functions]);
        plumbline_as(account, &[given.as_slice(), more, &functions].concat())
    }

    /// The numbers of functions and rules of an account, in the home Region and in the other one.
    fn counts(account: &TestAccount) -> [(usize, usize); 2] {
        [HOME, OTHER].map(|region| (functions(account, region).len(), rules(account, region)))
    }
}

/// The prefix of an account's buckets in tests.
fn known_prefix(account: &TestAccount) -> String {
    format!("CodeBucketPrefix=plumbline-{}", account.id)
}

/// The services that deploy to an organization's accounts.
const SERVICES: [&str; 3] = [
    "member.org.stacksets.cloudformation.amazonaws.com",
    "config-multiaccountsetup.amazonaws.com",
    "config.amazonaws.com",
];

/// A zip whose program consists of a file header only: these tests do not run it.
pub(crate) struct Code {
    _folder: tempfile::TempDir,
    file: PathBuf,
}

impl Code {
    pub(crate) fn new(content: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("bootstrap.zip");
        // 64 bits, little-endian, with the processor at its offset.
        let mut program = vec![0; 20];
        program[..6].copy_from_slice(b"\x7fELF\x02\x01");
        program[18] = 62;
        program.extend(content.as_bytes());
        let zip = bundle::write(&program).expect("a bundle");
        std::fs::write(&file, zip).expect("the bundle");
        Self { _folder: folder, file }
    }

    /// Deploys to an account, with bucket names that tests know.
    pub(crate) fn deploy(&self, account: &TestAccount, more: &[&str]) -> Output {
        let prefix = known_prefix(account);
        self.deploy_anew(account, &[&["--parameter-overrides", &prefix], more].concat())
    }

    /// Deploys to an account.
    fn deploy_anew(&self, account: &TestAccount, more: &[&str]) -> Output {
        let file = self.file.display().to_string();
        plumbline_as(
            account,
            &[["deploy", "--single-account", "--code", &file].as_slice(), more].concat(),
        )
    }
}

/// The state of the stack in a Region.
fn status(account: &TestAccount, region: &str) -> Option<String> {
    let answer = account.query("cloudformation", "2010-05-15", region, &[("Action", "ListStacks")]);
    let stack = answer.split("<member>").find(|part| {
        part.contains("<StackName>plumbline</StackName>") && !part.contains("DELETE_COMPLETE")
    })?;
    Some(stack.split("<StackStatus>").nth(1)?.split('<').next()?.to_owned())
}

/// The names of the functions in a Region.
pub(crate) fn functions(account: &TestAccount, region: &str) -> Vec<String> {
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
fn rules(account: &TestAccount, region: &str) -> usize {
    rule_names(account, region).len()
}

/// The names of the rules in a Region, without the ends that AWS Config adds in packs.
pub(crate) fn rule_names(account: &TestAccount, region: &str) -> Vec<String> {
    let (mut names, mut body) = (Vec::new(), json!({}));
    loop {
        let page =
            json_call(account, region, "config", "StarlingDoveService.DescribeConfigRules", &body);
        let rules = page["ConfigRules"].as_array().expect("a list").iter();
        names.extend(rules.map(|rule| {
            let name = rule["ConfigRuleName"].as_str().expect("a name");
            name.split("-conformance-pack-").next().unwrap_or(name).to_owned()
        }));
        match page["NextToken"].as_str() {
            Some(token) => body = json!({ "NextToken": token }),
            None => return names,
        }
    }
}

fn json_call(
    account: &TestAccount,
    region: &str,
    service: &str,
    target: &str,
    body: &Value,
) -> Value {
    let mut answer = ureq::post(endpoint())
        .header("Authorization", account.authorization(service, region))
        .header("X-Amz-Target", target)
        .header("Content-Type", "application/x-amz-json-1.1")
        .send(body.to_string())
        .unwrap_or_else(|error| panic!("{target}: {error}"));
    answer.body_mut().read_json().unwrap_or(Value::Null)
}

fn regional() -> usize {
    CONTROLS.iter().filter(|control| control.scope == Scope::Regional).count()
}
