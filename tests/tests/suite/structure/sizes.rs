//! The length of files.

use super::allowed::{Findings, compare};
use super::source::{SourceFile, all_sources};

/// The most lines of a file, without `mod tests`.
const LIMIT: usize = 500;

/// Tests that are tables or properties. A second file would separate parts that belong together.
const TABLES: &[&str] = &[
    "common/core/tests/filter_controls.rs",
    "common/core/tests/policy_deny_http.rs",
    "common/core/tests/policy_properties.rs",
    "tests/tests/suite/alarm_chains.rs",
];

fn too_long<'a>(sources: impl IntoIterator<Item = &'a SourceFile>) -> Findings {
    let long = |source: &&SourceFile| source.lines_without_tests() > LIMIT;
    sources.into_iter().filter(long).map(|source| (source.path.clone(), 1)).collect()
}

#[test]
fn files_are_short() {
    let mut found = too_long(&all_sources());
    let unused: Vec<&&str> = TABLES.iter().filter(|path| found.remove(**path).is_none()).collect();
    assert!(
        unused.is_empty(),
        "these files are no longer long, remove them from TABLES: {unused:?}"
    );
    compare("files", &found, &format!("these files have more than {LIMIT} lines"));
}

#[test]
fn long_files_are_seen() {
    let tests = "#[cfg(test)]\nmod tests {\n    fn a() {}\n}\n";
    let file = |path, lines| SourceFile::new(path, &("fn f() {}\n".repeat(lines) + tests));
    let found = too_long(&[file("src/short.rs", LIMIT), file("src/long.rs", LIMIT + 1)]);
    assert_eq!(found, Findings::from([("src/long.rs".to_owned(), 1)]));
}
