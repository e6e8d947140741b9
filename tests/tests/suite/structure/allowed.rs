//! The list of findings that are allowed for now, by check. It only shrinks.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// With this variable, tests remove entries that are no longer needed from the list, instead of
/// failing. They add nothing to it.
const SHRINK_VARIABLE: &str = "PLUMBLINE_SHRINK";

const HEAD: &str = "\
# Violations that the tests of the structure still allow, with their number. This list only shrinks.
# This command removes entries that are no longer needed:
#   PLUMBLINE_SHRINK=1 cargo test --package plumbline-tests --test suite structure
";

/// The findings of a check: the place, and how many (1 if they are not counted).
pub(crate) type Findings = BTreeMap<String, usize>;

/// Tests run at the same time, and several of them can write the list.
static LIST: Mutex<()> = Mutex::new(());

fn path() -> PathBuf {
    plumbline_tests::package().join("tests/suite/structure/allowed.toml")
}

/// Fails unless a check finds exactly what is allowed.
pub(crate) fn compare(check: &str, found: &Findings, advice: &str) {
    compare_with(check, found, advice, |_| String::new());
}

/// As [`compare`], with a text for each finding that is not allowed.
pub(crate) fn compare_with(
    check: &str,
    found: &Findings,
    advice: &str,
    explain: impl Fn(&str) -> String,
) {
    let _lock = LIST.lock().unwrap_or_else(PoisonError::into_inner);
    let text = std::fs::read_to_string(path()).expect("the list");
    let mut list: BTreeMap<String, Findings> = toml::from_str(&text).expect("a list");
    let allowed = list.remove(check).unwrap_or_default();
    let grown = grown(&allowed, found, explain);
    assert!(grown.is_empty(), "{check}: {advice}\n{}", grown.join("\n"));
    let shrunk = shrunk(&allowed, found);
    if std::env::var_os(SHRINK_VARIABLE).is_none() {
        assert!(
            shrunk.is_empty(),
            "{check}: allowed.toml must shrink (run with {SHRINK_VARIABLE}=1):\n{}",
            shrunk.join("\n")
        );
    } else if !shrunk.is_empty() {
        if !found.is_empty() {
            list.insert(check.to_owned(), found.clone());
        }
        let text = format!("{HEAD}\n{}", toml::to_string(&list).expect("a list"));
        std::fs::write(path(), text).expect("the list is written");
    }
}

/// Findings that are not allowed.
fn grown(allowed: &Findings, found: &Findings, explain: impl Fn(&str) -> String) -> Vec<String> {
    let found = found.iter().filter_map(|(what, size)| {
        let line = match allowed.get(what) {
            None => format!("  {what} ({size})"),
            Some(limit) if size > limit => format!("  {what}: {size}, allowed are {limit}"),
            Some(_) => return None,
        };
        let explanation = explain(what);
        let separator = if explanation.is_empty() { "" } else { ": " };
        Some(format!("{line}{separator}{explanation}"))
    });
    found.collect()
}

/// Allowed findings that no longer exist.
fn shrunk(allowed: &Findings, found: &Findings) -> Vec<String> {
    allowed
        .iter()
        .filter_map(|(what, limit)| match found.get(what) {
            None => Some(format!("  {what}: nothing is left of {limit}")),
            Some(size) if size < limit => Some(format!("  {what}: {size} of {limit} are left")),
            Some(_) => None,
        })
        .collect()
}

#[test]
fn the_list_only_shrinks() {
    let list = |entries: &[(&str, usize)]| -> Findings {
        entries.iter().map(|&(what, size)| (what.to_owned(), size)).collect()
    };
    let allowed = list(&[("a", 1), ("b", 3), ("c", 5)]);
    let found = list(&[("a", 1), ("b", 2), ("c", 6), ("d", 1)]);
    let explain = |what: &str| if what == "d" { "write e".to_owned() } else { String::new() };
    assert_eq!(grown(&allowed, &found, explain), ["  c: 6, allowed are 5", "  d (1): write e"]);
    assert_eq!(shrunk(&allowed, &found), ["  b: 2 of 3 are left"]);
    assert_eq!(shrunk(&allowed, &list(&[("b", 3), ("c", 5)])), ["  a: nothing is left of 1"]);
}
