//! Pages of the site: each is in the table of contents, begins with its purpose and is short.

use std::collections::BTreeSet;

use super::Page;
use super::markdown::Outline;

const SITE: &str = "docs/";
const CONTENTS: &str = "docs/SUMMARY.md";

/// The most words of a page, without its blocks of code.
const LIMIT: usize = 1_500;

/// Pages that may be longer, or a folder of them, each with the reason.
const LONG: &[(&str, &str)] = &[
    ("docs/controls/", "generated: tables of examples"),
    ("docs/permissions.md", "generated: one row for each action of a control"),
    ("docs/reference/", "looked up, not read"),
    ("docs/contribute/code-map.md", "generated: one row for each source file"),
];

/// Pages that do not begin with their purpose, or a folder of them, each with the reason.
const WITHOUT_PURPOSE: &[(&str, &str)] =
    &[("docs/controls/", "one page for each control: the title is the purpose")];

/// What is wrong with the pages.
pub(super) fn problems(files: &[Page]) -> Vec<String> {
    let Some(contents) = files.iter().find(|page| page.path == CONTENTS) else {
        return vec![format!("there is no {CONTENTS}")];
    };
    let links = Outline::of(&contents.text).links;
    let listed: BTreeSet<String> =
        links.into_iter().map(|(target, _)| format!("{SITE}{target}")).collect();
    let pages = || files.iter().filter(|page| page.path.starts_with(SITE) && page.path != CONTENTS);
    let is_in = |list: &[(&str, &str)], path: &str| {
        list.iter()
            .any(|(entry, _)| path == *entry || (entry.ends_with('/') && path.starts_with(entry)))
    };
    let mut wrong = Vec::new();
    for Page { path, text } in pages() {
        let outline = Outline::of(text);
        if !listed.contains(path) {
            wrong.push(format!("{path}: it is not in {CONTENTS}"));
        }
        if outline.words > LIMIT && !is_in(LONG, path) {
            wrong.push(format!("{path}: it has {} words; {LIMIT} are allowed", outline.words));
        }
        if text.contains("```mermaid") {
            wrong.push(format!("{path}: the site does not draw Mermaid; draw the diagram as text"));
        }
        if !outline.opening.starts_with("For ") && !is_in(WITHOUT_PURPOSE, path) {
            wrong.push(format!(
                "{path}: its first paragraph does not begin with 'For ' and readers"
            ));
        }
    }
    for (entry, _) in LONG.iter().chain(WITHOUT_PURPOSE) {
        if !pages().any(|page| page.path.starts_with(entry)) {
            wrong.push(format!("{entry}: no such page; remove it from the list of the check"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::super::tests::page;
    use super::*;

    /// A site in which all is right.
    fn site() -> Vec<Page> {
        let mut site = vec![page("README.md", "# Not of the site")];
        let mut contents = "# Summary\n\n- [Start](start.md)\n".to_owned();
        site.push(page("docs/start.md", "# Start\n\nFor people who begin.\n"));
        for (entry, _) in LONG {
            let path =
                if entry.ends_with('/') { format!("{entry}x.md") } else { entry.to_string() };
            contents += &format!("- [X]({})\n", path.trim_start_matches(SITE));
            site.push(page(&path, &format!("# X\n\nFor all. {}\n", "word ".repeat(LIMIT))));
        }
        site.push(page(CONTENTS, &contents));
        site
    }

    #[test]
    fn wrong_pages_are_seen() {
        assert_eq!(problems(&site()), [""; 0]);
        for (path, text, expected) in [
            ("docs/start.md", "# Start\n\nFor all.\n\n```mermaid\na\n```\n".to_owned(), "Mermaid"),
            ("docs/other.md", "# Other\n\nFor all.\n".to_owned(), "not in docs/SUMMARY.md"),
            ("docs/start.md", "# Start\n\nThis is it.\n\nFor all.\n".to_owned(), "does not begin"),
            (
                "docs/start.md",
                format!("# Start\n\nFor all. {}\n", "word ".repeat(LIMIT)),
                "1503 words",
            ),
        ] {
            let mut site = site();
            site.retain(|page| page.path != path);
            site.push(page(path, &text));
            let found = problems(&site);
            assert!(found.len() == 1 && found[0].contains(expected), "{path}: {found:?}");
        }
        let mut site = site();
        site.retain(|page| page.path != "docs/permissions.md");
        assert!(problems(&site)[0].contains("no such page"));
    }
}
