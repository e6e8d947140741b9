//! The alarm chains that controls 4.1 to 4.15 evaluate, link by link, in the test environment.

use plumbline_core::control::Control;
use plumbline_core::filter::{Requirement, required};
use plumbline_rules::registry::CONTROLS;
use serde_json::{Value, json};

use crate::environment::TestAccount;
use crate::lambda_runtime::now;

/// The log group.
pub const GROUP: &str = "trail";
/// The namespace of the metrics.
pub const NAMESPACE: &str = "Plumbline";

/// The controls 4.1 to 4.15, each with its requirement.
pub fn controls() -> impl Iterator<Item = (&'static Control, &'static Requirement)> {
    CONTROLS.into_iter().filter_map(|control| Some((control, required(control.id.as_str())?)))
}

/// The links of an account. Filters, metrics and alarms have the name of their control.
pub struct Chain {
    /// The account.
    pub account: TestAccount,
    /// The Region of the trail, the log group and the alarms.
    pub region: &'static str,
}

impl Chain {
    /// A new account without any link.
    pub fn new(region: &'static str) -> Self {
        Self { account: TestAccount::new(), region }
    }

    fn cloudtrail(&self, operation: &str, body: &Value) -> Value {
        self.account.json(
            "cloudtrail",
            &format!("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.{operation}"),
            self.region,
            body,
        )
    }

    fn logs(&self, operation: &str, body: &Value) {
        self.account.json("logs", &format!("Logs_20140328.{operation}"), self.region, body);
    }

    fn sns(&self, fields: &[(&str, &str)]) {
        self.account.query("sns", "2010-03-31", self.region, fields);
    }

    /// The ARN of the log group.
    pub fn group_arn(&self) -> String {
        format!("arn:aws:logs:{}:{}:log-group:{GROUP}:*", self.region, self.account.id)
    }

    /// The ARN of the topic.
    pub fn topic_arn(&self) -> String {
        format!("arn:aws:sns:{}:{}:alarms", self.region, self.account.id)
    }

    /// Creates the log group.
    pub fn group(&self) {
        self.logs("CreateLogGroup", &json!({ "logGroupName": GROUP }));
    }

    /// Deletes the log group.
    pub fn delete_group(&self) {
        self.logs("DeleteLogGroup", &json!({ "logGroupName": GROUP }));
    }

    /// Creates a multi-Region trail that delivers to the log group, and starts it. `other` replaces
    /// its settings.
    pub fn trail(&self, other: &Value) {
        let bucket = format!("trail-{}", self.account.id);
        self.account.bucket(&bucket, self.region);
        let mut settings = json!({
            "Name": "main", "S3BucketName": bucket, "IsMultiRegionTrail": true,
            "CloudWatchLogsLogGroupArn": self.group_arn(),
            "CloudWatchLogsRoleArn": format!("arn:aws:iam::{}:role/trail", self.account.id),
        });
        let settings_object = settings.as_object_mut().expect("an object");
        settings_object.extend(other.as_object().expect("an object").clone());
        settings_object.retain(|_, value| !value.is_null());
        let made = self.cloudtrail("CreateTrail", &settings);
        self.cloudtrail("StartLogging", &json!({ "Name": "main" }));
        let fields = json!({ "LatestCloudWatchLogsDeliveryTime": now() });
        self.account.control(
            "cloudtrail/status",
            json!({ "trail_arn": made["TrailARN"], "fields": fields }),
        );
    }

    /// Stops the trail.
    pub fn stop(&self) {
        self.cloudtrail("StopLogging", &json!({ "Name": "main" }));
    }

    /// Sets the trail's selectors.
    pub fn select(&self, selectors: &Value) {
        self.cloudtrail(
            "PutEventSelectors",
            &json!({ "TrailName": "main", "EventSelectors": selectors }),
        );
    }

    /// Creates a metric filter.
    pub fn filter(&self, name: &str, pattern: &str, metric: &Value) {
        let mut fed =
            json!({ "metricName": name, "metricNamespace": NAMESPACE, "metricValue": "1" });
        fed.as_object_mut()
            .expect("an object")
            .extend(metric.as_object().expect("an object").clone());
        self.logs(
            "PutMetricFilter",
            &json!({ "logGroupName": GROUP, "filterName": name, "filterPattern": pattern,
                "metricTransformations": [fed] }),
        );
    }

    /// Creates a metric filter for each control.
    pub fn filters(&self, pattern: impl Fn(&Requirement) -> String) {
        for (control, requirement) in controls() {
            self.filter(control.slug, &pattern(requirement), &json!({}));
        }
    }

    /// Creates an alarm. `other` replaces its settings.
    pub fn alarm(&self, name: &str, other: &Value) {
        let mut alarm = json!({
            "AlarmName": name, "Namespace": NAMESPACE, "MetricName": name, "Statistic": "Sum",
            "Period": 300, "EvaluationPeriods": 1, "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold", "ActionsEnabled": true,
            "AlarmActions": [self.topic_arn()],
        });
        let settings = alarm.as_object_mut().expect("an object");
        settings.extend(other.as_object().expect("an object").clone());
        settings.retain(|_, value| !value.is_null());
        self.account.json(
            "monitoring",
            "GraniteServiceVersion20100801.PutMetricAlarm",
            self.region,
            &alarm,
        );
    }

    /// Creates an alarm for each control. `other` replaces its settings.
    pub fn alarms(&self, other: impl Fn(&str) -> Value) {
        for (control, _) in controls() {
            self.alarm(control.slug, &other(control.slug));
        }
    }

    /// Creates the topic.
    pub fn topic(&self) {
        self.sns(&[("Action", "CreateTopic"), ("Name", "alarms")]);
    }

    /// Subscribes an address that does not confirm the subscription.
    pub fn subscribe(&self) {
        self.sns(&[
            ("Action", "Subscribe"),
            ("TopicArn", &self.topic_arn()),
            ("Protocol", "email"),
            ("Endpoint", "security@example.com"),
        ]);
    }

    /// Confirms the pending subscriptions of a topic, and returns their number.
    pub fn confirm(&self, topic_arn: &str) -> u64 {
        self.account.control("sns/confirm", json!({ "topic_arn": topic_arn }))["confirmed"]
            .as_u64()
            .expect("a number")
    }

    /// Creates the topic with a confirmed subscription.
    pub fn heard(&self) {
        self.topic();
        self.subscribe();
        assert_eq!(self.confirm(&self.topic_arn()), 1);
    }

    /// Creates a trail that delivers to a log group.
    pub fn delivery(&self) {
        self.group();
        self.trail(&json!({}));
    }
}
