//! A directory with one report per account, from which an interrupted scan can be resumed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use plumbline_core::aws::{AccountId, Partition};
use plumbline_core::control::ConfiguredControl;
use plumbline_core::engine::{Outcome, Unseen};
use plumbline_core::evaluation::ResourceRef;
use plumbline_core::finding::finding_id;
use plumbline_core::register::{ExceptionUse, Register};
use plumbline_core::scan_report::{
    AccountReport, AccountRun, ControlReport, EvaluationReport, Origin, ReadState, RunReport,
    SCHEMA, ScanReport, ScanTarget,
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

/// A directory with the reports of accounts.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

/// The conditions under which the report of an account is reused.
pub(crate) struct ResumedScan<'a> {
    pub(crate) controls: &'a [ConfiguredControl],
    pub(crate) partition: Partition,
    /// The run block, without accounts.
    pub(crate) run: &'a RunReport,
    /// The evaluation time.
    pub(crate) now: DateTime<Utc>,
    /// The maximum age of a report.
    pub(crate) max_age: TimeDelta,
    /// Whether the results by control and Region are required.
    pub(crate) keeps_runs: bool,
    /// Whether the findings must be in Security Hub.
    pub(crate) publishes: bool,
    /// The register, whose entries may have expired since.
    pub(crate) register: &'a Register,
}

/// The parts of an account's report that are read.
#[derive(Deserialize)]
struct SavedReport {
    generated_at: DateTime<Utc>,
    run: SavedRun,
    accounts: Vec<SavedAccount>,
}

/// The tolerated difference between clocks.
const SKEW: TimeDelta = TimeDelta::minutes(15);

#[derive(Deserialize)]
struct SavedTool {
    name: String,
    version: String,
    commit: Option<String>,
}

/// The origin of the facts of an earlier scan.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum SavedOrigin {
    Sample,
    Live,
    Snapshot { sha256: String },
}

impl SavedOrigin {
    fn is_same(&self, origin: &Origin) -> bool {
        match (self, origin) {
            (Self::Sample, Origin::Sample) | (Self::Live, Origin::Live) => true,
            (Self::Snapshot { sha256 }, Origin::Snapshot { sha256: other, .. }) => sha256 == other,
            _ => false,
        }
    }
}

#[derive(Deserialize)]
struct SavedRun {
    tool: SavedTool,
    origin: SavedOrigin,
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
    /// Creates the directory if necessary, and checks that it is writable. Deletes the index of an
    /// earlier scan, because an index marks a complete scan.
    ///
    /// # Errors
    /// The directory cannot be created or written.
    pub(crate) fn create(path: &Path) -> Result<Self, CliError> {
        std::fs::create_dir_all(path).map_err(|error| {
            CliError::usage(
                format!("cannot create the directory '{}': {error}", path.display()),
                "Give an existing directory, or one that you have permission to create.",
            )
        })?;
        let folder = Self(path.to_owned());
        let index = folder.file(INDEX);
        NewFile::begin(&index, READABLE)?;
        if index.exists() {
            std::fs::remove_file(&index).map_err(|error| {
                CliError::usage(
                    format!("cannot delete '{}': {error}", index.display()),
                    "Give a directory that you have permission to write to.",
                )
            })?;
        }
        Ok(folder)
    }

    /// Whether a file is in the directory.
    pub(crate) fn holds(path: &Path, file: &Path) -> bool {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let real = |path: &Path| std::fs::canonicalize(path).ok();
        let (file, folder) = (real(folder.unwrap_or(Path::new("."))), real(path));
        file.is_some() && file == folder
    }

    /// Opens the directory of an earlier scan.
    ///
    /// # Errors
    /// The directory does not exist or cannot be written.
    pub(crate) fn open(path: &Path) -> Result<Self, CliError> {
        if !path.is_dir() {
            return Err(CliError::usage(
                format!("the directory '{}' does not exist", path.display()),
                "Give the directory of an earlier scan with --output-dir.",
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

    /// Writes the index with the combined results. `resumed` are the accounts whose reports were
    /// reused.
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
                "name": run.names.shown(),
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

    /// Returns the result of an account in an earlier scan, if it is complete and recent enough.
    ///
    /// # Errors
    /// The file is not a report, or its scan used other parameters, another register or other
    /// Regions.
    pub(crate) fn saved(
        &self,
        account: &AccountId,
        expected: &ResumedScan<'_>,
    ) -> Result<Option<EvaluatedAccount>, CliError> {
        let file = self.file(&format!("{account}.json"));
        if !file.is_file() {
            return Ok(None);
        }
        let document: Value = inputs::report(&file)?;
        let not_a_report = |what: String| inputs::not_a_report(&file, what);
        if document.get("schema") != Some(&json!(SCHEMA)) {
            return Err(not_a_report(format!("its schema is not {SCHEMA}")));
        }
        let saved_report = document.pointer("/accounts/0").cloned();
        let SavedReport { generated_at, run, accounts } =
            serde_json::from_value(document).map_err(|error| not_a_report(error.to_string()))?;
        if let Some(difference) = difference(&run, expected.run) {
            return Err(CliError::usage(
                format!("cannot resume from '{}': {difference}", file.display()),
                "Resume with the same program version, accounts, controls, parameters, register, \
                 Regions and role, or scan into another directory.",
            ));
        }
        let (Ok([saved]), Ok([read])) =
            (<[_; 1]>::try_from(accounts), <[_; 1]>::try_from(run.accounts))
        else {
            return Err(not_a_report("it does not contain exactly one account".to_owned()));
        };
        let ended = run.finished_at.unwrap_or(generated_at);
        let age = expected.now.signed_duration_since(ended);
        let is_young = (-SKEW..=expected.max_age).contains(&age);
        let is_read = run.complete && read.state != ReadState::Interrupted;
        let is_published = !expected.publishes || read.published == Some(true);
        let has_register = !expected.register.ended_between(generated_at, expected.now);
        if !(is_young && is_read && is_published && has_register) {
            return Ok(None);
        }
        if read.account_id != *account || saved.partition != expected.partition {
            let partition = expected.partition;
            let what = format!("it is not for account {account} in partition {partition}");
            return Err(not_a_report(what));
        }
        let restored = saved.restore(read, run.register, expected).map_err(not_a_report)?;
        // A change of the file shows in the totals.
        let report = serde_json::to_value(&restored.report).ok();
        if report != saved_report {
            return Err(not_a_report("its parts contradict each other".to_owned()));
        }
        Ok(Some(restored))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// Describes a difference to the earlier scan because of which the results cannot be combined.
fn difference(saved: &SavedRun, run: &RunReport) -> Option<String> {
    let sha256 = |register: &str| format!("the register with SHA-256 {register}");
    let of_saved = saved.register.as_ref().map(|register| sha256(&register.sha256));
    let of_run = run.register.as_ref().map(|register| sha256(&register.sha256));
    let none = || "no register".to_owned();
    let (of_saved_tool, of_run_tool) = (&saved.tool, &run.tool);
    if (of_saved_tool.version.as_str(), of_saved_tool.commit.as_deref())
        != (of_run_tool.version, of_run_tool.commit)
    {
        let (name, version) = (&of_saved_tool.name, &of_saved_tool.version);
        let commit = of_saved_tool.commit.as_ref().map(|commit| format!(", commit {commit}"));
        Some(format!("another version wrote it ({name} {version}{})", commit.unwrap_or_default()))
    } else if !saved.origin.is_same(&run.origin) {
        Some("the earlier scan evaluated live accounts or another snapshot".to_owned())
    } else if saved.rules_digest != run.rules_digest {
        Some("the earlier scan used other controls or parameters".to_owned())
    } else if of_saved != of_run {
        let (saved, run) = (of_saved.unwrap_or_else(none), of_run.unwrap_or_else(none));
        Some(format!("the earlier scan used {saved}, this scan uses {run}"))
    } else if (&saved.target.home_region, &saved.target.regions_limited_to)
        != (&run.target.home_region, &run.target.regions_limited_to)
    {
        Some("the earlier scan used other Regions".to_owned())
    } else if saved.target.role_name != run.target.role_name {
        Some("the earlier scan used another role".to_owned())
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
    ) -> Result<EvaluatedAccount, String> {
        let ids: Vec<&str> = self.controls.iter().map(|control| control.id.as_str()).collect();
        if !expected.controls.iter().map(|known| known.control().id.as_str()).eq(ids) {
            return Err("its controls differ from the controls that it states".to_owned());
        }
        let mut controls = Vec::new();
        let mut runs = Vec::new();
        for (configured, SavedControl { evaluations, .. }) in
            expected.controls.iter().zip(self.controls)
        {
            let context = |region: &str| Context {
                account: read.account_id.clone(),
                partition: self.partition,
                region: region.to_owned(),
                home_region: expected.run.target.home_region.clone(),
                now: expected.now,
            };
            for evaluation in &evaluations {
                let ResourceRef { resource_type, resource_id, region, .. } = &evaluation.resource;
                let control = configured.control();
                let id = finding_id(control, &context(region), resource_type, resource_id);
                if evaluation.id != id {
                    return Err(format!("the ID '{}' of a result is wrong", evaluation.id));
                }
            }
            if expected.keeps_runs {
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

/// Splits the results of a control by Region.
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

/// Returns the positions of entries: 2 for `exceptions[2] (5.2)`.
fn places(entries: &[String]) -> BTreeSet<usize> {
    let place = |entry: &String| {
        let (_, rest) = entry.split_once('[')?;
        rest.split_once(']')?.0.parse().ok()
    };
    entries.iter().filter_map(place).collect()
}
