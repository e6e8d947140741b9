//! The matrix as CSV.

use plumbline_core::time::seconds;

use super::data::{Cell, Matrix, RegionStatus, Row};
use crate::error::CliError;
use crate::formats::csv::table;

/// The row of an account for all Regions.
const ALL_REGIONS: &str = "all";
/// The value of a global control outside of the home Region.
const NOT_EXPECTED: &str = "NOT_EXPECTED";

/// Formats accounts and Regions as lines, and controls as columns.
pub(crate) fn csv(matrix: &Matrix) -> Result<String, CliError> {
    let heading = heading(matrix);
    let heading: Vec<&str> = heading.iter().map(String::as_str).collect();
    table(&heading, matrix.accounts.iter().flat_map(lines))
}

/// Returns the columns. The prefixes keep a spreadsheet from reading 1.10 or an account ID as a
/// number.
pub(super) fn heading(matrix: &Matrix) -> Vec<String> {
    ["account", "account_name", "region", "source", "updated_at", "error", "coverage"]
        .into_iter()
        .map(str::to_owned)
        .chain(matrix.controls.iter().map(|control| format!("CIS {}", control.id)))
        .collect()
}

/// Returns the lines of an account: for all Regions, then for each Region.
pub(super) fn lines(row: &Row) -> Vec<Vec<String>> {
    let head = |name: &str, region: Option<&RegionStatus>| {
        vec![
            format!("aws:{}", row.account_id),
            row.name.clone().unwrap_or_default(),
            name.to_owned(),
            region.map(|region| region.source.clone()).unwrap_or_default(),
            region.and_then(|region| region.updated_at).map(seconds).unwrap_or_default(),
            region.and_then(|region| region.error.clone()).unwrap_or_default(),
            region.and_then(|region| Some(region.coverage.as_ref()?.text())).unwrap_or_default(),
        ]
    };
    let mut all = head(ALL_REGIONS, None);
    all.extend(row.controls.iter().map(|cell| cell.status.as_str().to_owned()));
    let mut lines = vec![all];
    for region in &row.regions {
        let mut line = head(&region.region, Some(region));
        let in_region = |cell: &Cell| {
            cell.regions
                .iter()
                .find(|result| result.region == region.region)
                .map_or(NOT_EXPECTED, |result| result.status.as_str())
        };
        line.extend(row.controls.iter().map(|cell| in_region(cell).to_owned()));
        lines.push(line);
    }
    lines
}
