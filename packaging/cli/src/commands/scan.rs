//! `plumbline scan`: evaluates accounts.

mod basis;
mod gates;
mod intake;
mod options;

use std::path::Path;
use std::process::ExitCode;

#[cfg(feature = "aws")]
use chrono::{SubsecRound, Utc};
#[cfg(feature = "aws")]
use plumbline_aws::stop::{Stop, StopCause};
use plumbline_core::scan_report::{Origin, ReadState, ScanReport, ScanTarget};
#[cfg(feature = "aws")]
use plumbline_core::scan_report::{RunCaller, RunReport};
use plumbline_core::snapshot::Snapshot;

use self::basis::{Basis, configure, run_report};
use self::gates::Gates;
use self::intake::{Intake, IntakeOptions};
pub(crate) use self::options::Arguments;
#[cfg(feature = "aws")]
use self::options::PublishTarget;
#[cfg(feature = "aws")]
use crate::accounts::ScanAccounts;
use crate::arguments::Verbosity;
use crate::comparison::{ReadReport, difference, read};
use crate::configuration::Configuration;
use crate::error::CliError;
#[cfg(feature = "aws")]
use crate::error::INCOMPLETE;
use crate::evaluate::folder::Folder;
use crate::evaluate::{Evaluating, recorded};
#[cfg(feature = "aws")]
use crate::evaluate::{
    live::{LiveScan, PublishedFindings, Publishing},
    live_register::{self, LiveRegister},
    progress::ScanProgress,
};
use crate::formats::scan::{
    Companions, ListOptions, ScanFormat, WholeReport, pieces, render, workbook,
};
#[cfg(feature = "aws")]
use crate::formats::words::counted;
use crate::inputs::{LocatedRegister, NO_REGISTER, check_stdin};
use crate::output::{Output, Prepared, Rendered, not_json};
#[cfg(feature = "aws")]
use crate::runtime::{block_on_stoppable, interrupted};
#[cfg(feature = "aws")]
use crate::selection::with_pages;
use crate::selection::{Selection, select};
use crate::terminal::print_error;
use crate::{inputs, sample};

/// Runs the command. The exit code is 1 if a gate applies.
pub(crate) fn run(arguments: &Arguments, verbosity: Verbosity) -> Result<ExitCode, CliError> {
    check_inputs(arguments)?;
    let configuration = Configuration::find(&arguments.configuration)?;
    let mut arguments = arguments.clone();
    if let Some(configuration) = &configuration {
        configure(&mut arguments, configuration)?;
    }
    check_inputs(&arguments)?;
    arguments.target.check()?;
    run_configured(&arguments, configuration, verbosity)
}

fn run_configured(
    arguments: &Arguments,
    configuration: Option<Configuration>,
    verbosity: Verbosity,
) -> Result<ExitCode, CliError> {
    let outputs = match (arguments.format.as_slice(), has_folder(arguments)) {
        ([], _) => Prepared::new(&[Output { format: ScanFormat::Table, file: None }])?,
        (given, _) => Prepared::new(given)?,
    };
    for path in [&arguments.output_dir, &arguments.resume].into_iter().flatten() {
        let files = arguments.format.iter().filter_map(|output| output.file.as_deref());
        if let Some(file) = files.into_iter().find(|file| Folder::holds(path, file)) {
            return Err(CliError::usage(
                format!("'{}' is in the directory of the account reports", file.display()),
                "Write the other formats to another directory.",
            ));
        }
    }
    let earlier = earlier(arguments)?;
    let basis = Basis::find(arguments, configuration)?;
    let selection = select(&arguments.selection, &basis.parameters)?
        .with_pages(arguments.docs_url.as_deref())?;
    let intake = if arguments.sample {
        let register = match &arguments.register {
            Some(_) => given_register(arguments)?,
            None => Some(sample::register()?),
        };
        scan_recorded(arguments, &basis, &selection, sample::snapshot()?, Origin::Sample, register)?
    } else if let Some(file) = &arguments.snapshot {
        let (snapshot, sha256) = inputs::snapshot(file)?;
        let register = given_register(arguments)?;
        let origin = Origin::Snapshot {
            file: file.display().to_string(),
            sha256,
            recorded_at: snapshot.recorded_at,
            recorded_by: snapshot.recorded_by.clone(),
        };
        scan_recorded(arguments, &basis, &selection, snapshot, origin, register)?
    } else {
        scan_live(arguments, &basis, &selection, verbosity)?
    };
    let (register, ended_early) = (intake.register.clone(), intake.ended_early);
    let published = intake.published.clone();
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
    let companions = Companions {
        json: WholeReport::of(&scan, &arguments.format)?,
        since,
        sarif_artifact: arguments.sarif_artifact.clone(),
    };
    outputs.write(|format, in_pieces| match format {
        ScanFormat::Asff if in_pieces => Ok(Rendered::Pieces(pieces(&scan)?)),
        ScanFormat::Xlsx => workbook(&scan.report).map(Rendered::Bytes),
        _ => render(&scan, format, &listed, &companions).map(Rendered::Text),
    })?;
    if let Some(register) = &register {
        inputs::warn_of_sweeping(&register.register);
    }
    for entry in scan.report.run.register.iter().flat_map(|register| &register.unused) {
        print_error(&format!("warning: {entry} of the register waived nothing in this scan"));
    }
    if let Some(published) = published {
        print_error(&published);
    }
    // Without all results, the gates cannot be decided.
    let mut problems = scan.problems;
    if let Some(code) = ended_early {
        let advice = match (&arguments.output_dir, &arguments.resume) {
            (Some(folder), _) | (_, Some(folder)) => {
                format!("To continue, run the scan with --resume {}.", folder.display())
            }
            (None, None) => {
                "Run the scan again. With --output-dir DIR, an interrupted scan can be resumed."
                    .to_owned()
            }
        };
        return Err(CliError { code, advice, ..CliError::incomplete(&problems) });
    }
    if problems.is_empty() {
        problems = unread_accounts(&scan.report);
    }
    if !problems.is_empty() {
        return Err(CliError::incomplete(&problems));
    }
    Ok(ExitCode::from(u8::from(tripped)))
}

/// Rejects standard input for more than one file.
fn check_inputs(arguments: &Arguments) -> Result<(), CliError> {
    let Arguments { snapshot, parameters, since, baseline, configuration, .. } = arguments;
    let files = [snapshot, parameters, since, baseline, &configuration.config];
    let given = files.into_iter().map(|file| file.as_deref());
    let register = arguments.register.as_deref().map(Path::new);
    let which = "--snapshot, --parameters, --register, --since, --baseline and --config";
    check_stdin(given.chain([register]), which)
}

/// Whether each account gets a report in a directory.
fn has_folder(arguments: &Arguments) -> bool {
    arguments.output_dir.is_some() || arguments.resume.is_some()
}

/// Reads the earlier scan, if an output shows changes.
fn earlier(arguments: &Arguments) -> Result<Option<ReadReport>, CliError> {
    let Some(file) = &arguments.since else { return Ok(None) };
    let shows = |format| matches!(format, ScanFormat::Html | ScanFormat::Markdown);
    if !arguments.format.iter().any(|output| shows(output.format)) {
        return Err(CliError::usage(
            "--since requires the format html or markdown",
            "Add --format html=scan.html, or compare two reports with 'plumbline diff'.",
        ));
    }
    read(file).map(Some)
}

/// Reads the register for a recorded account, if one is given.
fn given_register(arguments: &Arguments) -> Result<Option<LocatedRegister>, CliError> {
    let given = arguments.register.as_deref().filter(|location| *location != NO_REGISTER);
    if let Some(location) = given.filter(|location| location.starts_with("s3://")) {
        return Err(CliError::usage(
            format!("the register '{location}' requires a live scan"),
            format!(
                "Copy it with 'aws s3 cp {location} register.json' and give --register \
                 register.json."
            ),
        ));
    }
    given.map(Path::new).map(inputs::register).transpose()
}

/// Evaluates recorded accounts. The default of `--now` is the time of the recording.
fn scan_recorded<'a>(
    arguments: &'a Arguments,
    basis: &'a Basis,
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
    let run = run_report(basis, selection, origin, target);
    let entries = register.as_ref().map(|register| register.register.clone()).unwrap_or_default();
    let evaluating = Evaluating {
        controls: &selection.controls,
        register: &entries,
        keeps_runs: keeps_runs(arguments),
    };
    let mut intake = Intake::new(intake_options(arguments, basis, selection), now, register, run)?;
    for (at, recorded) in snapshot.accounts.into_iter().enumerate() {
        if !intake.resume(at, &recorded.account_id, recorded.partition)? {
            intake.take(at, recorded::scan(&arguments.target, &evaluating, recorded, now)?)?;
        }
    }
    Ok(intake)
}

#[cfg(feature = "aws")]
fn scan_live<'a>(
    arguments: &'a Arguments,
    basis: &'a Basis,
    selection: &'a Selection,
    verbosity: Verbosity,
) -> Result<Intake<'a>, CliError> {
    let stop = Stop::default();
    block_on_stoppable(&stop, async {
        let started_at = Utc::now().trunc_subsecs(0);
        if let Some(deadline) = arguments.deadline {
            let stop = stop.clone();
            tokio::spawn(async move {
                tokio::time::sleep(deadline).await;
                stop.request(StopCause::Deadline);
            });
        }
        let found = tokio::select! {
            found = ScanAccounts::find(&arguments.target) => found,
            cause = stop.wait() => Err(ended_before(cause)),
        };
        let mut found = found?;
        let now = arguments.now.unwrap_or_else(Utc::now);
        let publishing = match arguments.publish {
            None => Publishing::Nowhere,
            Some(PublishTarget::SecurityHub) => Publishing::Everywhere,
            Some(PublishTarget::SecurityHubWhereEnabled) => Publishing::WhereEnabled,
        };
        let publishes = publishing != Publishing::Nowhere;
        let given = arguments.register.as_deref();
        let LiveRegister { register, docs_url } = tokio::select! {
            found = live_register::find(&found, &selection.controls, given, publishes) => found,
            cause = stop.wait() => Err(ended_before(cause)),
        }?;
        let entries = register.as_ref().map(|register| register.register.clone());
        let is_given = arguments.docs_url.as_ref().is_some_and(|url| !url.is_empty());
        let controls = match docs_url.filter(|_| !is_given) {
            Some(docs) => with_pages(&selection.controls, &docs),
            None => selection.controls.clone(),
        };
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
            ..run_report(basis, selection, Origin::Live, target)
        };
        let mut intake =
            Intake::new(intake_options(arguments, basis, selection), now, register, run)?;
        let mut places = Vec::new();
        for (at, account) in std::mem::take(&mut found.accounts).into_iter().enumerate() {
            if !intake.resume(at, &account, found.partition)? {
                places.push(at);
                found.accounts.push(account);
            }
        }
        if !intake.resumed.is_empty() && !verbosity.is_quiet {
            let resumed = counted(intake.resumed.len(), "account", "accounts");
            print_error(&format!("Reused from the earlier scan: {resumed}."));
        }
        let scan = LiveScan {
            accounts: found,
            controls,
            register: entries.unwrap_or_default(),
            now,
            at_once: arguments.accounts_at_once.into(),
            keeps_runs: keeps_runs(arguments),
            publishes: publishing,
            stop: stop.clone(),
            progress: ScanProgress::new(verbosity),
        };
        let (findings, problems) = scan
            .scan(|at, account| intake.take(places.get(at).copied().unwrap_or(at), account))
            .await?;
        if let Some(cause) = stop.cause() {
            let CliError { message, code, .. } = ended_before(cause);
            let rest = if intake.is_interrupted() {
                "resources that were not read are not assessed"
            } else {
                "all reads were complete"
            };
            intake.problems.push(format!("{message}: {rest}"));
            intake.ended_early = Some(code);
        }
        intake.problems.extend(problems);
        intake.published = (publishes && !verbosity.is_quiet).then(|| published(&findings));
        Ok(intake)
    })
}

/// `Security Hub: 141 findings imported in 2 Regions, 2 archived`.
#[cfg(feature = "aws")]
fn published(findings: &PublishedFindings) -> String {
    let mut text = format!(
        "Security Hub: {} imported in {}, {} archived",
        counted(findings.imported, "finding", "findings"),
        counted(findings.regions.len(), "Region", "Regions"),
        findings.archived
    );
    if !findings.passed_over.is_empty() {
        let regions: Vec<&str> = findings.passed_over.iter().map(String::as_str).collect();
        text.push_str(&format!("; not enabled in {}", regions.join(", ")));
    }
    text
}

/// Returns the error of a scan that ended before all reads were complete.
#[cfg(feature = "aws")]
fn ended_before(cause: StopCause) -> CliError {
    match cause {
        StopCause::Signal(signal) => interrupted(signal),
        StopCause::Expired => CliError {
            message: "the credentials expired".to_owned(),
            advice: "Renew the credentials, then run the command again.".to_owned(),
            code: INCOMPLETE,
        },
        StopCause::Deadline => CliError {
            message: "the scan reached its deadline".to_owned(),
            advice: "Give a longer time with --deadline.".to_owned(),
            code: INCOMPLETE,
        },
    }
}

#[cfg(not(feature = "aws"))]
fn scan_live<'a>(
    _: &'a Arguments,
    _: &'a Basis,
    _: &'a Selection,
    _: Verbosity,
) -> Result<Intake<'a>, CliError> {
    Err(crate::error::no_aws())
}

/// Whether a format requires the results by control and Region.
fn keeps_runs(arguments: &Arguments) -> bool {
    arguments
        .format
        .iter()
        .any(|output| matches!(output.format, ScanFormat::Asff | ScanFormat::Ocsf))
}

/// Returns the options for the accounts.
fn intake_options<'a>(
    arguments: &'a Arguments,
    basis: &'a Basis,
    selection: &'a Selection,
) -> IntakeOptions<'a> {
    IntakeOptions {
        controls: &selection.controls,
        output_dir: arguments.output_dir.as_deref(),
        resume: arguments.resume.as_deref(),
        max_age: arguments.max_age,
        keeps_runs: keeps_runs(arguments),
        publishes: arguments.publish.is_some(),
        keeps_results: !has_folder(arguments) || !arguments.format.is_empty(),
        baseline: basis.baseline.as_ref().map(|(baseline, _)| baseline),
        gates: Gates {
            fail_on: arguments.fail_on.clone(),
            severity: arguments.fail_on_severity.map(Into::into),
        },
    }
}

/// Describes each account that could not be read at all, in one sentence.
fn unread_accounts(report: &ScanReport) -> Vec<String> {
    let runs = report.run.accounts.iter();
    runs.filter(|run| run.state == ReadState::Unread)
        .flat_map(|run| run.incomplete_because())
        .map(|text| text.trim_end_matches('.').to_owned())
        .collect()
}
