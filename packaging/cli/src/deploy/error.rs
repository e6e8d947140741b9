//! What can go wrong: what keeps anything from being done, and what did not come about in a Region.

use std::path::PathBuf;

use plumbline_aws::error::AwsError;
use plumbline_core::aws::AccountId;
use plumbline_templates::contract::STACK;
use thiserror::Error;

use super::packs::EXCLUDED_LIMIT;
use crate::error::{Advise, INCOMPLETE, USAGE};

/// Why something cannot be deployed, or removed.
#[derive(Debug, Error)]
pub(crate) enum DeployError {
    #[error("there is no {}", .0.display())]
    NoCode(PathBuf),
    #[error("{}: {what}", .file.display())]
    Code { file: PathBuf, what: String },
    #[error("the template has no parameter '{name}'")]
    NoParameter { name: String, known: String },
    #[error("the parameter '{name}' is not set by hand")]
    DerivedParameter { name: String, instead: &'static str },
    #[error("the parameter {name} cannot be '{value}'")]
    ParameterValue { name: String, value: String, wanted: String },
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
    #[error("the organization pack {name} in {region} is of central functions")]
    CentralPack { region: String, name: String },
    #[error("the stack in {region} cannot be read: {error}")]
    UnreadRegion { region: String, error: String },
    #[error("the stack in {region} was deployed for {}",
        if *.is_organization { "an organization" } else { "a single account" })]
    OtherTopology { region: String, is_organization: bool },
    #[error("the stack in {region} was deployed with the home Region {deployed}")]
    OtherHome { region: String, deployed: String },
    #[error("the buckets were deployed with the prefix {deployed}")]
    OtherPrefix { deployed: String },
    #[error("AWS Config has no recorder in {}, so no rules can be made there", .0.join(", "))]
    NoRecorder(Vec<String>),
    #[error("AutomationRule=on needs Security Hub, which is not enabled in {}", .0.join(", "))]
    NoSecurityHub(Vec<String>),
    #[error("{0} accounts would be left out of the packs, and AWS Config takes {EXCLUDED_LIMIT}")]
    TooManyExcluded(usize),
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

impl Advise for DeployError {
    fn code(&self) -> u8 {
        match self {
            Self::Members(_) | Self::UnreadRegion { .. } | Self::LostRegion(_) => INCOMPLETE,
            _ => USAGE,
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::NoCode(_) => {
                "Make it with 'cargo xtask package', or give the path of the zip with --code."
                    .to_owned()
            }
            Self::Code { .. } => "Give a zip as 'cargo xtask package' makes it.".to_owned(),
            Self::NoParameter { known, .. } => format!("It has {known}."),
            Self::DerivedParameter { instead, .. } => format!("Leave it out: {instead}."),
            Self::ForeignStack(_) => format!(
                "Rename or remove it; this program neither changes \
                 nor deletes it. Ours is called {STACK} too."
            ),
            Self::OtherDeployer { .. } => "Deploy from the account that did so before, the \
                management account or another delegated administrator, or destroy it there first."
                .to_owned(),
            Self::LostRegion(_) => "Allow this account to use the Region: code and packs have to \
                be put there as well."
                .to_owned(),
            Self::CentralPack { .. } => "Delete it first, or put it under another name: deploy \
                would let its rules invoke each account's own functions."
                .to_owned(),
            Self::UnreadRegion { .. } => {
                "Allow it, or name the other Regions with --region.".to_owned()
            }
            Self::ParameterValue { wanted, .. } => format!("It takes {wanted}."),
            Self::Template(_) => "This is a fault of this program: please report it.".to_owned(),
            Self::OtherPrefix { deployed } => format!(
                "Leave CodeBucketPrefix out, or give \
                 CodeBucketPrefix={deployed}: a bucket cannot be renamed."
            ),
            Self::NoRecorder(_) => "Set AWS Config up in these Regions, name the others with \
                --region, or give --parameter-overrides Packs=off for functions without rules."
                .to_owned(),
            Self::NoSecurityHub(_) => "Enable it there, or leave AutomationRule off.".to_owned(),
            Self::TooManyExcluded(_) => {
                "Packs go to all accounts of an organization but those left out, for instance \
                 because they are in no --organizational-unit. Give units with more accounts, or \
                 Packs=off."
                    .to_owned()
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
                "Name no Region, for all of them, and deploy again to those that should stay."
                    .to_owned()
            }
            Self::HomeFirst { .. } => "Name these Regions too, or no Region for all: their \
                functions use the roles of the home Region's stack."
                .to_owned(),
        }
    }
}

impl From<DeployError> for Trouble {
    fn from(error: DeployError) -> Self {
        Self(error.to_string())
    }
}

/// Why something did not come about in a Region.
#[derive(Debug)]
pub(super) struct Trouble(pub(super) String);

impl From<AwsError> for Trouble {
    fn from(error: AwsError) -> Self {
        Self(error.to_string())
    }
}
