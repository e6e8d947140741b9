//! `plumbline filter`: the language of metric filters by itself.

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

/// What a metric filter's pattern matches
#[derive(Debug, Subcommand)]
pub(crate) enum Arguments {
    /// Does a metric filter cover an alarm control (4.1 to 4.15)? The verdict, and the event that
    /// it misses
    Cover {
        /// The control, by number: 4.5
        #[arg(value_parser = alarm_control(), hide_possible_values = true)]
        control: String,
        /// The pattern; several are judged together
        #[arg(required = true)]
        pattern: Vec<String>,
        /// Decide without what is known of CloudTrail's events
        #[arg(long)]
        strict: bool,
        /// How to print the verdict
        #[arg(long, value_enum, default_value_t = FileAnswerFormat::Text)]
        format: FileAnswerFormat,
        /// The file of the repository with the pattern, at which code scanning shows the result in
        /// sarif
        #[arg(long, value_name = "PATH", default_value = "plumbline.toml")]
        sarif_artifact: PathBuf,
    },
    /// Which log events does a pattern match? Their numbers, from 1
    Match {
        /// The pattern
        pattern: String,
        /// The log events: one a line, a JSON list, or a file that CloudTrail delivered, compressed
        /// or not; standard input when there is no file
        file: Option<PathBuf>,
        /// How to print the lines
        #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
        format: AnswerFormat,
    },
}

/// Runs the command. The exit code of `cover` is 1 where the patterns do not cover, or where that
/// is undetermined. That of both is 2 for what is no pattern.
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
            format!("control '{control}' has no metric filter"),
            "The controls 4.1 to 4.15 have one.",
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
            (None, format!("Every event that CloudTrail writes is matched, because {words}."))
        }
        Coverage::Covers => (None, "Every event that the control is about is matched.".to_owned()),
        Coverage::CoversTooMuch => (
            None,
            "Every event that the control is about is matched, and nearly every other event \
             too: the alarm would never rest."
                .to_owned(),
        ),
        Coverage::Misses { event } => (
            Some(event),
            "An event that the control is about is not \
             matched."
                .to_owned(),
        ),
        Coverage::NeverMatches => {
            (None, "No event matches: the pattern contradicts itself.".to_owned())
        }
        Coverage::Invalid { position, what } => (
            None,
            format!(
                "Not a pattern, at character \
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

/// The lines of a file on which patterns stand, as they are or within a JSON text; the first where
/// none is found.
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

/// The lines that a pattern matches. Where the two documented readings of a `*` inside a value
/// differ, a line counts that matches in CloudWatch's current one.
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
        return Err(not_a_pattern(
            "this is a pattern for plain text, not for JSON events".to_owned(),
        ));
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
            "there is no JSON event in it",
            "Give log events of CloudTrail: one a line, a JSON list, or a file that it delivered.",
        ));
    }
    if unread > 0 {
        let are = if unread == 1 { "line is no JSON event" } else { "lines are no JSON events" };
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

/// The events of a text: one a line, or those of a file that CloudTrail delivered, or of a list.
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
    not_a_pattern(format!("this is not a pattern, at character {position}: {what}"))
}

fn not_a_pattern(message: String) -> CliError {
    CliError::usage(
        message,
        "Give a JSON pattern as CloudWatch Logs takes it: { $.eventName = \"StopLogging\" }.",
    )
}
