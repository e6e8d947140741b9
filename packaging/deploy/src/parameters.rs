//! The parameters of stacks: given, deployed before, or derived.

use std::collections::BTreeMap;

use plumbline_templates::account::single_account;
use plumbline_templates::canary::{CANARY, CENTRAL_RELEASE};
use plumbline_templates::contract::{
    AGGREGATOR, ARCHITECTURE, BUCKET_KMS_KEY_ARN, CALL_AS, CALL_AS_DELEGATED_ADMIN, CALL_AS_SELF,
    CENTRAL, CODE_BUCKET_PREFIX, EXCLUDE_ACCOUNT, EXCLUDE_ORGANIZATIONAL_UNIT, EXCLUDED_ACCOUNTS,
    FUNCTIONS, FUNCTIONS_HERE, HOME_REGION, LEVEL, MANAGEMENT_ACCOUNT_ID, NAME_PREFIX, OFF, ON,
    ORGANIZATION_ID, ORGANIZATIONAL_UNIT_IDS, OWN, OWN_ROLES, PACKS, PACKS_HERE, QUERIES, REGIONS,
    RELEASE, RELEASE_HERE, ROLE_PATH, ROLES, SHARED_REGISTER,
};
use plumbline_templates::organization::organization;
use plumbline_templates::packs::{control_parameter, too_long};
use plumbline_templates::release::Release;
use plumbline_templates::template::{BucketNames, Template};
use plumbline_templates::{ParameterValues, TemplateParameter, functions};

use crate::aws::buckets::new_prefix;
use crate::canary::CanaryDecision;
use crate::central::{has_resource_policies, is_central};
use crate::error::DeployError;
use crate::guardrails::networks::Networks;
use crate::reconcile::ReconcileOptions;
use crate::stack::Stack;
use crate::target::{DeployTarget, Topology};

/// The parameters that enable parts of an organization's home stack besides functions.
const EXTRAS: [&str; 2] = [AGGREGATOR, QUERIES];

/// The given values of template parameters.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// The level of the benchmark.
    pub level: Option<u8>,
    /// Roots and organizational units.
    pub organizational_units: Vec<String>,
    /// Accounts to exclude. An empty list ends the exclusions, `None` keeps them.
    pub excluded_accounts: Option<Vec<String>>,
    /// Organizational units to exclude. An empty list ends the exclusions, `None` keeps them.
    pub excluded_units: Option<Vec<String>>,
    /// The canary unit. An empty text ends it, `None` keeps it.
    pub canary: Option<String>,
    /// Other parameters with name and value.
    pub parameters: Vec<(String, String)>,
}

/// The place of an organization's functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionsMode {
    /// Each account has its own functions.
    Own,
    /// The deploying account has the functions of all accounts.
    Central,
}

impl FunctionsMode {
    /// Returns the value of the parameter [`FUNCTIONS`].
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Own => OWN,
            Self::Central => CENTRAL,
        }
    }

    /// Returns the mode of a new deployment: central functions if AWS supports them in all Regions.
    fn of_new(regions: &[String]) -> Self {
        match regions.iter().all(|region| has_resource_policies(region)) {
            true => Self::Central,
            false => Self::Own,
        }
    }

    fn of(value: &str) -> Option<Self> {
        [Self::Own, Self::Central].into_iter().find(|mode| mode.as_str() == value)
    }
}

/// The content of a deployment.
pub(crate) struct DeploymentSource {
    /// The place of the functions. `None` keeps the deployed place.
    pub(crate) functions: Option<FunctionsMode>,
    pub(crate) release: Release,
    /// Whether only the buckets, code and templates are deployed, for other tools.
    pub(crate) only_code: bool,
    /// The given register.
    pub(crate) register: Option<Vec<u8>>,
    pub(crate) template: Template,
    pub(crate) overrides: ParameterValues,
    /// Whether the release of the canary unit goes to all accounts.
    pub(crate) promotes: bool,
    pub(crate) reconcile: ReconcileOptions,
    /// The given tags of all stacks.
    pub(crate) tags: Option<BTreeMap<String, String>>,
    /// The given subnets and security groups of central functions.
    pub(crate) networks: Networks,
}

/// Returns the template of the stack.
pub(crate) fn template(topology: Topology, names: &BucketNames) -> Template {
    match topology {
        Topology::SingleAccount => single_account(names),
        Topology::Organization => organization(names),
    }
}

/// Checks given parameters of controls in the same way as the controls, so that no function is
/// deployed that always fails.
pub(crate) fn check_control_parameters(given: &Overrides) -> Result<(), DeployError> {
    for (name, value) in &given.parameters {
        if let Some((parameter, controls)) = control_parameter(name)
            && !(parameter.accepts)(value)
        {
            let controls: Vec<&str> = controls.iter().map(|id| id.as_str()).collect();
            return Err(DeployError::ControlParameter {
                name: parameter.name,
                controls: controls.join(", "),
                value: value.clone(),
                expects: parameter.expects,
            });
        }
    }
    let values = given.parameters.iter().cloned().collect();
    match too_long(&values) {
        Some((control, length)) => Err(DeployError::LongParameters { control, length }),
        None => Ok(()),
    }
}

/// Returns the given parameters.
pub(crate) fn overrides(
    given: &Overrides,
    template: &Template,
) -> Result<ParameterValues, DeployError> {
    let mut overrides = ParameterValues::new();
    for (name, value) in &given.parameters {
        let Some(parameter) = template.parameter(name) else {
            let known: Vec<&str> = template
                .parameters()
                .filter(|known| known.derived_from().is_none())
                .map(TemplateParameter::name)
                .collect();
            return Err(DeployError::NoParameter { name: name.clone(), known: known.join(", ") });
        };
        if let Some(instead) = parameter.derived_from() {
            return Err(DeployError::DerivedParameter { name: name.clone(), instead });
        }
        overrides.insert(name.clone(), value.clone());
    }
    if let Some(level) = given.level {
        overrides.insert(LEVEL.to_owned(), level.to_string());
    }
    if !given.organizational_units.is_empty() {
        overrides.insert(ORGANIZATIONAL_UNIT_IDS.to_owned(), given.organizational_units.join(","));
    }
    if let Some(unit) = &given.canary {
        overrides.insert(CANARY.to_owned(), unit.clone());
    }
    let excluded = [
        (EXCLUDE_ACCOUNT, &given.excluded_accounts),
        (EXCLUDE_ORGANIZATIONAL_UNIT, &given.excluded_units),
    ];
    for (name, list) in excluded {
        if let Some(list) = list {
            overrides.insert(name.to_owned(), list.join(","));
        }
    }
    for (name, value) in &overrides {
        let parameter = template.parameter(name);
        parameter.map_or(Ok(()), |parameter| parameter.accepts(value)).map_err(|wanted| {
            DeployError::ParameterValue { name: name.clone(), value: value.clone(), wanted }
        })?;
    }
    Ok(overrides)
}

/// Returns the parameters of all stacks: the given values, otherwise those of the home stack,
/// otherwise none for the template's default. `prefix` is the bucket prefix if none is given or
/// deployed.
pub(crate) fn parameters(
    target: &DeployTarget,
    source: &DeploymentSource,
    home: Option<&Stack>,
    prefix: Option<String>,
) -> Result<ParameterValues, DeployError> {
    let held = home
        .filter(|stack| stack.status != "REVIEW_IN_PROGRESS")
        .map(|stack| stack.parameters.clone())
        .unwrap_or_default();
    let before = held.clone();
    let shares_register = shares_register(&held);
    let held_functions = held.get(FUNCTIONS).and_then(|held| FunctionsMode::of(held));
    let mut held_regions = home.map(Stack::regions).unwrap_or_default();
    held_regions.retain(|region| !target.removed.contains(region));
    let held_prefix = held.get(CODE_BUCKET_PREFIX).cloned();
    check_role_names(source, home)?;
    let key = source.overrides.get(BUCKET_KMS_KEY_ARN).filter(|key| !key.is_empty());
    let regional = key.filter(|key| !key.contains(":key/mrk-") && target.regions.len() > 1);
    if let Some(key) = regional {
        return Err(DeployError::RegionalKey(key.clone()));
    }
    let mut parameters: ParameterValues =
        held.into_iter().filter(|(name, _)| source.template.parameter(name).is_some()).collect();
    // Earlier releases had only `ExcludedAccounts`.
    if let (None, Some(excluded)) =
        (parameters.get(EXCLUDE_ACCOUNT), parameters.get(EXCLUDED_ACCOUNTS).cloned())
    {
        parameters.insert(EXCLUDE_ACCOUNT.to_owned(), excluded);
    }
    parameters.extend(source.overrides.clone());
    let prefix = parameters
        .entry(CODE_BUCKET_PREFIX.to_owned())
        .or_insert_with(|| prefix.unwrap_or_else(|| new_prefix(&target.account)));
    if let Some(deployed) = held_prefix.filter(|deployed| deployed != prefix) {
        return Err(DeployError::OtherPrefix { deployed });
    }
    let mut set = |name: &str, value: String| parameters.insert(name.to_owned(), value);
    set(RELEASE, source.release.name.clone());
    set(HOME_REGION, target.home_region.clone());
    set(ARCHITECTURE, source.release.architecture.to_owned());
    if let Some(organization) = &target.organization {
        let is_management = organization.is_managed_by(&target.account);
        set(ORGANIZATION_ID, organization.id.clone());
        // The stack set deletes functions in omitted Regions. A Region that is not given now keeps
        // its functions.
        let added = target.regions.iter().filter(|region| !held_regions.contains(region));
        set(REGIONS, held_regions.iter().chain(added).cloned().collect::<Vec<_>>().join(","));
        set(FUNCTIONS_HERE, is_management.to_string());
        set(CALL_AS, if is_management { CALL_AS_SELF } else { CALL_AS_DELEGATED_ADMIN }.to_owned());
        set(
            MANAGEMENT_ACCOUNT_ID,
            if is_management { String::new() } else { organization.management_account.clone() },
        );
        let is_deployed = home.is_some_and(|home| home.release().is_some());
        let functions = source.functions.or(held_functions).unwrap_or_else(|| match is_deployed {
            true => FunctionsMode::Own,
            false => FunctionsMode::of_new(&target.regions),
        });
        set(FUNCTIONS, functions.as_str().to_owned());
        set(SHARED_REGISTER, if shares_register { ON } else { OFF }.to_owned());
        set(ROLES, OWN_ROLES.to_owned());
        set(PACKS_HERE, ON.to_owned());
        set(RELEASE_HERE, source.release.name.clone());
        parameters
            .entry(ORGANIZATIONAL_UNIT_IDS.to_owned())
            .or_insert_with(|| organization.roots.join(","));
        let decision = CanaryDecision {
            held: &before,
            was_central: is_central(&before),
            is_central: functions == FunctionsMode::Central,
            unit: parameters.get(CANARY).map(String::as_str).unwrap_or_default(),
            release: &source.release.name,
            promotes: source.promotes,
        };
        let others = decision.central_release()?;
        parameters.insert(CENTRAL_RELEASE.to_owned(), others);
    }
    Ok(source.template.settle(parameters))
}

/// Rejects another path or name prefix than that of the deployed roles. AWS CloudFormation cannot
/// replace a role or policy whose name remains. If the name changes, it deletes roles that
/// functions of other stacks still use.
fn check_role_names(source: &DeploymentSource, home: Option<&Stack>) -> Result<(), DeployError> {
    let Some(home) = home.filter(|home| home.release().is_some()) else { return Ok(()) };
    let other = |name: &str| {
        let default = source.template.default(name).unwrap_or_default();
        let deployed = home.parameters.get(name).map_or(default, String::as_str);
        let given = source.overrides.get(name).filter(|given| *given != deployed);
        given.map(|_| deployed.to_owned())
    };
    if let Some(deployed) = other(ROLE_PATH) {
        return Err(DeployError::OtherRolePath { deployed });
    }
    match other(NAME_PREFIX) {
        Some(deployed) => Err(DeployError::OtherNamePrefix { deployed }),
        None => Ok(()),
    }
}

/// Whether the accounts of an organization can still read the common register. This ends when all
/// functions have a release that reads the register of their account.
fn shares_register(held: &ParameterValues) -> bool {
    let value = |name: &str| held.get(name).map(String::as_str).unwrap_or_default();
    match value(SHARED_REGISTER) {
        "" => !value(RELEASE).is_empty(),
        ON => value(RELEASE_HERE) != value(RELEASE),
        _ => false,
    }
}

/// Whether a part is enabled, which is the default.
pub(crate) fn is_on(parameters: &ParameterValues, name: &str) -> bool {
    parameters.get(name).is_none_or(|value| value == ON)
}

/// Whether an organization has packs whose rules invoke central functions.
pub(crate) fn has_packs(parameters: &ParameterValues) -> bool {
    is_central(parameters) && is_on(parameters, PACKS)
}

/// Returns the future value of a parameter.
pub(crate) fn value(template: &Template, parameters: &ParameterValues, name: &str) -> String {
    parameters.get(name).map(String::as_str).or_else(|| template.default(name)).unwrap_or("").into()
}

/// Returns the parameters for a stack with only the buckets.
pub(crate) fn without_release(
    template: &Template,
    parameters: &ParameterValues,
) -> ParameterValues {
    let mut parameters = parameters.clone();
    parameters.insert(RELEASE.to_owned(), String::new());
    if template.parameter(RELEASE_HERE).is_some() {
        parameters.insert(RELEASE_HERE.to_owned(), String::new());
    }
    template.settle(parameters)
}

/// Returns the parameters with which the home stack of an organization updates its stack sets and
/// keeps all other parts, so that a failure here does not affect the accounts. If function
/// parameters change, the former functions of this account cannot be kept, so everything changes in
/// one step.
pub(crate) fn for_members(
    template: &Template,
    wanted: &ParameterValues,
    held: Option<&Stack>,
) -> ParameterValues {
    let mut parameters = wanted.clone();
    let held =
        |name: &str| held.and_then(|stack| stack.parameters.get(name)).cloned().unwrap_or_default();
    // A parameter that an earlier release did not have was as its default.
    let shown = |name: &str| match held(name) {
        value if value.is_empty() => template.default(name).unwrap_or_default().to_owned(),
        value => value,
    };
    let functions = functions::global();
    let mut shared = functions
        .parameters()
        .map(TemplateParameter::name)
        .filter(|name| *name != RELEASE && template.parameter(name).is_some());
    if held(RELEASE_HERE).is_empty()
        || shared.all(|name| shown(name) == value(template, wanted, name))
    {
        parameters.insert(RELEASE_HERE.to_owned(), held(RELEASE_HERE));
        for name in EXTRAS {
            match held(name) {
                // Without a release in this account, the parameter has no effect.
                value if value.is_empty() => parameters.remove(name),
                value => parameters.insert(name.to_owned(), value),
            };
        }
    }
    template.settle(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_read_the_register_of_all_until_their_functions_read_their_own() {
        let cases: [(&[(&str, &str)], bool); 5] = [
            (&[], false),
            (&[(RELEASE, "")], false),
            (&[(RELEASE, "former"), (RELEASE_HERE, "former")], true),
            (&[(RELEASE, "new"), (RELEASE_HERE, "former"), (SHARED_REGISTER, ON)], true),
            (&[(RELEASE, "new"), (RELEASE_HERE, "new"), (SHARED_REGISTER, ON)], false),
        ];
        for (held, expected) in cases {
            let held = held.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let held: ParameterValues = held.collect();
            assert_eq!(shares_register(&held), expected, "{held:?}");
        }
        let held = [(RELEASE, "new"), (RELEASE_HERE, "new"), (SHARED_REGISTER, OFF)];
        let held = held.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert!(!shares_register(&held.into_iter().collect()));
    }
}
