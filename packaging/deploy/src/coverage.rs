//! The coverage of a deployment to an organization: problems by account and Region.

use std::collections::BTreeSet;
use std::fmt::Write;

use plumbline_aws::error::AwsError;

use crate::aws::blocked_places::BlockedPlaces;
use crate::aws::config_packs::Packs;
use crate::aws::stack_sets::StackSetProblems;
use crate::central::MEMBERS_STACK;
use crate::daily_check::{DailyCheck, DeployedNow};
use crate::exclusions::Membership;
use crate::pack::{DeployedPack, PackAction};
use crate::pack_states::PackState;
use crate::place::{AccountCounts, Place, PlaceState, by_state};
use crate::stack::StackAction;
use crate::state::Deployment;

/// The places with problems, and the number of affected accounts.
#[derive(Clone, Debug, Default)]
pub(crate) struct OrganizationCoverage {
    pub(crate) places: Vec<Place>,
    pub(crate) accounts: AccountCounts,
    /// The oldest drift detection of all stacks in accounts. Absent if a stack was not checked.
    pub(crate) drift_checked: Option<String>,
    /// Failed reads, one line each.
    pub(crate) unread: Vec<String>,
    /// Whether places in which deployment is impossible count as failures.
    is_strict: bool,
}

impl OrganizationCoverage {
    /// Returns the places that count as failures.
    pub(crate) fn failures(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(|place| place.state.is_failure(self.is_strict))
    }

    /// Summarizes accounts and places by state. Empty for a single account.
    pub(crate) fn summary(&self) -> String {
        let AccountCounts { total, covered, scanned, not_checked, skipped, failed } =
            &self.accounts;
        if *total == 0 {
            return String::new();
        }
        let number: usize = skipped.values().sum();
        let scans = match scanned {
            0 => String::new(),
            number => format!("{number} scanned, "),
        };
        let unknown = match not_checked {
            0 => String::new(),
            number => format!("{number} not checked yet, "),
        };
        let mut text = format!(
            "Accounts: {total}, of which {covered} covered, {scans}{unknown}{number} skipped, \
             {failed} failed\n"
        );
        for (state, regions) in by_state(&self.places) {
            let regions: Vec<String> =
                regions.iter().map(|(region, number)| format!("{number} in {region}")).collect();
            let _ = writeln!(text, "  {}: {}", state.as_str(), regions.join(", "));
        }
        text
    }

    fn new(
        deployment: &Deployment,
        check: DailyCheck,
        is_deployed: bool,
        mut places: Vec<Place>,
        drift_checked: Option<String>,
        mut unread: Vec<String>,
    ) -> Self {
        let Some(members) = &deployment.members else { return Self::default() };
        // Accounts that stack sets skip are listed once.
        let is_closed = |account: &String| members.membership.suspended.contains(account);
        places.retain(|place| {
            place.state != PlaceState::Suspended || !place.account.as_ref().is_some_and(is_closed)
        });
        // The daily check scans accounts without rules.
        places.retain(|place| {
            let is_scanned = |account: &String| check.scanned.contains(account);
            place.state != PlaceState::NoRecorder || !place.account.as_ref().is_some_and(is_scanned)
        });
        let is_reached = |place: &Place| {
            let account = place.account.as_deref();
            account.is_some_and(|account| members.stack_sets.reach(account))
        };
        places.extend(check.places.into_iter().map(|mut place| {
            if place.state == PlaceState::RoleBroken && is_reached(&place) {
                place.reason.push_str("; deploy --apply --check-drift creates the role again");
            }
            place
        }));
        unread.extend(check.problems);
        let mut all = left_out(&members.membership);
        all.append(&mut places);
        let organization = deployment.target.organization.iter();
        let accounts: BTreeSet<String> = organization
            .flat_map(|organization| &organization.accounts)
            .map(|account| account.as_str().to_owned())
            .collect();
        let accounts = AccountCounts::new(&accounts, &check.scanned, &all, is_deployed);
        Self {
            places: all,
            accounts,
            drift_checked,
            unread,
            is_strict: deployment.target.is_strict,
        }
    }
}

/// Returns the accounts without functions and rules.
fn left_out(membership: &Membership) -> Vec<Place> {
    let Membership { excluded, outside, suspended, management, .. } = membership;
    let of = |account: &String, state, reason: &str| Place {
        account: Some(account.clone()),
        region: None,
        what: "the account".to_owned(),
        state,
        reason: reason.to_owned(),
    };
    let named = excluded.iter().map(|account| of(account, PlaceState::Excluded, "excluded"));
    let outside = outside.iter().map(|account| {
        of(account, PlaceState::Excluded, "outside of the organizational units to deploy to")
    });
    let management = management.iter().map(|account| {
        let reason = "the management account, to which stack sets do not deploy";
        of(account, PlaceState::ManagementAccount, reason)
    });
    let suspended = suspended.iter().map(|account| of(account, PlaceState::Suspended, "closed"));
    named.chain(outside).chain(suspended).chain(management).collect()
}

impl Deployment {
    /// Returns the coverage at the time when everything was read.
    pub(crate) fn coverage(&self) -> OrganizationCoverage {
        let Some(members) = &self.members else { return OrganizationCoverage::default() };
        let mut places = members.problems.places.clone();
        for state in &self.regions {
            for PackState { name, held, wanted } in &state.packs {
                if let (Some(held), Some(_)) = (held, wanted) {
                    places.extend(held.places(name, &state.region, wanted.as_ref()));
                }
            }
        }
        members.blocked.apply(&mut places);
        if self.is_deployed() {
            places.extend(self.places_here());
        }
        let drift_checked = members.problems.drift_checked.clone();
        let check = self.check.clone().unwrap_or_default();
        OrganizationCoverage::new(
            self,
            check,
            self.is_deployed(),
            places,
            drift_checked,
            Vec::new(),
        )
    }

    /// Returns the accounts with a broken role according to the daily check, if drift is checked.
    pub(crate) fn broken_accounts(&self) -> BTreeSet<String> {
        let Some(members) = self.members.as_ref().filter(|_| self.target.checks_drift) else {
            return BTreeSet::new();
        };
        let places = self.check.iter().flat_map(|check| &check.places);
        let broken = places.filter(|place| place.state == PlaceState::RoleBroken);
        let accounts = broken.filter_map(|place| place.account.clone());
        accounts.filter(|account| members.stack_sets.reach(account)).collect()
    }

    /// Returns the accounts in which a stack of a stack set was deleted.
    pub(crate) fn gone_accounts(&self) -> BTreeSet<String> {
        let uncompared = self.members.iter().flat_map(|members| &members.uncompared);
        let gone = uncompared.filter(|one| one.is_gone);
        gone.filter_map(|one| one.place.account.clone()).collect()
    }

    /// Returns the accounts and Regions that changed since everything was read. `after` is the
    /// current state of the stack sets.
    fn deployed_now(&self, before: &StackSetProblems, after: &StackSetProblems) -> DeployedNow {
        let changed = after.changed_since(before);
        let mut now = DeployedNow {
            accounts: changed.into_iter().map(|instance| instance.account).collect(),
            regions: BTreeSet::new(),
        };
        for state in &self.regions {
            let puts_packs = state.packs.iter().any(|pack| pack.action() != PackAction::Nothing);
            if puts_packs {
                now.regions.insert(state.region.clone());
            }
            // The role of the deploying account.
            let is_changed = state
                .central
                .iter()
                .any(|stack| stack.name == MEMBERS_STACK && stack.action() != StackAction::Nothing);
            if is_changed {
                now.accounts.insert(self.target.account.as_str().to_owned());
            }
        }
        now
    }

    /// Reads the current coverage. Packs that should be deleted are failures if they still exist.
    /// With `is_moved`, remaining stack sets of the other mode are included.
    pub(crate) async fn read_coverage(&self, is_moved: bool) -> OrganizationCoverage {
        let Some(members) = &self.members else { return OrganizationCoverage::default() };
        let (mut is_deployed, mut places, mut unread) = (false, Vec::new(), Vec::new());
        let mut drift_checked = None;
        let mut now = DeployedNow::default();
        let membership = &members.membership;
        let left: BTreeSet<String> =
            membership.excluded.union(&membership.outside).cloned().collect();
        match members.stack_sets.with_leftovers(&left, is_moved).await {
            Ok(problems) => {
                is_deployed = problems.exists;
                now = self.deployed_now(&members.problems, &problems);
                let changed = problems.changed_since(&members.problems);
                // A stack that was not checked for drift remains a failure unless it was created
                // again.
                let is_left = |place: &&Place| {
                    !changed.iter().any(|one| {
                        place.what == one.stack_set
                            && place.account.as_ref() == Some(&one.account)
                            && place.region.as_ref() == Some(&one.region)
                    })
                };
                let uncompared = members.uncompared.iter().map(|one| &one.place);
                places.extend(uncompared.filter(is_left).cloned());
                drift_checked = problems.drift_checked;
                places.extend(problems.places);
            }
            Err(error) => unread
                .push(format!("cannot check whether all accounts have the functions: {error}")),
        }
        for state in &self.regions {
            let packs = Packs::new(&self.target.session, &state.region, self.pack_options());
            for PackState { name, wanted, .. } in &state.packs {
                let held: Result<Option<DeployedPack>, AwsError> =
                    packs.find(name, wanted.as_ref()).await;
                match held {
                    Ok(held) => places.extend(
                        held.into_iter()
                            .flat_map(|held| held.places(name, &state.region, wanted.as_ref())),
                    ),
                    Err(error) => unread.push(format!(
                        "{}: cannot check whether all accounts have the pack '{name}': {error}",
                        state.region
                    )),
                }
            }
        }
        let (session, home) = (&self.target.session, &self.target.home_region);
        BlockedPlaces::read(session, home, &places).await.apply(&mut places);
        places.extend(self.places_here());
        let check = self.check.clone().unwrap_or_default();
        let check = match is_moved {
            true => check.after(&now),
            false => check.scanned_only(),
        };
        OrganizationCoverage::new(self, check, is_deployed, places, drift_checked, unread)
    }
}
