//! The events that the selectors of a trail log.

use std::collections::BTreeSet;

use plumbline_core::facts::{AdvancedSelector, FieldSelector, TrailSelectors};

/// Checks that all management events are logged. Returns the unmet requirement otherwise.
pub(crate) fn all_management_events(selectors: &TrailSelectors) -> Result<(), String> {
    let events = ManagementEvents::of(selectors);
    let excluded = events.excluded();
    match (events.reads_and_writes(), excluded.is_empty()) {
        (true, true) => Ok(()),
        (true, false) => Err(format!(
            "excludes the management events of {}",
            excluded.into_iter().collect::<Vec<_>>().join(" and ")
        )),
        (false, _) => Err("does not log all management events".to_owned()),
    }
}

/// The management events that selectors log together. Each kind of events that is logged has its
/// excluded services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ManagementEvents {
    reads: Option<BTreeSet<String>>,
    writes: Option<BTreeSet<String>>,
}

impl ManagementEvents {
    /// Returns the events that basic and advanced selectors log together.
    pub(crate) fn of(selectors: &TrailSelectors) -> Self {
        let mut events = Self::default();
        for selector in selectors.basic.iter().filter(|selector| selector.management) {
            events.add(
                selector.read_write.reads(),
                selector.read_write.writes(),
                &selector.excluded_sources,
            );
        }
        for (reads, writes, excluded) in selectors.advanced.iter().filter_map(advanced) {
            events.add(reads, writes, &excluded);
        }
        events
    }

    /// Returns whether read events and write events are logged, at least for some services.
    pub(crate) fn reads_and_writes(&self) -> bool {
        self.reads.is_some() && self.writes.is_some()
    }

    /// Returns the excluded services.
    pub(crate) fn excluded(&self) -> BTreeSet<&str> {
        self.reads.iter().chain(&self.writes).flatten().map(String::as_str).collect()
    }

    /// Returns whether the write events of a service are excluded, or with `with_reads` its read
    /// events.
    pub(crate) fn excludes(&self, source: &str, with_reads: bool) -> bool {
        let kinds = std::iter::once(&self.writes).chain(with_reads.then_some(&self.reads));
        kinds.flatten().any(|excluded| excluded.contains(source))
    }

    fn add(&mut self, reads: bool, writes: bool, excluded: &[String]) {
        for (recorded, without) in [(reads, &mut self.reads), (writes, &mut self.writes)] {
            if recorded {
                let excluded: BTreeSet<String> = excluded.iter().cloned().collect();
                *without = Some(
                    without.as_ref().map_or_else(|| excluded.clone(), |before| before & &excluded),
                );
            }
        }
    }
}

/// Returns the management events that an advanced selector logs: reads, writes, and the excluded
/// services. Returns nothing for a selector for other events or with further conditions.
fn advanced(selector: &AdvancedSelector) -> Option<(bool, bool, Vec<String>)> {
    let (mut is_management, mut reads, mut writes, mut excluded) = (false, true, true, Vec::new());
    for field in &selector.fields {
        match field.field.as_str() {
            "eventCategory" if only_equals(field) && field.equals == ["Management"] => {
                is_management = true
            }
            "readOnly" if only_equals(field) => {
                narrow_to_reads_or_writes(field, &mut reads, &mut writes)
            }
            "eventSource" => excluded.extend(excluded_sources(field)?),
            _ => return None,
        }
    }
    is_management.then_some((reads, writes, excluded))
}

/// Applies a condition on `readOnly` to reads and writes.
pub(crate) fn narrow_to_reads_or_writes(
    field: &FieldSelector,
    reads: &mut bool,
    writes: &mut bool,
) {
    *reads &= field.equals.iter().any(|value| value.eq_ignore_ascii_case("true"));
    *writes &= field.equals.iter().any(|value| value.eq_ignore_ascii_case("false"));
}

/// Returns whether a condition consists of exact values only.
pub(crate) fn only_equals(field: &FieldSelector) -> bool {
    *field
        == FieldSelector {
            field: field.field.clone(),
            equals: field.equals.clone(),
            ..FieldSelector::default()
        }
}

fn excluded_sources(field: &FieldSelector) -> Option<Vec<String>> {
    let only_excludes = *field
        == FieldSelector {
            field: field.field.clone(),
            not_equals: field.not_equals.clone(),
            ..FieldSelector::default()
        };
    // Without a value for a known operator, the condition has an unknown operator.
    (only_excludes && !field.not_equals.is_empty()).then(|| field.not_equals.clone())
}

#[cfg(test)]
mod tests {
    use plumbline_core::facts::{BasicSelector, ReadWrite};

    use super::*;

    impl ManagementEvents {
        /// Returns whether read and write events of all services are logged.
        fn all(&self) -> bool {
            self.reads_and_writes() && self.excluded().is_empty()
        }
    }

    fn field(name: &str, equals: &[&str], not_equals: &[&str]) -> FieldSelector {
        let texts = |some: &[&str]| some.iter().map(|text| (*text).to_owned()).collect();
        FieldSelector {
            field: name.to_owned(),
            equals: texts(equals),
            not_equals: texts(not_equals),
            ..FieldSelector::default()
        }
    }

    fn recorded(advanced: Vec<Vec<FieldSelector>>) -> ManagementEvents {
        let advanced = advanced
            .into_iter()
            .map(|fields| AdvancedSelector { name: String::new(), fields })
            .collect();
        ManagementEvents::of(&TrailSelectors { basic: Vec::new(), advanced })
    }

    #[test]
    fn advanced_selectors() {
        let management = || field("eventCategory", &["Management"], &[]);
        assert!(recorded(vec![vec![management()]]).all());
        assert!(!recorded(vec![vec![field("eventCategory", &["Data"], &[])]]).all());
        assert!(!recorded(vec![vec![management(), field("readOnly", &["false"], &[])]]).all());
        assert!(
            recorded(vec![
                vec![management(), field("readOnly", &["false"], &[])],
                vec![management(), field("readOnly", &["true"], &[])]
            ])
            .all()
        );
        assert!(
            !recorded(vec![vec![management(), field("eventName", &["CreateTrail"], &[])]]).all()
        );
        assert!(
            !recorded(vec![vec![management(), field("eventSource", &["iam.amazonaws.com"], &[])]])
                .all()
        );
        assert!(
            !recorded(vec![vec![management(), field("eventSource", &[], &["iam.amazonaws.com"])]])
                .all()
        );
        let without_kms =
            recorded(vec![vec![management(), field("eventSource", &[], &["kms.amazonaws.com"])]]);
        assert!(!without_kms.all() && without_kms.reads_and_writes());
        assert_eq!(without_kms.excluded(), BTreeSet::from(["kms.amazonaws.com"]));
        assert!(without_kms.excludes("kms.amazonaws.com", false));
        assert!(!without_kms.excludes("rdsdata.amazonaws.com", true));
        let reads_without_kms = recorded(vec![
            vec![
                management(),
                field("readOnly", &["true"], &[]),
                field("eventSource", &[], &["kms.amazonaws.com"]),
            ],
            vec![management(), field("readOnly", &["false"], &[])],
        ]);
        assert!(reads_without_kms.excludes("kms.amazonaws.com", true));
        assert!(!reads_without_kms.excludes("kms.amazonaws.com", false));
        assert!(
            recorded(vec![vec![management(), field("eventSource", &[], &[])]]).writes.is_none()
        );
        let twice = recorded(vec![
            vec![management(), field("eventSource", &[], &["kms.amazonaws.com"])],
            vec![management()],
        ]);
        assert!(twice.all() && twice.excluded().is_empty());
        assert!(!recorded(vec![vec![]]).all());
    }

    #[test]
    fn basic_selectors_add_up() {
        let basic = |read_write, management| BasicSelector {
            read_write,
            management,
            excluded_sources: Vec::new(),
            data: Vec::new(),
        };
        let recorded =
            |basic| ManagementEvents::of(&TrailSelectors { basic, advanced: Vec::new() });
        assert!(
            recorded(vec![basic(ReadWrite::ReadOnly, true), basic(ReadWrite::WriteOnly, true)])
                .all()
        );
        assert!(
            !recorded(vec![basic(ReadWrite::ReadOnly, true), basic(ReadWrite::WriteOnly, false)])
                .all()
        );
        assert!(!recorded(Vec::new()).all());
    }
}
