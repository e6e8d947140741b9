//! AWS CloudFormation in one Region.

use std::time::Duration;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::config::retry::RetryPartition;
use aws_sdk_cloudformation::config::{Builder, Region};
use aws_sdk_cloudformation::types as cfn;
use plumbline_aws::error::{AwsError, unread};
use plumbline_aws::session::Session;
use plumbline_aws::whole::Whole;
use plumbline_templates::ParameterValues;
use plumbline_templates::contract::{STACK, operation_preferences};

use super::error::Trouble;
use super::stack::{Event, Stack, first_failure};

/// How long to wait before something is looked at again: at first, and at most.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How long something may stay as it is in all accounts of an organization before nobody waits for
/// it any more.
pub(super) const STEADY: Duration = Duration::from_secs(600);
/// How deep stacks within stacks are searched for a failure.
const DEPTH: u8 = 3;

/// CloudFormation of an account in a Region.
#[derive(Clone, Debug)]
pub(super) struct CloudFormation {
    client: Client,
}

/// What came of a change.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Changed {
    /// There was nothing to change.
    Nothing,
    /// It has ended, and this is the stack now.
    Ended(Stack),
}

/// One stack of a stack set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Instance {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) state: InstanceState,
}

/// How a stack of a stack set is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum InstanceState {
    /// As the stack set has it, or in an account that is suspended: nothing runs there, and nothing
    /// can be deployed to it.
    Well,
    /// It is being deployed, as after an account joined.
    UnderWay,
    /// State and reason.
    Failed(String),
}

/// Waits longer each time.
pub(super) struct Patience(Duration);

impl Patience {
    pub(super) fn new() -> Self {
        Self(FIRST_WAIT)
    }

    pub(super) async fn wait(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 3 / 2).min(LONGEST_WAIT);
    }
}

impl CloudFormation {
    pub(super) fn new(session: &Session, region: &str) -> Self {
        let config = Builder::from(session.sdk_config())
            .region(Region::new(region.to_owned()))
            .interceptor(Whole)
            .retry_partition(RetryPartition::custom("cloudformation").build())
            .build();
        Self { client: Client::from_conf(config) }
    }

    /// A stack by name or ARN. A stack that was deleted is found by its ARN only.
    pub(super) async fn stack(&self, name: &str) -> Result<Option<Stack>, AwsError> {
        let answer = match self.client.describe_stacks().stack_name(name).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let unread = unread("cloudformation:DescribeStacks", &error);
                return if unread.message.contains("does not exist") {
                    Ok(None)
                } else {
                    Err(AwsError(unread))
                };
            }
        };
        Ok(answer.stacks.unwrap_or_default().into_iter().next().map(|stack| Stack {
            id: stack.stack_id.unwrap_or_default(),
            status: stack.stack_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            reason: stack.stack_status_reason,
            parameters: stack
                .parameters
                .unwrap_or_default()
                .into_iter()
                .filter_map(|parameter| {
                    Some((parameter.parameter_key?, parameter.parameter_value.unwrap_or_default()))
                })
                .collect(),
            changed: stack.last_updated_time.or(stack.creation_time),
        }))
    }

    /// Makes the stack, or changes it, and waits until that has ended. Buckets that an earlier
    /// stack left behind are taken over.
    pub(super) async fn change(
        &self,
        stack: Option<&Stack>,
        template: &str,
        parameters: &ParameterValues,
    ) -> Result<Changed, Trouble> {
        let is_new = stack.is_none_or(|stack| stack.status == "REVIEW_IN_PROGRESS");
        let parameters = parameters.iter().map(|(name, value)| {
            cfn::Parameter::builder().parameter_key(name).parameter_value(value).build()
        });
        let made = self
            .client
            .create_change_set()
            .stack_name(STACK)
            .change_set_name(format!("plumbline-{}", chrono::Utc::now().timestamp_millis()))
            .change_set_type(if is_new {
                cfn::ChangeSetType::Create
            } else {
                cfn::ChangeSetType::Update
            })
            .template_body(template)
            .set_parameters(Some(parameters.collect()))
            .capabilities(cfn::Capability::CapabilityNamedIam)
            .import_existing_resources(true)
            .send()
            .await
            .map_err(|error| AwsError(unread("cloudformation:CreateChangeSet", &error)))?;
        let change_set = made.id.unwrap_or_default();
        let stack_id = made.stack_id.unwrap_or_default();
        if let Some(reason) = self.refusal(&change_set).await? {
            // A change set that cannot be executed is of no use, and neither is a stack that has
            // nothing else.
            let _ = self.client.delete_change_set().change_set_name(&change_set).send().await;
            if is_new {
                self.delete(&stack_id).await?;
            }
            let is_empty = reason.contains("didn't contain changes")
                || reason.contains("No updates are to be performed");
            return if is_empty {
                Ok(Changed::Nothing)
            } else {
                Err(Trouble(format!("AWS CloudFormation refused the change: {reason}")))
            };
        }
        self.client
            .execute_change_set()
            .change_set_name(&change_set)
            .send()
            .await
            .map_err(|error| AwsError(unread("cloudformation:ExecuteChangeSet", &error)))?;
        self.settled(&stack_id).await.map(Changed::Ended)
    }

    /// Waits until a change set can be executed; why it cannot, if so.
    async fn refusal(&self, change_set: &str) -> Result<Option<String>, Trouble> {
        let mut patience = Patience::new();
        loop {
            let answer = self.client.describe_change_set().change_set_name(change_set).send().await;
            let answer = answer
                .map_err(|error| AwsError(unread("cloudformation:DescribeChangeSet", &error)))?;
            match answer.status {
                Some(cfn::ChangeSetStatus::CreateComplete) => return Ok(None),
                Some(
                    cfn::ChangeSetStatus::CreatePending | cfn::ChangeSetStatus::CreateInProgress,
                ) => patience.wait().await,
                _ => {
                    return Ok(Some(
                        answer.status_reason.unwrap_or_else(|| "no reason was given".to_owned()),
                    ));
                }
            }
        }
    }

    /// Waits until nothing is under way at a stack.
    pub(super) async fn settled(&self, id: &str) -> Result<Stack, Trouble> {
        let mut patience = Patience::new();
        loop {
            match self.stack(id).await? {
                None => return Err(Trouble(format!("the stack {id} is gone"))),
                // A change set was executed, and the stack does not know it yet.
                Some(stack) if !stack.is_under_way() && stack.status != "REVIEW_IN_PROGRESS" => {
                    return Ok(stack);
                }
                Some(_) => patience.wait().await,
            }
        }
    }

    /// Deletes a stack and waits until it is gone.
    pub(super) async fn delete(&self, id: &str) -> Result<(), Trouble> {
        self.client
            .delete_stack()
            .stack_name(id)
            .send()
            .await
            .map_err(|error| AwsError(unread("cloudformation:DeleteStack", &error)))?;
        let mut patience = Patience::new();
        loop {
            match self.stack(id).await? {
                None => return Ok(()),
                Some(stack) => match stack.status.as_str() {
                    "DELETE_COMPLETE" => return Ok(()),
                    "DELETE_FAILED" => return Err(Trouble(self.cause(&stack).await)),
                    _ => patience.wait().await,
                },
            }
        }
    }

    /// Finishes a rollback that got stuck.
    pub(super) async fn continue_rollback(&self, id: &str) -> Result<Stack, Trouble> {
        let call = self.client.continue_update_rollback().stack_name(id).send().await;
        call.map_err(|error| AwsError(unread("cloudformation:ContinueUpdateRollback", &error)))?;
        self.settled(id).await
    }

    /// Why the latest operation on a stack failed: its state and the first failure, searched in the
    /// stacks within it too.
    pub(super) async fn cause(&self, stack: &Stack) -> String {
        let why = match self.search(&stack.id, stack.status.starts_with("DELETE_"), DEPTH).await {
            Ok(Some(event)) => {
                format!("{} {}: {}", event.resource_type, event.logical_id, event.reason)
            }
            Ok(None) => stack.reason.clone().unwrap_or_else(|| "no reason was given".to_owned()),
            Err(error) => format!("its events cannot be read: {error}"),
        };
        format!("{}: {why}", stack.status)
    }

    async fn search(
        &self,
        stack_id: &str,
        is_deletion: bool,
        depth: u8,
    ) -> Result<Option<Event>, AwsError> {
        let events = self.events(stack_id, is_deletion).await?;
        let Some(event) = first_failure(stack_id, is_deletion, &events) else { return Ok(None) };
        let deeper = match event.nested(stack_id) {
            Some(nested) if depth > 0 => {
                Box::pin(self.search(nested, event.status == "DELETE_FAILED", depth - 1)).await?
            }
            _ => None,
        };
        Ok(deeper.or_else(|| Some(event.clone())))
    }

    /// The events of a stack, the latest first, back to where its latest operation began.
    async fn events(&self, stack_id: &str, is_deletion: bool) -> Result<Vec<Event>, AwsError> {
        let mut events = Vec::new();
        let mut pages =
            self.client.describe_stack_events().stack_name(stack_id).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page
                .map_err(|error| AwsError(unread("cloudformation:DescribeStackEvents", &error)))?;
            events.extend(page.stack_events.unwrap_or_default().into_iter().map(|event| {
                Event {
                    resource_type: event.resource_type.unwrap_or_default(),
                    logical_id: event.logical_resource_id.unwrap_or_default(),
                    physical_id: event.physical_resource_id.unwrap_or_default(),
                    status: event
                        .resource_status
                        .map(|status| status.as_str().to_owned())
                        .unwrap_or_default(),
                    reason: event.resource_status_reason.unwrap_or_default(),
                }
            }));
            if events.iter().any(|event| event.begins_operation(stack_id, is_deletion)) {
                break;
            }
        }
        Ok(events)
    }

    /// Whether stack sets may deploy to the organization's accounts. Trusted access to the service
    /// principal alone is not enough.
    pub(super) async fn has_organizations_access(
        &self,
        call_as: cfn::CallAs,
    ) -> Result<bool, AwsError> {
        let answer = self.client.describe_organizations_access().call_as(call_as).send().await;
        let answer = answer.map_err(|error| {
            AwsError(unread("cloudformation:DescribeOrganizationsAccess", &error))
        })?;
        Ok(answer.status == Some(cfn::OrganizationStatus::Enabled))
    }

    /// The instances of a stack set; nothing when there is no such stack set.
    pub(super) async fn instances(
        &self,
        stack_set: &str,
        call_as: cfn::CallAs,
    ) -> Result<Option<Vec<Instance>>, AwsError> {
        let mut instances = Vec::new();
        let mut pages = self
            .client
            .list_stack_instances()
            .stack_set_name(stack_set)
            .call_as(call_as)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    let unread = unread("cloudformation:ListStackInstances", &error);
                    return if unread.code.starts_with("StackSetNotFound") {
                        Ok(None)
                    } else {
                        Err(AwsError(unread))
                    };
                }
            };
            instances.extend(page.summaries.unwrap_or_default().into_iter().map(|summary| {
                Instance {
                    state: state(&summary),
                    account: summary.account.unwrap_or_default(),
                    region: summary.region.unwrap_or_default(),
                }
            }));
        }
        Ok(Some(instances))
    }

    /// Tries all instances of a stack set again that are not up to date, and waits until that has
    /// ended.
    pub(super) async fn retry_instances(
        &self,
        stack_set: &str,
        units: &str,
        regions: &[String],
        call_as: cfn::CallAs,
    ) -> Result<(), Trouble> {
        let targets = cfn::DeploymentTargets::builder()
            .set_organizational_unit_ids(Some(
                units.split(',').map(|unit| unit.trim().to_owned()).collect(),
            ))
            .build();
        let preferences = cfn::StackSetOperationPreferences::builder()
            .region_concurrency_type(operation_preferences::REGION_CONCURRENCY_TYPE.into())
            .concurrency_mode(operation_preferences::CONCURRENCY_MODE.into())
            .failure_tolerance_percentage(operation_preferences::FAILURE_TOLERANCE_PERCENTAGE)
            .max_concurrent_percentage(operation_preferences::MAX_CONCURRENT_PERCENTAGE)
            .build();
        // CloudFormation documents that making instances again retries those that are outdated, and
        // leaves the others.
        let made = self
            .client
            .create_stack_instances()
            .stack_set_name(stack_set)
            .deployment_targets(targets)
            .set_regions(Some(regions.to_vec()))
            .operation_preferences(preferences)
            .call_as(call_as.clone())
            .send()
            .await
            .map_err(|error| AwsError(unread("cloudformation:CreateStackInstances", &error)))?;
        let operation = made.operation_id.unwrap_or_default();
        let mut patience = Patience::new();
        loop {
            let call = self
                .client
                .describe_stack_set_operation()
                .stack_set_name(stack_set)
                .operation_id(&operation)
                .call_as(call_as.clone())
                .send();
            let answer = call.await.map_err(|error| {
                AwsError(unread("cloudformation:DescribeStackSetOperation", &error))
            })?;
            match answer.stack_set_operation.and_then(|operation| operation.status) {
                Some(
                    cfn::StackSetOperationStatus::Queued
                    | cfn::StackSetOperationStatus::Running
                    | cfn::StackSetOperationStatus::Stopping,
                ) => {
                    patience.wait().await;
                }
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
            InstanceState::Well
        }
        (
            _,
            Some(
                cfn::StackInstanceDetailedStatus::Pending
                | cfn::StackInstanceDetailedStatus::Running,
            ),
        ) => InstanceState::UnderWay,
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
