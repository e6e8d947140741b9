//! Shows the progress of a live scan on standard error.

use std::collections::BTreeMap;
use std::io::{IsTerminal, stderr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plumbline_aws::reader::Reader;
use plumbline_core::fact::Facts;
use plumbline_core::scan_report::Summary;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::EvaluatedAccount;
use crate::arguments::Verbosity;
use crate::terminal::{is_dumb, print_error};

/// The interval at which the line on a terminal is updated.
const TICK: Duration = Duration::from_millis(250);
/// The interval at which a line is printed without a terminal.
const LINE: Duration = Duration::from_secs(30);
/// The wait after which progress names the pending operation.
const LONG_WAIT: Duration = Duration::from_secs(3);

/// The progress of a live scan. Copies share the state.
#[derive(Clone, Debug)]
pub(crate) struct ScanProgress {
    bar: ProgressBar,
    state: Arc<Mutex<State>>,
    is_quiet: bool,
    /// Whether the line is updated in place.
    is_drawn: bool,
    is_verbose: bool,
}

#[derive(Debug, Default)]
struct State {
    accounts: usize,
    ended: usize,
    /// The accounts that are being read, in start order.
    running: BTreeMap<usize, Running>,
    begun: usize,
}

#[derive(Debug)]
struct Running {
    /// The account's name or ID.
    account: String,
    reader: Reader,
    controls: usize,
    ended: usize,
}

impl ScanProgress {
    /// Creates the progress: hidden if quiet, with a line for each account if verbose.
    pub(crate) fn new(verbosity: Verbosity) -> Self {
        let Verbosity { is_quiet, is_verbose } = verbosity;
        let is_drawn = !is_quiet && stderr().is_terminal() && !is_dumb();
        let target =
            if is_drawn { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::with_draw_target(None, target).with_style(style);
        Self { bar, state: Arc::default(), is_quiet, is_drawn, is_verbose }
    }

    /// Shows a scan of this number of accounts until the result is dropped.
    pub(crate) fn show(&self, accounts: usize) -> Shown {
        self.state().accounts = accounts;
        let progress = self.clone();
        let is_drawn = self.is_drawn;
        let ticking = (!self.is_quiet).then(|| {
            tokio::spawn(async move {
                let mut ticks = interval(if is_drawn { TICK } else { LINE });
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                ticks.tick().await;
                loop {
                    ticks.tick().await;
                    let line = progress.state().line();
                    if is_drawn {
                        progress.bar.set_message(line);
                        progress.bar.tick();
                    } else {
                        print_error(&line);
                    }
                }
            })
        });
        Shown { bar: self.bar.clone(), ticking }
    }

    /// Shows an account with this number of controls until the result is dropped.
    pub(crate) fn begin(&self, account: String, reader: &Reader, controls: usize) -> ShownAccount {
        let mut state = self.state();
        state.begun += 1;
        let at = state.begun;
        let reader = reader.clone();
        state.running.insert(at, Running { account, reader, controls, ended: 0 });
        ShownAccount { progress: self.clone(), at }
    }

    /// Records that an account is complete.
    pub(crate) fn account_ended(&self, account: &EvaluatedAccount, facts: &Facts, took: Duration) {
        self.state().ended += 1;
        if self.is_verbose {
            let line = account_line(account, facts, took);
            self.bar.suspend(|| print_error(&line));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Formats the state of the account with the longest wait: `12/300 accounts · example-prod
    /// 41/126 controls · waiting 8 s for rds:DescribeDBInstances in eu-west-1`.
    fn line(&self) -> String {
        let mut parts = Vec::new();
        if self.accounts > 1 {
            parts.push(format!("{}/{} accounts", self.ended, self.accounts));
        }
        let waits = self.running.values().map(|running| (running, running.reader.longest_wait()));
        let longest = waits.max_by_key(|(_, wait)| wait.as_ref().map(|(time, _)| *time));
        if let Some((Running { account, controls, ended, .. }, wait)) = longest {
            parts.push(match self.accounts {
                1 => format!("{ended}/{controls} controls"),
                _ => format!("{account} {ended}/{controls} controls"),
            });
            if let Some((time, key)) = wait.filter(|(time, _)| *time >= LONG_WAIT) {
                let operation = key.kind.reads().first().map_or("a response", |read| read.name);
                let region = match key.region.as_str() {
                    "" => String::new(),
                    region => format!(" in {region}"),
                };
                parts.push(format!("waiting {} s for {operation}{region}", time.as_secs()));
            }
        }
        parts.join(" · ")
    }
}

/// `111122223333 example-prod  11/63 pass  61 fail  7 not assessed  3 of 214 facts not read  12 s`
fn account_line(account: &EvaluatedAccount, facts: &Facts, took: Duration) -> String {
    let mut parts = vec![account.read.names.label(&account.read.account_id)];
    if let Some(report) = &account.report {
        let Summary { controls, resources, .. } = &report.summary;
        parts.push(format!("{}/{} pass", controls.compliant, controls.evaluated));
        parts.push(format!("{} fail", resources.non_compliant));
        parts.push(format!("{} not assessed", resources.not_assessed));
    }
    let unread = facts.iter().filter(|(_, answer)| answer.is_err()).count();
    parts.push(format!("{unread} of {} facts not read", facts.iter().count()));
    parts.push(format!("{} s", took.as_secs()));
    parts.join("  ")
}

/// The display of a scan, which ends when it is dropped.
pub(crate) struct Shown {
    bar: ProgressBar,
    ticking: Option<JoinHandle<()>>,
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(ticking) = &self.ticking {
            ticking.abort();
        }
        self.bar.finish_and_clear();
    }
}

/// The display of an account, which ends when it is dropped.
pub(crate) struct ShownAccount {
    progress: ScanProgress,
    at: usize,
}

impl ShownAccount {
    /// Records that a control is complete.
    pub(crate) fn control_ended(&self) {
        if let Some(running) = self.progress.state().running.get_mut(&self.at) {
            running.ended += 1;
        }
    }
}

impl Drop for ShownAccount {
    fn drop(&mut self) {
        self.progress.state().running.remove(&self.at);
    }
}
