//! The files that a run writes to the results bucket: `results/DATE/ACCOUNT.json` and
//! `results/DATE/summary.json`. Their format is a contract: `docs/schema/coverage.json`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::state::{CoverageOutcome, CoverageState, WithoutConfig};
use crate::aws::AccountId;
use crate::evaluation::{Compliance, Counts};
use crate::parameters::Values;

/// The version of the results format: `docs/schema/coverage.json`.
pub const COVERAGE_SCHEMA: u32 = 1;

/// The number of rounds after which an account that is not complete counts as failed.
pub const COVERAGE_ROUNDS: u32 = 10;

/// The settings of a run for all accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageRun {
    /// When the run began. Its day names the folder of its results.
    pub started_at: DateTime<Utc>,
    /// The governed Regions.
    pub regions: Vec<String>,
    /// The Region in which global controls run.
    pub home_region: String,
    /// The management account, where another account deploys.
    pub management_account: Option<AccountId>,
    /// The level of the deployed conformance packs.
    pub level: u8,
    /// Whether conformance packs were deployed.
    pub has_packs: bool,
    /// The action where AWS Config evaluates nothing.
    pub without_config: WithoutConfig,
    /// The parameters of the controls, by their names in conformance packs.
    pub parameters: Values,
}

impl CoverageRun {
    /// The folder of its results in the bucket.
    pub fn folder(&self) -> String {
        folder(self.started_at)
    }
}

/// The folder of a day: `results/2026-01-31`.
pub fn folder(day: DateTime<Utc>) -> String {
    format!("results/{}", day.date_naive())
}

/// The key of an account's result in a folder.
pub fn account_key(folder: &str, account: &AccountId) -> String {
    format!("{}/{account}.json", folder.trim_end_matches('/'))
}

/// The key of the summary in a folder.
pub fn summary_key(folder: &str) -> String {
    format!("{}/summary.json", folder.trim_end_matches('/'))
}

/// The controls of a Region that an invocation did not finish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remaining {
    /// The Region.
    pub region: String,
    /// The numbers of the controls.
    pub controls: Vec<String>,
}

/// The input and output of the check of one account. The next round takes the output as its input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRound {
    /// The account.
    pub account: AccountId,
    /// The settings of the run for all accounts.
    pub run: CoverageRun,
    /// The number of completed rounds.
    #[serde(default)]
    pub round: u32,
    /// The controls that remain.
    #[serde(default)]
    pub remaining: Vec<Remaining>,
}

/// A rule whose result is not current.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaleRule {
    /// The control's number.
    pub control: String,
    /// The rule's name.
    pub rule: String,
    /// When it was last evaluated successfully.
    pub evaluated_at: Option<DateTime<Utc>>,
    /// The code and message of the last failure, if it is later than the last success.
    pub error: Option<String>,
}

/// The outcome of a scanned control in a Region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScannedControl {
    /// Its number.
    pub id: String,
    /// The worst outcome.
    pub status: Compliance,
    /// How many resources have which outcome.
    pub counts: Counts,
}

/// The coverage of a Region of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceCoverage {
    /// The Region.
    pub region: String,
    /// The state.
    pub state: CoverageState,
    /// The outcome of the state.
    pub outcome: CoverageOutcome,
    /// The reason, if the state is not as required.
    pub reason: Option<String>,
    /// The number of rules of conformance packs.
    pub rules: usize,
    /// The controls without a rule.
    #[serde(default)]
    pub missing: Vec<String>,
    /// The rules whose evaluation was started.
    pub started: Vec<String>,
    /// The rules whose results are not current.
    pub stale: Vec<StaleRule>,
    /// The scanned controls. The summary omits them.
    pub scanned: Vec<ScannedControl>,
}

impl PlaceCoverage {
    /// Creates a Region with a state.
    pub fn new(region: &str, state: CoverageState, reason: Option<String>) -> Self {
        Self {
            region: region.to_owned(),
            state,
            outcome: state.outcome(),
            reason,
            rules: 0,
            missing: Vec::new(),
            started: Vec::new(),
            stale: Vec::new(),
            scanned: Vec::new(),
        }
    }

    /// Adds the outcomes of controls, and replaces their earlier outcomes.
    pub fn add_scanned(&mut self, scanned: Vec<ScannedControl>) {
        self.scanned.retain(|known| scanned.iter().all(|new| new.id != known.id));
        self.scanned.extend(scanned);
    }

    /// Changes the Region to a failed state, and adds a reason.
    pub fn fail(&mut self, state: CoverageState, reason: &str) {
        self.state = self.state.max(state);
        self.outcome = CoverageOutcome::Failed;
        self.reason = Some(match self.reason.take() {
            Some(before) => format!("{before}; {reason}"),
            None => reason.to_owned(),
        });
    }
}

/// The coverage of an account: `results/DATE/ACCOUNT.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountCoverage {
    /// [`COVERAGE_SCHEMA`].
    pub schema: u32,
    /// The account.
    pub account_id: AccountId,
    /// When the run began that wrote this file.
    pub run: DateTime<Utc>,
    /// When this file was written.
    pub checked_at: DateTime<Utc>,
    /// The round that wrote this file.
    pub round: u32,
    /// Whether no controls remain for another round.
    pub complete: bool,
    /// The worst state of its Regions.
    pub state: CoverageState,
    /// The worst outcome of its Regions.
    pub outcome: CoverageOutcome,
    /// The reason, if the state of the whole account is not as required.
    pub reason: Option<String>,
    /// Its Regions. Empty if the whole account has one state.
    pub places: Vec<PlaceCoverage>,
    /// The reports of scans next to this file, one for each round: `docs/schema/report.json`.
    pub reports: Vec<String>,
}

impl AccountCoverage {
    /// Creates an account from its Regions.
    pub fn of_places(
        account: &AccountId,
        run: DateTime<Utc>,
        checked_at: DateTime<Utc>,
        places: Vec<PlaceCoverage>,
    ) -> Self {
        let mut coverage = Self::whole(account, run, checked_at, CoverageState::Covered, None);
        coverage.places = places;
        coverage.conclude();
        coverage
    }

    /// Creates an account with one state for the whole account.
    pub fn whole(
        account: &AccountId,
        run: DateTime<Utc>,
        checked_at: DateTime<Utc>,
        state: CoverageState,
        reason: Option<String>,
    ) -> Self {
        Self {
            schema: COVERAGE_SCHEMA,
            account_id: account.clone(),
            run,
            checked_at,
            round: 1,
            complete: true,
            state,
            outcome: state.outcome(),
            reason,
            places: Vec::new(),
            reports: Vec::new(),
        }
    }

    /// Derives the account's state from its Regions: the worst failed state, else the worst covered
    /// state, else skipped.
    pub fn conclude(&mut self) {
        let worst = self.places.iter().max_by_key(|place| (place.outcome, place.state));
        if let Some(place) = worst {
            (self.state, self.outcome) = (place.state, place.outcome);
        }
    }

    /// The reasons why it is not covered, one line for each Region.
    pub fn reasons(&self) -> Vec<String> {
        let whole = self.reason.iter().map(|reason| format!("{}: {reason}", self.state.as_str()));
        let failed = |place: &&PlaceCoverage| place.outcome == CoverageOutcome::Failed;
        let places = self.places.iter().filter(failed).map(|place| {
            let reason = place.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            format!("{} {}{reason}", place.region, place.state.as_str())
        });
        whole.chain(places).collect()
    }
}

/// The number of accounts by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageCounts {
    /// All.
    pub total: usize,
    /// Accounts with current results.
    pub covered: usize,
    /// Accounts in which nothing needs to be covered.
    pub skipped: usize,
    /// Accounts with a Region whose results are not current.
    pub failed: usize,
    /// The number of Regions, or of whole accounts, by state.
    pub states: BTreeMap<String, usize>,
}

impl CoverageCounts {
    /// Counts an account.
    pub fn add(&mut self, account: &AccountCoverage) {
        self.total += 1;
        match account.outcome {
            CoverageOutcome::Covered => self.covered += 1,
            CoverageOutcome::Skipped => self.skipped += 1,
            CoverageOutcome::Failed => self.failed += 1,
        }
        let mut count = |state: CoverageState| {
            *self.states.entry(state.as_str().to_owned()).or_default() += 1;
        };
        if account.places.is_empty() {
            count(account.state);
        }
        for place in &account.places {
            count(place.state);
        }
    }
}

/// The level of a run whose results do not state it.
fn first_level() -> u8 {
    1
}

/// The coverage of all accounts: `results/DATE/summary.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageSummary {
    /// [`COVERAGE_SCHEMA`].
    pub schema: u32,
    /// When the run began.
    pub run: DateTime<Utc>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// The account that ran the check.
    pub account_id: AccountId,
    /// The governed Regions.
    pub regions: Vec<String>,
    /// The Region in which global controls run.
    pub home_region: String,
    /// The level of the controls that the run covers. The first results did not state it: every run
    /// covers level 1, so nothing more is assumed of them.
    #[serde(default = "first_level")]
    pub level: u8,
    /// The number of accounts by outcome.
    pub counts: CoverageCounts,
    /// The accounts, without the outcomes of their scans.
    pub accounts: Vec<AccountCoverage>,
    /// Other problems, one line each.
    pub problems: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> AccountId {
        AccountId::new("111122223333").expect("an id")
    }

    #[test]
    fn the_worst_region_counts() {
        use CoverageState::{Covered, RegionDenied, RoleBroken, Scanned, Stale};
        for (states, state, outcome) in [
            (vec![Covered, Scanned], Scanned, CoverageOutcome::Covered),
            (vec![Covered, RegionDenied], Covered, CoverageOutcome::Covered),
            (vec![RegionDenied], RegionDenied, CoverageOutcome::Skipped),
            (vec![Stale, Covered, RegionDenied], Stale, CoverageOutcome::Failed),
            (vec![Stale, RoleBroken], RoleBroken, CoverageOutcome::Failed),
        ] {
            let place = |state: &CoverageState| PlaceCoverage::new("us-east-1", *state, None);
            let places = states.iter().map(place).collect();
            let now = DateTime::UNIX_EPOCH;
            let coverage = AccountCoverage::of_places(&account(), now, now, places);
            assert_eq!((coverage.state, coverage.outcome), (state, outcome), "{states:?}");
        }
    }

    #[test]
    fn a_failure_keeps_the_reason_of_before() {
        let mut place = PlaceCoverage::new("us-east-1", CoverageState::Scanned, None);
        place.fail(CoverageState::Failed, "one");
        place.fail(CoverageState::Stale, "two");
        assert_eq!(place.state, CoverageState::Failed);
        assert_eq!(place.reason.as_deref(), Some("one; two"));
        assert_eq!(place.outcome, CoverageOutcome::Failed);
    }

    #[test]
    fn a_control_that_is_scanned_again_replaces_its_outcome() {
        let control = |id: &str, status| ScannedControl {
            id: id.to_owned(),
            status,
            counts: Counts::default(),
        };
        let mut place = PlaceCoverage::new("us-east-1", CoverageState::Scanned, None);
        place.add_scanned(vec![
            control("1.4", Compliance::NotAssessed),
            control("1.5", Compliance::Compliant),
        ]);
        place.add_scanned(vec![control("1.4", Compliance::NonCompliant)]);
        let found: Vec<(&str, Compliance)> =
            place.scanned.iter().map(|one| (one.id.as_str(), one.status)).collect();
        assert_eq!(found, [("1.5", Compliance::Compliant), ("1.4", Compliance::NonCompliant)]);
    }

    /// A pass of level 2 counts only if the run states that it covers level 2.
    #[test]
    fn results_without_a_level_cover_level_1() {
        let mut summary = serde_json::json!({
            "schema": 1, "run": "2026-01-31T00:00:00Z", "finished_at": "2026-01-31T00:10:00Z",
            "account_id": "111122223333", "regions": ["us-east-1"], "home_region": "us-east-1",
            "counts": CoverageCounts::default(), "accounts": [], "problems": []
        });
        let read = |summary: &serde_json::Value| {
            serde_json::from_value::<CoverageSummary>(summary.clone()).expect("a summary").level
        };
        assert_eq!(read(&summary), 1);
        summary["level"] = 2.into();
        assert_eq!(read(&summary), 2);
    }

    #[test]
    fn an_event_of_the_first_round_is_an_account_and_a_run() {
        let run = serde_json::json!({
            "started_at": "2026-01-31T23:59:59Z", "regions": ["us-east-1"],
            "home_region": "us-east-1", "management_account": null, "level": 2,
            "has_packs": true, "without_config": "scan", "parameters": {}
        });
        let event = serde_json::json!({ "account": "111122223333", "run": run });
        let event: AccountRound = serde_json::from_value(event).expect("an event");
        assert_eq!((event.round, event.remaining.len()), (0, 0));
        assert_eq!(
            account_key(&event.run.folder(), &event.account),
            "results/2026-01-31/111122223333.json"
        );
        assert_eq!(summary_key("a/"), "a/summary.json");
    }
}
