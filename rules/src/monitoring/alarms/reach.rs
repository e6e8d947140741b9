//! The parts of a chain after a metric filter: alarms and composite alarms.

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

/// A missing part of a chain.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Gap {
    /// The finding, in a sentence.
    pub(super) what: String,
    /// A short form of a long finding.
    pub(super) short: Option<String>,
    /// The action, in a sentence, or nothing if the command is enough.
    pub(super) hint: &'static str,
    /// The words of the command that adds the missing part.
    pub(super) command: Vec<String>,
    /// The words of the command that adds the next part.
    pub(super) then: Vec<String>,
    /// The placeholders in the command for values that only people know.
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

    /// Sets the command. `inputs` are its placeholders for values that only people know.
    pub(super) fn command(
        mut self,
        words: &[impl AsRef<str>],
        inputs: &'static [&'static str],
    ) -> Self {
        self.command = words.iter().map(|word| word.as_ref().to_owned()).collect();
        self.inputs = inputs;
        self
    }

    /// Sets the words of the command that adds the next part.
    pub(super) fn then(mut self, words: Vec<String>) -> Self {
        self.then = words;
        self
    }
}

/// How far the chain of one filter reaches, in the order of the parts.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reach {
    /// No alarm on its metric enters the ALARM state, with the finding.
    Filter(Gap),
    /// The alarm notifies no topic, with the finding.
    Alarm(Gap),
    /// The topic notifies no subscriber, with the finding.
    Topic(Gap),
    /// Unknown, with the cause.
    Unknown(NotAssessed),
    /// A topic that passes without checks, with a remark.
    Trusted(String),
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
            Self::Trusted(_) | Self::Subscription(_) => SUBSCRIPTION,
        }
    }

    /// Returns whether no part is missing or unknown.
    pub(super) fn is_complete(&self) -> bool {
        self.rank() == SUBSCRIPTION
    }

    /// Returns the remark on a complete chain.
    pub(super) fn remark(&self) -> Option<&str> {
        match self {
            Self::Trusted(remark) | Self::Subscription(Some(remark)) => Some(remark),
            _ => None,
        }
    }

    /// Returns the missing part, if any.
    pub(super) fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Filter(gap) | Self::Alarm(gap) | Self::Topic(gap) => Some(gap),
            Self::Unknown(_) | Self::Trusted(_) | Self::Subscription(_) => None,
        }
    }

    pub(super) fn describe(&self) -> String {
        match self {
            Self::Filter(gap) | Self::Alarm(gap) | Self::Topic(gap) => gap.what.clone(),
            Self::Unknown(why) => why.reason(),
            Self::Subscription(None) => "complete".to_owned(),
            Self::Trusted(remark) | Self::Subscription(Some(remark)) => {
                format!("complete; {remark}")
            }
        }
    }

    /// Orders the chains of a filter: the longest is the best, and complete chains without a remark
    /// come before others.
    pub(super) fn quality(&self) -> (u8, bool) {
        (self.rank(), *self == Self::Subscription(None))
    }

    /// Adds a remark to a complete chain.
    pub(super) fn remarked(self, more: Option<String>) -> Self {
        match (self, more) {
            (Self::Subscription(None), more) => Self::Subscription(more),
            (Self::Subscription(Some(remark)), Some(more)) => {
                Self::Subscription(Some(format!("{more} {remark}")))
            }
            (Self::Trusted(remark), Some(more)) => Self::Trusted(format!("{more} {remark}")),
            (other, _) => other,
        }
    }
}

/// The facts for the chains of the filters of a log group.
pub(super) struct Links<'a> {
    /// The slug of the control.
    pub(super) slug: &'a str,
    /// The events that the control requires.
    pub(super) wanted: &'a Requirement,
    /// The filters of the log group.
    pub(super) filters: &'a [MetricFilter],
    /// The alarms of its Region.
    pub(super) alarms: Result<&'a Alarms, NotAssessed>,
    /// Its Region.
    pub(super) region: &'a str,
    /// The topics that pass without checks.
    pub(super) trusted: &'a TopicArns,
    /// Whether complete chains get a remark on mute rules of their alarms.
    pub(super) with_mute_rules: bool,
    /// The other facts.
    pub(super) view: &'a View<'a>,
}

impl Links<'_> {
    /// Returns how far the chain of a filter reaches, with its best metric, alarm and topic.
    pub(super) fn reach(&self, filter: &MetricFilter) -> Reach {
        let name = &filter.name;
        let fed = || filter.metrics.iter().filter(|fed| !fed.metric.dimensions);
        let Some(first) = fed().next().or(filter.metrics.first()) else {
            let gap = Gap::from(format!("Metric filter '{name}' publishes no metric."));
            return Reach::Filter(
                gap.hint("Configure the filter to publish the value 1 for each event."),
            );
        };
        let metric = &first.metric;
        if metric.dimensions {
            let what = format!(
                "Metric filter '{name}' publishes metric '{}' with dimensions, and no alarm can \
                 evaluate all dimensions together.",
                metric.name
            );
            let hint =
                "Create another filter that publishes the value 1 to a metric without dimensions.";
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
                "No alarm evaluates metric '{}/{}' of metric filter '{name}'.",
                metric.namespace, metric.name
            );
            Reach::Filter(self.new_alarm(what, first))
        })
    }

    /// Returns how far the chain reaches from an alarm on, or nothing if the alarm does not
    /// evaluate the metric.
    fn of_alarm(&self, alarm: &Alarm, filter: &MetricFilter, fed: &FilterMetric) -> Option<Reach> {
        Some(match self.effect(alarm, filter, fed) {
            Effect::None => return None,
            Effect::Never(what) => Reach::Filter(self.new_alarm(what, fed)),
            Effect::Raises(remark) => self.notified(alarm, filter, fed).remarked(remark),
            // An alarm that certainly notifies no one does so regardless of its unknown facts.
            Effect::Unknown(why) => match self.notified(alarm, filter, fed) {
                reach if reach.is_complete() => Reach::Unknown(NotAssessed::Undetermined(why)),
                other => other,
            },
        })
    }

    /// Returns the effect of an event that a filter matches on an alarm.
    fn effect(&self, alarm: &Alarm, filter: &MetricFilter, fed: &FilterMetric) -> Effect {
        let covers = |other: &MetricFilter| match &other.narrowed_by {
            Some(by) => Coverage::Undetermined { why: by.clone() },
            None => self.wanted.coverage(&[&other.pattern], false).coverage,
        };
        effect(alarm, filter, fed, GroupFilters { filters: self.filters, covers: &covers })
    }

    /// Returns the gap of a missing alarm on a metric. If no alarm can help, the filter has to
    /// change first.
    fn new_alarm(&self, what: String, fed: &FilterMetric) -> Gap {
        let counts = match Counted::of(fed) {
            Counted::Number(value) => value >= 1.0,
            Counted::NotRecorded => true,
            Counted::Nothing(_) | Counted::Member(_) => false,
        };
        if !counts || fed.default.is_some_and(|default| default != 0.0) {
            let hint = "Configure the filter to publish the value 1 for each event, without a \
            default value.";
            return Gap::from(what).hint(hint);
        }
        let words = self.alarm(&fed.metric.name, &fed.metric.namespace);
        Gap::from(what)
            .hint("Create an alarm that enters the ALARM state after a single event.")
            .command(&words, &["TOPIC-ARN"])
    }

    /// Returns the words of the command that creates an alarm on a metric for a single event.
    /// Returns no words if the existing alarms cannot be read.
    pub(super) fn alarm(&self, name: &str, namespace: &str) -> Vec<String> {
        let usual = "--statistic Sum --period 300 --evaluation-periods 1 --threshold 1 \
            --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching \
            --alarm-actions TOPIC-ARN --region";
        // The command would replace an alarm with the same name.
        let Ok(Alarms(known)) = self.alarms.as_ref() else { return Vec::new() };
        let alarm = free_name(self.slug, |name| known.iter().any(|alarm| alarm.name == name));
        let start = ["cloudwatch", "put-metric-alarm", "--alarm-name", &alarm];
        let of_metric = ["--metric-name", name, "--namespace", namespace];
        let words = start.into_iter().chain(of_metric).chain(usual.split(' ')).chain([self.region]);
        words.map(str::to_owned).collect()
    }

    /// Returns how far the chain reaches from an alarm on, directly or through composite alarms.
    fn notified(&self, alarm: &Alarm, filter: &MetricFilter, fed: &FilterMetric) -> Reach {
        let own = self.by_actions(&alarm.name, alarm.actions_enabled, &alarm.actions);
        if own.is_complete() {
            return own;
        }
        let composites = match self.view.region_of::<CompositeAlarms>(self.region) {
            Ok(composites) => &composites.0,
            // An alarm with a topic is meant to notify directly. Snapshots of earlier versions have
            // no composite alarms: the other facts decide.
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
                if is_certain || !reach.is_complete() {
                    let suppressed = suppressor.map_or_else(String::new, |by| {
                        format!(" Alarm '{by}' can suppress its actions.")
                    });
                    return reach.remarked(Some(format!(
                        "Composite alarm '{name}' notifies for alarm '{}'.{suppressed}",
                        alarm.name
                    )));
                }
                let suppressed =
                    suppressor.map_or_else(String::new, |by| format!(", suppressed by '{by}'"));
                Reach::Unknown(NotAssessed::Undetermined(format!(
                    "it is unknown whether composite alarm '{name}' notifies for alarm '{}': \
                     {}{suppressed}.",
                    alarm.name, composite.rule
                )))
            });
        through.fold(own, |best, next| if next.rank() > best.rank() { next } else { best })
    }

    /// Returns whether another alarm may be in the ALARM state permanently before the event. This
    /// is an alarm on the metric that events do not raise, or an alarm on another metric that may
    /// stay in that state because of its settings or a default value. If such an alarm is part of a
    /// composite alarm, the event does not change the state of either.
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
                    // A plain sum of metrics is compared like a metric.
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

    /// Returns the ARN of an alarm of the account in the Region of the log group.
    pub(super) fn alarm_arn(&self, name: &str) -> String {
        let context = self.view.context();
        format!(
            "arn:{}:cloudwatch:{}:{}:alarm:{name}",
            context.partition, self.region, context.account
        )
    }

    /// Returns how far the chain reaches from the actions of an alarm on.
    fn by_actions(&self, name: &str, enabled: bool, actions: &[String]) -> Reach {
        if !enabled {
            let verb = ["cloudwatch", "enable-alarm-actions", "--alarm-names", name];
            let words = [verb.as_slice(), &["--region", self.region]].concat();
            let gap = Gap::from(format!("The actions of alarm '{name}' are disabled."));
            // The AWS CLI would interpret such a name as an option, a list or a file.
            if name.starts_with(['-', '[', '{']) || name.contains("://") {
                return Reach::Alarm(gap.hint("Enable the actions of the alarm."));
            }
            return Reach::Alarm(gap.command(&words, &[]));
        }
        let topics = actions.iter().filter_map(|arn| Some((topic_region(arn)?, arn.as_str())));
        let reached: Vec<Reach> =
            topics.map(|(region, topic)| self.of_topic(name, region, topic)).collect();
        let best = reached.into_iter().max_by_key(Reach::quality).unwrap_or_else(|| {
            let gap = Gap::from(format!("Alarm '{name}' notifies no SNS topic."));
            Reach::Alarm(
                gap.hint("Add an SNS topic to the actions of the alarm for the ALARM state."),
            )
        });
        match best {
            _ if self.with_mute_rules && best.is_complete() => best.remarked(self.muted(name)),
            other => other,
        }
    }

    /// Returns a remark on an alarm whose notifications mute rules can mute. The permission to read
    /// them is optional: the remark states what is unknown.
    fn muted(&self, alarm: &str) -> Option<String> {
        let all = self.view.region_of::<MuteRules>(self.region);
        if all.as_ref().is_ok_and(|rules| rules.0.is_empty()) || is_of_an_earlier_version(&all) {
            return None;
        }
        match self.view.related::<AlarmMuteRules>(self.region, alarm) {
            Ok(AlarmMuteRules(rules)) => {
                let first = rules.first()?;
                Some(format!("Mute rule '{first}' can mute the notifications of alarm '{alarm}'."))
            }
            Err(why) => Some(format!(
                "It is unknown whether a mute rule mutes the notifications of alarm '{alarm}' \
                 ({}).",
                cause(&why)
            )),
        }
    }
}

/// Returns whether a snapshot was recorded by an earlier version without this kind of fact: the
/// other facts decide.
pub(super) fn is_of_an_earlier_version<T>(fact: &Result<T, NotAssessed>) -> bool {
    fact.as_ref().is_err_and(|why| why.code() == "NOT_RECORDED")
}

/// Returns the cause of an unknown fact, as a part of a sentence.
pub(super) fn cause(why: &NotAssessed) -> String {
    match why {
        NotAssessed::ReadFailed(unread) => unread.to_string(),
        other => other.reason(),
    }
}

/// Returns the Region of a topic's ARN, or nothing for other ARNs.
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
