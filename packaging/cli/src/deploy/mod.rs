//! `plumbline deploy` and `plumbline destroy`: one stack in each Region, the home Region first, in
//! two passes: the buckets, and with what was uploaded into them all the rest. The rules of an
//! organization come last, by the API of AWS Config.

mod cloudformation;
mod error;
mod packs;
mod place;
mod plan;
mod removal;
mod stack;
mod stack_sets;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plumbline_aws::error::AwsError;
use plumbline_core::answer::Cause;
use plumbline_templates::account::single_account;
use plumbline_templates::contract::{
    AGGREGATOR, ARCHITECTURE, AUTOMATION_RULE, CALL_AS, CALL_AS_DELEGATED_ADMIN, CALL_AS_SELF,
    CODE_BUCKET_PREFIX, EXCLUDED_ACCOUNTS, FUNCTIONS_HERE, HOME_REGION, LEVEL,
    MANAGEMENT_ACCOUNT_ID, ON, ORGANIZATION_ID, ORGANIZATIONAL_UNIT_IDS, PACKS, PACKS_BY_STACK,
    QUERIES, REGIONS, REGISTER_KEY, RELEASE, RELEASE_HERE, SECURITY_HUB, STACK, code_bucket,
    register_bucket,
};
use plumbline_templates::organization::organization;
use plumbline_templates::release::Release;
use plumbline_templates::template::{BucketNames, Template};
use plumbline_templates::{ParameterValues, TemplateParameter, functions};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::cloudformation::{Changed, CloudFormation};
pub(crate) use self::error::DeployError;
use self::error::Trouble;
use self::packs::{EXCLUDED_LIMIT, Pack, PackStep, Packs, WantedPack};
use self::place::{Organization, Place, Readiness};
pub(crate) use self::removal::destroy;
use self::stack::{Stack, Step, Wanted, next};
use self::stack_sets::StackSets;
use self::store::EMPTY_REGISTER;
use crate::arguments::DeployArguments;
use crate::error::CliError;
use crate::inputs::{parse_register, unreadable};
use crate::output::print;
use crate::runtime::block_on;

/// How many Regions are worked on at the same time.
const REGIONS_AT_ONCE: usize = 8;
/// The switches of what an organization's home stack has besides functions.
const EXTRAS: [&str; 3] = [AGGREGATOR, AUTOMATION_RULE, QUERIES];

/// Deploys, or prints what would be done.
pub(crate) fn deploy(arguments: &DeployArguments, quiet: bool) -> Result<(), CliError> {
    let release = read_release(&arguments.code)?;
    let register = arguments.register.as_deref().map(read_register).transpose()?;
    let template = template(arguments.place.topology.organization, &BucketNames::ByParameter);
    let overrides = overrides(arguments, &template)?;
    block_on(async {
        let place = Place::find(&arguments.place).await?;
        let deployment = Deployment::read(
            place,
            arguments,
            Source { release, register, template, overrides },
            quiet,
        )
        .await?;
        print(&deployment.plan())?;
        deployment.check()?;
        if arguments.place.really.dry_run {
            return deployment.report_members().await;
        }
        // That stacks and packs are as they should be says nothing about the accounts of the
        // organization.
        if deployment.is_done() && deployment.place.organization.is_none() {
            return Ok(());
        }
        Arc::new(deployment).apply().await
    })
}

/// The template of the stack.
fn template(of_organization: bool, names: &BucketNames) -> Template {
    if of_organization { organization(names) } else { single_account(names) }
}

/// The release of the code in a file.
fn read_release(code: &Path) -> Result<Release, CliError> {
    let content = match std::fs::read(code) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(DeployError::NoCode(code.to_owned()).into());
        }
        content => content.map_err(unreadable(code))?,
    };
    Release::new(content).map_err(|error| {
        DeployError::Code { file: code.to_owned(), what: error.to_string() }.into()
    })
}

/// A register that was given.
fn read_register(file: &Path) -> Result<Vec<u8>, CliError> {
    let content = std::fs::read(file).map_err(unreadable(file))?;
    parse_register(&file.display().to_string(), &content)?;
    Ok(content)
}

/// The parameters that were given by hand.
fn overrides(
    arguments: &DeployArguments,
    template: &Template,
) -> Result<ParameterValues, DeployError> {
    let mut overrides = ParameterValues::new();
    for (name, value) in &arguments.parameter_overrides {
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
    if let Some(level) = arguments.level {
        overrides.insert(LEVEL.to_owned(), level.to_string());
    }
    if !arguments.organizational_unit.is_empty() {
        overrides
            .insert(ORGANIZATIONAL_UNIT_IDS.to_owned(), arguments.organizational_unit.join(","));
    }
    for (name, value) in &overrides {
        let parameter = template.parameter(name);
        parameter.map_or(Ok(()), |parameter| parameter.accepts(value)).map_err(|wanted| {
            DeployError::ParameterValue { name: name.clone(), value: value.clone(), wanted }
        })?;
    }
    Ok(overrides)
}

/// What is deployed.
struct Source {
    release: Release,
    /// The register that was given.
    register: Option<Vec<u8>>,
    template: Template,
    overrides: ParameterValues,
}

/// A Region as it is.
struct RegionState {
    region: String,
    stack: Option<Stack>,
    /// Why the stack's latest operation failed.
    cause: Option<String>,
    /// The keys that its code bucket lacks.
    missing: Vec<String>,
    /// The organization's packs; none for a single account, whose packs its stack has.
    packs: Vec<PackState>,
    readiness: Readiness,
}

/// An organization's conformance pack, as it is and as it should be.
struct PackState {
    name: String,
    held: Option<Pack>,
    wanted: Option<WantedPack>,
}

/// What is done with the register.
enum Register {
    /// It stays.
    Kept,
    /// It is uploaded.
    Put(Vec<u8>),
}

/// What an organization has besides stacks.
struct Members {
    stack_sets: StackSets,
    /// Where the stack sets are not as they should be.
    troubles: stack_sets::Troubles,
    /// Accounts that get no rules.
    excluded: BTreeSet<String>,
    /// Those of them that were named, and are no active accounts of the organization.
    unknown: Vec<String>,
}

/// Everything that is known before anything is done.
struct Deployment {
    place: Place,
    source: Source,
    parameters: ParameterValues,
    /// Of an organization.
    members: Option<Members>,
    register: Register,
    regions: Vec<RegionState>,
    /// Regions that have a stack and are left as they are.
    left: Vec<String>,
    progress: ProgressBar,
}

impl Deployment {
    async fn read(
        mut place: Place,
        arguments: &DeployArguments,
        source: Source,
        quiet: bool,
    ) -> Result<Self, CliError> {
        let needed = place.regions.clone();
        let stacks = stacks(&mut place, &needed).await?;
        for (region, stack) in &stacks {
            check_stack(&place, region, stack)?;
        }
        let home = stacks.get(&place.home_region);
        if place.organization.is_some() {
            // The stack sets have one release and one set of parameters for all Regions.
            for region in stacks.keys().cloned().chain(home.map(Stack::regions).unwrap_or_default())
            {
                if !place.enabled.contains(&region) {
                    return Err(DeployError::LostRegion(region).into());
                }
                if !place.regions.contains(&region) {
                    place.regions.push(region);
                }
            }
        }
        let parameters = parameters(&place, &source, home)?;
        let members = match &place.organization {
            Some(organization) => {
                Some(Members::read(&place, organization, &parameters, home).await?)
            }
            None => None,
        };
        let prefix = parameters.get(CODE_BUCKET_PREFIX).cloned().unwrap_or_default();
        let held = store::register(&place.session, &register_bucket(&prefix)).await?;
        let register = match (&source.register, held) {
            (Some(given), held) if held.as_ref() != Some(given) => Register::Put(given.clone()),
            (None, None) => Register::Put(EMPTY_REGISTER.to_vec()),
            _ => Register::Kept,
        };
        let mut regions = Vec::new();
        for region in &place.regions {
            let stack = stacks.get(region).cloned();
            let cause = match &stack {
                Some(stack) if !stack.is_well() && !stack.status.ends_with("_IN_PROGRESS") => {
                    Some(CloudFormation::new(&place.session, region).cause(stack).await)
                }
                _ => None,
            };
            let mut readiness = place.readiness(region).await;
            let missing = match store::missing(
                &place.session,
                &place.account,
                region,
                &code_bucket(&prefix, region),
                &source.release,
            )
            .await
            {
                Ok(missing) => missing,
                Err(error) => {
                    readiness.warnings.push(format!(
                        "what the bucket {prefix}-{region} holds \
                         cannot be read, so everything is uploaded: {error}"
                    ));
                    source.release.objects.iter().map(|(key, _)| key.clone()).collect()
                }
            };
            let packs = match &members {
                Some(members) => {
                    pack_states(&place, region, &source.template, &parameters, &members.excluded)
                        .await?
                }
                None => Vec::new(),
            };
            regions.push(RegionState {
                region: region.clone(),
                stack,
                cause,
                missing,
                packs,
                readiness,
            });
        }
        let left = stacks.into_keys().filter(|region| !place.regions.contains(region)).collect();
        let progress = progress(quiet || arguments.place.really.dry_run);
        Ok(Self { place, source, parameters, members, register, regions, left, progress })
    }

    /// Refuses what cannot work, as far as it can be known beforehand.
    fn check(&self) -> Result<(), DeployError> {
        let is_on = |name: &str| self.value(name) == ON;
        let regions = |lacks: fn(&Readiness) -> bool| -> Vec<String> {
            self.regions
                .iter()
                .filter(|state| lacks(&state.readiness))
                .map(|state| state.region.clone())
                .collect()
        };
        if let Some(organization) =
            self.place.organization.as_ref().filter(|organization| organization.lacks_stack_sets)
        {
            return Err(DeployError::NoStackSetAccess {
                management_account: organization.management_account.clone(),
            });
        }
        let without_recorder = regions(|readiness| readiness.lacks_recorder);
        // An organization's pack fails in the accounts without a recorder only.
        if is_on(PACKS) && self.place.organization.is_none() && !without_recorder.is_empty() {
            return Err(DeployError::NoRecorder(without_recorder));
        }
        let without_hub = regions(|readiness| readiness.lacks_security_hub);
        if is_on(AUTOMATION_RULE) && is_on(SECURITY_HUB) && !without_hub.is_empty() {
            return Err(DeployError::NoSecurityHub(without_hub));
        }
        Ok(())
    }

    /// A parameter as it will be.
    fn value(&self, name: &str) -> String {
        self.parameters
            .get(name)
            .cloned()
            .or_else(|| self.source.template.default(name).map(str::to_owned))
            .unwrap_or_default()
    }

    /// The parameters with which the stacks have the buckets only.
    fn without_release(&self) -> ParameterValues {
        let mut parameters = self.parameters.clone();
        parameters.insert(RELEASE.to_owned(), String::new());
        if self.source.template.parameter(RELEASE_HERE).is_some() {
            parameters.insert(RELEASE_HERE.to_owned(), String::new());
        }
        self.source.template.settle(parameters)
    }

    /// The parameters with which an organization's home stack has its stack sets, and all else as
    /// it was: what fails here must take nothing from the other accounts. Where the functions' own
    /// parameters change, this account's former functions could not be kept as they are, so that
    /// all changes at once.
    fn for_members(&self, held: Option<&Stack>) -> ParameterValues {
        let mut parameters = self.parameters.clone();
        let held = |name: &str| {
            held.and_then(|stack| stack.parameters.get(name)).cloned().unwrap_or_default()
        };
        let functions = functions::global();
        let mut shared = functions
            .parameters()
            .map(TemplateParameter::name)
            .filter(|name| *name != RELEASE && self.source.template.parameter(name).is_some());
        if held(RELEASE_HERE).is_empty() || shared.all(|name| held(name) == self.value(name)) {
            parameters.insert(RELEASE_HERE.to_owned(), held(RELEASE_HERE));
            for name in EXTRAS {
                match held(name) {
                    // Without a release here nothing looks at it.
                    value if value.is_empty() => parameters.remove(name),
                    value => parameters.insert(name.to_owned(), value),
                };
            }
        }
        self.source.template.settle(parameters)
    }

    /// What the names of the buckets begin with.
    fn prefix(&self) -> &str {
        self.parameters.get(CODE_BUCKET_PREFIX).map(String::as_str).unwrap_or_default()
    }

    /// The code bucket of a Region.
    fn bucket(&self, region: &str) -> String {
        code_bucket(self.prefix(), region)
    }

    /// The register's bucket.
    fn register_bucket(&self) -> String {
        register_bucket(self.prefix())
    }

    /// Whether there is nothing to do.
    fn is_done(&self) -> bool {
        let is_done = |state: &RegionState| {
            let has_packs =
                || state.packs.iter().all(|pack| self.pack_step(state, pack) == PackStep::Nothing);
            state.missing.is_empty() && self.stack_step(state) == Step::Nothing && has_packs()
        };
        let has_members = |members: &Members| {
            members.troubles.failed.is_empty() && members.troubles.under_way.is_empty()
        };
        matches!(self.register, Register::Kept)
            && self.regions.iter().all(is_done)
            && self.members.as_ref().is_none_or(has_members)
    }

    /// What comes next with a Region's stack.
    fn stack_step(&self, state: &RegionState) -> Step {
        next(state.stack.as_ref(), &Wanted::With(self.parameters.clone()))
    }

    /// What comes next with a pack, after the stack of its Region.
    fn pack_step(&self, state: &RegionState, pack: &PackState) -> PackStep {
        match packs::next(
            pack.held.as_ref(),
            pack.wanted.as_ref(),
            state.stack.as_ref().and_then(|stack| stack.changed),
        ) {
            PackStep::Nothing
                if pack.wanted.is_some() && self.stack_step(state) != Step::Nothing =>
            {
                PackStep::Put
            }
            step => step,
        }
    }

    /// Does it all.
    async fn apply(self: Arc<Self>) -> Result<(), CliError> {
        let mut problems = Vec::new();
        let all: Vec<String> = self.regions.iter().map(|state| state.region.clone()).collect();
        let supplied =
            self.in_regions(&all, &mut problems, |this, region| async move {
                this.supply(&region).await
            })
            .await?;
        let others: Vec<String> =
            all.iter().filter(|region| **region != self.place.home_region).cloned().collect();
        let home = [self.place.home_region.clone()];
        // Stack sets take each Region's code from its own bucket.
        let may_go_on =
            supplied.contains(&home[0]) && (self.members.is_none() || problems.is_empty());
        if may_go_on {
            let is_there = match &self.members {
                None => !self.in_regions(&home, &mut problems, bring).await?.is_empty(),
                Some(_) => {
                    let have_members =
                        !self.in_regions(&home, &mut problems, bring_members).await?.is_empty();
                    if have_members {
                        self.in_regions(&home, &mut problems, mend_members).await?;
                        // What fails here is this account's own.
                        self.in_regions(&home, &mut problems, bring).await?;
                    }
                    have_members
                }
            };
            if is_there {
                let others: Vec<String> =
                    others.into_iter().filter(|region| supplied.contains(region)).collect();
                self.in_regions(&others, &mut problems, bring).await?;
                // The members' functions are there, whatever became of this account's own.
                self.in_regions(&all, &mut problems, |this, region| async move {
                    this.bring_packs(&region).await
                })
                .await?;
            } else {
                problems.extend(others.iter().map(|region| {
                    self.not_tried(
                        region,
                        "its functions need the roles of the home Region's stack",
                    )
                }));
            }
        } else {
            let why = if self.members.is_some() {
                "stack sets need the code in the buckets of all Regions"
            } else {
                "its functions need the roles of the home Region's stack"
            };
            problems.extend(supplied.iter().map(|region| self.not_tried(region, why)));
        }
        problems.extend(self.member_problems(true).await);
        self.progress.finish_and_clear();
        if !problems.is_empty() {
            return Err(CliError::incomplete(&problems));
        }
        print(&format!(
            "\nDone: release {} is deployed in {}.\n",
            self.source.release.name,
            count(self.regions.len(), "Region")
        ))
    }

    fn not_tried(&self, region: &str, why: &str) -> String {
        format!("account {}, {region}: the rest was not tried, because {why}", self.place.account)
    }

    /// Works on Regions at the same time. Those that are done are returned, what went wrong in the
    /// others is added to the problems.
    async fn in_regions<Done>(
        self: &Arc<Self>,
        regions: &[String],
        problems: &mut Vec<String>,
        work: impl Fn(Arc<Self>, String) -> Done,
    ) -> Result<Vec<String>, CliError>
    where
        Done: Future<Output = Result<(), Trouble>> + Send + 'static,
    {
        let (done, failed) = in_regions(regions, |region| work(Arc::clone(self), region)).await?;
        problems.extend(failed.into_iter().map(|(region, Trouble(what))| {
            format!("account {}, {region}: {what}", self.place.account)
        }));
        Ok(done)
    }

    /// Makes the buckets of a Region and puts into them what they lack.
    async fn supply(&self, region: &str) -> Result<(), Trouble> {
        self.bring(region, &Wanted::Buckets(self.without_release()), "the buckets").await?;
        let Place { session, account, home_region, .. } = &self.place;
        // What was missing before the buckets were made may have been seen wrongly; what is there
        // is not put again.
        let bucket = self.bucket(region);
        let missing =
            store::missing(session, account, region, &bucket, &self.source.release).await?;
        for (key, content) in &self.source.release.objects {
            if missing.contains(key) {
                store::put(session, account, region, &bucket, key, content).await?;
            }
        }
        if !missing.is_empty() {
            self.say(region, &format!("{} uploaded", count(missing.len(), "file")));
        }
        if let Register::Put(content) = &self.register
            && region == home_region
        {
            store::put(session, account, region, &self.register_bucket(), REGISTER_KEY, content)
                .await?;
            self.say(region, "register uploaded");
        }
        Ok(())
    }

    /// Brings a Region's stack to where it should be, from wherever it is.
    async fn bring(&self, region: &str, wanted: &Wanted, what: &str) -> Result<(), Trouble> {
        let cloudformation = CloudFormation::new(&self.place.session, region);
        let parameters = match wanted {
            Wanted::Buckets(parameters) | Wanted::With(parameters) => parameters,
        };
        let (mut deleted, mut continued) = (false, false);
        loop {
            let stack = cloudformation.stack(STACK).await?;
            let step = next(stack.as_ref(), wanted);
            match (step, &stack) {
                (Step::Nothing, _) => return Ok(()),
                (Step::Wait, Some(stack)) => {
                    self.say(region, &format!("waits for {}", stack.status));
                    let _ = cloudformation.settled(&stack.id).await;
                }
                (Step::Delete, Some(stack)) if !deleted => {
                    let which = if stack.is_partly_gone() {
                        "is partly gone"
                    } else {
                        "never came into being"
                    };
                    self.say(region, &format!("deletes the stack that {which} ({})", stack.status));
                    cloudformation.delete(&stack.id).await?;
                    deleted = true;
                }
                (Step::ContinueRollback, Some(stack)) if !continued => {
                    self.say(region, "continues the rollback");
                    cloudformation.continue_rollback(&stack.id).await?;
                    continued = true;
                }
                (Step::Create | Step::Update, _) => {
                    let verb = if step == Step::Create { "makes" } else { "updates" };
                    let start = Instant::now();
                    self.say(region, &format!("{verb} the stack with {what}"));
                    let template = self.written_template(region)?;
                    match cloudformation.change(stack.as_ref(), &template, parameters).await? {
                        Changed::Nothing => {}
                        Changed::Ended(stack) if stack.is_well() => {
                            self.say(
                                region,
                                &format!("{} after {} s", stack.status, start.elapsed().as_secs()),
                            );
                        }
                        Changed::Ended(stack) => {
                            return Err(Trouble(cloudformation.cause(&stack).await));
                        }
                    }
                    return Ok(());
                }
                (_, stack) => {
                    let cause = match stack {
                        Some(stack) => cloudformation.cause(stack).await,
                        None => "the stack is gone".to_owned(),
                    };
                    return Err(Trouble(cause));
                }
            }
        }
    }

    /// The template of a Region's stack, as it is sent.
    fn written_template(&self, region: &str) -> Result<String, Trouble> {
        let names =
            BucketNames::Written { prefix: self.prefix().to_owned(), region: region.to_owned() };
        let template = template(self.place.organization.is_some(), &names);
        template.yaml().map_err(|error| Trouble(error.to_string()))
    }

    /// What is wrong in the accounts of the organization, a line each; that packs are still there
    /// which should not be, after they should have gone only.
    async fn member_problems(&self, is_done: bool) -> Vec<String> {
        let Some(members) = &self.members else { return Vec::new() };
        let mut problems = Vec::new();
        match members.stack_sets.troubles().await {
            Ok(troubles) => problems.extend(troubles.failed.into_iter().chain(troubles.under_way)),
            Err(error) => problems
                .push(format!("whether the functions are in all accounts cannot be read: {error}")),
        }
        for state in &self.regions {
            let packs = Packs::new(&self.place, &state.region);
            for PackState { name, wanted, .. } in
                state.packs.iter().filter(|pack| is_done || pack.wanted.is_some())
            {
                match packs.troubles(name, wanted.as_ref()).await {
                    Ok(troubles) => problems.extend(
                        troubles.into_iter().map(|trouble| format!("{}: {trouble}", state.region)),
                    ),
                    Err(error) => problems.push(format!(
                        "{}: whether the pack {name} is in all accounts cannot be read: {error}",
                        state.region
                    )),
                }
            }
        }
        problems
    }

    /// Brings the organization's packs of a Region to where they should be.
    async fn bring_packs(&self, region: &str) -> Result<(), Trouble> {
        let packs = Packs::new(&self.place, region);
        let state = self
            .regions
            .iter()
            .find(|state| state.region == region)
            .filter(|state| !state.packs.is_empty());
        let Some(state) = state else { return Ok(()) };
        let changed = CloudFormation::new(&self.place.session, region)
            .stack(STACK)
            .await?
            .and_then(|stack| stack.changed);
        for PackState { name, wanted, .. } in &state.packs {
            packs.bring(name, wanted.as_ref(), changed, |what| self.say(region, what)).await?;
        }
        Ok(())
    }

    async fn report_members(&self) -> Result<(), CliError> {
        let is_deployed = self
            .regions
            .iter()
            .any(|state| state.stack.as_ref().is_some_and(|stack| stack.release().is_some()));
        let problems = if is_deployed { self.member_problems(false).await } else { Vec::new() };
        if problems.is_empty() { Ok(()) } else { Err(DeployError::Members(problems).into()) }
    }

    fn say(&self, region: &str, what: &str) {
        say(&self.progress, region, what);
    }
}

/// Brings a Region's stack to the release.
async fn bring(deployment: Arc<Deployment>, region: String) -> Result<(), Trouble> {
    let what = if deployment.members.is_some() {
        "this account's own functions"
    } else {
        "functions and rules"
    };
    deployment.bring(&region, &Wanted::With(deployment.parameters.clone()), what).await
}

/// Brings an organization's home stack to the release as far as its stack sets go.
async fn bring_members(deployment: Arc<Deployment>, region: String) -> Result<(), Trouble> {
    let held = CloudFormation::new(&deployment.place.session, &region).stack(STACK).await?;
    deployment
        .bring(&region, &Wanted::With(deployment.for_members(held.as_ref())), "the stack sets")
        .await
}

/// Waits for the stack sets of an organization, and tries again where they failed or have not come.
async fn mend_members(deployment: Arc<Deployment>, region: String) -> Result<(), Trouble> {
    match &deployment.members {
        Some(members) => members.stack_sets.mend(|what| deployment.say(&region, what)).await,
        None => Ok(()),
    }
}

/// Works on Regions at the same time: those that are done, and what went wrong in the others, both
/// in the order of the Regions.
async fn in_regions<Done>(
    regions: &[String],
    work: impl Fn(String) -> Done,
) -> Result<(Vec<String>, Vec<(String, Trouble)>), CliError>
where
    Done: Future<Output = Result<(), Trouble>> + Send + 'static,
{
    let permits = Arc::new(Semaphore::new(REGIONS_AT_ONCE));
    let mut tasks = JoinSet::new();
    for region in regions {
        let (permits, region, work) = (Arc::clone(&permits), region.clone(), work(region.clone()));
        tasks.spawn(async move {
            let _permit = permits.acquire().await;
            (region, work.await)
        });
    }
    let mut results = BTreeMap::new();
    while let Some(result) = tasks.join_next().await {
        let (region, result) = result?;
        results.insert(region, result);
    }
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for region in regions {
        match results.remove(region) {
            Some(Ok(())) => done.push(region.clone()),
            Some(Err(trouble)) => failed.push((region.clone(), trouble)),
            None => {}
        }
    }
    Ok((done, failed))
}

fn progress(quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("{spinner} {elapsed} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let progress = ProgressBar::with_draw_target(None, target).with_style(style);
    progress.enable_steady_tick(Duration::from_millis(200));
    progress
}

/// Tells what happens in a Region: as a line, and beside the clock that runs.
fn say(progress: &ProgressBar, region: &str, what: &str) {
    let line = format!("{region}: {what}");
    progress.suspend(|| {
        if let Err(error) = print(&format!("{line}\n")) {
            tracing::warn!(%error, line);
        }
    });
    progress.set_message(line);
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The stacks that there are, by Region: of all Regions that are enabled. A Region that may not be
/// read, and need not be, is taken for one that is not enabled, with a warning: policies of
/// organizations deny Regions.
async fn stacks(place: &mut Place, needed: &[String]) -> Result<BTreeMap<String, Stack>, CliError> {
    let mut tasks = JoinSet::new();
    for region in place.enabled.clone() {
        let cloudformation = CloudFormation::new(&place.session, &region);
        tasks.spawn(async move { (region, cloudformation.stack(STACK).await) });
    }
    let mut stacks = BTreeMap::new();
    while let Some(found) = tasks.join_next().await {
        let (region, stack) = found?;
        match stack {
            Ok(stack) => stacks.extend(stack.map(|stack| (region, stack))),
            Err(AwsError(unread)) if unread.cause == Cause::Denied && !needed.contains(&region) => {
                place.warnings.push(format!(
                    "{region}: whether there is a stack {STACK} may not be read: {}",
                    unread.code
                ));
                place.enabled.retain(|enabled| *enabled != region);
            }
            Err(error) => {
                return Err(DeployError::UnreadRegion { region, error: error.to_string() }.into());
            }
        }
    }
    Ok(stacks)
}

/// Refuses to work on a stack of somebody else, of another topology or home Region. One that is
/// under review has no parameters yet.
fn check_stack(place: &Place, region: &str, stack: &Stack) -> Result<(), DeployError> {
    if stack.status == "REVIEW_IN_PROGRESS" {
        return Ok(());
    }
    if [CODE_BUCKET_PREFIX, HOME_REGION, RELEASE]
        .iter()
        .any(|name| !stack.parameters.contains_key(*name))
    {
        return Err(DeployError::ForeignStack(region.to_owned()));
    }
    let is_organization = stack.parameters.contains_key(ORGANIZATION_ID);
    if is_organization != place.organization.is_some() {
        return Err(DeployError::OtherTopology { region: region.to_owned(), is_organization });
    }
    match stack.parameters.get(HOME_REGION) {
        Some(deployed) if *deployed != place.home_region => {
            Err(DeployError::OtherHome { region: region.to_owned(), deployed: deployed.clone() })
        }
        _ => Ok(()),
    }
}

/// The parameters of all stacks: what was given, else what the home Region's stack has, else
/// nothing, for the template's default.
fn parameters(
    place: &Place,
    source: &Source,
    home: Option<&Stack>,
) -> Result<ParameterValues, DeployError> {
    let held = home
        .filter(|stack| stack.status != "REVIEW_IN_PROGRESS")
        .map(|stack| stack.parameters.clone())
        .unwrap_or_default();
    let held_regions = home.map(Stack::regions).unwrap_or_default();
    let held_prefix = held.get(CODE_BUCKET_PREFIX).cloned();
    let mut parameters: ParameterValues =
        held.into_iter().filter(|(name, _)| source.template.parameter(name).is_some()).collect();
    parameters.extend(source.overrides.clone());
    let prefix = parameters
        .entry(CODE_BUCKET_PREFIX.to_owned())
        .or_insert_with(|| format!("plumbline-{}", place.account));
    if let Some(deployed) = held_prefix.filter(|deployed| deployed != prefix) {
        return Err(DeployError::OtherPrefix { deployed });
    }
    let mut set = |name: &str, value: String| parameters.insert(name.to_owned(), value);
    set(RELEASE, source.release.name.clone());
    set(HOME_REGION, place.home_region.clone());
    set(ARCHITECTURE, source.release.architecture.to_owned());
    if let Some(organization) = &place.organization {
        let is_management = organization.is_managed_by(&place.account);
        set(ORGANIZATION_ID, organization.id.clone());
        // The stack set takes functions away from Regions that are left out: a Region that was not
        // named now keeps what it has.
        let added = place.regions.iter().filter(|region| !held_regions.contains(region));
        set(REGIONS, held_regions.iter().chain(added).cloned().collect::<Vec<_>>().join(","));
        set(FUNCTIONS_HERE, is_management.to_string());
        set(CALL_AS, if is_management { CALL_AS_SELF } else { CALL_AS_DELEGATED_ADMIN }.to_owned());
        set(
            MANAGEMENT_ACCOUNT_ID,
            if is_management { String::new() } else { organization.management_account.clone() },
        );
        set(PACKS_BY_STACK, "false".to_owned());
        set(RELEASE_HERE, source.release.name.clone());
        parameters
            .entry(ORGANIZATIONAL_UNIT_IDS.to_owned())
            .or_insert_with(|| organization.roots.join(","));
    }
    Ok(source.template.settle(parameters))
}

impl Members {
    async fn read(
        place: &Place,
        organization: &Organization,
        parameters: &ParameterValues,
        home: Option<&Stack>,
    ) -> Result<Self, CliError> {
        let listed = |name: &str| {
            parameters
                .get(name)
                .map(String::as_str)
                .unwrap_or_default()
                .split(',')
                .map(str::trim)
                .filter(|one| !one.is_empty())
        };
        let units: Vec<&str> = listed(ORGANIZATIONAL_UNIT_IDS).collect();
        let without_functions = organization.without_functions(place, &units).await?;
        let stack_sets = StackSets::new(place, organization, units.join(","), &without_functions);
        let mut excluded: BTreeSet<String> = without_functions.into_iter().collect();
        excluded.extend(listed(EXCLUDED_ACCOUNTS).map(str::to_owned));
        if excluded.len() > EXCLUDED_LIMIT && parameters.get(PACKS).is_none_or(|packs| packs == ON)
        {
            return Err(DeployError::TooManyExcluded(excluded.len()).into());
        }
        let is_known = |excluded: &&str| {
            organization.accounts.iter().any(|account| account.as_str() == *excluded)
        };
        let unknown = listed(EXCLUDED_ACCOUNTS)
            .filter(|excluded| !is_known(excluded))
            .map(str::to_owned)
            .collect();
        let mut troubles = stack_sets.troubles().await?;
        if home.and_then(Stack::release).is_none() {
            if troubles.exists {
                return Err(DeployError::OtherDeployer {
                    account: place.account.clone(),
                    home: place.home_region.clone(),
                }
                .into());
            }
            // Nothing is deployed yet, and nothing is wrong.
            troubles = stack_sets::Troubles::default();
        }
        Ok(Self { stack_sets, troubles, excluded, unknown })
    }
}

/// The organization's packs of a Region.
async fn pack_states(
    place: &Place,
    region: &str,
    template: &Template,
    parameters: &ParameterValues,
    excluded: &BTreeSet<String>,
) -> Result<Vec<PackState>, CliError> {
    let Some(organization) = &place.organization else { return Ok(Vec::new()) };
    let is_on = parameters.get(PACKS).is_none_or(|packs| packs == ON);
    let mut states = Vec::new();
    for (scope, name) in packs::names(region == place.home_region) {
        let wanted = is_on
            .then(|| WantedPack::new(scope, template, parameters, &organization.accounts, excluded))
            .transpose()?;
        let held = Packs::new(place, region).find(&name, wanted.as_ref()).await?;
        if held.as_ref().is_some_and(Pack::is_central) {
            return Err(DeployError::CentralPack { region: region.to_owned(), name }.into());
        }
        states.push(PackState { name, held, wanted });
    }
    Ok(states)
}
