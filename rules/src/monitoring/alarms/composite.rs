//! Composite alarms: which of them an alarm raises by itself.

use plumbline_core::facts::CompositeAlarm;

/// What an expression over alarms is when one alarm is in the ALARM state and the others are as
/// usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Raised {
    /// True, and it was false before.
    Yes,
    /// False, or true only with other alarms.
    No,
    /// False, and it may have been true before.
    Falls,
    /// True whatever the alarm's state, as a rule: other alarms are OK.
    Usually,
    /// True whatever the states of alarms.
    Always,
    /// False whatever the states of alarms.
    Never,
    /// Not known.
    Unknown,
}

/// The composite alarms that an alarm raises, directly or through others, and those of which that
/// is not known. The ARNs of the account's alarms in the Region begin with `arns`. `is_doubtful`
/// says which other alarms may be in the ALARM state for good.
pub(super) fn raised_by<'a>(
    alarm: &str,
    composites: &'a [CompositeAlarm],
    arns: &str,
    is_doubtful: &dyn Fn(&str) -> bool,
) -> Vec<(&'a CompositeAlarm, Raised)> {
    let mut found: Vec<(&CompositeAlarm, Raised)> = Vec::new();
    loop {
        let is_known = |one: &CompositeAlarm| found.iter().any(|(known, _)| known.name == one.name);
        let raised: Vec<&str> = std::iter::once(alarm)
            .chain(
                found
                    .iter()
                    .filter(|(_, raised)| *raised == Raised::Yes)
                    .map(|(one, _)| one.name.as_str()),
            )
            .collect();
        let next: Vec<_> = composites
            .iter()
            .filter(|one| !is_known(one))
            .map(|one| (one, raises(&one.rule, &raised, arns, is_doubtful)))
            .filter(|(_, raised)| matches!(raised, Raised::Yes | Raised::Unknown))
            .collect();
        if next.is_empty() {
            return found;
        }
        found.extend(next);
    }
}

fn raises(rule: &str, raised: &[&str], arns: &str, is_doubtful: &dyn Fn(&str) -> bool) -> Raised {
    let mut parser =
        RuleParser { rest: rule, raised, arns, is_doubtful, depth: 0, mentions_raised: false };
    match parser.any().filter(|_| parser.rest.trim().is_empty()) {
        Some(Raised::Usually | Raised::Falls | Raised::Always | Raised::Never) => Raised::No,
        Some(_) if !parser.mentions_raised => Raised::No,
        Some(known) => known,
        None if raised.iter().any(|name| rule.contains(name)) => Raised::Unknown,
        None => Raised::No,
    }
}

struct RuleParser<'a> {
    rest: &'a str,
    raised: &'a [&'a str],
    arns: &'a str,
    is_doubtful: &'a dyn Fn(&str) -> bool,
    depth: u8,
    mentions_raised: bool,
}

impl RuleParser<'_> {
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
            return Some(match self.one()? {
                // An alarm that is not OK may lack data, and did so before.
                Raised::Unknown | Raised::Falls => Raised::Unknown,
                // An alarm that is not OK may lack data for good.
                Raised::Yes | Raised::Usually => Raised::Falls,
                Raised::No => Raised::Usually,
                Raised::Always => Raised::Never,
                Raised::Never => Raised::Always,
            });
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
        let name = name.trim();
        // An ARN ends with the name, which may have colons. Alarms of other accounts and Regions
        // are other alarms, whatever their names, and nothing is known of them.
        let name = name.strip_prefix(self.arns).unwrap_or(name);
        let is_foreign = name.starts_with("arn:");
        let is_raised = self.raised.contains(&name);
        self.mentions_raised |= is_raised;
        Some(match (is_alarm, is_raised) {
            (true, true) => Raised::Yes,
            (true, false) if is_foreign || (self.is_doubtful)(name) => Raised::Unknown,
            (true, false) => Raised::No,
            (false, true) => Raised::Falls,
            (false, false) => Raised::Usually,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ARNS: &str = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:";

    #[test]
    fn an_alarm_that_may_be_in_the_alarm_state_for_good_is_a_doubt() {
        let with = |rule: &str| raises(rule, &["a"], ARNS, &|name| name == "b");
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
            assert_eq!(raises(rule, &["a"], ARNS, &|_| false), expected, "{rule}");
        }
    }

    #[test]
    fn through_other_composites() {
        let composite = |name: &str, rule: &str| CompositeAlarm {
            name: name.to_owned(),
            rule: rule.to_owned(),
            actions_enabled: true,
            actions: Vec::new(),
            suppressor: None,
        };
        let all = [
            composite("top", "ALARM(middle)"),
            composite("middle", "ALARM(a) OR ALARM(b)"),
            composite("other", "ALARM(b)"),
        ];
        let names: Vec<&str> = raised_by("a", &all, ARNS, &|_| false)
            .into_iter()
            .map(|(one, _)| one.name.as_str())
            .collect();
        assert_eq!(names, ["middle", "top"]);
    }

    /// An expression over alarms `a` to `c`, with its value by their states.
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
        /// What an alarm raises alone is true with it in the ALARM state, whatever the others are,
        /// and was false while all of them were OK. What it never raises is not called raised.
        #[test]
        fn raised_is_true_and_was_false(rule in rule()) {
            let found = raises(&rule.text(), &["a"], ARNS, &|_| false);
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
