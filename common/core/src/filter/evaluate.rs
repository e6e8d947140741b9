//! Decides whether an event matches. This defines the meaning of the language; tests compare the
//! decision of coverage with it.

use serde_json::Value;

use super::event::{Logged, Node, Tree};
use super::number::Decimal;
use super::pattern::{Pattern, PatternKind};
use super::syntax::{Atom, Expression, Operand, Order, Segment, Test};
use super::text::{self, Asterisk};

impl Test {
    /// Whether the test holds for one node.
    pub(super) fn holds(&self, node: &Node<'_>, reading: Asterisk) -> bool {
        match self {
            Self::Equals(operand) => operand.compare(node, reading) == Some(true),
            Self::Differs(operand) => operand.compare(node, reading) == Some(false),
            Self::Compares(order, number) => match node {
                Node::Number { value: Some(value), .. } => order.holds(value, &number.value),
                _ => false,
            },
            Self::IsNull => matches!(node, Node::Null | Node::Array { holds_null: true }),
            Self::IsTrue => matches!(node, Node::Bool(true)),
            Self::IsFalse => matches!(node, Node::Bool(false)),
            Self::NotExists => matches!(node, Node::Missing),
        }
    }
}

impl Operand {
    /// Whether a node equals the operand; `None` for a node that is neither a text nor a number,
    /// which compares with nothing.
    fn compare(&self, node: &Node<'_>, reading: Asterisk) -> Option<bool> {
        let (Node::Number { text: written, .. } | Node::Text(written)) = node else { return None };
        Some(match self {
            Self::Text(value) => text::matches(value, written, reading),
            Self::Regex(regex) => regex.is_found_in(written),
            Self::Number(number) => match node {
                Node::Number { value, .. } => value.as_ref() == Some(&number.value),
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

impl Expression {
    /// Whether an event, which is an object, matches.
    pub(super) fn matches<'a, T: Tree<'a>>(&self, event: T, reading: Asterisk) -> bool {
        match self {
            Self::Atom(atom) => atom.matches(event, reading),
            Self::All(parts) => parts.iter().all(|part| part.matches(event, reading)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(event, reading)),
        }
    }
}

impl Atom {
    fn matches<'a, T: Tree<'a>>(&self, event: T, reading: Asterisk) -> bool {
        let (nodes, walked) = select(event, &self.selector);
        let holds = |test: &Test| nodes.iter().any(|node| test.holds(&node.view(), reading));
        match (&self.test, walked) {
            (Test::NotExists, _) => nodes.is_empty(),
            // No element may be equal, and the member must exist, whatever its value.
            (Test::Differs(operand), Some(exists)) => {
                exists && !holds(&Test::Equals(operand.clone()))
            }
            // The elements of a nested array do not count.
            (Test::IsNull, Some(_)) => nodes.iter().any(|node| node.view() == Node::Null),
            (test, _) => holds(test),
        }
    }
}

/// The selected nodes. With a wildcard, also whether the member exists whose elements or members
/// the wildcard selects.
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
                walked = Some(!nodes.is_empty());
                nodes.into_iter().filter_map(Tree::children).flatten().collect()
            }
        };
    }
    (nodes, walked)
}

impl Pattern {
    /// Whether an event matches. An event that is not an object matches only the empty pattern. A
    /// pattern that is neither empty nor a JSON pattern is not supported and matches nothing.
    pub fn matches(&self, event: &Value, reading: Asterisk) -> bool {
        match &self.kind {
            PatternKind::Everything => true,
            PatternKind::Json(expression) => {
                event.is_object() && expression.matches(event, reading)
            }
            PatternKind::Other(_) => false,
        }
    }

    /// Whether a log event matches, like [`Self::matches`]. Numbers are compared as they are
    /// written in the line. A line that is not exactly one JSON object matches only the empty
    /// pattern.
    pub fn matches_line(&self, line: &str, reading: Asterisk) -> bool {
        match &self.kind {
            PatternKind::Everything => true,
            PatternKind::Json(expression) => {
                Logged::object(line).is_some_and(|event| expression.matches(&event, reading))
            }
            PatternKind::Other(_) => false,
        }
    }
}
