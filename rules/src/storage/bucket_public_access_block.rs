//! 2.1.5: S3 Block Public Access.

use plumbline_core::facts::{
    AccountPublicAccessBlock, Bucket, BucketPublicAccessBlock, Buckets, PublicAccessBlock,
};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::buckets::{self, block_public_access, out_of_reach};

plumbline_core::control! {
    /// All four S3 Block Public Access settings are enabled for every bucket
    ///
    /// ## Why
    /// A single wrong ACL or bucket policy can make a bucket public. The four S3 Block Public
    /// Access settings override ACLs and policies.
    ///
    /// ## Decision
    /// For each bucket of the Region: each of the settings `BlockPublicAcls`, `IgnorePublicAcls`,
    /// `BlockPublicPolicy` and `RestrictPublicBuckets` is enabled for the bucket or for the
    /// account. For each setting, either level is sufficient. If one level cannot be read, the
    /// other level decides if it has all four settings enabled.
    ///
    /// ## Remediation
    /// Enable all four S3 Block Public Access settings for the account. If a bucket has to be
    /// public, enable the settings for each other bucket instead, and register an exception for the
    /// public bucket.
    ///
    /// ```sh
    /// aws s3control put-public-access-block --account-id ACCOUNT --public-access-block-configuration \
    ///   BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
    /// ```
    pub(crate) struct BucketAccessBlock: ResourceControl;
    id: ControlId::new("2.1.5"),
    slug: "bucket-public-access-block",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Regional,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["3.3"],
    safeguards_v7: &["14.6"],
    since: "0.1.0",
    facts: &[
        FactKind::Buckets, FactKind::EnabledRegions,
        FactKind::BucketPublicAccessBlock,
        FactKind::AccountPublicAccessBlock,
    ],
    fix: buckets::fix_public_access,
}

/// Returns the names of the settings that are disabled at both levels.
fn disabled(bucket: PublicAccessBlock, account: PublicAccessBlock) -> Vec<&'static str> {
    let settings = [
        ("BlockPublicAcls", bucket.block_public_acls || account.block_public_acls),
        ("IgnorePublicAcls", bucket.ignore_public_acls || account.ignore_public_acls),
        ("BlockPublicPolicy", bucket.block_public_policy || account.block_public_policy),
        (
            "RestrictPublicBuckets",
            bucket.restrict_public_buckets || account.restrict_public_buckets,
        ),
    ];
    settings.into_iter().filter(|(_, is_enabled)| !is_enabled).map(|(name, _)| name).collect()
}

impl ResourceControl for BucketAccessBlock {
    type Resource = Bucket;
    type Parameters = NoParameters;

    fn evaluate(bucket: &Subject<'_, Bucket>, view: &View<'_>, _: &NoParameters) -> Assessed {
        let own = view.of::<BucketPublicAccessBlock>(bucket).map(|block| block.0);
        let whole = view.account::<AccountPublicAccessBlock>().map(|block| block.0);
        let evidence = json!({ "bucket": own.as_ref().ok(), "account": whole.as_ref().ok() });
        let has_all =
            |block: PublicAccessBlock| disabled(block, PublicAccessBlock::default()).is_empty();
        let verdict = match (own, whole) {
            (Ok(own), _) if has_all(own) => {
                Verdict::compliant("S3 Block Public Access is enabled for the bucket.")
            }
            (Err(why), _) if why.is_not_found() => return Err(why),
            (_, Ok(whole)) if has_all(whole) => {
                Verdict::compliant("S3 Block Public Access is enabled for the account.")
            }
            (Ok(own), Ok(whole)) => match disabled(own, whole).as_slice() {
                [] => Verdict::compliant(
                    "S3 Block Public Access is enabled by settings of the bucket and of the \
                     account together.",
                ),
                names => Verdict::non_compliant(format!(
                    "Disabled for the bucket and for the account: {}.",
                    names.join(", ")
                )),
            },
            (Err(why), _) | (_, Err(why)) => return Err(why),
        };
        Ok(verdict.evidence(evidence).command(block_public_access(&bucket.name)))
    }

    fn examples() -> Vec<Example> {
        let acls = PublicAccessBlock {
            block_public_acls: true,
            ignore_public_acls: true,
            ..PublicAccessBlock::default()
        };
        let policies = PublicAccessBlock {
            block_public_policy: true,
            restrict_public_buckets: true,
            ..PublicAccessBlock::default()
        };
        let all =
            PublicAccessBlock { block_public_policy: true, restrict_public_buckets: true, ..acls };
        let none = PublicAccessBlock::default();
        let start =
            |situation| Example::new(situation).account(Buckets(vec![Bucket::new("a", REGION)]));
        let blocks = |situation, bucket, account| {
            start(situation)
                .resource("a", BucketPublicAccessBlock(bucket))
                .account(AccountPublicAccessBlock(account))
        };
        let unread_bucket = |example: Example| {
            example.denied(Key::resource(FactKind::BucketPublicAccessBlock, REGION, "a"))
        };
        let unread_account =
            |example: Example| example.denied(Key::account(FactKind::AccountPublicAccessBlock));
        let own = vec![
            blocks("all settings enabled for the bucket", all, none)
                .passes("a", "enabled for the bucket"),
            blocks("all settings enabled for the account", none, all)
                .passes("a", "enabled for the account"),
            blocks("two settings enabled for the bucket and two for the account", acls, policies)
                .passes("a", "together"),
            blocks("no setting enabled", none, none).fails(
                "a",
                "BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets",
            ),
            blocks(
                "one setting disabled at both levels",
                acls,
                PublicAccessBlock { block_public_policy: true, ..acls },
            )
            .fails("a", "Disabled for the bucket and for the account: RestrictPublicBuckets."),
            unread_bucket(
                start(
                    "access denied to the settings of the bucket, all settings enabled for the \
                     account",
                )
                .account(AccountPublicAccessBlock(all)),
            )
            .passes("a", "enabled for the account"),
            unread_bucket(
                start(
                    "access denied to the settings of the bucket, two settings enabled for the \
                     account",
                )
                .account(AccountPublicAccessBlock(acls)),
            )
            .not_assessed("a", "s3:GetPublicAccessBlock"),
            unread_account(
                start(
                    "access denied to the settings of the account, all settings enabled for the \
                     bucket",
                )
                .resource("a", BucketPublicAccessBlock(all)),
            )
            .passes("a", "enabled for the bucket"),
            unread_account(
                start(
                    "access denied to the settings of the account, no setting enabled for the \
                     bucket",
                )
                .resource("a", BucketPublicAccessBlock(none)),
            )
            .not_assessed("a", "s3control:GetPublicAccessBlock"),
            start("a bucket that was deleted during the scan")
                .answer(
                    Key::resource(FactKind::BucketPublicAccessBlock, REGION, "a"),
                    Err(ReadError::new("s3:GetPublicAccessBlock", Cause::NotFound, "NoSuchBucket")),
                )
                .account(AccountPublicAccessBlock(none))
                .expect(Compliance::Compliant, "no buckets"),
            Example::new("no buckets")
                .account(Buckets(Vec::new()))
                .expect(Compliance::Compliant, "no buckets to evaluate"),
            Example::new("access denied to ListBuckets")
                .denied(Key::account(FactKind::Buckets))
                .expect(Compliance::NotAssessed, "s3:ListBuckets"),
        ];
        [own, out_of_reach()].concat()
    }
}
