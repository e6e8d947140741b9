//! Controls × Regions over facts, of accounts that were recorded and of live ones.

#[cfg(feature = "aws")]
pub(crate) mod live;
pub(crate) mod recorded;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use plumbline_core::answer::ReadError;
use plumbline_core::benchmark::Scope;
use plumbline_core::control::{ConfiguredControl, Control};
use plumbline_core::engine::{Job, Outcome};
use plumbline_core::register::Register;
use plumbline_core::scan_report::{AccountReport, ControlReport, ScanReport};
use plumbline_core::view::Context;

/// The result of one control in one Region of one account.
#[derive(Clone, Debug)]
pub(crate) struct ControlRun {
    pub(crate) control: ConfiguredControl,
    pub(crate) context: Context,
    pub(crate) outcome: Outcome,
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
    /// Combines the runs of accounts, each with its Regions.
    pub(crate) fn new(now: DateTime<Utc>, accounts: Vec<(Vec<String>, Vec<ControlRun>)>) -> Self {
        let mut reports = Vec::new();
        let mut all = Vec::new();
        for (regions, runs) in accounts {
            reports.extend(account_report(regions, &runs));
            all.extend(runs);
        }
        Self { report: ScanReport::new(now, reports), runs: all, problems: Vec::new() }
    }
}

fn account_report(regions: Vec<String>, runs: &[ControlRun]) -> Option<AccountReport> {
    let context = &runs.first()?.context;
    let mut controls: Vec<(&'static Control, Vec<_>)> = Vec::new();
    for run in runs {
        let evaluations = run.outcome.evaluations.iter().cloned();
        let control = run.control.control();
        match controls.iter_mut().find(|(known, _)| known.id == control.id) {
            Some((_, known)) => known.extend(evaluations),
            None => controls.push((control, evaluations.collect())),
        }
    }
    Some(AccountReport {
        account_id: context.account.clone(),
        partition: context.partition,
        regions,
        controls: controls
            .into_iter()
            .map(|(control, evaluations)| ControlReport::new(control, evaluations))
            .collect(),
    })
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
