//! 3.1: one trail sees everything.

use plumbline_core::facts::{
    AdvancedSelector, BasicSelector, FieldSelector, ReadWrite, Trail, TrailSelectors,
    TrailSettings, TrailStatus, Trails,
};
use plumbline_core::prelude::*;

use crate::shared::trails;

plumbline_core::control! {
    /// A multi-Region trail logs all management events
    ///
    /// ## Why
    /// An attacker prefers the Region that nobody watches. Only a trail over all Regions, for
    /// events that read as well as for events that write, shows afterwards what happened.
    ///
    /// ## Decision
    /// At least one trail, of the account or of its organization, covers all Regions, is logging,
    /// and has event selectors that record all management events: basic selectors with management
    /// events for reads and writes, or advanced selectors for the category `Management` without
    /// narrowing. Several selectors may share the work. Leaving out services, also AWS KMS and the
    /// RDS Data API, which AWS offers for their number, is narrowing: AWS's own rule for this fails
    /// it too.
    ///
    /// Trails are looked at in their home Region, each once. When no trail qualifies, the reason
    /// says what the nearest one misses. When none is known to qualify and one could not be read,
    /// the control is not assessed.
    ///
    /// ## Remediation
    /// Make one trail over all Regions, best for the whole organization, and start it.
    ///
    /// ```sh
    /// aws cloudtrail create-trail --name all-regions --s3-bucket-name BUCKET --is-multi-region-trail --enable-log-file-validation
    /// aws cloudtrail put-event-selectors --trail-name all-regions --event-selectors '[{"ReadWriteType":"All","IncludeManagementEvents":true}]'
    /// aws cloudtrail start-logging --name all-regions
    /// ```
    pub(crate) struct TrailAllRegions: AccountControl;
    id: ControlId::new("3.1"),
    slug: "trail-all-regions",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::High,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["8.5"],
    safeguards_v7: &["6.2"],
    since: "0.1.0",
    facts: &[
        FactKind::Trails,
        FactKind::TrailSettings,
        FactKind::TrailStatus,
        FactKind::TrailSelectors,
    ],
    fix: trails::fixes::all_regions,
}

impl AccountControl for TrailAllRegions {
    type Parameters = NoParameters;

    fn evaluate(view: &View<'_>, _: &NoParameters) -> Assessed {
        let found = trails::search(
            view,
            "logs all management events of all Regions",
            trails::selectors::all_management_events,
        )?;
        let Some((trail, ())) = found.qualifying.first() else {
            return found.none();
        };
        let reason = format!(
            "Trail {} in {} records all management events of all Regions.",
            trail.name, trail.home_region
        );
        Ok(Verdict::compliant(reason).evidence(found.evidence()))
    }

    fn examples() -> Vec<Example> {
        let trail = |name: &str| Trail {
            arn: arn("111122223333", name),
            name: name.to_owned(),
            home_region: REGION.to_owned(),
        };
        let one = |situation| Example::new(situation).account(Trails(vec![trail("main")]));
        let settings = |multi_region| TrailSettings { multi_region, ..TrailSettings::default() };
        let status = |logging| TrailStatus { logging, ..TrailStatus::default() };
        let all = || TrailSelectors { basic: vec![basic(ReadWrite::All)], advanced: Vec::new() };
        let advanced = |fields: &[(&str, &str)]| {
            let field = |(name, value): &(&str, &str)| FieldSelector {
                field: (*name).to_owned(),
                equals: vec![(*value).to_owned()],
                ..FieldSelector::default()
            };
            TrailSelectors {
                basic: Vec::new(),
                advanced: vec![AdvancedSelector {
                    name: String::new(),
                    fields: fields.iter().map(field).collect(),
                }],
            }
        };
        let main = arn("111122223333", "main");
        let with =
            |example: Example, arn: &str, multi_region, logging, selectors: TrailSelectors| {
                example
                    .resource(arn, settings(multi_region))
                    .resource(arn, status(logging))
                    .resource(arn, selectors)
            };
        let without_kms = TrailSelectors {
            basic: vec![BasicSelector {
                excluded_sources: vec!["kms.amazonaws.com".to_owned()],
                ..basic(ReadWrite::All)
            }],
            advanced: Vec::new(),
        };
        let mut unknown_operator = advanced(&[("eventCategory", "Management")]);
        let source = FieldSelector { field: "eventSource".to_owned(), ..FieldSelector::default() };
        unknown_operator.advanced.iter_mut().for_each(|one| one.fields.push(source.clone()));
        let organizations = Trail {
            arn: arn("999988887777", "org"),
            name: "org".to_owned(),
            home_region: REGION.to_owned(),
        };
        let organizations_arn = organizations.arn.clone();
        vec![
            with(one("a trail over all Regions"), &main, true, true, all())
                .expect(Compliance::Compliant, "Trail main in us-east-1 records"),
            with(one("a trail that leaves out AWS KMS"), &main, true, true, without_kms).expect(
                Compliance::NonCompliant,
                "leaves out the management events of kms.amazonaws.com",
            ),
            with(
                one("advanced selectors for management events"),
                &main,
                true,
                true,
                advanced(&[("eventCategory", "Management")]),
            )
            .expect(Compliance::Compliant, "records all management events"),
            with(
                one("advanced selectors for writing events only"),
                &main,
                true,
                true,
                advanced(&[("eventCategory", "Management"), ("readOnly", "false")]),
            )
            .expect(Compliance::NonCompliant, "does not record all management events"),
            with(one("a trail over one Region"), &main, false, true, all())
                .expect(Compliance::NonCompliant, "covers only its own Region"),
            with(one("a trail that is switched off"), &main, true, false, all())
                .expect(Compliance::NonCompliant, "is not logging"),
            with(
                one("a trail that records writing events only"),
                &main,
                true,
                true,
                TrailSelectors { basic: vec![basic(ReadWrite::WriteOnly)], advanced: Vec::new() },
            )
            .expect(Compliance::NonCompliant, "does not record all management events"),
            with(
                one("a trail without selectors for management events"),
                &main,
                true,
                true,
                TrailSelectors::default(),
            )
            .expect(Compliance::NonCompliant, "does not record all management events"),
            with(
                with(
                    Example::new("two trails that each do a half")
                        .account(Trails(vec![trail("main"), trail("other")])),
                    &main,
                    false,
                    false,
                    all(),
                ),
                &arn("111122223333", "other"),
                true,
                false,
                all(),
            )
            .expect(Compliance::NonCompliant, "The closest, 'other' in us-east-1, is not logging"),
            with(
                Example::new("a trail of the organization")
                    .account(Trails(vec![organizations.clone()])),
                &organizations_arn,
                true,
                true,
                all(),
            )
            .expect(Compliance::Compliant, "Trail org"),
            Example::new("a trail of the organization whose status may not be read")
                .account(Trails(vec![organizations]))
                .resource(&organizations_arn, settings(true))
                .resource(&organizations_arn, all())
                .denied(Key::resource(FactKind::TrailStatus, REGION, organizations_arn.as_str()))
                .expect(Compliance::NotAssessed, "cloudtrail:GetTrailStatus"),
            with(
                Example::new("one trail qualifies, another may not be read")
                    .account(Trails(vec![trail("main"), trail("other")]))
                    .denied(Key::resource(
                        FactKind::TrailSettings,
                        REGION,
                        arn("111122223333", "other"),
                    ))
                    .denied(Key::resource(
                        FactKind::TrailStatus,
                        REGION,
                        arn("111122223333", "other"),
                    ))
                    .denied(Key::resource(
                        FactKind::TrailSelectors,
                        REGION,
                        arn("111122223333", "other"),
                    )),
                &main,
                true,
                true,
                all(),
            )
            .expect(Compliance::Compliant, "Trail main"),
            one("a trail over one Region whose status may not be read")
                .resource(&main, settings(false))
                .resource(&main, all())
                .denied(Key::resource(FactKind::TrailStatus, REGION, main.as_str()))
                .expect(Compliance::NonCompliant, "covers only its own Region"),
            with(
                one("an advanced selector with an operator that the program does not know"),
                &main,
                true,
                true,
                unknown_operator,
            )
            .expect(Compliance::NonCompliant, "does not record all management events"),
            one("a trail that is listed and not found")
                .answer(
                    Key::resource(FactKind::TrailSettings, REGION, main.as_str()),
                    Err(not_found("cloudtrail:DescribeTrails")),
                )
                .answer(
                    Key::resource(FactKind::TrailStatus, REGION, main.as_str()),
                    Err(not_found("cloudtrail:GetTrailStatus")),
                )
                .answer(
                    Key::resource(FactKind::TrailSelectors, REGION, main.as_str()),
                    Err(not_found("cloudtrail:GetEventSelectors")),
                )
                .expect(Compliance::NotAssessed, "trail 'main' in us-east-1 is listed"),
            Example::new("no trail")
                .account(Trails(Vec::new()))
                .expect(Compliance::NonCompliant, "There is no trail"),
            Example::new("the trails may not be listed")
                .denied(Key::account(FactKind::Trails))
                .expect(Compliance::NotAssessed, "cloudtrail:ListTrails"),
        ]
    }
}

fn arn(account: &str, name: &str) -> String {
    format!("arn:aws:cloudtrail:{REGION}:{account}:trail/{name}")
}

fn basic(read_write: ReadWrite) -> BasicSelector {
    BasicSelector { read_write, management: true, excluded_sources: Vec::new(), data: Vec::new() }
}

fn not_found(operation: &str) -> ReadError {
    ReadError::new(operation, Cause::NotFound, "TrailNotFoundException")
}
