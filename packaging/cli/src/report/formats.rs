//! The matrix in the forms that people and other programs read.

use comfy_table::{Cell as TableCell, Table};
use maud::{Markup, html};
use plumbline_core::time::seconds;

use super::matrix::{Cell, Matrix, Place, RegionCell, Row, Status};
use crate::error::CliError;
use crate::formats::{csv, html as pages};
use crate::table::{self, printable};

/// How many accounts a table names: the worst. All are in the other formats.
const ACCOUNTS_SHOWN: usize = 20;

/// The matrix as tables that fit a terminal: how the controls are in all accounts, then the worst
/// accounts.
pub(crate) fn table(matrix: &Matrix) -> String {
    let mut text = format!(
        "Aggregator {} in {} of account {}: {} accounts, as of {}\nCounts of accounts by the worst \
         of their Regions; global controls in {}\n{}\n\n{}\n",
        matrix.aggregator.name,
        matrix.aggregator.region,
        matrix.aggregator.account_id,
        matrix.accounts.len(),
        seconds(matrix.generated_at),
        matrix.home_region,
        controls(matrix),
        accounts(matrix)
    );
    if matrix.accounts.len() > ACCOUNTS_SHOWN {
        text.push_str(&format!(
            "… and {} accounts more: --format html and csv have all\n",
            matrix.accounts.len() - ACCOUNTS_SHOWN
        ));
    }
    text.push('\n');
    for status in shown(matrix) {
        text.push_str(&format!(
            "{} {}: {}\n",
            matrix.summary.get(status),
            status.label(),
            status.meaning()
        ));
    }
    for what in &matrix.unread {
        text.push_str(&format!("not complete: {}\n", printable(what)));
    }
    text
}

/// Those that occur, and *compliant*: what it does not mean has to be said.
fn shown(matrix: &Matrix) -> impl Iterator<Item = Status> {
    Status::ALL
        .into_iter()
        .filter(|status| *status == Status::Compliant || matrix.summary.get(*status) > 0)
}

fn heading(first: &[&'static str], last: &[&'static str]) -> Table {
    let statuses = Status::ALL.map(Status::label);
    table::new(&[first, &statuses, last].concat())
}

fn controls(matrix: &Matrix) -> Table {
    let mut table = heading(&["control", "slug"], &["worst account"]);
    for (at, control) in matrix.controls.iter().enumerate() {
        let mut row = vec![TableCell::new(control.id), TableCell::new(control.slug)];
        row.extend(Status::ALL.map(|status| TableCell::new(control.accounts.get(status))));
        row.push(TableCell::new(worst(matrix, at)));
        table.add_row(row);
    }
    table
}

/// The account in which most resources fail a control, and how many others fail it.
fn worst(matrix: &Matrix, at: usize) -> String {
    let cells = matrix.accounts.iter().filter_map(|row| Some((row, row.controls.get(at)?)));
    let failed: Vec<(&Row, &Cell)> =
        cells.filter(|(_, cell)| cell.status == Status::NonCompliant).collect();
    let Some((row, cell)) = failed.iter().max_by_key(|(_, cell)| cell.failing()) else {
        return String::new();
    };
    let others = if failed.len() > 1 { format!(" +{}", failed.len() - 1) } else { String::new() };
    format!("{} ({}){others}", row.account_id, number(cell.failing()))
}

/// How many resources fail; a question mark where AWS Config does not count them.
fn number((failing, is_capped): (u32, bool)) -> String {
    match (failing, is_capped) {
        (0, _) => "?".to_owned(),
        (failing, true) => format!("{failing}+"),
        (failing, false) => failing.to_string(),
    }
}

/// The accounts, those with most failures first.
fn by_failures(matrix: &Matrix) -> Vec<&Row> {
    let mut rows: Vec<&Row> = matrix.accounts.iter().collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.counts.non_compliant), row.counts.compliant));
    rows
}

fn accounts(matrix: &Matrix) -> Table {
    let mut table = heading(&["account", "Regions"], &["not current"]);
    for account in by_failures(matrix).into_iter().take(ACCOUNTS_SHOWN) {
        let mut row =
            vec![TableCell::new(&account.account_id), TableCell::new(account.regions.len())];
        row.extend(Status::ALL.map(|status| TableCell::new(account.counts.get(status))));
        row.push(TableCell::new(printable(&not_current(account).collect::<Vec<_>>().join("; "))));
        table.add_row(row);
    }
    table
}

/// The Regions of an account in which the aggregator is not current.
fn not_current(row: &Row) -> impl Iterator<Item = String> {
    row.regions.iter().filter(|place| !place.is_current).map(|place| {
        let error = place.error.as_ref().map(|error| format!(" ({error})")).unwrap_or_default();
        format!("{} {}{error}", place.region, place.source)
    })
}

/// The row of an account over all its Regions.
const ALL_REGIONS: &str = "all";
/// In the column of a global control, for Regions that are not home.
const NOT_EXPECTED: &str = "NOT_EXPECTED";

/// Accounts with their Regions as lines, controls as columns.
pub(crate) fn csv(matrix: &Matrix) -> Result<String, CliError> {
    let heading: Vec<&str> = ["account_id", "region", "source", "updated_at", "error"]
        .into_iter()
        .chain(matrix.controls.iter().map(|control| control.id))
        .collect();
    csv::table(&heading, matrix.accounts.iter().flat_map(lines))
}

fn lines(row: &Row) -> Vec<Vec<String>> {
    let head = |region: &str, place: Option<&Place>| {
        vec![
            row.account_id.to_string(),
            region.to_owned(),
            place.map(|place| place.source.clone()).unwrap_or_default(),
            place.and_then(|place| place.updated_at).map(seconds).unwrap_or_default(),
            place.and_then(|place| place.error.clone()).unwrap_or_default(),
        ]
    };
    let mut all = head(ALL_REGIONS, None);
    all.extend(row.controls.iter().map(|cell| cell.status.as_str().to_owned()));
    let mut lines = vec![all];
    for place in &row.regions {
        let mut line = head(&place.region, Some(place));
        let in_region = |cell: &Cell| {
            cell.regions
                .iter()
                .find(|region| region.region == place.region)
                .map_or(NOT_EXPECTED, |region| region.status.as_str())
        };
        line.extend(row.controls.iter().map(|cell| in_region(cell).to_owned()));
        lines.push(line);
    }
    lines
}

const STYLE: &str = "
.matrix { overflow-x: auto; } .matrix table { width: auto; } .matrix th, .matrix td \
    { padding: .15rem .35rem; white-space: nowrap; }
.matrix thead th { writing-mode: vertical-rl; } .matrix tbody th \
    { position: sticky; left: 0; background: Canvas; }
.STALE, .NO_RESULT, .INSUFFICIENT_DATA { color: var(--open); font-weight: 600; }
";

/// The matrix as a page: all accounts and controls, then the Regions of what does not pass.
pub(crate) fn html(matrix: &Matrix) -> String {
    let title = format!("{}: aggregator {}", matrix.benchmark, matrix.aggregator.name);
    let rows = by_failures(matrix);
    let body = html! {
        p {
            "Aggregator " (matrix.aggregator.name) " in " (matrix.aggregator.region) " of \
                account " (matrix.aggregator.account_id) ", "
            (matrix.accounts.len()) " accounts, as of " (seconds(matrix.generated_at)) ", by " (matrix.tool) ". Global controls have their rules in " (matrix.home_region) "."
        }
        @for what in &matrix.unread { p.NON_COMPLIANT { "Not complete: " (what) } }
        table {
            thead { tr { th { "sign" } th { "status" } th { "cells" } th { "meaning" } } }
            tbody {
                @for status in shown(matrix) {
                    tr { td class=(status.as_str()) { (sign(status)) } td { (status.label()) } td.number { (matrix.summary.get(status)) } td { (status.meaning()) } }
                }
            }
        }
        div.matrix {
            table {
                thead { tr { th { "account" } @for control in &matrix.controls { th title=(control.title) { (control.id) " " (control.slug) } } } }
                tbody {
                    @for row in &rows {
                        tr {
                            th { a href={ "#" (row.account_id) } { (row.account_id) } }
                            @for cell in &row.controls { (self::cell(cell)) }
                        }
                    }
                }
            }
        }
        @for row in &rows { (details(row)) }
    };
    pages::page(&title, STYLE, &body)
}

fn sign(status: Status) -> &'static str {
    match status {
        Status::NonCompliant => "✗",
        Status::Stale => "old",
        Status::NoResult => "none",
        Status::InsufficientData => "?",
        Status::Compliant => "✓",
    }
}

fn cell(cell: &Cell) -> Markup {
    let failing = (cell.status == Status::NonCompliant).then(|| number(cell.failing()));
    html! { td class=(cell.status.as_str()) title={ (cell.id) ": " (cell.status.label()) } { (sign(cell.status)) @if let Some(failing) = failing { " " (failing) } } }
}

/// What does not pass in an account, Region by Region.
fn details(row: &Row) -> Markup {
    let open: Vec<&Cell> =
        row.controls.iter().filter(|cell| cell.status != Status::Compliant).collect();
    html! {
        section id=(row.account_id) {
            details {
                summary { "Account " strong { (row.account_id) } ": " (Status::ALL.map(|status| format!("{} {}", row.counts.get(status), status.label())).join(", ")) }
                p {
                    (row.regions.len()) " Regions: " (row.regions.iter().map(|place| place.region.as_str()).collect::<Vec<_>>().join(", ")) ". "
                    @for line in not_current(row) { span.STALE { (line) } "; " }
                }
                table {
                    thead { tr { th { "control" } th { "status" } th { "Regions" } } }
                    tbody {
                        @for cell in open {
                            tr { td { (cell.id) } td class=(cell.status.as_str()) { (cell.status.label()) } td { (regions(cell)) } }
                        }
                    }
                }
            }
        }
    }
}

/// The Regions in which a control does not pass.
fn regions(cell: &Cell) -> String {
    let text = |region: &RegionCell| match region.status {
        Status::NonCompliant => format!(
            "{} {} ({} resources)",
            region.region,
            region.status.label(),
            number((region.failing.unwrap_or(0), region.is_capped))
        ),
        status => format!("{} {}", region.region, status.label()),
    };
    let texts: Vec<String> =
        cell.regions.iter().filter(|region| region.status != Status::Compliant).map(text).collect();
    if texts.is_empty() {
        "the aggregator names no Region of the account".to_owned()
    } else {
        texts.join(", ")
    }
}
