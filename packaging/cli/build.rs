//! Sets `PLUMBLINE_VERSION`, which `plumbline --version` prints: the version, and in release builds
//! the commit with its date.
//!
//! `PLUMBLINE_COMMIT` and `SOURCE_DATE_EPOCH` have priority. Otherwise, a release build asks git. A
//! source without git, or with changes, has only the version. The same applies to a development
//! build, which would otherwise compile again after each commit.
#![allow(clippy::print_stdout, reason = "a build script talks to cargo on standard output")]

use std::process::Command;

use chrono::DateTime;

/// The number of digits of the commit that are printed.
const DIGITS: usize = 12;
/// The sources outside of this package, and the files by which a new commit is recognized.
const SOURCES: [&str; 4] = ["../../common", "../../rules", "../../packaging", "../../Cargo.lock"];

fn main() {
    println!("cargo::rerun-if-env-changed=PLUMBLINE_COMMIT");
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo::rerun-if-changed=build.rs");
    let version = variable("CARGO_PKG_VERSION").unwrap_or_default();
    let given = variable("PLUMBLINE_COMMIT").zip(variable("SOURCE_DATE_EPOCH"));
    let is_release = variable("PROFILE").as_deref() == Some("release");
    let source = given.or_else(|| is_release.then(committed).flatten());
    let built = source.and_then(|(commit, epoch)| {
        let date = DateTime::from_timestamp(epoch.parse().ok()?, 0)?.date_naive();
        Some(format!(" ({} {date})", commit.get(..DIGITS)?))
    });
    println!("cargo::rustc-env=PLUMBLINE_VERSION={version}{}", built.unwrap_or_default());
}

/// Returns a variable of the environment that is set and not empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the commit and its time, if git tracks this package and no file is changed.
fn committed() -> Option<(String, String)> {
    git(&["ls-files", "--error-unmatch", "build.rs"])?;
    for path in [git(&["rev-parse", "--git-path", "logs/HEAD"])?.as_str()].iter().chain(&SOURCES) {
        println!("cargo::rerun-if-changed={path}");
    }
    if !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty() {
        return None;
    }
    let shown = git(&["log", "-1", "--format=%H %ct"])?;
    let (commit, epoch) = shown.split_once(' ')?;
    Some((commit.to_owned(), epoch.to_owned()))
}

/// Returns what git prints.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
