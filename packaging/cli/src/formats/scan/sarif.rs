//! A scan in the Static Analysis Results Interchange Format 2.1.0, for code scanning.

use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::{ControlReport, ScanReport};
use plumbline_core::text::hex;
use plumbline_core::time::seconds;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::found::{Found, all};
use super::members::without_null;
use crate::error::CliError;
use crate::formats::sarif::{driver, level, log, rule_id};
use crate::formats::words::{counted, ended};

/// The maximum number of results in a file, the worst first. GitHub shows no more per run.
const RESULTS: usize = 5_000;

/// Formats a report. GitHub rejects a file if a result has no location in a repository, so every
/// result points to the artifact.
pub(crate) fn report(report: &ScanReport, artifact: &str) -> Result<String, CliError> {
    let mut found: Vec<Found<'_>> = all(report)
        .filter(|one| {
            use Compliance::{NonCompliant, NotAssessed, Waived};
            matches!(one.evaluation.compliance, NonCompliant | NotAssessed | Waived)
        })
        .collect();
    found.sort_by_key(|one| {
        let compliance = one.evaluation.compliance;
        let place = Compliance::WORST_FIRST.iter().position(|known| *known == compliance);
        (place, std::cmp::Reverse(one.control.severity))
    });
    let left_out = found.len().saturating_sub(RESULTS);
    found.truncate(RESULTS);
    let mut controls: Vec<&ControlReport> = Vec::new();
    for control in report.accounts.iter().flat_map(|account| &account.controls) {
        if !controls.iter().any(|known| known.id == control.id) {
            controls.push(control);
        }
    }
    let mut notes = report.run.banners();
    if left_out > 0 {
        notes.push(format!(
            "This file leaves out {}, none of them more urgent. The format json contains all.",
            counted(left_out, "result", "results")
        ));
    }
    let notes: Vec<Value> = notes
        .iter()
        .map(|note| json!({ "level": "warning", "message": { "text": note } }))
        .collect();
    let invocation = without_null(json!({
        "executionSuccessful": report.run.complete,
        "startTimeUtc": report.run.started_at.map(seconds),
        "endTimeUtc": report.run.finished_at.map(seconds),
        "toolExecutionNotifications": notes,
    }));
    let run = &report.run;
    log(&json!({
        "tool": driver(&controls),
        "invocations": [invocation],
        "results": found.iter().map(|one| result(one, artifact, &controls)).collect::<Vec<_>>(),
        "properties": without_null(json!({
            "benchmark": report.benchmark,
            "generated_at": seconds(report.generated_at),
            "full_benchmark": run.full_benchmark,
            "complete": run.complete,
            "rules_digest": run.rules_digest,
            "config": run.config.as_ref().map(|file| &file.path),
            "baseline": run.baseline.as_ref().map(|used| &used.file.path),
            "summary": report.summary.controls,
        })),
    }))
}

fn result(found: &Found<'_>, artifact: &str, controls: &[&ControlReport]) -> Value {
    let Found { account, control, evaluation } = found;
    let resource = &evaluation.resource;
    let name = evaluation.display_name();
    // A result that is not a failure has no level.
    let (kind, level) = match evaluation.compliance {
        Compliance::NotAssessed => ("open", "none"),
        _ => ("fail", level(control.severity)),
    };
    let suppressions = evaluation.waiver.as_ref().map(|waiver| {
        let justification = format!(
            "{} Approved by {} until {}.",
            ended(&waiver.reason),
            waiver.approved_by,
            waiver.until
        );
        json!([{ "kind": "external", "status": "accepted", "justification": justification }])
    });
    without_null(json!({
        "ruleId": rule_id(control),
        "ruleIndex": controls.iter().position(|known| known.id == control.id),
        "kind": kind,
        "level": level,
        "message": {
            "text": format!("{name} ({}): {}", resource.region, evaluation.reason)
        },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": artifact },
                "region": { "startLine": 1 },
            },
            "logicalLocations": [{
                "name": name,
                "fullyQualifiedName":
                    resource.arn.as_deref().unwrap_or(resource.resource_id.as_str()),
                "kind": "resource",
            }],
        }],
        "partialFingerprints": {
            "findingId/v1": hex(&Sha256::digest(evaluation.id.as_bytes())),
        },
        "properties": without_null(json!({
            "account": account.account_id,
            "account_name": account.names.shown(),
            "region": resource.region,
            "resource_type": resource.resource_type,
            "compliance": evaluation.compliance,
            "finding_id": evaluation.id,
            "baseline": evaluation.baseline,
        })),
        "suppressions": suppressions,
    }))
}
