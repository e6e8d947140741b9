//! 2.1.5: buckets that cannot become public by mistake.

use plumbline_core::facts::{
    AccountPublicAccessBlock, Bucket, BucketPublicAccessBlock, Buckets, PublicAccessBlock,
};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::buckets::{self, block_public_access, out_of_reach};

plumbline_core::control! {
    /// Public access to each bucket is blocked, at the bucket or for the whole account.
    ///
    /// ## Why
    /// One careless ACL or policy makes a bucket public. The four settings that block public access
    /// hold whatever ACLs and policies say.
    ///
    /// ## Decision
    /// For each bucket of the Region: each of the settings `BlockPublicAcls`, `IgnorePublicAcls`,
    /// `BlockPublicPolicy` and `RestrictPublicBuckets` is on, at the bucket or at the account. The
    /// two levels add up, setting by setting. Where one level cannot be read, the other decides if
    /// it has all four.
    ///
    /// ## Remediation
    /// Block public access for the whole account, unless a bucket has to be public: then block it
    /// at each of the others, and give the public one an exception.
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

/// The names of the settings that are off at both levels.
fn off(bucket: PublicAccessBlock, account: PublicAccessBlock) -> Vec<&'static str> {
    let settings = [
        ("BlockPublicAcls", bucket.block_public_acls || account.block_public_acls),
        ("IgnorePublicAcls", bucket.ignore_public_acls || account.ignore_public_acls),
        ("BlockPublicPolicy", bucket.block_public_policy || account.block_public_policy),
        (
            "RestrictPublicBuckets",
            bucket.restrict_public_buckets || account.restrict_public_buckets,
        ),
    ];
    settings.into_iter().filter(|(_, on)| !on).map(|(name, _)| name).collect()
}

impl ResourceControl for BucketAccessBlock {
    type Resource = Bucket;
    type Parameters = NoParameters;

    fn evaluate(bucket: &Subject<'_, Bucket>, view: &View<'_>, _: &NoParameters) -> Assessed {
        let own = view.of::<BucketPublicAccessBlock>(bucket).map(|block| block.0);
        let whole = view.account::<AccountPublicAccessBlock>().map(|block| block.0);
        let evidence = json!({ "bucket": own.as_ref().ok(), "account": whole.as_ref().ok() });
        let all_on = |block: PublicAccessBlock| off(block, PublicAccessBlock::default()).is_empty();
        let verdict = match (own, whole) {
            (Ok(own), _) if all_on(own) => {
                Verdict::compliant("Public access is blocked at the bucket.")
            }
            (Err(why), _) if why.is_not_found() => return Err(why),
            (_, Ok(whole)) if all_on(whole) => {
                Verdict::compliant("Public access is blocked for the whole account.")
            }
            (Ok(own), Ok(whole)) => match off(own, whole).as_slice() {
                [] => Verdict::compliant(
                    "Public access is blocked, by settings of the bucket and of the account \
                     together.",
                ),
                off => Verdict::non_compliant(format!(
                    "Off at the bucket and at the account: {}.",
                    off.join(", ")
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
            blocks("all settings at the bucket", all, none).passes("a", "at the bucket"),
            blocks("all settings at the account", none, all).passes("a", "for the whole account"),
            blocks("two settings at the bucket and two at the account", acls, policies)
                .passes("a", "together"),
            blocks("nothing set", none, none).fails(
                "a",
                "BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets",
            ),
            blocks(
                "one setting missing at both",
                acls,
                PublicAccessBlock { block_public_policy: true, ..acls },
            )
            .fails("a", "Off at the bucket and at the account: RestrictPublicBuckets."),
            unread_bucket(
                start("the bucket may not be read and the account blocks")
                    .account(AccountPublicAccessBlock(all)),
            )
            .passes("a", "for the whole account"),
            unread_bucket(
                start("the bucket may not be read and the account does not block")
                    .account(AccountPublicAccessBlock(acls)),
            )
            .not_assessed("a", "access denied to s3:GetPublicAccessBlock"),
            unread_account(
                start("the account's settings may not be read and the bucket blocks")
                    .resource("a", BucketPublicAccessBlock(all)),
            )
            .passes("a", "at the bucket"),
            unread_account(
                start("the account's settings may not be read and the bucket does not block")
                    .resource("a", BucketPublicAccessBlock(none)),
            )
            .not_assessed("a", "access denied to s3control:GetPublicAccessBlock"),
            start("the only bucket was deleted while the account was read")
                .answer(
                    Key::resource(FactKind::BucketPublicAccessBlock, REGION, "a"),
                    Err(ReadError::new("s3:GetPublicAccessBlock", Cause::NotFound, "NoSuchBucket")),
                )
                .account(AccountPublicAccessBlock(none))
                .expect(Compliance::Compliant, "no buckets"),
            Example::new("no buckets")
                .account(Buckets(Vec::new()))
                .expect(Compliance::Compliant, "no buckets to evaluate"),
            Example::new("the buckets may not be listed")
                .denied(Key::account(FactKind::Buckets))
                .expect(Compliance::NotAssessed, "s3:ListBuckets"),
        ];
        [own, out_of_reach()].concat()
    }
}
