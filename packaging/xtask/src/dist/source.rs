//! The source of a distribution: the commit, and the time that all its files have.

use anyhow::{Context, ensure};
use chrono::DateTime;

use crate::release::git;

/// The commit that is built, and its time.
#[derive(Clone, Debug)]
pub(crate) struct DistSource {
    /// The hash of the commit.
    pub(crate) commit: String,
    /// The time of the commit, in seconds since 1970.
    pub(crate) time: u64,
}

impl DistSource {
    /// Takes `PLUMBLINE_COMMIT` and `SOURCE_DATE_EPOCH`, or else asks git.
    ///
    /// # Errors
    /// Neither is available, or the checkout has changes.
    pub(crate) fn find(allows_changes: bool) -> anyhow::Result<Self> {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let (commit, time) = match (variable("PLUMBLINE_COMMIT"), variable("SOURCE_DATE_EPOCH")) {
            (Some(commit), Some(time)) => (commit, time),
            _ => Self::committed(allows_changes)?,
        };
        let time = time
            .parse()
            .with_context(|| format!("SOURCE_DATE_EPOCH is not a number of seconds: '{time}'"))?;
        Ok(Self { commit, time })
    }

    fn committed(allows_changes: bool) -> anyhow::Result<(String, String)> {
        let commit = git(&["rev-parse", "HEAD"])
            .context("the source is not a checkout. Set PLUMBLINE_COMMIT and SOURCE_DATE_EPOCH")?;
        ensure!(
            allows_changes || git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty(),
            "the checkout has changes, so its commit does not describe the files. Commit them, or \
             give --allow-changes for files that you do not publish"
        );
        Ok((commit, git(&["log", "-1", "--format=%ct"])?))
    }

    /// Returns the time in the form of RFC 3339.
    pub(crate) fn timestamp(&self) -> anyhow::Result<String> {
        let time = i64::try_from(self.time).ok().and_then(|time| DateTime::from_timestamp(time, 0));
        Ok(time.context("the time of the source is too large")?.format("%FT%TZ").to_string())
    }
}
