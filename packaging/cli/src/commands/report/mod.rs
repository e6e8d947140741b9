//! `plumbline report`: shows compliance per account from an AWS Config aggregator.

#[cfg(feature = "aws")]
mod coverage;
#[cfg(feature = "aws")]
mod matrix;
#[cfg(feature = "aws")]
mod read;
#[cfg(feature = "aws")]
mod results;

#[cfg(feature = "aws")]
use std::collections::BTreeSet;

#[cfg(feature = "aws")]
use chrono::Utc;
use clap::Args;
use plumbline_core::aws::AccountId;

#[cfg(feature = "aws")]
use plumbline_rules::parameter_file::GivenParameters;
#[cfg(feature = "aws")]
use plumbline_rules::registry::CONTROLS;

#[cfg(feature = "aws")]
use self::matrix::{Rules, matrix};
#[cfg(feature = "aws")]
use self::read::{Wanted, read};
use crate::arguments::{CallerArguments, SelectionArguments};
#[cfg(feature = "aws")]
use crate::error::CliError;
use crate::formats::matrix::MatrixFormat;
#[cfg(feature = "aws")]
use crate::formats::matrix::{data::Matrix, render};
#[cfg(feature = "aws")]
use crate::output::Prepared;
use crate::output::{Output, output};
#[cfg(feature = "aws")]
use crate::runtime::block_on;
#[cfg(feature = "aws")]
use crate::selection::{Selection, select};
use crate::suggestions::region_name;

const EXAMPLES: &str = "Examples:
  # Use the aggregator that 'plumbline deploy --organization' creates
  plumbline report --aggregator plumbline
  plumbline report --aggregator plumbline --format table \\
    --format html=report.html --format csv=report.csv
  plumbline report --aggregator plumbline --region us-east-1 --level 1 \\
    --account 111122223333
  plumbline report --aggregator plumbline \\
    --results s3://example-results/results/2026-01-31/

The report shows the results that AWS Config has recorded. To evaluate the accounts themselves, \
    run 'plumbline scan'.";

/// Report compliance per account from an AWS Config aggregator
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Name of the aggregator
    #[arg(long, value_name = "NAME")]
    pub(crate) aggregator: String,
    /// Region of the aggregator [default: the configured Region]
    #[arg(long, value_name = "REGION", value_parser = region_name(), hide_possible_values = true)]
    pub(crate) region: Option<String>,
    #[command(flatten)]
    pub(crate) caller: CallerArguments,
    /// Results of a daily account check: s3://BUCKET/results/DATE/ or a directory
    ///
    /// With these results, passes without new evaluations are stale, and scans replace missing
    /// rules.
    #[arg(long, value_name = "LOCATION")]
    pub(crate) results: Option<String>,
    /// Account ID; repeatable [default: all accounts]
    ///
    /// The default is all accounts of the aggregator, and of the organization if that is its
    /// source.
    #[arg(long, value_name = "ID")]
    pub(crate) account: Vec<AccountId>,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// Output format, or FORMAT=FILE to write a file; repeatable
    ///
    /// The formats are table, json, csv, xlsx, html and markdown. Several values can also be
    /// separated by commas.
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "table", value_delimiter = ',',
        value_parser = output::<MatrixFormat>(), hide_possible_values = true)]
    pub(crate) format: Vec<Output<MatrixFormat>>,
}

/// Runs the command.
#[cfg(feature = "aws")]
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let Arguments { aggregator, region, caller, results, account, selection, format } = arguments;
    let outputs = Prepared::new(format)?;
    let selected = select(selection, &GivenParameters::default())?;
    let left_out = left_out(&selected, account);
    let controls = selected.controls.into_iter();
    let rules = Rules::new(controls.map(|control| control.control()).collect());
    let now = Utc::now();
    let wanted = Wanted { aggregator, account, results: results.as_deref(), now };
    let data = block_on(read(&wanted, region.clone(), caller, &rules))?;
    let matrix = Matrix { left_out, ..matrix(now, &rules, data) };
    outputs.write(|format, _| render(&matrix, format))?;
    if matrix.unread.is_empty() { Ok(()) } else { Err(CliError::incomplete(&matrix.unread)) }
}

/// Describes the controls and accounts that the options leave out.
#[cfg(feature = "aws")]
fn left_out(selection: &Selection, accounts: &[AccountId]) -> Vec<String> {
    let mut texts = Vec::new();
    let by: BTreeSet<&str> = selection.left_out.iter().map(|control| control.by.as_str()).collect();
    if !by.is_empty() {
        let by: Vec<&str> = by.into_iter().collect();
        let count = selection.left_out.len();
        texts.push(format!("{count} of {} controls ({})", CONTROLS.len(), by.join(", ")));
    }
    if !accounts.is_empty() {
        texts.push("accounts that --account does not name".to_owned());
    }
    texts
}
