//! Detects and corrects drift of stack instances in the accounts.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::primitives::{DateTime, DateTimeFormat};
use aws_sdk_cloudformation::types as cfn;
use plumbline_core::operation::{Operation, Service};

use super::{StackInstance, StackInstanceName, StackSets, operation_preferences};
use crate::error::RegionError;
use crate::place::{Place, PlaceState};

const DETECT_STACK_SET_DRIFT: Operation =
    Operation::new(Service::CloudFormation, "cloudformation:DetectStackSetDrift", "*");
const DELETE_STACK_INSTANCES: Operation =
    Operation::new(Service::CloudFormation, "cloudformation:DeleteStackInstances", "*");
const LIST_OPERATION_RESULTS: Operation =
    Operation::new(Service::CloudFormation, "cloudformation:ListStackSetOperationResults", "*");

/// What AWS CloudFormation says of a stack that somebody deleted.
const NO_STACK: &str = "does not exist";

/// A stack that AWS did not compare with what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Uncompared {
    pub(crate) place: Place,
    /// Whether that is because somebody deleted it.
    pub(crate) is_gone: bool,
}

/// What is deleted to be made again, besides the stacks that are known to be changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mending<'a> {
    /// The stacks that were not compared.
    pub(crate) uncompared: &'a [Uncompared],
    /// The accounts whose role does not do what it has to.
    pub(crate) broken: &'a BTreeSet<String>,
}

impl Mending<'_> {
    /// The instances of a stack set to delete, by Region: those whose stack is there, or whose stack
    /// is gone.
    fn accounts<'a>(
        &self,
        name: &str,
        instances: &'a [StackInstance],
        regions: &[String],
        is_gone: bool,
    ) -> BTreeMap<&'a str, Vec<String>> {
        let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for instance in instances.iter().filter(|one| regions.contains(&one.region)) {
            let has_gone = self.uncompared.iter().any(|one| {
                let Place { account, region, what, .. } = &one.place;
                let place = (account.as_deref(), region.as_deref());
                let (account, region) = instance.place();
                one.is_gone && what == name && place == (Some(account), Some(region))
            });
            let is_changed = match &instance.problem {
                Some((PlaceState::Drifted, _)) => true,
                // Others are tried again, or cannot be reached.
                Some(_) => false,
                None => self.broken.contains(&instance.account),
            };
            if has_gone == is_gone && (has_gone || is_changed) {
                found.entry(&instance.region).or_default().push(instance.account.clone());
            }
        }
        found
    }
}

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
        mending: &Mending<'_>,
        report_progress: &impl Fn(&str),
    ) -> Result<bool, RegionError> {
        let instances = self.instances(name).await?.unwrap_or_default();
        let mut any = false;
        for is_gone in [false, true] {
            for (region, accounts) in mending.accounts(name, &instances, regions, is_gone) {
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

/// The concurrency of an operation over accounts and Regions.
pub(super) fn preferences() -> cfn::StackSetOperationPreferences {
    cfn::StackSetOperationPreferences::builder()
        .region_concurrency_type(operation_preferences::REGION_CONCURRENCY_TYPE.into())
        .concurrency_mode(operation_preferences::CONCURRENCY_MODE.into())
        .failure_tolerance_percentage(operation_preferences::FAILURE_TOLERANCE_PERCENTAGE)
        .max_concurrent_percentage(operation_preferences::MAX_CONCURRENT_PERCENTAGE)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_changed_is_deleted_and_what_is_gone_is_forgotten() {
        let instance = |account: &str, state: Option<PlaceState>| StackInstance {
            account: account.to_owned(),
            region: "r".to_owned(),
            problem: state.map(|state| (state, String::new())),
            drift_checked: None,
            operation: None,
        };
        let uncompared = |account: &str, is_gone| Uncompared {
            place: Place {
                account: Some(account.to_owned()),
                region: Some("r".to_owned()),
                what: "set".to_owned(),
                state: PlaceState::Failed,
                reason: String::new(),
            },
            is_gone,
        };
        let instances = [
            instance("drifted", Some(PlaceState::Drifted)),
            instance("gone", None),
            instance("unknown", None),
            instance("broken", None),
            instance("broken and gone", Some(PlaceState::Drifted)),
            instance("broken and failed", Some(PlaceState::Failed)),
            instance("fine", None),
        ];
        let uncompared = [
            uncompared("gone", true),
            uncompared("unknown", false),
            uncompared("broken and gone", true),
        ];
        let broken = ["broken", "broken and gone", "broken and failed"].map(str::to_owned).into();
        let mending = Mending { uncompared: &uncompared, broken: &broken };
        let regions = ["r".to_owned()];
        let accounts = |name: &str, is_gone| {
            let found = mending.accounts(name, &instances, &regions, is_gone);
            found.into_values().flatten().collect::<Vec<_>>()
        };
        assert_eq!(accounts("set", false), ["drifted", "broken"]);
        assert_eq!(accounts("set", true), ["gone", "broken and gone"]);
        assert_eq!(accounts("another", true), Vec::<String>::new());
    }
}
