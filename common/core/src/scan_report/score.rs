//! The summary of a scan: how many resources and how many controls pass.

use serde::Serialize;

use super::results::ControlReport;
use crate::benchmark::{SECTIONS, Severity};
use crate::evaluation::{Compliance, Counts};

/// The outcomes of controls: in total, and by section, level and severity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The number of resources by outcome.
    #[serde(flatten)]
    pub resources: Counts,
    /// The number of controls by outcome. A control in two accounts counts twice.
    pub controls: ControlCounts,
    /// By section of the benchmark.
    pub by_section: Vec<Group>,
    /// By level of the benchmark. Level 2 does not include level 1.
    pub by_level: Vec<Group>,
    /// By severity, the most severe first.
    pub by_severity: Vec<Group>,
}

/// The number of controls by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ControlCounts {
    /// All controls that ran.
    pub evaluated: usize,
    /// Controls that pass.
    pub compliant: usize,
    /// Controls with a failure.
    pub non_compliant: usize,
    /// Controls without a failure in which something could not be assessed.
    pub not_assessed: usize,
    /// Controls whose failures are all waived.
    pub waived: usize,
    /// Controls that apply to nothing.
    pub not_applicable: usize,
    /// Controls in which an attestation counted, whatever its verdict.
    pub attested: usize,
    /// The percentage of passing controls among the applicable controls, rounded down; `None` if no
    /// control is applicable.
    pub score_percent: Option<usize>,
}

impl ControlCounts {
    fn of<'a>(controls: impl IntoIterator<Item = &'a ControlReport>) -> Self {
        let mut counts = Self::default();
        for control in controls {
            counts.evaluated += 1;
            counts.attested += usize::from(control.is_attested);
            match control.status {
                Compliance::Compliant => counts.compliant += 1,
                Compliance::NonCompliant => counts.non_compliant += 1,
                Compliance::NotAssessed => counts.not_assessed += 1,
                Compliance::Waived => counts.waived += 1,
                Compliance::NotApplicable => counts.not_applicable += 1,
            }
        }
        counts.score_percent = counts.score();
        counts
    }

    /// The number of applicable controls.
    pub fn applicable(&self) -> usize {
        self.evaluated - self.not_applicable
    }

    /// The percentage of passing controls among the applicable controls, rounded down. An exception
    /// never raises it. `None` if no control is applicable.
    fn score(&self) -> Option<usize> {
        (self.compliant * 100).checked_div(self.applicable())
    }
}

/// The outcomes of a group of controls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The group.
    #[serde(flatten)]
    pub name: GroupName,
    /// The number of controls by outcome.
    pub controls: ControlCounts,
    /// The number of resources by outcome.
    pub resources: Counts,
}

/// What the controls of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum GroupName {
    /// The section of the benchmark.
    Section {
        /// Its number.
        section: &'static str,
        /// Its heading.
        title: &'static str,
    },
    /// The level of the benchmark.
    Level {
        /// 1 or 2.
        level: u8,
    },
    /// The severity.
    Severity {
        /// The severity of a failure.
        severity: Severity,
    },
}

impl GroupName {
    fn holds(&self, control: &ControlReport) -> bool {
        match self {
            Self::Section { section, .. } => control.section == *section,
            Self::Level { level } => control.level == *level,
            Self::Severity { severity } => control.severity == *severity,
        }
    }
}

impl Summary {
    /// Summarizes controls. Empty groups are omitted.
    pub fn of<'a>(controls: impl IntoIterator<Item = &'a ControlReport>) -> Self {
        let controls: Vec<&ControlReport> = controls.into_iter().collect();
        let resources = |controls: &[&ControlReport]| {
            controls.iter().fold(Counts::default(), |mut sum, control| {
                sum += control.counts;
                sum
            })
        };
        let group = |name: GroupName| {
            let mine: Vec<&ControlReport> =
                controls.iter().copied().filter(|control| name.holds(control)).collect();
            let counts = ControlCounts::of(mine.iter().copied());
            let found = Group { name, controls: counts, resources: resources(&mine) };
            (!mine.is_empty()).then_some(found)
        };
        let sections = SECTIONS
            .iter()
            .map(|section| GroupName::Section { section: section.number, title: section.title });
        let levels = [1, 2].map(|level| GroupName::Level { level });
        let severities = Severity::WORST_FIRST.map(|severity| GroupName::Severity { severity });
        Self {
            resources: resources(&controls),
            controls: ControlCounts::of(controls.iter().copied()),
            by_section: sections.filter_map(group).collect(),
            by_level: levels.into_iter().filter_map(group).collect(),
            by_severity: severities.into_iter().filter_map(group).collect(),
        }
    }
}
