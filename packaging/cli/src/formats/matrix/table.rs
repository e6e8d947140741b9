//! The matrix as tables that fit a terminal.

use comfy_table::{Cell as TableCell, Table};
use plumbline_core::time::seconds;

use super::data::{Cell, Matrix, Row, Status};
use super::rows::{by_failures, left_out, not_current, number, results_of, shown};
use crate::formats::table::{self, printable};
use crate::formats::words::counted;

/// The number of accounts in the table, the worst first. The other formats list all accounts.
const ACCOUNTS_SHOWN: usize = 20;

/// Formats the tables: the controls over all accounts, then the worst accounts.
pub(crate) fn table(matrix: &Matrix) -> String {
    let mut text = format!(
        "Aggregator {} in {} of account {}: {}, as of {}\nEach account counts with the worst \
         result of its Regions. The rules of global controls are in {}.\n{}\n\n{}\n",
        matrix.aggregator.name,
        matrix.aggregator.region,
        matrix.aggregator.account_id,
        counted(matrix.accounts.len(), "account", "accounts"),
        seconds(matrix.generated_at),
        matrix.home_region,
        controls(matrix),
        accounts(matrix)
    );
    if matrix.accounts.len() > ACCOUNTS_SHOWN {
        text.push_str(&format!(
            "… and {}; --format html and csv list all\n",
            counted(matrix.accounts.len() - ACCOUNTS_SHOWN, "more account", "more accounts")
        ));
    }
    text.push('\n');
    if let Some(left_out) = left_out(matrix) {
        text.push_str(&format!("{}\n", printable(&left_out)));
    }
    if let Some(results) = results_of(matrix) {
        text.push_str(&format!("{results}\n"));
    }
    for status in shown(matrix) {
        text.push_str(&format!(
            "{} {}: {}\n",
            matrix.summary.get(status),
            status.label(),
            status.meaning(matrix.results_of.is_some())
        ));
    }
    for what in &matrix.unread {
        text.push_str(&format!("incomplete: {}\n", printable(what)));
    }
    text
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

/// Returns the account with most failing resources of a control, and the number of other failing
/// accounts.
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

fn accounts(matrix: &Matrix) -> Table {
    let mut table = heading(&["account", "Regions"], &["not current"]);
    for account in by_failures(matrix).into_iter().take(ACCOUNTS_SHOWN) {
        let mut row = vec![
            TableCell::new(printable(&account.label())),
            TableCell::new(account.regions.len()),
        ];
        row.extend(Status::ALL.map(|status| TableCell::new(account.counts.get(status))));
        row.push(TableCell::new(printable(&not_current(account).collect::<Vec<_>>().join("; "))));
        table.add_row(row);
    }
    table
}
