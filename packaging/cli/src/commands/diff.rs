//! `plumbline diff`: shows what changed between two scans.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::SCHEMA;
use serde::{Deserialize, Serialize};

use crate::arguments::ListFormat;
use crate::error::CliError;
use crate::formats::table;
use crate::{inputs, output};

/// Tell what changed between two scans: fixed, broken, changed, new, gone
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The older scan, as --format json wrote it
    pub(crate) old: PathBuf,
    /// The newer scan
    pub(crate) new: PathBuf,
    /// How to print the changes
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub(crate) format: ListFormat,
}

/// What is read of a report.
#[derive(Deserialize)]
struct ReadReport {
    schema: u32,
    generated_at: String,
    accounts: Vec<ReportedAccount>,
}

#[derive(Deserialize)]
struct ReportedAccount {
    account_id: String,
    regions: Vec<String>,
    controls: Vec<ReportedControl>,
}

#[derive(Deserialize)]
struct ReportedControl {
    id: String,
    evaluations: Vec<ReportedEvaluation>,
}

#[derive(Deserialize)]
struct ReportedEvaluation {
    resource_type: String,
    resource_id: String,
    region: String,
    compliance: Compliance,
    reason: String,
}

/// Whose outcome it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct ResultKey {
    account_id: String,
    control: String,
    region: String,
    resource_type: String,
    resource_id: String,
}

/// An outcome that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Change {
    #[serde(flatten)]
    key: ResultKey,
    /// Absent where there was none.
    old: Option<Compliance>,
    /// Absent where there is none.
    new: Option<Compliance>,
    /// The newer reason; of what is gone, the last one.
    reason: String,
}

/// What changed. Whatever only one of the scans looked at is not compared.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Difference {
    schema: u32,
    old_generated_at: String,
    new_generated_at: String,
    /// Failed, and does not any more.
    fixed: Vec<Change>,
    /// Did not fail, and does now.
    broken: Vec<Change>,
    /// Between the other outcomes; a failure that can no longer be assessed is here, not among the
    /// fixed.
    changed: Vec<Change>,
    /// Resources that were not there.
    new: Vec<Change>,
    /// Resources that are not there any more.
    gone: Vec<Change>,
    /// What only one of the scans looked at: accounts, controls, Regions.
    not_compared: Vec<String>,
}

/// The outcomes of a report, and what it looked at.
#[derive(Default)]
struct Outcomes {
    by_key: BTreeMap<ResultKey, (Compliance, String)>,
    accounts: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>,
}

fn outcomes(report: ReadReport) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for account in report.accounts {
        let controls = account.controls.iter().map(|control| control.id.clone()).collect();
        outcomes
            .accounts
            .insert(account.account_id.clone(), (controls, account.regions.into_iter().collect()));
        for control in account.controls {
            for ReportedEvaluation { resource_type, resource_id, region, compliance, reason } in
                control.evaluations
            {
                let key = ResultKey {
                    account_id: account.account_id.clone(),
                    control: control.id.clone(),
                    region,
                    resource_type,
                    resource_id,
                };
                outcomes.by_key.insert(key, (compliance, reason));
            }
        }
    }
    outcomes
}

/// What only one of two scans looked at, as texts.
fn not_compared(old: &Outcomes, new: &Outcomes) -> Vec<String> {
    let mut texts = Vec::new();
    let accounts: BTreeSet<&String> = old.accounts.keys().chain(new.accounts.keys()).collect();
    for account in accounts {
        match (old.accounts.get(account), new.accounts.get(account)) {
            (Some((old_controls, old_regions)), Some((new_controls, new_regions))) => {
                texts.extend(
                    old_controls
                        .symmetric_difference(new_controls)
                        .map(|control| format!("control {control} in account {account}")),
                );
                texts.extend(
                    old_regions
                        .symmetric_difference(new_regions)
                        .map(|region| format!("Region {region} of account {account}")),
                );
            }
            _ => texts.push(format!("account {account}")),
        }
    }
    texts
}

/// Whether a scan covers the control and Region of a result. A global control's Region is the home
/// Region, whichever Regions were given.
fn looked_at(scan: &Outcomes, other: &Outcomes, key: &ResultKey) -> bool {
    let Some((controls, regions)) = scan.accounts.get(&key.account_id) else { return false };
    let elsewhere = other
        .accounts
        .get(&key.account_id)
        .is_some_and(|(_, regions)| !regions.contains(&key.region));
    controls.contains(&key.control) && (regions.contains(&key.region) || elsewhere)
}

fn difference(old: ReadReport, new: ReadReport) -> Difference {
    let mut difference = Difference {
        schema: SCHEMA,
        old_generated_at: old.generated_at.clone(),
        new_generated_at: new.generated_at.clone(),
        ..Difference::default()
    };
    let (old, new) = (outcomes(old), outcomes(new));
    difference.not_compared = not_compared(&old, &new);
    for (key, (now, reason)) in &new.by_key {
        let before = old.by_key.get(key).map(|(before, _)| *before);
        let change =
            Change { key: key.clone(), old: before, new: Some(*now), reason: reason.clone() };
        match before {
            None if looked_at(&old, &new, key) => difference.new.push(change),
            Some(Compliance::NonCompliant)
                if matches!(now, Compliance::Compliant | Compliance::NotApplicable) =>
            {
                difference.fixed.push(change)
            }
            Some(before)
                if before != Compliance::NonCompliant && *now == Compliance::NonCompliant =>
            {
                difference.broken.push(change)
            }
            Some(before) if before != *now => difference.changed.push(change),
            _ => {}
        }
    }
    for (key, (before, reason)) in &old.by_key {
        if !new.by_key.contains_key(key) && looked_at(&new, &old, key) {
            difference.gone.push(Change {
                key: key.clone(),
                old: Some(*before),
                new: None,
                reason: reason.clone(),
            });
        }
    }
    difference
}

fn read(file: &Path) -> Result<ReadReport, CliError> {
    let report: ReadReport = inputs::report(file)?;
    if report.schema != SCHEMA {
        let what = format!("its form is version {}, this program knows {SCHEMA}", report.schema);
        return Err(inputs::not_a_report(file, what));
    }
    Ok(report)
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let difference = difference(read(&arguments.old)?, read(&arguments.new)?);
    match arguments.format {
        ListFormat::Json => output::print_json(&difference),
        ListFormat::Table => output::print(&text(&difference)),
    }
}

fn text(difference: &Difference) -> String {
    let parts = [
        ("broken", &difference.broken),
        ("fixed", &difference.fixed),
        ("changed", &difference.changed),
        ("new", &difference.new),
        ("gone", &difference.gone),
    ];
    let mut rows =
        table::new(&["change", "account", "control", "resource", "region", "from", "to", "reason"]);
    for (name, change) in
        parts.iter().flat_map(|(name, changes)| changes.iter().map(move |change| (name, change)))
    {
        let ResultKey { account_id, control, region, resource_id, .. } = &change.key;
        let outcome = |compliance: Option<Compliance>| {
            compliance.map_or_else(|| "-".to_owned(), |compliance| compliance.to_string())
        };
        let cells = [
            (*name).to_owned(),
            account_id.clone(),
            control.clone(),
            resource_id.clone(),
            region.clone(),
            outcome(change.old),
            outcome(change.new),
        ];
        rows.add_row(
            cells.into_iter().chain([change.reason.clone()]).map(|cell| table::printable(&cell)),
        );
    }
    let sums: Vec<String> =
        parts.iter().map(|(name, changes)| format!("{} {name}", changes.len())).collect();
    let mut text = format!(
        "From {} to {}: {}\n",
        difference.old_generated_at,
        difference.new_generated_at,
        sums.join(", ")
    );
    if !rows.is_empty() {
        text.push_str(&format!("{rows}\n"));
    }
    for what in &difference.not_compared {
        text.push_str(&format!("not compared, only one scan looked at it: {what}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn report(regions: &[&str], controls: Value) -> ReadReport {
        let accounts =
            json!([{ "account_id": "111122223333", "regions": regions, "controls": controls }]);
        serde_json::from_value(
            json!({ "schema": 1, "generated_at": "2026-11-01T00:00:00Z", "accounts": accounts }),
        )
        .expect("a report")
    }

    fn control(id: &str, outcomes: &[(&str, &str, &str)]) -> Value {
        let evaluation = |(region, id, compliance): &(&str, &str, &str)| {
            json!({ "resource_type": "T", "resource_id": id, "region": region,
                "compliance": compliance, "reason": "r" })
        };
        json!({ "id": id, "evaluations": outcomes.iter().map(evaluation).collect::<Vec<_>>() })
    }

    #[test]
    fn changes_are_told_apart() {
        let east = |outcomes: [(&'static str, &'static str); 5]| {
            control("2.1.3", &outcomes.map(|(id, compliance)| ("us-east-1", id, compliance)))
        };
        let old = east([
            ("a", "NON_COMPLIANT"),
            ("b", "COMPLIANT"),
            ("c", "NON_COMPLIANT"),
            ("d", "COMPLIANT"),
            ("same", "COMPLIANT"),
        ]);
        let new = east([
            ("a", "COMPLIANT"),
            ("b", "NON_COMPLIANT"),
            ("c", "NOT_ASSESSED"),
            ("e", "COMPLIANT"),
            ("same", "COMPLIANT"),
        ]);
        let difference =
            difference(report(&["us-east-1"], json!([old])), report(&["us-east-1"], json!([new])));
        let ids = |changes: &[Change]| {
            changes.iter().map(|change| change.key.resource_id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(
            [
                &difference.fixed,
                &difference.broken,
                &difference.changed,
                &difference.new,
                &difference.gone
            ]
            .map(|changes| ids(changes).concat()),
            ["a", "b", "c", "e", "d"]
        );
        assert!(difference.not_compared.is_empty());
    }

    #[test]
    fn what_one_scan_left_out_is_not_gone() {
        let old = json!([
            control("1.4", &[("us-east-1", "x", "COMPLIANT")]),
            control("5.2", &[("us-east-1", "y", "COMPLIANT"), ("eu-west-1", "z", "COMPLIANT")])
        ]);
        let new = json!([control("5.2", &[("us-east-1", "y", "COMPLIANT")])]);
        let difference =
            difference(report(&["us-east-1", "eu-west-1"], old), report(&["us-east-1"], new));
        assert!(difference.gone.is_empty(), "{:?}", difference.gone);
        assert_eq!(
            difference.not_compared,
            ["control 1.4 in account 111122223333", "Region eu-west-1 of account 111122223333"]
        );
    }

    /// The home Region of a global control need not be among the Regions that were asked for.
    #[test]
    fn global_controls_are_compared_wherever_home_is() {
        let old = json!([control("1.10", &[("us-east-1", "user", "COMPLIANT")])]);
        let new = json!([control("1.10", &[])]);
        let difference = difference(report(&["eu-west-1"], old), report(&["eu-west-1"], new));
        assert_eq!(difference.gone.len(), 1);
    }
}
