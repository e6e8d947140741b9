//! The stack sets of an organization, and the state of their instances in the accounts.

mod drift;
mod instance;

use std::collections::BTreeSet;
use std::time::Instant;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::primitives::DateTime;
use aws_sdk_cloudformation::types as cfn;
use plumbline_aws::error::AwsError;
use plumbline_aws::session::Session;
use plumbline_core::operation::{Operation, Service};
use plumbline_templates::contract::{MEMBER_ROLE, OWN_TEMPLATES, stack_set};

pub(crate) use self::instance::{Recreation, StackSetProblems, Uncompared};
use self::instance::{StackInstance, preferences, problem, written};
use super::backoff::{Backoff, STEADY};
use super::blocked_places::BlockedPlaces;
use crate::error::RegionError;
use crate::place::{Place, PlaceState, count};

const DESCRIBE_ORGANIZATIONS_ACCESS: Operation =
    Operation::new(Service::CloudFormation, "cloudformation:DescribeOrganizationsAccess", "*");
const LIST_STACK_INSTANCES: Operation =
    Operation::new(Service::CloudFormation, "cloudformation:ListStackInstances", "*");
const CREATE_STACK_INSTANCES: Operation =
    Operation::new(Service::CloudFormation, "cloudformation:CreateStackInstances", "*");
const DESCRIBE_STACK_SET_OPERATION: Operation =
    Operation::new(Service::CloudFormation, "cloudformation:DescribeStackSetOperation", "*");

/// The targets of the stack sets.
#[derive(Clone, Debug)]
pub(crate) struct StackSetTargets {
    /// Whether the functions are central. Then the accounts have only a role.
    pub(crate) is_central: bool,
    pub(crate) call_as: cfn::CallAs,
    pub(crate) home_region: String,
    /// All Regions of the deployment.
    pub(crate) regions: Vec<String>,
    /// Roots and organizational units.
    pub(crate) units: Vec<String>,
    /// The excluded accounts below them.
    pub(crate) filtered: BTreeSet<String>,
    /// The other active accounts below them, without the management account, to which stack sets do
    /// not deploy.
    pub(crate) accounts: BTreeSet<String>,
}

/// The stack sets with the account that manages them.
#[derive(Debug)]
pub(crate) struct StackSets {
    session: Session,
    client: Client,
    targets: StackSetTargets,
}

/// Whether stack sets can deploy to the accounts of the organization. Trusted access for the
/// service principal is not enough.
pub(crate) async fn has_organizations_access(
    session: &Session,
    region: &str,
    call_as: cfn::CallAs,
) -> Result<bool, AwsError> {
    let call = session.cloudformation(region).describe_organizations_access().call_as(call_as);
    let answer = session.send(DESCRIBE_ORGANIZATIONS_ACCESS, call.send()).await?;
    Ok(answer.status == Some(cfn::OrganizationStatus::Enabled))
}

impl StackSets {
    pub(crate) fn new(session: &Session, targets: StackSetTargets) -> Self {
        let client = session.cloudformation(&targets.home_region);
        Self { session: session.clone(), client, targets }
    }

    /// Returns the stack sets with the Regions of each.
    fn all(&self) -> impl Iterator<Item = (String, &[String])> {
        let home = std::slice::from_ref(&self.targets.home_region);
        let all = self.targets.regions.as_slice();
        let (own, central) = match self.targets.is_central {
            true => (None, Some((MEMBER_ROLE, home))),
            false => (Some(OWN_TEMPLATES.into_iter().zip([home, home, all])), None),
        };
        own.into_iter().flatten().chain(central).map(|(name, regions)| (stack_set(name), regions))
    }

    /// Returns whether an account gets a stack.
    pub(crate) fn reach(&self, account: &str) -> bool {
        self.targets.accounts.contains(account)
    }

    /// Returns the names of the stack sets of the other mode.
    fn names_of_other_mode(&self) -> impl Iterator<Item = String> + use<> {
        let names: &[&'static str] = match self.targets.is_central {
            true => &OWN_TEMPLATES,
            false => &[MEMBER_ROLE],
        };
        names.iter().map(|name| stack_set(name))
    }

    /// Whether a stack set of this mode or the other mode exists.
    pub(crate) async fn any_exists(&self) -> Result<bool, AwsError> {
        let names = self.all().map(|(name, _)| name).chain(self.names_of_other_mode());
        for name in names.collect::<Vec<_>>() {
            if self.instances(&name).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the problems of the stack sets. A stack set that does not exist lacks all instances.
    pub(crate) async fn problems(&self) -> Result<StackSetProblems, AwsError> {
        let (mut all, mut checked) = (StackSetProblems::default(), Vec::new());
        for (name, regions) in self.all() {
            let instances = self.instances(&name).await?;
            let exists = instances.is_some();
            let instances = instances.unwrap_or_default();
            all.exists |= exists;
            all.note(&name, &instances);
            checked.extend(
                instances.iter().filter(|one| !one.is_suspended()).map(|one| one.drift_checked),
            );
            all.places.extend(self.compare(&name, regions, &instances));
        }
        all.drift_checked = oldest(&checked);
        Ok(all)
    }

    /// Returns the problems, including instances in excluded accounts and other Regions. Their
    /// deletion can fail, and AWS does not retry it.
    pub(crate) async fn with_leftovers(
        &self,
        left_out: &BTreeSet<String>,
        is_moved: bool,
    ) -> Result<StackSetProblems, AwsError> {
        let (mut all, mut checked) = (StackSetProblems::default(), Vec::new());
        for (name, regions) in self.all() {
            let Some(instances) = self.instances(&name).await? else { continue };
            all.exists = true;
            all.note(&name, &instances);
            checked.extend(
                instances.iter().filter(|one| !one.is_suspended()).map(|one| one.drift_checked),
            );
            all.places.extend(self.compare(&name, regions, &instances));
            all.places.extend(leftovers(
                &name,
                &self.targets.accounts,
                left_out,
                regions,
                &instances,
            ));
        }
        if !all.exists {
            return self.problems().await;
        }
        // CloudFormation reports a stack as updated even if it could not delete former resources.
        for name in self.names_of_other_mode().filter(|_| is_moved) {
            let instances = self.instances(&name).await?.unwrap_or_default();
            all.places.extend(instances.iter().map(|instance| still_there(&name, instance)));
        }
        all.drift_checked = oldest(&checked);
        Ok(all)
    }

    /// Compares the instances of a stack set with its targets.
    fn compare(&self, name: &str, regions: &[String], instances: &[StackInstance]) -> Vec<Place> {
        let mut places = compare(name, &self.targets.accounts, regions, instances);
        for place in &mut places {
            if place.region.as_ref() == Some(&self.targets.home_region) {
                place.state = place.state.in_home_region();
            }
        }
        places
    }

    /// Waits for operations in progress, creates changed instances again, and retries failed and
    /// missing instances. Places in which deployment is impossible are retried only with
    /// `retries_skipped`.
    pub(crate) async fn retry_failed(
        &self,
        retries_skipped: bool,
        blocked: &BlockedPlaces,
        recreation: &Recreation<'_>,
        report_progress: impl Fn(&str),
    ) -> Result<(), RegionError> {
        for (name, regions) in self.all() {
            let mut problems = self.settled(&name, regions, &report_progress).await?;
            if self.delete_changed(&name, regions, recreation, &report_progress).await? {
                problems = self.settled(&name, regions, &report_progress).await?;
            }
            blocked.apply(&mut problems);
            let is_tried = |place: &&Place| match place.state {
                PlaceState::Failed | PlaceState::Missing => true,
                PlaceState::RegionDenied
                | PlaceState::RegionNotEnabled
                | PlaceState::NoRecorder => retries_skipped,
                _ => false,
            };
            let places = problems.iter().filter(is_tried).count();
            if places > 0 {
                report_progress(&format!(
                    "retrying '{name}' in {}",
                    count(places, "stack instance")
                ));
                self.retry(&name, regions).await?;
                self.settled(&name, regions, &report_progress).await?;
            }
        }
        Ok(())
    }

    /// Waits until no operation is in progress, or until nothing has changed for a long time.
    async fn settled(
        &self,
        name: &str,
        regions: &[String],
        report_progress: &impl Fn(&str),
    ) -> Result<Vec<Place>, RegionError> {
        let (mut backoff, mut before, mut since) = (Backoff::new(), Vec::new(), Instant::now());
        loop {
            let instances = self.instances(name).await?.unwrap_or_default();
            let places = self.compare(name, regions, &instances);
            let problems = StackSetProblems { exists: true, places, ..StackSetProblems::default() };
            let in_progress = problems.in_progress();
            if in_progress == 0 || since.elapsed() > STEADY {
                return Ok(problems.places);
            }
            if problems.places != before {
                report_progress(&format!(
                    "waiting for '{name}' in {}",
                    count(in_progress, "stack instance")
                ));
                (before, since) = (problems.places, Instant::now());
            }
            // One operation is read instead of thousands of instances.
            let is_open = |instance: &&StackInstance| {
                matches!(instance.problem, Some((PlaceState::InProgress, _)))
            };
            let operations: BTreeSet<&String> =
                instances.iter().filter(is_open).filter_map(|one| one.operation.as_ref()).collect();
            for operation in operations {
                self.operation_ended(name, operation).await?;
            }
            backoff.wait().await;
        }
    }

    /// Returns the instances of a stack set, or `None` if the stack set does not exist.
    async fn instances(&self, name: &str) -> Result<Option<Vec<StackInstance>>, AwsError> {
        let call = |token| {
            self.client
                .list_stack_instances()
                .stack_set_name(name)
                .call_as(self.targets.call_as.clone())
                .set_next_token(token)
                .send()
        };
        let instance = |summary: cfn::StackInstanceSummary| StackInstance {
            problem: problem(&summary),
            drift_checked: summary.last_drift_check_timestamp,
            operation: summary.last_operation_id,
            account: summary.account.unwrap_or_default(),
            region: summary.region.unwrap_or_default(),
        };
        let instances = self.session.list(
            LIST_STACK_INSTANCES,
            call,
            |page| page.next_token(),
            |page| Ok(page.summaries.unwrap_or_default().into_iter().map(instance).collect()),
        );
        match instances.await {
            Ok(instances) => Ok(Some(instances)),
            Err(error) if error.code.starts_with("StackSetNotFound") => Ok(None),
            Err(error) => Err(AwsError(error)),
        }
    }

    /// Retries all instances of a stack set that are not current, and waits until the operation
    /// ends.
    async fn retry(&self, name: &str, regions: &[String]) -> Result<(), RegionError> {
        let StackSetTargets { units, filtered, .. } = &self.targets;
        // The targets are the same as those of the stack. Other targets would include excluded
        // accounts.
        let is_filtered = !filtered.is_empty();
        let targets = cfn::DeploymentTargets::builder()
            .set_organizational_unit_ids(Some(units.clone()))
            .set_account_filter_type(is_filtered.then_some(cfn::AccountFilterType::Difference))
            .set_accounts(is_filtered.then(|| filtered.iter().cloned().collect()))
            .build();
        // According to the CloudFormation documentation, creating existing instances again retries
        // outdated ones and does not change the others.
        let call = self
            .client
            .create_stack_instances()
            .stack_set_name(name)
            .deployment_targets(targets)
            .set_regions(Some(regions.to_vec()))
            .operation_preferences(preferences())
            .call_as(self.targets.call_as.clone())
            .send();
        let created = self.session.send(CREATE_STACK_INSTANCES, call).await?;
        self.operation_ended(name, &created.operation_id.unwrap_or_default()).await
    }

    /// Waits until an operation has ended.
    async fn operation_ended(&self, name: &str, operation: &str) -> Result<(), RegionError> {
        let mut backoff = Backoff::new();
        loop {
            let call = self
                .client
                .describe_stack_set_operation()
                .stack_set_name(name)
                .operation_id(operation)
                .call_as(self.targets.call_as.clone())
                .send();
            let answer = match self.session.send(DESCRIBE_STACK_SET_OPERATION, call).await {
                // AWS deletes the records of old operations.
                Err(error) if error.code.starts_with("OperationNotFound") => return Ok(()),
                answer => answer?,
            };
            match answer.stack_set_operation.and_then(|operation| operation.status) {
                Some(
                    cfn::StackSetOperationStatus::Queued
                    | cfn::StackSetOperationStatus::Running
                    | cfn::StackSetOperationStatus::Stopping,
                ) => backoff.wait().await,
                _ => return Ok(()),
            }
        }
    }
}

/// Returns the oldest time, or `None` if a time is unknown or the list is empty.
fn oldest(checked: &[Option<DateTime>]) -> Option<String> {
    let times: Option<Vec<i64>> = checked.iter().map(|time| Some(time.as_ref()?.secs())).collect();
    let oldest = times?.into_iter().min()?;
    Some(written(&DateTime::from_secs(oldest)))
}

/// Returns instances in excluded accounts, and instances of target accounts in other Regions.
fn leftovers(
    name: &str,
    accounts: &BTreeSet<String>,
    left_out: &BTreeSet<String>,
    regions: &[String],
    instances: &[StackInstance],
) -> Vec<Place> {
    let is_left = |instance: &&StackInstance| {
        let StackInstance { account, region, .. } = instance;
        let is_target = accounts.contains(account);
        !instance.is_suspended()
            && (left_out.contains(account) || is_target && !regions.contains(region))
    };
    instances.iter().filter(is_left).map(|instance| still_there(name, instance)).collect()
}

/// Describes an instance that should be deleted.
fn still_there(name: &str, instance: &StackInstance) -> Place {
    let reason = instance.problem.as_ref().map(|(_, reason)| reason.as_str());
    Place {
        account: Some(instance.account.clone()),
        region: Some(instance.region.clone()),
        what: name.to_owned(),
        state: PlaceState::Failed,
        reason: Place::still_deployed(reason.unwrap_or("CURRENT")),
    }
}

/// Compares the instances of a stack set with its targets.
fn compare(
    name: &str,
    accounts: &BTreeSet<String>,
    regions: &[String],
    instances: &[StackInstance],
) -> Vec<Place> {
    let place = |account: &str, region: &str, state, reason: &str| Place {
        account: Some(account.to_owned()),
        region: Some(region.to_owned()),
        what: name.to_owned(),
        state,
        reason: reason.to_owned(),
    };
    let (mut places, mut known) = (Vec::new(), BTreeSet::new());
    for StackInstance { account, region, problem, .. } in instances {
        known.insert((account.as_str(), region.as_str()));
        if let Some((state, reason)) = problem
            && regions.contains(region)
            && (accounts.contains(account) || *state == PlaceState::Suspended)
        {
            places.push(place(account, region, *state, reason));
        }
    }
    for account in accounts {
        for region in regions {
            if !known.contains(&(account.as_str(), region.as_str())) {
                let reason = "has not been deployed there";
                places.push(place(account, region, PlaceState::Missing, reason));
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_changed_where_another_operation_was_the_latest() {
        let problems = |operations: &[(&str, &str)]| {
            let instance = |(account, operation): &(&str, &str)| StackInstance {
                account: (*account).to_owned(),
                region: "r".to_owned(),
                problem: None,
                drift_checked: None,
                operation: Some((*operation).to_owned()),
            };
            let mut problems = StackSetProblems::default();
            problems.note("set", &operations.iter().map(instance).collect::<Vec<_>>());
            problems
        };
        let before = problems(&[("1", "a"), ("2", "a"), ("3", "a")]);
        let after = problems(&[("1", "a"), ("2", "b"), ("4", "b")]);
        let changed = after.changed_since(&before);
        let accounts: Vec<&str> = changed.iter().map(|one| one.account.as_str()).collect();
        assert_eq!(accounts, ["2", "4"]);
    }

    #[test]
    fn what_failed_and_what_is_missing_is_reported() {
        let instance =
            |account: &str, region: &str, problem: Option<(PlaceState, &str)>| StackInstance {
                account: account.to_owned(),
                region: region.to_owned(),
                problem: problem.map(|(state, reason)| (state, reason.to_owned())),
                drift_checked: None,
                operation: None,
            };
        let accounts = BTreeSet::from(["1".to_owned(), "2".to_owned()]);
        let regions = ["r".to_owned(), "s".to_owned()];
        let failed = PlaceState::Failed;
        let instances = [
            instance("1", "r", None),
            instance("1", "s", Some((PlaceState::InProgress, "is still being deployed"))),
            instance("2", "r", Some((failed, "FAILED: no"))),
            instance("3", "r", Some((failed, "INOPERABLE"))),
            instance("1", "t", Some((failed, "INOPERABLE"))),
            instance("4", "r", Some((PlaceState::Suspended, "SKIPPED_SUSPENDED_ACCOUNT"))),
        ];
        let places: Vec<(PlaceState, String)> = compare("set", &accounts, &regions, &instances)
            .into_iter()
            .map(|place| (place.state, place.to_string()))
            .collect();
        let left_out = BTreeSet::from(["3".to_owned(), "4".to_owned()]);
        let left: Vec<String> = leftovers("set", &accounts, &left_out, &regions, &instances)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            left,
            [
                "account 3, r: set is still deployed but should be deleted (INOPERABLE)",
                "account 1, t: set is still deployed but should be deleted (INOPERABLE)",
            ]
        );
        assert_eq!(
            places,
            [
                (PlaceState::InProgress, "account 1, s: set is still being deployed".to_owned()),
                (failed, "account 2, r: set is FAILED: no".to_owned()),
                (
                    PlaceState::Suspended,
                    "account 4, r: set is SKIPPED_SUSPENDED_ACCOUNT".to_owned()
                ),
                (PlaceState::Missing, "account 2, s: set has not been deployed there".to_owned()),
            ]
        );
    }
}
