//! Deploys Plumbline to an account or organization, and removes it. Each Region has one stack, the
//! home Region first. It is deployed in two passes: first the buckets, then the other resources,
//! which require the uploaded code. Rules that invoke central functions follow last, through the
//! AWS Config API.
#![warn(missing_docs)]

mod apply;
mod aws;
mod canary;
mod canary_plan;
mod central;
mod coverage;
mod daily_check;
mod deployed;
mod deployed_stacks;
mod error;
mod exclusions;
mod former;
mod governed;
mod guardrails;
mod members;
mod only_code;
mod own;
mod pack;
mod pack_states;
mod parameters;
mod place;
mod plan;
mod reconcile;
mod regions;
mod registers;
mod remove;
mod removed_regions;
mod report;
mod services;
mod stack;
mod state;
mod target;
mod wanted_pack;

use std::sync::Arc;

use plumbline_templates::bundle::{self, VERSION};
use plumbline_templates::release::Release;
use plumbline_templates::template::BucketNames;

pub use self::deployed::DeployedSettings;
pub use self::error::DeployError;
pub use self::parameters::{FunctionsMode, Overrides};
pub use self::reconcile::ReconcileOptions;
pub use self::regions::Progress;
pub use self::report::DeploymentReport;
pub use self::target::{RegionChoice, TargetOptions, Topology};

use self::apply::{Applied, ReplacedCode};
use self::guardrails::networks::Networks;
use self::guardrails::tags;
use self::parameters::{DeploymentSource, check_control_parameters, overrides, template};
use self::place::listed;
use self::state::Deployment;
use self::target::DeployTarget;

/// The input of a deployment.
#[derive(Clone, Debug)]
pub struct Request {
    /// The target of the deployment.
    pub target: TargetOptions,
    /// The name of the code file in errors.
    pub code_name: String,
    /// The zip file with the function code.
    pub code: Vec<u8>,
    /// Whether the code may be of another version than this program.
    pub allows_other_version: bool,
    /// A valid register. `None` keeps the deployed register.
    pub register: Option<Vec<u8>>,
    /// The place of an organization's functions. `None` keeps the deployed place.
    pub functions: Option<FunctionsMode>,
    /// Whether to deploy only the buckets, code and templates, which other tools deploy.
    pub only_code: bool,
    /// Parameters of the template.
    pub overrides: Overrides,
    /// Whether the release of the canary unit goes to all accounts.
    pub promotes: bool,
    /// The settings of the reconciliation.
    pub reconcile: ReconcileOptions,
    /// The tags of all stacks, with keys and values. `None` keeps the deployed tags.
    pub tags: Option<Vec<(String, String)>>,
    /// Whether to apply the plan.
    pub apply: bool,
}

/// The outcome of a deployment.
#[derive(Debug)]
pub struct DeployOutcome {
    /// The plan, or the result if [`Request::apply`] is true.
    pub report: DeploymentReport,
    /// The problems of the deployment.
    pub problem: Option<DeployError>,
}

/// The input of a removal.
#[derive(Clone, Debug)]
pub struct RemovalRequest {
    /// The target of the removal.
    pub target: TargetOptions,
    /// Whether to apply the plan.
    pub apply: bool,
}

/// Prints the plan, and applies it on request. It can be repeated after any failure: completed work
/// remains, and work in progress is awaited.
///
/// # Errors
/// A reason that prevents all work, or the failures by account and Region.
pub async fn deploy(
    request: Request,
    progress: Arc<dyn Progress>,
) -> Result<DeployOutcome, DeployError> {
    let Request { target, code_name, code, register, functions, only_code, .. } = request;
    let (given, promotes, reconcile) = (request.overrides, request.promotes, request.reconcile);
    let apply = request.apply;
    check_control_parameters(&given)?;
    let tags = tags::check(request.tags.as_ref())?;
    let (networks, parameters) = Networks::split(&given.parameters)?;
    let given = Overrides { parameters, ..given };
    let stated = bundle::version(&code);
    let release = Release::new(code)
        .map_err(|error| DeployError::Code { file: code_name.clone(), what: error.to_string() })?;
    if !request.allows_other_version && stated.as_deref() != Some(VERSION) {
        return Err(DeployError::CodeVersion { file: code_name, stated });
    }
    let template = template(target.topology, &BucketNames::ByParameter);
    let overrides = overrides(&given, &template)?;
    let needs_packs = functions != Some(FunctionsMode::Own) && !only_code;
    let mut target = DeployTarget::find(&target, needs_packs).await?;
    target.spares_failures = reconcile.is_as_deployed;
    let source = DeploymentSource {
        functions,
        release,
        only_code,
        register,
        template,
        overrides,
        promotes,
        reconcile,
        tags,
        networks,
    };
    let deployment = Deployment::read(target, source).await?;
    progress.print(&deployment.plan())?;
    if !only_code {
        deployment.check()?;
        deployment.check_canary()?;
    }
    let mut report = DeploymentReport::plan(&deployment);
    if let (Some(busy), true) = (deployment.busy(), apply) {
        progress.print(&format!(
            "\nNothing is changed, because a deployment is in progress: {busy}\n"
        ))?;
        return Ok(DeployOutcome { report, problem: None });
    }
    if !apply {
        let mut problems = deployment.replaced();
        if deployment.is_deployed() && !only_code {
            let coverage = deployment.coverage();
            problems.extend(listed(coverage.failures()));
            problems.extend(coverage.unread);
        }
        let problem = (!problems.is_empty()).then_some(DeployError::Members(problems));
        return Ok(DeployOutcome { report, problem });
    }
    // The state of stacks and packs says nothing about the accounts of an organization.
    if deployment.is_done() && (deployment.target.organization.is_none() || only_code) {
        if only_code {
            progress.print(&deployment.settings())?;
        }
        report.finish(&Applied::default());
        return Ok(DeployOutcome { report, problem: None });
    }
    let replaced = ReplacedCode::of(&deployment);
    let applied = apply::apply(deployment, Arc::clone(&progress)).await?;
    report.finish(&applied);
    if applied.failed.is_empty() {
        // After the objects of the release are what they should be.
        replaced.put_back(progress.as_ref()).await?;
    }
    let problems = applied.problems();
    let problem = (!problems.is_empty()).then_some(DeployError::Incomplete(problems));
    Ok(DeployOutcome { report, problem })
}

/// Prints the resources to delete, and deletes them on request. The buckets remain.
///
/// # Errors
/// A reason that prevents all work, or the failures by Region.
pub async fn destroy(
    request: RemovalRequest,
    progress: Arc<dyn Progress>,
) -> Result<(), DeployError> {
    let mut target = DeployTarget::find(&request.target, true).await?;
    let named = match request.target.regions {
        RegionChoice::Named(named) => named,
        RegionChoice::NotNamed | RegionChoice::Governed => Vec::new(),
    };
    let regions = remove::find(&mut target, &named).await?;
    progress.print(&remove::plan(&target, &regions))?;
    if !request.apply || regions.is_empty() {
        return Ok(());
    }
    remove::remove(&target, regions, progress).await
}
