//! 2.1.2: whether plain HTTP requests to a bucket are denied.

use std::collections::BTreeSet;

use serde::Serialize;

use super::actions;
use super::condition::{Condition, Truth, has_variable};
use super::coverage::{ActionForm, Gap, Lean, RequestedActions, Requests, gap, needed};
use super::document::{
    Effect, Policy, PolicyAnswer, Principals, Statement, listed, named, sentence_on_no_actions,
};
use super::error::PolicyError;
use crate::glob::{Chars, SearchLimit, Texts, Universe, has_wildcard};

/// Whether plain HTTP requests are denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DenyHttp {
    /// They are denied to all principals, for every action on every object.
    Denied,
    /// Some request is allowed, or may be.
    NotDenied,
    /// The result depends on a statement that is not understood.
    Undetermined,
}

/// Well-known actions, to name one that is not denied. They have no effect on the decision.
const WELL_KNOWN: &[&str] = &[
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    "s3:GetObjectVersion",
    "s3:AbortMultipartUpload",
    "s3:RestoreObject",
    "s3:ReplicateObject",
    "s3:BypassGovernanceRetention",
    "s3:PutObjectAcl",
    "s3:GetObjectAcl",
    "s3:PutBucketPolicy",
    "s3:GetBucketLocation",
    "s3:CreateBucket",
];

/// Whether a bucket's policy denies plain HTTP: a Deny certainly applies to every request with
/// `aws:SecureTransport` "false", by any principal, for any existing or possible S3 action, on any
/// object of the bucket (and on the bucket itself with `require_bucket_arn`). Several statements
/// can complement each other by actions and by resources, but each must apply to all principals: a
/// Deny with `NotPrincipal` and a Deny for the excluded principals do not add up.
///
/// A name in `NotAction` excludes no request if it is not an action, or if it is an action on
/// buckets and only objects are required, see [`super::actions_date()`].
///
/// The conditions of a Deny are evaluated for a request in which `aws:SecureTransport` is "false",
/// `s3:TlsVersion` is absent (plain HTTP has none), and nothing else is known. `bucket` is the
/// bucket's name, `partition` the second field of its ARN.
///
/// A statement that is not understood makes the result undetermined if the other statements do not
/// deny all requests and this statement may deny the rest.
pub fn deny_http(
    policy: &Policy,
    bucket: &str,
    partition: &str,
    require_bucket_arn: bool,
    limit: &SearchLimit,
) -> PolicyAnswer<DenyHttp> {
    let whole_bucket = format!("arn:{partition}:s3:::{bucket}");
    let mut resources = vec![Universe::new([format!("{whole_bucket}/")], Texts::matching("?*"))];
    if require_bucket_arn {
        resources.push(Universe::just(&whole_bucket));
    }
    // Names of S3 actions consist of letters.
    let universe = Universe::new(
        ["s3:".to_owned()],
        Texts::default().then_one(Chars::Letters).then_run(Chars::Letters),
    );
    let leaves_out_none = leaving_out_none(require_bucket_arn);
    let actions = RequestedActions::OfForm(ActionForm { universe, leaves_out_none });
    let requests = Requests { resources, actions };
    let denies: Vec<&Statement> = policy.with_effect(Effect::Deny).collect();
    let answer =
        by_understood(limit, policy, &denies, &requests, &whole_bucket, require_bucket_arn);
    if answer.verdict == DenyHttp::NotDenied
        && let Some(problem) = decisive_problem(limit, policy, &denies, &requests)
    {
        return PolicyAnswer::undetermined(DenyHttp::Undetermined, problem);
    }
    answer
}

/// Which patterns of `NotAction` exclude no request.
fn leaving_out_none(on_bucket_too: bool) -> fn(&str) -> bool {
    if on_bucket_too {
        |pattern| !actions::existing().has(pattern)
    } else {
        |pattern| actions::existing().is_about_no_object(pattern)
    }
}

/// Why a statement that is not understood may deny the remaining requests.
fn decisive_problem<'a>(
    limit: &SearchLimit,
    policy: &'a Policy,
    denies: &[&'a Statement],
    requests: &Requests,
) -> Option<&'a PolicyError> {
    if let Some(problem) = policy.possibly_with_effect(Effect::Deny) {
        return Some(problem);
    }
    let possible: Vec<&Statement> =
        denies.iter().copied().filter(|statement| known_obstacle(statement).is_none()).collect();
    let problem = possible.iter().find_map(|statement| statement.problem())?;
    (gap(limit, &possible, requests, Lean::Less) == Ok(None)).then_some(problem)
}

/// The answer according to the statements that certainly apply.
fn by_understood(
    limit: &SearchLimit,
    policy: &Policy,
    denies: &[&Statement],
    requests: &Requests,
    whole_bucket: &str,
    require_bucket_arn: bool,
) -> PolicyAnswer<DenyHttp> {
    let certain: Vec<&Statement> =
        denies.iter().copied().filter(|statement| obstacle(statement).is_none()).collect();
    if certain.is_empty() {
        return without_deny(policy, denies);
    }
    // One statement that denies everything is enough, however complex the others are.
    let parts = certain.len() as u64 + 1;
    let alone = certain.iter().any(|statement| {
        limit.in_part(1, parts, |limit| gap(limit, &[*statement], requests, Lean::Less)) == Ok(None)
    });
    let escaping = if alone { Ok(None) } else { gap(limit, &certain, requests, Lean::Less) };
    match escaping {
        Ok(None) => {
            let needed = needed(limit, &certain, requests, Lean::Less);
            let (verb, on) = (
                if needed.len() == 1 { "denies" } else { "together deny" },
                if require_bucket_arn { ", and on the bucket itself" } else { "" },
            );
            let detail = format!(
                "{} {verb} plain HTTP to all principals, for every action on every object of the \
                 bucket{on}.{}",
                named(&needed),
                no_actions(&needed)
            );
            PolicyAnswer::new(DenyHttp::Denied, needed, detail)
        }
        Ok(Some(gap)) => {
            let subject = denies_subject(&certain);
            let others = other_buckets(&certain, whole_bucket);
            let detail = if others.is_empty() {
                let escape = escape(limit, &certain, &gap, whole_bucket, require_bucket_arn);
                format!("{subject} plain HTTP, but not {escape}.")
            } else {
                let others = listed(others.iter().map(|name| format!("'{name}'")));
                format!("{subject} plain HTTP on another bucket only: {others}.")
            };
            PolicyAnswer::new(DenyHttp::NotDenied, certain.iter().copied(), detail)
        }
        Err(_) => {
            let detail = format!(
                "{} plain HTTP, with too many wildcards to decide whether every request is denied.",
                denies_subject(&certain)
            );
            PolicyAnswer::new(DenyHttp::NotDenied, certain, detail)
        }
    }
}

/// Names the entries of `NotAction` that are not actions, in a sentence.
fn no_actions(statements: &[&Statement]) -> String {
    let negated = statements.iter().filter(|statement| statement.actions.negated);
    let names: Vec<String> = negated
        .flat_map(|statement| &statement.actions.patterns)
        .filter(|pattern| !actions::existing().has(pattern))
        .map(|pattern| format!("'{pattern}'"))
        .collect();
    if names.is_empty() { String::new() } else { sentence_on_no_actions(&names) }
}

fn denies_subject(statements: &[&Statement]) -> String {
    format!("{} {}", named(statements), if statements.len() == 1 { "denies" } else { "deny" })
}

/// The buckets of the statements, if this bucket is not among them.
fn other_buckets<'a>(statements: &[&'a Statement], whole_bucket: &str) -> BTreeSet<&'a str> {
    let Some((service, bucket)) = whole_bucket.rsplit_once(":::") else { return BTreeSet::new() };
    let named = |pattern: &'a String| {
        let (found, resource) = pattern.rsplit_once(":::")?;
        let name = resource.split_once('/').map_or(resource, |(name, _)| name);
        let is_other = name != bucket && !has_wildcard(name) && !has_variable(name);
        (found == service && is_other).then_some(name)
    };
    let of_statement = |statement: &&'a Statement| match &statement.resources {
        Some(resources) if !resources.negated => resources.patterns.iter().map(named).collect(),
        _ => None,
    };
    let found: Option<Vec<Vec<&str>>> = statements.iter().map(of_statement).collect();
    found.into_iter().flatten().flatten().collect()
}

/// The requests that are not denied, as a phrase that follows "but not".
fn escape(
    limit: &SearchLimit,
    statements: &[&Statement],
    gap: &Gap,
    whole_bucket: &str,
    on_bucket_too: bool,
) -> String {
    let on = |resource: &str| match resource.strip_prefix(whole_bucket) {
        Some("") => "the bucket itself".to_owned(),
        Some(key) => format!("the object '{}'", key.strip_prefix('/').unwrap_or(key)),
        None => resource.to_owned(),
    };
    let well_known = |resources: &dyn Fn() -> Vec<Universe>| {
        let escapes = |action: &&&str| {
            let form = ActionForm {
                universe: Universe::just(&action.to_ascii_lowercase()),
                leaves_out_none: leaving_out_none(on_bucket_too),
            };
            let requests =
                Requests { resources: resources(), actions: RequestedActions::OfForm(form) };
            limit.in_part(1, 1, |limit| {
                super::coverage::gap(limit, statements, &requests, Lean::Less)
            }) != Ok(None)
        };
        let is_asked = |action: &&&str| {
            on_bucket_too || !actions::existing().is_about_no_object(&action.to_ascii_lowercase())
        };
        WELL_KNOWN.iter().filter(is_asked).find(escapes).copied()
    };
    // A name that is not an action stands for actions that AWS may add.
    let or_new = |known: Option<&str>, action: &str| match known {
        Some(known) => known.to_owned(),
        None if actions::existing().has(action) => action.to_owned(),
        None => "actions that AWS may add".to_owned(),
    };
    match gap {
        Gap::Action(action) => format!("for {}", or_new(well_known(&Vec::new), action)),
        Gap::Resource(resource) => format!("on {}", on(resource)),
        Gap::Pair { action, resource } => {
            let known = well_known(&|| vec![Universe::just(resource)]);
            format!("for {} on {}", or_new(known, action), on(resource))
        }
    }
}

/// Why a Deny does not certainly apply to a plain HTTP request, as a phrase that follows its name.
fn obstacle(statement: &Statement) -> Option<String> {
    known_obstacle(statement)
        .or_else(|| statement.problem().map(|problem| format!("is not understood: {problem}")))
}

/// The same, if everything that is not understood is assumed to match.
fn known_obstacle(statement: &Statement) -> Option<String> {
    if !statement.certainly_for_everyone() {
        match &statement.principals {
            None => return Some("names no principal".to_owned()),
            Some(principals) if principals.negated => {
                return Some("excludes the principals in its NotPrincipal".to_owned());
            }
            Some(Principals { problem: None, .. }) => {
                return Some("applies to some principals only".to_owned());
            }
            Some(Principals { problem: Some(_), .. }) => {}
        }
    }
    let understood = statement.conditions.iter().filter(|one| one.problem().is_none());
    understood.into_iter().find_map(|condition| match truth(condition) {
        Truth::True => None,
        Truth::False if condition.key() == TLS_VERSION => Some(format!(
            "requires a TLS version ({}), and plain HTTP has none",
            spelled(condition)
        )),
        Truth::False => {
            Some(format!("does not apply to plain HTTP: its condition is {}", spelled(condition)))
        }
        Truth::Unknown => {
            Some(format!("has a condition that may be false: {}", spelled(condition)))
        }
    })
}

const SECURE_TRANSPORT: &str = "aws:securetransport";
const TLS_VERSION: &str = "s3:tlsversion";

fn truth(condition: &Condition) -> Truth {
    match condition.key() {
        SECURE_TRANSPORT => condition.with_value("false"),
        TLS_VERSION => condition.without_key(),
        _ => condition.with_anything(),
    }
}

fn spelled(condition: &Condition) -> String {
    let values = listed(condition.values().iter().map(|value| format!("'{value}'")));
    format!("{} {} {values}", condition.operator_as_written(), condition.key_as_written())
}

fn concerns_transport(statement: &Statement) -> bool {
    statement
        .conditions
        .iter()
        .any(|condition| [SECURE_TRANSPORT, TLS_VERSION].contains(&condition.key()))
}

fn without_deny(policy: &Policy, denies: &[&Statement]) -> PolicyAnswer<DenyHttp> {
    // The statement that was probably intended to deny plain HTTP.
    let meant = denies.iter().find(|statement| concerns_transport(statement));
    if let Some((statement, obstacle)) =
        meant.and_then(|statement| Some((*statement, obstacle(statement)?)))
    {
        let detail = format!(
            "No statement denies plain HTTP to all principals. {} {obstacle}.",
            named(&[statement])
        );
        return PolicyAnswer::new(DenyHttp::NotDenied, [statement], detail);
    }
    if let Some(allow) =
        policy.with_effect(Effect::Allow).find(|statement| concerns_transport(statement))
    {
        let detail = format!(
            "No statement denies plain HTTP. {} is an Allow statement: its condition does not \
             restrict access that other statements allow.",
            named(&[allow])
        );
        return PolicyAnswer::new(DenyHttp::NotDenied, [allow], detail);
    }
    PolicyAnswer::new(DenyHttp::NotDenied, [], "No statement denies plain HTTP.")
}
