//! All accounts: the list, and the results.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::aws::AccountId;
use plumbline_core::coverage::{
    AccountCoverage, COVERAGE_SCHEMA, CoverageCounts, CoverageRun, CoverageState, CoverageSummary,
    PlaceCoverage, account_key, summary_key,
};
use plumbline_core::view::Context;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::account::IMPORT_BEFORE;
use super::checker::{CoverageChecker, CoverageSettings, listed};
use super::error::CoverageError;
use crate::accounts::{OrganizationMember, management_account, organization_members};
use crate::publish::security_hub::{HubAnswer, coverage};

/// The number of results that are read or written at the same time.
const AT_ONCE: usize = 16;

/// The accounts of a run. It contains only ids, because the payload of a state machine is limited
/// to 256 KB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountList {
    /// The accounts to check.
    pub accounts: Vec<AccountId>,
    /// The accounts that already have a result: excluded and closed accounts.
    pub skipped: Vec<AccountId>,
    /// The number of accounts that are checked at the same time.
    #[serde(default)]
    pub max_concurrency: u16,
    /// The settings of the run for all accounts.
    pub run: CoverageRun,
}

/// The event after all accounts were checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SummaryEvent {
    /// The accounts.
    #[serde(flatten)]
    pub list: AccountList,
}

impl CoverageChecker {
    /// Lists the accounts of a run, and writes the results of the accounts that it skips.
    ///
    /// # Errors
    /// The settings are invalid, the accounts cannot be listed, or a result cannot be written.
    pub async fn accounts(&self, settings: CoverageSettings) -> Result<AccountList, CoverageError> {
        let excluded: BTreeSet<String> = listed(&settings.excluded).map(str::to_owned).collect();
        let units: Vec<String> = listed(&settings.units).map(str::to_owned).collect();
        let max_concurrency = settings.at_once()?;
        let management = management_account(&self.session).await?;
        let is_own = management == self.own_account;
        let run = settings.run(
            &self.settings.home_region,
            self.now,
            (!is_own).then(|| management.clone()),
        )?;
        // Invalid parameters are found before they cause a thousand accounts to fail.
        self.controls(&run)?;
        let mut members = organization_members(&self.session, &units).await?;
        if is_own && members.iter().all(|member| member.id != management) {
            members.push(OrganizationMember { id: management, is_active: true });
            members.sort();
        }
        let (accounts, skipped) = (Vec::new(), Vec::new());
        let mut list = AccountList { accounts, skipped, max_concurrency, run };
        let mut results = Vec::new();
        for OrganizationMember { id, is_active } in members {
            let state = if excluded.contains(id.as_str()) {
                CoverageState::Excluded
            } else if !is_active {
                CoverageState::Suspended
            } else {
                list.accounts.push(id);
                continue;
            };
            let started = list.run.started_at;
            results.push(AccountCoverage::whole(&id, started, self.now, state, None));
            list.skipped.push(id);
        }
        self.write(&list.run.folder(), results).await?;
        Ok(list)
    }

    async fn write(
        &self,
        folder: &str,
        results: Vec<AccountCoverage>,
    ) -> Result<(), CoverageError> {
        let mut results = results.into_iter();
        let mut tasks = JoinSet::new();
        loop {
            while tasks.len() < AT_ONCE
                && let Some(result) = results.next()
            {
                let (bucket, key) = (self.results.clone(), account_key(folder, &result.account_id));
                tasks.spawn(async move { bucket.put(&key, &result).await });
            }
            match tasks.join_next().await {
                None => return Ok(()),
                Some(Ok(written)) => written?,
                Some(Err(error)) => return Err(panicked(&error)),
            }
        }
    }

    /// Summarizes the results of the accounts, and imports a finding for each.
    ///
    /// # Errors
    /// The summary cannot be written.
    pub async fn summarize(&self, event: SummaryEvent) -> Result<CoverageSummary, CoverageError> {
        let SummaryEvent { list: AccountList { accounts, skipped, run, .. } } = event;
        let mut all: Vec<AccountId> = accounts.into_iter().chain(skipped).collect();
        all.sort();
        let accounts = self.results_of(&run, all).await;
        let mut counts = CoverageCounts::default();
        for account in &accounts {
            counts.add(account);
        }
        let mut summary = CoverageSummary {
            schema: COVERAGE_SCHEMA,
            run: run.started_at,
            finished_at: self.now,
            account_id: self.own_account.clone(),
            regions: run.regions.clone(),
            home_region: run.home_region.clone(),
            level: run.level,
            counts,
            accounts,
            problems: Vec::new(),
        };
        if self.settings.security_hub {
            summary.problems = self.import(&summary).await;
        }
        for problem in &summary.problems {
            tracing::error!(problem, "coverage");
        }
        self.results.put(&summary_key(&run.folder()), &summary).await?;
        Ok(summary)
    }

    /// The results of accounts, in order, each reduced as it arrives. No account is omitted.
    async fn results_of(&self, run: &CoverageRun, all: Vec<AccountId>) -> Vec<AccountCoverage> {
        let mut waiting = all.iter().cloned();
        let (mut tasks, mut results) = (JoinSet::new(), BTreeMap::new());
        loop {
            while tasks.len() < AT_ONCE
                && let Some(account) = waiting.next()
            {
                let (checker, run) = (self.clone(), run.clone());
                tasks.spawn(async move { checker.result_of(&run, account).await });
            }
            match tasks.join_next().await {
                None => break,
                Some(Ok(done)) => drop(results.insert(done.account_id.clone(), done)),
                Some(Err(error)) => tracing::error!(%error, "a result was not read"),
            }
        }
        let result = |account: AccountId| {
            results.remove(&account).unwrap_or_else(|| {
                let (state, why) = (
                    CoverageState::Failed,
                    "an internal error ended the reading of \
                    the result",
                );
                let why = Some(why.to_owned());
                AccountCoverage::whole(&account, run.started_at, self.now, state, why)
            })
        };
        all.into_iter().map(result).collect()
    }

    /// The result of an account, without the outcomes of its scan. An account whose check did not
    /// end is not covered, whatever an earlier run found.
    async fn result_of(&self, run: &CoverageRun, account: AccountId) -> AccountCoverage {
        let key = account_key(&run.folder(), &account);
        let read: Result<Option<AccountCoverage>, CoverageError> = self.results.get(&key).await;
        let failed = |why: String| {
            let state = CoverageState::Failed;
            AccountCoverage::whole(&account, run.started_at, self.now, state, Some(why))
        };
        let found = match read {
            Ok(found) => found,
            Err(error) => return failed(format!("the result cannot be read: {error}")),
        };
        let Some(mut found) = found.filter(|found| found.run == run.started_at) else {
            return failed("the check ended before it wrote a result; see its log".to_owned());
        };
        if !found.complete {
            let why = "the check ended before it was complete; see its log".to_owned();
            return AccountCoverage { places: without_scans(found.places), ..failed(why) };
        }
        found.places = without_scans(found.places);
        found
    }

    /// Imports the findings. Returns the problems, one line each.
    async fn import(&self, summary: &CoverageSummary) -> Vec<String> {
        let context = Context {
            account: self.own_account.clone(),
            partition: self.settings.partition,
            region: self.settings.region.clone(),
            home_region: self.settings.home_region.clone(),
            now: self.now,
        };
        let until = self.before(IMPORT_BEFORE);
        match coverage::publish(&self.session, &context, &summary.accounts, until).await {
            HubAnswer::NotEnabled => vec![format!(
                "Security Hub is not enabled in {} of account {}: no findings about coverage are \
                 imported",
                context.region, context.account
            )],
            HubAnswer::Published(published) if published.failures.is_empty() => Vec::new(),
            HubAnswer::Published(published) => {
                vec![format!("findings about coverage: {}", published.failure_text())]
            }
        }
    }
}

fn without_scans(places: Vec<PlaceCoverage>) -> Vec<PlaceCoverage> {
    let without = |mut place: PlaceCoverage| {
        place.scanned = Vec::new();
        place
    };
    places.into_iter().map(without).collect()
}

fn panicked(error: &tokio::task::JoinError) -> CoverageError {
    CoverageError::Settings(format!("an internal error ended a task: {error}"))
}
