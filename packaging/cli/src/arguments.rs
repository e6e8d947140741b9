//! The arguments of the command line.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use plumbline_core::aws::AccountId;

/// Checks AWS accounts against the CIS AWS Foundations Benchmark 1.5.0.
#[derive(Debug, Parser)]
#[command(name = "plumbline", version, about, propagate_version = true, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// No progress, and no tables beyond what was asked for
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// More about what happens, on stderr; twice for every call
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "Examples:
  plumbline scan --sample                               the built-in sample account, without AWS
  plumbline scan --control 1 --control 5.2              some controls, on the account of the \
    default credentials
  plumbline scan --format table --format json=scan.json --fail-on non-compliant
  plumbline collect --output account.json && plumbline scan --snapshot account.json
  plumbline explain 5.2

Exit codes: 0 done, 1 --fail-on tripped, 2 wrong usage or input, 3 AWS could not be reached or \
    refused everything.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Evaluate an account
    Scan(Box<ScanArguments>),
    /// Record what a scan reads, to be evaluated later without AWS
    Collect(CollectArguments),
    /// Tell what changed between two scans: fixed, broken, changed, new, gone
    Diff {
        /// The older scan, as --format json wrote it
        old: PathBuf,
        /// The newer scan
        new: PathBuf,
        /// How to print the changes
        #[arg(long, value_enum, default_value_t = CatalogueFormat::Table)]
        format: CatalogueFormat,
    },
    /// List the controls
    Controls {
        /// How to print them
        #[arg(long, value_enum, default_value_t = CatalogueFormat::Table)]
        format: CatalogueFormat,
    },
    /// Tell what a control checks, why, and how to satisfy it
    Explain {
        /// Its id, slug or rule name: 5.2, sg-admin-ports-ipv4
        control: String,
    },
    /// Tell what an aggregator of AWS Config holds of the controls, account by account
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArguments),
    /// Run one event of AWS Config here, as the Lambda function would
    Invoke(InvokeArguments),
    /// Deploy the functions, their roles and the rules by AWS CloudFormation
    #[command(after_help = DEPLOY_EXAMPLES)]
    Deploy(Box<DeployArguments>),
    /// Remove what deploy made, and leave the data: the buckets of code and register
    #[command(after_help = DESTROY_EXAMPLES)]
    Destroy(PlaceArguments),
    /// What a metric filter's pattern matches
    #[command(subcommand)]
    Filter(FilterCommand),
    /// What the policy model says about a policy document
    Policy(PolicyArguments),
    /// Check attestations and exceptions
    #[command(subcommand)]
    Register(RegisterCommand),
    /// Print completions for a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
}

#[derive(Debug, Args)]
pub(crate) struct ScanArguments {
    /// The built-in sample account: no AWS, no network
    #[arg(long, conflicts_with_all = ["snapshot", "profile", "role_name", "account", "organization",
        "publish"])]
    pub(crate) sample: bool,
    /// A recorded account
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "role_name", "account",
        "organization", "publish"])]
    pub(crate) snapshot: Option<PathBuf>,
    /// The time that counts as now, RFC 3339; of a snapshot, when it was recorded
    #[arg(long, value_name = "TIME", conflicts_with = "publish")]
    pub(crate) now: Option<DateTime<Utc>>,
    #[command(flatten)]
    pub(crate) target: TargetArguments,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// Parameters of controls, a JSON file: {"1.12": {"maxCredentialUsageAge": "90"}, "*":
    /// {"notAssessedAs": "nonCompliant"}}
    #[arg(long, value_name = "FILE")]
    pub(crate) parameters: Option<PathBuf>,
    /// Attestations and exceptions, a JSON file; of a live scan also s3://BUCKET/KEY
    #[arg(long, value_name = "LOCATION")]
    pub(crate) register: Option<String>,
    /// table, json, csv, html, asff or ocsf; as FORMAT=FILE into a file; repeatable
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "table")]
    pub(crate) format: Vec<Output<Format>>,
    /// Exit with 1 when something is non-compliant, or when something is non-compliant or not
    /// assessed
    #[arg(long, value_enum, value_name = "OUTCOME")]
    pub(crate) fail_on: Option<FailOn>,
    /// Also import the findings into Security Hub
    #[arg(long, value_enum, value_name = "TARGET")]
    pub(crate) publish: Option<Publish>,
}

#[derive(Debug, Args)]
pub(crate) struct CollectArguments {
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) target: TargetArguments,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
}

/// Whose credentials are used, and what is home to them.
#[derive(Debug, Args)]
pub(crate) struct CallerArguments {
    /// The Region in which global controls run [default: the partition's first, us-east-1]
    #[arg(long, value_name = "REGION", value_parser = region, env = "PLUMBLINE_HOME_REGION")]
    pub(crate) home_region: Option<String>,
    /// A profile of the AWS configuration files
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
}

/// Which accounts and Regions.
#[derive(Debug, Args)]
pub(crate) struct TargetArguments {
    /// A Region; repeatable [default: all that are enabled]
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub(crate) region: Vec<String>,
    #[command(flatten)]
    pub(crate) caller: CallerArguments,
    /// The role to assume in each account
    #[arg(long, value_name = "NAME")]
    pub(crate) role_name: Option<String>,
    /// An account; repeatable [default: that of the credentials]
    #[arg(long, value_name = "ID", requires = "role_name", conflicts_with = "organization")]
    pub(crate) account: Vec<AccountId>,
    /// All active accounts of the organization
    #[arg(long, requires = "role_name")]
    pub(crate) organization: bool,
}

/// Which controls.
#[derive(Debug, Args)]
pub(crate) struct SelectionArguments {
    /// A control by id, slug or rule name, or all below a number (2.1); repeatable [default: all]
    #[arg(long, value_name = "ID")]
    pub(crate) control: Vec<String>,
    /// Only those of the level; level 2 contains level 1
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(crate) level: Option<u8>,
    /// Leave out a control, or all below a number; repeatable
    #[arg(long, value_name = "ID")]
    pub(crate) exclude: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct InvokeArguments {
    /// The control, by id, slug or rule name
    #[arg(long, value_name = "ID")]
    pub(crate) control: String,
    /// The event, a JSON file; - for stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) event: PathBuf,
    /// Publish nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// A profile of the AWS configuration files
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
}

const REPORT_EXAMPLES: &str = "Examples:
  plumbline report --aggregator plumbline               the aggregator that 'plumbline deploy \
    --organization' makes
  plumbline report --aggregator plumbline --format table --format html=report.html --format \
    csv=report.csv
  plumbline report --aggregator plumbline --region us-east-1 --level 1 --account 111122223333

It says what AWS Config holds, not what is there: 'plumbline scan' looks at the accounts \
    themselves.";

#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// The aggregator
    #[arg(long, value_name = "NAME")]
    pub(crate) aggregator: String,
    /// The aggregator's Region [default: the configured one]
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub(crate) region: Option<String>,
    #[command(flatten)]
    pub(crate) caller: CallerArguments,
    /// An account; repeatable
    /// [default: all of the aggregator, and of the organization where that is its source]
    #[arg(long, value_name = "ID")]
    pub(crate) account: Vec<AccountId>,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    /// table, json, csv or html; as FORMAT=FILE into a file; repeatable
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "table")]
    pub(crate) format: Vec<Output<ReportFormat>>,
}

const DEPLOY_EXAMPLES: &str = "Examples:
  cargo xtask package                                   makes dist/bootstrap-x86_64.zip
  plumbline deploy --single-account --dry-run           what would be done; needs read rights only
  plumbline deploy --single-account --apply
  plumbline deploy --single-account --region us-east-1 --region eu-west-1 --level 1 --apply
  plumbline deploy --single-account --register register.json --parameter-overrides Publish=changes \
    --apply
  plumbline deploy --organization --dry-run             from the management account or a delegated \
    administrator
  plumbline deploy --organization --organizational-unit ou-ab12-11111111 --apply

Run it again after any failure: what is done stays, what is under way is waited for, the rest is \
    done.
An upgrade deploys another zip, or comes with another version of this program; a rollback deploys \
    the former ones.";

const DESTROY_EXAMPLES: &str = "Examples:
  plumbline destroy --single-account --dry-run
  plumbline destroy --single-account --apply
  plumbline destroy --single-account --region eu-west-1 --apply";

/// Where something is deployed, and whether it really is.
#[derive(Debug, Args)]
pub(crate) struct PlaceArguments {
    #[command(flatten)]
    pub(crate) topology: TopologyArguments,
    #[command(flatten)]
    pub(crate) really: ReallyArguments,
    /// A Region; repeatable [default: all that are enabled]
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub(crate) region: Vec<String>,
    #[command(flatten)]
    pub(crate) caller: CallerArguments,
}

/// Which accounts something is deployed to.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct TopologyArguments {
    /// The account of the credentials alone
    #[arg(long)]
    pub(crate) single_account: bool,
    /// All accounts of the organization: from its management account, or a delegated administrator
    /// of CloudFormation StackSets and AWS Config
    #[arg(long)]
    pub(crate) organization: bool,
}

/// Whether something is changed.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ReallyArguments {
    /// Print the plan and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the plan and do it
    #[arg(long)]
    pub(crate) apply: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DeployArguments {
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
    /// The function's code, as 'cargo xtask package' makes it
    #[arg(long, value_name = "FILE", default_value = "dist/bootstrap-x86_64.zip")]
    pub(crate) code: PathBuf,
    /// Attestations and exceptions, a JSON file [default: those that are deployed]
    #[arg(long, value_name = "FILE")]
    pub(crate) register: Option<PathBuf>,
    /// Only controls of the level; level 2 contains level 1 [default: as deployed, else 2]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(crate) level: Option<u8>,
    /// A root or organizational unit whose accounts get the functions; repeatable
    /// [default: as deployed, else the organization's root]
    #[arg(long, value_name = "ID", conflicts_with = "single_account")]
    pub(crate) organizational_unit: Vec<String>,
    /// A parameter of the template cfn/single-account.yaml or cfn/organization.yaml, such as
    /// LogRetentionDays=30; repeatable [default: as deployed, else the template's]
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) parameter_overrides: Vec<(String, String)>,
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a parameter looks like LogRetentionDays=30")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

#[derive(Debug, Subcommand)]
pub(crate) enum RegisterCommand {
    /// Validate a register and list what expires
    Check {
        /// The register, a JSON file
        file: PathBuf,
        /// The time that counts as now, RFC 3339
        #[arg(long, value_name = "TIME")]
        now: Option<DateTime<Utc>>,
        /// How many days ahead to look for entries that expire
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        within: u16,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum FilterCommand {
    /// Does a metric filter cover an alarm control (4.1 to 4.15)? The verdict, and the event that
    /// it misses
    Cover {
        /// The control, by number: 4.5
        control: String,
        /// The pattern; several are judged together
        #[arg(required = true)]
        pattern: Vec<String>,
        /// How to print the verdict
        #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
        format: AnswerFormat,
    },
    /// Which log events does a pattern match? Line numbers from 1
    Match {
        /// The pattern
        pattern: String,
        /// The log events, one a line; standard input when there is no file
        file: Option<PathBuf>,
        /// How to print the lines
        #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
        format: AnswerFormat,
    },
}

#[derive(Debug, Args)]
pub(crate) struct PolicyArguments {
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
    /// How to print the answers
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    pub(crate) format: AnswerFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CatalogueFormat {
    Table,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Json,
    Csv,
    Html,
    Asff,
    Ocsf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Table,
    Json,
    Csv,
    Html,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    NonCompliant,
    NotAssessed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Publish {
    SecurityHub,
}

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

fn region(text: &str) -> Result<String, String> {
    if plumbline_core::aws::is_region_name(text) {
        Ok(text.to_owned())
    } else {
        Err("a Region looks like us-east-1".to_owned())
    }
}
