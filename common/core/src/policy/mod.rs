//! IAM policy documents, by meaning: one model, and three questions to it.
//!
//! - [`full_admin()`]: does it allow everything? (1.16)
//! - [`deny_http()`]: does it deny plain HTTP to a bucket? (2.1.2)
//! - [`public()`]: does it allow everyone? (3.3)
//!
//! # What is read
//! Every spelling that AWS accepts: one item or a list, booleans and numbers as condition values,
//! the document as an object, as a text that holds one, URL-encoded, with a byte order mark or
//! white space around it. Names of elements (`Statement`, `Effect`) and the values of `Effect` are
//! case-sensitive, as IAM has them; action names, condition keys and condition operators are not.
//!
//! # What is refused
//! Anything that is not understood: unknown elements, effects, versions, kinds of principal and
//! condition operators, `Action` beside `NotAction`, an empty list of actions, resources or
//! principals, and an element given twice (JSON parsers keep one of the two, and nobody knows which
//! one another parser keeps). A refused policy is an error, and whoever asks must call the resource
//! *not assessed*. `Resource` and `Principal` may be absent, because some kinds of policy have
//! none; each question then takes the worse case.
//!
//! # How sure the answers are
//! Where the meaning is not certain, an answer leans towards a finding: a Deny counts only where it
//! certainly applies, an Allow wherever it may apply.
//!
//! | open point | a Deny | an Allow |
//! |---|---|---|
//! | condition on something that the question says nothing of | does not apply | applies |
//! | policy variable (`${…}`) in `Resource` | matches nothing | matches anything |
//! | policy variable in `NotResource` | excludes anything | excludes nothing |
//! | `Resource` or `Principal` absent | does not apply | applies |
//! | too many wildcards to decide (see [`crate::glob::find`]) | does not cover | covers |

mod condition;
mod coverage;
mod deny_http;
mod full_admin;
mod parse;
mod public;
mod services;

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;
use thiserror::Error;

use self::condition::Condition;
use crate::evaluation::{REASON_LIMIT, shorten};

pub use self::deny_http::{DenyHttp, deny_http};
pub use self::full_admin::{FullAdmin, full_admin};
pub use self::public::{Public, public};

/// A policy document that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    statements: Vec<Statement>,
}

impl Policy {
    /// Reads a document from a text: JSON, JSON within a JSON text, or either of them URL-encoded.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        parse::text(text)
    }

    /// Reads a document from a JSON value: an object, or a text as [`Policy::parse`] takes it. An
    /// element that was given twice has been lost by then: parse the text where there is one.
    pub fn from_value(value: &Value) -> Result<Self, PolicyError> {
        parse::value(value)
    }

    fn with_effect(&self, effect: Effect) -> impl Iterator<Item = &Statement> {
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
pub struct Answer<V> {
    /// The answer itself.
    pub verdict: V,
    /// The statements that explain it, in the policy's order. In JSON `statement`: null, one name,
    /// or a list of several.
    #[serde(rename = "statement", serialize_with = "one_or_list")]
    pub statements: Vec<StatementName>,
    /// Why, in at most [`REASON_LIMIT`] characters.
    pub detail: String,
}

impl<V> Answer<V> {
    fn new<'a>(
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
enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    name: StatementName,
    effect: Effect,
    principals: Option<Principals>,
    /// In lower case.
    actions: Patterns,
    resources: Option<Patterns>,
    conditions: Vec<Condition>,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Patterns {
    /// All but these.
    negated: bool,
    patterns: Vec<String>,
}

impl Patterns {
    fn contain(&self, text: &str) -> bool {
        self.patterns.iter().any(|pattern| crate::glob::matches(pattern, text)) != self.negated
    }
}

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Principals {
    /// All but these.
    negated: bool,
    members: Vec<Principal>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Principal {
    kind: PrincipalKind,
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PrincipalKind {
    Aws,
    Other,
}

impl Statement {
    /// Whether it certainly applies to every caller, anonymous ones included.
    fn certainly_for_everyone(&self) -> bool {
        self.principals.as_ref().is_some_and(|principals| {
            !principals.negated
                && principals
                    .members
                    .iter()
                    .any(|one| one.kind == PrincipalKind::Aws && one.name == "*")
        })
    }

    /// Whether it may apply to callers that nobody has named.
    fn possibly_for_everyone(&self) -> bool {
        self.principals.as_ref().is_none_or(|principals| {
            principals.negated
                || principals.members.iter().any(|one| crate::glob::has_wildcard(&one.name))
        })
    }
}

/// Statements in running text: `Statement 'A'`, `Statements 'A', 'B' and 3`.
fn named(statements: &[&Statement]) -> String {
    match statements {
        [only] => format!("Statement {}", only.name),
        _ => format!(
            "Statements {}",
            listed(statements.iter().map(|statement| statement.name.to_string()))
        ),
    }
}

/// `a, b and c`; of more than four the first three and how many more.
fn listed(items: impl IntoIterator<Item = String>) -> String {
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
