//! A folder with the report of each account, written as accounts end, from which a scan that was
//! interrupted goes on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use plumbline_core::aws::{AccountId, Partition};
use plumbline_core::control::ConfiguredControl;
use plumbline_core::engine::{Outcome, Unseen};
use plumbline_core::register::ExceptionUse;
use plumbline_core::scan_report::{
    AccountReport, AccountRun, ControlReport, EvaluationReport, RunReport, SCHEMA, ScanReport,
    ScanTarget,
};
use plumbline_core::view::Context;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ControlRun, EvaluatedAccount};
use crate::error::CliError;
use crate::inputs;
use crate::output::{NewFile, READABLE, json as json_text};

/// The file that a scan writes last.
const INDEX: &str = "index.json";

/// A folder with the reports of accounts.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

/// What an account's report must agree with to be taken over.
pub(crate) struct ResumedScan<'a> {
    pub(crate) controls: &'a [ConfiguredControl],
    /// The run's block, without accounts.
    pub(crate) run: &'a RunReport,
    /// The time that counts as now.
    pub(crate) now: DateTime<Utc>,
    /// How old a report may be.
    pub(crate) max_age: TimeDelta,
    /// Whether the results by control and Region are wanted.
    pub(crate) keeps_runs: bool,
}

/// What is read of an account's report.
#[derive(Deserialize)]
struct SavedReport {
    generated_at: DateTime<Utc>,
    run: SavedRun,
    accounts: Vec<SavedAccount>,
}

#[derive(Deserialize)]
struct SavedRun {
    finished_at: Option<DateTime<Utc>>,
    target: ScanTarget,
    accounts: Vec<AccountRun>,
    rules_digest: String,
    register: Option<SavedRegister>,
    complete: bool,
}

#[derive(Deserialize)]
struct SavedRegister {
    sha256: String,
    used_entries: Vec<String>,
    in_scope: Vec<String>,
    unused: Vec<String>,
}

#[derive(Deserialize)]
struct SavedAccount {
    partition: Partition,
    regions: Vec<String>,
    controls: Vec<SavedControl>,
}

#[derive(Deserialize)]
struct SavedControl {
    id: String,
    evaluations: Vec<EvaluationReport>,
}

impl Folder {
    /// Makes the folder where it does not exist, and sees whether it can be written.
    ///
    /// # Errors
    /// It cannot be made or written.
    pub(crate) fn create(path: &Path) -> Result<Self, CliError> {
        std::fs::create_dir_all(path).map_err(|error| {
            CliError::usage(
                format!("cannot make the folder {}: {error}", path.display()),
                "Give a folder that exists, or one that you may make.",
            )
        })?;
        let folder = Self(path.to_owned());
        NewFile::begin(&folder.file(INDEX), READABLE)?;
        Ok(folder)
    }

    /// The folder of an earlier scan.
    ///
    /// # Errors
    /// It does not exist or cannot be written.
    pub(crate) fn open(path: &Path) -> Result<Self, CliError> {
        if !path.is_dir() {
            return Err(CliError::usage(
                format!("there is no folder {}", path.display()),
                "Give the folder that a scan with --output-dir wrote.",
            ));
        }
        Self::create(path)
    }

    /// Writes the report of an account.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn write(&self, account: &AccountId, report: &ScanReport) -> Result<(), CliError> {
        let file = NewFile::begin(&self.file(&format!("{account}.json")), READABLE)?;
        file.finish(json_text(report)?.as_bytes())
    }

    /// Writes what the reports come to. `resumed` are the accounts that were taken over.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn finish(
        &self,
        report: &ScanReport,
        resumed: &BTreeSet<AccountId>,
    ) -> Result<(), CliError> {
        let accounts = report.run.accounts.iter().map(|run| {
            let found = report.accounts.iter().find(|one| one.account_id == run.account_id);
            json!({
                "account_id": run.account_id,
                "file": found.map(|_| format!("{}.json", run.account_id)),
                "state": run.state,
                "resumed": resumed.contains(&run.account_id),
                "summary": found.map(|account| &account.summary),
            })
        });
        let index = json!({
            "schema": 1,
            "generated_at": report.generated_at,
            "tool": report.tool,
            "benchmark": report.benchmark,
            "rules_digest": report.run.rules_digest,
            "complete": report.run.complete,
            "incomplete_because": report.run.incomplete_because,
            "full_benchmark": report.run.full_benchmark,
            "accounts": accounts.collect::<Vec<_>>(),
            "summary": report.summary,
        });
        NewFile::begin(&self.file(INDEX), READABLE)?.finish(json_text(&index)?.as_bytes())
    }

    /// The result of an account in an earlier scan; none where there is none that is complete and
    /// young enough.
    ///
    /// # Errors
    /// The file is no report, or its scan used other rules, another register or other Regions.
    pub(crate) fn saved(
        &self,
        account: &AccountId,
        expected: &ResumedScan<'_>,
    ) -> Result<Option<EvaluatedAccount>, CliError> {
        let file = self.file(&format!("{account}.json"));
        if !file.exists() {
            return Ok(None);
        }
        let document: Value = inputs::report(&file)?;
        if document.get("schema") != Some(&json!(SCHEMA)) {
            return Err(inputs::not_a_report(&file, format!("it has no schema {SCHEMA}")));
        }
        let SavedReport { generated_at, run, accounts } =
            serde_json::from_value(document).map_err(|error| inputs::not_a_report(&file, error))?;
        if let Some(difference) = difference(&run, expected.run) {
            return Err(CliError::usage(
                format!("{}: {difference}", file.display()),
                "Resume with the same controls, parameters, register and Regions, or scan into \
                 another folder.",
            ));
        }
        let ended = run.finished_at.unwrap_or(generated_at);
        if !run.complete || expected.now.signed_duration_since(ended) > expected.max_age {
            return Ok(None);
        }
        let mut accounts = accounts.into_iter();
        let mut runs = run.accounts.into_iter();
        match (accounts.next(), accounts.next(), runs.next()) {
            (Some(saved), None, Some(read)) if read.account_id == *account => {
                saved.restore(read, run.register, expected).map(Some)
            }
            _ => Err(inputs::not_a_report(&file, format!("it is not about account {account}"))),
        }
        .map_err(|error| CliError {
            message: format!("{}: {}", file.display(), error.message),
            ..error
        })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// In what an earlier scan differs, so that its results do not go together with those of a new one.
fn difference(saved: &SavedRun, run: &RunReport) -> Option<String> {
    let sha256 = |register: &str| format!("the register with SHA-256 {register}");
    let of_saved = saved.register.as_ref().map(|register| sha256(&register.sha256));
    let of_run = run.register.as_ref().map(|register| sha256(&register.sha256));
    let none = || "no register".to_owned();
    if saved.rules_digest != run.rules_digest {
        Some("the scan had other controls or parameters".to_owned())
    } else if of_saved != of_run {
        let (saved, run) = (of_saved.unwrap_or_else(none), of_run.unwrap_or_else(none));
        Some(format!("the scan had {saved}, this one has {run}"))
    } else if (&saved.target.home_region, &saved.target.regions_limited_to)
        != (&run.target.home_region, &run.target.regions_limited_to)
    {
        Some("the scan had other Regions".to_owned())
    } else {
        None
    }
}

impl SavedAccount {
    fn restore(
        self,
        read: AccountRun,
        register: Option<SavedRegister>,
        expected: &ResumedScan<'_>,
    ) -> Result<EvaluatedAccount, CliError> {
        let mut controls = Vec::new();
        let mut runs = Vec::new();
        for SavedControl { id, evaluations } in self.controls {
            let known = expected.controls.iter().find(|known| known.control().id.as_str() == id);
            let configured = known.ok_or_else(|| {
                CliError::usage(format!("it has control {id}"), "Scan into another folder.")
            })?;
            if expected.keeps_runs {
                let context = |region: &str| Context {
                    account: read.account_id.clone(),
                    partition: self.partition,
                    region: region.to_owned(),
                    home_region: expected.run.target.home_region.clone(),
                    now: expected.now,
                };
                runs.extend(control_runs(configured, &evaluations, context));
            }
            controls.push(ControlReport::of_reports(configured, evaluations));
        }
        let account_id = read.account_id.clone();
        let report = AccountReport::new(account_id, self.partition, self.regions, controls);
        let (mut used, mut exceptions) = (BTreeSet::new(), ExceptionUse::default());
        if let Some(register) = register {
            let unused = places(&register.unused);
            exceptions.in_scope = places(&register.in_scope);
            exceptions.used = exceptions.in_scope.difference(&unused).copied().collect();
            used.extend(register.used_entries);
        }
        Ok(EvaluatedAccount { report: Some(report), read, used, exceptions, runs })
    }
}

/// The results of a control by Region.
fn control_runs(
    configured: &ConfiguredControl,
    evaluations: &[EvaluationReport],
    context: impl Fn(&str) -> Context,
) -> Vec<ControlRun> {
    let mut runs: Vec<ControlRun> = Vec::new();
    for report in evaluations {
        let region = &report.resource.region;
        let evaluation = report.evaluation();
        match runs.iter_mut().find(|run| run.context.region == *region) {
            Some(run) => run.outcome.evaluations.push(evaluation),
            None => runs.push(ControlRun {
                control: configured.clone(),
                context: context(region),
                outcome: Outcome { evaluations: vec![evaluation], unseen: Unseen::Untouched },
            }),
        }
    }
    runs
}

/// The places of entries: `exceptions[2] (5.2)` is at 2.
fn places(entries: &[String]) -> BTreeSet<usize> {
    let place = |entry: &String| {
        let (_, rest) = entry.split_once('[')?;
        rest.split_once(']')?.0.parse().ok()
    };
    entries.iter().filter_map(place).collect()
}
