//! `plumbline scan`: evaluates accounts.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use plumbline_core::control::ConfiguredControl;
use plumbline_core::evaluation::Counts;
use plumbline_core::register::Register;

#[cfg(feature = "aws")]
use crate::accounts::ScanAccounts;
use crate::arguments::{SelectionArguments, TargetArguments};
use crate::error::CliError;
#[cfg(feature = "aws")]
use crate::evaluate::live;
use crate::evaluate::{Scan, recorded};
use crate::formats::scan::{ScanFormat, render};
use crate::output::{self, Output};
#[cfg(feature = "aws")]
use crate::runtime::block_on;
use crate::selection::select;
use crate::terminal::print_error;
use crate::{inputs, sample};

/// Evaluate an account
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The built-in sample account: no AWS, no network
    #[arg(long, conflicts_with_all = ["snapshot", "profile", "role_name", "account", "organization",
        "publish"])]
    pub(crate) sample: bool,
    /// A recorded account
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "role_name", "account",
        "organization", "publish"])]
    pub(crate) snapshot: Option<PathBuf>,
    /// The time that counts as now, RFC 3339; of a snapshot, when it was recorded
    #[arg(long, value_name = "TIME", conflicts_with = "publish")]
    pub(crate) now: Option<DateTime<Utc>>,
    #[command(flatten)]
    pub(crate) target: TargetArguments,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// Parameters of controls, a JSON file: {"1.12": {"maxCredentialUsageAge": "90"}, "*":
    /// {"notAssessedAs": "nonCompliant"}}
    #[arg(long, value_name = "FILE")]
    pub(crate) parameters: Option<PathBuf>,
    /// Attestations and exceptions, a JSON file; of a live scan also s3://BUCKET/KEY
    #[arg(long, value_name = "LOCATION")]
    pub(crate) register: Option<String>,
    /// table, json, csv, html, asff or ocsf; as FORMAT=FILE into a file; repeatable
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "table")]
    pub(crate) format: Vec<Output<ScanFormat>>,
    /// Exit with 1 when something is non-compliant, or when something is non-compliant or not
    /// assessed
    #[arg(long, value_enum, value_name = "OUTCOME")]
    pub(crate) fail_on: Option<FailOn>,
    /// Also import the findings into Security Hub
    #[arg(long, value_enum, value_name = "TARGET")]
    pub(crate) publish: Option<PublishTarget>,
}

/// The outcomes with which a scan ends in exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    NonCompliant,
    NotAssessed,
}

/// Where a scan publishes its findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PublishTarget {
    SecurityHub,
}

/// Runs the command. The exit code is 1 where `--fail-on` applies.
pub(crate) fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, CliError> {
    output::check(&arguments.format)?;
    let controls = select(&arguments.selection, arguments.parameters.as_deref())?;
    let (scan, register) = if arguments.sample {
        let snapshot = sample::snapshot()?;
        let register = match &arguments.register {
            Some(location) => inputs::register(Path::new(location))?,
            None => sample::register()?,
        };
        let now = arguments.now;
        (recorded::scan(&arguments.target, &controls, snapshot, &register, now)?, register)
    } else if let Some(file) = &arguments.snapshot {
        let snapshot = inputs::snapshot(file)?;
        let register = arguments
            .register
            .as_deref()
            .map(|location| inputs::register(Path::new(location)))
            .transpose()?
            .unwrap_or_default();
        let now = arguments.now;
        (recorded::scan(&arguments.target, &controls, snapshot, &register, now)?, register)
    } else {
        scan_live(arguments, &controls, quiet)?
    };
    output::write(&arguments.format, |format| render(&scan, format))?;
    inputs::warn_of_sweeping(&register);
    warn_of_unused(&scan, &register);
    if !scan.problems.is_empty() {
        return Err(CliError::incomplete(&scan.problems));
    }
    Ok(ExitCode::from(u8::from(fails(arguments.fail_on, scan.report.summary))))
}

#[cfg(feature = "aws")]
fn scan_live(
    arguments: &Arguments,
    controls: &[ConfiguredControl],
    quiet: bool,
) -> Result<(Scan, Register), CliError> {
    block_on(async {
        let accounts = ScanAccounts::find(&arguments.target).await?;
        let register = match &arguments.register {
            Some(location) => inputs::register_at(&accounts.own, location).await?,
            None => Register::default(),
        };
        let now = arguments.now.unwrap_or_else(Utc::now);
        let publishes = arguments.publish == Some(PublishTarget::SecurityHub);
        let scan = live::scan(&accounts, controls, register.clone(), now, publishes, quiet).await?;
        Ok((scan, register))
    })
}

#[cfg(not(feature = "aws"))]
fn scan_live(
    _: &Arguments,
    _: &[ConfiguredControl],
    _: bool,
) -> Result<(Scan, Register), CliError> {
    Err(crate::error::no_aws())
}

/// Lists on stderr the exceptions that waived nothing.
fn warn_of_unused(scan: &Scan, register: &Register) {
    let runs = scan
        .runs
        .iter()
        .map(|run| (run.control.control().id, &run.context, run.outcome.evaluations.as_slice()));
    for entry in register.unused(runs) {
        print_error(&format!("warning: {entry} of the register waived nothing in this scan"));
    }
}

fn fails(fail_on: Option<FailOn>, counts: Counts) -> bool {
    match fail_on {
        None => false,
        Some(FailOn::NonCompliant) => counts.non_compliant > 0,
        Some(FailOn::NotAssessed) => counts.non_compliant > 0 || counts.not_assessed > 0,
    }
}
