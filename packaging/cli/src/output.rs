//! Where results go.

use std::io::Write;
use std::path::Path;

use plumbline_core::evaluation::{Compliance, Evaluation};
use plumbline_core::finding::{Finding, finding};
use serde::Serialize;

use crate::arguments::{Format, Output};
use crate::error::CliError;
use crate::scan::{ControlRun, Scanned};
use crate::{formats, table};

/// Prints a text. That the reader closed the pipe is no error.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(CliError::Stdout(error))
        }
        _ => Ok(()),
    }
}

/// Prints a value as JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    print(&json(value)?)
}

/// A value as the JSON that is printed.
pub(crate) fn json(value: &impl Serialize) -> Result<String, CliError> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// Refuses two formats on standard output, and files that cannot be made, before anything is read.
pub(crate) fn check<F>(outputs: &[Output<F>]) -> Result<(), CliError> {
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        return Err(CliError::TwoOutputs);
    }
    let mut files = std::collections::BTreeSet::new();
    if let Some(file) =
        outputs.iter().filter_map(|output| output.file.as_ref()).find(|file| !files.insert(*file))
    {
        return Err(CliError::SameFile(file.clone()));
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
        .map_err(CliError::write(file))
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
        Some(file) => std::fs::write(file, text).map_err(CliError::write(file)),
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
