//! Reads the results of a daily account check from their bucket or a directory.

use chrono::{DateTime, Utc};
use plumbline_aws::documents::read_result;
use plumbline_aws::session::Session;
use plumbline_core::aws::AccountId;
use plumbline_core::coverage::{
    AccountCoverage, COVERAGE_SCHEMA, CoverageState, CoverageSummary, account_key, summary_key,
};
use serde::de::DeserializeOwned;
use tokio::task::{JoinSet, LocalSet};

use super::coverage::CoverageResults;
use crate::error::CliError;

/// The number of results to read in parallel.
const AT_ONCE: usize = 16;

/// Reads the results of a directory, and describes their problems.
pub(super) async fn read_results(
    session: &Session,
    location: &str,
    home_region: &str,
    now: DateTime<Utc>,
) -> Result<(CoverageResults, Vec<String>), CliError> {
    let summary: CoverageSummary = read(session, &summary_key(location)).await?;
    if summary.schema != COVERAGE_SCHEMA {
        let why = format!("its schema is {}, not {COVERAGE_SCHEMA}", summary.schema);
        return Err(wrong(&summary_key(location), &why));
    }
    let (mut problems, run) = (summary.problems.clone(), summary.run);
    let has_scans = |account: &&AccountCoverage| {
        let is_scanned =
            |state| matches!(state, CoverageState::Scanned | CoverageState::PackMissing);
        !account.reports.is_empty() || account.places.iter().any(|one| is_scanned(one.state))
    };
    let mut waiting: Vec<AccountId> =
        summary.accounts.iter().filter(has_scans).map(|one| one.account_id.clone()).collect();
    let mut scanned = Vec::new();
    let reading = async {
        let mut tasks = JoinSet::new();
        loop {
            while tasks.len() < AT_ONCE
                && let Some(account) = waiting.pop()
            {
                let (session, key) = (session.clone(), account_key(location, &account));
                let reading = async move { read::<AccountCoverage>(&session, &key).await };
                tasks.spawn_local(async move { (account, reading.await) });
            }
            match tasks.join_next().await {
                None => return Ok(()),
                Some(Ok((asked, Ok(found))))
                    if found.run != run
                        || found.account_id != asked
                        || found.schema != COVERAGE_SCHEMA =>
                {
                    problems.push(format!(
                        "the result of account {asked} belongs to another run, account or schema \
                         than the summary"
                    ));
                }
                // The summary states that the other results are incomplete.
                Some(Ok((_, Ok(found)))) => scanned.extend(Some(found).filter(|one| one.complete)),
                Some(Ok((asked, Err(error)))) => {
                    problems.push(format!("the result of account {asked} is missing: {error}"));
                }
                Some(Err(error)) => return Err(CliError::from(error)),
            }
        }
    };
    LocalSet::new().run_until(reading).await?;
    problems.sort();
    let results = CoverageResults::new(summary, scanned, now);
    problems.extend(results.problem(home_region));
    Ok((results, problems))
}

async fn read<T: DeserializeOwned>(session: &Session, location: &str) -> Result<T, CliError> {
    let content = read_result(session, location, None).await.map_err(|error| {
        CliError::usage(
            error.to_string(),
            "Give the directory of one day, s3://BUCKET/results/DATE/, or a copy of it. A run in \
             progress has no summary yet.",
        )
    })?;
    serde_json::from_slice(&content).map_err(|error| wrong(location, &error.to_string()))
}

fn wrong(location: &str, why: &str) -> CliError {
    CliError::usage(
        format!("'{location}' is not a result of a daily account check: {why}"),
        "Give results that Plumbline wrote. docs/schema/coverage.json describes the format.",
    )
}
