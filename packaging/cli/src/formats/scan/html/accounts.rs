//! The accounts of a scan: score and state of each account, and the grid of accounts and controls.

use std::collections::BTreeMap;

use maud::{Markup, html};
use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::{AccountReport, AccountRun, ControlReport, ReadState};
use plumbline_rules::registry::CONTROLS;

use super::outcomes::place;
use super::summary::{score, score_heading};
use super::{ScanPage, anchor};
use crate::formats::pages::{Grid, GridCell, GridColumn, GridRow, foreign};
use crate::formats::scan::states;
use crate::formats::words::counted;

/// The number of accounts on the page, the worst first. The other formats list all accounts.
const ACCOUNTS: usize = 200;

pub(super) fn accounts(shown: &ScanPage<'_>) -> Markup {
    if !shown.has_several_accounts() {
        return html! {};
    }
    let mut accounts = states::accounts(shown.report);
    let more = accounts.len().saturating_sub(ACCOUNTS);
    accounts.truncate(ACCOUNTS);
    html! {
        section #accounts {
            h2 { "Accounts" }
            table.compact {
                thead {
                    tr {
                        th scope="col" { "account" } (score_heading()) th scope="col" { "state" }
                    }
                }
                tbody { @for (account, run) in &accounts { (row(account, run)) } }
            }
            @if more > 0 {
                p {
                    (counted(more, "more account", "more accounts"))
                    ": the formats json and csv contain all accounts."
                }
            }
            h3 { "Accounts and controls" }
            p.meta {
                "✗ fails (number of resources) · ? not assessed · w waived · "
                "✓ passes · – not applicable"
            }
            (grid(&accounts, shown).render())
        }
    }
}

fn row(account: &AccountReport, run: &AccountRun) -> Markup {
    html! {
        tr id={ "a-" (account.account_id) } {
            th scope="row" { (foreign(&account.label())) }
            (score(&account.summary.controls))
            td data-name="state" class=[(run.state != ReadState::Read).then_some("NOT_ASSESSED")] {
                (foreign(&states::account_state(run)))
            }
        }
    }
}

fn grid(accounts: &[(&AccountReport, &AccountRun)], shown: &ScanPage<'_>) -> Grid {
    let ran =
        |id| accounts.iter().any(|(one, _)| one.controls.iter().any(|control| control.id == id));
    let columns: Vec<GridColumn> = CONTROLS
        .iter()
        .filter(|control| ran(control.id))
        .map(|control| GridColumn { id: control.id.as_str(), title: control.title })
        .collect();
    // A cell links to the first finding of the control in the account.
    let mut first: BTreeMap<(&str, &str, usize), String> = BTreeMap::new();
    for found in &shown.found {
        let outcome = place(found.evaluation.compliance);
        let key = (found.account.account_id.as_str(), found.control.id.as_str(), outcome);
        first.entry(key).or_insert_with(|| format!("#{}", anchor(found.evaluation)));
    }
    let rows = accounts.iter().map(|(account, _)| {
        let cell = |column: &GridColumn| {
            let control = account.controls.iter().find(|one| one.id.as_str() == column.id);
            control.map_or_else(
                || GridCell { class: "NOT_APPLICABLE", text: String::new(), href: None },
                |control| {
                    let outcome = place(control.status);
                    let needs_attention = outcome <= place(Compliance::Waived);
                    let key = (account.account_id.as_str(), column.id, outcome);
                    let href = first.get(&key).filter(|_| needs_attention).cloned();
                    GridCell { class: control.status.as_str(), text: text(control), href }
                },
            )
        };
        GridRow {
            account: account.label(),
            href: Some(format!("#a-{}", account.account_id)),
            cells: columns.iter().map(cell).collect(),
        }
    });
    let rows = rows.collect();
    Grid { columns, rows }
}

/// Returns the symbol of a control in an account, with the number of failing resources.
fn text(control: &ControlReport) -> String {
    match control.status {
        Compliance::NonCompliant => format!("✗ {}", control.counts.non_compliant),
        Compliance::NotAssessed => "?".to_owned(),
        Compliance::Waived => "w".to_owned(),
        Compliance::Compliant => "✓".to_owned(),
        Compliance::NotApplicable => "–".to_owned(),
    }
}
