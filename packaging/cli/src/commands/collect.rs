//! `plumbline collect`: records what a scan reads.

use std::path::PathBuf;
#[cfg(feature = "aws")]
use std::sync::Arc;

#[cfg(feature = "aws")]
use chrono::Utc;
use clap::Args;
#[cfg(feature = "aws")]
use plumbline_core::register::Register;
#[cfg(feature = "aws")]
use plumbline_core::snapshot::{RecordedAccount, Snapshot};

#[cfg(feature = "aws")]
use crate::accounts::ScanAccounts;
use crate::arguments::{SelectionArguments, TargetArguments};
#[cfg(feature = "aws")]
use crate::error::CliError;
#[cfg(feature = "aws")]
use crate::evaluate::live;
#[cfg(feature = "aws")]
use crate::inputs;
#[cfg(feature = "aws")]
use crate::output::{NewFile, PRIVATE, print};
#[cfg(feature = "aws")]
use crate::runtime::block_on;
#[cfg(feature = "aws")]
use crate::selection::select;

/// Record what a scan reads, to be evaluated later without AWS
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) target: TargetArguments,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
}

/// Runs the command.
#[cfg(feature = "aws")]
pub(crate) fn run(arguments: &Arguments, quiet: bool) -> Result<(), CliError> {
    let output = NewFile::begin(&arguments.output, PRIVATE)?;
    let controls = select(&arguments.selection, None)?.controls;
    let snapshot = block_on(async {
        let accounts = ScanAccounts::find(&arguments.target).await?;
        let now = Utc::now();
        let read =
            live::read(&accounts, &controls, &Arc::new(Register::default()), now, quiet).await?;
        let recorded = accounts.accounts.iter().zip(&read).map(|(account, read)| RecordedAccount {
            account_id: account.account.clone(),
            partition: accounts.partition,
            home_region: accounts.home_region.clone(),
            regions: account.regions.clone(),
            regions_unread: account.regions_unread.clone(),
            facts: read.reader.facts(),
        });
        Ok(Snapshot {
            recorded_at: now,
            recorded_by: Some(accounts.caller.arn.clone()),
            regions_limited_to: arguments.target.region.clone(),
            accounts: recorded.collect(),
        })
    })?;
    let mut text = Vec::new();
    snapshot.write(&mut text).map_err(|error| inputs::not_a_snapshot(&arguments.output, error))?;
    output.finish(&text)?;
    let facts = || snapshot.accounts.iter().flat_map(|account| account.facts.iter());
    let unread = facts().filter(|(_, answer)| answer.is_err()).count();
    print(&format!(
        "Recorded {} facts of {} accounts in {}; {unread} could not be read.\n",
        facts().count(),
        snapshot.accounts.len(),
        arguments.output.display()
    ))
}
