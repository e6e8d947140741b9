//! 3.3: logs that only their owner reads.

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
    /// The logs show every name in the account: users, roles, keys, addresses, what is used and
    /// what is refused. Who reads them knows where to try next; who writes them can hide what was
    /// done.
    ///
    /// ## Decision
    /// For each bucket to which a trail delivers: its ACL grants nothing to
    /// `AllUsers` or `AuthenticatedUsers`, and its policy is not public, unless the block of public
    /// access neutralizes it. `IgnorePublicAcls`, at the bucket or for the account, neutralizes the
    /// ACL, and `RestrictPublicBuckets` the policy.
    ///
    /// Whether a policy is public AWS tells itself (`GetBucketPolicyStatus`), and that counts. The
    /// policy is read here too: it tells the statement, and it decides where AWS's verdict cannot
    /// be read. Where the two differ, the reason and the evidence have both. A policy is public
    /// when an Allow is for everyone and no condition narrows it to fixed values. With `literal`,
    /// any Allow for everyone fails, whatever its conditions and whatever the block of public
    /// access says.
    ///
    /// What cannot be read leaves the bucket not assessed only where it could change the verdict. A
    /// bucket that does not exist fails: its name can be claimed by anyone. A trail that cannot be
    /// described is itself not assessed, beside the buckets of the others.
    ///
    /// The account that owns a bucket evaluates it, whichever account owns the trail: a log archive
    /// account evaluates the bucket of the organization's trail, which it sees. `logArchiveBuckets`
    /// adds buckets of trails that it does not see. A bucket that is not of this account is not
    /// assessed here; with `logArchiveAccount`, the account that owns it, it is not applicable.
    ///
    /// ## Remediation
    /// Block public access at the bucket of the trail. CloudTrail needs none of it.
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
        /// Whether any Allow for everyone fails, whatever its conditions and whatever the block of
        /// public access says.
        literal: bool = ("literal", "false", False),
        /// S3 buckets that are evaluated in the account that owns them, besides those of the trails
        /// that the account sees.
        log_archive_buckets: NamedBuckets = ("logArchiveBuckets", "", None),
        /// The account that owns the buckets which are not of the evaluated account: the control is
        /// not applicable to them there.
        log_archive_account: MaybeAccount = ("logArchiveAccount", "none", Any),
    }
}

fn fix(failure: &Failure<'_>) -> Fix {
    if failure.evidence.is_empty() {
        return buckets::no_bucket(failure);
    }
    if failure.remedy.is_none() {
        return Fix::by_hand(
            "With the parameter literal, a policy counts whatever blocks it: take out the \
             statements that allow everyone.",
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
