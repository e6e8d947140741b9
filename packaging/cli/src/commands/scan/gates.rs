//! What ends a scan in exit code 1.

use clap::ValueEnum;
use plumbline_core::benchmark::Severity;
use plumbline_core::scan_report::{AccountReport, EvaluationReport, ScanReport};

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
    fn trips(self, report: &ScanReport) -> bool {
        let counts = report.summary.resources;
        match self {
            Self::NonCompliant => counts.non_compliant > 0,
            Self::NotAssessed => counts.non_compliant + counts.not_assessed > 0,
            // Decided account by account.
            Self::Unreadable => false,
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
    /// Whether one trips that asks for single results.
    pub(super) fn trip_in(&self, report: &AccountReport) -> bool {
        let needs_reading = self.fail_on.contains(&FailOn::Unreadable);
        report.controls.iter().any(|control| {
            let is_severe = self.severity.is_some_and(|severity| control.severity >= severity)
                && control.counts.non_compliant > 0;
            is_severe
                || (needs_reading
                    && control.evaluations.iter().any(EvaluationReport::is_unreadable))
        })
    }

    /// Whether one trips that asks for the whole.
    pub(super) fn trip(&self, report: &ScanReport) -> bool {
        self.fail_on.iter().any(|gate| gate.trips(report))
    }
}
