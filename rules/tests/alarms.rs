//! Compares the verdicts on alarms with a small evaluator: an alarm that never notifies completes
//! no chain, and an alarm that notifies is not reported as never notifying.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail so")]

use plumbline_core::evaluation::{Compliance, Evaluation};
use plumbline_core::facts::{
    Alarm, AlarmCondition, AlarmQuery, Alarms, CompositeAlarm, Fact, FilterMetric, Metric,
    MetricFilter, MetricFilters,
};
use plumbline_rules::registry::find;
use proptest::prelude::*;

/// An alarm over one period on the metric of a filter.
#[derive(Clone, Debug)]
struct Watch {
    statistic: &'static str,
    comparison: &'static str,
    threshold: f64,
    value: f64,
    default: Option<f64>,
    missing: &'static str,
}

impl Watch {
    fn breaches(&self, value: f64) -> bool {
        match self.comparison {
            "GreaterThanThreshold" => value > self.threshold,
            "GreaterThanOrEqualToThreshold" => value >= self.threshold,
            "LessThanThreshold" => value < self.threshold,
            _ => value <= self.threshold,
        }
    }

    /// Returns the statistic over a period with `matching` events that match and `others` other
    /// events.
    fn data(&self, matching: u8, others: u8) -> Option<f64> {
        let mut values = vec![self.value; matching.into()];
        values.extend(self.default.into_iter().flat_map(|value| vec![value; others.into()]));
        let count = f64::from(u32::try_from(values.len()).expect("few"));
        let sum: f64 = values.iter().sum();
        let by = |pick: fn(f64, f64) -> f64| values.iter().copied().reduce(pick);
        match self.statistic {
            _ if values.is_empty() => None,
            "Sum" => Some(sum),
            "SampleCount" => Some(count),
            "Average" => Some(sum / count),
            "Minimum" => by(f64::min),
            _ => by(f64::max),
        }
    }

    /// Returns whether the alarm is in the ALARM state after a period.
    fn after(&self, matching: u8, others: u8, is_alarm: bool) -> bool {
        match (self.data(matching, others), self.missing) {
            (Some(value), _) => self.breaches(value),
            (None, "breaching") => true,
            (None, "ignore") => is_alarm,
            (None, _) => false,
        }
    }

    /// Returns how often events after a period without events raise the alarm that would not be
    /// raised without them.
    fn raised(&self, periods: &[(u8, u8)]) -> usize {
        let (mut is_alarm, mut was_quiet, mut raised) = (false, true, 0);
        for (matching, others) in periods {
            let before = is_alarm;
            is_alarm = self.after(*matching, *others, before);
            let is_raised = is_alarm && !before && !self.after(0, *others, before);
            raised += usize::from(*matching > 0 && was_quiet && is_raised);
            was_quiet = *matching == 0;
        }
        raised
    }

    /// Returns whether other events in a period hide events that raise the alarm alone.
    fn is_hidden(&self, periods: &[(u8, u8)]) -> bool {
        let breaches = |matching, others| {
            self.data(matching, others).is_some_and(|value| self.breaches(value))
        };
        let of_events = periods.iter().filter(|(matching, _)| *matching > 0);
        of_events
            .into_iter()
            .any(|(matching, others)| breaches(*matching, 0) && !breaches(*matching, *others))
    }

    fn condition(&self) -> AlarmCondition {
        AlarmCondition {
            comparison: self.comparison.to_owned(),
            threshold: Some(self.threshold),
            statistic: Some(self.statistic.to_owned()),
            period: Some(300),
            datapoints: 1,
            missing_breaches: self.missing == "breaching",
            missing: Some(self.missing.to_owned()),
        }
    }

    /// Returns the evaluation of a chain with this alarm.
    fn judged(&self) -> Evaluation {
        self.judged_by(|alarms| alarms, Vec::new())
    }

    /// Returns the evaluation of a chain with this alarm among others, and with composite alarms.
    fn judged_by(
        &self,
        among: impl Fn(Vec<Alarm>) -> Vec<Alarm>,
        composites: Vec<CompositeAlarm>,
    ) -> Evaluation {
        let control = find("4.12").expect("a control");
        let complete = (control.run.examples)().into_iter().find(|example| {
            matches!(example.expected.as_slice(), [one] if one.compliance == Compliance::Compliant)
        });
        let mut example = complete.expect("an example of a complete chain");
        let metric = Metric { namespace: "CIS".into(), name: "m".into(), dimensions: false };
        let fed = FilterMetric {
            metric: metric.clone(),
            value: Some(self.value.to_string()),
            default: self.default,
            unit: Some("None".to_owned()),
        };
        for (_, answer) in example.facts.iter_mut() {
            match answer {
                Ok(Fact::MetricFilters(MetricFilters(filters))) => {
                    for filter in filters.iter_mut().filter(|filter| filter.name == "good") {
                        *filter = MetricFilter { metrics: vec![fed.clone()], ..filter.clone() };
                    }
                }
                Ok(Fact::Alarms(Alarms(alarms))) => {
                    let alarm = alarms.first().expect("an alarm");
                    *alarms = among(vec![Alarm {
                        metrics: vec![metric.clone()],
                        condition: Some(self.condition()),
                        queries: Some(vec![AlarmQuery {
                            id: "m1".to_owned(),
                            metric: Some(metric.clone()),
                            statistic: Some(self.statistic.to_owned()),
                            returned: true,
                            ..AlarmQuery::default()
                        }]),
                        ..alarm.clone()
                    }]);
                }
                Ok(Fact::CompositeAlarms(found)) => found.0.clone_from(&composites),
                _ => {}
            }
        }
        example.run(control).expect("valid parameters").evaluations.remove(0)
    }
}

fn watches() -> impl Strategy<Value = Watch> {
    let statistic =
        prop::sample::select(vec!["Sum", "SampleCount", "Average", "Minimum", "Maximum"]);
    let comparison = prop::sample::select(vec![
        "GreaterThanThreshold",
        "GreaterThanOrEqualToThreshold",
        "LessThanThreshold",
        "LessThanOrEqualToThreshold",
    ]);
    let number = |all: &[f64]| prop::sample::select(all.to_vec());
    let missing = prop::sample::select(vec!["missing", "notBreaching", "breaching", "ignore"]);
    let default = prop::option::of(number(&[-1.0, 0.0, 1.0, 3.0]));
    let numbers = (number(&[-1.0, 0.0, 1.0, 2.0, 3.0]), number(&[-1.0, 0.0, 1.0, 2.0]), default);
    (statistic, comparison, numbers, missing).prop_map(
        |(statistic, comparison, (threshold, value, default), missing)| Watch {
            statistic,
            comparison,
            threshold,
            value,
            default,
            missing,
        },
    )
}

/// Periods with numbers of matching events, half of them 0, and of other events.
fn periods(others: std::ops::Range<u8>) -> impl Strategy<Value = Vec<(u8, u8)>> {
    let matching = prop_oneof![Just(0_u8), 1..5_u8];
    prop::collection::vec((matching, others), 400)
}

/// An alarm that one event puts into the ALARM state.
const PLAIN: Watch = Watch {
    statistic: "Sum",
    comparison: "GreaterThanOrEqualToThreshold",
    threshold: 1.0,
    value: 1.0,
    default: None,
    missing: "notBreaching",
};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 600, failure_persistence: None, ..Default::default()
    })]

    /// alarm-never-goes-off: no chain is complete with an alarm that no sequence of events raises
    /// twice, with or without other events on the trail. An alarm that events raise repeatedly is
    /// not reported as never notifying, and completes the chain if no other events hide events.
    /// Comparisons with fewer events and counts of a default value are always reported as never
    /// notifying.
    #[test]
    fn silent_alarms_complete_no_chain(
        watch in watches(), any in periods(0..4), busy in periods(1..4), crowded in periods(1..40),
    ) {
        let Evaluation { compliance, reason, .. } = watch.judged();
        if watch.raised(&any) < 2 || watch.raised(&busy) < 2 {
            prop_assert_ne!(compliance, Compliance::Compliant, "{:?}: {}", watch, reason);
        }
        let is_always_silent = watch.comparison.starts_with("Less")
            || (watch.statistic == "SampleCount" && watch.default.is_some());
        if !is_always_silent && watch.raised(&busy) >= 2 {
            prop_assert_ne!(compliance, Compliance::NonCompliant, "{:?}: {}", watch, reason);
            let is_hidden = watch.is_hidden(&crowded);
            let expected =
                if is_hidden { Compliance::NotAssessed } else { Compliance::Compliant };
            prop_assert_eq!(compliance, expected, "{:?}: {}", watch, reason);
        }
    }

    /// other-alarms: a composite alarm that another alarm also raises completes no chain if the
    /// other alarm is in the ALARM state without events, or may stay in it: then the composite
    /// alarm does not change its state. With any other alarm, it completes the chain.
    #[test]
    fn composite_alarms_that_are_raised_at_rest_complete_no_chain(
        other in watches(), has_data in any::<bool>(), is_of_aws in any::<bool>(),
    ) {
        let beside = |alarms: Vec<Alarm>| {
            let named = if is_of_aws { Vec::new() } else {
                vec![Metric { namespace: "App".into(), name: "n".into(), dimensions: false }]
            };
            let beside = Alarm {
                name: "beside".to_owned(),
                queries: Some(named.iter().map(|metric| AlarmQuery {
                    metric: Some(metric.clone()),
                    returned: true,
                    ..AlarmQuery::default()
                }).collect()),
                metrics: named,
                condition: Some(other.condition()),
                actions: Vec::new(),
                actions_enabled: true,
            };
            let silent = alarms.into_iter().map(|alarm| Alarm { actions: Vec::new(), ..alarm });
            silent.chain([beside]).collect()
        };
        let composite = |topics: &[String]| CompositeAlarm {
            name: "all".to_owned(),
            rule: "ALARM(a) OR ALARM(beside)".to_owned(),
            actions_enabled: true,
            actions: topics.to_vec(),
            suppressor: None,
        };
        let topics = std::cell::RefCell::new(Vec::new());
        PLAIN.judged_by(
            |alarms| {
                topics.borrow_mut().clone_from(&alarms[0].actions);
                alarms
            },
            Vec::new(),
        );
        let Evaluation { compliance, reason, .. } =
            PLAIN.judged_by(beside, vec![composite(&topics.borrow())]);
        // Without events, a metric has no data or values of 0.
        let at_rest = |value: Option<f64>| match value {
            Some(value) => other.breaches(value),
            None => other.missing == "breaching",
        };
        // The alarm may stay in the ALARM state, or count every value.
        let stays = other.missing == "ignore" || other.statistic == "SampleCount";
        if stays || at_rest(has_data.then_some(0.0)) {
            prop_assert_eq!(compliance, Compliance::NotAssessed, "{:?}: {}", other, reason);
        }
        if !stays && !at_rest(None) && !at_rest(Some(0.0)) {
            prop_assert_eq!(compliance, Compliance::Compliant, "{:?}: {}", other, reason);
        }
    }
}
