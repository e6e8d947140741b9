//! The kinds of values that the questions about a field distinguish.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::fields::split_at_wildcard;
use super::{
    Branch, Field, MOST_KINDS, MOST_STATES, Model, Probe, UsualValues, ValueKind, each_atom,
    language,
};
use crate::automaton::Budget;
use crate::filter::event::Node;
use crate::filter::number::Decimal;
use crate::filter::syntax::{Atom, Expression, Operand, Segment, Test};
use crate::filter::text::{Asterisk, Language, State, TextMachine};

impl Model {
    /// Finds the kinds of values at every place. `required` holds for every event that is searched
    /// for: if it allows only a few texts, other texts are not modeled.
    pub(crate) fn find_kinds(&mut self, required: Option<&Expression>, budget: &Budget) {
        let mut only: HashMap<usize, Vec<String>> = HashMap::new();
        if let Some(required) = required {
            let mut selectors = Vec::new();
            each_atom(required, &mut |atom| {
                if split_at_wildcard(&atom.selector).is_none()
                    && !selectors.contains(&atom.selector)
                {
                    selectors.push(atom.selector.clone());
                }
            });
            for selector in selectors {
                if let Some(texts) = only_texts(required, &selector) {
                    only.insert(self.place_below(0, &selector), texts);
                }
            }
        }
        for at in 0..self.places.len() {
            let Some(place) = self.places.get(at) else { continue };
            // No place may use more than half of what remains for the others.
            let share = budget.share(1, 2);
            let (kinds, doubt) = match (&place.branch, only.get(&at)) {
                (Branch::Root, _) => (vec![place.kind(Node::Object)], None),
                (_, Some(texts)) => place.kinds_of_texts(texts, &share),
                _ => place.find_kinds(self.usual, &share),
            };
            budget.spend_like(&share);
            let doubt = doubt.map(|doubt| format!("{doubt} at {}", place.path));
            if let Some(place) = self.places.get_mut(at) {
                place.kinds = kinds;
            }
            if let Some(doubt) = doubt {
                self.doubt_because(doubt);
            }
        }
    }

    /// The number of kinds at each place.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        self.places.iter().map(|place| place.kinds.len()).collect()
    }
}

impl Field {
    pub(super) fn kind(&self, example: Node<'static>) -> ValueKind {
        ValueKind {
            answers: self.probes.iter().map(|probe| probe.holds(&example)).collect(),
            example,
        }
    }

    /// The kinds among some examples, each once, in the order of the examples.
    pub(super) fn distinct_kinds(
        &self,
        examples: Vec<Node<'static>>,
        budget: &Budget,
    ) -> (Vec<ValueKind>, Option<&'static str>) {
        let mut known = BTreeSet::new();
        let mut kinds = Vec::new();
        let sizes: usize = self.probes.iter().map(Probe::size).sum();
        for example in examples {
            let length = if let Node::Text(text) = &example { text.len() } else { 1 };
            if kinds.len() >= MOST_KINDS || !budget.spend(self.probes.len() + sizes * length / 4) {
                return (kinds, Some("the patterns distinguish too many values"));
            }
            let shape = match example {
                Node::Missing => 0,
                Node::Object => 1,
                Node::Array { .. } => 2,
                _ => 3,
            };
            let kind = self.kind(example);
            if known.insert((shape, kind.answers.clone())) {
                kinds.push(kind);
            }
        }
        (kinds, None)
    }

    /// The kinds if only some texts matter. A number may have the same notation as one of them.
    pub(super) fn kinds_of_texts(
        &self,
        texts: &[String],
        budget: &Budget,
    ) -> (Vec<ValueKind>, Option<&'static str>) {
        let mut examples: Vec<Node<'static>> =
            texts.iter().map(|text| Node::Text(Cow::Owned(text.clone()))).collect();
        let mut doubt = None;
        for text in texts.iter().filter(|text| Decimal::parse(text).is_some()) {
            match in_json(text) {
                Some(written) if written == *text => examples.push(Node::number(written)),
                _ => doubt = Some("a number has too many notations"),
            }
        }
        let (kinds, too_many) = self.distinct_kinds(examples, budget);
        (kinds, doubt.or(too_many))
    }

    /// All kinds, and the reason why some may be missing.
    pub(super) fn find_kinds(
        &self,
        usual: UsualValues,
        budget: &Budget,
    ) -> (Vec<ValueKind>, Option<&'static str>) {
        let mut operands: Vec<(&Operand, Asterisk)> = Vec::new();
        let mut seen: HashSet<(&Operand, Asterisk)> = HashSet::new();
        let mut points: BTreeSet<Decimal> = BTreeSet::new();
        for probe in &self.probes {
            match probe {
                Probe::Test(Test::Equals(operand) | Test::Differs(operand), reading) => {
                    if seen.insert((operand, *reading)) {
                        operands.push((operand, *reading));
                    }
                    if let Operand::Number(number) = operand {
                        points.insert(number.value.clone());
                    }
                }
                Probe::Test(Test::Compares(_, number), _) => {
                    points.insert(number.value.clone());
                }
                _ => {}
            }
        }
        let (usual, is_usual) = usual(&self.path);
        let mut examples: Vec<Node<'static>> = Vec::new();
        let texts = |texts: Vec<String>| texts.into_iter().map(|text| Node::Text(Cow::Owned(text)));
        if !is_usual {
            examples.push(Node::Missing);
        }
        examples.extend(texts(usual.iter().map(|text| (*text).to_owned()).collect()));
        examples.extend(texts(
            operands.iter().filter_map(|(operand, reading)| simplest(operand, *reading)).collect(),
        ));
        examples.extend(texts(vec!["example".to_owned()]));
        let languages: Vec<Language> =
            operands.iter().map(|(operand, reading)| language(operand, *reading)).collect();
        // The values that are found still have to be distinguished.
        let share = budget.share(1, 2);
        let (found, mut doubt) = explore(&languages, None, &share);
        examples.extend(texts(found));
        if is_usual {
            examples.push(Node::Missing);
        }
        let (numbers, unlikely, number_doubt) = self.numbers(&operands, &points, &share);
        budget.spend_like(&share);
        doubt = doubt.or(number_doubt);
        examples.extend(numbers.into_iter().map(Node::number));
        examples.extend([
            Node::Bool(true),
            Node::Bool(false),
            Node::Null,
            Node::Object,
            Node::Array { holds_null: false },
            Node::Array { holds_null: true },
        ]);
        let (mut kinds, mut too_many) = self.distinct_kinds(examples, budget);
        for kind in unlikely {
            if kinds.iter().any(|known| is_leaf(&known.example) && known.answers == kind.answers) {
                continue;
            }
            if kinds.len() >= MOST_KINDS {
                too_many = Some("the patterns distinguish too many values");
                break;
            }
            kinds.push(kind);
        }
        (kinds, doubt.or(too_many))
    }
}

pub(super) fn is_leaf(node: &Node<'_>) -> bool {
    !matches!(node, Node::Missing | Node::Object | Node::Array { .. })
}

/// Texts for every possible combination of languages, shortest first, and the reason why some may
/// be missing. If `within` is given, only texts of that language.
pub(super) fn explore(
    languages: &[Language],
    within: Option<&Language>,
    budget: &Budget,
) -> (Vec<String>, Option<&'static str>) {
    const DOUBT: Option<&str> = Some("the values are compared with too many patterns");
    let machine = TextMachine::new(languages.iter().chain(within));
    let alphabet = machine.alphabet();
    let last = within.map(|language| {
        (machine.start_of_last(language), u32::try_from(languages.len()).unwrap_or(u32::MAX))
    });
    let is_useful = |state: &State| last.is_none_or(|(first, _)| machine.is_alive(state, first));

    let mut known: HashMap<State, usize> = HashMap::new();
    let mut queue: Vec<(State, Option<(usize, char)>)> = Vec::new();
    let mut combinations: BTreeSet<Vec<u32>> = BTreeSet::new();
    let mut texts = Vec::new();
    known.insert(machine.start(), 0);
    queue.push((machine.start(), None));
    let mut at = 0;
    while let Some((state, _)) = queue.get(at) {
        let state = state.clone();
        let accepted = machine.accepted(&state);
        if last.is_none_or(|(_, number)| accepted.contains(&number))
            && combinations.insert(accepted)
        {
            let mut text = Vec::new();
            let mut from = Some(at);
            while let Some(Some((before, character))) =
                from.and_then(|from| queue.get(from)).map(|(_, how)| *how)
            {
                text.push(character);
                from = Some(before);
            }
            texts.push(text.into_iter().rev().collect());
        }
        let classes: Vec<_> = machine.classes(&state).collect();
        let mut characters: Vec<char> = alphabet
            .iter()
            .copied()
            .filter(|character| classes.iter().any(|class| class.contains(*character)))
            .collect();
        // All characters outside of the classes lead to the same state.
        characters.extend(
            alphabet
                .iter()
                .copied()
                .find(|character| !classes.iter().any(|class| class.contains(*character))),
        );
        if !budget.spend(
            alphabet.len() * (1 + classes.len()) / 2 + characters.len() * (8 + 2 * state.len()),
        ) {
            return (texts, DOUBT);
        }
        for character in characters {
            let next = machine.step(&state, character);
            if is_useful(&next) && !known.contains_key(&next) {
                if queue.len() >= MOST_STATES {
                    return (texts, DOUBT);
                }
                known.insert(next.clone(), queue.len());
                queue.push((next, Some((at, character))));
            }
        }
        at += 1;
    }
    (texts, None)
}

/// A text that the operand probably matches.
pub(super) fn simplest(operand: &Operand, reading: Asterisk) -> Option<String> {
    match operand {
        Operand::Text(value) if reading == Asterisk::Literal => {
            let value = value.strip_prefix('*').unwrap_or(value);
            Some(value.strip_suffix('*').unwrap_or(value).to_owned())
        }
        Operand::Text(value) => Some(value.replace('*', "")),
        Operand::Number(number) => Some(number.text.clone()),
        Operand::Regex(_) => None,
    }
    .filter(|text| !text.is_empty())
}

/// The only texts that a selector's node can have if the pattern matches; `None` if the pattern
/// does not limit them to a few.
pub(super) fn only_texts(pattern: &Expression, selector: &[Segment]) -> Option<Vec<String>> {
    match pattern {
        Expression::Atom(Atom { selector: own, test: Test::Equals(Operand::Text(text)) })
            if own == selector && !text.contains('*') =>
        {
            Some(vec![text.clone()])
        }
        Expression::Atom(_) => None,
        Expression::All(parts) => {
            parts.iter().filter_map(|part| only_texts(part, selector)).min_by_key(Vec::len)
        }
        Expression::Any(parts) => parts
            .iter()
            .map(|part| only_texts(part, selector))
            .collect::<Option<Vec<_>>>()
            .map(|texts| texts.concat()),
    }
}

/// The number as `serde_json` writes it after parsing it.
pub(super) fn in_json(text: &str) -> Option<String> {
    serde_json::from_str::<serde_json::Number>(text).ok().map(|number| number.to_string())
}
