//! Evaluates recorded accounts.

use chrono::{DateTime, Utc};
use plumbline_core::engine::Job;
use plumbline_core::fact::{Facts, Key};
use plumbline_core::facts::{EnabledRegions, FactKind};
use plumbline_core::register::Register;
use plumbline_core::snapshot::RecordedAccount;
use plumbline_core::view::Context;

use super::{ControlRun, EvaluatedAccount, EvaluatedRegions, Evaluating, mark_incomplete, plan};
use crate::arguments::TargetArguments;
use crate::error::CliError;

/// Evaluates a recorded account.
pub(crate) fn scan(
    target: &TargetArguments,
    evaluating: &Evaluating<'_>,
    recorded: RecordedAccount,
    now: DateTime<Utc>,
) -> Result<EvaluatedAccount, CliError> {
    let RecordedAccount {
        account_id,
        names,
        partition,
        home_region,
        regions,
        regions_unread,
        facts,
    } = recorded;
    // The recording has no data of other Regions, enabled or not.
    let mut known = facts.clone();
    known.insert(
        Key::account(FactKind::EnabledRegions),
        match &regions_unread {
            None => Ok(EnabledRegions(regions.clone()).into()),
            Some(unread) => Err(unread.clone()),
        },
    );
    let home_region = target.caller.home_region().map_or(home_region, str::to_owned);
    if let Some(region) = target.region.iter().find(|region| !regions.contains(region)) {
        return Err(CliError::usage(
            format!("the snapshot of account {account_id} does not contain Region '{region}'"),
            format!("Give recorded Regions ({}), or no --region for all.", regions.join(", ")),
        ));
    }
    let regions = if target.region.is_empty() {
        regions
    } else {
        regions.into_iter().filter(|region| target.region.contains(region)).collect()
    };
    let base =
        Context { account: account_id, partition, region: home_region.clone(), home_region, now };
    let Evaluating { controls, register, .. } = *evaluating;
    let mut runs = Vec::new();
    for (control, context) in plan(controls, &base, &regions) {
        let outcome = Job { control, context: &context, register, item: None }.decide(&known);
        runs.push(ControlRun { control: control.clone(), context, outcome });
    }
    if target.region.is_empty() {
        match &regions_unread {
            Some(unread) => mark_incomplete(&mut runs, register, unread),
            None => note_beyond(&mut runs, register, &regions, &known),
        }
    }
    let unread = regions_unread.filter(|_| target.region.is_empty());
    let regions = EvaluatedRegions { regions, unread };
    Ok(EvaluatedAccount::new(evaluating, names, regions, runs, &base, &facts))
}

/// Adds notes about Regions that were not recorded, if the run of the home Region cannot do so.
fn note_beyond(runs: &mut [ControlRun], register: &Register, regions: &[String], facts: &Facts) {
    for ControlRun { control, context, outcome } in runs {
        let is_first = regions.first() == Some(&context.region);
        if is_first && !regions.contains(&context.home_region) {
            Job { control, context, register, item: None }.note_beyond(outcome, facts);
        }
    }
}
