//! Collects the accounts of a scan as they complete, and combines their results.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use plumbline_core::aws::{AccountId, Partition};
use plumbline_core::control::ConfiguredControl;
use plumbline_core::register::{Expiry, Register};
use plumbline_core::scan_report::{
    AccountReport, BaselineState, BaselineUse, RegisterEntry, RegisterUse, RunReport,
};

use super::gates::Gates;
use crate::comparison::Baseline;
use crate::error::CliError;
use crate::evaluate::folder::{Folder, ResumedScan};
use crate::evaluate::{AccountResults, EvaluatedAccount, Scan};
use crate::inputs::LocatedRegister;

/// The options for the accounts.
pub(super) struct IntakeOptions<'a> {
    pub(super) controls: &'a [ConfiguredControl],
    /// The directory for the reports of accounts.
    pub(super) output_dir: Option<&'a Path>,
    /// The directory of an earlier scan whose reports are reused.
    pub(super) resume: Option<&'a Path>,
    /// The maximum age of these reports.
    pub(super) max_age: Duration,
    /// Whether to keep the results by control and Region.
    pub(super) keeps_runs: bool,
    /// Whether to import findings into Security Hub.
    pub(super) publishes: bool,
    /// Whether to keep single results. A summary does not need them in memory, because the
    /// directory contains them.
    pub(super) keeps_results: bool,
    /// An earlier scan with known failures.
    pub(super) baseline: Option<&'a Baseline>,
    pub(super) gates: Gates,
}

/// A scan whose accounts are still being collected.
pub(super) struct Intake<'a> {
    options: IntakeOptions<'a>,
    now: DateTime<Utc>,
    pub(super) register: Option<LocatedRegister>,
    /// The run block of the report, without accounts.
    run: RunReport,
    folder: Option<Folder>,
    accounts: AccountResults,
    /// The known and new failures of all accounts.
    baseline: Option<BaselineUse>,
    /// The accounts whose reports were reused.
    pub(super) resumed: BTreeSet<AccountId>,
    /// Whether a gate applies to an account.
    tripped: bool,
    /// Other problems, one line each.
    pub(super) problems: Vec<String>,
    /// The summary line of published findings.
    pub(super) published: Option<String>,
    /// The exit code of a scan that ended early.
    pub(super) ended_early: Option<u8>,
}

impl<'a> Intake<'a> {
    pub(super) fn new(
        options: IntakeOptions<'a>,
        now: DateTime<Utc>,
        register: Option<LocatedRegister>,
        run: RunReport,
    ) -> Result<Self, CliError> {
        let folder = match (options.output_dir, options.resume) {
            (Some(path), _) => Some(Folder::create(path)?),
            (None, Some(path)) => Some(Folder::open(path)?),
            (None, None) => None,
        };
        let mut intake = Self {
            options,
            now,
            register,
            run,
            folder,
            accounts: AccountResults::default(),
            baseline: None,
            resumed: BTreeSet::new(),
            tripped: false,
            problems: Vec::new(),
            published: None,
            ended_early: None,
        };
        intake.run.register = intake.register_use(&intake.accounts);
        intake.baseline.clone_from(&intake.run.baseline);
        Ok(intake)
    }

    /// Reuses the report of an account from an earlier scan, if it is complete and recent enough.
    pub(super) fn resume(
        &mut self,
        at: usize,
        account: &AccountId,
        partition: Partition,
    ) -> Result<bool, CliError> {
        let Some(folder) = self.folder.as_ref().filter(|_| self.options.resume.is_some()) else {
            return Ok(false);
        };
        let max_age = TimeDelta::from_std(self.options.max_age).unwrap_or(TimeDelta::MAX);
        let none = Register::default();
        let expected = ResumedScan {
            controls: self.options.controls,
            partition,
            run: &self.run,
            now: self.now,
            max_age,
            keeps_runs: self.options.keeps_runs,
            publishes: self.options.publishes,
            register: self.register.as_ref().map_or(&none, |register| &register.register),
        };
        let Some(mut saved) = folder.saved(account, &expected)? else { return Ok(false) };
        self.mark(&mut saved)?;
        self.resumed.insert(account.clone());
        self.add(at, saved);
        Ok(true)
    }

    /// Records a failure to write to the directory. The scan continues, because the results are
    /// still useful.
    fn unwritten(&mut self, error: CliError) {
        if !self.problems.contains(&error.message) {
            self.problems.push(error.message);
        }
    }

    /// Marks the failures of an account that the baseline contains.
    fn mark(&self, account: &mut EvaluatedAccount) -> Result<(), CliError> {
        if let (Some(baseline), Some(report)) = (self.options.baseline, &mut account.report) {
            baseline.mark(report).map_err(|rules| {
                CliError::usage(
                    format!("the baseline used different parameters: {rules}"),
                    "Scan with the parameters of the baseline, or create a new baseline.",
                )
            })?;
        }
        Ok(())
    }

    /// Adds an evaluated account.
    pub(super) fn take(
        &mut self,
        at: usize,
        mut account: EvaluatedAccount,
    ) -> Result<(), CliError> {
        self.mark(&mut account)?;
        if let Some(folder) = &self.folder {
            let accounts = AccountResults::from_iter([account.clone()]);
            let mut run = self.run.clone();
            run.register = self.register_use(&accounts);
            if let (Some(baseline), Some(report)) = (&mut run.baseline, &account.report) {
                count_failures(baseline, report);
            }
            run.finished_at = run.started_at.map(|_| Utc::now().trunc_subsecs(0));
            let scan = Scan::new(self.now, run, accounts);
            if let Err(error) = folder.write(&account.read.account_id, &scan.report) {
                self.unwritten(error);
            }
        }
        self.add(at, account);
        Ok(())
    }

    fn add(&mut self, at: usize, mut account: EvaluatedAccount) {
        if let Some(report) = &mut account.report {
            self.tripped |= self.options.gates.trip_in(report);
            if let Some(baseline) = &mut self.baseline {
                count_failures(baseline, report);
            }
            if !self.options.keeps_results {
                for control in &mut report.controls {
                    control.evaluations = Vec::new();
                    control.why = String::new();
                    control.remediation.text = String::new();
                }
            }
        }
        self.accounts.add(at, account);
    }

    /// Whether the reading of an account was interrupted.
    #[cfg(feature = "aws")]
    pub(super) fn is_interrupted(&self) -> bool {
        self.accounts.is_interrupted()
    }

    /// Writes the results. The second value is true if a gate applies.
    pub(super) fn finish(self) -> Result<(Scan, bool), CliError> {
        let mut run = self.run.clone();
        run.register = self.register_use(&self.accounts);
        run.finished_at = run.started_at.map(|_| Utc::now().trunc_subsecs(0));
        run.baseline.clone_from(&self.baseline);
        let Self { now, folder, accounts, resumed, problems, .. } = self;
        let scan = Scan { problems, ..Scan::new(now, run, accounts) };
        let mut scan = scan;
        if let Some(folder) = &folder
            && let Err(error) = folder.finish(&scan.report, &resumed)
            && !scan.problems.contains(&error.message)
        {
            scan.problems.push(error.message);
        }
        let tripped = self.tripped || self.options.gates.trip(&scan.report);
        Ok((scan, tripped))
    }

    /// Describes how the scan used the register.
    fn register_use(&self, accounts: &AccountResults) -> Option<RegisterUse> {
        self.register.as_ref().map(|register| register_use(register, accounts, self.now))
    }
}

/// Adds the failures of an account to the totals.
fn count_failures(baseline: &mut BaselineUse, account: &AccountReport) {
    let evaluations = account.controls.iter().flat_map(|control| &control.evaluations);
    for state in evaluations.filter_map(|evaluation| evaluation.baseline) {
        match state {
            BaselineState::Known => baseline.known += 1,
            BaselineState::New => baseline.new += 1,
        }
    }
}

/// Describes how a scan used the register.
fn register_use(
    register: &LocatedRegister,
    accounts: &AccountResults,
    now: DateTime<Utc>,
) -> RegisterUse {
    let exceptions = accounts.exception_use();
    let used_entries: Vec<String> = accounts.used().into_iter().map(str::to_owned).collect();
    let LocatedRegister { register, location, sha256 } = register;
    let expiries = register.expiries(now);
    let entries = |days: std::ops::RangeInclusive<i64>| {
        expiries
            .iter()
            .filter(|expiry| days.contains(&expiry.days_left))
            .map(|Expiry { entry, control, until, .. }| RegisterEntry {
                entry: entry.clone(),
                control: control.clone(),
                until: *until,
            })
            .collect()
    };
    RegisterUse {
        location: location.clone(),
        sha256: sha256.clone(),
        attestations: register.attestations.len(),
        exceptions: register.exceptions.len(),
        used: used_entries.len(),
        used_entries,
        in_scope: exceptions.in_scope.iter().map(|at| format!("exceptions[{at}]")).collect(),
        unused: register.unused(&exceptions),
        waived_controls: register.waived_controls(now.date_naive()),
        expired: entries(i64::MIN..=-1),
        ends_within_30_days: entries(0..=30),
    }
}
