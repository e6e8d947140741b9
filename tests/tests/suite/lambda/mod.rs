//! The real function under a Lambda runtime: events in, stored evaluations and findings out.

mod changes;
mod failures;
mod faults;
mod findings;
mod hostile;
mod hostile_events;
mod publish_changes;
mod register;
mod secrets;

use plumbline_tests::environment::TestAccount;
use serde_json::Value;

const REGION: &str = "us-east-1";

const MFA_RULE: &str = "cis-2-1-3-bucket-mfa-delete";

const GROUP_RULE: &str = "cis-5-2-sg-admin-ports-ipv4";

/// The results of a rule in AWS Config: resource id and outcome, sorted.
fn held(account: &TestAccount, rule: &str) -> Vec<(String, String)> {
    let evaluations = account.evaluations(REGION, rule);
    let text = |evaluation: &Value, name: &str| evaluation[name].as_str().expect(name).to_owned();
    let mut held: Vec<(String, String)> = evaluations["evaluations"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (text(one, "ComplianceResourceId"), text(one, "ComplianceType")))
        .collect();
    held.sort();
    held
}

/// The finding of a resource.
fn finding(account: &TestAccount, resource_id: &str) -> Option<Value> {
    let findings = account.findings(REGION);
    findings["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|finding| {
            finding["Id"].as_str().is_some_and(|id| id.ends_with(&format!("/{resource_id}")))
        })
        .cloned()
}

fn imports(account: &TestAccount) -> Vec<u64> {
    account.findings(REGION)["imports"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|size| size.as_u64().expect("a number"))
        .collect()
}

fn pair(id: &str, outcome: &str) -> (String, String) {
    (id.to_owned(), outcome.to_owned())
}

/// An account with Security Hub and two buckets, one of which passes.
fn with_buckets() -> (TestAccount, String, String) {
    let account = TestAccount::new();
    account.enable_security_hub(REGION);
    let (good, bad) = (format!("good-{}", account.id), format!("bad-{}", account.id));
    account.bucket(&good, REGION);
    account.bucket(&bad, REGION);
    account.versioning(&good, REGION, "Enabled", "Enabled");
    (account, good, bad)
}

/// The last line of counters in a log.
fn metrics(log: &[Value]) -> Option<&Value> {
    log.iter().rfind(|line| line.get("_aws").is_some())
}
