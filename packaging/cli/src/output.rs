//! Where results go: standard output, or files.

use std::path::{Path, PathBuf};
#[cfg(feature = "aws")]
use std::time::Duration;

use clap::ValueEnum;
#[cfg(feature = "aws")]
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
#[cfg(feature = "aws")]
use plumbline_core::text::escaped;
use plumbline_core::text::escaped_json;
#[cfg(feature = "aws")]
use plumbline_deploy::Progress;
use serde::Serialize;

use crate::error::{CliError, PLEASE_REPORT};
use crate::terminal::write_stdout;

/// A format, and the file it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output<F> {
    pub(crate) format: F,
    pub(crate) file: Option<PathBuf>,
}

impl<F: ValueEnum> std::str::FromStr for Output<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, file) = text
            .split_once('=')
            .map_or((text, None), |(format, file)| (format, Some(PathBuf::from(file))));
        if file.as_ref().is_some_and(|file| file.as_os_str().is_empty()) {
            return Err("there is no file after the equals sign".to_owned());
        }
        let known = || {
            F::value_variants()
                .iter()
                .filter_map(ValueEnum::to_possible_value)
                .map(|value| value.get_name().to_owned())
                .collect::<Vec<_>>()
        };
        let format = F::from_str(format, true)
            .map_err(|_| format!("the formats are {}", known().join(", ")))?;
        Ok(Self { format, file })
    }
}

/// Prints a text. That the reader closed the pipe is no error.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    write_stdout(text).map_err(no_stdout)
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
    Ok(format!("{}\n", escaped_json(text)))
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

/// Writes a result to every output, in the output's format.
pub(crate) fn write<F: Copy>(
    outputs: &[Output<F>],
    render: impl Fn(F) -> Result<String, CliError>,
) -> Result<(), CliError> {
    for output in outputs {
        let text = render(output.format)?;
        match &output.file {
            Some(file) => save(file, text.as_bytes())?,
            None => print(&text)?,
        }
    }
    Ok(())
}

/// Progress of a deployment: lines on standard output, beside a clock on standard error.
#[cfg(feature = "aws")]
pub(crate) struct Lines(ProgressBar);

#[cfg(feature = "aws")]
impl Lines {
    /// Creates them; the clock is hidden on request.
    pub(crate) fn new(hides_clock: bool) -> Self {
        let target =
            if hides_clock { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let style = ProgressStyle::with_template("{spinner} {elapsed} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        Self(ProgressBar::with_draw_target(None, target).with_style(style))
    }
}

#[cfg(feature = "aws")]
impl Progress for Lines {
    fn print(&self, text: &str) -> std::io::Result<()> {
        self.0.suspend(|| write_stdout(text))
    }

    fn report_progress(&self, region: &str, what: &str) {
        self.0.enable_steady_tick(Duration::from_millis(200));
        let line = escaped(&format!("{region}: {what}")).into_owned();
        if let Err(error) = self.print(&format!("{line}\n")) {
            tracing::warn!(%error, line);
        }
        self.0.set_message(line);
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}
