//! The matrix as an HTML page.

use maud::{Markup, html};
use plumbline_core::time::seconds;

use super::data::{Cell, Matrix, RegionCell, Row, Status};
use super::rows::{by_failures, left_out, not_current, number, results_of, shown};
use crate::formats::pages::{Filter, Grid, GridCell, GridColumn, GridRow, foreign, page};
use crate::formats::words::counted;

/// Formats the page: all accounts and controls, then the Regions of results that do not pass.
pub(crate) fn html(matrix: &Matrix) -> String {
    let title = format!("{}: aggregator {}", matrix.benchmark, matrix.aggregator.name);
    let rows = by_failures(matrix);
    let body = html! {
        header {
            h1 { (matrix.benchmark) ": aggregator " (foreign(&matrix.aggregator.name)) }
            p {
                "Aggregator " (foreign(&matrix.aggregator.name)) " in " (matrix.aggregator.region)
                " of account " (matrix.aggregator.account_id) ", "
                (counted(matrix.accounts.len(), "account", "accounts"))
                ", as of " (seconds(matrix.generated_at))
                ", created by " (matrix.tool)
                ". The rules of global controls are in " (matrix.home_region) "."
            }
            @if let Some(left_out) = left_out(matrix) { p { (foreign(&left_out)) } }
            @if let Some(results) = results_of(matrix) { p { (results) } }
            @for what in &matrix.unread { p.banner { "Incomplete: " (foreign(what)) } }
        }
        nav aria-label="Sections" {
            ul {
                li { a href="#summary" { "Summary" } }
                li { a href="#accounts" { "Accounts and controls" } }
                li { a href="#failures" { "Results that do not pass" } }
            }
        }
        main {
            section #summary {
                h2 { "Summary" }
                (summary(matrix))
            }
            section #accounts {
                h2 { "Accounts and controls" }
                (grid(matrix, &rows).render())
            }
            (filter(matrix).bar())
            section #failures {
                h2 { "Results that do not pass, by account" }
                div { @for row in &rows { (account(row)) } }
            }
        }
    };
    page(&title, &body)
}

fn summary(matrix: &Matrix) -> Markup {
    html! {
        table {
            thead {
                tr {
                    th scope="col" { "symbol" } th scope="col" { "status" }
                    th.number scope="col" { "results" } th scope="col" { "meaning" }
                }
            }
            tbody {
                @for status in shown(matrix) {
                    tr {
                        td data-name="symbol" class=(status.as_str()) { (sign(status)) }
                        td data-name="status" { (status.label()) }
                        td.number data-name="results" { (matrix.summary.get(status)) }
                        td data-name="meaning" { (status.meaning(matrix.results_of.is_some())) }
                    }
                }
            }
        }
    }
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

fn grid(matrix: &Matrix, rows: &[&Row]) -> Grid {
    let cell = |cell: &Cell| {
        let failing = (cell.status == Status::NonCompliant).then(|| number(cell.failing()));
        let failing = failing.map(|number| format!(" {number}")).unwrap_or_default();
        GridCell {
            class: cell.status.as_str(),
            text: format!("{}{failing}", sign(cell.status)),
            href: None,
        }
    };
    let row = |row: &&Row| GridRow {
        account: row.label(),
        href: Some(format!("#{}", row.account_id)),
        cells: row.controls.iter().map(cell).collect(),
    };
    let column =
        |control: &super::data::Column| GridColumn { id: control.id, title: control.title };
    Grid {
        columns: matrix.controls.iter().map(column).collect(),
        rows: rows.iter().map(row).collect(),
    }
}

fn filter(matrix: &Matrix) -> Filter {
    let statuses = shown(matrix).filter(|status| *status != Status::Compliant);
    let controls = matrix.controls.iter();
    Filter {
        statuses: statuses
            .map(|status| (status.as_str().to_owned(), status.label().to_owned()))
            .collect(),
        controls: controls
            .map(|one| (one.id.to_owned(), format!("{} {}", one.id, one.slug)))
            .collect(),
        accounts: matrix
            .accounts
            .iter()
            .map(|row| (row.account_id.to_string(), row.label()))
            .collect(),
        orders: [("account", "account"), ("findings", "number of controls")]
            .map(|(value, word)| (value.to_owned(), word.to_owned()))
            .to_vec(),
        ..Filter::default()
    }
}

/// Lists the results of an account that do not pass, with their Regions.
fn account(row: &Row) -> Markup {
    let open = row.controls.iter().filter(|cell| cell.status != Status::Compliant);
    let counts = Status::ALL.map(|status| format!("{} {}", row.counts.get(status), status.label()));
    let names: Vec<&str> = row.regions.iter().map(|region| region.region.as_str()).collect();
    html! {
        details.group id=(row.account_id) data-account=(row.account_id) {
            summary { h3 { (foreign(&row.label())) } " " (counts.join(", ")) }
            p {
                (counted(names.len(), "Region", "Regions")) ": " (names.join(", ")) ". "
                @for line in not_current(row) { span.STALE { (foreign(&line)) } "; " }
            }
            table {
                thead {
                    tr {
                        th scope="col" { "control" } th scope="col" { "status" }
                        th scope="col" { "Regions" }
                    }
                }
                tbody {
                    @for cell in open {
                        tr.finding data-control=(cell.id) data-status=(cell.status.as_str()) {
                            td data-name="control" { (cell.id) }
                            td data-name="status" class=(cell.status.as_str()) {
                                (cell.status.label())
                            }
                            td data-name="Regions" { (regions(cell)) }
                        }
                    }
                }
            }
        }
    }
}

/// Lists the Regions in which a control does not pass.
fn regions(cell: &Cell) -> String {
    let text = |region: &RegionCell| match (region.status, region.evaluated_at) {
        (Status::Stale, Some(at)) => {
            format!("{} {} since {}", region.region, region.status.label(), seconds(at))
        }
        (Status::NonCompliant, _) => {
            let failing = number((region.failing.unwrap_or(0), region.is_capped));
            let resources = if failing == "1" { "resource" } else { "resources" };
            format!("{} {} ({failing} {resources})", region.region, region.status.label())
        }
        (status, _) => format!("{} {}", region.region, status.label()),
    };
    let texts: Vec<String> =
        cell.regions.iter().filter(|region| region.status != Status::Compliant).map(text).collect();
    if texts.is_empty() {
        "the aggregator lists no Region for the account".to_owned()
    } else {
        texts.join(", ")
    }
}
