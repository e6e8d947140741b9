//! The map of the code for `docs/contribute/code-map.md`: the files of each package, each with its
//! own description.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::root;

/// The packages of the map, in the order of their dependencies, each with its folder of sources.
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

/// The section of the page.
///
/// # Errors
/// When a file cannot be read, or does not say in its first lines what it is.
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

/// Controls are one file each, and `docs/controls` lists them: the map has the folders only.
fn is_control(name: &str, package: &str) -> bool {
    package == "plumbline-rules"
        && name.contains('/')
        && !name.ends_with("mod.rs")
        && !name.starts_with("shared/")
        && !name.starts_with("monitoring/alarms/")
}

/// All files of a folder and those below, in the order of their paths.
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

/// The first sentence of a file's `//!` lines, without its period.
fn purpose(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file)?;
    let paragraph: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//! ")).collect();
    let paragraph = paragraph.join(" ");
    let sentence = paragraph.split_once(". ").map_or(paragraph.as_str(), |(first, _)| first);
    let sentence = sentence.trim_end_matches('.');
    (!sentence.is_empty())
        .then(|| sentence.to_owned())
        .with_context(|| format!("{} has no //! line that says what it is", file.display()))
}
