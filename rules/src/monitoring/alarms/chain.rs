//! The chain from a trail to subscribers: log group, metric filters, alarms, topics, subscriptions.

use std::cell::RefCell;
use std::collections::BTreeMap;

use plumbline_core::aws::AccountId;
use plumbline_core::facts::{
    Alarm, Alarms, FilterMetric, MetricFilter, MetricFilters, TopicSubscriptions, Trail,
    TrailSettings,
};
use plumbline_core::filter::{Coverage, Requirement, required};
use plumbline_core::prelude::*;
use serde_json::{Value, json};

use super::threshold;
use crate::shared::trails;

/// AWS's codes for the links of the chain.
const NO_FILTER: &str = "CLOUDTRAIL_METRIC_FILTER_NOT_VALID";
const NO_ALARM: &str = "CLOUDWATCH_ALARMS_NOT_PRESENT";
const NO_ACTION: &str = "CLOUDWATCH_ALARM_ACTIONS_NOT_VALID";

/// How far the chain of one filter goes. The order is that of the links.
#[derive(Clone, Debug, PartialEq)]
enum Reach {
    /// Nothing watches its metric, with what is wrong.
    Filter(String),
    /// The alarm notifies no topic, with what is wrong.
    Alarm(String),
    /// The topic notifies no subscriber, with what is wrong.
    Topic(String),
    /// Not known, with the cause.
    Unknown(NotAssessed),
    /// A confirmed subscription, with a remark about the alarm.
    Subscription(Option<String>),
}

const FILTER: u8 = 0;
const ALARM: u8 = 1;
const TOPIC: u8 = 2;
const UNKNOWN: u8 = 3;
const SUBSCRIPTION: u8 = 4;

impl Reach {
    fn rank(&self) -> u8 {
        match self {
            Self::Filter(_) => FILTER,
            Self::Alarm(_) => ALARM,
            Self::Topic(_) => TOPIC,
            Self::Unknown(_) => UNKNOWN,
            Self::Subscription(_) => SUBSCRIPTION,
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Filter(what) | Self::Alarm(what) | Self::Topic(what) => what.clone(),
            Self::Unknown(why) => why.reason(),
            Self::Subscription(None) => "complete".to_owned(),
            Self::Subscription(Some(remark)) => format!("complete; {remark}"),
        }
    }

    /// Orders the chains of a filter: the best is the longest, and of complete ones one without a
    /// remark.
    fn quality(&self) -> (u8, bool) {
        (self.rank(), *self == Self::Subscription(None))
    }
}

/// The verdict on the chain of one trail.
struct ChainResult {
    /// How many links there are.
    links: u8,
    assessed: Assessed,
}

/// Decides one of 4.1 to 4.15.
pub(crate) fn evaluate(
    id: &str,
    requires_classic_link: bool,
    monitoring_account: Option<&AccountId>,
    view: &View<'_>,
) -> Assessed {
    let wanted = required(id).ok_or_else(|| {
        NotAssessed::Undetermined(format!("no pattern is known for {id}; please report this."))
    })?;
    let wanted = if requires_classic_link { *wanted } else { wanted.without_classic_link() };
    let found = trails::search(view, trails::selectors::all_management_events)?;
    if found.qualifying.is_empty() {
        return found.none();
    }
    let results: Vec<ChainResult> = found
        .qualifying
        .iter()
        .map(|(trail, _)| of_trail(trail, &wanted, monitoring_account, view))
        .collect();
    let complete = |result: &ChainResult| result.assessed.as_ref().is_ok_and(Verdict::is_compliant);
    let elsewhere = |result: &ChainResult| {
        result
            .assessed
            .as_ref()
            .is_ok_and(|verdict| !verdict.is_compliant() && !verdict.is_non_compliant())
    };
    for preferred in
        [&complete as &dyn Fn(&ChainResult) -> bool, &elsewhere, &|result| result.assessed.is_err()]
    {
        if let Some(result) = results.iter().find(|result| preferred(result)) {
            return result.assessed.clone();
        }
    }
    if let Some(why) = found.unknown {
        return Err(why);
    }
    let best = results.into_iter().max_by_key(|result| result.links);
    best.map_or_else(
        || Err(NotAssessed::Undetermined("no trail was looked at; please report this.".to_owned())),
        |best| best.assessed,
    )
}

fn of_trail(
    trail: &Trail,
    wanted: &Requirement,
    monitoring_account: Option<&AccountId>,
    view: &View<'_>,
) -> ChainResult {
    let failed = |links, reason: String, code, evidence: Value| ChainResult {
        links,
        assessed: Ok(Verdict::non_compliant(reason).code(code).evidence(evidence)),
    };
    let open = |why| ChainResult { links: 0, assessed: Err(why) };
    let settings = match view.related::<TrailSettings>(&trail.home_region, &trail.arn) {
        Ok(settings) => settings,
        Err(why) => return open(why),
    };
    let evidence = json!({ "trail": trail.arn, "log_group": settings.log_group });
    let Some(arn) = &settings.log_group else {
        return failed(
            0,
            format!("Trail {} delivers to no log group.", trail.name),
            NO_FILTER,
            evidence,
        );
    };
    let Some((region, account, group)) = log_group(arn) else {
        return open(NotAssessed::Undetermined(format!(
            "the log group of trail {} is '{arn}', which is no ARN of one.",
            trail.name
        )));
    };
    if account != view.context().account.as_str() {
        if monitoring_account.is_some_and(|monitoring| monitoring.as_str() == account) {
            let reason = format!(
                "Log group {group} is of account {account}, which monitors for the organization \
                 (monitoringAccount)."
            );
            return ChainResult {
                links: 0,
                assessed: Ok(Verdict::not_applicable(reason).evidence(evidence)),
            };
        }
        let why = format!(
            "log group {group} of trail {} is of account {account}; evaluate it there, or set \
             monitoringAccount.",
            trail.name
        );
        return open(NotAssessed::Undetermined(why));
    }
    let filters = view.existing::<MetricFilters>(region, group);
    let alarms = view.region_of::<Alarms>(region);
    let filters = match filters {
        Ok(Some(filters)) => &filters.0,
        Ok(None) => {
            return failed(
                0,
                format!("Log group {group} of trail {} does not exist.", trail.name),
                NO_FILTER,
                evidence,
            );
        }
        Err(why) => return open(why),
    };
    let reaches: Vec<Reach> = filters.iter().map(|filter| reach(filter, &alarms, view)).collect();
    if reaches.contains(&Reach::Unknown(NotAssessed::Missing)) {
        return open(NotAssessed::Missing); // The engine reads what is missing and asks again.
    }
    let chains = Chains::new(wanted, filters, reaches);
    let evidence =
        json!({ "trail": trail.arn, "log_group": settings.log_group, "filters": chains.shown() });

    let complete = chains.coverage(SUBSCRIPTION);
    if complete.is_covered() {
        let covering = chains.covering(SUBSCRIPTION);
        let names: Vec<&str> = covering.iter().map(|link| link.filter.name.as_str()).collect();
        let remark = covering.iter().find_map(|link| {
            if let Reach::Subscription(Some(remark)) = &link.reach {
                Some(format!(" {remark}"))
            } else {
                None
            }
        });
        let remark_on_filter = if complete == Coverage::CoversTooMuch {
            " It matches nearly every event: the alarm never rests."
        } else {
            ""
        };
        let reason = format!(
            "Filter {} of {group} reaches a confirmed subscription.{remark_on_filter}{}{}",
            names.join(" with "),
            remark_on_facts(wanted, &covering),
            remark.unwrap_or_default()
        );
        return ChainResult {
            links: SUBSCRIPTION + 2,
            assessed: Ok(Verdict::compliant(reason).evidence(evidence)),
        };
    }
    // Where what nobody knows could complete the chain, the verdict is open.
    let possible = chains.coverage(UNKNOWN);
    if possible.is_covered() {
        return open(chains.unknown().unwrap_or(NotAssessed::Missing));
    }
    if let Coverage::Undetermined { why } = possible {
        return open(NotAssessed::Undetermined(format!(
            "whether the filters of {group} cover what is prescribed is open: {why}."
        )));
    }
    let all = chains.coverage(FILTER);
    if !all.is_covered() {
        return failed(1, no_filter(group, filters, &all), NO_FILTER, evidence);
    }
    // The first link that is missing: filters that come as far as the one before cover, filters
    // that come further do not.
    let reached = if !chains.coverage(ALARM).is_covered() {
        FILTER
    } else if !chains.coverage(TOPIC).is_covered() {
        ALARM
    } else {
        TOPIC
    };
    let covering = chains.covering(reached);
    let reason = covering
        .iter()
        .find(|link| link.reach.rank() == reached)
        .map_or_else(String::new, |link| link.reach.describe());
    failed(reached + 2, reason, if reached == FILTER { NO_ALARM } else { NO_ACTION }, evidence)
}

/// What is known of CloudTrail's events without which the filters would not cover, in words.
fn remark_on_facts(wanted: &Requirement, covering: &[&Link<'_>]) -> String {
    let patterns: Vec<&String> = covering.iter().map(|link| &link.filter.pattern).collect();
    let facts = wanted.coverage(&patterns, false).facts;
    if facts.is_empty() {
        return String::new();
    }
    let words: Vec<&str> = facts.iter().map(|fact| fact.words).collect();
    format!(" It misses only events that CloudTrail does not write: {}.", words.join(", and "))
}

/// The Region, account and name in the ARN of a log group.
fn log_group(arn: &str) -> Option<(&str, &str, &str)> {
    let fields: Vec<&str> = arn.split(':').collect();
    match fields.as_slice() {
        ["arn", _, "logs", region, account, "log-group", name, ..] if !name.is_empty() => {
            Some((region, account, name))
        }
        _ => None,
    }
}

/// How far the chain of a filter goes: that of its best metric, alarm and topic.
fn reach(filter: &MetricFilter, alarms: &Result<&Alarms, NotAssessed>, view: &View<'_>) -> Reach {
    let name = &filter.name;
    let metrics = || filter.metrics.iter().map(|fed| &fed.metric);
    let Some(metric) = metrics().find(|metric| !metric.dimensions).or(metrics().next()) else {
        return Reach::Filter(format!("Filter {name} feeds no metric."));
    };
    if metric.dimensions {
        return Reach::Filter(format!(
            "Filter {name} splits its metric {} by dimensions, which no alarm watches as a whole.",
            metric.name
        ));
    }
    let alarms = match alarms {
        Ok(alarms) => &alarms.0,
        Err(why) => return Reach::Unknown(why.clone()),
    };
    let watching = alarms
        .iter()
        .filter_map(|alarm| Some((alarm, filter.metrics.iter().find(|fed| watches(alarm, fed))?)));
    let reaches: Vec<Reach> = watching
        .map(|(alarm, fed)| reach_of_alarm(alarm, threshold::remark(alarm, filter, fed), view))
        .collect();
    let best = reaches.into_iter().max_by_key(Reach::quality);
    best.unwrap_or_else(|| {
        Reach::Filter(format!(
            "No alarm watches metric {} {} of filter {name}.",
            metric.namespace, metric.name
        ))
    })
}

fn watches(alarm: &Alarm, fed: &FilterMetric) -> bool {
    !fed.metric.dimensions && alarm.metrics.contains(&fed.metric)
}

/// How far the chain goes from an alarm on, with what is to be remarked of the alarm.
fn reach_of_alarm(alarm: &Alarm, remark: Option<String>, view: &View<'_>) -> Reach {
    let name = &alarm.name;
    if !alarm.actions_enabled {
        return Reach::Alarm(format!("The actions of alarm {name} are disabled."));
    }
    let topics: Vec<(&str, &str)> =
        alarm.actions.iter().filter_map(|arn| Some((topic_region(arn)?, arn.as_str()))).collect();
    if topics.is_empty() {
        return Reach::Alarm(format!("Alarm {name} notifies no SNS topic."));
    }
    let reached: Vec<Reach> = topics
        .into_iter()
        .map(|(region, topic)| reach_of_topic(alarm, region, topic, view))
        .collect();
    match reached.into_iter().max_by_key(Reach::rank) {
        Some(Reach::Subscription(_)) => Reach::Subscription(remark),
        other => {
            other.unwrap_or_else(|| Reach::Alarm(format!("Alarm {name} notifies no SNS topic.")))
        }
    }
}

/// The Region of a topic's ARN; nothing for other ARNs.
fn topic_region(arn: &str) -> Option<&str> {
    let fields: Vec<&str> = arn.split(':').collect();
    match fields.as_slice() {
        ["arn", _, "sns", region, _, _] => Some(region),
        _ => None,
    }
}

fn reach_of_topic(alarm: &Alarm, region: &str, topic: &str, view: &View<'_>) -> Reach {
    let name = topic.rsplit(':').next().unwrap_or(topic);
    match view.existing::<TopicSubscriptions>(region, topic) {
        Ok(None) => Reach::Topic(format!("Topic {name} of alarm {} does not exist.", alarm.name)),
        Err(why) => Reach::Unknown(why),
        Ok(Some(TopicSubscriptions(subscriptions)))
            if subscriptions.iter().any(|subscription| subscription.confirmed) =>
        {
            Reach::Subscription(None)
        }
        Ok(Some(TopicSubscriptions(subscriptions))) if subscriptions.is_empty() => {
            Reach::Topic(format!("Topic {name} of alarm {} has no subscription.", alarm.name))
        }
        Ok(Some(_)) => Reach::Topic(format!(
            "Topic {name} of alarm {} has no confirmed subscription.",
            alarm.name
        )),
    }
}

/// A filter of a log group.
struct Link<'a> {
    filter: &'a MetricFilter,
    reach: Reach,
    /// Whether it covers what is wanted without the others.
    alone: Coverage,
}

/// The filters of a log group with their chains.
struct Chains<'a> {
    wanted: &'a Requirement,
    links: Vec<Link<'a>>,
    /// What is known of so many filters together: of two sets of filters whose chains come so far,
    /// one contains the other.
    decided: RefCell<BTreeMap<usize, Coverage>>,
}

impl<'a> Chains<'a> {
    fn new(wanted: &'a Requirement, filters: &'a [MetricFilter], reaches: Vec<Reach>) -> Self {
        let link = |(filter, reach): (&'a MetricFilter, Reach)| {
            let alone =
                match (wanted.coverage(&[&filter.pattern], false).coverage, &filter.narrowed_by) {
                    (verdict, Some(by)) if verdict.is_covered() => Coverage::Undetermined {
                        why: format!("filter {} is narrowed: {by}", filter.name),
                    },
                    (verdict, _) => verdict,
                };
            Link { filter, reach, alone }
        };
        Self {
            wanted,
            links: filters.iter().zip(reaches).map(link).collect(),
            decided: RefCell::default(),
        }
    }

    fn at_least(&self, rank: u8) -> Vec<&Link<'a>> {
        self.links.iter().filter(|link| link.reach.rank() >= rank).collect()
    }

    /// Whether the filters whose chains come that far cover what is wanted, one alone or several
    /// together. Filters that are narrowed otherwise leave it open.
    fn coverage(&self, rank: u8) -> Coverage {
        let links = self.at_least(rank);
        if let Some(known) = self.decided.borrow().get(&links.len()) {
            return known.clone();
        }
        let coverage = self.decide(&links);
        self.decided.borrow_mut().insert(links.len(), coverage.clone());
        coverage
    }

    fn decide(&self, links: &[&Link<'a>]) -> Coverage {
        let alone = |verdict: &Coverage| links.iter().any(|link| link.alone == *verdict);
        if alone(&Coverage::Covers) {
            return Coverage::Covers;
        }
        if alone(&Coverage::CoversTooMuch) {
            return Coverage::CoversTooMuch;
        }
        if let [only] = links {
            return only.alone.clone();
        }
        let together = |links: &[&Link<'_>]| {
            let patterns: Vec<&String> = links.iter().map(|link| &link.filter.pattern).collect();
            self.wanted.coverage(&patterns, false).coverage
        };
        let (whole, narrowed): (Vec<&Link<'_>>, Vec<&Link<'_>>) =
            links.iter().partition(|link| link.filter.narrowed_by.is_none());
        let verdict = together(&whole);
        let Some(first) = narrowed.first().filter(|_| !verdict.is_covered()) else {
            return verdict;
        };
        match together(links) {
            open if open.is_covered() => {
                Coverage::Undetermined { why: format!("filter {} is narrowed", first.filter.name) }
            }
            missed => missed,
        }
    }

    /// Those of the filters whose chains come that far that cover what is wanted: the best one that
    /// does alone, or all.
    fn covering(&self, rank: u8) -> Vec<&Link<'a>> {
        let links = self.at_least(rank);
        let alone = |verdict: &Coverage| {
            links
                .iter()
                .rev()
                .filter(|link| link.alone == *verdict)
                .max_by_key(|link| link.reach.quality())
                .map(|link| vec![*link])
        };
        alone(&Coverage::Covers).or_else(|| alone(&Coverage::CoversTooMuch)).unwrap_or(links)
    }

    fn unknown(&self) -> Option<NotAssessed> {
        self.links.iter().find_map(|link| {
            if let Reach::Unknown(why) = &link.reach { Some(why.clone()) } else { None }
        })
    }

    /// The filters as evidence: those that cover, or else the first few, with the first missing
    /// link of each.
    fn shown(&self) -> Value {
        let one = |link: &&Link<'_>| {
            json!({ "name": link.filter.name,
            "pattern": link.filter.pattern, "coverage": link.alone.as_str(),
            "chain": link.reach.describe() })
        };
        let covering: Vec<Value> = self
            .links
            .iter()
            .filter(|link| link.alone.is_covered())
            .map(|link| one(&link))
            .collect();
        if covering.is_empty() {
            self.links.iter().take(5).map(|link| one(&link)).collect()
        } else {
            Value::Array(covering)
        }
    }
}

fn no_filter(group: &str, filters: &[MetricFilter], all: &Coverage) -> String {
    match all {
        _ if filters.is_empty() => format!("Log group {group} has no metric filter."),
        Coverage::Misses { event } => format!("No metric filter of {group} counts {event}."),
        Coverage::NeverMatches => format!("The metric filters of {group} never match."),
        Coverage::Invalid { position, what } => {
            format!("The metric filter of {group} is no pattern: {what} (position {position}).")
        }
        Coverage::Undetermined { why } => {
            format!("No metric filter of {group} is known to cover what is prescribed: {why}.")
        }
        Coverage::Covers | Coverage::CoversTooMuch => {
            format!("The metric filters of {group} cover what is prescribed.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_arns() {
        let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:CloudTrail/logs:*";
        assert_eq!(log_group(arn), Some(("eu-west-1", "111122223333", "CloudTrail/logs")));
        assert_eq!(log_group("arn:aws:s3:::bucket"), None);
        assert_eq!(topic_region("arn:aws:sns:eu-west-1:111122223333:alarms"), Some("eu-west-1"));
        assert_eq!(topic_region("arn:aws:lambda:eu-west-1:111122223333:function:f"), None);
    }
}
