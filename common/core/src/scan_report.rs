//! The result of a scan, as `--format json` prints it. Its form is a contract:
//! `docs/schema/report.json`.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::aws::{AccountId, Partition};
use crate::benchmark::Severity;
use crate::control::Control;
use crate::evaluation::{Compliance, Counts, Evaluation};

/// The version of the report's form.
pub const SCHEMA: u32 = 1;
/// What the accounts are checked against.
pub const BENCHMARK: &str = "CIS AWS Foundations 1.5.0";
/// The program and its version.
pub const TOOL: &str = concat!("plumbline ", env!("CARGO_PKG_VERSION"));

/// The result of a scan.
#[derive(Clone, Debug, Serialize)]
pub struct ScanReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The time that counted as now.
    pub generated_at: DateTime<Utc>,
    /// [`TOOL`].
    pub tool: &'static str,
    /// [`BENCHMARK`].
    pub benchmark: &'static str,
    /// The accounts, in the order in which they were asked for.
    pub accounts: Vec<AccountReport>,
    /// The outcomes of all accounts.
    pub summary: Counts,
}

impl ScanReport {
    /// Adds up accounts.
    pub fn new(generated_at: DateTime<Utc>, accounts: Vec<AccountReport>) -> Self {
        let mut summary = Counts::default();
        for control in accounts.iter().flat_map(|account| &account.controls) {
            summary += control.counts;
        }
        Self { schema: SCHEMA, generated_at, tool: TOOL, benchmark: BENCHMARK, accounts, summary }
    }
}

/// The result for one account.
#[derive(Clone, Debug, Serialize)]
pub struct AccountReport {
    /// The account.
    pub account_id: AccountId,
    /// Its partition.
    pub partition: Partition,
    /// The Regions that were evaluated.
    pub regions: Vec<String>,
    /// The controls, in the benchmark's order.
    pub controls: Vec<ControlReport>,
}

/// The result of one control in one account.
#[derive(Clone, Debug, Serialize)]
pub struct ControlReport {
    /// The recommendation's number.
    pub id: &'static str,
    /// The short name.
    pub slug: &'static str,
    /// What holds when it is compliant.
    pub title: &'static str,
    /// The benchmark's level.
    pub level: u8,
    /// How bad a failure is.
    pub severity: Severity,
    /// The worst outcome.
    pub status: Compliance,
    /// How many resources have which outcome.
    pub counts: Counts,
    /// One for each resource, in all Regions.
    pub evaluations: Vec<Evaluation>,
}

impl ControlReport {
    /// The result of a control.
    pub fn new(control: &Control, evaluations: Vec<Evaluation>) -> Self {
        let counts = Counts::of(&evaluations);
        Self {
            id: control.id.as_str(),
            slug: control.slug,
            title: control.title,
            level: control.level,
            severity: control.severity,
            status: counts.worst(),
            counts,
            evaluations,
        }
    }
}
