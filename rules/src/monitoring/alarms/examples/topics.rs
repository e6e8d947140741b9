//! Situations about alarms that never notify and topics that CloudWatch cannot reach.

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

/// Topics that CloudWatch reaches or does not, and what else keeps an alarm from notifying.
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
            "The policy of key 'alias/topics' of topic 'alarms' has to allow CloudWatch.",
        ),
        fails(
            with_topic("a topic for Amazon EventBridge only", events, None),
            "The policy of topic 'alarms' does not let CloudWatch publish",
        ),
        fails(
            with_topic("a topic policy with a condition on what only users have", users, None),
            "The policy of topic 'alarms' does not let CloudWatch publish",
        ),
        open(
            with_topic("a topic policy whose condition is not known", addresses, None),
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
                SubscriptionAttributes {
                    filter_policy: Some(r#"{"severity": ["high"]}"#.to_owned()),
                },
            ),
            "A filter policy of the subscription to topic 'alarms' may drop notifications.",
        ),
        passes(
            chain("access denied to the filter policy of a subscription").denied(Key::resource(
                FactKind::SubscriptionAttributes,
                REGION,
                SUBSCRIPTION,
            )),
            "is not known (access denied to sns:GetSubscriptionAttributes (AccessDenied)).",
        ),
        passes(
            chain("an alarm with a mute rule")
                .region(MuteRules(vec!["nights".to_owned()]))
                .resource("a", AlarmMuteRules(vec!["nights".to_owned()])),
            "Mute rule 'nights' can keep alarm 'a' from notifying.",
        ),
        passes(
            chain("a mute rule for other alarms")
                .region(MuteRules(vec!["nights".to_owned()]))
                .resource("a", AlarmMuteRules(Vec::new())),
            "Filter good of trail reaches a confirmed subscription.",
        ),
        passes(
            chain("access denied to the mute rules")
                .denied(Key::region(FactKind::MuteRules, REGION))
                .denied(Key::resource(FactKind::AlarmMuteRules, REGION, "a")),
            "is not known (access denied to cloudwatch:ListAlarmMuteRules (AccessDenied)).",
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
        passes(
            through("a composite alarm with a constant", "ALARM(a) AND TRUE"),
            "Composite alarm 'escalation' notifies for alarm 'a'.",
        ),
        fails(
            through(
                "a composite alarm on an alarm of that name in another account",
                "ALARM(\"arn:aws:cloudwatch:us-east-1:999988887777:alarm:a\")",
            ),
            "Alarm a notifies no SNS topic",
        ),
        open(
            through("a composite alarm that may be raised already", "ALARM(a) OR OK(b)"),
            "whether composite alarm 'escalation' notifies for alarm 'a' is not known",
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
