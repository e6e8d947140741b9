//! Tables for spreadsheets: RFC 4180, with a heading.

use std::fmt::Display;

use plumbline_core::text::escaped;

use crate::error::{CliError, PLEASE_REPORT};

/// A table of lines with as many cells as the heading has.
pub(crate) fn table<L: IntoIterator<Item = String>>(
    heading: &[&str],
    lines: impl IntoIterator<Item = L>,
) -> Result<String, CliError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(heading).map_err(not_csv)?;
    for line in lines {
        writer.write_record(line.into_iter().map(|cell| harmless(&cell))).map_err(not_csv)?;
    }
    let bytes = writer.into_inner().map_err(|error| not_csv(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn not_csv(error: impl Display) -> CliError {
    CliError::usage(format!("the result cannot be written as CSV: {error}"), PLEASE_REPORT)
}

/// A cell in one line with nothing unseen, which no spreadsheet takes for a formula: names of
/// resources come from whoever may make resources.
fn harmless(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let cell = escaped(cell);
    if is_formula { format!("'{cell}") } else { cell.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_texts() {
        for formula in ["=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(A1)"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        assert_eq!(harmless("\t=1"), r"'\u{9}=1");
        assert_eq!(harmless("\r=1"), r"'\u{d}=1");
        assert_eq!(harmless("bucket-1"), "bucket-1");
    }
}
