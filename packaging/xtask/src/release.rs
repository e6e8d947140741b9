//! `cargo xtask release`: checks what a release requires, and prints what it does. The release
//! workflow runs the same checks, builds the files and publishes them.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};
use clap::Args;

use crate::{generate, root};

/// The version of all packages, from the `Cargo.toml` of the workspace.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The page that describes how to install a release.
const INSTALL: &str = "docs/get-started/install.md";

/// The phrases of pages about behavior that is not verified, in lowercase.
const UNVERIFIED: [&str; 5] = [
    "has not been observed",
    "has not been verified",
    "not been observed yet",
    "not verified",
    "only aws can",
];

/// What every package that others can use states in its `Cargo.toml`.
const METADATA: [&str; 5] = [
    "description = ",
    "license.workspace = true",
    "readme.workspace = true",
    "keywords.workspace = true",
    "categories.workspace = true",
];

/// The arguments of the task.
#[derive(Args)]
pub(crate) struct ReleaseArguments {
    /// Check only; the release workflow publishes
    #[arg(long, required = true)]
    dry_run: bool,
    /// The existing tag to release, as in the workflow [default: a tag that does not exist yet]
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Write the section of the version in CHANGELOG.md to this file
    #[arg(long, value_name = "FILE")]
    notes: Option<PathBuf>,
}

/// The result of a check: what is fulfilled, or what is wrong and how to fix it.
type Checked = Result<String, String>;

/// Runs all checks and prints their results.
///
/// # Errors
/// A check fails, or cannot run.
pub(crate) fn release(arguments: &ReleaseArguments) -> anyhow::Result<()> {
    let changelog = read("CHANGELOG.md")?;
    let tag = arguments.tag.as_deref();
    let checks = [
        manifests()?,
        section(&changelog, VERSION).map(|(date, _)| format!("CHANGELOG.md: {VERSION}, {date}")),
        metadata()?,
        documents()?,
        status("README.md", "not released yet", &read("README.md")?),
        status(INSTALL, "no release yet", &read(INSTALL)?),
        generated()?,
        tree()?,
        tagged(tag)?,
    ];
    for check in &checks {
        match check {
            Ok(done) => println!("ok     {done}"),
            Err(wrong) => println!("wrong  {wrong}"),
        }
    }
    for note in notes()? {
        println!("note   {note}");
    }
    let wrong = checks.iter().filter(|check| check.is_err()).count();
    ensure!(wrong == 0, "{wrong} of {} checks failed: nothing can be released", checks.len());
    if let (Some(file), Ok((_, notes))) = (&arguments.notes, section(&changelog, VERSION)) {
        std::fs::write(file, notes).with_context(|| format!("cannot write {}", file.display()))?;
    }
    println!("\nThe release of {VERSION}:");
    if tag.is_none() {
        println!("  git tag --sign v{VERSION} --message 'Plumbline {VERSION}'");
        println!("  git push origin v{VERSION}");
    }
    println!("  The workflow Release then runs 'cargo xtask dist' on a machine for each target,");
    println!("  and publishes the files after the approval of the environment 'release'.");
    Ok(())
}

fn read(path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(root()?.join(path)).with_context(|| format!("cannot read {path}"))
}

/// All packages take the version of the workspace, and require it of each other.
fn manifests() -> anyhow::Result<Checked> {
    let mut wrong = Vec::new();
    for path in package_manifests()? {
        if !read(&path)?.lines().any(|line| line == "version.workspace = true") {
            wrong.push(format!("{path} must have the line 'version.workspace = true'"));
        }
    }
    let required = format!(", version = \"{VERSION}\"");
    for line in read("Cargo.toml")?.lines().filter(|line| line.contains("{ path = ")) {
        if !line.contains(&required) {
            wrong.push(format!("Cargo.toml must require {VERSION} in '{line}'"));
        }
    }
    Ok(if wrong.is_empty() {
        Ok(format!("Cargo.toml: {VERSION} for all packages"))
    } else {
        Err(wrong.join(", "))
    })
}

/// The `Cargo.toml` files of the packages in the workspace.
fn package_manifests() -> anyhow::Result<impl Iterator<Item = String>> {
    let paths = tracked("*Cargo.toml")?.into_iter();
    Ok(paths.filter(|path| path != "Cargo.toml" && !path.starts_with("tests/fuzz/")))
}

/// The packages for others have the metadata of a published package.
fn metadata() -> anyhow::Result<Checked> {
    let mut wrong = Vec::new();
    let is_internal =
        |path: &String| ["packaging/xtask/", "tests/"].iter().any(|p| path.starts_with(p));
    for path in package_manifests()?.filter(|path| !is_internal(path)) {
        let text = read(&path)?;
        for start in METADATA {
            if !text.lines().any(|line| line.starts_with(start)) {
                wrong.push(format!("{path} lacks '{}'", start.trim_end()));
            }
        }
    }
    Ok(if wrong.is_empty() {
        Ok("Cargo.toml: description, license, readme, keywords, categories".to_owned())
    } else {
        Err(wrong.join(", "))
    })
}

/// What a maintainer decides or reads before a release; none of it prevents one.
fn notes() -> anyhow::Result<Vec<String>> {
    let mut notes = Vec::new();
    if !read("Cargo.toml")?.lines().any(|line| line.starts_with("repository = ")) {
        notes.push(
            "Cargo.toml states no repository. When its URL is decided, add 'repository' to \
             [workspace.package] and replace OWNER/REPOSITORY in the pages"
                .to_owned(),
        );
    }
    for path in tracked("*.md")? {
        if !path.starts_with("docs/controls/") {
            let page = read(&path)?;
            let lines = unverified(&page);
            notes.extend(lines.iter().map(|(at, line)| format!("{path}:{at}: {line}")));
        }
    }
    Ok(notes)
}

/// Returns the lines of a page that state that something is not verified, with their numbers.
fn unverified(page: &str) -> Vec<(usize, &str)> {
    let states = |line: &str| {
        let line = line.to_lowercase();
        UNVERIFIED.iter().any(|phrase| line.contains(phrase))
    };
    (1..).zip(page.lines()).filter(|(_, line)| states(line)).collect()
}

/// Returns the date and the text of a version's section in the changelog.
fn section<'a>(changelog: &'a str, version: &str) -> Result<(&'a str, &'a str), String> {
    let advice = || {
        format!("CHANGELOG.md has no section '## [{version}] - YYYY-MM-DD'. Rename [Unreleased]")
    };
    let heading = format!("\n## [{version}] - ");
    let (_, rest) = changelog.split_once(&heading).ok_or_else(advice)?;
    let (date, rest) = rest.split_once('\n').ok_or_else(advice)?;
    chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").map_err(|_| advice())?;
    let text = rest.split_once("\n## [").map_or(rest, |(text, _)| text).trim();
    if text.is_empty() {
        return Err(format!("the section of {version} in CHANGELOG.md is empty. Add the changes"));
    }
    Ok((date, text))
}

/// Pages and files for users name this version only.
fn documents() -> anyhow::Result<Checked> {
    let mut wrong = Vec::new();
    let mut named = 0;
    for path in tracked("*.md")?.into_iter().chain(tracked("*.yml")?) {
        if path == "CHANGELOG.md" || path.starts_with("docs/controls/") {
            continue;
        }
        for version in versions(&read(&path)?) {
            named += 1;
            if version != VERSION {
                wrong.push(format!("{path} names {version}"));
            }
        }
    }
    Ok(if wrong.is_empty() {
        Ok(format!("documentation: no other version in {named} places"))
    } else {
        Err(format!("{}. Change it to {VERSION}", wrong.join(", ")))
    })
}

/// A page describes a release, and does not say that no release exists.
fn status(path: &str, phrase: &str, page: &str) -> Checked {
    if page.contains(phrase) {
        Err(format!("{path} says '{phrase}'. Describe the release"))
    } else {
        Ok(format!("{path}: describes a release"))
    }
}

/// Returns the versions of Plumbline that a text names, such as `plumbline 0.1.0`,
/// `plumbline-0.1.0-py3` and `Version 0.1.0,`.
fn versions(text: &str) -> Vec<&str> {
    let lowercase = text.to_ascii_lowercase();
    let marks = ["plumbline-", "plumbline_", "plumbline ", "plumbline==", "plumbline@", "version "];
    let mut found = Vec::new();
    for mark in marks {
        for (at, _) in lowercase.match_indices(mark) {
            let rest = text.get(at + mark.len()..).unwrap_or_default();
            let rest = rest.strip_prefix('v').unwrap_or(rest);
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let version = rest.get(..end).unwrap_or_default().trim_end_matches('.');
            let before = lowercase.get(..at).unwrap_or_default();
            // "Version 1.5.0 of the benchmark" and versions of other software are not at the start
            // of a sentence.
            let is_own = mark != "version " || before.is_empty() || before.ends_with('\n');
            if version.split('.').count() == 3 && is_own {
                found.push(version);
            }
        }
    }
    found
}

/// The generated files, which include `THIRD-PARTY.md`, match their declarations.
fn generated() -> anyhow::Result<Checked> {
    let stale = generate::stale()?;
    Ok(if stale.is_empty() {
        Ok("generated files and THIRD-PARTY.md: current".to_owned())
    } else {
        Err(format!("{} are not current. Run 'cargo xtask generate'", stale.join(", ")))
    })
}

/// The commit contains everything.
fn tree() -> anyhow::Result<Checked> {
    let changed = git(&["status", "--porcelain"])?;
    Ok(match changed.lines().count() {
        0 => Ok(format!("checkout: no changes to {}", git(&["rev-parse", "HEAD"])?)),
        count => Err(format!("the checkout has {count} changed or new files. Commit them")),
    })
}

/// The tag of the version is new, or it is the given tag of this commit.
fn tagged(given: Option<&str>) -> anyhow::Result<Checked> {
    let expected = format!("v{VERSION}");
    let Some(tag) = given else {
        return Ok(if git(&["tag", "--list", &expected])?.is_empty() {
            Ok(format!("tag {expected}: does not exist yet"))
        } else {
            Err(format!("the tag {expected} exists. Set the next version in Cargo.toml"))
        });
    };
    if tag != expected {
        return Ok(Err(format!("the tag is {tag}, but Cargo.toml requires {expected}")));
    }
    let commit = git(&["rev-parse", "HEAD"])?;
    Ok(match git(&["rev-parse", &format!("refs/tags/{tag}^{{commit}}")]) {
        Ok(tagged) if tagged == commit => Ok(format!("tag {tag}: this commit")),
        _ => Err(format!("the tag {tag} is not at this commit. Check out the tag")),
    })
}

/// Lists the files that git tracks.
fn tracked(pattern: &str) -> anyhow::Result<Vec<String>> {
    Ok(git(&["ls-files", "--", pattern])?.lines().map(str::to_owned).collect())
}

/// Returns what git prints in the root of the checkout.
pub(crate) fn git(arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(root()?)
        .output()
        .context("cannot start git")?;
    ensure!(
        output.status.success(),
        "git {} failed: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-01-31\n\n\
                             ### Added\n- One.\n\n## [1.1.0] - 2025-12-01\n\n";

    #[test]
    fn the_notes_are_the_section_of_the_version() {
        assert_eq!(section(CHANGELOG, "1.2.0"), Ok(("2026-01-31", "### Added\n- One.")));
        assert!(section(CHANGELOG, "1.1.0").is_err_and(|error| error.contains("is empty")));
        for missing in ["1.3.0", "1.2", "Unreleased"] {
            assert!(section(CHANGELOG, missing).is_err_and(|error| error.contains("has no")));
        }
        let undated = CHANGELOG.replace("2026-01-31", "soon");
        assert!(section(&undated, "1.2.0").is_err());
    }

    #[test]
    fn versions_of_plumbline_are_found_in_texts() {
        let text = "Version 0.1.0, not released.\nplumbline-0.2.0-py3-none-any.whl\n\
                    the Benchmark, version 1.5.0\nPlumbline v0.3.1.\nplumbline-cli 1.2";
        let mut found = versions(text);
        found.sort_unstable();
        assert_eq!(found, ["0.1.0", "0.2.0", "0.3.1"]);
    }

    #[test]
    fn pages_of_an_unreleased_version_are_found() {
        assert!(
            status("README.md", "not released yet", "Version 0.1.0, not released yet.").is_err()
        );
        assert!(status("README.md", "not released yet", "Version 0.1.0.").is_ok());
        // The page has the phrase until the first release, so that the check can find it.
        let page = read(INSTALL).expect("the page");
        let changelog = read("CHANGELOG.md").expect("the changelog");
        let is_released = section(&changelog, VERSION).is_ok();
        assert_eq!(status(INSTALL, "no release yet", &page).is_ok(), is_released);
    }

    #[test]
    fn pages_about_unverified_behavior_are_listed() {
        let page = "One.\nOnly AWS can show this.\nThis has not been observed.\nVerified.";
        let lines: Vec<usize> = unverified(page).into_iter().map(|(at, _)| at).collect();
        assert_eq!(lines, [2, 3]);
        let notes = notes().expect("tracked files");
        assert!(notes.iter().any(|note| note.starts_with("docs/operate/not-verified.md:")));
    }

    #[test]
    fn documentation_names_this_version_only() {
        let checked = documents().expect("tracked files");
        assert!(checked.is_ok(), "{checked:?}");
        let manifests = manifests().expect("tracked files");
        assert!(manifests.is_ok(), "{manifests:?}");
    }
}
