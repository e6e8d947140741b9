//! The source of a distribution: the commit, and the time that all its files have.

use anyhow::{Context, ensure};
use chrono::DateTime;

use crate::release::git;

/// The variables that state the commit and its time where the source is not a checkout.
const VARIABLES: [&str; 2] = ["PLUMBLINE_COMMIT", "SOURCE_DATE_EPOCH"];

/// The commit that is built, and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DistSource {
    /// The hash of the commit.
    pub(crate) commit: String,
    /// The time of the commit, in seconds since 1970.
    pub(crate) time: u64,
    /// Whether files may differ from the commit. What is built is then not published.
    pub(crate) allows_changes: bool,
}

impl DistSource {
    /// Asks git. Where the source is not a checkout, takes the two variables.
    ///
    /// # Errors
    /// Neither is available, the variables name another commit than git, or the checkout has
    /// changes.
    pub(crate) fn find(allows_changes: bool) -> anyhow::Result<Self> {
        let [commit, time] =
            VARIABLES.map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        Self::choose(committed(allows_changes)?, commit, time, allows_changes)
    }

    /// Chooses between the commit and time of git and those of the variables: always both from one
    /// place. `SOURCE_DATE_EPOCH` alone is often set by build systems, and git has priority.
    fn choose(
        checkout: Option<(String, String)>,
        commit: Option<String>,
        time: Option<String>,
        allows_changes: bool,
    ) -> anyhow::Result<Self> {
        let [first, second] = VARIABLES;
        let (commit, time) = match (checkout, commit, time) {
            (Some(checkout), given, _) => {
                ensure!(
                    allows_changes || given.is_none_or(|given| given == checkout.0),
                    "{first} is not the commit of the checkout, {}. Unset it",
                    checkout.0
                );
                checkout
            }
            (None, Some(commit), Some(time)) => (commit, time),
            (None, ..) => anyhow::bail!(
                "the source is not a checkout. Set both {first}, the hash of the commit, and \
                 {second}, its time in seconds since 1970"
            ),
        };
        ensure!(
            [40, 64].contains(&commit.len()) && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{first} is not the complete hash of a commit: '{commit}'"
        );
        let time = time
            .parse()
            .with_context(|| format!("{second} is not a number of seconds: '{time}'"))?;
        Ok(Self { commit: commit.to_ascii_lowercase(), time, allows_changes })
    }

    /// Returns the time in the form of RFC 3339.
    pub(crate) fn timestamp(&self) -> anyhow::Result<String> {
        Ok(self.date()?.format("%FT%TZ").to_string())
    }

    /// Returns what `plumbline --version` prints for this source.
    pub(crate) fn version(&self, version: &str) -> anyhow::Result<String> {
        let commit = self.commit.get(..12).unwrap_or(&self.commit);
        Ok(format!("plumbline {version} ({commit} {})", self.date()?.format("%F")))
    }

    fn date(&self) -> anyhow::Result<DateTime<chrono::Utc>> {
        let time = i64::try_from(self.time).ok().and_then(|time| DateTime::from_timestamp(time, 0));
        time.context("the time of the source is too large")
    }
}

/// Returns the commit and its time, if git tracks the source. An archive of the source can be
/// unpacked in a checkout of another project.
fn committed(allows_changes: bool) -> anyhow::Result<Option<(String, String)>> {
    if git(&["ls-files", "--error-unmatch", "Cargo.toml"]).is_err() {
        return Ok(None);
    }
    ensure!(
        allows_changes || git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty(),
        "the checkout has changes, so its commit does not describe the files. Commit them, or give \
         --allow-changes for files that you do not publish"
    );
    Ok(Some((git(&["rev-parse", "HEAD"])?, git(&["log", "-1", "--format=%ct"])?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commit_and_time_come_from_one_place() {
        let (one, other) = ("1".repeat(40), "2".repeat(40));
        let git = || Some((one.clone(), "1700000000".to_owned()));
        let epoch = || Some("1800000000".to_owned());
        let found = |checkout, commit: Option<&String>, time, allows| {
            DistSource::choose(checkout, commit.cloned(), time, allows)
                .map(|source| (source.commit, source.time))
                .map_err(|error| error.to_string())
        };
        let (of_git, of_variables) = ((one.clone(), 1_700_000_000), (other.clone(), 1_800_000_000));
        assert_eq!(found(git(), None, None, false), Ok(of_git.clone()));
        assert_eq!(found(git(), None, epoch(), false), Ok(of_git.clone()));
        assert_eq!(found(git(), Some(&one), epoch(), false), Ok(of_git.clone()));
        assert_eq!(found(git(), Some(&other), epoch(), true), Ok(of_git));
        assert_eq!(found(None, Some(&other), epoch(), false), Ok(of_variables));
        let wrong = [
            (found(git(), Some(&other), epoch(), false), "Unset it"),
            (found(None, Some(&one), None, false), "Set both"),
            (found(None, None, epoch(), true), "Set both"),
            (found(None, Some(&"1234567".to_owned()), epoch(), false), "complete hash"),
            (found(None, Some(&one), Some("today".to_owned()), false), "number of seconds"),
        ];
        for (result, expected) in wrong {
            assert!(result.as_ref().is_err_and(|error| error.contains(expected)), "{result:?}");
        }
    }

    #[test]
    fn the_version_names_commit_and_date() {
        let source =
            DistSource { commit: "1".repeat(40), time: 1_700_000_000, allows_changes: false };
        let version = source.version("1.2.3").expect("a version");
        assert_eq!(version, "plumbline 1.2.3 (111111111111 2023-11-14)");
    }
}
