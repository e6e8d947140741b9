//! Looking after an organization's accounts: the state machine of `organization-tasks.yaml` runs
//! the built function in the test environment.

mod reports;
mod rounds;
mod skipped;
mod states;

use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_rules::registry::CONTROLS;
use plumbline_tests::environment::{TestAccount, endpoint};
use plumbline_tests::programs::program;
use serde_json::{Value, json};

const HOME: &str = "us-east-1";
const OTHER: &str = "eu-west-1";

/// An organization, whose accounts the first member looks after.
struct CoveredOrganization {
    management: TestAccount,
    audit: TestAccount,
    /// The members but for the first.
    members: Vec<TestAccount>,
    /// Beside the unit of the members.
    spare: TestAccount,
    id: String,
    unit: String,
}

impl CoveredOrganization {
    fn new(members: usize) -> Self {
        let management = TestAccount::new();
        let url = format!("{}/_plumbline/organization/generate", endpoint());
        let body = json!({ "management": management.id, "accounts": members + 1,
            "regions": [HOME, OTHER] });
        let made: Value = ureq::post(&url)
            .send_json(body)
            .expect("the control interface answers")
            .body_mut()
            .read_json()
            .expect("JSON");
        let account = |id: &Value| TestAccount { id: text(id).to_owned() };
        let mut all: Vec<TestAccount> =
            made["members"].as_array().expect("members").iter().map(account).collect();
        let audit = all.remove(0);
        for one in all.iter().chain([&audit, &management]) {
            one.control("ec2/regions", json!({ "regions": [HOME, OTHER] }));
        }
        Self {
            management,
            audit,
            members: all,
            spare: account(&made["spare"]),
            id: text(&made["organization"]).to_owned(),
            unit: text(&made["unit"]).to_owned(),
        }
    }

    /// Deploys the role into accounts, and the tasks into the first member.
    fn deploy(&self, with_role: &[&TestAccount], parameters: &[String]) {
        self.deploy_with(with_role, parameters, false);
    }

    /// The same, with the functions that serve all accounts where that is asked for.
    fn deploy_with(&self, with_role: &[&TestAccount], parameters: &[String], with_functions: bool) {
        let bootstrap = program("bootstrap").display().to_string();
        let mut arguments =
            vec!["--bootstrap", bootstrap.as_str(), "--organization", self.id.as_str()];
        for account in with_role {
            arguments.extend(["--member", account.id.as_str()]);
        }
        for parameter in parameters {
            arguments.extend(["--parameter", parameter.as_str()]);
        }
        if with_functions {
            arguments.push("--functions");
        }
        self.audit.run("deploy_tasks.py", &arguments);
    }

    /// Does what the schedule does, and returns the summary.
    fn run(&self) -> Value {
        let schedule = json!({ "region": HOME, "name": "plumbline-organization" });
        let started = self.audit.control("scheduler/run", schedule);
        self.audit.control("work/settle", json!({}));
        let body = json!({ "executionArn": started["execution"] });
        let ended = self.audit.json("states", "AWSStepFunctions.DescribeExecution", HOME, &body);
        assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
        self.result("summary")
    }

    /// What the last run left.
    fn result(&self, name: &str) -> Value {
        let today = chrono::Utc::now().date_naive();
        self.audit
            .object(&format!("/plumbline-{}-results/results/{today}/{name}.json", self.audit.id))
    }

    /// The finding about an account: status and description.
    fn finding(&self, account: &TestAccount) -> Option<(String, String)> {
        let id = format!("plumbline/coverage/{HOME}/{}/{}", self.audit.id, account.id);
        let found = self.audit.findings(HOME);
        let found = found["findings"].as_array().expect("a list").iter();
        let mut found = found.filter(|one| one["Id"] == id.as_str());
        found.next().map(|one| {
            let archived = if one["RecordState"] == "ARCHIVED" { " ARCHIVED" } else { "" };
            let status = format!("{}{archived}", text(&one["Compliance"]["Status"]));
            (status, text(&one["Description"]).to_owned())
        })
    }
}

/// The account in a summary.
fn of<'a>(summary: &'a Value, account: &TestAccount) -> &'a Value {
    let accounts = summary["accounts"].as_array().expect("a list");
    let found = accounts.iter().find(|one| one["account_id"] == account.id.as_str());
    found.unwrap_or_else(|| panic!("{} is not in {summary}", account.id))
}

/// The states of an account's Regions.
fn states(summary: &Value, account: &TestAccount) -> Vec<(String, String)> {
    let places = of(summary, account)["places"].as_array().expect("a list");
    let pair = |one: &Value| (text(&one["region"]).to_owned(), text(&one["state"]).to_owned());
    places.iter().map(pair).collect()
}

/// States of both Regions, sorted by their names.
fn both(other: &str, home: &str) -> Vec<(String, String)> {
    vec![(OTHER.to_owned(), other.to_owned()), (HOME.to_owned(), home.to_owned())]
}

/// The controls that have rules in a Region.
fn controls(region: &str) -> impl Iterator<Item = &'static Control> {
    CONTROLS.into_iter().filter(move |one| region == HOME || one.scope == Scope::Regional)
}

/// Creates rules as a conformance pack names them, with the functions of the deploying account.
fn rules_of_packs(account: &TestAccount, deployer: &TestAccount) {
    for region in [HOME, OTHER] {
        for control in controls(region) {
            let function = control.function_name().replace("plumbline", "plumbline-central");
            let function = format!("arn:aws:lambda:{region}:{}:function:{function}", deployer.id);
            custom_rule(account, region, &pack_rule(control), &function);
        }
    }
    account.control("config/start-interval", json!({ "seconds": 0 }));
}

/// Creates a rule with a Lambda function.
fn custom_rule(account: &TestAccount, region: &str, name: &str, function: &str) {
    let details = json!([{ "EventSource": "aws.config", "MaximumExecutionFrequency":
        "TwentyFour_Hours", "MessageType": "ScheduledNotification" }]);
    let rule = json!({ "ConfigRuleName": name, "Source": { "Owner": "CUSTOM_LAMBDA",
        "SourceIdentifier": function, "SourceDetails": details } });
    let target = "StarlingDoveService.PutConfigRule";
    account.json("config", target, region, &json!({ "ConfigRule": rule }));
}

fn pack_rule(control: &Control) -> String {
    format!("{}-conformance-pack-a1b2c3d4e", control.rule_name())
}

fn without_recorder(account: &TestAccount, region: &str) {
    let target = "StarlingDoveService.DeleteConfigurationRecorder";
    account.json("config", target, region, &json!({ "ConfigurationRecorderName": "default" }));
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text"))
}
