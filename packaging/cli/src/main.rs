//! The `plumbline` command line.

#[cfg(feature = "aws")]
mod accounts;
mod arguments;
mod catalogue;
#[cfg(feature = "aws")]
mod deploy;
mod diff;
mod error;
mod formats;
mod inputs;
mod languages;
#[cfg(feature = "aws")]
mod live;
mod output;
mod register;
#[cfg(feature = "aws")]
mod report;
#[cfg(feature = "aws")]
mod runtime;
mod sample;
mod scan;
mod selection;
mod table;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::arguments::{Arguments, Command, RegisterCommand};
use crate::error::CliError;

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            report(&error);
            ExitCode::from(error.code)
        }
    }
}

fn report(error: &CliError) {
    use std::io::Write;
    // A reader that has closed stderr cannot be informed.
    let _ = writeln!(std::io::stderr(), "error: {}\n  {}", error.message, error.advice);
}

fn run(arguments: Arguments) -> Result<ExitCode, CliError> {
    #[cfg(feature = "aws")]
    runtime::log(arguments.verbose);
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
                .map_err(output::no_stdout)?;
            output::print(&String::from_utf8_lossy(&page))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "aws")]
use crate::deploy::{deploy as deploy_all, destroy as destroy_all};
#[cfg(feature = "aws")]
use crate::live::{collect as collect_account, invoke as invoke_rule};
#[cfg(feature = "aws")]
use crate::report::run as report_all;

#[cfg(not(feature = "aws"))]
fn collect_account(_: &arguments::CollectArguments, _: bool) -> Result<(), CliError> {
    Err(error::no_aws())
}

#[cfg(not(feature = "aws"))]
fn report_all(_: &arguments::ReportArguments) -> Result<(), CliError> {
    Err(error::no_aws())
}

#[cfg(not(feature = "aws"))]
fn invoke_rule(_: &arguments::InvokeArguments) -> Result<(), CliError> {
    Err(error::no_aws())
}

#[cfg(not(feature = "aws"))]
fn deploy_all(_: &arguments::DeployArguments, _: bool) -> Result<(), CliError> {
    Err(error::no_aws())
}

#[cfg(not(feature = "aws"))]
fn destroy_all(_: &arguments::PlaceArguments, _: bool) -> Result<(), CliError> {
    Err(error::no_aws())
}
