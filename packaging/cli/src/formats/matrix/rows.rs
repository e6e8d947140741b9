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

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use plumbline_core::aws::AccountId;
    use plumbline_core::benchmark::{BENCHMARK, TOOL};

    use super::super::data::{AggregatorName, SCHEMA, StatusCounts};
    use super::super::{html, markdown, table};
    use super::*;

    fn matrix(left_out: &[&str]) -> Matrix {
        Matrix {
            schema: SCHEMA,
            generated_at: DateTime::UNIX_EPOCH,
            tool: TOOL,
            benchmark: BENCHMARK,
            aggregator: AggregatorName {
                name: "all".to_owned(),
                account_id: AccountId::new("111122223333").expect("an id"),
                region: "us-east-1".to_owned(),
            },
            home_region: "us-east-1".to_owned(),
            controls: Vec::new(),
            accounts: Vec::new(),
            results_of: None,
            unread: Vec::new(),
            left_out: left_out.iter().map(|text| (*text).to_owned()).collect(),
            summary: StatusCounts::default(),
        }
    }

    #[test]
    fn each_format_for_people_states_what_is_left_out() {
        let pages = |matrix: &Matrix| {
            [table::table(matrix), markdown::markdown(matrix), html::html(matrix)]
        };
        let some = matrix(&["21 of 63 controls (level 1)", "accounts"]);
        for page in pages(&some) {
            assert!(page.contains("Not listed: 21 of 63 controls (level 1); accounts."), "{page}");
        }
        assert!(pages(&matrix(&[])).iter().all(|page| !page.contains("Not listed")));
        let document = serde_json::to_value(&some).expect("JSON");
        assert_eq!(document.get("left_out"), None, "the schema has no such member");
    }
}
