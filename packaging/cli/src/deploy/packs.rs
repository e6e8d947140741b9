//! The organization's conformance packs, put by the API of AWS Config: an account in which a pack
//! fails keeps the others from nothing. CloudFormation takes a pack that fails in one account back
//! from all.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use aws_sdk_cloudformation::primitives::DateTime;
use aws_sdk_config::Client;
use aws_sdk_config::types::{
    ConformancePackInputParameter, OrganizationConformancePackDetailedStatus,
};
use plumbline_aws::error::AwsError;
use plumbline_aws::session::Session;
use plumbline_core::answer::ReadError;
use plumbline_core::aws::AccountId;
use plumbline_core::operation::{Operation, Service};
use plumbline_templates::contract::{FUNCTIONS_ACCOUNT, LEVEL, PackScope, pack_template};
use plumbline_templates::packs::PackTemplate;
use plumbline_templates::template::Template;
use plumbline_templates::{ParameterValues, TemplateParameter};

use super::cloudformation::{Patience, STEADY};
use super::error::{DeployError, Trouble};
use super::place::Place;

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

/// The code of the answer about a pack that is not there.
const NO_SUCH_PACK: &str = "NoSuchOrganizationConformancePackException";
/// AWS Config leaves out so many accounts of a pack at most.
pub(super) const EXCLUDED_LIMIT: usize = 1_000;
/// How often a pack that was just put may not be there yet.
const ABSENCES: u8 = 10;

/// The names of the packs of a Region.
pub(super) fn names(is_home: bool) -> impl Iterator<Item = (PackScope, String)> {
    PackScope::ALL
        .into_iter()
        .filter(move |scope| is_home || *scope != PackScope::Global)
        .map(|scope| (scope, scope.pack_name()))
}

/// A pack as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pack {
    /// `CREATE_SUCCESSFUL`, …
    pub(super) status: String,
    /// Why it is in that state.
    pub(super) reason: Option<String>,
    /// When it was put last.
    changed: DateTime,
    /// Whether a delegated administrator read it.
    is_read_by_delegate: bool,
    inputs: ParameterValues,
    excluded: BTreeSet<String>,
    /// When its status changed last.
    status_changed: Option<DateTime>,
    /// How it is in each account.
    members: Vec<Member>,
    /// Whether it failed in accounts that are not in the organization any more.
    failed_elsewhere: bool,
}

/// A pack in one account.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    account: String,
    status: String,
    reason: Option<String>,
    changed: Option<DateTime>,
}

impl Pack {
    fn says_under_way(&self) -> bool {
        self.status.ends_with("_IN_PROGRESS")
    }

    /// Whether something is being done with it. Of a pack that is made or changed, delegated
    /// administrators may read so of the whole for good: then the accounts tell.
    fn is_under_way(&self) -> bool {
        let accounts_tell = self.is_read_by_delegate
            && !self.members.is_empty()
            && !self.status.starts_with("DELETE_");
        self.says_under_way() && (!accounts_tell || self.members.iter().any(Member::is_under_way))
    }

    /// Whether its rules invoke the functions of one account: it belongs to the central topology
    /// then, and `deploy` has not put it.
    pub(super) fn is_central(&self) -> bool {
        self.inputs.get(FUNCTIONS_ACCOUNT).is_some_and(|account| !account.is_empty())
    }

    /// The accounts that should have it and of which AWS Config says nothing.
    fn missing<'a>(&'a self, wanted: &'a WantedPack) -> impl Iterator<Item = &'a String> {
        wanted
            .accounts
            .iter()
            .filter(|account| !self.members.iter().any(|member| member.account == **account))
    }

    /// Whether an account that should have it has not.
    pub(super) fn is_incomplete(&self, wanted: &WantedPack) -> bool {
        self.missing(wanted).next().is_some()
    }

    /// Accounts that are left out from now on, and those that are not left out any more.
    pub(super) fn exclusions<'a>(&'a self, wanted: &'a WantedPack) -> (Vec<&'a str>, Vec<&'a str>) {
        let difference = |one: &'a BTreeSet<String>, other: &'a BTreeSet<String>| {
            one.difference(other).map(String::as_str).collect()
        };
        (difference(&wanted.excluded, &self.excluded), difference(&self.excluded, &wanted.excluded))
    }

    /// Whether it is not in all accounts as it should be. An account that is closed by now does not
    /// count.
    pub(super) fn has_failed(&self) -> bool {
        self.members.iter().any(Member::has_failed)
            || self.status.ends_with("_FAILED") && !self.failed_elsewhere
    }
}

impl Member {
    fn has_failed(&self) -> bool {
        self.status.ends_with("_FAILED")
    }

    fn is_under_way(&self) -> bool {
        self.status.ends_with("_IN_PROGRESS")
    }
}

/// What was there before a pack was put, so that one can tell what came of it.
#[derive(Debug, Default)]
struct Before {
    status_changed: Option<DateTime>,
    changes: BTreeMap<String, Option<DateTime>>,
}

impl Before {
    fn new(pack: Option<&Pack>) -> Self {
        let members = pack.map(|pack| pack.members.as_slice()).unwrap_or_default();
        Self {
            status_changed: pack.and_then(|pack| pack.status_changed),
            changes: members
                .iter()
                .map(|member| (member.account.clone(), member.changed))
                .collect(),
        }
    }

    /// Whether all accounts that should have the pack have come to something since.
    fn is_over(&self, pack: &Pack, wanted: &WantedPack) -> bool {
        let is_done = |member: &Member| self.changes.get(&member.account) != Some(&member.changed);
        !pack.is_incomplete(wanted)
            && pack
                .members
                .iter()
                .filter(|member| wanted.accounts.contains(&member.account))
                .all(is_done)
    }
}

/// A pack as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WantedPack {
    body: String,
    inputs: ParameterValues,
    accounts: BTreeSet<String>,
    excluded: BTreeSet<String>,
}

impl WantedPack {
    /// The pack of a scope for the parameters of a stack, in all accounts but some.
    pub(super) fn new(
        scope: PackScope,
        stack: &Template,
        parameters: &ParameterValues,
        accounts: &[AccountId],
        excluded: &BTreeSet<String>,
    ) -> Result<Self, DeployError> {
        let value = |name: &str| {
            parameters.get(name).cloned().or_else(|| stack.default(name).map(str::to_owned))
        };
        let level = value(LEVEL).unwrap_or_default();
        let Some(pack) = PackTemplate::of(scope, &level) else {
            let name = pack_template(scope, &level);
            return Err(DeployError::Template(format!("there is no {name}")));
        };
        let template = pack.template();
        let body = template.yaml().map_err(|error| DeployError::Template(error.to_string()))?;
        // What the pack has by itself is not given: AWS Config takes no empty values.
        let given = |parameter: &TemplateParameter| {
            let value = value(parameter.name())?;
            (parameter.default() != Some(value.as_str()))
                .then(|| (parameter.name().to_owned(), value))
        };
        let inputs = template.parameters().filter_map(given).collect();
        let accounts = accounts
            .iter()
            .map(|account| account.as_str().to_owned())
            .filter(|account| !excluded.contains(account))
            .collect();
        Ok(Self { body, inputs, accounts, excluded: excluded.clone() })
    }
}

/// What has to be done next with a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PackStep {
    /// It is as it should be.
    Nothing,
    /// Wait until what is under way has ended.
    Wait,
    /// Make it, change it, or try it again where it failed.
    Put,
    Delete,
}

/// What comes next on the way from a pack as it is to what it should be; a pack that is older than
/// the latest change of its Region's stack may be of another release.
pub(super) fn next(
    pack: Option<&Pack>,
    wanted: Option<&WantedPack>,
    stack_changed: Option<DateTime>,
) -> PackStep {
    match (pack, wanted) {
        (Some(pack), _) if pack.is_under_way() => PackStep::Wait,
        (None, None) => PackStep::Nothing,
        (None, Some(_)) => PackStep::Put,
        (Some(_), None) => PackStep::Delete,
        (Some(pack), Some(wanted)) => {
            let is_same = pack.inputs == wanted.inputs && pack.excluded == wanted.excluded;
            let is_newer = stack_changed.is_none_or(|changed| changed <= pack.changed);
            if is_same && is_newer && !pack.has_failed() && !pack.is_incomplete(wanted) {
                PackStep::Nothing
            } else {
                PackStep::Put
            }
        }
    }
}

/// The packs of an organization in one Region.
#[derive(Clone, Debug)]
pub(super) struct Packs {
    session: Session,
    client: Client,
    is_delegate: bool,
}

impl Packs {
    pub(super) fn new(place: &Place, region: &str) -> Self {
        let is_delegate = place
            .organization
            .as_ref()
            .is_some_and(|organization| !organization.is_managed_by(&place.account));
        Self { session: place.session.clone(), client: place.session.config(region), is_delegate }
    }

    /// A pack by name; where it is known who should have it, without accounts that are not in the
    /// organization any more.
    pub(super) async fn find(
        &self,
        name: &str,
        wanted: Option<&WantedPack>,
    ) -> Result<Option<Pack>, AwsError> {
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
        let is_known = |member: &Member| {
            wanted.is_none_or(|wanted| {
                wanted.accounts.contains(&member.account)
                    || wanted.excluded.contains(&member.account)
            })
        };
        let (members, others): (Vec<Member>, Vec<Member>) =
            self.members(name).await?.into_iter().partition(is_known);
        Ok(Some(Pack {
            members,
            failed_elsewhere: others.iter().any(Member::has_failed),
            is_read_by_delegate: self.is_delegate,
            status_changed: status.last_update_time,
            status: status.status().as_str().to_owned(),
            reason: reason(status.error_code(), status.error_message()),
            changed: pack.last_update_time,
            inputs: pack
                .conformance_pack_input_parameters
                .unwrap_or_default()
                .into_iter()
                .map(|input| (input.parameter_name, input.parameter_value))
                .collect(),
            excluded: pack.excluded_accounts.unwrap_or_default().into_iter().collect(),
        }))
    }

    /// A pack in each account.
    async fn members(&self, name: &str) -> Result<Vec<Member>, AwsError> {
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
        let member = |member: OrganizationConformancePackDetailedStatus| Member {
            status: member.status().as_str().to_owned(),
            reason: reason(member.error_code(), member.error_message()),
            changed: member.last_update_time,
            account: member.account_id,
        };
        Ok(members.into_iter().map(member).collect())
    }

    /// Makes a pack, or puts it anew into all accounts. It is under way then.
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
            .set_excluded_accounts(Some(wanted.excluded.iter().cloned().collect()));
        self.session.send(PUT, call.send()).await?;
        Ok(())
    }

    /// Begins to delete a pack. It is well when it is gone already.
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

    /// Waits until a pack that was put has come to something, or what is under way with any other;
    /// nothing when it is not there. Ends too when nothing has changed in any account for long.
    async fn settled(
        &self,
        name: &str,
        wanted: Option<&WantedPack>,
        before: Option<Before>,
    ) -> Result<Option<Pack>, AwsError> {
        let (mut patience, mut absences) = (Patience::new(), 0);
        let (mut members, mut since) = (Vec::new(), Instant::now());
        loop {
            patience.wait().await;
            match self.find(name, wanted).await? {
                None if before.is_some() && wanted.is_some() && absences < ABSENCES => {
                    absences += 1
                }
                // AWS Config still tells of the time before.
                Some(pack)
                    if absences < ABSENCES
                        && before.as_ref().is_some_and(|before| {
                            before.status_changed.is_some()
                                && before.status_changed == pack.status_changed
                        }) =>
                {
                    absences += 1
                }
                Some(pack) if pack.says_under_way() => {
                    if pack.members != members {
                        since = Instant::now();
                        members.clone_from(&pack.members);
                    }
                    let has_come = before
                        .as_ref()
                        .zip(wanted)
                        .is_none_or(|(before, wanted)| before.is_over(&pack, wanted));
                    let is_over = !pack.is_under_way() && has_come;
                    if is_over || since.elapsed() > STEADY {
                        return Ok(Some(pack));
                    }
                }
                settled => return Ok(settled),
            }
        }
    }

    /// Brings a pack to where it should be. Where it fails in some accounts only,
    /// [`Packs::troubles`] tells so.
    pub(super) async fn bring(
        &self,
        name: &str,
        wanted: Option<&WantedPack>,
        stack_changed: Option<DateTime>,
        say: impl Fn(&str),
    ) -> Result<(), Trouble> {
        let (mut was_tried, mut has_waited) = (false, false);
        loop {
            let pack = self.find(name, wanted).await?;
            let before = Before::new(pack.as_ref());
            match (next(pack.as_ref(), wanted, stack_changed), wanted) {
                (PackStep::Nothing, _) => return Ok(()),
                // What remains is told for each account.
                _ if was_tried => return Ok(()),
                (PackStep::Wait, _) if !has_waited => {
                    say(&format!(
                        "waits for the pack {name}, {}",
                        pack.map(|pack| pack.status).unwrap_or_default()
                    ));
                    self.settled(name, wanted, None).await?;
                    has_waited = true;
                    continue;
                }
                (PackStep::Wait, _) => return Ok(()),
                (PackStep::Put, Some(wanted)) => {
                    say(&format!(
                        "{} the pack {name}",
                        if pack.is_some() { "updates" } else { "makes" }
                    ));
                    self.put(name, wanted).await?;
                }
                (PackStep::Put, None) | (PackStep::Delete, _) => {
                    say(&format!("deletes the pack {name}"));
                    self.delete(name).await?;
                }
            }
            was_tried = true;
            let start = Instant::now();
            let settled = self.settled(name, wanted, Some(before)).await?;
            let status = match settled {
                None => "is gone".to_owned(),
                // What a delegated administrator reads of the whole is not to be relied on.
                Some(pack) if pack.says_under_way() && !pack.is_under_way() => {
                    let is_whole = !pack.has_failed()
                        && wanted.is_some_and(|wanted| !pack.is_incomplete(wanted));
                    if is_whole { "is in all accounts" } else { "is not in all accounts" }
                        .to_owned()
                }
                Some(pack) => format!("is {}", pack.status),
            };
            say(&format!("the pack {name} {status} after {} s", start.elapsed().as_secs()));
        }
    }

    /// Deletes a pack and waits until it is gone from all accounts.
    pub(super) async fn remove(&self, name: &str, say: impl Fn(&str)) -> Result<(), Trouble> {
        self.bring(name, None, None, say).await?;
        match self.find(name, None).await? {
            None => Ok(()),
            Some(_) => Err(Trouble(self.troubles(name, None).await?.join("; "))),
        }
    }

    /// Where a pack is not as it should be, and why: by account, or as a whole when no account says
    /// why. Nothing when there is no such pack.
    pub(super) async fn troubles(
        &self,
        name: &str,
        wanted: Option<&WantedPack>,
    ) -> Result<Vec<String>, AwsError> {
        let Some(pack) = self.find(name, wanted).await? else { return Ok(Vec::new()) };
        let no_reason = || "no reason was given".to_owned();
        let failed = |member: &&Member| member.has_failed() || member.is_under_way();
        let mut troubles: Vec<String> = pack
            .members
            .iter()
            .filter(failed)
            .map(|Member { account, status, reason, .. }| {
                format!(
                    "account {account}: the pack {name} is {status}: {}",
                    reason.clone().unwrap_or_else(no_reason)
                )
            })
            .collect();
        let missing = wanted.into_iter().flat_map(|wanted| pack.missing(wanted));
        troubles.extend(missing.map(|account| {
            format!("account {account}: AWS Config tells nothing of the pack {name} there")
        }));
        if troubles.is_empty() && (pack.has_failed() || pack.is_under_way() || wanted.is_none()) {
            troubles.push(format!(
                "the pack {name} is {}: {}",
                pack.status,
                pack.reason.unwrap_or_else(no_reason)
            ));
        }
        Ok(troubles)
    }
}

/// The only one of a list; nothing when AWS Config says that there is none.
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

#[cfg(test)]
mod tests {
    use plumbline_templates::organization::organization;
    use plumbline_templates::template::BucketNames;

    use super::*;

    fn pack(status: &str, age_limit: &str, excluded: &[&str]) -> Pack {
        Pack {
            status: status.to_owned(),
            reason: None,
            changed: DateTime::from_secs(100),
            inputs: ParameterValues::from([("MaxAccessKeyAge".to_owned(), age_limit.to_owned())]),
            excluded: excluded.iter().map(|account| (*account).to_owned()).collect(),
            is_read_by_delegate: true,
            status_changed: None,
            failed_elsewhere: false,
            members: vec![member("1", "CREATE_SUCCESSFUL", 9), member("2", "CREATE_SUCCESSFUL", 9)],
        }
    }

    fn member(account: &str, status: &str, changed: i64) -> Member {
        Member {
            account: account.to_owned(),
            status: status.to_owned(),
            reason: None,
            changed: Some(DateTime::from_secs(changed)),
        }
    }

    fn wanted() -> WantedPack {
        let Pack { inputs, excluded, .. } = pack("", "90", &["111122223333"]);
        WantedPack {
            body: String::new(),
            inputs,
            accounts: BTreeSet::from(["1".to_owned(), "2".to_owned()]),
            excluded,
        }
    }

    #[test]
    fn where_the_whole_stays_under_way_the_accounts_tell() {
        let with = |members: &[Member]| Pack {
            members: members.to_vec(),
            ..pack("UPDATE_IN_PROGRESS", "90", &["111122223333"])
        };
        let step = |members: &[Member]| {
            next(Some(&with(members)), Some(&wanted()), Some(DateTime::from_secs(100)))
        };
        let (well, failed, running) = ("UPDATE_SUCCESSFUL", "UPDATE_FAILED", "UPDATE_IN_PROGRESS");
        assert_eq!(step(&[]), PackStep::Wait);
        assert_eq!(step(&[member("1", well, 9), member("2", running, 9)]), PackStep::Wait);
        assert_eq!(step(&[member("1", well, 9), member("2", well, 9)]), PackStep::Nothing);
        assert_eq!(step(&[member("1", well, 9), member("2", failed, 9)]), PackStep::Put);

        let before = Before::new(Some(&with(&[member("1", well, 9), member("2", failed, 9)])));
        let is_over =
            |before: &Before, members: &[Member]| before.is_over(&with(members), &wanted());
        assert!(
            !is_over(&before, &[member("1", well, 9), member("2", failed, 9)]),
            "nothing has begun"
        );
        assert!(!is_over(&before, &[member("1", well, 11), member("2", failed, 9)]));
        assert!(is_over(&before, &[member("1", well, 11), member("2", failed, 12)]));
        let first = Before::new(None);
        assert!(!is_over(&first, &[member("1", well, 11)]), "an account is not listed yet");
        assert!(is_over(&first, &[member("1", well, 11), member("2", well, 11)]));
    }

    #[test]
    fn every_state_has_a_next_step() {
        let same = |status: &str| pack(status, "90", &["111122223333"]);
        let failed = |status: &str| Pack {
            members: vec![member("1", status, 9), member("2", "CREATE_SUCCESSFUL", 9)],
            ..same(status)
        };
        let cases = [
            (None, PackStep::Put, PackStep::Nothing),
            (
                Some(Pack { members: Vec::new(), ..same("CREATE_IN_PROGRESS") }),
                PackStep::Wait,
                PackStep::Wait,
            ),
            (
                Some(Pack {
                    members: vec![member("1", "UPDATE_IN_PROGRESS", 9)],
                    ..same("UPDATE_IN_PROGRESS")
                }),
                PackStep::Wait,
                PackStep::Wait,
            ),
            (
                Some(Pack { members: Vec::new(), ..same("DELETE_IN_PROGRESS") }),
                PackStep::Wait,
                PackStep::Wait,
            ),
            (
                Some(Pack {
                    members: vec![member("1", "CREATE_SUCCESSFUL", 9)],
                    ..same("CREATE_SUCCESSFUL")
                }),
                PackStep::Put,
                PackStep::Delete,
            ),
            (Some(same("CREATE_SUCCESSFUL")), PackStep::Nothing, PackStep::Delete),
            (Some(same("UPDATE_SUCCESSFUL")), PackStep::Nothing, PackStep::Delete),
            (Some(failed("CREATE_FAILED")), PackStep::Put, PackStep::Delete),
            (Some(failed("UPDATE_FAILED")), PackStep::Put, PackStep::Delete),
            (Some(failed("DELETE_FAILED")), PackStep::Put, PackStep::Delete),
            (
                Some(Pack { members: Vec::new(), ..same("UPDATE_FAILED") }),
                PackStep::Put,
                PackStep::Delete,
            ),
            (Some(same("UPDATE_FAILED")), PackStep::Put, PackStep::Delete),
            (
                Some(Pack { failed_elsewhere: true, ..same("UPDATE_FAILED") }),
                PackStep::Nothing,
                PackStep::Delete,
            ),
            (
                Some(Pack { is_read_by_delegate: false, ..same("UPDATE_IN_PROGRESS") }),
                PackStep::Wait,
                PackStep::Wait,
            ),
            (Some(same("DELETE_IN_PROGRESS")), PackStep::Wait, PackStep::Wait),
            (
                Some(pack("UPDATE_SUCCESSFUL", "60", &["111122223333"])),
                PackStep::Put,
                PackStep::Delete,
            ),
            (Some(pack("UPDATE_SUCCESSFUL", "90", &[])), PackStep::Put, PackStep::Delete),
        ];
        for (pack, when_wanted, when_not) in cases {
            assert_eq!(
                next(pack.as_ref(), Some(&wanted()), Some(DateTime::from_secs(100))),
                when_wanted,
                "{pack:?}"
            );
            assert_eq!(
                next(pack.as_ref(), None, Some(DateTime::from_secs(100))),
                when_not,
                "{pack:?}"
            );
        }
        assert_eq!(
            next(Some(&same("UPDATE_SUCCESSFUL")), Some(&wanted()), Some(DateTime::from_secs(101))),
            PackStep::Put,
            "the stack is newer"
        );
    }

    #[test]
    fn a_pack_gets_what_its_template_knows() {
        let stack = organization(&BucketNames::ByParameter);
        let parameters = ParameterValues::from([
            ("Level".to_owned(), "1".to_owned()),
            ("MaxAccessKeyAge".to_owned(), "60".to_owned()),
        ]);
        let global = WantedPack::new(PackScope::Global, &stack, &parameters, &[], &BTreeSet::new())
            .expect("a pack");
        assert_eq!(global.inputs.get("MaxAccessKeyAge").map(String::as_str), Some("60"));
        assert!(!global.inputs.contains_key("LogRetentionDays"), "{:?}", global.inputs);
        let regional =
            WantedPack::new(PackScope::Regional, &stack, &parameters, &[], &BTreeSet::new())
                .expect("a pack");
        assert!(!regional.inputs.contains_key("MaxAccessKeyAge"), "{:?}", regional.inputs);
        assert!(
            WantedPack::new(
                PackScope::Regional,
                &stack,
                &ParameterValues::from([("Level".to_owned(), "3".to_owned())]),
                &[],
                &BTreeSet::new()
            )
            .is_err()
        );
    }
}
