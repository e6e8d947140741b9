//! Evaluates controls in each Region of recorded and live accounts.

pub(crate) mod folder;
#[cfg(feature = "aws")]
pub(crate) mod live;
#[cfg(feature = "aws")]
pub(crate) mod live_register;
#[cfg(feature = "aws")]
pub(crate) mod progress;
pub(crate) mod recorded;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use plumbline_core::answer::ReadError;
use plumbline_core::aws::AccountNames;
use plumbline_core::benchmark::Scope;
use plumbline_core::control::ConfiguredControl;
use plumbline_core::engine::{Job, Outcome};
use plumbline_core::fact::{Facts, Key};
use plumbline_core::facts::FactKind;
use plumbline_core::register::{ExceptionUse, Register};
#[cfg(feature = "aws")]
use plumbline_core::scan_report::ReadState;
use plumbline_core::scan_report::{
    AccountReport, AccountRun, ControlReport, RunReport, ScanReport,
};
use plumbline_core::view::Context;

/// The result of one control in one Region of one account.
#[derive(Clone, Debug)]
pub(crate) struct ControlRun {
    pub(crate) control: ConfiguredControl,
    pub(crate) context: Context,
    pub(crate) outcome: Outcome,
}

/// An evaluated account.
#[derive(Clone, Debug)]
pub(crate) struct EvaluatedAccount {
    /// The outcomes. Absent if no control ran.
    pub(crate) report: Option<AccountReport>,
    /// The state of the reads.
    pub(crate) read: AccountRun,
    /// The register entries that had an effect.
    pub(crate) used: BTreeSet<String>,
    /// The exceptions for this account.
    pub(crate) exceptions: ExceptionUse,
    /// The results by control and Region, if they were requested.
    pub(crate) runs: Vec<ControlRun>,
}

/// The inputs of an evaluation besides the facts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evaluating<'a> {
    pub(crate) controls: &'a [ConfiguredControl],
    pub(crate) register: &'a Register,
    /// Whether to keep the results by control and Region, which some formats require.
    pub(crate) keeps_runs: bool,
}

/// The Regions that were evaluated.
#[derive(Clone, Debug)]
pub(crate) struct EvaluatedRegions {
    pub(crate) regions: Vec<String>,
    /// The reason why more Regions may exist.
    pub(crate) unread: Option<ReadError>,
}

impl EvaluatedAccount {
    /// Summarizes the reads of the controls that ran. Recorded facts that no control requested do
    /// not count.
    fn new(
        evaluating: &Evaluating<'_>,
        names: AccountNames,
        regions: EvaluatedRegions,
        runs: Vec<ControlRun>,
        base: &Context,
        facts: &Facts,
    ) -> Self {
        let EvaluatedRegions { regions, unread } = regions;
        let kinds: BTreeSet<FactKind> =
            runs.iter().flat_map(|run| run.control.control().facts).copied().collect();
        let is_asked = |key: &Key| {
            kinds.contains(&key.kind)
                && (key.region.is_empty()
                    || key.region == base.home_region
                    || regions.contains(&key.region))
        };
        let evaluations = || runs.iter().flat_map(|run| &run.outcome.evaluations);
        let asked = facts.iter().filter(|(key, _)| is_asked(key));
        let read =
            AccountRun::of(base.account.clone(), &regions, unread.as_ref(), asked, evaluations())
                .named(names);
        let mut used = BTreeSet::new();
        for evaluation in evaluations() {
            used.extend(evaluation.attested.as_ref().map(|attested| attested.entry.clone()));
            used.extend(evaluation.exceptions.iter().map(|place| format!("exceptions[{place}]")));
        }
        let exceptions = evaluating.register.exception_use(runs.iter().map(|run| {
            (run.control.control().id, &run.context, run.outcome.evaluations.as_slice())
        }));
        let kept = if evaluating.keeps_runs { runs.clone() } else { Vec::new() };
        let report = account_report(regions, runs);
        Self { report, read, used, exceptions, runs: kept }
    }
}

/// The accounts of a scan, added as they complete.
#[derive(Debug, Default)]
pub(crate) struct AccountResults(BTreeMap<usize, EvaluatedAccount>);

impl AccountResults {
    /// Adds an account at its position.
    pub(crate) fn add(&mut self, at: usize, account: EvaluatedAccount) {
        self.0.insert(at, account);
    }

    /// Whether the reading of an account was interrupted.
    #[cfg(feature = "aws")]
    pub(crate) fn is_interrupted(&self) -> bool {
        self.0.values().any(|account| account.read.state == ReadState::Interrupted)
    }

    /// Returns the register entries that had an effect in any account.
    pub(crate) fn used(&self) -> BTreeSet<&str> {
        self.0.values().flat_map(|account| &account.used).map(String::as_str).collect()
    }

    /// Returns the exceptions for the accounts.
    pub(crate) fn exception_use(&self) -> ExceptionUse {
        let mut found = ExceptionUse::default();
        for account in self.0.values() {
            found.extend(&account.exceptions);
        }
        found
    }
}

impl FromIterator<EvaluatedAccount> for AccountResults {
    fn from_iter<I: IntoIterator<Item = EvaluatedAccount>>(accounts: I) -> Self {
        Self(accounts.into_iter().enumerate().collect())
    }
}

/// The result of a scan.
#[derive(Clone, Debug)]
pub(crate) struct Scan {
    pub(crate) report: ScanReport,
    /// The results by control and Region, if they were requested.
    pub(crate) runs: Vec<ControlRun>,
    /// Other problems, one line each.
    pub(crate) problems: Vec<String>,
}

impl Scan {
    /// Combines accounts.
    pub(crate) fn new(now: DateTime<Utc>, run: RunReport, accounts: AccountResults) -> Self {
        let mut reports = Vec::new();
        let mut all = Vec::new();
        let mut run = run;
        for EvaluatedAccount { report, read, runs, .. } in accounts.0.into_values() {
            reports.extend(report);
            run.accounts.push(read);
            all.extend(runs);
        }
        let report = ScanReport::new(now, run.conclude(), reports);
        Self { report, runs: all, problems: Vec::new() }
    }
}

fn account_report(regions: Vec<String>, runs: Vec<ControlRun>) -> Option<AccountReport> {
    let Context { account, partition, .. } = runs.first()?.context.clone();
    let mut controls: Vec<(ConfiguredControl, Vec<_>)> = Vec::new();
    for ControlRun { control, context, outcome } in runs {
        let evaluations =
            outcome.evaluations.into_iter().map(|evaluation| (context.clone(), evaluation));
        match controls.iter_mut().find(|(known, _)| known.control().id == control.control().id) {
            Some((_, known)) => known.extend(evaluations),
            None => controls.push((control, evaluations.collect())),
        }
    }
    let controls = controls
        .into_iter()
        .map(|(control, evaluations)| ControlReport::new(&control, evaluations))
        .collect();
    Some(AccountReport::new(account, partition, regions, controls))
}

/// Lists every control with each Region in which it runs, in the order of the benchmark.
fn plan<'a>(
    controls: &'a [ConfiguredControl],
    base: &'a Context,
    regions: &'a [String],
) -> impl Iterator<Item = (&'a ConfiguredControl, Context)> {
    controls.iter().flat_map(move |control| {
        let regions: Vec<&String> = match control.control().scope {
            Scope::Global => vec![&base.home_region],
            Scope::Regional => regions.iter().collect(),
        };
        regions
            .into_iter()
            .map(move |region| (control, Context { region: region.clone(), ..base.clone() }))
    })
}

/// Marks regional controls as incomplete in the first Region, because Regions that could not be
/// listed may have more resources.
fn mark_incomplete(runs: &mut [ControlRun], register: &Register, unread: &ReadError) {
    let why = unread.clone().into();
    let mut marked = BTreeSet::new();
    for ControlRun { control, context, outcome } in runs {
        let declared = control.control();
        if declared.scope == Scope::Regional && marked.insert(declared.id) {
            Job { control, context, register, item: None }.mark_incomplete(outcome, &why);
        }
    }
}
