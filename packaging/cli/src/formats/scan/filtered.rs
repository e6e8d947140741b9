//! The closing line of a filtered list, which states what the filter left out.

use plumbline_core::evaluation::{Compliance, Counts};

use super::found::Found;
use crate::formats::words::{counted, listed};

/// The content of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ListCounts {
    /// The results by outcome.
    pub(super) outcomes: Counts,
    /// The lines about attestations. A list has them in addition to the results.
    pub(super) attestations: usize,
}

impl ListCounts {
    /// Adds the results, but no lines about attestations.
    pub(super) fn add<'a>(&mut self, found: impl IntoIterator<Item = Found<'a>>) {
        for Found { evaluation, .. } in found {
            self.outcomes.add(evaluation.compliance);
        }
    }

    /// States what `listed` contains, and what it lacks of this content.
    pub(super) fn line(&self, listed: &Self) -> String {
        let rest =
            |outcome| self.outcomes.get(outcome).saturating_sub(listed.outcomes.get(outcome));
        format!(
            "Listed: {}. Not listed: {}.",
            text(|outcome| listed.outcomes.get(outcome), listed.attestations),
            text(rest, self.attestations.saturating_sub(listed.attestations))
        )
    }
}

/// `4 failures, 1 not assessed`, or `none`.
fn text(count: impl Fn(Compliance) -> usize, attestations: usize) -> String {
    let outcome = |compliance| match (compliance, count(compliance)) {
        (_, 0) => String::new(),
        (Compliance::NonCompliant, count) => counted(count, "failure", "failures"),
        (Compliance::NotAssessed, count) => format!("{count} not assessed"),
        (Compliance::Waived, count) => format!("{count} waived"),
        (Compliance::Compliant, count) => format!("{count} passed"),
        (Compliance::NotApplicable, count) => format!("{count} not applicable"),
    };
    let attestations = match attestations {
        0 => String::new(),
        count => counted(count, "attestation", "attestations"),
    };
    let outcomes = Compliance::WORST_FIRST.map(outcome);
    let parts: Vec<String> = outcomes.into_iter().chain([attestations]).collect();
    match listed(&parts) {
        none if none.is_empty() => "none".to_owned(),
        text => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_accounts_for_every_result() {
        let outcomes = Counts {
            compliant: 3,
            non_compliant: 2,
            not_assessed: 4,
            waived: 5,
            not_applicable: 6,
        };
        let all = ListCounts { outcomes, attestations: 2 };
        let one = Counts { non_compliant: 1, not_assessed: 4, ..Counts::default() };
        assert_eq!(
            all.line(&ListCounts { outcomes: one, attestations: 1 }),
            "Listed: 1 failure, 4 not assessed, 1 attestation. Not listed: 1 failure, 5 waived, \
             3 passed, 6 not applicable, 1 attestation."
        );
        assert_eq!(
            all.line(&ListCounts::default()),
            "Listed: none. Not listed: 2 failures, 4 not assessed, 5 waived, 3 passed, 6 not \
             applicable, 2 attestations."
        );
        assert!(all.line(&all).ends_with(" Not listed: none."));
    }
}
