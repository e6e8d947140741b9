//! Composite alarms that a single alarm puts into the ALARM state.

use std::cell::RefCell;
use std::collections::BTreeMap;

use plumbline_core::facts::CompositeAlarm;

/// The value of an expression over alarms when one alarm is in the ALARM state and the others are
/// in their usual states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Raised {
    /// True, and it was false before.
    Yes,
    /// False, or true only with other alarms.
    No,
    /// False, and it may have been true before.
    Falls,
    /// Usually true, regardless of the alarm's state: other alarms are OK.
    Usually,
    /// True regardless of the states of all alarms.
    Always,
    /// False regardless of the states of all alarms.
    Never,
    /// Unknown.
    Unknown,
}

impl Raised {
    /// Returns the value of the negated expression.
    fn negated(self) -> Self {
        match self {
            // An alarm that is not OK may have missing data, also before the event.
            Self::Unknown | Self::Falls => Self::Unknown,
            // An alarm that is not OK may have missing data permanently.
            Self::Yes | Self::Usually => Self::Falls,
            Self::No => Self::Usually,
            Self::Always => Self::Never,
            Self::Never => Self::Always,
        }
    }

    /// Returns the value of `OK(…)` or `INSUFFICIENT_DATA(…)` for an alarm with this value of
    /// `ALARM(…)`.
    fn instead(self) -> Self {
        match self {
            Self::Yes => Self::Falls,
            Self::No | Self::Never => Self::Usually,
            Self::Always => Self::Never,
            Self::Usually | Self::Falls | Self::Unknown => Self::Unknown,
        }
    }
}

/// The composite alarms of a Region, evaluated with one alarm in the ALARM state.
pub(super) struct Composites<'a> {
    pub(super) all: &'a [CompositeAlarm],
    /// The alarm.
    pub(super) alarm: &'a str,
    /// The prefix of the ARNs of the account's alarms in the Region.
    pub(super) arns: &'a str,
    /// Returns whether another alarm may be in the ALARM state permanently.
    pub(super) is_doubtful: &'a dyn Fn(&str) -> bool,
    /// The values of the evaluated composite alarms, or `None` during the evaluation.
    values: RefCell<BTreeMap<&'a str, Option<Value>>>,
}

/// The value of a rule, and whether the rule mentions the alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Value {
    raised: Raised,
    mentions: bool,
}

/// A composite alarm that notifies, or may notify, for the alarm.
pub(super) struct RaisedComposite<'a> {
    pub(super) composite: &'a CompositeAlarm,
    /// Whether the alarm certainly raises the composite alarm, without a suppressor in the ALARM
    /// state.
    pub(super) is_certain: bool,
}

impl<'a> Composites<'a> {
    pub(super) fn new(
        all: &'a [CompositeAlarm],
        alarm: &'a str,
        arns: &'a str,
        is_doubtful: &'a dyn Fn(&str) -> bool,
    ) -> Self {
        Self { all, alarm, arns, is_doubtful, values: RefCell::default() }
    }

    /// Returns the composite alarms that the alarm raises or may raise, directly or through others.
    pub(super) fn raised(&self) -> Vec<RaisedComposite<'a>> {
        let raised = self.all.iter().filter_map(|composite| {
            let Value { raised, mentions } = self.of_composite(composite);
            let is_raised = mentions && matches!(raised, Raised::Yes | Raised::Unknown);
            // A suppressor that is, or may be, in the ALARM state at the same time suppresses the
            // actions.
            let suppressed = composite.suppressor.as_ref().is_some_and(|by| {
                !matches!(self.in_alarm(by).raised, Raised::No | Raised::Falls | Raised::Never)
            });
            let is_certain = raised == Raised::Yes && !suppressed;
            is_raised.then_some(RaisedComposite { composite, is_certain })
        });
        raised.collect()
    }

    /// Returns whether an alarm, given by name or ARN, is in the ALARM state.
    fn in_alarm(&self, name: &str) -> Value {
        // An ARN ends with the name, which may contain colons. Alarms of other accounts and Regions
        // are different alarms, even with the same name, and their states are unknown.
        let name = name.strip_prefix(self.arns).unwrap_or(name);
        if name == self.alarm {
            return Value { raised: Raised::Yes, mentions: true };
        }
        if let Some(composite) = self.all.iter().find(|composite| composite.name == name) {
            return self.of_composite(composite);
        }
        let is_open = name.starts_with("arn:") || (self.is_doubtful)(name);
        let raised = if is_open { Raised::Unknown } else { Raised::No };
        Value { raised, mentions: false }
    }

    fn of_composite(&self, composite: &'a CompositeAlarm) -> Value {
        let known = self.values.borrow().get(composite.name.as_str()).copied();
        if let Some(value) = known {
            // Alarms that depend on each other can keep their states.
            return value.unwrap_or(Value { raised: Raised::Unknown, mentions: true });
        }
        self.values.borrow_mut().insert(&composite.name, None);
        let value = self.of_rule(&composite.rule);
        self.values.borrow_mut().insert(&composite.name, Some(value));
        value
    }

    fn of_rule(&self, rule: &str) -> Value {
        let mut parser = RuleParser { rest: rule, composites: self, depth: 0, mentions: false };
        let found = parser.any().filter(|_| parser.rest.trim().is_empty());
        found.map_or_else(
            || {
                // The alarms in the rule may depend on the alarm.
                let mut others = self.all.iter().map(|composite| composite.name.as_str());
                let mentions =
                    rule.contains(self.alarm) || others.any(|other| rule.contains(other));
                Value { raised: Raised::Unknown, mentions }
            },
            |raised| Value { raised, mentions: parser.mentions },
        )
    }
}

struct RuleParser<'a, 'c> {
    rest: &'a str,
    composites: &'a Composites<'c>,
    depth: u8,
    /// Whether the rule mentions the alarm.
    mentions: bool,
}

impl RuleParser<'_, '_> {
    fn word(&mut self, wanted: &str) -> bool {
        let text = self.rest.trim_start();
        let Some((start, rest)) = text.split_at_checked(wanted.len()) else { return false };
        let ends = !wanted.ends_with(char::is_alphanumeric)
            || !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
        let found = start.eq_ignore_ascii_case(wanted) && ends;
        if found {
            self.rest = rest;
        }
        found
    }

    fn any(&mut self) -> Option<Raised> {
        let mut parts = vec![self.all()?];
        while self.word("OR") {
            parts.push(self.all()?);
        }
        parts.retain(|part| *part != Raised::Never);
        let has = |wanted| parts.contains(&wanted);
        let may_be_true_before = has(Raised::Usually) || has(Raised::Falls);
        Some(if parts.is_empty() {
            Raised::Never
        } else if has(Raised::Always) {
            Raised::Always
        } else if has(Raised::Unknown) || (has(Raised::Yes) && may_be_true_before) {
            Raised::Unknown
        } else if has(Raised::Yes) {
            Raised::Yes
        } else if has(Raised::Usually) {
            Raised::Usually
        } else if has(Raised::Falls) {
            Raised::Falls
        } else {
            Raised::No
        })
    }

    fn all(&mut self) -> Option<Raised> {
        let mut parts = vec![self.one()?];
        while self.word("AND") {
            parts.push(self.one()?);
        }
        parts.retain(|part| *part != Raised::Always);
        let has = |wanted| parts.contains(&wanted);
        Some(match parts.as_slice() {
            [] => Raised::Always,
            _ if has(Raised::Never) => Raised::Never,
            [only] => *only,
            _ if has(Raised::No) => Raised::No,
            _ if has(Raised::Falls) => Raised::Falls,
            _ if has(Raised::Unknown) => Raised::Unknown,
            _ if has(Raised::Yes) && has(Raised::Usually) => Raised::No,
            _ if has(Raised::Yes) => Raised::Yes,
            _ => Raised::Usually,
        })
    }

    fn one(&mut self) -> Option<Raised> {
        self.depth = self.depth.checked_add(1).filter(|depth| *depth < 100)?;
        if self.word("NOT") {
            return self.one().map(Raised::negated);
        }
        if self.word("(") {
            let inner = self.any()?;
            return self.word(")").then_some(inner);
        }
        if self.word("TRUE") {
            return Some(Raised::Always);
        }
        if self.word("FALSE") {
            return Some(Raised::Never);
        }
        let is_alarm = self.word("ALARM");
        let is_other = !is_alarm && (self.word("OK") || self.word("INSUFFICIENT_DATA"));
        if !(is_alarm || is_other) || !self.word("(") {
            return None;
        }
        let text = self.rest.trim_start();
        let (name, rest) = match text.strip_prefix('"') {
            Some(quoted) => {
                let (name, rest) = quoted.split_once('"')?;
                (name, rest.trim_start().strip_prefix(')')?)
            }
            None => text.split_once(')')?,
        };
        self.rest = rest;
        let Value { raised, mentions } = self.composites.in_alarm(name.trim());
        self.mentions |= mentions;
        Some(if is_alarm { raised } else { raised.instead() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ARNS: &str = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:";

    fn composite(name: &str, rule: &str) -> CompositeAlarm {
        CompositeAlarm {
            name: name.to_owned(),
            rule: rule.to_owned(),
            actions_enabled: true,
            actions: Vec::new(),
            suppressor: None,
        }
    }

    /// Returns whether alarm `a` raises a composite alarm with a rule.
    fn raises(rule: &str, is_doubtful: &dyn Fn(&str) -> bool) -> Raised {
        let all = [composite("top", rule)];
        let composites = Composites::new(&all, "a", ARNS, is_doubtful);
        match composites.of_composite(&all[0]) {
            Value { raised: raised @ (Raised::Yes | Raised::Unknown), mentions: true } => raised,
            _ => Raised::No,
        }
    }

    /// Returns the composite alarms that alarm `a` raises, and whether each result is certain.
    fn raised(all: &[CompositeAlarm]) -> Vec<(&str, bool)> {
        let composites = Composites::new(all, "a", ARNS, &|_| false);
        let raised = composites.raised().into_iter();
        raised.map(|one| (one.composite.name.as_str(), one.is_certain)).collect()
    }

    #[test]
    fn an_alarm_that_may_stay_in_the_alarm_state_makes_the_result_unknown() {
        let with = |rule: &str| raises(rule, &|name| name == "b");
        assert_eq!(with("ALARM(a) OR ALARM(b)"), Raised::Unknown);
        assert_eq!(with("ALARM(a) OR ALARM(c)"), Raised::Yes);
        assert_eq!(with("ALARM(a) OR NOT OK(c)"), Raised::Unknown);
    }

    #[test]
    fn rules() {
        for (rule, expected) in [
            ("ALARM(a)", Raised::Yes),
            ("ALARM(\"a\") OR ALARM(b)", Raised::Yes),
            ("(ALARM(b) OR (alarm(a)))", Raised::Yes),
            ("ALARM(arn:aws:cloudwatch:us-east-1:111122223333:alarm:a)", Raised::Yes),
            ("ALARM(a) AND ALARM(b)", Raised::No),
            ("ALARM(a) AND NOT ALARM(b)", Raised::No),
            ("NOT ALARM(a)", Raised::No),
            ("ALARM(b)", Raised::No),
            ("OK(a)", Raised::No),
            ("NOT OK(a)", Raised::Unknown),
            ("ALARM(a) OR OK(a)", Raised::Unknown),
            ("ALARM(a) OR NOT ALARM(a)", Raised::Unknown),
            ("ALARM(a) AND NOT OK(b)", Raised::No),
            ("ALARM(b) AND (ALARM(a) OR ALARM(c))", Raised::No),
            ("ALARM(a) OR (ALARM(b) AND ALARM(c))", Raised::Yes),
            ("ALARM(a) OR OK(b)", Raised::Unknown),
            ("ALARM(a) OR TRUE", Raised::No),
            ("ALARM(a) AND TRUE", Raised::Yes),
            ("(TRUE AND NOT FALSE) AND ALARM(a)", Raised::Yes),
            ("ALARM(a) OR FALSE", Raised::Yes),
            ("ALARM(a) AND FALSE", Raised::No),
            ("TRUE", Raised::No),
            ("ALARM(arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a)", Raised::No),
            ("ALARM(arn:aws:cloudwatch:us-east-1:444455556666:alarm:a)", Raised::No),
            (
                "ALARM(a) OR ALARM(arn:aws:cloudwatch:us-east-1:444455556666:alarm:b)",
                Raised::Unknown,
            ),
            (
                "ALARM(a) AND ALARM(arn:aws:cloudwatch:us-east-1:444455556666:alarm:a)",
                Raised::Unknown,
            ),
            ("AT_LEAST(1, ALARM, (a, b))", Raised::Unknown),
            ("AT_LEAST(1, ALARM, (b, c))", Raised::No),
            ("SOME(b)", Raised::No),
        ] {
            assert_eq!(raises(rule, &|_| false), expected, "{rule}");
        }
    }

    #[test]
    fn through_other_composites() {
        let all = [
            composite("top", "ALARM(middle)"),
            composite("middle", "ALARM(a) OR ALARM(b)"),
            composite("other", "ALARM(b)"),
        ];
        assert_eq!(raised(&all), [("top", true), ("middle", true)]);
    }

    /// A composite alarm that is always in the ALARM state keeps another one in that state.
    #[test]
    fn beside_other_composites() {
        for (rule, expected) in [
            ("TRUE", &[][..]),
            ("OK(x)", &[("top", false)]),
            ("NOT ALARM(x)", &[("top", false)]),
            ("ALARM(arn:aws:cloudwatch:eu-west-1:111122223333:alarm:q)", &[("top", false)]),
            ("SOME(x)", &[("top", false)]),
            ("ALARM(x)", &[("top", true)]),
            ("FALSE", &[("top", true)]),
            ("ALARM(top)", &[("top", false)]),
        ] {
            let all = [composite("top", "ALARM(a) OR ALARM(beside)"), composite("beside", rule)];
            let found = raised(&all).into_iter().filter(|(name, _)| *name == "top");
            assert_eq!(found.collect::<Vec<_>>(), expected, "{rule}");
        }
    }

    #[test]
    fn a_suppressor_in_the_alarm_state_makes_the_result_uncertain() {
        let by_arn = format!("{ARNS}a");
        for (suppressor, is_certain) in [
            ("a", false),
            (by_arn.as_str(), false),
            ("top", false),
            ("always", false),
            ("arn:aws:cloudwatch:eu-west-1:111122223333:alarm:q", false),
            ("maintenance", true),
            ("never", true),
        ] {
            let top = CompositeAlarm {
                suppressor: Some(suppressor.to_owned()),
                ..composite("top", "ALARM(a)")
            };
            let all = [top, composite("always", "TRUE"), composite("never", "FALSE")];
            assert_eq!(raised(&all), [("top", is_certain)], "{suppressor}");
        }
    }

    /// An expression over alarms `a` to `c`.
    #[derive(Clone, Debug)]
    enum Rule {
        Is(&'static str, usize),
        Constant(bool),
        Not(Box<Rule>),
        All(Box<Rule>, Box<Rule>),
        Any(Box<Rule>, Box<Rule>),
    }

    const STATES: [&str; 3] = ["OK", "ALARM", "INSUFFICIENT_DATA"];

    impl Rule {
        fn holds(&self, states: [&str; 3]) -> bool {
            match self {
                Self::Is(state, alarm) => states[*alarm] == *state,
                Self::Constant(value) => *value,
                Self::Not(inner) => !inner.holds(states),
                Self::All(left, right) => left.holds(states) && right.holds(states),
                Self::Any(left, right) => left.holds(states) || right.holds(states),
            }
        }

        fn text(&self) -> String {
            match self {
                Self::Is(state, alarm) => format!("{state}({})", ["a", "b", "c"][*alarm]),
                Self::Constant(value) => value.to_string().to_uppercase(),
                Self::Not(inner) => format!("NOT ({})", inner.text()),
                Self::All(left, right) => format!("({} AND {})", left.text(), right.text()),
                Self::Any(left, right) => format!("({} OR {})", left.text(), right.text()),
            }
        }
    }

    fn rule() -> impl Strategy<Value = Rule> {
        let is = (prop::sample::select(STATES.to_vec()), 0..3_usize)
            .prop_map(|(state, alarm)| Rule::Is(state, alarm));
        let leaf = prop_oneof![6 => is, 1 => any::<bool>().prop_map(Rule::Constant)];
        leaf.prop_recursive(3, 12, 2, |inner| {
            let two = (inner.clone(), inner.clone());
            prop_oneof![
                inner.prop_map(|one| Rule::Not(Box::new(one))),
                two.clone().prop_map(|(left, right)| Rule::All(Box::new(left), Box::new(right))),
                two.prop_map(|(left, right)| Rule::Any(Box::new(left), Box::new(right))),
            ]
        })
    }

    proptest! {
        /// An expression that an alarm raises alone is true with this alarm in the ALARM state,
        /// regardless of the other alarms, and false while all alarms are OK.
        #[test]
        fn raised_is_true_and_was_false(rule in rule()) {
            let found = raises(&rule.text(), &|_| false);
            let others = || STATES.iter().flat_map(|b| STATES.iter().map(move |c| (*b, *c)));
            if found == Raised::Yes {
                for (b, c) in others() {
                    prop_assert!(rule.holds(["ALARM", b, c]), "{} with {b} {c}", rule.text());
                }
                prop_assert!(!rule.holds(["OK"; 3]), "{}", rule.text());
            }
        }
    }
}
