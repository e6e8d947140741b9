//! 3.6: who looked into the logs can be looked up.

use plumbline_core::facts::{Bucket, BucketLogging, Buckets, TrailBucket, Trails};
use plumbline_core::fix::{Input, Terraform, Word};
use plumbline_core::parameters::{MaybeAccount, NamedBuckets};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::trails::{self, buckets, examples};

plumbline_core::control! {
    /// The buckets that hold the trails' logs log the access to them.
    ///
    /// ## Why
    /// The logs tell an attacker what is watched, and they are the first thing to tamper with. The
    /// access log of their bucket shows who read them and who tried to delete them.
    ///
    /// ## Decision
    /// For each bucket to which a trail delivers: server access logging is on. A
    /// bucket that does not exist fails: its name can be claimed by anyone. A trail that cannot be
    /// described is itself not assessed, beside the buckets of the others.
    ///
    /// The account that owns a bucket evaluates it, whichever account owns the trail: a log archive
    /// account evaluates the bucket of the organization's trail, which it sees. `logArchiveBuckets`
    /// adds buckets of trails that it does not see. A bucket that is not of this account is not
    /// assessed here; with `logArchiveAccount`, the account that owns it, it is not applicable.
    ///
    /// ## Remediation
    /// Switch server access logging of the trail's bucket on, to another bucket of the same account
    /// and Region.
    ///
    /// ```sh
    /// aws s3api put-bucket-logging --bucket BUCKET --bucket-logging-status '{"LoggingEnabled":{"TargetBucket":"LOG-BUCKET","TargetPrefix":"trail/"}}'
    /// ```
    pub(crate) struct TrailBucketLogging: ResourceControl;
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
    since: "0.1.0",
    facts: &[FactKind::Trails, FactKind::TrailSettings, FactKind::Buckets, FactKind::BucketLogging],
    fix: fix,
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// S3 buckets that are evaluated in the account that owns them, besides those of the trails
        /// that the account sees.
        log_archive_buckets: NamedBuckets = ("logArchiveBuckets", "", None),
        /// The account that owns the buckets which are not of the evaluated account: the control is
        /// not applicable to them there.
        log_archive_account: MaybeAccount = ("logArchiveAccount", "none", Any),
    }
}

fn fix(failure: &Failure<'_>) -> Fix {
    let bucket = failure.resource.resource_id.as_str();
    if !failure.evidence.contains_key("target") {
        return buckets::no_bucket(failure);
    }
    let what = format!("a bucket in the Region of {bucket} that Amazon S3 may write logs to");
    let target = Input::of("ACCESS_LOG_BUCKET", bucket, what);
    let after = format!(",TargetPrefix={bucket}/}}");
    let status = Word::within("LoggingEnabled={TargetBucket=", target, &after);
    let command = failure
        .aws("s3api put-bucket-logging")
        .option("--bucket", bucket)
        .option("--bucket-logging-status", status);
    Fix::new()
        .command(command)
        .effect(FixEffect::Costs, "Amazon S3 charges for storing the access logs.")
        .note("The policy of the other bucket allows logging.s3.amazonaws.com to put objects.")
        .undo("aws s3api put-bucket-logging --bucket-logging-status '{}' for the same bucket")
        .terraform(Terraform::Argument("aws_s3_bucket_logging: target_bucket".to_owned()))
}

impl ResourceControl for TrailBucketLogging {
    type Resource = TrailBucket;
    type Parameters = Parameters;

    fn evaluate(
        bucket: &Subject<'_, TrailBucket>,
        view: &View<'_>,
        Parameters { log_archive_account: MaybeAccount(archive), .. }: &Parameters,
    ) -> Assessed {
        let bucket = match buckets::own_bucket::<BucketLogging>(bucket, archive.as_ref(), view) {
            Ok(bucket) => bucket,
            Err(assessed) => return assessed,
        };
        let target = &view.of::<BucketLogging>(&bucket)?.target;
        let verdict = match target {
            Some(target) => {
                Verdict::compliant(format!("Access to the bucket is logged to {target}."))
            }
            None => {
                Verdict::non_compliant(format!("Access to bucket {} is not logged.", bucket.name))
            }
        };
        Ok(verdict.evidence(json!({ "target": target })))
    }

    fn besides<'p>(view: &View<'_>, parameters: &'p Parameters) -> Vec<&'p TrailBucket> {
        buckets::named(view, &parameters.log_archive_buckets)
    }

    fn evaluate_none(view: &View<'_>, parameters: &Parameters) -> Assessed {
        trails::no_bucket(view, &parameters.log_archive_buckets)
    }

    fn examples() -> Vec<Example> {
        let own = |situation| examples::own_bucket(situation);
        let logged = || BucketLogging { target: Some("access".to_owned()) };
        let mut all = vec![
            own("a bucket with an access log")
                .resource("logs", logged())
                .passes("logs", "logged to access"),
            own("a bucket without one")
                .resource("logs", BucketLogging { target: None })
                .fails("logs", "bucket logs is not logged"),
            examples::archive("the bucket of the organization's trail, without an access log")
                .resource("logs", BucketLogging { target: None })
                .fails("logs", "bucket logs is not logged"),
            own("a bucket besides, of a trail that the account does not see")
                .account(Buckets(
                    ["logs", "member-logs"].map(|name| Bucket::new(name, REGION)).to_vec(),
                ))
                .parameter("logArchiveBuckets", "member-logs, logs")
                .resource("logs", logged())
                .resource("member-logs", BucketLogging { target: None })
                .passes("logs", "logged to access")
                .fails("member-logs", "bucket member-logs is not logged"),
            own("a bucket that may not be read")
                .denied(Key::resource(FactKind::BucketLogging, REGION, "logs"))
                .not_assessed("logs", "access denied to s3:GetBucketLogging"),
            own("one of two trails may not be described")
                .account(Trails(vec![examples::trail("main"), examples::trail("other")]))
                .denied(Key::resource(FactKind::TrailSettings, REGION, examples::arn("other")))
                .resource("logs", logged())
                .passes("logs", "logged to access")
                .not_assessed("other", "cloudtrail:DescribeTrails"),
        ];
        all.extend(examples::of_buckets(FactKind::BucketLogging, logged()));
        all
    }
}
