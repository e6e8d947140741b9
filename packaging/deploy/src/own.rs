//! Own functions of an organization's accounts: the parameters of each Region, also while roles and
//! rules of an earlier release move.

use plumbline_templates::ParameterValues;
use plumbline_templates::contract::{
    FUNCTIONS_GLOBAL, FUNCTIONS_HERE, OFF, PACKS, PACKS_HERE, ROLES,
};

use crate::central::is_central;
use crate::former::is_former;
use crate::parameters::is_on;
use crate::place::{Place, PlaceState};
use crate::state::Deployment;

impl Deployment {
    /// Whether the roles of the accounts move to the stack set `plumbline-own-roles`.
    pub(crate) fn moves_roles(&self) -> bool {
        let home = self.regions.iter().find(|state| state.region == self.target.home_region);
        let held = home.and_then(|state| state.stack.as_ref());
        !is_central(&self.parameters) && held.is_some_and(is_former)
    }

    /// Returns the parameters of a Region's stack.
    pub(crate) fn parameters_in(&self, region: &str) -> ParameterValues {
        self.with_own(region, None)
    }

    /// Returns the parameters with which the stack is updated first. While roles move, functions
    /// keep them until all functions use the new ones, because CloudFormation updates accounts and
    /// Regions one after another.
    pub(crate) fn first_parameters_in(&self, region: &str) -> ParameterValues {
        self.with_own(region, self.moves_roles().then_some(FUNCTIONS_GLOBAL))
    }

    fn with_own(&self, region: &str, roles: Option<&str>) -> ParameterValues {
        let packs_here = self.lacks_recorder_here(region).then_some(OFF);
        let own = [(PACKS_HERE, packs_here), (ROLES, roles)];
        let mut own = own.into_iter().filter_map(|(name, value)| Some((name, value?))).peekable();
        if own.peek().is_none() {
            return self.parameters.clone();
        }
        let mut parameters = self.parameters.clone();
        parameters.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        self.source.template.settle(parameters)
    }

    /// Whether the deploying management account has functions but cannot have rules in a Region.
    fn lacks_recorder_here(&self, region: &str) -> bool {
        let is_here =
            self.parameters.get(FUNCTIONS_HERE).is_some_and(|functions| functions == "true");
        let state = self.regions.iter().find(|state| state.region == region);
        is_here
            && !is_central(&self.parameters)
            && is_on(&self.parameters, PACKS)
            && state.is_some_and(|state| state.readiness.lacks_recorder)
    }

    /// Returns the Regions in which the deploying management account has no rules.
    pub(crate) fn places_here(&self) -> Vec<Place> {
        let regions = self.regions.iter().map(|state| &state.region);
        let lacking = regions.filter(|region| self.lacks_recorder_here(region));
        lacking
            .map(|region| Place {
                account: Some(self.target.account.as_str().to_owned()),
                region: Some(region.clone()),
                what: "the account".to_owned(),
                state: PlaceState::NoRecorder,
                reason: "without rules, because AWS Config has no recorder".to_owned(),
            })
            .collect()
    }

    /// Whether rules of organization packs exist that the accounts get in stacks of their own.
    pub(crate) fn replaces_organization_packs(&self) -> bool {
        !is_central(&self.parameters)
            && self.regions.iter().flat_map(|state| &state.packs).any(|pack| pack.held.is_some())
    }
}
