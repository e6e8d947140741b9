//! The commands, one file each with arguments and implementation.

mod collect;
mod completions;
mod controls;
mod deploy;
mod destroy;
mod diff;
mod explain;
mod filter;
mod fix;
mod invoke;
mod man;
mod policy;
mod register;
mod report;
mod scan;

use std::process::ExitCode;

use clap::Subcommand;

use crate::arguments::Verbosity;
use crate::error::CliError;

/// The commands, in the order of the help.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Scan(Box<scan::Arguments>),
    Collect(collect::Arguments),
    Diff(diff::Arguments),
    Fix(fix::Arguments),
    Controls(controls::Arguments),
    Explain(explain::Arguments),
    Report(report::Arguments),
    Invoke(invoke::Arguments),
    Deploy(Box<deploy::Arguments>),
    Destroy(destroy::Arguments),
    #[command(subcommand)]
    Filter(filter::Arguments),
    Policy(policy::Arguments),
    #[command(subcommand)]
    Register(register::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

impl Command {
    /// Runs the command. `program` describes the complete command line.
    pub(crate) fn run(
        &self,
        verbosity: Verbosity,
        program: fn() -> clap::Command,
    ) -> Result<ExitCode, CliError> {
        match self {
            Self::Scan(arguments) => return scan::run(arguments, verbosity),
            Self::Diff(arguments) => return diff::run(arguments),
            Self::Fix(arguments) => fix::run(arguments),
            Self::Controls(arguments) => controls::run(arguments),
            Self::Explain(arguments) => explain::run(arguments),
            Self::Filter(arguments) => return filter::run(arguments),
            Self::Policy(arguments) => return policy::run(arguments),
            Self::Register(arguments) => return register::run(arguments),
            Self::Completions(arguments) => completions::run(arguments, program()),
            Self::Man(arguments) => man::run(arguments, program()),
            #[cfg(feature = "aws")]
            Self::Collect(arguments) => collect::run(arguments, verbosity),
            #[cfg(feature = "aws")]
            Self::Report(arguments) => report::run(arguments),
            #[cfg(feature = "aws")]
            Self::Invoke(arguments) => invoke::run(arguments),
            #[cfg(feature = "aws")]
            Self::Deploy(arguments) => deploy::run(arguments, verbosity.is_quiet),
            #[cfg(feature = "aws")]
            Self::Destroy(arguments) => destroy::run(arguments, verbosity.is_quiet),
            #[cfg(not(feature = "aws"))]
            Self::Collect(_)
            | Self::Report(_)
            | Self::Invoke(_)
            | Self::Deploy(_)
            | Self::Destroy(_) => Err(crate::error::no_aws()),
        }
        .map(|()| ExitCode::SUCCESS)
    }
}
