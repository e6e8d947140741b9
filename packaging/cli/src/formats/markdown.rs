//! Formats text as GitHub-flavored Markdown.

use comfy_table::{Table, presets};
use pulldown_cmark::{Event, Parser, TagEnd};

/// Escapes all markup in a text.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in plumbline_core::text::escaped(text).chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '|' | '[' | ']' | '!' | '#' | '~' | '@' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Removes the markup of a Markdown text of Plumbline.
pub(crate) fn plain(markdown: &str) -> String {
    let mut text = String::new();
    for event in Parser::new(markdown) {
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(&part),
            Event::SoftBreak => text.push(' '),
            Event::HardBreak | Event::End(TagEnd::Item) => text.push('\n'),
            Event::End(TagEnd::Paragraph | TagEnd::CodeBlock | TagEnd::Heading(_)) => {
                text.push_str("\n\n");
            }
            _ => {}
        }
    }
    text.trim_end().to_owned()
}

/// Formats a line of a table.
pub(crate) fn line(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| escaped(&cell)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Formats a table. Each line has as many cells as the heading.
pub(crate) fn table<L: IntoIterator<Item = String>>(
    heading: &[&str],
    lines: impl IntoIterator<Item = L>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).force_no_tty().set_header(heading);
    for line in lines {
        table.add_row(line.into_iter().map(|cell| escaped(&cell)));
    }
    format!("{table}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_foreign_is_markup() {
        assert_eq!(
            escaped("a|b <img> `c` [d](e) *f* @g\u{202e}\n"),
            r"a\|b &lt;img&gt; \`c\` \[d\](e) \*f\* \@g\\u{202e}\\u{a}"
        );
    }

    #[test]
    fn markup_of_our_own_goes() {
        assert_eq!(plain("Open *it*,\nuse `a`.\n\n```sh\nb c\n```"), "Open it, use a.\n\nb c");
    }

    #[test]
    fn a_table_has_a_line_a_row() {
        let text = table(&["a", "b"], [["1|2".to_owned(), "x".to_owned()]]);
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.lines().all(|line| line.starts_with('|') && line.ends_with('|')), "{text}");
    }
}
