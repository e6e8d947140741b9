//! The stack sets of an organization: what they have, and lack, in its accounts.

use std::collections::BTreeSet;
use std::time::Instant;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types as cfn;
use plumbline_aws::error::AwsError;
use plumbline_aws::session::Session;
use plumbline_core::operation::{Operation, Service};
use plumbline_templates::contract::{
    FUNCTIONS_GLOBAL, FUNCTIONS_REGIONAL, operation_preferences, stack_set,
};

use super::backoff::{Backoff, STEADY};
use crate::error::RegionError;

const DESCRIBE_ORGANIZATIONS_ACCESS: Operation =
    Operation::new(Service::CloudFormation, "cloudformation:DescribeOrganizationsAccess", "*");
const LIST_STACK_INSTANCES: Operation =
    Operation::new(Service::CloudFormation, "cloudformation:ListStackInstances", "*");
const CREATE_STACK_INSTANCES: Operation =
    Operation::new(Service::CloudFormation, "cloudformation:CreateStackInstances", "*");
const DESCRIBE_STACK_SET_OPERATION: Operation =
    Operation::new(Service::CloudFormation, "cloudformation:DescribeStackSetOperation", "*");

/// Their templates; the first is for the home Region only, and has the roles.
const TEMPLATES: [&str; 2] = [FUNCTIONS_GLOBAL, FUNCTIONS_REGIONAL];

/// Where stack sets deploy to.
#[derive(Clone, Debug)]
pub(crate) struct StackSetTargets {
    pub(crate) call_as: cfn::CallAs,
    pub(crate) home_region: String,
    /// All Regions.
    pub(crate) regions: Vec<String>,
    /// Roots and organizational units, with commas.
    pub(crate) units: String,
    /// The active accounts below them, but the management account, which stack sets leave out.
    pub(crate) accounts: BTreeSet<String>,
}

/// The stack sets, by the account that manages them.
#[derive(Debug)]
pub(crate) struct StackSets {
    session: Session,
    client: Client,
    targets: StackSetTargets,
}

/// Where a stack set is not as it should be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct StackSetProblems {
    /// Whether there is a stack set at all.
    pub(crate) exists: bool,
    /// A line for each account and Region in which it failed, or was not deployed.
    pub(crate) failed: Vec<String>,
    /// A line for each account and Region in which it is being deployed.
    pub(crate) in_progress: Vec<String>,
}

/// One stack of a stack set.
#[derive(Clone, Debug, PartialEq, Eq)]
struct StackInstance {
    account: String,
    region: String,
    state: InstanceState,
}

/// How a stack of a stack set is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum InstanceState {
    /// As the stack set has it, or in an account that is suspended: nothing runs there, and nothing
    /// can be deployed to it.
    Complete,
    /// It is being deployed, as after an account joined.
    InProgress,
    /// State and reason.
    Failed(String),
}

/// Whether stack sets may deploy to the organization's accounts. Trusted access to the service
/// principal alone is not enough.
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

    /// The stack sets, and the Regions of each.
    fn all(&self) -> impl Iterator<Item = (String, &[String])> {
        let regions =
            [std::slice::from_ref(&self.targets.home_region), self.targets.regions.as_slice()];
        TEMPLATES.into_iter().map(stack_set).zip(regions)
    }

    /// Where they are not as they should be. One that does not exist lacks everything.
    pub(crate) async fn problems(&self) -> Result<StackSetProblems, AwsError> {
        let mut all = StackSetProblems::default();
        for (name, regions) in self.all() {
            let instances = self.instances(&name).await?;
            let exists = instances.is_some();
            let StackSetProblems { failed, in_progress, .. } =
                compare(&name, &self.targets.accounts, regions, &instances.unwrap_or_default());
            all.exists |= exists;
            all.failed.extend(failed);
            all.in_progress.extend(in_progress);
        }
        Ok(all)
    }

    /// Waits for what is in progress, and retries what failed or is missing.
    pub(crate) async fn retry_failed(
        &self,
        report_progress: impl Fn(&str),
    ) -> Result<(), RegionError> {
        for (name, regions) in self.all() {
            let problems = self.settled(&name, regions, &report_progress).await?;
            if !problems.failed.is_empty() {
                let places = problems.failed.len();
                report_progress(&format!(
                    "tries {name} again in {places} place{}",
                    if places == 1 { "" } else { "s" }
                ));
                self.retry(&name, regions).await?;
                self.settled(&name, regions, &report_progress).await?;
            }
        }
        Ok(())
    }

    /// Waits until nothing is in progress, or nothing has changed for long.
    async fn settled(
        &self,
        name: &str,
        regions: &[String],
        report_progress: &impl Fn(&str),
    ) -> Result<StackSetProblems, RegionError> {
        let (mut backoff, mut before, mut since) =
            (Backoff::new(), StackSetProblems::default(), Instant::now());
        loop {
            let instances = self.instances(name).await?.unwrap_or_default();
            let problems = compare(name, &self.targets.accounts, regions, &instances);
            if problems.in_progress.is_empty() || since.elapsed() > STEADY {
                return Ok(problems);
            }
            if problems != before {
                report_progress(&format!(
                    "waits for {name} in {} accounts and Regions",
                    problems.in_progress.len()
                ));
                (before, since) = (problems, Instant::now());
            }
            backoff.wait().await;
        }
    }

    /// The instances of a stack set; nothing when there is no such stack set.
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
            state: state(&summary),
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

    /// Retries all instances of a stack set that are not up to date, and waits until that has
    /// ended.
    async fn retry(&self, name: &str, regions: &[String]) -> Result<(), RegionError> {
        let units = self.targets.units.split(',').map(|unit| unit.trim().to_owned());
        let targets = cfn::DeploymentTargets::builder()
            .set_organizational_unit_ids(Some(units.collect()))
            .build();
        let preferences = cfn::StackSetOperationPreferences::builder()
            .region_concurrency_type(operation_preferences::REGION_CONCURRENCY_TYPE.into())
            .concurrency_mode(operation_preferences::CONCURRENCY_MODE.into())
            .failure_tolerance_percentage(operation_preferences::FAILURE_TOLERANCE_PERCENTAGE)
            .max_concurrent_percentage(operation_preferences::MAX_CONCURRENT_PERCENTAGE)
            .build();
        // CloudFormation documents that making instances again retries those that are outdated, and
        // leaves the others.
        let call = self
            .client
            .create_stack_instances()
            .stack_set_name(name)
            .deployment_targets(targets)
            .set_regions(Some(regions.to_vec()))
            .operation_preferences(preferences)
            .call_as(self.targets.call_as.clone())
            .send();
        let created = self.session.send(CREATE_STACK_INSTANCES, call).await?;
        let operation = created.operation_id.unwrap_or_default();
        let mut backoff = Backoff::new();
        loop {
            let call = self
                .client
                .describe_stack_set_operation()
                .stack_set_name(name)
                .operation_id(&operation)
                .call_as(self.targets.call_as.clone())
                .send();
            let answer = self.session.send(DESCRIBE_STACK_SET_OPERATION, call).await?;
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

fn state(summary: &cfn::StackInstanceSummary) -> InstanceState {
    let detail =
        summary.stack_instance_status.as_ref().and_then(|status| status.detailed_status.as_ref());
    match (summary.status.as_ref(), detail) {
        (Some(cfn::StackInstanceStatus::Current), _)
        | (_, Some(cfn::StackInstanceDetailedStatus::SkippedSuspendedAccount)) => {
            InstanceState::Complete
        }
        (
            _,
            Some(
                cfn::StackInstanceDetailedStatus::Pending
                | cfn::StackInstanceDetailedStatus::Running,
            ),
        ) => InstanceState::InProgress,
        (status, detail) => {
            let state = detail
                .map(cfn::StackInstanceDetailedStatus::as_str)
                .or_else(|| status.map(cfn::StackInstanceStatus::as_str))
                .unwrap_or_default();
            InstanceState::Failed(format!(
                "{state}: {}",
                summary.status_reason.as_deref().unwrap_or("no reason was given")
            ))
        }
    }
}

/// What the instances of a stack set lack of what they should be.
fn compare(
    name: &str,
    accounts: &BTreeSet<String>,
    regions: &[String],
    instances: &[StackInstance],
) -> StackSetProblems {
    let mut problems = StackSetProblems { exists: true, ..StackSetProblems::default() };
    // What is left in accounts that are no targets any more is AWS's to remove.
    for StackInstance { account, region, state } in
        instances.iter().filter(|instance| accounts.contains(&instance.account))
    {
        match state {
            InstanceState::Complete => {}
            InstanceState::InProgress => problems
                .in_progress
                .push(format!("account {account}, {region}: {name} is still being deployed")),
            InstanceState::Failed(what) => {
                problems.failed.push(format!("account {account}, {region}: {name} is {what}"))
            }
        }
    }
    for account in accounts {
        for region in regions {
            if !instances
                .iter()
                .any(|instance| instance.account == *account && instance.region == *region)
            {
                problems.failed.push(format!(
                    "account {account}, {region}: {name} has not been deployed there"
                ));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_and_what_is_missing_is_reported() {
        let instance = |account: &str, region: &str, state| StackInstance {
            account: account.to_owned(),
            region: region.to_owned(),
            state,
        };
        let accounts = BTreeSet::from(["1".to_owned(), "2".to_owned()]);
        let regions = ["r".to_owned(), "s".to_owned()];
        let instances = [
            instance("1", "r", InstanceState::Complete),
            instance("1", "s", InstanceState::InProgress),
            instance("2", "r", InstanceState::Failed("FAILED: no".to_owned())),
            instance("3", "r", InstanceState::Failed("INOPERABLE".to_owned())),
        ];
        let problems = compare("set", &accounts, &regions, &instances);
        assert_eq!(
            problems.failed,
            ["account 2, r: set is FAILED: no", "account 2, s: set has not been deployed there"]
        );
        assert_eq!(problems.in_progress, ["account 1, s: set is still being deployed"]);
    }
}
