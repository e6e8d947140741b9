//! Coverage of a control with the known facts of CloudTrail events: filters that cover match every
//! event that obeys the facts, and a missed event obeys them itself.

use plumbline_core::filter::{Asterisk, Coverage, KNOWN_FACTS, Pattern, REQUIRED, Requirement};
use serde_json::{Map, Value, json};

/// Choices, one per byte; the first option when all bytes are used.
struct Choices<'a>(std::slice::Iter<'a, u8>);

impl Choices<'_> {
    fn below(&mut self, end: usize) -> usize {
        self.0.next().map_or(0, |byte| usize::from(*byte) % end)
    }

    fn of<'c, T>(&mut self, choices: &'c [T]) -> &'c T {
        &choices[self.below(choices.len())]
    }

    fn is_left(&self) -> bool {
        self.0.len() > 0
    }
}

/// Members that common filters compare, with values that they compare them to.
const MEMBERS: [(&str, &[&str]); 22] = [
    ("eventName", &["ConsoleLogin", "HeadBucket", "Create*", "*Policy", "Describe*"]),
    ("eventSource", &["signin.amazonaws.com", "iam.amazonaws.com", "*.amazonaws.com", "ec2*"]),
    ("eventType", &["AwsApiCall", "AwsConsoleSignIn", "AwsServiceEvent", "AwsConsole*"]),
    ("eventCategory", &["Management", "Data", "*"]),
    ("managementEvent", &["true", "false"]),
    ("readOnly", &["true", "false"]),
    ("eventTime", &["2026*", "*"]),
    ("eventVersion", &["1.08", "1.*"]),
    ("eventID", &["*"]),
    ("awsRegion", &["us-east-1", "eu-*", "*"]),
    ("sourceIPAddress", &["192.0.2.1", "*.amazonaws.com", "delivery.logs.amazonaws.com"]),
    ("errorCode", &["AccessDenied*", "*UnauthorizedOperation", "AccessDenied", "*"]),
    ("errorMessage", &["Failed authentication", "Failed*", "*"]),
    ("userAgent", &["aws-cli/2", "*"]),
    ("requestID", &["*"]),
    ("recipientAccountId", &["111122223333", "*"]),
    ("userIdentity.type", &["Root", "IAMUser", "AssumedRole", "*"]),
    ("userIdentity.arn", &["*assumed-role*", "*:user/*", "arn:aws:iam::111122223333:user/alice"]),
    ("userIdentity.invokedBy", &["ec2.amazonaws.com", "*"]),
    ("additionalEventData.MFAUsed", &["Yes", "No", "*"]),
    ("additionalEventData.SamlProviderArn", &["*"]),
    ("responseElements.ConsoleLogin", &["Success", "Failure", "*"]),
];

/// A test of a member.
fn test(choices: &mut Choices<'_>) -> String {
    let (member, values) = *choices.of(&MEMBERS);
    let value = *choices.of(values);
    let value = if value == "*" { value.to_owned() } else { format!("\"{value}\"") };
    match choices.below(8) {
        0..3 => format!("$.{member} = {value}"),
        3 | 4 => format!("$.{member} != {value}"),
        5 => format!("$.{member} NOT EXISTS"),
        6 => format!("$.{member} IS TRUE"),
        _ => format!("$.{member} IS FALSE"),
    }
}

/// The control's own pattern without a part of its names, and with more tests.
fn candidate(requirement: &Requirement, choices: &mut Choices<'_>) -> String {
    let baseline = requirement.baseline().to_string();
    let inner = baseline.trim_start_matches('{').trim_end_matches('}').trim();
    let mut parts = match choices.below(4) {
        0 => Vec::new(),
        _ => vec![format!("({inner})")],
    };
    for _ in 0..choices.below(4) {
        let mut any = vec![test(choices)];
        for _ in 0..choices.below(3) {
            any.push(test(choices));
        }
        parts.push(format!("({})", any.join(" || ")));
    }
    if parts.is_empty() {
        parts.push(test(choices));
    }
    format!("{{ {} }}", parts.join(" && "))
}

/// An event in the form that CloudTrail documents, with every member chosen.
fn event(requirement: &Requirement, choices: &mut Choices<'_>) -> Value {
    let is_sign_in = matches!(requirement.id, "4.2" | "4.6");
    // Denied calls and calls of the root user can be of any kind.
    let is_named = !matches!(requirement.id, "4.1" | "4.3");
    let is_data = !is_named && choices.below(3) == 1;
    let mut event = Map::new();
    let mut set = |name: &str, value: Value| {
        event.insert(name.to_owned(), value);
    };
    set("eventTime", json!("2026-03-02T08:00:00Z"));
    set("eventVersion", json!(*choices.of(&["1.08", "1.11"])));
    set("eventID", json!("00000000-0000-4000-8000-000000000000"));
    set("awsRegion", json!(*choices.of(&["us-east-1", "eu-west-1"])));
    let address = ["192.0.2.1", "ec2.amazonaws.com", "delivery.logs.amazonaws.com"];
    set("sourceIPAddress", json!(*choices.of(&address)));
    let category = if is_data { "Data" } else { "Management" };
    set("eventCategory", json!(category));
    set("managementEvent", json!(!is_data));
    set("readOnly", json!(!is_named && choices.below(2) == 1));
    for (name, value) in [
        ("userAgent", "aws-cli/2.17"),
        ("requestID", "4f6c1f6e-1f3a-4f3c-9d7b-000000000000"),
        ("recipientAccountId", "111122223333"),
    ] {
        if choices.below(2) == 1 {
            set(name, json!(value));
        }
    }
    if is_sign_in {
        sign_in(choices, &mut set);
    } else {
        call(requirement, choices, &mut set);
    }
    Value::Object(event)
}

/// A sign-in to the console, successful or not.
fn sign_in(choices: &mut Choices<'_>, set: &mut impl FnMut(&str, Value)) {
    let is_failure = choices.below(2) == 1;
    set("eventName", json!("ConsoleLogin"));
    set("eventSource", json!("signin.amazonaws.com"));
    set("eventType", json!("AwsConsoleSignIn"));
    let mut data = json!({ "MFAUsed": *choices.of(&["No", "Yes"]), "MobileVersion": "No" });
    let mut identity = match choices.below(3) {
        0 => json!({ "type": "IAMUser", "userName": "alice" }),
        1 => json!({ "type": "Root", "arn": "arn:aws:iam::111122223333:root" }),
        _ => json!({ "type": "AssumedRole",
            "arn": "arn:aws:sts::111122223333:assumed-role/admin/alice" }),
    };
    if identity["type"] == "IAMUser" && !is_failure {
        identity["arn"] = json!(*choices.of(&[
            "arn:aws:iam::111122223333:user/alice",
            "arn:aws-cn:iam::111122223333:user/team/bob",
        ]));
    }
    if identity["type"] == "AssumedRole" && choices.below(2) == 1 {
        data["SamlProviderArn"] = json!("arn:aws:iam::111122223333:saml-provider/sso");
    }
    set("userIdentity", identity);
    set("additionalEventData", data);
    if is_failure {
        set("errorMessage", json!("Failed authentication"));
    }
    let result = if is_failure { "Failure" } else { "Success" };
    set("responseElements", json!({ "ConsoleLogin": result }));
}

/// A call of an operation, of this control or of another one.
fn call(requirement: &Requirement, choices: &mut Choices<'_>, set: &mut impl FnMut(&str, Value)) {
    let baseline = requirement.baseline().to_string();
    let of = |member: &str| -> Vec<String> {
        let test = format!("$.{member} = ");
        let values = baseline.split(test.as_str()).skip(1);
        let values = values.map(|rest| rest.split([' ', ')', '}']).next().unwrap_or_default());
        values.map(|value| value.trim_matches('"').to_owned()).collect()
    };
    let (mut names, mut sources) = (of("eventName"), of("eventSource"));
    names.extend(
        ["GetObject", "HeadBucket"].map(str::to_owned).into_iter().skip(if names.is_empty() {
            0
        } else {
            2
        }),
    );
    if sources.is_empty() {
        sources.push("ec2.amazonaws.com".to_owned());
    }
    set("eventName", json!(choices.of(&names)));
    set("eventSource", json!(choices.of(&sources)));
    set("eventType", json!(*choices.of(&["AwsApiCall", "AwsServiceEvent"])));
    let code = choices.of(&[
        None,
        Some("AccessDenied"),
        Some("AccessDeniedException"),
        Some("Client.UnauthorizedOperation"),
        Some("ThrottlingException"),
    ]);
    if let Some(code) = code {
        set("errorCode", json!(code));
        set("errorMessage", json!("User: alice is not authorized"));
    }
    let mut identity = match choices.below(3) {
        0 => json!({ "type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice" }),
        1 => json!({ "type": "Root", "arn": "arn:aws:iam::111122223333:root" }),
        _ => json!({ "type": "AWSService", "invokedBy": "ec2.amazonaws.com" }),
    };
    if choices.below(3) == 2 {
        identity["invokedBy"] = json!("signin.amazonaws.com");
    }
    set("userIdentity", identity);
}

/// Whether a pattern matches, for every meaning of `*` inside a value.
fn always(pattern: &Pattern, event: &Value) -> bool {
    Asterisk::ALL.into_iter().all(|reading| pattern.matches(event, reading))
}

/// The facts of a control that an event does not obey.
fn broken(requirement: &Requirement, event: &Value) -> Vec<String> {
    // The fact about the ARN applies to successful sign-ins of IAM users.
    let is_user = event["userIdentity"]["type"] == "IAMUser"
        && event["responseElements"]["ConsoleLogin"] != "Failure";
    KNOWN_FACTS
        .iter()
        .filter(|fact| is_user || fact.id != "user-arn")
        .flat_map(|fact| fact.patterns(requirement.id))
        .filter(|pattern| !always(pattern, event))
        .map(|pattern| pattern.to_string())
        .collect()
}

/// The event with every missing member whose value is known.
fn completed(requirement: &Requirement, event: &Value) -> Value {
    let mut whole = self::event(requirement, &mut Choices([].iter()));
    // The members about a failure must be consistent.
    let is_failure = event["errorMessage"] == "Failed authentication"
        || event["responseElements"]["ConsoleLogin"] == "Failure";
    if matches!(requirement.id, "4.2" | "4.6") {
        let result = if is_failure { "Failure" } else { "Success" };
        whole["responseElements"]["ConsoleLogin"] = json!(result);
        if is_failure {
            whole["errorMessage"] = json!("Failed authentication");
            if let Some(identity) = whole["userIdentity"].as_object_mut() {
                identity.remove("arn");
            }
        }
    }
    // Facts that are unknown are left out: the filters may depend on them.
    let patterns = KNOWN_FACTS.iter().flat_map(|fact| fact.patterns(requirement.id));
    let known: Vec<String> = patterns.map(|pattern| pattern.to_string()).collect();
    let is_known = |path: &str| known.iter().any(|text| text.contains(&format!("$.{path}")));
    if let Some(members) = whole.as_object_mut() {
        members.retain(|name, _| is_known(name));
        for (name, member) in members.iter_mut() {
            if let Some(inner) = member.as_object_mut() {
                inner.retain(|inner, _| is_known(&format!("{name}.{inner}")));
            }
        }
    }
    merge(&mut whole, event);
    whole
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

/// A control, filters for it, and events that CloudTrail can write. The decision and the facts must
/// agree.
pub fn coverage(bytes: &[u8]) {
    let mut choices = Choices(bytes.iter());
    let requirement = choices.of(&REQUIRED);
    let mut patterns = vec![candidate(requirement, &mut choices)];
    for _ in 0..choices.below(3) {
        patterns.push(candidate(requirement, &mut choices));
    }
    // CloudWatch Logs accepts no longer patterns.
    patterns.retain(|pattern| pattern.len() <= 1024);
    if patterns.is_empty() {
        return;
    }
    let read: Vec<Pattern> = patterns.iter().filter_map(|text| Pattern::parse(text).ok()).collect();
    assert_eq!(read.len(), patterns.len(), "no pattern: {patterns:?}");
    let found = requirement.coverage(&patterns, false);
    let baseline = requirement.baseline();
    let counted = |event: &Value| {
        Asterisk::ALL.into_iter().any(|reading| {
            baseline.matches(event, reading)
                && !read.iter().any(|pattern| pattern.matches(event, reading))
        })
    };
    match &found.coverage {
        Coverage::Covers | Coverage::CoversTooMuch => {
            while choices.is_left() {
                let event = event(requirement, &mut choices);
                assert_eq!(broken(requirement, &event), Vec::<String>::new(), "{event}");
                assert!(
                    !counted(&event),
                    "{} {patterns:?} by {:?} leaves out {event}",
                    requirement.id,
                    found.facts
                );
            }
        }
        Coverage::Misses { event } => {
            let whole = completed(requirement, event);
            assert_eq!(broken(requirement, &whole), Vec::<String>::new(), "{whole}");
            for event in [event, &whole] {
                assert!(
                    always(&baseline, event)
                        && !read.iter().any(|pattern| {
                            Asterisk::ALL.into_iter().any(|reading| pattern.matches(event, reading))
                        }),
                    "{} {patterns:?} does not miss {event}",
                    requirement.id
                );
            }
        }
        Coverage::NeverMatches | Coverage::Undetermined { .. } => {}
        Coverage::Invalid { what, .. } => panic!("{patterns:?}: {what}"),
    }
    if !found.facts.is_empty() {
        let strict = requirement.coverage(&patterns, true);
        assert!(!strict.coverage.is_covered(), "{patterns:?} needs no facts");
    }
}
