//! The arguments of `plumbline scan`.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use super::gates::FailOn;
use crate::arguments::{
    ListArguments, SelectionArguments, SeverityArgument, TargetArguments, duration, folder, time,
};
use crate::configuration::ConfigurationArguments;
use crate::formats::scan::ScanFormat;
use crate::output::{Output, output};

/// Evaluate an account
#[derive(Clone, Debug, Args)]
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
    /// Evaluate as of this time, 2026-03-02T08:00:00Z, or this day [default: now, or the time of
    /// the snapshot]
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
    /// Where the pages of the controls are, https://, with {control} and {slug}; without them
    /// /{control}-{slug}.md follows: findings and reports refer to it
    #[arg(long, value_name = "URL", env = "PLUMBLINE_DOCS_URL", help_heading = "Output")]
    pub(crate) docs_url: Option<String>,
    /// Attestations and exceptions: a JSON file, of a live scan also s3://BUCKET/KEY, or none
    /// [default: with --publish that of the deployed functions, else none]
    #[arg(long, value_name = "LOCATION", help_heading = "Controls",
        value_parser = NonEmptyStringValueParser::new())]
    pub(crate) register: Option<String>,
    /// table, json, csv, xlsx, html, markdown, junit, sarif, asff or ocsf; as FORMAT=FILE into a
    /// file, - for standard output, asff=DIR/ in pieces; repeatable [default: table; with
    /// --output-dir its summary]
    #[arg(long, value_name = "FORMAT[=FILE]", value_delimiter = ',', help_heading = "Output",
        value_parser = output::<ScanFormat>(), hide_possible_values = true)]
    pub(crate) format: Vec<Output<ScanFormat>>,
    /// In html and markdown, show what changed since an earlier scan: its report, as --format json
    /// wrote it
    #[arg(long, value_name = "OLD.json", help_heading = "Output")]
    pub(crate) since: Option<PathBuf>,
    /// The file of the repository at which code scanning shows the results in sarif
    #[arg(long, value_name = "PATH", default_value = "plumbline.toml", help_heading = "Output")]
    pub(crate) sarif_artifact: String,
    #[command(flatten)]
    pub(crate) list: ListArguments,
    #[command(flatten)]
    pub(crate) configuration: ConfigurationArguments,
    /// Compare failures with those of an earlier report: gates ignore known ones
    #[arg(long, value_name = "OLD.json", help_heading = "Gates")]
    pub(crate) baseline: Option<PathBuf>,
    /// Exit with 1 when something fails, or (not-assessed) is not assessed, could not be read
    /// (unreadable), when an account or Region could not be read at all (incomplete), or when it is
    /// not the full benchmark (looser); repeatable, or with commas
    #[arg(long, value_enum, value_name = "GATE", value_delimiter = ',', help_heading = "Gates")]
    pub(crate) fail_on: Vec<FailOn>,
    /// Exit with 1 when something is non-compliant of a control at least this severe
    #[arg(long, value_enum, ignore_case = true, value_name = "SEVERITY", help_heading = "Gates")]
    pub(crate) fail_on_severity: Option<SeverityArgument>,
    /// A folder for the report of each account, ACCOUNT.json, written as it ends, and index.json
    #[arg(long, value_name = "DIR", conflicts_with = "resume", help_heading = "Output",
        value_parser = folder())]
    pub(crate) output_dir: Option<PathBuf>,
    /// Use the reports of accounts that a scan with --output-dir completed, and scan the others
    #[arg(long, value_name = "DIR", help_heading = "Output", value_parser = folder())]
    pub(crate) resume: Option<PathBuf>,
    /// Maximum age of the reports that --resume uses
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "24h",
        requires = "resume", help_heading = "Output")]
    pub(crate) max_age: Duration,
    /// How many accounts are read at the same time
    #[arg(long, value_name = "NUMBER", default_value_t = 8, help_heading = "Target",
        value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) accounts_at_once: u16,
    /// Stop reading after this time (90s, 30m, 2h): what was not read is not assessed
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Target")]
    pub(crate) deadline: Option<Duration>,
    /// Also import the findings into Security Hub; where-enabled passes over Regions without it
    #[arg(help_heading = "Output", long, value_enum, value_name = "TARGET")]
    pub(crate) publish: Option<PublishTarget>,
}

/// Where a scan publishes its findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PublishTarget {
    SecurityHub,
    #[value(name = "security-hub=where-enabled")]
    SecurityHubWhereEnabled,
}
