//! A scan as tables: the controls of each account, then what needs attention.

use comfy_table::{Cell, Table};
use plumbline_core::evaluation::{Compliance, Evaluation};
use plumbline_core::scan_report::{AccountReport, ScanReport};

use crate::formats::table::{self, printable};

fn outcome(compliance: Compliance) -> Cell {
    Cell::new(match compliance {
        Compliance::Compliant => "compliant",
        Compliance::NonCompliant => "NON-COMPLIANT",
        Compliance::NotApplicable => "not applicable",
        Compliance::NotAssessed => "NOT ASSESSED",
    })
}

/// The report as tables: the controls of each account, then what needs attention.
pub(crate) fn report(report: &ScanReport) -> String {
    let mut text = String::new();
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
    let counts = report.summary;
    text.push_str(&format!(
        "{} compliant, {} non-compliant, {} not applicable, {} not assessed ({})\n",
        counts.compliant,
        counts.non_compliant,
        counts.not_applicable,
        counts.not_assessed,
        report.benchmark
    ));
    text
}

fn controls(account: &AccountReport) -> Table {
    let mut table = table::new(&[
        "control", "title", "level", "severity", "status", "pass", "fail", "n/a", "open",
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
            [counts.compliant, counts.non_compliant, counts.not_applicable, counts.not_assessed]
                .map(Cell::new),
        );
        table.add_row(row);
    }
    table
}

/// Everything that is not compliant, with its reason.
fn attention(account: &AccountReport) -> Table {
    let mut table = table::new(&["control", "resource", "region", "status", "reason"]);
    for compliance in [Compliance::NonCompliant, Compliance::NotAssessed, Compliance::NotApplicable]
    {
        for control in &account.controls {
            for evaluation in
                control.evaluations.iter().filter(|evaluation| evaluation.compliance == compliance)
            {
                let Evaluation { resource, reason, .. } = evaluation;
                table.add_row([
                    Cell::new(control.id),
                    Cell::new(printable(&name(evaluation))),
                    Cell::new(&resource.region),
                    outcome(compliance),
                    Cell::new(printable(reason)),
                ]);
            }
        }
    }
    table
}

/// The resource for people: the end of its ARN where its id says little.
fn name(evaluation: &Evaluation) -> String {
    let resource = &evaluation.resource;
    match resource.arn.as_deref().and_then(|arn| arn.rsplit(':').next()) {
        Some(end) if resource.resource_type == "AWS::IAM::User" => end.to_owned(),
        _ => resource.resource_id.clone(),
    }
}
