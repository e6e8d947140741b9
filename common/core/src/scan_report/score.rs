//! What a scan comes to: how many resources and how many controls pass.

use serde::Serialize;

use super::results::ControlReport;
use crate::benchmark::{SECTIONS, Severity};
use crate::evaluation::{Compliance, Counts};

/// The outcomes of controls, over all of them and by section, level and severity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// How many resources have which outcome.
    #[serde(flatten)]
    pub resources: Counts,
    /// How many controls have which outcome; a control in two accounts counts twice.
    pub controls: ControlCounts,
    /// By section of the benchmark.
    pub by_section: Vec<Group>,
    /// By level of the benchmark: level 2 without level 1.
    pub by_level: Vec<Group>,
    /// By severity, the worst first.
    pub by_severity: Vec<Group>,
}

/// How many controls have which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ControlCounts {
    /// All that ran.
    pub evaluated: usize,
    /// Those that pass.
    pub compliant: usize,
    /// Those with a failure.
    pub non_compliant: usize,
    /// Those without a failure, where something could not be assessed.
    pub not_assessed: usize,
    /// Those whose failures are all accepted.
    pub waived: usize,
    /// Those that concern nothing.
    pub not_applicable: usize,
    /// Those in which a person's word counted, whatever it was.
    pub attested: usize,
    /// The controls that pass, in percent of those that are not inapplicable, rounded down; nothing
    /// where there are none.
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

    /// The controls that could pass.
    pub fn applicable(&self) -> usize {
        self.evaluated - self.not_applicable
    }

    /// The share of passing controls among those that could pass, in percent, rounded down. A
    /// waiver never raises it. Nothing where none could pass.
    fn score(&self) -> Option<usize> {
        (self.compliant * 100).checked_div(self.applicable())
    }
}

/// The outcomes of some controls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Which controls.
    #[serde(flatten)]
    pub name: GroupName,
    /// How many of them have which outcome.
    pub controls: ControlCounts,
    /// How many of their resources have which outcome.
    pub resources: Counts,
}

/// What some controls have in common.
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
        /// How bad a failure is.
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
    /// Adds up controls. Groups without any are left out.
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
