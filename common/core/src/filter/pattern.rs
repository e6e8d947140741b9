//! A filter pattern.

use std::fmt;

use super::syntax::{self, Atom, Expression};

/// A filter pattern. The default one is empty and matches every event.
///
/// Its printed text is canonical: patterns with the same structure print the same text, and the
/// printed text parses to the same structure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    pub(super) kind: PatternKind,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum PatternKind {
    /// The empty pattern.
    #[default]
    Everything,
    /// `{ … }`
    Json(Expression),
    /// `[…]` or terms: not supported, stored as it was written.
    Other(String),
}

impl Pattern {
    /// Creates a pattern with one test.
    pub(super) fn of_atom(atom: &Atom) -> Self {
        Self { kind: PatternKind::Json(Expression::Atom(atom.clone())) }
    }

    /// Visits the tests of a JSON pattern.
    pub(super) fn each_atom<'a>(&'a self, visit: &mut dyn FnMut(&'a Atom)) {
        if let PatternKind::Json(expression) = &self.kind {
            expression.each_atom(visit);
        }
    }

    /// Whether the pattern is supported: empty, or a JSON pattern.
    pub fn is_understood(&self) -> bool {
        !matches!(self.kind, PatternKind::Other(_))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            PatternKind::Everything => Ok(()),
            PatternKind::Json(expression) => out.write_str(&syntax::print(expression)),
            PatternKind::Other(text) => out.write_str(text),
        }
    }
}
