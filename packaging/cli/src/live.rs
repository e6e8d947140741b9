//! Live accounts.

use std::sync::Arc;

use chrono::Utc;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plumbline_aws::accounts::{enabled_regions, organization_accounts};
use plumbline_aws::error::AwsError;
use plumbline_aws::publish::security_hub::{self, HubAnswer};
use plumbline_aws::reader::Reader;
use plumbline_aws::rule::{self, RuleError};
use plumbline_aws::session::{Caller, RoleName, Session, SessionOptions};
use plumbline_aws::settings::{Publish as RulePublish, Settings};
use plumbline_aws::store::read_document;
use plumbline_core::answer::ReadError;
use plumbline_core::aws::{AccountId, Partition};
use plumbline_core::control::ConfiguredControl;
use plumbline_core::engine::{Job, Outcome};
use plumbline_core::evaluation::NotAssessed;
use plumbline_core::register::Register;
use plumbline_core::snapshot::{RecordedAccount, Snapshot};
use plumbline_core::view::Context;
use plumbline_rules::registry::CONTROLS;
use tokio::task::JoinSet;

use crate::accounts::{configured_region, distinct, home_region, known_regions};
use crate::arguments::{
    CollectArguments, InvokeArguments, Publish, ScanArguments, TargetArguments,
};
use crate::error::{Advise, CliError, INCOMPLETE, USAGE};
use crate::inputs;
use crate::output::{print, print_json, save, writable};
use crate::runtime::block_on;
use crate::scan::{ControlRun, Scanned, plan, tell_what_lacks};
use crate::selection::{control, select};

/// An account to look at.
#[derive(Clone)]
struct Target {
    session: Session,
    account: AccountId,
    regions: Vec<String>,
    /// Why there may be Regions besides.
    regions_unread: Option<ReadError>,
}

/// The accounts to look at, and what is the same for all of them.
struct Targets {
    /// The session of the credentials that the program was started with.
    own: Session,
    partition: Partition,
    home_region: String,
    accounts: Vec<Target>,
}

impl Targets {
    async fn find(arguments: &TargetArguments) -> Result<Self, CliError> {
        let role =
            arguments.role_name.as_deref().map(RoleName::new).transpose().map_err(|error| {
                CliError::usage(error, "Give the name of a role that exists in each account.")
            })?;
        let own = Session::load(SessionOptions {
            profile: arguments.caller.profile.clone(),
            region: None,
        })
        .await;
        let Caller { account, partition, .. } = own.caller().await?;
        let home_region = home_region(arguments.caller.home_region.as_deref(), partition)?;
        let given = known_regions(&arguments.region, &own, &home_region).await?;
        let wanted = if arguments.organization {
            organization_accounts(&own).await?
        } else if arguments.account.is_empty() {
            vec![account]
        } else {
            distinct(&arguments.account)
        };
        let mut accounts = Vec::new();
        for account in wanted {
            let session = role
                .as_ref()
                .map_or_else(|| own.clone(), |role| own.assume(&account, partition, role, None));
            let (regions, regions_unread) = if given.is_empty() {
                regions(&session, &home_region, role.is_some()).await?
            } else {
                (given.clone(), None)
            };
            accounts.push(Target { session, account, regions, regions_unread });
        }
        Ok(Self { own, partition, home_region, accounts })
    }
}

/// The enabled Regions. Of an account among several, of which they cannot be had, the home Region
/// alone, and why there may be others.
async fn regions(
    session: &Session,
    home_region: &str,
    is_one_of_several: bool,
) -> Result<(Vec<String>, Option<ReadError>), CliError> {
    match enabled_regions(session, home_region).await {
        Ok(regions) => Ok((regions, None)),
        Err(AwsError(unread)) if is_one_of_several => {
            Ok((vec![home_region.to_owned()], Some(unread)))
        }
        Err(error) => Err(error.into()),
    }
}

/// How many accounts are looked at at the same time. Each has its own limits for calls.
const ACCOUNTS_AT_ONCE: usize = 8;

/// Evaluates live accounts.
pub(crate) fn scan(
    arguments: &ScanArguments,
    controls: &[ConfiguredControl],
    quiet: bool,
) -> Result<Scanned, CliError> {
    block_on(async {
        let targets = Targets::find(&arguments.target).await?;
        let register = Arc::new(match &arguments.register {
            Some(location) => {
                inputs::parse_register(location, &read_document(&targets.own, location).await?)?
            }
            None => Register::default(),
        });
        let now = arguments.now.unwrap_or_else(Utc::now);
        let mut read = read_all(&targets, controls, &register, now, quiet).await?;
        for (target, account) in targets.accounts.iter().zip(&mut read) {
            if arguments.target.region.is_empty() {
                tell_what_lacks(
                    &mut account.runs,
                    &register,
                    &target.regions,
                    target.regions_unread.as_ref(),
                    &account.reader.facts(),
                );
            }
        }
        let mut problems = Vec::new();
        if arguments.publish == Some(Publish::SecurityHub) {
            for (target, account) in targets.accounts.iter().zip(&read) {
                problems.extend(publish(target, &account.runs, &register).await);
            }
        }
        if nothing_was_read(&read) {
            problems.push(
                "AWS refused, or did not answer, everything that was asked of it; the \
                 reasons stand in the report"
                    .to_owned(),
            );
        }
        for (target, account) in targets.accounts.iter().zip(&read).filter(|_| read.len() > 1) {
            if nothing_was_read(std::slice::from_ref(account)) {
                tracing::warn!(account = %target.account, "AWS refused, or did not answer, \
                    everything that was asked of this account");
            }
        }
        let accounts = targets
            .accounts
            .iter()
            .zip(read)
            .map(|(target, account)| (target.regions.clone(), account.runs))
            .collect();
        Ok(Scanned { problems, ..Scanned::new(now, accounts) })
    })
}

/// One account, read and evaluated.
struct ReadAccount {
    reader: Arc<Reader>,
    runs: Vec<ControlRun>,
}

/// Evaluates accounts, several at a time, and returns them in their order.
async fn read_all(
    targets: &Targets,
    controls: &[ConfiguredControl],
    register: &Arc<Register>,
    now: chrono::DateTime<Utc>,
    quiet: bool,
) -> Result<Vec<ReadAccount>, CliError> {
    let progress = progress(quiet);
    let permits = Arc::new(tokio::sync::Semaphore::new(ACCOUNTS_AT_ONCE));
    let mut accounts = Vec::new();
    for Target { session, account, regions, .. } in &targets.accounts {
        let base = Context {
            account: account.clone(),
            partition: targets.partition,
            region: targets.home_region.clone(),
            home_region: targets.home_region.clone(),
            now,
        };
        let reader = Arc::new(Reader::new(
            session.clone(),
            account.clone(),
            targets.partition,
            targets.home_region.clone(),
        ));
        let runs: Vec<(ConfiguredControl, Context)> = plan(controls, &base, regions)
            .map(|(control, context)| (control.clone(), context))
            .collect();
        progress.inc_length(runs.len() as u64);
        let (register, permits, progress) =
            (Arc::clone(register), Arc::clone(&permits), progress.clone());
        accounts.push(tokio::spawn(async move {
            let _permit = permits.acquire().await;
            read_account(reader, runs, register, progress).await
        }));
    }
    let mut read = Vec::new();
    for account in accounts {
        read.push(account.await??);
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
async fn publish(target: &Target, runs: &[ControlRun], register: &Register) -> Vec<String> {
    let mut problems = Vec::new();
    for ControlRun { control, context, outcome } in runs {
        let job = Job { control, context, register, item: None };
        match security_hub::publish(&target.session, &job, outcome, context.now).await {
            HubAnswer::NotEnabled => problems.push(format!(
                "Security Hub is not enabled in {} of account {}",
                context.region, target.account
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

/// Records live accounts.
pub(crate) fn collect(arguments: &CollectArguments, quiet: bool) -> Result<(), CliError> {
    writable(&arguments.output)?;
    let controls = select(&arguments.selection, None)?;
    let snapshot = block_on(async {
        let targets = Targets::find(&arguments.target).await?;
        let now = Utc::now();
        let read =
            read_all(&targets, &controls, &Arc::new(Register::default()), now, quiet).await?;
        let accounts =
            targets.accounts.iter().zip(&read).map(|(target, account)| RecordedAccount {
                account_id: target.account.clone(),
                partition: targets.partition,
                home_region: targets.home_region.clone(),
                regions: target.regions.clone(),
                regions_unread: target.regions_unread.clone(),
                facts: account.reader.facts(),
            });
        Ok(Snapshot { recorded_at: now, accounts: accounts.collect() })
    })?;
    let mut text = Vec::new();
    snapshot.write(&mut text).map_err(|error| inputs::not_a_snapshot(&arguments.output, error))?;
    save(&arguments.output, &text)?;
    let facts = || snapshot.accounts.iter().flat_map(|account| account.facts.iter());
    let unread = facts().filter(|(_, answer)| answer.is_err()).count();
    print(&format!(
        "Recorded {} facts of {} accounts in {}; {unread} could not be read.\n",
        facts().count(),
        snapshot.accounts.len(),
        arguments.output.display()
    ))
}

/// Runs one event as the Lambda function would.
pub(crate) fn invoke(arguments: &InvokeArguments) -> Result<(), CliError> {
    let control = control(&arguments.control)?;
    let event = inputs::event(&arguments.event)?;
    let done = block_on(async {
        let session =
            Session::load(SessionOptions { profile: arguments.profile.clone(), region: None })
                .await;
        let region = configured_region(&session)?;
        let settings =
            Settings::from_environment(&region, |name| std::env::var(name).ok(), &CONTROLS)
                .map_err(|error| {
                    CliError::usage(
                        error,
                        "See docs/configuration.md for the variables of the environment.",
                    )
                })?;
        let settings = if arguments.dry_run {
            Settings { publish: RulePublish::Nothing, ..settings }
        } else {
            settings
        };
        let caller = session.caller().await?;
        Ok(rule::run(control, event, &settings, &session, &caller.account, Utc::now()).await?)
    })?;
    print_json(&done.outcome.evaluations)?;
    match done.failure() {
        Some(failure) => Err(CliError::incomplete(&[failure])),
        None => Ok(()),
    }
}

impl Advise for RuleError {
    fn advice(&self) -> String {
        "Give an event as AWS Config sends it; see docs/configuration.md for the variables of the \
         environment."
            .to_owned()
    }

    fn code(&self) -> u8 {
        match self {
            Self::Event(_)
            | Self::Parameters { .. }
            | Self::Register { .. }
            | Self::OtherRegion { .. }
            | Self::OtherAccount { .. } => USAGE,
            Self::Store(_) | Self::Aws(_) => INCOMPLETE,
        }
    }
}
