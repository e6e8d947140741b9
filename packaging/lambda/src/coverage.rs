//! The functions that check the accounts of an organization. A state machine invokes them: to list
//! the accounts, to check each account, and to summarize the results.

use lambda_runtime::{Diagnostic, LambdaEvent};
use plumbline_aws::coverage::{
    CoverageChecker, CoverageError, CoverageSettings, ResultsBucket, SummaryEvent,
};
use plumbline_aws::session::Session;
use plumbline_aws::settings::Settings;
use plumbline_core::aws::AccountId;
use plumbline_core::coverage::AccountRound;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{diagnostic, end_of, metrics};

/// Creates the checker of an invocation.
pub(crate) fn checker(
    settings: &Settings,
    results: &str,
    (session, own_account): &(Session, AccountId),
    event: &LambdaEvent<Value>,
) -> CoverageChecker {
    CoverageChecker {
        settings: settings.clone(),
        session: session.clone(),
        own_account: own_account.clone(),
        results: ResultsBucket::new(session, results, own_account.as_str()),
        deadline: end_of(event.context.deadline),
        now: chrono::Utc::now(),
    }
}

/// `organization-accounts`: lists the accounts, or summarizes the results if the event contains the
/// accounts.
pub(crate) async fn accounts(checker: &CoverageChecker, event: Value) -> Result<Value, Diagnostic> {
    if event.get("accounts").is_none() {
        let settings: CoverageSettings = parsed(event)?;
        return answer(&checker.accounts(settings).await.map_err(failed)?);
    }
    let event: SummaryEvent = parsed(event)?;
    let summary = checker.summarize(event).await.map_err(failed)?;
    metrics::print_not_covered(summary.counts.failed);
    let counts = &summary.counts;
    tracing::info!(
        accounts = counts.total,
        covered = counts.covered,
        skipped = counts.skipped,
        failed = counts.failed,
        "coverage"
    );
    Ok(json!({ "run": summary.run, "counts": counts, "problems": summary.problems }))
}

/// `organization-account`: checks one account.
pub(crate) async fn account(checker: &CoverageChecker, event: Value) -> Result<Value, Diagnostic> {
    let round: AccountRound = parsed(event)?;
    answer(&checker.account(round).await.map_err(failed)?)
}

fn parsed<T: DeserializeOwned>(event: Value) -> Result<T, Diagnostic> {
    serde_json::from_value(event).map_err(|error| {
        let message = format!("the event is not from the state machine: {error}");
        diagnostic("InvalidEvent", message)
    })
}

fn answer(answer: &impl Serialize) -> Result<Value, Diagnostic> {
    serde_json::to_value(answer).map_err(|error| diagnostic("Internal", error.to_string()))
}

fn failed(error: CoverageError) -> Diagnostic {
    tracing::error!(%error, "coverage failed");
    diagnostic("CoverageFailed", error.to_string())
}
