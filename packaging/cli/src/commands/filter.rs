//! `plumbline filter`: evaluates patterns of metric filters.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use plumbline_core::filter::{Asterisk, ControlCoverage, Coverage, Pattern, required};
use serde_json::{Map, Value, json};

use crate::arguments::{AnswerFormat, FileAnswerFormat};
use crate::error::{CliError, USAGE};
use crate::formats::sarif::{FileResult, file_results, line_of};
use crate::inputs;
use crate::output::{print, print_json};
use crate::suggestions::alarm_control;
use crate::terminal::print_error;

/// Evaluate the patterns of metric filters
#[derive(Debug, Subcommand)]
pub(crate) enum Arguments {
    /// Check whether patterns cover an alarm control, and show a missed event
    Cover {
        /// Control ID, such as 4.5
        #[arg(value_parser = alarm_control(), hide_possible_values = true)]
        control: String,
        /// Filter pattern; several patterns are evaluated together
        #[arg(required = true)]
        pattern: Vec<String>,
        /// Decide without the facts that are known about CloudTrail events
        #[arg(long)]
        strict: bool,
        /// Output format
        #[arg(long, value_enum, default_value_t = FileAnswerFormat::Text)]
        format: FileAnswerFormat,
        /// Repository file with the pattern, to which the result in sarif points
        #[arg(long, value_name = "PATH", default_value = "plumbline.toml")]
        sarif_artifact: PathBuf,
    },
    /// List the numbers of the log events that a pattern matches, from 1
    Match {
        /// Filter pattern
        pattern: String,
        /// Log events, one per line, or a JSON file [default: standard input]
        ///
        /// A JSON file is an array of events or a CloudTrail log file, compressed or not.
        file: Option<PathBuf>,
        /// Output format
        #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
        format: AnswerFormat,
    },
}

/// Runs the command. The exit code of `cover` is 1 if the patterns do not cover the control or the
/// result is undetermined. The exit code of both subcommands is 2 for an invalid pattern.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    match arguments {
        Arguments::Cover { control, pattern, strict, format, sarif_artifact } => {
            cover(control, pattern, *strict, *format, sarif_artifact)
        }
        Arguments::Match { pattern, file, format } => matches(pattern, file.as_deref(), *format),
    }
}

fn cover(
    control: &str,
    patterns: &[String],
    strict: bool,
    format: FileAnswerFormat,
    artifact: &Path,
) -> Result<ExitCode, CliError> {
    let requirement = required(control).ok_or_else(|| {
        CliError::usage(
            format!("control '{control}' does not use metric filters"),
            "Give one of the controls 4.1 to 4.15.",
        )
    })?;
    let ControlCoverage { coverage, facts } = requirement.coverage(patterns, strict);
    if let (Coverage::Invalid { position, what }, FileAnswerFormat::Text) = (&coverage, format) {
        return Err(invalid(*position, what));
    }
    let (missed, detail) = match &coverage {
        Coverage::Covers if !facts.is_empty() => {
            let words: Vec<&str> = facts.iter().map(|fact| fact.words).collect();
            let words = words.join(", and ");
            (
                None,
                format!("The filter matches every event that CloudTrail writes, because {words}."),
            )
        }
        Coverage::Covers => (None, "The filter matches every event of the control.".to_owned()),
        Coverage::CoversTooMuch => (
            None,
            "The filter matches every event of the control and almost every other event, so the \
             alarm would always be in the ALARM state."
                .to_owned(),
        ),
        Coverage::Misses { event } => {
            (Some(event), "The filter does not match an event of the control.".to_owned())
        }
        Coverage::NeverMatches => {
            (None, "The filter matches no event because the pattern contradicts itself.".to_owned())
        }
        Coverage::Invalid { position, what } => (
            None,
            format!(
                "Invalid filter pattern at character \
                 {position}: {what}"
            ),
        ),
        Coverage::Undetermined { why } => (None, why.clone()),
    };
    match format {
        FileAnswerFormat::Sarif => {
            let result = match coverage {
                Coverage::Covers => None,
                _ => Some(FileResult {
                    control: requirement.id,
                    is_failure: !matches!(coverage, Coverage::Undetermined { .. }),
                    text: match missed {
                        Some(event) => format!("{detail} The event: {event}"),
                        None => detail,
                    },
                    lines: pattern_lines(artifact, patterns),
                }),
            };
            let results: Vec<FileResult> = result.into_iter().collect();
            print(&file_results(artifact, &[requirement.id], &results)?)?;
        }
        FileAnswerFormat::Json => print_json(
            &json!({ "control": control, "verdict": coverage.as_str(), "missed_event": missed,
                "detail": detail, "facts": facts.iter().map(|fact| fact.id).collect::<Vec<_>>() }),
        )?,
        FileAnswerFormat::Text => {
            let event = missed.map(|event| format!("{event:#}\n")).unwrap_or_default();
            print(&format!("{}: {detail}\n{event}", coverage.as_str()))?;
        }
    }
    Ok(ExitCode::from(match coverage {
        Coverage::Covers | Coverage::CoversTooMuch => 0,
        Coverage::Misses { .. } | Coverage::NeverMatches | Coverage::Undetermined { .. } => 1,
        Coverage::Invalid { .. } => USAGE,
    }))
}

/// Finds the lines of a file that contain patterns, either literally or within a JSON string.
/// Returns the first line if no pattern is found.
fn pattern_lines(artifact: &Path, patterns: &[String]) -> Vec<usize> {
    let text = std::fs::read_to_string(artifact).unwrap_or_default();
    let place = |pattern: &String| {
        let quoted = pattern.replace('\\', "\\\\").replace('"', "\\\"");
        text.find(pattern.as_str()).or_else(|| text.find(&quoted))
    };
    let places = patterns.iter().filter(|pattern| !pattern.is_empty()).filter_map(place);
    let lines: Vec<usize> = places.map(|place| line_of(&text, place)).collect();
    if lines.is_empty() { vec![1] } else { lines }
}

/// Prints the lines that a pattern matches. The documentation has two readings of a `*` inside a
/// value. If they differ, the current behavior of CloudWatch decides.
fn matches(pattern: &str, file: Option<&Path>, format: AnswerFormat) -> Result<ExitCode, CliError> {
    let pattern = match Pattern::parse(pattern) {
        Ok(pattern) => pattern,
        Err(error) if format == AnswerFormat::Json => {
            let invalid = json!({ "position": error.position, "detail": error.what });
            print_json(&json!({ "invalid": invalid }))?;
            return Ok(ExitCode::from(USAGE));
        }
        Err(error) => return Err(invalid(error.position, &error.what)),
    };
    if !pattern.is_understood() {
        return Err(not_a_pattern("the pattern matches plain text, not JSON events".to_owned()));
    }
    let text = inputs::log_events(file.unwrap_or(Path::new("-")))?;
    let events = events(&text);
    let (mut matching, mut read, mut unread) = (Vec::new(), 0_usize, 0_usize);
    for (number, event) in (1..).zip(&events) {
        if event.trim().is_empty() {
            continue;
        }
        let is_event = serde_json::from_str::<Map<String, Value>>(event).is_ok();
        *(if is_event { &mut read } else { &mut unread }) += 1;
        if is_event && pattern.matches_line(event, Asterisk::Wildcard) {
            matching.push(number);
        }
    }
    if read == 0 && unread > 0 {
        return Err(CliError::usage(
            "the input contains no JSON event",
            "Give CloudTrail log events: one per line, a JSON array, or a CloudTrail log file.",
        ));
    }
    if unread > 0 {
        let are =
            if unread == 1 { "line is not a JSON event" } else { "lines are not JSON events" };
        print_error(&format!("{unread} {are}"));
    }
    match format {
        AnswerFormat::Json => {
            print_json(&json!({ "matches": matching, "not_json_events": unread }))?;
        }
        AnswerFormat::Text => {
            print(&matching.iter().map(|number: &u64| format!("{number}\n")).collect::<String>())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Splits a text into events: one per line, the events of a CloudTrail log file, or the elements of
/// an array.
fn events(text: &str) -> Vec<String> {
    let records = match serde_json::from_str(text) {
        Ok(Value::Array(records)) => Some(records),
        Ok(Value::Object(mut delivered)) => match delivered.remove("Records") {
            Some(Value::Array(records)) => Some(records),
            _ => None,
        },
        _ => None,
    };
    match records {
        Some(records) => records.iter().map(Value::to_string).collect(),
        None => text.lines().map(str::to_owned).collect(),
    }
}

fn invalid(position: usize, what: &str) -> CliError {
    not_a_pattern(format!("invalid filter pattern at character {position}: {what}"))
}

fn not_a_pattern(message: String) -> CliError {
    CliError::usage(
        message,
        "Give a JSON filter pattern of CloudWatch Logs: { $.eventName = \"StopLogging\" }.",
    )
}
