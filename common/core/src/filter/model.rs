//! A finite model of all events: the places that some patterns look at, and for each place the
//! kinds of values that they can tell apart.
//!
//! * *Places* are the nodes that selectors name. A wildcard selector is spelled out over the
//!   children that other selectors name and over as many unnamed ones as it takes for each of its
//!   tests to have an example of its own; more children make no difference, because a wildcard only
//!   asks whether *some* child passes a test.
//! * *Kinds*: two values at one place are of one kind when every test at that place answers the
//!   same for both. Each kind is found by an example. For texts these come from running the
//!   machines of all values side by side, which reaches every combination of answers; for numbers
//!   from the points that they are compared with and the gaps between these; the other values are
//!   few.
//! * *Structure* says which kinds fit together: only objects have members, only arrays have
//!   elements, and no element without the ones before it.
//!
//! The model is complete unless [`Model::doubt`] says otherwise: then "no such event" must not be
//! concluded from it. An event that is found is checked against the patterns by the caller in any
//! case.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};

use super::Reading;
use super::evaluate::View;
use super::number::Decimal;
use super::solve::{Bits, Budget, Formula};
use super::syntax::{Atom, Expression, Operand, Path, Segment, Test};
use super::text::{self, Language, Machine, State};

/// More places than this are not modelled.
const MOST_PLACES: usize = 600;
/// Elements up to this one are modelled singly where a wildcard or a null can be any of them.
const LAST_ELEMENT: usize = 16;
/// Arrays longer than this are not made.
const LONGEST_ARRAY: usize = 1_000;
/// More states of the text machines than this are not visited.
const MOST_STATES: usize = 4_000;
/// More kinds at one place than this are not told apart.
const MOST_KINDS: usize = 1_024;

/// The finite model. Made by naming every pattern's places, then asking for every pattern, then
/// telling the kinds of values apart.
#[derive(Debug)]
pub(super) struct Model {
    places: Vec<Place>,
    wildcards: Vec<Wildcard>,
    opaque: HashMap<Probe, usize>,
    /// The place of each branch below a place.
    below: HashMap<(usize, Branch), usize>,
    doubt: Option<String>,
}

/// Where a place hangs below its parent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Branch {
    Root,
    Key(String),
    Index(usize),
    /// Some member that no selector names, or some element after those that are numbered.
    Unnamed(usize),
    /// No place at all: the answer of a test that is not modelled, which may be yes or no.
    Opaque,
}

#[derive(Debug)]
struct Place {
    parent: usize,
    branch: Branch,
    children: Vec<usize>,
    /// Whether it is asked whether this, or one of its elements, is null.
    asks_null: bool,
    probes: Vec<Probe>,
    /// The number of each probe.
    numbers: HashMap<Probe, usize>,
    kinds: Vec<ValueKind>,
    /// The place's selector, when it has one.
    path: String,
}

impl Place {
    fn new(parent: usize, branch: Branch, path: String) -> Self {
        Self {
            parent,
            branch,
            children: Vec::new(),
            asks_null: false,
            probes: Vec::new(),
            numbers: HashMap::new(),
            kinds: Vec::new(),
            path,
        }
    }
}

/// A test at a place, with the reading where that matters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Probe {
    Test(Test, Reading),
    IsNull,
    IsArray,
    IsContainer,
    Opaque(Vec<Segment>, Test, Reading),
}

#[derive(Debug)]
struct ValueKind {
    /// What the place's probes answer.
    answers: Vec<bool>,
    example: View<'static>,
}

/// A selector with one wildcard: where its children hang, what follows below each, and what is
/// asked there.
#[derive(Debug)]
struct Wildcard {
    base: usize,
    suffix: Vec<Segment>,
    tests: Vec<Test>,
}

/// A formula over probes, before the kinds are known.
#[derive(Debug)]
pub(super) enum Question {
    Probe { place: usize, probe: usize, holds: bool },
    All(Vec<Question>),
    Any(Vec<Question>),
}

impl Question {
    fn group(parts: Vec<Self>, is_all: bool) -> Self {
        if is_all { Self::All(parts) } else { Self::Any(parts) }
    }
}

impl Probe {
    fn holds(&self, node: &View<'_>) -> bool {
        match self {
            Self::Test(test, reading) => test.holds(node, *reading),
            Self::IsNull => matches!(node, View::Null),
            Self::IsArray => matches!(node, View::Array { .. }),
            Self::IsContainer => matches!(node, View::Array { .. } | View::Object),
            Self::Opaque(..) => false,
        }
    }
}

impl Probe {
    /// How much more than one unit of work a test of one character is.
    fn size(&self) -> usize {
        match self {
            Self::Test(
                Test::Equals(Operand::Regex(regex)) | Test::Differs(Operand::Regex(regex)),
                _,
            ) => regex.size(),
            Self::Test(
                Test::Equals(Operand::Text(value)) | Test::Differs(Operand::Text(value)),
                _,
            ) if value.contains('*') => 1,
            _ => 0,
        }
    }
}

impl Model {
    /// The model of what some patterns look at.
    pub(super) fn new(patterns: &[&Expression], readings: &[Reading]) -> Self {
        let root = Place::new(0, Branch::Root, "$".to_owned());
        let mut model = Self {
            places: vec![root],
            wildcards: Vec::new(),
            opaque: HashMap::new(),
            below: HashMap::new(),
            doubt: None,
        };
        for pattern in patterns {
            each_atom(pattern, &mut |atom| model.name_places(atom));
        }
        model.spell_out(readings.len());
        model
    }

    /// Why the model may lack events, when it may.
    pub(super) fn doubt(&self) -> Option<&str> {
        self.doubt.as_deref()
    }

    fn doubt_because(&mut self, why: impl Into<String>) {
        self.doubt.get_or_insert(why.into());
    }

    fn name_places(&mut self, atom: &Atom) {
        match split_at_wildcard(&atom.selector) {
            Selected::One => {
                let place = self.place_below(0, &atom.selector);
                self.note_null(place, &atom.test);
            }
            Selected::Each(before, after) => {
                let base = self.place_below(0, before);
                match self
                    .wildcards
                    .iter_mut()
                    .find(|known| known.base == base && known.suffix == after)
                {
                    Some(known) if known.tests.contains(&atom.test) => {}
                    Some(known) => known.tests.push(atom.test.clone()),
                    None => self.wildcards.push(Wildcard {
                        base,
                        suffix: after.to_vec(),
                        tests: vec![atom.test.clone()],
                    }),
                }
            }
            Selected::EachOfEach => {}
        }
    }

    fn note_null(&mut self, place: usize, test: &Test) {
        if *test == Test::IsNull
            && let Some(place) = self.places.get_mut(place)
        {
            place.asks_null = true;
        }
    }

    fn place_below(&mut self, start: usize, steps: &[Segment]) -> usize {
        steps.iter().fold(start, |place, step| match step {
            Segment::Key(name) => self.child(place, Branch::Key(name.clone())),
            Segment::Index(index) => self.child(place, Branch::Index(*index)),
            // Callers have split the selector at its wildcards.
            Segment::AnyMember | Segment::AnyElement => place,
        })
    }

    fn child(&mut self, parent: usize, branch: Branch) -> usize {
        let key = (parent, branch);
        if let Some(known) = self.below.get(&key) {
            return *known;
        }
        let (_, branch) = &key;
        if self.places.len() >= MOST_PLACES {
            self.doubt_because("the patterns look at too many places");
            return parent;
        }
        let new = self.places.len();
        let mut path = String::new();
        if let Some(above) = self.places.get_mut(parent) {
            above.children.push(new);
            path.clone_from(&above.path);
        }
        match branch {
            Branch::Key(name) => path
                .push_str(Path(&[Segment::Key(name.clone())]).to_string().trim_start_matches('$')),
            Branch::Index(index) => path.push_str(&format!("[{index}]")),
            Branch::Unnamed(_) | Branch::Root | Branch::Opaque => path.push_str("[*]"),
        }
        self.places.push(Place::new(parent, branch.clone(), path));
        self.below.insert(key, new);
        new
    }

    fn children(&self, place: usize) -> Vec<usize> {
        self.places.get(place).map(|place| place.children.clone()).unwrap_or_default()
    }

    fn branch(&self, place: usize) -> Option<&Branch> {
        self.places.get(place).map(|place| &place.branch)
    }

    /// The children that an array has at this place, in order.
    fn elements(&self, place: usize) -> Vec<usize> {
        let mut elements: Vec<usize> = self
            .children(place)
            .into_iter()
            .filter(|child| {
                matches!(self.branch(*child), Some(Branch::Index(_) | Branch::Unnamed(_)))
            })
            .collect();
        elements.sort_by_key(|child| match self.branch(*child) {
            Some(Branch::Index(index)) => (false, *index),
            Some(Branch::Unnamed(number)) => (true, *number),
            _ => (true, usize::MAX),
        });
        elements
    }

    /// Gives every wildcard its children, until nothing is missing: the places below one wildcard's
    /// child may be another wildcard's children.
    fn spell_out(&mut self, readings: usize) {
        loop {
            let before = self.places.len();
            for at in 0..self.wildcards.len() {
                let Some(Wildcard { base, suffix, tests }) = self.wildcards.get(at) else {
                    continue;
                };
                let (base, suffix, tests) = (*base, suffix.clone(), tests.clone());
                for child in self.children(base) {
                    let place = self.place_below(child, &suffix);
                    for test in &tests {
                        self.note_null(place, test);
                    }
                }
            }
            for base in 0..self.places.len() {
                let walks: usize = self
                    .wildcards
                    .iter()
                    .filter(|wildcard| wildcard.base == base)
                    .map(|wildcard| wildcard.tests.len() * readings)
                    .sum();
                let asks_null = self.places.get(base).is_some_and(|place| place.asks_null);
                let elements = self.elements(base);
                if walks == 0 && (!asks_null || elements.is_empty()) {
                    continue;
                }
                let last = elements
                    .iter()
                    .filter_map(|child| {
                        if let Some(Branch::Index(index)) = self.branch(*child) {
                            Some(*index)
                        } else {
                            None
                        }
                    })
                    .max();
                if last.is_some_and(|last| last > LAST_ELEMENT) {
                    self.doubt_because(
                        "an element far back in an array may also be any of its elements",
                    );
                } else if let Some(last) = last {
                    for index in 0..=last {
                        self.child(base, Branch::Index(index));
                    }
                }
                for number in 0..walks + usize::from(asks_null) {
                    self.child(base, Branch::Unnamed(number));
                }
            }
            if self.places.len() == before {
                return;
            }
        }
    }

    /// What it takes for a pattern to match, or not to match, under a reading.
    pub(super) fn ask(
        &mut self,
        pattern: &Expression,
        reading: Reading,
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

    fn ask_atom(&mut self, atom: &Atom, reading: Reading, matches: bool) -> Question {
        let (before, after) = match split_at_wildcard(&atom.selector) {
            Selected::One => {
                let place = self.place_below(0, &atom.selector);
                return self.ask_test(place, &atom.test, reading, matches);
            }
            Selected::Each(before, after) => (before, after),
            Selected::EachOfEach => return self.ask_opaque(atom, reading, matches),
        };
        let base = self.place_below(0, before);
        // "No child equals" and "no child exists" hold of every child; everything else of some
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
            parts.push(self.probe(base, Probe::IsContainer, matches));
        }
        for child in self.children(base) {
            let place = self.place_below(child, after);
            parts.push(self.ask_test(place, &of_child, reading, child_matches));
        }
        Question::group(parts, is_all)
    }

    fn ask_test(&mut self, place: usize, test: &Test, reading: Reading, matches: bool) -> Question {
        let elements = self.elements(place);
        if *test != Test::IsNull || elements.is_empty() {
            let reading = if is_ambiguous(test) { reading } else { Reading::Wildcard };
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

    fn ask_opaque(&mut self, atom: &Atom, reading: Reading, matches: bool) -> Question {
        let probe = Probe::Opaque(
            atom.selector.clone(),
            atom.test.clone(),
            if is_ambiguous(&atom.test) { reading } else { Reading::Wildcard },
        );
        let place = *self.opaque.entry(probe.clone()).or_insert(self.places.len());
        if place == self.places.len() {
            self.places.push(Place::new(0, Branch::Opaque, String::new()));
        }
        self.probe(place, probe, matches)
    }

    fn probe(&mut self, place: usize, probe: Probe, holds: bool) -> Question {
        let Some(known) = self.places.get_mut(place) else { return Question::Any(Vec::new()) };
        let next = known.probes.len();
        let number = *known.numbers.entry(probe.clone()).or_insert(next);
        if number == next {
            known.probes.push(probe);
        }
        Question::Probe { place, probe: number, holds }
    }

    /// Tells the kinds of values apart at every place. `required` holds of every event that is
    /// sought: where it allows but a few texts, others are not modelled.
    pub(super) fn find_kinds(&mut self, required: Option<&Expression>, budget: &mut Budget) {
        let mut only: HashMap<usize, Vec<String>> = HashMap::new();
        if let Some(required) = required {
            let mut selectors = Vec::new();
            each_atom(required, &mut |atom| {
                if matches!(split_at_wildcard(&atom.selector), Selected::One)
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
            // No place may take more than half of what is left for the others.
            let mut share = budget.share(1, 2);
            let (kinds, doubt) = match (&place.branch, only.get(&at)) {
                (Branch::Root, _) => (vec![place.kind(View::Object)], None),
                (Branch::Opaque, _) => {
                    let kind = |answer| ValueKind { answers: vec![answer], example: View::Missing };
                    (vec![kind(false), kind(true)], None)
                }
                (_, Some(texts)) => place.kinds_of_texts(texts, &mut share),
                _ => place.find_kinds(&mut share),
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
    pub(super) fn sizes(&self) -> Vec<usize> {
        self.places.iter().map(|place| place.kinds.len()).collect()
    }

    /// The question in terms of kinds.
    pub(super) fn formula(&self, question: &Question) -> Formula {
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

    fn those(&self, place: usize, belongs: impl Fn(&ValueKind) -> bool) -> Formula {
        let kinds = self.places.get(place).map(|place| place.kinds.as_slice()).unwrap_or_default();
        Formula::In(
            place,
            Bits::from_members(
                kinds.len(),
                kinds.iter().enumerate().filter(|(_, kind)| belongs(kind)).map(|(at, _)| at),
            ),
        )
    }

    /// Which kinds fit together.
    pub(super) fn structure(&self) -> Vec<Formula> {
        let is_missing = |kind: &ValueKind| kind.example == View::Missing;
        let is_array = |kind: &ValueKind| matches!(kind.example, View::Array { .. });
        let mut rules = Vec::new();
        for (at, place) in self.places.iter().enumerate() {
            let holder = match place.branch {
                Branch::Root | Branch::Opaque => continue,
                Branch::Key(_) => self.those(place.parent, |kind| kind.example == View::Object),
                Branch::Index(_) => self.those(place.parent, is_array),
                Branch::Unnamed(_) => {
                    self.those(place.parent, |kind| is_array(kind) || kind.example == View::Object)
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

    /// An event whose places are of the given kinds: the simplest ones, and of those that no matter
    /// is made of, none.
    pub(super) fn event(&self, domains: &[Bits]) -> Option<Value> {
        self.value(0, domains)
    }

    fn value(&self, at: usize, domains: &[Bits]) -> Option<Value> {
        let place = self.places.get(at)?;
        let domain = domains.get(at)?;
        let is_restricted = *domain != Bits::full(place.kinds.len());
        let allowed = || domain.members().filter_map(|kind| place.kinds.get(kind));
        let missing = allowed()
            .find(|kind| kind.example == View::Missing)
            .filter(|_| !(is_restricted && usual_values(&place.path).1));
        match &missing.or_else(|| allowed().next())?.example {
            View::Missing => None,
            View::Null => Some(Value::Null),
            View::Bool(value) => Some(Value::Bool(*value)),
            View::Number { text, .. } => serde_json::from_str(text).ok().map(Value::Number),
            View::Text(text) => Some(Value::String(text.clone().into_owned())),
            View::Object => Some(Value::Object(self.members(place, domains))),
            View::Array { holds_null } => {
                let mut values = Vec::new();
                for element in self.elements(at) {
                    let Some(value) = self.value(element, domains) else { continue };
                    if let Some(Branch::Index(index)) = self.branch(element) {
                        if *index > LONGEST_ARRAY {
                            // Without it the event fails its check.
                            break;
                        }
                        // Elements that nothing looks at.
                        values.resize(*index, Value::String(String::new()));
                    }
                    values.push(value);
                }
                if *holds_null && values.is_empty() {
                    values.push(Value::Null);
                }
                Some(Value::Array(values))
            }
        }
    }

    fn members(&self, place: &Place, domains: &[Bits]) -> Map<String, Value> {
        let mut members = Map::new();
        let mut unnamed = Vec::new();
        for child in &place.children {
            let Some(value) = self.value(*child, domains) else { continue };
            match self.branch(*child) {
                Some(Branch::Key(name)) => {
                    members.insert(name.clone(), value);
                }
                Some(Branch::Unnamed(_)) => unnamed.push(value),
                _ => {}
            }
        }
        let is_named = |name: &str| {
            place.children.iter().any(
                |child| matches!(self.branch(*child), Some(Branch::Key(known)) if known == name),
            )
        };
        let names = (1..)
            .map(|number| if number == 1 { "other".to_owned() } else { format!("other{number}") })
            .filter(|name| !is_named(name));
        members.extend(names.zip(unnamed));
        members
    }
}

impl Place {
    fn kind(&self, example: View<'static>) -> ValueKind {
        ValueKind {
            answers: self.probes.iter().map(|probe| probe.holds(&example)).collect(),
            example,
        }
    }

    /// The kinds among some examples, each once, in the order of the examples.
    fn tell_apart(
        &self,
        examples: Vec<View<'static>>,
        budget: &mut Budget,
    ) -> (Vec<ValueKind>, Option<&'static str>) {
        let mut known = BTreeSet::new();
        let mut kinds = Vec::new();
        let sizes: usize = self.probes.iter().map(Probe::size).sum();
        for example in examples {
            let length = if let View::Text(text) = &example { text.len() } else { 1 };
            if kinds.len() >= MOST_KINDS || !budget.spend(self.probes.len() + sizes * length / 4) {
                return (kinds, Some("too many values can be told apart"));
            }
            let shape = match example {
                View::Missing => 0,
                View::Object => 1,
                View::Array { .. } => 2,
                _ => 3,
            };
            let kind = self.kind(example);
            if known.insert((shape, kind.answers.clone())) {
                kinds.push(kind);
            }
        }
        (kinds, None)
    }

    /// The kinds where nothing but some texts counts. A number may be written like one of them.
    fn kinds_of_texts(
        &self,
        texts: &[String],
        budget: &mut Budget,
    ) -> (Vec<ValueKind>, Option<&'static str>) {
        let mut examples: Vec<View<'static>> =
            texts.iter().map(|text| View::Text(Cow::Owned(text.clone()))).collect();
        let mut doubt = None;
        for text in texts.iter().filter(|text| Decimal::parse(text).is_some()) {
            match in_json(text) {
                Some(written) if written == *text => examples.push(View::number(written)),
                _ => doubt = Some("a number can be written in too many ways"),
            }
        }
        let (kinds, too_many) = self.tell_apart(examples, budget);
        (kinds, doubt.or(too_many))
    }

    /// All kinds, and why some may be lacking.
    fn find_kinds(&self, budget: &mut Budget) -> (Vec<ValueKind>, Option<&'static str>) {
        let mut operands: Vec<(&Operand, Reading)> = Vec::new();
        let mut seen: HashSet<(&Operand, Reading)> = HashSet::new();
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
        let (usual, is_usual) = usual_values(&self.path);
        let mut examples: Vec<View<'static>> = Vec::new();
        let texts = |texts: Vec<String>| texts.into_iter().map(|text| View::Text(Cow::Owned(text)));
        if !is_usual {
            examples.push(View::Missing);
        }
        examples.extend(texts(usual.iter().map(|text| (*text).to_owned()).collect()));
        examples.extend(texts(
            operands.iter().filter_map(|(operand, reading)| simplest(operand, *reading)).collect(),
        ));
        examples.extend(texts(vec!["example".to_owned()]));
        let languages: Vec<Language> =
            operands.iter().map(|(operand, reading)| language(operand, *reading)).collect();
        // What is found must still be told apart.
        let mut share = budget.share(1, 2);
        let (found, mut doubt) = explore(&languages, None, &mut share);
        examples.extend(texts(found));
        if is_usual {
            examples.push(View::Missing);
        }
        let (numbers, unlikely, number_doubt) = self.numbers(&operands, &points, &mut share);
        budget.spend_like(&share);
        doubt = doubt.or(number_doubt);
        examples.extend(numbers.into_iter().map(View::number));
        examples.extend([
            View::Bool(true),
            View::Bool(false),
            View::Null,
            View::Object,
            View::Array { holds_null: false },
            View::Array { holds_null: true },
        ]);
        let (mut kinds, mut too_many) = self.tell_apart(examples, budget);
        for kind in unlikely {
            if kinds.iter().any(|known| is_leaf(&known.example) && known.answers == kind.answers) {
                continue;
            }
            if kinds.len() >= MOST_KINDS {
                too_many = Some("too many values can be told apart");
                break;
            }
            kinds.push(kind);
        }
        (kinds, doubt.or(too_many))
    }

    /// Numbers of every kind, as JSON has them. Some tests are about a number's value, others about
    /// how it is written: the kinds that there would be besides, if every value could be written in
    /// every way, are given too. Their examples are not of that kind, so an event that needs one
    /// fails its check.
    fn numbers(
        &self,
        operands: &[(&Operand, Reading)],
        points: &BTreeSet<Decimal>,
        budget: &mut Budget,
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
            // The value once more, in other letters.
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
        // What the tests would answer, if every value could be written in every way; and what they
        // answer about the numbers that we have.
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
        let answers = |by_value: &View<'_>, by_text: &View<'_>| -> Vec<bool> {
            self.probes
                .iter()
                .map(|probe| probe.holds(if is_about_value(probe) { by_value } else { by_text }))
                .collect()
        };
        if !budget.spend(written.len() * self.probes.len()) {
            return (written, Vec::new(), Some("the value is compared with too many numbers"));
        }
        let view = |text: &str| View::number(text.to_owned());
        let had: BTreeSet<Vec<bool>> =
            written.iter().map(|text| answers(&view(text), &view(text))).collect();
        let mut unlikely = Vec::new();
        for value in &values {
            if !budget.spend(spellings.len() * self.probes.len()) || unlikely.len() > MOST_KINDS {
                doubt = Some("a number's value and its spelling are both asked for");
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

fn is_leaf(node: &View<'_>) -> bool {
    !matches!(node, View::Missing | View::Object | View::Array { .. })
}

/// Texts of every combination of languages that there is (within the one given last, if one is),
/// shortest first; and why some may be lacking.
fn explore(
    languages: &[Language],
    within: Option<&Language>,
    budget: &mut Budget,
) -> (Vec<String>, Option<&'static str>) {
    const DOUBT: Option<&str> = Some("the texts are compared with too many patterns");
    let machine = Machine::new(languages.iter().chain(within));
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
        // All characters outside of the classes lead to the same place.
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

/// The number as `serde_json` writes it after reading it.
fn in_json(text: &str) -> Option<String> {
    serde_json::from_str::<serde_json::Number>(text).ok().map(|number| number.to_string())
}

fn language(operand: &Operand, reading: Reading) -> Language {
    match operand {
        Operand::Text(value) => text::language(value, reading),
        Operand::Number(number) => text::exactly(&number.text),
        Operand::Regex(regex) => regex.language().clone(),
    }
}

/// A text that is likely to be one that the operand stands for.
fn simplest(operand: &Operand, reading: Reading) -> Option<String> {
    match operand {
        Operand::Text(value) if reading == Reading::Literal => {
            let value = value.strip_prefix('*').unwrap_or(value);
            Some(value.strip_suffix('*').unwrap_or(value).to_owned())
        }
        Operand::Text(value) => Some(value.replace('*', "")),
        Operand::Number(number) => Some(number.text.clone()),
        Operand::Regex(_) => None,
    }
    .filter(|text| !text.is_empty())
}

fn is_ambiguous(test: &Test) -> bool {
    matches!(test, Test::Equals(Operand::Text(value)) | Test::Differs(Operand::Text(value)) if text::is_ambiguous(value))
}

/// Whether a pattern means something else under the other reading.
pub(super) fn has_two_readings(pattern: &Expression) -> bool {
    let mut found = false;
    each_atom(pattern, &mut |atom| found |= is_ambiguous(&atom.test));
    found
}

fn each_atom<'a>(pattern: &'a Expression, visit: &mut dyn FnMut(&'a Atom)) {
    match pattern {
        Expression::Atom(atom) => visit(atom),
        Expression::All(parts) | Expression::Any(parts) => {
            parts.iter().for_each(|part| each_atom(part, visit))
        }
    }
}

/// The only texts that a selector's node may have where the pattern matches, if it demands one of a
/// few.
fn only_texts(pattern: &Expression, selector: &[Segment]) -> Option<Vec<String>> {
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

enum Selected<'a> {
    /// At most one node.
    One,
    /// Each child of one node, or what lies below each.
    Each(&'a [Segment], &'a [Segment]),
    /// More than one wildcard, which AWS does not allow in one selector.
    EachOfEach,
}

fn split_at_wildcard(selector: &[Segment]) -> Selected<'_> {
    let Some(at) = selector.iter().position(Segment::is_wildcard) else { return Selected::One };
    let (before, rest) = selector.split_at_checked(at).unwrap_or((selector, &[]));
    match rest.split_first() {
        Some((_, after)) if !after.iter().any(Segment::is_wildcard) => {
            Selected::Each(before, after)
        }
        _ => Selected::EachOfEach,
    }
}

/// Values that CloudTrail's events commonly have at a place, and whether nearly every event has
/// one.
pub(super) fn usual_values(path: &str) -> (&'static [&'static str], bool) {
    match path {
        "$.eventName" => (&["DescribeInstances", "ListBuckets"], true),
        "$.eventSource" => (&["ec2.amazonaws.com", "s3.amazonaws.com"], true),
        "$.awsRegion" => (&["us-east-1", "eu-west-1"], true),
        "$.sourceIPAddress" => (&["192.0.2.1", "198.51.100.1"], true),
        "$.userAgent" => (&["aws-cli/2.15.0", "console.amazonaws.com"], true),
        "$.eventVersion" => (&["1.11", "1.08"], true),
        "$.eventTime" => (&["2024-01-01T00:00:00Z"], true),
        "$.eventType" => (&["AwsApiCall", "AwsConsoleSignIn"], true),
        "$.eventCategory" => (&["Management", "Data"], true),
        "$.recipientAccountId" => (&["111122223333", "444455556666"], true),
        "$.userIdentity.type" => (&["IAMUser", "AssumedRole"], true),
        "$.userIdentity.accountId" => (&["111122223333", "444455556666"], false),
        "$.userIdentity.arn" => {
            (&["arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/bob"], false)
        }
        "$.userIdentity.userName" => (&["alice", "bob"], false),
        "$.errorCode" => (&["AccessDenied"], false),
        _ => (&[], false),
    }
}
