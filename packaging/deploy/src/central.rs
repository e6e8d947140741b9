//! The stacks of central functions. They are separate from the stack of the buckets, so that a
//! failure in one stack does not roll back another.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use plumbline_core::aws::Partition;
use plumbline_templates::contract::{
    CANARY_SET, CENTRAL, CENTRAL_PERMISSION_ORGANIZATION, CENTRAL_SET, CODE_BUCKET_PREFIX,
    EXCLUDED_ACCOUNTS, FUNCTION_SET, FUNCTIONS, FUNCTIONS_HERE, MEMBER_ROLE, MEMBER_ROLE_HERE,
    MEMBERS, NETWORK_INTERFACES, OFF, ON, ORGANIZATION_TASKS, REGISTER, REGISTER_KEY,
    REGISTER_OWNER, RELEASE, SETTINGS, WITHOUT_CONFIG, code_bucket, register_bucket, template_key,
};
use plumbline_templates::packs::CentralFunctions;
use plumbline_templates::release::Release;
use plumbline_templates::template::{BucketNames, Template};
use plumbline_templates::{ParameterValues, central, members, tasks, value_or_empty};

use crate::aws::buckets;
use crate::aws::cloudformation::{CloudFormation, TemplateSource};
use crate::canary::{CANARY_PERMISSION_STACK, CANARY_STACK, has_canary, is_ahead, release_of};
use crate::error::{DeployError, RegionError};
use crate::guardrails::networks::Networks;
use crate::guardrails::tags::StackTags;
use crate::stack::{self, Stack, StackAction, WantedStack};
use crate::target::DeployTarget;

/// The stack of the functions, in each Region.
pub(crate) const FUNCTIONS_STACK: &str = "plumbline-central";
/// The stack of the permission for the organization, in each Region.
pub(crate) const PERMISSION_STACK: &str = "plumbline-central-permission";
/// The stack of the member role, in the home Region.
pub(crate) const MEMBERS_STACK: &str = "plumbline-members";

/// The stack of the daily check of all accounts, in the home Region.
pub(crate) const TASKS_STACK: &str = "plumbline-organization-tasks";

/// Whether the functions of an organization are central.
pub(crate) fn is_central(parameters: &ParameterValues) -> bool {
    parameters.get(FUNCTIONS).is_some_and(|functions| functions == CENTRAL)
}

/// Whether an organization can be granted permission in a Region.
pub(crate) fn has_resource_policies(region: &str) -> bool {
    !central::WITHOUT_RESOURCE_POLICIES.iter().any(|lacking| region.starts_with(lacking))
}

/// Returns the central functions of a Region.
pub(crate) fn functions_of<'a>(target: &'a DeployTarget, region: &'a str) -> CentralFunctions<'a> {
    CentralFunctions {
        partition: target.partition.as_str(),
        region,
        account: target.account.as_str(),
        set: CENTRAL_SET,
    }
}

/// A stack of central functions: its current and its wanted state.
pub(crate) struct CentralStack {
    pub(crate) name: &'static str,
    /// The content of the stack, for texts.
    pub(crate) what: &'static str,
    /// The wanted template.
    pub(crate) template: TemplateSource,
    /// Whether the template is that of the deployed release, which can lack parameters.
    pub(crate) keeps_template: bool,
    pub(crate) parameters: ParameterValues,
    pub(crate) held: Option<Stack>,
    /// The tags that the stack must have.
    pub(crate) tags: StackTags,
    /// The reason why its latest operation failed.
    pub(crate) cause: Option<String>,
}

impl CentralStack {
    /// Returns the creation time of the stack of the daily check, if this is that stack and it
    /// exists.
    pub(crate) fn daily_check_since(&self) -> Option<DateTime<Utc>> {
        let held = self.held.as_ref().filter(|_| self.name == TASKS_STACK)?;
        Some(held.created.and_then(|at| DateTime::from_timestamp(at.secs(), 0)).unwrap_or_default())
    }

    /// Whether the stack has the functions of its release.
    pub(crate) fn has_its_release(&self) -> bool {
        let release = self.parameters.get(RELEASE);
        let held = self.held.as_ref();
        held.is_some_and(|held| release.is_some_and(|release| held.has_release(release)))
    }

    /// Sets the parameters: those that the template has, with their digest.
    fn set(&mut self, template: &Template, mut parameters: ParameterValues) {
        let held = self.held.as_ref().filter(|_| self.keeps_template);
        let has = |name: &str| held.is_none_or(|held| held.parameters.contains_key(name));
        parameters.retain(|name, _| has(name));
        let is_settled = template.parameter(SETTINGS).is_some() && has(SETTINGS);
        self.parameters = if is_settled { template.settle(parameters) } else { parameters };
    }

    /// Returns the next action for the stack.
    pub(crate) fn action(&self) -> StackAction {
        let wanted = WantedStack::With(self.parameters.clone());
        stack::next_action(self.held.as_ref(), &wanted, &self.tags)
    }
}

/// The stacks of the canary set in creation order.
const CANARY_STACKS: [&str; 2] = [CANARY_STACK, CANARY_PERMISSION_STACK];

/// Returns the names of the stacks of a Region in creation order.
fn names(is_home: bool) -> impl DoubleEndedIterator<Item = &'static str> {
    let of_home = [MEMBERS_STACK, TASKS_STACK].into_iter().filter(move |_| is_home);
    CANARY_STACKS.into_iter().chain([FUNCTIONS_STACK, PERMISSION_STACK]).chain(of_home)
}

/// Returns the names of the stacks that exist in a Region.
pub(crate) async fn deployed(
    target: &DeployTarget,
    region: &str,
) -> Result<Vec<&'static str>, DeployError> {
    among(target, region, names(region == target.home_region)).await
}

/// Returns the names of the stacks of a former canary set in a Region: those that exist, if no
/// canary unit is wanted.
pub(crate) async fn former_canary(
    target: &DeployTarget,
    region: &str,
    all: &ParameterValues,
) -> Result<Vec<&'static str>, DeployError> {
    match has_canary(all) {
        true => Ok(Vec::new()),
        false => among(target, region, CANARY_STACKS.into_iter()).await,
    }
}

async fn among(
    target: &DeployTarget,
    region: &str,
    names: impl Iterator<Item = &'static str>,
) -> Result<Vec<&'static str>, DeployError> {
    let cloudformation = CloudFormation::new(&target.session, region);
    let mut deployed = Vec::new();
    for name in names {
        if let Some(stack) = cloudformation.stack(name).await? {
            // Stacks of manually deployed central functions are not touched.
            deployed.extend(check(name, region, &stack).is_ok().then_some(name));
        }
    }
    Ok(deployed)
}

/// Deletes stacks of a Region. `names` are in creation order.
pub(crate) async fn delete(
    target: &DeployTarget,
    region: &str,
    names: &[&'static str],
    report_progress: &impl Fn(&str),
) -> Result<(), RegionError> {
    let cloudformation = CloudFormation::new(&target.session, region);
    for name in names.iter().rev() {
        if let Some(stack) = cloudformation.stack(name).await? {
            if stack.is_in_progress() {
                report_progress(&format!("waiting for stack '{name}': {}", stack.status));
                let _ = cloudformation.settled(&stack.id).await;
            }
            report_progress(&format!("deleting stack '{name}'"));
            cloudformation.delete(&stack.id).await?;
        }
    }
    Ok(())
}

/// What the stacks of central functions depend on.
pub(crate) struct CentralInputs<'a> {
    /// The parameters of the complete deployment.
    pub(crate) all: &'a ParameterValues,
    /// The accounts that the daily check excludes.
    pub(crate) left_unchecked: &'a BTreeSet<String>,
    pub(crate) release: &'a Release,
    /// The given subnets and security groups.
    pub(crate) networks: &'a Networks,
    pub(crate) tags: &'a StackTags,
}

/// Returns the stacks of a Region in creation order.
pub(crate) async fn stacks(
    target: &DeployTarget,
    region: &str,
    inputs: &CentralInputs<'_>,
) -> Result<Vec<CentralStack>, DeployError> {
    let CentralInputs { all, left_unchecked, release, networks, tags } = *inputs;
    let is_home = region == target.home_region;
    let cloudformation = CloudFormation::new(&target.session, region);
    let functions = cloudformation.stack(FUNCTIONS_STACK).await?;
    // Both sets of functions are in the same network.
    let network = networks.parameters(region, functions.as_ref())?;
    let mut stacks = Vec::new();
    let is_wanted = |name: &&str| has_canary(all) || !CANARY_STACKS.contains(name);
    for name in names(is_home).filter(is_wanted) {
        let (what, template) = match name {
            CANARY_STACK => ("the functions of the canary unit", central::functions()),
            FUNCTIONS_STACK => ("the functions", central::functions()),
            CANARY_PERMISSION_STACK | PERMISSION_STACK => {
                ("the permission for the organization", central::permission_organization())
            }
            MEMBERS_STACK => ("the role of the member accounts", members::members()),
            _ => {
                // Buckets that an earlier stack retained are imported by their literal names.
                let prefix = all.get(CODE_BUCKET_PREFIX).cloned().unwrap_or_default();
                let names = BucketNames::Written { prefix, region: region.to_owned() };
                ("the daily check of all accounts", tasks::organization_tasks(&names))
            }
        };
        let held = match name {
            FUNCTIONS_STACK => functions.clone(),
            _ => cloudformation.stack(name).await?,
        };
        if let Some(stack) = &held {
            check(name, region, stack)?;
        }
        let cause = match &held {
            Some(stack) if !stack.is_complete() && !stack.is_in_progress() => {
                Some(cloudformation.cause(stack).await)
            }
            _ => None,
        };
        let set = if CANARY_STACKS.contains(&name) { CANARY_SET } else { CENTRAL_SET };
        let (of_set, kept): (&str, &[&str]) = match name {
            // The functions of the canary set need the role of their release.
            MEMBERS_STACK if has_canary(all) => {
                (release_of(all, CANARY_SET), &[MEMBER_ROLE, MEMBERS])
            }
            MEMBERS_STACK => (release_of(all, CANARY_SET), &[]),
            CANARY_PERMISSION_STACK | PERMISSION_STACK => {
                (release_of(all, set), &[CENTRAL_PERMISSION_ORGANIZATION])
            }
            _ => (release_of(all, set), &[]),
        };
        let mut of_stack = of_set.to_owned();
        if !kept.is_empty() {
            let prefix = value_or_empty(all, CODE_BUCKET_PREFIX);
            let (bucket, stack) = (code_bucket(prefix, region), (held.as_ref(), of_set));
            of_stack = kept_release(target, (&bucket, region), stack, release, kept).await?;
        }
        let part = StackPart { account: target.account.as_str(), set, release: &of_stack, is_home };
        let mut parameters = parameters(&part, &template, all, left_unchecked);
        let network = network.clone().into_iter();
        parameters.extend(network.filter(|(name, _)| template.parameter(name).is_some()));
        // The accounts outside of the canary unit keep functions and templates of their release.
        let keeps_template =
            held.is_some() && name != MEMBERS_STACK && set == CENTRAL_SET && is_ahead(all);
        let source = match name {
            TASKS_STACK if keeps_template => TemplateSource::Deployed,
            TASKS_STACK => TemplateSource::Body(
                template.yaml().map_err(|error| DeployError::Template(error.to_string()))?,
            ),
            _ => TemplateSource::Url(url(
                target,
                region,
                all,
                &template_key(&of_stack, template.name()),
            )),
        };
        let mut stack = CentralStack {
            name,
            what,
            template: source,
            keeps_template,
            parameters: ParameterValues::new(),
            held,
            tags: compared_tags(name, tags),
            cause,
        };
        stack.set(&template, parameters);
        stacks.push(stack);
    }
    Ok(stacks)
}

/// Returns the release of a stack without functions: that which it has, if the templates of the
/// wanted release are the same. CloudFormation finds no change in the stack of the permission then,
/// and neither a release of a canary unit nor its promotion changes the role in the accounts.
async fn kept_release(
    target: &DeployTarget,
    (bucket, region): (&str, &str),
    (held, wanted): (Option<&Stack>, &str),
    release: &Release,
    templates: &[&str],
) -> Result<String, DeployError> {
    let held = held.and_then(Stack::release).filter(|held| *held != wanted);
    let Some(held) = held else { return Ok(wanted.to_owned()) };
    let of_bucket = async |key: String| {
        let (session, account) = (&target.session, &target.account);
        buckets::held_checksum(session, account, region, bucket, &key).await
    };
    for name in templates {
        let key = template_key(wanted, name);
        let given = release.objects.iter().find(|(given, _)| *given == key);
        let expected = match given {
            Some((_, content)) => Some(buckets::checksum(content)),
            None => of_bucket(key).await?,
        };
        if expected.is_none() || of_bucket(template_key(held, name)).await? != expected {
            return Ok(wanted.to_owned());
        }
    }
    Ok(held.to_owned())
}

/// Returns the URL of a template in the code bucket of a Region.
fn url(target: &DeployTarget, region: &str, all: &ParameterValues, key: &str) -> String {
    let value = |name: &str| value_or_empty(all, name);
    let bucket = code_bucket(value(CODE_BUCKET_PREFIX), region);
    let suffix = match target.partition {
        Partition::China => "amazonaws.com.cn",
        Partition::Aws | Partition::GovCloud => "amazonaws.com",
    };
    format!("https://{bucket}.s3.{region}.{suffix}/{key}")
}

/// The properties of a stack that its parameters depend on.
struct StackPart<'a> {
    account: &'a str,
    /// The set of functions.
    set: &'static str,
    release: &'a str,
    is_home: bool,
}

/// Returns the parameters of a stack: its own, and those of the deployment that its template
/// declares.
fn parameters(
    part: &StackPart<'_>,
    template: &Template,
    all: &ParameterValues,
    left_unchecked: &BTreeSet<String>,
) -> ParameterValues {
    let StackPart { account, set, release, is_home } = *part;
    let value = |name: &str| value_or_empty(all, name);
    let mut parameters: ParameterValues = all
        .iter()
        .filter(|(name, _)| template.parameter(name).is_some())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let register = format!("s3://{}/{REGISTER_KEY}", register_bucket(value(CODE_BUCKET_PREFIX)));
    // Stack sets do not deploy to the management account, but the daily check includes it.
    let excluded = match template.name() == ORGANIZATION_TASKS {
        true => left_unchecked.iter().map(String::as_str).collect::<Vec<_>>().join(","),
        false => value(EXCLUDED_ACCOUNTS).to_owned(),
    };
    let own = [
        (RELEASE, release.to_owned()),
        (REGISTER, register),
        (REGISTER_OWNER, account.to_owned()),
        (FUNCTION_SET, set.to_owned()),
        (EXCLUDED_ACCOUNTS, excluded),
        ("GlobalControls", if is_home { ON } else { OFF }.to_owned()),
        (MEMBER_ROLE_HERE, value(FUNCTIONS_HERE).to_owned()),
    ];
    let own = own.into_iter().filter(|(name, _)| template.parameter(name).is_some());
    parameters.extend(own.map(|(name, value)| (name.to_owned(), value)));
    parameters
}

/// Allows the roles of the functions, which stacks of the home Region have, to manage network
/// interfaces. `is_used` states whether functions of any Region have subnets. The permission
/// remains, because AWS Lambda deletes network interfaces later.
pub(crate) fn share_networks(home: &mut [CentralStack], is_used: bool) {
    let with_functions = [CANARY_STACK, FUNCTIONS_STACK, TASKS_STACK];
    for stack in home.iter_mut().filter(|stack| with_functions.contains(&stack.name)) {
        let held = stack.held.as_ref().and_then(|held| held.parameters.get(NETWORK_INTERFACES));
        let is_on = is_used || held.is_some_and(|held| held == ON);
        let parameters = std::mem::take(&mut stack.parameters);
        let shared = is_on.then(|| (NETWORK_INTERFACES.to_owned(), ON.to_owned()));
        let template = match stack.name {
            TASKS_STACK => tasks::organization_tasks(&BucketNames::ByParameter),
            _ => central::functions(),
        };
        stack.set(&template, parameters.into_iter().chain(shared).collect());
    }
}

/// Returns the tags that a stack must have. No resource of the permission has tags, so other tags
/// alone would not be a change of its stack, and it gets them with its next change.
pub(crate) fn compared_tags(name: &str, tags: &StackTags) -> StackTags {
    match name {
        CANARY_PERMISSION_STACK | PERMISSION_STACK => StackTags::default(),
        _ => tags.clone(),
    }
}

/// Returns the parameters of the stack of the functions.
pub(crate) fn functions_parameters(stacks: &[CentralStack]) -> Option<&ParameterValues> {
    stacks.iter().find(|stack| stack.name == FUNCTIONS_STACK).map(|stack| &stack.parameters)
}

/// Rejects a stack that Plumbline did not create, or that has manually deployed central functions.
fn check(name: &'static str, region: &str, stack: &Stack) -> Result<(), DeployError> {
    let known = match name {
        CANARY_STACK | CANARY_PERMISSION_STACK | FUNCTIONS_STACK | PERMISSION_STACK => FUNCTION_SET,
        MEMBERS_STACK => MEMBER_ROLE_HERE,
        _ => WITHOUT_CONFIG,
    };
    if stack.status == "REVIEW_IN_PROGRESS" || stack.parameters.contains_key(known) {
        return Ok(());
    }
    Err(DeployError::ForeignCentralStack { name, region: region.to_owned() })
}

#[cfg(test)]
mod tests {
    use plumbline_templates::contract::{
        CALL_AS, HOME_REGION, ORGANIZATION_ID, ORGANIZATIONAL_UNIT_IDS, REGIONS, SECURITY_HUB,
    };

    use super::*;

    #[test]
    fn each_stack_gets_what_its_template_has() {
        let all: ParameterValues = [
            (CODE_BUCKET_PREFIX, "code"),
            (RELEASE, "1"),
            (HOME_REGION, "us-east-1"),
            (ORGANIZATION_ID, "o-abcdefghij"),
            (ORGANIZATIONAL_UNIT_IDS, "r-abcd"),
            (EXCLUDED_ACCOUNTS, "111122223333"),
            (SECURITY_HUB, OFF),
            (CALL_AS, "SELF"),
            (FUNCTIONS_HERE, "true"),
            (REGIONS, "us-east-1,eu-west-1"),
            ("MaxAccessKeyAge", "30"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let part =
            |account, is_home| StackPart { account, set: CENTRAL_SET, release: "1", is_home };
        for template in [
            central::functions(),
            central::permission_organization(),
            members::members(),
            tasks::organization_tasks(&BucketNames::ByParameter),
        ] {
            let none = BTreeSet::new();
            let given = parameters(&part("111122223333", true), &template, &all, &none);
            for declared in template.parameters() {
                let name = declared.name();
                let is_given = given.contains_key(name) || declared.default().is_some();
                assert!(is_given, "{}: {name}", template.name());
                if let Some(value) = given.get(name) {
                    assert_eq!(declared.accepts(value), Ok(()), "{}: {name}", template.name());
                }
            }
        }
        // The management account is also excluded, regardless of the deploying account.
        let left_unchecked = ["111122223333", "999988887777"].map(str::to_owned).into();
        let excluded = |template: &Template| {
            let given = parameters(&part("444455556666", true), template, &all, &left_unchecked);
            given.get(EXCLUDED_ACCOUNTS).cloned()
        };
        let tasks = excluded(&tasks::organization_tasks(&BucketNames::ByParameter));
        assert_eq!(tasks.as_deref(), Some("111122223333,999988887777"));
        assert_eq!(excluded(&members::members()).as_deref(), Some("111122223333"));
        let (template, none) = (central::functions(), BTreeSet::new());
        let given = parameters(&part("111122223333", false), &template, &all, &none);
        assert_eq!(given.get("MaxAccessKeyAge").map(String::as_str), Some("30"));
        assert_eq!(
            given.get(REGISTER).map(String::as_str),
            Some("s3://code-register/register.json")
        );
    }
}
