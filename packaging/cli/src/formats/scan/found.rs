//! Iterators over the evaluations of a report.

use plumbline_core::scan_report::{AccountReport, ControlReport, EvaluationReport, ScanReport};

/// An evaluation with its account and control.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) account: &'a AccountReport,
    pub(super) control: &'a ControlReport,
    pub(super) evaluation: &'a EvaluationReport,
}

/// Returns all evaluations of an account in order.
pub(super) fn of_account(account: &AccountReport) -> impl Iterator<Item = Found<'_>> {
    account.controls.iter().flat_map(move |control| {
        let evaluations = control.evaluations.iter();
        evaluations.map(move |evaluation| Found { account, control, evaluation })
    })
}

/// Returns all evaluations of a report in order.
pub(super) fn all(report: &ScanReport) -> impl Iterator<Item = Found<'_>> {
    report.accounts.iter().flat_map(of_account)
}
