//! Checks and describes the canary unit of a deployment.

use plumbline_templates::ParameterValues;
use plumbline_templates::canary::RULES;
use plumbline_templates::contract::{BODY, CANARY_SET, CENTRAL_SET, LEVEL};

use crate::canary::{Canary, is_ahead, release_of};
use crate::error::DeployError;
use crate::pack_states::PackState;
use crate::place::few;
use crate::state::Deployment;

impl Deployment {
    /// Rejects changes that the accounts outside of the canary unit cannot have with their release.
    pub(crate) fn check_canary(&self) -> Result<(), DeployError> {
        if !is_ahead(&self.parameters) {
            return Ok(());
        }
        let is_new = |region: &&String| {
            let mut states = self.regions.iter().filter(|state| state.region == **region);
            states.any(|state| state.stack.is_none())
        };
        let regions = self.regions.iter().map(|state| &state.region);
        let added: Vec<String> = regions.filter(is_new).cloned().collect();
        if !added.is_empty() {
            return Err(DeployError::CanaryRegion(added));
        }
        let release = release_of(&self.parameters, CANARY_SET);
        let rejected = |what: &'static str, differs: &dyn Fn(&PackState) -> bool| {
            let regions: Vec<String> = self
                .regions
                .iter()
                .filter(|state| state.packs.iter().any(|pack| pack.is_kept() && differs(pack)))
                .map(|state| state.region.clone())
                .collect();
            let is_rejected = !regions.is_empty();
            let release = release.to_owned();
            is_rejected.then_some(DeployError::CanaryRules { release, what, regions })
        };
        let is_first = |pack: &PackState| {
            let held = pack.held.as_ref();
            held.is_some_and(|held| !held.inputs.contains_key(RULES))
        };
        let has_other_parameters = |pack: &PackState| {
            let held = pack.held.as_ref().map(|held| of_controls(&held.inputs));
            held != pack.wanted.as_ref().map(|wanted| of_controls(&wanted.inputs))
        };
        let home = self.regions.iter().find(|state| state.region == self.target.home_region);
        let held = home.and_then(|state| state.stack.as_ref());
        let has_other_level =
            held.is_some_and(|held| held.parameters.get(LEVEL) != self.parameters.get(LEVEL));
        let found = rejected("the canary unit", &is_first)
            .or_else(|| rejected("parameters of controls", &has_other_parameters))
            .or_else(|| rejected("the level", &|_| has_other_level));
        found.map_or(Ok(()), Err)
    }

    /// Describes the canary unit. Empty without one.
    pub(crate) fn canary_plan(&self) -> String {
        let Some(Canary { unit, accounts, others }) = &self.canary else { return String::new() };
        let accounts = match accounts.is_empty() {
            true => "no account".to_owned(),
            false => few(accounts),
        };
        let release = release_of(&self.parameters, CANARY_SET);
        match others {
            Some(others) => format!(
                "Canary unit {unit} (experimental): {accounts} with release {release}. All other \
                 accounts keep release {others} until --promote.\n"
            ),
            None => format!(
                "Canary unit {unit} (experimental): {accounts}. The next release reaches all \
                 other accounts only with --promote.\n"
            ),
        }
    }

    /// Describes which accounts do not have the release, for the end of a sentence. Empty if all
    /// have it.
    pub(crate) fn canary_result(&self) -> String {
        let others = self.canary.as_ref().and_then(|canary| canary.others.as_ref());
        others.map_or_else(String::new, |others| {
            format!(
                " for the canary unit only. All other accounts keep release {others} until \
                 --promote"
            )
        })
    }

    /// Describes when a stack of former central functions is deleted.
    pub(crate) fn former_central_plan(&self) -> &'static str {
        match self.has_central_functions() {
            true => "will be deleted after the rules of all accounts invoke the same functions",
            false => "will be deleted after all rules invoke the functions of their accounts",
        }
    }

    /// Returns the release of the accounts outside of the canary unit.
    pub(crate) fn central_release(&self) -> &str {
        release_of(&self.parameters, CENTRAL_SET)
    }
}

/// Returns the parameters of controls among the inputs of a pack.
fn of_controls(inputs: &ParameterValues) -> ParameterValues {
    let mut inputs = inputs.clone();
    inputs.retain(|name, _| ![BODY, RULES].contains(&name.as_str()));
    inputs
}
