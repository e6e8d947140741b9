//! Applies the plan for central functions.

use std::sync::Arc;

use super::Apply;
use super::reconcile_release;
use crate::canary::{CANARY_PERMISSION_STACK, CANARY_STACK};
use crate::central::{self, FUNCTIONS_STACK, MEMBERS_STACK, PERMISSION_STACK, TASKS_STACK};
use crate::error::{DeployError, RegionError};
use crate::place::Place;
use crate::stack::{StackAction, WantedStack};
use crate::state::Deployment;

/// The stacks of each set of functions, with the stack of the permission to invoke them.
const FUNCTION_STACKS: [(&str, &str); 2] =
    [(CANARY_STACK, CANARY_PERMISSION_STACK), (FUNCTIONS_STACK, PERMISSION_STACK)];

impl Apply {
    /// Deploys central functions and the permission for rules to invoke them, then the role of the
    /// member accounts, and last the rules, in the Regions that have code and templates. AWS Config
    /// checks the function when a rule is created. Functions of the accounts remain until all rules
    /// invoke the central functions.
    pub(super) async fn run_central(
        self: &Arc<Self>,
        supplied: &[String],
        problems: &mut Vec<(String, String)>,
    ) -> Result<(), DeployError> {
        let home_region = &self.deployment.target.home_region;
        let (home, others): (Vec<String>, Vec<String>) =
            supplied.iter().cloned().partition(|region| region == home_region);
        let replaces_own = self.deployment.replaces_own_functions();
        if !replaces_own {
            // The stack sets come first, because they mark this account as the deploying account. A
            // failure of aggregator or queries does not roll them back.
            if self.in_regions(&home, problems, Self::reconcile_members).await?.is_empty() {
                let why = "the stack of the home Region does not exist";
                problems.extend(supplied.iter().map(|region| self.not_tried(region, why)));
                return Ok(());
            }
            self.in_regions(supplied, problems, reconcile_release).await?;
        }
        let functions = |this: Arc<Self>, region: String| async move {
            let names =
                FUNCTION_STACKS.into_iter().flat_map(|(name, permission)| [name, permission]);
            this.reconcile_central(&region, &names.collect::<Vec<_>>()).await
        };
        let mut ready = self.in_regions(&home, problems, functions).await?;
        if ready.is_empty() {
            let why = "the functions require the role of the home Region";
            problems.extend(others.iter().map(|region| self.not_tried(region, why)));
            return Ok(());
        }
        ready.extend(self.in_regions(&others, problems, functions).await?);
        let members = |this: Arc<Self>, region: String| async move {
            this.reconcile_central(&region, &[MEMBERS_STACK]).await
        };
        if !self.in_regions(&home, problems, members).await?.is_empty() {
            self.in_regions(&home, problems, Self::retry_members).await?;
        }
        if replaces_own && (!problems.is_empty() || !self.are_stack_sets_complete().await?) {
            let why = "rules invoke the functions of their accounts until every account has the \
                       role for central functions; --exclude-account excludes an account";
            problems.extend(ready.iter().map(|region| self.not_tried(region, why)));
            return Ok(());
        }
        self.in_regions(&ready, problems, |this, region| async move {
            this.reconcile_packs(&region).await
        })
        .await?;
        self.in_regions(&home, problems, |this, region| async move {
            this.reconcile_central(&region, &[TASKS_STACK]).await
        })
        .await?;
        self.delete_former_central(problems, "the functions of the former canary unit").await?;
        if replaces_own && self.may_delete_others(problems, "the functions of the accounts").await {
            self.in_regions(supplied, problems, reconcile_release).await?;
        }
        Ok(())
    }

    /// Whether all accounts that can have the stacks of the stack sets have them.
    pub(super) async fn are_stack_sets_complete(&self) -> Result<bool, DeployError> {
        let Some(members) = &self.deployment.members else { return Ok(true) };
        let mut problems = members.stack_sets.problems().await?;
        members.blocked.apply(&mut problems.places);
        let is_failure = |place: &Place| place.state.is_failure(self.deployment.target.is_strict);
        Ok(problems.exists && !problems.places.iter().any(is_failure))
    }

    /// Deletes the stacks of central functions that rules no longer invoke.
    pub(super) async fn delete_former_central(
        self: &Arc<Self>,
        problems: &mut Vec<(String, String)>,
        which: &str,
    ) -> Result<(), DeployError> {
        let regions = self.deployment.regions.iter();
        let (home, others): (Vec<String>, Vec<String>) = regions
            .filter(|state| !state.former_central.is_empty())
            .map(|state| state.region.clone())
            .partition(|region| *region == self.deployment.target.home_region);
        if (home.is_empty() && others.is_empty()) || !self.may_delete_others(problems, which).await
        {
            return Ok(());
        }
        self.in_regions(&others, problems, delete_former).await?;
        // The home Region contains the role of the functions.
        self.in_regions(&home, problems, delete_former).await?;
        Ok(())
    }

    /// Whether the former functions can be deleted, because all rules invoke the new ones.
    async fn may_delete_others(&self, problems: &mut Vec<(String, String)>, which: &str) -> bool {
        let coverage = self.deployment.read_coverage(false).await;
        let is_complete = coverage.unread.is_empty() && coverage.failures().next().is_none();
        let may = problems.is_empty() && is_complete;
        if !may {
            let why =
                format!("{which} remain until the rules of all accounts invoke the new functions");
            let home = &self.deployment.target.home_region;
            problems.push(self.not_tried(home, &why));
        }
        may
    }

    /// Creates or updates some of the central function stacks of a Region.
    async fn reconcile_central(&self, region: &str, names: &[&str]) -> Result<(), RegionError> {
        let state = self.deployment.regions.iter().find(|state| state.region == region);
        let stacks = state.iter().flat_map(|state| &state.central);
        for stack in stacks.filter(|stack| names.contains(&stack.name)) {
            // New functions have no resource policies, even if the stack of the permission exists.
            let is_new = matches!(stack.action(), StackAction::Create | StackAction::Delete);
            let permission = FUNCTION_STACKS.into_iter().find(|(name, _)| *name == stack.name);
            if let Some((_, permission)) = permission.filter(|_| is_new) {
                let report_progress = |what: &str| self.report_progress(region, what);
                let target = &self.deployment.target;
                central::delete(target, region, &[permission], &report_progress).await?;
            }
            let wanted = WantedStack::With(stack.parameters.clone());
            let template = stack.template.clone();
            self.reconcile_stack(region, stack.name, template, &wanted, stack.what).await?;
        }
        Ok(())
    }
}

/// Deletes the central functions of a Region whose rules invoke other functions.
async fn delete_former(apply: Arc<Apply>, region: String) -> Result<(), RegionError> {
    let Deployment { target, regions, .. } = &apply.deployment;
    let Some(state) = regions.iter().find(|state| state.region == region) else { return Ok(()) };
    let report_progress = |what: &str| apply.report_progress(&region, what);
    central::delete(target, &region, &state.former_central, &report_progress).await
}
