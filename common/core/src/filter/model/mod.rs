//! A finite model of all events: the fields that the patterns test, and for each field the kinds of
//! values that the tests distinguish.
//!
//! * *Fields* are the nodes that selectors name. A wildcard selector is expanded to the children
//!   that other selectors name, and to as many unnamed children as are necessary for each of its
//!   tests to have its own example. More children make no difference, because a wildcard only tests
//!   whether *some* child passes.
//! * *Kinds*: two values at one field are of the same kind if every test at that field has the same
//!   result for both. Each kind is represented by an example. For texts, the examples come from
//!   running the machines of all values side by side, which reaches every combination of results;
//!   for numbers, from the numbers in comparisons and the gaps between them; the other values are
//!   few.
//! * *Structure* states which kinds are compatible: only objects have members, only arrays have
//!   elements, and no element exists without the elements before it.
//!
//! The model is complete unless [`Model::doubt`] gives a reason: then the model does not prove that
//! no such event exists. In any case the caller checks an event that is found against the patterns.

mod fields;
mod kinds;
mod numbers;
mod questions;
mod witness;

use std::collections::HashMap;

use crate::filter::event::Node;
use crate::filter::syntax::{Atom, Expression, Operand, Segment, Test};
use crate::filter::text::{self, Asterisk, Language};

/// The maximum number of places in the model.
const MOST_PLACES: usize = 600;
/// The highest index of elements that are modeled individually where a wildcard or a null can be
/// any of them.
const LAST_ELEMENT: usize = 16;
/// The maximum length of an array.
const LONGEST_ARRAY: usize = 1_000;
/// The maximum number of visited states of the text machines.
const MOST_STATES: usize = 4_000;
/// The maximum number of distinguished kinds at one place.
const MOST_KINDS: usize = 1_024;

/// The usual texts of a field, and whether every event has the field, by its selector.
type UsualValues = fn(&str) -> (&'static [&'static str], bool);

/// The finite model. To build it, add the places of every pattern, then the questions of every
/// pattern, then find the kinds of values.
#[derive(Debug)]
pub(crate) struct Model {
    places: Vec<Field>,
    wildcards: Vec<Wildcard>,
    /// The place of each branch below a place.
    below: HashMap<(usize, Branch), usize>,
    doubt: Option<String>,
    usual: UsualValues,
}

/// The position of a place below its parent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Branch {
    Root,
    Key(String),
    Index(usize),
    /// A member that no selector names, or an element after the numbered elements.
    Unnamed(usize),
}

#[derive(Debug)]
struct Field {
    parent: usize,
    branch: Branch,
    children: Vec<usize>,
    /// Whether a test asks if this node, or one of its elements, is null.
    asks_null: bool,
    probes: Vec<Probe>,
    /// The number of each probe.
    numbers: HashMap<Probe, usize>,
    kinds: Vec<ValueKind>,
    /// The place's selector, if it has one.
    path: String,
}

impl Field {
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

/// A test at a place, with the meaning of `*` where it matters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Probe {
    Test(Test, Asterisk),
    IsNull,
    IsArray,
    Exists,
}

#[derive(Debug)]
struct ValueKind {
    /// The results of the place's probes.
    answers: Vec<bool>,
    example: Node<'static>,
}

/// A selector with one wildcard: the parent of its children, the selector below each child, and the
/// tests there.
#[derive(Debug)]
struct Wildcard {
    base: usize,
    suffix: Vec<Segment>,
    tests: Vec<Test>,
}

/// A formula over probes, before the kinds are known.
#[derive(Debug)]
pub(crate) enum Question {
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
    fn holds(&self, node: &Node<'_>) -> bool {
        match self {
            Self::Test(test, reading) => test.holds(node, *reading),
            Self::IsNull => matches!(node, Node::Null),
            Self::IsArray => matches!(node, Node::Array { .. }),
            Self::Exists => *node != Node::Missing,
        }
    }
}

impl Probe {
    /// The cost of a test of one character, relative to one unit of work.
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
    /// Creates the model of what the patterns test.
    pub(crate) fn new(patterns: &[&Expression], readings: &[Asterisk], usual: UsualValues) -> Self {
        let root = Field::new(0, Branch::Root, "$".to_owned());
        let mut model = Self {
            places: vec![root],
            wildcards: Vec::new(),
            below: HashMap::new(),
            doubt: None,
            usual,
        };
        for pattern in patterns {
            each_atom(pattern, &mut |atom| model.name_places(atom));
        }
        model.spell_out(readings.len());
        model
    }

    /// Why the model may lack events, if it may.
    pub(crate) fn doubt(&self) -> Option<&str> {
        self.doubt.as_deref()
    }

    fn doubt_because(&mut self, why: impl Into<String>) {
        self.doubt.get_or_insert(why.into());
    }
}

fn language(operand: &Operand, reading: Asterisk) -> Language {
    match operand {
        Operand::Text(value) => text::language(value, reading),
        Operand::Number(number) => text::exactly(&number.text),
        Operand::Regex(regex) => regex.language().clone(),
    }
}

fn is_ambiguous(test: &Test) -> bool {
    matches!(test, Test::Equals(Operand::Text(value)) | Test::Differs(Operand::Text(value)) if text::is_ambiguous(value))
}

/// Whether the meaning of `*` changes the meaning of a pattern.
pub(crate) fn has_two_readings(pattern: &Expression) -> bool {
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
