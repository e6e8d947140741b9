//! 3.10: S3 object-level write events.

use plumbline_core::prelude::*;

use crate::shared::object_events::{self, WRITES};

plumbline_core::control! {
    /// A multi-Region trail logs S3 object-level write events for all buckets
    ///
    /// ## Why
    /// Management events show who changed a bucket, but not who overwrote or deleted its objects.
    /// After a ransomware attack or data tampering, this information is essential.
    ///
    /// ## Decision
    /// At least one trail of the account or of its organization is a multi-Region trail and is
    /// logging. Its selectors log object-level write events for all current and future buckets. A
    /// basic selector does so with `AWS::S3::Object` and the value `arn:aws:s3` (of the partition).
    /// An advanced selector does so with the category `Data`, the type `AWS::S3::Object`, and no
    /// limiting condition other than `readOnly`. Several selectors together can meet the
    /// requirement. Lists of single buckets do not count.
    ///
    /// If no trail qualifies, the reason states what the closest trail does not meet. If no trail
    /// is known to qualify and one trail cannot be read, the control is not assessed.
    ///
    /// ## Remediation
    /// Add S3 data events of type write for all buckets to a multi-Region trail. Include the
    /// existing event selectors in the command, because the command replaces all selectors.
    /// CloudTrail charges per data event.
    ///
    /// ```sh
    /// aws cloudtrail put-event-selectors --trail-name TRAIL --event-selectors '[{"ReadWriteType":"All","IncludeManagementEvents":true,"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3"]}]}]'
    /// ```
    pub(crate) struct S3WriteEvents: AccountControl;
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
    since: "0.1.0",
    facts: &[
        FactKind::Trails,
        FactKind::TrailSettings,
        FactKind::TrailStatus,
        FactKind::TrailSelectors,
    ],
    fix: |failure| object_events::fix(failure, &WRITES),
}

impl AccountControl for S3WriteEvents {
    type Parameters = NoParameters;

    fn evaluate(view: &View<'_>, _: &NoParameters) -> Assessed {
        object_events::evaluate(WRITES, view)
    }

    fn examples() -> Vec<Example> {
        object_events::situations(WRITES)
    }
}
