//! `plumbline scan`: evaluates accounts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[cfg(feature = "aws")]
use chrono::SubsecRound;
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use plumbline_core::benchmark::Severity;
use plumbline_core::evaluation::Compliance;
use plumbline_core::register::{Expiry, Register};
#[cfg(feature = "aws")]
use plumbline_core::scan_report::RunCaller;
use plumbline_core::scan_report::{
    ChangedParameter, ControlReport, EvaluationReport, Origin, ReadState, RegisterEntry,
    RegisterUse, RunReport, RunTool, ScanReport, ScanTarget, SelectedControls, rules_digest,
};
use plumbline_core::snapshot::Snapshot;
use plumbline_rules::registry::CONTROLS;

#[cfg(feature = "aws")]
use crate::accounts::ScanAccounts;
use crate::arguments::{ListArguments, SelectionArguments, SeverityArgument, TargetArguments};
use crate::error::CliError;
use crate::evaluate::{EvaluatedAccount, Scan, recorded};
#[cfg(feature = "aws")]
use crate::evaluate::{live, live_register};
use crate::formats::scan::{ListOptions, ScanFormat, render};
use crate::inputs::{LocatedRegister, NO_REGISTER};
use crate::output::{Output, Prepared};
#[cfg(feature = "aws")]
use crate::runtime::block_on;
use crate::selection::{Selection, select};
use crate::terminal::print_error;
use crate::{inputs, sample};

/// Evaluate an account
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The built-in sample account: no AWS, no network
    #[arg(long, conflicts_with_all = ["snapshot", "profile", "role_name", "account", "organization",
        "publish"])]
    pub(crate) sample: bool,
    /// A recorded account
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "role_name", "account",
        "organization", "publish"])]
    pub(crate) snapshot: Option<PathBuf>,
    /// The time that counts as now, RFC 3339; of a snapshot, when it was recorded
    #[arg(long, value_name = "TIME", conflicts_with = "publish")]
    pub(crate) now: Option<DateTime<Utc>>,
    #[command(flatten)]
    pub(crate) target: TargetArguments,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// Parameters of controls, a JSON file: {"1.12": {"maxCredentialUsageAge": "90"}, "*":
    /// {"notAssessedAs": "nonCompliant"}}
    #[arg(long, value_name = "FILE")]
    pub(crate) parameters: Option<PathBuf>,
    /// Attestations and exceptions: a JSON file, of a live scan also s3://BUCKET/KEY, or none
    /// [default: with --publish that of the deployed functions, else none]
    #[arg(long, value_name = "LOCATION")]
    pub(crate) register: Option<String>,
    /// table, json, csv, html, asff or ocsf; as FORMAT=FILE into a file, - for
    /// standard output; repeatable
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "table", value_delimiter = ',')]
    pub(crate) format: Vec<Output<ScanFormat>>,
    #[command(flatten)]
    pub(crate) list: ListArguments,
    /// Exit with 1 when something fails, or (not-assessed) is not assessed, could not be read
    /// (unreadable), when an account or Region could not be read at all (incomplete), or when it is
    /// not the full benchmark (looser); repeatable, or with commas
    #[arg(long, value_enum, value_name = "GATE", value_delimiter = ',')]
    pub(crate) fail_on: Vec<FailOn>,
    /// Exit with 1 when something is non-compliant of a control at least this severe
    #[arg(long, value_enum, ignore_case = true, value_name = "SEVERITY")]
    pub(crate) fail_on_severity: Option<SeverityArgument>,
    /// Also import the findings into Security Hub
    #[arg(long, value_enum, value_name = "TARGET")]
    pub(crate) publish: Option<PublishTarget>,
}

/// What ends a scan in exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    // Something fails.
    NonCompliant,
    // Something fails or is not assessed.
    NotAssessed,
    // Something could not be read; a missing attestation is none of this.
    Unreadable,
    // An account or a Region could not be read at all.
    Incomplete,
    // It is not the full benchmark: something was left out, or a parameter is looser.
    Looser,
}

/// Where a scan publishes its findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PublishTarget {
    SecurityHub,
}

/// What a scan evaluated, and by what.
struct Evaluated {
    now: DateTime<Utc>,
    register: Option<LocatedRegister>,
    /// The report's block about the run, without accounts and register.
    run: RunReport,
    accounts: Vec<EvaluatedAccount>,
    problems: Vec<String>,
}

/// Runs the command. The exit code is 1 where a gate trips.
pub(crate) fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, CliError> {
    let outputs = Prepared::new(&arguments.format)?;
    let selection = select(&arguments.selection, arguments.parameters.as_deref())?;
    let evaluated = if arguments.sample {
        let register = match &arguments.register {
            Some(_) => given_register(arguments)?,
            None => Some(sample::register()?),
        };
        scan_recorded(arguments, &selection, sample::snapshot()?, Origin::Sample, register)?
    } else if let Some(file) = &arguments.snapshot {
        let (snapshot, sha256) = inputs::snapshot(file)?;
        let register = given_register(arguments)?;
        let origin = Origin::Snapshot {
            file: file.display().to_string(),
            sha256,
            recorded_at: snapshot.recorded_at,
            recorded_by: snapshot.recorded_by.clone(),
        };
        scan_recorded(arguments, &selection, snapshot, origin, register)?
    } else {
        scan_live(arguments, &selection, quiet)?
    };
    let Evaluated { now, register, mut run, accounts, problems } = evaluated;
    let unused = register.as_ref().map(|register| unused(&accounts, &register.register));
    let swept = register.as_ref().map(|register| register.register.clone());
    run.register = register
        .zip(unused.clone())
        .map(|(register, unused)| register_use(&register, &accounts, unused, now));
    let scan = Scan { problems, ..Scan::new(now, run, accounts) };
    let listed = ListOptions {
        summary: arguments.list.summary,
        details: arguments.list.details,
        severity: arguments.list.severity.map(Into::into),
        statuses: arguments.list.status.iter().copied().map(Into::into).collect(),
    };
    outputs.write(|format| render(&scan, format, &listed))?;
    if let Some(swept) = &swept {
        inputs::warn_of_sweeping(swept);
    }
    for entry in unused.unwrap_or_default() {
        print_error(&format!("warning: {entry} of the register waived nothing in this scan"));
    }
    // What was not read is no verdict, so no gate was asked.
    let mut problems = scan.problems;
    if problems.is_empty() {
        problems = unread_accounts(&scan.report);
    }
    if !problems.is_empty() {
        return Err(CliError::incomplete(&problems));
    }
    Ok(ExitCode::from(u8::from(fails(arguments, &scan.report))))
}

/// The register that was given for a recorded account: a file, or none.
fn given_register(arguments: &Arguments) -> Result<Option<LocatedRegister>, CliError> {
    let given = arguments.register.as_deref().filter(|location| *location != NO_REGISTER);
    given.map(Path::new).map(inputs::register).transpose()
}

/// Evaluates recorded accounts. Without `--now`, the time of the recording counts.
fn scan_recorded(
    arguments: &Arguments,
    selection: &Selection,
    snapshot: Snapshot,
    origin: Origin,
    register: Option<LocatedRegister>,
) -> Result<Evaluated, CliError> {
    let now = arguments.now.unwrap_or(snapshot.recorded_at);
    let given = arguments.target.caller.home_region.clone();
    let recorded = snapshot.accounts.first().map(|account| account.home_region.clone());
    let limits = if arguments.target.region.is_empty() {
        &snapshot.regions_limited_to
    } else {
        &arguments.target.region
    };
    let target = ScanTarget {
        home_region: given.or(recorded).unwrap_or_default(),
        role_name: None,
        organization: false,
        regions_limited_to: limits.clone(),
    };
    let run = run_report(arguments, selection, origin, target);
    let none = Register::default();
    let entries = register.as_ref().map_or(&none, |register| &register.register);
    let accounts =
        recorded::scan(&arguments.target, &selection.controls, snapshot.accounts, entries, now)?;
    Ok(Evaluated { now, register, run, accounts, problems: Vec::new() })
}

#[cfg(feature = "aws")]
fn scan_live(
    arguments: &Arguments,
    selection: &Selection,
    quiet: bool,
) -> Result<Evaluated, CliError> {
    block_on(async {
        let started_at = Utc::now().trunc_subsecs(0);
        let accounts = ScanAccounts::find(&arguments.target).await?;
        let now = arguments.now.unwrap_or_else(Utc::now);
        let publishes = arguments.publish == Some(PublishTarget::SecurityHub);
        let given = arguments.register.as_deref();
        let register =
            live_register::find(&accounts, &selection.controls, given, publishes).await?;
        let entries = register.as_ref().map(|register| register.register.clone());
        let (evaluated, problems) = live::scan(
            &accounts,
            &selection.controls,
            entries.unwrap_or_default(),
            now,
            publishes,
            quiet,
        )
        .await?;
        let target = ScanTarget {
            home_region: accounts.home_region.clone(),
            role_name: arguments.target.role_name.clone(),
            organization: arguments.target.organization,
            regions_limited_to: arguments.target.region.clone(),
        };
        let run = RunReport {
            started_at: Some(started_at),
            finished_at: Some(Utc::now().trunc_subsecs(0)),
            caller: Some(RunCaller {
                arn: accounts.caller.arn.clone(),
                account_id: accounts.caller.account.clone(),
            }),
            ..run_report(arguments, selection, Origin::Live, target)
        };
        Ok(Evaluated { now, register, run, accounts: evaluated, problems })
    })
}

#[cfg(not(feature = "aws"))]
fn scan_live(_: &Arguments, _: &Selection, _: bool) -> Result<Evaluated, CliError> {
    Err(crate::error::no_aws())
}

/// The report's block about a run, as far as arguments and selection lead to it.
fn run_report(
    arguments: &Arguments,
    selection: &Selection,
    origin: Origin,
    target: ScanTarget,
) -> RunReport {
    let given = arguments.parameters.as_ref().map(|file| file.display().to_string());
    let by = given.unwrap_or_default();
    let parameters =
        selection.controls.iter().flat_map(|control| ChangedParameter::of(control, &by));
    RunReport {
        tool: RunTool {
            name: "plumbline",
            version: env!("CARGO_PKG_VERSION"),
            commit: option_env!("PLUMBLINE_COMMIT"),
        },
        started_at: None,
        finished_at: None,
        origin,
        caller: None,
        target,
        accounts: Vec::new(),
        controls: SelectedControls {
            known: CONTROLS.len(),
            evaluated: selection.controls.len(),
            left_out: selection.left_out.clone(),
        },
        parameters: parameters.collect(),
        rules_digest: rules_digest(&selection.controls),
        register: None,
        complete: false,
        incomplete_because: Vec::new(),
        full_benchmark: false,
    }
}

/// The exceptions that waived nothing.
fn unused(accounts: &[EvaluatedAccount], register: &Register) -> Vec<String> {
    let runs = accounts.iter().flat_map(|account| &account.runs);
    register.unused(
        runs.map(|run| {
            (run.control.control().id, &run.context, run.outcome.evaluations.as_slice())
        }),
    )
}

/// What the register did in a scan.
fn register_use(
    register: &LocatedRegister,
    accounts: &[EvaluatedAccount],
    unused: Vec<String>,
    now: DateTime<Utc>,
) -> RegisterUse {
    let evaluations =
        accounts.iter().flat_map(|account| &account.runs).flat_map(|run| &run.outcome.evaluations);
    let mut used = BTreeSet::new();
    for evaluation in evaluations {
        used.extend(evaluation.attested.as_ref().map(|attested| attested.entry.clone()));
        used.extend(evaluation.exceptions.iter().map(|place| format!("exceptions[{place}]")));
    }
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
        used: used.len(),
        unused,
        expired: entries(i64::MIN..=-1),
        ends_within_30_days: entries(0..=30),
    }
}

impl FailOn {
    fn trips(self, report: &ScanReport) -> bool {
        let counts = report.summary.resources;
        match self {
            Self::NonCompliant => counts.non_compliant > 0,
            Self::NotAssessed => counts.non_compliant + counts.not_assessed > 0,
            Self::Unreadable => report.evaluations().any(|(_, one)| one.is_unreadable()),
            Self::Incomplete => !report.run.complete,
            Self::Looser => !report.run.full_benchmark,
        }
    }
}

/// Whether a gate trips.
fn fails(arguments: &Arguments, report: &ScanReport) -> bool {
    let severity = arguments.fail_on_severity.map(Severity::from);
    let is_severe = |(control, evaluation): (&ControlReport, &EvaluationReport)| {
        evaluation.compliance == Compliance::NonCompliant
            && severity.is_some_and(|severity| control.severity >= severity)
    };
    arguments.fail_on.iter().any(|gate| gate.trips(report)) || report.evaluations().any(is_severe)
}

/// The accounts that could not be read at all, a sentence each.
fn unread_accounts(report: &ScanReport) -> Vec<String> {
    let runs = report.run.accounts.iter();
    runs.filter(|run| run.state == ReadState::Unread)
        .flat_map(|run| run.incomplete_because())
        .map(|text| text.trim_end_matches('.').to_owned())
        .collect()
}
