//! Detects and corrects drift of stack instances in the accounts.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::primitives::{DateTime, DateTimeFormat};
use aws_sdk_cloudformation::types as cfn;
use plumbline_core::operation::{Operation, Service};

use super::{StackInstance, StackSets, operation_preferences};
use crate::error::RegionError;
use crate::place::{Place, PlaceState};

const DETECT_STACK_SET_DRIFT: Operation =
    Operation::new(Service::CloudFormation, "cloudformation:DetectStackSetDrift", "*");
const DELETE_STACK_INSTANCES: Operation =
    Operation::new(Service::CloudFormation, "cloudformation:DeleteStackInstances", "*");

/// Describes the drift that the latest drift detection found in an instance.
pub(super) fn drift(summary: &cfn::StackInstanceSummary) -> Option<(PlaceState, String)> {
    let is_drifted = summary.drift_status == Some(cfn::StackDriftStatus::Drifted);
    is_drifted.then(|| {
        let checked = summary.last_drift_check_timestamp.as_ref().map_or_else(
            || "at an unknown time".to_owned(),
            |time| format!("on {}", written(time)),
        );
        let reason =
            format!("DRIFTED: its resources were changed in the account, detected {checked}");
        (PlaceState::Drifted, reason)
    })
}

/// Formats a time to the second.
pub(super) fn written(time: &DateTime) -> String {
    let seconds = DateTime::from_secs(time.secs());
    seconds.fmt(DateTimeFormat::DateTime).unwrap_or_else(|_| time.secs().to_string())
}

impl StackSets {
    /// Runs drift detection for all instances and waits for it. Returns the places that were not
    /// checked, because AWS continues after a failure.
    pub(crate) async fn detect_drift(&self) -> Result<Vec<Place>, RegionError> {
        let mut unchecked = Vec::new();
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
            self.operation_ended(&name, &begun.operation_id.unwrap_or_default()).await?;
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
            let places = after.iter().filter(is_target).filter(|one| !was_checked(one));
            unchecked.extend(places.map(|one| Place {
                account: Some(one.account.clone()),
                region: Some(one.region.clone()),
                what: name.clone(),
                state: PlaceState::Failed,
                reason: "not checked for drift by AWS".to_owned(),
            }));
        }
        Ok(unchecked)
    }

    /// Deletes the instances that drifted, so that they are created again. An update without a
    /// template change would not correct them. Returns whether any instance was deleted.
    pub(super) async fn delete_drifted(
        &self,
        name: &str,
        regions: &[String],
        report_progress: &impl Fn(&str),
    ) -> Result<bool, RegionError> {
        let instances = self.instances(name).await?.unwrap_or_default();
        let drifted = drifted(&instances, regions);
        for (region, accounts) in &drifted {
            let (number, plural) = (accounts.len(), if accounts.len() == 1 { "" } else { "s" });
            report_progress(&format!(
                "deleting '{name}' in {number} account{plural} of {region} to create it again"
            ));
            let targets = cfn::DeploymentTargets::builder()
                .set_organizational_unit_ids(Some(self.targets.units.clone()))
                .account_filter_type(cfn::AccountFilterType::Intersection)
                .set_accounts(Some(accounts.clone()))
                .build();
            let call = self
                .client
                .delete_stack_instances()
                .stack_set_name(name)
                .deployment_targets(targets)
                .regions(*region)
                .retain_stacks(false)
                .operation_preferences(preferences())
                .call_as(self.targets.call_as.clone())
                .send();
            let begun = self.session.send(DELETE_STACK_INSTANCES, call).await?;
            self.operation_ended(name, &begun.operation_id.unwrap_or_default()).await?;
        }
        Ok(!drifted.is_empty())
    }
}

/// The concurrency of an operation over accounts and Regions.
pub(super) fn preferences() -> cfn::StackSetOperationPreferences {
    cfn::StackSetOperationPreferences::builder()
        .region_concurrency_type(operation_preferences::REGION_CONCURRENCY_TYPE.into())
        .concurrency_mode(operation_preferences::CONCURRENCY_MODE.into())
        .failure_tolerance_percentage(operation_preferences::FAILURE_TOLERANCE_PERCENTAGE)
        .max_concurrent_percentage(operation_preferences::MAX_CONCURRENT_PERCENTAGE)
        .build()
}

/// Returns the accounts of instances that drifted, by Region.
fn drifted<'a>(
    instances: &'a [StackInstance],
    regions: &[String],
) -> BTreeMap<&'a str, Vec<String>> {
    let mut drifted: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for StackInstance { account, region, problem, .. } in instances {
        if matches!(problem, Some((PlaceState::Drifted, _))) && regions.contains(region) {
            drifted.entry(region).or_default().push(account.clone());
        }
    }
    drifted
}
