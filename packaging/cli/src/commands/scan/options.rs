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

/// Evaluate one or more accounts
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct Arguments {
    /// Evaluate the built-in sample account, without AWS or network access
    #[arg(long, conflicts_with_all = ["snapshot", "profile", "role_name", "account", "organization",
        "publish"])]
    pub(crate) sample: bool,
    /// Evaluate a recorded account from a file; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "role_name", "account",
        "organization", "publish"])]
    pub(crate) snapshot: Option<PathBuf>,
    /// Evaluate as of this time (RFC 3339) or day [default: now, or the snapshot's]
    #[arg(long, value_name = "TIME", conflicts_with = "publish", value_parser = time)]
    pub(crate) now: Option<DateTime<Utc>>,
    #[command(flatten)]
    pub(crate) target: TargetArguments,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// JSON file with parameters of controls
    ///
    /// The file has parameters by control, or by * for all controls: {"1.12":
    /// {"maxCredentialUsageAge": "90"}, "*": {"notAssessedAs": "nonCompliant"}}
    #[arg(long, value_name = "FILE", help_heading = "Controls")]
    pub(crate) parameters: Option<PathBuf>,
    /// HTTPS URL of the control pages, to which reports and findings link
    ///
    /// {control} and {slug} are placeholders. Without them, /{control}-{slug}.md is appended.
    #[arg(long, value_name = "URL", env = "PLUMBLINE_DOCS_URL", help_heading = "Output")]
    pub(crate) docs_url: Option<String>,
    /// Register of attestations and exceptions: a JSON file, s3://BUCKET/KEY, or none
    ///
    /// A location in Amazon S3 requires a live scan. The default is none, or with --publish the
    /// register of the deployed functions.
    #[arg(long, value_name = "LOCATION", help_heading = "Controls",
        value_parser = NonEmptyStringValueParser::new())]
    pub(crate) register: Option<String>,
    /// Output format, or FORMAT=FILE to write a file; repeatable [default: table]
    ///
    /// The formats are table, json, csv, xlsx, html, markdown, junit, sarif, asff and ocsf. The
    /// file - is standard output. asff=DIR/ writes several files. Several values can also be
    /// separated by commas. With --output-dir, the default is the summary of the table.
    #[arg(long, value_name = "FORMAT[=FILE]", value_delimiter = ',', help_heading = "Output",
        value_parser = output::<ScanFormat>(), hide_possible_values = true)]
    pub(crate) format: Vec<Output<ScanFormat>>,
    /// Earlier JSON report; html and markdown show what changed since that scan
    #[arg(long, value_name = "OLD.json", help_heading = "Output")]
    pub(crate) since: Option<PathBuf>,
    /// Repository file to which the results in sarif point
    #[arg(long, value_name = "PATH", default_value = "plumbline.toml", help_heading = "Output")]
    pub(crate) sarif_artifact: String,
    #[command(flatten)]
    pub(crate) list: ListArguments,
    #[command(flatten)]
    pub(crate) configuration: ConfigurationArguments,
    /// Earlier JSON report; gates ignore the failures that it contains
    #[arg(long, value_name = "OLD.json", help_heading = "Gates")]
    pub(crate) baseline: Option<PathBuf>,
    /// Exit with code 1 on this outcome; not-assessed includes non-compliant
    ///
    /// Repeatable. Several values can also be separated by commas.
    #[arg(long, value_enum, value_name = "GATE", value_delimiter = ',', help_heading = "Gates")]
    pub(crate) fail_on: Vec<FailOn>,
    /// Exit with code 1 on a failure of at least this severity
    #[arg(long, value_enum, ignore_case = true, value_name = "SEVERITY", help_heading = "Gates")]
    pub(crate) fail_on_severity: Option<SeverityArgument>,
    /// Directory for index.json and ACCOUNT.json
    ///
    /// The report of each account is written as soon as it is complete.
    #[arg(long, value_name = "DIR", conflicts_with = "resume", help_heading = "Output",
        value_parser = folder())]
    pub(crate) output_dir: Option<PathBuf>,
    /// Directory of an earlier scan, to reuse its completed reports
    ///
    /// The other accounts are scanned.
    #[arg(long, value_name = "DIR", help_heading = "Output", value_parser = folder())]
    pub(crate) resume: Option<PathBuf>,
    /// Maximum age of the reports that --resume uses
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "24h",
        requires = "resume", help_heading = "Output")]
    pub(crate) max_age: Duration,
    /// Number of accounts to read in parallel
    #[arg(long, value_name = "NUMBER", default_value_t = 8, help_heading = "Target",
        value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) accounts_at_once: u16,
    /// Stop reading after this time (90s, 30m, 2h); the rest is not assessed
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Target")]
    pub(crate) deadline: Option<Duration>,
    /// Also import the findings into Security Hub
    #[arg(help_heading = "Output", long, value_enum, value_name = "TARGET")]
    pub(crate) publish: Option<PublishTarget>,
}

/// The destination of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PublishTarget {
    /// Import in every Region; a Region without Security Hub is a failure
    SecurityHub,
    /// Import in the Regions in which Security Hub is enabled
    #[value(name = "security-hub=where-enabled")]
    SecurityHubWhereEnabled,
}
