//! The accounts of a scan, the worst first.

use plumbline_core::benchmark::Severity;
use plumbline_core::scan_report::{AccountReport, AccountRun, GroupName, ReadState, ScanReport};

use crate::formats::layout::{columns, hanging};
use crate::formats::scan::states;
use crate::terminal::{Style, Styled};

/// The number of accounts in the list. The other formats list all accounts.
const SHOWN: usize = 20;

const HEADING: [&str; 9] = [
    "account",
    "controls pass",
    "critical",
    "high",
    "medium",
    "low",
    "not assessed",
    "waived",
    "state",
];

/// Renders the accounts.
pub(super) fn accounts(report: &ScanReport, width: Option<usize>) -> Styled {
    let accounts = states::accounts(report);
    let rows: Vec<[String; HEADING.len()]> =
        accounts.iter().take(SHOWN).map(|(account, run)| row(account, run)).collect();
    let widths: Vec<usize> = HEADING
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| columns(cell));
            cells.chain([name.len()]).max().unwrap_or_default()
        })
        .collect();
    let whole: usize = widths.iter().map(|width| width + 2).sum();
    let mut styled = Styled::default();
    if width.is_none_or(|width| whole <= width) {
        let line = |cells: &[String]| {
            let mut line = String::new();
            for (at, (cell, width)) in cells.iter().zip(&widths).enumerate() {
                let pad = width.saturating_sub(columns(cell));
                // Names and states are left-aligned, numbers right-aligned.
                if at == 0 || at == HEADING.len() - 1 {
                    line.push_str(&format!("  {cell}{:pad$}", ""));
                } else {
                    line.push_str(&format!("  {:pad$}{cell}", ""));
                }
            }
            line.trim_end().to_owned()
        };
        styled.line(Style::Strong, line(&HEADING.map(str::to_owned)));
        for row in &rows {
            styled.line(Style::Plain, line(row));
        }
    } else {
        for [account, pass, critical, high, medium, low, not_assessed, waived, state] in &rows {
            let text = format!(
                "  {account}: {pass} · {critical} critical, {high} high, {medium} medium, \
                 {low} low · {not_assessed} not assessed, {waived} waived · {state}"
            );
            styled.append(hanging(Style::Plain, &text, 4, width));
        }
    }
    if accounts.len() > SHOWN {
        let more = accounts.len() - SHOWN;
        let text = format!("… and {more} more; --format html, csv and json list all");
        styled.append(hanging(Style::Plain, &format!("  {text}"), 4, width));
    }
    styled
}

fn row(account: &AccountReport, run: &AccountRun) -> [String; HEADING.len()] {
    let summary = &account.summary;
    if run.state == ReadState::Unread {
        let none = || "–".to_owned();
        return [
            account.label(),
            none(),
            none(),
            none(),
            none(),
            none(),
            none(),
            none(),
            states::account_state(run),
        ];
    }
    let controls = &summary.controls;
    let score = controls.score_percent.map(|percent| format!(" {percent} %")).unwrap_or_default();
    let failing = |severity: Severity| {
        let name = GroupName::Severity { severity };
        let group = summary.by_severity.iter().find(|group| group.name == name);
        group.map_or(0, |group| group.resources.non_compliant).to_string()
    };
    [
        account.label(),
        format!("{}/{}{score}", controls.compliant, controls.applicable()),
        failing(Severity::Critical),
        failing(Severity::High),
        failing(Severity::Medium),
        failing(Severity::Low),
        summary.resources.not_assessed.to_string(),
        summary.resources.waived.to_string(),
        states::account_state(run),
    ]
}
