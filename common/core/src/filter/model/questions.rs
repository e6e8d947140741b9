//! Turns patterns into questions about fields, and questions into a formula over kinds.

use super::fields::split_at_wildcard;
use super::{Branch, Model, Probe, Question, ValueKind, is_ambiguous};
use crate::automaton::Bits;
use crate::filter::event::Node;
use crate::filter::solve::Formula;
use crate::filter::syntax::{Atom, Expression, Test};
use crate::filter::text::Asterisk;

impl Model {
    /// The question whether a pattern matches, or does not match, under a meaning of `*`.
    pub(crate) fn ask(
        &mut self,
        pattern: &Expression,
        reading: Asterisk,
        matches: bool,
    ) -> Question {
        match pattern {
            Expression::Atom(atom) => self.ask_atom(atom, reading, matches),
            Expression::All(parts) => Question::group(
                parts.iter().map(|part| self.ask(part, reading, matches)).collect(),
                matches,
            ),
            Expression::Any(parts) => Question::group(
                parts.iter().map(|part| self.ask(part, reading, matches)).collect(),
                !matches,
            ),
        }
    }

    pub(super) fn ask_atom(&mut self, atom: &Atom, reading: Asterisk, matches: bool) -> Question {
        let Some((before, after)) = split_at_wildcard(&atom.selector) else {
            let place = self.place_below(0, &atom.selector);
            return self.ask_test(place, &atom.test, reading, matches);
        };
        let base = self.place_below(0, before);
        // "No child equals" and "no child exists" apply to every child, all other tests to some
        // child.
        let (of_child, of_every) = match &atom.test {
            Test::Differs(operand) => (Test::Equals(operand.clone()), true),
            Test::NotExists => (Test::NotExists, false),
            test => (test.clone(), false),
        };
        let child_matches = matches != of_every;
        let is_all = (of_every || atom.test == Test::NotExists) == matches;
        let mut parts = Vec::new();
        if of_every {
            parts.push(self.probe(base, Probe::Exists, matches));
        }
        for child in self.children(base) {
            let place = self.place_below(child, after);
            parts.push(if of_child == Test::IsNull {
                // The elements of a nested array do not count.
                self.probe(place, Probe::IsNull, child_matches)
            } else {
                self.ask_test(place, &of_child, reading, child_matches)
            });
        }
        Question::group(parts, is_all)
    }

    pub(super) fn ask_test(
        &mut self,
        place: usize,
        test: &Test,
        reading: Asterisk,
        matches: bool,
    ) -> Question {
        let elements = self.elements(place);
        if *test != Test::IsNull || elements.is_empty() {
            let reading = if is_ambiguous(test) { reading } else { Asterisk::Wildcard };
            return self.probe(place, Probe::Test(test.clone(), reading), matches);
        }
        let holds_null = elements
            .into_iter()
            .map(|element| self.probe(element, Probe::IsNull, matches))
            .collect();
        let is_array = self.probe(place, Probe::IsArray, matches);
        let is_null = self.probe(place, Probe::IsNull, matches);
        Question::group(
            vec![
                is_null,
                Question::group(vec![is_array, Question::group(holds_null, !matches)], matches),
            ],
            !matches,
        )
    }

    pub(super) fn probe(&mut self, place: usize, probe: Probe, holds: bool) -> Question {
        let Some(known) = self.places.get_mut(place) else { return Question::Any(Vec::new()) };
        let next = known.probes.len();
        let number = *known.numbers.entry(probe.clone()).or_insert(next);
        if number == next {
            known.probes.push(probe);
        }
        Question::Probe { place, probe: number, holds }
    }

    /// The question as a formula over kinds.
    pub(crate) fn formula(&self, question: &Question) -> Formula {
        match question {
            Question::Probe { place, probe, holds } => {
                self.those(*place, |kind| kind.answers.get(*probe) == Some(holds))
            }
            Question::All(parts) => {
                Formula::all(parts.iter().map(|part| self.formula(part)).collect())
            }
            Question::Any(parts) => {
                Formula::any(parts.iter().map(|part| self.formula(part)).collect())
            }
        }
    }

    pub(super) fn those(&self, place: usize, belongs: impl Fn(&ValueKind) -> bool) -> Formula {
        let kinds = self.places.get(place).map(|place| place.kinds.as_slice()).unwrap_or_default();
        Formula::In(
            place,
            Bits::from_members(
                kinds.len(),
                kinds.iter().enumerate().filter(|(_, kind)| belongs(kind)).map(|(at, _)| at),
            ),
        )
    }

    /// The formulas that state which kinds are compatible.
    pub(crate) fn structure(&self) -> Vec<Formula> {
        let is_missing = |kind: &ValueKind| kind.example == Node::Missing;
        let is_array = |kind: &ValueKind| matches!(kind.example, Node::Array { .. });
        let mut rules = Vec::new();
        for (at, place) in self.places.iter().enumerate() {
            let holder = match place.branch {
                Branch::Root => continue,
                Branch::Key(_) => self.those(place.parent, |kind| kind.example == Node::Object),
                Branch::Index(_) => self.those(place.parent, is_array),
                Branch::Unnamed(_) => {
                    self.those(place.parent, |kind| is_array(kind) || kind.example == Node::Object)
                }
            };
            rules.push(Formula::any(vec![self.those(at, is_missing), holder]));
        }
        for at in 0..self.places.len() {
            let elements = self.elements(at);
            for (former, latter) in elements.iter().zip(elements.iter().skip(1)) {
                let in_order = vec![
                    self.those(*latter, is_missing),
                    self.those(*former, |kind| !is_missing(kind)),
                    self.those(at, |kind| !is_array(kind)),
                ];
                rules.push(Formula::any(in_order));
            }
        }
        rules.retain(|rule| !matches!(rule, Formula::Constant(true)));
        rules
    }
}
