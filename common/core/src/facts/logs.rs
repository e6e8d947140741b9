//! Facts from Amazon CloudWatch Logs.

use serde::{Deserialize, Serialize};

use super::cloudwatch::Metric;

/// The metric filters of a log group, source `DescribeMetricFilters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricFilters(pub Vec<MetricFilter>);

/// A metric filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricFilter {
    /// Its name.
    pub name: String,
    /// The pattern; an empty one matches everything.
    pub pattern: String,
    /// The metrics that it feeds.
    pub metrics: Vec<FilterMetric>,
    /// What else narrows what it sees: a selection of fields, or transformed logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrowed_by: Option<String>,
}

/// A metric that a filter feeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilterMetric {
    /// The metric.
    #[serde(flatten)]
    pub metric: Metric,
    /// What an event that matches adds: a number, or the selector of one in the event. Absent where
    /// it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What is reported while no event matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<f64>,
    /// The unit of its data points, `None` for none. Absent where it is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

impl MetricFilter {
    /// What [`narrowed_by`](Self::narrowed_by) states of a filter on transformed logs.
    pub const TRANSFORMED: &'static str = "it applies to transformed logs";

    /// Whether it sees another form of the events than CloudTrail's.
    pub fn is_on_transformed_logs(&self) -> bool {
        self.narrowed_by.as_deref().is_some_and(|by| by.contains(Self::TRANSFORMED))
    }
}
