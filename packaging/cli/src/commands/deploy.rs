//! `plumbline deploy`: deploys the functions, their roles and the rules.

#[cfg(feature = "aws")]
mod code;

#[cfg(feature = "aws")]
use std::collections::BTreeSet;
use std::path::PathBuf;
#[cfg(feature = "aws")]
use std::sync::Arc;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
#[cfg(feature = "aws")]
use plumbline_deploy::{
    DeployError, FunctionsMode, Overrides, Progress, ReconcileOptions, RegionChoice, Request,
    TargetOptions,
};

use crate::arguments::{AnswerFormat, DeployTargetArguments};
#[cfg(feature = "aws")]
use crate::error::CliError;
#[cfg(feature = "aws")]
use crate::formats::deployment::Lines;
#[cfg(feature = "aws")]
use crate::inputs;
#[cfg(feature = "aws")]
use crate::output::{NewFile, READABLE, json as json_text, print_json};
use crate::output::{Output, output};
#[cfg(feature = "aws")]
use crate::runtime::block_on;
#[cfg(feature = "aws")]
use crate::suggestions::GOVERNED;
use crate::suggestions::{deploy_region, region_name};

/// The value that ends all exclusions, or the canary unit.
#[cfg(feature = "aws")]
const NONE: &str = "none";

const EXAMPLES: &str = "Examples:
  # Print the plan; read permissions suffice
  plumbline deploy --single-account --dry-run
  plumbline deploy --single-account --apply
  plumbline deploy --single-account --region us-east-1 --region eu-west-1 \\
    --level 1 --apply
  plumbline deploy --single-account --register register.json \\
    --parameter-overrides Publish=changes --apply
  # List the Regions where AWS Config is in use
  plumbline deploy --organization --dry-run
  plumbline deploy --organization --region us-east-1,eu-west-1 --apply
  # Only upload code and templates, for Terraform and other tools
  plumbline deploy --organization --region us-east-1 --only-code --apply
  plumbline deploy --organization --organizational-unit ou-ab12-11111111 \\
    --exclude-account 111122223333 --apply
  # Try releases in a unit first, then deploy them to all other accounts
  plumbline deploy --organization --canary ou-ab12-22222222 --apply
  plumbline deploy --organization --promote --apply
  plumbline deploy --organization --reconcile on --apply

After a failure, run the same command again: it keeps completed work, waits for work in progress \
    and does the rest.
To upgrade, use a new version of this program. To roll back, use the earlier version.";

/// Deploy the functions, their roles and the rules with AWS CloudFormation
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) target: DeployTargetArguments,
    /// Region; repeatable [default: as deployed, otherwise all enabled Regions]
    ///
    /// Several Regions can also be separated by commas. For an organization, the value 'governed'
    /// selects all Regions in which AWS Config is in use, and a first deployment requires Regions.
    #[arg(long, value_name = "REGION", value_parser = deploy_region(), hide_possible_values = true,
        value_delimiter = ',', help_heading = "Target")]
    pub(crate) region: Vec<String>,
    /// Region to remove from an organization's deployment; repeatable
    ///
    /// The rules and their results in the Region are deleted. Several Regions can also be separated
    /// by commas.
    #[arg(long, value_name = "REGION", value_parser = region_name(), hide_possible_values = true,
        value_delimiter = ',', conflicts_with = "single_account", help_heading = "Target")]
    pub(crate) remove_region: Vec<String>,
    /// Zip file with the function code, or its URL [default: the installed zip file]
    ///
    /// The default is bootstrap-x86_64.zip or bootstrap-arm64.zip in ../share/plumbline from the
    /// program. For a program that was built from source, it is that in dist. The output names the
    /// file. A URL requires --code-sha256.
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) code: Option<String>,
    /// Expected SHA-256 digest of the zip file
    #[arg(long, value_name = "DIGEST", value_parser = sha256_digest)]
    pub(crate) code_sha256: Option<String>,
    /// Deploy function code of another version than this program
    #[arg(long)]
    pub(crate) any_code_version: bool,
    /// JSON file with attestations and exceptions [default: the deployed register]
    #[arg(long, value_name = "FILE")]
    pub(crate) register: Option<PathBuf>,
    /// Use only controls of this level [default: as deployed, otherwise 2]
    ///
    /// Level 2 includes level 1.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(crate) level: Option<u8>,
    /// Root or organizational unit to deploy to; repeatable [default: as deployed]
    ///
    /// Several IDs can also be separated by commas. A first deployment uses the organization's root
    /// by default.
    #[arg(long, value_name = "ID", conflicts_with = "single_account", value_delimiter = ',')]
    pub(crate) organizational_unit: Vec<String>,
    /// Account to exclude, or 'none'; repeatable [default: as deployed]
    ///
    /// Excluded accounts have neither functions nor rules. Several IDs can also be separated by
    /// commas. The value 'none' ends all exclusions of accounts.
    #[arg(long, value_name = "ID", conflicts_with = "single_account", value_delimiter = ',')]
    pub(crate) exclude_account: Vec<String>,
    /// Organizational unit to exclude, or 'none'; repeatable [default: as deployed]
    ///
    /// Accounts in excluded units have neither functions nor rules. Several IDs can also be
    /// separated by commas. The value 'none' ends all exclusions of units.
    #[arg(long, value_name = "ID", conflicts_with = "single_account", value_delimiter = ',')]
    pub(crate) exclude_organizational_unit: Vec<String>,
    /// Unit whose accounts use a release first, or 'none' [default: as deployed]
    ///
    /// This option is experimental. With central functions, at most 100 accounts below this
    /// organizational unit use functions of their own. As long as a unit is recorded, a new release
    /// reaches all other accounts only with --promote. The value 'none' ends this.
    #[arg(long, value_name = "ID", conflicts_with = "single_account",
        value_parser = NonEmptyStringValueParser::new())]
    pub(crate) canary: Option<String>,
    /// Deploy the release of the canary unit to all other accounts
    ///
    /// This option is experimental.
    #[arg(long, conflicts_with = "single_account")]
    pub(crate) promote: bool,
    /// Deploy again every 6 hours and when accounts change [default: as deployed]
    ///
    /// A project of AWS CodeBuild in the home Region runs this command with --as-deployed. Only the
    /// management account receives the events about accounts.
    #[arg(long, value_enum, conflicts_with = "single_account")]
    pub(crate) reconcile: Option<ReconcileArgument>,
    /// Static program for Linux that the project runs [default: this program]
    #[arg(long, value_name = "FILE", conflicts_with = "single_account")]
    pub(crate) reconcile_program: Option<PathBuf>,
    /// Correct accounts only: change neither the release nor the settings
    ///
    /// The command rejects another release than that which is deployed. It changes nothing while
    /// another deployment is in progress, and retries a failed pack once a day.
    #[arg(long, conflicts_with_all = ["single_account", "region", "remove_region", "register",
        "any_code_version", "level", "organizational_unit", "exclude_account",
        "exclude_organizational_unit", "canary", "promote", "reconcile", "reconcile_program",
        "check_drift", "functions", "tag", "only_code", "parameter_overrides"])]
    pub(crate) as_deployed: bool,
    /// Retry where deployment is impossible, and exit with code 3 if it still is
    ///
    /// Deployment is impossible without a recorder of AWS Config, and in Regions that are denied or
    /// disabled.
    #[arg(long, conflicts_with = "single_account")]
    pub(crate) strict: bool,
    /// Run CloudFormation drift detection in the accounts and wait for the result
    ///
    /// With --apply, drifted stacks are deployed again.
    #[arg(long, conflicts_with = "single_account")]
    pub(crate) check_drift: bool,
    /// Format of plan and result: text or json, or FORMAT=FILE [default: text]
    ///
    /// FORMAT=FILE writes a file, and prints text to standard output.
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = output::<AnswerFormat>(),
        hide_possible_values = true)]
    pub(crate) format: Option<Output<AnswerFormat>>,
    /// Place of an organization's functions [default: as deployed, otherwise central]
    ///
    /// A first deployment uses own functions by default if AWS does not support central functions
    /// in one of the Regions.
    #[arg(long, value_enum, conflicts_with = "single_account")]
    pub(crate) functions: Option<FunctionsArgument>,
    /// Tag of stacks and their resources, or 'none'; repeatable [default: as deployed]
    ///
    /// The given tags replace the deployed tags. The value 'none' ends all tags.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value)]
    pub(crate) tag: Vec<(String, String)>,
    /// Create only the buckets, and upload code, templates and register
    ///
    /// Other tools then deploy the templates: Terraform, Landing Zone Accelerator, Control Tower.
    /// With --apply, the command prints the release and the other values that they require.
    #[arg(long, conflicts_with_all = ["remove_region", "canary", "promote",
        "reconcile", "reconcile_program", "strict", "check_drift"])]
    pub(crate) only_code: bool,
    /// Template parameter, such as LogRetentionDays=30; repeatable
    ///
    /// The templates cfn/single-account.yaml and cfn/organization.yaml describe the parameters. The
    /// default is the deployed value, otherwise the default of the template. Subnets and security
    /// groups of central functions have values for each Region: eu-west-1:SubnetIds=ID,ID.
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) parameter_overrides: Vec<(String, String)>,
}

/// The place of an organization's functions.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FunctionsArgument {
    /// Each account has its own functions
    Own,
    /// This account has the functions of all accounts
    Central,
}

/// Whether an organization's deployment is reconciled.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ReconcileArgument {
    /// Deploy to accounts again
    On,
    /// Deploy only when a person or a pipeline does
    Off,
}

/// Runs the command.
#[cfg(feature = "aws")]
pub(crate) fn run(arguments: &Arguments, quiet: bool) -> Result<(), CliError> {
    let Arguments { target, region, code, register, level, functions, parameter_overrides, .. } =
        arguments;
    check_names(parameter_overrides)?;
    let (code_name, content) = code::read(code.as_deref(), arguments.code_sha256.as_deref())?;
    let request = Request {
        target: TargetOptions {
            removed: arguments.remove_region.clone(),
            is_strict: arguments.strict,
            checks_drift: arguments.check_drift,
            ..target.options(regions(region, target.topology.organization)?)
        },
        code_name,
        code: content,
        allows_other_version: arguments.any_code_version,
        register: register.as_deref().map(inputs::register_text).transpose()?,
        functions: functions.map(|functions| match functions {
            FunctionsArgument::Own => FunctionsMode::Own,
            FunctionsArgument::Central => FunctionsMode::Central,
        }),
        only_code: arguments.only_code,
        overrides: Overrides {
            level: *level,
            organizational_units: arguments.organizational_unit.clone(),
            excluded_accounts: excluded(&arguments.exclude_account)?,
            excluded_units: excluded(&arguments.exclude_organizational_unit)?,
            canary: arguments.canary.as_ref().map(|unit| match unit.as_str() {
                NONE => String::new(),
                unit => unit.to_owned(),
            }),
            parameters: parameter_overrides.clone(),
        },
        tags: tags(&arguments.tag)?,
        promotes: arguments.promote,
        reconcile: ReconcileOptions {
            is_wanted: arguments.reconcile.map(|wanted| matches!(wanted, ReconcileArgument::On)),
            program: arguments.reconcile_program.clone(),
            own_program: std::env::current_exe().ok(),
            is_as_deployed: arguments.as_deployed,
        },
        apply: target.mode.apply,
    };
    let output = arguments.format.as_ref();
    let is_json = output.is_some_and(|output| output.format == AnswerFormat::Json);
    let file = match output.and_then(|output| output.file.as_deref()) {
        Some(file) => Some(NewFile::begin(file, READABLE)?),
        None => None,
    };
    let is_aside = is_json && file.is_none();
    let progress = Arc::new(Lines::new(quiet || target.mode.dry_run, is_aside));
    if code.is_none() {
        let text = format!("Function code: '{}'\n", request.code_name);
        progress.print(&text).map_err(DeployError::Output)?;
    }
    let shown = Arc::clone(&progress);
    let done = block_on(async { Ok(plumbline_deploy::deploy(request, shown).await?) });
    let outcome = match done {
        Ok(outcome) => outcome,
        Err(error) => {
            // The text of completed work is written even if an error follows.
            if let Some(file) = file.filter(|_| !is_json && !progress.text().is_empty()) {
                file.finish(progress.text().as_bytes())?;
            }
            return Err(error);
        }
    };
    let written = match file {
        Some(file) if is_json => {
            json_text(&outcome.report).and_then(|text| file.finish(text.as_bytes()))
        }
        Some(file) => file.finish(progress.text().as_bytes()),
        None if is_aside => print_json(&outcome.report),
        None => Ok(()),
    };
    match (outcome.problem, written) {
        (None, written) => written,
        (Some(problem), Ok(())) => Err(problem.into()),
        // A file that cannot be written must not hide the problems in accounts.
        (Some(problem), Err(unwritten)) => {
            tracing::error!("{unwritten}");
            Err(problem.into())
        }
    }
}

/// Rejects a parameter that is given more than once.
#[cfg(feature = "aws")]
fn check_names(given: &[(String, String)]) -> Result<(), CliError> {
    let mut names = BTreeSet::new();
    match given.iter().find(|(name, _)| !names.insert(name)) {
        Some((name, _)) => Err(CliError::usage(
            format!("parameter '{name}' is given more than once"),
            "Give each parameter once: --parameter-overrides NAME=VALUE.",
        )),
        None => Ok(()),
    }
}

/// Converts the Regions that the user gave.
#[cfg(feature = "aws")]
fn regions(named: &[String], is_organization: bool) -> Result<RegionChoice, CliError> {
    match named {
        [] => Ok(RegionChoice::NotNamed),
        [one] if one == GOVERNED && is_organization => Ok(RegionChoice::Governed),
        names if names.iter().any(|name| name == GOVERNED) => Err(CliError::usage(
            "--region governed requires --organization and excludes other Regions",
            "Give names of Regions, or only --organization --region governed.",
        )),
        names => Ok(RegionChoice::Named(names.to_vec())),
    }
}

/// Converts exclusions. Returns `None` if nothing was given, and an empty list for `none`.
#[cfg(feature = "aws")]
fn excluded(given: &[String]) -> Result<Option<Vec<String>>, CliError> {
    match given {
        [] => Ok(None),
        [one] if one == NONE => Ok(Some(Vec::new())),
        ids if ids.iter().any(|id| id.trim().is_empty()) => Err(CliError::usage(
            "an ID to exclude is empty",
            "Give IDs, or 'none' to end all exclusions of this kind.",
        )),
        ids if ids.iter().any(|id| id == NONE) => Err(CliError::usage(
            "'none' is given together with IDs to exclude",
            "Give IDs, or only 'none' to end all exclusions of this kind.",
        )),
        ids => Ok(Some(ids.to_vec())),
    }
}

/// Converts tags. Returns `None` if nothing was given, and an empty list for `none`.
#[cfg(feature = "aws")]
fn tags(given: &[(String, String)]) -> Result<Option<Vec<(String, String)>>, CliError> {
    let is_none = |(key, value): &(String, String)| key == NONE && value.is_empty();
    match given {
        [] => Ok(None),
        [one] if is_none(one) => Ok(Some(Vec::new())),
        tags if tags.iter().any(is_none) => Err(CliError::usage(
            "'none' is given together with tags",
            "Give tags, or only 'none' to end all tags.",
        )),
        tags => Ok(Some(tags.to_vec())),
    }
}

fn sha256_digest(text: &str) -> Result<String, String> {
    match text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(text.to_owned()),
        false => Err("give the 64 hexadecimal digits of the file's line in SHA256SUMS".to_owned()),
    }
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None if text == "none" => Ok((text.to_owned(), String::new())),
        None => Err("give KEY=VALUE, such as CostCenter=1234, or 'none'".to_owned()),
    }
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) =
        text.split_once('=').ok_or("give NAME=VALUE, such as LogRetentionDays=30")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}
