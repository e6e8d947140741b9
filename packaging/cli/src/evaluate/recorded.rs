//! Recorded accounts.

use chrono::{DateTime, Utc};
use plumbline_core::control::ConfiguredControl;
use plumbline_core::engine::Job;
use plumbline_core::register::Register;
use plumbline_core::snapshot::RecordedAccount;
use plumbline_core::view::Context;

use super::{ControlRun, EvaluatedAccount, mark_incomplete_accounts, plan};
use crate::arguments::TargetArguments;
use crate::error::CliError;

/// Evaluates recorded accounts.
pub(crate) fn scan(
    target: &TargetArguments,
    controls: &[ConfiguredControl],
    accounts: Vec<RecordedAccount>,
    register: &Register,
    now: DateTime<Utc>,
) -> Result<Vec<EvaluatedAccount>, CliError> {
    accounts
        .into_iter()
        .map(|recorded| account(target, controls, recorded, register, now))
        .collect()
}

fn account(
    target: &TargetArguments,
    controls: &[ConfiguredControl],
    recorded: RecordedAccount,
    register: &Register,
    now: DateTime<Utc>,
) -> Result<EvaluatedAccount, CliError> {
    let RecordedAccount { account_id, partition, home_region, regions, regions_unread, facts } =
        recorded;
    let home_region = target.caller.home_region.clone().unwrap_or(home_region);
    if let Some(region) = target.region.iter().find(|region| !regions.contains(region)) {
        return Err(CliError::usage(
            format!("the snapshot of account {account_id} does not hold Region {region}"),
            format!("Give Regions that were recorded ({}), or none for all.", regions.join(", ")),
        ));
    }
    let regions = if target.region.is_empty() {
        regions
    } else {
        regions.into_iter().filter(|region| target.region.contains(region)).collect()
    };
    let base =
        Context { account: account_id, partition, region: home_region.clone(), home_region, now };
    let mut runs = Vec::new();
    for (control, context) in plan(controls, &base, &regions) {
        let outcome = Job { control, context: &context, register, item: None }.decide(&facts);
        runs.push(ControlRun { control: control.clone(), context, outcome });
    }
    if target.region.is_empty() {
        mark_incomplete_accounts(&mut runs, register, &regions, regions_unread.as_ref(), &facts);
    }
    let unread = regions_unread.as_ref().filter(|_| target.region.is_empty());
    Ok(EvaluatedAccount::new(regions, unread, runs, &base, &facts))
}
