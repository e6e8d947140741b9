//! Fixes for trails.

use plumbline_core::evaluation::ACCOUNT;
use plumbline_core::fix::{FixCommand, Input, Terraform};
use plumbline_core::prelude::*;
use serde_json::{Value, json};

use crate::shared::shell::{ADD_EVENT_SELECTOR, PRINTED};

/// A trail of the account.
#[derive(Clone, Copy)]
pub(crate) struct OwnTrail<'a> {
    /// The ARN.
    pub(crate) arn: &'a str,
    /// The name.
    pub(crate) name: &'a str,
    /// The home Region, in which the trail is updated.
    pub(crate) region: &'a str,
}

impl<'a> OwnTrail<'a> {
    fn of_arn(arn: &'a str) -> Option<Self> {
        let mut fields = arn.splitn(6, ':').skip(3);
        let (region, _, resource) = (fields.next()?, fields.next()?, fields.next()?);
        Some(Self { arn, name: resource.strip_prefix("trail/")?, region })
    }

    fn command(&self, operation: &str, option: &str) -> FixCommand {
        FixCommand::aws(operation).option("--region", self.region).option(option, self.arn)
    }

    /// Returns the fix that starts logging.
    pub(crate) fn start(&self) -> Fix {
        let Self { region, arn, .. } = self;
        Fix::new()
            .command(self.command("cloudtrail start-logging", "--name"))
            .undo(format!("aws cloudtrail stop-logging --region {region} --name {arn}"))
            .terraform(Terraform::Argument("aws_cloudtrail: enable_logging = true".to_owned()))
    }

    /// Returns the command that updates the trail, without the changed settings.
    pub(crate) fn update(&self) -> FixCommand {
        self.command("cloudtrail update-trail", "--name")
    }
}

/// A selector in both forms.
struct Selectors {
    basic: Value,
    advanced: Value,
}

/// The reason why there is no fix for an account without a trail.
pub(super) const NO_TRAIL: &str = "There is no trail: create a trail (3.1), and scan again.";

/// Returns the fix for a failure of one trail. Without a trail, the account needs one first.
pub(crate) fn of_trail(failure: &Failure<'_>, fix: impl Fn(OwnTrail<'_>) -> Fix) -> Fix {
    if failure.resource.resource_type == ACCOUNT {
        return Fix::by_hand(NO_TRAIL);
    }
    match failure.text("trail").and_then(OwnTrail::of_arn) {
        Some(trail) => fix(trail),
        None => Fix::by_hand(
            "The report does not have the ARN of the trail: scan again with this version.",
        ),
    }
}

/// Returns the fix that makes the account's closest trail meet all requirements.
fn nearest(failure: &Failure<'_>, selectors: &Selectors) -> Option<Fix> {
    let nearest = failure.evidence.get("nearest")?;
    let trail = OwnTrail::of_arn(nearest.get("trail")?.as_str()?)?;
    let lacks = |what: &str| {
        nearest
            .get("lacks")
            .and_then(Value::as_array)
            .is_some_and(|all| all.iter().any(|one| one == what))
    };
    let mut fix = Fix::new();
    let mut undo = Vec::new();
    let of_trail = format!("--region {} --name {}", trail.region, trail.arn);
    if lacks("selectors") {
        let command = FixCommand::call(&ADD_EVENT_SELECTOR)
            .argument(trail.region)
            .argument(trail.arn)
            .argument(selectors.basic.to_string())
            .argument(selectors.advanced.to_string());
        fix = fix.command(command).effect(
            FixEffect::Replaces,
            "the event selectors of the trail. Other selectors are kept; a selector for all \
             management events replaces narrower ones.",
        );
        undo.push(PRINTED.to_owned());
    }
    if lacks("all_regions") {
        // CloudTrail rejects a multi-Region trail without global service events.
        let update = trail.update().flag("--include-global-service-events");
        fix = fix.command(update.flag("--is-multi-region-trail"));
        undo.push(format!("aws cloudtrail update-trail {of_trail} --no-is-multi-region-trail"));
    }
    if lacks("logging") {
        fix = fix.command(trail.command("cloudtrail start-logging", "--name"));
        undo.push(format!("aws cloudtrail stop-logging {of_trail}"));
    }
    (!fix.commands.is_empty()).then(|| {
        fix.effect(FixEffect::Costs, "AWS CloudTrail charges for the events that it records.")
            .undo(undo.join("; "))
            .terraform(Terraform::Argument(format!(
                "aws_cloudtrail: is_multi_region_trail = true, enable_logging = true, \
                 event_selector as {}",
                selectors.basic
            )))
    })
}

/// Returns the fix of 3.1.
pub(crate) fn all_regions(failure: &Failure<'_>) -> Fix {
    let selectors = Selectors {
        basic: json!({ "ReadWriteType": "All", "IncludeManagementEvents": true,
            "DataResources": [], "ExcludeManagementEventSources": [] }),
        advanced: json!({ "Name": "Management events", "FieldSelectors": [
            { "Field": "eventCategory", "Equals": ["Management"] }] }),
    };
    nearest(failure, &selectors).unwrap_or_else(|| {
        let what = "an S3 bucket with a policy that allows CloudTrail";
        let region = failure.resource.region.as_str();
        let create = failure
            .aws("cloudtrail create-trail")
            .option("--name", "plumbline")
            .option("--s3-bucket-name", Input::shared("TRAIL_BUCKET", what))
            .flag("--is-multi-region-trail")
            .flag("--enable-log-file-validation");
        let start = failure.aws("cloudtrail start-logging").option("--name", "plumbline");
        Fix::new()
            .command(create)
            .command(start)
            .effect(
                FixEffect::Costs,
                "the first copy of management events is free of charge. Amazon S3 charges for the \
                 storage.",
            )
            .undo(format!("aws cloudtrail delete-trail --name plumbline --region {region}"))
            .terraform(Terraform::Argument(
                "aws_cloudtrail: s3_bucket_name, is_multi_region_trail = true".to_owned(),
            ))
    })
}

/// Returns the fix of 3.10 or 3.11. `only` is the `ReadWriteType` of basic selectors, `read_only`
/// the value of `readOnly` in advanced selectors.
pub(crate) fn object_events(failure: &Failure<'_>, only: &str, read_only: &str) -> Fix {
    let all = format!("arn:{}:s3", failure.partition);
    let selectors = Selectors {
        basic: json!({ "ReadWriteType": only, "IncludeManagementEvents": false,
            "DataResources": [{ "Type": "AWS::S3::Object", "Values": [all] }] }),
        advanced: json!({ "Name": format!("Objects of all buckets, readOnly {read_only}"),
            "FieldSelectors": [
                { "Field": "eventCategory", "Equals": ["Data"] },
                { "Field": "resources.type", "Equals": ["AWS::S3::Object"] },
                { "Field": "readOnly", "Equals": [read_only] }] }),
    };
    nearest(failure, &selectors).unwrap_or_else(|| {
        Fix::by_hand("This account has no trail: create a trail (3.1), and scan again.")
    })
}
