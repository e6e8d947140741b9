//! A policy document, and the answer to a question about it.

use std::fmt;

use serde::{Serialize, Serializer};

use super::actions;
use super::condition::Condition;
use super::error::PolicyError;
use crate::evaluation::REASON_LIMIT;
use crate::text::shorten;

/// A policy document, or several documents of one principal. Statements that are not understood are
/// stored separately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub(super) statements: Vec<Statement>,
    pub(super) unknown: Vec<UnknownStatement>,
}

impl Policy {
    /// Combines several policies that apply together, such as the inline policies of a principal.
    /// Each statement is named with its policy.
    pub fn together<'a>(policies: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        let mut all = Self { statements: Vec::new(), unknown: Vec::new() };
        for (name, policy) in policies {
            let within = |statement: StatementName| StatementName::Of {
                policy: name.to_owned(),
                statement: Box::new(statement),
            };
            all.statements.extend(
                policy
                    .statements
                    .into_iter()
                    .map(|statement| Statement { name: within(statement.name), ..statement }),
            );
            all.unknown.extend(policy.unknown.into_iter().map(|statement| UnknownStatement {
                problem: statement.problem.within(name),
                ..statement
            }));
        }
        all
    }

    pub(super) fn with_effect(&self, effect: Effect) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(move |statement| statement.effect == effect)
    }

    /// Why a statement that is not understood may have this effect.
    pub(super) fn possibly_with_effect(&self, effect: Effect) -> Option<&PolicyError> {
        self.unknown
            .iter()
            .find(|statement| statement.effect.is_none_or(|known| known == effect))
            .map(|statement| &statement.problem)
    }
}

/// The name of a statement: its Sid, or else its position, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum StatementName {
    /// It has a Sid.
    Sid(String),
    /// It has none.
    Position(usize),
    /// It belongs to one of several policies.
    Of {
        /// The name of the policy.
        policy: String,
        /// The name of the statement within the policy.
        statement: Box<StatementName>,
    },
}

impl StatementName {
    /// The name of its policy, if there are several policies.
    pub fn policy(&self) -> Option<&str> {
        match self {
            Self::Of { policy, .. } => Some(policy),
            Self::Sid(_) | Self::Position(_) => None,
        }
    }
}

impl fmt::Display for StatementName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sid(sid) => write!(out, "'{}'", shorten(sid, 64)),
            Self::Position(position) => write!(out, "{position}"),
            Self::Of { policy, statement } => {
                write!(out, "{statement} of '{}'", shorten(policy, 64))
            }
        }
    }
}

/// The answer to a question about a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyAnswer<V> {
    /// The answer itself.
    pub verdict: V,
    /// The statements that explain the answer, in the policy's order. In JSON `statement`: null,
    /// one name, or a list of several.
    #[serde(rename = "statement", serialize_with = "one_or_list")]
    pub statements: Vec<StatementName>,
    /// The reason, in at most [`REASON_LIMIT`] characters.
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

    /// The answer "undetermined", because of a statement that is not understood.
    pub(super) fn undetermined(verdict: V, problem: &PolicyError) -> Self {
        Self::new(verdict, [], format!("The policy is not understood: {problem}."))
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
    /// The actions in lower case.
    pub(super) actions: Patterns,
    pub(super) resources: Option<Patterns>,
    pub(super) conditions: Vec<Condition>,
}

/// A statement that is not understood. It may do anything that its effect allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnknownStatement {
    /// The effect; `None` if the effect is not understood either.
    pub(super) effect: Option<Effect>,
    pub(super) problem: PolicyError,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Patterns {
    /// Everything except the patterns.
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
    /// Everyone except the members.
    pub(super) negated: bool,
    /// The members. An empty list matches no one.
    pub(super) members: Vec<Principal>,
    /// Why there may be other members.
    pub(super) problem: Option<PolicyError>,
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

    /// Why a part of its principals or conditions is not understood. Together with the rest of the
    /// statement, that part decides to which requests the statement applies.
    pub(super) fn problem(&self) -> Option<&PolicyError> {
        let principals = self.principals.as_ref().filter(|_| !self.certainly_for_everyone());
        principals
            .and_then(|principals| principals.problem.as_ref())
            .or_else(|| self.conditions.iter().find_map(Condition::problem))
    }

    /// Whether it may apply to callers that the policy does not name.
    pub(super) fn possibly_for_everyone(&self) -> bool {
        self.principals.as_ref().is_none_or(|principals| {
            principals.negated
                || principals.members.iter().any(|one| crate::glob::has_wildcard(&one.name))
        })
    }
}

/// Statements in a sentence: `Statement 'A'`, `Statements 'A', 'B' and 3`.
pub(super) fn named(statements: &[&Statement]) -> String {
    match statements {
        [only] => format!("Statement {}", only.name),
        _ => format!(
            "Statements {}",
            listed(statements.iter().map(|statement| statement.name.to_string()))
        ),
    }
}

/// States that names, in quotation marks, are not actions: ` 'iam:typo' matches no action (…)`. The
/// text follows another sentence.
pub(super) fn sentence_on_no_actions(names: &[String]) -> String {
    let verb = if names.len() == 1 { "matches" } else { "match" };
    let date = actions::actions_date();
    format!(
        " {} {verb} no action (AWS Service Reference of {date}).",
        listed(names.iter().cloned())
    )
}

/// `a, b and c`. Of more than four items, the first three and the number of the others.
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
