//! Deploys Plumbline to an account or an organization, and removes it: one stack in each Region,
//! the home Region first, in two passes: the buckets, and with what was uploaded into them all the
//! rest. The rules of an organization come last, by the API of AWS Config.
#![warn(missing_docs)]

mod apply;
mod aws;
mod central;
mod coverage;
mod daily_check;
mod deployed;
mod error;
mod exclusions;
mod governed;
mod members;
mod pack;
mod parameters;
mod place;
mod plan;
mod regions;
mod registers;
mod remove;
mod removed_regions;
mod report;
mod stack;
mod state;
mod target;
mod wanted_pack;

use std::sync::Arc;

use plumbline_templates::release::Release;
use plumbline_templates::template::BucketNames;

pub use self::deployed::DeployedSettings;
pub use self::error::DeployError;
pub use self::parameters::{FunctionsMode, Overrides};
pub use self::regions::Progress;
pub use self::report::DeploymentReport;
pub use self::target::{RegionChoice, TargetOptions, Topology};

use self::apply::{Applied, ReplacedCode};
use self::parameters::{DeploymentSource, check_control_parameters, overrides, template};
use self::place::listed;
use self::state::Deployment;
use self::target::DeployTarget;

/// What is to be deployed.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where.
    pub target: TargetOptions,
    /// What errors call the file of the code.
    pub code_name: String,
    /// The functions' code: a zip.
    pub code: Vec<u8>,
    /// A register in its valid form; the deployed one stays when nothing.
    pub register: Option<Vec<u8>>,
    /// Where the functions of an organization are to be; as deployed when nothing.
    pub functions: Option<FunctionsMode>,
    /// Parameters of the template.
    pub overrides: Overrides,
    /// Whether it is done, or planned only.
    pub apply: bool,
}

/// What came of a request.
#[derive(Debug)]
pub struct DeployOutcome {
    /// The plan, or with [`Request::apply`] the result.
    pub report: DeploymentReport,
    /// What is not as it should be, or was not done.
    pub problem: Option<DeployError>,
}

/// What is to be removed.
#[derive(Clone, Debug)]
pub struct RemovalRequest {
    /// Where.
    pub target: TargetOptions,
    /// Whether it is done, or planned only.
    pub apply: bool,
}

/// Prints the plan, and does what it says where that was asked for. It may be repeated after any
/// failure: what is done stays, what is in progress is waited for.
///
/// # Errors
/// What keeps anything from being done; or, for each account and Region, what failed.
pub async fn deploy(
    request: Request,
    progress: Arc<dyn Progress>,
) -> Result<DeployOutcome, DeployError> {
    let Request { target, code_name, code, register, functions, overrides: given, apply } = request;
    check_control_parameters(&given)?;
    let release = Release::new(code)
        .map_err(|error| DeployError::Code { file: code_name, what: error.to_string() })?;
    let template = template(target.topology, &BucketNames::ByParameter);
    let overrides = overrides(&given, &template)?;
    let target = DeployTarget::find(&target).await?;
    let source = DeploymentSource { functions, release, register, template, overrides };
    let deployment = Deployment::read(target, source).await?;
    progress.print(&deployment.plan())?;
    deployment.check()?;
    let mut report = DeploymentReport::plan(&deployment);
    if !apply {
        let mut problems = deployment.replaced();
        if deployment.is_deployed() {
            let coverage = deployment.coverage();
            problems.extend(listed(coverage.failures()));
            problems.extend(coverage.unread);
        }
        let problem = (!problems.is_empty()).then_some(DeployError::Members(problems));
        return Ok(DeployOutcome { report, problem });
    }
    // That stacks and packs are as they should be says nothing about the accounts of the
    // organization.
    if deployment.is_done() && deployment.target.organization.is_none() {
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

/// Prints what would be removed, and removes it where that was asked for. The buckets stay.
///
/// # Errors
/// What keeps anything from being removed; or, for each Region, what failed.
pub async fn destroy(
    request: RemovalRequest,
    progress: Arc<dyn Progress>,
) -> Result<(), DeployError> {
    let mut target = DeployTarget::find(&request.target).await?;
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
