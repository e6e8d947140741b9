//! Lays out text for a width, wrapped or in columns. Text is never cut off, and a word that fits is
//! never broken.

use plumbline_core::text::escaped;
use textwrap::core::Word;
use textwrap::{Options, WordSeparator, WordSplitter};
use unicode_width::UnicodeWidthStr;

use crate::terminal::{Style, Styled};

/// The minimum number of columns for text next to its subject.
pub(crate) const SIDE_BY_SIDE: usize = 100;
/// The minimum number of columns for slugs and bars.
pub(crate) const WIDE: usize = 140;

/// The number of columns for a name: `sg-0123456789abcdef0`.
const NAME: usize = 24;

/// Returns the number of columns of a text.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// Splits a line into words, which end at spaces and, within JSON, before the name of a member.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let mut start = 0;
    let mut ends: Vec<usize> = Vec::new();
    let mut characters = line.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        let ends_here = match character {
            ' ' => next != Some(' '),
            ',' => next == Some('"'),
            _ => false,
        };
        if ends_here {
            ends.push(at + character.len_utf8());
        }
    }
    ends.push(line.len());
    Box::new(ends.into_iter().filter_map(move |end| {
        let word = line.get(start..end).filter(|word| !word.is_empty())?;
        start = end;
        Some(Word::from(word))
    }))
}

/// Wraps a text. Returns one line if no width is given.
pub(crate) fn wrapped(text: &str, width: Option<usize>) -> Vec<String> {
    wrapped_below(text, 0, width)
}

/// Wraps a text and indents the lines after the first.
fn wrapped_below(text: &str, indent: usize, width: Option<usize>) -> Vec<String> {
    // A line feed in the name of a resource would create a false line.
    let text = escaped(text);
    let Some(width) = width else { return vec![text.into_owned()] };
    let indent = " ".repeat(indent);
    let options = Options::new(width.max(1))
        .word_separator(WordSeparator::Custom(words))
        .word_splitter(WordSplitter::NoHyphenation)
        .subsequent_indent(&indent);
    textwrap::wrap(&text, options).into_iter().map(|line| line.trim_end().to_owned()).collect()
}

/// Wraps the lines of a text, and indents their continuations.
#[cfg(feature = "aws")]
pub(crate) fn laid_out(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return text.to_owned() };
    let mut laid_out = String::new();
    for line in text.split_inclusive('\n') {
        let words = line.trim_start();
        let indent = line.len() - words.len();
        for part in wrapped_below(words.trim_end(), 2, Some(width.saturating_sub(indent))) {
            let part = format!("{:indent$}{part}", "");
            laid_out.push_str(part.trim_end());
            laid_out.push('\n');
        }
    }
    if !text.ends_with('\n') {
        laid_out.pop();
    }
    laid_out
}

/// Wraps a text with a hanging indent.
pub(crate) fn hanging(style: Style, text: &str, indent: usize, width: Option<usize>) -> Styled {
    let mut styled = Styled::default();
    for line in wrapped_below(text, indent, width) {
        styled.line(style, line);
    }
    styled
}

/// Joins parts with a separator on as few lines as possible. A part that is too wide is wrapped.
pub(crate) fn joined(style: Style, parts: &[String], width: Option<usize>) -> Styled {
    let mut lines: Vec<String> = Vec::new();
    for part in parts.iter().filter(|part| !part.is_empty()) {
        match lines.last_mut() {
            Some(line) if width.is_none_or(|width| columns(line) + 3 + columns(part) <= width) => {
                line.push_str(" · ");
                line.push_str(part);
            }
            _ => lines.push(part.clone()),
        }
    }
    let mut styled = Styled::default();
    for line in lines {
        styled.append(hanging(style, &line, 2, width));
    }
    styled
}

/// A row of a listing.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListingRow {
    pub(crate) cells: Vec<String>,
    /// The text next to or below the cells.
    pub(crate) text: String,
    /// The lines below the text.
    pub(crate) notes: Vec<String>,
}

/// Rows with short cells and one text each. The text is next to the cells if the width allows it,
/// otherwise below.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    /// The names of the columns and the text. Empty for a listing without heading.
    pub(crate) heading: Vec<&'static str>,
    pub(crate) rows: Vec<ListingRow>,
    /// A column that is shown next to the others only on a wide terminal.
    pub(crate) wide_only: Option<usize>,
    /// The minimum widths of the columns, so that several listings align.
    pub(crate) least: Vec<usize>,
}

impl Listing {
    /// Returns the widths of all columns.
    pub(crate) fn widths(&self) -> Vec<usize> {
        let count = self.rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
        let heading: Vec<String> =
            self.heading.iter().take(count).map(|name| (*name).to_owned()).collect();
        (0..count)
            .map(|at| {
                let cells = self.rows.iter().map(|row| &row.cells).chain([&heading]);
                let cells = cells.filter_map(|cells| cells.get(at));
                let least = self.least.get(at).copied();
                cells.map(|cell| columns(&escaped(cell))).chain(least).max().unwrap_or_default()
            })
            .collect()
    }

    /// Lays out the rows.
    pub(crate) fn render(&self, width: Option<usize>) -> Styled {
        let mut widths = self.widths();
        match width {
            None => self.beside(&widths, None),
            Some(width) if width < SIDE_BY_SIDE => self.below(&widths, width),
            Some(width) => {
                if width < WIDE
                    && let Some(narrow) = self.wide_only.and_then(|at| widths.get_mut(at))
                {
                    *narrow = 0;
                }
                let taken = |widths: &[usize]| -> usize {
                    2 + widths.iter().filter(|one| **one > 0).map(|one| one + 2).sum::<usize>()
                };
                // The text has at least a third of the line, so the widest column becomes narrower.
                // On short lines it becomes even narrower if names still fit.
                let excess = |room: usize| (taken(&widths) + room).saturating_sub(width);
                let widest = widths.iter().max().copied().unwrap_or_default();
                let short = excess(width * 9 / 20);
                let excess = if width < WIDE && widest.saturating_sub(short) >= NAME {
                    short
                } else {
                    excess(width / 3)
                };
                if let Some(widest) = widths.iter_mut().max_by_key(|one| **one) {
                    *widest = widest.saturating_sub(excess);
                    if *widest < 12 && excess > 0 {
                        return self.below(&self.widths(), width);
                    }
                }
                self.beside(&widths, Some(width - taken(&widths)))
            }
        }
    }

    fn beside(&self, widths: &[usize], room: Option<usize>) -> Styled {
        let mut styled = Styled::default();
        let heading = (!self.heading.is_empty()).then(|| ListingRow {
            cells: self.heading.iter().take(widths.len()).map(|name| (*name).to_owned()).collect(),
            text: self.heading.get(widths.len()).copied().unwrap_or_default().to_owned(),
            notes: Vec::new(),
        });
        let headings = heading.iter().map(|row| (Style::Strong, row));
        for (style, row) in headings.chain(self.rows.iter().map(|row| (Style::Plain, row))) {
            let mut cells: Vec<(usize, Vec<String>)> = row
                .cells
                .iter()
                .zip(widths)
                .filter(|(_, width)| **width > 0)
                .map(|(cell, width)| (*width, wrapped(cell, room.map(|_| *width))))
                .collect();
            let mut text = wrapped(&row.text, room);
            text.extend(row.notes.iter().flat_map(|note| wrapped(note, room)));
            // A word that does not fit into its column is not broken. It moves the text to the next
            // line.
            let is_broken = |(cell, width): (&String, &usize)| {
                escaped(cell).split(' ').any(|word| columns(word) > *width)
            };
            let shown = || row.cells.iter().zip(widths).filter(|(_, width)| **width > 0);
            if let Some(room) = room.filter(|_| shown().any(is_broken)) {
                let indent = 2 + shown().map(|(_, width)| width + 2).sum::<usize>();
                let mut head = String::new();
                for (cell, width) in shown() {
                    let cell = escaped(cell);
                    let pad = width.saturating_sub(columns(&cell));
                    head.push_str(&format!("{cell}{:pad$}  ", ""));
                }
                for line in wrapped_below(head.trim_end(), 2, Some(room + indent - 2)) {
                    styled.line(style, format!("  {line}"));
                }
                for line in text {
                    styled.line(style, format!("{:indent$}{line}", "").trim_end());
                }
                continue;
            }
            cells.push((0, text));
            let height = cells.iter().map(|(_, lines)| lines.len()).max().unwrap_or_default();
            for at in 0..height {
                let mut line = String::from("  ");
                for (width, lines) in &cells {
                    let cell = lines.get(at).map_or("", String::as_str);
                    let pad = width.saturating_sub(columns(cell));
                    line.push_str(&format!("{cell}{:pad$}  ", ""));
                }
                styled.line(style, line.trim_end());
            }
        }
        styled
    }

    fn below(&self, widths: &[usize], width: usize) -> Styled {
        let mut styled = Styled::default();
        // Long names of rows would leave no room for the text.
        let first = widths.first().copied().unwrap_or_default().min(width / 4);
        let indent = first + 4;
        for row in &self.rows {
            let mut cells = row.cells.iter();
            let name = cells.next().map_or("", String::as_str);
            let pad = first.saturating_sub(columns(name));
            let mut head = format!("  {name}{:pad$}  ", "");
            let mut is_empty = true;
            for cell in cells.filter(|cell| !cell.is_empty()) {
                if !is_empty && columns(&head) + 3 + columns(cell) > width {
                    styled.append(hanging(Style::Plain, &head, indent, Some(width)));
                    head = " ".repeat(indent);
                } else if !is_empty {
                    head.push_str(" · ");
                }
                head.push_str(cell);
                is_empty = false;
            }
            styled.append(hanging(Style::Plain, head.trim_end(), indent, Some(width)));
            let texts = std::iter::once(&row.text).chain(&row.notes);
            for text in texts.filter(|text| !text.is_empty()) {
                for line in wrapped(text, Some(width.saturating_sub(indent))) {
                    styled.line(Style::Plain, format!("{:indent$}{line}", ""));
                }
            }
        }
        styled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Listing {
        let row = |cells: [&str; 3], text: &str| ListingRow {
            cells: cells.map(str::to_owned).to_vec(),
            text: text.to_owned(),
            notes: Vec::new(),
        };
        Listing {
            heading: Vec::new(),
            rows: vec![
                row(["1.4", "root-access-key", "account"], "The root user has an access key."),
                row(
                    ["3.8", "kms-rotation", "1b2c3d4e-0000-4000-8000-00000000000b"],
                    r#"No filter counts {"a":"b","eventName":"CreateRoute"} of a trail that is here."#,
                ),
            ],
            wide_only: Some(1),
            least: Vec::new(),
        }
    }

    #[test]
    fn no_line_is_wider_than_the_width() {
        for width in [1, 7, 20, 40, 80, 99, 100, 120, 139, 140, 200] {
            let text = rows().render(Some(width)).plain();
            let widest = text.lines().map(columns).max();
            // The indents of narrow listings require twelve columns and a letter.
            assert!(widest.is_some_and(|widest| widest <= width.max(13)), "{width}: {text}");
        }
    }

    #[test]
    fn words_of_columns_are_not_broken() {
        let mut listing = rows();
        for row in &mut listing.rows {
            row.text = "A reason that is as long as reasons are, and some words longer.".to_owned();
        }
        for width in [100, 120, 140] {
            let text = listing.render(Some(width)).plain();
            assert!(text.contains("1b2c3d4e-0000-4000-8000-00000000000b"), "{width}: {text}");
        }
        listing.rows[1].cells[2] = format!("{} (name)", "x".repeat(60));
        let text = listing.render(Some(100)).plain();
        let mut lines = text.lines().skip_while(|line| !line.ends_with("x (name)"));
        assert!(lines.next().is_some_and(|line| !line.contains("reason")), "{text}");
        assert!(lines.next().is_some_and(|line| line.trim().starts_with("A reason")), "{text}");
    }

    #[test]
    fn a_name_is_no_line_of_its_own() {
        let mut listing = rows();
        for row in &mut listing.rows {
            row.cells.push("x\ny: COMPLIANT".to_owned());
            row.text.push_str("\nz: COMPLIANT");
        }
        for width in [None, Some(40), Some(100), Some(200)] {
            let text = listing.render(width).plain();
            let forged = text.lines().any(|line| line.trim_start().starts_with(['y', 'z']));
            assert!(!forged && text.contains("\\u{a}"), "{width:?}: {text}");
        }
    }

    #[test]
    fn without_a_width_each_row_has_a_line() {
        let text = rows().render(None).plain();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.starts_with("  1.4  root-access-key  account  "), "{text}");
    }

    #[test]
    fn slugs_stand_where_there_is_room() {
        assert!(rows().render(Some(140)).plain().contains("kms-rotation"));
        assert!(!rows().render(Some(100)).plain().contains("kms-rotation"));
        assert!(rows().render(Some(80)).plain().contains("  3.8  kms-rotation · 1b2c3d4e"));
    }

    #[test]
    fn words_are_kept_and_json_ends_at_its_members() {
        assert_eq!(wrapped("one two three", Some(8)), ["one two", "three"]);
        assert_eq!(wrapped(r#"{"a":"b","c":"d"}"#, Some(10)), [r#"{"a":"b","#, r#""c":"d"}"#]);
        assert_eq!(wrapped("abcdefghij", Some(4)), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("東京東京", Some(4)), ["東京", "東京"]);
        assert_eq!(wrapped("one two", None), ["one two"]);
    }
}
