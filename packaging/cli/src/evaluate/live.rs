//! Reads and evaluates live accounts.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use plumbline_aws::publish::security_hub::{self, HubAnswer, Import};
use plumbline_aws::reader::{ReadLimits, Reader};
use plumbline_aws::stop::Stop;
use plumbline_core::aws::AccountNames;
use plumbline_core::control::ConfiguredControl;
use plumbline_core::engine::{Job, Outcome};
use plumbline_core::evaluation::NotAssessed;
use plumbline_core::register::Register;
use plumbline_core::snapshot::RecordedAccount;
use plumbline_core::view::Context;
use tokio::task::JoinSet;

use super::progress::ScanProgress;
use super::{ControlRun, EvaluatedAccount, EvaluatedRegions, Evaluating, mark_incomplete, plan};
use crate::accounts::{ScanAccount, ScanAccounts};
use crate::error::CliError;

/// A scan or recording of live accounts.
pub(crate) struct LiveScan {
    pub(crate) accounts: ScanAccounts,
    pub(crate) controls: Vec<ConfiguredControl>,
    pub(crate) register: Register,
    pub(crate) now: DateTime<Utc>,
    /// The number of accounts to read in parallel. Each account has its own limits for calls.
    pub(crate) at_once: usize,
    /// Whether to keep the results by control and Region, which some formats require.
    pub(crate) keeps_runs: bool,
    /// Whether and where to import findings into Security Hub.
    pub(crate) publishes: Publishing,
    /// The signal that ends the scan early.
    pub(crate) stop: Stop,
    pub(crate) progress: ScanProgress,
}

/// The Regions in which findings are imported into Security Hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Publishing {
    Nowhere,
    /// All Regions. A Region without Security Hub is a problem.
    Everywhere,
    /// The Regions with Security Hub.
    WhereEnabled,
}

/// The findings of a scan that were published.
#[derive(Debug, Default)]
pub(crate) struct PublishedFindings {
    pub(crate) imported: usize,
    pub(crate) archived: usize,
    /// The Regions of the findings.
    pub(crate) regions: BTreeSet<String>,
    /// The Regions without Security Hub.
    pub(crate) passed_over: BTreeSet<String>,
    /// Failures, one line each.
    problems: Vec<String>,
}

impl PublishedFindings {
    fn extend(&mut self, other: Self) {
        self.imported += other.imported;
        self.archived += other.archived;
        self.regions.extend(other.regions);
        self.passed_over.extend(other.passed_over);
    }
}

/// A live account that was evaluated and published. Its session and facts are released.
struct LiveAccount {
    account: EvaluatedAccount,
    published: PublishedFindings,
    /// Whether no AWS call succeeded.
    was_refused: bool,
}

/// An account that was read and evaluated.
struct ReadAccount {
    reader: Reader,
    names: AccountNames,
    regions: EvaluatedRegions,
    runs: Vec<ControlRun>,
}

impl LiveScan {
    /// Evaluates several accounts in parallel. `take` receives each account with its position as
    /// soon as it is complete. Returns the published findings and other problems, one line each.
    ///
    /// # Errors
    /// The Regions of the only account cannot be listed, or `take` failed.
    pub(crate) async fn scan(
        self,
        mut take: impl FnMut(usize, EvaluatedAccount) -> Result<(), CliError>,
    ) -> Result<(PublishedFindings, Vec<String>), CliError> {
        let scan = Arc::new(self);
        let (mut problems, mut refused) = (Vec::new(), Vec::new());
        let mut findings = PublishedFindings::default();
        scan.each(Self::account, |at, LiveAccount { account, mut published, was_refused }| {
            let more = std::mem::take(&mut published.problems);
            problems.extend(more.into_iter().map(|problem| (at, problem)));
            findings.extend(published);
            if was_refused {
                refused.push((at, account.read.account_id.clone()));
            }
            take(at, account)
        })
        .await?;
        problems.sort();
        refused.sort();
        let mut problems: Vec<String> = problems.into_iter().map(|(_, problem)| problem).collect();
        let accounts = scan.accounts.accounts.len();
        if accounts > 0 && refused.len() == accounts {
            problems.push("no AWS call succeeded; the report lists the reasons".to_owned());
        } else {
            problems.extend(
                refused
                    .into_iter()
                    .map(|(_, account)| format!("no AWS call to account {account} succeeded")),
            );
        }
        Ok((findings, problems))
    }

    /// Reads the accounts for a recording, and returns them in order.
    ///
    /// # Errors
    /// The Regions of the only account cannot be listed.
    pub(crate) async fn record(self) -> Result<Vec<RecordedAccount>, CliError> {
        let scan = Arc::new(self);
        let mut recorded = Vec::new();
        scan.each(
            |scan, account| async move {
                let ReadAccount { reader, names, regions, .. } = scan.read(&account).await?;
                Ok(RecordedAccount {
                    account_id: account.account,
                    names,
                    partition: scan.accounts.partition,
                    home_region: scan.accounts.home_region.clone(),
                    regions: regions.regions,
                    regions_unread: regions.unread,
                    facts: reader.facts(),
                })
            },
            |at, account| {
                recorded.push((at, account));
                Ok(())
            },
        )
        .await?;
        recorded.sort_by_key(|(at, _)| *at);
        Ok(recorded.into_iter().map(|(_, account)| account).collect())
    }

    /// Processes several accounts in parallel, and passes on each result with its position as soon
    /// as it is complete.
    async fn each<T, F>(
        self: &Arc<Self>,
        of_account: impl Fn(Arc<Self>, ScanAccount) -> F,
        mut take: impl FnMut(usize, T) -> Result<(), CliError>,
    ) -> Result<(), CliError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, CliError>> + Send + 'static,
    {
        let _shown = self.progress.show(self.accounts.accounts.len());
        let mut waiting = self.accounts.accounts.iter().enumerate();
        let mut running = JoinSet::new();
        loop {
            while running.len() < self.at_once.max(1)
                && let Some((at, account)) = waiting.next()
            {
                let work = of_account(Arc::clone(self), self.accounts.open(account.clone()));
                running.spawn(async move { Ok::<_, CliError>((at, work.await?)) });
            }
            let Some(done) = running.join_next().await else { return Ok(()) };
            let (at, done) = done??;
            take(at, done)?;
        }
    }

    /// Evaluates and publishes an account.
    async fn account(self: Arc<Self>, account: ScanAccount) -> Result<LiveAccount, CliError> {
        let begun = Instant::now();
        let ReadAccount { reader, names, regions, mut runs } = self.read(&account).await?;
        if let Some(unread) = regions.unread.as_ref().filter(|_| self.accounts.has_all_regions()) {
            mark_incomplete(&mut runs, &self.register, unread);
        }
        let was_refused = nothing_was_read(&runs) && self.stop.cause().is_none();
        let mut published = PublishedFindings::default();
        if self.publishes != Publishing::Nowhere {
            let ended = tokio::select! {
                biased;
                _ = self.stop.wait() => true,
                () = self.publish(&account, &runs, &mut published) => false,
            };
            if ended {
                published.problems = vec![format!(
                    "not all findings of account {} were imported into Security Hub: the scan \
                     ended early",
                    account.account
                )];
            }
        }
        let base = self.accounts.context(&account, self.now);
        let facts = reader.facts();
        let evaluating = Evaluating {
            controls: &self.controls,
            register: &self.register,
            keeps_runs: self.keeps_runs,
        };
        let mut evaluated = EvaluatedAccount::new(&evaluating, names, regions, runs, &base, &facts);
        evaluated.read.published =
            (self.publishes != Publishing::Nowhere).then_some(published.problems.is_empty());
        self.progress.account_ended(&evaluated, &facts, begun.elapsed());
        Ok(LiveAccount { account: evaluated, published, was_refused })
    }

    /// Reads and evaluates all controls of an account in parallel.
    async fn read(&self, account: &ScanAccount) -> Result<ReadAccount, CliError> {
        let names = account.names(&self.accounts.home_region, &self.stop);
        let (names, read) = tokio::join!(names, self.read_facts(account));
        read.map(|read| ReadAccount { names, ..read })
    }

    async fn read_facts(&self, account: &ScanAccount) -> Result<ReadAccount, CliError> {
        let (regions, unread) = self.accounts.regions(account, &self.stop).await?;
        let regions = EvaluatedRegions { regions, unread };
        let base = self.accounts.context(account, self.now);
        let shown = account.shown().to_owned();
        let ScanAccount { session, account, .. } = account;
        let reader = Reader::new(
            session.clone(),
            account.clone(),
            self.accounts.partition,
            self.accounts.home_region.clone(),
        )
        .within(ReadLimits { stop: Some(self.stop.clone()), ..ReadLimits::default() });
        let register = Arc::new(self.register.clone());
        let planned: Vec<(ConfiguredControl, Context)> =
            plan(&self.controls, &base, &regions.regions)
                .map(|(control, context)| (control.clone(), context))
                .collect();
        let shown = self.progress.begin(shown, &reader, planned.len());
        let mut tasks = JoinSet::new();
        for (at, (control, context)) in planned.into_iter().enumerate() {
            let (reader, register) = (reader.clone(), Arc::clone(&register));
            tasks.spawn(async move {
                let job =
                    Job { control: &control, context: &context, register: &register, item: None };
                let outcome = reader.complete(&job).await;
                (at, ControlRun { control, context, outcome })
            });
        }
        let mut runs = Vec::new();
        while let Some(run) = tasks.join_next().await {
            runs.push(run?);
            shown.control_ended();
        }
        runs.sort_by_key(|(at, _)| *at);
        let runs = runs.into_iter().map(|(_, run)| run).collect();
        Ok(ReadAccount { reader, names: AccountNames::default(), regions, runs })
    }
}

impl LiveScan {
    /// Imports the findings of an account.
    async fn publish(
        &self,
        account: &ScanAccount,
        runs: &[ControlRun],
        done: &mut PublishedFindings,
    ) {
        for ControlRun { control, context, outcome } in runs {
            let job = Job { control, context, register: &self.register, item: None };
            let import = Import { ordering: context.now, taken: None, until: None };
            let region = || context.region.clone();
            match security_hub::publish(&account.session, &job, outcome, &import).await {
                HubAnswer::NotEnabled if self.publishes == Publishing::WhereEnabled => {
                    done.passed_over.insert(region());
                }
                HubAnswer::NotEnabled => done.problems.push(format!(
                    "Security Hub is not enabled in {} of account {}",
                    context.region, account.account
                )),
                HubAnswer::Published(published) => {
                    done.regions.insert(region());
                    done.archived += published.archived;
                    done.imported += published.sent.saturating_sub(published.archived);
                    if !published.failures.is_empty() {
                        let failures = published.failure_text();
                        done.problems.push(format!("{}: {failures}", control.control().id));
                    }
                }
            }
        }
        done.problems.sort();
        done.problems.dedup();
    }
}

/// Whether no AWS call to an account succeeded.
fn nothing_was_read(runs: &[ControlRun]) -> bool {
    let outcomes: Vec<&Outcome> = runs
        .iter()
        .map(|run| &run.outcome)
        .filter(|outcome| !outcome.evaluations.is_empty())
        .collect();
    let needs_reading = |outcome: &&&Outcome| {
        !outcome.evaluations.iter().all(|evaluation| {
            matches!(evaluation.not_assessed.as_deref(), Some(NotAssessed::NeedsAttestation(_)))
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
