//! Functions that start at the same time, within the rate limits of AWS: no result is lost.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use plumbline_core::control::Control;
use plumbline_rules::registry::CONTROLS;
use plumbline_tests::busy_aws::BusyAws;
use plumbline_tests::environment::{TestAccount, endpoint};
use plumbline_tests::fleet::{Fleet, Planned, Ran};
use plumbline_tests::lambda_runtime::{ConfigEvent, configured};
use plumbline_tests::large_account::{Faults, LargeAccount, Resources};
use plumbline_tests::programs::{isolated, release_program};
use serde_json::{Value, json};

/// The command of a deployed function, for AWS at an endpoint.
fn deployed(account: &TestAccount, endpoint: &str, handler: &str, address: &str) -> Command {
    let variables = [("AWS_ENDPOINT_URL", endpoint), ("RUST_LOG", "error")];
    let program = isolated(release_program("bootstrap"));
    let mut command =
        configured(program, account, LargeAccount::REGION, handler, address, &variables);
    command.env_remove("AWS_MAX_ATTEMPTS").env_remove("PLUMBLINE_JITTER_MS");
    command
}

/// Prints the measurements, and checks that each event succeeded.
fn assert_done(what: &str, ran: &[Ran]) {
    let failed: Vec<&Ran> = ran.iter().filter(|ran| !ran.is_done()).collect();
    let again = ran.iter().filter(|ran| ran.attempts.len() > 1).count();
    let last = ran.iter().filter_map(|ran| Some(ran.attempts.last()?.0)).max().unwrap_or_default();
    let longest = ran.iter().map(|ran| ran.longest).max().unwrap_or_default();
    eprintln!(
        "{what}: {} events, {again} of them again, longest run {:.1} s, longest from event to end \
         {:.1} s",
        ran.len(),
        longest.as_secs_f64(),
        last.as_secs_f64()
    );
    for ran in ran.iter().filter(|ran| ran.attempts.len() > 1) {
        eprintln!("{}: {:?}", ran.handler, ran.attempts[0]);
    }
    assert!(failed.is_empty(), "{what}: {failed:?}");
}

#[test]
#[ignore = "cargo xtask test --limits"]
fn scheduled_functions_at_one_moment_lose_nothing() {
    for seed in 1..=3 {
        let account = TestAccount::seeded();
        let aws = BusyAws::start(Faults::seeded(seed).documented_rates().share("*", 0.01));
        let events: Vec<Planned> =
            CONTROLS.iter().map(|control| scheduled(&account, control)).collect();
        let ran = once().run(&account, &events, |handler, address| {
            deployed(&account, &aws.endpoint(), handler, address)
        });
        assert_done("scheduled functions at one moment", &ran);
        let busy = published(&account);
        // One after the other, without a time limit.
        for event in &events {
            let ran = once().run(&account, std::slice::from_ref(event), |handler, address| {
                deployed(&account, &endpoint(), handler, address)
            });
            assert!(ran[0].is_done(), "{ran:?}");
        }
        for (what, outcome) in published(&account) {
            assert_eq!(busy.get(&what), Some(&outcome), "seed {seed}: {what}");
        }
    }
}

/// The results of each rule in AWS Config, and the findings in Security Hub.
fn published(account: &TestAccount) -> BTreeMap<String, Value> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut published = BTreeMap::new();
    for control in CONTROLS {
        let rule = control.rule_name();
        let held = account.evaluations(LargeAccount::REGION, &rule);
        for held in held["evaluations"].as_array().expect("a list") {
            let what = format!("{rule} {}", text(&held["ComplianceResourceId"]));
            published.insert(what, held["ComplianceType"].clone());
        }
    }
    for finding in account.findings(LargeAccount::REGION)["findings"].as_array().expect("a list") {
        let state = json!([finding["RecordState"], finding["Compliance"]["Status"]]);
        published.insert(text(&finding["Id"]), state);
    }
    published
}

fn scheduled(account: &TestAccount, control: &Control) -> Planned {
    let rule = control.rule_name();
    let event = ConfigEvent::of(account, LargeAccount::REGION, &rule).scheduled();
    Planned { handler: rule, event, at: Duration::ZERO }
}

/// The event of a security group that opens port 22 to 0.0.0.0/0.
fn opened(control: &str, group: usize, at: Duration) -> Planned {
    let (id, region) = (LargeAccount::ID, LargeAccount::REGION);
    let captured = chrono::Utc::now() + at;
    let captured = captured.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let range = |family: &str, member: &str, block: &str| {
        json!({ "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "userIdGroupPairs": [],
            "prefixListIds": [], "ipRanges": [], "ipv4Ranges": [], "ipv6Ranges": [],
            family: [{ member: block }] })
    };
    let item = json!({
        "version": "1.3", "configurationItemCaptureTime": captured,
        "configurationItemStatus": "OK", "configurationStateId": "1",
        "arn": format!("arn:aws:ec2:{region}:{id}:security-group/sg-{group:06}"),
        "resourceType": "AWS::EC2::SecurityGroup", "resourceId": format!("sg-{group:06}"),
        "resourceName": format!("group-{group}"), "awsRegion": region, "awsAccountId": id,
        "tags": {}, "relatedEvents": [], "relationships": [], "supplementaryConfiguration": {},
        "configuration": {
            "groupId": format!("sg-{group:06}"), "groupName": format!("group-{group}"),
            "description": "d", "ownerId": id, "vpcId": "vpc-1", "tags": [],
            "ipPermissionsEgress": [],
            "ipPermissions": [range("ipv4Ranges", "cidrIp", "0.0.0.0/0"),
                range("ipv6Ranges", "cidrIpv6", "::/0")]
        }
    });
    let invoking = json!({ "configurationItemDiff": null, "configurationItem": item,
        "notificationCreationTime": captured,
        "messageType": "ConfigurationItemChangeNotification", "recordVersion": "1.3" });
    let event = json!({
        "version": "1.0", "invokingEvent": invoking.to_string(), "ruleParameters": "{}",
        "resultToken": LargeAccount::token(control), "eventLeftScope": false,
        "executionRoleArn": "", "configRuleId": "config-rule-abc123", "configRuleName": control,
        "configRuleArn": format!("arn:aws:config:{region}:{id}:config-rule/config-rule-abc123"),
        "accountId": id
    });
    Planned { handler: control.to_owned(), event, at }
}

/// Security groups open over a period. Each is a change for every given control, and all results
/// arrive.
fn changes_arrive(what: &str, controls: &[&str], groups: usize, over: Duration, fleet: &Fleet) {
    let resources = Resources { groups, bad: (0..groups).collect(), ..Resources::default() };
    let large = LargeAccount::start(resources, Faults::default().documented_rates());
    let account = TestAccount { id: LargeAccount::ID.to_owned() };
    let events: Vec<Planned> = (0..groups)
        .flat_map(|group| {
            let at = over.mul_f64(group as f64 / groups as f64);
            controls.iter().map(move |control| opened(control, group, at))
        })
        .collect();
    let ran = fleet.run(&account, &events, |handler, address| {
        deployed(&account, &large.endpoint(), handler, address)
    });
    eprintln!("{what}: {:?}", large.calls());
    assert_done(what, &ran);
    let findings = large.findings();
    for control in controls {
        let held = large.evaluations_of(control);
        assert_eq!(held.len(), groups, "{what}: evaluations of {control}");
        assert!(held.values().all(|held| held.compliance == "NON_COMPLIANT"), "{control}");
        let of_control = findings
            .iter()
            .filter(|(id, held)| id.contains(&format!("/{control}/")) && held.status() == "FAILED");
        assert_eq!(of_control.count(), groups, "{what}: findings of {control}");
    }
    let slowest = ran.iter().filter_map(|ran| Some(ran.attempts.last()?.0)).max();
    assert!(slowest < Some(Duration::from_secs(600)), "{what}: {slowest:?}");
}

/// A fleet without retries: each event must succeed at the first attempt.
fn once() -> Fleet {
    Fleet { retries: Vec::new(), ..Fleet::default() }
}

/// The controls that read the credential report, which IAM generates for one caller at a time.
#[test]
#[ignore = "cargo xtask test --limits"]
fn functions_that_share_the_credential_report_all_have_it() {
    let account = TestAccount::seeded();
    account.forget("iam/credential-report");
    let faults = Faults::default().rate(&["iam:GenerateCredentialReport"], 1.0, 1.0);
    let aws = BusyAws::start(faults);
    let reads = |control: &&&Control| {
        control.reads().iter().any(|read| read.name == "iam:GenerateCredentialReport")
    };
    let controls: Vec<&Control> = CONTROLS.iter().filter(reads).copied().collect();
    assert!(controls.len() >= 7, "{}", controls.len());
    let events: Vec<Planned> =
        controls.iter().map(|control| scheduled(&account, control)).collect();
    let ran = once().run(&account, &events, |handler, address| {
        deployed(&account, &aws.endpoint(), handler, address)
    });
    assert_done("functions that share the credential report", &ran);
    for control in controls {
        let evaluations = account.evaluations(LargeAccount::REGION, &control.rule_name());
        let evaluations = evaluations["evaluations"].as_array().expect("a list");
        assert!(!evaluations.is_empty(), "{}", control.id);
    }
    let findings = account.findings(LargeAccount::REGION);
    for finding in findings["findings"].as_array().expect("a list") {
        let code = finding["Compliance"]["StatusReasons"][0]["ReasonCode"].as_str();
        let is_read = code.is_none_or(|code| !code.starts_with("READ_") && code != "OUT_OF_TIME");
        assert!(is_read, "{finding}");
    }
}

#[test]
#[ignore = "cargo xtask test --limits"]
fn changes_at_one_moment_lose_nothing() {
    changes_arrive("63 changes at one moment", &["5.2"], 63, Duration::ZERO, &once());
}

#[test]
#[ignore = "cargo xtask test --limits"]
fn changes_within_seconds_lose_nothing() {
    let over = Duration::from_secs(20);
    changes_arrive("120 changes within 20 s", &["5.2", "5.3"], 60, over, &once());
}

#[test]
#[ignore = "cargo xtask test --limits"]
fn a_thousand_changes_within_a_minute_lose_nothing_nightly() {
    let over = Duration::from_secs(60);
    changes_arrive("1,000 changes within a minute", &["5.2"], 1_000, over, &Fleet::default());
}
