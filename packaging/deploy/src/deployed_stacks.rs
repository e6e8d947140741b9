//! Reads the stacks of a deployment, and rejects stacks of others.

use std::collections::BTreeMap;

use plumbline_aws::error::AwsError;
use plumbline_core::answer::Cause;
use plumbline_templates::contract::{
    CODE_BUCKET_PREFIX, HOME_REGION, ORGANIZATION_ID, RELEASE, STACK,
};
use tokio::task::JoinSet;

use crate::aws::cloudformation::CloudFormation;
use crate::error::DeployError;
use crate::stack::Stack;
use crate::target::DeployTarget;

/// Reads the stacks of all enabled Regions. A Region with denied access that is not required counts
/// as disabled, with a warning, because policies of organizations deny Regions.
pub(crate) async fn stacks(
    target: &mut DeployTarget,
    needed: &[String],
) -> Result<BTreeMap<String, Stack>, DeployError> {
    let mut tasks = JoinSet::new();
    for region in target.enabled.clone() {
        let cloudformation = CloudFormation::new(&target.session, &region);
        tasks.spawn(async move { (region, cloudformation.stack(STACK).await) });
    }
    let mut stacks = BTreeMap::new();
    while let Some(found) = tasks.join_next().await {
        let (region, stack) = found?;
        match stack {
            Ok(stack) => stacks.extend(stack.map(|stack| (region, stack))),
            Err(AwsError(unread)) if unread.cause == Cause::Denied && !needed.contains(&region) => {
                target.warnings.push(format!(
                    "{region}: access denied while checking for stack '{STACK}' ({})",
                    unread.code
                ));
                target.enabled.retain(|enabled| *enabled != region);
            }
            Err(error) => {
                return Err(DeployError::UnreadRegion { region, error: error.to_string() });
            }
        }
    }
    Ok(stacks)
}

/// Rejects a stack that Plumbline did not create, or with another topology or home Region. A stack
/// in review has no parameters yet.
pub(crate) fn check_stack(
    target: &DeployTarget,
    region: &str,
    stack: &Stack,
) -> Result<(), DeployError> {
    if stack.status == "REVIEW_IN_PROGRESS" {
        return Ok(());
    }
    if [CODE_BUCKET_PREFIX, HOME_REGION, RELEASE]
        .iter()
        .any(|name| !stack.parameters.contains_key(*name))
    {
        return Err(DeployError::ForeignStack(region.to_owned()));
    }
    let is_organization = stack.parameters.contains_key(ORGANIZATION_ID);
    if is_organization != target.organization.is_some() {
        return Err(DeployError::OtherTopology { region: region.to_owned(), is_organization });
    }
    match stack.parameters.get(HOME_REGION) {
        Some(deployed) if *deployed != target.home_region => {
            Err(DeployError::OtherHome { region: region.to_owned(), deployed: deployed.clone() })
        }
        _ => Ok(()),
    }
}
