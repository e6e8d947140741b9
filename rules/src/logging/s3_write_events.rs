//! 3.10: every change of an object leaves a trace.

use plumbline_core::facts::{BasicSelector, ReadWrite, TrailSelectors, TrailStatus, Trails};
use plumbline_core::prelude::*;

use super::trails::{self, ObjectEvents, examples};

plumbline_core::control! {
    /// A trail records who changes or deletes objects in S3, in all buckets.
    ///
    /// ## Why
    /// Management events say who changed a bucket, not who overwrote or deleted what lies in it. After an extortion or a quiet manipulation that is the question.
    ///
    /// ## Decision
    /// At least one trail, of the account or of its organization, covers all Regions, is logging, and records the events that write objects of all buckets, those to come
    /// included: a basic selector with `AWS::S3::Object` and the value `arn:aws:s3` (the partition's own), or an advanced one for the category `Data` and the
    /// type `AWS::S3::Object` that is narrowed by nothing but `readOnly`. Several selectors may share the work; lists of single buckets do not do.
    ///
    /// When no trail does, the reason says what the nearest one misses. When none is known to and one could not be read, the control is not assessed.
    ///
    /// ## Remediation
    /// Add data events to the trail. They cost by their number.
    ///
    /// ```sh
    /// aws cloudtrail put-event-selectors --trail-name TRAIL --event-selectors '[{"ReadWriteType":"All","IncludeManagementEvents":true,"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3"]}]}]'
    /// ```
    pub struct S3WriteEvents;
    id: ControlId::new("3.10"),
    slug: "s3-write-events",
    level: 2,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["8.5"],
    safeguards_v7: &["6.2", "6.3"],
    facts: &[Kind::Trails, Kind::TrailSettings, Kind::TrailStatus, Kind::TrailSelectors],
    run: Run::account::<S3WriteEvents>(),
}

impl Account for S3WriteEvents {
    type Parameters = NoParameters;

    fn evaluate(view: &View<'_>, _: &NoParameters) -> Assessed {
        let recorded = |selectors: &TrailSelectors| {
            if ObjectEvents::of(selectors).writes { Ok(()) } else { Err("does not record writes of the objects of all buckets".to_owned()) }
        };
        let found = trails::search(view, recorded)?;
        let Some((trail, ())) = found.qualifying.first() else {
            return found.none();
        };
        let reason = format!("Trail {} in {} records writes of the objects of all buckets.", trail.name, trail.home_region);
        Ok(Verdict::compliant(reason).evidence(found.evidence()))
    }

    fn examples() -> Vec<Example> {
        let main = examples::arn("main");
        let basic = |read_write, value: &str| TrailSelectors {
            basic: vec![BasicSelector { read_write, data: vec![("AWS::S3::Object".to_owned(), vec![value.to_owned()])], ..examples::management() }],
            advanced: Vec::new(),
        };
        let with = |situation, multi_region, logging, selectors: TrailSelectors| {
            Example::new(situation)
                .account(Trails(vec![examples::trail("main")]))
                .resource(&main, plumbline_core::facts::TrailSettings { multi_region, ..examples::settings() })
                .resource(&main, TrailStatus { logging, log_group_delivery: None })
                .resource(&main, selectors)
        };
        let misses = "main in us-east-1, does not record writes of the objects of all buckets";
        vec![
            with("all events of all buckets", true, true, basic(ReadWrite::All, "arn:aws:s3")).expect(Compliance::Compliant, "records writes"),
            with("writes of all buckets", true, true, basic(ReadWrite::WriteOnly, "arn:aws:s3:::")).expect(Compliance::Compliant, "records writes"),
            with("only reads of all buckets", true, true, basic(ReadWrite::ReadOnly, "arn:aws:s3")).expect(Compliance::NonCompliant, misses),
            with("one bucket only", true, true, basic(ReadWrite::All, "arn:aws:s3:::one/")).expect(Compliance::NonCompliant, misses),
            with("management events only", true, true, TrailSelectors { basic: vec![examples::management()], advanced: Vec::new() })
                .expect(Compliance::NonCompliant, misses),
            with(
                "an advanced selector for writes",
                true,
                true,
                examples::advanced(&[("eventCategory", "Data"), ("resources.type", "AWS::S3::Object"), ("readOnly", "false")]),
            )
            .expect(Compliance::Compliant, "records writes"),
            with(
                "an advanced selector for one bucket",
                true,
                true,
                examples::advanced(&[("eventCategory", "Data"), ("resources.type", "AWS::S3::Object"), ("resources.ARN", "arn:aws:s3:::one/")]),
            )
            .expect(Compliance::NonCompliant, misses),
            with("a trail over one Region", false, true, basic(ReadWrite::All, "arn:aws:s3")).expect(Compliance::NonCompliant, "covers only its own Region"),
            with("a trail that is switched off", true, false, basic(ReadWrite::All, "arn:aws:s3")).expect(Compliance::NonCompliant, "is not logging"),
            Example::new("a trail whose selectors may not be read")
                .account(Trails(vec![examples::trail("main")]))
                .resource(&main, examples::settings())
                .resource(&main, TrailStatus { logging: true, log_group_delivery: None })
                .denied(Key::resource(Kind::TrailSelectors, REGION, main.as_str()))
                .expect(Compliance::NotAssessed, "cloudtrail:GetEventSelectors"),
            Example::new("no trail").account(Trails(Vec::new())).expect(Compliance::NonCompliant, "There is no trail"),
            Example::new("the trails may not be listed").denied(Key::account(Kind::Trails)).expect(Compliance::NotAssessed, "cloudtrail:ListTrails"),
        ]
    }
}
