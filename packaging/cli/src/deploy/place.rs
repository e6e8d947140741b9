//! Where something is deployed: account, Regions, organization, and what is to be known about them
//! beforehand.

use aws_sdk_cloudformation::types::CallAs;
use plumbline_aws::accounts::{enabled_regions, organization_accounts};
use plumbline_aws::error::AwsError;
use plumbline_aws::session::{Caller, Session, SessionOptions};
use plumbline_core::answer::{Cause, ReadError};
use plumbline_core::aws::AccountId;
use plumbline_core::operation::{Operation, Service};

use super::cloudformation::CloudFormation;
use super::error::DeployError;
use crate::accounts::{distinct, home_region, not_enabled};
use crate::arguments::PlaceArguments;
use crate::error::CliError;

const DESCRIBE_ORGANIZATION: Operation =
    Operation::new(Service::Organizations, "organizations:DescribeOrganization", "*");
const LIST_ROOTS: Operation =
    Operation::new(Service::Organizations, "organizations:ListRoots", "*");
const LIST_DELEGATED: Operation =
    Operation::new(Service::Organizations, "organizations:ListDelegatedServicesForAccount", "*");
const LIST_ACCESS: Operation = Operation::new(
    Service::Organizations,
    "organizations:ListAWSServiceAccessForOrganization",
    "*",
);
const RECORDER_STATUS: Operation =
    Operation::new(Service::Config, "config:DescribeConfigurationRecorderStatus", "*");
const DESCRIBE_HUB: Operation =
    Operation::new(Service::SecurityHub, "securityhub:DescribeHub", "*");

const LIST_BELOW: Operation =
    Operation::new(Service::Organizations, "organizations:ListAccountsForParent", "*");
const LIST_UNITS: Operation =
    Operation::new(Service::Organizations, "organizations:ListOrganizationalUnitsForParent", "*");

fn aws(unread: ReadError) -> CliError {
    AwsError(unread).into()
}

/// The services that deploy to an organization's accounts: the principals to register, stack sets'
/// first.
const SERVICES: [&str; 3] = [
    "member.org.stacksets.cloudformation.amazonaws.com",
    "config-multiaccountsetup.amazonaws.com",
    "config.amazonaws.com",
];

/// Where something is deployed.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) session: Session,
    pub(super) account: AccountId,
    pub(super) home_region: String,
    /// The Regions, the home Region first.
    pub(super) regions: Vec<String>,
    /// All Regions that are enabled in the account.
    pub(super) enabled: Vec<String>,
    pub(super) organization: Option<Organization>,
    /// What could not be found out, and does not matter for what is to be done.
    pub(super) warnings: Vec<String>,
}

/// An organization, seen from the account of the credentials.
#[derive(Debug)]
pub(super) struct Organization {
    pub(super) id: String,
    pub(super) management_account: String,
    pub(super) roots: Vec<String>,
    pub(super) accounts: Vec<AccountId>,
    /// Stack sets have no access to its accounts.
    pub(super) lacks_stack_sets: bool,
    /// What of it is not as deployment needs it.
    pub(super) warnings: Vec<String>,
}

impl Place {
    /// Finds out where the credentials lead, and refuses what cannot work.
    pub(super) async fn find(arguments: &PlaceArguments) -> Result<Self, CliError> {
        let session = Session::load(SessionOptions {
            profile: arguments.caller.profile.clone(),
            region: None,
        })
        .await;
        let Caller { account, partition, .. } = session.caller().await?;
        let home_region = home_region(arguments.caller.home_region.as_deref(), partition)?;
        let enabled = enabled_regions(&session, &home_region).await?;
        if let Some(region) =
            arguments.region.iter().chain([&home_region]).find(|region| !enabled.contains(region))
        {
            return Err(not_enabled(region, &enabled));
        }
        let others = if arguments.region.is_empty() { &enabled } else { &arguments.region };
        let regions = std::iter::once(&home_region)
            .chain(others.iter().filter(|region| **region != home_region))
            .cloned();
        let regions = distinct(&regions.collect::<Vec<_>>());
        let organization = match arguments.topology.organization {
            true => Some(Organization::find(&session, &home_region, &account).await?),
            false => None,
        };
        Ok(Self {
            session,
            account,
            home_region,
            regions,
            enabled,
            organization,
            warnings: Vec::new(),
        })
    }

    /// What is to be known about a Region before anything is deployed to it.
    pub(super) async fn readiness(&self, region: &str) -> Readiness {
        let mut readiness = Readiness::default();
        let recorders = self.session.config(region).describe_configuration_recorder_status().send();
        match self.session.send(RECORDER_STATUS, recorders).await {
            Ok(answer) => {
                let recorders = answer.configuration_recorders_status();
                readiness.lacks_recorder = recorders.is_empty();
                if !recorders.iter().any(|recorder| recorder.recording()) {
                    let what = if recorders.is_empty() {
                        "no rules can be made"
                    } else {
                        "changes evaluate nothing"
                    };
                    readiness.warnings.push(format!("AWS Config does not record here: {what}"));
                }
            }
            Err(unread) => readiness
                .warnings
                .push(format!("whether AWS Config records cannot be read: {}", AwsError(unread))),
        }
        let hub = self.session.securityhub(region).describe_hub().send();
        match self.session.send(DESCRIBE_HUB, hub).await {
            Ok(_) => {}
            Err(unread) if unread.message.contains("not subscribed") => {
                readiness.lacks_security_hub = true;
                readiness.warnings.push(
                    "Security Hub is not enabled here: evaluations will be in AWS Config only"
                        .to_owned(),
                );
            }
            Err(unread) => readiness.warnings.push(format!(
                "whether Security Hub is enabled cannot be read: {}",
                AwsError(unread)
            )),
        }
        readiness
    }
}

/// Whether a Region is ready.
#[derive(Debug, Default)]
pub(super) struct Readiness {
    /// AWS Config has no recorder: it makes no rules.
    pub(super) lacks_recorder: bool,
    /// Security Hub is off.
    pub(super) lacks_security_hub: bool,
    /// What is not as it should be, and does not keep anything from being deployed.
    pub(super) warnings: Vec<String>,
}

impl Organization {
    /// As whom an account asks about stack sets.
    pub(super) fn call_as(&self, account: &AccountId) -> CallAs {
        if self.is_managed_by(account) { CallAs::SelfValue } else { CallAs::DelegatedAdmin }
    }

    /// Whether an account is the management account.
    pub(super) fn is_managed_by(&self, account: &AccountId) -> bool {
        self.management_account == account.as_str()
    }

    /// The accounts that get no functions, and must get no rules: those outside of the units, and
    /// the management account where its own stack does not have them.
    pub(super) async fn without_functions(
        &self,
        place: &Place,
        units: &[&str],
    ) -> Result<Vec<String>, CliError> {
        let is_management = self.is_managed_by(&place.account);
        let all: Vec<&str> = self.accounts.iter().map(AccountId::as_str).collect();
        let covers_all = self.roots.iter().all(|root| units.contains(&root.as_str()));
        let mut within: Vec<String> = Vec::new();
        let client = place.session.organizations(&place.home_region);
        let mut parents: Vec<String> = if covers_all {
            Vec::new()
        } else {
            units.iter().map(|unit| (*unit).to_owned()).collect()
        };
        while let Some(parent) = parents.pop() {
            let call = |token| {
                client.list_accounts_for_parent().parent_id(&parent).set_next_token(token).send()
            };
            let accounts = place
                .session
                .list(
                    LIST_BELOW,
                    call,
                    |page| page.next_token(),
                    |page| Ok(page.accounts.unwrap_or_default()),
                )
                .await;
            within.extend(accounts.map_err(aws)?.into_iter().filter_map(|account| account.id));
            let call = |token| {
                client
                    .list_organizational_units_for_parent()
                    .parent_id(&parent)
                    .set_next_token(token)
                    .send()
            };
            let below = place
                .session
                .list(
                    LIST_UNITS,
                    call,
                    |page| page.next_token(),
                    |page| Ok(page.organizational_units.unwrap_or_default()),
                )
                .await;
            parents.extend(below.map_err(aws)?.into_iter().filter_map(|unit| unit.id));
        }
        let has_functions = |account: &str| match account == self.management_account {
            true => is_management,
            false => covers_all || within.iter().any(|known| known == account),
        };
        Ok(all.into_iter().filter(|account| !has_functions(account)).map(str::to_owned).collect())
    }

    async fn find(session: &Session, region: &str, account: &AccountId) -> Result<Self, CliError> {
        let client = session.organizations(region);
        let described = match session
            .send(DESCRIBE_ORGANIZATION, client.describe_organization().send())
            .await
        {
            Ok(answer) => answer.organization,
            Err(unread) if unread.code == "AWSOrganizationsNotInUseException" => {
                return Err(DeployError::NoOrganization(account.clone()).into());
            }
            Err(unread) => return Err(aws(unread)),
        };
        let (id, management_account) = described
            .and_then(|organization| Some((organization.id?, organization.master_account_id?)))
            .ok_or_else(|| {
                aws(DESCRIBE_ORGANIZATION
                    .malformed("the answer lacks the organization's id or its management account"))
            })?;
        if management_account != account.as_str() {
            let listed =
                client.list_delegated_services_for_account().account_id(account.as_str()).send();
            let delegated: Vec<String> = match session.send(LIST_DELEGATED, listed).await {
                Ok(answer) => answer
                    .delegated_services()
                    .iter()
                    .filter_map(|service| service.service_principal().map(str::to_owned))
                    .collect(),
                // Whoever may not ask is no delegated administrator.
                Err(unread) if unread.cause == Cause::Denied => Vec::new(),
                Err(unread) => return Err(aws(unread)),
            };
            let missing: Vec<&str> = SERVICES
                .into_iter()
                .filter(|service| !delegated.iter().any(|known| known == service))
                .collect();
            if !missing.is_empty() {
                return Err(DeployError::NotDelegated {
                    account: account.clone(),
                    management_account,
                    missing,
                }
                .into());
            }
        }
        let call_as = if management_account == account.as_str() {
            CallAs::SelfValue
        } else {
            CallAs::DelegatedAdmin
        };
        let (lacks_stack_sets, mut warnings) = match CloudFormation::new(session, region)
            .has_organizations_access(call_as)
            .await
        {
            Ok(has_access) => (!has_access, Vec::new()),
            Err(error) => (
                false,
                vec![format!(
                    "whether stack sets have access to the organization's accounts cannot be read: \
                     {error}"
                )],
            ),
        };
        let roots = session.send(LIST_ROOTS, client.list_roots().send()).await.map_err(aws)?;
        let roots = roots.roots().iter().filter_map(|root| root.id().map(str::to_owned)).collect();
        let accounts = organization_accounts(session).await?;
        let call =
            |token| client.list_aws_service_access_for_organization().set_next_token(token).send();
        let trusted = session
            .list(
                LIST_ACCESS,
                call,
                |page| page.next_token(),
                |page| Ok(page.enabled_service_principals.unwrap_or_default()),
            )
            .await;
        match trusted {
            Ok(trusted) => {
                let is_trusted = |service: &str| {
                    trusted.iter().any(|principal| principal.service_principal() == Some(service))
                };
                let missing = SERVICES.into_iter().skip(1).filter(|service| !is_trusted(service));
                let warning = |service| {
                    format!(
                        "the organization gives {service} no access to its accounts: enable \
                         trusted access from the management account"
                    )
                };
                warnings.extend(missing.map(warning));
            }
            Err(unread) => warnings.push(format!(
                "whether the organization trusts AWS Config cannot be read: {}",
                AwsError(unread)
            )),
        }
        Ok(Self { id, management_account, roots, accounts, lacks_stack_sets, warnings })
    }
}
