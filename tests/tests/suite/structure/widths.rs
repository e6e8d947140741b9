//! The width of lines.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};

use super::allowed::compare;
use super::source::{SourceFile, files};

/// The most characters of a line of Rust, and of a page.
const RUST_LIMIT: usize = 100;
const PAGE_LIMIT: usize = 120;

const FOLDERS: &[&str] = &[".ci", "common", "docs", "packaging", "rules", "tests"];
const FILES: &[&str] =
    &["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CODE_OF_CONDUCT.md", "SECURITY.md"];

/// Pages that the program writes.
const WRITTEN: &[&str] = &["docs/controls/"];

/// The lines of raw strings, from 1.
fn raw_lines(tokens: TokenStream, lines: &mut BTreeSet<usize>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => raw_lines(group.stream(), lines),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if ["r\"", "r#", "br\"", "br#"].iter().any(|raw| text.starts_with(raw)) {
                    let span = literal.span();
                    lines.extend(span.start().line..=span.end().line);
                }
            }
            _ => {}
        }
    }
}

/// The line without targets of links, which cannot be wrapped.
fn without_links(line: &str) -> String {
    let mut rest = String::new();
    for (at, part) in line.split("](").enumerate() {
        match part.split_once(')') {
            Some((_, after)) if at > 0 => rest.push_str(after),
            _ => rest.push_str(part),
        }
    }
    let is_link = |word: &&str| word.contains("://");
    rest.split(' ').filter(|word| !is_link(word)).collect::<Vec<_>>().join(" ")
}

/// The number of lines of a file that are too wide. Imports are left to the formatter.
fn too_wide(source: &SourceFile) -> usize {
    let is_rust = source.path.ends_with(".rs");
    let limit = if is_rust { RUST_LIMIT } else { PAGE_LIMIT };
    let mut raw = BTreeSet::new();
    if is_rust {
        raw_lines(source.text.parse().expect("tokens"), &mut raw);
    }
    let mut fenced = false;
    let mut wide = 0;
    for (at, line) in source.text.lines().enumerate() {
        let comment = line.trim_start().trim_start_matches("///").trim_start_matches("//!");
        let comment = comment.trim_start();
        if comment.starts_with("```") && (!is_rust || comment != line.trim_start()) {
            fenced = !fenced;
        }
        let is_import = is_rust && line.starts_with("use ");
        let is_free = fenced || is_import || comment.starts_with('|') || raw.contains(&(at + 1));
        if !is_free && line.chars().count() > limit && without_links(line).chars().count() > limit {
            wide += 1;
        }
    }
    wide
}

#[test]
fn lines_are_narrow() {
    let mut sources: Vec<SourceFile> =
        FOLDERS.iter().flat_map(|folder| files(folder, &["rs", "md"])).collect();
    sources.retain(|source| !WRITTEN.iter().any(|folder| source.path.starts_with(folder)));
    for path in FILES {
        let text = std::fs::read_to_string(super::source::root().join(path)).unwrap_or_default();
        sources.push(SourceFile { path: path.to_string(), text });
    }
    let found = sources
        .into_iter()
        .map(|source| (too_wide(&source), source.path))
        .filter(|(wide, _)| *wide > 0)
        .map(|(wide, path)| (path, wide))
        .collect();
    compare(
        "widths",
        &found,
        &format!(
            "these files have lines of more than {RUST_LIMIT} characters, or pages of more than \
         {PAGE_LIMIT}"
        ),
    );
}

#[test]
fn wide_lines_are_seen() {
    let long = "x".repeat(RUST_LIMIT);
    let rust = format!(
        "//! {long}\n//! | {long} |\n//! ```\n//! {long}\n//! ```\n// https://{long}\n\
         const A: &str = \"{long}\";\nconst B: &str = r#\"\n{long}{long}\n\"#;\n// {long}\n"
    );
    assert_eq!(too_wide(&SourceFile::new("src/a.rs", &rust)), 3);
    let long = "x".repeat(PAGE_LIMIT);
    let page = format!(
        "{long}\n{long}x\n| {long} |\n```\n{long}x\n```\nsee [it](https://{long})\n\
         [{long}](x) and more\n"
    );
    assert_eq!(too_wide(&SourceFile::new("docs/a.md", &page)), 2);
}
