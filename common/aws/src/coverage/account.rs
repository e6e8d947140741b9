//! One account: what is covered in its Regions, and a scan of what is not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use plumbline_core::answer::ReadError;
use plumbline_core::aws::AccountId;
use plumbline_core::benchmark::ControlId;
use plumbline_core::control::ConfiguredControl;
use plumbline_core::coverage::{
    AccountCoverage, AccountRound, COVERAGE_ROUNDS, CoverageRun, CoverageState, PlaceCoverage,
    PlaceFacts, RecorderState, Remaining, ServingFunctions, account_key, unassumable,
};
use plumbline_core::fact::Facts;
use plumbline_core::view::Context;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::checker::{CoverageChecker, expected};
use super::error::CoverageError;
use super::report::scan_report;
use super::role::can_read;
use super::rules::{functions, recorder, rules, start};
use super::scan::{RegionScan, RegionScanner};
use crate::accounts::{enabled_regions, region_answers};
use crate::reader::{ReadLimits, Reader};
use crate::register::{RegisterSource, register};
use crate::session::Session;

/// So long before its time is over an invocation stops, publishes what it has, and hands back the
/// rest.
const STOP_BEFORE: Duration = Duration::from_secs(120);
/// So long before its time is over nothing is imported any more: the result has to be written.
pub(super) const IMPORT_BEFORE: Duration = Duration::from_secs(30);
/// So many Regions are scanned at the same time. Security Hub gives the findings of before three
/// times a second in a Region, which the rest of the time is spent waiting for.
const REGIONS_AT_ONCE: usize = 4;

/// The controls to scan, by Region.
type Work = BTreeMap<String, BTreeSet<String>>;

/// A Region with what is to be done there.
struct CheckedPlace {
    place: PlaceCoverage,
    scan: Vec<ControlId>,
}

impl CoverageChecker {
    /// Checks an account, or goes on where the round before it stopped. The answer is the event of
    /// the next round; nothing remains in it when the account is done.
    ///
    /// # Errors
    /// Nothing could be checked, or the result could not be written.
    pub async fn account(&self, mut round: AccountRound) -> Result<AccountRound, CoverageError> {
        let role = self.settings.role.as_ref().ok_or(CoverageError::NoRole)?;
        let controls = self.controls(&round.run)?;
        let partition = self.settings.partition;
        let external_id = self.settings.external_id.as_deref();
        let member = self.session.assume(&round.account, partition, role, external_id);
        let key = account_key(&round.run.folder(), &round.account);
        let (mut coverage, work) = if round.remaining.is_empty() {
            self.checked(&round, &member, &controls).await
        } else {
            let before: Option<AccountCoverage> = self.results.get(&key).await?;
            let before = before.filter(|before| before.run == round.run.started_at);
            let before = before.ok_or_else(|| CoverageError::Result {
                key: key.clone(),
                error: "the result of the round before is gone".to_owned(),
            })?;
            (before, work_of(&round.remaining))
        };
        round.round += 1;
        let (mut scans, mut facts, mut left) = (Vec::new(), Facts::default(), work);
        let mut register = RegisterSource::None;
        if !left.is_empty() {
            (scans, facts, register) = self.scan(&round, &member, &controls, &mut left).await;
        }
        for scan in &scans {
            let place = coverage.places.iter_mut().find(|place| place.region == scan.region);
            if let Some(place) = place {
                scan.note(place);
                if let Some(why) = register.failure() {
                    let reason = format!("nothing was waived or attested: {why}");
                    place.fail(CoverageState::Failed, &reason);
                }
            }
        }
        round.remaining = remaining(left);
        if round.round >= COVERAGE_ROUNDS {
            give_up(&mut coverage.places, &std::mem::take(&mut round.remaining));
        }
        if !scans.is_empty() {
            let name = format!("{}-report-{}.json", round.account, round.round);
            let report = scan_report(self, &round, &controls, scans, facts);
            self.results.put(&format!("{}/{name}", round.run.folder()), &report).await?;
            coverage.reports.push(name);
        }
        coverage.round = round.round;
        coverage.checked_at = self.now;
        coverage.complete = round.remaining.is_empty();
        coverage.conclude();
        self.results.put(&key, &coverage).await?;
        tracing::info!(
            account = round.account.as_str(),
            state = coverage.state.as_str(),
            round = round.round,
            remaining = round.remaining.len(),
            "account checked"
        );
        Ok(round)
    }

    /// What is covered in the Regions of an account, and what has to be scanned.
    async fn checked(
        &self,
        round: &AccountRound,
        member: &Session,
        controls: &[ConfiguredControl],
    ) -> (AccountCoverage, Work) {
        let AccountRound { account, run, .. } = round;
        let enabled = match enabled_regions(member, &run.home_region).await {
            Ok(enabled) => enabled,
            Err(error) => {
                let is_management = run.management_account.as_ref() == Some(account);
                let (state, why) = unassumable(&error.0, is_management);
                let why = Some(why);
                let whole = AccountCoverage::whole(account, run.started_at, self.now, state, why);
                return (whole, Work::new());
            }
        };
        if let Err(error) = can_read(member, &run.home_region).await {
            let state = CoverageState::RoleBroken;
            let why = Some(error.to_string());
            let whole = AccountCoverage::whole(account, run.started_at, self.now, state, why);
            return (whole, Work::new());
        }
        let mut tasks = JoinSet::new();
        for (at, region) in run.regions.iter().enumerate() {
            let place = PlaceReader {
                session: member.clone(),
                run: run.clone(),
                region: region.clone(),
                is_management: run.management_account.as_ref() == Some(account),
                deployer: self.own_account.clone(),
                is_enabled: enabled.contains(region),
                until: self.before(STOP_BEFORE),
                now: self.now,
            };
            let controls = controls.to_vec();
            tasks.spawn(async move { (at, place.check(&controls).await) });
        }
        let (mut places, mut work) = (BTreeMap::new(), Work::new());
        while let Some(done) = tasks.join_next().await {
            match done {
                Ok((at, CheckedPlace { place, scan })) => {
                    if !scan.is_empty() {
                        let scan = scan.iter().map(ControlId::to_string).collect();
                        work.insert(place.region.clone(), scan);
                    }
                    places.insert(at, place);
                }
                Err(error) => tracing::error!(%error, "the check of a Region ended in a panic"),
            }
        }
        // A Region of which nothing came is not one without faults.
        for (at, region) in run.regions.iter().enumerate() {
            places.entry(at).or_insert_with(|| {
                let reason = "the check of the Region ended in a panic".to_owned();
                PlaceCoverage::new(region, CoverageState::Failed, Some(reason))
            });
        }
        let places = places.into_values().collect();
        (AccountCoverage::of_places(account, run.started_at, self.now, places), work)
    }

    /// Scans Regions, several at a time, until it is time to stop. What is left of the work stays
    /// in it.
    async fn scan(
        &self,
        round: &AccountRound,
        member: &Session,
        controls: &[ConfiguredControl],
        work: &mut Work,
    ) -> (Vec<RegionScan>, Facts, RegisterSource) {
        let AccountRound { account, run, .. } = round;
        let base = Context {
            account: account.clone(),
            partition: self.settings.partition,
            region: run.home_region.clone(),
            home_region: run.home_region.clone(),
            now: self.now,
        };
        let (register, source) =
            register(&self.settings, &self.session, &self.own_account, self.now).await;
        let stop = self.before(STOP_BEFORE);
        let reader = Reader::new(
            member.clone(),
            account.clone(),
            self.settings.partition,
            run.home_region.clone(),
        );
        let limits =
            ReadLimits { deadline: stop, memory: self.settings.memory, ..ReadLimits::default() };
        let scanner = RegionScanner {
            reader: reader.within(limits),
            register,
            base,
            imports: self.settings.security_hub,
            until: self.before(IMPORT_BEFORE),
            is_last: round.round >= COVERAGE_ROUNDS,
        };
        let mut waiting: Vec<(String, Vec<ConfiguredControl>)> = work
            .iter()
            .map(|(region, ids)| {
                let is_wanted =
                    |control: &&ConfiguredControl| ids.contains(control.control().id.as_str());
                (region.clone(), controls.iter().filter(is_wanted).cloned().collect())
            })
            .collect();
        // The home Region first: it has the controls of the whole account.
        waiting.sort_by_key(|(region, _)| region != &run.home_region);
        let mut waiting = waiting.into_iter();
        let (mut tasks, mut scans) = (JoinSet::new(), Vec::new());
        loop {
            while tasks.len() < REGIONS_AT_ONCE
                && stop.is_none_or(|stop| Instant::now() < stop)
                && let Some((region, controls)) = waiting.next()
            {
                tasks.spawn(scanner.clone().scan(region, controls));
            }
            let Some(done) = tasks.join_next().await else { break };
            match done {
                Ok(scan) => {
                    let unfinished: BTreeSet<String> =
                        scan.unfinished.iter().map(ControlId::to_string).collect();
                    if unfinished.is_empty() {
                        work.remove(&scan.region);
                    } else {
                        work.insert(scan.region.clone(), unfinished);
                    }
                    scans.push(scan);
                }
                Err(error) => tracing::error!(%error, "the scan of a Region ended in a panic"),
            }
        }
        scans.sort_by(|left, right| left.region.cmp(&right.region));
        (scans, scanner.reader.facts(), source)
    }

    /// So long before the invocation is over.
    pub(super) fn before(&self, time: Duration) -> Option<Instant> {
        self.deadline.map(|deadline| deadline.checked_sub(time).unwrap_or(deadline))
    }
}

/// Reads what decides the state of a Region.
struct PlaceReader {
    session: Session,
    run: CoverageRun,
    region: String,
    /// Whether it is the management account, for which another account deploys.
    is_management: bool,
    /// The account that has the functions.
    deployer: AccountId,
    is_enabled: bool,
    until: Option<Instant>,
    now: DateTime<Utc>,
}

impl PlaceReader {
    async fn check(&self, controls: &[ConfiguredControl]) -> CheckedPlace {
        let Self { session, run, region, .. } = self;
        let expected = expected(controls, region, &run.home_region);
        let (found, all, functions) = if self.is_enabled {
            let all = rules(session, region, &expected);
            tokio::join!(recorder(session, region), all, functions(session, region))
        } else {
            (Ok(RecorderState::Absent), Ok(Vec::new()), Ok(Vec::new()))
        };
        let count = all.as_ref().map_or(0, Vec::len);
        let mut facts = PlaceFacts {
            is_enabled: self.is_enabled,
            recorder: found,
            rules: all,
            functions,
            serving: ServingFunctions { account: self.deployer.clone(), region: region.clone() },
            probe: None,
            expected: &expected,
            // AWS Config puts no organization pack into the management account that another account
            // deploys for.
            has_packs: run.has_packs && !self.is_management,
            without_config: run.without_config,
            now: self.now,
        };
        if facts.needs_probe() {
            facts.probe = Some(region_answers(session, region).await);
        }
        let decision = facts.decide();
        let mut place = PlaceCoverage {
            outcome: decision.outcome,
            rules: count,
            missing: decision.missing.iter().map(ControlId::to_string).collect(),
            stale: decision.stale,
            ..PlaceCoverage::new(region, decision.state, decision.reason)
        };
        if !decision.start.is_empty() {
            let (started, error) = start(session, region, &decision.start, self.until).await;
            note_started(&mut place, started, decision.start.len(), error);
        }
        CheckedPlace { place, scan: decision.scan }
    }
}

/// Notes which rules were started, and why not all were.
fn note_started(
    place: &mut PlaceCoverage,
    started: Vec<String>,
    wanted: usize,
    error: Option<ReadError>,
) {
    if let Some(error) = error {
        let left = wanted - started.len();
        let reason = format!("the evaluation of {left} rules was not started: {error}");
        place.reason = Some(match place.reason.take() {
            Some(before) => format!("{before}; {reason}"),
            None => reason,
        });
    }
    place.started = started;
}

/// What another round has to do.
fn remaining(work: Work) -> Vec<Remaining> {
    work.into_iter()
        .map(|(region, controls)| Remaining { region, controls: controls.into_iter().collect() })
        .collect()
}

fn work_of(remaining: &[Remaining]) -> Work {
    remaining
        .iter()
        .map(|one| (one.region.clone(), one.controls.iter().cloned().collect()))
        .collect()
}

/// Lets Regions fail that were not scanned within all rounds.
fn give_up(places: &mut [PlaceCoverage], remaining: &[Remaining]) {
    for Remaining { region, controls } in remaining {
        if let Some(place) = places.iter_mut().find(|place| place.region == *region) {
            let reason = format!(
                "{} controls were not evaluated within {COVERAGE_ROUNDS} rounds",
                controls.len()
            );
            place.fail(CoverageState::Failed, &reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use plumbline_core::answer::Cause;
    use plumbline_core::coverage::CoverageOutcome;

    use super::*;

    #[test]
    fn what_remains_is_the_work_of_the_next_round() {
        let work = Work::from([("us-east-1".to_owned(), BTreeSet::from(["5.2".to_owned()]))]);
        assert_eq!(work_of(&remaining(work.clone())), work);
    }

    #[test]
    fn what_is_never_done_fails() {
        let mut places = [
            PlaceCoverage::new("us-east-1", CoverageState::Scanned, None),
            PlaceCoverage::new("eu-west-1", CoverageState::Scanned, None),
        ];
        let left = Remaining { region: "eu-west-1".to_owned(), controls: vec!["5.2".to_owned()] };
        give_up(&mut places, &[left]);
        assert_eq!(
            places.map(|place| place.outcome),
            [CoverageOutcome::Covered, CoverageOutcome::Failed]
        );
    }

    #[test]
    fn rules_that_could_not_be_started_are_counted() {
        let mut place = PlaceCoverage::new("us-east-1", CoverageState::Covered, None);
        let error = ReadError::new("x:Y", Cause::Failed, "E");
        note_started(&mut place, vec!["a".to_owned()], 3, Some(error));
        assert_eq!(
            place.reason.as_deref(),
            Some("the evaluation of 2 rules was not started: x:Y failed (E)")
        );
        assert_eq!(place.started, ["a"]);
    }
}
