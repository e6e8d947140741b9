//! The facts of the examples.

use chrono::TimeDelta;
use plumbline_core::facts::{
    Alarm, AlarmCondition, AlarmQuery, Alarms, CompositeAlarms, FilterMetric, Metric, MetricFilter,
    MetricFilters, MuteRules, Subscription, SubscriptionAttributes, TopicAttributes,
    TopicSubscriptions, TrailSelectors, TrailSettings, TrailStatus, Trails,
};
use plumbline_core::prelude::*;
use serde_json::{Value, json};

use crate::shared::trails::examples;

pub(super) const GROUP: &str = "trail";
pub(super) const SUBSCRIPTION: &str = "arn:aws:sns:us-east-1:111122223333:alarms:1";
pub(super) const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:alarms";

pub(super) fn metric(name: &str) -> Metric {
    Metric { namespace: "CIS".to_owned(), name: name.to_owned(), dimensions: false }
}

pub(super) fn filter(name: &str, pattern: &str) -> MetricFilter {
    let fed = FilterMetric {
        metric: metric(name),
        value: Some("1".to_owned()),
        default: None,
        unit: Some("None".to_owned()),
    };
    MetricFilter {
        name: name.to_owned(),
        pattern: pattern.to_owned(),
        metrics: vec![fed],
        narrowed_by: None,
    }
}

pub(super) fn alarm(name: &str, on: &str) -> Alarm {
    Alarm {
        name: name.to_owned(),
        metrics: vec![metric(on)],
        actions_enabled: true,
        actions: vec![TOPIC.to_owned()],
        condition: Some(condition(1.0)),
        queries: Some(vec![AlarmQuery {
            id: "m1".to_owned(),
            metric: Some(metric(on)),
            statistic: Some("Sum".to_owned()),
            returned: true,
            ..AlarmQuery::default()
        }]),
    }
}

pub(super) fn condition(threshold: f64) -> AlarmCondition {
    AlarmCondition {
        comparison: "GreaterThanOrEqualToThreshold".to_owned(),
        threshold: Some(threshold),
        statistic: Some("Sum".to_owned()),
        period: Some(300),
        datapoints: 1,
        missing_breaches: false,
        missing: Some("notBreaching".to_owned()),
    }
}

/// Returns an example with a trail with a status, and a complete chain.
pub(super) fn chain_of(situation: &'static str, pattern: &str, status: TrailStatus) -> Example {
    one_trail(situation, Some(group_arn(ACCOUNT_ID)))
        .resource(&examples::arn("main"), status)
        .resource(GROUP, MetricFilters(vec![filter("good", pattern)]))
        .region(Alarms(vec![alarm("a", "good")]))
        .resource(TOPIC, TopicSubscriptions(vec![subscription(true)]))
}

/// Returns the status of a trail that was started ten days ago and delivered `hours` hours ago.
pub(super) fn delivering(hours: i64) -> TrailStatus {
    TrailStatus {
        logging: true,
        log_group_delivery: Some(days_ago(0) - TimeDelta::hours(hours)),
        started: Some(days_ago(10)),
    }
}

pub(super) fn group_arn(account: &str) -> String {
    format!("arn:aws:logs:{REGION}:{account}:log-group:{GROUP}:*")
}

/// Adds the facts of a trail with or without a log group.
pub(super) fn trail(example: Example, name: &str, group: Option<String>) -> Example {
    let arn = examples::arn(name);
    example
        .resource(&arn, TrailSettings { log_group: group, ..examples::settings() })
        .resource(&arn, delivering(1))
        .resource(
            &arn,
            TrailSelectors { basic: vec![examples::management()], advanced: Vec::new() },
        )
}

pub(super) fn one_trail(situation: &'static str, group: Option<String>) -> Example {
    trail(
        at_topic(Example::new(situation)).account(Trails(vec![examples::trail("main")])),
        "main",
        group,
    )
}

/// Adds a topic to which CloudWatch can publish, and a subscription without a filter policy.
pub(super) fn at_topic(example: Example) -> Example {
    example
        .region(CompositeAlarms::default())
        .region(MuteRules::default())
        .resource(TOPIC, TopicAttributes { policy: Some(policy(&owned())), kms_key: None })
        .resource(SUBSCRIPTION, SubscriptionAttributes::default())
}

pub(super) fn subscription(confirmed: bool) -> Subscription {
    Subscription {
        protocol: "email".to_owned(),
        confirmed,
        arn: confirmed.then(|| SUBSCRIPTION.to_owned()),
    }
}

/// Returns the policy statement that Amazon SNS adds to a new topic.
pub(super) fn owned() -> Value {
    json!({ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": ["SNS:Publish"],
        "Resource": TOPIC, "Condition": { "StringEquals": { "AWS:SourceOwner": ACCOUNT_ID } } })
}

/// Returns a policy with one statement.
pub(super) fn policy(statement: &Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

/// Returns a condition that few events meet.
pub(super) fn few() -> AlarmCondition {
    AlarmCondition { comparison: "LessThanThreshold".to_owned(), ..condition(1.0) }
}
