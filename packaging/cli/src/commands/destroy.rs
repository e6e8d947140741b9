//! `plumbline destroy`: deletes the resources that `plumbline deploy` created.

#[cfg(feature = "aws")]
use std::sync::Arc;

use clap::Args;
#[cfg(feature = "aws")]
use plumbline_deploy::{RegionChoice, RemovalRequest};

use crate::arguments::DeployTargetArguments;
#[cfg(feature = "aws")]
use crate::error::CliError;
#[cfg(feature = "aws")]
use crate::formats::deployment::Lines;
#[cfg(feature = "aws")]
use crate::runtime::block_on;
use crate::suggestions::region_name;

const EXAMPLES: &str = "Examples:
  plumbline destroy --single-account --dry-run
  plumbline destroy --single-account --apply
  plumbline destroy --single-account --region eu-west-1 --apply";

/// Delete everything that deploy created, except the buckets
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) target: DeployTargetArguments,
    /// Region; repeatable or comma-separated [default: all enabled Regions]
    #[arg(long, value_name = "REGION", value_parser = region_name(), hide_possible_values = true,
        value_delimiter = ',', help_heading = "Target")]
    pub(crate) region: Vec<String>,
}

/// Runs the command.
#[cfg(feature = "aws")]
pub(crate) fn run(arguments: &Arguments, quiet: bool) -> Result<(), CliError> {
    let Arguments { target, region } = arguments;
    let regions = if region.is_empty() {
        RegionChoice::NotNamed
    } else {
        RegionChoice::Named(region.clone())
    };
    let request = RemovalRequest { target: target.options(regions), apply: target.mode.apply };
    let progress = Arc::new(Lines::new(quiet || target.mode.dry_run, false));
    block_on(async { Ok(plumbline_deploy::destroy(request, progress).await?) })
}
