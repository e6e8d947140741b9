//! Tables for people that are as wide as the terminal.

use comfy_table::{ContentArrangement, Table, presets};
use plumbline_core::text::escaped;

use crate::terminal;

/// Creates an empty table with a heading.
pub(crate) fn new(heading: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY).force_no_tty().set_header(heading);
    if let Some(width) = terminal::width() {
        table
            .set_width(u16::try_from(width).unwrap_or(u16::MAX))
            .set_content_arrangement(ContentArrangement::Dynamic);
    }
    table
}

/// Formats text from AWS or from a file for a cell: one line without invisible characters.
pub(crate) fn printable(text: &str) -> String {
    escaped(text).into_owned()
}
