//! 4.1 to 4.15: one implementation and a table of the differences.

mod beside;
mod chain;
mod composite;
mod delivery;
mod examples;
mod expression;
mod fix;
mod links;
mod reach;
mod table;
mod threshold;
mod topics;

use plumbline_core::control::Control;
use plumbline_core::filter::{Requirement, required};
use plumbline_core::parameters::{
    Hours, MaybeAccount, Parameter, ParameterError, ParameterSet, TopicArns, Values,
};
use plumbline_core::prelude::*;

use self::table::{AlarmRow, TABLE};

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// The account that owns the log group of the organization trail and monitors all accounts:
        /// the control is not applicable in the other accounts.
        monitoring_account: MaybeAccount = ("monitoringAccount", "none", Any),
        /// The maximum age of the latest delivery of the trail to its log group, in hours.
        max_delivery_age: Hours = ("maxDeliveryAgeHours", "24", Higher),
        /// ARNs of SNS topics that pass without checks, for example topics of other accounts. `*`
        /// and `?` are wildcards.
        trusted_topics: TopicArns = ("trustedTopics", "", Any),
    }
}

/// The documentation of the fifteen controls below the title. The differences are placeholders in
/// braces.
const PAGE: &str = r#"
## Why
{why}

## Decision
At least one complete chain from a trail to a subscriber exists. A multi-Region trail logs read and write management events and delivers them to a CloudWatch Logs log group, with a delivery within the last `maxDeliveryAgeHours`. Metric filters on that log group match the events below, alone or together. An alarm evaluates the metric of the filter, directly, as a sum of metrics, or with a Metrics Insights query. The actions of the alarm, or of a composite alarm that enters the ALARM state because of this alarm alone, are enabled and include an SNS topic. CloudWatch can publish to the topic, and the topic has a confirmed subscription. The log group may be in another Region. A trail may exclude AWS KMS or the RDS Data API. 4.7 fails if the trail excludes AWS KMS, and 4.1 fails if the trail excludes either service. The other controls do not fail.

Required events: {events} The meaning of a filter pattern decides which events the filter matches. If a required event is not matched, the reason shows such an event. A filter with additional conditions, for example on a user or a Region, does not match some of the events. A filter also covers the events if it misses only events that CloudTrail does not write; the reason then states the facts about these events.

A log group of another account is not assessed. If that account is the `monitoringAccount`, the control is not applicable. A trail that was started less than an hour ago and has not delivered yet is not assessed.

An alarm does not count if it certainly never enters the ALARM state, or never changes its state again. The causes are its comparison, its unit, its treatment of missing data, a default value, or the values that metric filters publish to its metric. An alarm that needs several events or periods passes, with a remark in the reason. An alarm is not assessed if default values for other events can hide an event in its statistic, such as `Average` with a default value of 0. An alarm with other metric math is not assessed either.

A topic fails if it is encrypted with the AWS managed key, or if its policy does not allow CloudWatch to publish. A customer managed key, a filter policy and a mute rule lead to a remark in the reason. A topic in `trustedTopics` passes without checks.

## Remediation
Create a metric filter for {subject} on the log group of a multi-Region trail, and an alarm on its metric that notifies an SNS topic with a confirmed subscription.

The reason names the first missing part. Run these commands in the Region of the log group. Replace LOG-GROUP with its name and ADDRESS with the email address to notify:

```sh
TOPIC=$(aws sns create-topic --name plumbline-alarms --query TopicArn --output text)
aws sns subscribe --topic-arn "$TOPIC" --protocol email --notification-endpoint ADDRESS
aws logs put-metric-filter --log-group-name LOG-GROUP --filter-name {slug} \
  --metric-transformations metricName={slug},metricNamespace=Plumbline,metricValue=1 \
  --filter-pattern '{pattern}'
aws cloudwatch put-metric-alarm --alarm-name {slug} --metric-name {slug} --namespace Plumbline --statistic Sum --period 300 \
  --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching \
  --alarm-actions "$TOPIC"
```

Confirm the subscription with the link in the email. Until then the topic sends no notification. One topic with its subscription is enough for 4.1 to 4.15: if they already exist, the commands do not change them."#;

/// The common beginning of the fifteen titles.
const TITLE: &str = "An alarm notifies subscribers of ";

/// The control of a row of the table.
struct AlarmChain<const ROW: usize>;

impl<const ROW: usize> AlarmChain<ROW> {
    #[expect(clippy::indexing_slicing, reason = "a row out of bounds would not compile here")]
    const ROW: &AlarmRow = &TABLE[ROW];

    /// Returns the filter pattern for the page and the examples.
    fn pattern() -> String {
        required(Self::ROW.id).map(Requirement::remedy).unwrap_or_default()
    }

    /// Returns what the alarm is about, as the title names it.
    fn subject() -> &'static str {
        Self::ROW.title.strip_prefix(TITLE).unwrap_or("these events")
    }

    fn page() -> String {
        let AlarmRow { slug, why, events, .. } = Self::ROW;
        // The pattern comes last, because it contains braces.
        PAGE.replace("{slug}", slug)
            .replace("{why}", why)
            .replace("{events}", events)
            .replace("{subject}", Self::subject())
            .replace("{pattern}", &Self::pattern())
    }

    const fn control() -> Control {
        Control {
            id: ControlId::new(Self::ROW.id),
            slug: Self::ROW.slug,
            title: Self::ROW.title,
            doc: Self::page,
            level: Self::ROW.level,
            assessment: Assessment::Automated,
            severity: Severity::Low,
            scope: Scope::Global,
            change_triggered: false,
            attestable: false,
            safeguards_v8: Self::ROW.safeguards_v8,
            safeguards_v7: Self::ROW.safeguards_v7,
            since: "0.1.0",
            facts: &[
                FactKind::Trails,
                FactKind::TrailSettings,
                FactKind::TrailStatus,
                FactKind::TrailSelectors,
                FactKind::MetricFilters,
                FactKind::Alarms,
                FactKind::CompositeAlarms,
                FactKind::MuteRules,
                FactKind::AlarmMuteRules,
                FactKind::TopicSubscriptions,
                FactKind::TopicAttributes,
                FactKind::SubscriptionAttributes,
            ],
            fix: fix::fix,
            run: Run::account::<Self>(),
        }
    }
}

impl<const ROW: usize> AccountControl for AlarmChain<ROW> {
    type Parameters = Parameters;

    fn evaluate(view: &View<'_>, parameters: &Parameters) -> Assessed {
        chain::evaluate(Self::ROW, true, parameters, view)
    }

    fn examples() -> Vec<Example> {
        examples::of(Self::ROW.id, &Self::pattern())
    }
}

plumbline_core::parameters! {
    /// The additional parameter of 4.14.
    struct ClassicLink {
        /// Whether the filter must match the four ClassicLink API calls. EC2-Classic was retired in
        /// August 2022.
        required: bool = ("requireClassicLink", "true", False),
    }
}

/// The parameters of 4.14.
struct VpcParameters {
    shared: Parameters,
    classic_link: ClassicLink,
}

impl VpcParameters {
    #[expect(clippy::indexing_slicing, reason = "out of bounds would not compile here")]
    const ALL: [Parameter; Parameters::PARAMETERS.len() + 1] = {
        let mut all = [ClassicLink::PARAMETERS[0]; Parameters::PARAMETERS.len() + 1];
        let mut at = 0;
        while at < Parameters::PARAMETERS.len() {
            all[at] = Parameters::PARAMETERS[at];
            at += 1;
        }
        all
    };
}

impl ParameterSet for VpcParameters {
    const PARAMETERS: &'static [Parameter] = &Self::ALL;

    fn parse(values: &Values) -> Result<Self, ParameterError> {
        Ok(Self { shared: Parameters::parse(values)?, classic_link: ClassicLink::parse(values)? })
    }
}

/// 4.14, which can ignore the ClassicLink API calls.
struct VpcAlarm;

impl VpcAlarm {
    const ID: &str = AlarmChain::<13>::ROW.id;

    const fn control() -> Control {
        Control { run: Run::account::<Self>(), ..AlarmChain::<13>::control() }
    }
}

impl AccountControl for VpcAlarm {
    type Parameters = VpcParameters;

    fn evaluate(view: &View<'_>, parameters: &VpcParameters) -> Assessed {
        let requires_classic_link = parameters.classic_link.required;
        chain::evaluate(AlarmChain::<13>::ROW, requires_classic_link, &parameters.shared, view)
    }

    fn examples() -> Vec<Example> {
        let without = required(Self::ID).map(|all| all.without_classic_link().remedy());
        let mut all = examples::of(Self::ID, &AlarmChain::<13>::pattern());
        all.extend(examples::of_classic_link(&without.unwrap_or_default()));
        all
    }
}

/// 4.1 to 4.15, in the order of the table.
pub(crate) static CONTROLS: [Control; TABLE.len()] = [
    AlarmChain::<0>::control(),
    AlarmChain::<1>::control(),
    AlarmChain::<2>::control(),
    AlarmChain::<3>::control(),
    AlarmChain::<4>::control(),
    AlarmChain::<5>::control(),
    AlarmChain::<6>::control(),
    AlarmChain::<7>::control(),
    AlarmChain::<8>::control(),
    AlarmChain::<9>::control(),
    AlarmChain::<10>::control(),
    AlarmChain::<11>::control(),
    AlarmChain::<12>::control(),
    VpcAlarm::control(),
    AlarmChain::<14>::control(),
];

#[cfg(test)]
mod tests {
    use plumbline_core::filter::REQUIRED;

    use super::*;

    #[test]
    fn every_row_has_a_pattern() {
        assert!(TABLE.iter().map(|row| row.id).eq(REQUIRED.iter().map(|required| required.id)));
        assert!(AlarmChain::<0>::pattern().starts_with("{ "));
    }

    #[test]
    fn titles_have_one_beginning() {
        for row in &TABLE {
            assert!(row.title.starts_with(TITLE), "{}: {}", row.id, row.title);
        }
    }

    #[test]
    fn pages_have_no_placeholders_left() {
        for control in &CONTROLS {
            let page = control.doc();
            for name in ["{slug}", "{why}", "{events}", "{subject}", "{pattern}"] {
                assert!(PAGE.contains(name) && !page.contains(name), "{} {name}", control.id);
            }
        }
    }
}
