//! Where a deployment to an organization is not complete.

use std::collections::BTreeSet;
use std::fmt::Write;

use plumbline_aws::error::AwsError;

use crate::aws::blocked_places::BlockedPlaces;
use crate::aws::config_packs::Packs;
use crate::exclusions::Membership;
use crate::pack::DeployedPack;
use crate::place::{AccountCounts, Place, PlaceState, by_state};
use crate::state::{Deployment, PackState};

/// Where functions or rules are not as they should be, and how many accounts that concerns.
#[derive(Clone, Debug, Default)]
pub(crate) struct OrganizationCoverage {
    pub(crate) places: Vec<Place>,
    pub(crate) accounts: AccountCounts,
    /// Since when all stacks in accounts have been compared with what is there; nothing where one
    /// has not been.
    pub(crate) drift_checked: Option<String>,
    /// What could not be read, a line each.
    pub(crate) unread: Vec<String>,
    /// Whether places in which nothing can be deployed count as failures.
    is_strict: bool,
}

impl OrganizationCoverage {
    /// The places that are failures.
    pub(crate) fn failures(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(|place| place.state.is_failure(self.is_strict))
    }

    /// How many accounts are covered, and how many places are in which state; nothing for a single
    /// account.
    pub(crate) fn summary(&self) -> String {
        let AccountCounts { total, covered, scanned, skipped, failed } = &self.accounts;
        if *total == 0 {
            return String::new();
        }
        let number: usize = skipped.values().sum();
        let scans = match scanned {
            0 => String::new(),
            number => format!("{number} scanned, "),
        };
        let mut text = format!(
            "Accounts: {total}, of which {covered} covered, {scans}{number} skipped, {failed} \
             failed\n"
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
        is_deployed: bool,
        mut places: Vec<Place>,
        drift_checked: Option<String>,
        mut unread: Vec<String>,
    ) -> Self {
        let Some(members) = &deployment.members else { return Self::default() };
        let check = deployment.check.clone().unwrap_or_default();
        // What has no rules is evaluated nevertheless.
        places.retain(|place| {
            let is_scanned = |account: &String| check.scanned.contains(account);
            place.state != PlaceState::NoRecorder || !place.account.as_ref().is_some_and(is_scanned)
        });
        places.extend(check.places);
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

/// The accounts that get nothing at all.
fn left_out(membership: &Membership) -> Vec<Place> {
    let Membership { excluded, outside, management, .. } = membership;
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
    named.chain(outside).chain(management).collect()
}

impl Deployment {
    /// How it was when everything was read.
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
        let drift_checked = members.problems.drift_checked.clone();
        OrganizationCoverage::new(self, self.is_deployed(), places, drift_checked, Vec::new())
    }

    /// How it is now. Packs that should be gone are failures where they are still there.
    /// With what is left of the stack sets of the other mode, where all should be moved.
    pub(crate) async fn read_coverage(&self, is_moved: bool) -> OrganizationCoverage {
        let Some(members) = &self.members else { return OrganizationCoverage::default() };
        let (mut is_deployed, mut places, mut unread) = (false, Vec::new(), Vec::new());
        let mut drift_checked = None;
        let membership = &members.membership;
        let left: BTreeSet<String> =
            membership.excluded.union(&membership.outside).cloned().collect();
        match members.stack_sets.with_leftovers(&left, is_moved).await {
            Ok(problems) => {
                is_deployed = problems.exists;
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
        OrganizationCoverage::new(self, is_deployed, places, drift_checked, unread)
    }
}
