//! A finite model of all events: the fields that some patterns look at, and for each field the
//! kinds of values that they can tell apart.
//!
//! * *Fields* are the nodes that selectors name. A wildcard selector is spelled out over the
//!   children that other selectors name and over as many unnamed ones as it takes for each of its
//!   tests to have an example of its own; more children make no difference, because a wildcard only
//!   asks whether *some* child passes a test.
//! * *Kinds*: two values at one field are of one kind when every test at that field answers the
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

mod fields;
mod kinds;
mod numbers;
mod questions;
mod witness;

use std::collections::HashMap;

use crate::filter::event::Node;
use crate::filter::syntax::{Atom, Expression, Operand, Segment, Test};
use crate::filter::text::{self, Asterisk, Language};

/// More places than this are not modeled.
const MOST_PLACES: usize = 600;
/// Elements up to this one are modeled singly where a wildcard or a null can be any of them.
const LAST_ELEMENT: usize = 16;
/// Arrays longer than this are not made.
const LONGEST_ARRAY: usize = 1_000;
/// More states of the text machines than this are not visited.
const MOST_STATES: usize = 4_000;
/// More kinds at one place than this are not told apart.
const MOST_KINDS: usize = 1_024;

/// The texts that a field usually has, and whether every event has the field, from its selector.
type UsualValues = fn(&str) -> (&'static [&'static str], bool);

/// The finite model. Made by naming every pattern's places, then asking for every pattern, then
/// telling the kinds of values apart.
#[derive(Debug)]
pub(crate) struct Model {
    places: Vec<Field>,
    wildcards: Vec<Wildcard>,
    /// The place of each branch below a place.
    below: HashMap<(usize, Branch), usize>,
    doubt: Option<String>,
    usual: UsualValues,
}

/// Where a place hangs below its parent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Branch {
    Root,
    Key(String),
    Index(usize),
    /// Some member that no selector names, or some element after those that are numbered.
    Unnamed(usize),
}

#[derive(Debug)]
struct Field {
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

/// A test at a place, with the reading where that matters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Probe {
    Test(Test, Asterisk),
    IsNull,
    IsArray,
    Exists,
}

#[derive(Debug)]
struct ValueKind {
    /// What the place's probes answer.
    answers: Vec<bool>,
    example: Node<'static>,
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

    /// Why the model may lack events, when it may.
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

/// Whether a pattern means something else under the other reading.
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
