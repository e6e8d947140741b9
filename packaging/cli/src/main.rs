//! The `plumbline` command line.

mod arguments;
mod catalogue;
#[cfg(feature = "aws")]
mod deploy;
mod diff;
mod error;
mod formats;
mod languages;
#[cfg(feature = "aws")]
mod live;
mod output;
mod register;
#[cfg(feature = "aws")]
mod report;
mod sample;
mod scan;
mod selection;
mod table;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::arguments::{Arguments, Command, RegisterCommand};
use crate::error::CliError;

/// How a command ended that could do what it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// Well.
    Well,
    /// `--fail-on` tripped.
    Tripped,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(Done::Well) => ExitCode::SUCCESS,
        Ok(Done::Tripped) => ExitCode::from(1),
        Err(error) => {
            report(&error);
            ExitCode::from(error.code())
        }
    }
}

fn report(error: &CliError) {
    use std::io::Write;
    // Nobody is left to tell it to when the reader has gone.
    let _ = writeln!(std::io::stderr(), "error: {error}\n  {}", error.help());
}

fn run(arguments: Arguments) -> Result<Done, CliError> {
    #[cfg(feature = "aws")]
    live::log(arguments.verbose);
    match arguments.command {
        Command::Scan(scan) => return scan::run(&scan, arguments.quiet),
        Command::Collect(collect) => collect_account(&collect, arguments.quiet)?,
        Command::Diff { old, new, format } => diff::run(&old, &new, format)?,
        Command::Controls { format } => catalogue::list(format)?,
        Command::Explain { control } => catalogue::explain(selection::control(&control)?)?,
        Command::Report(report) => report_all(&report)?,
        Command::Invoke(invoke) => invoke_rule(&invoke)?,
        Command::Deploy(deploy) => deploy_all(&deploy, arguments.quiet)?,
        Command::Destroy(destroy) => destroy_all(&destroy, arguments.quiet)?,
        Command::Filter(command) => languages::filter(&command)?,
        Command::Policy(policy) => languages::policy(&policy)?,
        Command::Register(RegisterCommand::Check { file, now, within }) => {
            register::check(&file, now, within)?
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "plumbline", &mut script);
            output::print(&String::from_utf8_lossy(&script))?;
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Arguments::command())
                .render(&mut page)
                .map_err(CliError::Stdout)?;
            output::print(&String::from_utf8_lossy(&page))?;
        }
    }
    Ok(Done::Well)
}

#[cfg(feature = "aws")]
use crate::deploy::{deploy as deploy_all, destroy as destroy_all};
#[cfg(feature = "aws")]
use crate::live::{collect as collect_account, invoke as invoke_rule};
#[cfg(feature = "aws")]
use crate::report::run as report_all;

#[cfg(not(feature = "aws"))]
fn collect_account(_: &arguments::CollectArguments, _: bool) -> Result<(), CliError> {
    Err(CliError::NoAws)
}

#[cfg(not(feature = "aws"))]
fn report_all(_: &arguments::ReportArguments) -> Result<(), CliError> {
    Err(CliError::NoAws)
}

#[cfg(not(feature = "aws"))]
fn invoke_rule(_: &arguments::InvokeArguments) -> Result<(), CliError> {
    Err(CliError::NoAws)
}

#[cfg(not(feature = "aws"))]
fn deploy_all(_: &arguments::DeployArguments, _: bool) -> Result<(), CliError> {
    Err(CliError::NoAws)
}

#[cfg(not(feature = "aws"))]
fn destroy_all(_: &arguments::PlaceArguments, _: bool) -> Result<(), CliError> {
    Err(CliError::NoAws)
}
