//! Deploys organization conformance packs in one Region through the AWS Config API, so that a
//! failure in one account does not affect the others. CloudFormation would roll back the pack in
//! all accounts.

use std::time::Instant;

use aws_sdk_config::Client;
use aws_sdk_config::primitives::DateTime;
use aws_sdk_config::types::{
    ConformancePackInputParameter, OrganizationConformancePackDetailedStatus,
};
use plumbline_aws::error::AwsError;
use plumbline_aws::session::Session;
use plumbline_core::answer::ReadError;
use plumbline_core::operation::{Operation, Service};
use plumbline_templates::contract::PackScope;

use super::backoff::{Backoff, STEADY};
use super::blocked_places::BlockedPlaces;
use crate::error::RegionError;
use crate::pack::{DeployedPack, EarlierState, PackAction, PackMember, next_action};
use crate::place::listed;
use crate::wanted_pack::WantedPack;

const DESCRIBE: Operation =
    Operation::new(Service::Config, "config:DescribeOrganizationConformancePacks", "*");
const DESCRIBE_STATUS: Operation =
    Operation::new(Service::Config, "config:DescribeOrganizationConformancePackStatuses", "*");
const MEMBERS: Operation =
    Operation::new(Service::Config, "config:GetOrganizationConformancePackDetailedStatus", "*");
const PUT: Operation =
    Operation::new(Service::Config, "config:PutOrganizationConformancePack", "*");
const DELETE: Operation =
    Operation::new(Service::Config, "config:DeleteOrganizationConformancePack", "*");

/// The error code for a pack that does not exist.
const NO_SUCH_PACK: &str = "NoSuchOrganizationConformancePackException";
/// The number of reads in which a new pack can be missing.
const ABSENCES: u8 = 10;

/// Returns the names of the packs of a Region.
pub(crate) fn names(is_home: bool) -> impl Iterator<Item = (PackScope, String)> {
    PackScope::ALL
        .into_iter()
        .filter(move |scope| is_home || *scope != PackScope::Global)
        .map(|scope| (scope, scope.pack_name()))
}

/// The packs of an organization in one Region.
#[derive(Clone, Debug)]
pub(crate) struct Packs {
    session: Session,
    client: Client,
    region: String,
    options: PackOptions,
}

/// Options for reading the packs of an organization.
#[derive(Clone, Debug, Default)]
pub(crate) struct PackOptions {
    /// Whether the credentials belong to a delegated administrator.
    pub(crate) is_delegate: bool,
    /// Whether places in which a pack cannot be deployed count as failures and are retried.
    pub(crate) retries_skipped: bool,
    /// Whether failures of the last day are not retried.
    pub(crate) spares_failures: bool,
    /// Whether this account cannot have packs, because it administers them for no organization.
    pub(crate) lacks_access: bool,
    /// The accounts and Regions in which deployment is impossible.
    pub(crate) blocked: BlockedPlaces,
}

impl Packs {
    pub(crate) fn new(session: &Session, region: &str, options: PackOptions) -> Self {
        let client = session.config(region);
        Self { session: session.clone(), client, region: region.to_owned(), options }
    }

    /// Finds a pack by name. If the wanted accounts are known, accounts that left the organization
    /// are omitted.
    pub(crate) async fn find(
        &self,
        name: &str,
        wanted: Option<&WantedPack>,
    ) -> Result<Option<DeployedPack>, AwsError> {
        if self.options.lacks_access {
            return Ok(None);
        }
        let call = |token| {
            self.client
                .describe_organization_conformance_packs()
                .organization_conformance_pack_names(name)
                .set_next_token(token)
                .send()
        };
        let list = self.session.list(
            DESCRIBE,
            call,
            |page| page.next_token(),
            |page| Ok(page.organization_conformance_packs.unwrap_or_default()),
        );
        let Some(pack) = found(list.await)? else { return Ok(None) };
        let call = |token| {
            self.client
                .describe_organization_conformance_pack_statuses()
                .organization_conformance_pack_names(name)
                .set_next_token(token)
                .send()
        };
        let list = self.session.list(
            DESCRIBE_STATUS,
            call,
            |page| page.next_token(),
            |page| Ok(page.organization_conformance_pack_statuses.unwrap_or_default()),
        );
        let Some(status) = found(list.await)? else { return Ok(None) };
        if status.status().as_str() == "DELETE_SUCCESSFUL" {
            return Ok(None);
        }
        let is_known = |member: &PackMember| {
            wanted.is_none_or(|wanted| {
                wanted.accounts.contains(&member.account)
                    || wanted.excluded.contains(&member.account)
            })
        };
        let (members, others): (Vec<PackMember>, Vec<PackMember>) =
            self.members(name).await?.into_iter().partition(is_known);
        Ok(Some(DeployedPack {
            members,
            failed_elsewhere: others.iter().any(PackMember::has_failed),
            is_read_by_delegate: self.options.is_delegate,
            retries_skipped: self.options.retries_skipped,
            is_spared: self.options.spares_failures && is_recent(status.last_update_time),
            status_changed: status.last_update_time,
            status: status.status().as_str().to_owned(),
            reason: reason(status.error_code(), status.error_message()),
            inputs: pack
                .conformance_pack_input_parameters
                .unwrap_or_default()
                .into_iter()
                .map(|input| (input.parameter_name, input.parameter_value))
                .collect(),
            excluded: pack.excluded_accounts.unwrap_or_default().into_iter().collect(),
        }))
    }

    /// Returns the state of a pack in each account.
    async fn members(&self, name: &str) -> Result<Vec<PackMember>, AwsError> {
        let call = |token| {
            self.client
                .get_organization_conformance_pack_detailed_status()
                .organization_conformance_pack_name(name)
                .set_next_token(token)
                .send()
        };
        let list = self.session.list(
            MEMBERS,
            call,
            |page| page.next_token(),
            |page| Ok(page.organization_conformance_pack_detailed_statuses.unwrap_or_default()),
        );
        let members = match list.await {
            Err(unread) if unread.code == NO_SUCH_PACK => Vec::new(),
            members => members?,
        };
        let member = |member: OrganizationConformancePackDetailedStatus| PackMember {
            status: member.status().as_str().to_owned(),
            reason: reason(member.error_code(), member.error_message()),
            changed: member.last_update_time,
            blocked: self.options.blocked.state(&member.account_id, &self.region),
            account: member.account_id,
        };
        Ok(members.into_iter().map(member).collect())
    }

    /// Creates a pack, or deploys it again to all accounts. The operation is then in progress.
    async fn put(&self, name: &str, wanted: &WantedPack) -> Result<(), AwsError> {
        let inputs = wanted.inputs.iter().map(|(name, value)| {
            let input = ConformancePackInputParameter::builder()
                .parameter_name(name)
                .parameter_value(value)
                .build();
            input.map_err(|error| AwsError(PUT.malformed(error.to_string())))
        });
        let call = self
            .client
            .put_organization_conformance_pack()
            .organization_conformance_pack_name(name)
            .template_body(&wanted.body)
            .set_conformance_pack_input_parameters(Some(inputs.collect::<Result<_, _>>()?))
            .set_excluded_accounts(Some(wanted.excluded.iter().cloned().collect()))
            .set_tags(wanted.tags.of_pack());
        self.session.send(PUT, call.send()).await?;
        Ok(())
    }

    /// Starts the deletion of a pack. A missing pack is not an error.
    async fn delete(&self, name: &str) -> Result<(), AwsError> {
        let call = self
            .client
            .delete_organization_conformance_pack()
            .organization_conformance_pack_name(name);
        match self.session.send(DELETE, call.send()).await {
            Err(unread) if unread.code != NO_SUCH_PACK => Err(AwsError(unread)),
            _ => Ok(()),
        }
    }

    /// Waits until the operation on a pack is complete in all accounts, or until no account has
    /// changed for a long time. Returns `None` if the pack does not exist.
    async fn settled(
        &self,
        name: &str,
        wanted: Option<&WantedPack>,
        before: Option<EarlierState>,
    ) -> Result<Option<DeployedPack>, AwsError> {
        let (mut backoff, mut absences) = (Backoff::new(), 0);
        let (mut members, mut since) = (Vec::new(), Instant::now());
        loop {
            backoff.wait().await;
            match self.find(name, wanted).await? {
                None if before.is_some() && wanted.is_some() && absences < ABSENCES => {
                    absences += 1
                }
                // AWS Config still returns the state before the operation.
                Some(pack)
                    if absences < ABSENCES
                        && before.as_ref().is_some_and(|before| {
                            before.status_changed.is_some()
                                && before.status_changed == pack.status_changed
                        }) =>
                {
                    absences += 1
                }
                Some(pack) if pack.reads_in_progress() => {
                    if pack.members != members {
                        since = Instant::now();
                        members.clone_from(&pack.members);
                    }
                    let has_come = before
                        .as_ref()
                        .zip(wanted)
                        .is_none_or(|(before, wanted)| before.is_over(&pack, wanted));
                    let is_over = !pack.is_in_progress() && has_come;
                    if is_over || since.elapsed() > STEADY {
                        return Ok(Some(pack));
                    }
                }
                settled => return Ok(settled),
            }
        }
    }

    /// Creates, updates or deletes a pack. [`DeployedPack::places`] lists failures in single
    /// accounts.
    pub(crate) async fn reconcile(
        &self,
        name: &str,
        wanted: Option<&WantedPack>,
        report_progress: impl Fn(&str),
    ) -> Result<(), RegionError> {
        let (mut was_tried, mut has_waited) = (false, false);
        loop {
            let pack = self.find(name, wanted).await?;
            let before = EarlierState::new(pack.as_ref());
            match (next_action(pack.as_ref(), wanted), wanted) {
                (PackAction::Nothing, _) => return Ok(()),
                // Remaining failures are reported for each account.
                _ if was_tried => return Ok(()),
                (PackAction::Wait, _) if !has_waited => {
                    report_progress(&format!(
                        "waiting for pack '{name}': {}",
                        pack.map(|pack| pack.status).unwrap_or_default()
                    ));
                    self.settled(name, wanted, None).await?;
                    has_waited = true;
                    continue;
                }
                (PackAction::Wait, _) => return Ok(()),
                (PackAction::Put, Some(wanted)) => {
                    report_progress(&format!(
                        "{} pack '{name}'",
                        if pack.is_some() { "updating" } else { "creating" }
                    ));
                    self.put(name, wanted).await?;
                }
                (PackAction::Put, None) | (PackAction::Delete, _) => {
                    report_progress(&format!("deleting pack '{name}'"));
                    self.delete(name).await?;
                }
            }
            was_tried = true;
            let start = Instant::now();
            let settled = self.settled(name, wanted, Some(before)).await?;
            let status = match settled {
                None => "is deleted".to_owned(),
                // The status of the complete pack is unreliable for a delegated administrator.
                Some(pack) if pack.reads_in_progress() && !pack.is_in_progress() => {
                    let is_whole = !pack.has_failed()
                        && wanted.is_some_and(|wanted| !pack.is_incomplete(wanted));
                    if is_whole { "is in all accounts" } else { "is not in all accounts" }
                        .to_owned()
                }
                Some(pack) => format!("is {}", pack.status),
            };
            report_progress(&format!(
                "pack '{name}' {status} after {} s",
                start.elapsed().as_secs()
            ));
        }
    }

    /// Deletes a pack and waits until it is deleted from all accounts.
    pub(crate) async fn remove(
        &self,
        name: &str,
        report_progress: impl Fn(&str),
    ) -> Result<(), RegionError> {
        self.reconcile(name, None, report_progress).await?;
        match self.find(name, None).await? {
            None => Ok(()),
            Some(pack) => {
                let places = pack.places(name, &self.region, None);
                Err(RegionError(listed(&places).join("; ")))
            }
        }
    }
}

/// Whether a status changed within the last day. AWS Config evaluates everything again in all
/// accounts when a pack is put.
fn is_recent(changed: Option<DateTime>) -> bool {
    const DAY: i64 = 24 * 60 * 60;
    changed.is_some_and(|changed| chrono::Utc::now().timestamp() - changed.secs() < DAY)
}

/// Returns the only element of a list, or `None` if AWS Config reports that the pack does not
/// exist.
fn found<Item>(list: Result<Vec<Item>, ReadError>) -> Result<Option<Item>, AwsError> {
    match list {
        Ok(list) => Ok(list.into_iter().next()),
        Err(unread) if unread.code == NO_SUCH_PACK => Ok(None),
        Err(unread) => Err(AwsError(unread)),
    }
}

fn reason(code: Option<&str>, message: Option<&str>) -> Option<String> {
    let parts: Vec<&str> =
        [code, message].into_iter().flatten().filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(": "))
}
