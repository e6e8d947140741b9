//! The closing lines: failed reads, the age of reports, problems of the register, and the next
//! commands.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::{
    AccountRun, EvaluationReport, ReadState, RegisterEntry, ScanReport,
};
use plumbline_core::time::seconds;
use serde_json::Value;

use crate::formats::layout::hanging;
use crate::formats::words::{counted, enumerated};
use crate::terminal::{Style, Styled};

/// The number of failed calls that are listed. More calls are summarized.
const CALLS_SHOWN: usize = 5;

/// Renders the closing lines.
pub(super) fn last(report: &ScanReport, width: Option<usize>) -> Styled {
    let mut lines = not_read(report);
    let facts: Vec<String> = [as_of(report), register(report)].into_iter().flatten().collect();
    if !facts.is_empty() {
        lines.push(facts.join(" "));
    }
    lines.extend(more(report));
    lines.extend(baseline(report));
    let mut styled = Styled::default();
    for line in lines {
        styled.append(hanging(Style::Plain, &line, 2, width));
    }
    styled
}

/// `0 new failures, 61 known`, with a baseline.
fn baseline(report: &ScanReport) -> Option<String> {
    let used = report.run.baseline.as_ref()?;
    let new = counted(used.new, "new failure", "new failures");
    Some(format!("Baseline {}: {new}, {} known.", used.file.path, used.known))
}

fn evaluations(report: &ScanReport) -> impl Iterator<Item = &EvaluationReport> {
    report
        .accounts
        .iter()
        .flat_map(|account| &account.controls)
        .flat_map(|control| &control.evaluations)
}

/// Lists failed reads: complete accounts, then single calls.
fn not_read(report: &ScanReport) -> Vec<String> {
    let accounts = &report.run.accounts;
    let unread: Vec<&AccountRun> =
        accounts.iter().filter(|account| account.state == ReadState::Unread).collect();
    let is_partly = |account: &&AccountRun| account.state != ReadState::Unread;
    let failed = accounts
        .iter()
        .any(|account| account.state != ReadState::Read || !account.unread.is_empty());
    if !failed {
        return vec!["All requested facts were read.".to_owned()];
    }
    let mut lines = Vec::new();
    if !unread.is_empty() {
        let names: Vec<String> = unread
            .iter()
            .take(CALLS_SHOWN)
            .map(|account| match account.unread.first() {
                Some(calls) => {
                    let label = account.names.label(&account.account_id);
                    format!("{label}: {}, {}", calls.operation, calls.code)
                }
                None => account.names.label(&account.account_id),
            })
            .collect();
        let more = match unread.len().saturating_sub(CALLS_SHOWN) {
            0 => String::new(),
            count => format!("; and {count} more"),
        };
        lines.push(format!(
            "{} of {} could not be read ({}{more}).",
            unread.len(),
            counted(accounts.len(), "account", "accounts"),
            names.join("; ")
        ));
    }
    for (count, what) in [
        (accounts.iter().filter(|one| one.state == ReadState::Interrupted).count(), "interrupted"),
        (
            accounts.iter().filter(is_partly).filter(|one| one.regions_unread.is_some()).count(),
            "read without the list of enabled Regions",
        ),
    ] {
        if count > 0 && accounts.len() > 1 {
            let accounts = counted(accounts.len(), "account", "accounts");
            lines.push(format!("{count} of {accounts}: {what}."));
        }
    }
    lines.extend(calls(report));
    lines
}

/// Lists the failed calls by resource, or summarizes them if there are many.
fn calls(report: &ScanReport) -> Vec<String> {
    let mut by_resource: BTreeMap<(String, &str, String), BTreeSet<String>> = BTreeMap::new();
    for evaluation in evaluations(report) {
        let Some(unread) = &evaluation.not_assessed else { continue };
        let text =
            |name: &str| unread.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let place = (evaluation.display_name(), evaluation.resource.region.as_str(), text("code"));
        by_resource.entry(place).or_default().insert(text("operation"));
    }
    let is_partly = |account: &&AccountRun| account.state != ReadState::Unread;
    // A summary has no single results.
    let has_few = (1..=CALLS_SHOWN).contains(&by_resource.len());
    if has_few && report.accounts.len() == 1 {
        let account =
            |name: &str| if name == "account" { "the account".to_owned() } else { name.to_owned() };
        return by_resource
            .iter()
            .map(|((name, region, code), operations)| {
                let operations: Vec<&str> = operations.iter().map(String::as_str).collect();
                let operations = enumerated(&operations);
                format!("Not read: {operations} for {} in {region} ({code}).", account(name))
            })
            .collect();
    }
    let mut sums: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for account in report.run.accounts.iter().filter(is_partly) {
        for calls in &account.unread {
            let (count, accounts) = sums.entry((&calls.operation, &calls.code)).or_default();
            *count += calls.count;
            *accounts += 1;
        }
    }
    sums.iter()
        .map(|((operation, code), (count, accounts))| {
            let of = match report.accounts.len() {
                1 => String::new(),
                _ => format!(" in {}", counted(*accounts, "account", "accounts")),
            };
            format!("Not read: {operation} ({code}), {}{of}.", counted(*count, "time", "times"))
        })
        .collect()
}

/// States the time of the credential reports.
fn as_of(report: &ScanReport) -> Option<String> {
    let times: BTreeSet<_> = evaluations(report).filter_map(|one| one.as_of).collect();
    let (first, last) = (times.first()?, times.last()?);
    Some(if first == last {
        format!("IAM credential report: as of {}.", seconds(*first))
    } else {
        format!("IAM credential reports: as of {} to {}.", seconds(*first), seconds(*last))
    })
}

/// Describes problems of the register.
fn register(report: &ScanReport) -> Option<String> {
    let register = report.run.register.as_ref()?;
    let names = |entries: &[RegisterEntry], verb: &str| {
        let name = |RegisterEntry { entry, control, until }: &RegisterEntry| {
            format!("{entry} ({control}) {verb} {until}")
        };
        entries.iter().map(name).collect::<Vec<_>>()
    };
    let mut parts = names(&register.expired, "expired on");
    parts.extend(names(&register.ends_within_30_days, "expires on"));
    parts.extend(register.unused.iter().map(|entry| format!("{entry} waived nothing")));
    (!parts.is_empty()).then(|| format!("Register: {}.", parts.join(", ")))
}

/// Names commands that show more.
fn more(report: &ScanReport) -> Option<String> {
    let controls = || report.accounts.iter().flat_map(|account| &account.controls);
    let worst = controls()
        .filter(|control| control.status == Compliance::NonCompliant)
        .max_by_key(|control| (control.severity, std::cmp::Reverse(control.id)))
        .or_else(|| controls().find(|control| control.status == Compliance::NotAssessed))?;
    Some(format!(
        "Next: 'plumbline explain {}' describes the control and its remediation; --details and \
         --format html=FILE add evidence and commands.",
        worst.id
    ))
}
