//! Words that texts do not use. `tests/terms.md` lists them, with the terms to use instead.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::allowed::{Findings, compare_with};
use super::source::{SourceFile, all_sources, files, packages, root};
use super::texts::{Word, identifiers, words};

/// The table of terms. docs/contribute/style.md names it.
const TABLE: &str = "tests/terms.md";

/// Folders of pages, scripts and the Python environment, with the extensions that are read there.
const FOLDERS: &[(&str, &[&str])] = &[
    (".ci", &["md"]),
    (".github", &["md", "yml"]),
    ("docs", &["md"]),
    ("common", &["md"]),
    ("packaging", &["md"]),
    ("rules", &["md"]),
    ("tests", &["md", "py"]),
];
const FILES: &[&str] = &["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"];

/// Pages that are not read: the table and the page of style show the words themselves, and `cargo
/// xtask generate` writes the others from texts that are read in the sources.
const EXEMPT: &[&str] = &[
    TABLE,
    "docs/contribute/style.md",
    "docs/contribute/code-map.md",
    "docs/controls/",
    "docs/permissions.md",
    "docs/reference/cli.md",
    "docs/reference/crosswalk.md",
];

/// Terms that identifiers must not contain either.
const NAMES: &[&str] = &["tell"];

/// The number of places that a failure lists for a term.
const MOST_PLACES: usize = 10;

/// Phrases that texts do not use, and the term to use instead.
struct Term {
    /// Each as its words in lower case; `*` is any word.
    phrases: Vec<Vec<String>>,
    /// The term to use instead.
    instead: String,
}

impl Term {
    /// The first phrase, which identifies the term.
    fn name(&self) -> String {
        self.phrases[0].join(" ")
    }
}

/// The rows of the table.
fn parse(table: &str) -> Vec<Term> {
    let row = |line: &str| {
        let mut cells = line.trim_matches('|').split(" | ");
        let (instead, phrases) = (cells.next()?.trim(), cells.next()?);
        let phrases = phrases.split('`').skip(1).step_by(2).map(|phrase| {
            phrase.split(' ').map(|word| word.to_lowercase()).collect::<Vec<String>>()
        });
        Some(Term { phrases: phrases.collect(), instead: instead.to_owned() })
    };
    table.lines().filter_map(row).filter(|term| !term.phrases.is_empty()).collect()
}

static TERMS: LazyLock<Vec<Term>> =
    LazyLock::new(|| parse(&std::fs::read_to_string(root().join(TABLE)).expect("the table")));

/// The phrases by their first word, each with its term.
type Phrases = HashMap<&'static str, Vec<(&'static [String], &'static Term)>>;

/// The phrases by their first word, each with its term.
static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let mut phrases = HashMap::<_, Vec<_>>::new();
    for term in TERMS.iter() {
        for phrase in &term.phrases {
            let others = phrases.entry(phrase[0].as_str()).or_default();
            others.push((phrase.as_slice(), term));
        }
    }
    phrases
});

/// The terms with a phrase at the beginning.
fn terms_at(words: &[Word]) -> impl Iterator<Item = &'static Term> {
    let is_word = |(wanted, word): (&String, &Word)| {
        if wanted == "*" { !word.text.is_empty() } else { *wanted == word.text }
    };
    let phrases = words.first().and_then(|first| PHRASES.get(first.text.as_str()));
    phrases.into_iter().flatten().filter_map(move |(phrase, term)| {
        let is_here = words.len() >= phrase.len() && phrase.iter().zip(words).all(is_word);
        is_here.then_some(*term)
    })
}

/// A place where a file has a term.
struct Place {
    /// The package, or the file if it is in no package.
    part: String,
    term: &'static Term,
    place: String,
}

impl Place {
    fn key(&self) -> String {
        format!("{}: {}", self.part, self.term.name())
    }
}

fn find<'a>(part: &'a str, path: &'a str, words: &'a [Word]) -> impl Iterator<Item = Place> + 'a {
    (0..words.len()).flat_map(move |at| {
        let place = format!("{path}:{}", words[at].line);
        terms_at(&words[at..]).map(move |term| Place {
            part: part.to_owned(),
            term,
            place: place.clone(),
        })
    })
}

/// Compares what was found with what is allowed.
fn check(name: &str, places: &[Place]) {
    let mut found = Findings::new();
    for place in places {
        *found.entry(place.key()).or_default() += 1;
    }
    compare_with(name, &found, "write these in other words", |key| {
        let mut places = places.iter().filter(|place| place.key() == key);
        let first = places.next().expect("a finding");
        let others: String =
            places.take(MOST_PLACES - 1).map(|place| format!("\n    {}", place.place)).collect();
        format!("write: {}\n    {}{others}", first.term.instead, first.place)
    });
}

/// The Rust files of the packages, each with the package's folder.
fn rust_files() -> Vec<(String, SourceFile)> {
    let folders: Vec<String> = packages().into_iter().map(|package| package.folder).collect();
    let package = |source: SourceFile| {
        let folder = folders.iter().find(|folder| source.path.starts_with(&format!("{folder}/")));
        (folder.expect("a package").clone(), source)
    };
    // The phrases of this file's own tests are not texts.
    let sources = all_sources().into_iter().filter(|source| !source.path.ends_with("/words.rs"));
    sources.map(package).collect()
}

/// The pages and scripts. Those in Python are one part.
fn other_files() -> Vec<(String, SourceFile)> {
    let read = |path: &&str| {
        let text = std::fs::read_to_string(root().join(path)).expect("a page");
        SourceFile::new(path, &text)
    };
    let in_folders = FOLDERS.iter().flat_map(|(folder, extensions)| files(folder, extensions));
    let is_checked = |source: &SourceFile| !EXEMPT.iter().any(|path| source.path.starts_with(path));
    let part = |source: SourceFile| {
        let is_python = source.path.ends_with(".py");
        (if is_python { "tests/environment".to_owned() } else { source.path.clone() }, source)
    };
    in_folders.chain(FILES.iter().map(read)).filter(is_checked).map(part).collect()
}

#[test]
fn texts_use_the_words_of_the_field() {
    let mut places = Vec::new();
    for (part, source) in rust_files().into_iter().chain(other_files()) {
        places.extend(find(&part, &source.path, &words(&source)));
    }
    check("words", &places);
}

#[test]
fn identifiers_use_the_words_of_the_field() {
    let mut places = Vec::new();
    for (part, source) in rust_files() {
        places.extend(find(&part, &source.path, &identifiers(&source)));
    }
    places.retain(|place| NAMES.contains(&place.term.name().as_str()));
    check("identifiers", &places);
}

#[test]
fn terms_are_seen() {
    assert!(!TERMS.is_empty());
    for term in TERMS.iter() {
        assert!(!term.instead.is_empty(), "{}", term.name());
        for phrase in &term.phrases {
            let phrase = phrase.join(" ").replace('*', "it");
            let halves = phrase.replace(' ', "\n/// ");
            let names = find_in("src/a.rs", &format!("/// The {halves}.\nfn f() {{}}\n"));
            assert!(names.contains(&term.name()), "{phrase} in a comment: {names:?}");
            let names = find_in("src/a.rs", &format!("fn f() {{ g(\"{{a}} {phrase}\"); }}\n"));
            assert!(names.contains(&term.name()), "{phrase} in a literal: {names:?}");
            let names = find_in("docs/a.md", &format!("# A\nThe {phrase}, and `code`.\n"));
            assert!(names.contains(&term.name()), "{phrase} in a page: {names:?}");
        }
    }
}

#[test]
fn other_words_are_not_terms() {
    let text = "/// `tell`, or \"waiver\": it is. None is right, not any. More.\n\
                fn tell(rights: u8) { f(\"waiver\", \"{ \\\"waiver\\\": {told} }\"); }\n";
    assert_eq!(find_in("src/a.rs", text), [""; 0]);
}

fn find_in(path: &str, text: &str) -> Vec<String> {
    let words = words(&SourceFile::new(path, text));
    find("a", path, &words).map(|place| place.term.name()).collect()
}
