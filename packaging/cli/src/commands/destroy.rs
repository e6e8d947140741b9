//! `plumbline destroy`: removes what `plumbline deploy` created.

#[cfg(feature = "aws")]
use std::sync::Arc;

use clap::Args;
#[cfg(feature = "aws")]
use plumbline_deploy::RemovalRequest;

use crate::arguments::DeployTargetArguments;
#[cfg(feature = "aws")]
use crate::error::CliError;
#[cfg(feature = "aws")]
use crate::output::Lines;
#[cfg(feature = "aws")]
use crate::runtime::block_on;

const EXAMPLES: &str = "Examples:
  plumbline destroy --single-account --dry-run
  plumbline destroy --single-account --apply
  plumbline destroy --single-account --region eu-west-1 --apply";

/// Remove what deploy made, and leave the data: the buckets of code and register
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) target: DeployTargetArguments,
}

/// Runs the command.
#[cfg(feature = "aws")]
pub(crate) fn run(arguments: &Arguments, quiet: bool) -> Result<(), CliError> {
    let Arguments { target } = arguments;
    let request = RemovalRequest { target: target.into(), apply: target.mode.apply };
    let progress = Arc::new(Lines::new(quiet || target.mode.dry_run));
    block_on(async { Ok(plumbline_deploy::destroy(request, progress).await?) })
}
