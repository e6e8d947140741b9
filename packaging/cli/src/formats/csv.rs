//! Tables for spreadsheets in CSV (RFC 4180), with a heading.

use std::fmt::Display;

use plumbline_core::text::escaped;

use crate::error::{CliError, PLEASE_REPORT};

/// Creates a table. Each line has as many cells as the heading.
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

/// Formats a cell as one line with visible characters, which no spreadsheet interprets as a
/// formula, number or date. Names of resources come from anyone who can create resources.
fn harmless(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let is_read = is_formula || is_number_or_date(cell);
    let cell = escaped(cell);
    if is_read { format!("'{cell}") } else { cell.into_owned() }
}

/// Whether a spreadsheet can interpret a cell as a number or date: `1.10`, `2.1.1`, `1e5`, `mar-1`.
fn is_number_or_date(cell: &str) -> bool {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let cell = cell.trim().to_ascii_lowercase();
    let has_digit = cell.contains(|letter: char| letter.is_ascii_digit());
    let is_numeric = |letter: char| letter.is_ascii_digit() || "e.,:/+-% $".contains(letter);
    let month = cell.trim_start_matches(|letter: char| is_numeric(letter) && letter != 'e');
    let is_date = MONTHS.iter().any(|name| month.starts_with(name))
        && month.trim_start_matches(char::is_alphabetic).chars().all(is_numeric);
    has_digit && (cell.chars().all(is_numeric) || is_date)
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
        for number in
            ["1.10", "2.1.1", "111122223333", "1e5", "2026-03-02", "mar-1", "3 Sept", "50 %"]
        {
            assert_eq!(harmless(number), format!("'{number}"));
        }
        for text in ["bucket-1", "us-east-1", "march-hare", "sg-0a1", "CIS 1.10", "aws:1", "-", ""]
        {
            let text = text.trim_start_matches('-');
            assert_eq!(harmless(text), text);
        }
    }
}
