//! Reads the results of an AWS Config aggregator.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use plumbline_aws::accounts::{OrganizationAccount, distinct, home_region, organization_accounts};
use plumbline_aws::aggregator::{self, Aggregator, RuleResult, Source};
use plumbline_aws::error::AwsError;
use plumbline_aws::session::role::Caller;
use plumbline_aws::session::{Session, SessionOptions};
use plumbline_core::aws::AccountId;
use tokio::task::JoinSet;

use super::coverage::CoverageResults;
use super::matrix::{AggregatorData, Rules};
use super::results::read_results;
use crate::accounts::configured_region;
use crate::arguments::CallerArguments;
use crate::error::CliError;
use crate::formats::matrix::data::AggregatorName;

/// The arguments that select the data to read.
pub(super) struct Wanted<'a> {
    /// The name of the aggregator.
    pub(super) aggregator: &'a str,
    /// The accounts to read. Empty means all accounts.
    pub(super) account: &'a [AccountId],
    /// The location of the results of a daily account check.
    pub(super) results: Option<&'a str>,
    pub(super) now: DateTime<Utc>,
}

/// Reads the results of the rules from an aggregator, for the given accounts or for all expected
/// accounts.
pub(super) async fn read(
    wanted: &Wanted<'_>,
    region: Option<String>,
    caller: &CallerArguments,
    rules: &Rules,
) -> Result<AggregatorData, CliError> {
    let Wanted { aggregator: name, account: given, .. } = *wanted;
    let session = Session::load(SessionOptions { profile: caller.profile.clone(), region }).await;
    let region = configured_region(&session)?;
    let Caller { account, partition, .. } = session.caller().await?;
    let home_region = home_region(caller.home_region(), partition)?;
    let aggregators = aggregator::aggregators(&session, &region).await?;
    let names: Vec<String> = aggregators.iter().map(|aggregator| aggregator.name.clone()).collect();
    let Some(aggregator) = aggregators.into_iter().find(|aggregator| aggregator.name == name)
    else {
        return Err(CliError::usage(
            format!("aggregator '{name}' was not found in {region} of account {account}"),
            if names.is_empty() {
                "Give the Region of the aggregator with --region, and use credentials of its \
                 account."
                    .to_owned()
            } else {
                format!("Use one of {}, or give another Region with --region.", names.join(", "))
            },
        ));
    };
    let held = async {
        tokio::try_join!(
            aggregator::sources(&session, &region, &aggregator.name),
            aggregator::rule_results(&session, &region, &aggregator.name, |rule| rules.has(rule)),
        )
    };
    let (held, members) = tokio::join!(held, organization_accounts(&session));
    let (sources, mut results) = held?;
    // Without names, reports show account IDs.
    let names = members.iter().flatten();
    let names = names.filter_map(|one| Some((one.id.clone(), one.name.clone()?))).collect();
    let mut unread = Vec::new();
    let mut coverage = None;
    if let Some(location) = wanted.results {
        let (results, problems) =
            read_results(&session, location, &home_region, wanted.now).await?;
        unread.extend(problems);
        coverage = Some(results);
    }
    let accounts = if given.is_empty() {
        let mut accounts =
            accounts(&session, &region, &aggregator, &sources, &results, members, &mut unread)
                .await?;
        let checked = coverage.iter().flat_map(CoverageResults::regions);
        accounts.extend(checked.map(|(account, _)| account.clone()));
        accounts
    } else {
        distinct(given).into_iter().collect()
    };
    results.retain(|result| accounts.contains(&result.account));
    let accounts = regions(&session, &region, &aggregator, accounts, &sources, &results).await?;
    let name = AggregatorName { name: aggregator.name, account_id: account, region };
    Ok(AggregatorData {
        aggregator: name,
        home_region,
        accounts,
        sources,
        results,
        coverage,
        names,
        unread,
    })
}

/// Returns the accounts that the aggregator should contain and the accounts that it contains.
///
/// An organization aggregator does not list accounts without data. If the credentials allow it, the
/// organization lists them.
async fn accounts(
    session: &Session,
    region: &str,
    aggregator: &Aggregator,
    sources: &[Source],
    results: &[RuleResult],
    members: Result<Vec<OrganizationAccount>, AwsError>,
    unread: &mut Vec<String>,
) -> Result<BTreeSet<AccountId>, AwsError> {
    let of_sources = sources.iter().filter_map(|source| source.account.clone());
    let mut accounts: BTreeSet<AccountId> = aggregator
        .accounts
        .iter()
        .cloned()
        .chain(of_sources)
        .chain(results.iter().map(|result| result.account.clone()))
        .collect();
    if aggregator.is_of_organization {
        match members {
            Ok(members) => accounts.extend(members.into_iter().map(|member| member.id)),
            Err(error) => {
                unread.push(format!(
                    "accounts without data in the aggregator may be missing because the accounts \
                     of the organization could not be listed: {error}"
                ));
                accounts.extend(
                    aggregator::accounts_with_resources(session, region, &aggregator.name).await?,
                );
            }
        }
    }
    Ok(accounts)
}

/// Returns the Regions of each account in which regional controls must have results. These are the
/// Regions of the aggregator and of its sources, or otherwise the Regions with resources. Regions
/// with results are added.
async fn regions(
    session: &Session,
    region: &str,
    aggregator: &Aggregator,
    accounts: BTreeSet<AccountId>,
    sources: &[Source],
    results: &[RuleResult],
) -> Result<BTreeMap<AccountId, BTreeSet<String>>, CliError> {
    let named: BTreeSet<String> = aggregator.regions.iter().cloned().collect();
    let mut regions: BTreeMap<AccountId, BTreeSet<String>> =
        accounts.into_iter().map(|account| (account, named.clone())).collect();
    let of_sources = sources
        .iter()
        .filter_map(|source| Some((source.account.as_ref()?, source.region.as_ref()?)));
    for (account, region) in of_sources {
        if let Some(known) = regions.get_mut(account) {
            known.insert(region.clone());
        }
    }
    let mut tasks = JoinSet::new();
    for account in
        regions.iter().filter(|(_, known)| known.is_empty()).map(|(account, _)| account.clone())
    {
        let (session, region, name) = (session.clone(), region.to_owned(), aggregator.name.clone());
        tasks.spawn(async move {
            let found =
                aggregator::regions_with_resources(&session, &region, &name, Some(&account)).await;
            (account, found)
        });
    }
    while let Some(task) = tasks.join_next().await {
        let (account, found) = task?;
        // Without these Regions, an account would pass although a Region has no rules.
        regions.entry(account).or_default().extend(found?);
    }
    for result in results {
        regions.entry(result.account.clone()).or_default().insert(result.region.clone());
    }
    Ok(regions)
}
