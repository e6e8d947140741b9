//! Creates the code map for `docs/contribute/code-map.md`: the files of each package with their
//! descriptions.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::root;

/// The packages of the map in the order of their dependencies, with their source folders.
const PACKAGES: [(&str, &str); 8] = [
    ("plumbline-core", "common/core/src"),
    ("plumbline-aws", "common/aws/src"),
    ("plumbline-rules", "rules/src"),
    ("plumbline-templates", "packaging/templates/src"),
    ("plumbline-deploy", "packaging/deploy/src"),
    ("plumbline-cli", "packaging/cli/src"),
    ("plumbline-lambda", "packaging/lambda/src"),
    ("xtask", "packaging/xtask/src"),
];

/// Returns the section of the page.
///
/// # Errors
/// A file cannot be read, or does not begin with a description.
pub(crate) fn section() -> anyhow::Result<String> {
    let mut section = String::new();
    for (package, folder) in PACKAGES {
        let folder = root()?.join(folder);
        if !folder.exists() {
            continue;
        }
        let relative = folder.strip_prefix(root()?)?.display();
        writeln!(section, "\n### `{relative}` ({package})\n\n| file | what it is |\n|---|---|")?;
        for file in sources(&folder)? {
            let name = file.strip_prefix(&folder)?.display().to_string();
            if is_control(&name, package) {
                continue;
            }
            writeln!(section, "| `{name}` | {} |", purpose(&file)?)?;
        }
    }
    section.push('\n');
    Ok(section)
}

/// Whether a file is a control. The map omits controls, because `docs/controls` lists them.
fn is_control(name: &str, package: &str) -> bool {
    package == "plumbline-rules"
        && name.contains('/')
        && !name.ends_with("mod.rs")
        && !name.starts_with("shared/")
        && !name.starts_with("monitoring/alarms/")
}

/// Returns all files of a folder and its subfolders, sorted by path.
fn sources(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Returns the first sentence of a file's `//!` lines without its period.
fn purpose(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file)?;
    let paragraph: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//! ")).collect();
    let paragraph = paragraph.join(" ");
    let sentence = paragraph.split_once(". ").map_or(paragraph.as_str(), |(first, _)| first);
    let sentence = sentence.trim_end_matches('.');
    (!sentence.is_empty())
        .then(|| sentence.to_owned())
        .with_context(|| format!("{} has no //! line that describes it", file.display()))
}
