//! `cargo xtask book`: the documentation site, built by mdBook from `docs`.

use std::process::Command;

use anyhow::{Context, ensure};

use crate::environment::{target, virtual_environment};
use crate::{root, site};

/// Builds the site into the folder `book` of the target directory. A warning is an error.
pub(crate) fn build() -> anyhow::Result<()> {
    let wrong = site::problems(&root()?)?;
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mdbook =
        virtual_environment("book-venv", ".ci/book-requirements.txt")?.with_file_name("mdbook");
    let folder = target()?.join("book");
    let output = Command::new(&mdbook)
        .arg("build")
        .arg(root()?.join("docs"))
        .arg("--dest-dir")
        .arg(std::path::absolute(&folder)?)
        .env_remove("RUST_LOG")
        .output()
        .with_context(|| format!("cannot start {}", mdbook.display()))?;
    let log = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && !has_warnings(&log), "mdbook reports:\n{log}");
    println!("built {}", folder.join("index.html").display());
    Ok(())
}

/// Whether mdBook reports more than its progress. It has no option for that.
fn has_warnings(log: &str) -> bool {
    log.lines().any(|line| ["WARN", "ERROR"].iter().any(|level| line.trim().starts_with(level)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_seen() {
        assert!(!has_warnings(" INFO Book building has started\n INFO Running the html backend\n"));
        assert!(has_warnings(" INFO Book building has started\n WARN unclosed HTML tag `<b>`\n"));
        assert!(has_warnings("ERROR Error updating \"{{#include ../absent.json}}\""));
    }
}
