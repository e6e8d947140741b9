//! 3.6: server access logging of the S3 buckets of trails.

use plumbline_core::facts::{Bucket, BucketLogging, Buckets, TrailBucket, Trails};
use plumbline_core::fix::{Input, Terraform, Word};
use plumbline_core::parameters::{MaybeAccount, NamedBuckets};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::trails::{self, buckets, examples};

plumbline_core::control! {
    /// S3 buckets that store CloudTrail logs have server access logging enabled
    ///
    /// ## Why
    /// CloudTrail logs show an attacker what is monitored, and attackers tamper with them first.
    /// The server access log of the bucket shows who read the logs and who tried to delete them.
    ///
    /// ## Decision
    /// For each bucket to which a trail delivers: server access logging is enabled. A bucket that
    /// does not exist fails, because anyone can create a bucket with its name. A trail that cannot
    /// be described is itself not assessed; the buckets of the other trails are still evaluated.
    ///
    /// The account that owns a bucket evaluates the bucket, regardless of the owner of the trail. A
    /// log archive account evaluates the bucket of the organization trail, which it sees.
    /// `logArchiveBuckets` adds buckets of trails that the account does not see. A bucket of
    /// another account is not assessed. With `logArchiveAccount`, the account that owns the bucket,
    /// it is not applicable.
    ///
    /// ## Remediation
    /// Enable server access logging for the S3 bucket of the trail, with a target bucket in the
    /// same account and Region.
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
        /// S3 buckets to evaluate in the account that owns them, in addition to the buckets of the
        /// trails that the account sees.
        log_archive_buckets: NamedBuckets = ("logArchiveBuckets", "", None),
        /// The log archive account, which owns the buckets of trails: in other accounts, the
        /// control is not applicable to these buckets.
        log_archive_account: MaybeAccount = ("logArchiveAccount", "none", Any),
    }
}

fn fix(failure: &Failure<'_>) -> Fix {
    let bucket = failure.resource.resource_id.as_str();
    if !failure.evidence.contains_key("target") {
        return buckets::no_bucket(failure);
    }
    let what = format!("a bucket in the Region of {bucket} to which Amazon S3 can deliver logs");
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
        .note(
            "The policy of the target bucket has to allow logging.s3.amazonaws.com to put \
             objects.",
        )
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
            Some(target) => Verdict::compliant(format!(
                "Server access logs are delivered to bucket '{target}'."
            )),
            None => Verdict::non_compliant(format!(
                "Server access logging is disabled for bucket '{}'.",
                bucket.name
            )),
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
            own("a bucket with server access logging")
                .resource("logs", logged())
                .passes("logs", "delivered to bucket 'access'"),
            own("a bucket without server access logging")
                .resource("logs", BucketLogging { target: None })
                .fails("logs", "disabled for bucket 'logs'"),
            examples::archive("the bucket of the organization trail without server access logging")
                .resource("logs", BucketLogging { target: None })
                .fails("logs", "disabled for bucket 'logs'"),
            own("an additional bucket of a trail that the account does not see")
                .account(Buckets(
                    ["logs", "member-logs"].map(|name| Bucket::new(name, REGION)).to_vec(),
                ))
                .parameter("logArchiveBuckets", "member-logs, logs")
                .resource("logs", logged())
                .resource("member-logs", BucketLogging { target: None })
                .passes("logs", "delivered to bucket 'access'")
                .fails("member-logs", "disabled for bucket 'member-logs'"),
            own("access denied to GetBucketLogging")
                .denied(Key::resource(FactKind::BucketLogging, REGION, "logs"))
                .not_assessed("logs", "s3:GetBucketLogging"),
            own("access denied to DescribeTrails for one of two trails")
                .account(Trails(vec![examples::trail("main"), examples::trail("other")]))
                .denied(Key::resource(FactKind::TrailSettings, REGION, examples::arn("other")))
                .resource("logs", logged())
                .passes("logs", "delivered to bucket 'access'")
                .not_assessed("other", "cloudtrail:DescribeTrails"),
        ];
        all.extend(examples::of_buckets(FactKind::BucketLogging, logged()));
        all
    }
}
