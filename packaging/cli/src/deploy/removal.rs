//! `plumbline destroy`: what `plumbline deploy` made goes, the data stays.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Instant;

use plumbline_aws::error::AwsError;
use plumbline_templates::contract::{CODE_BUCKET_PREFIX, STACK, code_bucket, register_bucket};
use tokio::task::JoinSet;

use super::cloudformation::CloudFormation;
use super::error::{DeployError, Trouble};
use super::packs::{Packs, names};
use super::place::Place;
use super::stack::Stack;
use super::{check_stack, in_regions, progress, say, stacks};
use crate::arguments::PlaceArguments;
use crate::error::CliError;
use crate::output::print;
use crate::runtime::block_on;

/// What a Region has of ours.
#[derive(Default)]
struct Region {
    stack: Option<Stack>,
    /// The names of organization packs.
    packs: Vec<String>,
}

/// Removes what deploy made, or prints what would be removed.
pub(crate) fn destroy(arguments: &PlaceArguments, quiet: bool) -> Result<(), CliError> {
    block_on(async {
        let mut place = Place::find(arguments).await?;
        let needed: Vec<String> =
            arguments.region.iter().chain([&place.home_region]).cloned().collect();
        let mut regions = regions(&mut place, &needed).await?;
        let (named, others): (Vec<String>, Vec<String>) = regions
            .keys()
            .cloned()
            .partition(|region| arguments.region.is_empty() || arguments.region.contains(region));
        if named.contains(&place.home_region) && !others.is_empty() {
            return Err(DeployError::HomeFirst { home: place.home_region, others }.into());
        }
        if place.organization.is_some() && !others.is_empty() {
            return Err(DeployError::PartOfOrganization { others }.into());
        }
        regions.retain(|region, _| named.contains(region));
        print(&removal_plan(&place, &regions))?;
        if arguments.really.dry_run || regions.is_empty() {
            return Ok(());
        }
        remove(&place, regions, quiet).await
    })
}

/// Everything that is ours, by Region.
async fn regions(
    place: &mut Place,
    needed: &[String],
) -> Result<BTreeMap<String, Region>, CliError> {
    let mut regions: BTreeMap<String, Region> = BTreeMap::new();
    for (region, stack) in stacks(place, needed).await? {
        check_stack(place, &region, &stack)?;
        regions.entry(region).or_default().stack = Some(stack);
    }
    if place.organization.is_none() {
        return Ok(regions);
    }
    let home = regions.get(&place.home_region).and_then(|region| region.stack.as_ref());
    if let Some(lost) = home
        .map(Stack::regions)
        .unwrap_or_default()
        .into_iter()
        .find(|region| !place.enabled.contains(region))
    {
        return Err(DeployError::LostRegion(lost).into());
    }
    let mut tasks = JoinSet::new();
    for region in place.enabled.clone() {
        let (packs, is_home) = (Packs::new(place, &region), region == place.home_region);
        tasks.spawn(async move {
            let mut found = Vec::new();
            for (_, name) in names(is_home) {
                found.extend(
                    packs.find(&name, None).await?.filter(|pack| !pack.is_central()).map(|_| name),
                );
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

fn removal_plan(place: &Place, regions: &BTreeMap<String, Region>) -> String {
    let mut text = String::new();
    let mut kept = Vec::new();
    for (region, Region { stack, packs }) in in_order_of_removal(place, regions) {
        let _ = writeln!(text, "account {}, {region}", place.account);
        for pack in packs {
            let _ = writeln!(
                text,
                "  organization pack {pack}: is deleted, with the rules of all accounts"
            );
        }
        let Some(stack) = stack else { continue };
        let release = stack
            .release()
            .map_or_else(|| "buckets only".to_owned(), |release| format!("release {release}"));
        let _ = writeln!(text, "  stack {STACK} ({}, {release}): is deleted", stack.status);
        if let Some(prefix) = stack.parameters.get(CODE_BUCKET_PREFIX) {
            kept.push(code_bucket(prefix, region));
            if *region == place.home_region {
                kept.push(register_bucket(prefix));
            }
        }
    }
    for warning in &place.warnings {
        let _ = writeln!(text, "warning: {warning}");
    }
    if regions.is_empty() {
        let _ = writeln!(
            text,
            "Nothing to do: account {} has no stack {STACK} in these Regions.",
            place.account
        );
        return text;
    }
    if !kept.is_empty() {
        let _ = writeln!(
            text,
            "\nThese buckets stay, with code and register; deploy takes them over again: {}",
            kept.join(", ")
        );
    }
    text.push_str(
        "Results go with the rules, logs with the functions; findings stay. The buckets \
         keep their content, not their policies.\n",
    );
    text
}

/// The home Region last: the others' functions use its roles.
fn in_order_of_removal<'a>(
    place: &Place,
    regions: &'a BTreeMap<String, Region>,
) -> Vec<(&'a String, &'a Region)> {
    let (home, others): (Vec<_>, Vec<_>) =
        regions.iter().partition(|(region, _)| **region == place.home_region);
    others.into_iter().chain(home).collect()
}

async fn remove(
    place: &Place,
    regions: BTreeMap<String, Region>,
    quiet: bool,
) -> Result<(), CliError> {
    let progress = progress(quiet);
    let ordered: Vec<String> = in_order_of_removal(place, &regions)
        .into_iter()
        .map(|(region, _)| region.clone())
        .collect();
    let (home, others): (Vec<String>, Vec<String>) =
        ordered.into_iter().partition(|region| *region == place.home_region);
    let delete = |region: String| {
        let cloudformation = CloudFormation::new(&place.session, &region);
        let organization = Packs::new(place, &region);
        let progress = progress.clone();
        let (stack, packs) = regions
            .get(&region)
            .map(|region| (region.stack.clone(), region.packs.clone()))
            .unwrap_or_default();
        async move {
            for pack in packs {
                organization.remove(&pack, |what| say(&progress, &region, what)).await?;
            }
            let Some(stack) = stack else { return Ok(()) };
            if stack.is_under_way() {
                say(&progress, &region, &format!("waits for {}", stack.status));
                let _ = cloudformation.settled(&stack.id).await;
            }
            let start = Instant::now();
            say(&progress, &region, "deletes the stack");
            cloudformation.delete(&stack.id).await?;
            say(&progress, &region, &format!("deleted after {} s", start.elapsed().as_secs()));
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
                Trouble(
                    "not tried, because the stacks of other Regions still use its roles".to_owned(),
                ),
            )
        }));
    }
    progress.finish_and_clear();
    if failed.is_empty() {
        return print("\nDone: the stacks are gone, the buckets stay.\n");
    }
    let problems: Vec<String> = failed
        .into_iter()
        .map(|(region, Trouble(what))| format!("account {}, {region}: {what}", place.account))
        .collect();
    Err(CliError::incomplete(&problems))
}
