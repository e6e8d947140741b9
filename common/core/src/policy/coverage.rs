//! Whether statements together cover every request of a kind.
//!
//! A statement contributes its actions and its resources. Two statements can complement each other:
//! one has some actions and the other the rest, or one has some resources and the other the rest,
//! or any mixture. Every pair of an action and a resource must be in at least one statement; if the
//! actions are the existing ones, every pair of one service. To decide that, resources are grouped
//! by the statements that contain them. For each set of statements that occurs, their actions must
//! cover all actions.

use std::collections::HashMap;

use super::actions;
use super::condition::has_variable;
use super::document::{Patterns, Statement};
use crate::automaton::Bits;
use crate::glob::{self, SearchLimit, Texts, TooComplex, Universe};

/// The requests of a question: every action on every resource.
pub(super) struct Requests {
    pub(super) resources: Vec<Universe>,
    pub(super) actions: RequestedActions,
}

/// The actions of a question, in lower case.
pub(super) enum RequestedActions {
    /// The actions that AWS lists.
    Existing,
    /// All existing and possible actions.
    OfForm(ActionForm),
}

/// The form of all existing and possible actions.
pub(super) struct ActionForm {
    pub(super) universe: Universe,
    /// Whether a pattern of `NotAction` excludes none of the requests.
    pub(super) leaves_out_none: fn(&str) -> bool,
}

/// The assumption for a pattern with a policy variable.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lean {
    /// Assume that a statement covers less than it may.
    Less,
    /// Assume that a statement covers more than it may not.
    More,
}

/// A request that no statement covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// No statement contains this action, in lower case.
    Action(String),
    /// No statement contains this resource.
    Resource(String),
    /// Some statements contain the action, others the resource, but none contains both.
    Pair { action: String, resource: String },
}

struct Claim {
    actions: Set,
    resources: Set,
}

struct Set {
    negated: bool,
    patterns: Vec<String>,
}

impl Set {
    fn new(patterns: &Patterns, lean: Lean) -> Self {
        // According to IAM Access Analyzer, such a statement has no effect.
        if patterns.negated && patterns.patterns.is_empty() && lean == Lean::Less {
            return Self::nothing();
        }
        let widen = (lean == Lean::More) != patterns.negated;
        let read = |pattern: &String| match (has_variable(pattern), widen) {
            (false, _) => Some(pattern.clone()),
            (true, true) => Some(variables_as_wildcards(pattern)),
            (true, false) => None,
        };
        let read: Vec<String> = patterns.patterns.iter().filter_map(read).collect();
        let all = |pattern: &String| !pattern.is_empty() && pattern.chars().all(|one| one == '*');
        // Most administrator policies use a plain `*`.
        if !patterns.negated && read.iter().any(all) {
            return Self::everything();
        }
        Self { negated: patterns.negated, patterns: read }
    }

    fn nothing() -> Self {
        Self { negated: false, patterns: Vec::new() }
    }

    fn texts(&self) -> impl Iterator<Item = Texts> {
        self.patterns.iter().map(|pattern| Texts::matching(pattern))
    }

    /// The existing actions that the set contains.
    fn existing(&self, budget: &SearchLimit) -> Result<Bits, TooComplex> {
        let matching = actions::existing().matching(&self.patterns, budget)?;
        if !self.negated {
            return Ok(matching);
        }
        let mut others = actions::existing().all();
        others.remove(&matching);
        Ok(others)
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

/// A request that none of the statements covers; `None` when they cover all requests. Conditions
/// and principals are ignored. An absent `Resource` covers no resource, or, with [`Lean::More`],
/// every resource.
pub(super) fn gap(
    budget: &SearchLimit,
    statements: &[&Statement],
    requests: &Requests,
    lean: Lean,
) -> Result<Option<Gap>, TooComplex> {
    let claim = |statement: &&Statement| {
        let resources = match (&statement.resources, lean) {
            (Some(resources), _) => Set::new(resources, lean),
            (None, Lean::More) => Set::everything(),
            (None, Lean::Less) => Set::nothing(),
        };
        let mut actions = Set::new(&statement.actions, lean);
        if let (RequestedActions::OfForm(form), true) = (&requests.actions, actions.negated) {
            actions.patterns.retain(|pattern| !(form.leaves_out_none)(pattern));
        }
        Claim { actions, resources }
    };
    let claims: Vec<Claim> = statements.iter().map(claim).collect();
    if claims.iter().any(|claim| claim.actions.is_everything() && claim.resources.is_everything()) {
        return Ok(None);
    }
    let search = ActionSearch::new(budget, &claims, &requests.actions)?;
    let all = vec![true; claims.len()];
    if let Some(action) = search.missing(None, &all)? {
        return Ok(Some(Gap::Action(action)));
    }
    let mut answers: HashMap<(Vec<usize>, Vec<bool>), Option<String>> = HashMap::new();
    for universe in &requests.resources {
        let patterns: Vec<Texts> =
            claims.iter().flat_map(|claim| claim.resources.texts()).collect();
        let (mut problem, mut found) = (None, None);
        let resource =
            glob::find_by_beginning(universe, &patterns, budget, |services, matched| {
                let having_resource = gather(claims.iter().map(|claim| &claim.resources), matched);
                if having_resource == all {
                    return false;
                }
                let request = (services.to_vec(), having_resource);
                let missing = match answers.get(&request) {
                    Some(known) => known.clone(),
                    None => match search.missing(Some(services), &request.1) {
                        Ok(missing) => {
                            answers.insert(request.clone(), missing.clone());
                            missing
                        }
                        Err(too_complex) => {
                            problem = Some(too_complex);
                            return true;
                        }
                    },
                };
                found = missing.map(|action| (action, request.1.contains(&true)));
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

/// Searches for actions that none of the claims contains.
enum ActionSearch<'a> {
    /// The existing actions of each claim.
    Existing(Vec<Bits>),
    OfForm {
        budget: &'a SearchLimit,
        claims: &'a [Claim],
        universe: &'a Universe,
    },
}

impl<'a> ActionSearch<'a> {
    fn new(
        budget: &'a SearchLimit,
        claims: &'a [Claim],
        requested: &'a RequestedActions,
    ) -> Result<Self, TooComplex> {
        match requested {
            RequestedActions::Existing => claims
                .iter()
                .map(|claim| claim.actions.existing(budget))
                .collect::<Result<_, _>>()
                .map(Self::Existing),
            RequestedActions::OfForm(ActionForm { universe, .. }) => {
                Ok(Self::OfForm { budget, claims, universe })
            }
        }
    }

    /// An action that none of the chosen claims contains. For existing actions with given services,
    /// by their positions in ARNs, only actions of these services.
    fn missing(
        &self,
        services: Option<&[usize]>,
        chosen: &[bool],
    ) -> Result<Option<String>, TooComplex> {
        match self {
            Self::Existing(claims) => {
                let mut having = Bits::none(actions::existing().all().size());
                for (claim, _) in claims.iter().zip(chosen).filter(|(_, chosen)| **chosen) {
                    having.add(claim);
                }
                let missing = match services {
                    Some(services) => actions::existing().missing_of(services, &having),
                    None => actions::existing().missing(&having),
                };
                Ok(missing.map(str::to_owned))
            }
            Self::OfForm { budget, claims, universe } => {
                let chosen = || claims.iter().zip(chosen).filter(|(_, chosen)| **chosen);
                let sets = || chosen().map(|(claim, _)| &claim.actions);
                if sets().any(Set::is_everything) {
                    return Ok(None);
                }
                let patterns: Vec<Texts> = sets().flat_map(Set::texts).collect();
                glob::find(universe, &patterns, budget, |matched| {
                    !gather(sets(), matched).contains(&true)
                })
            }
        }
    }
}

/// Which sets contain a text, given which of all their patterns match it.
fn gather<'a>(sets: impl Iterator<Item = &'a Set>, matched: &[bool]) -> Vec<bool> {
    let mut matched = matched.iter();
    sets.map(|set| {
        (matched.by_ref().take(set.patterns.len()).filter(|one| **one).count() > 0) != set.negated
    })
    .collect()
}

/// The maximum number of statements for which the smallest sufficient set is searched.
const SORTED_OUT: usize = 16;

/// Of statements that together cover all requests: one that covers them alone, or else a set of
/// necessary statements, if it is found within the limit.
pub(super) fn needed<'a>(
    budget: &SearchLimit,
    statements: &[&'a Statement],
    requests: &Requests,
    lean: Lean,
) -> Vec<&'a Statement> {
    budget.in_part(1, 4, |budget| needed_within(budget, statements, requests, lean))
}

fn needed_within<'a>(
    budget: &SearchLimit,
    statements: &[&'a Statement],
    requests: &Requests,
    lean: Lean,
) -> Vec<&'a Statement> {
    let cover = |statements: &[&Statement]| gap(budget, statements, requests, lean) == Ok(None);
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
