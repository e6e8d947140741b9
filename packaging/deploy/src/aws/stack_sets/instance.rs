//! The instances of a stack set, and their problems.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::primitives::{DateTime, DateTimeFormat};
use aws_sdk_cloudformation::types as cfn;
use plumbline_templates::contract::operation_preferences;

use crate::place::{Place, PlaceState};

/// The text of AWS CloudFormation about a deleted stack.
pub(super) const NO_STACK: &str = "does not exist";

/// A stack set, and an account and a Region in which it has a stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StackInstanceName {
    pub(crate) stack_set: String,
    pub(crate) account: String,
    pub(crate) region: String,
}

/// The problems of a stack set.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct StackSetProblems {
    /// Whether a stack set exists.
    pub(crate) exists: bool,
    /// The oldest drift detection of all instances. Absent if an instance was not checked.
    pub(crate) drift_checked: Option<String>,
    pub(crate) places: Vec<Place>,
    /// The latest operation on each stack.
    pub(crate) operations: BTreeMap<StackInstanceName, Option<String>>,
}

impl StackSetProblems {
    /// Records the latest operation of each instance of a stack set.
    pub(super) fn note(&mut self, name: &str, instances: &[StackInstance]) {
        let operation = |one: &StackInstance| (one.name(name), one.operation.clone());
        self.operations.extend(instances.iter().map(operation));
    }

    /// Returns the stacks that were created or updated since: those with another latest operation.
    pub(crate) fn changed_since(&self, before: &Self) -> BTreeSet<StackInstanceName> {
        let is_changed = |name: &StackInstanceName, operation: &Option<String>| {
            before.operations.get(name) != Some(operation)
        };
        let changed =
            self.operations.iter().filter(|(name, operation)| is_changed(name, operation));
        changed.map(|(name, _)| name.clone()).collect()
    }

    /// Returns the number of places in which a deployment is in progress.
    pub(super) fn in_progress(&self) -> usize {
        self.places.iter().filter(|place| place.state == PlaceState::InProgress).count()
    }
}

/// One instance of a stack set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StackInstance {
    pub(super) account: String,
    pub(super) region: String,
    /// The state and reason of an instance that is not current.
    pub(super) problem: Option<(PlaceState, String)>,
    /// The latest drift detection.
    pub(super) drift_checked: Option<DateTime>,
    /// The latest operation on the instance.
    pub(super) operation: Option<String>,
}

impl StackInstance {
    /// Returns its name as an instance of a stack set.
    pub(super) fn name(&self, stack_set: &str) -> StackInstanceName {
        StackInstanceName {
            stack_set: stack_set.to_owned(),
            account: self.account.clone(),
            region: self.region.clone(),
        }
    }

    /// Returns the account and Region.
    pub(super) fn place(&self) -> (&str, &str) {
        (&self.account, &self.region)
    }

    /// Whether the account is closed, so that nothing runs there.
    pub(super) fn is_suspended(&self) -> bool {
        matches!(self.problem, Some((PlaceState::Suspended, _)))
    }
}

/// A stack that AWS did not check for drift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Uncompared {
    pub(crate) place: Place,
    /// Whether the reason is that the stack was deleted.
    pub(crate) is_gone: bool,
}

/// The stacks to delete and create again, in addition to drifted stacks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recreation<'a> {
    /// The stacks that were not checked.
    pub(crate) uncompared: &'a [Uncompared],
    /// The accounts with a broken role.
    pub(crate) broken: &'a BTreeSet<String>,
}

impl Recreation<'_> {
    /// Returns the instances of a stack set to delete, by Region: those whose stack exists, or
    /// those whose stack was deleted.
    pub(super) fn accounts<'a>(
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
                // Other instances are retried, or deployment is impossible.
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

/// Returns the problem of an instance. In a suspended account, nothing runs and deployment is
/// impossible.
pub(super) fn problem(summary: &cfn::StackInstanceSummary) -> Option<(PlaceState, String)> {
    let detail =
        summary.stack_instance_status.as_ref().and_then(|status| status.detailed_status.as_ref());
    let words = || {
        let state = detail
            .map(cfn::StackInstanceDetailedStatus::as_str)
            .or_else(|| summary.status.as_ref().map(cfn::StackInstanceStatus::as_str))
            .unwrap_or_default();
        format!("{state}: {}", summary.status_reason.as_deref().unwrap_or("no reason was given"))
    };
    match (summary.status.as_ref(), detail) {
        (_, Some(cfn::StackInstanceDetailedStatus::SkippedSuspendedAccount)) => {
            Some((PlaceState::Suspended, words()))
        }
        (Some(cfn::StackInstanceStatus::Current), _) => drift(summary),
        (
            _,
            Some(
                cfn::StackInstanceDetailedStatus::Pending
                | cfn::StackInstanceDetailedStatus::Running,
            ),
        ) => Some((PlaceState::InProgress, "is still being deployed".to_owned())),
        _ => {
            let words = words();
            Some((PlaceState::of_failure(&words), words))
        }
    }
}

/// Describes the drift that the latest drift detection found in an instance.
fn drift(summary: &cfn::StackInstanceSummary) -> Option<(PlaceState, String)> {
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
        let recreation = Recreation { uncompared: &uncompared, broken: &broken };
        let regions = ["r".to_owned()];
        let accounts = |name: &str, is_gone| {
            let found = recreation.accounts(name, &instances, &regions, is_gone);
            found.into_values().flatten().collect::<Vec<_>>()
        };
        assert_eq!(accounts("set", false), ["drifted", "broken"]);
        assert_eq!(accounts("set", true), ["gone", "broken and gone"]);
        assert_eq!(accounts("another", true), Vec::<String>::new());
    }
}
