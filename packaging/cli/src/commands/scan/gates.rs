//! What ends a scan in exit code 1.

use clap::ValueEnum;
use plumbline_core::benchmark::Severity;
use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::{AccountReport, BaselineState, EvaluationReport, ScanReport};

/// What ends a scan in exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    // Something fails.
    NonCompliant,
    // Something fails or is not assessed.
    NotAssessed,
    // Something could not be read; a missing attestation is none of this.
    Unreadable,
    // An account or a Region could not be read at all.
    Incomplete,
    // It is not the full benchmark: something was left out, or a parameter is looser.
    Looser,
}

impl FailOn {
    /// Whether a result trips it. `fails` is whether it is a failure that counts.
    fn trips_on(self, evaluation: &EvaluationReport, fails: bool) -> bool {
        match self {
            Self::NonCompliant => fails,
            Self::NotAssessed => fails || evaluation.compliance == Compliance::NotAssessed,
            Self::Unreadable => evaluation.is_unreadable(),
            Self::Incomplete | Self::Looser => false,
        }
    }

    /// Whether the whole trips it.
    fn trips(self, report: &ScanReport) -> bool {
        match self {
            Self::NonCompliant | Self::NotAssessed | Self::Unreadable => false,
            Self::Incomplete => !report.run.complete,
            Self::Looser => !report.run.full_benchmark,
        }
    }
}

/// The gates that were asked for.
#[derive(Clone, Debug)]
pub(super) struct Gates {
    pub(super) fail_on: Vec<FailOn>,
    /// Something fails of a control at least this severe.
    pub(super) severity: Option<Severity>,
}

impl Gates {
    /// Whether one trips that asks for single results. A failure that the baseline knows trips
    /// none.
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

    /// Whether one trips that asks for the whole.
    pub(super) fn trip(&self, report: &ScanReport) -> bool {
        self.fail_on.iter().any(|gate| gate.trips(report))
    }
}
