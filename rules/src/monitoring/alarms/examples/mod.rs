//! The examples of 4.1 to 4.15.

mod facts;
mod topics;

use chrono::TimeDelta;
use plumbline_core::facts::{
    Alarm, Alarms, BasicSelector, FilterMetric, Metric, MetricFilter, MetricFilters,
    TopicSubscriptions, Trail, TrailSelectors, TrailSettings, TrailStatus, Trails,
};
use plumbline_core::prelude::*;

use self::facts::{
    GROUP, TOPIC, alarm, at_topic, chain_of, condition, delivering, few, filter, group_arn, metric,
    one_trail, subscription,
};
use self::topics::topics_and_alarms;
use crate::shared::trails::examples;

/// Returns examples of trails without a recent delivery.
fn without_delivery(pattern: &str) -> Vec<Example> {
    let started = |minutes| TrailStatus {
        logging: true,
        started: Some(days_ago(0) - TimeDelta::minutes(minutes)),
        ..TrailStatus::default()
    };
    let unrecorded = TrailStatus { started: None, ..started(0) };
    let fails = |example: Example, reason: &str| example.expect(Compliance::NonCompliant, reason);
    vec![
        fails(
            chain_of("a delivery 25 hours ago", pattern, delivering(25)),
            "was at 2025-12-31T11:00:00Z, which exceeds the maximum age of 24 hours",
        ),
        chain_of("a delivery 25 hours ago, a maximum of 48 hours", pattern, delivering(25))
            .parameter("maxDeliveryAgeHours", "48")
            .expect(Compliance::Compliant, "a confirmed SNS subscription"),
        fails(
            chain_of("a trail that never delivered", pattern, started(60)),
            "has not delivered to log group 'trail' since its start at 2026-01-01T11:00:00Z",
        ),
        chain_of("a trail started 59 minutes ago", pattern, started(59))
            .expect(Compliance::NotAssessed, "started less than an hour ago"),
        fails(
            chain_of("a trail started one minute ago, without an alarm", pattern, started(1))
                .region(Alarms(Vec::new())),
            "No alarm evaluates metric 'CIS/good'",
        ),
        chain_of(
            "a trail without a delivery and without a recorded start time",
            pattern,
            unrecorded,
        )
        .expect(Compliance::NotAssessed, "is not recorded"),
    ]
}

/// Returns examples of a trail that excludes a service.
fn excluding(id: &str, pattern: &str) -> Vec<Example> {
    let without = |situation, source: &str| {
        let basic =
            BasicSelector { excluded_sources: vec![source.to_owned()], ..examples::management() };
        chain_of(situation, pattern, delivering(1)).resource(
            &examples::arn("main"),
            TrailSelectors { basic: vec![basic], advanced: Vec::new() },
        )
    };
    let kms = without("a trail that excludes AWS KMS", "kms.amazonaws.com");
    let data = without("a trail that excludes the RDS Data API", "rdsdata.amazonaws.com");
    let ec2 = without("a trail that excludes Amazon EC2", "ec2.amazonaws.com");
    let lost = "excludes ec2.amazonaws.com, whose events this control requires";
    match id {
        "4.1" => vec![
            kms.expect(
                Compliance::NonCompliant,
                "excludes kms.amazonaws.com and therefore does not log",
            ),
            data.expect(
                Compliance::NonCompliant,
                "excludes rdsdata.amazonaws.com and therefore does not log",
            ),
            ec2.expect(Compliance::NonCompliant, lost),
        ],
        "4.3" => vec![
            kms.expect(Compliance::Compliant, "does not log root user activity in AWS KMS"),
            data.expect(Compliance::Compliant, "does not log root user activity in the RDS"),
        ],
        "4.7" => vec![
            kms.expect(Compliance::NonCompliant, "DisableKey and ScheduleKeyDeletion"),
            data.expect(Compliance::Compliant, "Metric filter 'good' on log group 'trail' has"),
            ec2.expect(Compliance::Compliant, "Metric filter 'good' on log group 'trail' has"),
        ],
        "4.12" => vec![ec2.expect(Compliance::NonCompliant, lost)],
        _ => {
            vec![kms.expect(Compliance::Compliant, "Metric filter 'good' on log group 'trail' has")]
        }
    }
}

/// The examples on the page of every control. All controls share one implementation, so only the
/// first page has all examples.
const ON_EVERY_PAGE: [&str; 9] = [
    "a complete chain",
    "two filters that together miss an event",
    "a filter for other events",
    "no alarm",
    "an alarm whose actions are disabled",
    "an unconfirmed subscription",
    "access denied to ListSubscriptionsByTopic",
    "a log group of another account",
    "an alarm with a mute rule",
];

/// Returns the examples of a control with its required pattern.
pub(crate) fn of(id: &str, pattern: &str) -> Vec<Example> {
    let mut situations = all(pattern);
    situations.extend(without_delivery(pattern));
    situations.extend(topics_and_alarms(pattern));
    situations.retain(|example| id == "4.1" || ON_EVERY_PAGE.contains(&example.situation));
    situations.extend(excluding(id, pattern));
    situations
}

/// Returns examples of 4.14 with a pattern without the ClassicLink API calls.
pub(super) fn of_classic_link(pattern: &str) -> Vec<Example> {
    let chain = |situation| chain_of(situation, pattern, delivering(1));
    vec![
        chain("a filter without the ClassicLink API calls")
            .expect(Compliance::NonCompliant, "ClassicLink"),
        chain("a filter without the ClassicLink API calls, which are not required")
            .parameter("requireClassicLink", "false")
            .expect(Compliance::Compliant, "Metric filter 'good' on log group 'trail' has"),
    ]
}

fn all(pattern: &str) -> Vec<Example> {
    let trail_only = |situation| one_trail(situation, Some(group_arn(ACCOUNT_ID)));
    let with = |situation, filters: Vec<MetricFilter>, alarms: Vec<Alarm>| {
        trail_only(situation).resource(GROUP, MetricFilters(filters)).region(Alarms(alarms))
    };
    let topic = |confirmed| TopicSubscriptions(vec![subscription(confirmed)]);
    let other = || filter("other", "{ $.eventName = \"NoSuchEvent\" }");
    let good = || vec![other(), filter("good", pattern)];
    let organizations = |situation| {
        let arn = examples::organizations().arn;
        Example::new(situation)
            .account(Trails(vec![examples::organizations()]))
            .resource(
                &arn,
                TrailSettings {
                    log_group: Some(group_arn("999988887777")),
                    organization: true,
                    ..examples::settings()
                },
            )
            .resource(&arn, delivering(1))
            .resource(
                &arn,
                TrailSelectors { basic: vec![examples::management()], advanced: Vec::new() },
            )
    };
    let (first, second) = (
        format!("{{ ($.sourceIPAddress = \"10.*\") && {} }}", inner(pattern)),
        format!("{{ ($.sourceIPAddress NOT EXISTS) && {} }}", inner(pattern)),
    );
    let insensitive = || Alarm { condition: Some(condition(1000.0)), ..alarm("thousand", "good") };
    let with_metric = |metric: Metric, value: &str| {
        let fed = FilterMetric {
            metric,
            value: Some(value.to_owned()),
            default: None,
            unit: Some("None".to_owned()),
        };
        MetricFilter { metrics: vec![fed], ..filter("good", pattern) }
    };
    let split = with_metric(Metric { dimensions: true, ..metric("good") }, "1");
    let narrowed = MetricFilter {
        narrowed_by: Some("it selects @aws.region = us-east-1".to_owned()),
        ..filter("good", pattern)
    };
    let west = Trail { home_region: "eu-west-1".to_owned(), ..examples::trail("main") };
    let in_west = |fact: plumbline_core::facts::Fact, id: &str| {
        (Key::resource(fact.kind(), "eu-west-1", id), Ok(fact))
    };
    let elsewhere = [
        in_west(
            TrailSettings {
                log_group: Some("arn:aws:logs:eu-west-1:111122223333:log-group:trail:*".to_owned()),
                ..examples::settings()
            }
            .into(),
            &west.arn,
        ),
        in_west(delivering(1).into(), &west.arn),
        in_west(
            TrailSelectors { basic: vec![examples::management()], advanced: Vec::new() }.into(),
            &west.arn,
        ),
        in_west(MetricFilters(good()).into(), GROUP),
        in_west(Alarms(vec![alarm("a", "good")]).into(), ""),
    ];
    let elsewhere = elsewhere.into_iter().fold(
        at_topic(Example::new("a chain in another Region")).account(Trails(vec![west])),
        |example, (key, fact)| example.answer(key, fact),
    );
    vec![
        with("a complete chain", good(), vec![alarm("a", "good")])
            .resource(TOPIC, topic(true))
            .expect(Compliance::Compliant, "Metric filter 'good' on log group 'trail' has"),
        with(
            "a filter with a condition that every event meets",
            vec![filter("good", &format!("{{ ($.awsRegion = *) && {} }}", inner(pattern)))],
            vec![alarm("a", "good")],
        )
        .resource(TOPIC, topic(true))
        .expect(Compliance::Compliant, "misses only events that CloudTrail does not write"),
        elsewhere
            .resource(TOPIC, topic(true))
            .expect(Compliance::Compliant, "Metric filter 'good' on log group 'trail' has"),
        with(
            "a filter that matches every event",
            vec![filter("good", "")],
            vec![alarm("a", "good")],
        )
        .resource(TOPIC, topic(true))
        .expect(Compliance::Compliant, "so the alarm is likely to stay in the ALARM state"),
        with("an alarm that needs a thousand events", good(), vec![insensitive()])
            .resource(TOPIC, topic(true))
            .expect(
                Compliance::Compliant,
                "Alarm 'thousand' needs 1000 events within 300 seconds.",
            ),
        with(
            "an alarm that needs a thousand events and an alarm that needs one event",
            good(),
            vec![insensitive(), alarm("a", "good"), insensitive()],
        )
        .resource(TOPIC, topic(true))
        .expect(
            Compliance::Compliant,
            "Metric filter 'good' on log group 'trail' has an alarm with a confirmed SNS \
             subscription.",
        ),
        with(
            "an alarm that enters the ALARM state without events",
            good(),
            vec![Alarm { condition: Some(few()), ..alarm("a", "good") }],
        )
        .resource(TOPIC, topic(true))
        .expect(
            Compliance::NonCompliant,
            "Alarm 'a' never notifies: it enters the ALARM state when there are few events",
        ),
        with(
            "a filter that publishes the value 0 for each event",
            vec![with_metric(metric("good"), "0")],
            vec![alarm("a", "good")],
        )
        .resource(TOPIC, topic(true))
        .expect(
            Compliance::NonCompliant,
            "Alarm 'a' never notifies: each event has the value 0, but the alarm needs 1 or more.",
        ),
        with(
            "a filter that publishes a member of the event that is not a number",
            vec![with_metric(metric("good"), "$.eventName")],
            vec![alarm("a", "good")],
        )
        .resource(TOPIC, topic(true))
        .expect(
            Compliance::NonCompliant,
            "filter 'good' publishes $.eventName, which is never a number.",
        ),
        with(
            "a filter that publishes a member of the event that may be a number",
            vec![with_metric(metric("good"), "$.requestParameters.size")],
            vec![alarm("a", "good")],
        )
        .resource(TOPIC, topic(true))
        .expect(Compliance::NotAssessed, "it is unknown whether this member is a number"),
        with(
            "another filter that publishes -1 for the same events",
            vec![
                with_metric(metric("good"), "1"),
                MetricFilter { name: "undo".to_owned(), ..with_metric(metric("good"), "-1") },
            ],
            vec![alarm("a", "good")],
        )
        .resource(TOPIC, topic(true))
        .expect(
            Compliance::NonCompliant,
            "each event has the value 1, and filter 'undo' also publishes -1, but the alarm needs \
             1 or more.",
        ),
        with(
            "another filter that publishes every event to the same metric",
            vec![
                with_metric(metric("good"), "1"),
                MetricFilter {
                    name: "all".to_owned(),
                    pattern: String::new(),
                    ..with_metric(metric("good"), "1")
                },
            ],
            vec![alarm("a", "good")],
        )
        .resource(TOPIC, topic(true))
        .expect(
            Compliance::Compliant,
            "matches almost every event, so the alarm is likely to stay in the ALARM state.",
        ),
        with(
            "two filters that together miss an event",
            vec![filter("one", &first), filter("two", &second)],
            vec![alarm("a", "one"), alarm("b", "two")],
        )
        .resource(TOPIC, topic(true))
        .expect(Compliance::NonCompliant, "No metric filter on log group 'trail' matches "),
        with("a filter for other events", vec![other()], vec![alarm("a", "other")])
            .resource(TOPIC, topic(true))
            .expect(Compliance::NonCompliant, "No metric filter on log group 'trail' matches "),
        with("no filter", Vec::new(), Vec::new())
            .expect(Compliance::NonCompliant, "Log group 'trail' has no metric filter"),
        with(
            "a filter with an unsupported pattern",
            vec![filter("good", "ERROR")],
            vec![alarm("a", "good")],
        )
        .resource(TOPIC, topic(true))
        .expect(Compliance::NotAssessed, "only JSON patterns are"),
        with("a filter with an additional condition", vec![narrowed], vec![alarm("a", "good")])
            .resource(TOPIC, topic(true))
            .expect(Compliance::NotAssessed, "filter 'good' has an additional condition"),
        with("a metric with dimensions", vec![split], vec![alarm("a", "good")])
            .expect(Compliance::NonCompliant, "publishes metric 'good' with dimensions"),
        with("no alarm", good(), vec![alarm("a", "other")]).resource(TOPIC, topic(true)).expect(
            Compliance::NonCompliant,
            "No alarm evaluates metric 'CIS/good' of metric filter 'good'",
        ),
        with(
            "an alarm whose actions are disabled",
            good(),
            vec![Alarm { actions_enabled: false, ..alarm("a", "good") }],
        )
        .expect(Compliance::NonCompliant, "actions of alarm 'a' are disabled"),
        with(
            "an alarm without a topic",
            good(),
            vec![Alarm {
                actions: vec!["arn:aws:automate:us-east-1:ec2:stop".to_owned()],
                ..alarm("a", "good")
            }],
        )
        .expect(Compliance::NonCompliant, "Alarm 'a' notifies no SNS topic"),
        with("an unconfirmed subscription", good(), vec![alarm("a", "good")])
            .resource(TOPIC, topic(false))
            .expect(
                Compliance::NonCompliant,
                "Topic 'alarms' of alarm 'a' has no confirmed subscription",
            ),
        with("a topic without subscriptions", good(), vec![alarm("a", "good")])
            .resource(TOPIC, TopicSubscriptions(Vec::new()))
            .expect(Compliance::NonCompliant, "Topic 'alarms' of alarm 'a' has no subscription"),
        with("a topic that does not exist", good(), vec![alarm("a", "good")])
            .answer(
                Key::resource(FactKind::TopicSubscriptions, REGION, TOPIC),
                Err(ReadError::new("sns:ListSubscriptionsByTopic", Cause::NotFound, "NotFound")),
            )
            .expect(Compliance::NonCompliant, "Topic 'alarms' of alarm 'a' does not exist"),
        with("access denied to ListSubscriptionsByTopic", good(), vec![alarm("a", "good")])
            .denied(Key::resource(FactKind::TopicSubscriptions, REGION, TOPIC))
            .expect(Compliance::NotAssessed, "sns:ListSubscriptionsByTopic"),
        trail_only("access denied to DescribeAlarms")
            .resource(GROUP, MetricFilters(good()))
            .denied(Key::region(FactKind::Alarms, REGION))
            .expect(Compliance::NotAssessed, "cloudwatch:DescribeAlarms"),
        trail_only("access denied to DescribeMetricFilters")
            .region(Alarms(Vec::new()))
            .denied(Key::resource(FactKind::MetricFilters, REGION, GROUP))
            .expect(Compliance::NotAssessed, "logs:DescribeMetricFilters"),
        trail_only("a log group that does not exist")
            .region(Alarms(Vec::new()))
            .answer(
                Key::resource(FactKind::MetricFilters, REGION, GROUP),
                Err(ReadError::new(
                    "logs:DescribeMetricFilters",
                    Cause::NotFound,
                    "ResourceNotFoundException",
                )),
            )
            .expect(Compliance::NonCompliant, "Log group 'trail' of trail 'main' does not exist"),
        one_trail("a trail without a log group", None)
            .expect(Compliance::NonCompliant, "Trail 'main' has no log group"),
        organizations("a log group of another account")
            .expect(Compliance::NotAssessed, "belongs to account 999988887777"),
        organizations("a log group of the monitoring account")
            .parameter("monitoringAccount", "999988887777")
            .expect(Compliance::NotApplicable, "which monitors the organization"),
        organizations("a log group of the monitoring account, selectors that cannot be read")
            .answer(
                Key::resource(
                    FactKind::TrailSelectors,
                    REGION,
                    examples::organizations().arn.as_str(),
                ),
                Err(ReadError::new(
                    "cloudtrail:GetEventSelectors",
                    Cause::Failed,
                    "CloudTrailARNInvalidException",
                )),
            )
            .parameter("monitoringAccount", "999988887777")
            .expect(Compliance::NotApplicable, "which monitors the organization"),
        Example::new("no trail")
            .account(Trails(Vec::new()))
            .expect(Compliance::NonCompliant, "There is no trail"),
        Example::new("access denied to ListTrails")
            .denied(Key::account(FactKind::Trails))
            .expect(Compliance::NotAssessed, "cloudtrail:ListTrails"),
    ]
}

/// Returns a pattern in parentheses instead of braces.
fn inner(pattern: &str) -> String {
    format!("({})", pattern.trim_matches(['{', '}', ' ']))
}
