//! The labels and order of outcomes on the page.

use plumbline_core::evaluation::Compliance;

/// Returns the position of an outcome, the worst first.
pub(super) fn place(compliance: Compliance) -> usize {
    Compliance::WORST_FIRST.iter().position(|known| *known == compliance).unwrap_or_default()
}

/// Returns the label of an outcome.
pub(super) fn label(compliance: Compliance) -> &'static str {
    match compliance {
        Compliance::NonCompliant => "non-compliant",
        Compliance::NotAssessed => "not assessed",
        Compliance::Waived => "waived",
        Compliance::Compliant => "compliant",
        Compliance::NotApplicable => "not applicable",
    }
}

/// Returns the ID of the section of an outcome.
pub(super) fn section_id(compliance: Compliance) -> &'static str {
    match compliance {
        Compliance::NonCompliant => "failures",
        Compliance::NotAssessed => "not-assessed",
        Compliance::Waived => "waived",
        Compliance::Compliant => "passed",
        Compliance::NotApplicable => "not-applicable",
    }
}
