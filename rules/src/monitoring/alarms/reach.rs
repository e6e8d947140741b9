//! The links from a metric filter on: alarms, by themselves or through composite ones.

use plumbline_core::facts::{
    Alarm, AlarmCondition, AlarmMuteRules, Alarms, CompositeAlarms, FilterMetric, MetricFilter,
    MuteRules,
};
use plumbline_core::filter::{Coverage, Requirement};
use plumbline_core::parameters::TopicArns;
use plumbline_core::prelude::*;

use super::beside::{Counted, GroupFilters};
use super::composite::{Composites, RaisedComposite};
use super::threshold::{Effect, effect, is_plain_sum};
use crate::shared::names::free_name;

/// A link that is missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Gap {
    /// What is wrong, in a sentence.
    pub(super) what: String,
    /// The same in short, where that is long.
    pub(super) short: Option<String>,
    /// What to do, in a sentence; nothing where the command says it.
    pub(super) hint: &'static str,
    /// The words of the command that adds it.
    pub(super) command: Vec<String>,
    /// The words of the command that adds the link after it.
    pub(super) then: Vec<String>,
    /// What stands in the command for what only people know.
    pub(super) inputs: &'static [&'static str],
}

impl From<String> for Gap {
    fn from(what: String) -> Self {
        Self { what, ..Self::default() }
    }
}

impl Gap {
    pub(super) fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// A command; words in capitals that are `inputs` stand for what only people know.
    pub(super) fn command(
        mut self,
        words: &[impl AsRef<str>],
        inputs: &'static [&'static str],
    ) -> Self {
        self.command = words.iter().map(|word| word.as_ref().to_owned()).collect();
        self.inputs = inputs;
        self
    }

    /// The words of the command that adds the link after it.
    pub(super) fn then(mut self, words: Vec<String>) -> Self {
        self.then = words;
        self
    }
}

/// How far the chain of one filter goes. The order is that of the links.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reach {
    /// No alarm that enters the ALARM state watches its metric, with what is wrong.
    Filter(Gap),
    /// The alarm notifies no topic, with what is wrong.
    Alarm(Gap),
    /// The topic notifies no subscriber, with what is wrong.
    Topic(Gap),
    /// Not known, with the cause.
    Unknown(NotAssessed),
    /// A confirmed subscription, with a remark.
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

    /// The missing link, where one is.
    pub(super) fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Filter(gap) | Self::Alarm(gap) | Self::Topic(gap) => Some(gap),
            Self::Unknown(_) | Self::Subscription(_) => None,
        }
    }

    pub(super) fn describe(&self) -> String {
        match self {
            Self::Filter(gap) | Self::Alarm(gap) | Self::Topic(gap) => gap.what.clone(),
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

    /// A complete chain with a further remark.
    pub(super) fn remarked(self, more: Option<String>) -> Self {
        match (self, more) {
            (Self::Subscription(None), more) => Self::Subscription(more),
            (Self::Subscription(Some(remark)), Some(more)) => {
                Self::Subscription(Some(format!("{more} {remark}")))
            }
            (other, _) => other,
        }
    }
}

/// What the chains of a log group's filters go through.
pub(super) struct Links<'a> {
    /// The control's short name.
    pub(super) slug: &'a str,
    /// What the control wants counted.
    pub(super) wanted: &'a Requirement,
    /// The filters of the log group.
    pub(super) filters: &'a [MetricFilter],
    /// The alarms of its Region.
    pub(super) alarms: Result<&'a Alarms, NotAssessed>,
    /// Its Region.
    pub(super) region: &'a str,
    /// Topics that count without being read.
    pub(super) trusted: &'a TopicArns,
    /// Whether complete chains are remarked with the mute rules of their alarms.
    pub(super) with_mute_rules: bool,
    /// What else there is to see.
    pub(super) view: &'a View<'a>,
}

impl Links<'_> {
    /// How far the chain of a filter goes: that of its best metric, alarm and topic.
    pub(super) fn reach(&self, filter: &MetricFilter) -> Reach {
        let name = &filter.name;
        let fed = || filter.metrics.iter().filter(|fed| !fed.metric.dimensions);
        let Some(first) = fed().next().or(filter.metrics.first()) else {
            let gap = Gap::from(format!("Filter {name} feeds no metric."));
            return Reach::Filter(gap.hint("Let it publish the value 1 for each event."));
        };
        let metric = &first.metric;
        if metric.dimensions {
            let what = format!(
                "Filter {name} splits its metric {} by dimensions, which no alarm watches as a \
                 whole.",
                metric.name
            );
            let hint = "Let another filter publish the value 1 to a metric without dimensions.";
            return Reach::Filter(Gap::from(what).hint(hint));
        }
        let alarms = match &self.alarms {
            Ok(alarms) => &alarms.0,
            Err(why) => return Reach::Unknown(why.clone()),
        };
        let best = alarms
            .iter()
            .flat_map(|alarm| fed().filter_map(move |fed| self.of_alarm(alarm, filter, fed)))
            .max_by_key(Reach::quality);
        best.unwrap_or_else(|| {
            let what = format!(
                "No alarm watches metric {} {} of filter {name}.",
                metric.namespace, metric.name
            );
            Reach::Filter(self.new_alarm(what, first))
        })
    }

    /// How far the chain goes from an alarm on; nothing where it does not watch the metric.
    fn of_alarm(&self, alarm: &Alarm, filter: &MetricFilter, fed: &FilterMetric) -> Option<Reach> {
        Some(match self.effect(alarm, filter, fed) {
            Effect::None => return None,
            Effect::Never(what) => Reach::Filter(self.new_alarm(what, fed)),
            Effect::Raises(remark) => self.notified(alarm, filter, fed).remarked(remark),
            // What is certain to notify no one is so whatever is not known of the alarm.
            Effect::Unknown(why) => match self.notified(alarm, filter, fed) {
                Reach::Subscription(_) => Reach::Unknown(NotAssessed::Undetermined(why)),
                other => other,
            },
        })
    }

    /// What an event that a filter matches does to an alarm.
    fn effect(&self, alarm: &Alarm, filter: &MetricFilter, fed: &FilterMetric) -> Effect {
        let covers = |other: &MetricFilter| match &other.narrowed_by {
            Some(by) => Coverage::Undetermined { why: by.clone() },
            None => self.wanted.coverage(&[&other.pattern], false).coverage,
        };
        effect(alarm, filter, fed, GroupFilters { filters: self.filters, covers: &covers })
    }

    /// That an alarm on a metric is missing. Where no alarm helps, the filter has to change first.
    fn new_alarm(&self, what: String, fed: &FilterMetric) -> Gap {
        let counts = match Counted::of(fed) {
            Counted::Number(value) => value >= 1.0,
            Counted::NotRecorded => true,
            Counted::Nothing(_) | Counted::Member(_) => false,
        };
        if !counts || fed.default.is_some_and(|default| default != 0.0) {
            let hint = "Let the filter publish the value 1 for each event, and no default value.";
            return Gap::from(what).hint(hint);
        }
        let words = self.alarm(&fed.metric.name, &fed.metric.namespace);
        Gap::from(what)
            .hint("Create an alarm that a single event raises.")
            .command(&words, &["TOPIC-ARN"])
    }

    /// The words of the command that creates an alarm on a metric, which a single event raises;
    /// none where the alarms that exist cannot be read.
    pub(super) fn alarm(&self, name: &str, namespace: &str) -> Vec<String> {
        let usual = "--statistic Sum --period 300 --evaluation-periods 1 --threshold 1 \
            --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching \
            --alarm-actions TOPIC-ARN --region";
        // A name that exists would be replaced.
        let Ok(Alarms(known)) = self.alarms.as_ref() else { return Vec::new() };
        let alarm = free_name(self.slug, |name| known.iter().any(|alarm| alarm.name == name));
        let start = ["cloudwatch", "put-metric-alarm", "--alarm-name", &alarm];
        let of_metric = ["--metric-name", name, "--namespace", namespace];
        let words = start.into_iter().chain(of_metric).chain(usual.split(' ')).chain([self.region]);
        words.map(str::to_owned).collect()
    }

    /// Whom an alarm notifies, by itself or through composite alarms.
    fn notified(&self, alarm: &Alarm, filter: &MetricFilter, fed: &FilterMetric) -> Reach {
        let own = self.by_actions(&alarm.name, alarm.actions_enabled, &alarm.actions);
        if matches!(own, Reach::Subscription(_)) {
            return own;
        }
        let composites = match self.view.region_of::<CompositeAlarms>(self.region) {
            Ok(composites) => &composites.0,
            // An alarm that notifies a topic is meant to do so itself, and snapshots of earlier
            // versions hold no composite alarms: what they hold decides.
            Err(why) if matches!(own, Reach::Alarm(_)) && why.code() != "NOT_RECORDED" => {
                return Reach::Unknown(why);
            }
            Err(NotAssessed::Missing) => return Reach::Unknown(NotAssessed::Missing),
            Err(_) => return own,
        };
        let arns = self.alarm_arn("");
        let is_doubtful = |name: &str| self.may_stay_in_alarm(name, filter, fed);
        let composites = Composites::new(composites, &alarm.name, &arns, &is_doubtful);
        let through =
            composites.raised().into_iter().map(|RaisedComposite { composite, is_certain }| {
                let name = &composite.name;
                let reach = self.by_actions(name, composite.actions_enabled, &composite.actions);
                let suppressor = composite.suppressor.as_ref();
                if is_certain || !matches!(reach, Reach::Subscription(_)) {
                    let suppressed = suppressor
                        .map_or_else(String::new, |by| format!(" Alarm '{by}' can suppress it."));
                    return reach.remarked(Some(format!(
                        "Composite alarm '{name}' notifies for alarm '{}'.{suppressed}",
                        alarm.name
                    )));
                }
                let suppressed =
                    suppressor.map_or_else(String::new, |by| format!(", suppressed by '{by}'"));
                Reach::Unknown(NotAssessed::Undetermined(format!(
                    "whether composite alarm '{name}' notifies for alarm '{}' is not known: \
                 {}{suppressed}.",
                    alarm.name, composite.rule
                )))
            });
        through.fold(own, |best, next| if next.rank() > best.rank() { next } else { best })
    }

    /// Whether another alarm may be in the ALARM state before the event, and for good: one on the
    /// metric that events do not raise, and one on another metric that may rest in that state, by
    /// itself or by a default value of that metric. Where such an alarm is part of a composite
    /// one, what comes then changes the state of neither.
    fn may_stay_in_alarm(&self, name: &str, filter: &MetricFilter, fed: &FilterMetric) -> bool {
        let others = self.alarms.iter().flat_map(|alarms| &alarms.0);
        let feeds = || self.filters.iter().flat_map(|filter| &filter.metrics);
        others.filter(|other| other.name == name).any(|other| {
            match self.effect(other, filter, fed) {
                Effect::Never(_) | Effect::Unknown(_) => true,
                Effect::None => other.condition.as_ref().is_none_or(|condition| {
                    let mut defaults = feeds()
                        .filter(|feed| other.metrics.contains(&feed.metric))
                        .filter_map(|feed| feed.default);
                    let is_sum = other.queries.as_deref().is_some_and(is_plain_sum);
                    let condition = condition.clone();
                    // A plain sum of metrics compares as a metric does.
                    let condition = match condition.statistic {
                        None if is_sum => {
                            AlarmCondition { statistic: Some("Sum".to_owned()), ..condition }
                        }
                        _ => condition,
                    };
                    condition.may_rest_in_alarm()
                        || defaults.any(|default| condition.is_met_by(default) == Some(true))
                }),
                Effect::Raises(_) => false,
            }
        })
    }

    /// The ARN of an alarm: the account's own, in the Region of the log group.
    pub(super) fn alarm_arn(&self, name: &str) -> String {
        let context = self.view.context();
        format!(
            "arn:{}:cloudwatch:{}:{}:alarm:{name}",
            context.partition, self.region, context.account
        )
    }

    /// Whom the actions of an alarm notify.
    fn by_actions(&self, name: &str, enabled: bool, actions: &[String]) -> Reach {
        if !enabled {
            let verb = ["cloudwatch", "enable-alarm-actions", "--alarm-names", name];
            let words = [verb.as_slice(), &["--region", self.region]].concat();
            let gap = Gap::from(format!("The actions of alarm {name} are disabled."));
            // The AWS CLI reads options, lists and files in such a name.
            if name.starts_with(['-', '[', '{']) || name.contains("://") {
                return Reach::Alarm(gap.hint("Enable the actions of the alarm."));
            }
            return Reach::Alarm(gap.command(&words, &[]));
        }
        let topics = actions.iter().filter_map(|arn| Some((topic_region(arn)?, arn.as_str())));
        let reached: Vec<Reach> =
            topics.map(|(region, topic)| self.of_topic(name, region, topic)).collect();
        let best = reached.into_iter().max_by_key(Reach::quality).unwrap_or_else(|| {
            let gap = Gap::from(format!("Alarm {name} notifies no SNS topic."));
            Reach::Alarm(gap.hint("Add a topic to its actions in the ALARM state."))
        });
        match best {
            Reach::Subscription(_) if self.with_mute_rules => best.remarked(self.muted(name)),
            other => other,
        }
    }

    /// A remark on an alarm that mute rules may keep from notifying. Nobody has to allow that they
    /// are read: what is not known of them is part of the remark.
    fn muted(&self, alarm: &str) -> Option<String> {
        let all = self.view.region_of::<MuteRules>(self.region);
        if all.as_ref().is_ok_and(|rules| rules.0.is_empty()) || is_of_an_earlier_version(&all) {
            return None;
        }
        match self.view.related::<AlarmMuteRules>(self.region, alarm) {
            Ok(AlarmMuteRules(rules)) => {
                let first = rules.first()?;
                Some(format!("Mute rule '{first}' can keep alarm '{alarm}' from notifying."))
            }
            Err(why) => Some(format!(
                "Whether a mute rule keeps alarm '{alarm}' from notifying is not known ({}).",
                cause(&why)
            )),
        }
    }
}

/// Whether a snapshot was recorded before there was such a fact: what it holds decides.
pub(super) fn is_of_an_earlier_version<T>(fact: &Result<T, NotAssessed>) -> bool {
    fact.as_ref().is_err_and(|why| why.code() == "NOT_RECORDED")
}

/// Why something is not known, as a part of a sentence.
pub(super) fn cause(why: &NotAssessed) -> String {
    match why {
        NotAssessed::ReadFailed(unread) => unread.to_string(),
        other => other.reason(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_topics() {
        assert_eq!(topic_region("arn:aws:sns:eu-west-1:111122223333:alarms"), Some("eu-west-1"));
        assert_eq!(topic_region("arn:aws:lambda:eu-west-1:111122223333:function:f"), None);
    }
}
