//! Other data of a metric than the value that a filter publishes for an event: default values, and
//! other filters.

use plumbline_core::facts::{FilterMetric, MetricFilter};
use plumbline_core::filter::Coverage;

/// The filters of a log group.
#[derive(Clone, Copy)]
pub(super) struct GroupFilters<'a> {
    pub(super) filters: &'a [MetricFilter],
    /// Returns whether a filter covers the events of the control.
    pub(super) covers: &'a dyn Fn(&MetricFilter) -> Coverage,
}

/// A metric to which a filter publishes.
#[derive(Clone, Copy)]
pub(super) struct Feed<'a> {
    pub(super) filter: &'a MetricFilter,
    pub(super) feed: &'a FilterMetric,
}

/// The data besides the value that the filter publishes for an event.
#[derive(Default)]
pub(super) struct Beside<'a> {
    /// Whether periods without other data have data points of 0.
    pub(super) always: bool,
    /// The default values of other filters on the same metric.
    pub(super) defaults: Vec<f64>,
    /// Other filters that publish to the evaluated metrics.
    pub(super) feeds: Vec<Feed<'a>>,
    /// Returns whether a filter covers the events of the control.
    pub(super) covers: Option<&'a dyn Fn(&MetricFilter) -> Coverage>,
}

impl<'a> Beside<'a> {
    pub(super) fn add(&mut self, one: Feed<'a>) {
        // A value that is never a number publishes no data.
        if !matches!(Counted::of(one.feed), Counted::Nothing(_)) {
            self.feeds.push(one);
        }
    }

    /// Returns the effect of other filters that match the same events, or all events, on the value
    /// of an event. Returns nothing if they do not change it.
    pub(super) fn spoils(
        &self,
        statistic: Statistic,
        statistic_name: &str,
        value: f64,
        breaches: &dyn Fn(f64) -> bool,
    ) -> Option<Spoiled> {
        let mut remark = None;
        for Feed { filter, feed } in &self.feeds {
            let Counted::Number(other) = Counted::of(feed) else {
                // An unknown value may be lower than the value of the event.
                if statistic == Statistic::Sum
                    || (statistic == Statistic::Value && statistic_name != "Maximum")
                {
                    let (name, metric) = (&filter.name, &feed.metric.name);
                    return Some(Spoiled::Unknown(format!(
                        "the values that filter '{name}' publishes to metric '{metric}' are \
                         unknown and may hide events."
                    )));
                }
                continue;
            };
            let coverage = || self.covers.map(|covers| covers(filter));
            let (lessens, together) = match (statistic, statistic_name) {
                (Statistic::Sum, _) => (other < 0.0, value + other),
                (_, "Minimum") => (!breaches(other), value.min(other)),
                (Statistic::Value, "Maximum") => (false, value),
                (Statistic::Value, _) => (!breaches(other), f64::midpoint(value, other)),
                (Statistic::Count | Statistic::Other, _) => (false, value),
            };
            let name = &filter.name;
            let metric = &feed.metric.name;
            if lessens {
                let is_covered = coverage().is_some_and(|coverage| coverage.is_covered());
                let is_certain = matches!(statistic_name, "Sum" | "Minimum" | "Average");
                return Some(if is_covered && is_certain && !breaches(together) {
                    Spoiled::Never(format!(
                        "each event has the value {value}, and filter '{name}' also publishes \
                         {other}"
                    ))
                } else {
                    Spoiled::Unknown(format!(
                        "filter '{name}' publishes {other} to metric '{metric}', which may hide \
                         events."
                    ))
                });
            }
            let raises = match statistic {
                Statistic::Sum => other > 0.0,
                Statistic::Count => true,
                Statistic::Value | Statistic::Other => breaches(other),
            };
            if raises && coverage() == Some(Coverage::CoversTooMuch) {
                remark = Some(Spoiled::Always(format!(
                    "Filter '{name}' also publishes to metric '{metric}' and matches almost every \
                     event, so the alarm is likely to stay in the ALARM \
                     state."
                )));
            }
        }
        remark
    }
}

/// The effect of the values of other filters on the value of an event.
pub(super) enum Spoiled {
    /// The event does not raise the alarm, with the reason.
    Never(String),
    /// The effect is unknown, with the reason.
    Unknown(String),
    /// Other events keep the alarm in the ALARM state, in a sentence.
    Always(String),
}

/// The value that a filter publishes for an event.
pub(super) enum Counted<'a> {
    Number(f64),
    /// No value: the member of the event is never a number.
    Nothing(&'a str),
    /// The number in a member of the event, if there is one.
    Member(&'a str),
    NotRecorded,
}

/// Members of CloudTrail events that are never numbers or strings of a number (AWS CloudTrail User
/// Guide, record contents).
const NO_NUMBERS: [&str; 20] = [
    "additionalEventData",
    "awsRegion",
    "errorCode",
    "eventCategory",
    "eventID",
    "eventName",
    "eventSource",
    "eventTime",
    "eventType",
    "managementEvent",
    "readOnly",
    "requestID",
    "sharedEventID",
    "sourceIPAddress",
    "userIdentity",
    "userIdentity.accessKeyId",
    "userIdentity.arn",
    "userIdentity.invokedBy",
    "userIdentity.type",
    "vpcEndpointId",
];

impl<'a> Counted<'a> {
    pub(super) fn of(feed: &'a FilterMetric) -> Self {
        let Some(value) = feed.value.as_deref() else { return Self::NotRecorded };
        if let Ok(number) = value.parse() {
            return Self::Number(number);
        }
        match value.strip_prefix("$.") {
            Some(member) if !NO_NUMBERS.contains(&member) => Self::Member(value),
            Some(_) | None => Self::Nothing(value),
        }
    }
}

/// How a statistic combines the values in a period.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Statistic {
    Sum,
    Count,
    /// A value between the lowest and the highest value.
    Value,
    Other,
}

impl Statistic {
    pub(super) fn of(name: &str) -> Self {
        let starts = |prefix: &str| {
            name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        match name {
            "Sum" => Self::Sum,
            "SampleCount" => Self::Count,
            "Maximum" | "Minimum" | "Average" | "IQM" => Self::Value,
            // Percentiles, trimmed and winsorized means.
            _ if starts("tc") || starts("ts") || starts("pr") => Self::Other,
            _ if starts("p") || starts("tm") || starts("wm") => Self::Value,
            _ => Self::Other,
        }
    }
}
