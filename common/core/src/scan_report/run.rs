//! How a scan ran: caller, times, targets, rules, and what was left out.

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

/// How a scan ran.
#[derive(Clone, Debug, Serialize)]
pub struct RunReport {
    /// The program.
    pub tool: RunTool,
    /// When the scan began. Only in live scans.
    pub started_at: Option<DateTime<Utc>>,
    /// When the scan ended. Only in live scans.
    pub finished_at: Option<DateTime<Utc>>,
    /// The source of the facts.
    pub origin: Origin,
    /// The caller. Only in live scans.
    pub caller: Option<RunCaller>,
    /// The requested targets.
    pub target: ScanTarget,
    /// The state of each account.
    pub accounts: Vec<AccountRun>,
    /// The controls that ran.
    pub controls: SelectedControls,
    /// The parameters that differ from the benchmark's.
    pub parameters: Vec<ChangedParameter>,
    /// [`rules_digest`].
    pub rules_digest: String,
    /// The register that was used.
    pub register: Option<RegisterUse>,
    /// The configuration file that was used.
    pub config: Option<UsedFile>,
    /// The earlier report that is the baseline.
    pub baseline: Option<BaselineUse>,
    /// Whether all requested accounts and Regions could be read, at least in part.
    pub complete: bool,
    /// What could not be read at all, one sentence each.
    pub incomplete_because: Vec<String>,
    /// Whether the scan covers the whole benchmark, without parameters that may be looser, without
    /// limits of Regions, and completely.
    pub full_benchmark: bool,
}

impl RunReport {
    /// Derives from the other members whether the scan is complete, and whether it covers the whole
    /// benchmark.
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
    /// What every report has to state before the results: that a scan does not cover the whole
    /// benchmark, or is not complete. Empty if neither applies.
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
    /// The commit from which it was built, if it is known.
    pub commit: Option<&'static str>,
}

/// A file that was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UsedFile {
    /// Where it is.
    pub path: String,
    /// Its SHA-256.
    pub sha256: String,
}

/// The earlier report that is the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BaselineUse {
    /// The file.
    #[serde(flatten)]
    pub file: UsedFile,
    /// The number of failures that the baseline does not contain.
    pub new: usize,
    /// The number of failures that the baseline contains.
    pub known: usize,
}

/// The source of facts.
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
        /// When the snapshot was recorded.
        recorded_at: DateTime<Utc>,
        /// The ARN of the credentials that recorded it, if the snapshot contains it.
        recorded_by: Option<String>,
    },
}

/// The caller.
#[derive(Clone, Debug, Serialize)]
pub struct RunCaller {
    /// The principal.
    pub arn: String,
    /// Its account.
    pub account_id: AccountId,
}

/// The requested targets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanTarget {
    /// The Region in which global controls run.
    pub home_region: String,
    /// The role to assume in each account.
    pub role_name: Option<String>,
    /// Whether all accounts of the organization were requested.
    pub organization: bool,
    /// The requested Regions. Empty if all enabled Regions were requested.
    pub regions_limited_to: Vec<String>,
}

/// How much of something could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReadState {
    /// Everything that was requested was read.
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

/// How the scan of an account ended.
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
    /// Whether its findings were imported into Security Hub; `None` if that was not requested.
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

/// Failed calls with the same error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadCalls {
    /// The operation in IAM's notation.
    pub operation: String,
    /// AWS's error code.
    pub code: String,
    /// The number of missing facts.
    pub count: usize,
    /// The Regions of the calls. Empty for calls of the account as a whole.
    pub regions: Vec<String>,
}

impl AccountRun {
    /// Sets the names of the account, which do not change its state.
    #[must_use]
    pub fn named(self, names: AccountNames) -> Self {
        Self { names, ..self }
    }

    /// Summarizes what was read of an account for some controls. A resource that was deleted during
    /// the scan is not an error. A fact that a snapshot lacks shows only in `evaluations`.
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

    /// What could not be read at all, one sentence each.
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

/// The controls that ran.
#[derive(Clone, Debug, Serialize)]
pub struct SelectedControls {
    /// The number of controls in the benchmark.
    pub known: usize,
    /// The number of controls that ran.
    pub evaluated: usize,
    /// The controls that did not run.
    pub left_out: Vec<LeftOutControl>,
}

/// A control that did not run.
#[derive(Clone, Debug, Serialize)]
pub struct LeftOutControl {
    /// Its id.
    pub id: ControlId,
    /// The option that left it out: `--exclude 1.1`.
    pub by: String,
}

/// A parameter that differs from the benchmark's.
#[derive(Clone, Debug, Serialize)]
pub struct ChangedParameter {
    /// The control.
    pub control: ControlId,
    /// Its name.
    pub name: &'static str,
    /// The value that applied.
    pub value: String,
    /// The benchmark's value.
    pub benchmark: &'static str,
    /// The effect of the difference.
    pub effect: ParameterEffect,
    /// The place where the value was given.
    pub by: String,
}

impl ChangedParameter {
    /// The parameters of a control that differ from the benchmark's values. `by` is the place where
    /// they were given.
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

/// The register that was used.
#[derive(Clone, Debug, Serialize)]
pub struct RegisterUse {
    /// Where it is.
    pub location: String,
    /// Its SHA-256.
    pub sha256: String,
    /// The number of attestations.
    pub attestations: usize,
    /// The number of exceptions.
    pub exceptions: usize,
    /// The number of entries that had an effect in this scan.
    pub used: usize,
    /// The entries that had an effect.
    pub used_entries: Vec<String>,
    /// Exceptions that are valid now and apply to what was scanned.
    pub in_scope: Vec<String>,
    /// Exceptions among them that waived nothing.
    pub unused: Vec<String>,
    /// The controls that an exception waives for all resources of all accounts. Only formats for
    /// people name them.
    #[serde(skip)]
    pub waived_controls: Vec<String>,
    /// Entries that have expired.
    pub expired: Vec<RegisterEntry>,
    /// Entries that expire within 30 days.
    pub ends_within_30_days: Vec<RegisterEntry>,
}

/// An entry of a register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegisterEntry {
    /// `exceptions[2]`.
    pub entry: String,
    /// The control.
    pub control: String,
    /// The last day on which it is valid.
    pub until: NaiveDate,
}

/// A digest of the rules: the benchmark, the controls that ran and all their parameters. It does
/// not include the register or the version of the program.
pub fn rules_digest(controls: &[ConfiguredControl]) -> String {
    let rules: Vec<_> =
        controls.iter().map(|control| json!([control.control().id, control.effective()])).collect();
    let text = json!({ "benchmark": BENCHMARK, "controls": rules }).to_string();
    format!("sha256:{}", hex(&Sha256::digest(text)))
}
