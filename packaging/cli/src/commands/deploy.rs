//! `plumbline deploy`: deploys the functions, their roles and the rules.

use std::path::PathBuf;
#[cfg(feature = "aws")]
use std::sync::Arc;

use clap::Args;
#[cfg(feature = "aws")]
use plumbline_deploy::{Overrides, Request};

use crate::arguments::DeployTargetArguments;
#[cfg(feature = "aws")]
use crate::error::CliError;
#[cfg(feature = "aws")]
use crate::inputs;
#[cfg(feature = "aws")]
use crate::output::Lines;
#[cfg(feature = "aws")]
use crate::runtime::block_on;

const EXAMPLES: &str = "Examples:
  cargo xtask package                                   makes dist/bootstrap-x86_64.zip
  plumbline deploy --single-account --dry-run           what would be done; needs read rights only
  plumbline deploy --single-account --apply
  plumbline deploy --single-account --region us-east-1 --region eu-west-1 --level 1 --apply
  plumbline deploy --single-account --register register.json --parameter-overrides Publish=changes \
    --apply
  plumbline deploy --organization --dry-run             from the management account or a delegated \
    administrator
  plumbline deploy --organization --organizational-unit ou-ab12-11111111 --apply

Run it again after any failure: what is done stays, what is under way is waited for, the rest is \
    done.
An upgrade deploys another zip, or comes with another version of this program; a rollback deploys \
    the former ones.";

/// Deploy the functions, their roles and the rules by AWS CloudFormation
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) target: DeployTargetArguments,
    /// The function's code, as 'cargo xtask package' makes it
    #[arg(long, value_name = "FILE", default_value = "dist/bootstrap-x86_64.zip")]
    pub(crate) code: PathBuf,
    /// Attestations and exceptions, a JSON file [default: those that are deployed]
    #[arg(long, value_name = "FILE")]
    pub(crate) register: Option<PathBuf>,
    /// Only controls of the level; level 2 contains level 1 [default: as deployed, else 2]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(crate) level: Option<u8>,
    /// A root or organizational unit whose accounts get the functions; repeatable
    /// [default: as deployed, else the organization's root]
    #[arg(long, value_name = "ID", conflicts_with = "single_account")]
    pub(crate) organizational_unit: Vec<String>,
    /// A parameter of the template cfn/single-account.yaml or cfn/organization.yaml, such as
    /// LogRetentionDays=30; repeatable [default: as deployed, else the template's]
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) parameter_overrides: Vec<(String, String)>,
}

/// Runs the command.
#[cfg(feature = "aws")]
pub(crate) fn run(arguments: &Arguments, quiet: bool) -> Result<(), CliError> {
    let Arguments { target, code, register, level, organizational_unit, parameter_overrides } =
        arguments;
    let request = Request {
        target: target.into(),
        code_name: code.display().to_string(),
        code: inputs::code(code)?,
        register: register.as_deref().map(inputs::register_text).transpose()?,
        overrides: Overrides {
            level: *level,
            organizational_units: organizational_unit.clone(),
            parameters: parameter_overrides.clone(),
        },
        apply: target.mode.apply,
    };
    let progress = Arc::new(Lines::new(quiet || target.mode.dry_run));
    block_on(async { Ok(plumbline_deploy::deploy(request, progress).await?) })
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a parameter looks like LogRetentionDays=30")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}
