//! A scan in the AWS Security Finding Format.

use plumbline_core::evaluation::{Compliance, Evaluation};
use plumbline_core::finding::{Finding, finding};

use crate::error::CliError;
use crate::evaluate::{ControlRun, Scan};
use crate::output::json;

/// Renders the findings of a scan.
pub(crate) fn report(scan: &Scan) -> Result<String, CliError> {
    json(&findings(scan).map(|(_, _, finding)| finding).collect::<Vec<_>>())
}

/// The findings of a scan, each with what it is made of, as they are published: one for each
/// resource. A resource that is not applicable has one only when a failure was waived: there is
/// nothing to archive in a file.
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
