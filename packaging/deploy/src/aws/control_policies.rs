//! Reads the service control policies of an organization.

use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::{PolicyType, TargetType};
use plumbline_aws::error::AwsError;
use plumbline_aws::session::Session;
use plumbline_core::operation::{Operation, Service};

const LIST_POLICIES: Operation =
    Operation::new(Service::Organizations, "organizations:ListPolicies", "*");
const DESCRIBE_POLICY: Operation =
    Operation::new(Service::Organizations, "organizations:DescribePolicy", "*");
const LIST_TARGETS: Operation =
    Operation::new(Service::Organizations, "organizations:ListTargetsForPolicy", "*");

/// A service control policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ControlPolicy {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) content: String,
}

/// What a policy is attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PolicyTarget {
    /// An account.
    Account(String),
    /// A root or organizational unit, with everything below.
    Below(String),
}

/// Reads policies with the permissions of the management account or a delegated administrator.
pub(crate) struct ControlPolicies {
    session: Session,
    client: Client,
}

impl ControlPolicies {
    pub(crate) fn new(session: &Session, region: &str) -> Self {
        Self { session: session.clone(), client: session.organizations(region) }
    }

    /// Returns the policies that the organization created. Those of AWS deny nothing.
    pub(crate) async fn all(&self) -> Result<Vec<ControlPolicy>, AwsError> {
        let call = |token| {
            self.client
                .list_policies()
                .filter(PolicyType::ServiceControlPolicy)
                .set_next_token(token)
                .send()
        };
        let listed = self.session.list(
            LIST_POLICIES,
            call,
            |page| page.next_token(),
            |page| Ok(page.policies.unwrap_or_default()),
        );
        let mut policies = Vec::new();
        for summary in listed.await?.into_iter().filter(|summary| !summary.aws_managed()) {
            let id = LIST_POLICIES.require(summary.id, "the ID of a policy")?;
            let call = self.client.describe_policy().policy_id(&id).send();
            let answer = self.session.send(DESCRIBE_POLICY, call).await?;
            let content = answer.policy.and_then(|policy| policy.content);
            policies.push(ControlPolicy {
                name: summary.name.unwrap_or_else(|| id.clone()),
                id,
                content: DESCRIBE_POLICY.require(content, "the content of a policy")?,
            });
        }
        Ok(policies)
    }

    /// Returns what a policy is attached to.
    pub(crate) async fn targets(&self, policy: &str) -> Result<Vec<PolicyTarget>, AwsError> {
        let call = |token| {
            self.client.list_targets_for_policy().policy_id(policy).set_next_token(token).send()
        };
        let listed = self.session.list(
            LIST_TARGETS,
            call,
            |page| page.next_token(),
            |page| Ok(page.targets.unwrap_or_default()),
        );
        let target = |summary: aws_sdk_organizations::types::PolicyTargetSummary| {
            let id = summary.target_id?;
            Some(match summary.r#type {
                Some(TargetType::Account) => PolicyTarget::Account(id),
                _ => PolicyTarget::Below(id),
            })
        };
        Ok(listed.await?.into_iter().filter_map(target).collect())
    }
}
