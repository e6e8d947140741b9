//! What a live scan shows while it goes on, on standard error.

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

/// How often the line of a terminal is drawn anew.
const TICK: Duration = Duration::from_millis(250);
/// How often a line is printed where there is no terminal.
const LINE: Duration = Duration::from_secs(30);
/// From when on it is said what a scan waits for.
const LONG_WAIT: Duration = Duration::from_secs(3);

/// What a live scan shows. Copies share it.
#[derive(Clone, Debug)]
pub(crate) struct ScanProgress {
    bar: ProgressBar,
    state: Arc<Mutex<State>>,
    is_quiet: bool,
    /// Whether the line is drawn anew in its place.
    is_drawn: bool,
    is_verbose: bool,
}

#[derive(Debug, Default)]
struct State {
    accounts: usize,
    ended: usize,
    /// The accounts that are read, by the order in which they began.
    running: BTreeMap<usize, Running>,
    begun: usize,
}

#[derive(Debug)]
struct Running {
    /// The account's name, or its id.
    account: String,
    reader: Reader,
    controls: usize,
    ended: usize,
}

impl ScanProgress {
    /// Shows nothing when quiet, and a line for each account when verbose.
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

    /// Shows a scan of so many accounts until the result is dropped.
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

    /// Shows an account with so many controls until the result is dropped.
    pub(crate) fn begin(&self, account: String, reader: &Reader, controls: usize) -> ShownAccount {
        let mut state = self.state();
        state.begun += 1;
        let at = state.begun;
        let reader = reader.clone();
        state.running.insert(at, Running { account, reader, controls, ended: 0 });
        ShownAccount { progress: self.clone(), at }
    }

    /// Notes that an account ended.
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
    /// `12/300 accounts · example-prod 41/126 controls · waiting 8 s for rds:DescribeDBInstances in
    /// eu-west-1`: of the account that waits longest for one answer.
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
                let operation = key.kind.reads().first().map_or("an answer", |read| read.name);
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

/// A scan that is shown.
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

/// An account that is shown.
pub(crate) struct ShownAccount {
    progress: ScanProgress,
    at: usize,
}

impl ShownAccount {
    /// Notes that a control ended.
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
