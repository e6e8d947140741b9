//! Functions as the templates deploy them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use plumbline_core::benchmark::Scope;
use plumbline_rules::registry::CONTROLS;
use plumbline_tests::environment::{TestAccount, endpoint};
use plumbline_tests::lambda_runtime::{ConfigEvent, RunningFunction, in_a_month};
use plumbline_tests::package;
use plumbline_tests::programs::{environment, isolated, json, program};
use plumbline_tests::verdicts::{held, scanned};
use serde_json::{Value, json};

use super::{members, python, string, text};

/// Every function, with its deployed code and configuration, has the same results as the command
/// line.
#[test]
fn deployed_functions_decide_as_the_command_line() {
    let account = TestAccount::seeded();
    let folder = tempfile::tempdir().expect("a folder");
    let register = folder.path().join("register.json");
    let attested = json!({
        "control": "1.3", "accounts": [account.id], "verdict": "compliant", "by": "Security",
        "on": "2026-01-01", "until": in_a_month(), "evidence": "ticket"
    });
    std::fs::write(
        &register,
        json!({ "schema": 1, "attestations": [attested], "exceptions": [] }).to_string(),
    )
    .expect("the register");
    let deployed = deploy(&account, &register, folder.path());

    let register = register.display().to_string();
    let mut scan = isolated(program("plumbline"));
    scan.envs(environment(&account, "us-east-1")).args([
        "scan",
        "--format",
        "json",
        "--register",
        &register,
    ]);
    let report = json(&scan.output().expect("plumbline starts"), 0);
    let mut compared = BTreeSet::new();
    for (region, here) in members(&deployed) {
        for (rule_name, rule) in members(&here["rules"]) {
            let control = CONTROLS
                .into_iter()
                .find(|control| {
                    rule_name.starts_with(&format!("{}-conformance-pack-", control.rule_name()))
                })
                .expect("a control");
            let function_name =
                string(&rule["Source"]["SourceIdentifier"]).rsplit(':').next().expect("a name");
            let function = &here["functions"][function_name];
            assert_eq!(
                (function_name, &function["CodeIsTheRelease"]),
                (control.function_name().as_str(), &json!(true))
            );
            let program = PathBuf::from(string(&here["program"]));
            let mut running = RunningFunction::deployed(&account, region, program, function);
            let parameters: Value =
                serde_json::from_str(string(&rule["InputParameters"])).expect("JSON");
            let event = ConfigEvent { parameters, ..ConfigEvent::of(&account, region, rule_name) };
            running
                .invoke(&event.scheduled())
                .answer
                .unwrap_or_else(|error| panic!("control {} in {region}: {error}", control.id));
            assert_eq!(
                held(&account, region, rule_name),
                scanned(&report, control, region),
                "control {} in {region}",
                control.id
            );
            compared.insert((region.clone(), control.id));
        }
    }
    let expected: BTreeSet<_> = CONTROLS
        .into_iter()
        .flat_map(|control| ["us-east-1", "eu-west-1"].map(|region| (region, control)))
        .filter(|(region, control)| *region == "us-east-1" || control.scope == Scope::Regional)
        .map(|(region, control)| (region.to_owned(), control.id))
        .collect();
    assert_eq!(compared.len(), expected.len());
    assert_eq!(
        scanned(&report, CONTROLS[2], "us-east-1").into_values().collect::<Vec<_>>(),
        ["COMPLIANT"],
        "the register counts"
    );
}

fn deploy(account: &TestAccount, register: &Path, extract: &Path) -> Value {
    let script = package().join("environment/deploy_functions.py");
    let output = Command::new(python())
        .arg(script)
        .args(["--endpoint", &endpoint(), "--account", &account.id, "--bootstrap"])
        .arg(program("bootstrap"))
        .arg("--register")
        .arg(register)
        .arg("--extract")
        .arg(extract)
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", text(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}
