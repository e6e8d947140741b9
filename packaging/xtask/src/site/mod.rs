//! What holds for the pages of the documentation site and for the links of all Markdown files.

mod links;
mod markdown;
mod pages;

use std::path::Path;

use anyhow::Context;

/// A Markdown file: its path below the root, with `/`, and its text.
#[derive(Clone, Debug)]
struct Page {
    path: String,
    text: String,
}

/// Everything that is wrong with the site and with links, a line each.
pub(crate) fn problems(root: &Path) -> anyhow::Result<Vec<String>> {
    let files = markdown_files(root)?;
    let mut wrong = pages::problems(&files);
    wrong.extend(links::problems(&files, &|path| root.join(path).exists()));
    Ok(wrong)
}

/// All Markdown files below the root, sorted by path. Folders that are built, or that begin with a
/// period, `.github` aside, have none.
fn markdown_files(root: &Path) -> anyhow::Result<Vec<Page>> {
    const BUILT: [&str; 4] = ["target", "dist", "node_modules", "__pycache__"];
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()? {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if entry.file_type()?.is_dir() {
                if !BUILT.contains(&name.as_str()) && (!name.starts_with('.') || name == ".github")
                {
                    folders.push(path);
                }
            } else if name.ends_with(".md") {
                let below = path.strip_prefix(root).unwrap_or(&path);
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                found.push(Page { path: below.to_string_lossy().replace('\\', "/"), text });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_links_are_right() {
        let wrong = problems(&crate::root().expect("the root")).expect("all files");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// A page of a test.
    pub(super) fn page(path: &str, text: &str) -> Page {
        Page { path: path.to_owned(), text: text.to_owned() }
    }
}
