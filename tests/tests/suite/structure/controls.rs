//! The length of the files that declare a control.

use super::allowed::{Findings, compare};
use super::source::{SourceFile, sources};

/// The most lines of the median file, and of any file, without `mod tests`.
const MEDIAN: usize = 130;
const LONGEST: usize = 360;

fn declares_a_control(source: &SourceFile) -> bool {
    source.syntax().items.iter().any(|item| {
        matches!(item, syn::Item::Macro(item)
            if item.mac.path.segments.last().is_some_and(|last| last.ident == "control"))
    })
}

/// The controls' files that are too long, and the median if that is.
fn too_long(sources: &[SourceFile]) -> Findings {
    let mut lengths: Vec<(usize, &SourceFile)> = sources
        .iter()
        .filter(|source| declares_a_control(source))
        .map(|source| (source.lines_without_tests(), source))
        .collect();
    lengths.sort_by_key(|(lines, _)| *lines);
    let mut found: Findings = lengths
        .iter()
        .filter(|(lines, _)| *lines > LONGEST)
        .map(|(_, source)| (source.path.clone(), 1))
        .collect();
    let (median, _) = lengths.get(lengths.len() / 2).expect("a control");
    if *median > MEDIAN {
        found.insert("median".to_owned(), *median);
    }
    found
}

#[test]
fn controls_are_short() {
    let found = too_long(&sources("rules/src"));
    let advice = format!("a control has at most {LONGEST} lines, and half of them {MEDIAN}");
    compare("controls", &found, &advice);
}

#[test]
fn long_controls_are_seen() {
    let control = |path: &str, lines: usize| {
        SourceFile::new(path, &("fn f() {}\n".repeat(lines - 1) + "control! { A }\n"))
    };
    let sources = [
        control("src/a.rs", 10),
        control("src/b.rs", MEDIAN + 10),
        control("src/c.rs", LONGEST + 1),
        SourceFile::new("src/d.rs", &"fn f() {}\n".repeat(LONGEST + 1)),
    ];
    let found = [("median".to_owned(), MEDIAN + 10), ("src/c.rs".to_owned(), 1)];
    assert_eq!(too_long(&sources), Findings::from(found));
    assert_eq!(too_long(&sources[..1]), Findings::new());
}
