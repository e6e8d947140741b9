//! Tables for people: their width and colors follow the terminal.

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};

/// Creates an empty table with a heading.
pub(crate) fn new(heading: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_BORDERS_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(heading.iter().map(|text| {
        if is_plain() { Cell::new(text) } else { Cell::new(text).add_attribute(Attribute::Bold) }
    }));
    table
}

/// Whether the user wants no colors: <https://no-color.org>.
fn is_plain() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Creates a cell with a color, where the user wants colors.
pub(crate) fn colored(text: &str, color: Color) -> Cell {
    if is_plain() { Cell::new(text) } else { Cell::new(text).fg(color) }
}

/// Replaces characters that control the terminal, in a text that came from AWS or from a file.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { '\u{fffd}' } else { character })
        .collect()
}
