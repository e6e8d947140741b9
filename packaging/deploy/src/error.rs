//! What can go wrong: what keeps anything from being done, and what did not come about in a Region.

use plumbline_aws::accounts::RegionChoiceError;
use plumbline_aws::documents::StoreError;
use plumbline_aws::error::AwsError;
use plumbline_core::answer::ReadError;
use plumbline_core::aws::AccountId;
use plumbline_core::benchmark::ControlId;
use plumbline_templates::contract::{AUTOMATION_RULE, FORMER_AUTOMATION_RULE, STACK};
use plumbline_templates::packs::RULE_PARAMETERS_LIMIT;
use plumbline_templates::template::YamlError;
use thiserror::Error;
use tokio::task::JoinError;

/// Why something cannot be deployed, or removed.
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
    #[error("{file}: {what}")]
    Code { file: String, what: String },
    #[error("the template has no parameter '{name}'")]
    NoParameter { name: String, known: String },
    #[error("the parameter '{name}' is not set by hand")]
    DerivedParameter { name: String, instead: &'static str },
    #[error("the parameter {name} cannot be '{value}'")]
    ParameterValue { name: String, value: String, wanted: String },
    #[error("parameter '{name}' ({controls}) is '{value}'")]
    ControlParameter { name: &'static str, controls: String, value: String, expects: &'static str },
    #[error(
        "the parameters of control {control} have {length} characters, AWS Config accepts \
         {RULE_PARAMETERS_LIMIT} for a rule"
    )]
    LongParameters { control: ControlId, length: usize },
    #[error("a template that is part of this program cannot be read: {0}")]
    Template(String),
    #[error("the stack {STACK} in {0} is none of ours: it has not our parameters")]
    ForeignStack(String),
    #[error(
        "the stack sets exist already, and account {account} has not made them: it has no stack \
         {STACK} in {home}"
    )]
    OtherDeployer { account: AccountId, home: String },
    #[error(
        "the stack sets deploy to {0} too, which is not enabled in this account, or may not be read"
    )]
    LostRegion(String),
    #[error("nothing is deployed yet, and no Region is named; the enabled Regions are\n  {}",
        .found.join("\n  "))]
    NoRegions { found: Vec<String>, governed: Vec<String> },
    #[error("whether AWS Config is in use cannot be read in\n  {}", .0.join("\n  "))]
    UnreadUse(Vec<String>),
    #[error("the home Region {home} is {}", if *.is_governed {
        "not governed: no AWS Config was found there"
    } else {
        "not among the Regions"
    })]
    HomeNotNamed { home: String, is_governed: bool },
    #[error("the home Region {0} cannot be removed")]
    RemovesHome(String),
    #[error("the Region {0} is both named and removed")]
    NamedAndRemoved(String),
    #[error("the organization pack {name} in {region} is of other central functions")]
    CentralPack { region: String, name: String },
    #[error(
        "a move between own and central functions has not ended: {region} has central functions, \
        and the home Region's stack says own ones"
    )]
    UnfinishedMove { region: String },
    #[error("the stack {name} in {region} is none of ours: it has not our parameters")]
    ForeignCentralStack { name: &'static str, region: String },
    #[error(
        "AWS CloudFormation cannot let a whole organization invoke functions in {}",
        .0.join(", ")
    )]
    NoOrganizationPermission(Vec<String>),
    #[error("what was changed in the accounts cannot be found out: {0}")]
    UncheckedDrift(String),
    #[error("the stack in {region} cannot be read: {error}")]
    UnreadRegion { region: String, error: String },
    #[error("the stack in {region} was deployed for {}",
        if *.is_organization { "an organization" } else { "a single account" })]
    OtherTopology { region: String, is_organization: bool },
    #[error("the stack in {region} was deployed with the home Region {deployed}")]
    OtherHome { region: String, deployed: String },
    #[error("the buckets were deployed with the prefix {deployed}")]
    OtherPrefix { deployed: String },
    #[error("removed deployments left several registers, with the prefixes {}", .0.join(", "))]
    SeveralPrefixes(Vec<String>),
    #[error("AWS Config has no recorder in {}, so no rules can be made there", .0.join(", "))]
    NoRecorder(Vec<String>),
    #[error("{excluded} accounts would be left out of the packs, and AWS Config takes {limit}")]
    TooManyExcluded { excluded: usize, limit: usize },
    #[error(
        "{excluded} accounts below the organizational units would be excluded, and \
        CloudFormation takes {limit}"
    )]
    TooManyFiltered { excluded: usize, limit: usize },
    #[error("{units} organizational units are named, and an operation of stack sets takes {limit}")]
    TooManyUnits { units: usize, limit: usize },
    #[error("the organizational unit '{unit}' does not exist")]
    NoUnit { unit: String, option: &'static str },
    #[error("stack sets have no access to the accounts of the organization")]
    NoStackSetAccess { management_account: String },
    #[error("{}", .0.join("\nerror: "))]
    Members(Vec<String>),
    #[error("account {0} belongs to no organization")]
    NoOrganization(AccountId),
    #[error("account {account} may not deploy to its organization: it is neither the management \
        account nor a delegated administrator of {}", .missing.join(" and "))]
    NotDelegated { account: AccountId, management_account: String, missing: Vec<&'static str> },
    #[error("the home Region {home} would go before {}", .others.join(", "))]
    HomeFirst { home: String, others: Vec<String> },
    #[error("the members' functions in these Regions belong to the home Region's stack, which \
        stays as long as {} have one", .others.join(", "))]
    PartOfOrganization { others: Vec<String> },
}

impl DeployError {
    /// Whether something was begun, or AWS did not answer: the exit code is 3 then, and 2 for wrong
    /// usage.
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

    /// What to do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::Aws(error) => error.advice().to_owned(),
            Self::Register(error) => error.advice().to_owned(),
            Self::Region(error) => error.advice(),
            Self::Output(_) => {
                "Check the pipe or the disk that standard output goes to.".to_owned()
            }
            Self::Task(_) => "Please report this.".to_owned(),
            Self::Incomplete(_) => "Everything that could be done was done; run it again when the \
                cause is gone."
                .to_owned(),
            Self::Code { .. } => "Give a zip as 'cargo xtask package' makes it.".to_owned(),
            Self::NoParameter { name, .. } if name == FORMER_AUTOMATION_RULE => format!(
                "Leave it out. The rule is a template of its own, cfn/{AUTOMATION_RULE}.yaml, for \
                 those who make rules outside of conformance packs."
            ),
            Self::NoParameter { known, .. } => format!("It has {known}."),
            Self::DerivedParameter { instead, .. } => format!("Leave it out: {instead}."),
            Self::ForeignStack(_) => format!(
                "Rename or remove it; this program neither changes \
                 nor deletes it. Ours is called {STACK} too."
            ),
            Self::OtherDeployer { .. } => "Deploy from the account that did so before, the \
                management account or another delegated administrator, or destroy it there first."
                .to_owned(),
            Self::LostRegion(region) => format!(
                "Allow this account to use the Region: code and packs have to be put there as \
                 well. Or remove it: plumbline deploy --organization --remove-region {region} \
                 --apply."
            ),
            Self::RemovesHome(_) => "Roles and global rules are there. Remove everything: \
                plumbline destroy --organization."
                .to_owned(),
            Self::NamedAndRemoved(_) => "Give --region or --remove-region.".to_owned(),
            Self::NoRegions { governed, .. } => format!(
                "Name those that are governed: plumbline deploy --organization --region {} \
                 --dry-run. '--region governed' takes those in which AWS Config was found.",
                governed.join(",")
            ),
            Self::HomeNotNamed { home, .. } => format!(
                "Name it too: --region {home}; or name another one: --home-region REGION. The \
                 roles and the global rules are there."
            ),
            Self::CentralPack { .. } => "Delete it first, or put it under another name: deploy \
                would let its rules invoke each account's own functions."
                .to_owned(),
            Self::UnfinishedMove { .. } => {
                "Give --functions central to go on, or --functions own to \
                go back."
                    .to_owned()
            }
            Self::ForeignCentralStack { .. } => "Central functions that were set up by hand have \
                stacks of these names too: delete the packs that use them, then the stacks."
                .to_owned(),
            Self::NoOrganizationPermission(_) => {
                "Give --functions own, or other Regions.".to_owned()
            }
            Self::UncheckedDrift(_) => "Mend the cause, or leave --check-drift out.".to_owned(),
            Self::UnreadRegion { .. } => {
                "Allow it, or name the other Regions with --region.".to_owned()
            }
            Self::ParameterValue { wanted, .. } => format!("It takes {wanted}."),
            Self::ControlParameter { expects, .. } => format!("Give {expects}."),
            Self::LongParameters { .. } => {
                "Give shorter lists, or wildcards where they are allowed.".to_owned()
            }
            Self::Template(_) => "This is a fault of this program: please report it.".to_owned(),
            Self::OtherPrefix { deployed } => format!(
                "Leave CodeBucketPrefix out, or give \
                 CodeBucketPrefix={deployed}: a bucket cannot be renamed."
            ),
            Self::SeveralPrefixes(_) => "Give the prefix whose register is to be used: \
                --parameter-overrides CodeBucketPrefix=PREFIX."
                .to_owned(),
            Self::NoRecorder(_) => "Set AWS Config up in these Regions, name the others with \
                --region, or give --parameter-overrides Packs=off for functions without rules."
                .to_owned(),
            Self::TooManyExcluded { .. } => {
                "Packs go to all accounts of an organization but those left out, for instance \
                 because they are in no --organizational-unit. Give units with more accounts, or \
                 Packs=off."
                    .to_owned()
            }
            Self::TooManyFiltered { .. } => {
                "Name the organizational units to deploy to instead: --organizational-unit ID."
                    .to_owned()
            }
            Self::TooManyUnits { .. } => {
                "Name a unit above them, and exclude what is not to be deployed to.".to_owned()
            }
            Self::NoUnit { option, .. } => {
                let none = match option.contains("exclude") {
                    true => format!(", or {option} none"),
                    false => String::new(),
                };
                format!(
                    "Name all units that should be there: {option} ID{none}. Without the option \
                     deploy uses the units of the run before, also those that were deleted since."
                )
            }
            Self::OtherTopology { is_organization: true, .. } => {
                "Give --organization, or destroy it first.".to_owned()
            }
            Self::OtherTopology { .. } => "Give --single-account, or destroy it first.".to_owned(),
            Self::OtherHome { deployed, .. } => format!(
                "Give --home-region {deployed}, or destroy \
                 it first: roles and global rules are there."
            ),
            Self::NoStackSetAccess { management_account } => {
                format!(
                    "Let the management account {management_account} run: aws cloudformation \
                     activate-organizations-access"
                )
            }
            Self::Members(_) => {
                "Look at the cause where there is one; deploy --apply tries all of \
                 these again."
                    .to_owned()
            }
            Self::NoOrganization(_) => {
                "Give --single-account, or credentials of the organization.".to_owned()
            }
            Self::NotDelegated { account, management_account, missing } => {
                let commands = missing.iter().map(|service| {
                    format!(
                        "aws organizations register-delegated-administrator \
                         --account-id {account} --service-principal {service}"
                    )
                });
                format!(
                    "Use the management account {management_account}, or let it run: {}",
                    commands.collect::<Vec<_>>().join("; ")
                )
            }
            Self::PartOfOrganization { .. } => {
                "To remove a Region, run: plumbline deploy --organization --remove-region REGION \
                 --apply. To remove everything, name no Region."
                    .to_owned()
            }
            Self::UnreadUse(_) => "Allow the calls, or name the Regions with --region.".to_owned(),
            Self::HomeFirst { .. } => "Name these Regions too, or no Region for all: their \
                functions use the roles of the home Region's stack."
                .to_owned(),
        }
    }
}

impl From<YamlError> for DeployError {
    fn from(error: YamlError) -> Self {
        Self::Template(error.to_string())
    }
}

/// Why something did not come about in a Region.
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
