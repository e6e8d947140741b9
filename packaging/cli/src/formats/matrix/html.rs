//! A matrix as a page.

use maud::{Markup, html};
use plumbline_core::time::seconds;

use super::data::{Cell, Matrix, RegionCell, Row, Status};
use super::rows::{by_failures, not_current, number, shown};
use crate::formats::html::{foreign, page};

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
            "Aggregator " (foreign(&matrix.aggregator.name)) " in " (matrix.aggregator.region)
            " of account " (matrix.aggregator.account_id) ", "
            (matrix.accounts.len()) " accounts, as of " (seconds(matrix.generated_at))
            ", by " (matrix.tool)
            ". Global controls have their rules in " (matrix.home_region) "."
        }
        @for what in &matrix.unread { p.NON_COMPLIANT { "Not complete: " (foreign(what)) } }
        table {
            thead { tr { th { "sign" } th { "status" } th { "cells" } th { "meaning" } } }
            tbody {
                @for status in shown(matrix) {
                    tr {
                        td class=(status.as_str()) { (sign(status)) }
                        td { (status.label()) }
                        td.number { (matrix.summary.get(status)) }
                        td { (status.meaning()) }
                    }
                }
            }
        }
        div.matrix {
            table {
                thead {
                    tr {
                        th { "account" }
                        @for control in &matrix.controls {
                            th title=(control.title) { (control.id) " " (control.slug) }
                        }
                    }
                }
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
    page(&title, STYLE, &body)
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
    html! {
        td class=(cell.status.as_str()) title={ (cell.id) ": " (cell.status.label()) } {
            (sign(cell.status))
            @if let Some(failing) = failing { " " (failing) }
        }
    }
}

/// What does not pass in an account, Region by Region.
fn details(row: &Row) -> Markup {
    let open: Vec<&Cell> =
        row.controls.iter().filter(|cell| cell.status != Status::Compliant).collect();
    let counts = Status::ALL.map(|status| format!("{} {}", row.counts.get(status), status.label()));
    let names: Vec<&str> = row.regions.iter().map(|region| region.region.as_str()).collect();
    html! {
        section id=(row.account_id) {
            details {
                summary { "Account " strong { (row.account_id) } ": " (counts.join(", ")) }
                p {
                    (names.len()) " Regions: " (names.join(", ")) ". "
                    @for line in not_current(row) { span.STALE { (foreign(&line)) } "; " }
                }
                table {
                    thead { tr { th { "control" } th { "status" } th { "Regions" } } }
                    tbody {
                        @for cell in open {
                            tr {
                                td { (cell.id) }
                                td class=(cell.status.as_str()) { (cell.status.label()) }
                                td { (regions(cell)) }
                            }
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
