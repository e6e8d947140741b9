//! Turns a missed event into one that CloudTrail writes, with the values that explain the miss.

use serde_json::{Map, Value, json};

use super::pattern::Pattern;
use super::require::Requirement;
use super::syntax::{Operand, Segment, Test};
use super::text::Asterisk;

/// Operations with their services.
const OPERATIONS: [(&str, &str); 8] = [
    ("DescribeInstances", "ec2.amazonaws.com"),
    ("GetObject", "s3.amazonaws.com"),
    ("HeadBucket", "s3.amazonaws.com"),
    ("Decrypt", "kms.amazonaws.com"),
    ("ConsoleLogin", "signin.amazonaws.com"),
    ("AssumeRole", "sts.amazonaws.com"),
    ("ListUsers", "iam.amazonaws.com"),
    ("ExecuteStatement", "rdsdata.amazonaws.com"),
];

/// Paths and values of members that filters test only for existence, like those in CloudTrail's
/// documentation.
fn usual_members() -> [(&'static str, Value); 13] {
    let started = "2026-01-15T09:30:00Z";
    let attributes = json!({ "creationDate": started, "mfaAuthenticated": "false" });
    let session = json!({ "attributes": attributes });
    [
        ("/userIdentity/accessKeyId", json!("ASIAIOSFODNN7EXAMPLE")),
        ("/userIdentity/accountId", json!("111122223333")),
        ("/userIdentity/invokedBy", json!("cloudformation.amazonaws.com")),
        ("/userIdentity/principalId", json!("AIDAJ45Q7YFFAREXAMPLE")),
        ("/userIdentity/sessionContext", session),
        ("/userIdentity/userName", json!("alice")),
        ("/additionalEventData", json!({ "MobileVersion": "No" })),
        ("/recipientAccountId", json!("111122223333")),
        ("/requestID", json!("01234567-89ab-cdef-0123-456789abcdef")),
        ("/requestParameters", json!({ "name": "example" })),
        ("/responseElements", json!({ "name": "example" })),
        ("/sourceIPAddress", json!("192.0.2.1")),
        ("/userAgent", json!("aws-cli/2.15.0")),
    ]
}

/// Adds the members that every event has, and the members whose values explain why the candidates
/// do not match the event, as long as the event stays missed.
pub(super) fn lifelike(
    requirement: &Requirement,
    event: Value,
    candidates: &[Pattern],
    is_missed: &dyn Fn(&Value) -> bool,
) -> Value {
    let mut event = MissedEvent { event, is_missed };
    let name = requirement.names().first().copied().unwrap_or("DescribeInstances");
    let service = if name == "ConsoleLogin" { "signin" } else { requirement.service_or("ec2") };
    event.add(&["eventName"], name);
    event.add(&["eventSource"], &format!("{service}.amazonaws.com"));
    for (path, pattern, value) in excluded(candidates) {
        for value in spellings(&path, &value) {
            let explains = |event: &Value| !pattern.matches(event, Asterisk::Wildcard);
            if event.add_if(&path, &value, &explains) {
                break;
            }
        }
    }
    for kind in event.identity_types() {
        event.add(&["userIdentity", "type"], kind);
    }
    event.agree();
    event.agree_in_kind();
    event.fill();
    event.event
}

/// An event that stays missed through all changes.
struct MissedEvent<'a> {
    event: Value,
    is_missed: &'a dyn Fn(&Value) -> bool,
}

impl MissedEvent<'_> {
    fn text(&self, name: &str) -> &str {
        self.event.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Adds an absent member, if the event stays missed.
    fn add(&mut self, path: &[&str], value: &str) -> bool {
        self.add_if(path, value, &|_| true)
    }

    fn add_if(&mut self, path: &[&str], value: &str, check: &dyn Fn(&Value) -> bool) -> bool {
        let mut richer = self.event.clone();
        let taken = insert(&mut richer, path, value) && (self.is_missed)(&richer) && check(&richer);
        if taken {
            self.event = richer;
        }
        taken
    }

    /// Replaces a member, if the event stays missed.
    fn replace(&mut self, name: &str, value: &str) -> bool {
        let mut other = self.event.clone();
        let Some(member) = other.get_mut(name) else { return false };
        *member = json!(value);
        let taken = (self.is_missed)(&other);
        if taken {
            self.event = other;
        }
        taken
    }

    /// The types of identity, the types that fit the ARN first.
    fn identity_types(&self) -> [&'static str; 3] {
        let arn = self.event.pointer("/userIdentity/arn").and_then(Value::as_str);
        match arn.unwrap_or_default() {
            arn if arn.contains(":assumed-role/") || arn.contains(":role/") => {
                ["AssumedRole", "IAMUser", "Root"]
            }
            arn if arn.ends_with(":root") => ["Root", "IAMUser", "AssumedRole"],
            _ => ["IAMUser", "AssumedRole", "Root"],
        }
    }

    /// Makes name, source and type of the event consistent, as far as the question allows.
    fn agree(&mut self) {
        let (name, source) =
            (self.text("eventName").to_owned(), self.text("eventSource").to_owned());
        if OPERATIONS.contains(&(name.as_str(), source.as_str())) {
            return;
        }
        let of_name = OPERATIONS.iter().find(|(known, _)| *known == name);
        let of_source = OPERATIONS.iter().find(|(_, known)| *known == source);
        let is_usual = |of: &(&str, &str)| of.0 == "DescribeInstances";
        match (of_name, of_source) {
            // An unusual value has a reason to be there.
            (Some((_, right)), _) if of_name.is_some_and(|of| !is_usual(of)) => {
                self.replace("eventSource", right);
            }
            (Some(_), Some((right, _))) => {
                self.replace("eventName", right);
            }
            _ => {}
        }
        if self.text("eventName") == "ConsoleLogin" {
            self.replace("eventType", "AwsConsoleSignIn");
        }
    }

    /// Makes type and category of the event consistent with its name.
    fn agree_in_kind(&mut self) {
        let is_sign_in = self.text("eventSource") == "signin.amazonaws.com";
        if self.text("eventType") == "AwsConsoleSignIn" && !is_sign_in {
            self.replace_both("CheckMfa", "signin.amazonaws.com");
        }
        if self.text("eventCategory") == "Data" {
            self.replace_both("GetObject", "s3.amazonaws.com");
        }
    }

    /// Replaces the name and the source together.
    fn replace_both(&mut self, name: &str, source: &str) {
        let mut other = self.event.clone();
        if let Some(members) = other.as_object_mut() {
            members.insert("eventName".to_owned(), json!(name));
            members.insert("eventSource".to_owned(), json!(source));
        }
        self.take(other);
    }

    /// Uses another event instead, if that one is missed.
    fn take(&mut self, other: Value) {
        if (self.is_missed)(&other) {
            self.event = other;
        }
    }

    /// Sets typical CloudTrail values in members that only have to exist, and in names of services
    /// of which only the end is required.
    fn fill(&mut self) {
        for (path, usual) in usual_members() {
            let mut other = self.event.clone();
            let Some(member) = other.pointer_mut(path) else { continue };
            *member = match member.as_str() {
                Some(ANYTHING) => usual,
                Some(end) if end.starts_with(".amazonaws.com") => json!(format!("ec2{end}")),
                _ => continue,
            };
            self.take(other);
        }
    }
}

/// The value of a member whose value does not matter, see [`super::model`].
const ANYTHING: &str = "example";

/// What candidates exclude: the member, the test, and the text without wildcards.
fn excluded(candidates: &[Pattern]) -> Vec<(Vec<&str>, Pattern, String)> {
    let mut excluded = Vec::new();
    for candidate in candidates {
        candidate.each_atom(&mut |atom| {
            if let (Test::Differs(Operand::Text(text)), Some(path)) =
                (&atom.test, keys(&atom.selector))
            {
                excluded.push((path, Pattern::of_atom(atom), text.replace('*', "")));
            }
        });
    }
    excluded
}

/// Possible full values of a member of which a filter gives only a part.
fn spellings(path: &[&str], value: &str) -> Vec<String> {
    if path.last() != Some(&"arn") {
        return vec![value.to_owned()];
    }
    if value.starts_with("arn:") {
        // The ARN may lack a session name.
        let rest = if value.ends_with('/') { "session" } else { "" };
        return vec![format!("{value}{rest}"), value.to_owned()];
    }
    let rest = value.trim_start_matches(':');
    let mut spellings = vec![
        format!("arn:aws:iam::111122223333:{rest}"),
        format!("arn:aws:sts::111122223333:{rest}session"),
        format!("arn:aws:sts::111122223333:assumed-role/{rest}"),
        format!("arn:aws:sts::111122223333:assumed-role/{rest}/session"),
        value.to_owned(),
    ];
    if rest.starts_with("assumed-role") {
        spellings.rotate_left(1);
    }
    spellings
}

/// The names in a selector without wildcards and indices.
fn keys(selector: &[Segment]) -> Option<Vec<&str>> {
    fn key(segment: &Segment) -> Option<&str> {
        if let Segment::Key(name) = segment { Some(name) } else { None }
    }
    selector.iter().map(key).collect()
}

/// Adds an absent member, with the objects around it. Returns `false` if the member exists.
fn insert(event: &mut Value, path: &[&str], value: &str) -> bool {
    let Some((name, above)) = path.split_last() else { return false };
    let mut holder = event;
    for name in above {
        let Some(members) = holder.as_object_mut() else { return false };
        holder = members.entry(*name).or_insert_with(|| Value::Object(Map::new()));
    }
    match holder.as_object_mut() {
        Some(members) if !members.contains_key(*name) => {
            members.insert((*name).to_owned(), json!(value));
            true
        }
        _ => false,
    }
}
