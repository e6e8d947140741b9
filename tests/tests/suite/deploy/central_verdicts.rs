//! Central functions evaluate member accounts as a scan of each does, and no other accounts.

use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_rules::registry::CONTROLS;
use plumbline_tests::checks::file;
use plumbline_tests::config_items::of_control;
use plumbline_tests::environment::{TestAccount, endpoint};
use plumbline_tests::lambda_runtime::{ConfigEvent, RunningFunction, in_a_month};
use plumbline_tests::programs::{
    environment, isolated, json as json_of, program, recorded, stdout,
};
use plumbline_tests::verdicts::{held, scanned};
use serde_json::{Value, json};

use super::{HOME, OTHER, Organization, account, json_call};

/// Global and regional controls, scheduled and change-triggered ones; 1.3 depends on the register.
const CHOSEN: [&str; 5] = ["1.3", "1.12", "1.16", "2.1.3", "5.2"];

/// An organization whose management account evaluates the rules of a member with the resources of
/// the demo.
struct Served {
    organization: Organization,
    _folder: tempfile::TempDir,
    register: String,
}

impl Served {
    fn new() -> Self {
        let organization = Organization { functions: None, ..Organization::new() };
        let member = &organization.members[0];
        member.seed();
        // The demo account has other Regions.
        member.control("ec2/regions", json!({ "regions": [HOME, OTHER] }));
        for region in [HOME, OTHER] {
            member.recorder(region);
        }
        member.enable_security_hub(OTHER);
        let attested = json!({
            "control": "1.3", "accounts": [member.id], "verdict": "compliant", "by": "Security",
            "on": "2026-01-01", "until": in_a_month(), "evidence": "ticket"
        });
        let folder = tempfile::tempdir().expect("a folder");
        let content = json!({ "schema": 1, "attestations": [attested] }).to_string();
        let register = file(&folder, "register.json", &content);
        let arguments = ["--functions", "central", "--register", &register, "--apply"];
        stdout(&organization.deploy(&arguments), 0);
        Self { organization, _folder: folder, register }
    }

    fn member(&self) -> &TestAccount {
        &self.organization.members[0]
    }

    /// The configuration of a control's function in a Region.
    fn function(&self, region: &str, control: &Control) -> Value {
        let name = format!("plumbline-central-{}", control.id.dashed());
        let url = format!("{}/2015-03-31/functions/{name}/configuration", endpoint());
        let central = &self.organization.management;
        let mut answer = ureq::get(&url)
            .header("Authorization", central.authorization("lambda", region))
            .call()
            .unwrap_or_else(|error| panic!("{name} in {region}: {error}"));
        answer.body_mut().read_json().expect("JSON")
    }

    /// A control's function in a Region, running.
    fn running(&self, region: &str, function: &Value) -> RunningFunction {
        let central = &self.organization.management;
        RunningFunction::deployed(central, region, program("bootstrap"), function)
    }

    /// The answer of a control's function in the home Region to an event.
    fn answer(&self, control: &Control, event: &Value) -> Result<Value, Value> {
        self.running(HOME, &self.function(HOME, control)).invoke(event).answer
    }
}

/// The name of a control's rule in an account, and its parameters.
fn rule_of(account: &TestAccount, region: &str, control: &Control) -> (String, Value) {
    let begin = format!("{}-conformance-pack-", control.rule_name());
    let mut body = json!({});
    loop {
        let page =
            json_call(account, region, "config", "StarlingDoveService.DescribeConfigRules", &body);
        let text = |rule: &Value, name: &str| rule[name].as_str().unwrap_or_default().to_owned();
        let rules = page["ConfigRules"].as_array().expect("a list");
        let found = rules.iter().find(|rule| text(rule, "ConfigRuleName").starts_with(&begin));
        if let Some(rule) = found {
            let arn = text(rule, "ConfigRuleArn");
            assert!(arn.contains(":config-rule/aws-service-rule/config-conforms."), "{arn}");
            let parameters = text(rule, "InputParameters");
            let parameters = serde_json::from_str(&parameters).expect("JSON");
            return (text(rule, "ConfigRuleName"), parameters);
        }
        body = json!({ "NextToken": page["NextToken"].as_str().expect("another page") });
    }
}

fn control(id: &str) -> &'static Control {
    CONTROLS.into_iter().find(|control| control.id.as_str() == id).expect("a control")
}

/// The message of a function's error.
fn message(answer: Result<Value, Value>) -> String {
    let error = answer.expect_err("an error");
    error["errorMessage"].as_str().expect("a message").to_owned()
}

#[test]
fn central_functions_decide_as_a_scan_of_the_member() {
    let served = Served::new();
    let (central, member) = (&served.organization.management, served.member());
    let mut scan = isolated(program("plumbline"));
    scan.envs(environment(member, HOME)).args([
        "scan",
        "--format",
        "json",
        "--register",
        &served.register,
    ]);
    let chosen = CHOSEN.iter().flat_map(|id| ["--control", id]);
    let report = json_of(&scan.args(chosen).output().expect("plumbline starts"), 0);
    let snapshot = recorded(member);
    let functions: Vec<(&Control, &str, Value)> = CHOSEN
        .iter()
        .flat_map(|id| [HOME, OTHER].map(|region| (control(id), region)))
        .filter(|(control, region)| *region == HOME || control.scope == Scope::Regional)
        .map(|(control, region)| (control, region, served.function(region, control)))
        .collect();
    for account in [central, member] {
        account.forget("calls");
    }
    let mut by_changes = 0;
    for (control, region, function) in &functions {
        let (rule, parameters) = rule_of(member, region, control);
        let mut running = served.running(region, function);
        let event = ConfigEvent { parameters, ..ConfigEvent::of(member, region, &rule) };
        let expected = scanned(&report, control, region);
        let items = control
            .change_type()
            .map_or_else(Vec::new, |_| of_control(control, member, &snapshot, region));
        for item in &items {
            running
                .invoke(&event.changed(item))
                .answer
                .unwrap_or_else(|error| panic!("control {} in {region}: {error}", control.id));
            by_changes += 1;
        }
        let of_items = held(member, region, &rule);
        assert_eq!(of_items.len(), items.len(), "control {} in {region}", control.id);
        assert!(
            of_items.iter().all(|(id, verdict)| expected.get(id) == Some(verdict)),
            "control {} in {region}: {of_items:?} {expected:?}",
            control.id
        );
        running
            .invoke(&event.scheduled())
            .answer
            .unwrap_or_else(|error| panic!("control {} in {region}: {error}", control.id));
        assert_eq!(held(member, region, &rule), expected, "control {} in {region}", control.id);
        assert!(!expected.is_empty(), "control {} in {region}: nothing was compared", control.id);
    }
    assert!(by_changes > 10, "{by_changes}");
    assert_eq!(
        scanned(&report, control("1.3"), HOME).into_values().collect::<Vec<_>>(),
        ["COMPLIANT"],
        "the register counts"
    );

    // The central account reads the register and assumes the role; all other calls are sent to the
    // member account.
    let calls = central.calls();
    let others: Vec<&String> = calls
        .iter()
        .filter(|call| !["sts:AssumeRole", "s3:GetObject"].contains(&call.as_str()))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    for call in ["config:PutEvaluations", "securityhub:BatchImportFindings"] {
        assert!(member.calls().contains(&call.to_owned()), "{call}");
    }
    for region in [HOME, OTHER] {
        let findings = member.findings(region)["findings"].as_array().expect("a list").clone();
        assert!(
            !findings.is_empty()
                && findings.iter().all(|finding| finding["AwsAccountId"] == member.id.as_str()),
            "{findings:?}"
        );
    }
    assert_eq!(central.findings(HOME)["findings"], json!([]));
}

#[test]
fn a_members_own_rule_replaces_no_finding() {
    let served = Served::new();
    let member = served.member();
    let control = control("1.14");
    let (rule, parameters) = rule_of(member, HOME, control);
    let event = ConfigEvent { parameters, ..ConfigEvent::of(member, HOME, &rule) };
    served.answer(control, &event.scheduled()).expect("an evaluation");
    let findings = || {
        let all = member.findings(HOME)["findings"].as_array().expect("a list").clone();
        let of = |finding: &Value| finding["Id"].as_str().expect("an id").contains("/1.14/");
        all.into_iter().filter(of).collect::<Vec<_>>()
    };
    let before = findings();
    assert!(!before.is_empty());

    // A rule that the member created, also with the same parameters as the pack's rule.
    let own = ConfigEvent { is_of_pack: false, ..ConfigEvent::of(member, HOME, "mine") };
    let lax = json!({ "maxAccessKeyAge": "3650" });
    for parameters in [event.parameters.clone(), lax.clone(), json!({})] {
        let own = ConfigEvent { parameters, ..own.clone() };
        let message = message(served.answer(control, &own.scheduled()));
        assert!(message.contains("rule mine does not belong to a conformance pack"), "{message}");
    }
    // A pack that the member created.
    let pack = ConfigEvent { parameters: lax, ..ConfigEvent::of(member, HOME, "mine") };
    let message = message(served.answer(control, &pack.scheduled()));
    assert!(message.contains("differ from the deployed parameters"), "{message}");
    assert_eq!(findings(), before);
    assert!(held(member, HOME, "mine").is_empty());
}

#[test]
fn who_is_of_another_organization_is_not_served() {
    let served = Served::new();
    let central = &served.organization.management;
    let outside = account();
    let control = control("1.16");
    let function = served.function(HOME, control);

    // AWS Config checks the permission of the function when it creates a rule.
    let arn = function["FunctionArn"].as_str().expect("an ARN");
    let rule = json!({ "ConfigRule": { "ConfigRuleName": "mine", "Source": {
        "Owner": "CUSTOM_LAMBDA", "SourceIdentifier": arn, "SourceDetails": [
            { "EventSource": "aws.config", "MessageType": "ScheduledNotification" }] } } });
    let put = |account: &TestAccount| {
        json_call(account, HOME, "config", "StarlingDoveService.PutConfigRule", &rule)
    };
    let refused = std::panic::catch_unwind(|| put(&outside));
    assert!(refused.is_err(), "the function serves {}", outside.id);
    put(served.member());

    // Even if the function is invoked, its role cannot assume another role, not even one that
    // trusts its account.
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
        "Principal": { "AWS": format!("arn:aws:iam::{}:root", central.id) },
        "Action": "sts:AssumeRole" }] });
    outside.iam(&[
        ("Action", "CreateRole"),
        ("RoleName", "plumbline-member"),
        ("AssumeRolePolicyDocument", &trust.to_string()),
    ]);
    let event = ConfigEvent::of(&outside, HOME, "mine").scheduled();
    let denied = message(served.answer(control, &event));
    assert!(denied.contains("access denied to sts:AssumeRole"), "{denied}");
    assert!(held(&outside, HOME, "mine").is_empty());

    // The account in an event comes from the caller.
    let (rule, _) = rule_of(served.member(), HOME, control);
    let mut event = ConfigEvent::of(served.member(), HOME, &rule).scheduled();
    event["accountId"] = json!(served.organization.members[1].id);
    let refused = message(served.answer(control, &event));
    assert!(
        refused.contains("nothing was evaluated")
            || refused.contains("configRuleArn names account")
    );
    assert_eq!(central.findings(HOME)["findings"], json!([]));
}

#[test]
fn the_members_role_trusts_the_functions_and_nobody_else_of_the_account() {
    let served = Served::new();
    let central = &served.organization.management;
    let (member, control) = (served.member(), control("1.16"));
    let (rule, parameters) = rule_of(member, HOME, control);
    let event = ConfigEvent { parameters, ..ConfigEvent::of(member, HOME, &rule) }.scheduled();

    // Another role of the same account, which is allowed to assume every role.
    central.create_role("other");
    central.iam(&[
        ("Action", "PutRolePolicy"),
        ("RoleName", "other"),
        ("PolicyName", "all"),
        (
            "PolicyDocument",
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        ),
    ]);
    let mut other = served.function(HOME, control);
    other["Role"] = json!(format!("arn:aws:iam::{}:role/other", central.id));
    let denied = message(served.running(HOME, &other).invoke(&event).answer);
    assert!(denied.contains("access denied to sts:AssumeRole"), "{denied}");
    assert!(held(member, HOME, &rule).is_empty());
    served.answer(control, &event).expect("an evaluation");
    assert!(!held(member, HOME, &rule).is_empty());
}
