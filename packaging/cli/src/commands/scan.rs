//! `plumbline scan`: evaluates accounts.

mod gates;
mod intake;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

#[cfg(feature = "aws")]
use chrono::SubsecRound;
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
#[cfg(feature = "aws")]
use plumbline_aws::stop::{Stop, StopCause};
#[cfg(feature = "aws")]
use plumbline_core::scan_report::RunCaller;
use plumbline_core::scan_report::{
    ChangedParameter, Origin, ReadState, RunReport, RunTool, ScanReport, ScanTarget,
    SelectedControls, rules_digest,
};
use plumbline_core::snapshot::Snapshot;
use plumbline_rules::registry::CONTROLS;

use self::gates::{FailOn, Gates};
use self::intake::{Intake, IntakeOptions};
#[cfg(feature = "aws")]
use crate::accounts::ScanAccounts;
use crate::arguments::{
    ListArguments, SelectionArguments, SeverityArgument, TargetArguments, Verbosity, duration, time,
};
use crate::comparison::{ReadReport, difference, read};
use crate::error::CliError;
#[cfg(feature = "aws")]
use crate::error::INCOMPLETE;
use crate::evaluate::{Evaluating, recorded};
#[cfg(feature = "aws")]
use crate::evaluate::{live::LiveScan, live_register, progress::ScanProgress};
use crate::formats::scan::{Companions, ListOptions, ScanFormat, WholeReport, render};
#[cfg(feature = "aws")]
use crate::formats::words::counted;
use crate::inputs::{LocatedRegister, NO_REGISTER};
use crate::output::{Output, Prepared, not_json, output};
#[cfg(feature = "aws")]
use crate::runtime::{block_on_stoppable, interrupted};
use crate::selection::{Selection, select};
use crate::terminal::print_error;
use crate::{inputs, sample};

/// Evaluate an account
#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct Arguments {
    /// The built-in sample account: no AWS, no network
    #[arg(long, conflicts_with_all = ["snapshot", "profile", "role_name", "account", "organization",
        "publish"])]
    pub(crate) sample: bool,
    /// A recorded account; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "role_name", "account",
        "organization", "publish"])]
    pub(crate) snapshot: Option<PathBuf>,
    /// The time that counts as now, 2026-03-02T08:00:00Z, or a day [default: of a snapshot, when
    /// it was recorded]
    #[arg(long, value_name = "TIME", conflicts_with = "publish", value_parser = time)]
    pub(crate) now: Option<DateTime<Utc>>,
    #[command(flatten)]
    pub(crate) target: TargetArguments,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// Parameters of controls, a JSON file: {"1.12": {"maxCredentialUsageAge": "90"}, "*":
    /// {"notAssessedAs": "nonCompliant"}}
    #[arg(long, value_name = "FILE", help_heading = "Controls")]
    pub(crate) parameters: Option<PathBuf>,
    /// Attestations and exceptions: a JSON file, of a live scan also s3://BUCKET/KEY, or none
    /// [default: with --publish that of the deployed functions, else none]
    #[arg(long, value_name = "LOCATION", help_heading = "Controls")]
    pub(crate) register: Option<String>,
    /// table, json, csv, html, asff or ocsf; as FORMAT=FILE into a file, - for standard output;
    /// repeatable [default: table; with --output-dir its summary]
    #[arg(long, value_name = "FORMAT[=FILE]", value_delimiter = ',', help_heading = "Output",
        value_parser = output::<ScanFormat>(), hide_possible_values = true)]
    pub(crate) format: Vec<Output<ScanFormat>>,
    /// Show on the page what changed since an earlier scan: its report, as --format json wrote it
    #[arg(long, value_name = "OLD.json", help_heading = "Output")]
    pub(crate) since: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) list: ListArguments,
    /// Exit with 1 when something fails, or (not-assessed) is not assessed, could not be read
    /// (unreadable), when an account or Region could not be read at all (incomplete), or when it is
    /// not the full benchmark (looser); repeatable, or with commas
    #[arg(long, value_enum, value_name = "GATE", value_delimiter = ',', help_heading = "Gates")]
    pub(crate) fail_on: Vec<FailOn>,
    /// Exit with 1 when something is non-compliant of a control at least this severe
    #[arg(long, value_enum, ignore_case = true, value_name = "SEVERITY", help_heading = "Gates")]
    pub(crate) fail_on_severity: Option<SeverityArgument>,
    /// A folder for the report of each account, ACCOUNT.json, written as it ends, and index.json
    #[arg(long, value_name = "DIR", conflicts_with = "resume", help_heading = "Output")]
    pub(crate) output_dir: Option<PathBuf>,
    /// Take over the accounts that a scan with --output-dir completed, and scan the others
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub(crate) resume: Option<PathBuf>,
    /// How old what is taken over may be
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "24h",
        requires = "resume", help_heading = "Output")]
    pub(crate) max_age: Duration,
    /// How many accounts are read at the same time
    #[arg(long, value_name = "NUMBER", default_value_t = 8,
        value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) accounts_at_once: u16,
    /// End reading after so long (90s, 30m, 2h): what was not read is not assessed
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) deadline: Option<Duration>,
    /// Also import the findings into Security Hub
    #[arg(help_heading = "Output", long, value_enum, value_name = "TARGET")]
    pub(crate) publish: Option<PublishTarget>,
}

/// Where a scan publishes its findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PublishTarget {
    SecurityHub,
}

/// Runs the command. The exit code is 1 where a gate trips.
pub(crate) fn run(arguments: &Arguments, verbosity: Verbosity) -> Result<ExitCode, CliError> {
    let outputs = match (arguments.format.as_slice(), has_folder(arguments)) {
        ([], _) => Prepared::new(&[Output { format: ScanFormat::Table, file: None }])?,
        (given, _) => Prepared::new(given)?,
    };
    let earlier = earlier(arguments)?;
    let stdin = Some(Path::new("-"));
    let files = [&arguments.snapshot, &arguments.parameters, &arguments.since];
    let given = files.into_iter().map(|file| file.as_deref());
    let register = arguments.register.as_deref().map(Path::new);
    if given.chain([register]).filter(|file| *file == stdin).count() > 1 {
        return Err(CliError::usage(
            "more than one file is read from standard input",
            "Give - for one of --snapshot, --parameters, --register and --since only.",
        ));
    }
    let selection = select(&arguments.selection, arguments.parameters.as_deref())?;
    let intake = if arguments.sample {
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
        scan_live(arguments, &selection, verbosity)?
    };
    let (register, ended_early) = (intake.register.clone(), intake.ended_early);
    let (scan, tripped) = intake.finish()?;
    let listed = ListOptions {
        summary: arguments.list.summary || (has_folder(arguments) && arguments.format.is_empty()),
        details: arguments.list.details,
        severity: arguments.list.severity.map(Into::into),
        statuses: arguments.list.status.iter().copied().map(Into::into).collect(),
    };
    let since = match earlier {
        Some(earlier) => Some(difference(earlier, ReadReport::of(&scan.report).map_err(not_json)?)),
        None => None,
    };
    let companions = Companions { json: WholeReport::of(&scan, &arguments.format)?, since };
    outputs.write(|format| render(&scan, format, &listed, &companions))?;
    if let Some(register) = &register {
        inputs::warn_of_sweeping(&register.register);
    }
    for entry in scan.report.run.register.iter().flat_map(|register| &register.unused) {
        print_error(&format!("warning: {entry} of the register waived nothing in this scan"));
    }
    // What was not read is no verdict, so no gate was asked.
    let mut problems = scan.problems;
    if let Some(code) = ended_early {
        return Err(CliError { code, ..CliError::incomplete(&problems) });
    }
    if problems.is_empty() {
        problems = unread_accounts(&scan.report);
    }
    if !problems.is_empty() {
        return Err(CliError::incomplete(&problems));
    }
    Ok(ExitCode::from(u8::from(tripped)))
}

/// Whether each account gets a report in a folder.
fn has_folder(arguments: &Arguments) -> bool {
    arguments.output_dir.is_some() || arguments.resume.is_some()
}

/// The earlier scan that was given, where an output shows what changed.
fn earlier(arguments: &Arguments) -> Result<Option<ReadReport>, CliError> {
    let Some(file) = &arguments.since else { return Ok(None) };
    if !arguments.format.iter().any(|output| output.format == ScanFormat::Html) {
        return Err(CliError::usage(
            "--since changes the page only, and no page is written",
            "Add --format html=scan.html, or compare two reports with 'plumbline diff'.",
        ));
    }
    read(file).map(Some)
}

/// The register that was given for a recorded account: a file, or none.
fn given_register(arguments: &Arguments) -> Result<Option<LocatedRegister>, CliError> {
    let given = arguments.register.as_deref().filter(|location| *location != NO_REGISTER);
    if let Some(location) = given.filter(|location| location.starts_with("s3://")) {
        return Err(CliError::usage(
            format!("{location} needs a live scan"),
            format!("Give a file: aws s3 cp {location} register.json"),
        ));
    }
    given.map(Path::new).map(inputs::register).transpose()
}

/// Evaluates recorded accounts. Without `--now`, the time of the recording counts.
fn scan_recorded<'a>(
    arguments: &'a Arguments,
    selection: &'a Selection,
    snapshot: Snapshot,
    origin: Origin,
    register: Option<LocatedRegister>,
) -> Result<Intake<'a>, CliError> {
    let now = arguments.now.unwrap_or(snapshot.recorded_at);
    let given = arguments.target.caller.home_region().map(str::to_owned);
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
    let entries = register.as_ref().map(|register| register.register.clone()).unwrap_or_default();
    let evaluating = Evaluating {
        controls: &selection.controls,
        register: &entries,
        keeps_runs: keeps_runs(arguments),
    };
    let mut intake = Intake::new(intake_options(arguments, selection), now, register, run)?;
    for (at, recorded) in snapshot.accounts.into_iter().enumerate() {
        if !intake.resume(at, &recorded.account_id)? {
            intake.take(at, recorded::scan(&arguments.target, &evaluating, recorded, now)?)?;
        }
    }
    Ok(intake)
}

#[cfg(feature = "aws")]
fn scan_live<'a>(
    arguments: &'a Arguments,
    selection: &'a Selection,
    verbosity: Verbosity,
) -> Result<Intake<'a>, CliError> {
    let stop = Stop::default();
    block_on_stoppable(&stop, async {
        let started_at = Utc::now().trunc_subsecs(0);
        let found = tokio::select! {
            found = ScanAccounts::find(&arguments.target) => found,
            cause = stop.wait() => Err(ended_before(cause)),
        };
        let mut found = found?;
        let now = arguments.now.unwrap_or_else(Utc::now);
        let publishes = arguments.publish == Some(PublishTarget::SecurityHub);
        let given = arguments.register.as_deref();
        let register = live_register::find(&found, &selection.controls, given, publishes).await?;
        let entries = register.as_ref().map(|register| register.register.clone());
        let target = ScanTarget {
            home_region: found.home_region.clone(),
            role_name: arguments.target.role_name.clone(),
            organization: arguments.target.organization,
            regions_limited_to: arguments.target.region.clone(),
        };
        let run = RunReport {
            started_at: Some(started_at),
            caller: Some(RunCaller {
                arn: found.caller.arn.clone(),
                account_id: found.caller.account.clone(),
            }),
            ..run_report(arguments, selection, Origin::Live, target)
        };
        let mut intake = Intake::new(intake_options(arguments, selection), now, register, run)?;
        let mut places = Vec::new();
        for (at, account) in std::mem::take(&mut found.accounts).into_iter().enumerate() {
            if !intake.resume(at, &account)? {
                places.push(at);
                found.accounts.push(account);
            }
        }
        if !intake.resumed.is_empty() && !verbosity.is_quiet {
            let resumed = counted(intake.resumed.len(), "account", "accounts");
            print_error(&format!("Taken over from the earlier scan: {resumed}."));
        }
        if let Some(deadline) = arguments.deadline {
            let stop = stop.clone();
            tokio::spawn(async move {
                tokio::time::sleep(deadline).await;
                stop.request(StopCause::Deadline);
            });
        }
        let scan = LiveScan {
            accounts: found,
            controls: selection.controls.clone(),
            register: entries.unwrap_or_default(),
            now,
            at_once: arguments.accounts_at_once.into(),
            keeps_runs: keeps_runs(arguments),
            publishes,
            stop: stop.clone(),
            progress: ScanProgress::new(verbosity),
        };
        let problems = scan
            .scan(|at, account| intake.take(places.get(at).copied().unwrap_or(at), account))
            .await?;
        if let Some(cause) = stop.cause() {
            let CliError { message, code, .. } = ended_before(cause);
            intake.problems.push(format!("{message}: what was not read is not assessed"));
            intake.ended_early = Some(code);
        }
        intake.problems.extend(problems);
        Ok(intake)
    })
}

/// The error of a scan that ended before everything was read.
#[cfg(feature = "aws")]
fn ended_before(cause: StopCause) -> CliError {
    match cause {
        StopCause::Signal(signal) => interrupted(signal),
        StopCause::Expired => CliError {
            message: "the credentials expired".to_owned(),
            advice: "Take new credentials and run it again.".to_owned(),
            code: INCOMPLETE,
        },
        StopCause::Deadline => CliError {
            message: "the time of the scan is over".to_owned(),
            advice: "Give --deadline more time.".to_owned(),
            code: INCOMPLETE,
        },
    }
}

#[cfg(not(feature = "aws"))]
fn scan_live<'a>(_: &'a Arguments, _: &'a Selection, _: Verbosity) -> Result<Intake<'a>, CliError> {
    Err(crate::error::no_aws())
}

/// Whether a format is made of the results by control and Region.
fn keeps_runs(arguments: &Arguments) -> bool {
    arguments
        .format
        .iter()
        .any(|output| matches!(output.format, ScanFormat::Asff | ScanFormat::Ocsf))
}

/// What is done with the accounts.
fn intake_options<'a>(arguments: &'a Arguments, selection: &'a Selection) -> IntakeOptions<'a> {
    IntakeOptions {
        controls: &selection.controls,
        output_dir: arguments.output_dir.as_deref(),
        resume: arguments.resume.as_deref(),
        max_age: arguments.max_age,
        keeps_runs: keeps_runs(arguments),
        keeps_results: !has_folder(arguments) || !arguments.format.is_empty(),
        gates: Gates {
            fail_on: arguments.fail_on.clone(),
            severity: arguments.fail_on_severity.map(Into::into),
        },
    }
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

/// The accounts that could not be read at all, a sentence each.
fn unread_accounts(report: &ScanReport) -> Vec<String> {
    let runs = report.run.accounts.iter();
    runs.filter(|run| run.state == ReadState::Unread)
        .flat_map(|run| run.incomplete_because())
        .map(|text| text.trim_end_matches('.').to_owned())
        .collect()
}
