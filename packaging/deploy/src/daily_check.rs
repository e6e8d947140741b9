//! Reads the results of the daily check of an organization's accounts.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use plumbline_aws::documents::{StoreError, read_result};
use plumbline_aws::session::Session;
use plumbline_core::aws::AccountId;
use plumbline_core::coverage::{
    AccountCoverage, CoverageOutcome, CoverageState, CoverageSummary, folder, summary_key,
};
use plumbline_core::time::seconds;

use crate::place::{Place, PlaceState};

/// The number of days to search for a check.
const DAYS: i64 = 3;

/// The maximum age of a daily check.
const MAX_AGE: TimeDelta = TimeDelta::hours(36);

/// The latest daily check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DailyCheck {
    /// The end of the check. Absent if no check has completed.
    ended: Option<DateTime<Utc>>,
    /// Reasons why the check is unreliable.
    pub(crate) problems: Vec<String>,
    /// The accounts that were scanned because they have no rules.
    pub(crate) scanned: BTreeSet<String>,
    /// The places with outdated results, or without results by a decision.
    pub(crate) places: Vec<Place>,
}

/// The accounts and Regions that a run changed. The daily check before the run does not describe
/// their current state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeployedNow {
    /// The accounts in which a stack was created or updated.
    pub(crate) accounts: BTreeSet<String>,
    /// The Regions in which conformance packs were created or updated.
    pub(crate) regions: BTreeSet<String>,
}

impl DeployedNow {
    /// Returns whether the run can have corrected a failure.
    fn concerns(&self, failure: &Place) -> bool {
        let is_of = |set: &BTreeSet<String>, one: &Option<String>| {
            one.as_ref().is_some_and(|one| set.contains(one))
        };
        let has_account = is_of(&self.accounts, &failure.account);
        let has_region = is_of(&self.regions, &failure.region);
        match failure.state {
            PlaceState::PackMissing | PlaceState::Stale => has_region,
            PlaceState::RoleBroken => has_account,
            // No deployment deletes the rules of the account's administrators.
            PlaceState::Drifted => false,
            _ => has_account || has_region,
        }
    }
}

impl DailyCheck {
    /// Reads the latest check from the results bucket, which belongs to the deploying account.
    /// `since` is the creation time of the stack of the check: the bucket can contain results of
    /// a deleted stack.
    pub(crate) async fn latest(
        session: &Session,
        (bucket, owner): (&str, &AccountId),
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Self {
        for day in 0..DAYS {
            let folder = folder(now - TimeDelta::days(day));
            let location = format!("s3://{bucket}/{}", summary_key(&folder));
            let document = match read_result(session, &location, Some(owner)).await {
                Ok(document) => document,
                Err(StoreError::Aws { error, .. }) if is_missing(&error.0.code) => continue,
                Err(error) => return Self::unread(error.to_string()),
            };
            match serde_json::from_slice(&document) {
                Ok(summary) if is_former(&summary, since) => {}
                Ok(summary) => return Self::of(&summary, now),
                Err(error) => return Self::unread(format!("cannot read '{location}': {error}")),
            }
        }
        Self::never(since, now)
    }

    /// Returns the state without a completed check. `since` is the creation of its stack.
    fn never(since: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let mut check = Self::default();
        if now - since > MAX_AGE {
            check.problems.push(format!(
                "the daily check has not completed in the last {DAYS} days: start its state \
                 machine, and examine the failed executions"
            ));
        }
        check
    }

    /// Keeps the parts that remain valid after a run. A deployment to other accounts and Regions
    /// corrects no failure.
    pub(crate) fn after(mut self, now: &DeployedNow) -> Self {
        for place in self.places.iter_mut().filter(|place| place.state.is_failure(false)) {
            if now.concerns(place) {
                place.state = PlaceState::NotChecked;
                place.reason = format!("not checked since this run; before: {}", place.reason);
            } else {
                place.reason.push_str("; this run deployed nothing there");
            }
        }
        self
    }

    /// Keeps the accounts without rules.
    pub(crate) fn scanned_only(self) -> Self {
        Self { ended: self.ended, scanned: self.scanned, ..Self::default() }
    }

    fn unread(why: String) -> Self {
        Self { problems: vec![format!("the daily check: {why}")], ..Self::default() }
    }

    fn of(summary: &CoverageSummary, now: DateTime<Utc>) -> Self {
        let mut check = Self { ended: Some(summary.finished_at), ..Self::default() };
        let age = now - summary.finished_at;
        if age > MAX_AGE {
            check.problems.push(format!(
                "the last daily check completed {} hours ago: start its state machine, and examine \
                 the failed executions",
                age.num_hours()
            ));
        }
        check.problems.extend(summary.problems.iter().map(|why| format!("the daily check: {why}")));
        for account in &summary.accounts {
            let is_scanned = |state| state == CoverageState::Scanned;
            if account.outcome == CoverageOutcome::Covered
                && account.places.iter().any(|place| is_scanned(place.state))
            {
                check.scanned.insert(account.account_id.to_string());
            }
            check.places.extend(places(account, summary.finished_at));
        }
        check
    }

    /// Summarizes the check. Empty without a check.
    pub(crate) fn summary(&self) -> String {
        match self.ended {
            Some(ended) => format!("Daily check of all accounts: completed {}\n", seconds(ended)),
            None if self.problems.is_empty() => {
                "Daily check of all accounts: not completed in the last days\n".to_owned()
            }
            None => String::new(),
        }
    }
}

/// Whether an error code means that an object or its bucket does not exist.
fn is_missing(code: &str) -> bool {
    matches!(code, "NoSuchKey" | "NoSuchBucket" | "NotFound")
}

/// Returns whether a check ended before the stack of the present check was created.
fn is_former(summary: &CoverageSummary, since: DateTime<Utc>) -> bool {
    summary.finished_at < since
}

/// Returns the places of an account with outdated results, or without results by a decision.
fn places(account: &AccountCoverage, checked: DateTime<Utc>) -> Vec<Place> {
    let place =
        |region: Option<&str>, state, found: CoverageState, reason: Option<&String>| Place {
            account: Some(account.account_id.to_string()),
            region: region.map(str::to_owned),
            what: "the account".to_owned(),
            state,
            reason: format!(
                "{}{} (daily check, {})",
                found.as_str(),
                reason.map(|why| format!(": {why}")).unwrap_or_default(),
                seconds(checked)
            ),
        };
    let (mut found, mut has_failed) = (Vec::new(), false);
    for one in &account.places {
        let state = match one.outcome {
            CoverageOutcome::Failed => Some(failure(one.state)),
            CoverageOutcome::Skipped => skipped(one.state),
            CoverageOutcome::Covered => None,
        };
        has_failed |= one.outcome == CoverageOutcome::Failed;
        found.extend(
            state.map(|state| place(Some(&one.region), state, one.state, one.reason.as_ref())),
        );
    }
    // An incomplete check reports the account, not the Regions that it checked.
    let is_whole = !has_failed || account.reason.is_some();
    if account.outcome == CoverageOutcome::Failed && is_whole {
        let state = failure(account.state);
        found.insert(0, place(None, state, account.state, account.reason.as_ref()));
    }
    found
}

/// Returns the state of a failed place.
fn failure(state: CoverageState) -> PlaceState {
    match state {
        CoverageState::PackMissing => PlaceState::PackMissing,
        CoverageState::Stale => PlaceState::Stale,
        CoverageState::RoleBroken => PlaceState::RoleBroken,
        CoverageState::Drifted => PlaceState::Drifted,
        _ => PlaceState::Failed,
    }
}

/// Returns the state of a Region that the check skips. Excluded accounts are known without it.
fn skipped(state: CoverageState) -> Option<PlaceState> {
    match state {
        CoverageState::RegionNotEnabled => Some(PlaceState::RegionNotEnabled),
        CoverageState::RegionDenied => Some(PlaceState::RegionDenied),
        CoverageState::NoRecorder => Some(PlaceState::NoRecorder),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use plumbline_core::coverage::{COVERAGE_SCHEMA, CoverageCounts, PlaceCoverage};

    use super::*;

    fn summary(finished_at: DateTime<Utc>, accounts: Vec<AccountCoverage>) -> CoverageSummary {
        CoverageSummary {
            schema: COVERAGE_SCHEMA,
            run: finished_at,
            finished_at,
            account_id: AccountId::new("111122223333").expect("an id"),
            regions: vec!["us-east-1".to_owned()],
            home_region: "us-east-1".to_owned(),
            level: 2,
            counts: CoverageCounts::default(),
            accounts,
            problems: Vec::new(),
        }
    }

    #[test]
    fn what_is_not_renewed_is_a_place_and_an_old_check_a_problem() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(400);
        let account = |states: &[CoverageState]| {
            let reason = Some("no".to_owned());
            let place = |state: &CoverageState| PlaceCoverage::new("r", *state, reason.clone());
            let id = AccountId::new("444455556666").expect("an id");
            AccountCoverage::of_places(&id, now, now, states.iter().map(place).collect())
        };
        for (states, expected, is_scanned) in [
            (vec![CoverageState::Covered], vec![], false),
            (
                vec![CoverageState::Scanned, CoverageState::RegionDenied],
                vec![PlaceState::RegionDenied],
                true,
            ),
            (
                vec![CoverageState::RegionNotEnabled, CoverageState::Covered],
                vec![PlaceState::RegionNotEnabled],
                false,
            ),
            (vec![CoverageState::Excluded], vec![], false),
            (vec![CoverageState::Scanned, CoverageState::Stale], vec![PlaceState::Stale], false),
            (vec![CoverageState::RoleBroken], vec![PlaceState::RoleBroken], false),
            (vec![CoverageState::PackMissing], vec![PlaceState::PackMissing], false),
            (vec![CoverageState::Drifted], vec![PlaceState::Drifted], false),
            (vec![CoverageState::NoRecorder], vec![PlaceState::Failed], false),
        ] {
            let check = DailyCheck::of(&summary(now, vec![account(&states)]), now);
            let found: Vec<PlaceState> = check.places.iter().map(|place| place.state).collect();
            assert_eq!((found, !check.scanned.is_empty()), (expected, is_scanned), "{states:?}");
            assert!(check.problems.is_empty(), "{check:?}");
            assert!(check.places.iter().all(|place| place.state.is_failure(true)));
        }
        for (hours, number) in [(1, 0), (37, 1), (5 * 24, 1)] {
            let never = DailyCheck::never(now - TimeDelta::hours(hours), now);
            assert_eq!(never.problems.len(), number, "{hours}");
        }
        let old = DailyCheck::of(&summary(now - TimeDelta::hours(37), Vec::new()), now);
        assert!(old.problems[0].contains("37 hours ago"), "{old:?}");
        let former = summary(now - TimeDelta::hours(1), Vec::new());
        assert!(is_former(&former, now) && !is_former(&former, now - TimeDelta::hours(2)));
    }

    /// What the summary has of an account whose check ended before it was complete: the Regions of
    /// the first round.
    fn incomplete(id: &str, state: CoverageState, now: DateTime<Utc>) -> AccountCoverage {
        let id = AccountId::new(id).expect("an id");
        let place = PlaceCoverage::new("r", state, None);
        let why = Some("the check ended before it was complete".to_owned());
        let failed = AccountCoverage::whole(&id, now, now, CoverageState::Failed, why);
        AccountCoverage { places: vec![place], ..failed }
    }

    #[test]
    fn an_account_whose_check_did_not_end_is_no_success() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(400);
        let words = "account 444455556666: the account is failed: the check ended before it was \
                     complete (daily check, 1971-02-05T00:00:00Z)";
        for (state, expected) in [
            (CoverageState::Covered, vec![PlaceState::Failed]),
            (CoverageState::Scanned, vec![PlaceState::Failed]),
            (CoverageState::Stale, vec![PlaceState::Failed, PlaceState::Stale]),
        ] {
            let account = incomplete("444455556666", state, now);
            let check = DailyCheck::of(&summary(now, vec![account]), now);
            let found: Vec<PlaceState> = check.places.iter().map(|place| place.state).collect();
            assert_eq!((found, check.scanned.len()), (expected, 0), "{state:?}");
            assert_eq!(check.places[0].to_string(), words);
        }
        // Without a reason of its own the failed Regions say it.
        let mut account = incomplete("444455556666", CoverageState::Stale, now);
        account.reason = None;
        assert_eq!(places(&account, now).len(), 1);
    }

    #[test]
    fn no_deployment_corrects_rules_of_an_administrator() {
        let now = DateTime::UNIX_EPOCH;
        let id = AccountId::new("444455556666").expect("an id");
        let place = PlaceCoverage::new("r", CoverageState::Drifted, None);
        let account = AccountCoverage::of_places(&id, now, now, vec![place]);
        let check = DailyCheck::of(&summary(now, vec![account]), now);
        let done =
            DeployedNow { accounts: [id.to_string()].into(), regions: ["r".to_owned()].into() };
        assert_eq!(check.after(&done).places[0].state, PlaceState::Drifted);
    }

    #[test]
    fn failures_stay_where_a_run_deployed_nothing() {
        let now = DateTime::UNIX_EPOCH;
        let states = [
            CoverageState::RoleBroken,
            CoverageState::Stale,
            CoverageState::Failed,
            CoverageState::RegionDenied,
        ];
        let found = states.map(|state| PlaceCoverage::new("r", state, None));
        let id = AccountId::new("444455556666").expect("an id");
        let account = AccountCoverage::of_places(&id, now, now, found.into());
        let check = DailyCheck::of(&summary(now, vec![account]), now);
        let (here, elsewhere) = (["444455556666", "r"], ["111122223333", "s"]);
        let not_checked = PlaceState::NotChecked;
        let [broken, stale, failed] =
            [PlaceState::RoleBroken, PlaceState::Stale, PlaceState::Failed];
        for (account, region, expected) in [
            (elsewhere[0], elsewhere[1], [broken, stale, failed]),
            (here[0], elsewhere[1], [not_checked, stale, not_checked]),
            (elsewhere[0], here[1], [broken, not_checked, not_checked]),
        ] {
            let done = DeployedNow {
                accounts: [account.to_owned()].into(),
                regions: [region.to_owned()].into(),
            };
            let after = check.clone().after(&done);
            let found: Vec<PlaceState> = after.places.iter().map(|place| place.state).collect();
            assert_eq!(found[..3], expected, "{account} {region}");
            assert_eq!(found[3], PlaceState::RegionDenied);
            let reasons = after.places[..3].iter().map(|place| {
                let not_changed = place.reason.ends_with("; this run deployed nothing there");
                place.reason.starts_with("not checked since this run") != not_changed
            });
            assert!(reasons.into_iter().all(|is_stated| is_stated), "{after:?}");
        }
    }
}
