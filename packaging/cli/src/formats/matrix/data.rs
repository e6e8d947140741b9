//! Accounts and controls with what an aggregator of AWS Config holds of them: what is rendered.

use chrono::{DateTime, Utc};
use plumbline_core::aws::{AccountId, AccountNames};
use plumbline_core::benchmark::Severity;
use serde::Serialize;

/// The version of the matrix's form, `docs/schema/matrix.json`.
pub(crate) const SCHEMA: u32 = 1;

/// What the aggregator says of a control. The worst comes first.
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

    /// The word in files.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NonCompliant => "NON_COMPLIANT",
            Self::Stale => "STALE",
            Self::NoResult => "NO_RESULT",
            Self::InsufficientData => "INSUFFICIENT_DATA",
            Self::Compliant => "COMPLIANT",
        }
    }

    /// The word for people.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::NonCompliant => "non-compliant",
            Self::Stale => "stale",
            Self::NoResult => "no result",
            Self::InsufficientData => "no data",
            Self::Compliant => "compliant",
        }
    }

    /// What it means, and what it does not: with the results of looking after the accounts, or
    /// without.
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

/// How many have which status.
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

/// Which aggregator it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct AggregatorName {
    pub(crate) name: String,
    pub(crate) account_id: AccountId,
    pub(crate) region: String,
}

/// Accounts and controls: what `plumbline report` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Matrix {
    pub(crate) schema: u32,
    pub(crate) generated_at: DateTime<Utc>,
    pub(crate) tool: &'static str,
    pub(crate) benchmark: &'static str,
    pub(crate) aggregator: AggregatorName,
    /// Where global controls have their rules.
    pub(crate) home_region: String,
    /// In the benchmark's order.
    pub(crate) controls: Vec<Column>,
    /// By their ids.
    pub(crate) accounts: Vec<Row>,
    /// When the run began whose results were given.
    pub(crate) results_of: Option<DateTime<Utc>>,
    /// What could not be read, so that accounts may be missing.
    pub(crate) unread: Vec<String>,
    /// Of all accounts and controls.
    pub(crate) summary: StatusCounts,
}

/// A control.
#[derive(Debug, Serialize)]
pub(crate) struct Column {
    pub(crate) id: &'static str,
    pub(crate) slug: &'static str,
    pub(crate) title: &'static str,
    pub(crate) level: u8,
    pub(crate) severity: Severity,
    /// How many accounts have which status.
    pub(crate) accounts: StatusCounts,
}

/// An account.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) account_id: AccountId,
    /// Its name in the organization, where the credentials may ask for it.
    pub(crate) name: Option<String>,
    pub(crate) regions: Vec<RegionStatus>,
    /// How many controls have which status.
    pub(crate) counts: StatusCounts,
    /// One for each control, in their order.
    pub(crate) controls: Vec<Cell>,
}

impl Row {
    /// The account with its name.
    pub(crate) fn label(&self) -> String {
        let names = AccountNames { name: self.name.clone(), alias: None };
        names.label(&self.account_id)
    }
}

/// A Region of an account, and how current the aggregator is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RegionStatus {
    pub(crate) region: String,
    /// AWS's word for the last update, or `NOT_LISTED`.
    pub(crate) source: String,
    pub(crate) updated_at: Option<DateTime<Utc>>,
    pub(crate) error: Option<String>,
    #[serde(skip)]
    pub(crate) is_current: bool,
    /// What looking after the account found there, where its results were given.
    pub(crate) coverage: Option<PlaceNote>,
}

/// What looking after an account found in a Region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct PlaceNote {
    /// The state, or `not-looked-after`.
    pub(crate) state: String,
    /// Why, where it is not as it should be.
    pub(crate) reason: Option<String>,
    /// When it was checked.
    pub(crate) checked_at: DateTime<Utc>,
    /// Whether all results there are renewed.
    #[serde(skip)]
    pub(crate) is_renewed: bool,
}

impl PlaceNote {
    /// The state with its reason.
    pub(crate) fn text(&self) -> String {
        let reason = self.reason.as_ref().map(|reason| format!(" ({reason})"));
        format!("{}{}", self.state, reason.unwrap_or_default())
    }
}

/// A control in an account.
#[derive(Debug, Serialize)]
pub(crate) struct Cell {
    pub(crate) id: &'static str,
    /// The worst of its Regions.
    pub(crate) status: Status,
    pub(crate) regions: Vec<RegionCell>,
}

impl Cell {
    /// How many resources fail in all Regions, and whether there are more.
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
    /// How many resources fail, as far as AWS Config counts.
    pub(crate) failing: Option<u32>,
    /// Whether there are more than that.
    pub(crate) is_capped: bool,
    /// The rules that say so.
    pub(crate) rules: Vec<String>,
    /// When the rule was last evaluated, where it is not evaluated any more and that is known.
    pub(crate) evaluated_at: Option<DateTime<Utc>>,
}
