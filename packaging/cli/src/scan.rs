//! `plumbline scan`.

use std::path::Path;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use plumbline_core::answer::ReadError;
use plumbline_core::benchmark::Scope;
use plumbline_core::control::{ConfiguredControl, Control};
use plumbline_core::engine::{Job, Outcome};
use plumbline_core::evaluation::{Counts, NotAssessed};
use plumbline_core::fact::{Facts, Key};
use plumbline_core::facts::{Buckets, Fact, FactKind};
use plumbline_core::register::Register;
use plumbline_core::scan_report::{AccountReport, ControlReport, ScanReport};
use plumbline_core::snapshot::{RecordedAccount, Snapshot};
use plumbline_core::view::Context;

use crate::arguments::{FailOn, ScanArguments};
use crate::error::CliError;
use crate::selection::select;
use crate::{inputs, output, sample};

/// One control in one Region of one account, done.
#[derive(Clone, Debug)]
pub(crate) struct ControlRun {
    pub(crate) control: ConfiguredControl,
    pub(crate) context: Context,
    pub(crate) outcome: Outcome,
}

/// A scan, done.
#[derive(Clone, Debug)]
pub(crate) struct Scanned {
    pub(crate) report: ScanReport,
    pub(crate) runs: Vec<ControlRun>,
    /// What went wrong besides, a line each.
    pub(crate) problems: Vec<String>,
}

impl Scanned {
    /// Adds up the runs of accounts.
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
pub(crate) fn plan<'a>(
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

/// Says of regional controls what they may lack in an account of which all Regions were asked for:
/// Regions that could not be listed, and buckets in a Region that is not enabled, or was not
/// recorded: they stay when a Region is disabled, and nothing of them can be read.
pub(crate) fn tell_what_lacks(
    runs: &mut [ControlRun],
    register: &Register,
    regions: &[String],
    regions_unread: Option<&ReadError>,
    facts: &Facts,
) {
    if let Some(unread) = regions_unread {
        return mark_incomplete(runs, register, &unread.clone().into(), |_| true);
    }
    let Some(Ok(Fact::Buckets(Buckets(buckets)))) = facts.get(&Key::account(FactKind::Buckets))
    else {
        return;
    };
    let Some(bucket) = buckets.iter().find(|bucket| !regions.contains(&bucket.region)) else {
        return;
    };
    let why = format!(
        "bucket {} is in {}, which is not enabled or was not recorded: nothing of it is known.",
        bucket.name, bucket.region
    );
    mark_incomplete(runs, register, &NotAssessed::Undetermined(why), |control| {
        control.facts.contains(&FactKind::Buckets)
    });
}

/// Says of regional controls, in the first Region, that there may be more to evaluate in Regions
/// that nobody could list or read.
fn mark_incomplete(
    runs: &mut [ControlRun],
    register: &Register,
    why: &NotAssessed,
    concerns: impl Fn(&Control) -> bool,
) {
    let mut marked = std::collections::BTreeSet::new();
    for ControlRun { control, context, outcome } in runs {
        let declared = control.control();
        if declared.scope == Scope::Regional && concerns(declared) && marked.insert(declared.id) {
            Job { control, context, register, item: None }.mark_incomplete(outcome, why);
        }
    }
}

/// Runs `plumbline scan`.
pub(crate) fn run(arguments: &ScanArguments, quiet: bool) -> Result<ExitCode, CliError> {
    output::check(&arguments.format)?;
    let controls = select(&arguments.selection, arguments.parameters.as_deref())?;
    let scanned = if arguments.sample {
        let snapshot = sample::snapshot()?;
        let register = match &arguments.register {
            Some(location) => inputs::register(Path::new(location))?,
            None => sample::register()?,
        };
        recorded(arguments, &controls, snapshot, &register)?
    } else if let Some(file) = &arguments.snapshot {
        let snapshot = inputs::snapshot(file)?;
        let register = arguments
            .register
            .as_deref()
            .map(|location| inputs::register(Path::new(location)))
            .transpose()?
            .unwrap_or_default();
        recorded(arguments, &controls, snapshot, &register)?
    } else {
        live(arguments, &controls, quiet)?
    };
    output::write(&scanned, &arguments.format)?;
    if !scanned.problems.is_empty() {
        return Err(CliError::incomplete(&scanned.problems));
    }
    Ok(ExitCode::from(u8::from(trips(arguments.fail_on, scanned.report.summary))))
}

#[cfg(feature = "aws")]
fn live(
    arguments: &ScanArguments,
    controls: &[ConfiguredControl],
    quiet: bool,
) -> Result<Scanned, CliError> {
    crate::live::scan(arguments, controls, quiet)
}

#[cfg(not(feature = "aws"))]
fn live(_: &ScanArguments, _: &[ConfiguredControl], _: bool) -> Result<Scanned, CliError> {
    Err(crate::error::no_aws())
}

fn trips(fail_on: Option<FailOn>, counts: Counts) -> bool {
    match fail_on {
        None => false,
        Some(FailOn::NonCompliant) => counts.non_compliant > 0,
        Some(FailOn::NotAssessed) => counts.non_compliant > 0 || counts.not_assessed > 0,
    }
}

/// Evaluates recorded accounts.
fn recorded(
    arguments: &ScanArguments,
    controls: &[ConfiguredControl],
    snapshot: Snapshot,
    register: &Register,
) -> Result<Scanned, CliError> {
    let now = arguments.now.unwrap_or(snapshot.recorded_at);
    let accounts = snapshot
        .accounts
        .into_iter()
        .map(|account| recorded_account(arguments, controls, account, register, now))
        .collect::<Result<_, _>>()?;
    Ok(Scanned::new(now, accounts))
}

fn recorded_account(
    arguments: &ScanArguments,
    controls: &[ConfiguredControl],
    account: RecordedAccount,
    register: &Register,
    now: DateTime<Utc>,
) -> Result<(Vec<String>, Vec<ControlRun>), CliError> {
    let RecordedAccount { account_id, partition, home_region, regions, regions_unread, facts } =
        account;
    let home_region = arguments.target.caller.home_region.clone().unwrap_or(home_region);
    let regions = if arguments.target.region.is_empty() {
        regions
    } else {
        regions.into_iter().filter(|region| arguments.target.region.contains(region)).collect()
    };
    if regions.is_empty() {
        return Err(CliError::usage(
            format!("the snapshot of account {account_id} holds none of these Regions"),
            "Give a Region that was recorded, or none for all of them.",
        ));
    }
    let base =
        Context { account: account_id, partition, region: home_region.clone(), home_region, now };
    let mut runs = Vec::new();
    for (control, context) in plan(controls, &base, &regions) {
        let outcome = Job { control, context: &context, register, item: None }.decide(&facts);
        runs.push(ControlRun { control: control.clone(), context, outcome });
    }
    if arguments.target.region.is_empty() {
        tell_what_lacks(&mut runs, register, &regions, regions_unread.as_ref(), &facts);
    }
    Ok((regions, runs))
}
