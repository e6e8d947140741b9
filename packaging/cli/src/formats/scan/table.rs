//! A scan as tables: the controls of each account, then what needs attention.

use comfy_table::{Cell, Table};
use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::{AccountReport, ScanReport};

use crate::formats::table::{self, printable};

fn outcome(compliance: Compliance) -> Cell {
    Cell::new(match compliance {
        Compliance::Compliant => "compliant",
        Compliance::NonCompliant => "NON-COMPLIANT",
        Compliance::Waived => "waived",
        Compliance::NotApplicable => "not applicable",
        Compliance::NotAssessed => "NOT ASSESSED",
    })
}

/// The report as tables: the controls of each account, then what needs attention.
pub(crate) fn report(report: &ScanReport) -> String {
    let mut text: String =
        report.run.banners().iter().map(|banner| format!("{banner}\n")).collect();
    for account in &report.accounts {
        let regions = account.regions.join(", ");
        text.push_str(&format!(
            "Account {} ({}), Regions {regions}, as of {}\n",
            account.account_id,
            account.partition,
            plumbline_core::time::seconds(report.generated_at)
        ));
        text.push_str(&format!("{}\n", controls(account)));
        let attention = attention(account);
        if !attention.is_empty() {
            text.push_str(&format!("\n{attention}\n"));
        }
        text.push('\n');
    }
    let counts = report.summary.resources;
    text.push_str(&format!(
        "{} compliant, {} non-compliant, {} not assessed, {} waived, {} not applicable ({})\n",
        counts.compliant,
        counts.non_compliant,
        counts.not_assessed,
        counts.waived,
        counts.not_applicable,
        report.benchmark
    ));
    text
}

fn controls(account: &AccountReport) -> Table {
    let mut table = table::new(&[
        "control",
        "title",
        "level",
        "severity",
        "status",
        "pass",
        "fail",
        "not assessed",
        "waived",
        "n/a",
    ]);
    for control in &account.controls {
        let mut row = vec![
            Cell::new(control.id),
            Cell::new(control.title),
            Cell::new(control.level),
            Cell::new(control.severity.as_str()),
            outcome(control.status),
        ];
        let counts = control.counts;
        row.extend(
            [
                counts.compliant,
                counts.non_compliant,
                counts.not_assessed,
                counts.waived,
                counts.not_applicable,
            ]
            .map(Cell::new),
        );
        table.add_row(row);
    }
    table
}

/// Everything that is not compliant, with its reason.
fn attention(account: &AccountReport) -> Table {
    let mut table = table::new(&["control", "resource", "region", "status", "reason"]);
    for compliance in [
        Compliance::NonCompliant,
        Compliance::NotAssessed,
        Compliance::Waived,
        Compliance::NotApplicable,
    ] {
        for control in &account.controls {
            for evaluation in
                control.evaluations.iter().filter(|evaluation| evaluation.compliance == compliance)
            {
                table.add_row([
                    Cell::new(control.id),
                    Cell::new(printable(&evaluation.display_name())),
                    Cell::new(&evaluation.resource.region),
                    outcome(compliance),
                    Cell::new(printable(&evaluation.reason)),
                ]);
            }
        }
    }
    table
}
