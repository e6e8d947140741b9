//! The functions of the fuzz targets: what they do with an input, and what must hold for every
//! input. `tests/tests/suite/fuzz_corpora.rs` does the same with the committed inputs.

pub mod coverage;
mod documents;

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

use chrono::{DateTime, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use plumbline_core::aws::{AccountId, Partition};
use plumbline_core::control::Control;
use plumbline_core::engine::Job;
use plumbline_core::evaluation::REASON_LIMIT;
use plumbline_core::event::{RuleEvent, Trigger};
use plumbline_core::fact::{Facts, Key};
use plumbline_core::facts::{CredentialReport, Fact, FactKind, Stamp, User, Users};
use plumbline_core::filter::{Asterisk, Coverage, Pattern, REQUIRED, covers};
use plumbline_core::glob::SearchLimit;
use plumbline_core::item::ConfigurationItem;
use plumbline_core::parameters::Values;
use plumbline_core::policy::{DenyHttp, FullAdmin, Policy, Public, deny_http, full_admin, public};
use plumbline_core::register::Register;
use plumbline_core::view::Context;
use plumbline_rules::registry::CONTROLS;
use serde_json::{Map, Value, json};

pub use self::documents::{evaluation, output, register, snapshot};

/// An error has a text.
fn has_text(error: impl Display) {
    assert!(!error.to_string().is_empty());
}

/// Filter patterns, one per line. Each is parsed, printed and parsed again. The first is the
/// required pattern, and the others are its candidates. A single one is the candidate of every
/// control. Each line is also an event: the decision and the evaluator must agree about it.
pub fn filter(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let lines: Vec<&str> = text.lines().take(6).collect();
    let patterns: Vec<Pattern> =
        lines.iter().copied().chain([text]).filter_map(read_pattern).collect();
    let events: Vec<Value> = lines
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(Value::is_object)
        .collect();
    for (event, pattern) in
        events.iter().flat_map(|event| patterns.iter().map(move |pattern| (event, pattern)))
    {
        for reading in Asterisk::ALL {
            let line = event.to_string();
            // An event that was read from its own text matches in the same way.
            assert_eq!(
                pattern.matches(event, reading),
                pattern.matches_line(&line, reading),
                "{pattern} {line}"
            );
        }
    }
    match patterns.split_last().map(|(_, lines)| lines) {
        Some([required, candidates @ ..]) if !candidates.is_empty() => {
            agree(required, candidates, &events)
        }
        Some([candidate]) => REQUIRED.iter().for_each(|requirement| {
            agree(&requirement.baseline(), std::slice::from_ref(candidate), &events)
        }),
        _ => {}
    }
}

fn read_pattern(text: &str) -> Option<Pattern> {
    match Pattern::parse(text) {
        Ok(pattern) => {
            let printed = pattern.to_string();
            assert_eq!(Pattern::parse(&printed), Ok(pattern.clone()), "{printed}");
            Some(pattern)
        }
        Err(error) => {
            assert!((1..=text.chars().count() + 1).contains(&error.position), "{error}");
            has_text(error);
            None
        }
    }
}

fn agree(required: &Pattern, candidates: &[Pattern], events: &[Value]) {
    let missed = |event: &Value, reading| {
        required.matches(event, reading)
            && !candidates.iter().any(|candidate| candidate.matches(event, reading))
    };
    let all = |holds: &dyn Fn(&Value, Asterisk) -> bool| {
        events.iter().all(|event| Asterisk::ALL.into_iter().all(|reading| holds(event, reading)))
    };
    match covers(required, candidates) {
        Coverage::Covers | Coverage::CoversTooMuch => assert!(
            all(&|event, reading| !missed(event, reading)),
            "{required} {candidates:?} {events:?}"
        ),
        Coverage::NeverMatches => assert!(all(&|event, reading| !candidates
            .iter()
            .any(|candidate| candidate.matches(event, reading)))),
        Coverage::Misses { event } => assert!(
            Asterisk::ALL.into_iter().all(|reading| missed(&event, reading)),
            "{required} {candidates:?} {event}"
        ),
        Coverage::Undetermined { why } => assert!(!why.is_empty()),
        Coverage::Invalid { .. } => unreachable!("all are patterns"),
    }
}

/// A policy document. Decisions about it terminate, and do not depend on its spelling.
pub fn policy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let policy = match Policy::parse(text) {
        Ok(policy) => policy,
        Err(error) => return has_text(error),
    };
    let Some(answers) = answers(&policy) else { return };
    let same = |what: &str, other: Result<Policy, _>| match other {
        Ok(other) => assert_eq!(self::answers(&other).unwrap_or(answers), answers, "{what}"),
        Err(error) => panic!("{what}: {error}"),
    };
    same("URL-encoded", Policy::parse(&utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()));
    if format!("{policy:?}").contains("is given twice") {
        // A value has one of the two.
        return;
    }
    let Ok(document @ Value::Object(_)) = serde_json::from_str::<Value>(text) else { return };
    same("in a text", Policy::from_value(&json!(text)));
    same("as a value", Policy::from_value(&document));
    let statements = match &document["Statement"] {
        Value::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    };
    let with = |statements: Vec<Value>| Policy::from_value(&json!({ "Statement": statements }));
    same("reversed", with(statements.iter().rev().cloned().collect()));
    same("twice", with([statements.clone(), statements.clone()].concat()));
    same("in lists", with(statements.iter().map(in_lists).collect()));
    same("split", with(statements.iter().flat_map(split).collect()));
    if let Some(statements) = statements.iter().map(in_capitals).collect() {
        same("in capitals", with(statements));
    }
}

type Answers = (DenyHttp, DenyHttp, Public, Public, FullAdmin);

/// The verdicts; nothing when one of them is that the policy is too complex, which depends on its
/// spelling.
fn answers(policy: &Policy) -> Option<Answers> {
    let mut too_complex = false;
    let mut short = |detail: &str| {
        assert!(!detail.is_empty() && detail.chars().count() <= REASON_LIMIT, "{detail}");
        too_complex |= detail.contains("too many wildcards to");
    };
    let (objects, both) = (
        deny_http(policy, "logs", "aws", false, &SearchLimit::default()),
        deny_http(policy, "logs", "aws", true, &SearchLimit::default()),
    );
    let (open, literally) = (public(policy, false), public(policy, true));
    let admin = full_admin(policy, &SearchLimit::default());
    [&objects.detail, &both.detail, &open.detail, &literally.detail, &admin.detail]
        .into_iter()
        .for_each(|detail| short(detail));
    (!too_complex).then_some((
        objects.verdict,
        both.verdict,
        open.verdict,
        literally.verdict,
        admin.verdict,
    ))
}

const LISTS: [&str; 4] = ["Action", "NotAction", "Resource", "NotResource"];

fn in_lists(statement: &Value) -> Value {
    let mut statement = statement.clone();
    for name in LISTS {
        if let Some(value) = statement.get_mut(name).filter(|value| value.is_string()) {
            *value = json!([value]);
        }
    }
    statement
}

/// A statement for each action.
fn split(statement: &Value) -> Vec<Value> {
    let Some(Value::Array(actions)) = statement.get("Action") else {
        return vec![statement.clone()];
    };
    // Actions that are not all texts are invalid: the statement is not split.
    if actions.is_empty() || !actions.iter().all(Value::is_string) {
        return vec![statement.clone()];
    }
    let with = |action: &Value| {
        let mut statement = statement.clone();
        statement["Action"] = action.clone();
        statement
    };
    actions.iter().map(with).collect()
}

/// Action names, condition operators and keys in capitals; nothing when two keys become one.
fn in_capitals(statement: &Value) -> Option<Value> {
    let mut statement = statement.clone();
    for name in ["Action", "NotAction"] {
        match statement.get_mut(name) {
            Some(Value::String(action)) => action.make_ascii_uppercase(),
            Some(Value::Array(actions)) => {
                for action in actions {
                    *action = json!(action.as_str()?.to_ascii_uppercase());
                }
            }
            _ => {}
        }
    }
    if let Some(Value::Object(operators)) = statement.get_mut("Condition") {
        *operators = capital_keys(operators)?;
        for keys in operators.values_mut() {
            *keys = Value::Object(capital_keys(keys.as_object()?)?);
        }
    }
    Some(statement)
}

fn capital_keys(members: &Map<String, Value>) -> Option<Map<String, Value>> {
    let capital: Map<String, Value> =
        members.iter().map(|(name, value)| (name.to_ascii_uppercase(), value.clone())).collect();
    (capital.len() == members.len()).then_some(capital)
}

/// An event of AWS Config, or its configuration item. Controls evaluate every item, with the same
/// result for both spellings.
pub fn event(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    let event = if value.get("resourceType").is_some() { around(&value) } else { value.clone() };
    let now = DateTime::from_timestamp(4_102_444_800, 0).unwrap_or_default(); // 2100
    match RuleEvent::parse(event, now) {
        Ok(RuleEvent { trigger: Trigger::Change(item), .. }) => decide(&item),
        Ok(_) => {}
        Err(error) => has_text(error),
    }
    let Ok(item) = serde_json::from_value::<ConfigurationItem>(value.clone()) else { return };
    let mut packed = value;
    pack(packed.get_mut("configuration"));
    packed
        .get_mut("supplementaryConfiguration")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
        .for_each(|(_, value)| pack(Some(value)));
    let packed: ConfigurationItem =
        serde_json::from_value(packed).unwrap_or_else(|error| panic!("packed: {error}"));
    for control in concerned(&item) {
        same_text(&(control.run.facts_from_item)(&item), &(control.run.facts_from_item)(&packed));
        same_text(&evaluate(control, &item), &evaluate(control, &packed));
    }
}

/// Numbers are compared as they are written: some change a little when they are written and read.
fn same_text(left: &impl Debug, right: &impl Debug) {
    assert_eq!(format!("{left:?}"), format!("{right:?}"));
}

fn around(item: &Value) -> Value {
    let message =
        json!({ "messageType": "ConfigurationItemChangeNotification", "configurationItem": item })
            .to_string();
    json!({
        "invokingEvent": message, "ruleParameters": "{}", "resultToken": "token",
        "eventLeftScope": false, "configRuleName": "rule", "accountId": item["awsAccountId"],
        "configRuleArn": "arn:aws:config:us-east-1:111122223333:config-rule/config-rule-1",
        "version": "1.0", "executionRoleArn": "", "configRuleId": "config-rule-1",
    })
}

fn pack(value: Option<&mut Value>) {
    if let Some(value) = value.filter(|value| value.is_object() || value.is_array()) {
        *value = json!(value.to_string());
    }
}

fn concerned(item: &ConfigurationItem) -> impl Iterator<Item = &'static Control> {
    CONTROLS
        .into_iter()
        .filter(|control| control.change_type() == Some(item.resource_type.as_str()))
}

fn decide(item: &ConfigurationItem) {
    concerned(item).for_each(|control| {
        evaluate(control, item);
    });
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_268_800, 0).unwrap_or_default()
}

fn evaluate(control: &'static Control, item: &ConfigurationItem) -> String {
    let mut facts = Facts::default();
    facts
        .extend((control.run.facts_from_item)(item).into_iter().map(|(key, fact)| (key, Ok(fact))));
    run(control, Some(item), &facts, &item.aws_region)
}

/// Runs a control on facts, and returns its results.
fn run(
    control: &'static Control,
    item: Option<&ConfigurationItem>,
    facts: &Facts,
    region: &str,
) -> String {
    let context = Context {
        account: AccountId::new("111122223333").unwrap_or_else(|_| unreachable!("twelve digits")),
        partition: Partition::Aws,
        region: if region == "global" { "us-east-1" } else { region }.to_owned(),
        home_region: "us-east-1".to_owned(),
        now: now(),
    };
    let register = Register::new(Vec::new(), Vec::new());
    let control = control.configure(Values::new()).unwrap_or_else(|error| panic!("{error}"));
    let outcome =
        Job { control: &control, context: &context, register: &register, item }.decide(facts);
    for evaluation in &outcome.evaluations {
        assert!(
            !evaluation.reason.is_empty() && evaluation.reason.chars().count() <= REASON_LIMIT,
            "{}",
            evaluation.reason
        );
    }
    format!("{:?}", outcome.evaluations)
}

/// A credential report. The order of its columns does not matter, and the controls evaluate every
/// user.
pub fn credential_report(bytes: &[u8]) {
    let report = match CredentialReport::parse(now(), bytes) {
        Ok(report) => CredentialReport { unreadable: BTreeMap::new(), ..report },
        Err(error) => return has_text(error),
    };
    for end in ["\n", "\r\n"] {
        let again = CredentialReport::parse(now(), printed(&report, end).as_bytes());
        assert_eq!(again.unwrap_or_else(|error| panic!("{error}")), report);
    }
    let users = report.rows.iter().enumerate().map(|(number, (arn, row))| User {
        id: format!("AIDA{number}"),
        name: row.name.clone(),
        arn: arn.clone(),
        created: row.created.unwrap_or_else(now),
    });
    let mut facts = Facts::default();
    let users: Fact = Users(users.collect()).into();
    let report: Fact = report.into();
    facts.extend([users, report].map(|fact| (Key::account(fact.kind()), Ok(fact))));
    for control in
        CONTROLS.into_iter().filter(|control| control.facts.contains(&FactKind::CredentialReport))
    {
        run(control, None, &facts, "us-east-1");
    }
}

/// The report as a table whose columns are in another order.
fn printed(report: &CredentialReport, end: &str) -> String {
    let stamp = |stamp: Stamp| match stamp {
        Stamp::At(time) => time.to_rfc3339(),
        Stamp::NotApplicable => "N/A".to_owned(),
        Stamp::NoInformation => "no_information".to_owned(),
        Stamp::NotSupported => "not_supported".to_owned(),
    };
    let flag = |flag: Option<bool>| {
        flag.map_or_else(|| "not_supported".to_owned(), |flag| flag.to_string())
    };
    let mut table: Vec<Vec<String>> = vec![
        "arn,mfa_active,user,user_creation_time,password_last_changed,password_last_used,password_enabled,additional_credentials_info,access_key_1_active,access_key_1_last_used_date,access_key_1_last_rotated,\
         access_key_2_active,access_key_2_last_used_date,access_key_2_last_rotated"
            .split(',')
            .map(str::to_owned)
            .collect(),
    ];
    for (arn, row) in &report.rows {
        let created = row.created.map_or(Stamp::NotApplicable, Stamp::At);
        let mut fields = vec![
            arn.clone(),
            flag(row.mfa_active),
            row.name.clone(),
            stamp(created),
            stamp(row.password_changed),
            stamp(row.password_used),
            flag(row.password_enabled),
            row.additional.clone().unwrap_or_default(),
        ];
        fields.extend(
            row.keys.iter().flat_map(|key| [flag(key.active), stamp(key.used), stamp(key.rotated)]),
        );
        table.push(fields);
    }
    let line = |fields: &Vec<String>| {
        fields
            .iter()
            .map(|field| format!("\"{}\"", field.replace('"', "\"\"")))
            .collect::<Vec<_>>()
            .join(",")
            + end
    };
    table.iter().map(line).collect()
}
