//! Deletes the deployed resources, except the data.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use plumbline_aws::error::AwsError;
use plumbline_templates::contract::{
    CODE_BUCKET_PREFIX, STACK, code_bucket, register_bucket, results_bucket,
};
use tokio::task::JoinSet;

use crate::aws::cloudformation::CloudFormation;
use crate::aws::config_packs::{PackOptions, Packs, names};
use crate::central::{self, TASKS_STACK};
use crate::deployed_stacks::{check_stack, stacks};
use crate::error::{DeployError, RegionError};
use crate::former;
use crate::pack::DeployedPack;
use crate::parameters::has_packs;
use crate::reconcile::{RECONCILE_STACK, is_ours};
use crate::regions::{Progress, in_regions};
use crate::services::NeededServices;
use crate::stack::Stack;
use crate::target::DeployTarget;

/// The deployed resources of a Region.
#[derive(Default)]
pub(crate) struct DeployedRegion {
    stack: Option<Stack>,
    /// The stacks of central functions with their names, in deletion order.
    central: Vec<(&'static str, Stack)>,
    /// The names of organization packs.
    packs: Vec<String>,
    /// The stack of the project that deploys to the accounts again.
    project: Option<Stack>,
}

impl DeployedRegion {
    /// Returns the stacks with their names, in deletion order.
    fn in_order(&self) -> Vec<(&'static str, Stack)> {
        let last = self.stack.clone().map(|stack| (STACK, stack));
        self.central.iter().cloned().chain(last).collect()
    }
}

/// Finds the deployed resources in the given Regions, or in all Regions.
pub(crate) async fn find(
    target: &mut DeployTarget,
    named: &[String],
) -> Result<BTreeMap<String, DeployedRegion>, DeployError> {
    let needed: Vec<String> = named.iter().chain([&target.home_region]).cloned().collect();
    let mut regions = deployed(target, &needed).await?;
    let is_named = |region: &String| named.is_empty() || named.contains(region);
    let others: Vec<String> = regions.keys().filter(|region| !is_named(region)).cloned().collect();
    let home = &target.home_region;
    if regions.contains_key(home) && is_named(home) && !others.is_empty() {
        return Err(DeployError::HomeFirst { home: home.clone(), others });
    }
    if target.organization.is_some() && !others.is_empty() {
        return Err(DeployError::PartOfOrganization { others });
    }
    regions.retain(|region, _| is_named(region));
    Ok(regions)
}

/// Finds the deployed resources by Region.
async fn deployed(
    target: &mut DeployTarget,
    needed: &[String],
) -> Result<BTreeMap<String, DeployedRegion>, DeployError> {
    let mut regions: BTreeMap<String, DeployedRegion> = BTreeMap::new();
    for (region, stack) in stacks(target, needed).await? {
        check_stack(target, &region, &stack)?;
        let entry = regions.entry(region.clone()).or_default();
        if target.organization.is_some() {
            let cloudformation = CloudFormation::new(&target.session, &region);
            for name in central::deployed(target, &region).await?.into_iter().rev() {
                let found = cloudformation.stack(name).await?;
                entry.central.extend(found.map(|stack| (name, stack)));
            }
        }
        if target.organization.is_some() && region == target.home_region {
            let cloudformation = CloudFormation::new(&target.session, &region);
            entry.project = cloudformation.stack(RECONCILE_STACK).await?.filter(is_ours);
        }
        entry.stack = Some(stack);
    }
    if target.organization.is_none() {
        return Ok(regions);
    }
    let home = regions.get(&target.home_region).and_then(|region| region.stack.as_ref());
    // Without the delegation, packs cannot be seen, and their rules would outlive the functions.
    let packs = home.is_some_and(|stack| has_packs(&stack.parameters) || former::is_former(stack));
    target.require(NeededServices { packs, aggregator: false })?;
    if let Some(lost) = home
        .map(Stack::regions)
        .unwrap_or_default()
        .into_iter()
        .find(|region| !target.enabled.contains(region))
    {
        return Err(DeployError::LostRegion(lost));
    }
    let mut tasks = JoinSet::new();
    for region in target.enabled.clone() {
        let (packs, is_home) = (
            Packs::new(&target.session, &region, pack_options(target)),
            region == target.home_region,
        );
        let account = target.account.clone();
        tasks.spawn(async move {
            let mut found = Vec::new();
            for (_, name) in names(is_home) {
                let is_ours = |pack: &DeployedPack| pack.is_of(&account);
                found.extend(packs.find(&name, None).await?.filter(is_ours).map(|_| name));
            }
            Ok::<_, AwsError>((region, found))
        });
    }
    while let Some(found) = tasks.join_next().await {
        let (region, packs) = found??;
        if !packs.is_empty() {
            regions.entry(region).or_default().packs = packs;
        }
    }
    Ok(regions)
}

/// Returns the options for reading packs that will be deleted.
fn pack_options(target: &DeployTarget) -> PackOptions {
    PackOptions {
        is_delegate: target.is_delegate(),
        lacks_access: target.lacks_pack_access(),
        ..PackOptions::default()
    }
}

/// Describes the resources to delete.
pub(crate) fn plan(target: &DeployTarget, regions: &BTreeMap<String, DeployedRegion>) -> String {
    let mut text = String::new();
    let (mut kept, mut content) = (Vec::new(), "code and register");
    for (region, DeployedRegion { stack, central, packs, project }) in
        in_order_of_removal(target, regions)
    {
        let _ = writeln!(text, "account {}, {region}", target.account);
        if let Some(project) = project {
            let _ = writeln!(
                text,
                "  stack '{RECONCILE_STACK}' ({}): will be deleted first",
                project.status
            );
        }
        for pack in packs {
            let _ = writeln!(
                text,
                "  organization pack '{pack}': will be deleted with the rules of all accounts"
            );
        }
        for (name, stack) in central {
            let _ = writeln!(text, "  stack '{name}' ({}): will be deleted", stack.status);
        }
        let Some(stack) = stack else { continue };
        let release = stack
            .release()
            .map_or_else(|| "buckets only".to_owned(), |release| format!("release {release}"));
        let _ = writeln!(text, "  stack '{STACK}' ({}, {release}): will be deleted", stack.status);
        if let Some(prefix) = stack.parameters.get(CODE_BUCKET_PREFIX) {
            kept.push(code_bucket(prefix, region));
            if *region == target.home_region {
                kept.push(register_bucket(prefix));
                if central.iter().any(|(name, _)| *name == TASKS_STACK) {
                    kept.push(results_bucket(prefix));
                    content = "code, register and results";
                }
            }
        }
    }
    for warning in &target.warnings {
        let _ = writeln!(text, "warning: {warning}");
    }
    if regions.is_empty() {
        let _ = writeln!(
            text,
            "Nothing to do: account {} has no stack '{STACK}' in these Regions.",
            target.account
        );
        return text;
    }
    if !kept.is_empty() {
        let _ = writeln!(
            text,
            "\
These buckets remain with {content}, and a later deployment uses them again: '{}'",
            kept.join("', '")
        );
    }
    text.push_str(
        "Results are deleted with the rules, and logs with the functions. Findings remain. The \
         buckets keep their content but not their policies.\n",
    );
    text
}

/// Sorts the Regions. The home Region is last, because the functions of other Regions use its
/// roles.
fn in_order_of_removal<'a>(
    target: &DeployTarget,
    regions: &'a BTreeMap<String, DeployedRegion>,
) -> Vec<(&'a String, &'a DeployedRegion)> {
    let (home, others): (Vec<_>, Vec<_>) =
        regions.iter().partition(|(region, _)| **region == target.home_region);
    others.into_iter().chain(home).collect()
}

/// Deletes organization packs, then stacks. The home Region is last.
pub(crate) async fn remove(
    target: &DeployTarget,
    regions: BTreeMap<String, DeployedRegion>,
    progress: Arc<dyn Progress>,
) -> Result<(), DeployError> {
    let ordered: Vec<String> = in_order_of_removal(target, &regions)
        .into_iter()
        .map(|(region, _)| region.clone())
        .collect();
    let (home, others): (Vec<String>, Vec<String>) =
        ordered.into_iter().partition(|region| *region == target.home_region);
    // The project would deploy again what is being deleted.
    let delete_project = |region: String| {
        let cloudformation = CloudFormation::new(&target.session, &region);
        let project = regions.get(&region).and_then(|region| region.project.clone());
        let progress = Arc::clone(&progress);
        async move {
            let Some(stack) = project else { return Ok(()) };
            progress.report_progress(&region, &format!("deleting stack '{RECONCILE_STACK}'"));
            let _ = cloudformation.settled(&stack.id).await;
            cloudformation.delete(&stack.id).await
        }
    };
    let (_, failed) = in_regions(&home, delete_project).await?;
    if !failed.is_empty() {
        progress.finish();
        return Err(incomplete(target, failed));
    }
    let delete = |region: String| {
        let cloudformation = CloudFormation::new(&target.session, &region);
        let organization = Packs::new(&target.session, &region, pack_options(target));
        let progress = Arc::clone(&progress);
        let (stacks, packs) = regions
            .get(&region)
            .map(|region| (region.in_order(), region.packs.clone()))
            .unwrap_or_default();
        async move {
            for pack in packs {
                organization.remove(&pack, |what| progress.report_progress(&region, what)).await?;
            }
            for (name, stack) in stacks {
                if stack.is_in_progress() {
                    progress.report_progress(&region, &format!("waiting for {}", stack.status));
                    let _ = cloudformation.settled(&stack.id).await;
                }
                let start = Instant::now();
                progress.report_progress(&region, &format!("deleting stack '{name}'"));
                cloudformation.delete(&stack.id).await?;
                progress.report_progress(
                    &region,
                    &format!("deleted after {} s", start.elapsed().as_secs()),
                );
            }
            Ok(())
        }
    };
    let (_, mut failed) = in_regions(&others, delete).await?;
    if failed.is_empty() {
        failed = in_regions(&home, delete).await?.1;
    } else {
        failed.extend(home.into_iter().map(|region| {
            (
                region,
                RegionError(
                    "not deleted, because the stacks of other Regions still use its roles"
                        .to_owned(),
                ),
            )
        }));
    }
    progress.finish();
    if failed.is_empty() {
        progress.print("\nDone: the stacks are deleted, the buckets remain.\n")?;
        return Ok(());
    }
    Err(incomplete(target, failed))
}

/// Describes the failures by Region.
fn incomplete(target: &DeployTarget, failed: Vec<(String, RegionError)>) -> DeployError {
    let problem =
        |(region, RegionError(what))| format!("account {}, {region}: {what}", target.account);
    DeployError::Incomplete(failed.into_iter().map(problem).collect())
}
