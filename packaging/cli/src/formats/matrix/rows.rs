//! What the table and the page of a matrix have in common.

use std::cmp::Reverse;

use plumbline_core::time::seconds;

use super::data::{Matrix, Row, Status};

/// Those that occur, and *compliant*: what it does not mean has to be said.
pub(super) fn shown(matrix: &Matrix) -> impl Iterator<Item = Status> {
    Status::ALL
        .into_iter()
        .filter(|status| *status == Status::Compliant || matrix.summary.get(*status) > 0)
}

/// How many resources fail; a question mark where AWS Config does not count them.
pub(super) fn number((failing, is_capped): (u32, bool)) -> String {
    match (failing, is_capped) {
        (0, _) => "?".to_owned(),
        (failing, true) => format!("{failing}+"),
        (failing, false) => failing.to_string(),
    }
}

/// The accounts, those with most failures first.
pub(super) fn by_failures(matrix: &Matrix) -> Vec<&Row> {
    let mut rows: Vec<&Row> = matrix.accounts.iter().collect();
    rows.sort_by_key(|row| (Reverse(row.counts.non_compliant), row.counts.compliant));
    rows
}

/// The Regions of an account in which the aggregator is not current, and those whose results nobody
/// renews.
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

/// When the results of looking after the accounts were made, as a sentence.
pub(super) fn results_of(matrix: &Matrix) -> Option<String> {
    let run = matrix.results_of?;
    Some(format!("Includes the results of the daily account check of {}.", seconds(run)))
}
