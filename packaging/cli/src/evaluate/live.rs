//! Live accounts.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plumbline_aws::publish::security_hub::{self, HubAnswer, Import};
use plumbline_aws::reader::Reader;
use plumbline_core::control::ConfiguredControl;
use plumbline_core::engine::{Job, Outcome};
use plumbline_core::evaluation::NotAssessed;
use plumbline_core::register::Register;
use plumbline_core::view::Context;
use tokio::task::JoinSet;

use super::{ControlRun, EvaluatedAccount, mark_incomplete, plan};
use crate::accounts::{ACCOUNTS_AT_ONCE, ScanAccount, ScanAccounts};
use crate::error::CliError;

/// Evaluates live accounts, and imports the findings into Security Hub where `publishes` is set.
/// Returns what went wrong besides, one line each.
pub(crate) async fn scan(
    accounts: &ScanAccounts,
    controls: &[ConfiguredControl],
    register: Register,
    now: DateTime<Utc>,
    publishes: bool,
    quiet: bool,
) -> Result<(Vec<EvaluatedAccount>, Vec<String>), CliError> {
    let register = Arc::new(register);
    let mut read = read(accounts, controls, &register, now, quiet).await?;
    if accounts.has_all_regions {
        for (account, ReadAccount { runs, .. }) in accounts.accounts.iter().zip(&mut read) {
            if let Some(unread) = &account.regions_unread {
                mark_incomplete(runs, &register, unread);
            }
        }
    }
    let mut problems = Vec::new();
    if publishes {
        for (account, ReadAccount { runs, .. }) in accounts.accounts.iter().zip(&read) {
            problems.extend(publish(account, runs, &register).await);
        }
    }
    if nothing_was_read(&read) {
        problems.push(
            "AWS refused, or did not answer, everything that was asked of it; the reasons stand in \
             the report"
                .to_owned(),
        );
    } else {
        for (account, read_account) in accounts.accounts.iter().zip(&read) {
            if nothing_was_read(std::slice::from_ref(read_account)) {
                problems.push(format!(
                    "AWS refused, or did not answer, everything that was asked of account {}",
                    account.account
                ));
            }
        }
    }
    let evaluated = accounts.accounts.iter().zip(read).map(|(account, read)| {
        let unread = account.regions_unread.as_ref();
        let facts = read.reader.facts();
        let base = accounts.context(account, now);
        EvaluatedAccount::new(account.regions.clone(), unread, read.runs, &base, &facts)
    });
    Ok((evaluated.collect(), problems))
}

/// One account, read and evaluated.
pub(crate) struct ReadAccount {
    pub(crate) reader: Arc<Reader>,
    pub(crate) runs: Vec<ControlRun>,
}

/// Reads and evaluates accounts, several at a time, and returns them in their order.
pub(crate) async fn read(
    accounts: &ScanAccounts,
    controls: &[ConfiguredControl],
    register: &Arc<Register>,
    now: DateTime<Utc>,
    quiet: bool,
) -> Result<Vec<ReadAccount>, CliError> {
    let progress = progress(quiet);
    let permits = Arc::new(tokio::sync::Semaphore::new(ACCOUNTS_AT_ONCE));
    let mut tasks = Vec::new();
    for scanned in &accounts.accounts {
        let base = accounts.context(scanned, now);
        let ScanAccount { session, account, regions, .. } = scanned;
        let reader = Arc::new(Reader::new(
            session.clone(),
            account.clone(),
            accounts.partition,
            accounts.home_region.clone(),
        ));
        let runs: Vec<(ConfiguredControl, Context)> = plan(controls, &base, regions)
            .map(|(control, context)| (control.clone(), context))
            .collect();
        progress.inc_length(runs.len() as u64);
        let (register, permits, progress) =
            (Arc::clone(register), Arc::clone(&permits), progress.clone());
        tasks.push(tokio::spawn(async move {
            let _permit = permits.acquire().await;
            read_account(reader, runs, register, progress).await
        }));
    }
    let mut read = Vec::new();
    for task in tasks {
        read.push(task.await??);
    }
    progress.finish_and_clear();
    Ok(read)
}

/// Evaluates an account, all controls at the same time.
async fn read_account(
    reader: Arc<Reader>,
    planned: Vec<(ConfiguredControl, Context)>,
    register: Arc<Register>,
    progress: ProgressBar,
) -> Result<ReadAccount, CliError> {
    let mut tasks = JoinSet::new();
    for (at, (control, context)) in planned.into_iter().enumerate() {
        let (reader, register, progress) =
            (Arc::clone(&reader), Arc::clone(&register), progress.clone());
        tasks.spawn(async move {
            let job = Job { control: &control, context: &context, register: &register, item: None };
            let outcome = reader.complete(&job).await;
            progress.inc(1);
            (at, ControlRun { control, context, outcome })
        });
    }
    let mut runs = Vec::new();
    while let Some(run) = tasks.join_next().await {
        runs.push(run?);
    }
    runs.sort_by_key(|(at, _)| *at);
    Ok(ReadAccount { reader, runs: runs.into_iter().map(|(_, run)| run).collect() })
}

fn progress(quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("{elapsed} {wide_bar} {pos}/{len} controls")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(0), target).with_style(style)
}

fn nothing_was_read(accounts: &[ReadAccount]) -> bool {
    let outcomes: Vec<&Outcome> = accounts
        .iter()
        .flat_map(|account| &account.runs)
        .map(|run| &run.outcome)
        .filter(|outcome| !outcome.evaluations.is_empty())
        .collect();
    let needs_reading = |outcome: &&&Outcome| {
        !outcome.evaluations.iter().all(|evaluation| {
            matches!(evaluation.not_assessed, Some(NotAssessed::NeedsAttestation(_)))
        })
    };
    let mut reading = outcomes.iter().filter(needs_reading).peekable();
    let was_refused = |outcome: &&Outcome| {
        matches!(
            outcome.failure(),
            Some(NotAssessed::ReadFailed(_) | NotAssessed::UnlessAttested(_))
        )
    };
    reading.peek().is_some() && reading.all(was_refused)
}

/// Imports the findings of an account and returns what went wrong.
async fn publish(account: &ScanAccount, runs: &[ControlRun], register: &Register) -> Vec<String> {
    let mut problems = Vec::new();
    for ControlRun { control, context, outcome } in runs {
        let job = Job { control, context, register, item: None };
        let import = Import { ordering: context.now, taken: None, until: None };
        match security_hub::publish(&account.session, &job, outcome, &import).await {
            HubAnswer::NotEnabled => problems.push(format!(
                "Security Hub is not enabled in {} of account {}",
                context.region, account.account
            )),
            HubAnswer::Published(published) if published.failures.is_empty() => {}
            HubAnswer::Published(published) => {
                problems.push(format!("{}: {}", control.control().id, published.failure_text()))
            }
        }
    }
    problems.sort();
    problems.dedup();
    problems
}
