//! `plumbline filter` and `plumbline policy`: the two small languages, by themselves.

use std::io::BufRead;
use std::path::Path;

use plumbline_core::filter::{Coverage, Pattern, Reading, covers_texts, required};
use plumbline_core::policy::{Policy, PolicyAnswer, deny_http, full_admin, public};
use serde::Serialize;
use serde_json::{Value, json};

use crate::arguments::{AnswerFormat, FilterCommand, PolicyArguments};
use crate::error::CliError;
use crate::inputs::{self, unreadable};
use crate::output::{not_json, print, print_json};

/// Runs `plumbline filter`.
pub(crate) fn filter(command: &FilterCommand) -> Result<(), CliError> {
    match command {
        FilterCommand::Cover { control, pattern, format } => cover(control, pattern, *format),
        FilterCommand::Match { pattern, file, format } => {
            matches(pattern, file.as_deref(), *format)
        }
    }
}

fn cover(control: &str, patterns: &[String], format: AnswerFormat) -> Result<(), CliError> {
    let requirement = required(control).ok_or_else(|| {
        CliError::usage(
            format!("control '{control}' has no metric filter"),
            "The controls 4.1 to 4.15 have one.",
        )
    })?;
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    let coverage = covers_texts(&requirement.baseline(), &patterns);
    let (missed, detail) = match &coverage {
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
        AnswerFormat::Json => print_json(
            &json!({ "control": control, "verdict": coverage.as_str(), "missed_event": missed,
                "detail": detail }),
        ),
        AnswerFormat::Text => {
            let event = missed.map(|event| format!("{event:#}\n")).unwrap_or_default();
            print(&format!("{}: {detail}\n{event}", coverage.as_str()))
        }
    }
}

/// The lines that a pattern matches. Where the two documented readings of a `*` inside a value
/// differ, a line counts that matches in CloudWatch's current one.
fn matches(pattern: &str, file: Option<&Path>, format: AnswerFormat) -> Result<(), CliError> {
    let pattern = match Pattern::parse(pattern) {
        Ok(pattern) => pattern,
        Err(error) if format == AnswerFormat::Json => {
            return print_json(
                &json!({ "invalid": { "position": error.position, "detail": error.what } }),
            );
        }
        Err(error) => {
            return Err(not_a_pattern(format!(
                "this is not a pattern, at character {}: {}",
                error.position, error.what
            )));
        }
    };
    if !pattern.is_understood() {
        return Err(not_a_pattern(
            "this is a pattern for plain text, not for JSON events".to_owned(),
        ));
    }
    let lines: Box<dyn BufRead> = match file {
        Some(file) => {
            Box::new(std::io::BufReader::new(std::fs::File::open(file).map_err(unreadable(file))?))
        }
        None => Box::new(std::io::stdin().lock()),
    };
    let mut matching = Vec::new();
    for (number, line) in (1..).zip(lines.split(b'\n')) {
        let line = line.map_err(unreadable(file.unwrap_or(Path::new("standard input"))))?;
        if pattern.matches_line(&String::from_utf8_lossy(&line), Reading::Wildcard) {
            matching.push(number);
        }
    }
    match format {
        AnswerFormat::Json => print_json(&json!({ "matches": matching })),
        AnswerFormat::Text => {
            print(&matching.iter().map(|number: &u64| format!("{number}\n")).collect::<String>())
        }
    }
}

fn not_a_pattern(message: String) -> CliError {
    CliError::usage(
        message,
        "Give a JSON pattern as CloudWatch Logs takes it: { $.eventName = \"StopLogging\" }.",
    )
}

/// Runs `plumbline policy`.
pub(crate) fn policy(arguments: &PolicyArguments) -> Result<(), CliError> {
    let policy = match Policy::parse(&inputs::text(&arguments.file)?) {
        Ok(policy) => policy,
        Err(error) if arguments.format == AnswerFormat::Json => {
            return print_json(&json!({ "invalid": { "detail": error.to_string() } }));
        }
        Err(error) => {
            return Err(inputs::not_a_policy(&arguments.file, error));
        }
    };
    let mut answers = serde_json::Map::new();
    if let Some(bucket) = &arguments.bucket {
        answers.insert(
            "deny_http".to_owned(),
            value(&deny_http(&policy, bucket, &arguments.partition, false))?,
        );
        answers.insert("public".to_owned(), value(&public(&policy, false))?);
    }
    answers.insert("full_admin".to_owned(), value(&full_admin(&policy))?);
    match arguments.format {
        AnswerFormat::Json => print_json(&answers),
        AnswerFormat::Text => {
            let text =
                |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let line = |(name, answer): (&String, &Value)| {
                format!("{name}: {}. {}\n", text(&answer["verdict"]), text(&answer["detail"]))
            };
            print(&answers.iter().map(line).collect::<String>())
        }
    }
}

fn value<V: Serialize>(answer: &PolicyAnswer<V>) -> Result<Value, CliError> {
    serde_json::to_value(answer).map_err(not_json)
}
