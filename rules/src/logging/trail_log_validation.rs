//! 3.2: log files that cannot be changed unnoticed.

use plumbline_core::facts::{Trail, TrailSettings, Trails};
use plumbline_core::fix::Terraform;
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::trails::{self, examples};

plumbline_core::control! {
    /// Every trail has log file validation enabled
    ///
    /// ## Why
    /// Who breaks in wants the traces gone. With validation, CloudTrail delivers signed digests of
    /// its log files every hour: a file that was changed, deleted or slipped in does not fit them
    /// any more.
    ///
    /// ## Decision
    /// For each trail that this account owns, whatever Region it was made in: log file validation
    /// is on. Trails of the organization are evaluated in the account that owns them. Trails of one
    /// name in several Regions share an evaluation, and the worst verdict counts. Without any trail
    /// the account is non-compliant.
    ///
    /// ## Remediation
    /// Switch log file validation of the trail on, and validate the files from time to time.
    ///
    /// ```sh
    /// aws cloudtrail update-trail --name TRAIL --enable-log-file-validation
    /// aws cloudtrail validate-logs --trail-arn TRAIL-ARN --start-time 2026-01-01T00:00:00Z
    /// ```
    pub(crate) struct TrailLogValidation: ResourceControl;
    id: ControlId::new("3.2"),
    slug: "trail-log-validation",
    level: 2,
    assessment: Assessment::Automated,
    severity: Severity::Low,
    scope: Scope::Global,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["8.11"],
    safeguards_v7: &["6"],
    since: "0.1.0",
    facts: &[FactKind::Trails, FactKind::TrailSettings],
    fix: fix,
}

fn fix(failure: &Failure<'_>) -> Fix {
    trails::fixes::of_trail(failure, |_| {
        failure
            .of_finding(&["cloudtrail update-trail"], &[])
            .undo("aws cloudtrail update-trail --no-enable-log-file-validation")
            .terraform(Terraform::Argument(
                "aws_cloudtrail: enable_log_file_validation = true".to_owned(),
            ))
    })
}

impl ResourceControl for TrailLogValidation {
    type Resource = Trail;
    type Parameters = NoParameters;

    fn evaluate(trail: &Subject<'_, Trail>, view: &View<'_>, _: &NoParameters) -> Assessed {
        trails::with_namesakes(trail, view, |trail| {
            let validated = view.of::<TrailSettings>(trail)?.log_file_validation;
            let verdict = if validated {
                Verdict::compliant("Log file validation is on.")
            } else {
                Verdict::non_compliant(format!(
                    "Log file validation of trail {} in {} is off.",
                    trail.name, trail.home_region
                ))
            };
            let evidence = json!({ "trail": trail.arn, "log_file_validation": validated });
            Ok(verdict.evidence(evidence).command(trails::validate(trail)))
        })
    }

    fn evaluate_none(view: &View<'_>, _: &Self::Parameters) -> Assessed {
        trails::no_own_trail(view)
    }

    fn examples() -> Vec<Example> {
        let with =
            |log_file_validation| TrailSettings { log_file_validation, ..examples::settings() };
        let main = examples::arn("main");
        let one =
            |situation| Example::new(situation).account(Trails(vec![examples::trail("main")]));
        vec![
            one("a trail with validation").resource(&main, with(true)).passes("main", "is on"),
            one("a trail without validation")
                .resource(&main, with(false))
                .fails("main", "trail main in us-east-1 is off"),
            one("a trail that may not be described")
                .denied(Key::resource(FactKind::TrailSettings, REGION, main.as_str()))
                .not_assessed("main", "cloudtrail:DescribeTrails"),
            one("a trail that is listed and not found")
                .answer(
                    Key::resource(FactKind::TrailSettings, REGION, main.as_str()),
                    Err(examples::trail_not_found("cloudtrail:DescribeTrails")),
                )
                .expect(Compliance::NotAssessed, "trail 'main' in us-east-1 is listed"),
            Example::new("a trail of the organization with the name of the account's own one")
                .account(Trails(vec![
                    Trail { name: "main".to_owned(), ..examples::organizations() },
                    examples::trail("main"),
                ]))
                .resource(&main, with(false))
                .fails("main", "trail main in us-east-1 is off"),
            Example::new("an own trail beside one of the organization")
                .account(Trails(vec![examples::trail("main"), examples::organizations()]))
                .resource(&main, with(true))
                .passes("main", "is on"),
            examples::only_foreign(),
            examples::gone(),
            Example::new("no trail")
                .account(Trails(Vec::new()))
                .expect(Compliance::NonCompliant, "There is no trail"),
            Example::new("the trails may not be listed")
                .denied(Key::account(FactKind::Trails))
                .expect(Compliance::NotAssessed, "cloudtrail:ListTrails"),
        ]
    }
}
