//! Workbooks for spreadsheets in Office Open XML.

use chrono::{DateTime, Utc};
use plumbline_core::text::escaped;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, IgnoreError, Url, Workbook, Worksheet, XlsxError,
};

use crate::error::{CliError, PLEASE_REPORT};
use crate::formats::words::counted;

/// The maximum number of characters in a cell.
const CELL: usize = 32_767;
/// The end of a text that was cut to fit into a cell.
const CUT: &str = "… (scan.json)";
/// The maximum number of lines in a sheet, including the heading.
const LINES: usize = 1_048_576;
/// The maximum number of links in a sheet.
const LINKS: usize = 65_000;
/// The maximum width of a column in characters.
const WIDTH: usize = 60;

/// A cell.
#[derive(Clone, Debug)]
pub(crate) enum SheetCell {
    /// A text, which a spreadsheet does not interpret.
    Text(String),
    /// A text with a link to a place in the workbook.
    Link { text: String, place: String },
    /// A number.
    Count(usize),
}

impl From<String> for SheetCell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// A sheet with a heading. Its lines are created when they are written, which saves memory.
pub(crate) struct Sheet<'a> {
    pub(crate) name: &'static str,
    pub(crate) heading: Vec<String>,
    pub(crate) lines: Box<dyn Iterator<Item = Vec<SheetCell>> + 'a>,
}

impl<'a> Sheet<'a> {
    /// Creates a sheet with a name, a heading and lines.
    pub(crate) fn new(
        name: &'static str,
        heading: &[&str],
        lines: impl IntoIterator<Item = Vec<SheetCell>, IntoIter: 'a>,
    ) -> Self {
        let heading = heading.iter().map(|name| (*name).to_owned()).collect();
        Self { name, heading, lines: Box::new(lines.into_iter()) }
    }
}

/// Converts texts to cells.
pub(crate) fn texts(cells: impl IntoIterator<Item = String>) -> Vec<SheetCell> {
    cells.into_iter().map(SheetCell::from).collect()
}

/// Creates a workbook. It depends only on the sheets and the time, so that the same scan gives the
/// same file.
pub(crate) fn workbook<'a>(
    title: &str,
    time: DateTime<Utc>,
    sheets: impl IntoIterator<Item = Sheet<'a>>,
) -> Result<Vec<u8>, CliError> {
    write(title, time, sheets).map_err(|error| {
        CliError::usage(format!("the result cannot be written as XLSX: {error}"), PLEASE_REPORT)
    })
}

fn write<'a>(
    title: &str,
    time: DateTime<Utc>,
    sheets: impl IntoIterator<Item = Sheet<'a>>,
) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_timestamp(time.timestamp())?;
    let properties = DocProperties::new().set_title(title).set_creation_datetime(&created);
    workbook.set_properties(&properties);
    for sheet in sheets {
        fill(workbook.add_worksheet(), sheet)?;
    }
    workbook.save_to_buffer()
}

fn fill(worksheet: &mut Worksheet, sheet: Sheet<'_>) -> Result<(), XlsxError> {
    worksheet.set_name(sheet.name)?;
    let bold = Format::new().set_bold();
    let mut widths: Vec<usize> = Vec::new();
    for (column, name) in (0_u16..).zip(&sheet.heading) {
        worksheet.write_string_with_format(0, column, name, &bold)?;
        widths.push(name.len());
    }
    let mut lines = sheet.lines;
    let mut links = 0;
    let mut last = 0;
    for (row, line) in (1_u32..).zip(lines.by_ref().take(LINES - 2)) {
        for (column, cell) in (0_u16..).zip(line) {
            let (text, place) = match cell {
                SheetCell::Count(count) => {
                    let count = u32::try_from(count).unwrap_or(u32::MAX);
                    worksheet.write_number(row, column, count)?;
                    continue;
                }
                SheetCell::Text(text) => (fitting(&text), None),
                SheetCell::Link { text, place } => (fitting(&text), Some(place)),
            };
            if let Some(width) = widths.get_mut(usize::from(column)) {
                *width = (*width).max(text.chars().count()).min(WIDTH);
            }
            match place.filter(|_| links < LINKS) {
                Some(place) => {
                    links += 1;
                    let url = Url::new(format!("internal:{place}")).set_text(&text);
                    worksheet.write_url(row, column, url)?;
                }
                None => drop(worksheet.write_string(row, column, &text)?),
            }
        }
        last = row;
    }
    let more = lines.count();
    let last_column = u16::try_from(sheet.heading.len()).unwrap_or(u16::MAX).saturating_sub(1);
    if last > 0 {
        worksheet.autofilter(0, 0, last, last_column)?;
        worksheet.ignore_error_range(0, 0, last, last_column, IgnoreError::NumberStoredAsText)?;
    }
    if more > 0 {
        let text = format!("{}; csv contains all", counted(more, "more line", "more lines"));
        worksheet.write_string(last + 1, 0, text)?;
    }
    worksheet.set_freeze_panes(1, 0)?;
    for (column, width) in (0_u16..).zip(widths) {
        let width = u32::try_from(width + 2).unwrap_or(u32::MAX);
        worksheet.set_column_width(column, f64::from(width))?;
    }
    Ok(())
}

/// Formats a text as one line without invisible characters, cut to the length limit of a cell.
/// Excel counts characters outside of the Basic Multilingual Plane twice.
fn fitting(text: &str) -> String {
    let text = escaped(text);
    let count = |text: &str| text.encode_utf16().count();
    if count(&text) <= CELL {
        return text.into_owned();
    }
    let mut kept = String::new();
    let mut units = count(CUT);
    for character in text.chars() {
        units += character.len_utf16();
        if units > CELL {
            break;
        }
        kept.push(character);
    }
    kept + CUT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_longer_than_a_cell_may_be() {
        for letter in ["a", "é", "𝄞"] {
            let text = fitting(&letter.repeat(CELL));
            assert!(text.encode_utf16().count() <= CELL, "{letter}");
            assert_eq!(text.ends_with(CUT), letter == "𝄞", "{letter}");
        }
        assert_eq!(fitting("=1\n\u{202e}"), r"=1\u{a}\u{202e}");
    }
}
