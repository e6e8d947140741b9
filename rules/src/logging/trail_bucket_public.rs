//! 3.3: public access to the S3 buckets of trails.

use plumbline_core::facts::{BucketAcl, TrailBucket};
use plumbline_core::parameters::{MaybeAccount, NamedBuckets};
use plumbline_core::prelude::*;

use crate::shared::buckets::fix_public_access;
use crate::shared::public_bucket;
use crate::shared::trails::{self, buckets, examples};

plumbline_core::control! {
    /// S3 buckets that store CloudTrail logs are not public
    ///
    /// ## Why
    /// CloudTrail logs show names of users, roles and keys, IP addresses, and denied requests. An
    /// attacker with read access learns from them. An attacker with write access hides activity.
    ///
    /// ## Decision
    /// For each bucket to which a trail delivers: its ACL grants no access to `AllUsers` or
    /// `AuthenticatedUsers`, and its policy is not public. S3 Block Public Access can neutralize
    /// both. `IgnorePublicAcls`, for the bucket or for the account, neutralizes the ACL, and
    /// `RestrictPublicBuckets` neutralizes the policy.
    ///
    /// The verdict of AWS on the policy (`GetBucketPolicyStatus`) decides whether the policy is
    /// public. Plumbline also evaluates the policy text, to name the statement, and to decide if
    /// the verdict of AWS cannot be read. If the two verdicts differ, the reason and the evidence
    /// state both. A policy is public when an Allow statement applies to all principals and no
    /// condition limits it to fixed values. With `literal`, any Allow for all principals fails,
    /// regardless of its conditions and of S3 Block Public Access.
    ///
    /// A fact that cannot be read leaves the bucket not assessed only if the fact could change the
    /// verdict. A bucket that does not exist fails, because anyone can create a bucket with its
    /// name. A trail that cannot be described is not assessed; the buckets of other trails are
    /// still evaluated.
    ///
    /// The account that owns a bucket evaluates the bucket, regardless of the owner of the trail. A
    /// log archive account evaluates the bucket of the organization trail. `logArchiveBuckets` adds
    /// buckets of trails that the account does not see. A bucket of another account is not
    /// assessed, or not applicable if the account is the `logArchiveAccount`.
    ///
    /// ## Remediation
    /// Enable all four S3 Block Public Access settings for the S3 bucket of the trail. CloudTrail
    /// does not need public access.
    ///
    /// ```sh
    /// aws s3api put-public-access-block --bucket BUCKET --public-access-block-configuration \
    ///   BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
    /// ```
    pub(crate) struct TrailBucketPublic: ResourceControl;
    id: ControlId::new("3.3"),
    slug: "trail-bucket-public",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Critical,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["3.3"],
    safeguards_v7: &["14.6"],
    since: "0.1.0",
    facts: &[
        FactKind::Trails,
        FactKind::TrailSettings,
        FactKind::Buckets,
        FactKind::BucketAcl,
        FactKind::BucketPolicyStatus,
        FactKind::BucketPolicy,
        FactKind::BucketPublicAccessBlock,
        FactKind::AccountPublicAccessBlock,
    ],
    fix: fix,
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// Whether any Allow for all principals fails, regardless of its conditions and of S3 Block
        /// Public Access.
        literal: bool = ("literal", "false", False),
        /// S3 buckets to evaluate in the account that owns them, in addition to the buckets of the
        /// trails that the account sees.
        log_archive_buckets: NamedBuckets = ("logArchiveBuckets", "", None),
        /// The log archive account, which owns the buckets of trails: in other accounts, the
        /// control is not applicable to these buckets.
        log_archive_account: MaybeAccount = ("logArchiveAccount", "none", Any),
    }
}

fn fix(failure: &Failure<'_>) -> Fix {
    if failure.evidence.is_empty() {
        return buckets::no_bucket(failure);
    }
    if failure.remedy.is_none() {
        return Fix::by_hand(
            "With the parameter literal, the policy counts regardless of S3 Block Public Access: \
             remove the statements that allow all principals.",
        );
    }
    fix_public_access(failure)
}

impl ResourceControl for TrailBucketPublic {
    type Resource = TrailBucket;
    type Parameters = Parameters;

    fn evaluate(
        bucket: &Subject<'_, TrailBucket>,
        view: &View<'_>,
        Parameters { literal, log_archive_account: MaybeAccount(archive), .. }: &Parameters,
    ) -> Assessed {
        let bucket = match buckets::own_bucket::<BucketAcl>(bucket, archive.as_ref(), view) {
            Ok(bucket) => bucket,
            Err(assessed) => return assessed,
        };
        public_bucket::evaluate(&bucket, view, *literal)
    }

    fn besides<'p>(view: &View<'_>, parameters: &'p Parameters) -> Vec<&'p TrailBucket> {
        buckets::named(view, &parameters.log_archive_buckets)
    }

    fn evaluate_none(view: &View<'_>, parameters: &Parameters) -> Assessed {
        trails::no_bucket(view, &parameters.log_archive_buckets)
    }

    fn examples() -> Vec<Example> {
        let mut all = public_bucket::examples::all();
        all.extend(examples::of_buckets(FactKind::BucketAcl, BucketAcl::default()));
        all
    }
}
