//! Common parts of the table and the page of a matrix.

use std::cmp::Reverse;

use plumbline_core::time::seconds;

use super::data::{Matrix, Row, Status};

/// Returns the statuses that occur, and always *compliant*, because its limits must be stated.
pub(super) fn shown(matrix: &Matrix) -> impl Iterator<Item = Status> {
    Status::ALL
        .into_iter()
        .filter(|status| *status == Status::Compliant || matrix.summary.get(*status) > 0)
}

/// Formats the number of failing resources. A question mark means that AWS Config does not count
/// them.
pub(super) fn number((failing, is_capped): (u32, bool)) -> String {
    match (failing, is_capped) {
        (0, _) => "?".to_owned(),
        (failing, true) => format!("{failing}+"),
        (failing, false) => failing.to_string(),
    }
}

/// Returns the accounts, those with most failures first.
pub(super) fn by_failures(matrix: &Matrix) -> Vec<&Row> {
    let mut rows: Vec<&Row> = matrix.accounts.iter().collect();
    rows.sort_by_key(|row| (Reverse(row.counts.non_compliant), row.counts.compliant));
    rows
}

/// Describes the Regions of an account whose source in the aggregator or whose results are not
/// current.
pub(super) fn not_current(row: &Row) -> impl Iterator<Item = String> {
    let sources = row.regions.iter().filter(|region| !region.is_current).map(|region| {
        let error = region.error.as_ref().map(|error| format!(" ({error})")).unwrap_or_default();
        format!("{} {}{error}", region.region, region.source)
    });
    let coverage = row.regions.iter().filter_map(|region| {
        let note = region.coverage.as_ref()?;
        (!note.is_renewed).then(|| format!("{} {}", region.region, note.text()))
    });
    sources.chain(coverage)
}

/// States the daily account check whose results are included.
pub(super) fn results_of(matrix: &Matrix) -> Option<String> {
    let run = matrix.results_of?;
    Some(format!("Includes the results of the daily account check of {}.", seconds(run)))
}

/// States the controls and accounts that the options leave out.
pub(super) fn left_out(matrix: &Matrix) -> Option<String> {
    let left_out = &matrix.left_out;
    (!left_out.is_empty()).then(|| format!("Not listed: {}.", left_out.join("; ")))
}
