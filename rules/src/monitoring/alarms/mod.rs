//! 4.1 to 4.15: one mechanism, one table.

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
        /// The account whose log group the organization's trail delivers to and which monitors for
        /// all: the control is not applicable in the others then.
        monitoring_account: MaybeAccount = ("monitoringAccount", "none", Any),
        /// The age in hours from which on the latest delivery of the trail to its log group counts
        /// as too old.
        max_delivery_age: Hours = ("maxDeliveryAgeHours", "24", Higher),
        /// ARNs of SNS topics, with `*` and `?` as wildcards, that count without being read: those
        /// of other accounts, for example.
        trusted_topics: TopicArns = ("trustedTopics", "", Any),
    }
}

/// The documentation of the fifteen below their titles, with what differs in braces.
const PAGE: &str = r#"
## Why
{why}

## Decision
A chain without a gap: a multi-Region trail that logs read and write management events delivers to a log group, and has done so within `maxDeliveryAgeHours`; metric filters of that group count the events below, alone or together; an alarm watches the filter's metric, directly, by a sum of metrics, or by a query of Metrics Insights; its actions, or those of a composite alarm that it raises alone, are enabled and name an SNS topic; and CloudWatch can publish to the topic, which has a confirmed subscription. Several trails, filters and alarms may be there: one complete chain is enough. The log group may be in another Region. A trail may exclude AWS KMS or the RDS Data API: 4.7 fails without AWS KMS, 4.1 without either, and the others do not.

To be counted: {events} What a filter counts is decided by meaning, not by its text; where it misses an event, the reason shows the event. A filter narrowed by anything else, for example by user or Region, misses some. A filter covers also where it misses only events that CloudTrail does not write; the reason states what is known of them.

A log group of another account is not assessed here. When that account is the `monitoringAccount`, the control is not applicable. A trail that was started less than an hour ago and has delivered nothing yet is not assessed. An alarm that provably never enters the ALARM state, or never changes its state again, is none: for its comparison, unit, default value, treatment of missing data, or for what the filter and others on its metric count. An alarm that needs several events or periods is mentioned and does not fail. One whose statistic contains default values of other events that can hide an event, such as `Average` over 0, is not assessed, and neither is other metric math. A topic with the AWS managed key, or with a policy that does not let CloudWatch publish, breaks the chain; a customer managed key, a filter policy and a mute rule are mentioned. A topic of `trustedTopics` counts unread.

## Remediation
Add what is missing of the chain, which the reason names: a metric filter that counts the events, an alarm on its metric, a topic, or a confirmed subscription.

In the Region of the trail's log group LOG-GROUP, with the ADDRESS of who is to be told:

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

Then follow the link in the mail: until the subscription is confirmed, nobody is told. The topic and its subscription serve all of 4.1 to 4.15: asking for them again changes nothing."#;

/// The control of a row of the table.
struct AlarmChain<const ROW: usize>;

impl<const ROW: usize> AlarmChain<ROW> {
    #[expect(clippy::indexing_slicing, reason = "a row out of bounds would not compile here")]
    const ROW: &AlarmRow = &TABLE[ROW];

    /// The filter pattern that the page shows, and those of the examples.
    fn pattern() -> String {
        required(Self::ROW.id).map(Requirement::remedy).unwrap_or_default()
    }

    fn page() -> String {
        let AlarmRow { slug, why, events, .. } = Self::ROW;
        // The pattern comes last: it has braces of its own.
        PAGE.replace("{slug}", slug)
            .replace("{why}", why)
            .replace("{events}", events)
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
    /// What 4.14 has besides.
    struct ClassicLink {
        /// Whether the four calls of ClassicLink are required. EC2-Classic was retired in August
        /// 2022.
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

/// 4.14, whose events can leave out the calls of ClassicLink.
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
    fn pages_have_no_placeholders_left() {
        for control in &CONTROLS {
            let page = control.doc();
            for name in ["{slug}", "{why}", "{events}", "{pattern}"] {
                assert!(PAGE.contains(name) && !page.contains(name), "{} {name}", control.id);
            }
        }
    }
}
