//! The current state of a deployment: stacks, stack sets, packs, buckets and parameters.

use std::collections::BTreeSet;

use chrono::Utc;
use plumbline_templates::ParameterValues;
use plumbline_templates::contract::{
    AGGREGATOR, CODE_BUCKET_PREFIX, ON, PACKS, code_bucket, register_bucket, results_bucket,
};

use crate::aws::buckets::{self, Lacking};
use crate::aws::cloudformation::CloudFormation;
use crate::aws::config_packs::PackOptions;
use crate::aws::functions;
use crate::canary::{Canary, ExpectedCode};
use crate::central::{
    self, CentralInputs, CentralStack, functions_parameters, has_resource_policies, is_central,
};
use crate::daily_check::DailyCheck;
use crate::deployed_stacks::{check_stack, stacks};
use crate::error::DeployError;
use crate::exclusions::Membership;
use crate::former;
use crate::guardrails::denials::{PlannedDenials, PlannedDeployment};
use crate::guardrails::networks::has_subnets;
use crate::guardrails::tags::StackTags;
use crate::members::Members;
use crate::pack::PackAction;
use crate::pack_states::{PackAccounts, PackState, pack_options, pack_states};
use crate::parameters::{DeploymentSource, has_packs, is_on, parameters, value};
use crate::place::Place;
use crate::reconcile::{self, Reconciliation};
use crate::registers::Registers;
use crate::removed_regions::RemovedRegion;
use crate::services::NeededServices;
use crate::stack::{self, Stack, StackAction};
use crate::target::{DeployTarget, Readiness};

/// Returns the prefix of buckets that a removed deployment left.
async fn kept_prefix(target: &DeployTarget) -> Result<Option<String>, DeployError> {
    let DeployTarget { session, account, home_region, .. } = target;
    let mut kept = buckets::kept_prefixes(session, account, home_region).await?;
    match kept.len() {
        0 | 1 => Ok(kept.pop()),
        _ => Err(DeployError::SeveralPrefixes(kept)),
    }
}

/// The current state of a Region.
pub(crate) struct RegionState {
    pub(crate) region: String,
    pub(crate) stack: Option<Stack>,
    /// The reason why the latest operation of the stack failed.
    pub(crate) cause: Option<String>,
    /// The objects of the release that the code bucket lacks.
    pub(crate) lacking: Lacking,
    /// The functions whose code differs from the release of their stack.
    pub(crate) other_code: Vec<String>,
    /// The stacks of central functions in creation order. Empty if each account has its own
    /// functions.
    pub(crate) central: Vec<CentralStack>,
    /// The stacks of central functions to delete, because each account gets its own functions.
    pub(crate) former_central: Vec<&'static str>,
    /// The organization packs. Empty for a single account, whose stack has the packs. With own
    /// functions, only an earlier deployment has some.
    pub(crate) packs: Vec<PackState>,
    pub(crate) readiness: Readiness,
}

/// The complete state before any change.
pub(crate) struct Deployment {
    pub(crate) target: DeployTarget,
    pub(crate) source: DeploymentSource,
    pub(crate) parameters: ParameterValues,
    /// The stack sets of an organization.
    pub(crate) members: Option<Members>,
    /// The canary unit of an organization.
    pub(crate) canary: Option<Canary>,
    /// The latest daily check of the organization's accounts.
    pub(crate) check: Option<DailyCheck>,
    pub(crate) registers: Registers,
    pub(crate) regions: Vec<RegionState>,
    /// The tags of all stacks.
    pub(crate) tags: StackTags,
    /// What service control policies deny. Absent for a single account, and if nothing changes.
    pub(crate) denials: Option<PlannedDenials>,
    /// Regions with a stack that will not change.
    pub(crate) left: Vec<String>,
    /// Regions to remove from the deployment of an organization.
    pub(crate) removed: Vec<RemovedRegion>,
    /// The project that deploys to the accounts again.
    pub(crate) reconciliation: Reconciliation,
}

impl Deployment {
    /// Reads the current state.
    pub(crate) async fn read(
        mut target: DeployTarget,
        source: DeploymentSource,
    ) -> Result<Self, DeployError> {
        let needed = target.regions.clone();
        let stacks = stacks(&mut target, &needed).await?;
        for (region, stack) in &stacks {
            check_stack(&target, region, stack)?;
        }
        let home = stacks.get(&target.home_region);
        if target.organization.is_some() {
            let mut deployed = home.map(Stack::regions).unwrap_or_default();
            if deployed.is_empty() {
                target.check_first_regions().await?;
            }
            deployed.retain(|region| !target.removed.contains(region));
            // The stack sets have one release and one set of parameters for all Regions.
            for region in deployed {
                if !target.enabled.contains(&region) {
                    return Err(DeployError::LostRegion(region));
                }
                if !target.regions.contains(&region) {
                    target.regions.push(region);
                }
            }
        }
        let is_given = source.overrides.contains_key(CODE_BUCKET_PREFIX);
        let prefix = if is_given || home.is_some() { None } else { kept_prefix(&target).await? };
        reconcile::check_release(&source.reconcile, &source.release.name, home)?;
        let mut parameters = parameters(&target, &source, home, prefix)?;
        let mut program = None;
        if target.organization.is_some() {
            let (options, home_region) = (&source.reconcile, &target.home_region);
            program = reconcile::set(options, home_region, home, &mut parameters)?;
        }
        let is_former = home.is_some_and(former::is_former);
        let had_packs = home.is_some_and(|home| has_packs(&home.parameters));
        let tags = StackTags::new(source.tags.as_ref(), home.map(|stack| &stack.tags));
        source.networks.check(&target.regions, is_central(&parameters))?;
        let only_code = source.only_code;
        if !only_code {
            target.require(NeededServices {
                packs: has_packs(&parameters) || had_packs || is_former,
                aggregator: is_on(&parameters, AGGREGATOR),
            })?;
        }
        let (mut members, mut canary) = (None, None);
        if let Some(organization) = target.organization.as_ref().filter(|_| !only_code) {
            let membership = Membership::read(&target, organization, &parameters).await?;
            parameters = membership.set(&source.template, parameters, &target.account)?;
            canary = Canary::read(&target, &parameters, &membership.covered).await?;
            members = Some(
                Members::read(&target, organization, membership, home, is_central(&parameters))
                    .await?,
            );
        }
        let prefix = parameters.get(CODE_BUCKET_PREFIX).cloned().unwrap_or_default();
        // Central functions read that of all accounts.
        let has_own_functions = target.organization.is_some() && !is_central(&parameters);
        let given = source.register.as_deref();
        let registers = Registers::read(&target, &prefix, given, has_own_functions).await?;
        let mut regions = Vec::new();
        for region in &target.regions {
            let stack = stacks.get(region).cloned();
            let cause = match &stack {
                Some(stack) if !stack.is_complete() && !stack.status.ends_with("_IN_PROGRESS") => {
                    Some(CloudFormation::new(&target.session, region).cause(stack).await)
                }
                _ => None,
            };
            let mut readiness = match only_code {
                true => Readiness::default(),
                false => target.readiness(region).await,
            };
            let lacking = match buckets::lacking(
                &target.session,
                &target.account,
                region,
                &code_bucket(&prefix, region),
                &source.release,
            )
            .await
            {
                Ok(lacking) => lacking,
                Err(error) => {
                    readiness.warnings.push(format!(
                        "what the bucket {prefix}-{region} holds \
                         cannot be read, so everything is uploaded: {error}"
                    ));
                    Lacking::all(&source.release)
                }
            };
            let packs = match &members {
                Some(members) => {
                    let accounts = PackAccounts { members, canary: canary.as_ref() };
                    let template = &source.template;
                    pack_states(&target, region, template, &parameters, &accounts, &tags).await?
                }
                None => Vec::new(),
            };
            let (mut central, mut former_central) = (Vec::new(), Vec::new());
            if is_central(&parameters) && !only_code {
                let none = BTreeSet::new();
                let left_unchecked =
                    members.as_ref().map_or(&none, |members| &members.membership.left_unchecked);
                let inputs = CentralInputs {
                    all: &parameters,
                    left_unchecked,
                    release: &source.release,
                    networks: &source.networks,
                    tags: &tags,
                };
                central = central::stacks(&target, region, &inputs).await?;
                former_central = central::former_canary(&target, region, &parameters).await?;
            } else if members.is_some() {
                former_central = central::deployed(&target, region).await?;
            }
            let leaves_central = !is_central(&parameters) && !former_central.is_empty();
            if source.functions.is_none() && leaves_central {
                return Err(DeployError::UnfinishedMove { region: region.clone() });
            }
            let mut other_code = Vec::new();
            // Each stack has the functions of its own release.
            let has_releases = match is_central(&parameters) {
                true => central.iter().all(CentralStack::has_its_release),
                false => {
                    let release = &source.release.name;
                    stack.as_ref().is_some_and(|stack| stack.has_release(release))
                }
            };
            if !only_code && has_releases {
                let code = ExpectedCode::read(&target, region, &parameters, &source.release).await;
                let others = match &code {
                    Ok(code) => {
                        let expected = |function: &str| code.of(function);
                        functions::with_other_code(&target.session, region, expected).await
                    }
                    Err(error) => Err(error.clone()),
                };
                match others {
                    Ok(names) => other_code = names,
                    Err(error) => readiness.warnings.push(format!(
                        "cannot check whether functions run the code of their release: {error}"
                    )),
                }
            }
            regions.push(RegionState {
                region: region.clone(),
                stack,
                central,
                former_central,
                cause,
                lacking,
                other_code,
                packs,
                readiness,
            });
        }
        let has_subnets =
            |state: &RegionState| functions_parameters(&state.central).is_some_and(has_subnets);
        let is_used = regions.iter().any(has_subnets);
        if let Some(home) = regions.first_mut() {
            central::share_networks(&mut home.central, is_used);
        }
        // A run of the project does not change the project.
        let changes_project =
            target.organization.is_some() && !only_code && !source.reconcile.is_as_deployed;
        let reconciliation = match changes_project {
            true => Reconciliation::read(&target, &parameters, program, &tags).await?,
            false => Reconciliation::default(),
        };
        let mut removed = Vec::new();
        for region in &target.removed {
            let stack = stacks.get(region).cloned();
            removed.push(RemovedRegion::read(&target, region, stack).await?);
        }
        let is_left =
            |region: &String| !target.regions.contains(region) && !target.removed.contains(region);
        let left = stacks.into_keys().filter(is_left).collect();
        let mut stacks = regions.iter().flat_map(|state| &state.central);
        let mut check = None;
        if let Some(since) = stacks.find_map(CentralStack::daily_check_since) {
            let bucket = results_bucket(&prefix);
            let place = (bucket.as_str(), &target.account);
            check = Some(DailyCheck::latest(&target.session, place, since, Utc::now()).await);
        }
        let mut deployment = Self {
            target,
            source,
            parameters,
            members,
            canary,
            check,
            registers,
            regions,
            tags,
            denials: None,
            left,
            removed,
            reconciliation,
        };
        // The role of the project cannot read policies.
        if !deployment.is_done() && !deployment.source.reconcile.is_as_deployed {
            deployment.denials = deployment.read_denials().await?;
        }
        Ok(deployment)
    }

    /// Rejects a deployment that is known to fail.
    pub(crate) fn check(&self) -> Result<(), DeployError> {
        let is_set = |name: &str| self.value(name) == ON;
        let regions = |lacks: fn(&Readiness) -> bool| -> Vec<String> {
            self.regions
                .iter()
                .filter(|state| lacks(&state.readiness))
                .map(|state| state.region.clone())
                .collect()
        };
        if let Some(organization) =
            self.target.organization.as_ref().filter(|organization| organization.lacks_stack_sets)
        {
            return Err(DeployError::NoStackSetAccess {
                management_account: organization.management_account.clone(),
            });
        }
        let without_permission: Vec<String> = self
            .regions
            .iter()
            .filter(|state| !state.central.is_empty() && !has_resource_policies(&state.region))
            .map(|state| state.region.clone())
            .collect();
        if !without_permission.is_empty() {
            return Err(DeployError::NoOrganizationPermission(without_permission));
        }
        let without_recorder = regions(|readiness| readiness.lacks_recorder);
        // In an organization, accounts without a recorder are skipped.
        if is_set(PACKS) && self.target.organization.is_none() && !without_recorder.is_empty() {
            return Err(DeployError::NoRecorder(without_recorder));
        }
        Ok(())
    }

    /// Whether the deploying account has the functions of all accounts.
    pub(crate) fn has_central_functions(&self) -> bool {
        is_central(&self.parameters)
    }

    /// Returns the future value of a parameter.
    pub(crate) fn value(&self, name: &str) -> String {
        value(&self.source.template, &self.parameters, name)
    }

    /// Reads what service control policies deny.
    async fn read_denials(&self) -> Result<Option<PlannedDenials>, DeployError> {
        let (Some(organization), Some(members)) = (&self.target.organization, &self.members) else {
            return Ok(None);
        };
        let value = |name: &str| self.value(name);
        let places = self.regions.iter();
        let places =
            places.map(|state| (state.region.as_str(), functions_parameters(&state.central)));
        let planned = PlannedDeployment {
            target: &self.target,
            organization,
            covered: &members.membership.covered,
            is_central: is_central(&self.parameters),
            value: &value,
            tags: &self.tags,
            places: places.collect(),
        };
        planned.denials().await.map(Some)
    }

    /// Returns the prefix of bucket names.
    pub(crate) fn prefix(&self) -> &str {
        self.parameters.get(CODE_BUCKET_PREFIX).map(String::as_str).unwrap_or_default()
    }

    /// Returns the code bucket of a Region.
    pub(crate) fn bucket(&self, region: &str) -> String {
        code_bucket(self.prefix(), region)
    }

    /// Returns the register bucket.
    pub(crate) fn register_bucket(&self) -> String {
        register_bucket(self.prefix())
    }

    /// Whether the deployment is up to date.
    pub(crate) fn is_done(&self) -> bool {
        let is_done = |state: &RegionState| {
            let has_packs = || state.packs.iter().all(|pack| pack.action() == PackAction::Nothing);
            state.lacking.is_empty()
                && state.other_code.is_empty()
                && self.stack_action(state) == StackAction::Nothing
                && state.central.iter().all(|stack| stack.action() == StackAction::Nothing)
                && state.former_central.is_empty()
                && has_packs()
        };
        let counts = |place: &Place| place.state.is_failure(self.target.is_strict);
        let has_members = |members: &Members| !members.problems.places.iter().any(counts);
        self.registers.are_kept()
            && self.regions.iter().all(is_done)
            && self.removed.iter().all(RemovedRegion::is_gone)
            && self.members.as_ref().is_none_or(has_members)
            && self.broken_accounts().is_empty()
            && self.reconciliation.is_done()
    }

    /// Lists replaced objects and functions with replaced code, one line each.
    pub(crate) fn replaced(&self) -> Vec<String> {
        let of_region = |state: &RegionState| {
            let bucket = self.bucket(&state.region);
            let line = |key: &String| {
                format!("'s3://{bucket}/{key}' was replaced: it is not the object of this release")
            };
            let region = &state.region;
            let functions = state.other_code.iter().map(|function| {
                format!("function '{function}' in {region} does not run the code of its release")
            });
            state.lacking.replaced.iter().map(line).chain(functions).collect::<Vec<_>>()
        };
        self.regions.iter().flat_map(of_region).collect()
    }

    /// Whether any Region has a release.
    pub(crate) fn is_deployed(&self) -> bool {
        self.regions
            .iter()
            .any(|state| state.stack.as_ref().is_some_and(|stack| stack.release().is_some()))
    }

    /// Whether the accounts have their own functions now and will get central ones.
    pub(crate) fn replaces_own_functions(&self) -> bool {
        let home = &self.target.home_region;
        let mut stacks = self.regions.iter().filter(|state| state.region == *home);
        let held = stacks.find_map(|state| state.stack.as_ref());
        let has_own = |stack: &Stack| stack.release().is_some() && !is_central(&stack.parameters);
        is_central(&self.parameters) && held.is_some_and(has_own)
    }

    /// Returns the next action for the stack of a Region.
    pub(crate) fn stack_action(&self, state: &RegionState) -> StackAction {
        stack::next_action(state.stack.as_ref(), &self.wanted_stack(state), &self.tags)
    }

    /// Returns the options for reading the organization packs.
    pub(crate) fn pack_options(&self) -> PackOptions {
        pack_options(&self.target, self.members.as_ref())
    }
}
