//! Errors of a deployment: those that prevent all work, and failures in single Regions.

use plumbline_aws::accounts::RegionChoiceError;
use plumbline_aws::documents::StoreError;
use plumbline_aws::error::AwsError;
use plumbline_core::answer::ReadError;
use plumbline_core::aws::AccountId;
use plumbline_core::benchmark::ControlId;
use plumbline_templates::bundle::VERSION;
use plumbline_templates::contract::{AUTOMATION_RULE, FORMER_AUTOMATION_RULE, STACK};
use plumbline_templates::packs::RULE_PARAMETERS_LIMIT;
use plumbline_templates::template::YamlError;
use thiserror::Error;
use tokio::task::JoinError;

/// The reason why a deployment or removal fails.
#[derive(Debug, Error)]
#[allow(missing_docs, reason = "each variant's message says what it means")]
pub enum DeployError {
    #[error(transparent)]
    Aws(#[from] AwsError),
    #[error(transparent)]
    Register(#[from] StoreError),
    #[error(transparent)]
    Region(#[from] RegionChoiceError),
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
    #[error("a task ended unexpectedly: {0}")]
    Task(#[from] JoinError),
    #[error("{}", .0.join("\nerror: "))]
    Incomplete(Vec<String>),
    #[error("'{file}' is not valid function code: {what}")]
    Code { file: String, what: String },
    #[error(
        "'{file}' {}, but this program has version {VERSION}",
        described(.stated.as_deref())
    )]
    CodeVersion { file: String, stated: Option<String> },
    #[error("the template has no parameter '{name}'")]
    NoParameter { name: String, known: String },
    #[error("parameter '{name}' cannot be set directly")]
    DerivedParameter { name: String, instead: &'static str },
    #[error("invalid value '{value}' of parameter '{name}'")]
    ParameterValue { name: String, value: String, wanted: String },
    #[error("invalid value '{value}' of parameter '{name}' ({controls})")]
    ControlParameter { name: &'static str, controls: String, value: String, expects: &'static str },
    #[error(
        "the parameters of control {control} have {length} characters, but AWS Config accepts at \
        most {RULE_PARAMETERS_LIMIT} per rule"
    )]
    LongParameters { control: ControlId, length: usize },
    #[error("cannot read a template of this program: {0}")]
    Template(String),
    #[error("stack '{STACK}' in {0} was not created by Plumbline: its parameters differ")]
    ForeignStack(String),
    #[error(
        "the stack sets exist, but account {account} did not create them: it has no stack \
        '{STACK}' in {home}"
    )]
    OtherDeployer { account: AccountId, home: String },
    #[error("the stack sets also deploy to {0}, which is disabled or denied for this account")]
    LostRegion(String),
    #[error("nothing is deployed, and no Region is given; the enabled Regions are\n  {}",
        .found.join("\n  "))]
    NoRegions { found: Vec<String>, governed: Vec<String> },
    #[error("cannot determine whether AWS Config is in use in these Regions\n  {}",
        .0.join("\n  "))]
    UnreadUse(Vec<String>),
    #[error("the home Region {home} is {}", if *.is_governed {
        "not governed: AWS Config was not found there"
    } else {
        "not among the given Regions"
    })]
    HomeNotNamed { home: String, is_governed: bool },
    #[error("the home Region {0} cannot be removed")]
    RemovesHome(String),
    #[error("Region {0} is given with both --region and --remove-region")]
    NamedAndRemoved(String),
    #[error("organization conformance pack '{name}' in {region} uses other central functions")]
    CentralPack { region: String, name: String },
    #[error(
        "a move between own and central functions is incomplete: {region} has central functions, \
        but the stack of the home Region deploys own functions"
    )]
    UnfinishedMove { region: String },
    #[error("stack '{name}' in {region} was not created by Plumbline: its parameters differ")]
    ForeignCentralStack { name: &'static str, region: String },
    #[error(
        "AWS CloudFormation cannot grant an organization permission to invoke functions in {}",
        .0.join(", ")
    )]
    NoOrganizationPermission(Vec<String>),
    #[error("cannot detect drift in the accounts: {0}")]
    UncheckedDrift(String),
    #[error("cannot read the stack in {region}: {error}")]
    UnreadRegion { region: String, error: String },
    #[error("the stack in {region} was deployed for {}",
        if *.is_organization { "an organization" } else { "a single account" })]
    OtherTopology { region: String, is_organization: bool },
    #[error("the stack in {region} was deployed with the home Region {deployed}")]
    OtherHome { region: String, deployed: String },
    #[error("the buckets were deployed with the prefix '{deployed}'")]
    OtherPrefix { deployed: String },
    #[error("the roles were deployed with the path '{deployed}'")]
    OtherRolePath { deployed: String },
    #[error("the roles were deployed with the name prefix '{deployed}'")]
    OtherNamePrefix { deployed: String },
    #[error("'{0}' is not a multi-Region key, and buckets in several Regions need it")]
    RegionalKey(String),
    #[error("tag '{key}' cannot be set")]
    Tag { key: String, wanted: String },
    #[error("parameter '{0}' has the same value in all Regions")]
    NotByRegion(String),
    #[error("subnets and security groups are given for own functions")]
    NetworkOfOwn,
    #[error("subnets or security groups are given for several Regions at once: {}", .0.join(", "))]
    NetworkOfRegion(Vec<String>),
    #[error("subnets or security groups are given for {0}, to which nothing is deployed")]
    NetworkElsewhere(String),
    #[error("the functions in {0} would have only one of subnets and security groups")]
    HalfNetwork(String),
    #[error("removed deployments left several registers, with the prefixes {}", .0.join(", "))]
    SeveralPrefixes(Vec<String>),
    #[error("AWS Config has no recorder in {}, so no rules can be created there", .0.join(", "))]
    NoRecorder(Vec<String>),
    #[error("the packs would exclude {excluded} accounts, but AWS Config accepts at most {limit}")]
    TooManyExcluded { excluded: usize, limit: usize },
    #[error(
        "{excluded} accounts below the organizational units would be excluded, but CloudFormation \
        accepts at most {limit}"
    )]
    TooManyFiltered { excluded: usize, limit: usize },
    #[error(
        "{units} organizational units are given, but a stack set operation accepts at most {limit}"
    )]
    TooManyUnits { units: usize, limit: usize },
    #[error("the organizational unit '{unit}' does not exist")]
    NoUnit { unit: String, option: &'static str },
    #[error("stack sets have no access to the accounts of the organization")]
    NoStackSetAccess { management_account: String },
    #[error("{}", .0.join("\nerror: "))]
    Members(Vec<String>),
    #[error("AWS CodeBuild does not exist in {0}, so accounts cannot be reconciled from there")]
    NoCodeBuild(String),
    #[error("'{file}' cannot run in AWS CodeBuild: {what}")]
    ReconcileProgram { file: String, what: String },
    #[error("'{0}' is not used, because no project of AWS CodeBuild deploys again")]
    NoProject(String),
    #[error("release '{release}' is not deployed: {}", match deployed {
        Some(deployed) => format!("the deployment has release '{deployed}'"),
        None => "there is no deployment".to_owned(),
    })]
    NotAsDeployed { release: String, deployed: Option<String> },
    #[error("a canary unit requires central functions")]
    CanaryOfOwn,
    #[error("there is no canary unit whose release could be promoted")]
    NoCanary,
    #[error("release '{release}' is not promoted: the canary unit has release '{deployed}'")]
    NotInCanary { release: String, deployed: String },
    #[error(
        "without a canary unit, release '{release}' would reach all accounts, but those outside of \
        the unit have release '{others}'"
    )]
    CanaryLeft { release: String, others: String },
    #[error(
        "the canary unit '{unit}' has {accounts} accounts, but the conditions of a pack fit {limit}"
    )]
    LargeCanary { unit: String, accounts: usize, limit: usize },
    #[error(
        "release '{release}' changes the rules in {}, which all accounts share, so {what} cannot \
        change together with it",
        .regions.join(", ")
    )]
    CanaryRules { release: String, what: &'static str, regions: Vec<String> },
    #[error(
        "{} cannot be added: it lacks the release of the accounts outside of the canary unit",
        .0.join(", ")
    )]
    CanaryRegion(Vec<String>),
    #[error("account {0} is not a member of an organization")]
    NoOrganization(AccountId),
    #[error("account {account} cannot deploy to its organization: it is neither the management \
        account nor a delegated administrator of {}", .missing.join(" and "))]
    NotDelegated { account: AccountId, management_account: String, missing: Vec<&'static str> },
    #[error("{home} is the home Region and must be removed last; stacks remain in {}",
        .others.join(", "))]
    HomeFirst { home: String, others: Vec<String> },
    #[error("the stack of the home Region owns the functions of the accounts in these Regions and \
        remains as long as there are stacks in {}", .others.join(", "))]
    PartOfOrganization { others: Vec<String> },
}

/// States which version a zip file names.
fn described(stated: Option<&str>) -> String {
    match stated {
        Some(stated) => format!("has the function code of version {stated}"),
        None => "does not state the version of its function code".to_owned(),
    }
}

impl DeployError {
    /// Whether work was started or AWS did not answer. The exit code is then 3 instead of 2, which
    /// stands for invalid usage.
    pub fn is_incomplete(&self) -> bool {
        match self {
            Self::Register(error) => matches!(error, StoreError::Aws { .. }),
            Self::Region(error) => matches!(error, RegionChoiceError::Aws(_)),
            Self::Aws(_)
            | Self::Task(_)
            | Self::Incomplete(_)
            | Self::Members(_)
            | Self::UnreadRegion { .. }
            | Self::UncheckedDrift(_)
            | Self::UnreadUse(_)
            | Self::LostRegion(_) => true,
            _ => false,
        }
    }

    /// Returns the instruction for the user.
    pub fn advice(&self) -> String {
        match self {
            Self::Aws(error) => error.advice().to_owned(),
            Self::Register(error) => error.advice().to_owned(),
            Self::Region(error) => error.advice(),
            Self::Output(_) => "Check the pipe or disk of standard output.".to_owned(),
            Self::Task(_) | Self::Template(_) => {
                "Report this bug to the Plumbline project.".to_owned()
            }
            Self::Incomplete(_) => {
                "All other work is complete. Fix the cause, then run the command again.".to_owned()
            }
            Self::Code { .. } => {
                "Give the zip file of a release, or one that 'cargo xtask package' created."
                    .to_owned()
            }
            Self::CodeVersion { stated: None, .. } => format!(
                "Create the zip file again with 'cargo xtask package', give the zip file of \
                 release {VERSION}, or use --any-code-version to deploy this one."
            ),
            Self::CodeVersion { .. } => format!(
                "Give the zip file of release {VERSION} with --code, install its wheel \
                 'plumbline_function', or use --any-code-version to deploy this one."
            ),
            Self::NoParameter { name, .. } if name == FORMER_AUTOMATION_RULE => format!(
                "Omit it. The rule now has its own template, cfn/{AUTOMATION_RULE}.yaml, for rules \
                 outside of conformance packs."
            ),
            Self::NoParameter { known, .. } => format!("Give one of these parameters: {known}."),
            Self::DerivedParameter { instead, .. } => format!("Omit it: {instead}."),
            Self::ForeignStack(_) => format!(
                "Delete this stack, or create it again with another name. Plumbline uses the name \
                 '{STACK}' and neither changes nor deletes other stacks."
            ),
            Self::OtherDeployer { .. } => "Deploy from the account that created them (the \
                management account or another delegated administrator), or destroy the deployment \
                there first."
                .to_owned(),
            Self::LostRegion(region) => format!(
                "Enable and allow the Region for this account, which uploads code and packs there. \
                 Or remove the Region: plumbline deploy --organization --remove-region {region} \
                 --apply."
            ),
            Self::RemovesHome(_) => "Remove the complete deployment with 'plumbline destroy \
                --organization'. The home Region contains the roles and global rules."
                .to_owned(),
            Self::NamedAndRemoved(_) => "Give only one of the two options.".to_owned(),
            Self::NoRegions { governed, .. } => format!(
                "Give the Regions in which AWS Config was found: plumbline deploy --organization \
                 --region {} --dry-run. '--region governed' selects the same Regions.",
                governed.join(",")
            ),
            Self::HomeNotNamed { home, .. } => format!(
                "Add --region {home}, or select another home Region with --home-region REGION. The \
                 home Region contains the roles and global rules."
            ),
            Self::CentralPack { .. } => "Delete the pack first, or deploy it with another name. \
                Otherwise its rules would invoke the functions of each account."
                .to_owned(),
            Self::UnfinishedMove { .. } => "Give --functions central to complete the move, or \
                --functions own to revert it."
                .to_owned(),
            Self::ForeignCentralStack { .. } => "Delete the packs that use manually deployed \
                central functions, then delete the stacks of these functions. They have the same \
                names."
                .to_owned(),
            Self::NoOrganizationPermission(_) => {
                "Give --functions own, or other Regions.".to_owned()
            }
            Self::UncheckedDrift(_) => "Fix the cause, or omit --check-drift.".to_owned(),
            Self::UnreadRegion { .. } => {
                "Allow the call, or give the other Regions with --region.".to_owned()
            }
            Self::ParameterValue { wanted, .. } => format!("Give {wanted}."),
            Self::ControlParameter { expects, .. } => format!("Give {expects}."),
            Self::LongParameters { .. } => {
                "Give shorter lists, or use wildcards where they are allowed.".to_owned()
            }
            Self::OtherPrefix { deployed } => format!(
                "Omit CodeBucketPrefix, or give CodeBucketPrefix={deployed}. A bucket cannot be \
                 renamed."
            ),
            Self::OtherRolePath { deployed } => format!(
                "Omit RolePath, or give RolePath={deployed}. AWS CloudFormation cannot move roles. \
                 For another path, destroy the deployment first."
            ),
            Self::OtherNamePrefix { deployed } => format!(
                "Omit NamePrefix, or give NamePrefix={deployed}. AWS CloudFormation would delete \
                 roles that functions still use. For another prefix, destroy the deployment first."
            ),
            Self::RegionalKey(_) => {
                "Give a key whose ID begins with 'mrk-', with a replica in each \
                Region."
                    .to_owned()
            }
            Self::Tag { wanted, .. } => format!("Give {wanted}: --tag KEY=VALUE."),
            Self::NotByRegion(_) => "Give the parameter without a Region.".to_owned(),
            Self::NetworkOfOwn => {
                "Omit them, or give --functions central. Only central functions can be in a VPC."
                    .to_owned()
            }
            Self::NetworkOfRegion(_) => "Give them for each Region, because a subnet belongs to \
                one Region: --parameter-overrides REGION:SubnetIds=IDS."
                .to_owned(),
            Self::NetworkElsewhere(_) => "Add the Region with --region, or omit them.".to_owned(),
            Self::HalfNetwork(region) => format!(
                "Give both: --parameter-overrides {region}:SubnetIds=IDS --parameter-overrides \
                 {region}:SecurityGroupIds=IDS. Or end both: {region}:SubnetIds= and \
                 {region}:SecurityGroupIds=."
            ),
            Self::SeveralPrefixes(_) => "Give the prefix of the register to use: \
                --parameter-overrides CodeBucketPrefix=PREFIX."
                .to_owned(),
            Self::NoRecorder(_) => "Set up AWS Config in these Regions, give the other Regions \
                with --region, or deploy functions without rules: --parameter-overrides Packs=off."
                .to_owned(),
            Self::TooManyExcluded { .. } => "Select organizational units with more accounts, or \
                give Packs=off. Packs go to all accounts of an organization except the excluded \
                accounts, which include those outside of --organizational-unit."
                .to_owned(),
            Self::TooManyFiltered { .. } => {
                "Select the organizational units to deploy to instead: --organizational-unit ID."
                    .to_owned()
            }
            Self::TooManyUnits { .. } => {
                "Give a parent unit, and exclude the accounts and units below it that you do not \
                 want."
                    .to_owned()
            }
            Self::NoUnit { option, .. } if option.contains("exclude") => format!(
                "Give all units to exclude: {option} ID, or {option} none. Without the option, \
                 deploy uses the units of the previous run, including deleted ones."
            ),
            Self::NoUnit { option: "--canary", .. } => {
                "Give another unit with --canary ID, or --canary none.".to_owned()
            }
            Self::NoUnit { option, .. } => format!(
                "Give all units to deploy to: {option} ID. Without the option, deploy uses the \
                 units of the previous run, including deleted ones."
            ),
            Self::OtherTopology { is_organization: true, .. } => {
                "Give --organization, or destroy the deployment first.".to_owned()
            }
            Self::OtherTopology { .. } => {
                "Give --single-account, or destroy the deployment first.".to_owned()
            }
            Self::OtherHome { deployed, .. } => format!(
                "Give --home-region {deployed}, or destroy the deployment first. The home Region \
                 contains the roles and global rules."
            ),
            Self::NoStackSetAccess { management_account } => format!(
                "Run this in the management account {management_account}: aws cloudformation \
                 activate-organizations-access"
            ),
            Self::Members(_) => {
                "Fix the causes, then run 'plumbline deploy --apply', which retries all of these."
                    .to_owned()
            }
            Self::NoCodeBuild(_) => {
                "Give --reconcile off, and run 'plumbline deploy --organization \
                --as-deployed --apply' on a schedule elsewhere."
                    .to_owned()
            }
            Self::ReconcileProgram { .. } => {
                "Give the static program for Linux of the same release: --reconcile-program FILE."
                    .to_owned()
            }
            Self::NoProject(_) => "Omit --reconcile-program, or give --reconcile on.".to_owned(),
            Self::NotAsDeployed { .. } => "Use the program and the code of the deployed release, \
                or omit --as-deployed to deploy this release."
                .to_owned(),
            Self::CanaryOfOwn => {
                "Give --canary none, or --functions central. In accounts with their own functions, \
                 deploy a release to a test organization first."
                    .to_owned()
            }
            Self::NoCanary => "Give --canary ID to name the unit, and omit --promote. Without a \
                canary unit, a release reaches all accounts at the same time."
                .to_owned(),
            Self::NotInCanary { .. } => "Use the program and the code of that release, or deploy \
                this release to the canary unit first: omit --promote."
                .to_owned(),
            Self::CanaryLeft { others, .. } => format!(
                "Use the program and the code of release '{others}', or promote the release of the \
                 canary unit first: --promote."
            ),
            Self::LargeCanary { .. } => "Give a unit with fewer accounts.".to_owned(),
            Self::CanaryRules { .. } => "Make this change with the program and the code of the \
                deployed release, or after --promote."
                .to_owned(),
            Self::CanaryRegion(_) => {
                "Promote the release first with --promote, or add the Region with the program and \
                 the code of the deployed release."
                    .to_owned()
            }
            Self::NoOrganization(_) => {
                "Give --single-account, or use credentials of an account of the organization."
                    .to_owned()
            }
            Self::NotDelegated { account, management_account, missing } => {
                let commands = missing.iter().map(|service| {
                    format!(
                        "aws organizations register-delegated-administrator \
                         --account-id {account} --service-principal {service}"
                    )
                });
                format!(
                    "Use the management account {management_account}, or run this there: {}",
                    commands.collect::<Vec<_>>().join("; ")
                )
            }
            Self::PartOfOrganization { .. } => {
                "To remove a Region, run 'plumbline deploy --organization --remove-region REGION \
                 --apply'. To remove everything, give no Region."
                    .to_owned()
            }
            Self::UnreadUse(_) => {
                "Allow the denied calls, or give the Regions with --region.".to_owned()
            }
            Self::HomeFirst { .. } => "Give these Regions too, or no Region to remove all. Their \
                functions use the roles of the home Region."
                .to_owned(),
        }
    }
}

impl From<YamlError> for DeployError {
    fn from(error: YamlError) -> Self {
        Self::Template(error.to_string())
    }
}

/// The reason for a failure in one Region.
#[derive(Debug)]
pub(crate) struct RegionError(pub(crate) String);

impl From<AwsError> for RegionError {
    fn from(error: AwsError) -> Self {
        Self(error.to_string())
    }
}

impl From<ReadError> for RegionError {
    fn from(error: ReadError) -> Self {
        AwsError(error).into()
    }
}
