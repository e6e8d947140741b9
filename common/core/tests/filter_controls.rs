//! Filters that cover 4.1 to 4.15, and filters that do not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail so, in its helpers too")]

use std::collections::BTreeMap;

use plumbline_core::filter::{
    Asterisk, Coverage, Pattern, REQUIRED, covers, covers_texts, required,
};
use serde_json::{Value, json};

/// The controls that consist of a list of event names: the names, and the source of the events.
fn listed() -> BTreeMap<&'static str, (&'static str, Vec<&'static str>)> {
    let table = [
        (
            "4.4",
            "iam",
            "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy \
             PutUserPolicy CreatePolicy DeletePolicy CreatePolicyVersion \
             DeletePolicyVersion AttachRolePolicy DetachRolePolicy AttachUserPolicy \
             DetachUserPolicy AttachGroupPolicy DetachGroupPolicy",
        ),
        ("4.5", "cloudtrail", "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"),
        ("4.7", "kms", "DisableKey ScheduleKeyDeletion"),
        (
            "4.8",
            "s3",
            "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication \
             DeleteBucketPolicy DeleteBucketCors DeleteBucketLifecycle \
             DeleteBucketReplication",
        ),
        (
            "4.9",
            "config",
            "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel \
             PutConfigurationRecorder",
        ),
        (
            "4.10",
            "ec2",
            "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress \
             RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup",
        ),
        (
            "4.11",
            "ec2",
            "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry \
             ReplaceNetworkAclEntry ReplaceNetworkAclAssociation",
        ),
        (
            "4.12",
            "ec2",
            "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway \
             CreateInternetGateway DeleteInternetGateway DetachInternetGateway",
        ),
        (
            "4.13",
            "ec2",
            "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation \
             DeleteRouteTable DeleteRoute DisassociateRouteTable",
        ),
        (
            "4.14",
            "ec2",
            "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection \
             CreateVpcPeeringConnection DeleteVpcPeeringConnection RejectVpcPeeringConnection \
             AttachClassicLinkVpc DetachClassicLinkVpc DisableVpcClassicLink EnableVpcClassicLink",
        ),
        (
            "4.15",
            "organizations",
            "AcceptHandshake AttachPolicy CreateAccount CreateOrganizationalUnit CreatePolicy \
             DeclineHandshake DeleteOrganization DeleteOrganizationalUnit DeletePolicy \
             DetachPolicy DisablePolicyType EnablePolicyType InviteAccountToOrganization \
             LeaveOrganization MoveAccount RemoveAccountFromOrganization UpdatePolicy \
             UpdateOrganizationalUnit",
        ),
    ];
    table
        .into_iter()
        .map(|(id, source, names)| (id, (source, names.split_whitespace().collect())))
        .collect()
}

/// The filters of the other controls, in Plumbline's own order.
const SPECIAL: [(&str, &str); 4] = [
    (
        "4.1",
        "($.errorCode = \"*UnauthorizedOperation\" || $.errorCode = AccessDenied*) && \
         $.sourceIPAddress != \"delivery.logs.amazonaws.com\" && $.eventName != HeadBucket",
    ),
    (
        "4.2",
        "$.eventName = ConsoleLogin && $.additionalEventData.MFAUsed != Yes && $.userIdentity.type \
         = IAMUser && $.responseElements.ConsoleLogin = Success",
    ),
    (
        "4.3",
        "$.userIdentity.type = Root && $.userIdentity.invokedBy NOT EXISTS && $.eventType != \
         AwsServiceEvent",
    ),
    ("4.6", "$.eventName = ConsoleLogin && $.errorMessage = \"Failed authentication\""),
];

/// The filter of every control in the order of the benchmark, without braces.
fn bodies() -> BTreeMap<&'static str, String> {
    let mut bodies: BTreeMap<&str, String> =
        SPECIAL.into_iter().map(|(id, body)| (id, body.to_owned())).collect();
    for (id, (source, names)) in listed() {
        let names = any_of(&names);
        let guarded = ["4.7", "4.8", "4.9", "4.15"].contains(&id);
        bodies.insert(
            id,
            if guarded {
                format!("($.eventSource = {source}.amazonaws.com) && ({names})")
            } else {
                names
            },
        );
    }
    assert_eq!(bodies.len(), 15);
    bodies
}

fn any_of(names: &[&str]) -> String {
    names.iter().map(|name| format!("($.eventName = {name})")).collect::<Vec<_>>().join(" || ")
}

fn verdict(id: &str, candidate: &str) -> Coverage {
    verdict_of(id, &[candidate])
}

/// The verdict about several filters together. A witness is checked.
fn verdict_of(id: &str, candidates: &[&str]) -> Coverage {
    let baseline = required(id).unwrap().baseline();
    let coverage = covers_texts(&baseline, candidates);
    if let Coverage::Misses { event } = &coverage {
        for reading in Asterisk::ALL {
            assert!(baseline.matches(event, reading), "{id}: {event}");
            for candidate in candidates {
                assert!(
                    !Pattern::parse(candidate).unwrap().matches(event, reading),
                    "{id}: {event} {candidate}"
                );
            }
        }
    }
    coverage
}

fn missed(id: &str, candidate: &str) -> Value {
    match verdict(id, candidate) {
        Coverage::Misses { event } => event,
        other => panic!("{id} {candidate}: {other:?}"),
    }
}

#[test]
fn the_table_is_complete() {
    let ids: Vec<&str> = REQUIRED.iter().map(|requirement| requirement.id).collect();
    assert_eq!(ids, (1..=15).map(|number| format!("4.{number}")).collect::<Vec<_>>());
    assert!(required("4.16").is_none() && required("4").is_none());
}

#[test]
fn the_remedy_is_a_pattern_that_covers() {
    for requirement in &REQUIRED {
        let remedy = requirement.remedy();
        assert!(remedy.chars().count() <= 1_024, "{}", requirement.id);
        assert_eq!(Pattern::parse(&remedy).unwrap().to_string(), remedy);
        assert_eq!(verdict(requirement.id, &remedy), Coverage::Covers, "{}", requirement.id);
    }
}

#[test]
fn the_baselines_are_the_tables() {
    for (id, (source, names)) in listed() {
        let baseline = required(id).unwrap().baseline();
        for name in &names {
            let event = |source: &str| {
                json!({"eventSource": format!("{source}.amazonaws.com"),
                "eventName": name})
            };
            assert!(baseline.matches(&event(source), Asterisk::Wildcard), "{id} {name}");
            assert!(!baseline.matches(&event("example"), Asterisk::Wildcard), "{id} {name}");
        }
        let ours = Pattern::parse(&format!(
            "{{ $.eventSource = {source}.amazonaws.com && ({}) }}",
            any_of(&names)
        ))
        .unwrap();
        assert_eq!(covers(&ours, &[baseline]), Coverage::Covers, "{id}");
    }
    for (id, body) in SPECIAL {
        let ours = Pattern::parse(&format!("{{ {body} }}")).unwrap();
        assert_eq!(
            covers(&ours, &[required(id).unwrap().baseline()]),
            if id == "4.6" { misses_other_source() } else { Coverage::Covers },
            "{id}"
        );
    }
}

/// The baseline of 4.6 contains a condition that is optional in a filter.
fn misses_other_source() -> Coverage {
    Coverage::Misses {
        event: json!({"eventSource": "ec2.amazonaws.com", "eventName": "ConsoleLogin",
            "errorMessage": "Failed authentication"}),
    }
}

#[test]
fn what_is_written_otherwise_covers() {
    for (id, body) in bodies() {
        let variants = [
            format!("{{ {body} }}"),
            format!(
                "{{{}}}",
                [" = ", " != ", " && ", " || "]
                    .into_iter()
                    .fold(body.clone(), |body, spaced| body.replace(spaced, spaced.trim()))
            ),
            format!("{{\n\t{}\n}}", body.replace(" || ", "\n||\n").replace(" && ", "\n&&\n")),
            format!("{{ (((({body})))) }}"),
            format!(
                "{{ {} }}",
                body.replace("$.eventName", "$.['eventName']").replace("NOT EXISTS", "not Exists")
            ),
            format!("{{ ({body}) || ($.eventName = SomethingElse) }}"),
            format!("{{ ({body}) && ({body}) }}"),
            format!(
                "{{ ({body}) && ($.requestID NOT EXISTS || $.requestID = * || $.requestID IS NULL || $.requestID IS TRUE || $.requestID IS FALSE || $.requestID.x = 5 || $.requestID.x != 5 || {body}) }}"
            ),
        ];
        for variant in variants.iter().filter(|variant| variant.len() <= 1_024) {
            assert_eq!(verdict(id, variant), Coverage::Covers, "{id} {variant}");
        }
    }
}

#[test]
fn names_may_be_reordered_quoted_factored_and_widened() {
    for (id, (source, names)) in listed() {
        let guard = format!("$.eventSource = \"{source}.amazonaws.com\"");
        let mut reversed = names.clone();
        reversed.reverse();
        let quoted: Vec<String> =
            names.iter().map(|name| format!("$.eventName=\"{name}\"")).collect();
        let first: Vec<String> =
            names.iter().map(|name| format!("$.eventName={}*", &name[..name.len() - 3])).collect();
        let last: Vec<String> =
            names.iter().map(|name| format!("$.eventName=*{}", &name[3..])).collect();
        let distributed: Vec<String> =
            names.iter().map(|name| format!("({guard}&&$.eventName={name})")).collect();
        let mut variants = vec![
            any_of(&names),
            any_of(&reversed),
            format!("({}) && {guard}", any_of(&reversed)),
            format!("{guard} && ({})", quoted.join("||")),
            first.join("||"),
            last.join("||"),
            guard.clone(),
            format!("({}) && $.eventSource = {}*", any_of(&names), &source[..2]),
            format!("({}) && $.eventSource != other.amazonaws.com", any_of(&names)),
            format!("({}) && $.eventName != HeadBucket", any_of(&names)),
            format!("({}) && ($.eventSource = other.amazonaws.com || {guard})", any_of(&names)),
            format!("({}) || $.errorCode = AccessDenied*", any_of(&names)),
            format!("$.eventName = %{}%", names.join("|")),
            format!("$.eventName = %^({})$%", names.join("|")).replace(['(', ')'], ""),
        ];
        if names.len() < 8 {
            variants.push(distributed.join("||"));
        }
        for variant in variants
            .iter()
            .map(|variant| format!("{{{variant}}}"))
            .filter(|variant| variant.len() <= 1_024)
        {
            assert_eq!(verdict(id, &variant), Coverage::Covers, "{id} {variant}");
        }
    }
}

#[test]
fn one_name_missing_is_named() {
    for (id, (source, names)) in listed() {
        for (at, name) in names.iter().enumerate() {
            let mut others = names.clone();
            others.remove(at);
            let expected =
                json!({"eventSource": format!("{source}.amazonaws.com"), "eventName": name});
            let candidate = format!("{{ {} }}", any_of(&others));
            assert_eq!(missed(id, &candidate), expected, "{id}");
            // The same if the name exists in another case, or only as a part of a text.
            let wrong =
                format!("{{ {} || $.eventName = \"{}\" }}", any_of(&others), name.to_lowercase());
            assert_eq!(missed(id, &wrong), expected, "{id}");
        }
    }
}

#[test]
fn names_that_cannot_match_do_not_count() {
    for (id, (source, names)) in listed() {
        let first =
            json!({"eventSource": format!("{source}.amazonaws.com"), "eventName": names[0]});
        let all = format!("{{ $.eventName = \"{}\" }}", names.join(" || "));
        assert_eq!(missed(id, &all), first, "{id}");
        let repeated = format!("{{ {} }}", any_of(&[names[1]; 7]));
        assert_eq!(missed(id, &repeated), first, "{id}");
        let in_key =
            format!("{{ {} }}", any_of(&names).replace("$.eventName", "$.detail.eventName"));
        if in_key.len() <= 1_024 {
            assert_eq!(missed(id, &in_key), first, "{id}");
        }
        let contradiction = format!("{{ {} }}", any_of(&names).replace("||", "&&"));
        assert_eq!(verdict(id, &contradiction), Coverage::NeverMatches, "{id}");
    }
}

#[test]
fn a_narrower_filter_misses() {
    let narrowing = [
        "$.sourceIPAddress != \"10.0.0.1\"",
        "$.sourceIPAddress = \"192.0.2.1\"",
        "$.recipientAccountId = 111122223333",
        "$.recipientAccountId = \"111122223333\"",
        "$.awsRegion = us-east-1",
        "$.awsRegion != eu-west-1",
        "$.userIdentity.arn != *admin*",
        "$.userIdentity.sessionContext.sessionIssuer.userName != deployer",
        "$.errorCode NOT EXISTS",
        "$.readOnly IS FALSE",
        "$.requestParameters.x > 5",
        "$.resources[*].accountId = 111122223333",
        "$.tags[*] != x",
    ];
    for (id, body) in bodies() {
        for narrow in narrowing {
            let candidate =
                format!("{{({}) && {narrow}}}", body.replace(" || ", "||").replace(" = ", "="));
            if candidate.len() > 1_024 {
                continue;
            }
            if id == "4.1" && narrow == "$.errorCode NOT EXISTS" {
                assert_eq!(verdict(id, &candidate), Coverage::NeverMatches);
                continue;
            }
            let event = missed(id, &candidate);
            assert!(event.to_string().len() < 400, "{id} {narrow}: {event}");
        }
    }
    assert_eq!(
        missed(
            "4.7",
            "{ ($.eventName = DisableKey || $.eventName = ScheduleKeyDeletion) && $.awsRegion = us-east-1 }"
        ),
        json!({"eventSource": "kms.amazonaws.com", "eventName": "DisableKey",
            "awsRegion": "eu-west-1"})
    );
    assert_eq!(
        missed(
            "4.7",
            "{ ($.eventName = DisableKey || $.eventName = ScheduleKeyDeletion) && $.errorCode NOT EXISTS }"
        ),
        json!({"eventSource": "kms.amazonaws.com", "eventName": "DisableKey",
            "errorCode": "AccessDenied"})
    );
    assert_eq!(
        missed(
            "4.7",
            "{ ($.eventName = DisableKey || $.eventName = ScheduleKeyDeletion) && $.eventSource = iam.amazonaws.com }"
        ),
        json!({"eventSource": "kms.amazonaws.com", "eventName": "DisableKey"})
    );
}

#[test]
fn several_filters_cover_together() {
    for (id, (source, names)) in listed() {
        let filters: Vec<String> =
            names.iter().map(|name| format!("{{ $.eventName = {name} }}")).collect();
        let filters: Vec<&str> = filters.iter().map(String::as_str).collect();
        assert_eq!(verdict_of(id, &filters), Coverage::Covers, "{id}");
        let expected = Coverage::Misses {
            event: json!({"eventSource": format!("{source}.amazonaws.com"), "eventName": names[0]}),
        };
        assert_eq!(verdict_of(id, &filters[1..]), expected, "{id}");
        // Split by something other than the name.
        let by_region = [
            format!("{{({})&&$.awsRegion=us-*}}", any_of(&names)),
            format!("{{({})&&$.awsRegion!=us-*}}", any_of(&names)),
        ];
        if by_region.iter().all(|filter| filter.len() <= 1_024) {
            let [left, right] = &by_region;
            assert_eq!(missed_by(id, &[left, right])["awsRegion"], Value::Null, "{id}");
            let missing = "{ $.awsRegion NOT EXISTS || $.awsRegion IS NULL || $.awsRegion IS TRUE || $.awsRegion IS FALSE }";
            assert!(
                matches!(verdict_of(id, &[left, right, missing]), Coverage::Misses { .. }),
                "{id}: an object has no region"
            );
        }
    }
    let split = [
        "{ $.eventName = Disable* && $.errorCode = * }",
        "{ $.eventName = DisableKey && $.errorCode NOT EXISTS }",
        "{ $.eventName = ScheduleKeyDeletion }",
    ];
    let event = missed_by("4.7", &split);
    assert!(
        event["errorCode"].is_boolean()
            || event["errorCode"].is_null()
            || event["errorCode"].is_object(),
        "{event}"
    );
}

fn missed_by(id: &str, candidates: &[&str]) -> Value {
    match verdict_of(id, candidates) {
        Coverage::Misses { event } => event,
        other => panic!("{id} {candidates:?}: {other:?}"),
    }
}

#[test]
fn unauthorized_calls() {
    let codes = "($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\")";
    assert_eq!(verdict("4.1", &format!("{{ {codes} }}")), Coverage::Covers);
    let address = "$.sourceIPAddress != \"delivery.logs.amazonaws.com\"";
    let name = "$.eventName != \"HeadBucket\"";
    assert_eq!(
        verdict("4.1", &format!("{{ {codes} || ({address}) || ({name}) }}")),
        Coverage::CoversTooMuch
    );
    assert_eq!(verdict("4.1", &format!("{{ ({codes}) && ({address}) }}")), Coverage::Covers);
    assert_eq!(
        verdict("4.1", &format!("{{ ({codes}) && ({address}) && ({name}) }}")),
        Coverage::Covers
    );
    let event = missed(
        "4.1",
        "{ $.errorCode = \"UnauthorizedOperation\" || $.errorCode = \"AccessDenied*\" }",
    );
    let code = event["errorCode"].as_str().unwrap();
    assert!(code.len() > 21 && code.ends_with("UnauthorizedOperation"), "{event}");
    let event = missed(
        "4.1",
        "{ $.errorCode = \"*UnauthorizedOperation\" || $.errorCode = \"AccessDenied\" }",
    );
    assert!(event["errorCode"].as_str().unwrap().starts_with("AccessDenied"), "{event}");
    // The codes outside of parentheses each belong to one exclusion.
    let event = missed(
        "4.1",
        &format!(
            "{{ $.errorCode = *UnauthorizedOperation && {address} || $.errorCode = AccessDenied && {name} }}"
        ),
    );
    assert!(event["errorCode"].as_str().unwrap().starts_with("AccessDenied"), "{event}");
}

#[test]
fn console_sign_in_without_mfa() {
    assert_eq!(
        verdict(
            "4.2",
            "{ ($.eventName = \"ConsoleLogin\") && ($.additionalEventData.MFAUsed != \"Yes\") }"
        ),
        Coverage::Covers
    );
    assert_eq!(verdict("4.2", "{ $.eventName = ConsoleLogin }"), Coverage::Covers);
    let event =
        missed("4.2", "{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed = No }");
    assert_ne!(event["additionalEventData"]["MFAUsed"], "No");
    assert_eq!(event["responseElements"]["ConsoleLogin"], "Success");
    let event =
        missed("4.2", "{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed NOT EXISTS }");
    assert!(event["additionalEventData"]["MFAUsed"].is_string(), "{event}");
    // The parent is an object, so it is neither null nor absent.
    assert_eq!(
        verdict(
            "4.2",
            "{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed != Yes && ($.userIdentity IS NULL || $.userIdentity.type = IAM*) }"
        ),
        Coverage::Covers
    );
    assert_eq!(
        verdict(
            "4.2",
            "{ $.eventName = ConsoleLogin && $.userIdentity NOT EXISTS && $.userIdentity.type = IAMUser }"
        ),
        Coverage::NeverMatches
    );
}

#[test]
fn use_of_root() {
    assert_eq!(verdict("4.3", "{ $.userIdentity.type = \"Root\" }"), Coverage::Covers);
    let event = missed(
        "4.3",
        "{ $.userIdentity.type = Root && $.userIdentity.invokedBy NOT EXISTS && $.eventType = AwsApiCall }",
    );
    assert!(
        event["eventType"] != "AwsApiCall" && event["eventType"] != "AwsServiceEvent",
        "{event}"
    );
    let event = missed(
        "4.3",
        "{ $.userIdentity.type = Root && $.userIdentity.invokedBy NOT EXISTS && $.eventType != AwsServiceEvent && $.sourceIPAddress != 192.0.2.* }",
    );
    assert!(event["sourceIPAddress"].as_str().unwrap().starts_with("192.0.2."), "{event}");
}

#[test]
fn failed_sign_in() {
    for covering in [
        "{ $.eventName = ConsoleLogin && $.errorMessage = \"Failed authentication\" }",
        "{ $.eventSource = signin.amazonaws.com && $.eventName = ConsoleLogin && $.errorMessage = \"Failed *\" }",
        "{ $.eventName = ConsoleLogin && $.errorMessage = * }",
        "{ $.errorMessage = \"Failed authentication\" }",
    ] {
        assert_eq!(verdict("4.6", covering), Coverage::Covers, "{covering}");
    }
    let unquoted = verdict(
        "4.6",
        "{ ($.eventName = ConsoleLogin) && ($.errorMessage = Failed authentication) }",
    );
    assert!(matches!(unquoted, Coverage::Invalid { position: 60, .. }), "{unquoted:?}");
    assert!(matches!(
        verdict(
            "4.6",
            "{ $.eventName = ConsoleLogin && $.errorMessage = \"Failed Authentication\" }"
        ),
        Coverage::Misses { .. }
    ));
}

#[test]
fn what_is_no_json_pattern_is_undetermined() {
    for other in ["[ip, user, name = CreateTrail]", "CreateTrail", "?CreateTrail ?UpdateTrail"] {
        assert!(matches!(verdict("4.5", other), Coverage::Undetermined { .. }), "{other}");
    }
    assert_eq!(verdict("4.5", ""), Coverage::CoversTooMuch);
    let all = format!("{{ {} }}", bodies()["4.5"]);
    assert_eq!(verdict_of("4.5", &["CreateTrail", &all]), Coverage::Covers);
    assert!(matches!(
        covers_texts(&required("4.5").unwrap().baseline(), &["CreateTrail", "{ $.eventName = x }"]),
        Coverage::Undetermined { .. }
    ));
    // An invalid pattern does not count, and reports the error if it is the only one.
    assert!(matches!(
        verdict("4.5", "{ $.eventName == x }"),
        Coverage::Invalid { position: 15, .. }
    ));
    let baseline = required("4.5").unwrap().baseline();
    assert_eq!(covers_texts(&baseline, &["{", all.as_str()]), Coverage::Covers);
    assert!(matches!(
        covers_texts(&baseline, &["{", "{ $.eventName = x }"]),
        Coverage::Misses { .. }
    ));
    assert!(matches!(covers(&baseline, &[]), Coverage::Misses { .. }));
    assert!(matches!(
        covers(&Pattern::parse("ERROR").unwrap(), &[Pattern::default()]),
        Coverage::CoversTooMuch
    ));
    assert!(matches!(
        covers(&Pattern::parse("ERROR").unwrap(), &[Pattern::parse("{ $.a = b }").unwrap()]),
        Coverage::Undetermined { .. }
    ));
}

#[test]
fn an_alarm_that_is_always_in_alarm() {
    for (candidate, expected) in [
        ("{ $.eventName = * }", Coverage::CoversTooMuch),
        ("{ $.eventVersion = 1.* || $.eventName = * }", Coverage::CoversTooMuch),
        ("{ $.eventSource = * && $.eventName != ConsoleLogin }", Coverage::CoversTooMuch),
        ("{ $.eventSource = cloudtrail.amazonaws.com }", Coverage::Covers),
        (
            "{ $.eventName = *Trail || $.eventName = St*ing }",
            Coverage::Undetermined { why: String::new() },
        ),
        ("{ $.eventName = *Trail || $.eventName = St* }", Coverage::Covers),
    ] {
        let verdict = verdict("4.5", candidate);
        assert_eq!(verdict.as_str(), expected.as_str(), "{candidate}: {verdict:?}");
        assert_eq!(verdict.is_covered(), expected.is_covered());
    }
}

#[test]
fn verdicts_serialize() {
    assert_eq!(
        serde_json::to_value(Coverage::CoversTooMuch).unwrap(),
        json!({"verdict": "covers-too-much"})
    );
    assert_eq!(
        serde_json::to_value(Coverage::Misses { event: json!({"a": 1}) }).unwrap(),
        json!({"verdict": "misses", "event": {"a": 1}})
    );
}
