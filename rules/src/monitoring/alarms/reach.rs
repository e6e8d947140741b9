//! The links from a metric filter on: alarms, topics, subscriptions.

use plumbline_core::facts::{Alarm, Alarms, FilterMetric, MetricFilter, TopicSubscriptions};
use plumbline_core::prelude::*;

use super::threshold;

/// How far the chain of one filter goes. The order is that of the links.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reach {
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

pub(super) const FILTER: u8 = 0;
pub(super) const ALARM: u8 = 1;
pub(super) const TOPIC: u8 = 2;
pub(super) const UNKNOWN: u8 = 3;
pub(super) const SUBSCRIPTION: u8 = 4;

impl Reach {
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Filter(_) => FILTER,
            Self::Alarm(_) => ALARM,
            Self::Topic(_) => TOPIC,
            Self::Unknown(_) => UNKNOWN,
            Self::Subscription(_) => SUBSCRIPTION,
        }
    }

    pub(super) fn describe(&self) -> String {
        match self {
            Self::Filter(what) | Self::Alarm(what) | Self::Topic(what) => what.clone(),
            Self::Unknown(why) => why.reason(),
            Self::Subscription(None) => "complete".to_owned(),
            Self::Subscription(Some(remark)) => format!("complete; {remark}"),
        }
    }

    /// Orders the chains of a filter: the best is the longest, and of complete ones one without a
    /// remark.
    pub(super) fn quality(&self) -> (u8, bool) {
        (self.rank(), *self == Self::Subscription(None))
    }
}

/// How far the chain of a filter goes: that of its best metric, alarm and topic.
pub(super) fn reach(
    filter: &MetricFilter,
    alarms: &Result<&Alarms, NotAssessed>,
    view: &View<'_>,
) -> Reach {
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
