//! The matrix as Markdown: the controls over all accounts, then the accounts with the worst first.

use plumbline_core::time::seconds;

use super::data::{Matrix, Status, StatusCounts};
use super::rows::{by_failures, left_out, not_current, results_of, shown};
use crate::formats::markdown::{escaped, line};
use crate::formats::words::counted;

/// Formats a matrix.
pub(crate) fn markdown(matrix: &Matrix) -> String {
    let mut text = format!(
        "# {}: aggregator {}\n\n{}, as of {}, created by {}. The rules of global controls are in \
         {}.\n\n",
        matrix.benchmark,
        escaped(&matrix.aggregator.name),
        counted(matrix.accounts.len(), "account", "accounts"),
        seconds(matrix.generated_at),
        matrix.tool,
        matrix.home_region
    );
    if let Some(left_out) = left_out(matrix) {
        text.push_str(&format!("{}\n\n", escaped(&left_out)));
    }
    if let Some(results) = results_of(matrix) {
        text.push_str(&format!("{results}\n\n"));
    }
    for what in &matrix.unread {
        text.push_str(&format!("> **Incomplete: {}**\n\n", escaped(what)));
    }
    for status in shown(matrix) {
        text.push_str(&format!(
            "* {} {}: {}\n",
            matrix.summary.get(status),
            status.label(),
            status.meaning(matrix.results_of.is_some())
        ));
    }
    text.push_str(&format!("\n## Controls\n\n{}", heading("control")));
    for control in &matrix.controls {
        text.push_str(&row(format!("{} {}", control.id, control.slug), control.accounts));
    }
    text.push_str(&format!("\n## Accounts\n\n{}", heading("account")));
    for account in by_failures(matrix) {
        text.push_str(&row(account.label(), account.counts));
    }
    let mut not_current_lines = by_failures(matrix)
        .into_iter()
        .flat_map(|account| not_current(account).map(|text| (account.label(), text)))
        .peekable();
    if not_current_lines.peek().is_some() {
        text.push_str("\n## Not current\n\n");
        for (account, line) in not_current_lines {
            text.push_str(&format!("* {}: {}\n", escaped(&account), escaped(&line)));
        }
    }
    text
}

fn heading(first: &str) -> String {
    let names = Status::ALL.map(|status| status.label().to_owned());
    let columns = std::iter::once(first.to_owned()).chain(names);
    format!("{}|---|{}\n", line(columns), "--:|".repeat(Status::ALL.len()))
}

fn row(name: String, counts: StatusCounts) -> String {
    let numbers = Status::ALL.map(|status| counts.get(status).to_string());
    line(std::iter::once(name).chain(numbers))
}
