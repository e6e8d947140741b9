//! The evaluations of a report.

use plumbline_core::scan_report::{AccountReport, ControlReport, EvaluationReport, ScanReport};

/// An evaluation with what it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) account: &'a AccountReport,
    pub(super) control: &'a ControlReport,
    pub(super) evaluation: &'a EvaluationReport,
}

/// All of an account, in its order.
pub(super) fn of_account(account: &AccountReport) -> impl Iterator<Item = Found<'_>> {
    account.controls.iter().flat_map(move |control| {
        let evaluations = control.evaluations.iter();
        evaluations.map(move |evaluation| Found { account, control, evaluation })
    })
}

/// All of a report, in its order.
pub(super) fn all(report: &ScanReport) -> impl Iterator<Item = Found<'_>> {
    report.accounts.iter().flat_map(of_account)
}
