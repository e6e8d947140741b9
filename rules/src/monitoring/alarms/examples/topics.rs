//! Examples of alarms that never notify and of topics to which CloudWatch cannot publish.

use plumbline_core::facts::{
    Alarm, AlarmMuteRules, AlarmQuery, Alarms, CompositeAlarm, CompositeAlarms, MetricFilter,
    MetricFilters, MuteRules, SubscriptionAttributes, TopicAttributes, TopicSubscriptions,
};
use plumbline_core::prelude::*;
use serde_json::{Value, json};

use super::facts::{
    GROUP, SUBSCRIPTION, TOPIC, alarm, chain_of, delivering, few, filter, owned, policy,
    subscription,
};

/// Returns examples of topics to which CloudWatch can or cannot publish, and of other causes for
/// missing notifications.
pub(super) fn topics_and_alarms(pattern: &str) -> Vec<Example> {
    let chain = |situation| chain_of(situation, pattern, delivering(1));
    let with_topic = |situation, statement: Value, key: Option<&str>| {
        let attributes =
            TopicAttributes { policy: Some(policy(&statement)), kms_key: key.map(str::to_owned) };
        chain(situation).resource(TOPIC, attributes)
    };
    let events = json!({ "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" },
        "Action": "sns:Publish", "Resource": TOPIC });
    let conditional = |condition: Value| {
        json!({ "Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": TOPIC,
            "Condition": condition })
    };
    let users = conditional(json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }));
    let addresses = conditional(json!({ "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } }));
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
            "The policy of KMS key 'alias/topics' of topic 'alarms' has to allow CloudWatch.",
        ),
        fails(
            with_topic("a topic for Amazon EventBridge only", events, None),
            "The policy of topic 'alarms' does not allow CloudWatch to publish",
        ),
        fails(
            with_topic(
                "a topic policy with a condition on a key that only users have",
                users,
                None,
            ),
            "The policy of topic 'alarms' does not allow CloudWatch to publish",
        ),
        open(
            with_topic("a topic policy with an unknown condition", addresses, None),
            "it is unknown whether the policy of topic 'alarms' allows CloudWatch to publish",
        ),
        open(
            chain("access denied to GetTopicAttributes").denied(Key::resource(
                FactKind::TopicAttributes,
                REGION,
                TOPIC,
            )),
            "sns:GetTopicAttributes",
        ),
        passes(
            chain("a subscription with a filter policy").resource(
                SUBSCRIPTION,
                SubscriptionAttributes {
                    filter_policy: Some(r#"{"severity": ["high"]}"#.to_owned()),
                },
            ),
            "A filter policy of the subscription to topic 'alarms' may drop notifications.",
        ),
        passes(
            chain("access denied to GetSubscriptionAttributes").denied(Key::resource(
                FactKind::SubscriptionAttributes,
                REGION,
                SUBSCRIPTION,
            )),
            "It is unknown whether a filter policy drops notifications of topic 'alarms' (",
        ),
        passes(
            chain("an alarm with a mute rule")
                .region(MuteRules(vec!["nights".to_owned()]))
                .resource("a", AlarmMuteRules(vec!["nights".to_owned()])),
            "Mute rule 'nights' can mute the notifications of alarm 'a'.",
        ),
        passes(
            chain("a mute rule for other alarms")
                .region(MuteRules(vec!["nights".to_owned()]))
                .resource("a", AlarmMuteRules(Vec::new())),
            "Metric filter 'good' on log group 'trail' has an alarm with a confirmed SNS \
             subscription.",
        ),
        passes(
            chain("access denied to ListAlarmMuteRules")
                .denied(Key::region(FactKind::MuteRules, REGION))
                .denied(Key::resource(FactKind::AlarmMuteRules, REGION, "a")),
            "It is unknown whether a mute rule mutes the notifications of alarm 'a' (",
        ),
        passes(
            chain("a topic in trustedTopics")
                .denied(Key::resource(FactKind::TopicSubscriptions, REGION, TOPIC))
                .denied(Key::resource(FactKind::TopicAttributes, REGION, TOPIC))
                .parameter("trustedTopics", "arn:aws:sns:*:111122223333:al*"),
            "Topic 'alarms' passes without checks (trustedTopics).",
        ),
        passes(
            through("a composite alarm that the alarm raises alone", "ALARM(a) OR ALARM(b)"),
            "Composite alarm 'escalation' notifies for alarm 'a'.",
        ),
        fails(
            through("a composite alarm that needs a second alarm", "ALARM(a) AND ALARM(b)"),
            "Alarm 'a' notifies no SNS topic",
        ),
        passes(
            through("a composite alarm with a constant", "ALARM(a) AND TRUE"),
            "Composite alarm 'escalation' notifies for alarm 'a'.",
        ),
        fails(
            through(
                "a composite alarm on an alarm with the same name in another account",
                "ALARM(\"arn:aws:cloudwatch:us-east-1:999988887777:alarm:a\")",
            ),
            "Alarm 'a' notifies no SNS topic",
        ),
        open(
            through(
                "a composite alarm that may already be in the ALARM state",
                "ALARM(a) OR OK(b)",
            ),
            "it is unknown whether composite alarm 'escalation' notifies for alarm 'a'",
        ),
        open(
            chain("an alarm without a topic, access denied to the composite alarms")
                .region(Alarms(vec![child()]))
                .denied(Key::region(FactKind::CompositeAlarms, REGION)),
            "cloudwatch:DescribeAlarms",
        ),
        passes(
            by_expression("a Metrics Insights query", "SELECT SUM(good) FROM SCHEMA(CIS)"),
            "a confirmed SNS subscription",
        ),
        open(
            by_expression("unsupported metric math", "m1 * 0"),
            "the expression of alarm 'a' is not supported: m1 * 0",
        ),
        fails(
            chain(
                "an alarm that never notifies with a subscription, and an alarm without a \
                 subscription",
            )
            .region(Alarms(vec![
                Alarm { condition: Some(few()), ..alarm("few", "good") },
                Alarm { actions: vec![unconfirmed.to_owned()], ..alarm("a", "good") },
            ]))
            .resource(unconfirmed, TopicSubscriptions(vec![subscription(false)])),
            "Topic 'new' of alarm 'a' has no confirmed subscription.",
        ),
        open(
            chain("a filter on transformed logs with another pattern")
                .resource(GROUP, MetricFilters(vec![transformed])),
            "evaluates another form of the events",
        ),
    ]
}
