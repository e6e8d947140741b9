//! 3.4: delivery of trails to CloudWatch Logs.

use plumbline_core::facts::{Trail, TrailSettings, TrailStatus, Trails};
use plumbline_core::fix::{Input, Terraform, Word};
use plumbline_core::parameters::Hours;
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::trails::{self, examples};

plumbline_core::control! {
    /// Every trail has recent deliveries to CloudWatch Logs
    ///
    /// ## Why
    /// Log files in a bucket serve investigations; an alarm needs the events within minutes.
    /// CloudWatch Logs receives events early enough, and its metric filters match them.
    ///
    /// ## Decision
    /// For each trail that this account owns, in any home Region: the trail has a log group, and
    /// its latest delivery is not older than `maxDeliveryAgeHours`. Organization trails are
    /// evaluated in the account that owns them. Trails with the same name in several Regions share
    /// one evaluation, and the worst verdict counts. An account without a trail is non-compliant.
    ///
    /// ## Remediation
    /// Configure a CloudWatch Logs log group for the trail, and a role that allows CloudTrail to
    /// write to the log group. If deliveries have stopped, check the role and
    /// `LatestCloudWatchLogsDeliveryError`.
    ///
    /// ```sh
    /// aws cloudtrail update-trail --name TRAIL --cloud-watch-logs-log-group-arn LOG-GROUP-ARN --cloud-watch-logs-role-arn ROLE-ARN
    /// aws cloudtrail get-trail-status --name TRAIL
    /// ```
    pub(crate) struct TrailCloudwatchLogs: ResourceControl;
    id: ControlId::new("3.4"),
    slug: "trail-cloudwatch-logs",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Low,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["8.5", "8.9"],
    safeguards_v7: &["6.2", "6.5"],
    since: "0.1.0",
    facts: &[FactKind::Trails, FactKind::TrailSettings, FactKind::TrailStatus],
    fix: fix,
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// The maximum age of the latest delivery of the trail to its log group, in hours.
        max_age: Hours = ("maxDeliveryAgeHours", "24", Higher),
    }
}

fn fix(failure: &Failure<'_>) -> Fix {
    trails::fixes::of_trail(failure, |trail| {
        let is_stopped = failure.evidence.get("logging").is_some_and(|logging| logging == false);
        if failure.text("log_group").is_some() && is_stopped {
            return trail.start().note(
                "Logging of the trail is stopped. If the trail still does not deliver after the \
                 start, check LatestCloudWatchLogsDeliveryError: aws cloudtrail get-trail-status.",
            );
        }
        let own =
            |name, what: &str| Input::of(name, trail.arn, format!("{what} of {}", trail.name));
        let group = failure.text("log_group").map_or_else(
            || own("LOG_GROUP_ARN", "the ARN, with :* at the end, of the log group").into(),
            Word::from,
        );
        let role = own("LOG_ROLE_ARN", "the ARN of the role that CloudTrail assumes for the logs");
        let command = trail
            .update()
            .option("--cloud-watch-logs-log-group-arn", group)
            .option("--cloud-watch-logs-role-arn", role);
        let fix = Fix::new().command(command);
        let fix = if failure.text("log_group").is_some() {
            fix.effect(
                FixEffect::Replaces,
                "the role that CloudTrail uses to write to the log group.",
            )
            .undo("aws cloudtrail update-trail with the current role of the trail")
        } else {
            fix.undo(format!(
                "aws cloudtrail update-trail --region {} --name {} \
                 --cloud-watch-logs-log-group-arn '' --cloud-watch-logs-role-arn ''",
                trail.region, trail.arn
            ))
        };
        fix.effect(FixEffect::Costs, "CloudWatch Logs charges for ingestion and storage.")
            .note(
                "The role has to allow logs:CreateLogStream and logs:PutLogEvents on the log \
                 group.",
            )
            .terraform(Terraform::Argument(
                "aws_cloudtrail: cloud_watch_logs_group_arn and cloud_watch_logs_role_arn"
                    .to_owned(),
            ))
    })
}

/// Formats a number of hours: `1 hour`, `2 hours`.
fn hours(number: i64) -> String {
    format!("{number} hour{}", if number == 1 { "" } else { "s" })
}

impl ResourceControl for TrailCloudwatchLogs {
    type Resource = Trail;
    type Parameters = Parameters;

    fn evaluate(trail: &Subject<'_, Trail>, view: &View<'_>, parameters: &Parameters) -> Assessed {
        let Hours(limit) = parameters.max_age;
        trails::with_namesakes(trail, view, |trail| {
            let Trail { name, home_region, arn } = &**trail;
            let settings = view.of::<TrailSettings>(trail);
            let status = trail.fact::<TrailStatus>(view);
            let Some(group) = &settings?.log_group else {
                let reason = format!("Trail '{name}' in {home_region} has no log group.");
                return Ok(Verdict::non_compliant(reason)
                    .evidence(json!({ "trail": arn, "log_group": null })));
            };
            let TrailStatus { logging, log_group_delivery: delivered, .. } = *status?;
            let verdict = match delivered.map(|time| (time, view.now() - time)) {
                Some((_, age)) if age <= chrono::TimeDelta::hours(limit) => {
                    Verdict::compliant(format!(
                        "The latest delivery to the log group is {} old.",
                        hours(age.num_hours().max(0))
                    ))
                }
                Some((time, age)) => Verdict::non_compliant(format!(
                    "The latest delivery of trail '{name}' in {home_region} to its log group is {} \
                     old (at {}). The maximum is {}.",
                    // Rounded up: an age above the maximum must not look equal to it.
                    hours((age.num_minutes() + 59).div_euclid(60)),
                    time.format("%Y-%m-%dT%H:%MZ"),
                    hours(limit),
                )),
                None => Verdict::non_compliant(format!(
                    "Trail '{name}' in {home_region} has a log group but has never delivered to it."
                )),
            };
            Ok(verdict.evidence(json!({
                "trail": arn, "log_group": group, "latest_delivery": delivered, "logging": logging
            })))
        })
    }

    fn evaluate_none(view: &View<'_>, _: &Self::Parameters) -> Assessed {
        trails::no_own_trail(view)
    }

    fn examples() -> Vec<Example> {
        let group = "arn:aws:logs:us-east-1:111122223333:log-group:trail:*";
        let settings = |group: Option<&str>| TrailSettings {
            log_group: group.map(str::to_owned),
            ..examples::settings()
        };
        let status = |log_group_delivery| TrailStatus {
            logging: true,
            log_group_delivery,
            ..TrailStatus::default()
        };
        let main = examples::arn("main");
        let with = |situation, delivery| {
            Example::new(situation)
                .account(Trails(vec![examples::trail("main")]))
                .resource(&main, settings(Some(group)))
                .resource(&main, status(delivery))
        };
        let hours_ago = |hours| Some(days_ago(0) - chrono::TimeDelta::hours(hours));
        vec![
            with("a delivery 1 hour ago", hours_ago(1)).passes("main", "is 1 hour old"),
            with("a delivery 24 hours ago", hours_ago(24)).passes("main", "is 24 hours old"),
            with("a delivery 25 hours ago", hours_ago(25))
                .fails("main", "is 25 hours old (at 2025-12-31T11:00Z). The maximum is 24 hours."),
            with("a delivery 25 hours ago, a maximum of 48 hours", hours_ago(25))
                .parameter("maxDeliveryAgeHours", "48")
                .passes("main", "is 25 hours old"),
            with("a trail that never delivered", None).fails("main", "has never delivered to it"),
            Example::new("a trail stopped yesterday")
                .account(Trails(vec![examples::trail("main")]))
                .resource(&main, settings(Some(group)))
                .resource(&main, TrailStatus { logging: false, ..status(hours_ago(30)) })
                .fails("main", "is 30 hours old"),
            Example::new("a trail without a log group, access denied to GetTrailStatus")
                .account(Trails(vec![examples::trail("main")]))
                .resource(&main, settings(None))
                .denied(Key::resource(FactKind::TrailStatus, REGION, main.as_str()))
                .fails("main", "has no log group"),
            Example::new("access denied to GetTrailStatus")
                .account(Trails(vec![examples::trail("main")]))
                .resource(&main, settings(Some(group)))
                .denied(Key::resource(FactKind::TrailStatus, REGION, main.as_str()))
                .not_assessed("main", "cloudtrail:GetTrailStatus"),
            Example::new("access denied to DescribeTrails")
                .account(Trails(vec![examples::trail("main")]))
                .denied(Key::resource(FactKind::TrailSettings, REGION, main.as_str()))
                .resource(&main, status(hours_ago(1)))
                .not_assessed("main", "cloudtrail:DescribeTrails"),
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
