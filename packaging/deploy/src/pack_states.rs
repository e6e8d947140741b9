//! The organization conformance packs of a Region: their current and their wanted state.

use std::collections::BTreeSet;

use plumbline_templates::ParameterValues;
use plumbline_templates::contract::{LEVEL, PACKS, pack_template};
use plumbline_templates::packs::PackTemplate;
use plumbline_templates::template::Template;

use crate::aws::config_packs::{self, PackOptions, Packs};
use crate::canary::{Canary, is_ahead};
use crate::central::{self, is_central};
use crate::error::DeployError;
use crate::guardrails::tags::StackTags;
use crate::members::Members;
use crate::pack::{self, DeployedPack, PackAction};
use crate::parameters::{is_on, value};
use crate::target::DeployTarget;
use crate::wanted_pack::{WantedPack, rules};

/// An organization conformance pack: its current and its wanted state.
pub(crate) struct PackState {
    pub(crate) name: String,
    pub(crate) held: Option<DeployedPack>,
    pub(crate) wanted: Option<WantedPack>,
}

impl PackState {
    /// Whether the deployed pack remains, because its rules belong to another release.
    pub(crate) fn is_kept(&self) -> bool {
        self.wanted.as_ref().is_some_and(|wanted| wanted.is_kept)
    }

    /// Returns the next action for the pack. Its inputs include the digest of its body.
    pub(crate) fn action(&self) -> PackAction {
        pack::next_action(self.held.as_ref(), self.wanted.as_ref())
    }
}

/// Returns the options for reading the packs of an organization.
pub(crate) fn pack_options(target: &DeployTarget, members: Option<&Members>) -> PackOptions {
    PackOptions {
        is_delegate: target.is_delegate(),
        lacks_access: target.lacks_pack_access(),
        retries_skipped: target.is_strict,
        spares_failures: target.spares_failures,
        blocked: members.map(|members| members.blocked.clone()).unwrap_or_default(),
    }
}

/// The accounts of organization packs.
pub(crate) struct PackAccounts<'a> {
    pub(crate) members: &'a Members,
    pub(crate) canary: Option<&'a Canary>,
}

/// Reads the organization packs of a Region.
pub(crate) async fn pack_states(
    target: &DeployTarget,
    region: &str,
    template: &Template,
    parameters: &ParameterValues,
    of: &PackAccounts<'_>,
    tags: &StackTags,
) -> Result<Vec<PackState>, DeployError> {
    let PackAccounts { members, canary } = of;
    let Members { membership, .. } = members;
    let (nobody, canary) = (BTreeSet::new(), canary.map(|canary| &canary.accounts));
    let (accounts, excluded) = (&membership.covered, membership.without_rules());
    let packs = Packs::new(&target.session, region, pack_options(target, Some(members)));
    let mut states = Vec::new();
    for (scope, name) in config_packs::names(region == target.home_region) {
        // The stacks of accounts with own functions have the rules.
        let mut wanted = match is_central(parameters) && is_on(parameters, PACKS) {
            true => {
                let level = value(template, parameters, LEVEL);
                let pack = PackTemplate::of(scope, &level).ok_or_else(|| {
                    DeployError::Template(format!("'{}' is missing", pack_template(scope, &level)))
                })?;
                let wanted = WantedPack::new(pack, template, parameters, accounts, &excluded);
                let functions = central::functions_of(target, region);
                Some(wanted.of_central(pack, &functions, canary.unwrap_or(&nobody), tags)?)
            }
            false => None,
        };
        let held = packs.find(&name, wanted.as_ref()).await?;
        if held.as_ref().is_some_and(|held| !held.is_of(&target.account)) {
            return Err(DeployError::CentralPack { region: region.to_owned(), name });
        }
        if let (Some(held), Some(wanted), true) = (&held, &mut wanted, is_ahead(parameters)) {
            // The other accounts have no functions for other rules yet.
            wanted.is_kept = rules(&held.inputs) != rules(&wanted.inputs);
        }
        states.push(PackState { name, held, wanted });
    }
    Ok(states)
}
