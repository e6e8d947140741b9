//! Covered, scanned, stale and broken accounts, and their results in a place that members cannot
//! change.

use std::collections::BTreeMap;

use plumbline_rules::registry::{CONTROLS, find};
use plumbline_tests::checks::assert_valid;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::RunningFunction;
use plumbline_tests::programs::{environment, isolated, json as json_of, program};
use serde_json::{Value, json};

use super::{
    CoveredOrganization, HOME, OTHER, both, controls, custom_rule, of, pack_rule, rules_of_packs,
    states, text, without_recorder,
};

/// The findings in Security Hub of an account: status by id.
fn hub(account: &TestAccount) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for region in [HOME, OTHER] {
        let findings = account.findings(region);
        for one in findings["findings"].as_array().expect("a list") {
            found
                .insert(text(&one["Id"]).to_owned(), text(&one["Compliance"]["Status"]).to_owned());
        }
    }
    found
}

/// The result of `plumbline scan` for an account, with the values of Security Hub.
fn scan(audit: &TestAccount, account: &TestAccount) -> BTreeMap<String, String> {
    let mut scan = isolated(program("plumbline"));
    scan.envs(environment(audit, HOME)).envs(audit.session("plumbline-organization")).args([
        "scan",
        "--role-name",
        "plumbline-member",
        "--account",
        &account.id,
        "--region",
        HOME,
        "--region",
        OTHER,
        "--format",
        "json",
    ]);
    let report = json_of(&scan.output().expect("plumbline starts"), 0);
    let mut found = BTreeMap::new();
    for control in report["accounts"][0]["controls"].as_array().expect("controls") {
        for one in control["evaluations"].as_array().expect("evaluations") {
            let status = match text(&one["compliance"]) {
                "COMPLIANT" => "PASSED",
                "NON_COMPLIANT" => "FAILED",
                "NOT_ASSESSED" => "NOT_AVAILABLE",
                _ => continue,
            };
            found.insert(text(&one["id"]).to_owned(), status.to_owned());
        }
    }
    found
}

/// The line with which the function reports the metric.
fn metric(organization: &CoveredOrganization, summary: &Value) -> Value {
    let name = "plumbline-organization-accounts";
    let url = format!("{}/2015-03-31/functions/{name}", plumbline_tests::environment::endpoint());
    let audit = &organization.audit;
    let function: Value = ureq::get(&url)
        .header("Authorization", audit.authorization("lambda", HOME))
        .call()
        .expect("the function")
        .body_mut()
        .read_json()
        .expect("JSON");
    let mut running =
        RunningFunction::deployed(audit, HOME, program("bootstrap"), &function["Configuration"]);
    let accounts = summary["accounts"].as_array().expect("a list").iter();
    let ids: Vec<&Value> = accounts.map(|one| &one["account_id"]).collect();
    let run = json!({ "started_at": summary["run"], "regions": summary["regions"],
        "home_region": HOME, "management_account": null, "level": 2, "has_packs": true,
        "without_config": "scan", "parameters": {} });
    let event = json!({ "accounts": ids, "skipped": [], "run": run });
    running.invoke(&event).answer.expect("a summary");
    let log = running.stop();
    log.into_iter().find(|line| line.get("_aws").is_some()).expect("the metric")
}

#[test]
fn rules_are_checked_and_what_has_none_is_scanned() {
    let organization = CoveredOrganization::new(3);
    let CoveredOrganization { audit, members, unit, .. } = &organization;
    let [ruled, bare, broken] = members.as_slice() else { panic!("three members") };
    bare.seed();
    // The demo has its own answer about its recorder.
    bare.forget("overrides");
    for region in [HOME, OTHER] {
        without_recorder(bare, region);
    }
    let parameters =
        [format!("OrganizationalUnitIds={unit}"), format!("ExcludedAccounts={}", audit.id)];
    organization.deploy_with(&[ruled, bare], &parameters, true);
    rules_of_packs(ruled, audit);

    // New rules are started, and have time to be evaluated.
    let summary = organization.run();
    assert_valid("coverage", &summary);
    assert_valid("coverage", &organization.result(&bare.id));
    assert_eq!(of(&summary, audit)["state"], "excluded");
    assert_eq!(states(&summary, ruled), both("covered", "covered"));
    assert_eq!(states(&summary, bare), both("scanned", "scanned"));
    assert_eq!(of(&summary, broken)["state"], "role-broken");
    assert_eq!(summary["counts"]["covered"], 2, "{}", summary["counts"]);
    assert_eq!(summary["counts"]["failed"], 1);
    assert_eq!(summary["counts"]["skipped"], 1);
    assert_eq!(summary["problems"], json!([]));
    let started = ruled.inspect("config/started", "");
    let mut names: Vec<&str> = started["started"]
        .as_array()
        .expect("calls")
        .iter()
        .flat_map(|call| call["rules"].as_array().expect("rules"))
        .map(text)
        .collect();
    names.sort_unstable();
    let mut expected: Vec<String> =
        [HOME, OTHER].into_iter().flat_map(controls).map(pack_rule).collect();
    expected.sort_unstable();
    assert_eq!(names, expected);
    // The findings are those of a manual scan.
    assert_eq!(hub(bare), scan(audit, bare));
    assert!(hub(ruled).is_empty(), "rules publish themselves");
    let report = text(&of(&summary, bare)["reports"][0]).to_owned();
    let report = organization.result(report.trim_end_matches(".json"));
    assert_valid("report", &report);
    // A fault that a member causes is reported in the deploying account.
    let (status, reason) = organization.finding(broken).expect("a finding");
    assert_eq!(status, "FAILED");
    assert!(reason.contains("access denied to sts:AssumeRole"), "{reason}");
    assert_eq!(organization.finding(ruled).expect("a finding").0, "PASSED");
    assert_eq!(organization.finding(audit), None);
    let line = metric(&organization, &summary);
    assert_eq!(line["AccountsNotCovered"], 1, "{line}");

    stale_and_broken(&organization, ruled, bare);
}

/// A result that is not renewed, a deleted rule, and a role without its policy.
fn stale_and_broken(organization: &CoveredOrganization, ruled: &TestAccount, bare: &TestAccount) {
    let CoveredOrganization { audit, .. } = organization;
    ruled.control("config/evaluated", json!({}));
    let key = pack_rule(find("1.4").expect("a control"));
    ruled.control("config/evaluated", json!({ "rule_name": key, "days": 2 }));
    let policy = format!("arn:aws:iam::{}:policy/plumbline-member", bare.id);
    let detach = [
        ("Action", "DetachRolePolicy"),
        ("RoleName", "plumbline-member"),
        ("PolicyArn", policy.as_str()),
    ];
    bare.iam(&detach);
    // Policies of roles are not evaluated in the test environment.
    bare.fault("ec2", "DescribeRegions", "denied", json!({}));
    let summary = organization.run();
    assert_eq!(states(&summary, ruled), both("covered", "stale"));
    let place = &of(&summary, ruled)["places"][1];
    assert_eq!(place["rules"], CONTROLS.len());
    assert_eq!(place["stale"][0]["control"], "1.4");
    assert!(text(&place["reason"]).contains("1 rule was not evaluated within 36 hours: 1.4"));
    let (status, reason) = organization.finding(ruled).expect("a finding");
    assert_eq!(status, "FAILED");
    assert!(reason.contains("us-east-1 stale: 1 rule was not evaluated"), "{reason}");
    assert_eq!(of(&summary, bare)["state"], "role-broken");
    assert_eq!(organization.finding(bare).expect("a finding").0, "FAILED");

    // A rule that was not evaluated in time, a deleted rule, and a stopped recorder.
    bare.forget("faults");
    ruled.control("config/evaluated", json!({}));
    let target = "StarlingDoveService.DeleteConfigRule";
    let gone = json!({ "ConfigRuleName": pack_rule(find("5.2").expect("a control")) });
    ruled.json("config", target, HOME, &gone);
    let target = "StarlingDoveService.StopConfigurationRecorder";
    ruled.json("config", target, OTHER, &json!({ "ConfigurationRecorderName": "default" }));
    let summary = organization.run();
    assert_eq!(states(&summary, ruled), both("stale", "pack-missing"));
    let [stopped, missing] = [0, 1].map(|at| &of(&summary, ruled)["places"][at]["reason"]);
    assert!(text(stopped).contains("the AWS Config recorder is stopped"), "{stopped}");
    assert!(text(missing).contains("rules are missing: 5.2"), "{missing}");
    let result = organization.result(&ruled.id);
    assert_eq!(result["places"][1]["scanned"][0]["id"], "5.2", "what is missing is scanned");
    assert_eq!(result["places"][1]["scanned"].as_array().expect("a list").len(), 1);
    assert_eq!(of(&summary, bare)["state"], "scanned");
    assert_eq!(organization.finding(bare).expect("a finding").0, "PASSED", "it is fixed");
    assert_eq!(organization.finding(audit), None);

    pretended(organization, ruled);
}

/// A member's own rule that calls a function of the deploying account, and a rule with the name of
/// a control's rule that calls a function of the member.
fn pretended(organization: &CoveredOrganization, ruled: &TestAccount) {
    let CoveredOrganization { audit, .. } = organization;
    let target = "StarlingDoveService.StartConfigurationRecorder";
    ruled.json("config", target, OTHER, &json!({ "ConfigurationRecorderName": "default" }));
    let function =
        |region| format!("arn:aws:lambda:{region}:{}:function:plumbline-central-5-2", audit.id);
    custom_rule(ruled, OTHER, "mine", &function(OTHER));
    // The function of another control stands for one that always passes.
    let name = pack_rule(find("5.2").expect("a control"));
    custom_rule(ruled, HOME, &name, &function(HOME).replace("5-2", "5-3"));
    ruled.control("config/evaluated", json!({}));
    let summary = organization.run();
    assert_eq!(states(&summary, ruled), both("drifted", "drifted"));
    let places = &of(&summary, ruled)["places"];
    let [mine, renamed] = [0, 1].map(|at| text(&places[at]["reason"]));
    assert!(mine.contains("'mine' calls 'arn:aws:lambda:"), "{mine}");
    assert!(renamed.contains(&format!("'{name}' calls ")), "{renamed}");
    assert_eq!(places[0]["missing"], json!([]));
    assert_eq!(places[1]["missing"], json!(["5.2"]), "its results are not those of the control");
    assert_eq!(organization.finding(ruled).expect("a finding").0, "FAILED");
}
