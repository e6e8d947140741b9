//! `plumbline collect`: records what a scan reads.

#[cfg(feature = "aws")]
use std::path::Path;
use std::path::PathBuf;

#[cfg(feature = "aws")]
use chrono::Utc;
use clap::Args;
#[cfg(feature = "aws")]
use plumbline_aws::stop::{Stop, StopCause};
#[cfg(feature = "aws")]
use plumbline_core::register::Register;
#[cfg(feature = "aws")]
use plumbline_core::snapshot::Snapshot;
#[cfg(feature = "aws")]
use plumbline_rules::parameter_file::GivenParameters;

#[cfg(feature = "aws")]
use crate::accounts::ScanAccounts;
#[cfg(feature = "aws")]
use crate::arguments::Verbosity;
use crate::arguments::{SelectionArguments, TargetArguments};
#[cfg(feature = "aws")]
use crate::error::{CliError, INCOMPLETE};
#[cfg(feature = "aws")]
use crate::evaluate::{
    live::{LiveScan, Publishing},
    progress::ScanProgress,
};
#[cfg(feature = "aws")]
use crate::formats::words::counted;
#[cfg(feature = "aws")]
use crate::inputs;
#[cfg(feature = "aws")]
use crate::output::{NewFile, PRIVATE, print};
#[cfg(feature = "aws")]
use crate::runtime::block_on;
#[cfg(feature = "aws")]
use crate::selection::select;

/// Record what a scan reads, for a later evaluation without AWS
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// File to write; - for standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) target: TargetArguments,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
}

/// The number of accounts to read in parallel.
#[cfg(feature = "aws")]
const ACCOUNTS_AT_ONCE: usize = 8;

/// Runs the command.
#[cfg(feature = "aws")]
pub(crate) fn run(arguments: &Arguments, verbosity: Verbosity) -> Result<(), CliError> {
    let is_printed = arguments.output == Path::new("-");
    let output = (!is_printed).then(|| NewFile::begin(&arguments.output, PRIVATE)).transpose()?;
    let controls = select(&arguments.selection, &GivenParameters::default())?.controls;
    let snapshot = block_on(async {
        let accounts = ScanAccounts::find(&arguments.target).await?;
        let (now, caller) = (Utc::now(), accounts.caller.arn.clone());
        let stop = Stop::default();
        let recording = LiveScan {
            accounts,
            controls,
            register: Register::default(),
            now,
            at_once: ACCOUNTS_AT_ONCE,
            keeps_runs: false,
            publishes: Publishing::Nowhere,
            stop: stop.clone(),
            progress: ScanProgress::new(verbosity),
        };
        let recorded = recording.record().await?;
        if stop.cause() == Some(StopCause::Expired) {
            return Err(CliError {
                message: "the credentials expired before all facts were read".to_owned(),
                advice: "Renew the credentials, then run the command again. No file was written."
                    .to_owned(),
                code: INCOMPLETE,
            });
        }
        Ok(Snapshot {
            recorded_at: now,
            recorded_by: Some(caller),
            regions_limited_to: arguments.target.region.clone(),
            accounts: recorded,
        })
    })?;
    let mut text = Vec::new();
    snapshot.write(&mut text).map_err(|error| inputs::not_a_snapshot(&arguments.output, error))?;
    match output {
        Some(output) => output.finish(&text)?,
        None => return print(&String::from_utf8_lossy(&text)),
    }
    let facts = || snapshot.accounts.iter().flat_map(|account| account.facts.iter());
    let unread = facts().filter(|(_, answer)| answer.is_err()).count();
    if verbosity.is_quiet {
        return Ok(());
    }
    print(&format!(
        "Recorded {} from {} in '{}'; {unread} could not be read.\n",
        counted(facts().count(), "fact", "facts"),
        counted(snapshot.accounts.len(), "account", "accounts"),
        arguments.output.display()
    ))
}
