//! 1.16: whether a policy allows full administration.

use serde::Serialize;

use super::actions;
use super::coverage::{Lean, RequestedActions, Requests, gap, needed};
use super::document::{
    Effect, Policy, PolicyAnswer, Statement, listed, named, sentence_on_no_actions,
};
use crate::aws::Partition;
use crate::glob::{self, SearchLimit, Texts, Universe};

/// Whether a policy allows every action on every resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FullAdmin {
    /// It allows every action on every resource.
    Yes,
    /// It does not.
    No,
    /// The result depends on a statement that is not understood.
    Undetermined,
}

/// Whether a policy allows every action on every resource, in one statement or in several that
/// complement each other.
///
/// *Every action* is every action that AWS lists, see [`super::actions_date()`]. `*`, `*:*` and
/// `?*` match all of them, and so do `a*`, `b*`, … up to `z*` together. `ec2:*` does not.
/// `NotAction` matches all of them only if none of its names is an action. *Every resource* is
/// every ARN of every such service in the policy's partition, so `*`, `arn:*` and `arn:aws:*:*:*:*`
/// match all of them. An action on a resource of another service is not a request.
///
/// Conditions, principals and Deny statements are ignored. The detail mentions conditions.
///
/// If a policy is too complex for the `limit` of a question, the result is that it allows
/// everything.
pub fn full_admin(policy: &Policy, limit: &SearchLimit) -> PolicyAnswer<FullAdmin> {
    let allows: Vec<&Statement> = policy.with_effect(Effect::Allow).collect();
    for partition in partitions(&allows) {
        let requests = everything(partition);
        match gap(limit, &allows, &requests, Lean::More) {
            Ok(Some(_)) => {}
            Ok(None) => return yes(needed(limit, &allows, &requests, Lean::More), ""),
            Err(_) => {
                return yes(
                    allows,
                    ", as far as can be determined: too many wildcards to rule it out",
                );
            }
        }
    }
    match policy.possibly_with_effect(Effect::Allow) {
        Some(problem) => PolicyAnswer::undetermined(FullAdmin::Undetermined, problem),
        None => no(&allows),
    }
}

fn yes(statements: Vec<&Statement>, reservation: &str) -> PolicyAnswer<FullAdmin> {
    let verb = if statements.len() == 1 { "allows" } else { "together allow" };
    let mut detail =
        format!("{} {verb} every action on every resource{reservation}.", named(&statements));
    let mut keys: Vec<String> = statements
        .iter()
        .flat_map(|statement| &statement.conditions)
        .map(|condition| condition.key_as_written().to_owned())
        .filter(|key| !key.is_empty())
        .collect();
    keys.sort();
    keys.dedup();
    if !keys.is_empty() {
        detail.push_str(&format!(" A condition on {} does not change that.", listed(keys)));
    }
    let excludes_nothing: Vec<String> = statements
        .iter()
        .filter(|statement| statement.actions.negated)
        .flat_map(|statement| &statement.actions.patterns)
        .filter(|pattern| !actions::existing().has(pattern))
        .map(|pattern| format!("'{pattern}'"))
        .collect();
    if !excludes_nothing.is_empty() {
        detail.push_str(&sentence_on_no_actions(&excludes_nothing));
    }
    PolicyAnswer::new(FullAdmin::Yes, statements, detail)
}

fn no(allows: &[&Statement]) -> PolicyAnswer<FullAdmin> {
    let mut detail = "No statement allows every action on every resource.".to_owned();
    if let Some(statement) = allows.iter().find(|statement| statement.actions.negated) {
        let excluded = listed(statement.actions.patterns.iter().cloned());
        detail
            .push_str(&format!(" {} allows all actions except {excluded}.", named(&[*statement])));
    }
    PolicyAnswer::new(FullAdmin::No, [], detail)
}

/// The partitions in the policy's ARNs, including wildcards. The policy belongs to one of them. If
/// it names none, all partitions are equivalent.
fn partitions(statements: &[&Statement]) -> Vec<Partition> {
    let all = [Partition::Aws, Partition::China, Partition::GovCloud];
    let resources = || {
        statements
            .iter()
            .filter_map(|statement| statement.resources.as_ref())
            .flat_map(|resources| &resources.patterns)
    };
    let named = |partition: &Partition| {
        resources().any(|pattern| {
            pattern.split(':').nth(1).is_some_and(|name| glob::matches(name, partition.as_str()))
        })
    };
    let found: Vec<Partition> = all.into_iter().filter(named).collect();
    if found.is_empty() { vec![Partition::default()] } else { found }
}

fn everything(partition: Partition) -> Requests {
    let services = actions::existing().services_in_arns();
    let resources = services.map(|service| format!("arn:{partition}:{service}:"));
    Requests {
        resources: vec![Universe::new(resources, Texts::matching("*:*:?*"))],
        actions: RequestedActions::Existing,
    }
}
