//! 3.6: who looked into the logs can be looked up.

use plumbline_core::facts::{Bucket, BucketLogging, Buckets, TrailBucket, Trails};
use plumbline_core::prelude::*;
use serde_json::json;

use super::trails::{self, examples};

plumbline_core::control! {
    /// The buckets that hold the trails' logs log the access to them.
    ///
    /// ## Why
    /// The logs tell an attacker what is watched, and they are the first thing to tamper with. The access log of their bucket shows who read them and who tried to delete
    /// them.
    ///
    /// ## Decision
    /// For each bucket to which a trail of this account delivers: server access logging is on. A bucket that does not exist fails: its name can be claimed by anyone. A
    /// bucket that is not of this account is not assessed here; evaluate it where it is.
    ///
    /// ## Remediation
    /// Log to another bucket, of the same account and Region.
    ///
    /// ```sh
    /// aws s3api put-bucket-logging --bucket BUCKET --bucket-logging-status '{"LoggingEnabled":{"TargetBucket":"LOG-BUCKET","TargetPrefix":"trail/"}}'
    /// ```
    pub struct TrailBucketLogging;
    id: ControlId::new("3.6"),
    slug: "trail-bucket-logging",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Low,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["3.14", "8.2"],
    safeguards_v7: &["6.2", "14.9"],
    facts: &[Kind::Trails, Kind::TrailSettings, Kind::Buckets, Kind::BucketLogging],
    run: Run::each::<TrailBucketLogging>(),
}

impl Each for TrailBucketLogging {
    type Resource = TrailBucket;
    type Parameters = NoParameters;

    fn evaluate(TrailBucket(name): &TrailBucket, view: &View<'_>, _: &NoParameters) -> Assessed {
        let own = view.account::<Buckets>()?.0.iter().find(|bucket| bucket.name == *name);
        let region = own.map_or(view.context().home_region.as_str(), |bucket| bucket.region.as_str());
        let target = match (view.resource::<BucketLogging>(region, name), own) {
            (Err(NotAssessed::Unread(unread)), _) if unread.cause == Cause::Gone => {
                return Ok(Verdict::non_compliant(format!("Bucket {name} does not exist: anyone can claim the name and get the logs.")));
            }
            (Err(NotAssessed::Unread(unread)), None) if trails::is_of_others(&unread) => return Err(trails::bucket_of_others(name)),
            (Ok(_), None) => return Err(trails::bucket_of_others(name)),
            (logging, _) => &logging?.target,
        };
        let verdict = match target {
            Some(target) => Verdict::compliant(format!("Access to the bucket is logged to {target}.")),
            None => Verdict::non_compliant(format!("Access to bucket {name} is not logged.")),
        };
        Ok(verdict.evidence(json!({ "target": target })))
    }

    fn evaluate_none(view: &View<'_>) -> Assessed {
        trails::no_own_trail(view)
    }

    fn examples() -> Vec<Example> {
        let main = examples::arn("main");
        let bucket = || Bucket { name: "logs".to_owned(), region: REGION.to_owned() };
        let trail = |situation| Example::new(situation).account(Trails(vec![examples::trail("main")])).resource(&main, examples::settings());
        let own = |situation| trail(situation).account(Buckets(vec![bucket()]));
        let foreign = |situation| trail(situation).account(Buckets(Vec::new()));
        let logging = Key::resource(Kind::BucketLogging, REGION, "logs");
        let unread = |cause, code: &str| Err(Unread::new("s3:GetBucketLogging", cause, code));
        vec![
            own("a bucket with an access log").resource("logs", BucketLogging { target: Some("access".to_owned()) }).expect_of(
                "logs",
                Compliance::Compliant,
                "logged to access",
            ),
            own("a bucket without one").resource("logs", BucketLogging { target: None }).expect_of(
                "logs",
                Compliance::NonCompliant,
                "bucket logs is not logged",
            ),
            foreign("a bucket that does not exist").answer(logging.clone(), unread(Cause::Gone, "NoSuchBucket")).expect_of(
                "logs",
                Compliance::NonCompliant,
                "logs does not exist",
            ),
            foreign("a bucket of another account").denied(logging.clone()).expect_of("logs", Compliance::NotAssessed, "logs is of another account"),
            foreign("a bucket of another account in another Region").answer(logging.clone(), unread(Cause::Failed, "PermanentRedirect")).expect_of(
                "logs",
                Compliance::NotAssessed,
                "logs is of another account",
            ),
            foreign("a bucket of another account that lets itself be read").resource("logs", BucketLogging { target: Some("access".to_owned()) }).expect_of(
                "logs",
                Compliance::NotAssessed,
                "logs is of another account",
            ),
            own("a bucket that may not be read").denied(logging).expect_of("logs", Compliance::NotAssessed, "s3:GetBucketLogging was denied"),
            trail("the buckets may not be listed").denied(Key::account(Kind::Buckets)).expect_of("logs", Compliance::NotAssessed, "s3:ListBuckets"),
            Example::new("a trail that may not be described")
                .account(Trails(vec![examples::trail("main")]))
                .denied(Key::resource(Kind::TrailSettings, REGION, main.as_str()))
                .expect(Compliance::NotAssessed, "cloudtrail:DescribeTrails"),
            Example::new("only a trail of the organization")
                .account(Trails(vec![examples::organizations()]))
                .expect(Compliance::Compliant, "trail org of account 999988887777 records it"),
            Example::new("no trail").account(Trails(Vec::new())).expect(Compliance::NonCompliant, "There is no trail"),
        ]
    }
}
