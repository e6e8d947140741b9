//! A scan in the AWS Security Finding Format (ASFF).

use std::collections::BTreeMap;

use plumbline_core::evaluation::{Compliance, Evaluation};
use plumbline_core::finding::{Finding, finding};
use plumbline_core::text::escaped;

use crate::error::CliError;
use crate::evaluate::{ControlRun, Scan};
use crate::output::{json, json_list};

/// The maximum number of findings in a call of `BatchImportFindings`.
const BATCH: usize = 100;

/// Formats the findings of a scan.
pub(crate) fn report(scan: &Scan) -> Result<String, CliError> {
    json_list(findings(scan).map(|(_, _, finding)| finding))
}

/// Splits the findings of a scan into files that `BatchImportFindings` accepts: at most 100
/// findings of one account and Region.
pub(crate) fn pieces(scan: &Scan) -> Result<Vec<(String, String)>, CliError> {
    let mut by_place: BTreeMap<(&str, &str), Vec<Finding>> = BTreeMap::new();
    for (run, _, finding) in findings(scan) {
        let place = (run.context.account.as_str(), run.context.region.as_str());
        by_place.entry(place).or_default().push(finding);
    }
    let mut pieces = Vec::new();
    for ((account, region), findings) in by_place {
        for (at, piece) in findings.chunks(BATCH).enumerate() {
            let name = format!("{account}-{}-{:04}.json", escaped(region), at + 1);
            pieces.push((name, json(&piece)?));
        }
    }
    Ok(pieces)
}

/// Returns the findings of a scan with their evaluations, one for each resource, as they are
/// published. A resource that is not applicable has a finding only if a failure was waived, because
/// a file has no earlier findings to archive.
pub(super) fn findings(scan: &Scan) -> impl Iterator<Item = (&ControlRun, &Evaluation, Finding)> {
    let evaluations = scan.runs.iter().flat_map(|run| {
        let mut published = run.outcome.by_urgency();
        published.sort_by_key(|(place, _)| *place);
        published.into_iter().map(move |(_, evaluation)| (run, evaluation))
    });
    evaluations
        .filter(|(_, evaluation)| {
            evaluation.compliance != Compliance::NotApplicable || evaluation.waiver.is_some()
        })
        .map(|(run, evaluation)| (run, evaluation, finding(&run.control, &run.context, evaluation)))
}
