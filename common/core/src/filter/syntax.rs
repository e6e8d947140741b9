//! The structure of a pattern, and its printed form.

use std::fmt;

use super::number::Number;
use super::regex::Regex;

/// The maximum number of characters in a pattern.
pub(super) const LONGEST_PATTERN: usize = 1_024;

/// The expression of a JSON pattern. There is no negation. The lists are never empty, and no list
/// contains a list of the same kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    Atom(Atom),
    All(Vec<Expression>),
    Any(Vec<Expression>),
}

impl Expression {
    /// A conjunction, flat.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        let split = |part| if let Self::All(inner) = part { inner } else { vec![part] };
        Self::join(parts.into_iter().flat_map(split).collect(), Self::All)
    }

    /// A disjunction, flat.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        let split = |part| if let Self::Any(inner) = part { inner } else { vec![part] };
        Self::join(parts.into_iter().flat_map(split).collect(), Self::Any)
    }

    /// Visits the tests.
    pub(super) fn each_atom<'a>(&'a self, visit: &mut dyn FnMut(&'a Atom)) {
        match self {
            Self::Atom(atom) => visit(atom),
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.each_atom(visit));
            }
        }
    }

    fn join(mut parts: Vec<Self>, join: fn(Vec<Self>) -> Self) -> Self {
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => {
                parts.extend(last);
                join(parts)
            }
        }
    }
}

/// A test of the nodes that a selector selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Atom {
    pub(super) selector: Vec<Segment>,
    pub(super) test: Test,
}

/// One step of a selector, after the `$`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Segment {
    /// A member of an object: `.name` or `.['name']`.
    Key(String),
    /// An element of an array: `[0]`.
    Index(usize),
    /// Any member: `.*`
    AnyMember,
    /// Any element: `[*]`
    AnyElement,
}

impl Segment {
    /// Whether the step selects every child. Both notations select the same nodes.
    pub(super) fn is_wildcard(&self) -> bool {
        matches!(self, Self::AnyMember | Self::AnyElement)
    }
}

/// The test of a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Test {
    Equals(Operand),
    Differs(Operand),
    Compares(Order, Number),
    IsNull,
    IsTrue,
    IsFalse,
    NotExists,
}

/// The value with which a node is compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Operand {
    /// A text, in which `*` can be a wildcard.
    Text(String),
    /// An unquoted number.
    Number(Number),
    Regex(Regex),
}

/// The operators that order numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Order {
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Order {
    fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}

/// Whether a character is allowed in a name or in an unquoted word.
pub(super) fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

/// Whether a character is allowed in an unquoted word.
pub(super) fn is_word(character: char) -> bool {
    is_name(character) || matches!(character, '.' | '*')
}

/// The spacing of the printed pattern.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    roomy: bool,
}

/// Prints a JSON pattern with spaces, quotes and parentheses for readability, or as short as
/// possible if that would exceed the maximum length of a pattern.
pub(super) fn print(expression: &Expression) -> String {
    let mut text = String::from("{ ");
    Layout { roomy: true }.expression(expression, &mut text);
    text.push_str(" }");
    if text.chars().count() > LONGEST_PATTERN {
        text = String::from("{");
        Layout { roomy: false }.expression(expression, &mut text);
        text.push('}');
    }
    text
}

impl Layout {
    fn expression(self, expression: &Expression, out: &mut String) {
        let (parts, operator) = match expression {
            Expression::Atom(atom) => return self.atom(atom, out),
            Expression::All(parts) => (parts, "&&"),
            Expression::Any(parts) => (parts, "||"),
        };
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.spaced(operator, out);
            }
            if self.roomy || matches!(part, Expression::Any(_)) {
                out.push('(');
                self.expression(part, out);
                out.push(')');
            } else {
                self.expression(part, out);
            }
        }
    }

    fn spaced(self, operator: &str, out: &mut String) {
        let space = if self.roomy { " " } else { "" };
        for part in [space, operator, space] {
            out.push_str(part);
        }
    }

    fn atom(self, atom: &Atom, out: &mut String) {
        out.push_str(&Path(&atom.selector).to_string());
        match &atom.test {
            Test::Equals(operand) => self.comparison("=", operand, out),
            Test::Differs(operand) => self.comparison("!=", operand, out),
            Test::Compares(order, number) => {
                self.spaced(order.as_str(), out);
                out.push_str(&number.text);
            }
            Test::IsNull => out.push_str(" IS NULL"),
            Test::IsTrue => out.push_str(" IS TRUE"),
            Test::IsFalse => out.push_str(" IS FALSE"),
            Test::NotExists => out.push_str(" NOT EXISTS"),
        }
    }

    fn comparison(self, operator: &str, operand: &Operand, out: &mut String) {
        self.spaced(operator, out);
        match operand {
            Operand::Number(number) => out.push_str(&number.text),
            Operand::Regex(regex) => {
                for part in ["%", &regex.source, "%"] {
                    out.push_str(part);
                }
            }
            Operand::Text(text)
                if !self.roomy
                    && !text.is_empty()
                    && text.chars().all(is_word)
                    && Number::parse(text).is_none() =>
            {
                out.push_str(text)
            }
            Operand::Text(text) => {
                out.push('"');
                for character in text.chars() {
                    if matches!(character, '"' | '\\') {
                        out.push('\\');
                    }
                    out.push(character);
                }
                out.push('"');
            }
        }
    }
}

/// A selector in its printed form.
pub(super) struct Path<'a>(pub(super) &'a [Segment]);

impl fmt::Display for Path<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("$")?;
        for step in self.0 {
            match step {
                Segment::Key(name) if !name.is_empty() && name.chars().all(is_name) => {
                    write!(out, ".{name}")?
                }
                Segment::Key(name) => write!(out, ".['{name}']")?,
                Segment::Index(index) => write!(out, "[{index}]")?,
                Segment::AnyMember => out.write_str(".*")?,
                Segment::AnyElement => out.write_str("[*]")?,
            }
        }
        Ok(())
    }
}
