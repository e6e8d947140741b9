//! The conditions under which a scan returns exit code 1.

use clap::ValueEnum;
use plumbline_core::benchmark::Severity;
use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::{AccountReport, BaselineState, EvaluationReport, ScanReport};

/// The conditions under which a scan returns exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// A result fails
    NonCompliant,
    /// A result fails or is not assessed
    NotAssessed,
    /// A read failed; a missing attestation does not count
    Unreadable,
    /// An account or a Region could not be read at all
    Incomplete,
    /// The scan is not the full benchmark: controls left out, or a looser parameter
    Looser,
}

impl FailOn {
    /// Whether a single result meets the condition. `fails` is true for a failure that counts.
    fn trips_on(self, evaluation: &EvaluationReport, fails: bool) -> bool {
        match self {
            Self::NonCompliant => fails,
            Self::NotAssessed => fails || evaluation.compliance == Compliance::NotAssessed,
            Self::Unreadable => evaluation.is_unreadable(),
            Self::Incomplete | Self::Looser => false,
        }
    }

    /// Whether the complete report meets the condition.
    fn trips(self, report: &ScanReport) -> bool {
        match self {
            Self::NonCompliant | Self::NotAssessed | Self::Unreadable => false,
            Self::Incomplete => !report.run.complete,
            Self::Looser => !report.run.full_benchmark,
        }
    }
}

/// The gates that the user selected.
#[derive(Clone, Debug)]
pub(super) struct Gates {
    pub(super) fail_on: Vec<FailOn>,
    /// A control of at least this severity fails.
    pub(super) severity: Option<Severity>,
}

impl Gates {
    /// Whether a single result meets a condition. Failures in the baseline do not count.
    pub(super) fn trip_in(&self, report: &AccountReport) -> bool {
        report.controls.iter().any(|control| {
            let is_severe = self.severity.is_some_and(|severity| control.severity >= severity);
            control.evaluations.iter().any(|evaluation| {
                let fails = evaluation.compliance == Compliance::NonCompliant
                    && evaluation.baseline != Some(BaselineState::Known);
                (is_severe && fails)
                    || self.fail_on.iter().any(|gate| gate.trips_on(evaluation, fails))
            })
        })
    }

    /// Whether the complete report meets a condition.
    pub(super) fn trip(&self, report: &ScanReport) -> bool {
        self.fail_on.iter().any(|gate| gate.trips(report))
    }
}
