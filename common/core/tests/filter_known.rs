//! Coverage of controls with facts about CloudTrail events: which facts count, which statements are
//! not facts, and what a missed event looks like.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail so, in its helpers too"
)]

use plumbline_core::filter::{
    Asterisk, Coverage, KNOWN_FACTS, Pattern, REQUIRED, Requirement, required,
};
use serde_json::{Value, json};

fn requirement(id: &str) -> &'static Requirement {
    required(id).expect("a control with a filter")
}

/// The baseline of a control with an additional condition.
fn also(id: &str, more: &str) -> String {
    let baseline = requirement(id).baseline().to_string();
    let inner = baseline.trim_start_matches('{').trim_end_matches('}').trim().to_owned();
    format!("{{ {inner} && {more} }}")
}

/// The verdict with the facts, and the names of the facts that were used.
fn ask(id: &str, pattern: &str) -> (&'static str, Vec<&'static str>) {
    let found = requirement(id).coverage(&[pattern], false);
    (found.coverage.as_str(), found.facts.iter().map(|fact| fact.id).collect())
}

#[test]
fn a_miss_of_events_that_do_not_exist_is_none() {
    for (id, more, fact) in [
        ("4.1", "$.eventID = *", "every-event"),
        ("4.3", "$.eventCategory = *", "every-event"),
        ("4.9", "$.sourceIPAddress = * && $.eventTime = *", "every-event"),
        ("4.15", "$.userIdentity.type = *", "every-event"),
        ("4.7", "$.eventCategory = Management", "management-event"),
        ("4.6", "$.managementEvent IS TRUE", "management-event"),
        ("4.11", "($.managementEvent NOT EXISTS || $.eventCategory != Data)", "management-event"),
        ("4.14", "$.readOnly IS FALSE", "read-only"),
        ("4.2", "$.eventSource = signin.amazonaws.com", "console-sign-in"),
        ("4.6", "$.eventType = AwsConsoleSignIn", "console-sign-in"),
        ("4.2", "$.additionalEventData.MFAUsed = No", "mfa-used"),
        ("4.6", "$.responseElements.ConsoleLogin = Failure", "failed-sign-in"),
        ("4.2", "$.userIdentity.arn != \"*assumed-role*\"", "user-arn"),
        ("4.2", "$.additionalEventData.SamlProviderArn NOT EXISTS", "user-arn"),
    ] {
        let pattern = also(id, more);
        assert_eq!(ask(id, &pattern), ("covers", vec![fact]), "{id} {more}");
        let strict = requirement(id).coverage(&[&pattern], true);
        assert_eq!(strict.coverage.as_str(), "misses", "{id} {more}");
        assert!(strict.facts.is_empty());
    }
}

#[test]
fn facts_are_used_only_where_they_are_needed() {
    for requirement in &REQUIRED {
        let found = requirement.coverage(&[requirement.remedy()], false);
        assert_eq!(found.coverage, Coverage::Covers, "{}", requirement.id);
        assert!(found.facts.is_empty(), "{}", requirement.id);
    }
    let both = also("4.2", "$.eventType = AwsConsoleSignIn && $.additionalEventData.MFAUsed = No");
    assert_eq!(ask("4.2", &both), ("covers", vec!["console-sign-in", "mfa-used"]));
}

#[test]
fn what_may_exist_is_missed() {
    for (id, more) in [
        ("4.5", "$.userAgent = *"),
        ("4.5", "$.requestID = *"),
        ("4.5", "$.recipientAccountId = *"),
        ("4.4", "$.awsRegion = us-east-1"),
        ("4.6", "$.userIdentity.arn != \"*assumed-role*\""),
        ("4.1", "$.readOnly IS FALSE"),
        ("4.1", "$.eventCategory = Management"),
        ("4.3", "$.readOnly IS FALSE"),
        ("4.3", "$.eventType = AwsApiCall"),
        ("4.8", "$.userIdentity.type = IAMUser"),
        ("4.2", "$.userIdentity.arn != \"*:user/alice\""),
        ("4.10", "$.errorCode NOT EXISTS"),
    ] {
        assert_eq!(ask(id, &also(id, more)).0, "misses", "{id} {more}");
    }
}

/// An event from CloudTrail's user guide, and whether a fact is true for it.
#[test]
fn documented_events_satisfy_the_facts() {
    let sign_in = |failed: bool| {
        let mut event = json!({
            "eventVersion": "1.08", "eventTime": "2023-07-19T21:44:40Z",
            "eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin",
            "awsRegion": "us-east-1", "sourceIPAddress": "192.0.2.0", "userAgent": "Mozilla/5.0",
            "userIdentity": { "type": "IAMUser", "accountId": "111122223333", "userName": "anaya" },
            "requestParameters": null, "responseElements": { "ConsoleLogin": "Success" },
            "additionalEventData": { "MobileVersion": "No", "MFAUsed": "No" },
            "eventID": "e1bf1000-86a4-4a78-81d7-EXAMPLE83102", "readOnly": false,
            "eventType": "AwsConsoleSignIn", "managementEvent": true,
            "recipientAccountId": "111122223333", "eventCategory": "Management"
        });
        if failed {
            event["errorMessage"] = json!("Failed authentication");
            event["responseElements"]["ConsoleLogin"] = json!("Failure");
        } else {
            event["userIdentity"]["arn"] = json!("arn:aws:iam::111122223333:user/anaya");
        }
        event
    };
    for (id, event) in [("4.2", sign_in(false)), ("4.6", sign_in(true))] {
        assert!(requirement(id).baseline().matches(&event, Asterisk::Wildcard), "{id}");
        for fact in &KNOWN_FACTS {
            for pattern in fact.patterns(id) {
                assert!(pattern.matches(&event, Asterisk::Wildcard), "{id} {}: {pattern}", fact.id);
            }
        }
    }
    for fact in &KNOWN_FACTS {
        assert!(REQUIRED.iter().any(|one| fact.patterns(one.id).next().is_some()), "{}", fact.id);
    }
}

#[test]
fn a_missed_event_explains_the_miss() {
    let event = |id: &str, more: &str| {
        let pattern = also(id, more);
        let found = requirement(id).coverage(&[&pattern], false).coverage;
        let Coverage::Misses { event } = found else { panic!("{id} {more}: {found:?}") };
        let parsed = Pattern::parse(&pattern).expect("a pattern");
        assert!(!parsed.matches(&event, Asterisk::Wildcard), "{event}");
        assert!(requirement(id).baseline().matches(&event, Asterisk::Wildcard), "{event}");
        for path in ["/eventName", "/eventSource", "/userIdentity/type"] {
            assert!(event.pointer(path).is_some_and(Value::is_string), "{path}: {event}");
        }
        event
    };
    let role = event(
        "4.4",
        "($.userIdentity.type != AssumedRole || \
         $.userIdentity.sessionContext.sessionIssuer.userName != Deployment)",
    );
    assert_eq!(role["userIdentity"]["type"], "AssumedRole");
    let issuer = &role["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"];
    assert_eq!(*issuer, "Deployment");
    let user = event("4.5", "$.userIdentity.arn != \"arn:aws:iam::111122223333:user/ci\"");
    assert_eq!(user["userIdentity"]["arn"], "arn:aws:iam::111122223333:user/ci");
    let sign_in = event("4.2", "$.userIdentity.userName != breakglass");
    assert_eq!(sign_in["additionalEventData"]["MFAUsed"], "No");
    assert_eq!(sign_in["eventSource"], "signin.amazonaws.com");
    let refused = event("4.1", "$.errorCode = AccessDenied");
    let codes = ["AccessDeniedException", "Client.UnauthorizedOperation"];
    assert!(codes.iter().any(|code| refused["errorCode"] == **code), "{refused}");
    // Related values stay together, and a member that only has to exist has a typical value.
    let sign_in = event("4.3", "($.eventType = AwsApiCall || $.eventName = ConsoleLogin)");
    assert_eq!(sign_in["eventSource"], "signin.amazonaws.com");
    let data = event("4.3", "$.eventCategory = Management");
    assert_eq!((&data["eventName"], &data["eventCategory"]), (&json!("GetObject"), &json!("Data")));
    let called = event("4.1", "$.sourceIPAddress != \"*.amazonaws.com\"");
    assert_eq!(called["sourceIPAddress"], "ec2.amazonaws.com");
    let with_session = event("4.2", "$.userIdentity.sessionContext NOT EXISTS");
    assert!(with_session["userIdentity"]["sessionContext"].is_object(), "{with_session}");
}

#[test]
fn classic_link_can_be_left_out() {
    let without = requirement("4.14").without_classic_link();
    assert!(!without.remedy().contains("ClassicLink"));
    let pattern = without.remedy();
    assert_eq!(requirement("4.14").coverage(&[&pattern], false).coverage.as_str(), "misses");
    assert_eq!(without.coverage(&[&pattern], false).coverage, Coverage::Covers);
    let names = |requirement: &Requirement| requirement.remedy().matches("eventName").count();
    assert_eq!(names(requirement("4.14")), names(&without) + 4);
    assert_eq!(names(requirement("4.13")), names(&requirement("4.13").without_classic_link()));
}
