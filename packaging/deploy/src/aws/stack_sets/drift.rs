//! Detects and corrects drift of stack instances in the accounts.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types as cfn;
use plumbline_core::operation::{Operation, Service};

use super::StackSets;
use super::instance::{
    NO_STACK, Recreation, StackInstance, StackInstanceName, Uncompared, preferences,
};
use crate::error::RegionError;
use crate::place::{Place, PlaceState};

const DETECT_STACK_SET_DRIFT: Operation =
    Operation::new(Service::CloudFormation, "cloudformation:DetectStackSetDrift", "*");
const DELETE_STACK_INSTANCES: Operation =
    Operation::new(Service::CloudFormation, "cloudformation:DeleteStackInstances", "*");
const LIST_OPERATION_RESULTS: Operation =
    Operation::new(Service::CloudFormation, "cloudformation:ListStackSetOperationResults", "*");

impl StackSets {
    /// Runs drift detection for all instances and waits for it. Returns the places that were not
    /// checked, because AWS continues after a failure.
    pub(crate) async fn detect_drift(&self) -> Result<Vec<Uncompared>, RegionError> {
        let mut uncompared = Vec::new();
        for (name, regions) in self.all() {
            let Some(before) = self.instances(&name).await? else { continue };
            let preferences = preferences();
            let call = self
                .client
                .detect_stack_set_drift()
                .stack_set_name(&name)
                .operation_preferences(preferences)
                .call_as(self.targets.call_as.clone())
                .send();
            let begun = self.session.send(DETECT_STACK_SET_DRIFT, call).await?;
            let operation = begun.operation_id.unwrap_or_default();
            self.operation_ended(&name, &operation).await?;
            let after = self.instances(&name).await?.unwrap_or_default();
            let was_checked = |one: &StackInstance| {
                let former = before.iter().find(|held| held.place() == one.place());
                one.drift_checked > former.and_then(|held| held.drift_checked)
            };
            let is_target = |one: &&StackInstance| {
                self.targets.accounts.contains(&one.account)
                    && regions.contains(&one.region)
                    && one.problem.is_none()
            };
            let left: Vec<&StackInstance> =
                after.iter().filter(is_target).filter(|one| !was_checked(one)).collect();
            if left.is_empty() {
                continue;
            }
            let reasons = self.operation_reasons(&name, &operation).await?;
            uncompared.extend(left.into_iter().map(|one| {
                let reason = reasons.get(&one.name(&name));
                let why = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
                Uncompared {
                    place: Place {
                        account: Some(one.account.clone()),
                        region: Some(one.region.clone()),
                        what: name.clone(),
                        state: PlaceState::Failed,
                        reason: format!("not checked for drift by AWS{why}"),
                    },
                    is_gone: reason.is_some_and(|reason| reason.contains(NO_STACK)),
                }
            }));
        }
        Ok(uncompared)
    }

    /// Returns the reasons why an operation failed, by instance.
    async fn operation_reasons(
        &self,
        name: &str,
        operation: &str,
    ) -> Result<BTreeMap<StackInstanceName, String>, RegionError> {
        let call = |token| {
            self.client
                .list_stack_set_operation_results()
                .stack_set_name(name)
                .operation_id(operation)
                .call_as(self.targets.call_as.clone())
                .set_next_token(token)
                .send()
        };
        let results = self.session.list(
            LIST_OPERATION_RESULTS,
            call,
            |page| page.next_token(),
            |page| Ok(page.summaries.unwrap_or_default()),
        );
        let reason = |result: cfn::StackSetOperationResultSummary| {
            let instance = StackInstanceName {
                stack_set: name.to_owned(),
                account: result.account?,
                region: result.region?,
            };
            Some((instance, result.status_reason?))
        };
        Ok(results.await?.into_iter().filter_map(reason).collect())
    }

    /// Deletes the instances that drifted, so that they are created again. An update without a
    /// template change would not correct them. Returns whether any instance was deleted.
    pub(super) async fn delete_changed(
        &self,
        name: &str,
        regions: &[String],
        recreation: &Recreation<'_>,
        report_progress: &impl Fn(&str),
    ) -> Result<bool, RegionError> {
        let instances = self.instances(name).await?.unwrap_or_default();
        let mut any = false;
        for is_gone in [false, true] {
            for (region, accounts) in recreation.accounts(name, &instances, regions, is_gone) {
                any = true;
                let (number, plural) = (accounts.len(), if accounts.len() == 1 { "" } else { "s" });
                report_progress(&format!(
                    "deleting '{name}' in {number} account{plural} of {region} to create it again"
                ));
                let targets = cfn::DeploymentTargets::builder()
                    .set_organizational_unit_ids(Some(self.targets.units.clone()))
                    .account_filter_type(cfn::AccountFilterType::Intersection)
                    .set_accounts(Some(accounts))
                    .build();
                let call = self
                    .client
                    .delete_stack_instances()
                    .stack_set_name(name)
                    .deployment_targets(targets)
                    .regions(region)
                    // If the stack does not exist, only its entry is deleted.
                    .retain_stacks(is_gone)
                    .operation_preferences(preferences())
                    .call_as(self.targets.call_as.clone())
                    .send();
                let begun = self.session.send(DELETE_STACK_INSTANCES, call).await?;
                self.operation_ended(name, &begun.operation_id.unwrap_or_default()).await?;
            }
        }
        Ok(any)
    }
}
