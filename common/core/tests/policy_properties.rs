//! Properties of the policy model: answers do not depend on the notation, more permissions never
//! look like fewer, "denied" is never wrong about a concrete request, and no document causes a
//! panic.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail so, in its helpers too"
)]

use std::collections::BTreeMap;

use plumbline_core::glob;
use plumbline_core::glob::SearchLimit;
use plumbline_core::policy::{DenyHttp, FullAdmin, Policy, Public, deny_http, full_admin, public};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

const BUCKET: &str = "logs";

/// A statement before it is written as text.
#[derive(Clone, Debug)]
struct Plan {
    effect: &'static str,
    principal: Option<(&'static str, Vec<(&'static str, &'static str)>)>,
    action: (&'static str, Vec<&'static str>),
    resource: Option<(&'static str, Vec<&'static str>)>,
    conditions: Vec<(&'static str, &'static str, Vec<&'static str>)>,
}

fn some_of(all: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![3 => select(all).prop_map(|one| vec![one]),
        1 => subsequence(all, 1..=all.len().min(3))]
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    proptest::collection::vec(plan(), 0..5)
}

fn plan() -> impl Strategy<Value = Plan> {
    const ACTIONS: &[&str] = &[
        "s3:*",
        "*",
        "*:*",
        "s3:Get*",
        "s3:Put*",
        "s3:?*",
        "s3:GetObject",
        "s3:*Object",
        "ec2:*",
        "iam:*",
        "nosuchservice:*",
        "S3:*",
    ];
    const RESOURCES: &[&str] = &[
        "*",
        "arn:aws:s3:::logs/*",
        "arn:aws:s3:::logs",
        "arn:aws:s3:::logs*",
        "arn:aws:s3:::logs/a*",
        "arn:aws:s3:::logs/*b",
        "arn:aws:s3:::other/*",
        "arn:*:s3:::logs/?*",
        "arn:aws:s3:::logs/${aws:username}/*",
        "arn:aws:*",
    ];
    const MEMBERS: &[(&str, &str)] = &[
        ("AWS", "*"),
        ("AWS", "*"),
        ("AWS", "arn:aws:iam::111122223333:root"),
        ("AWS", "arn:aws:iam::111122223333:role/a"),
        ("Service", "cloudtrail.amazonaws.com"),
    ];
    let principal = (
        select(vec!["Principal", "Principal", "Principal", "NotPrincipal"]),
        subsequence(MEMBERS, 1..=2),
    );
    let condition = prop_oneof![
        4 => Just(("Bool", "aws:SecureTransport", vec!["false"])),
        1 => (
            select(vec!["Bool", "StringEquals", "StringNotEquals", "StringLike", "BoolIfExists",
                "ForAnyValue:StringEquals", "StringEqualsIgnoreCase"]),
            Just("aws:SecureTransport"),
            some_of(&["false", "true", "f*", "FALSE"]),
        ),
        1 => (select(vec!["NumericLessThan", "NumericLessThanIfExists", "NumericNotEquals"]),
            Just("s3:TlsVersion"), some_of(&["1.2", "1.3"])),
        1 => (select(vec!["Null"]),
            select(vec!["aws:SecureTransport", "s3:TlsVersion", "aws:SourceVpc"]),
            some_of(&["true", "false"])),
        1 => (
            select(vec!["StringEquals", "StringLike", "StringNotEquals", "StringLikeIfExists",
                "ForAllValues:StringLike", "ForAnyValue:StringNotLike"]),
            select(vec!["aws:SourceVpc", "aws:PrincipalAccount", "aws:PrincipalOrgID",
                "s3:ResourceAccount"]),
            some_of(&["111122223333", "*", "vpc-1", "o-1", "${aws:x}"]),
        ),
        1 => (select(vec!["IpAddress", "NotIpAddress", "IpAddressIfExists"]), Just("aws:SourceIp"),
            some_of(&["192.0.2.0/24", "0.0.0.0/0", "10.0.0.0/8", "::/0"])),
    ];
    (
        prop_oneof![2 => Just("Deny"), 1 => Just("Allow")],
        prop_oneof![
            4 => Just(Some(("Principal", vec![("AWS", "*")]))),
            2 => principal.prop_map(Some),
            1 => Just(None),
        ],
        (select(vec!["Action", "Action", "Action", "NotAction"]), some_of(ACTIONS)),
        prop_oneof![8 => (select(vec!["Resource", "Resource", "Resource", "NotResource"]),
            some_of(RESOURCES)).prop_map(Some), 1 => Just(None)],
        proptest::collection::vec(condition, 0..3),
    )
        .prop_map(|(effect, principal, action, resource, conditions)| Plan {
            effect,
            principal,
            action,
            resource,
            conditions,
        })
}

/// The notation of a document: a stream of small choices.
struct Choices(Vec<u8>, usize);

impl Choices {
    fn pick(&mut self, of: usize) -> usize {
        self.1 += 1;
        usize::from(self.0[self.1 % self.0.len()]) % of
    }

    fn one_or_list(&mut self, items: Vec<Value>) -> Value {
        if items.len() == 1 && self.pick(2) == 0 { items[0].clone() } else { Value::Array(items) }
    }

    fn shuffled<T>(&mut self, mut items: Vec<T>) -> Vec<T> {
        for at in (1..items.len()).rev() {
            let with = self.pick(at + 1);
            items.swap(at, with);
        }
        items
    }

    fn case(&mut self, text: &str) -> String {
        match self.pick(3) {
            0 => text.to_owned(),
            1 => text.to_ascii_uppercase(),
            _ => text.to_ascii_lowercase(),
        }
    }

    /// The text of an object, with its members in a random order.
    fn object(&mut self, members: Vec<(String, String)>) -> String {
        let members: Vec<String> = self
            .shuffled(members)
            .into_iter()
            .map(|(name, value)| format!("{}:{value}", json!(name)))
            .collect();
        format!("{{{}}}", members.join(if self.pick(2) == 0 { "," } else { " ,\n " }))
    }

    fn texts(&mut self, items: &[&str]) -> String {
        let items = items.iter().map(|item| json!(item)).collect();
        let items = self.shuffled(items);
        self.one_or_list(items).to_string()
    }

    fn statement(&mut self, plan: &Plan) -> String {
        let mut members = vec![("Effect".to_owned(), json!(plan.effect).to_string())];
        if let Some((name, names)) = &plan.principal {
            let everyone = names.len() == 1 && names[0] == ("AWS", "*");
            let value = if everyone && self.pick(2) == 0 {
                json!("*").to_string()
            } else {
                let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
                for (kind, name) in names {
                    kinds.entry(kind).or_default().push(name);
                }
                let kinds = kinds
                    .into_iter()
                    .map(|(kind, names)| (kind.to_owned(), self.texts(&names)))
                    .collect();
                self.object(kinds)
            };
            members.push(((*name).to_owned(), value));
        }
        let actions: Vec<String> = plan.action.1.iter().map(|action| self.case(action)).collect();
        members.push((
            plan.action.0.to_owned(),
            self.texts(&actions.iter().map(String::as_str).collect::<Vec<_>>()),
        ));
        if let Some((name, resources)) = &plan.resource {
            members.push(((*name).to_owned(), self.texts(resources)));
        }
        // All conditions must be met, so a condition that would repeat an operator and key is
        // omitted.
        let mut operators: BTreeMap<&str, BTreeMap<&str, &Vec<&str>>> = BTreeMap::new();
        for (operator, key, values) in &plan.conditions {
            operators.entry(operator).or_default().entry(key).or_insert(values);
        }
        if !operators.is_empty() || self.pick(4) == 0 {
            let operators = operators
                .into_iter()
                .map(|(operator, keys)| {
                    let keys = keys
                        .into_iter()
                        .map(|(key, values)| (self.case(key), self.values(values)))
                        .collect();
                    (operator.to_owned(), self.object(keys))
                })
                .collect();
            members.push(("Condition".to_owned(), self.object(operators)));
        }
        self.object(members)
    }

    fn values(&mut self, values: &[&str]) -> String {
        let values = values.iter().map(|value| match *value {
            "true" | "false" if self.pick(2) == 0 => json!(*value == "true"),
            other => json!(other),
        });
        let values = values.collect();
        let values = self.shuffled(values);
        self.one_or_list(values).to_string()
    }

    fn document(&mut self, plans: &[Plan]) -> String {
        let statements: Vec<String> = plans.iter().map(|plan| self.statement(plan)).collect();
        let statements = self.shuffled(statements);
        let statements = if statements.len() == 1 && self.pick(2) == 0 {
            statements[0].clone()
        } else {
            format!("[{}]", statements.join(","))
        };
        let document = self.object(vec![
            ("Version".to_owned(), json!("2012-10-17").to_string()),
            ("Statement".to_owned(), statements),
        ]);
        match self.pick(5) {
            0 => document,
            1 => encoded(&document),
            2 => json!(document).to_string(),
            3 => format!("\u{feff} {document}\n"),
            _ => json!(encoded(&document)).to_string(),
        }
    }
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn choices() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 16..64)
}

/// The plain notation.
fn plain(plans: &[Plan]) -> Policy {
    let document = Choices(vec![0], 0).document(plans);
    Policy::parse(&document).unwrap_or_else(|error| panic!("{document}: {error}"))
}

type Answers = (DenyHttp, DenyHttp, Public, Public, FullAdmin);

fn answers(policy: &Policy) -> Answers {
    (
        deny_http(policy, BUCKET, "aws", false, &SearchLimit::default()).verdict,
        deny_http(policy, BUCKET, "aws", true, &SearchLimit::default()).verdict,
        public(policy, false).verdict,
        public(policy, true).verdict,
        full_admin(policy, &SearchLimit::default()).verdict,
    )
}

/// Statements with one action, one resource and one principal each, if that has the same meaning.
fn split(plans: &[Plan]) -> Vec<Plan> {
    let mut parts = Vec::new();
    for plan in plans {
        let actions = if plan.action.0 == "Action" {
            plan.action.1.iter().map(|one| vec![*one]).collect()
        } else {
            vec![plan.action.1.clone()]
        };
        let resources: Vec<_> = match &plan.resource {
            Some(("Resource", resources)) => {
                resources.iter().map(|one| Some(("Resource", vec![*one]))).collect()
            }
            other => vec![other.clone()],
        };
        let principals: Vec<_> = match &plan.principal {
            Some(("Principal", names)) => {
                names.iter().map(|one| Some(("Principal", vec![*one]))).collect()
            }
            other => vec![other.clone()],
        };
        for action in &actions {
            for resource in &resources {
                for principal in &principals {
                    parts.push(Plan {
                        action: (plan.action.0, action.clone()),
                        resource: resource.clone(),
                        principal: principal.clone(),
                        ..plan.clone()
                    });
                }
            }
        }
    }
    parts
}

/// A concrete request, in the notation of the test.
#[derive(Clone, Debug)]
struct Request {
    principal: Option<&'static str>,
    action: String,
    resource: String,
    context: BTreeMap<&'static str, String>,
}

/// A wildcard match according to the documentation, independent of the library.
fn like(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.first(), text.first()) {
        (None, None) => true,
        (Some(b'*'), _) => {
            like(&pattern[1..], text) || (!text.is_empty() && like(pattern, &text[1..]))
        }
        (Some(b'?'), Some(_)) => like(&pattern[1..], &text[1..]),
        (Some(one), Some(other)) => one == other && like(&pattern[1..], &text[1..]),
        _ => false,
    }
}

/// Whether a planned Deny applies to a request.
fn applies(plan: &Plan, request: &Request) -> bool {
    let principal = match &plan.principal {
        None => false,
        Some((name, names)) => {
            let member = names.iter().any(|(kind, name)| match request.principal {
                None => *name == "*",
                Some(caller) => {
                    *kind == "AWS"
                        && (*name == "*"
                            || *name == caller
                            || *name == "arn:aws:iam::111122223333:root"
                                && caller.contains("111122223333"))
                }
            });
            member == (*name == "Principal")
        }
    };
    let action = plan.action.1.iter().any(|pattern| {
        like(
            pattern.to_ascii_lowercase().as_bytes(),
            request.action.to_ascii_lowercase().as_bytes(),
        )
    });
    let resource = match &plan.resource {
        None => false,
        Some((name, patterns)) => {
            let member = patterns.iter().any(|pattern| {
                like(
                    pattern.replace("${aws:username}", "alice").as_bytes(),
                    request.resource.as_bytes(),
                )
            });
            member == (*name == "Resource")
        }
    };
    principal
        && action == (plan.action.0 == "Action")
        && resource
        && plan.conditions.iter().all(|one| holds(one, request))
}

fn holds((operator, key, values): &(&str, &str, Vec<&str>), request: &Request) -> bool {
    let have = request.context.get(key);
    if *operator == "Null" {
        return values.iter().any(|value| (*value == "true") == have.is_none());
    }
    let base = operator
        .trim_start_matches("ForAnyValue:")
        .trim_start_matches("ForAllValues:")
        .trim_end_matches("IfExists");
    let negated = base.contains("Not");
    let Some(have) = have else {
        return operator.ends_with("IfExists")
            || operator.starts_with("ForAllValues")
            || (negated && !operator.starts_with("ForAnyValue"));
    };
    let number = |text: &str| text.parse::<f64>().ok();
    let matched = values.iter().any(|value| match base {
        "StringEquals" | "StringNotEquals" => value == have,
        "StringLike" | "StringNotLike" => like(value.as_bytes(), have.as_bytes()),
        "StringEqualsIgnoreCase" | "Bool" => value.eq_ignore_ascii_case(have),
        "NumericLessThan" => number(have) < number(value),
        "NumericNotEquals" => number(have) == number(value),
        "IpAddress" | "NotIpAddress" => value.parse::<ipnet::IpNet>().is_ok_and(|block| {
            have.parse::<std::net::IpAddr>().is_ok_and(|address| block.contains(&address))
        }),
        other => panic!("{other}"),
    });
    matched != negated
}

fn requests() -> impl Strategy<Value = Request> {
    let callers = vec![
        None,
        Some("arn:aws:iam::111122223333:role/a"),
        Some("arn:aws:iam::444455556666:user/b"),
    ];
    let actions = vec![
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:ListBucket",
        "s3:GetBucketAcl",
        "s3:PutObjectAcl",
        "s3:RestoreObject",
        "s3:GetObjectVersion",
        "s3:AbortMultipartUpload",
        "s3:SomethingNew",
    ];
    let keys = prop_oneof!["[ab/x.]{1,4}", Just("alice/x".to_owned()), "\\PC{1,8}"];
    let vpcs = select(vec![None, Some("vpc-1"), Some("vpc-2")]);
    let accounts = select(vec![None, Some("111122223333"), Some("444455556666")]);
    let orgs = select(vec![None, Some("o-1"), Some("o-2")]);
    let addresses = select(vec![None, Some("192.0.2.9"), Some("203.0.113.9"), Some("2001:db8::1")]);
    (select(callers), select(actions), keys, vpcs, accounts, orgs, addresses).prop_map(
        |(principal, action, key, vpc, account, org, address)| {
            let mut context = BTreeMap::from([("aws:SecureTransport", "false".to_owned())]);
            let others = [
                ("aws:SourceVpc", vpc),
                ("aws:PrincipalAccount", account),
                ("s3:ResourceAccount", account),
                ("aws:PrincipalOrgID", org),
                ("aws:SourceIp", address),
            ];
            context.extend(
                others.into_iter().filter_map(|(key, value)| Some((key, value?.to_owned()))),
            );
            Request {
                principal,
                action: action.to_owned(),
                resource: format!("arn:aws:s3:::{BUCKET}/{key}"),
                context,
            }
        },
    )
}

/// The conditions of a plan that a document contains.
fn deduplicated(plan: &Plan) -> Plan {
    let mut kept: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for (operator, key, values) in &plan.conditions {
        if !kept.iter().any(|(o, k, _)| o == operator && k == key) {
            kept.push((operator, key, values.clone()));
        }
    }
    Plan { conditions: kept, ..plan.clone() }
}

fn json_values() -> impl Strategy<Value = Value> {
    let words = vec![
        "Version",
        "2012-10-17",
        "Statement",
        "Effect",
        "Allow",
        "Deny",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Principal",
        "NotPrincipal",
        "AWS",
        "Condition",
        "Bool",
        "StringLike",
        "Null",
        "aws:SecureTransport",
        "aws:SourceIp",
        "false",
        "*",
        "?",
        "${",
        "}",
        "s3:*",
        "arn:aws:s3:::logs/*",
        "",
        "0.0.0.0/0",
        "ForAllValues:",
        "ä",
        "%7B",
    ];
    let word = prop_oneof![4 => select(words).prop_map(str::to_owned), 1 => "\\PC{0,12}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.clone().prop_map(Value::from)
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            proptest::collection::vec((word.clone(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn ask_all(policy: Result<Policy, impl std::fmt::Display>) {
    match policy {
        Ok(policy) => {
            for bucket in ["logs", "", "*", "ä${x}"] {
                for flag in [true, false] {
                    assert!(
                        deny_http(&policy, bucket, "aws", flag, &SearchLimit::default())
                            .detail
                            .chars()
                            .count()
                            <= 256
                    );
                    assert!(public(&policy, flag).detail.chars().count() <= 256);
                }
            }
            assert!(full_admin(&policy, &SearchLimit::default()).detail.chars().count() <= 256);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A plan in which one value is replaced.
fn with_replaced(document: &mut Value, place: usize, replacement: Value) {
    fn walk(value: &mut Value, left: &mut usize, replacement: &Value) -> bool {
        if *left == 0 {
            *value = replacement.clone();
            return true;
        }
        *left -= 1;
        match value {
            Value::Array(items) => items.iter_mut().any(|item| walk(item, left, replacement)),
            Value::Object(members) => {
                members.values_mut().any(|item| walk(item, left, replacement))
            }
            _ => false,
        }
    }
    let mut left = place;
    walk(document, &mut left, &replacement);
}

/// All texts of up to three characters over `a`, `b` and `x`, the empty one first.
fn small_texts() -> Vec<String> {
    let mut all = vec![String::new()];
    for at in 0.. {
        if all[at].len() == 4 {
            break;
        }
        for letter in ["a", "b", "x"] {
            let longer = format!("{}{letter}", all[at]);
            all.push(longer);
        }
    }
    all
}

/// The actions of Amazon S3, in lower case, whose names do not contain "bucket".
fn not_on_buckets_only() -> Vec<String> {
    let table = include_str!("../src/policy/actions.txt");
    let line = table.lines().find_map(|line| line.strip_prefix("s3 ")).expect("Amazon S3");
    let names = line.split(' ').map(str::to_lowercase);
    let is_on_buckets = |name: &String| name.contains("bucket") || name.ends_with("configuration");
    names
        .filter(|name| !is_on_buckets(name) || name == "objectowneroverridetobucketowner")
        .collect()
}

fn small_patterns() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("[ab*?]{0,3}", 1..4)
}

proptest! {
    #[test]
    fn spelling_does_not_matter(plans in plans(), choices in choices()) {
        let document = Choices(choices, 0).document(&plans);
        let policy = Policy::parse(&document).unwrap_or_else(|error| panic!("{document}: {error}"));
        prop_assert_eq!(answers(&policy), answers(&plain(&plans)), "{}", document);
        prop_assert_eq!(answers(&Policy::from_value(&json!(document)).expect("value")),
            answers(&policy));
    }

    #[test]
    fn splitting_statements_does_not_matter(plans in plans()) {
        prop_assert_eq!(answers(&plain(&plans)), answers(&plain(&split(&plans))));
    }

    #[test]
    fn repeating_statements_does_not_matter(plans in plans()) {
        prop_assert_eq!(answers(&plain(&plans)), answers(&plain(&[plans.clone(), plans].concat())));
    }

    #[test]
    fn another_statement_never_counts_as_one_less(plans in plans(), further in plan()) {
        let (before, after) = (answers(&plain(&plans)),
            answers(&plain(&[plans, vec![further.clone()]].concat())));
        if further.effect == "Allow" {
            prop_assert_eq!((before.0, before.1), (after.0, after.1));
            prop_assert!(before.2 == Public::NotPublic || after.2 == Public::Public);
            prop_assert!(before.3 == Public::NotPublic || after.3 == Public::Public);
            prop_assert!(before.4 == FullAdmin::No || after.4 == FullAdmin::Yes);
        } else {
            prop_assert_eq!((before.2, before.3, before.4), (after.2, after.3, after.4));
            prop_assert!(before.0 == DenyHttp::NotDenied || after.0 == DenyHttp::Denied);
            prop_assert!(before.1 == DenyHttp::NotDenied || after.1 == DenyHttp::Denied);
        }
    }

    #[test]
    fn strictness_is_ordered(plans in plans()) {
        let (objects, bucket_too, open, literally_open, _) = answers(&plain(&plans));
        prop_assert!(bucket_too == DenyHttp::NotDenied || objects == DenyHttp::Denied);
        prop_assert!(open == Public::NotPublic || literally_open == Public::Public);
    }

    #[test]
    fn a_condition_never_denies_more(plans in plans()) {
        let bare: Vec<Plan> = plans.iter().map(|plan| Plan { conditions: Vec::new(),
            ..plan.clone() }).collect();
        let (with, without) = (answers(&plain(&plans)), answers(&plain(&bare)));
        prop_assert!(with.0 == DenyHttp::NotDenied || without.0 == DenyHttp::Denied);
        prop_assert!(with.2 == Public::NotPublic || without.2 == Public::Public);
        prop_assert_eq!(with.4, without.4, "conditions do not matter");
    }

    #[test]
    fn random_json_does_no_harm(value in json_values()) {
        ask_all(Policy::from_value(&value));
        ask_all(Policy::parse(&value.to_string()));
        ask_all(Policy::parse(&encoded(&value.to_string())));
    }

    #[test]
    fn random_texts_do_no_harm(text in "\\PC*",
        start in select(vec!["", "{", "%7B", "\"", "{\"Statement\":", "\u{feff}"])) {
        ask_all(Policy::parse(&format!("{start}{text}")));
    }

    #[test]
    fn damaged_policies_do_no_harm(plans in plans(), place in 0..40_usize,
        replacement in json_values()) {
        let mut document: Value = serde_json::from_str(&Choices(vec![0],
            0).document(&plans)).expect("JSON");
        with_replaced(&mut document, place, replacement);
        ask_all(Policy::from_value(&document));
    }

    #[test]
    fn patterns_are_exact(universe in "[ab*?]{0,3}", patterns in small_patterns()) {
        let compiled: Vec<glob::Texts> = patterns.iter().map(|pattern| glob::Texts::matching(pattern)).collect();
        let found = glob::find(&glob::Texts::matching(&universe).into(), &compiled,
            &glob::SearchLimit::default(), |matched| !matched.contains(&true)).expect("simple");
        let escapes = |text: &str| like(universe.as_bytes(),
            text.as_bytes()) && !patterns.iter().any(|pattern| like(pattern.as_bytes(),
                text.as_bytes()));
        let shortest = small_texts().into_iter().find(|text| escapes(text));
        if let Some(found) = &found {
            prop_assert!(escapes(found), "{found}");
        }
        prop_assert_eq!(found.map(|text| text.len()).filter(|length| *length <= 4),
            shortest.map(|text| text.len()));
    }

    /// For small patterns, "denied" means exactly "no request over small texts is allowed".
    #[test]
    fn shared_work_is_exact(
        statements in proptest::collection::vec((any::<bool>(), small_patterns(), any::<bool>(),
            small_patterns()), 1..5),
    ) {
        let texts = small_texts();
        let deny = |(not_action, actions, not_resource, resources): &(bool, Vec<String>, bool,
            Vec<String>)| {
            let actions: Vec<String> = actions.iter().map(|action| format!("s3:{action}")).collect();
            let resources: Vec<String> = resources.iter().map(|key| format!("arn:aws:s3:::logs/{key}")).collect();
            json!({
                "Effect": "Deny", "Principal": "*",
                if *not_action { "NotAction" } else { "Action" }: actions,
                if *not_resource { "NotResource" } else { "Resource" }: resources,
            })
        };
        let document = json!({"Statement": statements.iter().map(deny).collect::<Vec<_>>()});
        let answer = deny_http(&Policy::from_value(&document).expect("policy"), BUCKET, "aws",
            false, &SearchLimit::default());
        let matching = |negated: bool, patterns: &[String],
        text: &str| patterns.iter().any(|pattern| like(pattern.as_bytes(),
            text.as_bytes())) != negated;
        let some = || texts.iter().filter(|text| !text.is_empty());
        // A name in NotAction excludes something only if it is an action that may be on objects.
        let names = |negated: bool, patterns: &[String]| -> Vec<String> {
            let is_name = |pattern: &&String| !negated || not_on_buckets_only().iter()
                .any(|name| like(pattern.as_bytes(), name.as_bytes()));
            patterns.iter().filter(is_name).cloned().collect()
        };
        let named: Vec<(bool, Vec<String>)> = statements.iter()
            .map(|(negated, patterns, ..)| (*negated, names(*negated, patterns))).collect();
        let rows = |text: &String, at: usize| match at {
            0 => named.iter().map(|(negated, patterns)| matching(*negated, patterns,
                text)).collect::<Vec<_>>(),
            _ => statements.iter().map(|(_, _, negated, patterns)| matching(*negated, patterns,
                text)).collect(),
        };
        let actions: std::collections::BTreeSet<_> = some().map(|text| rows(text, 0)).collect();
        let resources: std::collections::BTreeSet<_> = some().map(|text| rows(text, 1)).collect();
        let escapes = actions.iter().any(|action| resources.iter().any(|resource| !action.iter().zip(resource).any(|(one, other)| *one && *other)));
        prop_assert_eq!(answer.verdict == DenyHttp::NotDenied, escapes, "{}: {}", document,
            answer.detail);
    }
}

/// Policies that deny plain HTTP, or almost: the usual statements in parts, sometimes changed a
/// little, among other statements.
fn near_denials() -> impl Strategy<Value = Vec<Plan>> {
    let usual = |action, resource| Plan {
        effect: "Deny",
        principal: Some(("Principal", vec![("AWS", "*")])),
        action,
        resource: Some(resource),
        conditions: vec![("Bool", "aws:SecureTransport", vec!["false"])],
    };
    let actions = [
        vec![("Action", vec!["s3:*"])],
        vec![("Action", vec!["s3:Get*"]), ("NotAction", vec!["s3:Get*"])],
        vec![("NotAction", vec!["iam:*"])],
    ];
    let resources = [
        vec![("Resource", vec!["arn:aws:s3:::logs/*"])],
        vec![
            ("Resource", vec!["arn:aws:s3:::logs/a*"]),
            ("NotResource", vec!["arn:aws:s3:::logs/a*"]),
        ],
    ];
    (
        select(actions.to_vec()),
        select(resources.to_vec()),
        proptest::collection::vec((0..3_u8, 0..9_u8, plan()), 4),
        plans(),
    )
        .prop_map(move |(actions, resources, changes, others)| {
            let parts = actions.into_iter().flat_map(|action| {
                resources.clone().into_iter().map(move |resource| (action.clone(), resource))
            });
            let parts =
                parts.zip(changes).map(|((action, resource), (change, what, with))| {
                    match (change, what) {
                        (0, 0) => with,
                        (0, 1 | 2) => Plan { principal: with.principal, ..usual(action, resource) },
                        (0, 3 | 4) => Plan { action: with.action, ..usual(action, resource) },
                        (0, 5 | 6) => Plan { resource: with.resource, ..usual(action, resource) },
                        (0, _) => Plan { conditions: with.conditions, ..usual(action, resource) },
                        _ => usual(action, resource),
                    }
                });
            parts.chain(others).collect()
        })
}

proptest! {
    #[test]
    fn no_plain_http_request_escapes_a_denial(plans in near_denials(),
        requests in proptest::collection::vec(requests(), 40)) {
        let limit = SearchLimit::default();
        if deny_http(&plain(&plans), BUCKET, "aws", false, &limit).verdict == DenyHttp::Denied {
            let denies: Vec<Plan> = plans.iter().filter(|plan| plan.effect == "Deny").map(deduplicated).collect();
            for request in requests {
                prop_assert!(denies.iter().any(|plan| applies(plan, &request)), "{:?}", request);
            }
        }
    }
}
