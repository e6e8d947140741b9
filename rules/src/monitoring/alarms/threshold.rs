//! Alarms that a single event does not set off. That fails no control, and people should know.

use plumbline_core::facts::{Alarm, FilterMetric, MetricFilter};

/// What keeps an alarm from going off at a single event that a filter counts, in a sentence.
/// Nothing where it goes off, or where that cannot be known.
pub(crate) fn remark(
    alarm: &Alarm,
    filter: &MetricFilter,
    metric: &FilterMetric,
) -> Option<String> {
    let name = &alarm.name;
    let condition = alarm.condition.as_ref()?;
    let or_more = match condition.comparison.as_str() {
        "GreaterThanThreshold" => false,
        "GreaterThanOrEqualToThreshold" => true,
        "LessThanThreshold" | "LessThanOrEqualToThreshold" => {
            return Some(format!(
                "Alarm {name} goes off when there are few events, not when there is one."
            ));
        }
        _ => return Some(format!("Alarm {name} goes off at unusual numbers of events only.")),
    };
    let threshold = condition.threshold?;
    let goes_off = |value: f64| if or_more { value >= threshold } else { value > threshold };
    let needed =
        if or_more { format!("{threshold} or more") } else { format!("more than {threshold}") };
    let value = match metric.value.as_deref().map(str::parse::<f64>) {
        None => 1.0,
        Some(Ok(value)) => value,
        Some(Err(_)) => {
            return Some(format!(
                "Filter {} does not count events: it adds their {}.",
                filter.name,
                metric.value.as_deref().unwrap_or_default()
            ));
        }
    };
    let never = || {
        Some(format!(
            "Alarm {name} does not go off at any event: each counts {value}, and {needed} is \
             needed."
        ))
    };
    let several = |each: f64| {
        let events =
            if or_more { (threshold / each).ceil() } else { (threshold / each).floor() + 1.0 };
        let within = condition
            .period
            .map_or_else(String::new, |seconds| format!(" within {seconds} seconds"));
        Some(format!("Alarm {name} needs {events:.0} events{within} to go off."))
    };
    match (condition.statistic.as_deref(), metric.default) {
        (None, _) if !goes_off(1.0) => {
            return Some(format!("Alarm {name} needs {needed} to go off."));
        }
        (Some("SampleCount"), _) if !goes_off(1.0) => return several(1.0),
        (None | Some("SampleCount"), _) => {}
        (Some("Sum"), _) if !goes_off(value) && value > 0.0 => return several(value),
        (Some(_), _) if !goes_off(value) => return never(),
        (Some("Sum" | "Maximum"), _) | (Some(_), None) => {}
        (Some(statistic), Some(default)) if !goes_off(default) => {
            return Some(format!(
                "Alarm {name} may overlook events: its {statistic} has the {default} of times \
                 without them in it."
            ));
        }
        (Some(_), Some(_)) => {}
    }
    if condition.datapoints > 1 {
        return Some(format!(
            "Alarm {name} needs events in {} periods to go off.",
            condition.datapoints
        ));
    }
    let is_on_anyway = condition.missing_breaches && metric.default.is_none();
    is_on_anyway.then(|| {
        format!("Alarm {name} is on while nothing happens, and an event does not change that.")
    })
}

#[cfg(test)]
mod tests {
    use plumbline_core::facts::{AlarmCondition, Metric};

    use super::*;

    fn told(value: &str, default: Option<f64>, condition: AlarmCondition) -> Option<String> {
        let metric =
            Metric { namespace: "CIS".to_owned(), name: "m".to_owned(), dimensions: false };
        let metric = FilterMetric { metric, value: Some(value.to_owned()), default };
        let filter = MetricFilter {
            name: "f".to_owned(),
            pattern: String::new(),
            metrics: vec![metric.clone()],
            narrowed_by: None,
        };
        let alarm = Alarm {
            name: "a".to_owned(),
            metrics: vec![metric.metric.clone()],
            actions_enabled: true,
            actions: Vec::new(),
            condition: Some(condition),
        };
        remark(&alarm, &filter, &metric)
    }

    fn usual() -> AlarmCondition {
        AlarmCondition {
            comparison: "GreaterThanOrEqualToThreshold".to_owned(),
            threshold: Some(1.0),
            statistic: Some("Sum".to_owned()),
            period: Some(300),
            datapoints: 1,
            missing_breaches: false,
        }
    }

    fn at(comparison: &str, threshold: f64, statistic: &str) -> AlarmCondition {
        AlarmCondition {
            comparison: comparison.to_owned(),
            threshold: Some(threshold),
            statistic: Some(statistic.to_owned()),
            ..usual()
        }
    }

    #[test]
    fn alarms_that_hear_one_event() {
        let (above, from) = ("GreaterThanThreshold", "GreaterThanOrEqualToThreshold");
        for (value, default, condition) in [
            ("1", None, usual()),
            ("1", Some(0.0), usual()),
            ("1", None, at(above, 0.0, "Sum")),
            ("5", None, at(from, 5.0, "Sum")),
            ("0", None, at(from, 1.0, "SampleCount")),
            ("1", Some(0.0), at(from, 1.0, "Maximum")),
            ("1", None, at(from, 1.0, "Average")),
            ("1", None, AlarmCondition { statistic: None, ..usual() }),
            ("1", Some(0.0), AlarmCondition { missing_breaches: true, ..usual() }),
        ] {
            assert_eq!(
                told(value, default, condition.clone()),
                None,
                "{value} {default:?} {condition:?}"
            );
        }
    }

    #[test]
    fn alarms_that_do_not() {
        let (above, from) = ("GreaterThanThreshold", "GreaterThanOrEqualToThreshold");
        for (value, default, condition, expected) in [
            (
                "1",
                None,
                at(from, 1000.0, "Sum"),
                "Alarm a needs 1000 events within 300 seconds to go off.",
            ),
            (
                "1",
                None,
                at(above, 1.0, "Sum"),
                "Alarm a needs 2 events within 300 seconds to go off.",
            ),
            (
                "2",
                None,
                at(above, 5.0, "Sum"),
                "Alarm a needs 3 events within 300 seconds to go off.",
            ),
            (
                "1",
                None,
                at(from, 1.5, "Sum"),
                "Alarm a needs 2 events within 300 seconds to go off.",
            ),
            (
                "0",
                None,
                at(from, 3.0, "SampleCount"),
                "Alarm a needs 3 events within 300 seconds to go off.",
            ),
            (
                "0",
                None,
                usual(),
                "Alarm a does not go off at any event: each counts 0, and 1 or more is needed.",
            ),
            (
                "1",
                None,
                at(above, 1.0, "Maximum"),
                "Alarm a does not go off at any event: each counts 1, and more than 1 is needed.",
            ),
            (
                "1",
                Some(0.0),
                at(from, 1.0, "Average"),
                "Alarm a may overlook events: its Average has the 0 of times without them in it.",
            ),
            ("$.size", None, usual(), "Filter f does not count events: it adds their $.size."),
            (
                "1",
                None,
                at("LessThanThreshold", 1.0, "Sum"),
                "Alarm a goes off when there are few events, not when there is one.",
            ),
            (
                "1",
                None,
                at("GreaterThanUpperThreshold", 1.0, "Sum"),
                "Alarm a goes off at unusual numbers of events only.",
            ),
            (
                "1",
                None,
                AlarmCondition { statistic: None, threshold: Some(10.0), ..usual() },
                "Alarm a needs 10 or more to go off.",
            ),
            (
                "1",
                None,
                AlarmCondition { datapoints: 3, ..usual() },
                "Alarm a needs events in 3 periods to go off.",
            ),
            (
                "1",
                None,
                AlarmCondition { missing_breaches: true, ..usual() },
                "Alarm a is on while nothing happens, and an event does not change that.",
            ),
        ] {
            assert_eq!(
                told(value, default, condition.clone()).as_deref(),
                Some(expected),
                "{value} {default:?} {condition:?}"
            );
        }
    }
}
