//! Events in the form in which tests see them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::number::Decimal;

/// The maximum depth of a document; `serde_json` has the same limit.
const DEEPEST: usize = 128;

/// A node of an event in the form in which a test sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node<'a> {
    Missing,
    Null,
    Bool(bool),
    Number {
        /// The text as it is written.
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

impl<'a> Node<'a> {
    /// Creates a number from its notation.
    pub(super) fn number(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        Self::Number { value: Decimal::parse(&text), text }
    }
}

/// A document that can be traversed.
pub(super) trait Tree<'a>: Copy {
    fn view(self) -> Node<'a>;
    fn member(self, name: &str) -> Option<Self>;
    fn element(self, index: usize) -> Option<Self>;
    /// The values of an object, the elements of an array; `None` for anything else.
    fn children(self) -> Option<Vec<Self>>;
}

impl<'a> Tree<'a> for &'a Value {
    fn view(self) -> Node<'a> {
        match self {
            Value::Null => Node::Null,
            Value::Bool(value) => Node::Bool(*value),
            Value::Number(number) => Node::number(number.to_string()),
            Value::String(text) => Node::Text(Cow::Borrowed(text)),
            Value::Array(elements) => {
                Node::Array { holds_null: elements.iter().any(Value::is_null) }
            }
            Value::Object(_) => Node::Object,
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

/// A log event that keeps the notation of its numbers, which `Value` does not.
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
    fn view(self) -> Node<'a> {
        match self {
            Logged::Null => Node::Null,
            Logged::Bool(value) => Node::Bool(*value),
            Logged::Number(text) => Node::number(text.as_str()),
            Logged::Text(text) => Node::Text(Cow::Borrowed(text)),
            Logged::Array(elements) => Node::Array {
                holds_null: elements.iter().any(|element| matches!(element, Logged::Null)),
            },
            Logged::Object(_) => Node::Object,
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
