//! Kinds of mistakes about the chains of 4.1 to 4.15.

use chrono::TimeDelta;
use plumbline_core::answer::{Cause, ReadError};
use plumbline_core::control::Control;
use plumbline_core::engine::{Job, Round};
use plumbline_core::evaluation::Compliance;
use plumbline_core::example::{ACCOUNT_ID, Example, REGION, now};
use plumbline_core::fact::{Facts, Key};
use plumbline_core::facts::{
    AdvancedSelector, Alarm, AlarmQuery, Alarms, BasicSelector, Fact, FactKind, FieldSelector,
    FilterMetric, Metric, MetricFilter, MetricFilters, ReadWrite, Subscription, TopicAttributes,
    TopicSubscriptions, TrailSelectors, TrailSettings, TrailStatus,
};
use plumbline_rules::registry::{CONTROLS, find};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::outcome;

/// 4.1 to 4.15.
fn chains() -> impl Iterator<Item = &'static Control> {
    CONTROLS.iter().copied().filter(|control| {
        control.id.as_str().starts_with("4.") && control.facts.contains(&FactKind::MetricFilters)
    })
}

/// Returns a complete chain: one trail, one filter with the name `good` and one alarm with the name
/// `a`.
fn complete(control: &Control) -> Example {
    let found = (control.run.examples)().into_iter().find(|example| {
        matches!(example.expected.as_slice(), [one] if one.compliance == Compliance::Compliant)
    });
    found.expect("an example of a complete chain")
}

/// Returns the example with each of its facts changed.
fn changed(mut example: Example, change: impl Fn(&Key, &mut Fact)) -> Example {
    for (key, answer) in example.facts.iter_mut() {
        if let Ok(fact) = answer {
            change(key, fact);
        }
    }
    example
}

/// Returns policy statements about a topic, and whether each applies to CloudWatch and this
/// account, may apply, or does not apply.
fn statements(topic: &str) -> Vec<(Value, Option<bool>)> {
    let by = |effect: &str, principal: Value, condition: Value| {
        json!({ "Effect": effect, "Principal": principal, "Action": "sns:Publish",
            "Resource": topic, "Condition": condition })
    };
    let cloudwatch = || json!({ "Service": "cloudwatch.amazonaws.com" });
    let owner = |id: &str| json!({ "StringEquals": { "AWS:SourceOwner": id } });
    let address = || json!({ "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } });
    vec![
        (by("Allow", json!({ "AWS": "*" }), owner(ACCOUNT_ID)), Some(true)),
        (by("Allow", cloudwatch(), json!({})), Some(true)),
        (by("Allow", cloudwatch(), owner("000011112222")), Some(false)),
        (by("Allow", json!({ "Service": "events.amazonaws.com" }), json!({})), Some(false)),
        (by("Allow", json!("*"), address()), None),
        (by("Deny", cloudwatch(), json!({})), Some(true)),
        (
            by("Deny", json!("*"), json!({ "Bool": { "aws:SecureTransport": "false" } })),
            Some(false),
        ),
        (by("Deny", json!("*"), address()), None),
    ]
}

/// An expression over metrics `m1` and `m2`.
#[derive(Clone, Debug)]
enum Math {
    Metric(usize),
    Number(i32),
    Sum,
    Fill(Box<Math>),
    Minus(Box<Math>),
    Two(&'static str, Box<Math>, Box<Math>),
}

impl Math {
    fn text(&self) -> String {
        match self {
            Self::Metric(at) => format!("m{}", at + 1),
            Self::Number(number) => number.to_string(),
            Self::Sum => "SUM(METRICS())".to_owned(),
            Self::Fill(inner) => format!("FILL({}, 0)", inner.text()),
            Self::Minus(inner) => format!("-({})", inner.text()),
            Self::Two(operator, left, right) => {
                format!("({}) {operator} ({})", left.text(), right.text())
            }
        }
    }

    /// Returns the value for these values of the metrics, or nothing if a part has no data.
    fn value(&self, metrics: [Option<f64>; 2]) -> Option<f64> {
        let flag = |is_true: bool| if is_true { 1.0 } else { 0.0 };
        match self {
            Self::Metric(at) => metrics[*at],
            Self::Number(number) => Some(f64::from(*number)),
            Self::Sum => metrics.into_iter().flatten().reduce(|sum, one| sum + one),
            Self::Fill(inner) => Some(inner.value(metrics).unwrap_or(0.0)),
            Self::Minus(inner) => Some(-inner.value(metrics)?),
            Self::Two(operator, left, right) => {
                let (left, right) = (left.value(metrics)?, right.value(metrics)?);
                Some(match *operator {
                    "+" => left + right,
                    "-" => left - right,
                    "*" => left * right,
                    "AND" => flag(left > 0.0 && right > 0.0),
                    _ => flag(left > right),
                })
            }
        }
    }
}

fn math() -> impl Strategy<Value = Math> {
    let leaf = prop_oneof![
        4 => (0..2_usize).prop_map(Math::Metric),
        1 => (-1..3_i32).prop_map(Math::Number),
        1 => Just(Math::Sum),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        let operator = prop_oneof![
            3 => Just("+"),
            1 => prop::sample::select(vec!["-", "*", "AND", ">"]),
        ];
        prop_oneof![
            2 => inner.clone().prop_map(|one| Math::Fill(Box::new(one))),
            1 => inner.clone().prop_map(|one| Math::Minus(Box::new(one))),
            4 => (operator, inner.clone(), inner).prop_map(|(operator, left, right)| {
                Math::Two(operator, Box::new(left), Box::new(right))
            }),
        ]
    })
}

/// Returns a chain whose alarm evaluates an expression. The filter of the second metric matches
/// other events, with or without a default value of 0.
fn by_math(expression: &Math, default: Option<f64>) -> Example {
    let control = find("4.12").expect("a control");
    let metric =
        |name: &str| Metric { namespace: "CIS".into(), name: name.into(), dimensions: false };
    changed(complete(control), |_, fact| match fact {
        Fact::MetricFilters(MetricFilters(filters)) => {
            let good = filters.iter().find(|filter| filter.name == "good").expect("a filter");
            let fed = FilterMetric {
                metric: metric("one"),
                value: Some("1".to_owned()),
                default: None,
                unit: Some("None".to_owned()),
            };
            let good = MetricFilter { metrics: vec![fed.clone()], ..good.clone() };
            let other = MetricFilter {
                name: "other".to_owned(),
                pattern: r#"{ $.eventName = "RunInstances" }"#.to_owned(),
                metrics: vec![FilterMetric { metric: metric("two"), default, ..fed }],
                narrowed_by: None,
            };
            *filters = vec![good, other];
        }
        Fact::Alarms(Alarms(alarms)) => {
            let query = |id: &str, name: &str| AlarmQuery {
                id: id.to_owned(),
                metric: Some(metric(name)),
                statistic: Some("Sum".to_owned()),
                ..AlarmQuery::default()
            };
            let returned = AlarmQuery {
                id: "e1".to_owned(),
                expression: Some(expression.text()),
                returned: true,
                ..AlarmQuery::default()
            };
            *alarms = vec![Alarm {
                metrics: vec![metric("one"), metric("two")],
                queries: Some(vec![query("m1", "one"), query("m2", "two"), returned]),
                ..alarms.first().expect("an alarm").clone()
            }];
        }
        _ => {}
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// silent-log-group: no chain of any control passes without a delivery within the limit.
    #[test]
    fn log_groups_without_events_raise_no_alarm(
        row in 0..15_usize, limit in 1..60_i64,
        delivered in prop::option::of(0..4000_i64), started in prop::option::of(0..200_i64),
    ) {
        let control = chains().nth(row).expect("fifteen controls");
        let ago = |minutes: i64| now() - TimeDelta::minutes(minutes);
        let status = TrailStatus {
            logging: true,
            log_group_delivery: delivered.map(ago),
            started: started.map(ago),
        };
        let example = changed(complete(control), |_, fact| {
            if let Fact::TrailStatus(found) = fact {
                *found = status.clone();
            }
        });
        let example = example.parameter("maxDeliveryAgeHours", &limit.to_string());
        let expected = match (delivered, started) {
            (Some(age), _) if age <= limit * 60 => Compliance::Compliant,
            (Some(_), _) => Compliance::NonCompliant,
            (None, Some(age)) if age >= 60 => Compliance::NonCompliant,
            (None, _) => Compliance::NotAssessed,
        };
        let (compliance, reason) = outcome(control.id.as_str(), &example);
        prop_assert_eq!(compliance, expected, "{}: {}", control.id, reason);
        prop_assert!(expected == Compliance::Compliant || reason.contains("3.4"), "{}", reason);
    }

    /// topic-unreachable: a chain passes if the topic has a confirmed subscription and no AWS
    /// managed key, and its policy allows CloudWatch and does not deny it.
    #[test]
    fn topics_by_policy_key_and_subscription(
        chosen in any::<u8>(), key in 0..4_usize, confirmed in any::<bool>(), is_trusted in 0..4_u8,
    ) {
        let control = find("4.12").expect("a control");
        let is_trusted = is_trusted == 0;
        let keys = [
            None,
            Some("alias/aws/sns".to_owned()),
            Some(format!("arn:aws:kms:{REGION}:{ACCOUNT_ID}:alias/aws/sns")),
            Some(format!("arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/1")),
        ];
        let mut example = changed(complete(control), |found, fact| match fact {
            Fact::TopicAttributes(attributes) => {
                let all = statements(&found.id).into_iter().enumerate();
                let some: Vec<Value> = all
                    .filter(|(at, _)| chosen & (1 << at) != 0)
                    .map(|(_, (statement, _))| statement)
                    .collect();
                let policy = json!({ "Version": "2012-10-17", "Statement": some }).to_string();
                *attributes = TopicAttributes { policy: Some(policy), kms_key: keys[key].clone() };
            }
            Fact::TopicSubscriptions(TopicSubscriptions(all)) => {
                for one in all.iter_mut().filter(|_| !confirmed) {
                    *one = Subscription { confirmed: false, arn: None, ..one.clone() };
                }
            }
            _ => {}
        });
        if is_trusted {
            example = example.parameter("trustedTopics", "arn:aws:sns:*:*:*");
        }
        let applying = |effect: &str| -> Vec<Option<bool>> {
            let all = statements("").into_iter().enumerate();
            all.filter(|(at, (one, _))| chosen & (1 << at) != 0 && one["Effect"] == effect)
                .map(|(_, (_, applies))| applies)
                .collect()
        };
        let (allows, denies) = (applying("Allow"), applying("Deny"));
        let may_allow = allows.iter().any(|applies| *applies != Some(false));
        let expected = if is_trusted {
            Compliance::Compliant
        } else if !confirmed || key == 1 || key == 2 || denies.contains(&Some(true)) || !may_allow {
            Compliance::NonCompliant
        } else if denies.contains(&None) || !allows.contains(&Some(true)) {
            Compliance::NotAssessed
        } else {
            Compliance::Compliant
        };
        let (compliance, reason) = outcome("4.12", &example);
        prop_assert_eq!(compliance, expected, "{:b} {}: {}", chosen, key, reason);
        let is_remarked = reason.contains("has to allow CloudWatch");
        prop_assert_eq!(is_remarked, !is_trusted && key == 3 && expected == Compliance::Compliant);
    }

    /// metric-math: a chain passes if one event puts the alarm into the ALARM state and nothing did
    /// before. The alarm is reported as never notifying only if no number of events puts it into
    /// that state.
    #[test]
    fn expressions_are_judged_by_their_values(
        expression in math(), default in prop::option::of(Just(0.0)),
    ) {
        let (compliance, reason) = outcome("4.12", &by_math(&expression, default));
        let is_raised = |one: Option<f64>, other: Option<f64>| {
            expression.value([one, other]).is_some_and(|value| value >= 1.0)
        };
        // With a default value, there is data for all events.
        let notices = |events: f64| !is_raised(None, default) && is_raised(Some(events), default);
        let text = expression.text();
        match compliance {
            Compliance::Compliant => prop_assert!(notices(1.0), "{}: {}", text, reason),
            Compliance::NonCompliant => {
                let all = (1..5_u8).map(f64::from);
                prop_assert!(!all.into_iter().any(notices), "{}: {}", text, reason);
            }
            _ => {}
        }
        if text == "m1" || text == "SUM(METRICS())" || text == "FILL(m1, 0)" {
            prop_assert_eq!(compliance, Compliance::Compliant, "{}: {}", text, reason);
        }
    }
}

/// Returns the service that sends the events of a control, or nothing for all services (4.1 and
/// 4.3).
fn source(id: &str) -> Option<&'static str> {
    Some(match id {
        "4.1" | "4.3" => return None,
        "4.2" | "4.6" => "signin",
        "4.4" => "iam",
        "4.5" => "cloudtrail",
        "4.7" => "kms",
        "4.8" => "s3",
        "4.9" => "config",
        "4.15" => "organizations",
        _ => "ec2",
    })
}

/// event-sources: a trail that excludes a service fails the controls that require its events, and
/// no others, with basic and with advanced selectors.
#[test]
fn excluded_services_fail_the_controls_that_lose_events() {
    for control in chains() {
        let id = control.id.as_str();
        for excluded in ["kms", "rdsdata", "iam", "ec2", "s3", "signin"] {
            let named = vec![format!("{excluded}.amazonaws.com")];
            let field = |name: &str| FieldSelector { field: name.to_owned(), ..Default::default() };
            let category =
                FieldSelector { equals: vec!["Management".to_owned()], ..field("eventCategory") };
            let without = FieldSelector { not_equals: named.clone(), ..field("eventSource") };
            let advanced = TrailSelectors {
                basic: Vec::new(),
                advanced: vec![AdvancedSelector {
                    name: String::new(),
                    fields: vec![category, without],
                }],
            };
            let basic = TrailSelectors {
                basic: vec![BasicSelector {
                    read_write: ReadWrite::All,
                    management: true,
                    excluded_sources: named.clone(),
                    data: Vec::new(),
                }],
                advanced: Vec::new(),
            };
            for selectors in [advanced, basic] {
                let example = changed(complete(control), |_, fact| {
                    if let Fact::TrailSelectors(found) = fact {
                        *found = selectors.clone();
                    }
                });
                let (compliance, reason) = outcome(id, &example);
                let is_optional = ["kms", "rdsdata"].contains(&excluded);
                let loses = match source(id) {
                    Some(own) => own == excluded,
                    None => id == "4.1" || !is_optional,
                };
                let expected = if loses { Compliance::NonCompliant } else { Compliance::Compliant };
                assert_eq!(compliance, expected, "{id} without {excluded}: {reason}");
                let is_named = reason.contains(&named[0]);
                assert_eq!(is_named, loses || id == "4.3", "{id} without {excluded}: {reason}");
            }
        }
    }
}

/// transformed-logs: a filter on transformed logs neither passes nor fails a control by its
/// pattern. Another filter that covers the events decides.
#[test]
fn transformed_logs_leave_it_open() {
    for control in chains() {
        for (pattern_covers, is_transformed, another_covers) in
            (0..8_u8).map(|bits| (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0))
        {
            let example = changed(complete(control), |_, fact| {
                if let Fact::MetricFilters(MetricFilters(filters)) = fact {
                    let named = filters.iter().find(|filter| filter.name == "good");
                    let good = named.expect("a filter").clone();
                    let mut one = MetricFilter { name: "one".to_owned(), ..good.clone() };
                    if !pattern_covers {
                        one.pattern = r#"{ $.event.name = "Other" }"#.to_owned();
                    }
                    one.narrowed_by = is_transformed.then(|| MetricFilter::TRANSFORMED.to_owned());
                    *filters = another_covers.then_some(good).into_iter().chain([one]).collect();
                }
            });
            let expected = if another_covers || (pattern_covers && !is_transformed) {
                Compliance::Compliant
            } else if is_transformed {
                Compliance::NotAssessed
            } else {
                Compliance::NonCompliant
            };
            let (compliance, reason) = outcome(control.id.as_str(), &example);
            assert_eq!(
                compliance, expected,
                "{} {pattern_covers} {is_transformed} {another_covers}: {reason}",
                control.id
            );
        }
    }
}

/// monitoring-account-first: if the log group belongs to the monitoring account, no other fact of
/// the trail matters. In all other cases, the parameter has no effect.
#[test]
fn the_monitoring_account_decides_whatever_cannot_be_read() {
    let unread = [
        FactKind::TrailStatus,
        FactKind::TrailSelectors,
        FactKind::MetricFilters,
        FactKind::Alarms,
    ];
    for control in chains() {
        for (owner, monitoring) in [
            ("999988887777", "999988887777"),
            ("999988887777", "444455556666"),
            (ACCOUNT_ID, "999988887777"),
        ] {
            for denied in 0..16_u8 {
                let mut example = complete(control).parameter("monitoringAccount", monitoring);
                let keys: Vec<Key> = example.facts.iter().map(|(key, _)| key.clone()).collect();
                for key in keys {
                    let at = unread.iter().position(|kind| *kind == key.kind);
                    if at.is_some_and(|at| denied & (1 << at) != 0) {
                        example = example.denied(key);
                    }
                }
                let example = changed(example, |_, fact| {
                    if let Fact::TrailSettings(TrailSettings { log_group, .. }) = fact {
                        let arn = log_group.take().expect("a log group");
                        *log_group = Some(arn.replace(ACCOUNT_ID, owner));
                    }
                });
                let expected = if owner == monitoring {
                    Compliance::NotApplicable
                } else if owner == ACCOUNT_ID && denied == 0 {
                    Compliance::Compliant
                } else {
                    Compliance::NotAssessed
                };
                let (compliance, reason) = outcome(control.id.as_str(), &example);
                assert_eq!(compliance, expected, "{} {owner} {denied:b}: {reason}", control.id);
            }
        }
    }
}

/// Facts that change no verdict are read only for chains that pass: without a complete chain, mute
/// rules are not read.
#[test]
fn mute_rules_are_read_only_of_chains_that_pass() {
    let mut asked = 0;
    for control in chains() {
        for example in (control.run.examples)() {
            let configured = control.configure(example.parameters.clone()).expect("parameters");
            let job = Job {
                control: &configured,
                context: &example.context,
                register: &example.register,
                item: None,
            };
            let (mut facts, mut has_asked) = (Facts::default(), false);
            let outcome = loop {
                match job.step(&facts) {
                    Round::Done(outcome) => break outcome,
                    Round::Needs(keys) => {
                        for key in keys {
                            has_asked |= key.kind == FactKind::MuteRules;
                            let answer = example.facts.get(&key).cloned();
                            let unread =
                                ReadError::new("test:Unread", Cause::NotRecorded, "Unread");
                            facts.insert(key, answer.unwrap_or(Err(unread)));
                        }
                    }
                }
            };
            asked += usize::from(has_asked);
            let passes = outcome.evaluations[0].compliance == Compliance::Compliant;
            assert!(passes || !has_asked, "{} {}", control.id, example.situation);
        }
    }
    assert!(asked > 15, "{asked}");
}
