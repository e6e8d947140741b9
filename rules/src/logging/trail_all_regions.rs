//! 3.1: a multi-Region trail for management events.

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
    /// Attackers prefer Regions that no one monitors. Only a multi-Region trail with read and write
    /// events shows afterwards what happened.
    ///
    /// ## Decision
    /// At least one trail of the account or of its organization is a multi-Region trail and is
    /// logging. Its event selectors log all management events. Basic selectors do so with
    /// management events for reads and writes, and advanced selectors with the category
    /// `Management` and no further condition. Several selectors together can meet the requirement.
    /// A trail that excludes services fails, even if only AWS KMS or the RDS Data API is excluded.
    /// CloudTrail supports the exclusion of these services because of their event volume. The AWS
    /// rule for this recommendation fails such a trail too.
    ///
    /// Each trail is evaluated once, in its home Region. If no trail qualifies, the reason states
    /// what the closest trail does not meet. If no trail is known to qualify and one trail cannot
    /// be read, the control is not assessed.
    ///
    /// ## Remediation
    /// Create a multi-Region trail that logs all management events, preferably for the whole
    /// organization, and start logging.
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
            "Trail '{}' in {} logs all management events of all Regions.",
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
            with(one("a multi-Region trail"), &main, true, true, all())
                .expect(Compliance::Compliant, "Trail 'main' in us-east-1 logs"),
            with(one("a trail that excludes AWS KMS"), &main, true, true, without_kms).expect(
                Compliance::NonCompliant,
                "excludes the management events of kms.amazonaws.com",
            ),
            with(
                one("advanced selectors for management events"),
                &main,
                true,
                true,
                advanced(&[("eventCategory", "Management")]),
            )
            .expect(Compliance::Compliant, "logs all management events"),
            with(
                one("advanced selectors for write events only"),
                &main,
                true,
                true,
                advanced(&[("eventCategory", "Management"), ("readOnly", "false")]),
            )
            .expect(Compliance::NonCompliant, "does not log all management events"),
            with(one("a single-Region trail"), &main, false, true, all())
                .expect(Compliance::NonCompliant, "covers only its own Region"),
            with(one("a trail with logging stopped"), &main, true, false, all())
                .expect(Compliance::NonCompliant, "is not logging"),
            with(
                one("a trail for write events only"),
                &main,
                true,
                true,
                TrailSelectors { basic: vec![basic(ReadWrite::WriteOnly)], advanced: Vec::new() },
            )
            .expect(Compliance::NonCompliant, "does not log all management events"),
            with(
                one("a trail without selectors for management events"),
                &main,
                true,
                true,
                TrailSelectors::default(),
            )
            .expect(Compliance::NonCompliant, "does not log all management events"),
            with(
                with(
                    Example::new("two trails that each meet a part of the requirement")
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
            .expect(Compliance::Compliant, "Trail 'org'"),
            Example::new("a trail of the organization, access denied to GetTrailStatus")
                .account(Trails(vec![organizations]))
                .resource(&organizations_arn, settings(true))
                .resource(&organizations_arn, all())
                .denied(Key::resource(FactKind::TrailStatus, REGION, organizations_arn.as_str()))
                .expect(Compliance::NotAssessed, "cloudtrail:GetTrailStatus"),
            with(
                Example::new("a trail that qualifies, access denied to another trail")
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
            .expect(Compliance::Compliant, "Trail 'main'"),
            one("a single-Region trail, access denied to GetTrailStatus")
                .resource(&main, settings(false))
                .resource(&main, all())
                .denied(Key::resource(FactKind::TrailStatus, REGION, main.as_str()))
                .expect(Compliance::NonCompliant, "covers only its own Region"),
            with(
                one("an advanced selector with an unknown operator"),
                &main,
                true,
                true,
                unknown_operator,
            )
            .expect(Compliance::NonCompliant, "does not log all management events"),
            one("a listed trail that is not found")
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
                .expect(Compliance::NotAssessed, "trail 'main' in us-east-1"),
            Example::new("no trail")
                .account(Trails(Vec::new()))
                .expect(Compliance::NonCompliant, "There is no trail"),
            Example::new("access denied to ListTrails")
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
