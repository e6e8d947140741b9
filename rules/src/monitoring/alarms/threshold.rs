//! The effect of one event that a filter matches on an alarm.

use plumbline_core::facts::{
    Alarm, AlarmCondition, AlarmQuery, FilterMetric, Metric, MetricFilter,
};

use super::beside::{Beside, Counted, Feed, GroupFilters, Spoiled, Statistic};
use super::expression::{Sum, Term, compared};

/// The effect of an event on an alarm.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    /// The alarm does not evaluate the metric.
    None,
    /// The alarm never enters the ALARM state, or never changes its state again, with the reason.
    Never(String),
    /// The alarm enters the ALARM state, with a remark if one event alone is not enough.
    Raises(Option<String>),
    /// The effect is unknown, with the reason.
    Unknown(String),
}

/// Returns the effect of an event that a filter matches on an alarm, through a metric to which the
/// filter publishes. `group` has the filters of the log group.
pub(super) fn effect(
    alarm: &Alarm,
    filter: &MetricFilter,
    fed: &FilterMetric,
    group: GroupFilters<'_>,
) -> Effect {
    let name = &alarm.name;
    let Some(queries) = &alarm.queries else {
        if !alarm.metrics.contains(&fed.metric) {
            return Effect::None;
        }
        // The recorded facts may be enough to know that the alarm never notifies.
        let statistic = alarm.condition.as_ref().and_then(|condition| condition.statistic.clone());
        let term = Term { metric: fed.metric.clone(), statistic, unit: None, filled: false };
        return match judge(alarm, filter, fed, &term, &Beside::default()) {
            Effect::Raises(_) => Effect::Unknown(format!(
                "the snapshot does not contain everything that alarm '{name}' evaluates."
            )),
            other => other,
        };
    };
    let Some(Sum { terms, needs_all }) = compared(queries) else {
        let names = |text: &str| text.contains(fed.metric.name.as_str());
        let mentioned = alarm.metrics.contains(&fed.metric)
            || queries.iter().filter_map(|query| query.expression.as_deref()).any(names);
        let expressions: Vec<&str> =
            queries.iter().filter_map(|query| query.expression.as_deref()).collect();
        return if mentioned {
            Effect::Unknown(format!(
                "the expression of alarm '{name}' is not supported: {}.",
                expressions.join("; ")
            ))
        } else {
            Effect::None
        };
    };
    let (own, others): (Vec<&Term>, Vec<&Term>) =
        terms.iter().partition(|term| term.metric == fed.metric);
    let [term] = own.as_slice() else {
        return if own.is_empty() {
            Effect::None
        } else {
            Effect::Unknown(format!("alarm '{name}' evaluates metric '{}' twice.", fed.metric.name))
        };
    };
    let feeding = |metric: &Metric| {
        let feeds = group
            .filters
            .iter()
            .flat_map(|filter| filter.metrics.iter().map(move |feed| Feed { filter, feed }));
        feeds.filter(|one| one.feed.metric == *metric).collect::<Vec<_>>()
    };
    let mut beside = Beside { covers: Some(group.covers), ..Beside::default() };
    let is_own = |one: &Feed<'_>| one.filter.name == filter.name && *one.feed == *fed;
    for one in feeding(&fed.metric).into_iter().filter(|one| !is_own(one)) {
        beside.defaults.extend(one.feed.default);
        beside.add(one);
    }
    for other in others {
        let feeds = feeding(&other.metric);
        let default = feeds.iter().find_map(|one| one.feed.default);
        let what = match default {
            Some(default) if default != 0.0 => "has a default value other than 0",
            None if needs_all && !other.filled => "has neither a default value nor FILL(…, 0)",
            _ => {
                // This metric has data when the other has none, and then the sum is 0.
                beside.always |= !needs_all && (default.is_some() || other.filled);
                feeds.into_iter().for_each(|one| beside.add(one));
                continue;
            }
        };
        return Effect::Unknown(format!(
            "alarm '{name}' adds metric '{}', which {what}.",
            other.metric.name
        ));
    }
    judge(alarm, filter, fed, term, &beside)
}

/// Returns whether queries evaluate a sum of metrics.
pub(super) fn is_plain_sum(queries: &[AlarmQuery]) -> bool {
    compared(queries).is_some()
}

fn judge(
    alarm: &Alarm,
    filter: &MetricFilter,
    fed: &FilterMetric,
    term: &Term,
    beside: &Beside<'_>,
) -> Effect {
    let name = &alarm.name;
    let Some(condition) = &alarm.condition else {
        return Effect::Unknown(format!("AWS does not return the condition of alarm '{name}'."));
    };
    let never = |what: String| Effect::Never(format!("Alarm '{name}' never notifies: {what}."));
    match (&term.unit, &fed.unit) {
        (Some(unit), Some(published)) if unit != published => {
            return never(format!(
                "it evaluates data in unit {unit}, but filter '{}' publishes unit {published}",
                filter.name
            ));
        }
        (Some(unit), None) => {
            return Effect::Unknown(format!(
                "alarm '{name}' evaluates data in unit {unit}, and the unit of filter '{}' is not \
                 recorded.",
                filter.name
            ));
        }
        _ => {}
    }
    if let Counted::Nothing(member) = Counted::of(fed) {
        return never(format!(
            "filter '{}' publishes {member}, which is never a number",
            filter.name
        ));
    }
    let or_more = match condition.comparison.as_str() {
        "GreaterThanThreshold" => false,
        "GreaterThanOrEqualToThreshold" => true,
        "LessThanThreshold" | "LessThanOrEqualToThreshold" | "LessThanLowerThreshold" => {
            return never(
                "it enters the ALARM state when there are few events, not when one occurs"
                    .to_owned(),
            );
        }
        _ => {
            return Effect::Raises(Some(format!(
                "Alarm '{name}' enters the ALARM state only for unusual numbers of events."
            )));
        }
    };
    let Some(threshold) = condition.threshold else {
        return Effect::Unknown(format!("AWS returns no threshold for alarm '{name}'."));
    };
    let breaches = |value: f64| if or_more { value >= threshold } else { value > threshold };
    let needed =
        if or_more { format!("{threshold} or more") } else { format!("more than {threshold}") };
    let Some(statistic_name) = &term.statistic else {
        return Effect::Unknown(format!("the statistic of alarm '{name}' is not recorded."));
    };
    let statistic = Statistic::of(statistic_name);
    let missing = condition.missing.as_deref();
    let breaching = condition.missing_breaches();
    // With a default value, or with FILL, periods with other events have data too.
    let zero = (term.filled || beside.always).then_some(0.0);
    let defaults: Vec<f64> =
        fed.default.into_iter().chain(beside.defaults.iter().copied()).collect();
    let always = defaults.iter().copied().reduce(f64::max).or(zero);
    // The sum of negative values is lower than each of them.
    let breaches_alone = |value: Option<f64>| {
        value.is_some_and(|value| breaches(value) && (statistic != Statistic::Sum || value >= 0.0))
    };
    // Whether each period with events meets the threshold: then no data point ends the ALARM state.
    let value_of = |feed| match Counted::of(feed) {
        Counted::Number(number) => Some(number),
        _ => None,
    };
    let every_event_breaches = statistic != Statistic::Other
        && std::iter::once(value_of(fed))
            .chain(beside.feeds.iter().map(|one| value_of(one.feed)))
            .map(|value| if statistic == Statistic::Count { Some(1.0) } else { value })
            .all(breaches_alone);
    if always.is_none() && (breaching || (missing == Some("ignore") && every_event_breaches)) {
        let how = if breaching { "breaching" } else { "ignore" };
        return never(format!(
            "it treats missing data as {how}, so an event does not change its state again"
        ));
    }
    match (statistic, always) {
        (Statistic::Count, Some(default)) if !defaults.is_empty() => {
            return never(format!(
                "it also counts the default value {default} of metric '{}'",
                fed.metric.name
            ));
        }
        (Statistic::Sum, Some(_)) if defaults.iter().any(|default| *default < 0.0) => {}
        (Statistic::Sum | Statistic::Value | Statistic::Count, Some(default))
            if breaches(default) =>
        {
            return never(format!(
                "the value {default} without events meets its threshold, so the alarm stays in the \
                 ALARM state"
            ));
        }
        _ => {}
    }
    let value = match Counted::of(fed) {
        Counted::Number(value) => value,
        Counted::NotRecorded => {
            return Effect::Unknown(format!(
                "the value that filter '{}' publishes to metric '{}' is not recorded.",
                filter.name, fed.metric.name
            ));
        }
        Counted::Nothing(member) | Counted::Member(member) => {
            return Effect::Unknown(format!(
                "filter '{}' publishes {member} of each event, and it is unknown whether this \
                 member is a number.",
                filter.name
            ));
        }
    };
    let cannot = match statistic {
        // If missing data is breaching, an event with the value 0 changes nothing.
        Statistic::Sum => value <= 0.0 && (breaching || !breaches(value)),
        // The same applies to the minimum with a lower default value, and to an average that is at
        // most the threshold.
        Statistic::Value => {
            let is_hidden = match statistic_name.as_str() {
                "Minimum" => true,
                "Average" => value <= threshold,
                _ => false,
            };
            let is_beside = breaching && defaults.iter().any(|default| !breaches(*default));
            (is_hidden && is_beside) || !breaches(value)
        }
        Statistic::Count | Statistic::Other => false,
    };
    if cannot {
        return never(format!("each event has the value {value}, but the alarm needs {needed}"));
    }
    if let Some(default) = hiding(&defaults, statistic, statistic_name, threshold, &breaches) {
        return Effect::Unknown(format!(
            "it is unknown whether alarm '{name}' reacts to an event: its {statistic_name} also \
             includes the default value {default} of each other event."
        ));
    }
    let of_default = defaults.iter().copied().reduce(f64::max);
    let on_alarm = remark(condition, statistic, statistic_name, name, value, of_default);
    match beside.spoils(statistic, statistic_name, value, &breaches) {
        Some(Spoiled::Never(why)) => never(format!("{why}, but the alarm needs {needed}")),
        Some(Spoiled::Unknown(why)) => Effect::Unknown(why),
        Some(Spoiled::Always(why)) => Effect::Raises(Some(
            on_alarm.map_or_else(|| why.clone(), |on_alarm| format!("{on_alarm} {why}")),
        )),
        None => Effect::Raises(on_alarm),
    }
}

/// Returns a default value with which other events of a period can hide an event: a trail logs
/// other events in almost every period. Returns nothing if an event raises the alarm regardless of
/// other events.
fn hiding(
    defaults: &[f64],
    statistic: Statistic,
    statistic_name: &str,
    threshold: f64,
    breaches: &dyn Fn(f64) -> bool,
) -> Option<f64> {
    let hides = |default: f64| match (statistic, statistic_name) {
        (Statistic::Sum, _) => default < 0.0,
        (Statistic::Value, "Maximum") | (Statistic::Count, _) => false,
        // An average is above the threshold if one value is above it and no value is below it.
        (Statistic::Value, "Average") => default < threshold,
        (Statistic::Value | Statistic::Other, _) => !breaches(default),
    };
    defaults.iter().copied().find(|default| hides(*default))
}

/// Returns a remark in a sentence if one event alone does not raise the alarm, or if other events
/// raise it. `default_value` is the highest default value.
fn remark(
    condition: &AlarmCondition,
    statistic: Statistic,
    statistic_name: &str,
    name: &str,
    value: f64,
    default_value: Option<f64>,
) -> Option<String> {
    let threshold = condition.threshold?;
    let or_more = condition.comparison == "GreaterThanOrEqualToThreshold";
    let breaches = |value: f64| if or_more { value >= threshold } else { value > threshold };
    let each = if statistic == Statistic::Count { 1.0 } else { value };
    if matches!(statistic, Statistic::Sum | Statistic::Count) && !breaches(each) {
        let events =
            if or_more { (threshold / each).ceil() } else { (threshold / each).floor() + 1.0 };
        let within = condition
            .period
            .map_or_else(String::new, |seconds| format!(" within {seconds} seconds"));
        return Some(format!("Alarm '{name}' needs {events:.0} events{within}."));
    }
    if statistic == Statistic::Other {
        return Some(format!("Alarm '{name}' evaluates the statistic {statistic_name}."));
    }
    let added = default_value.filter(|default| statistic == Statistic::Sum && *default > 0.0);
    if let Some(default) = added {
        return Some(format!(
            "Other events also raise alarm '{name}': their default value is {default}."
        ));
    }
    (condition.datapoints > 1)
        .then(|| format!("Alarm '{name}' needs events in {} periods.", condition.datapoints))
}

#[cfg(test)]
mod tests {
    use plumbline_core::facts::AlarmQuery;
    use plumbline_core::filter::Coverage;

    use super::*;

    fn metric(name: &str) -> Metric {
        Metric { namespace: "CIS".to_owned(), name: name.to_owned(), dimensions: false }
    }

    fn fed(name: &str, value: &str, default: Option<f64>) -> FilterMetric {
        FilterMetric {
            metric: metric(name),
            value: Some(value.to_owned()),
            default,
            unit: Some("None".to_owned()),
        }
    }

    fn filter(metrics: Vec<FilterMetric>) -> MetricFilter {
        MetricFilter { name: "f".to_owned(), pattern: String::new(), metrics, narrowed_by: None }
    }

    /// Filters that match nothing, except those that are named after their coverage.
    fn group(filters: &[MetricFilter]) -> GroupFilters<'_> {
        let covers = &|filter: &MetricFilter| match filter.name.as_str() {
            "all" => Coverage::CoversTooMuch,
            "same" => Coverage::Covers,
            _ => Coverage::NeverMatches,
        };
        GroupFilters { filters, covers }
    }

    fn query(id: &str, statistic: &str) -> AlarmQuery {
        AlarmQuery {
            id: id.to_owned(),
            metric: Some(metric(id)),
            statistic: Some(statistic.to_owned()),
            returned: true,
            ..AlarmQuery::default()
        }
    }

    fn alarm(queries: Option<Vec<AlarmQuery>>, condition: AlarmCondition) -> Alarm {
        Alarm {
            name: "a".to_owned(),
            metrics: vec![metric("m")],
            actions_enabled: true,
            actions: Vec::new(),
            condition: Some(condition),
            queries,
        }
    }

    fn at(comparison: &str, threshold: f64) -> AlarmCondition {
        AlarmCondition {
            comparison: comparison.to_owned(),
            threshold: Some(threshold),
            statistic: None,
            period: Some(300),
            datapoints: 1,
            missing_breaches: false,
            missing: Some("missing".to_owned()),
        }
    }

    const ABOVE: &str = "GreaterThanThreshold";
    const FROM: &str = "GreaterThanOrEqualToThreshold";

    /// Returns the effect of one event with a value and a default value.
    fn of(value: &str, default: Option<f64>, statistic: &str, condition: AlarmCondition) -> Effect {
        let fed = fed("m", value, default);
        let filter = filter(vec![fed.clone()]);
        let alarm = alarm(Some(vec![query("m", statistic)]), condition);
        effect(&alarm, &filter, &fed, group(std::slice::from_ref(&filter)))
    }

    #[test]
    fn alarms_that_one_event_raises() {
        let treating =
            |how: &str| AlarmCondition { missing: Some(how.to_owned()), ..at(FROM, 1.0) };
        for (value, default, statistic, condition) in [
            ("1", None, "Sum", at(FROM, 1.0)),
            ("1", Some(0.0), "Sum", at(FROM, 1.0)),
            ("1", None, "Sum", at(ABOVE, 0.0)),
            ("5", None, "Sum", at(FROM, 5.0)),
            ("0", None, "Sum", at(FROM, 0.0)),
            ("0", None, "SampleCount", at(FROM, 1.0)),
            ("1", Some(0.0), "Maximum", at(FROM, 1.0)),
            ("1", Some(0.0), "Average", at(ABOVE, 0.0)),
            ("1", None, "Average", at(FROM, 1.0)),
            ("1", None, "p99", at(FROM, 1.0)),
            ("1", Some(0.0), "Sum", treating("breaching")),
            ("1", Some(0.0), "Sum", treating("ignore")),
            ("1", None, "Sum", treating("notBreaching")),
        ] {
            assert_eq!(
                of(value, default, statistic, condition.clone()),
                Effect::Raises(None),
                "{value} {default:?} {statistic} {condition:?}"
            );
        }
    }

    #[test]
    fn alarms_that_one_event_does_not_raise_alone() {
        let slow = AlarmCondition { datapoints: 3, ..at(FROM, 1.0) };
        for (value, default, statistic, condition, expected) in [
            ("1", None, "Sum", at(FROM, 1000.0), "needs 1000 events within 300 seconds."),
            ("1", None, "Sum", at(ABOVE, 1.0), "needs 2 events within 300 seconds."),
            ("2", None, "Sum", at(ABOVE, 5.0), "needs 3 events within 300 seconds."),
            ("0", None, "SampleCount", at(FROM, 3.0), "needs 3 events within 300 seconds."),
            ("1", None, "Sum", at("GreaterThanUpperThreshold", 1.0), "unusual numbers"),
            ("1", None, "Sum", slow, "needs events in 3 periods."),
            ("1", None, "TC(2:)", at(FROM, 1.0), "the statistic TC(2:)"),
        ] {
            let found = of(value, default, statistic, condition.clone());
            assert!(
                matches!(&found, Effect::Raises(Some(remark)) if remark.contains(expected)),
                "{expected}: {found:?}"
            );
        }
    }

    #[test]
    fn alarms_that_never_notify() {
        let treating =
            |how: &str| AlarmCondition { missing: Some(how.to_owned()), ..at(FROM, 1.0) };
        for (value, default, statistic, condition, expected) in [
            (
                "0",
                None,
                "Sum",
                at(FROM, 1.0),
                "each event has the value 0, but the alarm needs 1 or more",
            ),
            ("-1", None, "Sum", at(ABOVE, 0.0), "each event has the value -1"),
            ("1", None, "Maximum", at(ABOVE, 1.0), "needs more than 1"),
            ("1", None, "Average", at(FROM, 2.0), "needs 2 or more"),
            ("1", None, "p99", at(FROM, 2.0), "needs 2 or more"),
            ("1", Some(1.0), "Sum", at(FROM, 1.0), "the value 1 without events"),
            ("1", Some(0.0), "Sum", at(FROM, 0.0), "the value 0 without events"),
            ("1", Some(0.0), "SampleCount", at(FROM, 5.0), "also counts the default value 0"),
            ("1", None, "Sum", at("LessThanThreshold", 1.0), "few events"),
            ("1", None, "Sum", treating("breaching"), "missing data as breaching"),
            ("1", None, "Sum", treating("ignore"), "missing data as ignore"),
            ("$.eventName", None, "Sum", at(FROM, 1.0), "$.eventName, which is never a number"),
            ("$.userIdentity.arn", None, "SampleCount", at(FROM, 1.0), "never a number"),
        ] {
            let found = of(value, default, statistic, condition.clone());
            assert!(
                matches!(&found, Effect::Never(why) if why.contains(expected)),
                "{expected}: {found:?}"
            );
        }
    }

    /// The values of other events, which occur in almost every period, can hide an event.
    #[test]
    fn default_values_that_hide_events() {
        for (default, statistic, condition) in [
            (0.0, "Average", at(FROM, 1.0)),
            (0.0, "Average", at(ABOVE, 0.5)),
            (0.0, "Minimum", at(ABOVE, 0.0)),
            (0.0, "p99", at(FROM, 1.0)),
            (0.0, "IQM", at(FROM, 1.0)),
            (0.0, "PR(1:)", at(FROM, 50.0)),
            (-1.0, "Sum", at(FROM, 1.0)),
        ] {
            let found = of("1", Some(default), statistic, condition.clone());
            assert!(
                matches!(&found, Effect::Unknown(why) if why.contains("of each other event")),
                "{default} {statistic} {condition:?}: {found:?}"
            );
        }
    }

    #[test]
    fn numbers_of_events_are_not_known() {
        let found = of("$.requestParameters.size", None, "Sum", at(FROM, 1.0));
        assert!(matches!(found, Effect::Unknown(why) if why.contains("it is unknown")));
    }

    #[test]
    fn other_filters_on_the_metric() {
        let beside = |name: &str, value: &str, statistic: &str| {
            let (own, other) = (fed("m", "1", None), fed("m", value, None));
            let other = MetricFilter { name: name.to_owned(), ..filter(vec![other]) };
            let filters = [filter(vec![own.clone()]), other];
            let alarm = alarm(Some(vec![query("m", statistic)]), at(FROM, 1.0));
            effect(&alarm, &filters[0], &own, group(&filters))
        };
        for (name, value, statistic) in [
            ("other", "1", "Sum"),
            ("same", "1", "Sum"),
            ("same", "0", "Sum"),
            ("all", "0", "Sum"),
            ("all", "0", "Maximum"),
            ("same", "-1", "Maximum"),
            ("same", "-1", "SampleCount"),
            ("all", "$.eventName", "Sum"),
            ("all", "$.eventName", "SampleCount"),
        ] {
            let found = beside(name, value, statistic);
            assert_eq!(found, Effect::Raises(None), "{name} {value} {statistic}");
        }
        for (value, statistic) in [("1", "Sum"), ("1", "Average"), ("0", "SampleCount")] {
            let found = beside("all", value, statistic);
            assert!(
                matches!(&found, Effect::Raises(Some(remark)) if remark.contains("likely to stay")),
                "{value} {statistic}: {found:?}"
            );
        }
        for (name, value, statistic) in [
            ("same", "-1", "Sum"),
            ("all", "-1", "Sum"),
            ("same", "-1", "Average"),
            ("all", "0", "Average"),
            ("same", "0", "Minimum"),
        ] {
            let found = beside(name, value, statistic);
            assert!(
                matches!(&found, Effect::Never(why) if why.contains("also publishes")),
                "{name} {value} {statistic}: {found:?}"
            );
        }
        for (name, value, statistic) in [
            ("other", "-1", "Sum"),
            ("other", "-0.5", "Average"),
            ("same", "0", "p99"),
            ("other", "$.requestParameters.x", "Minimum"),
            ("other", "$.requestParameters.x", "Average"),
            ("other", "$.requestParameters.x", "Sum"),
        ] {
            let found = beside(name, value, statistic);
            assert!(
                matches!(&found, Effect::Unknown(why) if why.contains("may hide events")),
                "{name} {value} {statistic}: {found:?}"
            );
        }
    }

    #[test]
    fn filled_periods_hide_nothing() {
        let read = |statistic: &str, threshold: f64| {
            let fed = fed("m", "1", None);
            let filter = filter(vec![fed.clone()]);
            let hidden = AlarmQuery { returned: false, ..query("m", statistic) };
            let filled = AlarmQuery {
                id: "e".to_owned(),
                expression: Some("FILL(m, 0)".to_owned()),
                returned: true,
                ..AlarmQuery::default()
            };
            let alarm = alarm(Some(vec![hidden, filled]), at(FROM, threshold));
            effect(&alarm, &filter, &fed, group(std::slice::from_ref(&filter)))
        };
        for statistic in ["Sum", "SampleCount", "Average", "Minimum"] {
            assert_eq!(read(statistic, 1.0), Effect::Raises(None), "{statistic}");
            assert!(matches!(read(statistic, 0.0), Effect::Never(_)), "{statistic}");
        }
        assert!(
            matches!(read("SampleCount", 2.0), Effect::Raises(Some(why)) if why.contains("needs 2"))
        );
    }

    #[test]
    fn units() {
        let read = |unit: Option<&str>, published: Option<&str>| {
            let fed = FilterMetric { unit: published.map(str::to_owned), ..fed("m", "1", None) };
            let filter = filter(vec![fed.clone()]);
            let query = AlarmQuery { unit: unit.map(str::to_owned), ..query("m", "Sum") };
            effect(
                &alarm(Some(vec![query]), at(FROM, 1.0)),
                &filter,
                &fed,
                group(std::slice::from_ref(&filter)),
            )
        };
        assert_eq!(read(Some("Count"), Some("Count")), Effect::Raises(None));
        assert_eq!(read(None, Some("Count")), Effect::Raises(None));
        assert!(matches!(read(Some("Count"), Some("None")), Effect::Never(_)));
        assert!(matches!(read(Some("Count"), None), Effect::Unknown(_)));
    }

    #[test]
    fn sums_and_what_is_not_recorded() {
        let read = |expression: &str, default: Option<f64>| {
            let (own, other) = (fed("m", "1", None), fed("n", "1", default));
            let filters = [filter(vec![own.clone()]), filter(vec![other])];
            let hidden = |id| AlarmQuery { returned: false, ..query(id, "Sum") };
            let sum = AlarmQuery {
                id: "e".to_owned(),
                expression: Some(expression.to_owned()),
                returned: true,
                ..AlarmQuery::default()
            };
            let alarm = alarm(Some(vec![hidden("m"), hidden("n"), sum]), at(FROM, 1.0));
            effect(&alarm, &filters[0], &own, group(&filters))
        };
        assert_eq!(read("m", None), Effect::Raises(None));
        assert_eq!(read("n", None), Effect::None);
        assert_eq!(read("m + n", Some(0.0)), Effect::Raises(None));
        assert_eq!(read("m + FILL(n, 0)", None), Effect::Raises(None));
        assert_eq!(read("SUM(METRICS())", None), Effect::Raises(None));
        for open in ["m + n", "m * 0", "-m", "m AND n", "m + m"] {
            assert!(matches!(read(open, None), Effect::Unknown(_)), "{open}");
        }
        assert!(matches!(read("m + n", Some(2.0)), Effect::Unknown(_)));
        let recorded = AlarmCondition { statistic: Some("Sum".to_owned()), ..at(FROM, 1.0) };
        let (one, none) = (fed("m", "1", None), fed("m", "0", None));
        let of = |fed: &FilterMetric| {
            effect(&alarm(None, recorded.clone()), &filter(vec![fed.clone()]), fed, group(&[]))
        };
        assert!(matches!(of(&one), Effect::Unknown(_)));
        assert!(matches!(of(&none), Effect::Never(_)));
    }
}
