//! The target of a deployment: account, Regions and organization, with checks before any change.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::types::CallAs;
use plumbline_aws::accounts::{
    OrganizationMember, all_enabled, distinct, enabled_regions, home_region, organization_members,
};
use plumbline_aws::error::AwsError;
use plumbline_aws::session::role::Caller;
use plumbline_aws::session::{Session, SessionOptions};
use plumbline_core::answer::{Cause, ReadError};
use plumbline_core::aws::{AccountId, Partition};
use plumbline_core::operation::config::DESCRIBE_CONFIGURATION_RECORDER_STATUS;
use plumbline_core::operation::organizations::DESCRIBE_ORGANIZATION;
use plumbline_core::operation::securityhub::DESCRIBE_HUB;
use plumbline_core::operation::{Operation, Service};

use crate::aws::stack_sets::has_organizations_access;
use crate::error::DeployError;
use crate::governed::{check_all_read, config_use, not_named};
use crate::services::{NeededServices, PACK_SERVICE, SERVICES};

const LIST_ROOTS: Operation =
    Operation::new(Service::Organizations, "organizations:ListRoots", "*");
const LIST_DELEGATED: Operation =
    Operation::new(Service::Organizations, "organizations:ListDelegatedServicesForAccount", "*");
const LIST_ACCESS: Operation = Operation::new(
    Service::Organizations,
    "organizations:ListAWSServiceAccessForOrganization",
    "*",
);
const LIST_BELOW: Operation =
    Operation::new(Service::Organizations, "organizations:ListAccountsForParent", "*");
const LIST_UNITS: Operation =
    Operation::new(Service::Organizations, "organizations:ListOrganizationalUnitsForParent", "*");

fn aws(error: ReadError) -> DeployError {
    AwsError(error).into()
}

/// The accounts to deploy to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology {
    /// Only the account of the credentials.
    SingleAccount,
    /// All accounts of the organization.
    Organization,
}

/// The given Regions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RegionChoice {
    /// No Region is given: all enabled Regions of a single account, or the deployed Regions of an
    /// organization.
    #[default]
    NotNamed,
    /// The Regions in which AWS Config is in use, as far as the account can see.
    Governed,
    /// These Regions.
    Named(Vec<String>),
}

/// The given target of a deployment.
#[derive(Clone, Debug)]
pub struct TargetOptions {
    /// The accounts to deploy to.
    pub topology: Topology,
    /// The Regions to deploy to.
    pub regions: RegionChoice,
    /// The Regions to remove from the deployment of an organization.
    pub removed: Vec<String>,
    /// The Region of global controls. `None` means the main Region of the partition.
    pub home_region: Option<String>,
    /// A profile in the AWS configuration files.
    pub profile: Option<String>,
    /// Whether places in which deployment is impossible count as failures and are retried.
    pub is_strict: bool,
    /// Whether to run drift detection in the accounts of an organization.
    pub checks_drift: bool,
}

/// The target of a deployment.
#[derive(Debug)]
pub(crate) struct DeployTarget {
    pub(crate) session: Session,
    pub(crate) account: AccountId,
    /// The ARN of the caller, if it is a user.
    pub(crate) user: Option<String>,
    pub(crate) partition: Partition,
    pub(crate) home_region: String,
    /// The Regions, the home Region first.
    pub(crate) regions: Vec<String>,
    /// The Regions to remove.
    pub(crate) removed: Vec<String>,
    /// The given Regions.
    pub(crate) choice: RegionChoice,
    /// Whether the home Region is among the given Regions.
    pub(crate) has_named_home: bool,
    /// All enabled Regions of the account.
    pub(crate) enabled: Vec<String>,
    pub(crate) organization: Option<OrganizationTarget>,
    /// Whether places in which deployment is impossible count as failures and are retried.
    pub(crate) is_strict: bool,
    /// Whether to run drift detection in the accounts.
    pub(crate) checks_drift: bool,
    /// Whether packs that failed are retried once a day only.
    pub(crate) spares_failures: bool,
    /// Failed reads that do not affect the deployment.
    pub(crate) warnings: Vec<String>,
}

/// An organization, seen from the account of the credentials.
#[derive(Debug)]
pub(crate) struct OrganizationTarget {
    pub(crate) id: String,
    pub(crate) management_account: String,
    pub(crate) roots: Vec<String>,
    /// The active accounts.
    pub(crate) accounts: Vec<AccountId>,
    /// The closed accounts, which remain listed for 90 days.
    pub(crate) suspended: Vec<AccountId>,
    /// Whether stack sets have no access to the accounts.
    pub(crate) lacks_stack_sets: bool,
    /// The services for which this account is not a delegated administrator. Empty in the
    /// management account.
    not_delegated: Vec<&'static str>,
    /// The services that the organization does not trust.
    untrusted: Vec<&'static str>,
    /// Settings of the organization that differ from what a deployment requires.
    pub(crate) warnings: Vec<String>,
}

impl DeployTarget {
    /// Reads the target of the credentials, and rejects a target that is known to fail.
    /// `needs_packs` states whether organization packs can be deployed.
    pub(crate) async fn find(
        options: &TargetOptions,
        needs_packs: bool,
    ) -> Result<Self, DeployError> {
        let session =
            Session::load(SessionOptions { profile: options.profile.clone(), region: None }).await;
        let Caller { account, partition, arn } = session.caller().await?;
        let home_region = home_region(options.home_region.as_deref(), partition)?;
        let enabled = enabled_regions(&session, &home_region).await?;
        let others = match (&options.regions, options.topology) {
            (RegionChoice::Named(named), _) => named.clone(),
            (RegionChoice::Governed, _) => {
                let found = config_use(&session, &enabled).await?;
                check_all_read(&found)?;
                let governed = found.into_iter().filter(|found| found.is_governed());
                governed.map(|found| found.region).collect()
            }
            (RegionChoice::NotNamed, Topology::SingleAccount) => enabled.clone(),
            // The deployed Regions are added when the stacks are known.
            (RegionChoice::NotNamed, Topology::Organization) => Vec::new(),
        };
        all_enabled(others.iter().chain([&home_region]), &enabled)?;
        if options.removed.contains(&home_region) {
            return Err(DeployError::RemovesHome(home_region));
        }
        if let Some(both) = options.removed.iter().find(|removed| others.contains(removed)) {
            return Err(DeployError::NamedAndRemoved(both.clone()));
        }
        let has_named_home = others.contains(&home_region);
        let regions = std::iter::once(&home_region)
            .chain(others.iter().filter(|region| **region != home_region))
            .cloned();
        let regions = distinct(&regions.collect::<Vec<_>>());
        let organization = match options.topology {
            Topology::Organization => {
                let found = OrganizationTarget::find(&session, &home_region, &account, needs_packs);
                Some(found.await?)
            }
            Topology::SingleAccount => None,
        };
        Ok(Self {
            session,
            account,
            user: Some(arn).filter(|arn| arn.contains(":user/")),
            partition,
            home_region,
            regions,
            removed: distinct(&options.removed),
            choice: options.regions.clone(),
            has_named_home,
            enabled,
            organization,
            is_strict: options.is_strict,
            checks_drift: options.checks_drift,
            spares_failures: false,
            warnings: Vec::new(),
        })
    }

    /// Rejects a first deployment to an organization without given Regions, because the Regions
    /// that this account has enabled are not a decision.
    pub(crate) async fn check_first_regions(&self) -> Result<(), DeployError> {
        match &self.choice {
            RegionChoice::NotNamed => {
                let found = config_use(&self.session, &self.enabled).await?;
                Err(not_named(&found, &self.home_region))
            }
            RegionChoice::Governed | RegionChoice::Named(_) if !self.has_named_home => {
                Err(DeployError::HomeNotNamed {
                    home: self.home_region.clone(),
                    is_governed: self.choice == RegionChoice::Governed,
                })
            }
            RegionChoice::Governed | RegionChoice::Named(_) => Ok(()),
        }
    }

    /// Returns the accounts to deploy to.
    pub(crate) fn topology(&self) -> Topology {
        match self.organization {
            Some(_) => Topology::Organization,
            None => Topology::SingleAccount,
        }
    }

    /// Whether the credentials are those of a delegated administrator.
    pub(crate) fn is_delegate(&self) -> bool {
        self.organization
            .as_ref()
            .is_some_and(|organization| !organization.is_managed_by(&self.account))
    }

    /// Whether this account cannot have organization packs.
    pub(crate) fn lacks_pack_access(&self) -> bool {
        self.organization
            .as_ref()
            .is_some_and(|organization| organization.not_delegated.contains(&PACK_SERVICE))
    }

    /// Rejects a delegated administrator without the needed services, and warns about services that
    /// the organization does not trust.
    pub(crate) fn require(&mut self, needed: NeededServices) -> Result<(), DeployError> {
        let Some(organization) = &mut self.organization else { return Ok(()) };
        let missing = needed.among(&organization.not_delegated);
        if !missing.is_empty() {
            return Err(DeployError::NotDelegated {
                account: self.account.clone(),
                management_account: organization.management_account.clone(),
                missing,
            });
        }
        let warning = |service| {
            format!(
                "trusted access for {service} is not enabled: enable it in the management account"
            )
        };
        let untrusted = needed.among(&organization.untrusted);
        organization.warnings.extend(untrusted.into_iter().map(warning));
        Ok(())
    }

    /// Checks a Region before a deployment.
    pub(crate) async fn readiness(&self, region: &str) -> Readiness {
        let mut readiness = Readiness::default();
        let recorders = self.session.config(region).describe_configuration_recorder_status().send();
        match self.session.send(DESCRIBE_CONFIGURATION_RECORDER_STATUS, recorders).await {
            Ok(answer) => {
                let recorders = answer.configuration_recorders_status();
                readiness.lacks_recorder = recorders.is_empty();
                if !recorders.iter().any(|recorder| recorder.recording()) {
                    let what = if recorders.is_empty() {
                        "no rules can be created"
                    } else {
                        "changes do not start evaluations"
                    };
                    readiness.warnings.push(format!("AWS Config does not record here: {what}"));
                }
            }
            Err(unread) => readiness
                .warnings
                .push(format!("cannot check whether AWS Config records: {}", AwsError(unread))),
        }
        let hub = self.session.securityhub(region).describe_hub().send();
        match self.session.send(DESCRIBE_HUB, hub).await {
            Ok(_) => {}
            Err(unread) if unread.message.contains("not subscribed") => {
                readiness.warnings.push(
                    "Security Hub is not enabled here: results will be in AWS Config only"
                        .to_owned(),
                );
            }
            Err(unread) => readiness.warnings.push(format!(
                "cannot check whether Security Hub is enabled: {}",
                AwsError(unread)
            )),
        }
        readiness
    }
}

/// The result of the checks in a Region.
#[derive(Debug, Default)]
pub(crate) struct Readiness {
    /// Whether AWS Config has no recorder, so that it cannot create rules.
    pub(crate) lacks_recorder: bool,
    /// Problems that do not prevent a deployment.
    pub(crate) warnings: Vec<String>,
}

impl OrganizationTarget {
    /// Returns the caller role of an account for stack set calls.
    pub(crate) fn call_as(&self, account: &AccountId) -> CallAs {
        if self.is_managed_by(account) { CallAs::SelfValue } else { CallAs::DelegatedAdmin }
    }

    /// Whether an account is the management account.
    pub(crate) fn is_managed_by(&self, account: &AccountId) -> bool {
        self.management_account == account.as_str()
    }

    /// Returns the accounts below organizational units or roots, including nested units. `option`
    /// names the units.
    pub(crate) async fn accounts_below(
        target: &DeployTarget,
        units: &[String],
        option: &'static str,
    ) -> Result<BTreeSet<String>, DeployError> {
        let (session, client) =
            (&target.session, target.session.organizations(&target.home_region));
        let (mut parents, mut accounts) = (units.to_vec(), BTreeSet::new());
        while let Some(parent) = parents.pop() {
            let call = |token| {
                client.list_accounts_for_parent().parent_id(&parent).set_next_token(token).send()
            };
            let below = session.list(
                LIST_BELOW,
                call,
                |page| page.next_token(),
                |page| Ok(page.accounts.unwrap_or_default()),
            );
            let below = below.await.map_err(|error| match error.code.as_str() {
                "ParentNotFoundException" => DeployError::NoUnit { unit: parent.clone(), option },
                _ => aws(error),
            })?;
            accounts.extend(below.into_iter().filter_map(|below| below.id));
            let call = |token| {
                client
                    .list_organizational_units_for_parent()
                    .parent_id(&parent)
                    .set_next_token(token)
                    .send()
            };
            let within = session.list(
                LIST_UNITS,
                call,
                |page| page.next_token(),
                |page| Ok(page.organizational_units.unwrap_or_default()),
            );
            parents.extend(within.await.map_err(aws)?.into_iter().filter_map(|unit| unit.id));
        }
        Ok(accounts)
    }

    async fn find(
        session: &Session,
        region: &str,
        account: &AccountId,
        needs_packs: bool,
    ) -> Result<Self, DeployError> {
        let client = session.organizations(region);
        let described = match session
            .send(DESCRIBE_ORGANIZATION, client.describe_organization().send())
            .await
        {
            Ok(answer) => answer.organization,
            Err(unread) if unread.code == "AWSOrganizationsNotInUseException" => {
                return Err(DeployError::NoOrganization(account.clone()));
            }
            Err(unread) => return Err(aws(unread)),
        };
        let (id, management_account) = described
            .and_then(|organization| Some((organization.id?, organization.master_account_id?)))
            .ok_or_else(|| {
                aws(DESCRIBE_ORGANIZATION.malformed(
                    "missing in the response: the organization's id or its management account",
                ))
            })?;
        let mut not_delegated = Vec::new();
        if management_account != account.as_str() {
            let listed =
                client.list_delegated_services_for_account().account_id(account.as_str()).send();
            let delegated: Vec<String> = match session.send(LIST_DELEGATED, listed).await {
                Ok(answer) => answer
                    .delegated_services()
                    .iter()
                    .filter_map(|service| service.service_principal().map(str::to_owned))
                    .collect(),
                // An account that is denied this call is not a delegated administrator.
                Err(unread) if unread.cause == Cause::Denied => Vec::new(),
                Err(unread) => return Err(aws(unread)),
            };
            let is_missing = |service: &&str| !delegated.iter().any(|known| known == service);
            not_delegated = SERVICES.into_iter().filter(is_missing).collect();
            // Without stack sets, nothing else of the organization can be read.
            if not_delegated.first() == SERVICES.first() {
                let needed = NeededServices { packs: needs_packs, aggregator: true };
                return Err(DeployError::NotDelegated {
                    account: account.clone(),
                    management_account,
                    missing: needed.among(&not_delegated),
                });
            }
        }
        let call_as = if management_account == account.as_str() {
            CallAs::SelfValue
        } else {
            CallAs::DelegatedAdmin
        };
        let (lacks_stack_sets, mut warnings) = match has_organizations_access(
            session, region, call_as,
        )
        .await
        {
            Ok(has_access) => (!has_access, Vec::new()),
            Err(error) => (
                false,
                vec![format!(
                    "cannot check whether stack sets have access to the organization's accounts: \
                     {error}"
                )],
            ),
        };
        let roots = session.send(LIST_ROOTS, client.list_roots().send()).await.map_err(aws)?;
        let roots = roots.roots().iter().filter_map(|root| root.id().map(str::to_owned)).collect();
        let members = organization_members(session, &[]).await.map_err(aws)?;
        let (accounts, suspended): (Vec<_>, Vec<_>) =
            members.into_iter().partition(|member| member.is_active);
        let ids = |members: Vec<OrganizationMember>| members.into_iter().map(|member| member.id);
        let (accounts, suspended) = (ids(accounts).collect(), ids(suspended).collect());
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
        let mut untrusted = Vec::new();
        match trusted {
            Ok(trusted) => {
                let is_trusted = |service: &str| {
                    trusted.iter().any(|principal| principal.service_principal() == Some(service))
                };
                untrusted =
                    SERVICES.into_iter().skip(1).filter(|service| !is_trusted(service)).collect();
            }
            Err(unread) => warnings.push(format!(
                "cannot check whether trusted access for AWS Config is enabled: {}",
                AwsError(unread)
            )),
        }
        Ok(Self {
            id,
            management_account,
            roots,
            accounts,
            suspended,
            lacks_stack_sets,
            not_delegated,
            untrusted,
            warnings,
        })
    }
}
