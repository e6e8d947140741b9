//! The daily check of an organization, as `plumbline deploy` sets it up.

use plumbline_templates::bundle;
use plumbline_tests::programs::{program, stdout};
use serde_json::json;

use super::{Code, HOME, OTHER, Organization};

/// The program behind all functions, which the daily check runs here.
fn code() -> Code {
    let code = Code::new("1");
    let program = std::fs::read(program("bootstrap")).expect("the program");
    std::fs::write(&code.file, bundle::write(&program).expect("a bundle")).expect("the bundle");
    code
}

#[test]
fn the_daily_check_covers_what_deploy_sets_up() {
    let organization = Organization { functions: None, code: code(), ..Organization::new() };
    let Organization { management, members: [_, bare], .. } = &organization;
    for region in [HOME, OTHER] {
        bare.recorder(region);
    }
    for region in [HOME, OTHER] {
        management.enable_security_hub(region);
    }
    stdout(&organization.deploy(&["--functions", "central", "--apply"]), 0);
    let evaluated = json!({ "organization": true });
    management.control("config/evaluated", evaluated);
    let schedule = json!({ "region": HOME, "name": "plumbline-organization" });
    let started = management.control("scheduler/run", schedule);
    management.control("work/settle", json!({}));
    let body = json!({ "executionArn": started["execution"] });
    let ended = management.json("states", "AWSStepFunctions.DescribeExecution", HOME, &body);
    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
    let today = chrono::Utc::now().date_naive();
    let bucket = format!("plumbline-{}-results", management.id);
    let summary = management.object(&format!("/{bucket}/results/{today}/summary.json"));
    assert_eq!(summary["counts"]["failed"], 0, "{summary}");
    assert_eq!(summary["counts"]["covered"], 3, "{summary}");
    let plan = stdout(&organization.deploy(&["--dry-run"]), 0);
    assert!(plan.contains("0 failed"), "{plan}");
}
