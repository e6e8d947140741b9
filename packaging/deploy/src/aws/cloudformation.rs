//! Calls AWS CloudFormation for stacks in one Region.

use std::ops::ControlFlow;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types as cfn;
use plumbline_aws::error::AwsError;
use plumbline_aws::session::Session;
use plumbline_core::operation::{Operation, Service};
use plumbline_templates::ParameterValues;

use super::backoff::Backoff;
use crate::error::RegionError;
use crate::guardrails::tags::StackTags;
use crate::stack::{Stack, StackEvent, first_failure};

const DESCRIBE_STACKS: Operation = operation("cloudformation:DescribeStacks");
const DESCRIBE_STACK_EVENTS: Operation = operation("cloudformation:DescribeStackEvents");
const CREATE_CHANGE_SET: Operation = operation("cloudformation:CreateChangeSet");
const DESCRIBE_CHANGE_SET: Operation = operation("cloudformation:DescribeChangeSet");
const EXECUTE_CHANGE_SET: Operation = operation("cloudformation:ExecuteChangeSet");
const DELETE_CHANGE_SET: Operation = operation("cloudformation:DeleteChangeSet");
const DELETE_STACK: Operation = operation("cloudformation:DeleteStack");
const CONTINUE_UPDATE_ROLLBACK: Operation = operation("cloudformation:ContinueUpdateRollback");

/// The depth to which nested stacks are searched for a failure.
const DEPTH: u8 = 3;

const fn operation(name: &'static str) -> Operation {
    Operation::new(Service::CloudFormation, name, "*")
}

/// A CloudFormation client for an account and Region.
#[derive(Clone, Debug)]
pub(crate) struct CloudFormation {
    session: Session,
    client: Client,
}

/// The location of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TemplateSource {
    /// The template is in the request: at most 51,200 bytes.
    Body(String),
    /// The template is in a bucket.
    Url(String),
    /// The stack keeps its template.
    Deployed,
}

/// The result of a change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    /// No change was required.
    Nothing,
    /// The operation has ended, and this is the current stack.
    Ended(Stack),
}

impl CloudFormation {
    pub(crate) fn new(session: &Session, region: &str) -> Self {
        Self { session: session.clone(), client: session.cloudformation(region) }
    }

    /// Finds a stack by name or ARN. A deleted stack is found only by its ARN.
    pub(crate) async fn stack(&self, name: &str) -> Result<Option<Stack>, AwsError> {
        let call = self.client.describe_stacks().stack_name(name).send();
        let answer = match self.session.send(DESCRIBE_STACKS, call).await {
            Ok(answer) => answer,
            Err(error) if error.message.contains("does not exist") => return Ok(None),
            Err(error) => return Err(AwsError(error)),
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
            tags: stack.tags.unwrap_or_default().into_iter().filter_map(own_tag).collect(),
            created: stack.creation_time,
        }))
    }

    /// Creates or updates a stack, and waits until the operation ends. Buckets that an earlier
    /// stack retained are imported.
    pub(crate) async fn change(
        &self,
        name: &str,
        stack: Option<&Stack>,
        template: TemplateSource,
        parameters: &ParameterValues,
        tags: &StackTags,
    ) -> Result<Changed, RegionError> {
        let is_new = stack.is_none_or(|stack| stack.status == "REVIEW_IN_PROGRESS");
        let parameters = parameters.iter().map(|(name, value)| {
            cfn::Parameter::builder().parameter_key(name).parameter_value(value).build()
        });
        let (body, url, is_deployed) = match template {
            TemplateSource::Body(body) => (Some(body), None, None),
            TemplateSource::Url(url) => (None, Some(url), None),
            TemplateSource::Deployed => (None, None, Some(true)),
        };
        let call = self
            .client
            .create_change_set()
            .stack_name(name)
            .change_set_name(format!("plumbline-{}", chrono::Utc::now().timestamp_millis()))
            .change_set_type(if is_new {
                cfn::ChangeSetType::Create
            } else {
                cfn::ChangeSetType::Update
            })
            .set_template_body(body)
            .set_template_url(url)
            .set_use_previous_template(is_deployed)
            .set_parameters(Some(parameters.collect()))
            .set_tags(tags.of_stack())
            .capabilities(cfn::Capability::CapabilityNamedIam)
            .import_existing_resources(true)
            .send();
        let created = self.session.send(CREATE_CHANGE_SET, call).await?;
        let change_set = created.id.unwrap_or_default();
        let stack_id = created.stack_id.unwrap_or_default();
        if let Some(reason) = self.refusal(&change_set).await? {
            // A change set that cannot be executed is deleted, and so is a stack without any other
            // content.
            let call = self.client.delete_change_set().change_set_name(&change_set).send();
            let _ = self.session.send(DELETE_CHANGE_SET, call).await;
            if is_new {
                self.delete(&stack_id).await?;
            }
            let is_empty = reason.contains("didn't contain changes")
                || reason.contains("No updates are to be performed");
            return if is_empty {
                Ok(Changed::Nothing)
            } else {
                Err(RegionError(format!("AWS CloudFormation rejected the change: {reason}")))
            };
        }
        let call = self.client.execute_change_set().change_set_name(&change_set).send();
        self.session.send(EXECUTE_CHANGE_SET, call).await?;
        self.settled(&stack_id).await.map(Changed::Ended)
    }

    /// Waits until a change set can be executed. Returns the reason if it cannot.
    async fn refusal(&self, change_set: &str) -> Result<Option<String>, RegionError> {
        let mut backoff = Backoff::new();
        loop {
            let call = self.client.describe_change_set().change_set_name(change_set).send();
            let answer = self.session.send(DESCRIBE_CHANGE_SET, call).await?;
            match answer.status {
                Some(cfn::ChangeSetStatus::CreateComplete) => return Ok(None),
                Some(
                    cfn::ChangeSetStatus::CreatePending | cfn::ChangeSetStatus::CreateInProgress,
                ) => backoff.wait().await,
                _ => {
                    return Ok(Some(
                        answer.status_reason.unwrap_or_else(|| "no reason was given".to_owned()),
                    ));
                }
            }
        }
    }

    /// Waits until no operation on a stack is in progress.
    pub(crate) async fn settled(&self, id: &str) -> Result<Stack, RegionError> {
        let mut backoff = Backoff::new();
        loop {
            match self.stack(id).await? {
                None => return Err(RegionError(format!("the stack '{id}' was deleted"))),
                // The change set was executed, but the status of the stack has not changed yet.
                Some(stack) if !stack.is_in_progress() && stack.status != "REVIEW_IN_PROGRESS" => {
                    return Ok(stack);
                }
                Some(_) => backoff.wait().await,
            }
        }
    }

    /// Deletes a stack and waits until it is deleted.
    pub(crate) async fn delete(&self, id: &str) -> Result<(), RegionError> {
        self.session.send(DELETE_STACK, self.client.delete_stack().stack_name(id).send()).await?;
        let mut backoff = Backoff::new();
        loop {
            match self.stack(id).await? {
                None => return Ok(()),
                Some(stack) => match stack.status.as_str() {
                    "DELETE_COMPLETE" => return Ok(()),
                    "DELETE_FAILED" => return Err(RegionError(self.cause(&stack).await)),
                    _ => backoff.wait().await,
                },
            }
        }
    }

    /// Continues a rollback that failed.
    pub(crate) async fn continue_rollback(&self, id: &str) -> Result<Stack, RegionError> {
        let call = self.client.continue_update_rollback().stack_name(id).send();
        self.session.send(CONTINUE_UPDATE_ROLLBACK, call).await?;
        self.settled(id).await
    }

    /// Describes why the latest operation on a stack failed: its status and the first failure,
    /// including failures in nested stacks.
    pub(crate) async fn cause(&self, stack: &Stack) -> String {
        let why = match self.search(&stack.id, stack.status.starts_with("DELETE_"), DEPTH).await {
            Ok(Some(event)) => {
                format!("{} {}: {}", event.resource_type, event.logical_id, event.reason)
            }
            Ok(None) => stack.reason.clone().unwrap_or_else(|| "no reason was given".to_owned()),
            Err(error) => format!("cannot read its events: {error}"),
        };
        format!("{}: {why}", stack.status)
    }

    async fn search(
        &self,
        stack_id: &str,
        is_deletion: bool,
        depth: u8,
    ) -> Result<Option<StackEvent>, AwsError> {
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

    /// Returns the events of a stack, the latest first, back to the start of its latest operation.
    async fn events(&self, stack_id: &str, is_deletion: bool) -> Result<Vec<StackEvent>, AwsError> {
        let call = |token| {
            self.client.describe_stack_events().stack_name(stack_id).set_next_token(token).send()
        };
        let events = self.session.list_until(
            DESCRIBE_STACK_EVENTS,
            call,
            |page| page.next_token(),
            |page| {
                let events: Vec<StackEvent> =
                    page.stack_events.unwrap_or_default().into_iter().map(event).collect();
                let begins = |event: &StackEvent| event.begins_operation(stack_id, is_deletion);
                Ok(if events.iter().any(begins) {
                    ControlFlow::Break(events)
                } else {
                    ControlFlow::Continue(events)
                })
            },
        );
        Ok(events.await?)
    }
}

/// Returns a tag of a user. Keys of AWS begin with `aws:`.
fn own_tag(tag: cfn::Tag) -> Option<(String, String)> {
    let key = tag.key.filter(|key| !key.starts_with("aws:"))?;
    Some((key, tag.value.unwrap_or_default()))
}

fn event(event: cfn::StackEvent) -> StackEvent {
    StackEvent {
        resource_type: event.resource_type.unwrap_or_default(),
        logical_id: event.logical_resource_id.unwrap_or_default(),
        physical_id: event.physical_resource_id.unwrap_or_default(),
        status: event.resource_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        reason: event.resource_status_reason.unwrap_or_default(),
    }
}
