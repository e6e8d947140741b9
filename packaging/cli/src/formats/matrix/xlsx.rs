//! The matrix as a workbook: the statuses with their meaning, the controls over all accounts, the
//! accounts with their Regions, and the source of the data.

use plumbline_core::time::seconds;

use super::csv;
use super::data::{Matrix, Status, StatusCounts};
use super::rows::{by_failures, shown};
use crate::error::CliError;
use crate::formats::xlsx::{self, Sheet, SheetCell, texts};

/// Creates the workbook.
pub(crate) fn workbook(matrix: &Matrix) -> Result<Vec<u8>, CliError> {
    let sheets =
        [summary(matrix), controls(matrix), accounts(matrix), regions(matrix), source(matrix)];
    xlsx::workbook(matrix.benchmark, matrix.generated_at, sheets)
}

fn numbers(counts: StatusCounts) -> impl Iterator<Item = SheetCell> {
    Status::ALL.into_iter().map(move |status| SheetCell::Count(counts.get(status)))
}

/// Returns failed reads, and the statuses with their meaning.
fn summary(matrix: &Matrix) -> Sheet<'_> {
    let unread = matrix.unread.iter().map(|what| texts([format!("Incomplete: {what}")]));
    let statuses = shown(matrix).map(|status| {
        let count = SheetCell::Count(matrix.summary.get(status));
        let [name, meaning] =
            [status.label(), status.meaning(matrix.results_of.is_some())].map(str::to_owned);
        vec![name.into(), count, meaning.into()]
    });
    Sheet::new("Summary", &["status", "accounts and controls", "meaning"], unread.chain(statuses))
}

fn controls(matrix: &Matrix) -> Sheet<'_> {
    let lines = matrix.controls.iter().map(|control| {
        let cells = texts([
            format!("CIS {}", control.id),
            control.slug.to_owned(),
            control.severity.as_str().to_owned(),
            format!("level {}", control.level),
        ]);
        let title = SheetCell::from(control.title.to_owned());
        cells.into_iter().chain(numbers(control.accounts)).chain([title]).collect()
    });
    let statuses = Status::ALL.map(Status::label);
    let heading = [&["control", "slug", "severity", "level"][..], &statuses, &["title"]].concat();
    Sheet::new("Controls", &heading, lines)
}

/// Returns the accounts, the worst first.
fn accounts(matrix: &Matrix) -> Sheet<'_> {
    let lines = by_failures(matrix).into_iter().map(|row| {
        let name = row.name.clone().unwrap_or_default();
        let regions = SheetCell::Count(row.regions.len());
        let cells = texts([row.account_id.to_string(), name]);
        cells.into_iter().chain([regions]).chain(numbers(row.counts)).collect()
    });
    let statuses = Status::ALL.map(Status::label);
    let heading = [&["account", "account_name", "Regions"][..], &statuses].concat();
    Sheet::new("Accounts", &heading, lines)
}

/// Returns the lines of the CSV format.
fn regions(matrix: &Matrix) -> Sheet<'_> {
    let lines = matrix.accounts.iter().flat_map(csv::lines).map(texts);
    Sheet { name: "Accounts and controls", heading: csv::heading(matrix), lines: Box::new(lines) }
}

fn source(matrix: &Matrix) -> Sheet<'_> {
    let members = [
        ("benchmark", matrix.benchmark.to_owned()),
        ("tool", matrix.tool.to_owned()),
        ("generated_at", seconds(matrix.generated_at)),
        ("aggregator", matrix.aggregator.name.clone()),
        ("aggregator account", matrix.aggregator.account_id.to_string()),
        ("aggregator Region", matrix.aggregator.region.clone()),
        ("home Region", matrix.home_region.clone()),
        ("not listed", matrix.left_out.join("; ")),
        ("daily account check", matrix.results_of.map(seconds).unwrap_or_default()),
    ];
    let lines = members.map(|(name, value)| texts([name.to_owned(), value]));
    Sheet::new("Source", &["member", "value"], lines)
}
