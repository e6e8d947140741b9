//! The result of a scan in the format of `--format json`. The format is a contract:
//! `docs/schema/report.json`.

mod results;
mod run;
mod score;

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;

use crate::aws::{AccountId, AccountNames, Partition};
use crate::benchmark::{BENCHMARK, TOOL};

pub use self::results::{
    BaselineState, ControlReport, EvaluationReport, RemediationReport, display_name,
};
pub use self::run::{
    AccountRun, BaselineUse, ChangedParameter, LeftOutControl, Origin, ReadState, RegionRun,
    RegisterEntry, RegisterUse, RunCaller, RunReport, RunTool, ScanTarget, SelectedControls,
    UnreadCalls, UsedFile, rules_digest,
};
pub use self::score::{ControlCounts, Group, GroupName, Summary};

/// The version of the report format.
pub const SCHEMA: u32 = 2;

/// The result of a scan.
#[derive(Clone, Debug, Serialize)]
pub struct ScanReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The time that counts as the current time, in whole seconds.
    pub generated_at: DateTime<Utc>,
    /// [`TOOL`].
    pub tool: &'static str,
    /// [`BENCHMARK`].
    pub benchmark: &'static str,
    /// How the scan ran: caller, times, targets, rules, and what was left out.
    pub run: RunReport,
    /// The accounts, in the requested order.
    pub accounts: Vec<AccountReport>,
    /// The outcomes of all accounts.
    pub summary: Summary,
}

impl ScanReport {
    /// Creates a report and its summary from accounts.
    pub fn new(generated_at: DateTime<Utc>, run: RunReport, accounts: Vec<AccountReport>) -> Self {
        let summary = Summary::of(accounts.iter().flat_map(|account| &account.controls));
        let names: BTreeMap<&AccountId, &AccountNames> =
            run.accounts.iter().map(|run| (&run.account_id, &run.names)).collect();
        let mut accounts = accounts;
        for account in &mut accounts {
            account.names = names.get(&account.account_id).copied().cloned().unwrap_or_default();
        }
        let generated_at = generated_at.trunc_subsecs(0);
        Self {
            schema: SCHEMA,
            generated_at,
            tool: TOOL,
            benchmark: BENCHMARK,
            run,
            accounts,
            summary,
        }
    }
}

impl ScanReport {
    /// All evaluations, each with its control.
    pub fn evaluations(&self) -> impl Iterator<Item = (&ControlReport, &EvaluationReport)> {
        self.accounts.iter().flat_map(|account| &account.controls).flat_map(|control| {
            control.evaluations.iter().map(move |evaluation| (control, evaluation))
        })
    }
}

/// The result for one account.
#[derive(Clone, Debug, Serialize)]
pub struct AccountReport {
    /// The account.
    pub account_id: AccountId,
    /// Its names, which [`AccountRun`] contains too.
    #[serde(skip)]
    pub names: AccountNames,
    /// Its partition.
    pub partition: Partition,
    /// The Regions that were evaluated.
    pub regions: Vec<String>,
    /// The outcomes of the account.
    pub summary: Summary,
    /// The controls, in the benchmark's order.
    pub controls: Vec<ControlReport>,
}

impl AccountReport {
    /// Creates an account and its summary from controls.
    pub fn new(
        account_id: AccountId,
        partition: Partition,
        regions: Vec<String>,
        controls: Vec<ControlReport>,
    ) -> Self {
        let summary = Summary::of(&controls);
        let names = AccountNames::default();
        Self { account_id, names, partition, regions, summary, controls }
    }

    /// The id and the name: `111122223333 example-prod`.
    pub fn label(&self) -> String {
        self.names.label(&self.account_id)
    }
}
