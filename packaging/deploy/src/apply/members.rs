//! The stack sets of an organization.

use std::sync::Arc;

use super::Apply;
use crate::aws::stack_sets::Recreation;
use crate::error::RegionError;

impl Apply {
    /// Deploys the release to the stack sets in the home stack of an organization.
    pub(super) async fn reconcile_members(
        self: Arc<Self>,
        region: String,
    ) -> Result<(), RegionError> {
        let wanted = self.deployment.parameters_in(&region);
        self.reconcile_stack_sets(&region, &wanted).await
    }

    /// Deploys the release to the stack sets, without the deletion of former roles.
    pub(super) async fn reconcile_first_members(
        self: Arc<Self>,
        region: String,
    ) -> Result<(), RegionError> {
        let wanted = self.deployment.first_parameters_in(&region);
        self.reconcile_stack_sets(&region, &wanted).await
    }

    /// Waits for the stack sets of an organization, and retries failed and missing instances.
    pub(super) async fn retry_members(self: Arc<Self>, region: String) -> Result<(), RegionError> {
        match &self.deployment.members {
            Some(members) => {
                let (sets, is_strict) = (&members.stack_sets, self.deployment.target.is_strict);
                let report_progress = |what: &str| self.report_progress(&region, what);
                self.check_settings().await?;
                let broken = self.deployment.broken_accounts();
                let recreation = Recreation { uncompared: &members.uncompared, broken: &broken };
                sets.retry_failed(is_strict, &members.blocked, &recreation, report_progress).await
            }
            None => Ok(()),
        }
    }
}
