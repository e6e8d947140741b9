//! `plumbline policy`: evaluates a policy document.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use plumbline_core::glob::SearchLimit;
use plumbline_core::policy::{Policy, PolicyAnswer, deny_http, full_admin, public};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::arguments::FileAnswerFormat;
use crate::error::CliError;
use crate::formats::sarif::{FileResult, file_results, line_of};
use crate::inputs;
use crate::output::{not_json, print, print_json};

/// Check a policy document for full administration, public access and plain HTTP
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// JSON file with the policy document; - for standard input
    pub(crate) file: PathBuf,
    /// Bucket of the policy; also check plain HTTP (2.1.2) and public access (3.3)
    #[arg(long, value_name = "NAME", value_parser = bucket)]
    pub(crate) bucket: Option<String>,
    /// Partition of the bucket's ARN
    #[arg(long, value_name = "PARTITION", default_value = "aws", requires = "bucket",
        value_parser = ["aws", "aws-cn", "aws-us-gov"])]
    pub(crate) partition: String,
    /// Exit with code 1 on this answer, or if it is undetermined; repeatable
    ///
    /// Several values can also be separated by commas.
    #[arg(long, value_enum, value_name = "ANSWER", value_delimiter = ',')]
    pub(crate) fail_on: Vec<PolicyGate>,
    /// Output format
    #[arg(long, value_enum, default_value_t = FileAnswerFormat::Text)]
    pub(crate) format: FileAnswerFormat,
    /// Repository file to which the results in sarif point [default: FILE]
    #[arg(long, value_name = "PATH")]
    pub(crate) sarif_artifact: Option<PathBuf>,
}

/// A question about a policy, with the control that it decides.
struct Question {
    /// The name of the answer in the output.
    answer: &'static str,
    control: &'static str,
    /// The verdict that is not a problem.
    well: &'static str,
}

const QUESTIONS: [Question; 3] = [
    Question { answer: "full_admin", control: "1.16", well: "no" },
    Question { answer: "deny_http", control: "2.1.2", well: "denied" },
    Question { answer: "public", control: "3.3", well: "not-public" },
];

/// The conditions for exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyGate {
    /// The policy is public
    Public,
    /// The policy does not deny plain HTTP
    Http,
    /// The policy allows full administration
    Admin,
}

impl PolicyGate {
    /// The name of the answer.
    fn answer(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Http => "deny_http",
            Self::Admin => "full_admin",
        }
    }
}

fn bucket(text: &str) -> Result<String, String> {
    // Buckets in us-east-1 from before 2018 can have capitals, underscores and up to 255
    // characters.
    let legal =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_');
    if (1..=255).contains(&text.len()) && text.chars().all(legal) {
        Ok(text.to_owned())
    } else {
        Err("give only the name of the bucket, such as my-bucket-1".to_owned())
    }
}

/// Runs the command. The exit code is 1 if a gate applies.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    let of_buckets = |gate: &&PolicyGate| !matches!(gate, PolicyGate::Admin);
    if arguments.bucket.is_none() && arguments.fail_on.iter().any(|gate| of_buckets(&gate)) {
        return Err(CliError::usage(
            "--fail-on public and --fail-on http require the bucket of the policy",
            "Give the bucket with --bucket NAME.",
        ));
    }
    let text = inputs::text(&arguments.file)?;
    let policy = match Policy::parse_output(&text) {
        Ok(policy) => policy,
        Err(error) if arguments.format == FileAnswerFormat::Json => {
            return print_json(&json!({ "invalid": { "detail": error.to_string() } }))
                .map(|()| ExitCode::SUCCESS);
        }
        Err(error) => {
            return Err(inputs::not_a_policy(&arguments.file, error));
        }
    };
    let mut answers = Map::new();
    if let Some(bucket) = &arguments.bucket {
        answers.insert(
            "deny_http".to_owned(),
            value(&deny_http(
                &policy,
                bucket,
                &arguments.partition,
                false,
                &SearchLimit::default(),
            ))?,
        );
        answers.insert("public".to_owned(), value(&public(&policy, false))?);
    }
    answers.insert("full_admin".to_owned(), value(&full_admin(&policy, &SearchLimit::default()))?);
    match arguments.format {
        FileAnswerFormat::Json => print_json(&answers)?,
        FileAnswerFormat::Sarif => {
            let results: Vec<FileResult> =
                answers.iter().filter_map(|(name, answer)| result(name, answer, &text)).collect();
            let asked: Vec<&str> = QUESTIONS
                .iter()
                .filter(|question| answers.contains_key(question.answer))
                .map(|question| question.control)
                .collect();
            let artifact = arguments.sarif_artifact.as_deref().unwrap_or(&arguments.file);
            print(&file_results(artifact, &asked, &results)?)?;
        }
        FileAnswerFormat::Text => {
            let text =
                |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let line = |(name, answer): (&String, &Value)| {
                format!("{name}: {}. {}\n", text(&answer["verdict"]), text(&answer["detail"]))
            };
            print(&answers.iter().map(line).collect::<String>())?;
        }
    }
    let trips = arguments.fail_on.iter().any(|gate| {
        let question = QUESTIONS.iter().find(|question| question.answer == gate.answer());
        let is_well = |question: &Question| {
            answers.get(question.answer).is_some_and(|answer| answer["verdict"] == question.well)
        };
        !question.is_some_and(is_well)
    });
    Ok(ExitCode::from(u8::from(trips)))
}

/// Returns the problem in an answer, or its undetermined result. Returns `None` if there is no
/// problem.
fn result(name: &str, answer: &Value, text: &str) -> Option<FileResult> {
    let question = QUESTIONS.iter().find(|question| question.answer == name)?;
    let verdict = answer["verdict"].as_str().unwrap_or_default();
    if verdict == question.well {
        return None;
    }
    let mut lines = statement_lines(text, &answer["statement"]);
    if lines.is_empty() {
        lines.push(1);
    }
    Some(FileResult {
        control: question.control,
        is_failure: verdict != "undetermined",
        text: answer["detail"].as_str().unwrap_or_default().to_owned(),
        lines,
    })
}

/// Finds the lines on which statements begin. An answer names statements by their Sid or by their
/// position from 1. Returns no lines if the policy is a string within another document.
fn statement_lines(text: &str, named: &Value) -> Vec<usize> {
    #[derive(Deserialize)]
    struct Document<'a> {
        #[serde(borrow, rename = "Statement")]
        statement: &'a RawValue,
    }
    #[derive(Deserialize)]
    struct Named {
        #[serde(rename = "Sid")]
        sid: Option<String>,
    }
    let Ok(Document { statement }) = serde_json::from_str(text) else { return Vec::new() };
    let statements: Vec<&RawValue> =
        serde_json::from_str(statement.get()).unwrap_or_else(|_| vec![statement]);
    let is_named = |at: usize, statement: &RawValue| {
        let sid = serde_json::from_str::<Named>(statement.get()).ok().and_then(|named| named.sid);
        let is_it = |name: &Value| match name {
            Value::String(name) => Some(name) == sid.as_ref(),
            name => name.as_u64() == u64::try_from(at + 1).ok(),
        };
        match named {
            Value::Array(names) => names.iter().any(is_it),
            name => is_it(name),
        }
    };
    let line = |statement: &RawValue| {
        let place = statement.get().as_ptr().addr().wrapping_sub(text.as_ptr().addr());
        line_of(text, place)
    };
    let found = statements.iter().enumerate().filter(|(at, statement)| is_named(*at, statement));
    found.map(|(_, statement)| line(statement)).collect()
}

fn value<V: Serialize>(answer: &PolicyAnswer<V>) -> Result<Value, CliError> {
    serde_json::to_value(answer).map_err(not_json)
}
