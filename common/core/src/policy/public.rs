//! 3.3: whether a policy allows public access.

use ipnet::{IpNet, Ipv4Net};
use serde::Serialize;

use super::condition::{Condition, has_variable};
use super::document::{Effect, Policy, PolicyAnswer, Statement, listed, named};
use super::error::PolicyError;
use crate::glob;

/// Whether a policy is public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Public {
    /// It allows public access, or may.
    Public,
    /// It allows only callers that the policy names.
    NotPublic,
    /// The result depends on a statement that is not understood.
    Undetermined,
}

/// Keys whose fixed value restricts the caller, according to AWS's definition of public.
/// `aws:PrincipalArn` names a principal in a condition.
const NARROWING: &[&str] = &[
    "aws:principalorgid",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:userid",
    ACCESS_POINT,
    "s3:dataaccesspointaccount",
];

/// The keys among them whose values are ARNs.
const ARNS: &[&str] = &["aws:principalarn", "aws:sourcearn", ACCESS_POINT];

const ACCESS_POINT: &str = "s3:dataaccesspointarn";
const SOURCE_IP: &str = "aws:sourceip";

/// The largest CIDR blocks that still restrict the caller.
const WIDEST_IPV4: u8 = 8;
const WIDEST_IPV6: u8 = 32;
/// The number of IPv4 addresses that together no longer restrict the caller, whatever the size of
/// the blocks: half of all addresses.
const TOO_MANY_IPV4: u64 = 1 << 31;

/// Whether a resource policy is public: an Allow to all principals (a principal with a wildcard,
/// everyone except those in `NotPrincipal`, or no principal at all) that no condition restricts to
/// fixed values. With `literal`, conditions are ignored.
///
/// A condition restricts the caller if it requires one of some fixed values: no wildcard, no policy
/// variable, no negated operator, and no operator that is true if the key is absent. For
/// `s3:DataAccessPointArn`, AWS treats a value with a wildcard in the access point's name as fixed
/// if the account is fixed. Deny statements are ignored.
pub fn public(policy: &Policy, literal: bool) -> PolicyAnswer<Public> {
    let (open, narrowed): (Vec<&Statement>, Vec<&Statement>) = policy
        .with_effect(Effect::Allow)
        .filter(|statement| statement.possibly_for_everyone())
        .partition(|statement| literal || conditions_narrow(statement) == Some(false));
    if let Some(first) = open.first() {
        let others =
            if open.len() > 1 { format!(" (and {} more)", open.len() - 1) } else { String::new() };
        let detail = format!(
            "{}{others} allows {}{}.",
            named(&[*first]),
            audience(first),
            shortcoming(first, literal)
        );
        return PolicyAnswer::new(Public::Public, open, detail);
    }
    if let Some(problem) = decisive_problem(policy, literal) {
        return PolicyAnswer::undetermined(Public::Undetermined, problem);
    }
    if let Some(first) = narrowed.first() {
        let keys = first
            .conditions
            .iter()
            .filter(|condition| narrows(condition).is_ok())
            .map(|condition| condition.key_as_written().to_owned());
        let detail = format!(
            "No statement grants public access. {} allows any principal, restricted by {}.",
            named(&[*first]),
            listed(keys)
        );
        return PolicyAnswer::new(Public::NotPublic, narrowed, detail);
    }
    PolicyAnswer::new(Public::NotPublic, [], "No statement grants public access.")
}

/// Whether the conditions restrict a statement; `None` if the result depends on conditions that are
/// not understood.
fn conditions_narrow(statement: &Statement) -> Option<bool> {
    let conditions = || statement.conditions.iter();
    if conditions().any(|condition| narrows(condition).is_ok()) {
        Some(true)
    } else {
        conditions().all(|condition| condition.problem().is_none()).then_some(false)
    }
}

/// Why a statement that is not understood may allow public access.
fn decisive_problem(policy: &Policy, literal: bool) -> Option<&PolicyError> {
    let of_statement = |statement: &'_ Statement| {
        let unknown_principals =
            statement.principals.as_ref().is_some_and(|principals| principals.problem.is_some());
        let may_be_open = literal || conditions_narrow(statement) != Some(true);
        may_be_open && (statement.possibly_for_everyone() || unknown_principals)
    };
    policy.possibly_with_effect(Effect::Allow).or_else(|| {
        policy
            .with_effect(Effect::Allow)
            .filter(|statement| of_statement(statement))
            .find_map(Statement::problem)
    })
}

fn audience(statement: &Statement) -> &'static str {
    match &statement.principals {
        None => "all principals, because it has no Principal",
        Some(principals) if principals.negated => "all principals except those in its NotPrincipal",
        Some(_) => "all principals",
    }
}

/// Why the conditions do not restrict a statement.
fn shortcoming(statement: &Statement, literal: bool) -> String {
    if statement.conditions.is_empty() {
        return String::new();
    }
    if literal {
        return "; its conditions are not considered".to_owned();
    }
    let one = |condition: &Condition| {
        narrows(condition).err().map(|why| {
            format!("{} {} {why}", condition.operator_as_written(), condition.key_as_written())
        })
    };
    format!("; {}", listed(statement.conditions.iter().filter_map(one)))
}

/// Whether a condition restricts the caller to fixed values. The error is a phrase that follows the
/// operator and the key.
fn narrows(condition: &Condition) -> Result<(), &'static str> {
    if condition.problem().is_some() {
        return Err("is not understood");
    }
    let key = condition.key();
    if key != SOURCE_IP && !NARROWING.contains(&key) {
        return Err("does not restrict the caller");
    }
    if !condition.demands_value() {
        return Err("can be met without a fixed value");
    }
    if condition.values().is_empty() {
        return Err("has no value");
    }
    if key == SOURCE_IP {
        return if condition.compares_addresses() {
            narrow_addresses(condition.values())
        } else {
            Err("does not compare IP addresses")
        };
    }
    let comparable =
        condition.compares_texts() || (condition.compares_arns() && ARNS.contains(&key));
    if !comparable {
        return Err("does not compare values of this key");
    }
    let fixed =
        |value: &String| is_fixed(value) || (key == ACCESS_POINT && has_fixed_account(value));
    if condition.values().iter().all(fixed) { Ok(()) } else { Err("has a value that is not fixed") }
}

fn is_fixed(value: &str) -> bool {
    !value.is_empty() && !glob::has_wildcard(value) && !has_variable(value)
}

/// Whether a value is the ARN of access points in one account. Only their names can contain
/// wildcards.
fn has_fixed_account(value: &str) -> bool {
    let fields: Vec<&str> = value.splitn(6, ':').collect();
    match fields.as_slice() {
        ["arn", partition, service, region, account, resource] => {
            let account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
            account
                && [partition, service, region].into_iter().all(|field| is_fixed(field))
                && resource.starts_with("accesspoint/")
                && !has_variable(resource)
        }
        _ => false,
    }
}

fn narrow_addresses(values: &[String]) -> Result<(), &'static str> {
    let mut ipv4 = Vec::new();
    for value in values {
        match block(value) {
            None => return Err("has a value that is not a CIDR block"),
            Some(IpNet::V4(block)) if block.prefix_len() >= WIDEST_IPV4 => ipv4.push(block),
            Some(IpNet::V6(block)) if block.prefix_len() >= WIDEST_IPV6 => {}
            Some(_) => return Err("has a CIDR block that is too large"),
        }
    }
    let addresses: u64 = Ipv4Net::aggregate(&ipv4)
        .iter()
        .map(|block| 1_u64 << (32 - u32::from(block.prefix_len())))
        .sum();
    if addresses >= TOO_MANY_IPV4 { Err("covers too many IP addresses in total") } else { Ok(()) }
}

/// A CIDR block, or a single address. An IPv4 block in IPv6 notation is an IPv4 block.
fn block(value: &str) -> Option<IpNet> {
    let block: IpNet = value
        .parse()
        .ok()
        .or_else(|| value.parse().ok().map(|address: std::net::IpAddr| address.into()))?;
    if let IpNet::V6(mapped) = block
        && let Some(address) = mapped.addr().to_ipv4_mapped()
        && let Some(length) = mapped.prefix_len().checked_sub(96)
    {
        return Ipv4Net::new(address, length).ok().map(IpNet::V4);
    }
    Some(block)
}
