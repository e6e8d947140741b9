//! Shared code of 3.10 and 3.11: S3 object-level write and read events.

use plumbline_core::aws::Partition;
use plumbline_core::facts::{
    AdvancedSelector, BasicSelector, FieldSelector, ReadWrite, TrailSelectors, TrailSettings,
    TrailStatus, Trails,
};
use plumbline_core::operation::cloudtrail;
use plumbline_core::prelude::*;

use super::trails::selectors::{narrow_to_reads_or_writes, only_equals};
use super::trails::{self, examples};

/// The S3 object-level events that selectors log for all current and future buckets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ObjectEvents {
    reads: bool,
    writes: bool,
}

/// One of the two kinds of events.
#[derive(Clone, Copy)]
pub(crate) struct Sort {
    /// The name of the kind.
    name: &'static str,
    /// Returns whether these events are logged.
    is_recorded: fn(ObjectEvents) -> bool,
    /// These events, in basic selectors.
    only: ReadWrite,
    /// The events of the other kind, in basic selectors.
    others: ReadWrite,
    /// The value of `readOnly`, in advanced selectors.
    read_only: &'static str,
}

pub(crate) const WRITES: Sort = Sort {
    name: "write",
    is_recorded: |events| events.writes,
    only: ReadWrite::WriteOnly,
    others: ReadWrite::ReadOnly,
    read_only: "false",
};
pub(crate) const READS: Sort = Sort {
    name: "read",
    is_recorded: |events| events.reads,
    only: ReadWrite::ReadOnly,
    others: ReadWrite::WriteOnly,
    read_only: "true",
};

/// Decides 3.10 or 3.11.
pub(crate) fn evaluate(wanted: Sort, view: &View<'_>) -> Assessed {
    let Sort { name, is_recorded, .. } = wanted;
    let recorded = |selectors: &TrailSelectors| {
        if is_recorded(ObjectEvents::of(selectors, view.context().partition)) {
            Ok(())
        } else {
            Err(format!("does not log S3 object-level {name} events for all buckets"))
        }
    };
    let found = trails::search(
        view,
        &format!("logs S3 object-level {name} events for all buckets in all Regions"),
        recorded,
    )?;
    let Some((trail, ())) = found.qualifying.first() else {
        return found.none();
    };
    let reason = format!(
        "Trail '{}' in {} logs S3 object-level {name} events for all buckets.",
        trail.name, trail.home_region
    );
    Ok(Verdict::compliant(reason).evidence(found.evidence()))
}

/// Returns the fix of 3.10 or 3.11.
pub(crate) fn fix(failure: &Failure<'_>, wanted: &Sort) -> Fix {
    let only = if wanted.only == ReadWrite::WriteOnly { "WriteOnly" } else { "ReadOnly" };
    trails::fixes::object_events(failure, only, wanted.read_only)
}

/// Returns the examples of 3.10 or 3.11.
pub(crate) fn situations(wanted: Sort) -> Vec<Example> {
    let main = examples::arn("main");
    let basic = |read_write, value: &str| TrailSelectors {
        basic: vec![BasicSelector {
            read_write,
            data: vec![(S3_OBJECT.to_owned(), vec![value.to_owned()])],
            ..examples::management()
        }],
        advanced: Vec::new(),
    };
    let with = |situation, multi_region, logging, selectors: TrailSelectors| {
        Example::new(situation)
            .account(Trails(vec![examples::trail("main")]))
            .resource(&main, TrailSettings { multi_region, ..examples::settings() })
            .resource(&main, TrailStatus { logging, ..TrailStatus::default() })
            .resource(&main, selectors)
    };
    let records = format!("logs S3 object-level {} events", wanted.name);
    let misses = format!(
        "'main' in us-east-1, does not log S3 object-level {} events for all buckets",
        wanted.name
    );
    let passes = |example: Example| example.expect(Compliance::Compliant, &records);
    let fails = |example: Example| example.expect(Compliance::NonCompliant, &misses);
    let all = || basic(ReadWrite::All, "arn:aws:s3");
    let objects = [("eventCategory", "Data"), ("resources.type", S3_OBJECT)];
    let advanced = |more: (&str, &str)| examples::advanced(&[objects[0], objects[1], more]);
    vec![
        passes(with("read and write events of all buckets", true, true, all())),
        passes(with(
            "only these events of all buckets",
            true,
            true,
            basic(wanted.only, "arn:aws:s3:::"),
        )),
        fails(with(
            "only the other events of all buckets",
            true,
            true,
            basic(wanted.others, "arn:aws:s3"),
        )),
        fails(with("one bucket only", true, true, basic(ReadWrite::All, "arn:aws:s3:::one/"))),
        fails(with(
            "management events only",
            true,
            true,
            TrailSelectors { basic: vec![examples::management()], advanced: Vec::new() },
        )),
        passes(with(
            "an advanced selector for these events",
            true,
            true,
            advanced(("readOnly", wanted.read_only)),
        )),
        fails(with(
            "an advanced selector for one bucket",
            true,
            true,
            advanced(("resources.ARN", "arn:aws:s3:::one/")),
        )),
        with("a single-Region trail", false, true, all())
            .expect(Compliance::NonCompliant, "covers only its own Region"),
        with("a trail with logging stopped", true, false, all())
            .expect(Compliance::NonCompliant, "is not logging"),
        Example::new("access denied to GetEventSelectors")
            .account(Trails(vec![examples::trail("main")]))
            .resource(&main, examples::settings())
            .resource(&main, TrailStatus { logging: true, ..TrailStatus::default() })
            .denied(Key::resource(FactKind::TrailSelectors, REGION, main.as_str()))
            .expect(Compliance::NotAssessed, cloudtrail::GET_EVENT_SELECTORS.name),
        Example::new("no trail")
            .account(Trails(Vec::new()))
            .expect(Compliance::NonCompliant, "There is no trail"),
        Example::new("access denied to ListTrails")
            .denied(Key::account(FactKind::Trails))
            .expect(Compliance::NotAssessed, cloudtrail::LIST_TRAILS.name),
    ]
}

impl ObjectEvents {
    /// Returns the events that basic and advanced selectors log together for the buckets of a
    /// partition.
    fn of(selectors: &TrailSelectors, partition: Partition) -> Self {
        let mut events = Self::default();
        // The prefix of the ARN of every object.
        let all = format!("arn:{partition}:s3:::");
        let is_all = |value: &String| *value == all || *value == format!("arn:{partition}:s3");
        for selector in &selectors.basic {
            if selector
                .data
                .iter()
                .any(|(kind, values)| kind == S3_OBJECT && values.iter().any(is_all))
            {
                events.reads |= selector.read_write.reads();
                events.writes |= selector.read_write.writes();
            }
        }
        for (reads, writes) in
            selectors.advanced.iter().filter_map(|selector| objects(selector, &all))
        {
            events.reads |= reads;
            events.writes |= writes;
        }
        events
    }
}

/// The resource type of object-level events.
const S3_OBJECT: &str = "AWS::S3::Object";

/// Returns whether a field only requires a prefix that the ARN of every object has.
fn begins_as_all(field: &FieldSelector, all: &str) -> bool {
    let only_begins = *field
        == FieldSelector {
            field: field.field.clone(),
            starts_with: field.starts_with.clone(),
            ..FieldSelector::default()
        };
    only_begins && field.starts_with.iter().any(|prefix| all.starts_with(prefix.as_str()))
}

/// Returns the object-level events that an advanced selector logs for objects with the ARN prefix
/// `all`: reads, writes. Returns nothing for a selector for other events or with further
/// conditions.
fn objects(selector: &AdvancedSelector, all: &str) -> Option<(bool, bool)> {
    let (mut is_data, mut is_object, mut reads, mut writes) = (false, false, true, true);
    for field in &selector.fields {
        match field.field.as_str() {
            "eventCategory" if only_equals(field) && field.equals == ["Data"] => is_data = true,
            "resources.type"
                if only_equals(field) && field.equals.iter().any(|kind| kind == S3_OBJECT) =>
            {
                is_object = true
            }
            "resources.ARN" if begins_as_all(field, all) => {}
            "readOnly" if only_equals(field) => {
                narrow_to_reads_or_writes(field, &mut reads, &mut writes)
            }
            _ => return None,
        }
    }
    (is_data && is_object).then_some((reads, writes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_events() {
        let basic = |read_write, value: &str| BasicSelector {
            read_write,
            management: false,
            excluded_sources: Vec::new(),
            data: vec![(S3_OBJECT.to_owned(), vec![value.to_owned()])],
        };
        let of = |basic| {
            ObjectEvents::of(
                &TrailSelectors { basic: vec![basic], advanced: Vec::new() },
                Partition::Aws,
            )
        };
        let both = ObjectEvents { reads: true, writes: true };
        for all in ["arn:aws:s3", "arn:aws:s3:::"] {
            assert_eq!(of(basic(ReadWrite::All, all)), both, "{all}");
        }
        for some in [
            "arn:aws:s3:::bucket/",
            "arn:aws:s3:::bucket",
            "s3",
            "",
            "arn:aws-us-gov:s3",
            "arn:aws-cn:s3:::",
        ] {
            assert_eq!(of(basic(ReadWrite::All, some)), ObjectEvents::default(), "{some}");
        }
        assert_eq!(
            of(basic(ReadWrite::WriteOnly, "arn:aws:s3")),
            ObjectEvents { reads: false, writes: true }
        );
        let of =
            |fields: &[(&str, &str)]| ObjectEvents::of(&examples::advanced(fields), Partition::Aws);
        let (data, objects) = (("eventCategory", "Data"), ("resources.type", S3_OBJECT));
        assert_eq!(of(&[data, objects]), both);
        assert_eq!(
            of(&[data, objects, ("readOnly", "true")]),
            ObjectEvents { reads: true, writes: false }
        );
        assert_eq!(
            of(&[data, ("resources.type", "AWS::Lambda::Function")]),
            ObjectEvents::default()
        );
        assert_eq!(of(&[objects]), ObjectEvents::default());
        let none = ObjectEvents::default();
        for (prefix, recorded) in [
            ("arn:aws:s3:::", both),
            ("arn:aws:s3", both),
            ("arn:aws:s3:::b", none),
            ("arn:aws-cn:s3:::", none),
        ] {
            let mut begins = examples::advanced(&[data, objects]);
            let field = FieldSelector {
                field: "resources.ARN".to_owned(),
                starts_with: vec![prefix.to_owned()],
                ..FieldSelector::default()
            };
            begins.advanced[0].fields.push(field);
            assert_eq!(ObjectEvents::of(&begins, Partition::Aws), recorded, "{prefix}");
        }
        let mut without_one_bucket = examples::advanced(&[data, objects]);
        let not_one = FieldSelector {
            field: "resources.ARN".to_owned(),
            not_equals: vec!["arn:aws:s3:::b/".to_owned()],
            ..FieldSelector::default()
        };
        without_one_bucket.advanced[0].fields.push(not_one);
        assert_eq!(ObjectEvents::of(&without_one_bucket, Partition::Aws), ObjectEvents::default());
    }
}
