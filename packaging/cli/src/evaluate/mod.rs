//! Controls × Regions over facts, of accounts that were recorded and of live ones.

#[cfg(feature = "aws")]
pub(crate) mod live;
#[cfg(feature = "aws")]
pub(crate) mod live_register;
pub(crate) mod recorded;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use plumbline_core::answer::ReadError;
use plumbline_core::benchmark::Scope;
use plumbline_core::control::ConfiguredControl;
use plumbline_core::engine::{Job, Outcome};
use plumbline_core::fact::{Facts, Key};
use plumbline_core::facts::FactKind;
use plumbline_core::register::Register;
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

/// An account, evaluated.
#[derive(Clone, Debug)]
pub(crate) struct EvaluatedAccount {
    /// The Regions that were evaluated.
    pub(crate) regions: Vec<String>,
    pub(crate) runs: Vec<ControlRun>,
    /// What could be read.
    pub(crate) read: AccountRun,
}

impl EvaluatedAccount {
    /// Adds up what was read for the controls that ran. Of recorded facts, those that no control
    /// asked for do not count.
    fn new(
        regions: Vec<String>,
        regions_unread: Option<&ReadError>,
        runs: Vec<ControlRun>,
        base: &Context,
        facts: &Facts,
    ) -> Self {
        let kinds: BTreeSet<FactKind> =
            runs.iter().flat_map(|run| run.control.control().facts).copied().collect();
        let is_asked = |key: &Key| {
            kinds.contains(&key.kind)
                && (key.region.is_empty()
                    || key.region == base.home_region
                    || regions.contains(&key.region))
        };
        let evaluations = runs.iter().flat_map(|run| &run.outcome.evaluations);
        let asked = facts.iter().filter(|(key, _)| is_asked(key));
        let read =
            AccountRun::of(base.account.clone(), &regions, regions_unread, asked, evaluations);
        Self { regions, runs, read }
    }
}

/// The result of a scan.
#[derive(Clone, Debug)]
pub(crate) struct Scan {
    pub(crate) report: ScanReport,
    pub(crate) runs: Vec<ControlRun>,
    /// What went wrong besides, one line each.
    pub(crate) problems: Vec<String>,
}

impl Scan {
    /// Combines accounts.
    pub(crate) fn new(now: DateTime<Utc>, run: RunReport, accounts: Vec<EvaluatedAccount>) -> Self {
        let mut reports = Vec::new();
        let mut all = Vec::new();
        let mut run = run;
        for EvaluatedAccount { regions, runs, read } in accounts {
            reports.extend(account_report(regions, &runs));
            run.accounts.push(read);
            all.extend(runs);
        }
        let report = ScanReport::new(now, run.conclude(), reports);
        Self { report, runs: all, problems: Vec::new() }
    }
}

fn account_report(regions: Vec<String>, runs: &[ControlRun]) -> Option<AccountReport> {
    let context = &runs.first()?.context;
    let mut controls: Vec<(&ConfiguredControl, Vec<_>)> = Vec::new();
    for ControlRun { control, context, outcome } in runs {
        let evaluations =
            outcome.evaluations.iter().map(|evaluation| (context.clone(), evaluation.clone()));
        match controls.iter_mut().find(|(known, _)| known.control().id == control.control().id) {
            Some((_, known)) => known.extend(evaluations),
            None => controls.push((control, evaluations.collect())),
        }
    }
    let controls = controls
        .into_iter()
        .map(|(control, evaluations)| ControlReport::new(control, evaluations))
        .collect();
    Some(AccountReport::new(context.account.clone(), context.partition, regions, controls))
}

/// Every control in each Region in which it runs, in the benchmark's order.
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

/// Marks regional controls, in the first Region, as incomplete: there may be more to evaluate in
/// Regions that could not be listed.
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
