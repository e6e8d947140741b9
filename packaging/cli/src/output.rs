//! Where results go.

use std::io::Write;
use std::path::Path;

use plumbline_core::evaluation::{Compliance, Evaluation};
use plumbline_core::finding::{Finding, finding};
use serde::Serialize;

use crate::arguments::{Format, Output};
use crate::error::{CliError, PLEASE_REPORT};
use crate::scan::{ControlRun, Scanned};
use crate::{formats, table};

/// Prints a text. That the reader closed the pipe is no error.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(no_stdout(error)),
        _ => Ok(()),
    }
}

/// The error for a result that standard output does not take.
pub(crate) fn no_stdout(error: std::io::Error) -> CliError {
    CliError::usage(
        format!("cannot write to standard output: {error}"),
        "Check the pipe or the disk that standard output goes to.",
    )
}

/// Prints a value as JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    print(&json(value)?)
}

/// A value as the JSON that is printed.
pub(crate) fn json(value: &impl Serialize) -> Result<String, CliError> {
    let text = serde_json::to_string_pretty(value).map_err(not_json)?;
    Ok(format!("{text}\n"))
}

/// The error for a result that cannot be written as JSON.
pub(crate) fn not_json(error: serde_json::Error) -> CliError {
    CliError::usage(format!("the result cannot be written as JSON: {error}"), PLEASE_REPORT)
}

/// Refuses two formats on standard output, and files that cannot be made, before anything is read.
pub(crate) fn check<F>(outputs: &[Output<F>]) -> Result<(), CliError> {
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        return Err(CliError::usage(
            "more than one format goes to standard output",
            "Send all but one into files: --format table --format json=scan.json.",
        ));
    }
    let mut files = std::collections::BTreeSet::new();
    if let Some(file) =
        outputs.iter().filter_map(|output| output.file.as_ref()).find(|file| !files.insert(*file))
    {
        return Err(CliError::usage(
            format!("two formats go to {}", file.display()),
            "Give each format a file of its own.",
        ));
    }
    for file in outputs.iter().filter_map(|output| output.file.as_deref()) {
        writable(file)?;
    }
    Ok(())
}

/// Makes sure that a file can be written.
pub(crate) fn writable(file: &Path) -> Result<(), CliError> {
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .map(drop)
        .map_err(unwritable(file))
}

/// Writes a file.
pub(crate) fn save(file: &Path, content: &[u8]) -> Result<(), CliError> {
    std::fs::write(file, content).map_err(unwritable(file))
}

fn unwritable(file: &Path) -> impl Fn(std::io::Error) -> CliError {
    move |error| {
        CliError::usage(
            format!("cannot write {}: {error}", file.display()),
            "Give a path in a folder that exists and that you may write to.",
        )
    }
}

/// Writes a result in every format that was asked for.
pub(crate) fn write(scanned: &Scanned, outputs: &[Output<Format>]) -> Result<(), CliError> {
    for output in outputs {
        let text = match output.format {
            Format::Table => table::report(&scanned.report),
            Format::Json => json(&scanned.report)?,
            Format::Csv => formats::csv::report(&scanned.report)?,
            Format::Html => formats::html::report(&scanned.report),
            Format::Asff => {
                json(&findings(scanned).map(|(_, _, finding)| finding).collect::<Vec<_>>())?
            }
            Format::Ocsf => json(
                &findings(scanned)
                    .map(|(run, evaluation, finding)| {
                        formats::ocsf::finding(run, evaluation, &finding)
                    })
                    .collect::<Vec<_>>(),
            )?,
        };
        put(output, &text)?;
    }
    Ok(())
}

/// Writes a text to where it was asked for.
pub(crate) fn put<F>(output: &Output<F>, text: &str) -> Result<(), CliError> {
    match &output.file {
        Some(file) => save(file, text.as_bytes()),
        None => print(text),
    }
}

/// The findings of a scan, each with what it is made of. A resource that is not applicable has one
/// only when a failure was waived: there is nothing to archive in a file.
fn findings(scanned: &Scanned) -> impl Iterator<Item = (&ControlRun, &Evaluation, Finding)> {
    let evaluations = scanned
        .runs
        .iter()
        .flat_map(|run| run.outcome.evaluations.iter().map(move |evaluation| (run, evaluation)));
    evaluations
        .filter(|(_, evaluation)| {
            evaluation.compliance != Compliance::NotApplicable || evaluation.waiver.is_some()
        })
        .map(|(run, evaluation)| (run, evaluation, finding(&run.control, &run.context, evaluation)))
}
