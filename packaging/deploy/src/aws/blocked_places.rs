//! Finds accounts and Regions in which deployment is impossible, because a policy denies the Region
//! or the Region is not enabled.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_aws::session::Session;
use plumbline_core::answer::Cause;
use plumbline_core::operation::{Operation, Service};

use crate::place::{Place, PlaceState};

/// The call is allowed if the organization trusts `account.amazonaws.com`.
const LIST_REGIONS: Operation = Operation::new(Service::Account, "account:ListRegions", "*");

/// Accounts and Regions in which deployment is impossible. Rules fail there because the functions
/// are missing, and AWS Config reports a different reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockedPlaces(BTreeMap<(String, String), PlaceState>);

impl BlockedPlaces {
    /// Finds them from the places in which functions failed. For accounts with other failures or
    /// missing functions, the Regions of the account are read, if this is allowed.
    pub(crate) async fn read(session: &Session, home_region: &str, places: &[Place]) -> Self {
        let mut blocked = Self::of(places);
        let accounts: BTreeSet<&str> = places
            .iter()
            .filter(|place| is_open(place))
            .filter_map(|place| place.account.as_deref())
            .collect();
        let client = session.account(home_region);
        for account in accounts {
            let call =
                |token| client.list_regions().account_id(account).set_next_token(token).send();
            let regions = session.list(
                LIST_REGIONS,
                call,
                |page| page.next_token(),
                |page| Ok(page.regions.unwrap_or_default()),
            );
            let regions = match regions.await {
                Ok(regions) => regions,
                // Access is denied for all accounts.
                Err(error) if error.cause == Cause::Denied => break,
                // The management account cannot be read by its ID.
                Err(_) => continue,
            };
            for region in regions {
                // The home Region is always required.
                if region.region_name() == Some(home_region) {
                    continue;
                }
                let status = region.region_opt_status().map(|status| status.as_str());
                if let (Some("DISABLED" | "DISABLING"), Some(name)) = (status, region.region_name())
                {
                    let place = (account.to_owned(), name.to_owned());
                    blocked.0.insert(place, PlaceState::RegionNotEnabled);
                }
            }
        }
        blocked
    }

    /// Collects the states of the places.
    fn of(places: &[Place]) -> Self {
        let is_blocked = |state: PlaceState| {
            matches!(state, PlaceState::RegionDenied | PlaceState::RegionNotEnabled)
        };
        let blocked = places.iter().filter(|place| is_blocked(place.state)).filter_map(|place| {
            Some(((place.account.clone()?, place.region.clone()?), place.state))
        });
        Self(blocked.collect())
    }

    /// Returns the reason why an account and Region cannot be deployed to.
    pub(crate) fn state(&self, account: &str, region: &str) -> Option<PlaceState> {
        self.0.get(&(account.to_owned(), region.to_owned())).copied()
    }

    /// Sets the state of places that failed or are missing for this reason.
    pub(crate) fn apply(&self, places: &mut [Place]) {
        for place in places.iter_mut().filter(|place| is_open(place)) {
            if let (Some(account), Some(region)) = (&place.account, &place.region)
                && let Some(state) = self.state(account, region)
            {
                place.state = state;
            }
        }
    }
}

/// Whether a place failed or is missing.
fn is_open(place: &Place) -> bool {
    matches!(place.state, PlaceState::Failed | PlaceState::Missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_without_functions_are_where_the_functions_are_blocked() {
        let place = |account: &str, region: &str, state| Place {
            account: Some(account.to_owned()),
            region: Some(region.to_owned()),
            what: "the pack".to_owned(),
            state,
            reason: "CREATE_FAILED".to_owned(),
        };
        let blocked = BlockedPlaces::of(&[
            place("1", "r", PlaceState::RegionDenied),
            place("1", "s", PlaceState::NoRecorder),
        ]);
        let mut places = [
            place("1", "r", PlaceState::Failed),
            place("1", "s", PlaceState::Failed),
            place("1", "r", PlaceState::NoRecorder),
            place("2", "r", PlaceState::Missing),
        ];
        blocked.apply(&mut places);
        assert_eq!(
            places.map(|place| place.state),
            [
                PlaceState::RegionDenied,
                PlaceState::Failed,
                PlaceState::NoRecorder,
                PlaceState::Missing
            ]
        );
    }
}
