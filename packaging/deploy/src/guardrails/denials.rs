//! Service control policies that deny what a deployment creates. The check covers explicit denials
//! that certainly apply, and those that depend on names, a permissions boundary, tags or a VPC.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use plumbline_core::policy::{DeniedResource, Policy, StatementDenial, denials};
use plumbline_templates::ParameterValues;
use plumbline_templates::contract::{
    NAME_PREFIX, PERMISSIONS_BOUNDARY, ROLE_PATH, SECURITY_GROUP_IDS, SUBNET_IDS,
};

use super::requests::{
    BOUNDARY_KEY, NETWORK_KEYS, PlannedPlace, Plans, REGION_KEY, REQUEST_TAG, TAG_KEYS,
};
use super::tags::StackTags;
use crate::aws::control_policies::{ControlPolicies, ControlPolicy, PolicyTarget};
use crate::error::DeployError;
use crate::place::few;
use crate::target::{DeployTarget, OrganizationTarget};

/// The actions for resources that AWS CloudFormation cannot tag.
const UNTAGGABLE: [(&str, &str); 2] =
    [("iam:CreatePolicy", "managed policies"), ("scheduler:CreateSchedule", "schedules")];

/// The session of a role does not state its path, so the ARN of a deploying role is unknown.
const PRINCIPAL_KEY: &str = "aws:PrincipalArn";

/// The number of patterns of names that a line of the plan lists.
const PATTERNS_SHOWN: usize = 3;

/// What the service control policies of an organization deny.
#[derive(Debug)]
pub(crate) enum PlannedDenials {
    /// The policies cannot be read.
    Unread(String),
    Read {
        /// The number of policies.
        policies: usize,
        denials: Vec<PlannedDenial>,
        /// Policies that are not understood, with the reason.
        problems: Vec<String>,
    },
}

/// A statement that denies an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlannedDenial {
    policy: String,
    action: String,
    denial: StatementDenial,
    accounts: BTreeSet<String>,
    regions: BTreeSet<String>,
    is_central: bool,
}

/// The accounts that a policy can affect.
#[derive(Clone, Debug)]
struct Affected {
    /// The accounts to which stack sets deploy.
    members: BTreeSet<String>,
    /// Whether the deploying account is among the accounts.
    here: bool,
}

impl Affected {
    fn are_none(&self) -> bool {
        self.members.is_empty() && !self.here
    }
}

/// What is deployed to an organization, as far as policies can depend on it.
pub(crate) struct PlannedDeployment<'a> {
    pub(crate) target: &'a DeployTarget,
    pub(crate) organization: &'a OrganizationTarget,
    /// The accounts with functions and rules.
    pub(crate) covered: &'a BTreeSet<String>,
    pub(crate) is_central: bool,
    /// The value of a parameter.
    pub(crate) value: &'a dyn Fn(&str) -> String,
    pub(crate) tags: &'a StackTags,
    /// The Regions with the parameters of their central functions.
    pub(crate) places: Vec<(&'a str, Option<&'a ParameterValues>)>,
}

impl PlannedDeployment<'_> {
    /// Reads the service control policies, and evaluates the requests of the deployment. Policies
    /// do not affect the management account.
    pub(crate) async fn denials(&self) -> Result<PlannedDenials, DeployError> {
        let policies = ControlPolicies::new(&self.target.session, &self.target.home_region);
        let all = match policies.all().await {
            Ok(all) => all,
            Err(error) => return Ok(PlannedDenials::Unread(error.to_string())),
        };
        let mut everyone = Affected {
            members: self.covered.clone(),
            here: !self.organization.is_managed_by(&self.target.account),
        };
        everyone.members.remove(&self.organization.management_account);
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for policy in &all {
            let parsed = match Policy::parse(&policy.content) {
                Ok(parsed) => parsed,
                Err(problem) => {
                    problems.push(format!("{} is not understood: {problem}", name(policy)));
                    continue;
                }
            };
            let (denials, problem) = self.evaluate(policy, &parsed, &everyone);
            if denials.is_empty() && problem.is_none() {
                continue;
            }
            let targets = match policies.targets(&policy.id).await {
                Ok(targets) => targets,
                Err(error) => return Ok(PlannedDenials::Unread(error.to_string())),
            };
            let affected = self.among(&everyone, targets).await?;
            if affected.are_none() {
                continue;
            }
            problems.extend(problem);
            found.append(&mut self.evaluate(policy, &parsed, &affected).0);
        }
        Ok(PlannedDenials::Read { policies: all.len(), denials: found, problems })
    }

    /// Returns those of the accounts that the targets of a policy contain.
    async fn among(
        &self,
        all: &Affected,
        targets: Vec<PolicyTarget>,
    ) -> Result<Affected, DeployError> {
        let (mut reached, mut units) = (BTreeSet::new(), Vec::new());
        for target in targets {
            match target {
                PolicyTarget::Account(account) => {
                    reached.insert(account);
                }
                PolicyTarget::Below(unit) => units.push(unit),
            }
        }
        if self.organization.roots.iter().any(|root| units.contains(root)) {
            return Ok(all.clone());
        }
        reached.extend(OrganizationTarget::accounts_below(self.target, &units, "").await?);
        Ok(Affected {
            members: all.members.intersection(&reached).cloned().collect(),
            here: all.here && reached.contains(self.target.account.as_str()),
        })
    }

    /// Finds the statements of a policy that deny requests for the accounts, and why another
    /// statement may.
    fn evaluate(
        &self,
        policy: &ControlPolicy,
        parsed: &Policy,
        affected: &Affected,
    ) -> (Vec<PlannedDenial>, Option<String>) {
        let here = self.target.account.as_str();
        let is_central = self.is_central;
        let plans = Plans {
            partition: self.target.partition.as_str(),
            organization: &self.organization.id,
            home_region: &self.target.home_region,
            is_central,
            value: self.value,
            tags: self.tags,
            user: self.target.user.as_deref(),
        };
        let deploying = BTreeSet::from([here.to_owned()]);
        let groups = groups(&affected.members, &policy.content);
        let members = groups.iter().map(|group| (group, false));
        let accounts = members.chain(affected.here.then_some((&deploying, true)));
        let (mut found, mut problem) = (Vec::<PlannedDenial>::new(), None);
        for (accounts, is_here) in accounts {
            let Some(account) = accounts.first() else { continue };
            for (region, network) in &self.places {
                let place = PlannedPlace { account, region, is_here, network: *network };
                for request in plans.requests(place) {
                    let denied = denials(parsed, &request);
                    problem = problem.or(denied.problem);
                    let shown =
                        |denial: &StatementDenial| is_shown(denial, &request.action, place.is_here);
                    for denial in denied.statements.into_iter().filter(shown) {
                        let same = found
                            .iter_mut()
                            .find(|known| known.denial == denial && known.action == request.action);
                        match same {
                            Some(known) => {
                                known.accounts.extend(accounts.iter().cloned());
                                known.regions.insert((*region).to_owned());
                            }
                            None => found.push(PlannedDenial {
                                policy: name(policy),
                                action: request.action.clone(),
                                denial,
                                accounts: accounts.clone(),
                                regions: BTreeSet::from([(*region).to_owned()]),
                                is_central,
                            }),
                        }
                    }
                }
            }
        }
        let problem =
            problem.map(|problem| format!("{} is not understood: {problem}", name(policy)));
        (found, problem)
    }
}

/// Divides accounts into groups for which a policy has the same meaning: one account stands for all
/// that the policy does not name.
fn groups(accounts: &BTreeSet<String>, policy: &str) -> Vec<BTreeSet<String>> {
    let (named, others): (BTreeSet<String>, BTreeSet<String>) =
        accounts.iter().cloned().partition(|account| policy.contains(account.as_str()));
    let named = named.into_iter().map(|account| BTreeSet::from([account]));
    named.chain(Some(others).filter(|others| !others.is_empty())).collect()
}

fn name(policy: &ControlPolicy) -> String {
    format!("policy '{}' ({})", policy.name, policy.id)
}

fn has_key(keys: &[String], wanted: &str) -> bool {
    let wanted = wanted.to_ascii_lowercase();
    keys.iter().map(|key| key.to_ascii_lowercase()).any(|key| match wanted.ends_with('/') {
        true => key.starts_with(&wanted),
        false => key == wanted,
    })
}

/// The patterns of a statement for the names of roles or managed policies.
#[derive(Debug, PartialEq, Eq)]
enum NamePatterns<'a> {
    /// Names must match one of them.
    Demanded(Vec<&'a str>),
    /// Names must not match it.
    Denied(&'a str),
}

impl<'a> NamePatterns<'a> {
    /// Returns the patterns because of which a statement denies an action. `None` means that it
    /// denies the action regardless of names.
    fn of(denial: &'a StatementDenial, action: &str) -> Option<Self> {
        let kind = match action {
            "iam:CreateRole" => ":role/",
            "iam:CreatePolicy" => ":policy/",
            _ => return None,
        };
        let is_of_names =
            |pattern: &str| pattern.split_once(kind).is_some_and(|(_, name)| name != "*");
        match &denial.resource {
            DeniedResource::Matches(pattern) => {
                is_of_names(pattern).then_some(Self::Denied(pattern.as_str()))
            }
            DeniedResource::Outside(patterns) => {
                let patterns = patterns.iter().map(String::as_str);
                let demanded: Vec<&str> = patterns.filter(|one| is_of_names(one)).collect();
                (!demanded.is_empty()).then_some(Self::Demanded(demanded))
            }
            DeniedResource::Unknown => None,
        }
    }

    /// Returns what to give so that names meet the patterns.
    fn advice(&self) -> String {
        let parameters = [NAME_PREFIX, ROLE_PATH].join(" or ");
        match self {
            Self::Demanded(patterns) => format!(
                "Names must match {}: give {parameters} with --parameter-overrides.",
                patterns.iter().take(PATTERNS_SHOWN).copied().collect::<Vec<_>>().join(" or ")
            ),
            Self::Denied(pattern) => format!(
                "Names must not match {pattern}: give {parameters} with --parameter-overrides, or \
                 exempt the deploying roles in the policy."
            ),
        }
    }
}

/// Whether the plan shows a denial: one that depends on nothing or on the deploying role only, and
/// one that depends on a parameter of a deployment. Denied Regions of other accounts are places of
/// their own. `is_here` states whether the deploying account is denied the action.
fn is_shown(denial: &StatementDenial, action: &str, is_here: bool) -> bool {
    let is_principal = |key: &String| key.eq_ignore_ascii_case(PRINCIPAL_KEY);
    let depends = NETWORK_KEYS
        .into_iter()
        .chain([BOUNDARY_KEY, REQUEST_TAG, TAG_KEYS])
        .any(|key| has_key(&denial.keys, key))
        || matches!(NamePatterns::of(denial, action), Some(NamePatterns::Demanded(_)));
    let is_of_region = has_key(&denial.keys, REGION_KEY);
    depends || (denial.open.iter().all(is_principal) && (is_here || !is_of_region))
}

impl PlannedDenials {
    /// Formats the denials for the plan.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        match self {
            Self::Unread(why) => {
                let _ = writeln!(
                    text,
                    "The service control policies cannot be read, so this plan does not state what \
                     they deny: {why}"
                );
            }
            Self::Read { policies, denials, problems } => {
                if denials.is_empty() && *policies > 0 {
                    let _ = writeln!(
                        text,
                        "Service control policies: {} read; none is known to deny what will be \
                         created. Not every request is evaluated",
                        count_policies(*policies)
                    );
                } else if !denials.is_empty() {
                    text.push_str("Service control policies deny parts of this deployment:\n");
                }
                for denial in denials {
                    let _ = writeln!(text, "  {denial}");
                }
                for problem in problems {
                    let _ = writeln!(text, "  {problem}");
                }
            }
        }
        text
    }

    /// Returns the denials one by one, and why policies cannot be evaluated.
    pub(crate) fn lines(&self) -> Vec<String> {
        match self {
            Self::Unread(why) => vec![format!("service control policies cannot be read: {why}")],
            Self::Read { denials, problems, .. } => {
                let denials = denials.iter().map(ToString::to_string);
                denials.chain(problems.iter().cloned()).collect()
            }
        }
    }
}

fn count_policies(number: usize) -> String {
    if number == 1 { "1 policy".to_owned() } else { format!("{number} policies") }
}

impl fmt::Display for PlannedDenial {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { policy, action, denial, accounts, regions, .. } = self;
        let StatementDenial { statement, keys, open, .. } = denial;
        let certainty = if open.is_empty() { "will" } else { "may" };
        write!(out, "{action} {certainty} be denied in {}", few(accounts))?;
        if !action.starts_with("iam:") && !action.starts_with("s3:") {
            let regions: Vec<&str> = regions.iter().map(String::as_str).collect();
            write!(out, ", {}", regions.join(", "))?;
        }
        write!(out, ": statement {statement} of {policy}")?;
        if !keys.is_empty() {
            write!(out, " with {}", keys.join(" and "))?;
        }
        if !open.is_empty() {
            write!(out, ", depending on {}", open.join(" and "))?;
        }
        let advice = self.advice();
        if advice.is_empty() { Ok(()) } else { write!(out, ". {}", advice.join(" ")) }
    }
}

impl PlannedDenial {
    /// Returns what to give so that the action is allowed.
    fn advice(&self) -> Vec<String> {
        let keys = &self.denial.keys;
        let mut advice = Vec::new();
        advice.extend(NamePatterns::of(&self.denial, &self.action).map(|names| names.advice()));
        if has_key(keys, BOUNDARY_KEY) {
            advice.push(format!("Give --parameter-overrides {PERMISSIONS_BOUNDARY}=NAME."));
        }
        let tags = keys.iter().filter_map(|key| key.split_once('/')).map(|(_, tag)| tag);
        let tags: Vec<&str> = tags.collect();
        match UNTAGGABLE.iter().find(|(action, _)| *action == self.action) {
            _ if tags.is_empty() => {}
            Some((_, what)) => advice.push(format!(
                "AWS CloudFormation cannot tag {what}: exempt this action in the policy."
            )),
            None => {
                let tags: Vec<String> =
                    tags.iter().map(|tag| format!("--tag {tag}=VALUE")).collect();
                advice.push(format!("Give {}.", tags.join(" ")));
            }
        }
        if has_key(keys, TAG_KEYS) {
            advice.push("Give the tags that the policy demands: --tag KEY=VALUE.".to_owned());
        }
        if NETWORK_KEYS.into_iter().any(|key| has_key(keys, key)) {
            advice.push(match self.is_central {
                true => format!(
                    "Give {SUBNET_IDS} and {SECURITY_GROUP_IDS} for each Region: \
                     --parameter-overrides REGION:{SUBNET_IDS}=IDS."
                ),
                false => "Only central functions can be in a VPC: --functions central.".to_owned(),
            });
        }
        advice
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use plumbline_core::policy::PlannedRequest;
    use serde_json::json;

    use super::*;

    #[test]
    fn denials_by_names_differ_from_others() {
        let of = |action: &str, member: &str, pattern: &str| {
            let statement = json!({ "Effect": "Deny", "Action": "*", member: pattern });
            let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
            let policy = Policy::parse(&policy.to_string()).expect("a policy");
            let kind = if action == "iam:CreatePolicy" { "policy" } else { "role" };
            let request = PlannedRequest {
                action: action.to_owned(),
                resource: format!("arn:aws:iam::111122223333:{kind}/plumbline-member"),
                keys: BTreeMap::new(),
            };
            let denied = denials(&policy, &request).statements;
            let denial = denied.first().expect("a denial");
            NamePatterns::of(denial, action).map(|names| names.advice())
        };
        let role = |member, pattern| of("iam:CreateRole", member, pattern);
        let demanded = role("NotResource", "arn:aws:iam::*:role/security/acme-*");
        let expected = "Names must match arn:aws:iam::*:role/security/acme-*: give NamePrefix or \
            RolePath with --parameter-overrides.";
        assert_eq!(demanded.as_deref(), Some(expected));
        let denied = role("Resource", "arn:aws:iam::*:role/plumbline-*");
        assert!(denied.is_some_and(|advice| advice.contains("must not match arn:aws:iam::*:role")));
        assert_eq!(role("Resource", "*"), None);
        assert_eq!(role("Resource", "arn:aws:iam::*:role/*"), None);
        assert_eq!(role("NotResource", "arn:aws:iam::*:policy/acme-*"), None);
        let policy = "arn:aws:iam::*:policy/acme-*";
        assert!(of("iam:CreatePolicy", "NotResource", policy).is_some());
        assert_eq!(of("lambda:CreateFunction", "NotResource", policy), None);
    }
}
