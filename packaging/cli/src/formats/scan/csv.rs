//! A scan as CSV, one evaluation per line.

use plumbline_core::scan_report::ScanReport;
use plumbline_core::time::seconds;

use super::found::{Found, all};
use super::states::baseline;
use crate::error::CliError;
use crate::formats::csv::table;
use crate::formats::markdown::plain;

pub(super) const HEADING: [&str; 29] = [
    "control",
    "slug",
    "severity",
    "level",
    "compliance",
    "account",
    "account_name",
    "region",
    "resource_name",
    "resource_id",
    "arn",
    "resource_type",
    "reason",
    "detail",
    "code",
    "evidence",
    "waived_by",
    "waived_until",
    "waiver_reason",
    "attested_by",
    "attested_until",
    "remediation",
    "url",
    "parameters",
    "full_benchmark",
    "as_of",
    "finding_id",
    "title",
    "baseline",
];

/// Formats the evaluations of a report. A spreadsheet does not convert any cell to a number or
/// date.
pub(crate) fn report(report: &ScanReport) -> Result<String, CliError> {
    let full = if report.run.full_benchmark { "yes" } else { "no" };
    table(&HEADING, all(report).map(|found| line(&found, full)))
}

/// Returns the columns of an evaluation. `full` states whether the scan was the full benchmark.
pub(super) fn line(found: &Found<'_>, full: &str) -> [String; HEADING.len()] {
    let Found { account, control, evaluation } = found;
    let until = |day: chrono::NaiveDate| format!("until {day}");
    let resource = &evaluation.resource;
    let (waiver, attestation) = (&evaluation.waiver, &evaluation.attestation);
    let parameters: Vec<String> =
        control.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let evidence = &evaluation.evidence;
    [
        format!("CIS {}", control.id),
        control.slug.to_owned(),
        control.severity.as_str().to_owned(),
        format!("level {}", control.level),
        evaluation.compliance.to_string(),
        format!("{}:{}", account.partition.as_str(), account.account_id),
        account.names.shown().unwrap_or_default().to_owned(),
        resource.region.clone(),
        evaluation.display_name(),
        resource.resource_id.clone(),
        resource.arn.clone().unwrap_or_default(),
        resource.resource_type.clone(),
        evaluation.reason.clone(),
        evaluation.detail.clone().unwrap_or_default(),
        evaluation.code.as_deref().unwrap_or_default().to_owned(),
        if evidence.is_empty() { String::new() } else { evidence.to_string() },
        waiver.as_ref().map(|waiver| waiver.approved_by.clone()).unwrap_or_default(),
        waiver.as_ref().map(|waiver| until(waiver.until)).unwrap_or_default(),
        waiver.as_ref().map(|waiver| waiver.reason.clone()).unwrap_or_default(),
        attestation.as_ref().map(|attestation| attestation.by.clone()).unwrap_or_default(),
        attestation.as_ref().map(|attestation| until(attestation.until)).unwrap_or_default(),
        plain(control.remediation.text.split("\n\n").next().unwrap_or_default()),
        control.remediation.url.clone().unwrap_or_default(),
        parameters.join("; "),
        full.to_owned(),
        evaluation.as_of.map(|time| format!("as of {}", seconds(time))).unwrap_or_default(),
        evaluation.id.clone(),
        control.title.to_owned(),
        baseline(evaluation).unwrap_or_default().to_owned(),
    ]
}
