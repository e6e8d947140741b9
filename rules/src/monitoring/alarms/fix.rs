//! The fix that adds the missing parts of a chain.

use plumbline_core::fix::{
    Body, FixCommand, Input, Terraform, TerraformResource, TerraformValue, Word,
};
use plumbline_core::prelude::*;

use crate::shared::shell::ALARM_TOPIC;

const OPERATIONS: [&str; 5] = [
    "logs put-metric-filter",
    "cloudwatch put-metric-alarm",
    "cloudwatch enable-alarm-actions",
    "sns create-topic",
    "sns subscribe",
];

/// The variable of the script for the ARN of the topic.
const TOPIC: &str = "TOPIC_ARN";

fn address() -> Input {
    Input::shared("ALARM_EMAIL", "the email address that alarms notify")
}

/// Returns the commands of the finding. If an alarm needs a topic, the script creates the topic and
/// subscribes an email address.
pub(super) fn fix(failure: &Failure<'_>) -> Fix {
    let inputs = [("TOPIC-ARN", Word::variable(TOPIC)), ("ADDRESS", Word::from(address()))];
    let found = failure.of_finding(&OPERATIONS, &inputs);
    if found.by_hand.is_some() {
        return found;
    }
    let mut fix = Fix::new();
    let mut resources = Vec::new();
    let (mut is_new, mut subscribes) = (false, false);
    for command in found.commands {
        let region = command.value("--region").unwrap_or(&failure.resource.region).to_owned();
        is_new |= matches!(
            command.operation(),
            Some("logs put-metric-filter" | "cloudwatch put-metric-alarm")
        );
        subscribes |= command.operation() == Some("sns subscribe");
        if command.operation() == Some("cloudwatch put-metric-alarm") {
            subscribes = true;
            let topic = FixCommand::call(&ALARM_TOPIC)
                .argument(region.as_str())
                .argument(address())
                .sets(TOPIC);
            fix = fix.command(topic);
            resources.extend(topic_resources(&region));
        }
        resources.extend(resource(&command, &region));
        fix = fix.command(command);
    }
    if is_new {
        let what = "Amazon CloudWatch charges for each metric and alarm beyond the free tier.";
        fix = fix.effect(FixEffect::Costs, what);
    }
    if subscribes {
        fix = fix.note(
            "Confirm the subscription with the link in the email. Until then the topic sends no \
             notification.",
        );
    }
    let undo = "aws logs delete-metric-filter, cloudwatch delete-alarms, sns unsubscribe, or \
    cloudwatch disable-alarm-actions, for the added resources";
    fix.undo(undo).terraform(if resources.is_empty() {
        Terraform::Argument("aws_cloudwatch_metric_alarm: actions_enabled = true".to_owned())
    } else {
        Terraform::Resources(resources)
    })
}

/// Returns the topic of alarms and its subscription.
fn topic_resources(region: &str) -> [TerraformResource; 2] {
    let topic = TerraformResource::new("aws_sns_topic", &format!("alarms {region}"), region)
        .set("name", "plumbline-alarms");
    let subscription =
        TerraformResource::new("aws_sns_topic_subscription", &format!("alarms {region}"), region)
            .set("topic_arn", TerraformValue::ArnOf(topic.kind, topic.name.clone()))
            .set("protocol", "email")
            .set("endpoint", address());
    [topic, subscription]
}

/// Returns the Terraform resource that corresponds to a command, or nothing for the actions of an
/// alarm, which are an argument of the alarm.
fn resource(command: &FixCommand, region: &str) -> Option<TerraformResource> {
    let value = |option: &str| command.value(option).unwrap_or_default();
    Some(match command.operation()? {
        "logs put-metric-filter" => {
            let name = value("--filter-name");
            let transformation = value("--metric-transformations");
            let part = |key: &str| {
                let parts = transformation.split(',').filter_map(|part| part.split_once('='));
                parts.filter(|(name, _)| *name == key).map(|(_, value)| value).next()
            };
            let metric = Body::default()
                .set("name", part("metricName").unwrap_or(name))
                .set("namespace", part("metricNamespace").unwrap_or("Plumbline"))
                .set("value", part("metricValue").unwrap_or("1"));
            TerraformResource::new("aws_cloudwatch_log_metric_filter", name, region)
                .set("name", name)
                .set("log_group_name", value("--log-group-name"))
                .set("pattern", value("--filter-pattern"))
                .block("metric_transformation", metric)
        }
        "cloudwatch put-metric-alarm" => {
            let name = value("--alarm-name");
            let topic = TerraformValue::ArnOf("aws_sns_topic", format!("alarms {region}"));
            let number = |option: &str| value(option).parse().unwrap_or(1_i64);
            TerraformResource::new("aws_cloudwatch_metric_alarm", name, region)
                .set("alarm_name", name)
                .set("metric_name", value("--metric-name"))
                .set("namespace", value("--namespace"))
                .set("statistic", value("--statistic"))
                .set("period", number("--period"))
                .set("evaluation_periods", number("--evaluation-periods"))
                .set("threshold", number("--threshold"))
                .set("comparison_operator", value("--comparison-operator"))
                .set("treat_missing_data", value("--treat-missing-data"))
                .set("alarm_actions", TerraformValue::List(Box::new(topic)))
        }
        "sns create-topic" => {
            let name = value("--name");
            TerraformResource::new("aws_sns_topic", name, region).set("name", name)
        }
        "sns subscribe" => {
            let topic = value("--topic-arn");
            let name = topic.rsplit(':').next().unwrap_or(topic);
            TerraformResource::new("aws_sns_topic_subscription", name, region)
                .set("topic_arn", topic)
                .set("protocol", "email")
                .set("endpoint", address())
        }
        _ => return None,
    })
}
