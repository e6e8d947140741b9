//! Writes HCL in the format of `terraform fmt`.

use std::fmt::Write;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    /// An expression on one line.
    Raw(String),
    /// A map, one entry per line.
    Map(Vec<(String, String)>),
    /// A list, one element per line.
    Lines(Vec<String>),
}

impl Expression {
    fn is_short(&self) -> bool {
        matches!(self, Self::Raw(_))
    }
}

/// A part of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Comment(String),
    Attribute(String, Expression),
    Block(String, HclBody),
}

/// The content of a file or block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HclBody(Vec<Item>);

impl HclBody {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds an attribute with an expression on one line.
    pub(super) fn set(self, name: &str, value: impl Into<String>) -> Self {
        self.with(Item::Attribute(name.to_owned(), Expression::Raw(value.into())))
    }

    /// Adds an attribute with an expression, if there is one.
    pub(super) fn set_if(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Adds an attribute with a map or a list.
    pub(super) fn set_lines(self, name: &str, value: Expression) -> Self {
        self.with(Item::Attribute(name.to_owned(), value))
    }

    /// Adds a block. The header has type and labels.
    pub(super) fn block(self, header: &str, body: Self) -> Self {
        self.with(Item::Block(header.to_owned(), body))
    }

    /// Adds a comment about the next item.
    pub(super) fn comment(self, text: &str) -> Self {
        self.with(Item::Comment(text.to_owned()))
    }

    fn with(mut self, item: Item) -> Self {
        self.0.push(item);
        self
    }

    /// Returns the text of a file.
    pub(super) fn file(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, 0);
        text
    }

    fn write(&self, text: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        let mut last: Option<&Item> = None;
        for (at, item) in self.0.iter().enumerate() {
            if last.is_some_and(|last| needs_blank(last, item)) {
                text.push('\n');
            }
            last = Some(item);
            match item {
                Item::Comment(comment) => {
                    let _ = writeln!(text, "{indent}# {comment}");
                }
                Item::Block(header, body) if body.0.is_empty() => {
                    let _ = writeln!(text, "{indent}{header} {{}}");
                }
                Item::Block(header, body) => {
                    let _ = writeln!(text, "{indent}{header} {{");
                    body.write(text, depth + 1);
                    let _ = writeln!(text, "{indent}}}");
                }
                Item::Attribute(name, value) => {
                    let width = if value.is_short() { self.width(at) } else { name.len() };
                    let _ = write!(text, "{indent}{name:width$} = ");
                    write_value(text, value, &indent);
                }
            }
        }
    }

    /// Returns the width of the names in the group of lines around an attribute.
    fn width(&self, at: usize) -> usize {
        let short = |item: &&Item| match item {
            Item::Attribute(name, value) if value.is_short() => Some(name.len()),
            _ => None,
        };
        let (before, after) = self.0.split_at(at);
        let before = before.iter().rev().map_while(|item| short(&item));
        before.chain(after.iter().map_while(|item| short(&item))).max().unwrap_or_default()
    }
}

/// Whether a blank line separates two items: around blocks and values of several lines.
fn needs_blank(last: &Item, item: &Item) -> bool {
    let is_short = |item: &Item| matches!(item, Item::Attribute(_, value) if value.is_short());
    match (last, item) {
        (Item::Comment(_), _) => false,
        (last, item) => !(is_short(last) && is_short(item)),
    }
}

fn write_value(text: &mut String, value: &Expression, indent: &str) {
    let _ = match value {
        Expression::Raw(value) => writeln!(text, "{value}"),
        Expression::Lines(values) => {
            let lines = values.iter().map(|value| format!("{indent}  {value},\n"));
            writeln!(text, "[\n{}{indent}]", lines.collect::<String>())
        }
        Expression::Map(entries) => {
            let width = entries.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
            let line =
                |(name, value): &(String, String)| format!("{indent}  {name:width$} = {value}\n");
            writeln!(text, "{{\n{}{indent}}}", entries.iter().map(line).collect::<String>())
        }
    };
}

/// Returns a text as a literal without template sequences.
pub(super) fn text(value: &str) -> String {
    let mut literal = String::from("\"");
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' | '"' => literal.extend(['\\', character]),
            '\n' => literal.push_str("\\n"),
            '$' | '%' if characters.peek() == Some(&'{') => {
                literal.extend([character, character]);
            }
            other => literal.push(other),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_aligned_between_blank_lines() {
        let map = Expression::Map(vec![
            ("A".to_owned(), "1".to_owned()),
            ("Long".to_owned(), "2".to_owned()),
        ]);
        let body = HclBody::new()
            .set("name", "1")
            .set("for_each", "2")
            .set_lines("parameters", map)
            .block("lifecycle", HclBody::new().set("a", "[b]"))
            .block("empty", HclBody::new());
        let file = HclBody::new().comment("One.").block("resource \"a\" \"b\"", body).file();
        assert_eq!(
            file,
            "# One.\nresource \"a\" \"b\" {\n  name     = 1\n  for_each = 2\n\n  \
             parameters = {\n    A    = 1\n    Long = 2\n  }\n\n  lifecycle {\n    \
             a = [b]\n  }\n\n  empty {}\n}\n"
        );
    }

    #[test]
    fn texts_have_no_template_sequences() {
        assert_eq!(text("a${b}%{c}$d\"\\{"), r#""a$${b}%%{c}$d\"\\{""#);
    }
}
