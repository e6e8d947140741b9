//! Scheduled runs: evaluations in AWS Config and findings in Security Hub.

use plumbline_tests::config_items::bucket_item;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::{ConfigEvent, RunningFunction, now};
use serde_json::{Value, json};

use super::{GROUP_RULE, MFA_RULE, REGION, finding, held, imports, metrics, pair, with_buckets};

#[test]
fn a_schedule_becomes_evaluations_and_findings() {
    let (account, good, bad) = with_buckets();
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let answer = function
        .invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).scheduled())
        .answer
        .expect("success");
    assert_eq!(
        answer["counts"],
        json!({ "compliant": 1, "non_compliant": 1, "not_applicable": 0, "not_assessed": 0,
            "waived": 0 })
    );
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NON_COMPLIANT"), pair(&good, "COMPLIANT")]);

    let failed = finding(&account, &bad).expect("a finding");
    assert_eq!(failed["Compliance"]["Status"], "FAILED");
    assert_eq!(failed["Severity"]["Label"], "LOW");
    assert_eq!(failed["GeneratorId"], "plumbline/cis-aws-foundations/1.5.0/2.1.3");
    assert_eq!(
        failed["Id"],
        format!("plumbline/cis-1.5.0/2.1.3/{REGION}/{}/AWS::S3::Bucket/{bad}", account.id)
    );
    assert_eq!(failed["Resources"][0]["Id"], format!("arn:aws:s3:::{bad}"));
    assert_eq!(failed["Resources"][0]["Type"], "AwsS3Bucket");
    assert!(
        failed["Compliance"]["RelatedRequirements"]
            .as_array()
            .expect("a list")
            .contains(&json!("CIS Controls v8/6.5"))
    );
    assert_eq!(finding(&account, &good).expect("a finding")["Compliance"]["Status"], "PASSED");

    let log = function.stop();
    let line = log.iter().find(|line| line["message"] == "done").expect("one line an invocation");
    assert_eq!(
        (&line["control"], &line["account"], &line["non_compliant"], &line["findings_imported"]),
        (&json!("2.1.3"), &json!(account.id), &json!(1), &json!(2))
    );
    assert!(
        line["calls"].as_u64().expect("a number") >= 5 && line["milliseconds"].is_u64(),
        "{line}"
    );
    let metrics = metrics(&log).expect("metrics");
    assert_eq!(
        (&metrics["Evaluations"], &metrics["NotAssessed"], &metrics["FailedPublishes"]),
        (&json!(2), &json!(0), &json!(0))
    );
    assert_eq!(
        metrics["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().expect("metrics").len(),
        3
    );
}

#[test]
fn findings_link_to_the_configured_page() {
    let (account, _, bad) = with_buckets();
    let docs = [("PLUMBLINE_DOCS_URL", "https://wiki.example.com/{control}/{slug}")];
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &docs);
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    function.invoke(&event.scheduled()).answer.expect("success");
    let recommendation = &finding(&account, &bad).expect("a finding")["Remediation"];
    assert_eq!(
        recommendation["Recommendation"]["Url"],
        "https://wiki.example.com/2.1.3/bucket-mfa-delete"
    );
}

#[test]
fn as_deployed_a_function_that_is_well_writes_no_metrics() {
    let (account, _, _) = with_buckets();
    let mut function =
        RunningFunction::start(&account, REGION, MFA_RULE, &[("PLUMBLINE_METRICS", "problems")]);
    function
        .invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).scheduled())
        .answer
        .expect("success");
    assert_eq!(metrics(&function.stop()), None, "CloudWatch charges for each metric");
}

#[test]
fn a_second_identical_run_imports_nothing_and_a_deleted_bucket_is_archived() {
    let (account, good, bad) = with_buckets();
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    function.invoke(&event.scheduled()).answer.expect("success");
    let before = finding(&account, &bad).expect("a finding");
    assert_eq!(imports(&account), [2]);

    function.invoke(&event.scheduled()).answer.expect("success");
    assert_eq!(imports(&account), [2], "the second run imports nothing");

    account.s3("DELETE", &format!("/{bad}"), REGION, "");
    function.invoke(&event.scheduled()).answer.expect("success");
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NOT_APPLICABLE"), pair(&good, "COMPLIANT")]);
    let gone = finding(&account, &bad).expect("a finding");
    assert_eq!(
        (&gone["RecordState"], &gone["Compliance"]["Status"]),
        (&json!("ARCHIVED"), &json!("NOT_AVAILABLE"))
    );
    assert_eq!(
        (&gone["CreatedAt"], &gone["FirstObservedAt"]),
        (&before["CreatedAt"], &before["FirstObservedAt"])
    );
    assert_eq!(gone["Resources"][0]["Id"], before["Resources"][0]["Id"]);
    assert_eq!(imports(&account), [2, 1]);

    // The failure returns as the same finding, with its first-seen time.
    account.bucket(&bad, REGION);
    function.invoke(&event.scheduled()).answer.expect("success");
    let back = finding(&account, &bad).expect("a finding");
    assert_eq!(
        (&back["RecordState"], &back["CreatedAt"]),
        (&json!("ACTIVE"), &before["CreatedAt"])
    );
}

#[test]
fn what_users_wrote_on_a_finding_survives() {
    let (account, _, bad) = with_buckets();
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    function.invoke(&event.scheduled()).answer.expect("success");
    let before = finding(&account, &bad).expect("a finding");
    let note = json!({ "Note": { "Text": "known", "UpdatedBy": "me" },
        "Workflow": { "Status": "NOTIFIED" } });
    account.update_finding(
        REGION,
        before["Id"].as_str().expect("an id"),
        before["ProductArn"].as_str().expect("an ARN"),
        note,
    );
    account.versioning(&bad, REGION, "Suspended", "Disabled");
    function.invoke(&event.scheduled()).answer.expect("success");
    let after = finding(&account, &bad).expect("a finding");
    assert!(after["Description"].as_str().expect("a text").contains("suspended"), "{after}");
    assert_eq!(
        (&after["Note"]["Text"], &after["Workflow"]["Status"], &after["CreatedAt"]),
        (&json!("known"), &json!("NOTIFIED"), &before["CreatedAt"])
    );
}

#[test]
fn two_hundred_and_fifty_evaluations_go_out_in_three_calls() {
    let account = TestAccount::new();
    account.enable_security_hub(REGION);
    for number in 0..249 {
        account.ec2(
            REGION,
            &[
                ("Action", "CreateSecurityGroup"),
                ("GroupName", &format!("g{number}")),
                ("GroupDescription", "test"),
                ("VpcId", &vpc(&account)),
            ],
        );
    }
    let mut function = RunningFunction::start(&account, REGION, GROUP_RULE, &[]);
    let event = ConfigEvent::of(&account, REGION, GROUP_RULE);
    function.invoke(&event.scheduled()).answer.expect("success");
    let stored = account.evaluations(REGION, GROUP_RULE);
    assert_eq!(stored["sizes"], json!([100, 100, 50]));
    assert_eq!(held(&account, GROUP_RULE).len(), 250);
    assert_eq!(imports(&account), [100, 100, 50]);
    function.invoke(&event.scheduled()).answer.expect("success");
    assert_eq!(imports(&account), [100, 100, 50], "an identical run imports no finding twice");
}

fn vpc(account: &TestAccount) -> String {
    let answer = account.ec2(REGION, &[("Action", "DescribeVpcs")]);
    answer
        .split("<vpcId>")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .expect("the default VPC")
        .to_owned()
}

#[test]
fn a_central_function_works_in_the_member_account() {
    let (member, good, bad) = with_buckets();
    let central = TestAccount::new();
    member.iam(&[
        ("Action", "CreateRole"),
        ("RoleName", "plumbline-member"),
        ("AssumeRolePolicyDocument", "{}"),
    ]);
    let mut function = RunningFunction::start(
        &central,
        REGION,
        MFA_RULE,
        &[("PLUMBLINE_ROLE_NAME", "plumbline-member")],
    );
    function
        .invoke(&ConfigEvent::of(&member, REGION, MFA_RULE).scheduled())
        .answer
        .expect("success");
    assert_eq!(held(&member, MFA_RULE), [pair(&bad, "NON_COMPLIANT"), pair(&good, "COMPLIANT")]);
    assert_eq!(finding(&member, &bad).expect("a finding")["AwsAccountId"], json!(member.id));
    assert_eq!(central.calls(), ["sts:AssumeRole"]);

    let mut without_role = RunningFunction::start(&central, REGION, MFA_RULE, &[]);
    let error = without_role
        .invoke(&ConfigEvent::of(&member, REGION, MFA_RULE).scheduled())
        .answer
        .expect_err("no role");
    assert!(
        error["errorMessage"].as_str().expect("a message").contains("PLUMBLINE_ROLE_NAME"),
        "{error}"
    );
}

#[test]
fn a_global_control_elsewhere_says_nothing_and_clears_what_it_said() {
    let account = TestAccount::new();
    let rule = "cis-1-4-root-access-key";
    let mut home = RunningFunction::start(&account, REGION, "1.4", &[]);
    home.invoke(&ConfigEvent::of(&account, REGION, rule).scheduled()).answer.expect("success");
    assert_eq!(held(&account, rule), [pair(&account.id, "COMPLIANT")]);
    account.iam(&[("Action", "CreateUser"), ("UserName", "alice")]);
    let users = "cis-1-12-unused-credentials";
    RunningFunction::start(&account, REGION, users, &[])
        .invoke(&ConfigEvent::of(&account, REGION, users).scheduled())
        .answer
        .expect("success");
    RunningFunction::start(&account, REGION, users, &[("PLUMBLINE_HOME_REGION", "eu-west-1")])
        .invoke(&ConfigEvent::of(&account, REGION, users).scheduled())
        .answer
        .expect("success");
    let evaluations = account.evaluations(REGION, users);
    for evaluation in evaluations["evaluations"].as_array().expect("a list") {
        assert!(
            evaluation["Annotation"]
                .as_str()
                .expect("a reason")
                .contains("evaluated in eu-west-1 only"),
            "{evaluation}"
        );
    }
    let mut elsewhere =
        RunningFunction::start(&account, REGION, "1.4", &[("PLUMBLINE_HOME_REGION", "eu-west-1")]);
    elsewhere.invoke(&ConfigEvent::of(&account, REGION, rule).scheduled()).answer.expect("success");
    assert_eq!(held(&account, rule), [pair(&account.id, "NOT_APPLICABLE")]);
    elsewhere
        .invoke(&ConfigEvent::of(&account, REGION, rule).scheduled())
        .answer
        .expect("an empty list is legal");
}

#[test]
fn the_scheduled_time_orders_results() {
    let (account, good, _) = with_buckets();
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    function.invoke(&event.scheduled()).answer.expect("success");
    let mut late = bucket_item(&account, REGION, &good, "Suspended", json!(false));
    late["configurationItemCaptureTime"] = json!("2020-01-01T00:00:00.000Z");
    function.invoke(&event.changed(&late)).answer.expect("success");
    assert!(
        held(&account, MFA_RULE).contains(&pair(&good, "COMPLIANT")),
        "an older item does not overwrite a newer result; now is {}",
        now()
    );
}

#[test]
fn what_comes_late_does_not_replace_what_is_newer() {
    let (account, _, bad) = with_buckets();
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    let captured = |seconds: i64, status: &str| {
        let mut item = bucket_item(&account, REGION, &bad, status, json!(true));
        item["configurationItemCaptureTime"] = json!(
            (chrono::Utc::now() - chrono::TimeDelta::seconds(seconds))
                .format("%Y-%m-%dT%H:%M:%S%.3fZ")
                .to_string()
        );
        item
    };
    function.invoke(&event.changed(&captured(60, "Suspended"))).answer.expect("success");
    function.invoke(&event.changed(&captured(600, "Enabled"))).answer.expect("success");
    let mut deleted = captured(500, "Off");
    deleted["configurationItemStatus"] = json!("ResourceDeleted");
    function.invoke(&event.changed(&deleted)).answer.expect("success");
    let current = finding(&account, &bad).expect("a finding");
    assert_eq!(
        (&current["Compliance"]["Status"], &current["RecordState"]),
        (&json!("FAILED"), &json!("ACTIVE"))
    );
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NON_COMPLIANT")]);
}

#[test]
fn a_run_does_not_archive_what_was_made_while_it_ran() {
    let (account, good, _) = with_buckets();
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let late = bucket_item(&account, REGION, "made-meanwhile", "Off", Value::Null);
    let mut scheduled = event.scheduled();
    let mut invoking: Value =
        serde_json::from_str(scheduled["invokingEvent"].as_str().expect("a text")).expect("JSON");
    invoking["notificationCreationTime"] = json!(
        (chrono::Utc::now() - chrono::TimeDelta::seconds(30))
            .format("%Y-%m-%dT%H:%M:%S%.3fZ")
            .to_string()
    );
    scheduled["invokingEvent"] = json!(invoking.to_string());
    function.invoke(&event.changed(&late)).answer.expect("success");
    function.invoke(&scheduled).answer.expect("success");
    assert_eq!(finding(&account, "made-meanwhile").expect("a finding")["RecordState"], "ACTIVE");
    assert_eq!(finding(&account, &good).expect("a finding")["Compliance"]["Status"], "PASSED");
}
