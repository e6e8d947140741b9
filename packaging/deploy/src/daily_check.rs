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
    /// The places with outdated results.
    pub(crate) places: Vec<Place>,
}

impl DailyCheck {
    /// Reads the latest check from the results bucket, which belongs to the deploying account.
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
            return match serde_json::from_slice(&document) {
                Ok(summary) => Self::of(&summary, now),
                Err(error) => Self::unread(format!("cannot read '{location}': {error}")),
            };
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

    /// Keeps the parts that remain valid after a change: the accounts without rules.
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
            check.places.extend(failures(account, summary.finished_at));
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

/// Returns the places of an account with outdated results.
fn failures(account: &AccountCoverage, checked: DateTime<Utc>) -> Vec<Place> {
    let place = |region: Option<&str>, state: CoverageState, reason: Option<&String>| Place {
        account: Some(account.account_id.to_string()),
        region: region.map(str::to_owned),
        what: "the account".to_owned(),
        state: match state {
            CoverageState::PackMissing => PlaceState::PackMissing,
            CoverageState::Stale => PlaceState::Stale,
            CoverageState::RoleBroken => PlaceState::RoleBroken,
            _ => PlaceState::Failed,
        },
        reason: format!(
            "{}{} (daily check, {})",
            state.as_str(),
            reason.map(|why| format!(": {why}")).unwrap_or_default(),
            seconds(checked)
        ),
    };
    if account.places.is_empty() && account.outcome == CoverageOutcome::Failed {
        return vec![place(None, account.state, account.reason.as_ref())];
    }
    let failed = account.places.iter().filter(|one| one.outcome == CoverageOutcome::Failed);
    failed.map(|one| place(Some(&one.region), one.state, one.reason.as_ref())).collect()
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
            (vec![CoverageState::Scanned, CoverageState::RegionDenied], vec![], true),
            (vec![CoverageState::Scanned, CoverageState::Stale], vec![PlaceState::Stale], false),
            (vec![CoverageState::RoleBroken], vec![PlaceState::RoleBroken], false),
            (vec![CoverageState::PackMissing], vec![PlaceState::PackMissing], false),
            (vec![CoverageState::NoRecorder], vec![PlaceState::Failed], false),
        ] {
            let check = DailyCheck::of(&summary(now, vec![account(&states)]), now);
            let found: Vec<PlaceState> = check.places.iter().map(|place| place.state).collect();
            assert_eq!((found, !check.scanned.is_empty()), (expected, is_scanned), "{states:?}");
            assert!(check.problems.is_empty(), "{check:?}");
            assert!(check.places.iter().all(|place| place.state.is_failure(false)));
        }
        for (hours, number) in [(1, 0), (37, 1), (5 * 24, 1)] {
            let never = DailyCheck::never(now - TimeDelta::hours(hours), now);
            assert_eq!(never.problems.len(), number, "{hours}");
        }
        let old = DailyCheck::of(&summary(now - TimeDelta::hours(37), Vec::new()), now);
        assert!(old.problems[0].contains("37 hours ago"), "{old:?}");
    }
}
