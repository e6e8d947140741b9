//! The kinds of numbers at a field.

use std::collections::BTreeSet;

use super::kinds::{explore, in_json};
use super::{Field, MOST_KINDS, Probe, ValueKind, language};
use crate::automaton::Budget;
use crate::filter::event::Node;
use crate::filter::number::Decimal;
use crate::filter::syntax::{Operand, Test};
use crate::filter::text::{self, Asterisk, Language};

impl Field {
    /// Numbers of every kind, as JSON represents them. Some tests concern the value of a number,
    /// others its notation. The result also contains the kinds that would exist if every value
    /// could have every notation. Their examples are not of that kind, so an event that needs one
    /// fails its check.
    pub(super) fn numbers(
        &self,
        operands: &[(&Operand, Asterisk)],
        points: &BTreeSet<Decimal>,
        budget: &Budget,
    ) -> (Vec<String>, Vec<ValueKind>, Option<&'static str>) {
        let mut values: Vec<Decimal> = Vec::new();
        let mut doubt = None;
        if let (Some(first), Some(last)) = (points.first(), points.last()) {
            values.extend(points.iter().cloned());
            values.extend([first.below(), last.above()]);
            for (low, high) in points.iter().zip(points.iter().skip(1)) {
                match low.between(high) {
                    Some(middle) => values.push(middle),
                    None => doubt = Some("the numbers are too close to each other"),
                }
            }
        } else {
            values.push(Decimal::zero());
        }
        let languages: Vec<Language> = operands
            .iter()
            .filter(|(operand, _)| !matches!(operand, Operand::Number(_)))
            .map(|(operand, reading)| language(operand, *reading))
            .collect();
        let spellings = if languages.is_empty() {
            vec!["0".to_owned()]
        } else {
            let (spellings, spelling_doubt) = explore(&languages, Some(&text::numbers()), budget);
            doubt = doubt.or(spelling_doubt);
            spellings
        };
        let spelt = |value: &Decimal| {
            let text = value.text();
            // The value again, in another notation.
            let other = text
                .bytes()
                .all(|byte| byte == b'-' || byte.is_ascii_digit())
                .then(|| format!("{text}.0"));
            [Some(text), other]
        };
        let written: Vec<String> = values
            .iter()
            .flat_map(spelt)
            .flatten()
            .chain(spellings.iter().cloned())
            .filter_map(|text| in_json(&text))
            .collect();
        // The results that the tests would have if every value could have every notation, and the
        // results for the numbers that are available.
        let is_about_value = |probe: &Probe| {
            matches!(
                probe,
                Probe::Test(
                    Test::Compares(..)
                        | Test::Equals(Operand::Number(_))
                        | Test::Differs(Operand::Number(_)),
                    _
                )
            )
        };
        let answers = |by_value: &Node<'_>, by_text: &Node<'_>| -> Vec<bool> {
            self.probes
                .iter()
                .map(|probe| probe.holds(if is_about_value(probe) { by_value } else { by_text }))
                .collect()
        };
        if !budget.spend(written.len() * self.probes.len()) {
            return (written, Vec::new(), Some("the value is compared with too many numbers"));
        }
        let view = |text: &str| Node::number(text.to_owned());
        let had: BTreeSet<Vec<bool>> =
            written.iter().map(|text| answers(&view(text), &view(text))).collect();
        let mut unlikely = Vec::new();
        for value in &values {
            if !budget.spend(spellings.len() * self.probes.len()) || unlikely.len() > MOST_KINDS {
                doubt = Some("the patterns test both the value and the notation of a number");
                break;
            }
            let value = view(&value.text());
            let combined = spellings
                .iter()
                .map(|spelling| answers(&value, &view(spelling)))
                .filter(|answers| !had.contains(answers));
            unlikely.extend(combined.map(|answers| ValueKind { answers, example: value.clone() }));
        }
        (written, unlikely, doubt)
    }
}
