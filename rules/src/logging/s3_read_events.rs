//! 3.11: every read of an object leaves a trace.

use plumbline_core::prelude::*;

use crate::shared::object_events::{self, READS};

plumbline_core::control! {
    /// A multi-Region trail logs S3 object-level read events for all buckets
    ///
    /// ## Why
    /// Whether data was taken, and which, decides what an incident means and who has to be told.
    /// Management events do not show it; the reads of objects do.
    ///
    /// ## Decision
    /// At least one trail, of the account or of its organization, covers all Regions, is logging,
    /// and records the events that read objects of all buckets, those to come included: a basic
    /// selector with `AWS::S3::Object` and the value `arn:aws:s3` (the partition's own), or an
    /// advanced one for the category `Data` and the type `AWS::S3::Object` that is narrowed by
    /// nothing but `readOnly`. Several selectors may share the work; lists of single buckets do not
    /// do.
    ///
    /// When no trail does, the reason says what the nearest one misses. When none is known to and
    /// one could not be read, the control is not assessed.
    ///
    /// ## Remediation
    /// Add the data events of S3 objects that read to a trail over all Regions, and keep its other
    /// selectors: the command replaces them. They cost by their number.
    ///
    /// ```sh
    /// aws cloudtrail put-event-selectors --trail-name TRAIL --event-selectors '[{"ReadWriteType":"All","IncludeManagementEvents":true,"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3"]}]}]'
    /// ```
    pub(crate) struct S3ReadEvents: AccountControl;
    id: ControlId::new("3.11"),
    slug: "s3-read-events",
    level: 2,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["8.5"],
    safeguards_v7: &["6.2", "6.3"],
    since: "0.1.0",
    facts: &[
        FactKind::Trails,
        FactKind::TrailSettings,
        FactKind::TrailStatus,
        FactKind::TrailSelectors,
    ],
    fix: |failure| object_events::fix(failure, &READS),
}

impl AccountControl for S3ReadEvents {
    type Parameters = NoParameters;

    fn evaluate(view: &View<'_>, _: &NoParameters) -> Assessed {
        object_events::evaluate(READS, view)
    }

    fn examples() -> Vec<Example> {
        object_events::situations(READS)
    }
}
