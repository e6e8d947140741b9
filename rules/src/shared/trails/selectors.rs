//! Which events the selectors of a trail record.

use std::collections::BTreeSet;

use plumbline_core::facts::{AdvancedSelector, FieldSelector, TrailSelectors};

/// Whether all management events are recorded, or what is missed.
pub(crate) fn all_management_events(selectors: &TrailSelectors) -> Result<(), String> {
    let events = ManagementEvents::of(selectors);
    let excluded = events.excluded();
    match (events.reads_and_writes(), excluded.is_empty()) {
        (true, true) => Ok(()),
        (true, false) => Err(format!(
            "leaves out the management events of {}",
            excluded.into_iter().collect::<Vec<_>>().join(" and ")
        )),
        (false, _) => Err("does not record all management events".to_owned()),
    }
}

/// Which management events selectors record together. A kind of events that is recorded has the
/// services that are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ManagementEvents {
    reads: Option<BTreeSet<String>>,
    writes: Option<BTreeSet<String>>,
}

impl ManagementEvents {
    /// What selectors of either sort record together.
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

    /// Whether events that read and events that write are recorded, if only of some services.
    pub(crate) fn reads_and_writes(&self) -> bool {
        self.reads.is_some() && self.writes.is_some()
    }

    /// The services that are left out.
    pub(crate) fn excluded(&self) -> BTreeSet<&str> {
        self.reads.iter().chain(&self.writes).flatten().map(String::as_str).collect()
    }

    /// Whether the events of a service that write are left out, or those that read where these
    /// matter as well.
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

/// Which management events an advanced selector records: reads, writes, and without which services.
/// Nothing when it is about other events, or narrowed further.
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

/// Leaves of reads and writes what a condition on `readOnly` leaves.
pub(crate) fn narrow_to_reads_or_writes(
    field: &FieldSelector,
    reads: &mut bool,
    writes: &mut bool,
) {
    *reads &= field.equals.iter().any(|value| value.eq_ignore_ascii_case("true"));
    *writes &= field.equals.iter().any(|value| value.eq_ignore_ascii_case("false"));
}

/// Whether a condition demands exact values, and nothing else.
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
    // Without a value of a known operator, the condition has one that the program does not know.
    (only_excludes && !field.not_equals.is_empty()).then(|| field.not_equals.clone())
}

#[cfg(test)]
mod tests {
    use plumbline_core::facts::{BasicSelector, ReadWrite};

    use super::*;

    impl ManagementEvents {
        /// Whether events that read and events that write are recorded, of all services.
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
