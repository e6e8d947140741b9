//! The real function under a Lambda runtime: events in, stored evaluations and findings out.

use plumbline_tests::aws::Account;
use plumbline_tests::items::{bucket_item, group_item};
use plumbline_tests::lambda::{Event, Function, command, now};
use serde_json::{Value, json};

const REGION: &str = "us-east-1";
const MFA_RULE: &str = "cis-2-1-3-bucket-mfa-delete";
const GROUP_RULE: &str = "cis-5-2-sg-admin-ports-ipv4";

/// What Config holds of a rule: resource id and outcome, ordered.
fn held(account: &Account, rule: &str) -> Vec<(String, String)> {
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
fn finding(account: &Account, resource_id: &str) -> Option<Value> {
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

fn imports(account: &Account) -> Vec<u64> {
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

/// An account with Security Hub and two buckets, one of which is as it should be.
fn with_buckets() -> (Account, String, String) {
    let account = Account::new();
    account.enable_security_hub(REGION);
    let (good, bad) = (format!("good-{}", account.id), format!("bad-{}", account.id));
    account.bucket(&good, REGION);
    account.bucket(&bad, REGION);
    account.versioning(&good, REGION, "Enabled", "Enabled");
    (account, good, bad)
}

#[test]
fn a_schedule_becomes_evaluations_and_findings() {
    let (account, good, bad) = with_buckets();
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    let answer = function
        .invoke(&Event::of(&account, REGION, MFA_RULE).scheduled())
        .answer
        .expect("success");
    assert_eq!(
        answer["counts"],
        json!({ "compliant": 1, "non_compliant": 1, "not_applicable": 0, "not_assessed": 0 })
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

/// The last line of counters in a log.
fn metrics(log: &[Value]) -> Option<&Value> {
    log.iter().rfind(|line| line.get("_aws").is_some())
}

#[test]
fn as_deployed_a_function_that_is_well_writes_no_metrics() {
    let (account, _, _) = with_buckets();
    let mut function =
        Function::start(&account, REGION, MFA_RULE, &[("PLUMBLINE_METRICS", "problems")]);
    function.invoke(&Event::of(&account, REGION, MFA_RULE).scheduled()).answer.expect("success");
    assert_eq!(metrics(&function.stop()), None, "CloudWatch charges what it hears");
}

#[test]
fn a_second_identical_run_imports_nothing_and_a_deleted_bucket_is_archived() {
    let (account, good, bad) = with_buckets();
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    let event = Event::of(&account, REGION, MFA_RULE);
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

    // It comes back under the same finding, which was first seen long ago.
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
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    let event = Event::of(&account, REGION, MFA_RULE);
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
fn a_change_is_decided_from_its_item_and_touches_nothing_else() {
    let (account, good, bad) = with_buckets();
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    let event = Event::of(&account, REGION, MFA_RULE);
    function.invoke(&event.scheduled()).answer.expect("success");
    account.forget("calls");
    function
        .invoke(&event.changed(&bucket_item(&account, REGION, &bad, "Enabled", json!(true))))
        .answer
        .expect("success");
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "COMPLIANT"), pair(&good, "COMPLIANT")]);
    assert_eq!(finding(&account, &bad).expect("a finding")["Compliance"]["Status"], "PASSED");
    let calls = account.calls();
    assert!(
        !calls.iter().any(|call| call.starts_with("s3:")),
        "the item tells everything: {calls:?}"
    );
}

#[test]
fn what_an_item_lacks_is_read() {
    let (account, good, _) = with_buckets();
    let mut item = bucket_item(&account, REGION, &good, "Enabled", json!(null));
    item["supplementaryConfiguration"]
        .as_object_mut()
        .expect("an object")
        .remove("BucketVersioningConfiguration");
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    function.invoke(&Event::of(&account, REGION, MFA_RULE).changed(&item)).answer.expect("success");
    assert_eq!(held(&account, MFA_RULE), [pair(&good, "COMPLIANT")]);
}

#[test]
fn an_oversized_item_is_fetched() {
    let (account, good, _) = with_buckets();
    let item = bucket_item(&account, REGION, &good, "Suspended", json!(false));
    let mut stored = item.clone();
    for (event_name, history_name) in
        [("ARN", "arn"), ("awsAccountId", "accountId"), ("configurationItemVersion", "version")]
    {
        let value =
            stored.as_object_mut().expect("an object").remove(event_name).expect(event_name);
        stored[history_name] = value;
    }
    for unknown in ["relatedEvents", "configurationStateMd5Hash"] {
        stored.as_object_mut().expect("an object").remove(unknown);
    }
    stored["resourceCreationTime"] = json!("2026-01-01T00:00:00Z");
    stored["configurationStateId"] = json!("1");
    account.control("config/history", json!({ "region": REGION, "items": [stored] }));
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    function
        .invoke(&Event::of(&account, REGION, MFA_RULE).oversized(&item))
        .answer
        .expect("success");
    // The item says "suspended", the bucket itself would pass: the item decided.
    assert_eq!(held(&account, MFA_RULE), [pair(&good, "NON_COMPLIANT")]);
    assert!(account.calls().contains(&"config:GetResourceConfigHistory".to_owned()));
}

#[test]
fn an_oversized_item_that_cannot_be_fetched_is_read_instead() {
    let (account, good, _) = with_buckets();
    account.fault("config", "GetResourceConfigHistory", "denied", json!({}));
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    let item = bucket_item(&account, REGION, &good, "Suspended", json!(false));
    function
        .invoke(&Event::of(&account, REGION, MFA_RULE).oversized(&item))
        .answer
        .expect("success");
    assert_eq!(held(&account, MFA_RULE), [pair(&good, "COMPLIANT")]);
}

#[test]
fn deleted_and_departed_resources_are_not_applicable_and_archived() {
    let (account, good, bad) = with_buckets();
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    let event = Event::of(&account, REGION, MFA_RULE);
    function.invoke(&event.scheduled()).answer.expect("success");

    let mut deleted = bucket_item(&account, REGION, &bad, "Off", json!(null));
    deleted["configurationItemStatus"] = json!("ResourceDeleted");
    deleted["configuration"] = Value::Null;
    deleted["supplementaryConfiguration"] = json!({});
    function.invoke(&event.changed(&deleted)).answer.expect("success");
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NOT_APPLICABLE"), pair(&good, "COMPLIANT")]);
    assert_eq!(finding(&account, &bad).expect("a finding")["RecordState"], "ARCHIVED");

    let departed = Event { left_scope: true, ..event };
    function
        .invoke(&departed.changed(&bucket_item(&account, REGION, &good, "Enabled", json!(true))))
        .answer
        .expect("success");
    assert_eq!(
        held(&account, MFA_RULE),
        [pair(&bad, "NOT_APPLICABLE"), pair(&good, "NOT_APPLICABLE")]
    );
    assert_eq!(finding(&account, &good).expect("a finding")["RecordState"], "ARCHIVED");
}

#[test]
fn an_item_of_another_type_is_not_applicable() {
    let account = Account::new();
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    let item = group_item(&account, REGION, "sg-1", json!([]));
    function.invoke(&Event::of(&account, REGION, MFA_RULE).changed(&item)).answer.expect("success");
    assert_eq!(held(&account, MFA_RULE), [pair("sg-1", "NOT_APPLICABLE")]);
}

#[test]
fn a_group_is_judged_from_an_event_with_texts_and_objects() {
    let account = Account::new();
    let rule = |v4: Value, texts: Value| {
        json!({ "fromPort": 22, "toPort": 22, "ipProtocol": "tcp", "ipv6Ranges": [],
        "prefixListIds": [], "userIdGroupPairs": [], "ipv4Ranges": v4, "ipRanges": texts })
    };
    let mut function = Function::start(&account, REGION, GROUP_RULE, &[]);
    let event = Event::of(&account, REGION, GROUP_RULE);
    function
        .invoke(&event.changed(&group_item(
            &account,
            REGION,
            "sg-open",
            json!([rule(json!([{ "cidrIp": "0.0.0.0/0" }]), json!(["0.0.0.0/0"]))]),
        )))
        .answer
        .expect("success");
    function
        .invoke(&event.changed(&group_item(
            &account,
            REGION,
            "sg-text",
            json!([rule(json!([]), json!(["0.0.0.0/0"]))]),
        )))
        .answer
        .expect("success");
    function
        .invoke(&event.changed(&group_item(
            &account,
            REGION,
            "sg-closed",
            json!([rule(json!([{ "cidrIp": "10.0.0.0/8" }]), json!(["10.0.0.0/8"]))]),
        )))
        .answer
        .expect("success");
    assert_eq!(
        held(&account, GROUP_RULE),
        [
            pair("sg-closed", "COMPLIANT"),
            pair("sg-open", "NON_COMPLIANT"),
            pair("sg-text", "NON_COMPLIANT")
        ]
    );
}

#[test]
fn one_unreadable_bucket_is_not_assessed_and_the_rest_is_published() {
    let (account, good, bad) = with_buckets();
    let rule = "cis-2-1-3-bucket-mfa-delete";
    let mut function =
        Function::start(&account, REGION, rule, &[("PLUMBLINE_METRICS", "problems")]);
    let event = Event::of(&account, REGION, rule);
    function.invoke(&event.scheduled()).answer.expect("success");
    account.fault("s3", "GetBucketVersioning", "denied", json!({ "match": good }));
    function.invoke(&event.scheduled()).answer.expect("a single unreadable resource is no error");
    assert_eq!(held(&account, rule), [pair(&bad, "NON_COMPLIANT"), pair(&good, "NOT_APPLICABLE")]);
    let open = finding(&account, &good).expect("a finding");
    assert_eq!(
        (&open["RecordState"], &open["Compliance"]["Status"]),
        (&json!("ACTIVE"), &json!("NOT_AVAILABLE"))
    );
    assert_eq!(open["Compliance"]["StatusReasons"][0]["ReasonCode"], "READ_ACCESS_DENIED");
    let log = function.stop();
    assert!(
        log.iter()
            .any(|line| line["message"] == "not assessed" && line["resource_id"] == json!(good)),
        "{log:?}"
    );
    let metrics = metrics(&log).expect("metrics");
    assert_eq!((&metrics["NotAssessed"], metrics.get("Evaluations")), (&json!(1), None));
    let dimensions =
        metrics["_aws"]["CloudWatchMetrics"][0]["Dimensions"].as_array().expect("dimensions");
    assert!(dimensions.contains(&json!([])), "the alarm is on all controls together");

    let mut closed = Function::start(&account, REGION, rule, &[]);
    let strict = Event { parameters: json!({ "notAssessedAs": "nonCompliant" }), ..event };
    closed.invoke(&strict.scheduled()).answer.expect("success");
    assert_eq!(held(&account, rule), [pair(&bad, "NON_COMPLIANT"), pair(&good, "NON_COMPLIANT")]);
}

#[test]
fn a_control_that_can_assess_nothing_clears_its_passes_and_ends_in_an_error() {
    let (account, good, bad) = with_buckets();
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    let event = Event::of(&account, REGION, MFA_RULE);
    function.invoke(&event.scheduled()).answer.expect("success");
    account.fault("s3", "ListBuckets", "denied", json!({}));
    let error = function.invoke(&event.scheduled()).answer.expect_err("nothing could be assessed");
    assert!(
        error["errorMessage"].as_str().expect("a message").contains("s3:ListBuckets was denied"),
        "{error}"
    );
    let held = held(&account, MFA_RULE);
    assert_eq!(
        held,
        [
            pair(&account.id, "NOT_APPLICABLE"),
            pair(&bad, "NOT_APPLICABLE"),
            pair(&good, "NOT_APPLICABLE")
        ],
        "no stale pass"
    );
    for bucket in [&good, &bad] {
        let open = finding(&account, bucket).expect("a finding");
        assert_eq!(
            (&open["RecordState"], &open["Compliance"]["Status"]),
            (&json!("ACTIVE"), &json!("NOT_AVAILABLE")),
            "not archived: nobody looked"
        );
    }
    account.forget("faults");
    function.invoke(&event.scheduled()).answer.expect("success");
    assert_eq!(finding(&account, &good).expect("a finding")["Compliance"]["Status"], "PASSED");
}

#[test]
fn two_hundred_and_fifty_evaluations_go_out_in_three_calls() {
    let account = Account::new();
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
    let mut function = Function::start(&account, REGION, GROUP_RULE, &[]);
    let event = Event::of(&account, REGION, GROUP_RULE);
    function.invoke(&event.scheduled()).answer.expect("success");
    let stored = account.evaluations(REGION, GROUP_RULE);
    assert_eq!(stored["sizes"], json!([100, 100, 50]));
    assert_eq!(held(&account, GROUP_RULE).len(), 250);
    assert_eq!(imports(&account), [100, 100, 50]);
    function.invoke(&event.scheduled()).answer.expect("success");
    assert_eq!(imports(&account), [100, 100, 50], "an identical run imports no finding twice");
}

fn vpc(account: &Account) -> String {
    let answer = account.ec2(REGION, &[("Action", "DescribeVpcs")]);
    answer
        .split("<vpcId>")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .expect("the default VPC")
        .to_owned()
}

#[test]
fn what_config_and_security_hub_take_in_part_is_sent_again() {
    let (account, good, bad) = with_buckets();
    account.control("config/fail", json!({ "resource_ids": [good], "times": 2 }));
    account.control("securityhub/fail", json!({ "ids_containing": [good], "times": 2 }));
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    function.invoke(&Event::of(&account, REGION, MFA_RULE).scheduled()).answer.expect("success");
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NON_COMPLIANT"), pair(&good, "COMPLIANT")]);
    assert!(finding(&account, &good).is_some() && finding(&account, &bad).is_some());
    assert_eq!(imports(&account), [2, 1, 1]);
}

#[test]
fn what_is_never_taken_ends_in_an_error_after_the_rest() {
    let (account, good, bad) = with_buckets();
    account.control("config/fail", json!({ "resource_ids": [good], "times": 100 }));
    account.control("securityhub/fail", json!({ "ids_containing": [bad], "times": 100 }));
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    let error = function
        .invoke(&Event::of(&account, REGION, MFA_RULE).scheduled())
        .answer
        .expect_err("not everything was published");
    let message = error["errorMessage"].as_str().expect("a message");
    assert!(
        message.contains(&format!("{good}: AWS Config did not take"))
            && message.contains("Security Hub did not take"),
        "{message}"
    );
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NON_COMPLIANT")]);
    assert!(finding(&account, &good).is_some() && finding(&account, &bad).is_none());
    assert_eq!(
        function.stop().iter().filter_map(|line| line.get("FailedPublishes")).next_back(),
        Some(&json!(2))
    );
}

#[test]
fn a_publisher_that_fails_does_not_stop_the_other() {
    let (account, good, bad) = with_buckets();
    account.fault("config", "PutEvaluations", "denied", json!({}));
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    let error = function
        .invoke(&Event::of(&account, REGION, MFA_RULE).scheduled())
        .answer
        .expect_err("Config refused");
    assert!(
        error["errorMessage"]
            .as_str()
            .expect("a message")
            .contains("config:PutEvaluations was denied"),
        "{error}"
    );
    assert!(finding(&account, &good).is_some() && finding(&account, &bad).is_some());

    account.forget("faults");
    account.fault("securityhub", "GetFindings", "error", json!({}));
    let error = function
        .invoke(&Event::of(&account, REGION, MFA_RULE).scheduled())
        .answer
        .expect_err("Security Hub failed");
    assert!(
        error["errorMessage"].as_str().expect("a message").contains("securityhub:GetFindings"),
        "{error}"
    );
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NON_COMPLIANT"), pair(&good, "COMPLIANT")]);
}

#[test]
fn without_security_hub_there_is_a_warning_and_config_has_everything() {
    let account = Account::new();
    let bucket = format!("b-{}", account.id);
    account.bucket(&bucket, REGION);
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    function.invoke(&Event::of(&account, REGION, MFA_RULE).scheduled()).answer.expect("success");
    assert_eq!(held(&account, MFA_RULE), [pair(&bucket, "NON_COMPLIANT")]);
    let log = function.stop();
    assert_eq!(log.iter().filter(|line| line["level"] == "WARN").count(), 1, "{log:?}");

    let mut off = Function::start(&account, REGION, MFA_RULE, &[("PLUMBLINE_SECURITY_HUB", "off")]);
    account.forget("calls");
    off.invoke(&Event::of(&account, REGION, MFA_RULE).scheduled()).answer.expect("success");
    assert!(!account.calls().iter().any(|call| call.starts_with("securityhub:")));
}

#[test]
fn the_register_waives_and_attests() {
    let (account, _, bad) = with_buckets();
    let register = json!({
        "schema": 1,
        "attestations": [{ "control": "1.3", "accounts": ["*"], "verdict": "compliant", "by": "me",
        "on": "2026-01-01", "until": "2999-01-01", "evidence": "https://example.com" }],
        "exceptions": [{ "control": "2.1.3", "accounts": [account.id], "resources": ["bad-*"],
        "reason": "a test", "approved_by": "me", "until": "2999-01-01" }]
    });
    let store = format!("register-{}", account.id);
    account.bucket(&store, REGION);
    account.versioning(&store, REGION, "Enabled", "Enabled");
    account.s3("PUT", &format!("/{store}/register.json"), REGION, &register.to_string());
    let location = format!("s3://{store}/register.json");
    let variables = [("PLUMBLINE_REGISTER", location.as_str())];

    let mut function = Function::start(&account, REGION, MFA_RULE, &variables);
    function.invoke(&Event::of(&account, REGION, MFA_RULE).scheduled()).answer.expect("success");
    assert!(held(&account, MFA_RULE).contains(&pair(&bad, "NOT_APPLICABLE")));
    let waived = finding(&account, &bad).expect("a finding that documents the waiver");
    assert_eq!(
        (&waived["RecordState"], &waived["ProductFields"]["plumbline/SuppressedBy"]),
        (&json!("ARCHIVED"), &json!("me"))
    );

    let mut questions = Function::start(&account, REGION, "1.3", &variables);
    questions
        .invoke(&Event::of(&account, REGION, "cis-1-3-security-questions").scheduled())
        .answer
        .expect("success");
    assert_eq!(held(&account, "cis-1-3-security-questions"), [pair(&account.id, "COMPLIANT")]);
    let mut unattested = Function::start(&account, REGION, "1.3", &[]);
    unattested
        .invoke(&Event::of(&account, REGION, "cis-1-3-security-questions").scheduled())
        .answer
        .expect("a missing attestation is no error");
    assert_eq!(held(&account, "cis-1-3-security-questions"), [pair(&account.id, "NOT_APPLICABLE")]);

    account.s3(
        "PUT",
        &format!("/{store}/register.json"),
        REGION,
        "{\"schema\":1,\"exceptions\":[{}]}",
    );
    let calls = account.evaluations(REGION, MFA_RULE)["calls"].clone();
    let error = function
        .invoke(&Event::of(&account, REGION, MFA_RULE).scheduled())
        .answer
        .expect_err("a broken register");
    assert!(error["errorMessage"].as_str().expect("a message").contains(&location), "{error}");
    assert_eq!(
        account.evaluations(REGION, MFA_RULE)["calls"],
        calls,
        "nothing is published with a broken register"
    );
}

#[test]
fn a_central_function_works_in_the_member_account() {
    let (member, good, bad) = with_buckets();
    let central = Account::new();
    member.iam(&[
        ("Action", "CreateRole"),
        ("RoleName", "plumbline-member"),
        ("AssumeRolePolicyDocument", "{}"),
    ]);
    let mut function =
        Function::start(&central, REGION, MFA_RULE, &[("PLUMBLINE_ROLE_NAME", "plumbline-member")]);
    function.invoke(&Event::of(&member, REGION, MFA_RULE).scheduled()).answer.expect("success");
    assert_eq!(held(&member, MFA_RULE), [pair(&bad, "NON_COMPLIANT"), pair(&good, "COMPLIANT")]);
    assert_eq!(finding(&member, &bad).expect("a finding")["AwsAccountId"], json!(member.id));
    assert_eq!(central.calls(), ["sts:AssumeRole"]);

    let mut without_role = Function::start(&central, REGION, MFA_RULE, &[]);
    let error = without_role
        .invoke(&Event::of(&member, REGION, MFA_RULE).scheduled())
        .answer
        .expect_err("no role");
    assert!(
        error["errorMessage"].as_str().expect("a message").contains("PLUMBLINE_ROLE_NAME"),
        "{error}"
    );
}

#[test]
fn a_global_control_elsewhere_says_nothing_and_clears_what_it_said() {
    let account = Account::new();
    let rule = "cis-1-4-root-access-key";
    let mut home = Function::start(&account, REGION, "1.4", &[]);
    home.invoke(&Event::of(&account, REGION, rule).scheduled()).answer.expect("success");
    assert_eq!(held(&account, rule), [pair(&account.id, "COMPLIANT")]);
    account.iam(&[("Action", "CreateUser"), ("UserName", "alice")]);
    let users = "cis-1-12-unused-credentials";
    Function::start(&account, REGION, users, &[])
        .invoke(&Event::of(&account, REGION, users).scheduled())
        .answer
        .expect("success");
    Function::start(&account, REGION, users, &[("PLUMBLINE_HOME_REGION", "eu-west-1")])
        .invoke(&Event::of(&account, REGION, users).scheduled())
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
        Function::start(&account, REGION, "1.4", &[("PLUMBLINE_HOME_REGION", "eu-west-1")]);
    elsewhere.invoke(&Event::of(&account, REGION, rule).scheduled()).answer.expect("success");
    assert_eq!(held(&account, rule), [pair(&account.id, "NOT_APPLICABLE")]);
    elsewhere
        .invoke(&Event::of(&account, REGION, rule).scheduled())
        .answer
        .expect("an empty list is legal");
}

#[test]
fn wrong_events_end_in_one_clear_error_and_publish_nothing() {
    let account = Account::new();
    let other = Account::new();
    let event = Event::of(&account, REGION, MFA_RULE);
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    let mut wrong_region = event.scheduled();
    wrong_region["configRuleArn"] =
        json!(format!("arn:aws:config:eu-west-1:{}:config-rule/x", account.id));
    let mut foreign_item = bucket_item(&account, REGION, "b", "Off", json!(null));
    foreign_item["awsAccountId"] = json!(other.id);
    let cases = [
        (json!({}), "not one of an AWS Config custom rule"),
        (json!("text"), "not one of an AWS Config custom rule"),
        (
            event.around(&json!({ "messageType": "ConfigurationSnapshotDeliveryCompleted" })),
            "carries nothing to evaluate",
        ),
        (
            event.around(&json!({ "messageType": "ConfigurationItemChangeNotification" })),
            "invokingEvent cannot be read",
        ),
        (event.changed(&foreign_item), "about account"),
        (wrong_region, "deploy the function in the rule's Region"),
        (
            Event { parameters: json!({ "adminPort": "22" }), ..event.clone() }.scheduled(),
            "unknown parameter 'adminPort'",
        ),
        (
            Event { parameters: json!({ "notAssessedAs": "fail" }), ..event.clone() }.scheduled(),
            "give notApplicable or nonCompliant",
        ),
    ];
    for (wrong, expected) in cases {
        let error = function.invoke(&wrong).answer.expect_err(expected);
        let message = error["errorMessage"].as_str().expect("a message");
        assert!(message.contains(expected) && !message.contains('\n'), "{message}");
    }
    assert_eq!(account.evaluations(REGION, MFA_RULE)["calls"], 0);
    assert_eq!(account.calls(), [""; 0], "nothing was called");
}

#[test]
fn an_unknown_handler_ends_the_function_at_its_start() {
    let account = Account::new();
    let output = command(&account, REGION, "cis-9-9-nothing", "127.0.0.1:9", &[])
        .output()
        .expect("bootstrap starts");
    assert_eq!(output.status.code(), Some(2));
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(log.contains("cis-9-9-nothing") && log.contains("cis-1-4-root-access-key"), "{log}");
}

#[test]
fn the_scheduled_time_orders_results() {
    let (account, good, _) = with_buckets();
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    let event = Event::of(&account, REGION, MFA_RULE);
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
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    let event = Event::of(&account, REGION, MFA_RULE);
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
    let event = Event::of(&account, REGION, MFA_RULE);
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
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

#[test]
fn an_answer_of_security_hub_that_does_not_add_up_is_a_failure() {
    let (account, _, bad) = with_buckets();
    for body in [
        json!({}),
        json!({ "FailedCount": 1, "SuccessCount": 1, "FailedFindings": [] }),
        json!({ "FailedCount": 1, "SuccessCount": 1, "FailedFindings": [{}] }),
    ] {
        account.control(
            "overrides",
            json!({ "service": "securityhub", "operation": "BatchImportFindings", "status": 200,
                "body": body, "times": 1 }),
        );
        let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
        let error = function
            .invoke(&Event::of(&account, REGION, MFA_RULE).scheduled())
            .answer
            .expect_err("not everything arrived");
        assert!(
            error["errorMessage"].as_str().expect("a message").contains("does not account for all"),
            "{error}"
        );
    }
    account.control(
        "overrides",
        json!({ "service": "securityhub", "operation": "GetFindings", "status": 200, "body": {},
            "times": 1 }),
    );
    let mut function = Function::start(&account, REGION, MFA_RULE, &[]);
    function
        .invoke(&Event::of(&account, REGION, MFA_RULE).scheduled())
        .answer
        .expect_err("unknown findings would lose their first-seen times");
    assert!(finding(&account, &bad).is_none());
    account.fault(
        "securityhub",
        "GetFindings",
        "code",
        json!({ "code": "InvalidAccessException", "message": "You do not have permission",
            "status": 401 }),
    );
    let error = function
        .invoke(&Event::of(&account, REGION, MFA_RULE).scheduled())
        .answer
        .expect_err("refused is not the same as not enabled");
    assert!(
        error["errorMessage"].as_str().expect("a message").contains("securityhub:GetFindings"),
        "{error}"
    );
}

#[test]
fn an_exception_does_not_waive_what_could_not_be_read() {
    let (account, good, _) = with_buckets();
    let register = json!({ "schema": 1,
        "exceptions": [{ "control": "2.1.3", "accounts": ["*"], "resources": ["*"], "reason": "r",
        "approved_by": "a", "until": "2999-01-01" }] });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("register.json");
    std::fs::write(&file, register.to_string()).expect("writes");
    account.fault("s3", "GetBucketVersioning", "denied", json!({ "match": good }));
    let mut function = Function::start(
        &account,
        REGION,
        MFA_RULE,
        &[("PLUMBLINE_REGISTER", &file.display().to_string())],
    );
    let strict = Event {
        parameters: json!({ "notAssessedAs": "nonCompliant" }),
        ..Event::of(&account, REGION, MFA_RULE)
    };
    function.invoke(&strict.scheduled()).answer.expect("success");
    assert!(held(&account, MFA_RULE).contains(&pair(&good, "NON_COMPLIANT")));
}

#[test]
fn a_list_that_is_not_there_is_not_an_empty_one() {
    let account = Account::new();
    let body = "<ListUsersResponse \
        xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListUsersResult><IsTruncated>false</IsTruncated></ListUsersResult></ListUsersResponse>";
    account.control(
        "overrides",
        json!({ "service": "iam", "operation": "ListUsers", "status": 200,
            "headers": { "Content-Type": "text/xml" }, "body": body }),
    );
    let rule = "cis-1-12-unused-credentials";
    let mut function = Function::start(&account, REGION, rule, &[]);
    function
        .invoke(&Event::of(&account, REGION, rule).scheduled())
        .answer
        .expect_err("nothing could be assessed");
    assert_eq!(held(&account, rule), [pair(&account.id, "NOT_APPLICABLE")]);
}

/// The sizes of the puts of a rule, in order.
fn puts(account: &Account, rule: &str) -> Vec<u64> {
    account.evaluations(REGION, rule)["sizes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|size| size.as_u64().expect("a number"))
        .collect()
}

const CHANGES: &[(&str, &str)] = &[("PLUMBLINE_PUBLISH", "changes")];

#[test]
fn with_changes_only_what_differs_is_put_and_the_token_always_comes_back() {
    let (account, good, bad) = with_buckets();
    let event = Event::of(&account, REGION, MFA_RULE);
    let mut function = Function::start(&account, REGION, MFA_RULE, CHANGES);
    for _ in 0..2 {
        function.invoke(&event.scheduled()).answer.expect("success");
    }
    assert_eq!(puts(&account, MFA_RULE), [2, 0], "everything first, then nothing but the token");

    // Another reason for the same outcome is a difference too.
    account.versioning(&bad, REGION, "Suspended", "Disabled");
    function.invoke(&event.scheduled()).answer.expect("success");
    let annotation = |id: &str| {
        let evaluations = account.evaluations(REGION, MFA_RULE);
        let of = |one: &&Value| one["ComplianceResourceId"] == id;
        evaluations["evaluations"]
            .as_array()
            .expect("a list")
            .iter()
            .find(of)
            .expect("an evaluation")["Annotation"]
            .as_str()
            .expect("a text")
            .to_owned()
    };
    assert!(annotation(&bad).contains("suspended"), "{}", annotation(&bad));
    account.versioning(&good, REGION, "Suspended", "Disabled");
    function.invoke(&event.scheduled()).answer.expect("success");
    account.s3("DELETE", &format!("/{bad}"), REGION, "");
    function.invoke(&event.scheduled()).answer.expect("success");
    assert_eq!(
        held(&account, MFA_RULE),
        [pair(&bad, "NOT_APPLICABLE"), pair(&good, "NON_COMPLIANT")]
    );
    function.invoke(&event.scheduled()).answer.expect("success");
    assert_eq!(puts(&account, MFA_RULE), [2, 0, 1, 1, 1, 0], "what is gone is told once");
    let log = function.stop();
    let done: Vec<(&Value, &Value)> = log
        .iter()
        .filter(|line| line["message"] == "done")
        .map(|line| (&line["evaluations_put"], &line["evaluations_unchanged"]))
        .collect();
    assert_eq!(done.first(), Some(&(&json!(2), &json!(0))));
    assert_eq!(done.last(), Some(&(&json!(0), &json!(1))));
}

#[test]
fn with_changes_everything_is_put_again_after_a_week() {
    let (account, good, bad) = with_buckets();
    let event = Event::of(&account, REGION, MFA_RULE);
    let mut function = Function::start(&account, REGION, MFA_RULE, CHANGES);
    let age = |days: f64| {
        account
            .control("config/age", json!({ "region": REGION, "rule_name": MFA_RULE, "days": days }))
    };
    function.invoke(&event.scheduled()).answer.expect("success");
    age(6.0);
    function.invoke(&event.scheduled()).answer.expect("success");
    age(1.0);
    for _ in 0..2 {
        function.invoke(&event.scheduled()).answer.expect("success");
    }
    assert_eq!(puts(&account, MFA_RULE), [2, 0, 2, 0]);
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NON_COMPLIANT"), pair(&good, "COMPLIANT")]);
}

#[test]
fn with_changes_a_changed_resource_is_always_put() {
    let (account, good, _) = with_buckets();
    let event = Event::of(&account, REGION, MFA_RULE);
    let mut function = Function::start(&account, REGION, MFA_RULE, CHANGES);
    for _ in 0..2 {
        function
            .invoke(&event.changed(&bucket_item(&account, REGION, &good, "Enabled", json!(true))))
            .answer
            .expect("success");
    }
    assert_eq!(puts(&account, MFA_RULE), [1, 1]);
}

#[test]
fn with_changes_everything_is_put_when_what_config_holds_cannot_be_read() {
    let (account, good, bad) = with_buckets();
    let event = Event::of(&account, REGION, MFA_RULE);
    let mut function = Function::start(&account, REGION, MFA_RULE, CHANGES);
    function.invoke(&event.scheduled()).answer.expect("success");
    account.fault("config", "GetComplianceDetailsByConfigRule", "denied", json!({}));
    let error =
        function.invoke(&event.scheduled()).answer.expect_err("what is gone could not be told");
    assert!(
        error["errorMessage"]
            .as_str()
            .expect("a message")
            .contains("config:GetComplianceDetailsByConfigRule"),
        "{error}"
    );
    assert_eq!(puts(&account, MFA_RULE), [2, 2]);
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NON_COMPLIANT"), pair(&good, "COMPLIANT")]);
}

#[test]
fn with_changes_what_config_did_not_take_is_put_by_the_next_run() {
    let (account, good, bad) = with_buckets();
    let event = Event::of(&account, REGION, MFA_RULE);
    account.control("config/fail", json!({ "resource_ids": [bad], "times": 4 }));
    let mut function = Function::start(&account, REGION, MFA_RULE, CHANGES);
    function.invoke(&event.scheduled()).answer.expect_err("one was not taken");
    function.invoke(&event.scheduled()).answer.expect("success");
    assert_eq!(
        puts(&account, MFA_RULE),
        [2, 1, 1, 1, 1],
        "sent again three times, and by the next run"
    );
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NON_COMPLIANT"), pair(&good, "COMPLIANT")]);
}
