//! The stack sets of an organization and their state in its accounts.

use crate::aws::blocked_places::BlockedPlaces;
use crate::aws::stack_sets::{StackSetProblems, StackSetTargets, StackSets, Uncompared};
use crate::central;
use crate::error::{DeployError, RegionError};
use crate::exclusions::Membership;
use crate::former;
use crate::stack::Stack;
use crate::target::{DeployTarget, OrganizationTarget};

/// The stack sets and accounts of an organization.
pub(crate) struct Members {
    pub(crate) stack_sets: StackSets,
    /// The problems of the stack sets.
    pub(crate) problems: StackSetProblems,
    /// The stacks in accounts that AWS did not check for drift, if drift detection ran.
    pub(crate) uncompared: Vec<Uncompared>,
    /// The accounts with functions and rules.
    pub(crate) membership: Membership,
    /// The places in which deployment is impossible.
    pub(crate) blocked: BlockedPlaces,
}

impl Members {
    /// Reads the stack sets, and rejects stack sets of another account.
    pub(crate) async fn read(
        target: &DeployTarget,
        organization: &OrganizationTarget,
        membership: Membership,
        home: Option<&Stack>,
        is_central: bool,
    ) -> Result<Self, DeployError> {
        let mut accounts = membership.covered.clone();
        accounts.remove(&organization.management_account);
        let stack_sets = StackSets::new(
            &target.session,
            StackSetTargets {
                is_central,
                call_as: organization.call_as(&target.account),
                home_region: target.home_region.clone(),
                regions: target.regions.clone(),
                units: membership.units.clone(),
                filtered: membership.filtered.clone(),
                accounts,
            },
        );
        let mut uncompared = Vec::new();
        if target.checks_drift {
            let detected = stack_sets.detect_drift().await;
            uncompared = detected.map_err(|RegionError(what)| DeployError::UncheckedDrift(what))?;
        }
        let mut problems = stack_sets.problems().await?;
        problems.places.extend(uncompared.iter().map(|one| one.place.clone()));
        if home.and_then(Stack::release).is_none() && stack_sets.any_exists().await? {
            return Err(DeployError::OtherDeployer {
                account: target.account.clone(),
                home: target.home_region.clone(),
            });
        }
        if home.is_some_and(former::is_former) {
            problems.places.retain(|place| !former::lacks_roles(place));
        }
        let holds_these = |home: &Stack| {
            home.release().is_some() && central::is_central(&home.parameters) == is_central
        };
        if !home.is_some_and(holds_these) {
            // Nothing is deployed yet, so there are no problems.
            problems = StackSetProblems::default();
            uncompared = Vec::new();
        }
        let (session, home_region) = (&target.session, &target.home_region);
        let blocked = BlockedPlaces::read(session, home_region, &problems.places).await;
        blocked.apply(&mut problems.places);
        Ok(Self { stack_sets, problems, uncompared, membership, blocked })
    }
}
