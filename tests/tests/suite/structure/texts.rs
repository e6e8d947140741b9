//! The texts in files: comments and string literals of Rust, prose of pages, comments of scripts.
//!
//! Names are not texts: identifiers, literals without white space, code in backticks or code
//! blocks, placeholders of formats, quoted members of JSON, targets of links.

use std::ops::Range;

use proc_macro2::{Literal, TokenStream, TokenTree};

use super::source::SourceFile;

/// A word in lower case, with its line. An empty word ends a phrase: punctuation, code, or the end
/// of a paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// The words of the texts in a file, in order.
pub(crate) fn words(source: &SourceFile) -> Vec<Word> {
    let pieces = match source.path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "rs" => rust(&source.text),
        "md" => vec![Piece::new(1, &source.text, false)],
        _ => script(&source.text),
    };
    let mut words = Vec::new();
    for piece in pieces {
        piece.words(&mut words);
        words.push(Word { line: piece.line, text: String::new() });
    }
    words
}

/// The parts of the identifiers in a Rust file, in lower case: `read_all` has two.
pub(crate) fn identifiers(source: &SourceFile) -> Vec<Word> {
    fn visit(tokens: TokenStream, words: &mut Vec<Word>) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => visit(group.stream(), words),
                TokenTree::Ident(name) => {
                    let line = name.span().start().line;
                    let name = name.to_string().to_lowercase();
                    let parts = name.split('_').map(|part| Word { line, text: part.to_owned() });
                    words.extend(parts);
                }
                _ => {}
            }
        }
    }
    let mut words = Vec::new();
    visit(source.text.parse().expect("tokens"), &mut words);
    words
}

/// A text and its first line.
struct Piece {
    line: usize,
    text: String,
    is_comment: bool,
}

impl Piece {
    fn new(line: usize, text: &str, is_comment: bool) -> Self {
        Self { line, text: text.to_owned(), is_comment }
    }

    /// Reads the text as Markdown.
    fn words(&self, words: &mut Vec<Word>) {
        let mut is_fenced = false;
        let mut is_code = false;
        for (at, text) in self.text.lines().enumerate() {
            let mut line = Line { number: self.line + at, words };
            let trimmed = text.trim();
            if trimmed.starts_with("```") {
                is_fenced = !is_fenced;
            }
            if trimmed.is_empty() || trimmed.starts_with("```") {
                is_code = false;
                line.end_phrase();
            } else if !is_fenced {
                for chunk in trimmed.split_whitespace() {
                    line.chunk(chunk, &mut is_code);
                }
            }
        }
    }
}

/// A line, and the list that its words are added to.
struct Line<'words> {
    number: usize,
    words: &'words mut Vec<Word>,
}

impl Line<'_> {
    fn push(&mut self, text: &str) {
        let text = text.trim_matches(['\'', '-', '_']);
        let text = text.strip_suffix("'s").unwrap_or(text).to_lowercase();
        self.words.push(Word { line: self.number, text });
    }

    fn end_phrase(&mut self) {
        self.push("");
    }

    /// Reads what stands between white space.
    fn chunk(&mut self, chunk: &str, is_code: &mut bool) {
        let is_part = |char: char| char.is_alphanumeric() || ['_', '-', '\''].contains(&char);
        let is_link = chunk.contains("://") || chunk.contains("](");
        let chunk = chunk.split_once("](").map_or(chunk, |(text, _)| text);
        if is_link && chunk.contains("://") {
            return self.end_phrase();
        }
        let mut rest = chunk;
        while let Some(first) = rest.chars().next() {
            let mut length = first.len_utf8();
            if first == '`' {
                length = rest.len() - rest.trim_start_matches('`').len();
                *is_code = !*is_code;
                self.end_phrase();
            } else if *is_code {
            } else if let Some(skipped) = placeholder(rest) {
                length = skipped;
                self.push("{}");
            } else if let Some(skipped) = quoted_name(rest) {
                length = skipped;
                self.end_phrase();
            } else if is_part(first) {
                length = rest.find(|char| !is_part(char)).unwrap_or(rest.len());
                self.push(&rest[..length]);
            } else {
                self.end_phrase();
            }
            rest = &rest[length..];
        }
        if is_link {
            self.end_phrase();
        }
    }
}

/// The length of a format placeholder at the beginning.
fn placeholder(text: &str) -> Option<usize> {
    let (name, _) = text.strip_prefix('{')?.split_once('}')?;
    let is_part = |char: char| char.is_alphanumeric() || "_.:?#<>^$*+-".contains(char);
    name.chars().all(is_part).then_some(name.len() + 2)
}

/// The length of a single word in double quotes at the beginning: a member of JSON, a value.
fn quoted_name(text: &str) -> Option<usize> {
    let (name, _) = text.strip_prefix('"')?.split_once('"')?;
    Some(name.len() + 2)
}

/// Comments and string literals.
fn rust(text: &str) -> Vec<Piece> {
    let mut tokens = Vec::new();
    flatten(text.parse().expect("tokens"), &mut tokens);
    tokens.push((text.len()..text.len(), None));
    let mut pieces = Vec::new();
    let mut end = 0;
    for (range, literal) in tokens {
        // Between tokens are only white space and comments.
        if range.start > end {
            comments(text, end..range.start, &mut pieces);
        }
        end = end.max(range.end);
        if let Some(literal) = literal {
            if text[range.clone()].starts_with('/') {
                comments(text, range, &mut pieces);
            } else if let Some(value) = value(literal)
                && value.trim().contains(char::is_whitespace)
            {
                pieces.push(Piece::new(line_at(text, range.start), &value, false));
            }
        }
    }
    pieces
}

type Token = (Range<usize>, Option<Literal>);

fn flatten(tokens: TokenStream, into: &mut Vec<Token>) {
    for token in tokens {
        let range = token.span().byte_range();
        match token {
            TokenTree::Group(group) => {
                into.push((group.span_open().byte_range(), None));
                flatten(group.stream(), into);
                into.push((group.span_close().byte_range(), None));
            }
            TokenTree::Literal(literal) => into.push((range, Some(literal))),
            _ => into.push((range, None)),
        }
    }
}

/// The text of a literal, unless it is a number or a character.
fn value(literal: Literal) -> Option<String> {
    match syn::Lit::new(literal) {
        syn::Lit::Str(text) => Some(text.value()),
        syn::Lit::ByteStr(text) => Some(String::from_utf8_lossy(&text.value()).into_owned()),
        _ => None,
    }
}

fn line_at(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Adds the comments in a range; those that follow each other, alone on their lines, are one text.
fn comments(text: &str, range: Range<usize>, pieces: &mut Vec<Piece>) {
    let first = line_at(text, range.start);
    let before = text[..range.start].rsplit('\n').next().unwrap_or_default();
    let is_after_code = !before.trim().is_empty();
    for (at, line) in text[range].lines().enumerate() {
        let number = first + at;
        let comment = line.trim();
        if !comment.starts_with('/') {
            continue;
        }
        let comment = comment.trim_start_matches(['/', '!', '*']);
        let is_alone = at > 0 || !is_after_code;
        match pieces.last_mut() {
            Some(last)
                if is_alone
                    && last.is_comment
                    && last.line + last.text.lines().count() == number =>
            {
                last.text.push('\n');
                last.text.push_str(comment);
            }
            _ => pieces.push(Piece::new(number, &format!(" {comment}"), true)),
        }
    }
}

/// The comment at the end of a line: after white space, and outside of quotes.
fn comment_of(line: &str) -> Option<&str> {
    line.match_indices('#').find_map(|(at, _)| {
        let before = &line[..at];
        let is_outside = before.matches(['"', '\'']).count().is_multiple_of(2);
        (is_outside && (before.is_empty() || before.ends_with(' '))).then(|| &line[at + 1..])
    })
}

/// Comments that begin with `#`, and texts between three quotes.
fn script(text: &str) -> Vec<Piece> {
    const QUOTES: &str = "\"\"\"";
    let mut is_quoted = false;
    let mut prose = String::new();
    for line in text.lines() {
        let mut parts = line.split(QUOTES);
        let code = parts.next().unwrap_or_default();
        if is_quoted {
            prose.push_str(code);
        } else if let Some(comment) = comment_of(code) {
            prose.push_str(comment);
        }
        for part in parts {
            is_quoted = !is_quoted;
            if is_quoted {
                prose.push_str(part);
            }
        }
        prose.push('\n');
    }
    vec![Piece::new(1, &prose, true)]
}

fn read(path: &str, text: &str) -> String {
    let words = words(&SourceFile::new(path, text));
    let words: Vec<String> =
        words.into_iter().map(|word| format!("{}{}", word.line, word.text)).collect();
    words.join(" ")
}

#[test]
fn comments_and_literals_are_texts() {
    let text = "//! One\n//! two.\nfn three() { // Four's `five six`\n    f(\"seven {eight} \\\n\
                nine\", \"ten\", '\"', r#\"{ \"eleven\": 12 }\"#);\n}\n// Thirteen\n";
    assert_eq!(
        read("src/a.rs", text),
        "1one 2two 2 1 3four 3 3 3 4seven 4{} 4nine 4 5 5 5 512 5 5 7thirteen 7"
    );
}

#[test]
fn pages_have_prose() {
    let text = "# One\ntwo, `three` [four](five.md) six\n```sh\nseven\n```\n- eight-nine\n";
    let found = read("docs/a.md", text);
    assert_eq!(found, "1 1one 2two 2 2 2 2 2four 2 2six 3 5 6 6eight-nine 1");
}

#[test]
fn scripts_have_comments() {
    let text = "\"\"\"One\ntwo.\"\"\"\nthree = \"#four\"  # five\n# six\n";
    assert_eq!(read("a.py", text), "1one 2two 2 3five 4six 1");
}

#[test]
fn identifiers_have_parts() {
    let found = identifiers(&SourceFile::new("src/a.rs", "fn one_two() { \"three\" }\n// four"));
    let found: Vec<&str> = found.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(found, ["fn", "one", "two"]);
}
