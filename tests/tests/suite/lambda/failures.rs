//! Reads, services and events that fail.

use plumbline_tests::config_items::bucket_item;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::{ConfigEvent, RunningFunction, command, in_a_month};
use serde_json::json;

use super::{MFA_RULE, REGION, finding, held, imports, metrics, pair, with_buckets};

#[test]
fn one_unreadable_bucket_is_not_assessed_and_the_rest_is_published() {
    let (account, good, bad) = with_buckets();
    let rule = "cis-2-1-3-bucket-mfa-delete";
    let mut function =
        RunningFunction::start(&account, REGION, rule, &[("PLUMBLINE_METRICS", "problems")]);
    let event = ConfigEvent::of(&account, REGION, rule);
    function.invoke(&event.scheduled()).answer.expect("success");
    account.fault("s3", "GetBucketVersioning", "denied", json!({ "match": good }));
    function
        .invoke(&event.scheduled())
        .answer
        .expect("a single unreadable resource is not an error");
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

    let mut closed = RunningFunction::start(&account, REGION, rule, &[]);
    let strict = ConfigEvent { parameters: json!({ "notAssessedAs": "nonCompliant" }), ..event };
    closed.invoke(&strict.scheduled()).answer.expect("success");
    assert_eq!(held(&account, rule), [pair(&bad, "NON_COMPLIANT"), pair(&good, "NON_COMPLIANT")]);
}

#[test]
fn a_control_that_can_assess_nothing_clears_its_passes_and_ends_in_an_error() {
    let (account, good, bad) = with_buckets();
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    function.invoke(&event.scheduled()).answer.expect("success");
    account.fault("s3", "ListBuckets", "denied", json!({}));
    let error = function.invoke(&event.scheduled()).answer.expect_err("nothing could be assessed");
    assert!(
        error["errorMessage"].as_str().expect("a message").contains(
            "access denied to \
            s3:ListBuckets"
        ),
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
            "not archived: the resource was not read"
        );
    }
    account.forget("faults");
    function.invoke(&event.scheduled()).answer.expect("success");
    assert_eq!(finding(&account, &good).expect("a finding")["Compliance"]["Status"], "PASSED");
}

#[test]
fn what_config_and_security_hub_take_in_part_is_sent_again() {
    let (account, good, bad) = with_buckets();
    account.control("config/fail", json!({ "resource_ids": [good], "times": 2 }));
    account.control("securityhub/fail", json!({ "ids_containing": [good], "times": 2 }));
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    function
        .invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).scheduled())
        .answer
        .expect("success");
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NON_COMPLIANT"), pair(&good, "COMPLIANT")]);
    assert!(finding(&account, &good).is_some() && finding(&account, &bad).is_some());
    assert_eq!(imports(&account), [2, 1, 1]);
}

#[test]
fn what_is_never_taken_ends_in_an_error_after_the_rest() {
    let (account, good, bad) = with_buckets();
    account.control("config/fail", json!({ "resource_ids": [good], "times": 100 }));
    account.control("securityhub/fail", json!({ "ids_containing": [bad], "times": 100 }));
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let error = function
        .invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).scheduled())
        .answer
        .expect_err("not everything was published");
    let message = error["errorMessage"].as_str().expect("a message");
    assert!(
        message.contains(&format!("{good}: AWS Config did not accept"))
            && message.contains("Security Hub did not accept"),
        "{message}"
    );
    assert_eq!(held(&account, MFA_RULE), [pair(&bad, "NON_COMPLIANT")]);
    assert!(
        finding(&account, &good).is_none() && finding(&account, &bad).is_none(),
        "a pass that AWS Config did not accept, and a failure that Security Hub did not accept"
    );
    assert_eq!(
        function.stop().iter().filter_map(|line| line.get("FailedPublishes")).next_back(),
        Some(&json!(2))
    );
}

#[test]
fn a_publisher_that_fails_does_not_stop_the_other() {
    let (account, good, bad) = with_buckets();
    account.fault("config", "PutEvaluations", "denied", json!({}));
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let error = function
        .invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).scheduled())
        .answer
        .expect_err("Config refused");
    assert!(
        error["errorMessage"]
            .as_str()
            .expect("a message")
            .contains("access denied to config:PutEvaluations"),
        "{error}"
    );
    assert!(
        finding(&account, &good).is_none() && finding(&account, &bad).is_some(),
        "failures arrive, and no pass that AWS Config did not accept"
    );

    account.forget("faults");
    account.fault("securityhub", "GetFindings", "error", json!({}));
    let error = function
        .invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).scheduled())
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
    let account = TestAccount::new();
    let bucket = format!("b-{}", account.id);
    account.bucket(&bucket, REGION);
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    function
        .invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).scheduled())
        .answer
        .expect("success");
    assert_eq!(held(&account, MFA_RULE), [pair(&bucket, "NON_COMPLIANT")]);
    let log = function.stop();
    assert_eq!(log.iter().filter(|line| line["level"] == "WARN").count(), 1, "{log:?}");

    let mut off =
        RunningFunction::start(&account, REGION, MFA_RULE, &[("PLUMBLINE_SECURITY_HUB", "off")]);
    account.forget("calls");
    off.invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).scheduled()).answer.expect("success");
    assert!(!account.calls().iter().any(|call| call.starts_with("securityhub:")));
}

#[test]
fn wrong_events_end_in_one_clear_error_and_publish_nothing() {
    let account = TestAccount::new();
    let other = TestAccount::new();
    let event = ConfigEvent::of(&account, REGION, MFA_RULE);
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    let mut wrong_region = event.scheduled();
    wrong_region["configRuleArn"] =
        json!(format!("arn:aws:config:eu-west-1:{}:config-rule/x", account.id));
    let mut foreign_item = bucket_item(&account, REGION, "b", "Off", json!(null));
    foreign_item["awsAccountId"] = json!(other.id);
    let cases = [
        (json!({}), "not an AWS Config custom rule event"),
        (json!("text"), "not an AWS Config custom rule event"),
        (
            event.around(&json!({ "messageType": "ConfigurationSnapshotDeliveryCompleted" })),
            "contains nothing to evaluate",
        ),
        (
            event.around(&json!({ "messageType": "ConfigurationItemChangeNotification" })),
            "invokingEvent of the event cannot be read",
        ),
        (event.changed(&foreign_item), "about account"),
        (wrong_region, "deploy the function in the rule's Region"),
        (
            ConfigEvent { parameters: json!({ "adminPort": "22" }), ..event.clone() }.scheduled(),
            "unknown parameter 'adminPort'",
        ),
        (
            ConfigEvent { parameters: json!({ "notAssessedAs": "fail" }), ..event.clone() }
                .scheduled(),
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
    let account = TestAccount::new();
    let output = command(&account, REGION, "cis-9-9-nothing", "127.0.0.1:9", &[])
        .output()
        .expect("bootstrap starts");
    assert_eq!(output.status.code(), Some(2));
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(log.contains("cis-9-9-nothing") && log.contains("cis-1-4-root-access-key"), "{log}");
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
                "body": body, "times": 5 }),
        );
        let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
        let error = function
            .invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).scheduled())
            .answer
            .expect_err("not everything arrived");
        assert!(
            error["errorMessage"].as_str().expect("a message").contains("does not account for all")
                || error["errorMessage"].as_str().is_some_and(|text| text.contains("FailedCount")),
            "{error}"
        );
    }
    account.control(
        "overrides",
        json!({ "service": "securityhub", "operation": "GetFindings", "status": 200, "body": {},
            "times": 5 }),
    );
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &[]);
    function
        .invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).scheduled())
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
        .invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).scheduled())
        .answer
        .expect_err("access denied is not the same as not enabled");
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
        "approved_by": "a", "until": in_a_month() }] });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("register.json");
    std::fs::write(&file, register.to_string()).expect("writes");
    account.fault("s3", "GetBucketVersioning", "denied", json!({ "match": good }));
    let mut function = RunningFunction::start(
        &account,
        REGION,
        MFA_RULE,
        &[("PLUMBLINE_REGISTER", &file.display().to_string())],
    );
    let strict = ConfigEvent {
        parameters: json!({ "notAssessedAs": "nonCompliant" }),
        ..ConfigEvent::of(&account, REGION, MFA_RULE)
    };
    function.invoke(&strict.scheduled()).answer.expect("success");
    assert!(held(&account, MFA_RULE).contains(&pair(&good, "NON_COMPLIANT")));
}

#[test]
fn a_list_that_is_not_there_is_not_an_empty_one() {
    let account = TestAccount::new();
    let body = "<ListUsersResponse \
        xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListUsersResult>\
         <IsTruncated>false</IsTruncated></ListUsersResult></ListUsersResponse>";
    account.control(
        "overrides",
        json!({ "service": "iam", "operation": "ListUsers", "status": 200,
            "headers": { "Content-Type": "text/xml" }, "body": body }),
    );
    let rule = "cis-1-12-unused-credentials";
    let mut function = RunningFunction::start(&account, REGION, rule, &[]);
    function
        .invoke(&ConfigEvent::of(&account, REGION, rule).scheduled())
        .answer
        .expect_err("nothing could be assessed");
    assert_eq!(held(&account, rule), [pair(&account.id, "NOT_APPLICABLE")]);
}
