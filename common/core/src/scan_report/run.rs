//! How a report came about: who ran what, when, on what, by which rules, and what was left out.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::answer::{Answer, Cause, ReadError};
use crate::aws::{AccountId, AccountNames};
use crate::benchmark::{BENCHMARK, ControlId};
use crate::control::ConfiguredControl;
use crate::evaluation::{Evaluation, NotAssessed};
use crate::fact::Key;
use crate::facts::Fact;
use crate::parameters::{Parameter, ParameterEffect};
use crate::text::hex;

/// How a report came about.
#[derive(Clone, Debug, Serialize)]
pub struct RunReport {
    /// The program.
    pub tool: RunTool,
    /// When the scan began; of live scans only.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended; of live scans only.
    pub finished_at: Option<DateTime<Utc>>,
    /// Where the facts came from.
    pub origin: Origin,
    /// Whose credentials were used; of live scans only.
    pub caller: Option<RunCaller>,
    /// What was asked for.
    pub target: ScanTarget,
    /// What became of each account.
    pub accounts: Vec<AccountRun>,
    /// Which controls ran.
    pub controls: SelectedControls,
    /// The parameters that differ from the benchmark's.
    pub parameters: Vec<ChangedParameter>,
    /// [`rules_digest`].
    pub rules_digest: String,
    /// The register that counted.
    pub register: Option<RegisterUse>,
    /// The configuration file that counted.
    pub config: Option<UsedFile>,
    /// The earlier report whose failures are known.
    pub baseline: Option<BaselineUse>,
    /// Whether everything that was asked for could be read, at least in part.
    pub complete: bool,
    /// What could not be read at all, a sentence each.
    pub incomplete_because: Vec<String>,
    /// Whether it is the whole benchmark, with no parameter that may be looser, no limit of Regions
    /// and nothing incomplete.
    pub full_benchmark: bool,
}

impl RunReport {
    /// Decides from the other members whether the scan is complete, and the whole benchmark.
    pub fn conclude(mut self) -> Self {
        self.incomplete_because =
            self.accounts.iter().flat_map(AccountRun::incomplete_because).collect();
        self.complete = self.incomplete_because.is_empty();
        self.full_benchmark = self.complete
            && self.controls.left_out.is_empty()
            && self.target.regions_limited_to.is_empty()
            && self.parameters.iter().all(|changed| changed.effect == ParameterEffect::Stricter);
        self
    }
}

impl RunReport {
    /// What a reader of any format has to know before the outcomes: that a scan was not the whole
    /// benchmark, or not complete. None where neither is so.
    pub fn banners(&self) -> Vec<String> {
        let mut parts = Vec::new();
        let mut by_value: Vec<(&ChangedParameter, Vec<ControlId>)> = Vec::new();
        for changed in self.parameters.iter().filter(|one| one.effect != ParameterEffect::Stricter)
        {
            let same =
                |one: &ChangedParameter| (one.name, &one.value) == (changed.name, &changed.value);
            match by_value.iter_mut().find(|(one, _)| same(one)) {
                Some((_, controls)) => controls.push(changed.control),
                None => by_value.push((changed, vec![changed.control])),
            }
        }
        for (ChangedParameter { name, value, benchmark, effect, .. }, controls) in by_value {
            let controls: Vec<&str> = controls.iter().map(|id| id.as_str()).collect();
            let benchmark = if benchmark.is_empty() { "none" } else { benchmark };
            parts.push(format!(
                "{} ran with {name}={value} (benchmark {benchmark}: {})",
                controls.join(", "),
                effect.as_str()
            ));
        }
        let mut by: Vec<&str> = Vec::new();
        for left_out in &self.controls.left_out {
            if !by.contains(&left_out.by.as_str()) {
                by.push(&left_out.by);
            }
        }
        if !by.is_empty() {
            let SelectedControls { known, left_out, .. } = &self.controls;
            parts.push(format!(
                "{} of {known} controls left out ({})",
                left_out.len(),
                by.join(", ")
            ));
        }
        let regions = &self.target.regions_limited_to;
        if !regions.is_empty() {
            parts.push(format!("limited to {}", regions.join(", ")));
        }
        let mut banners = Vec::new();
        if !parts.is_empty() {
            banners.push(format!("Not the full benchmark: {}", parts.join("; ")));
        }
        if !self.complete {
            banners.push(format!("Incomplete: {}", self.incomplete_because.join(" ")));
        }
        banners
    }
}

/// The program that ran.
#[derive(Clone, Debug, Serialize)]
pub struct RunTool {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The commit it was built from, where that is known.
    pub commit: Option<&'static str>,
}

/// A file that counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UsedFile {
    /// Where it is.
    pub path: String,
    /// Its SHA-256.
    pub sha256: String,
}

/// The earlier report whose failures are known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BaselineUse {
    /// The file.
    #[serde(flatten)]
    pub file: UsedFile,
    /// How many failures it does not have.
    pub new: usize,
    /// How many failures it has.
    pub known: usize,
}

/// Where facts came from.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Origin {
    /// The built-in sample account.
    Sample,
    /// AWS.
    Live,
    /// A snapshot.
    Snapshot {
        /// The file.
        file: String,
        /// Its SHA-256.
        sha256: String,
        /// When it was recorded.
        recorded_at: DateTime<Utc>,
        /// The ARN of whose credentials recorded it, where the snapshot has it.
        recorded_by: Option<String>,
    },
}

/// Whose credentials were used.
#[derive(Clone, Debug, Serialize)]
pub struct RunCaller {
    /// The principal.
    pub arn: String,
    /// Its account.
    pub account_id: AccountId,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanTarget {
    /// The Region in which global controls run.
    pub home_region: String,
    /// The role that was assumed in each account.
    pub role_name: Option<String>,
    /// Whether all accounts of the organization were meant.
    pub organization: bool,
    /// The Regions that were meant; all enabled ones where there is none.
    pub regions_limited_to: Vec<String>,
}

/// How much of something could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReadState {
    /// All that was asked for.
    Read,
    /// Some calls failed.
    Partly,
    /// Every call failed.
    Unread,
    /// The scan ended before everything was read.
    Interrupted,
}

impl ReadState {
    fn of(failed: usize, all: usize) -> Self {
        match failed {
            0 => Self::Read,
            _ if failed == all => Self::Unread,
            _ => Self::Partly,
        }
    }
}

/// What became of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountRun {
    /// The account.
    pub account_id: AccountId,
    /// Its names.
    #[serde(flatten)]
    pub names: AccountNames,
    /// How much of it could be read.
    pub state: ReadState,
    /// How much of each Region could be read.
    pub regions: Vec<RegionRun>,
    /// Why there may be more Regions.
    pub regions_unread: Option<ReadError>,
    /// The calls that failed.
    pub unread: Vec<UnreadCalls>,
    /// Whether its findings were imported into Security Hub; none where that was not asked for.
    #[serde(default)]
    pub published: Option<bool>,
}

/// How much of a Region could be read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RegionRun {
    /// The Region.
    pub name: String,
    /// How much.
    pub state: ReadState,
}

/// Calls that failed for the same reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadCalls {
    /// The operation in IAM's notation.
    pub operation: String,
    /// AWS's error code.
    pub code: String,
    /// How many facts are missing for it.
    pub count: usize,
    /// In which Regions; none for what belongs to the account as a whole.
    pub regions: Vec<String>,
}

impl AccountRun {
    /// The same with the account's names, which change no state.
    #[must_use]
    pub fn named(self, names: AccountNames) -> Self {
        Self { names, ..self }
    }

    /// Adds up what was read of an account for some controls. What vanished while it was read is no
    /// failure. A fact that a snapshot does not hold shows in `evaluations` only.
    pub fn of<'a>(
        account_id: AccountId,
        regions: &[String],
        regions_unread: Option<&ReadError>,
        facts: impl IntoIterator<Item = (&'a Key, &'a Answer<Fact>)>,
        evaluations: impl IntoIterator<Item = &'a Evaluation>,
    ) -> Self {
        let mut calls: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        let mut unread: BTreeMap<(&str, &str), (usize, BTreeSet<&str>)> = BTreeMap::new();
        for (key, answer) in facts {
            let (failed, all) = calls.entry(&key.region).or_default();
            *all += 1;
            if let Err(error) = answer
                && error.cause != Cause::NotFound
            {
                *failed += 1;
                let (count, regions) = unread.entry((&error.operation, &error.code)).or_default();
                *count += 1;
                regions.extend(Some(key.region.as_str()).filter(|region| !region.is_empty()));
            }
        }
        let is_interrupted =
            |error: &ReadError| matches!(error.cause, Cause::Interrupted | Cause::OutOfTime);
        let mut was_interrupted = regions_unread.is_some_and(is_interrupted);
        for evaluation in evaluations {
            let Some(NotAssessed::ReadFailed(error) | NotAssessed::UnlessAttested(error)) =
                evaluation.not_assessed.as_deref()
            else {
                continue;
            };
            was_interrupted |= is_interrupted(error);
            if error.cause == Cause::NotRecorded {
                let region = evaluation.resource.region.as_str();
                let (failed, all) = calls.entry(region).or_default();
                (*failed, *all) = (*failed + 1, *all + 1);
                let (count, regions) = unread.entry((&error.operation, &error.code)).or_default();
                *count += 1;
                regions.insert(region);
            }
        }
        let sum = |calls: &mut dyn Iterator<Item = &(usize, usize)>| {
            let (failed, all) =
                calls.fold((0, 0), |(failed, all), more| (failed + more.0, all + more.1));
            ReadState::of(failed, all)
        };
        let region = |name: &String| RegionRun {
            name: name.clone(),
            state: sum(&mut calls.get(name.as_str()).into_iter()),
        };
        let regions = regions.iter().map(region).collect();
        let mut state = sum(&mut calls.values());
        if was_interrupted {
            state = ReadState::Interrupted;
        } else if state == ReadState::Read && regions_unread.is_some() {
            state = ReadState::Partly;
        }
        let unread = unread.into_iter().map(|((operation, code), (count, regions))| UnreadCalls {
            operation: operation.to_owned(),
            code: code.to_owned(),
            count,
            regions: regions.into_iter().map(str::to_owned).collect(),
        });
        Self {
            account_id,
            names: AccountNames::default(),
            state,
            regions,
            regions_unread: regions_unread.cloned(),
            unread: unread.collect(),
            published: None,
        }
    }

    /// What could not be read at all, a sentence each.
    pub fn incomplete_because(&self) -> Vec<String> {
        let account = &self.account_id;
        if self.state == ReadState::Interrupted {
            return vec![format!("The scan ended before account {account} was read.")];
        }
        if self.state == ReadState::Unread {
            let first = self.unread.first();
            let why = first.map(|calls| format!(": {}, {}", calls.operation, calls.code));
            return vec![format!(
                "Account {account} could not be read{}.",
                why.unwrap_or_default()
            )];
        }
        let regions = self.regions.iter().filter(|region| region.state == ReadState::Unread);
        let mut because: Vec<String> = regions
            .map(|region| format!("Region {} of account {account} could not be read.", region.name))
            .collect();
        because.extend(
            self.regions_unread
                .as_ref()
                .map(|error| format!("The Regions of account {account} are not known: {error}.")),
        );
        because
    }
}

/// Which controls ran.
#[derive(Clone, Debug, Serialize)]
pub struct SelectedControls {
    /// How many the benchmark has.
    pub known: usize,
    /// How many ran.
    pub evaluated: usize,
    /// Those that did not.
    pub left_out: Vec<LeftOutControl>,
}

/// A control that did not run.
#[derive(Clone, Debug, Serialize)]
pub struct LeftOutControl {
    /// Its id.
    pub id: ControlId,
    /// What left it out: `--exclude 1.1`.
    pub by: String,
}

/// A parameter that differs from the benchmark's.
#[derive(Clone, Debug, Serialize)]
pub struct ChangedParameter {
    /// The control.
    pub control: ControlId,
    /// Its name.
    pub name: &'static str,
    /// The value that counted.
    pub value: String,
    /// The benchmark's.
    pub benchmark: &'static str,
    /// What the difference does.
    pub effect: ParameterEffect,
    /// Where the value was given.
    pub by: String,
}

impl ChangedParameter {
    /// The parameters of a control that differ from the benchmark's. `by` is where they were given.
    pub fn of(control: &ConfiguredControl, by: &str) -> Vec<Self> {
        let effective = control.effective();
        let changed = |parameter: &'static Parameter| {
            let value = effective.get(parameter.name)?;
            let effect = parameter.looser_by.effect(parameter.default, value)?;
            Some(Self {
                control: control.control().id,
                name: parameter.name,
                value: value.clone(),
                benchmark: parameter.default,
                effect,
                by: by.to_owned(),
            })
        };
        control.control().parameters().filter_map(changed).collect()
    }
}

/// The register that counted.
#[derive(Clone, Debug, Serialize)]
pub struct RegisterUse {
    /// Where it is.
    pub location: String,
    /// Its SHA-256.
    pub sha256: String,
    /// How many attestations it has.
    pub attestations: usize,
    /// How many exceptions it has.
    pub exceptions: usize,
    /// How many of its entries counted in this scan.
    pub used: usize,
    /// Which they are.
    pub used_entries: Vec<String>,
    /// Exceptions that count now and concern what was scanned.
    pub in_scope: Vec<String>,
    /// Those of them that waived nothing.
    pub unused: Vec<String>,
    /// Entries that have expired.
    pub expired: Vec<RegisterEntry>,
    /// Entries that end within 30 days.
    pub ends_within_30_days: Vec<RegisterEntry>,
}

/// An entry of a register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegisterEntry {
    /// `exceptions[2]`.
    pub entry: String,
    /// The control.
    pub control: String,
    /// The last day on which it counts.
    pub until: NaiveDate,
}

/// A digest of the rules: the benchmark, the controls that ran and all their parameters. Neither
/// the register nor the version of the program is part of it.
pub fn rules_digest(controls: &[ConfiguredControl]) -> String {
    let rules: Vec<_> =
        controls.iter().map(|control| json!([control.control().id, control.effective()])).collect();
    let text = json!({ "benchmark": BENCHMARK, "controls": rules }).to_string();
    format!("sha256:{}", hex(&Sha256::digest(text)))
}
