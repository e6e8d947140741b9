//! Arguments of several commands.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, ValueEnum};
use plumbline_core::aws::AccountId;
use plumbline_core::benchmark::Severity;
use plumbline_core::evaluation::Compliance;
#[cfg(feature = "aws")]
use plumbline_deploy::{RegionChoice, TargetOptions, Topology};
use plumbline_rules::scan_file::{ControlsTable, TargetTable};

use crate::error::CliError;
use crate::suggestions::{Suggesting, control_name, known_regions, region, region_name};

/// The credentials of the caller and their home Region.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct CallerArguments {
    /// Region of the global controls [default: the main Region, such as us-east-1]
    ///
    /// The main Region depends on the partition: us-east-1, us-gov-west-1 or cn-north-1.
    #[arg(
        long = "home-region",
        value_name = "REGION",
        value_parser = Suggesting::new(home_region, known_regions),
        hide_possible_values = true,
        env = "PLUMBLINE_HOME_REGION"
    )]
    given_home_region: Option<HomeRegion>,
    /// Profile in the AWS configuration files
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
}

impl SelectionArguments {
    /// States which option, or key of the configuration file, has set a value.
    pub(crate) fn by(&self, option: &str, key: &str, value: &str) -> String {
        match &self.configured {
            Some((file, keys)) if keys.contains(&key) => format!("{file}: {key} {value}"),
            _ => format!("{option} {value}"),
        }
    }

    /// Adds values from a configuration file that were not given as options.
    pub(crate) fn configure(&mut self, file: &str, table: &ControlsTable) -> Result<(), CliError> {
        let mut keys = Vec::new();
        if self.control.is_empty() && !table.include.is_empty() {
            self.control = table.include.clone();
            keys.push("include");
        }
        if self.exclude.is_empty() && !table.exclude.is_empty() {
            self.exclude = table.exclude.clone();
            keys.push("exclude");
        }
        if let (None, Some(level)) = (self.level, table.level) {
            if !(1..=2).contains(&level) {
                return Err(CliError::usage(
                    format!("{file}: invalid level '{level}'"),
                    "Give level 1 or 2.",
                ));
            }
            self.level = Some(level);
            keys.push("level");
        }
        self.configured = Some((file.to_owned(), keys));
        Ok(())
    }
}

impl TargetArguments {
    /// Adds values from a configuration file that were not given as options.
    pub(crate) fn configure(&mut self, file: &str, table: &TargetTable) -> Result<(), CliError> {
        let wrong = |key: &str, why: String| {
            CliError::usage(
                format!("{file}: invalid value of '{key}': {why}"),
                "Give names of AWS Regions.",
            )
        };
        if !self.organization && self.account.is_empty() {
            self.organization = table.organization;
            self.account = table.accounts.clone();
        }
        if self.region.is_empty() {
            let regions = table.regions.iter().map(|name| region(name));
            self.region = regions.collect::<Result<_, _>>().map_err(|why| wrong("regions", why))?;
        }
        if let (None, Some(name)) = (self.caller.home_region(), &table.home_region) {
            let given = home_region(name).map_err(|why| wrong("home_region", why))?;
            self.caller.given_home_region = Some(given);
        }
        self.role_name = self.role_name.take().or_else(|| table.role_name.clone());
        self.caller.profile = self.caller.profile.take().or_else(|| table.profile.clone());
        Ok(())
    }

    /// Checks the combination of values, from options and from the configuration file.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        if self.role_name.is_none() && (self.organization || !self.account.is_empty()) {
            return Err(CliError::usage(
                "--account and --organization require a role, and none is given",
                "Give the role to assume in each account: --role-name NAME.",
            ));
        }
        Ok(())
    }
}

impl CallerArguments {
    /// The Region of the global controls, if it is set.
    pub(crate) fn home_region(&self) -> Option<&str> {
        self.given_home_region.as_ref()?.0.as_deref()
    }
}

/// The Region of the global controls. Empty if the environment variable is empty.
#[derive(Clone, Debug)]
struct HomeRegion(Option<String>);

fn home_region(text: &str) -> Result<HomeRegion, String> {
    let given = Some(text).filter(|text| !text.is_empty());
    given.map(region).transpose().map(HomeRegion)
}

/// The accounts and Regions to use.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct TargetArguments {
    /// Region; repeatable or comma-separated [default: all enabled Regions]
    #[arg(long, value_name = "REGION", value_parser = region_name(),
        hide_possible_values = true, value_delimiter = ',')]
    pub(crate) region: Vec<String>,
    #[command(flatten)]
    pub(crate) caller: CallerArguments,
    /// Role to assume in each account
    #[arg(long, value_name = "NAME")]
    pub(crate) role_name: Option<String>,
    /// Account ID; repeatable [default: the account of the credentials]
    ///
    /// Several IDs can also be separated by commas.
    #[arg(long, value_name = "ID", conflicts_with = "organization", value_delimiter = ',')]
    pub(crate) account: Vec<AccountId>,
    /// Use all active accounts of the organization
    #[arg(long)]
    pub(crate) organization: bool,
}

/// The controls to use.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Controls")]
pub(crate) struct SelectionArguments {
    /// Control ID, slug, rule name or section (2.1); repeatable [default: all]
    ///
    /// Several values can also be separated by commas.
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = control_name(),
        hide_possible_values = true)]
    pub(crate) control: Vec<String>,
    /// Use only controls of this level; level 2 includes level 1
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(crate) level: Option<u8>,
    /// The path of the configuration file and the keys that it has set.
    #[arg(skip)]
    pub(crate) configured: Option<(String, Vec<&'static str>)>,
    /// Leave out a control or section; repeatable or comma-separated
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = control_name(),
        hide_possible_values = true)]
    pub(crate) exclude: Vec<String>,
}

/// The target of a deployment, and whether to apply the plan.
#[derive(Debug, Args)]
pub(crate) struct DeployTargetArguments {
    #[command(flatten)]
    pub(crate) topology: TopologyArguments,
    #[command(flatten)]
    pub(crate) mode: ApplyMode,
    #[command(flatten)]
    pub(crate) caller: CallerArguments,
}

#[cfg(feature = "aws")]
impl DeployTargetArguments {
    /// Converts the arguments to options for these Regions.
    pub(crate) fn options(&self, regions: RegionChoice) -> TargetOptions {
        TargetOptions {
            topology: if self.topology.organization {
                Topology::Organization
            } else {
                Topology::SingleAccount
            },
            regions,
            removed: Vec::new(),
            home_region: self.caller.home_region().map(str::to_owned),
            profile: self.caller.profile.clone(),
            is_strict: false,
            checks_drift: false,
        }
    }
}

/// The accounts to deploy to.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct TopologyArguments {
    /// Use only the account of the credentials
    #[arg(long)]
    pub(crate) single_account: bool,
    /// Use all accounts of the organization
    ///
    /// Run the command from the management account, or from a delegated administrator of
    /// CloudFormation StackSets and AWS Config.
    #[arg(long)]
    pub(crate) organization: bool,
}

/// Whether a command changes anything.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ApplyMode {
    /// Print the plan and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the plan and carry it out
    #[arg(long)]
    pub(crate) apply: bool,
}

/// The output format of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    Text,
    Json,
}

/// The output format of an answer about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileAnswerFormat {
    Text,
    Json,
    Sarif,
}

/// The output format of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    Table,
    Json,
}

/// Which output is shown in addition to the result.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "only live scans have progress"))]
pub(crate) struct Verbosity {
    /// Hides progress output.
    pub(crate) is_quiet: bool,
    /// Prints one line for each account.
    pub(crate) is_verbose: bool,
}

/// Parses a duration: `90s`, `30m`, `24h`, `7d`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "give a duration like 90s, 30m, 24h or 7d".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 =
        text.strip_suffix(unit).and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
    if number == 0 {
        return Err(wrong());
    }
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

/// The name of standard input and standard output on the command line.
pub(crate) const STDIN: &str = "-";

/// A parser for the path of a directory.
pub(crate) fn folder() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if path == Path::new(STDIN) { Err("'-' is not a directory") } else { Ok(path) }
    })
}

/// Parses a time in RFC 3339, or a day, which means its start in UTC.
pub(crate) fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let of_day = || {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(day.and_time(NaiveTime::MIN).and_utc())
    };
    let time = DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()).or_else(of_day);
    time.ok_or_else(|| "give a time like 2026-03-02T08:00:00Z, or a day".to_owned())
}

/// Limits the lists in formats for people. Counts, gates and other formats do not change.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ListArguments {
    /// In table, show only the scorecard, the accounts and the closing lines
    #[arg(long, conflicts_with = "details")]
    pub(crate) summary: bool,
    /// In table, also show evidence, remediation, page and ID, and passed checks
    #[arg(long)]
    pub(crate) details: bool,
    /// In table and markdown, list findings of at least this severity
    #[arg(long, value_enum, ignore_case = true, value_name = "SEVERITY")]
    pub(crate) severity: Option<SeverityArgument>,
    /// In table and markdown, list these outcomes; repeatable
    ///
    /// Several outcomes can also be separated by commas. The default is the outcomes that need
    /// attention.
    #[arg(long, value_enum, value_name = "OUTCOME", value_delimiter = ',')]
    pub(crate) status: Vec<StatusArgument>,
}

/// A severity as an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SeverityArgument {
    Low,
    Medium,
    High,
    Critical,
}

impl From<SeverityArgument> for Severity {
    fn from(given: SeverityArgument) -> Self {
        match given {
            SeverityArgument::Low => Self::Low,
            SeverityArgument::Medium => Self::Medium,
            SeverityArgument::High => Self::High,
            SeverityArgument::Critical => Self::Critical,
        }
    }
}

/// An outcome as an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatusArgument {
    NonCompliant,
    NotAssessed,
    Waived,
    Compliant,
    NotApplicable,
}

impl From<StatusArgument> for Compliance {
    fn from(given: StatusArgument) -> Self {
        match given {
            StatusArgument::NonCompliant => Self::NonCompliant,
            StatusArgument::NotAssessed => Self::NotAssessed,
            StatusArgument::Waived => Self::Waived,
            StatusArgument::Compliant => Self::Compliant,
            StatusArgument::NotApplicable => Self::NotApplicable,
        }
    }
}
