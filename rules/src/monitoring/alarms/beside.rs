//! What there is beside the value that a filter publishes for an event: default values, and other
//! filters on the same metric.

use plumbline_core::facts::{FilterMetric, MetricFilter};
use plumbline_core::filter::Coverage;

/// The filters of a log group.
#[derive(Clone, Copy)]
pub(super) struct GroupFilters<'a> {
    pub(super) filters: &'a [MetricFilter],
    /// Whether one of them matches the events that the control is about.
    pub(super) covers: &'a dyn Fn(&MetricFilter) -> Coverage,
}

/// A metric that a filter feeds.
#[derive(Clone, Copy)]
pub(super) struct Feed<'a> {
    pub(super) filter: &'a MetricFilter,
    pub(super) feed: &'a FilterMetric,
}

/// What else there is of data than the value that the filter publishes for an event.
#[derive(Default)]
pub(super) struct Beside<'a> {
    /// Data points of 0 where nothing else is.
    pub(super) always: bool,
    /// The default values of other filters on the same metric.
    pub(super) defaults: Vec<f64>,
    /// Other filters that feed what is compared.
    pub(super) feeds: Vec<Feed<'a>>,
    /// Whether a filter matches the events that the control is about.
    pub(super) covers: Option<&'a dyn Fn(&MetricFilter) -> Coverage>,
}

impl<'a> Beside<'a> {
    pub(super) fn add(&mut self, one: Feed<'a>) {
        // Nothing comes of what is never a number.
        if !matches!(Counted::of(one.feed), Counted::Nothing(_)) {
            self.feeds.push(one);
        }
    }

    /// What other filters that match the same events, or all, do to the value of an event: nothing
    /// where they leave it as it is.
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
                // What is not known may be less than the value of the event.
                if statistic == Statistic::Sum
                    || (statistic == Statistic::Value && statistic_name != "Maximum")
                {
                    let (name, metric) = (&filter.name, &feed.metric.name);
                    return Some(Spoiled::Unknown(format!(
                        "what filter '{name}' feeds into metric {metric} is not known, and \
                         may hide events."
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
                        "each event counts {value}, and {other} by filter '{name}' as well"
                    ))
                } else {
                    Spoiled::Unknown(format!(
                        "filter '{name}' feeds metric {metric} with {other}, which may hide events."
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
                    "Filter '{name}' feeds metric {metric} too and matches nearly every event: the \
                     alarm never rests."
                )));
            }
        }
        remark
    }
}

/// What becomes of an event's value beside those of other filters.
pub(super) enum Spoiled {
    /// It does not raise the alarm, with the reason.
    Never(String),
    /// That is not known, with the reason.
    Unknown(String),
    /// Other events raise the alarm all the time, in a sentence.
    Always(String),
}

/// What a filter publishes for an event.
pub(super) enum Counted<'a> {
    Number(f64),
    /// Nothing: the member of the event is never a number.
    Nothing(&'a str),
    /// The number at a member of the event, where there is one.
    Member(&'a str),
    NotRecorded,
}

/// Members of CloudTrail's events that are never numbers, nor texts that spell one (CloudTrail
/// record contents).
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

/// What a statistic makes of the values in a period.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Statistic {
    Sum,
    Count,
    /// Something between the smallest and the greatest value.
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
