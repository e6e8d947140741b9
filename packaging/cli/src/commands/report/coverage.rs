//! Combines the results of an aggregator with the results of a daily account check. No I/O.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use plumbline_core::aws::AccountId;
use plumbline_core::control::Control;
use plumbline_core::coverage::{
    AccountCoverage, CURRENT_HOURS, CoverageState, CoverageSummary, PlaceCoverage, ScannedControl,
};
use plumbline_core::evaluation::Compliance;
use plumbline_core::time::seconds;

use crate::formats::matrix::data::{PlaceNote, RegionCell, Status};

/// The state of an account or Region that the daily account check has not checked. Programs match
/// the value, so it keeps its first wording.
const NOT_CHECKED: &str = "not-looked-after";

/// The results of a daily account check.
#[derive(Debug)]
pub(super) struct CoverageResults {
    run: DateTime<Utc>,
    home_region: String,
    level: u8,
    is_old: bool,
    accounts: BTreeMap<AccountId, AccountCoverage>,
}

impl CoverageResults {
    /// Combines a summary with the results of accounts that were scanned.
    pub(super) fn new(
        summary: CoverageSummary,
        scanned: Vec<AccountCoverage>,
        now: DateTime<Utc>,
    ) -> Self {
        let CoverageSummary { run, level, .. } = summary;
        let all = summary.accounts.into_iter().chain(scanned);
        Self {
            run,
            home_region: summary.home_region,
            level,
            is_old: now - run > TimeDelta::hours(CURRENT_HOURS),
            accounts: all.map(|account| (account.account_id.clone(), account)).collect(),
        }
    }

    /// The start of the run.
    pub(super) fn run(&self) -> DateTime<Utc> {
        self.run
    }

    /// Describes a problem with all results, for a report with this home Region.
    pub(super) fn problem(&self, home_region: &str) -> Option<String> {
        if self.home_region != home_region {
            return Some(format!(
                "the results have the home Region {}, but the report uses {home_region}, so they \
                 do not show whether global controls are current. Give --home-region",
                self.home_region
            ));
        }
        self.is_old.then(|| {
            format!(
                "the results are from {}, more than {CURRENT_HOURS} hours ago, so they do not show \
                 whether the results of the aggregator are current",
                seconds(self.run)
            )
        })
    }

    /// The checked accounts, each with its checked Regions.
    pub(super) fn regions(&self) -> impl Iterator<Item = (&AccountId, BTreeSet<String>)> {
        let checked = self.accounts.iter().filter(|(_, account)| {
            !matches!(account.state, CoverageState::Excluded | CoverageState::Suspended)
        });
        checked.map(|(id, account)| {
            let places = account.places.iter().filter(|place| {
                !matches!(
                    place.state,
                    CoverageState::RegionNotEnabled | CoverageState::RegionDenied
                )
            });
            (id, places.map(|place| place.region.clone()).collect())
        })
    }

    /// Returns the results for a Region of an account.
    pub(super) fn place(&self, account: &AccountId, region: &str) -> PlaceResults<'_> {
        let found = self.accounts.get(account);
        let place =
            found.and_then(|account| account.places.iter().find(|place| place.region == region));
        PlaceResults {
            run: self.run,
            level: self.level,
            is_old: self.is_old,
            account: found,
            place,
        }
    }
}

/// The results for a Region of an account.
pub(super) struct PlaceResults<'a> {
    run: DateTime<Utc>,
    level: u8,
    is_old: bool,
    account: Option<&'a AccountCoverage>,
    place: Option<&'a PlaceCoverage>,
}

impl PlaceResults<'_> {
    /// The state with its reason, for people.
    pub(super) fn note(&self) -> PlaceNote {
        let (state, reason) = match (self.place, self.account) {
            // The account has one state for all Regions, because its check may be incomplete.
            (_, Some(account)) if account.places.is_empty() || account.reason.is_some() => {
                (account.state.as_str(), account.reason.clone())
            }
            (Some(place), _) => (place.state.as_str(), place.reason.clone()),
            _ => (NOT_CHECKED, None),
        };
        PlaceNote {
            state: state.to_owned(),
            reason,
            checked_at: self.account.map_or(self.run, |account| account.checked_at),
            is_renewed: !self.is_broken()
                && self
                    .place
                    .is_some_and(|place| place.stale.is_empty() && !self.lacks_rules(place)),
        }
    }

    /// Whether rules are missing that no scan replaces.
    fn lacks_rules(&self, place: &PlaceCoverage) -> bool {
        place.state == CoverageState::PackMissing || place.missing.len() > place.scanned.len()
    }

    /// Whether the results of the Region are outdated, or their state is unknown.
    fn is_broken(&self) -> bool {
        let Some(place) = self.place else { return true };
        if self.account.is_some_and(|account| account.reason.is_some()) {
            return true;
        }
        let is_stopped = place.state == CoverageState::Stale && place.stale.is_empty();
        self.is_old
            || is_stopped
            || !matches!(
                place.state,
                CoverageState::Covered
                    | CoverageState::Scanned
                    | CoverageState::PackMissing
                    | CoverageState::Stale
            )
    }

    /// Returns the last evaluation of a control whose rule is no longer evaluated.
    fn stale_since(&self, control: &str) -> Option<Option<DateTime<Utc>>> {
        let stale = self.place?.stale.iter().find(|rule| rule.control == control)?;
        Some(stale.evaluated_at)
    }

    /// Whether the control has no rule there, so that results in the aggregator are outdated.
    fn is_missing(&self, control: &str) -> bool {
        self.place.is_some_and(|place| place.missing.iter().any(|id| id == control))
    }

    /// Returns the status of a control in the Region. A pass without regular evaluations is stale.
    /// A scan replaces a missing rule. A failure remains a failure.
    fn status(&self, control: &Control, held: Status) -> Status {
        let (is_checked, control) = (control.level <= self.level, control.id.as_str());
        let scanned = self
            .place
            .filter(|_| !self.is_old)
            .and_then(|place| place.scanned.iter().find(|one| one.id == control));
        match held {
            Status::NonCompliant => held,
            _ if scanned.is_some() => scanned.map_or(held, of_scan),
            Status::Compliant | Status::InsufficientData
                if self.is_broken()
                    || !is_checked
                    || self.is_missing(control)
                    || self.stale_since(control).is_some() =>
            {
                Status::Stale
            }
            _ => held,
        }
    }

    /// Adds these results to a cell.
    pub(super) fn amended(&self, control: &Control, cell: RegionCell) -> RegionCell {
        let status = self.status(control, cell.status);
        let control = control.id.as_str();
        let is_scanned = status == Status::NonCompliant && cell.status != status;
        RegionCell {
            failing: if is_scanned { self.failing(control) } else { cell.failing },
            evaluated_at: self.stale_since(control).flatten().filter(|_| status == Status::Stale),
            status,
            ..cell
        }
    }

    /// Returns the number of resources that fail a scanned control.
    fn failing(&self, control: &str) -> Option<u32> {
        let scanned = self.place?.scanned.iter().find(|one| one.id == control)?;
        u32::try_from(scanned.counts.non_compliant).ok().filter(|failing| *failing > 0)
    }
}

/// Converts the result of a scan to a status of the matrix. AWS Config would have no result for
/// outcomes that are not assessed, waived or not applicable.
fn of_scan(scanned: &ScannedControl) -> Status {
    match scanned.status {
        Compliance::NonCompliant => Status::NonCompliant,
        Compliance::Compliant => Status::Compliant,
        Compliance::NotAssessed => Status::NoResult,
        Compliance::Waived | Compliance::NotApplicable => Status::InsufficientData,
    }
}

#[cfg(test)]
mod tests {
    use plumbline_core::coverage::{COVERAGE_SCHEMA, CoverageCounts, StaleRule};
    use plumbline_core::evaluation::Counts;

    use super::*;

    const HOME: &str = "us-east-1";

    fn id() -> AccountId {
        AccountId::new("111122223333").expect("an id")
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a time")
    }

    fn results(places: Vec<PlaceCoverage>, hours: i64) -> CoverageResults {
        let run = now() - TimeDelta::hours(hours);
        let account = AccountCoverage::of_places(&id(), run, run, places);
        let summary = CoverageSummary {
            schema: COVERAGE_SCHEMA,
            run,
            finished_at: run,
            account_id: id(),
            regions: vec![HOME.to_owned()],
            home_region: HOME.to_owned(),
            level: 1,
            counts: CoverageCounts::default(),
            accounts: vec![account],
            problems: Vec::new(),
        };
        CoverageResults::new(summary, Vec::new(), now())
    }

    fn control(id: &str) -> &'static Control {
        plumbline_rules::registry::find(id).expect("a control")
    }

    fn place(state: CoverageState) -> PlaceCoverage {
        PlaceCoverage::new(HOME, state, Some("why".to_owned()))
    }

    fn status(results: &CoverageResults, held: Status) -> Status {
        results.place(&id(), HOME).status(control("1.4"), held)
    }

    #[test]
    fn a_pass_that_nobody_renews_is_stale() {
        use CoverageState::*;
        use Status::{Compliant as Pass, InsufficientData, NoResult, NonCompliant, Stale as Old};
        for state in CoverageState::ALL {
            let results = results(vec![place(state)], 1);
            let is_renewed = matches!(state, Covered | Scanned | PackMissing);
            let expected = if is_renewed { Pass } else { Old };
            assert_eq!(status(&results, Pass), expected, "{state:?}");
            assert_eq!(status(&results, NonCompliant), NonCompliant, "a failure stays one");
            assert_eq!(status(&results, NoResult), NoResult);
            let expected = if is_renewed { InsufficientData } else { Old };
            assert_eq!(status(&results, InsufficientData), expected, "{state:?}");
        }
    }

    #[test]
    fn an_account_whose_check_did_not_end_vouches_for_nothing() {
        let mut results = results(vec![place(CoverageState::Covered)], 1);
        let account = results.accounts.get_mut(&id()).expect("the account");
        account.state = CoverageState::Failed;
        account.reason = Some("the check ended before it was complete".to_owned());
        assert_eq!(status(&results, Status::Compliant), Status::Stale);
        let note = results.place(&id(), HOME).note();
        assert_eq!(note.text(), "failed (the check ended before it was complete)");
    }

    #[test]
    fn only_rules_that_are_stale_count_as_such() {
        let mut stale = place(CoverageState::Stale);
        stale.stale.push(StaleRule {
            control: "1.4".to_owned(),
            rule: "r".to_owned(),
            evaluated_at: Some(now() - TimeDelta::hours(50)),
            error: None,
        });
        let results = results(vec![stale], 1);
        let place = results.place(&id(), HOME);
        assert_eq!(place.status(control("1.4"), Status::Compliant), Status::Stale);
        assert_eq!(place.stale_since("1.4"), Some(Some(now() - TimeDelta::hours(50))));
        assert_eq!(place.status(control("1.5"), Status::Compliant), Status::Compliant);
    }

    #[test]
    fn a_pass_of_a_rule_that_is_gone_is_none() {
        let mut gone = place(CoverageState::PackMissing);
        gone.missing.push("1.4".to_owned());
        let results = results(vec![gone], 1);
        let place = results.place(&id(), HOME);
        assert_eq!(place.status(control("1.4"), Status::Compliant), Status::Stale);
        assert_eq!(place.status(control("1.4"), Status::NonCompliant), Status::NonCompliant);
        assert_eq!(place.status(control("1.5"), Status::Compliant), Status::Compliant);
    }

    #[test]
    fn results_that_are_old_or_know_nothing_vouch_for_nothing() {
        let old = results(vec![place(CoverageState::Covered)], CURRENT_HOURS + 1);
        assert_eq!(status(&old, Status::Compliant), Status::Stale);
        assert!(old.problem(HOME).is_some_and(|problem| problem.contains("36 hours")));
        let current = results(vec![place(CoverageState::Covered)], CURRENT_HOURS - 1);
        assert_eq!(current.problem(HOME), None);
        assert!(current.problem("eu-west-1").is_some_and(|why| why.contains("home Region")));
        let place = current.place(&id(), HOME);
        assert_eq!(place.status(control("1.12"), Status::Compliant), Status::Compliant);
        assert_eq!(place.status(control("1.18"), Status::Compliant), Status::Stale, "level 2");
        let other = current.place(&id(), "eu-west-1");
        assert_eq!(other.status(control("1.4"), Status::Compliant), Status::Stale);
        assert_eq!(other.note().state, NOT_CHECKED);
        let nobody = AccountId::new("999988887777").expect("an id");
        let other = current.place(&nobody, HOME);
        assert_eq!(other.status(control("1.4"), Status::Compliant), Status::Stale);
        assert!(!other.note().is_renewed);
    }

    #[test]
    fn a_scan_stands_in_for_rules_that_are_not_there() {
        let mut scanned = place(CoverageState::Scanned);
        for (id, status) in [
            ("1.4", Compliance::NonCompliant),
            ("1.5", Compliance::Compliant),
            ("1.6", Compliance::NotAssessed),
            ("1.7", Compliance::NotApplicable),
        ] {
            let counts = Counts { non_compliant: 2, ..Counts::default() };
            scanned.scanned.push(ScannedControl { id: id.to_owned(), status, counts });
        }
        let results = results(vec![scanned], 1);
        let place = results.place(&id(), HOME);
        // This also applies to old results of a deleted rule.
        for held in [Status::NoResult, Status::Stale, Status::Compliant] {
            let found = ["1.4", "1.5", "1.6", "1.7"].map(|id| place.status(control(id), held));
            assert_eq!(
                found,
                [
                    Status::NonCompliant,
                    Status::Compliant,
                    Status::NoResult,
                    Status::InsufficientData
                ]
            );
        }
        assert_eq!(place.status(control("1.5"), Status::NonCompliant), Status::NonCompliant);
        assert_eq!(place.failing("1.4"), Some(2));
        assert_eq!(place.failing("9.9"), None);
    }
}
