//! Organization conformance packs: their state and the next action.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_config::primitives::DateTime;
use plumbline_core::aws::AccountId;
use plumbline_templates::ParameterValues;
use plumbline_templates::contract::FUNCTIONS_ACCOUNT;

use crate::place::{Place, PlaceState};
use crate::wanted_pack::WantedPack;

/// The error code of AWS Config for a rule whose function is missing.
const NO_FUNCTION: &str = "InsufficientPermissions";

/// The maximum number of excluded accounts of a pack.
pub(crate) const EXCLUDED_LIMIT: usize = 1_000;

/// A deployed pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeployedPack {
    /// `CREATE_SUCCESSFUL`, …
    pub(crate) status: String,
    /// The reason for the status.
    pub(crate) reason: Option<String>,
    /// Whether a delegated administrator read it.
    pub(crate) is_read_by_delegate: bool,
    pub(crate) inputs: ParameterValues,
    pub(crate) excluded: BTreeSet<String>,
    /// The last change of the status.
    pub(crate) status_changed: Option<DateTime>,
    /// The state in each account.
    pub(crate) members: Vec<PackMember>,
    /// Whether the pack failed in accounts that left the organization.
    pub(crate) failed_elsewhere: bool,
    /// Whether places in which deployment is impossible count as failures and are retried.
    pub(crate) retries_skipped: bool,
    /// Whether failures are not retried, because the pack changed recently.
    pub(crate) is_spared: bool,
}

/// A pack in one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackMember {
    pub(crate) account: String,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) changed: Option<DateTime>,
    /// The reason why the account and Region cannot be deployed to.
    pub(crate) blocked: Option<PlaceState>,
}

impl DeployedPack {
    /// Whether the status of the complete pack states an operation in progress.
    pub(crate) fn reads_in_progress(&self) -> bool {
        self.status.ends_with("_IN_PROGRESS")
    }

    /// Whether an operation is in progress. A delegated administrator can read this status
    /// permanently for a complete pack, so the accounts decide.
    pub(crate) fn is_in_progress(&self) -> bool {
        let members_decide = self.is_read_by_delegate
            && !self.members.is_empty()
            && !self.status.starts_with("DELETE_");
        self.reads_in_progress()
            && (!members_decide || self.members.iter().any(PackMember::is_in_progress))
    }

    /// Returns the account of the central functions. `None` if the rules invoke functions of their
    /// own account.
    pub(crate) fn functions_account(&self) -> Option<&str> {
        self.inputs.get(FUNCTIONS_ACCOUNT).map(String::as_str).filter(|account| !account.is_empty())
    }

    /// Whether the rules invoke functions that this account deploys: central ones, or those of each
    /// account.
    pub(crate) fn is_of(&self, account: &AccountId) -> bool {
        self.functions_account().is_none_or(|functions| functions == account.as_str())
    }

    /// Returns the wanted accounts for which AWS Config has no status.
    pub(crate) fn missing<'a>(
        &'a self,
        wanted: &'a WantedPack,
    ) -> impl Iterator<Item = &'a String> {
        wanted
            .accounts
            .iter()
            .filter(|account| !self.members.iter().any(|member| member.account == **account))
    }

    /// Whether a wanted account lacks the pack.
    pub(crate) fn is_incomplete(&self, wanted: &WantedPack) -> bool {
        self.missing(wanted).next().is_some()
    }

    /// Returns newly excluded accounts, and accounts that are no longer excluded.
    pub(crate) fn exclusions<'a>(&'a self, wanted: &'a WantedPack) -> (Vec<&'a str>, Vec<&'a str>) {
        let difference = |one: &'a BTreeSet<String>, other: &'a BTreeSet<String>| {
            one.difference(other).map(String::as_str).collect()
        };
        (difference(&wanted.excluded, &self.excluded), difference(&self.excluded, &wanted.excluded))
    }

    /// Whether the pack failed in an account. Closed accounts and accounts in which deployment is
    /// impossible do not count.
    pub(crate) fn has_failed(&self) -> bool {
        let mut failed = self.members.iter().filter(|member| member.has_failed()).peekable();
        if failed.peek().is_some() {
            return failed.any(|member| self.retries_skipped || !member.state().is_skipped());
        }
        self.status.ends_with("_FAILED") && !self.failed_elsewhere
    }

    /// Returns the places with problems by account, or for the complete pack if no account has a
    /// reason.
    pub(crate) fn places(
        &self,
        name: &str,
        region: &str,
        wanted: Option<&WantedPack>,
    ) -> Vec<Place> {
        let no_reason = || "no reason was given".to_owned();
        let place = |account: Option<&String>, state, reason: String| Place {
            account: account.cloned(),
            region: Some(region.to_owned()),
            what: format!("the pack {name}"),
            state,
            reason,
        };
        let failed = |member: &&PackMember| member.has_failed() || member.is_in_progress();
        let words = |status: &str, reason: &Option<String>| {
            format!("{status}: {}", reason.clone().unwrap_or_else(no_reason))
        };
        let mut places: Vec<Place> = self
            .members
            .iter()
            .filter(failed)
            .map(|member| {
                let PackMember { account, status, reason, .. } = member;
                place(Some(account), member.state(), words(status, reason))
            })
            .collect();
        let missing = wanted.into_iter().flat_map(|wanted| self.missing(wanted));
        places.extend(missing.map(|account| {
            let reason = "has no status of AWS Config there";
            place(Some(account), PlaceState::Missing, reason.to_owned())
        }));
        let is_wrong = self.has_failed() || self.is_in_progress() || wanted.is_none();
        if places.is_empty() && is_wrong {
            let state =
                if self.is_in_progress() { PlaceState::InProgress } else { PlaceState::Failed };
            let is_left = wanted.is_none() && !self.has_failed() && !self.is_in_progress();
            let reason = match is_left {
                true => Place::still_deployed(&self.status),
                false => words(&self.status, &self.reason),
            };
            places.push(place(None, state, reason));
        }
        places
    }
}

impl PackMember {
    /// Returns the state of a failed account. Rules that could not be deleted are never skipped. If
    /// functions cannot be deployed there, only the resulting failures are skipped.
    pub(crate) fn state(&self) -> PlaceState {
        if self.is_in_progress() {
            return PlaceState::InProgress;
        }
        if self.status == "DELETE_FAILED" {
            return PlaceState::Failed;
        }
        let reason = self.reason.as_deref().unwrap_or_default();
        match (PlaceState::of_failure(reason), self.blocked) {
            (PlaceState::Failed, Some(PlaceState::RegionDenied))
                if !reason.contains(NO_FUNCTION) =>
            {
                PlaceState::Failed
            }
            (PlaceState::Failed, Some(blocked)) => blocked,
            (state, _) => state,
        }
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.status.ends_with("_FAILED")
    }

    pub(crate) fn is_in_progress(&self) -> bool {
        self.status.ends_with("_IN_PROGRESS")
    }
}

/// The state before a deployment, for comparison.
#[derive(Debug, Default)]
pub(crate) struct EarlierState {
    pub(crate) status_changed: Option<DateTime>,
    changes: BTreeMap<String, Option<DateTime>>,
}

impl EarlierState {
    pub(crate) fn new(pack: Option<&DeployedPack>) -> Self {
        let members = pack.map(|pack| pack.members.as_slice()).unwrap_or_default();
        Self {
            status_changed: pack.and_then(|pack| pack.status_changed),
            changes: members
                .iter()
                .map(|member| (member.account.clone(), member.changed))
                .collect(),
        }
    }

    /// Whether the operation is complete in all wanted accounts.
    pub(crate) fn is_over(&self, pack: &DeployedPack, wanted: &WantedPack) -> bool {
        let is_done =
            |member: &PackMember| self.changes.get(&member.account) != Some(&member.changed);
        !pack.is_incomplete(wanted)
            && pack
                .members
                .iter()
                .filter(|member| wanted.accounts.contains(&member.account))
                .all(is_done)
    }
}

/// The next action for a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PackAction {
    /// The pack is current.
    Nothing,
    /// Wait until the operation in progress has ended.
    Wait,
    /// Create or update the pack, or retry failures.
    Put,
    Delete,
}

/// Returns the next action for a pack.
pub(crate) fn next_action(pack: Option<&DeployedPack>, wanted: Option<&WantedPack>) -> PackAction {
    match (pack, wanted) {
        (Some(pack), _) if pack.is_in_progress() => PackAction::Wait,
        (None, None) => PackAction::Nothing,
        (None, Some(_)) => PackAction::Put,
        (Some(_), None) => PackAction::Delete,
        (Some(_), Some(wanted)) if wanted.is_kept => PackAction::Nothing,
        (Some(pack), Some(wanted)) => {
            let is_same = pack.inputs == wanted.inputs && pack.excluded == wanted.excluded;
            let is_complete = !pack.has_failed() && !pack.is_incomplete(wanted);
            if is_same && (is_complete || pack.is_spared) {
                PackAction::Nothing
            } else {
                PackAction::Put
            }
        }
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    fn pack(status: &str, age_limit: &str, excluded: &[&str]) -> DeployedPack {
        DeployedPack {
            status: status.to_owned(),
            reason: None,
            inputs: ParameterValues::from([("MaxAccessKeyAge".to_owned(), age_limit.to_owned())]),
            excluded: excluded.iter().map(|account| (*account).to_owned()).collect(),
            is_read_by_delegate: true,
            status_changed: None,
            failed_elsewhere: false,
            retries_skipped: false,
            is_spared: false,
            members: vec![member("1", "CREATE_SUCCESSFUL", 9), member("2", "CREATE_SUCCESSFUL", 9)],
        }
    }

    fn member(account: &str, status: &str, changed: i64) -> PackMember {
        PackMember {
            account: account.to_owned(),
            status: status.to_owned(),
            reason: None,
            changed: Some(DateTime::from_secs(changed)),
            blocked: None,
        }
    }

    fn wanted() -> WantedPack {
        let DeployedPack { inputs, excluded, .. } = pack("", "90", &["111122223333"]);
        WantedPack {
            body: String::new(),
            tags: Default::default(),
            inputs,
            accounts: BTreeSet::from(["1".to_owned(), "2".to_owned()]),
            excluded,
            is_kept: false,
        }
    }

    #[test]
    fn where_the_whole_stays_under_way_the_members_decide() {
        let with = |members: &[PackMember]| DeployedPack {
            members: members.to_vec(),
            ..pack("UPDATE_IN_PROGRESS", "90", &["111122223333"])
        };
        let action = |members: &[PackMember]| next_action(Some(&with(members)), Some(&wanted()));
        let (well, failed, running) = ("UPDATE_SUCCESSFUL", "UPDATE_FAILED", "UPDATE_IN_PROGRESS");
        assert_eq!(action(&[]), PackAction::Wait);
        assert_eq!(action(&[member("1", well, 9), member("2", running, 9)]), PackAction::Wait);
        assert_eq!(action(&[member("1", well, 9), member("2", well, 9)]), PackAction::Nothing);
        assert_eq!(action(&[member("1", well, 9), member("2", failed, 9)]), PackAction::Put);

        let before =
            EarlierState::new(Some(&with(&[member("1", well, 9), member("2", failed, 9)])));
        let is_over = |before: &EarlierState, members: &[PackMember]| {
            before.is_over(&with(members), &wanted())
        };
        assert!(
            !is_over(&before, &[member("1", well, 9), member("2", failed, 9)]),
            "nothing has begun"
        );
        assert!(!is_over(&before, &[member("1", well, 11), member("2", failed, 9)]));
        assert!(is_over(&before, &[member("1", well, 11), member("2", failed, 12)]));
        let first = EarlierState::new(None);
        assert!(!is_over(&first, &[member("1", well, 11)]), "an account is not listed yet");
        assert!(is_over(&first, &[member("1", well, 11), member("2", well, 11)]));
    }

    #[test]
    fn every_state_has_a_next_action() {
        let same = |status: &str| pack(status, "90", &["111122223333"]);
        let failed = |status: &str| DeployedPack {
            members: vec![member("1", status, 9), member("2", "CREATE_SUCCESSFUL", 9)],
            ..same(status)
        };
        let cases = [
            (None, PackAction::Put, PackAction::Nothing),
            (
                Some(DeployedPack { members: Vec::new(), ..same("CREATE_IN_PROGRESS") }),
                PackAction::Wait,
                PackAction::Wait,
            ),
            (
                Some(DeployedPack {
                    members: vec![member("1", "UPDATE_IN_PROGRESS", 9)],
                    ..same("UPDATE_IN_PROGRESS")
                }),
                PackAction::Wait,
                PackAction::Wait,
            ),
            (
                Some(DeployedPack { members: Vec::new(), ..same("DELETE_IN_PROGRESS") }),
                PackAction::Wait,
                PackAction::Wait,
            ),
            (
                Some(DeployedPack {
                    members: vec![member("1", "CREATE_SUCCESSFUL", 9)],
                    ..same("CREATE_SUCCESSFUL")
                }),
                PackAction::Put,
                PackAction::Delete,
            ),
            (Some(same("CREATE_SUCCESSFUL")), PackAction::Nothing, PackAction::Delete),
            (Some(same("UPDATE_SUCCESSFUL")), PackAction::Nothing, PackAction::Delete),
            (Some(failed("CREATE_FAILED")), PackAction::Put, PackAction::Delete),
            (Some(failed("UPDATE_FAILED")), PackAction::Put, PackAction::Delete),
            (Some(failed("DELETE_FAILED")), PackAction::Put, PackAction::Delete),
            (
                Some(DeployedPack { members: Vec::new(), ..same("UPDATE_FAILED") }),
                PackAction::Put,
                PackAction::Delete,
            ),
            (Some(same("UPDATE_FAILED")), PackAction::Put, PackAction::Delete),
            (
                Some(DeployedPack { failed_elsewhere: true, ..same("UPDATE_FAILED") }),
                PackAction::Nothing,
                PackAction::Delete,
            ),
            (
                Some(DeployedPack { is_read_by_delegate: false, ..same("UPDATE_IN_PROGRESS") }),
                PackAction::Wait,
                PackAction::Wait,
            ),
            (Some(same("DELETE_IN_PROGRESS")), PackAction::Wait, PackAction::Wait),
            (
                Some(pack("UPDATE_SUCCESSFUL", "60", &["111122223333"])),
                PackAction::Put,
                PackAction::Delete,
            ),
            (Some(pack("UPDATE_SUCCESSFUL", "90", &[])), PackAction::Put, PackAction::Delete),
        ];
        for (pack, when_wanted, when_not) in cases {
            assert_eq!(next_action(pack.as_ref(), Some(&wanted())), when_wanted, "{pack:?}");
            assert_eq!(next_action(pack.as_ref(), None), when_not, "{pack:?}");
        }
    }

    #[test]
    fn failures_of_the_last_day_are_spared_and_changes_are_not() {
        let members = vec![member("1", "UPDATE_FAILED", 9), member("2", "CREATE_SUCCESSFUL", 9)];
        let failed = DeployedPack {
            members,
            is_spared: true,
            ..pack("UPDATE_FAILED", "90", &["111122223333"])
        };
        assert_eq!(next_action(Some(&failed), Some(&wanted())), PackAction::Nothing);
        let changed = DeployedPack { excluded: BTreeSet::new(), ..failed };
        assert_eq!(next_action(Some(&changed), Some(&wanted())), PackAction::Put);
    }

    #[test]
    fn a_pack_with_rules_of_another_release_is_kept() {
        let kept = WantedPack { is_kept: true, ..wanted() };
        let failed = DeployedPack {
            members: vec![member("1", "CREATE_FAILED", 9)],
            ..pack("CREATE_FAILED", "60", &[])
        };
        assert_eq!(next_action(Some(&failed), Some(&kept)), PackAction::Nothing);
        let running = DeployedPack { members: Vec::new(), ..pack("UPDATE_IN_PROGRESS", "60", &[]) };
        assert_eq!(next_action(Some(&running), Some(&kept)), PackAction::Wait);
        let places = failed.places("p", "r", Some(&kept));
        assert!(places.iter().any(|place| place.state == PlaceState::Failed), "{places:?}");
    }

    #[test]
    fn where_nothing_can_be_deployed_a_pack_is_left_until_that_is_asked_for() {
        let without_recorder = PackMember {
            reason: Some("NoAvailableConfigurationRecorderException: no recorder".to_owned()),
            ..member("1", "CREATE_FAILED", 9)
        };
        let disabled = PackMember {
            blocked: Some(PlaceState::RegionNotEnabled),
            ..member("2", "CREATE_FAILED", 9)
        };
        let whole = pack("CREATE_FAILED", "90", &["111122223333"]);
        let skipped =
            DeployedPack { members: vec![without_recorder.clone(), disabled], ..whole.clone() };
        let action = |pack: &DeployedPack| next_action(Some(pack), Some(&wanted()));
        assert_eq!(action(&skipped), PackAction::Nothing);
        let states: Vec<PlaceState> = skipped
            .places("p", "r", Some(&wanted()))
            .into_iter()
            .map(|place| place.state)
            .collect();
        assert_eq!(states, [PlaceState::NoRecorder, PlaceState::RegionNotEnabled]);
        let strict = DeployedPack { retries_skipped: true, ..skipped };
        assert_eq!(action(&strict), PackAction::Put);
        let other = member("2", "CREATE_FAILED", 9);
        let failed = DeployedPack { members: vec![without_recorder, other], ..whole };
        assert_eq!(action(&failed), PackAction::Put);
    }
}
