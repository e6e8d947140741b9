//! `plumbline destroy`: what `plumbline deploy` made goes, the data stays.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Instant;

use super::cloudformation::CloudFormation;
use super::packs::{Packs, names};
use super::place::Place;
use super::stack::{NAME, Stack};
use super::{DeployError, Trouble, check_stack, in_regions, progress, say, stacks};
use crate::arguments::PlaceArguments;
use crate::error::CliError;
use crate::live::block_on;
use crate::output::print;

/// Removes what deploy made, or prints what would be removed.
pub(crate) fn destroy(arguments: &PlaceArguments, quiet: bool) -> Result<(), CliError> {
    block_on(async {
        let place = Place::find(arguments).await?;
        let mut stacks = stacks(&place).await?;
        for (region, stack) in &stacks {
            check_stack(&place, region, stack)?;
        }
        let (named, others): (Vec<String>, Vec<String>) =
            stacks.keys().cloned().partition(|region| arguments.region.is_empty() || arguments.region.contains(region));
        if named.contains(&place.home_region) && !others.is_empty() {
            return Err(DeployError::HomeFirst { home: place.home_region, others }.into());
        }
        if place.organization.is_some() && !others.is_empty() {
            return Err(DeployError::PartOfOrganization { others }.into());
        }
        stacks.retain(|region, _| named.contains(region));
        print(&removal_plan(&place, &stacks))?;
        if arguments.really.dry_run || stacks.is_empty() {
            return Ok(());
        }
        remove(&place, stacks, quiet).await
    })
}

fn removal_plan(place: &Place, stacks: &BTreeMap<String, Stack>) -> String {
    if stacks.is_empty() {
        return format!("Nothing to do: account {} has no stack {NAME} in these Regions.\n", place.account);
    }
    let mut text = String::new();
    let mut kept = Vec::new();
    for (region, stack) in in_order_of_removal(place, stacks) {
        let release = stack.release().map_or_else(|| "buckets only".to_owned(), |release| format!("release {release}"));
        let _ = writeln!(text, "account {}, {region}", place.account);
        if place.organization.is_some() {
            let packs: Vec<String> = names(*region == place.home_region).map(|(_, name)| name).collect();
            let _ = writeln!(text, "  organization packs {}: are deleted", packs.join(", "));
        }
        let _ = writeln!(text, "  stack {NAME} ({}, {release}): is deleted", stack.status);
        if let Some(prefix) = stack.parameters.get("CodeBucketPrefix") {
            kept.push(format!("{prefix}-{region}"));
            if *region == place.home_region {
                kept.push(format!("{prefix}-register"));
            }
        }
    }
    let _ = writeln!(text, "\nThese buckets stay, with code and register; deploy takes them over again: {}", kept.join(", "));
    text.push_str("Results go with the rules, logs with the functions; findings stay. The buckets keep their content, not their policies.\n");
    text
}

/// The home Region last: the others' functions use its roles.
fn in_order_of_removal<'a>(place: &Place, stacks: &'a BTreeMap<String, Stack>) -> Vec<(&'a String, &'a Stack)> {
    let (home, others): (Vec<_>, Vec<_>) = stacks.iter().partition(|(region, _)| **region == place.home_region);
    others.into_iter().chain(home).collect()
}

async fn remove(place: &Place, stacks: BTreeMap<String, Stack>, quiet: bool) -> Result<(), CliError> {
    let progress = progress(quiet);
    let ordered: Vec<String> = in_order_of_removal(place, &stacks).into_iter().map(|(region, _)| region.clone()).collect();
    let (home, others): (Vec<String>, Vec<String>) = ordered.into_iter().partition(|region| *region == place.home_region);
    let delete = |region: String| {
        let cloudformation = CloudFormation::new(&place.session, &region);
        let (stack, progress) = (stacks.get(&region).cloned().unwrap_or_default(), progress.clone());
        let packs: Vec<String> = match place.organization {
            Some(_) => names(region == place.home_region).map(|(_, name)| name).collect(),
            None => Vec::new(),
        };
        let organization = Packs::new(&place.session, &region);
        async move {
            for pack in packs {
                organization.remove(&pack, |what| say(&progress, &region, what)).await?;
            }
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
        failed.extend(home.into_iter().map(|region| (region, Trouble("not tried, because the stacks of other Regions still use its roles".to_owned()))));
    }
    progress.finish_and_clear();
    if failed.is_empty() {
        return print("\nDone: the stacks are gone, the buckets stay.\n");
    }
    Err(CliError::Problems(failed.into_iter().map(|(region, Trouble(what))| format!("account {}, {region}: {what}", place.account)).collect()))
}
