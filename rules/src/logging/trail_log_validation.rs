//! 3.2: log file validation of trails.

use plumbline_core::facts::{Trail, TrailSettings, Trails};
use plumbline_core::fix::Terraform;
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::trails::{self, examples};

plumbline_core::control! {
    /// Every trail has log file validation enabled
    ///
    /// ## Why
    /// Attackers try to remove their traces. With validation, CloudTrail delivers a signed digest
    /// of its log files every hour. A file that was changed, deleted or added no longer matches the
    /// digest.
    ///
    /// ## Decision
    /// For each trail that this account owns, in any home Region: log file validation is enabled.
    /// Organization trails are evaluated in the account that owns them. Trails with the same name
    /// in several Regions share one evaluation, and the worst verdict counts. An account without a
    /// trail is non-compliant.
    ///
    /// ## Remediation
    /// Enable log file validation for the trail, and validate the log files regularly.
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
                Verdict::compliant("Log file validation is enabled.")
            } else {
                Verdict::non_compliant(format!(
                    "Log file validation of trail '{}' in {} is disabled.",
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
            one("a trail with validation").resource(&main, with(true)).passes("main", "is enabled"),
            one("a trail without validation")
                .resource(&main, with(false))
                .fails("main", "trail 'main' in us-east-1 is disabled"),
            one("access denied to DescribeTrails")
                .denied(Key::resource(FactKind::TrailSettings, REGION, main.as_str()))
                .not_assessed("main", "cloudtrail:DescribeTrails"),
            one("a listed trail that is not found")
                .answer(
                    Key::resource(FactKind::TrailSettings, REGION, main.as_str()),
                    Err(examples::trail_not_found("cloudtrail:DescribeTrails")),
                )
                .expect(Compliance::NotAssessed, "trail 'main' in us-east-1"),
            Example::new("an organization trail with the name of a trail of the account")
                .account(Trails(vec![
                    Trail { name: "main".to_owned(), ..examples::organizations() },
                    examples::trail("main"),
                ]))
                .resource(&main, with(false))
                .fails("main", "trail 'main' in us-east-1 is disabled"),
            Example::new("a trail of the account and an organization trail")
                .account(Trails(vec![examples::trail("main"), examples::organizations()]))
                .resource(&main, with(true))
                .passes("main", "is enabled"),
            examples::only_foreign(),
            examples::only_foreign_not_found(),
            Example::new("no trail")
                .account(Trails(Vec::new()))
                .expect(Compliance::NonCompliant, "There is no trail"),
            Example::new("access denied to ListTrails")
                .denied(Key::account(FactKind::Trails))
                .expect(Compliance::NotAssessed, "cloudtrail:ListTrails"),
        ]
    }
}
