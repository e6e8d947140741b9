//! The examples of 4.1 to 4.15.

use chrono::TimeDelta;
use plumbline_core::facts::{
    Alarm, AlarmCondition, AlarmQuery, Alarms, BasicSelector, CompositeAlarm, CompositeAlarms,
    FilterMetric, Metric, MetricFilter, MetricFilters, Subscription, SubscriptionAttributes,
    TopicAttributes, TopicSubscriptions, Trail, TrailSelectors, TrailSettings, TrailStatus, Trails,
};
use plumbline_core::prelude::*;
use serde_json::{Value, json};

use crate::shared::trails::examples;

const GROUP: &str = "trail";
const SUBSCRIPTION: &str = "arn:aws:sns:us-east-1:111122223333:alarms:1";
const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:alarms";

fn metric(name: &str) -> Metric {
    Metric { namespace: "CIS".to_owned(), name: name.to_owned(), dimensions: false }
}

fn filter(name: &str, pattern: &str) -> MetricFilter {
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

fn alarm(name: &str, on: &str) -> Alarm {
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

fn condition(threshold: f64) -> AlarmCondition {
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

/// A trail whose status says so, with a complete chain behind it.
fn chain_of(situation: &'static str, pattern: &str, status: TrailStatus) -> Example {
    one_trail(situation, Some(group_arn(ACCOUNT_ID)))
        .resource(&examples::arn("main"), status)
        .resource(GROUP, MetricFilters(vec![filter("good", pattern)]))
        .region(Alarms(vec![alarm("a", "good")]))
        .resource(TOPIC, TopicSubscriptions(vec![subscription(true)]))
}

/// Trails that stopped to deliver, or have not begun to.
fn silent(pattern: &str) -> Vec<Example> {
    let started = |minutes| TrailStatus {
        logging: true,
        started: Some(days_ago(0) - TimeDelta::minutes(minutes)),
        ..TrailStatus::default()
    };
    let unrecorded = TrailStatus { started: None, ..started(0) };
    let fails = |example: Example, reason: &str| example.expect(Compliance::NonCompliant, reason);
    vec![
        fails(
            chain_of("a trail that last delivered 25 hours ago", pattern, delivering(25)),
            "is of 2025-12-31T11:00:00Z, older than the 24 hours of maxDeliveryAgeHours (see 3.4)",
        ),
        chain_of("a delivery 25 hours ago, and 48 are allowed", pattern, delivering(25))
            .parameter("maxDeliveryAgeHours", "48")
            .expect(Compliance::Compliant, "reaches a confirmed subscription"),
        fails(
            chain_of("a trail that never delivered", pattern, started(60)),
            "nothing to log group 'trail' since it was started at 2026-01-01T11:00:00Z",
        ),
        chain_of("a trail that was started 59 minutes ago", pattern, started(59))
            .expect(Compliance::NotAssessed, "started less than an hour ago"),
        fails(
            chain_of("a trail that was started just now, without an alarm", pattern, started(1))
                .region(Alarms(Vec::new())),
            "No alarm watches metric CIS good",
        ),
        chain_of("no delivery, and no record of the start", pattern, unrecorded)
            .expect(Compliance::NotAssessed, "is not recorded"),
    ]
}

/// A trail that excludes a service, with what becomes of the control.
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
    match id {
        "4.1" => vec![
            kms.expect(Compliance::NonCompliant, "excludes kms.amazonaws.com and with it"),
            data.expect(Compliance::NonCompliant, "excludes rdsdata.amazonaws.com and with it"),
        ],
        "4.3" => vec![
            kms.expect(Compliance::Compliant, "does not log what the root user does in AWS KMS"),
            data.expect(Compliance::Compliant, "does not log what the root user does in the RDS"),
        ],
        "4.7" => vec![
            kms.expect(Compliance::NonCompliant, "DisableKey and ScheduleKeyDeletion"),
            data.expect(Compliance::Compliant, "Filter good of trail reaches"),
        ],
        _ => vec![kms.expect(Compliance::Compliant, "Filter good of trail reaches")],
    }
}

/// A trail that was started ten days ago and delivered so many hours ago.
fn delivering(hours: i64) -> TrailStatus {
    TrailStatus {
        logging: true,
        log_group_delivery: Some(days_ago(0) - TimeDelta::hours(hours)),
        started: Some(days_ago(10)),
    }
}

fn group_arn(account: &str) -> String {
    format!("arn:aws:logs:{REGION}:{account}:log-group:{GROUP}:*")
}

/// A trail with its facts, delivering to a log group or to none.
fn trail(example: Example, name: &str, group: Option<String>) -> Example {
    let arn = examples::arn(name);
    example
        .resource(&arn, TrailSettings { log_group: group, ..examples::settings() })
        .resource(&arn, delivering(1))
        .resource(
            &arn,
            TrailSelectors { basic: vec![examples::management()], advanced: Vec::new() },
        )
}

fn one_trail(situation: &'static str, group: Option<String>) -> Example {
    trail(
        at_topic(Example::new(situation)).account(Trails(vec![examples::trail("main")])),
        "main",
        group,
    )
}

/// A topic to which CloudWatch can publish, and a subscription without a filter policy.
fn at_topic(example: Example) -> Example {
    example
        .region(CompositeAlarms::default())
        .resource(TOPIC, TopicAttributes { policy: Some(policy(&owned())), kms_key: None })
        .resource(SUBSCRIPTION, SubscriptionAttributes::default())
}

fn subscription(confirmed: bool) -> Subscription {
    Subscription {
        protocol: "email".to_owned(),
        confirmed,
        arn: confirmed.then(|| SUBSCRIPTION.to_owned()),
    }
}

/// What SNS puts into the policy of a new topic.
fn owned() -> Value {
    json!({ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": ["SNS:Publish"],
        "Resource": TOPIC, "Condition": { "StringEquals": { "AWS:SourceOwner": ACCOUNT_ID } } })
}

/// A policy of one statement.
fn policy(statement: &Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

/// Topics that CloudWatch reaches or does not, and what else keeps an alarm from notifying.
fn topics_and_alarms(pattern: &str) -> Vec<Example> {
    let chain = |situation| chain_of(situation, pattern, delivering(1));
    let with_topic = |situation, statement: Value, key: Option<&str>| {
        let attributes =
            TopicAttributes { policy: Some(policy(&statement)), kms_key: key.map(str::to_owned) };
        chain(situation).resource(TOPIC, attributes)
    };
    let events = json!({ "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" },
        "Action": "sns:Publish", "Resource": TOPIC });
    let organization = json!({ "Effect": "Allow", "Principal": "*", "Action": "sns:Publish",
        "Resource": TOPIC, "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-1" } } });
    let child = || Alarm { actions: Vec::new(), ..alarm("a", "good") };
    let composite = |rule: &str| {
        CompositeAlarms(vec![CompositeAlarm {
            name: "escalation".to_owned(),
            rule: rule.to_owned(),
            actions_enabled: true,
            actions: vec![TOPIC.to_owned()],
            suppressor: None,
        }])
    };
    let through = |situation, rule: &str| {
        chain(situation).region(Alarms(vec![child()])).region(composite(rule))
    };
    let by_expression = |situation, expression: &str| {
        let on = alarm("a", "good");
        let metrics = on
            .queries
            .iter()
            .flatten()
            .map(|query| AlarmQuery { returned: false, ..query.clone() });
        let expression = AlarmQuery {
            id: "e1".to_owned(),
            expression: Some(expression.to_owned()),
            returned: true,
            ..AlarmQuery::default()
        };
        let queries = metrics.chain([expression]).collect();
        chain(situation).region(Alarms(vec![Alarm { queries: Some(queries), ..on }]))
    };
    let fails = |example: Example, reason: &str| example.expect(Compliance::NonCompliant, reason);
    let passes = |example: Example, reason: &str| example.expect(Compliance::Compliant, reason);
    let open = |example: Example, reason: &str| example.expect(Compliance::NotAssessed, reason);
    let transformed = MetricFilter {
        narrowed_by: Some(MetricFilter::TRANSFORMED.to_owned()),
        ..filter("good", "{ $.name = \"x\" }")
    };
    let unconfirmed = "arn:aws:sns:us-east-1:111122223333:new";
    vec![
        fails(
            with_topic("a topic with the AWS managed key", owned(), Some("alias/aws/sns")),
            "is encrypted with alias/aws/sns",
        ),
        passes(
            with_topic("a topic with a customer managed key", owned(), Some("alias/topics")),
            "The policy of key 'alias/topics' of topic 'alarms' has to allow CloudWatch.",
        ),
        fails(
            with_topic("a topic for Amazon EventBridge only", events, None),
            "The policy of topic 'alarms' does not let CloudWatch publish",
        ),
        open(
            with_topic("a topic policy whose condition is not known", organization, None),
            "whether the policy of topic 'alarms' allows CloudWatch to publish is not known",
        ),
        open(
            chain("a topic whose attributes may not be read").denied(Key::resource(
                FactKind::TopicAttributes,
                REGION,
                TOPIC,
            )),
            "sns:GetTopicAttributes",
        ),
        passes(
            chain("a subscription with a filter policy").resource(
                SUBSCRIPTION,
                SubscriptionAttributes { filter_policy: Some("{}".to_owned()) },
            ),
            "A filter policy of the subscription to topic 'alarms' may drop notifications.",
        ),
        passes(
            chain("a topic that is trusted unread")
                .denied(Key::resource(FactKind::TopicSubscriptions, REGION, TOPIC))
                .denied(Key::resource(FactKind::TopicAttributes, REGION, TOPIC))
                .parameter("trustedTopics", "arn:aws:sns:*:111122223333:al*"),
            "Topic 'alarms' counts unread (trustedTopics).",
        ),
        passes(
            through("a composite alarm that the alarm raises alone", "ALARM(a) OR ALARM(b)"),
            "Composite alarm 'escalation' notifies for alarm 'a'.",
        ),
        fails(
            through("a composite alarm that needs another alarm, too", "ALARM(a) AND ALARM(b)"),
            "Alarm a notifies no SNS topic",
        ),
        open(
            through("a composite alarm that may be raised already", "ALARM(a) OR OK(b)"),
            "whether alarm 'a' alone raises composite alarm 'escalation' is not known",
        ),
        open(
            chain("an alarm without a topic, and composite alarms that may not be described")
                .region(Alarms(vec![child()]))
                .denied(Key::region(FactKind::CompositeAlarms, REGION)),
            "cloudwatch:DescribeAlarms",
        ),
        passes(
            by_expression("a query of Metrics Insights", "SELECT SUM(good) FROM SCHEMA(CIS)"),
            "reaches a confirmed subscription",
        ),
        open(
            by_expression("metric math that is not understood", "m1 * 0"),
            "what alarm 'a' compares is not understood: m1 * 0",
        ),
        fails(
            chain("a silent alarm with a subscription, and one that would work without")
                .region(Alarms(vec![
                    Alarm { condition: Some(few()), ..alarm("deaf", "good") },
                    Alarm { actions: vec![unconfirmed.to_owned()], ..alarm("a", "good") },
                ]))
                .resource(unconfirmed, TopicSubscriptions(vec![subscription(false)])),
            "Topic new of alarm a has no confirmed subscription.",
        ),
        open(
            chain("a filter on transformed logs, with another pattern")
                .resource(GROUP, MetricFilters(vec![transformed])),
            "sees another form of the events",
        ),
    ]
}

/// A condition that few events meet.
fn few() -> AlarmCondition {
    AlarmCondition { comparison: "LessThanThreshold".to_owned(), ..condition(1.0) }
}

/// What the page of every control shows. The mechanism is one: its finer points stand on the first
/// page only.
const ON_EVERY_PAGE: [&str; 8] = [
    "a complete chain",
    "two filters that leave a gap between them",
    "a filter on other events",
    "no alarm",
    "an alarm whose actions are disabled",
    "a subscription that nobody confirmed",
    "subscriptions that may not be listed",
    "a log group of another account",
];

/// The situations of a control, with its prescribed pattern.
pub(crate) fn of(id: &str, pattern: &str) -> Vec<Example> {
    let mut situations = all(pattern);
    situations.extend(silent(pattern));
    situations.extend(topics_and_alarms(pattern));
    situations.retain(|example| id == "4.1" || ON_EVERY_PAGE.contains(&example.situation));
    situations.extend(excluding(id, pattern));
    situations
}

/// Situations of 4.14, with a pattern that leaves out the calls of ClassicLink.
pub(super) fn of_classic_link(pattern: &str) -> Vec<Example> {
    let chain = |situation| chain_of(situation, pattern, delivering(1));
    vec![
        chain("a filter without the calls of ClassicLink")
            .expect(Compliance::NonCompliant, "ClassicLink"),
        chain("a filter without the calls of ClassicLink, which are not required")
            .parameter("requireClassicLink", "false")
            .expect(Compliance::Compliant, "Filter good of trail reaches"),
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
    let insensitive = || Alarm { condition: Some(condition(1000.0)), ..alarm("deaf", "good") };
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
            .expect(Compliance::Compliant, "Filter good of trail reaches"),
        with(
            "a filter that asks for a member that every event has",
            vec![filter("good", &format!("{{ ($.awsRegion = *) && {} }}", inner(pattern)))],
            vec![alarm("a", "good")],
        )
        .resource(TOPIC, topic(true))
        .expect(Compliance::Compliant, "misses only events that CloudTrail does not write"),
        elsewhere
            .resource(TOPIC, topic(true))
            .expect(Compliance::Compliant, "Filter good of trail reaches"),
        with(
            "a filter that matches every event",
            vec![filter("good", "")],
            vec![alarm("a", "good")],
        )
        .resource(TOPIC, topic(true))
        .expect(Compliance::Compliant, "the alarm never rests"),
        with("an alarm that needs a thousand events", good(), vec![insensitive()])
            .resource(TOPIC, topic(true))
            .expect(Compliance::Compliant, "Alarm 'deaf' needs 1000 events within 300 seconds."),
        with(
            "an alarm that needs a thousand events, and one that needs one",
            good(),
            vec![insensitive(), alarm("a", "good"), insensitive()],
        )
        .resource(TOPIC, topic(true))
        .expect(Compliance::Compliant, "Filter good of trail reaches a confirmed subscription."),
        with(
            "an alarm that goes off when there is nothing to count",
            good(),
            vec![Alarm { condition: Some(few()), ..alarm("a", "good") }],
        )
        .resource(TOPIC, topic(true))
        .expect(
            Compliance::NonCompliant,
            "Alarm 'a' never notifies: it is raised by few events, not by one.",
        ),
        with(
            "a filter whose events count nothing",
            vec![with_metric(metric("good"), "0")],
            vec![alarm("a", "good")],
        )
        .resource(TOPIC, topic(true))
        .expect(
            Compliance::NonCompliant,
            "Alarm 'a' never notifies: each event counts 0, and it needs 1 or more.",
        ),
        with(
            "two filters that leave a gap between them",
            vec![filter("one", &first), filter("two", &second)],
            vec![alarm("a", "one"), alarm("b", "two")],
        )
        .resource(TOPIC, topic(true))
        .expect(Compliance::NonCompliant, "No metric filter of trail counts {"),
        with("a filter on other events", vec![other()], vec![alarm("a", "other")])
            .resource(TOPIC, topic(true))
            .expect(Compliance::NonCompliant, "No metric filter of trail counts {"),
        with("no filter", Vec::new(), Vec::new())
            .expect(Compliance::NonCompliant, "Log group trail has no metric filter"),
        with(
            "a filter that is not understood",
            vec![filter("good", "ERROR")],
            vec![alarm("a", "good")],
        )
        .resource(TOPIC, topic(true))
        .expect(Compliance::NotAssessed, "only JSON patterns are understood"),
        with("a filter that is narrowed", vec![narrowed], vec![alarm("a", "good")])
            .resource(TOPIC, topic(true))
            .expect(Compliance::NotAssessed, "filter good is narrowed"),
        with("a metric that is split", vec![split], vec![alarm("a", "good")])
            .expect(Compliance::NonCompliant, "splits its metric good by dimensions"),
        with("no alarm", good(), vec![alarm("a", "other")])
            .resource(TOPIC, topic(true))
            .expect(Compliance::NonCompliant, "No alarm watches metric CIS good of filter good"),
        with(
            "an alarm whose actions are disabled",
            good(),
            vec![Alarm { actions_enabled: false, ..alarm("a", "good") }],
        )
        .expect(Compliance::NonCompliant, "actions of alarm a are disabled"),
        with(
            "an alarm without a topic",
            good(),
            vec![Alarm {
                actions: vec!["arn:aws:automate:us-east-1:ec2:stop".to_owned()],
                ..alarm("a", "good")
            }],
        )
        .expect(Compliance::NonCompliant, "Alarm a notifies no SNS topic"),
        with("a subscription that nobody confirmed", good(), vec![alarm("a", "good")])
            .resource(TOPIC, topic(false))
            .expect(
                Compliance::NonCompliant,
                "Topic alarms of alarm a has no confirmed subscription",
            ),
        with("a topic without subscriptions", good(), vec![alarm("a", "good")])
            .resource(TOPIC, TopicSubscriptions(Vec::new()))
            .expect(Compliance::NonCompliant, "Topic alarms of alarm a has no subscription"),
        with("a topic that does not exist", good(), vec![alarm("a", "good")])
            .answer(
                Key::resource(FactKind::TopicSubscriptions, REGION, TOPIC),
                Err(ReadError::new("sns:ListSubscriptionsByTopic", Cause::NotFound, "NotFound")),
            )
            .expect(Compliance::NonCompliant, "Topic alarms of alarm a does not exist"),
        with("subscriptions that may not be listed", good(), vec![alarm("a", "good")])
            .denied(Key::resource(FactKind::TopicSubscriptions, REGION, TOPIC))
            .expect(Compliance::NotAssessed, "sns:ListSubscriptionsByTopic"),
        trail_only("alarms that may not be described")
            .resource(GROUP, MetricFilters(good()))
            .denied(Key::region(FactKind::Alarms, REGION))
            .expect(Compliance::NotAssessed, "cloudwatch:DescribeAlarms"),
        trail_only("filters that may not be described")
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
            .expect(Compliance::NonCompliant, "Log group trail of trail main does not exist"),
        one_trail("a trail without a log group", None)
            .expect(Compliance::NonCompliant, "Trail main delivers to no log group"),
        organizations("a log group of another account")
            .expect(Compliance::NotAssessed, "is of account 999988887777"),
        organizations("a log group of the account that monitors for all")
            .parameter("monitoringAccount", "999988887777")
            .expect(Compliance::NotApplicable, "which monitors for the organization"),
        organizations("a log group of that account, and a trail whose selectors cannot be read")
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
            .expect(Compliance::NotApplicable, "which monitors for the organization"),
        Example::new("no trail")
            .account(Trails(Vec::new()))
            .expect(Compliance::NonCompliant, "There is no trail"),
        Example::new("the trails may not be listed")
            .denied(Key::account(FactKind::Trails))
            .expect(Compliance::NotAssessed, "cloudtrail:ListTrails"),
    ]
}

/// A pattern without its braces, in parentheses.
fn inner(pattern: &str) -> String {
    format!("({})", pattern.trim_matches(['{', '}', ' ']))
}
