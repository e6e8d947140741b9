//! Labels for outcomes, for the register, and for the read state of accounts.

use std::cmp::Reverse;

use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::{
    AccountReport, AccountRun, BaselineState, EvaluationReport, GroupName, ReadState, RegisterUse,
    RunReport, ScanReport,
};

use crate::formats::words::{counted, listed};

/// Returns the heading of the results with an outcome.
pub(super) fn heading(compliance: Compliance) -> &'static str {
    match compliance {
        Compliance::NonCompliant => "Failures",
        Compliance::NotAssessed => "Not assessed",
        Compliance::Waived => "Waived",
        Compliance::Compliant => "Passed",
        Compliance::NotApplicable => "Not applicable",
    }
}

/// Returns the label of a read state.
pub(super) fn state(state: ReadState) -> &'static str {
    match state {
        ReadState::Read => "read",
        ReadState::Partly => "partially read",
        ReadState::Unread => "not read",
        ReadState::Interrupted => "interrupted",
    }
}

/// Describes the register of a scan, or states that the scan used none.
pub(super) fn register(run: &RunReport) -> String {
    let Some(register) = &run.register else { return "none".to_owned() };
    // Attestations and exceptions together.
    let expired = match register.expired.len() {
        0 => String::new(),
        count => format!("; {count} expired"),
    };
    let waived = waived_controls(register).map(|text| format!("; {text}")).unwrap_or_default();
    listed(&[
        counted(register.attestations, "attestation", "attestations"),
        format!("{}{expired}{waived}", counted(register.exceptions, "exception", "exceptions")),
    ])
}

/// Names the controls that an exception waives in every account. They would otherwise look like
/// single accepted failures.
pub(super) fn waived_controls(register: &RegisterUse) -> Option<String> {
    let controls = &register.waived_controls;
    let (first, more) = controls.split_first()?;
    let whole = if more.is_empty() { "whole control" } else { "whole controls" };
    let names = more.iter().fold(first.clone(), |names, one| format!("{names}, {one}"));
    Some(format!("{whole} waived in every account: {names}"))
}

/// Returns the label of a group of controls.
pub(super) fn group(name: &GroupName) -> String {
    match name {
        GroupName::Section { section, title } => format!("{section} {title}"),
        GroupName::Level { level } => format!("Level {level}"),
        GroupName::Severity { severity } => {
            let (first, rest) = severity.as_str().split_at(1);
            format!("{first}{} severity", rest.to_lowercase())
        }
    }
}

/// Describes the read state of an account with the cause: `not read: sts:AssumeRole, AccessDenied`.
pub(super) fn account_state(run: &AccountRun) -> String {
    let word = state(run.state);
    let failed: usize = run.unread.iter().map(|calls| calls.count).sum();
    match (run.state, run.unread.first()) {
        (ReadState::Unread, Some(calls)) => {
            format!("{word}: {}, {}", calls.operation, calls.code)
        }
        (ReadState::Partly, Some(_)) => {
            format!("{word}: {} failed", counted(failed, "call", "calls"))
        }
        (ReadState::Partly, None) => format!("{word}: more Regions may exist"),
        _ => word.to_owned(),
    }
}

/// Returns the accounts with their read state: unread accounts first, then interrupted ones, then
/// by score and failures.
pub(super) fn accounts(report: &ScanReport) -> Vec<(&AccountReport, &AccountRun)> {
    let of = |run: &AccountRun| {
        report.accounts.iter().find(|account| account.account_id == run.account_id)
    };
    let runs = report.run.accounts.iter();
    let mut accounts: Vec<_> = runs.filter_map(|run| Some((of(run)?, run))).collect();
    accounts.sort_by_key(|(account, run)| {
        let read = match run.state {
            ReadState::Unread => 0,
            ReadState::Interrupted => 1,
            ReadState::Partly | ReadState::Read => 2,
        };
        let summary = &account.summary;
        (read, summary.controls.score_percent, Reverse(summary.resources.non_compliant))
    });
    accounts
}

/// Adds the baseline state of a failure to a reason.
pub(super) fn with_baseline(evaluation: &EvaluationReport, reason: &str) -> String {
    match baseline(evaluation) {
        Some(state) => format!("{reason} ({state})"),
        None => reason.to_owned(),
    }
}

/// Returns the baseline state of a failure, if a baseline was given.
pub(super) fn baseline(evaluation: &EvaluationReport) -> Option<&'static str> {
    evaluation.baseline.map(|state| match state {
        BaselineState::Known => "known failure",
        BaselineState::New => "new failure",
    })
}
