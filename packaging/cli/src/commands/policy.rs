//! `plumbline policy`: the policy model by itself.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use plumbline_core::glob::SearchLimit;
use plumbline_core::policy::{Policy, PolicyAnswer, deny_http, full_admin, public};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::arguments::AnswerFormat;
use crate::error::CliError;
use crate::inputs;
use crate::output::{not_json, print, print_json};

/// What the policy model says about a policy document
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The policy document, JSON; - for stdin
    pub(crate) file: PathBuf,
    /// The bucket that the policy belongs to: asks whether plain HTTP is denied (2.1.2) and whether
    /// it is public (3.3) too
    #[arg(long, value_name = "NAME", value_parser = bucket)]
    pub(crate) bucket: Option<String>,
    /// The partition of the bucket's ARN
    #[arg(long, value_name = "PARTITION", default_value = "aws", requires = "bucket",
        value_parser = ["aws", "aws-cn", "aws-us-gov"])]
    pub(crate) partition: String,
    /// Exit with 1 when the policy is public, does not deny plain HTTP, or gives full
    /// administration, or when that is undetermined; repeatable, or with commas
    #[arg(long, value_enum, value_name = "ANSWER", value_delimiter = ',')]
    pub(crate) fail_on: Vec<PolicyGate>,
    /// How to print the answers
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    pub(crate) format: AnswerFormat,
}

/// What ends the command in exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyGate {
    Public,
    Http,
    Admin,
}

impl PolicyGate {
    /// The name of the answer, and the verdict with which all is well.
    fn answer(self) -> (&'static str, &'static str) {
        match self {
            Self::Public => ("public", "not-public"),
            Self::Http => ("deny_http", "denied"),
            Self::Admin => ("full_admin", "no"),
        }
    }
}

fn bucket(text: &str) -> Result<String, String> {
    // Buckets of before 2018 in us-east-1 may have capitals and underscores, and 255 characters.
    let legal =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_');
    if (1..=255).contains(&text.len()) && text.chars().all(legal) {
        Ok(text.to_owned())
    } else {
        Err("give the bucket's name alone, like my-bucket-1".to_owned())
    }
}

/// Runs the command. The exit code is 1 where a gate trips.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    let of_buckets = |gate: &&PolicyGate| !matches!(gate, PolicyGate::Admin);
    if arguments.bucket.is_none()
        && let Some(gate) = arguments.fail_on.iter().find(of_buckets)
    {
        return Err(CliError::usage(
            format!("{} is an answer about a bucket", gate.answer().0),
            "Name the bucket with --bucket.",
        ));
    }
    let policy = match Policy::parse_output(&inputs::text(&arguments.file)?) {
        Ok(policy) => policy,
        Err(error) if arguments.format == AnswerFormat::Json => {
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
        AnswerFormat::Json => print_json(&answers)?,
        AnswerFormat::Text => {
            let text =
                |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let line = |(name, answer): (&String, &Value)| {
                format!("{name}: {}. {}\n", text(&answer["verdict"]), text(&answer["detail"]))
            };
            print(&answers.iter().map(line).collect::<String>())?;
        }
    }
    let trips = arguments.fail_on.iter().any(|gate| {
        let (name, well) = gate.answer();
        answers.get(name).is_none_or(|answer| answer["verdict"] != well)
    });
    Ok(ExitCode::from(u8::from(trips)))
}

fn value<V: Serialize>(answer: &PolicyAnswer<V>) -> Result<Value, CliError> {
    serde_json::to_value(answer).map_err(not_json)
}
