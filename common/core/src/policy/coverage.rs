//! Whether statements cover every request of a kind together.
//!
//! A statement takes part with its actions and its resources. Two statements share the work when
//! one takes some actions and the other the rest, or when one takes some resources and the other
//! the rest, or any mixture: every pair of an action and a resource must be in one statement at
//! least. To decide that, all resources are told apart by the statements that they are in; for each
//! set of statements that occurs, the statements' actions must cover all actions.

use std::collections::HashMap;

use super::condition::has_variable;
use super::document::{Patterns, Statement};
use crate::glob::{self, Budget, Texts, TooComplex, Universe};

/// The requests that a question is about: every action on every resource.
pub(super) struct Requests {
    pub(super) resources: Vec<Universe>,
    /// In lower case.
    pub(super) actions: Universe,
}

/// Which way to lean where a pattern has a policy variable.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lean {
    /// Take a statement for less than it may be.
    Less,
    /// Take a statement for more than it may be.
    More,
}

/// A request that no statement covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// No statement has this action, in lower case.
    Action(String),
    /// No statement has this resource.
    Resource(String),
    /// Some statements have the action, others the resource; none has both.
    Pair { action: String, resource: String },
}

struct Claim {
    actions: Set,
    resources: Set,
}

struct Set {
    negated: bool,
    patterns: Vec<Texts>,
}

impl Set {
    fn new(patterns: &Patterns, lean: Lean) -> Self {
        let widen = (lean == Lean::More) != patterns.negated;
        let read = |pattern: &String| match (has_variable(pattern), widen) {
            (false, _) => Some(Texts::matching(pattern)),
            (true, true) => Some(Texts::matching(&variables_as_wildcards(pattern))),
            (true, false) => None,
        };
        let texts: Vec<Texts> = patterns.patterns.iter().filter_map(read).collect();
        // Most administrators say it plainly.
        if !patterns.negated && texts.contains(&Texts::matching("*")) {
            return Self::everything();
        }
        Self { negated: patterns.negated, patterns: texts }
    }

    fn everything() -> Self {
        Self { negated: true, patterns: Vec::new() }
    }

    fn is_everything(&self) -> bool {
        self.negated && self.patterns.is_empty()
    }
}

fn variables_as_wildcards(pattern: &str) -> String {
    let mut widened = String::new();
    let mut rest = pattern;
    while let Some((before, variable)) = rest.split_once("${") {
        widened.push_str(before);
        widened.push('*');
        rest = variable.split_once('}').map_or("", |(_, after)| after);
    }
    widened + rest
}

/// A request that none of the statements covers; nothing when they cover all. Conditions and
/// principals are not looked at. An absent `Resource` is no resource, or, leaning towards more,
/// every one.
pub(super) fn gap(
    statements: &[&Statement],
    requests: &Requests,
    lean: Lean,
) -> Result<Option<Gap>, TooComplex> {
    gap_within(&Budget::default(), statements, requests, lean)
}

fn gap_within(
    budget: &Budget,
    statements: &[&Statement],
    requests: &Requests,
    lean: Lean,
) -> Result<Option<Gap>, TooComplex> {
    let claim = |statement: &&Statement| {
        let resources = match (&statement.resources, lean) {
            (Some(resources), _) => Set::new(resources, lean),
            (None, Lean::More) => Set::everything(),
            (None, Lean::Less) => Set { negated: false, patterns: Vec::new() },
        };
        Claim { actions: Set::new(&statement.actions, lean), resources }
    };
    let claims: Vec<Claim> = statements.iter().map(claim).collect();
    if claims.iter().any(|claim| claim.actions.is_everything() && claim.resources.is_everything()) {
        return Ok(None);
    }
    let all = vec![true; claims.len()];
    if let Some(action) = missing_action(budget, &claims, &all, requests)? {
        return Ok(Some(Gap::Action(action)));
    }
    let mut answers: HashMap<Vec<bool>, Option<String>> = HashMap::from([(all, None)]);
    for universe in &requests.resources {
        let patterns: Vec<Texts> =
            claims.iter().flat_map(|claim| claim.resources.patterns.iter().cloned()).collect();
        let (mut problem, mut found) = (None, None);
        let resource = glob::find(universe, &patterns, budget, |matched| {
            let having_resource = gather(claims.iter().map(|claim| &claim.resources), matched);
            let missing = match answers.get(&having_resource) {
                Some(known) => known.clone(),
                None => match missing_action(budget, &claims, &having_resource, requests) {
                    Ok(missing) => {
                        answers.insert(having_resource.clone(), missing.clone());
                        missing
                    }
                    Err(too_complex) => {
                        problem = Some(too_complex);
                        return true;
                    }
                },
            };
            found = missing.map(|action| (action, having_resource.contains(&true)));
            found.is_some()
        })?;
        if let Some(problem) = problem {
            return Err(problem);
        }
        if let Some((resource, (action, had))) = resource.zip(found) {
            return Ok(Some(if had {
                Gap::Pair { action, resource }
            } else {
                Gap::Resource(resource)
            }));
        }
    }
    Ok(None)
}

/// An action that none of the chosen claims has.
fn missing_action(
    budget: &Budget,
    claims: &[Claim],
    chosen: &[bool],
    requests: &Requests,
) -> Result<Option<String>, TooComplex> {
    let sets = || {
        claims.iter().zip(chosen).filter(|(_, chosen)| **chosen).map(|(claim, _)| &claim.actions)
    };
    let patterns: Vec<Texts> = sets().flat_map(|set| set.patterns.iter().cloned()).collect();
    if sets().any(Set::is_everything) {
        return Ok(None);
    }
    glob::find(&requests.actions, &patterns, budget, |matched| {
        !gather(sets(), matched).contains(&true)
    })
}

/// Which sets have a text, given which of all their patterns match it.
fn gather<'a>(sets: impl Iterator<Item = &'a Set>, matched: &[bool]) -> Vec<bool> {
    let mut matched = matched.iter();
    sets.map(|set| {
        (matched.by_ref().take(set.patterns.len()).filter(|one| **one).count() > 0) != set.negated
    })
    .collect()
}

/// The most statements of which the smallest set that does the work is looked for.
const SORTED_OUT: usize = 16;

/// Of statements that cover all requests together: one that does it alone, or else a set of which
/// each is needed, as far as that is soon found out.
pub(super) fn needed<'a>(
    statements: &[&'a Statement],
    requests: &Requests,
    lean: Lean,
) -> Vec<&'a Statement> {
    let budget = Budget::default();
    let cover =
        |statements: &[&Statement]| gap_within(&budget, statements, requests, lean) == Ok(None);
    if let Some(alone) = statements.iter().find(|statement| cover(&[**statement])) {
        return vec![*alone];
    }
    let mut needed = statements.to_vec();
    if needed.len() <= SORTED_OUT {
        for statement in statements {
            let others: Vec<&Statement> =
                needed.iter().copied().filter(|other| !std::ptr::eq(*other, *statement)).collect();
            if cover(&others) {
                needed = others;
            }
        }
    }
    needed
}
