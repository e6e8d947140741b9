//! Words that no code and no text uses.

use super::allowed::{Findings, compare};
use super::source::{SourceFile, all_sources, packages};

/// Texts report, state, show or list; nothing is alive enough to do these.
const WORDS: &[&str] = &["tell", "told", "tells"];

/// How many lines have one of the words.
fn lines(source: &SourceFile) -> usize {
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    let has = |line: &&str| line.split(|char| !is_part(char)).any(|word| WORDS.contains(&word));
    source.text.lines().filter(has).count()
}

#[test]
fn words_are_those_of_the_field() {
    let folders: Vec<String> = packages().into_iter().map(|package| package.folder).collect();
    let mut found = Findings::new();
    // The list of words itself is here.
    let sources = all_sources().into_iter().filter(|source| !source.path.ends_with("/words.rs"));
    for source in sources {
        let folder = folders.iter().find(|folder| source.path.starts_with(&format!("{folder}/")));
        let count = lines(&source);
        if count > 0 {
            *found.entry(folder.expect("a package").clone()).or_default() += count;
        }
    }
    compare("words", &found, &format!("these packages have so many lines with one of {WORDS:?}"));
}

#[test]
fn words_are_seen() {
    let text = "fn tell() {}\n// It told; it tells.\nfn tell_apart() {}\n// teller\n";
    assert_eq!(lines(&SourceFile::new("src/a.rs", text)), 2);
}
