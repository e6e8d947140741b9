//! The tests that pages name exist.

use std::collections::BTreeSet;
use std::path::Path;

/// Pages that name tests, as `path/to/file.rs::name`.
const PAGES: &[&str] = &[PROMISES, "docs/contribute/measurements.md", KINDS];

/// The page with what is promised to security teams.
const PROMISES: &str = "docs/explanations/security-promises.md";

/// The page with the tests of each kind of mistake.
const KINDS: &str = "docs/contribute/verdict-cases.md";

/// The tests that a text names.
fn named(text: &str) -> BTreeSet<(&str, &str)> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.split_once(".rs::"))
        .filter(|(file, _)| file.contains('/'))
        .collect()
}

/// Whether a file has a test with this name, also a test that a macro creates.
fn has_test(source: &str, name: &str) -> bool {
    source.split("#[test]").skip(1).any(|rest| {
        let function = rest.split_once("fn ").map(|(_, function)| function);
        function
            .and_then(|function| function.split_once('('))
            .is_some_and(|(found, _)| found == name)
    })
}

#[test]
fn named_tests_exist() {
    let root = plumbline_tests::package().join("..");
    let read = |path: &Path| std::fs::read_to_string(root.join(path)).ok();
    let mut missing = Vec::new();
    for page in PAGES {
        let text = read(Path::new(page)).expect("the page");
        let tests = named(&text);
        assert!(!tests.is_empty(), "{page} names no test");
        for (file, test) in tests {
            let file = format!("{file}.rs");
            if !read(Path::new(&file)).is_some_and(|source| has_test(&source, test)) {
                missing.push(format!("{page}: {file} has no test '{test}'"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// A page of promises without tests would pass the test above.
#[test]
fn each_promise_names_a_test() {
    let root = plumbline_tests::package().join("..");
    let page = std::fs::read_to_string(root.join(PROMISES)).expect("the page");
    let promises: Vec<&str> = page.split("\n## ").skip(1).collect();
    assert!(promises.len() >= 10, "{}", promises.len());
    for promise in promises {
        let title = promise.lines().next().unwrap_or_default();
        // The workflow that builds a release also checks it.
        let is_checked = promise.contains("- Checks: ");
        assert!(is_checked || !named(promise).is_empty(), "'{title}' names no test");
    }
}

/// Each kind of mistake in the cases of verdicts has a test.
#[test]
fn each_kind_of_mistake_names_a_test() {
    let root = plumbline_tests::package().join("..");
    let folder = root.join("tests/verdicts/cases");
    let mut kinds = BTreeSet::new();
    for file in std::fs::read_dir(folder).expect("the cases") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("the cases");
        let cases: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let cases = cases.as_array().expect("a list");
        kinds.extend(cases.iter().map(|case| case["kind"].as_str().expect("a kind").to_owned()));
    }
    kinds.remove("neighbor");
    let page = std::fs::read_to_string(root.join(KINDS)).expect("the page");
    let (_, table) = page.split_once("| kind | tests |").expect("the table");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let with_tests = rows.filter(|(_, tests)| !named(tests).is_empty());
    let listed: BTreeSet<String> = with_tests.map(|(kind, _)| kind.to_owned()).collect();
    assert_eq!(listed, kinds, "{KINDS}: a row with a test for each kind of the cases");
}

#[test]
fn tests_are_seen() {
    let page = "`tests/a.rs::one`, `b::two`, tests/c.rs::three and `core/d.rs::four`";
    assert_eq!(named(page), BTreeSet::from([("tests/a", "one"), ("core/d", "four")]));
    let source = "#[test]\nfn one() {}\nfn two() {}\n#[test]\n/// Four.\nfn four(a in b) {}\n";
    assert!(["one", "four"].iter().all(|name| has_test(source, name)));
    assert!(!["two", "three", "our"].iter().any(|name| has_test(source, name)));
}

/// Exceptions from advisories state why they are harmless, and the date of the next review.
#[test]
fn exceptions_from_advisories_are_dated() {
    let file = plumbline_tests::package().join("../deny.toml");
    let text = std::fs::read_to_string(file).expect("deny.toml");
    let config: toml::Table = text.parse().expect("TOML");
    for exception in config["advisories"]["ignore"].as_array().expect("a list") {
        let reason = exception.get("reason").and_then(toml::Value::as_str).unwrap_or_default();
        let day = reason.split_once("review on ").map(|(_, day)| day.trim());
        let is_day = day.is_some_and(|day| day.parse::<chrono::NaiveDate>().is_ok());
        assert!(is_day, "{exception}: give a reason that ends in 'review on YYYY-MM-DD'");
    }
}
