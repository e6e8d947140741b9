//! Facts from Amazon CloudWatch.

use serde::{Deserialize, Serialize};

/// A Region's alarms on custom metrics, and its alarms on AWS metrics that may be in the ALARM
/// state without events, source `DescribeAlarms`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Alarms(pub Vec<Alarm>);

/// A metric alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// The custom metrics on which its state depends, directly or through metric math. AWS
    /// namespaces are omitted.
    pub metrics: Vec<Metric>,
    /// Whether its actions are enabled.
    pub actions_enabled: bool,
    /// The ARNs of its actions for the ALARM state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// When the alarm goes into the ALARM state; absent if AWS does not return it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<AlarmCondition>,
    /// What it evaluates: its metric, or its queries. Absent if it is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queries: Option<Vec<AlarmQuery>>,
}

/// A metric that an alarm reads, or an expression over such metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmQuery {
    /// The id of the query in expressions.
    pub id: String,
    /// The metric of this account; absent for expressions and for metrics of other accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
    /// `Sum`, `Average`, `p99`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<String>,
    /// The unit of the data points that count; absent if all units count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Metric math, or a query of Metrics Insights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Whether the alarm evaluates its result.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub returned: bool,
}

/// A Region's composite alarms, source `DescribeAlarms`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompositeAlarms(pub Vec<CompositeAlarm>);

/// A composite alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompositeAlarm {
    /// Its name.
    pub name: String,
    /// The expression over the states of other alarms.
    pub rule: String,
    /// Whether its actions are enabled.
    pub actions_enabled: bool,
    /// The ARNs of its actions for the ALARM state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// The alarm that suppresses its actions, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressor: Option<String>,
}

/// When an alarm goes into the ALARM state: a number of periods breaches the threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlarmCondition {
    /// The comparison operator: `GreaterThanThreshold`, …
    pub comparison: String,
    /// The threshold; absent for anomaly detection.
    pub threshold: Option<f64>,
    /// `Sum`, `Average`, `p99`, …; absent for metric math, which evaluates an expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<String>,
    /// The period of the statistic, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<i32>,
    /// The number of periods that have to breach.
    pub datapoints: i32,
    /// Whether a period without data counts as breaching.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing_breaches: bool,
    /// `TreatMissingData`: `missing`, `ignore`, `breaching`, `notBreaching`. Absent if it is not
    /// recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

impl AlarmCondition {
    /// Whether a value breaches the threshold; `None` without a threshold.
    pub fn is_met_by(&self, value: f64) -> Option<bool> {
        let threshold = self.threshold?;
        match self.comparison.as_str() {
            "GreaterThanThreshold" => Some(value > threshold),
            "GreaterThanOrEqualToThreshold" => Some(value >= threshold),
            "LessThanThreshold" => Some(value < threshold),
            "LessThanOrEqualToThreshold" => Some(value <= threshold),
            _ => None,
        }
    }

    /// Whether a period without data counts as breaching.
    pub fn missing_breaches(&self) -> bool {
        self.missing_breaches || self.missing.as_deref() == Some("breaching")
    }

    /// Whether the alarm may be in the ALARM state without events, or stay in it: without data,
    /// with values of 0, by the number of values, or because the evaluated value is not known (an
    /// expression or anomaly detection). If missing data is ignored, an alarm may stay in the ALARM
    /// state permanently.
    pub fn may_rest_in_alarm(&self) -> bool {
        self.missing_breaches()
            || self.missing.as_deref() == Some("ignore")
            || self.statistic.as_deref().is_none_or(|statistic| statistic == "SampleCount")
            || self.is_met_by(0.0).unwrap_or(true)
    }
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Metric {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Whether it has dimensions. A metric with dimensions differs from one without.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dimensions: bool,
}

/// The names of a Region's mute rules that have not expired, source `ListAlarmMuteRules`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MuteRules(pub Vec<String>);

/// The names of the mute rules that target an alarm and have not expired, source
/// `ListAlarmMuteRules`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmMuteRules(pub Vec<String>);
