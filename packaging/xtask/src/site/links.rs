//! Links of all Markdown files: their files and headings exist, and pages of the site link to the
//! site only.

use std::collections::{BTreeMap, BTreeSet};

use super::Page;
use super::markdown::Outline;

/// The folder of the site.
const SITE: &str = "docs/";

/// The links that lead nowhere. `exists` answers for a path below the root.
pub(super) fn problems(files: &[Page], exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let outlines: BTreeMap<&str, Outline> =
        files.iter().map(|page| (page.path.as_str(), Outline::of(&page.text))).collect();
    let anchors: BTreeMap<&str, &BTreeSet<String>> =
        outlines.iter().map(|(path, outline)| (*path, &outline.anchors)).collect();
    let mut wrong = Vec::new();
    for (path, outline) in &outlines {
        for (target, _) in &outline.links {
            let why =
                if is_external(target) { None } else { problem(path, target, &anchors, exists) };
            wrong.extend(why.map(|why| format!("{path}: link to '{target}': {why}")));
        }
    }
    wrong
}

/// Whether a link leads to another site.
fn is_external(target: &str) -> bool {
    ["https://", "http://", "mailto:"].iter().any(|scheme| target.starts_with(scheme))
}

/// Why a link of a page leads nowhere.
fn problem(
    path: &str,
    target: &str,
    anchors: &BTreeMap<&str, &BTreeSet<String>>,
    exists: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    // A part without a page of its own, in the table of contents.
    if target.is_empty() && path == "docs/SUMMARY.md" {
        return None;
    }
    let Some(linked) = joined(path, file) else { return Some("it leaves the repository".into()) };
    if path.starts_with(SITE) && !linked.starts_with(SITE) {
        return Some("the site has no such page: write the path as code instead".into());
    }
    if !exists(&linked) {
        return Some(format!("there is no {linked}"));
    }
    if path.starts_with(SITE) && !linked.rsplit('/').next().is_some_and(|name| name.contains('.')) {
        return Some("the site has no page for a folder: link to its README.md".into());
    }
    match anchors.get(linked.as_str()) {
        Some(anchors) if !anchor.is_empty() && !anchors.contains(anchor) => {
            Some(format!("{linked} has no heading '{anchor}'"))
        }
        _ => None,
    }
}

/// The path below the root of a file that is named in a page, without `.` and `..`.
fn joined(page: &str, file: &str) -> Option<String> {
    if file.is_empty() {
        return Some(page.to_owned());
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in file.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::page;
    use super::*;

    #[test]
    fn links_that_lead_nowhere_are_seen() {
        let pages = [
            page(
                "docs/a/one.md",
                "# One\n\n[a](../two.md#first-part) [b](#one) [c](https://example.com/x) [d](../two.md)",
            ),
            page("docs/two.md", "# Two\n\n## First part\n\n[a](a/one.md) [b](schema/x.json)"),
            page("README.md", "# Name\n\n[a](docs/two.md#two) [b](docs)"),
        ];
        let exists = |path: &str| {
            ["docs/a/one.md", "docs/two.md", "docs/schema/x.json", "docs", "docs/a", "README.md"]
                .contains(&path)
        };
        assert_eq!(problems(&pages, &exists), [""; 0]);
        let wrong = [
            ("[a](three.md)", "there is no docs/a/three.md"),
            ("[a](../two.md#second)", "docs/two.md has no heading 'second'"),
            ("[a](#two)", "docs/a/one.md has no heading 'two'"),
            ("[a](../../README.md)", "write the path as code"),
            ("[a](../../../README.md)", "leaves the repository"),
            ("[a](../a)", "link to its README.md"),
            ("<img src=\"x.png\">", "there is no docs/a/x.png"),
        ];
        for (text, expected) in wrong {
            let mut pages = pages.to_vec();
            pages[0] = page("docs/a/one.md", &format!("# One\n\n{text}\n"));
            let found = problems(&pages, &exists);
            assert!(found.len() == 1 && found[0].contains(expected), "{text}: {found:?}");
        }
    }
}
