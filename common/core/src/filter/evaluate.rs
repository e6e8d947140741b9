//! Does an event match? The meaning of the language; the decision of coverage is tested against it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::Reading;
use super::number::Decimal;
use super::syntax::{Atom, Expression, Operand, Order, Segment, Test};
use super::text;

/// Deeper documents are not read; `serde_json` has the same limit.
const DEEPEST: usize = 128;

/// A node of an event, as a test sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum View<'a> {
    Missing,
    Null,
    Bool(bool),
    Number {
        /// As it is written.
        text: Cow<'a, str>,
        value: Option<Decimal>,
    },
    Text(Cow<'a, str>),
    Object,
    Array {
        /// Whether one of its elements is null.
        holds_null: bool,
    },
}

impl<'a> View<'a> {
    /// A number, from how it is written.
    pub(super) fn number(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        Self::Number { value: Decimal::parse(&text), text }
    }
}

impl Test {
    /// Whether the test holds for one node.
    pub(super) fn holds(&self, node: &View<'_>, reading: Reading) -> bool {
        match self {
            Self::Equals(operand) => operand.compare(node, reading) == Some(true),
            Self::Differs(operand) => operand.compare(node, reading) == Some(false),
            Self::Compares(order, number) => match node {
                View::Number { value: Some(value), .. } => order.holds(value, &number.value),
                _ => false,
            },
            Self::IsNull => matches!(node, View::Null | View::Array { holds_null: true }),
            Self::IsTrue => matches!(node, View::Bool(true)),
            Self::IsFalse => matches!(node, View::Bool(false)),
            Self::NotExists => matches!(node, View::Missing),
        }
    }
}

impl Operand {
    /// Whether a node equals this; `None` for a node that is neither a text nor a number, and
    /// compares with nothing.
    fn compare(&self, node: &View<'_>, reading: Reading) -> Option<bool> {
        let (View::Number { text: written, .. } | View::Text(written)) = node else { return None };
        Some(match self {
            Self::Text(value) => text::matches(value, written, reading),
            Self::Regex(regex) => regex.is_found_in(written),
            Self::Number(number) => match node {
                View::Number { value, .. } => value.as_ref() == Some(&number.value),
                _ => number.text == *written,
            },
        })
    }
}

impl Order {
    fn holds(self, left: &Decimal, right: &Decimal) -> bool {
        match self {
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::Greater => left > right,
            Self::AtLeast => left >= right,
        }
    }
}

/// A document that can be walked.
pub(super) trait Tree<'a>: Copy {
    fn view(self) -> View<'a>;
    fn member(self, name: &str) -> Option<Self>;
    fn element(self, index: usize) -> Option<Self>;
    /// The values of an object, the elements of an array; `None` for anything else.
    fn children(self) -> Option<Vec<Self>>;
}

impl<'a> Tree<'a> for &'a Value {
    fn view(self) -> View<'a> {
        match self {
            Value::Null => View::Null,
            Value::Bool(value) => View::Bool(*value),
            Value::Number(number) => View::number(number.to_string()),
            Value::String(text) => View::Text(Cow::Borrowed(text)),
            Value::Array(elements) => {
                View::Array { holds_null: elements.iter().any(Value::is_null) }
            }
            Value::Object(_) => View::Object,
        }
    }

    fn member(self, name: &str) -> Option<Self> {
        self.as_object()?.get(name)
    }

    fn element(self, index: usize) -> Option<Self> {
        self.as_array()?.get(index)
    }

    fn children(self) -> Option<Vec<Self>> {
        match self {
            Value::Array(elements) => Some(elements.iter().collect()),
            Value::Object(members) => Some(members.values().collect()),
            _ => None,
        }
    }
}

/// A log event that keeps its numbers as they were written, which `Value` does not.
#[derive(Debug)]
pub(super) enum Logged {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Array(Vec<Logged>),
    Object(BTreeMap<String, Logged>),
}

impl Logged {
    /// Reads a line; `None` when it is not exactly one JSON object.
    pub(super) fn object(line: &str) -> Option<Self> {
        let raw: &RawValue = serde_json::from_str(line).ok()?;
        Self::read(raw, DEEPEST).filter(|event| matches!(event, Self::Object(_)))
    }

    fn read(raw: &RawValue, depth: usize) -> Option<Self> {
        let text = raw.get();
        let depth = depth.checked_sub(1)?;
        Some(match text.chars().next()? {
            '{' => {
                let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
                Self::Object(
                    members
                        .into_iter()
                        .map(|(name, member)| Some((name, Self::read(member, depth)?)))
                        .collect::<Option<_>>()?,
                )
            }
            '[' => {
                let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                Self::Array(
                    elements
                        .into_iter()
                        .map(|element| Self::read(element, depth))
                        .collect::<Option<_>>()?,
                )
            }
            '"' => Self::Text(serde_json::from_str(text).ok()?),
            'n' => Self::Null,
            't' => Self::Bool(true),
            'f' => Self::Bool(false),
            _ => Self::Number(text.to_owned()),
        })
    }
}

impl<'a> Tree<'a> for &'a Logged {
    fn view(self) -> View<'a> {
        match self {
            Logged::Null => View::Null,
            Logged::Bool(value) => View::Bool(*value),
            Logged::Number(text) => View::number(text.as_str()),
            Logged::Text(text) => View::Text(Cow::Borrowed(text)),
            Logged::Array(elements) => View::Array {
                holds_null: elements.iter().any(|element| matches!(element, Logged::Null)),
            },
            Logged::Object(_) => View::Object,
        }
    }

    fn member(self, name: &str) -> Option<Self> {
        if let Logged::Object(members) = self { members.get(name) } else { None }
    }

    fn element(self, index: usize) -> Option<Self> {
        if let Logged::Array(elements) = self { elements.get(index) } else { None }
    }

    fn children(self) -> Option<Vec<Self>> {
        match self {
            Logged::Array(elements) => Some(elements.iter().collect()),
            Logged::Object(members) => Some(members.values().collect()),
            _ => None,
        }
    }
}

impl Expression {
    /// Whether an event, which is an object, matches.
    pub(super) fn matches<'a, T: Tree<'a>>(&self, event: T, reading: Reading) -> bool {
        match self {
            Self::Atom(atom) => atom.matches(event, reading),
            Self::All(parts) => parts.iter().all(|part| part.matches(event, reading)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(event, reading)),
        }
    }
}

impl Atom {
    fn matches<'a, T: Tree<'a>>(&self, event: T, reading: Reading) -> bool {
        let (nodes, walked) = select(event, &self.selector);
        let holds = |test: &Test| nodes.iter().any(|node| test.holds(&node.view(), reading));
        match (&self.test, walked) {
            (Test::NotExists, _) => nodes.is_empty(),
            // No element may equal, and there must be something that could have had one.
            (Test::Differs(operand), Some(walked)) => {
                walked && !holds(&Test::Equals(operand.clone()))
            }
            (test, _) => holds(test),
        }
    }
}

/// The nodes that a selector selects; and, when it has a wildcard, whether the last one had an
/// array or an object to walk.
fn select<'a, T: Tree<'a>>(event: T, selector: &[Segment]) -> (Vec<T>, Option<bool>) {
    let mut nodes = vec![event];
    let mut walked = None;
    for step in selector {
        nodes = match step {
            Segment::Key(name) => nodes.into_iter().filter_map(|node| node.member(name)).collect(),
            Segment::Index(index) => {
                nodes.into_iter().filter_map(|node| node.element(*index)).collect()
            }
            Segment::AnyMember | Segment::AnyElement => {
                let containers: Vec<Vec<T>> =
                    nodes.into_iter().filter_map(Tree::children).collect();
                walked = Some(!containers.is_empty());
                containers.into_iter().flatten().collect()
            }
        };
    }
    (nodes, walked)
}
