//! A scan as a table for spreadsheets, an evaluation in each line.

use plumbline_core::scan_report::ScanReport;

use crate::error::CliError;
use crate::formats::csv::table;

const HEADING: [&str; 13] = [
    "account_id",
    "partition",
    "region",
    "control",
    "slug",
    "level",
    "severity",
    "title",
    "resource_type",
    "resource_id",
    "arn",
    "compliance",
    "reason",
];

/// The evaluations of a report, one a line.
pub(crate) fn report(report: &ScanReport) -> Result<String, CliError> {
    let mut lines = Vec::new();
    for account in &report.accounts {
        for control in &account.controls {
            for evaluation in &control.evaluations {
                let resource = &evaluation.resource;
                let (level, severity, compliance) = (
                    control.level.to_string(),
                    control.severity.as_str(),
                    evaluation.compliance.to_string(),
                );
                let cells: [&str; HEADING.len()] = [
                    account.account_id.as_str(),
                    account.partition.as_str(),
                    &resource.region,
                    control.id.as_str(),
                    control.slug,
                    &level,
                    severity,
                    control.title,
                    &resource.resource_type,
                    &resource.resource_id,
                    resource.arn.as_deref().unwrap_or_default(),
                    &compliance,
                    &evaluation.reason,
                ];
                lines.push(cells.map(str::to_owned));
            }
        }
    }
    table(&HEADING, lines)
}
