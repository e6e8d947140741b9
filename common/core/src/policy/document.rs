//! A policy document, and the answer to a question about one.

use std::fmt;

use serde::{Serialize, Serializer};
use thiserror::Error;

use super::condition::Condition;
use crate::evaluation::REASON_LIMIT;
use crate::text::shorten;

/// A policy document that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub(super) statements: Vec<Statement>,
}

impl Policy {
    pub(super) fn with_effect(&self, effect: Effect) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(move |statement| statement.effect == effect)
    }
}

/// The document cannot be understood, so nothing can be said of it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// Not JSON, or an element that occurs twice.
    #[error("the policy is not valid JSON: {0}")]
    Json(String),
    /// JSON, but not a policy.
    #[error("{place}: {problem}")]
    Form {
        /// `policy`, `statement 2`.
        place: String,
        /// What is wrong there, and what would be right.
        problem: String,
    },
}

/// What a statement is called: its Sid, or else its position, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum StatementName {
    /// It has a Sid.
    Sid(String),
    /// It has none.
    Position(usize),
}

impl fmt::Display for StatementName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sid(sid) => write!(out, "'{}'", shorten(sid, 64)),
            Self::Position(position) => write!(out, "{position}"),
        }
    }
}

/// The answer to a question about a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyAnswer<V> {
    /// The answer itself.
    pub verdict: V,
    /// The statements that explain it, in the policy's order. In JSON `statement`: null, one name,
    /// or a list of several.
    #[serde(rename = "statement", serialize_with = "one_or_list")]
    pub statements: Vec<StatementName>,
    /// Why, in at most [`REASON_LIMIT`] characters.
    pub detail: String,
}

impl<V> PolicyAnswer<V> {
    pub(super) fn new<'a>(
        verdict: V,
        statements: impl IntoIterator<Item = &'a Statement>,
        detail: impl AsRef<str>,
    ) -> Self {
        let statements = statements.into_iter().map(|statement| statement.name.clone()).collect();
        Self { verdict, statements, detail: shorten(detail.as_ref(), REASON_LIMIT) }
    }
}

fn one_or_list<S: Serializer>(names: &[StatementName], to: S) -> Result<S::Ok, S::Error> {
    match names {
        [] => to.serialize_none(),
        [only] => only.serialize(to),
        several => several.serialize(to),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) name: StatementName,
    pub(super) effect: Effect,
    pub(super) principals: Option<Principals>,
    /// In lower case.
    pub(super) actions: Patterns,
    pub(super) resources: Option<Patterns>,
    pub(super) conditions: Vec<Condition>,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Patterns {
    /// All but these.
    pub(super) negated: bool,
    pub(super) patterns: Vec<String>,
}

impl Patterns {
    pub(super) fn contain(&self, text: &str) -> bool {
        self.patterns.iter().any(|pattern| crate::glob::matches(pattern, text)) != self.negated
    }
}

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Principals {
    /// All but these.
    pub(super) negated: bool,
    pub(super) members: Vec<Principal>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Principal {
    pub(super) kind: PrincipalKind,
    pub(super) name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PrincipalKind {
    Aws,
    Other,
}

impl Statement {
    /// Whether it certainly applies to every caller, anonymous ones included.
    pub(super) fn certainly_for_everyone(&self) -> bool {
        self.principals.as_ref().is_some_and(|principals| {
            !principals.negated
                && principals
                    .members
                    .iter()
                    .any(|one| one.kind == PrincipalKind::Aws && one.name == "*")
        })
    }

    /// Whether it may apply to callers that nobody has named.
    pub(super) fn possibly_for_everyone(&self) -> bool {
        self.principals.as_ref().is_none_or(|principals| {
            principals.negated
                || principals.members.iter().any(|one| crate::glob::has_wildcard(&one.name))
        })
    }
}

/// Statements in running text: `Statement 'A'`, `Statements 'A', 'B' and 3`.
pub(super) fn named(statements: &[&Statement]) -> String {
    match statements {
        [only] => format!("Statement {}", only.name),
        _ => format!(
            "Statements {}",
            listed(statements.iter().map(|statement| statement.name.to_string()))
        ),
    }
}

/// `a, b and c`; of more than four the first three and how many more.
pub(super) fn listed(items: impl IntoIterator<Item = String>) -> String {
    let mut items: Vec<String> = items.into_iter().collect();
    if items.len() > 4 {
        let more = items.split_off(3).len();
        items.push(format!("{more} more"));
    }
    match items.pop() {
        None => String::new(),
        Some(last) if items.is_empty() => last,
        Some(last) => format!("{} and {last}", items.join(", ")),
    }
}
