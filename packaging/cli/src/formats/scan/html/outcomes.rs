//! Words and places of outcomes on the page.

use plumbline_core::evaluation::Compliance;

/// The place of an outcome among all, the worst first.
pub(super) fn place(compliance: Compliance) -> usize {
    Compliance::WORST_FIRST.iter().position(|known| *known == compliance).unwrap_or_default()
}

/// The word for an outcome.
pub(super) fn label(compliance: Compliance) -> &'static str {
    match compliance {
        Compliance::NonCompliant => "non-compliant",
        Compliance::NotAssessed => "not assessed",
        Compliance::Waived => "waived",
        Compliance::Compliant => "compliant",
        Compliance::NotApplicable => "not applicable",
    }
}

/// The id of the section that has an outcome.
pub(super) fn section_id(compliance: Compliance) -> &'static str {
    match compliance {
        Compliance::NonCompliant => "failures",
        Compliance::NotAssessed => "not-assessed",
        Compliance::Waived => "waived",
        Compliance::Compliant => "passed",
        Compliance::NotApplicable => "not-applicable",
    }
}
