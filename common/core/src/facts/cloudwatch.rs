//! Facts from Amazon CloudWatch.

use serde::{Deserialize, Serialize};

/// A Region's alarms on metrics that are not AWS's own, and those on AWS's own that may be in the
/// ALARM state while nothing happens, source `DescribeAlarms`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Alarms(pub Vec<Alarm>);

/// A metric alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// The metrics on which its state depends, directly or by metric math. Metrics of AWS's own
    /// namespaces are left out.
    pub metrics: Vec<Metric>,
    /// Whether its actions are carried out.
    pub actions_enabled: bool,
    /// What it does when it goes off, ARNs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// When it goes off; absent where AWS does not tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<AlarmCondition>,
    /// What it compares: the metric that it watches, or its queries. Absent where it is not
    /// recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queries: Option<Vec<AlarmQuery>>,
}

/// A metric that an alarm reads, or an expression over those.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmQuery {
    /// What expressions call it.
    pub id: String,
    /// The metric of this account; absent for expressions and for metrics of other accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
    /// `Sum`, `Average`, `p99`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<String>,
    /// The unit of the data points that count; absent where all do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Metric math, or a query of Metrics Insights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Whether the alarm compares it.
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
    /// Whether its actions are carried out.
    pub actions_enabled: bool,
    /// Its actions in the ALARM state, ARNs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// The alarm that suppresses its actions, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressor: Option<String>,
}

/// When an alarm goes off: so many periods whose statistic compares so with the threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlarmCondition {
    /// AWS's name of the comparison: `GreaterThanThreshold`, …
    pub comparison: String,
    /// What is compared with; absent where a band of usual values takes its place.
    pub threshold: Option<f64>,
    /// `Sum`, `Average`, `p99`, …; absent by metric math, where an expression is compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<String>,
    /// The seconds over which the statistic is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<i32>,
    /// How many periods have to compare so.
    pub datapoints: i32,
    /// Whether a period without data counts as one that compares so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing_breaches: bool,
    /// `TreatMissingData`: `missing`, `ignore`, `breaching`, `notBreaching`. Absent where it is not
    /// recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

impl AlarmCondition {
    /// Whether a value compares so; nothing where no threshold is compared with.
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

    /// Whether a period without data counts as one that compares so.
    pub fn missing_breaches(&self) -> bool {
        self.missing_breaches || self.missing.as_deref() == Some("breaching")
    }

    /// Whether the alarm may be in the ALARM state while nothing happens, or stay in it: without
    /// data, with values of 0, by the number of values, whatever they are, and where what is
    /// compared is not known: an expression, or a band of usual values. Where missing data is
    /// ignored, what raised it once may have raised it for good.
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
    /// Whether it has dimensions. Metrics with and without dimensions are different ones.
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
