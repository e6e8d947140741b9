//! The data of the matrix: accounts and controls with the results of an AWS Config aggregator.

use chrono::{DateTime, Utc};
use plumbline_core::aws::{AccountId, AccountNames};
use plumbline_core::benchmark::Severity;
use serde::Serialize;

/// The schema version of the matrix, `docs/schema/matrix.json`.
pub(crate) const SCHEMA: u32 = 1;

/// The status of a control in the aggregator, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    NonCompliant,
    Stale,
    NoResult,
    InsufficientData,
    Compliant,
}

impl Status {
    pub(crate) const ALL: [Self; 5] =
        [Self::NonCompliant, Self::Stale, Self::NoResult, Self::InsufficientData, Self::Compliant];

    /// Returns the name in files.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NonCompliant => "NON_COMPLIANT",
            Self::Stale => "STALE",
            Self::NoResult => "NO_RESULT",
            Self::InsufficientData => "INSUFFICIENT_DATA",
            Self::Compliant => "COMPLIANT",
        }
    }

    /// Returns the name for people.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::NonCompliant => "non-compliant",
            Self::Stale => "stale",
            Self::NoResult => "no result",
            Self::InsufficientData => "no data",
            Self::Compliant => "compliant",
        }
    }

    /// Explains the status and its limits, with or without the results of a daily account check.
    pub(crate) fn meaning(self, has_results: bool) -> &'static str {
        match self {
            Self::NoResult if has_results => {
                "no rule and no scan has a result, or no resource was assessed. Run 'plumbline \
                 scan' in the account to find the cause."
            }
            Self::InsufficientData if has_results => {
                "a rule or scan exists without a result that counts: it has not run, its failures \
                 are waived, or no resource was applicable or assessed."
            }
            Self::Compliant if has_results => {
                "AWS Config reports no failure and evaluates the rule regularly, or the scan found \
                 no failure. AWS Config stores no results that are not assessed. They can be \
                 hidden here, unless the rules have notAssessedAs=nonCompliant."
            }
            Self::NonCompliant => "a resource fails.",
            Self::Stale => {
                "the last update of the aggregator failed, the aggregator has no source for the \
                 Region, or the rules are no longer evaluated. Its results may be outdated."
            }
            Self::NoResult => {
                "the aggregator has no result: the rule does not exist or has not run, or no \
                 resource was applicable or assessed. Run 'plumbline scan' in the account to find \
                 the cause."
            }
            Self::InsufficientData => {
                "a rule exists, but AWS Config has no result that counts: the rule has not run, or \
                 no resource was applicable or assessed."
            }
            Self::Compliant => {
                "AWS Config reports no failure. Its results can have any age. AWS Config stores no \
                 results that are not assessed. They can be hidden here, unless the rules have \
                 notAssessedAs=nonCompliant."
            }
        }
    }
}

/// The number of results with each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct StatusCounts {
    pub(crate) compliant: usize,
    pub(crate) non_compliant: usize,
    pub(crate) stale: usize,
    pub(crate) no_result: usize,
    pub(crate) insufficient_data: usize,
}

impl StatusCounts {
    /// Counts statuses.
    pub(crate) fn of(statuses: impl Iterator<Item = Status>) -> Self {
        let mut counts = Self::default();
        for status in statuses {
            *counts.slot(status) += 1;
        }
        counts
    }

    pub(crate) fn get(mut self, status: Status) -> usize {
        *self.slot(status)
    }

    fn slot(&mut self, status: Status) -> &mut usize {
        match status {
            Status::Compliant => &mut self.compliant,
            Status::NonCompliant => &mut self.non_compliant,
            Status::Stale => &mut self.stale,
            Status::NoResult => &mut self.no_result,
            Status::InsufficientData => &mut self.insufficient_data,
        }
    }
}

/// The identity of an aggregator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct AggregatorName {
    pub(crate) name: String,
    pub(crate) account_id: AccountId,
    pub(crate) region: String,
}

/// The accounts and controls that `plumbline report` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Matrix {
    pub(crate) schema: u32,
    pub(crate) generated_at: DateTime<Utc>,
    pub(crate) tool: &'static str,
    pub(crate) benchmark: &'static str,
    pub(crate) aggregator: AggregatorName,
    /// The Region with the rules of global controls.
    pub(crate) home_region: String,
    /// The controls in the order of the benchmark.
    pub(crate) controls: Vec<Column>,
    /// The accounts by ID.
    pub(crate) accounts: Vec<Row>,
    /// The start of the daily account check whose results were given.
    pub(crate) results_of: Option<DateTime<Utc>>,
    /// Failed reads, because of which accounts may be missing.
    pub(crate) unread: Vec<String>,
    /// The controls and accounts that the options leave out, for people.
    #[serde(skip)]
    pub(crate) left_out: Vec<String>,
    /// The totals of all accounts and controls.
    pub(crate) summary: StatusCounts,
}

/// A control with its totals.
#[derive(Debug, Serialize)]
pub(crate) struct Column {
    pub(crate) id: &'static str,
    pub(crate) slug: &'static str,
    pub(crate) title: &'static str,
    pub(crate) level: u8,
    pub(crate) severity: Severity,
    /// The number of accounts with each status.
    pub(crate) accounts: StatusCounts,
}

/// An account with its results.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) account_id: AccountId,
    /// The name in the organization, if the credentials can read it.
    pub(crate) name: Option<String>,
    pub(crate) regions: Vec<RegionStatus>,
    /// The number of controls with each status.
    pub(crate) counts: StatusCounts,
    /// The results in the order of the controls.
    pub(crate) controls: Vec<Cell>,
}

impl Row {
    /// Returns the account ID with the name.
    pub(crate) fn label(&self) -> String {
        let names = AccountNames { name: self.name.clone(), alias: None };
        names.label(&self.account_id)
    }
}

/// A Region of an account, with the state of its source in the aggregator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RegionStatus {
    pub(crate) region: String,
    /// The status that AWS reports for the last update, or `NOT_LISTED`.
    pub(crate) source: String,
    pub(crate) updated_at: Option<DateTime<Utc>>,
    pub(crate) error: Option<String>,
    #[serde(skip)]
    pub(crate) is_current: bool,
    /// The result of the daily account check there, if it was given.
    pub(crate) coverage: Option<PlaceNote>,
}

/// The result of the daily account check in a Region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct PlaceNote {
    /// The state, or `not-looked-after` where the daily account check has no result.
    pub(crate) state: String,
    /// The reason for a state that is not healthy.
    pub(crate) reason: Option<String>,
    /// The time of the check.
    pub(crate) checked_at: DateTime<Utc>,
    /// Whether all results there are current.
    #[serde(skip)]
    pub(crate) is_renewed: bool,
}

impl PlaceNote {
    /// Returns the state with its reason.
    pub(crate) fn text(&self) -> String {
        let reason = self.reason.as_ref().map(|reason| format!(" ({reason})"));
        format!("{}{}", self.state, reason.unwrap_or_default())
    }
}

/// A control in an account, over all Regions.
#[derive(Debug, Serialize)]
pub(crate) struct Cell {
    pub(crate) id: &'static str,
    /// The worst status of the Regions.
    pub(crate) status: Status,
    pub(crate) regions: Vec<RegionCell>,
}

impl Cell {
    /// Returns the number of failing resources in all Regions, and whether more exist.
    pub(crate) fn failing(&self) -> (u32, bool) {
        let failing = self
            .regions
            .iter()
            .filter_map(|region| region.failing)
            .fold(0_u32, u32::saturating_add);
        (failing, self.regions.iter().any(|region| region.is_capped))
    }
}

/// A control in one Region of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RegionCell {
    pub(crate) region: String,
    pub(crate) status: Status,
    /// The number of failing resources, up to the limit of AWS Config.
    pub(crate) failing: Option<u32>,
    /// Whether more resources fail.
    pub(crate) is_capped: bool,
    /// The rules with this result.
    pub(crate) rules: Vec<String>,
    /// The last evaluation of a rule that is no longer evaluated, if it is known.
    pub(crate) evaluated_at: Option<DateTime<Utc>>,
}
