//! Examples of 3.3: public and private buckets of trails.

use plumbline_core::facts::{
    AccountPublicAccessBlock, BucketAcl, BucketPolicy, BucketPolicyStatus, BucketPublicAccessBlock,
    PublicAccessBlock, PublicGrant, PublicGroup, Trails,
};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::trails::examples;

/// Returns all examples.
pub(crate) fn all() -> Vec<Example> {
    let no_grants = BucketAcl::default;
    let grant = |to, permission: &str| BucketAcl {
        public: vec![PublicGrant { to, permission: permission.to_owned() }],
    };
    let off = PublicAccessBlock::default();
    let acls = PublicAccessBlock { ignore_public_acls: true, ..off };
    let policies = PublicAccessBlock { restrict_public_buckets: true, ..off };
    let allow = |condition: serde_json::Value| {
        let statement = json!({ "Sid": "Open", "Effect": "Allow", "Principal": "*",
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*", "Condition": condition });
        BucketPolicy {
            document: Some(
                json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string(),
            ),
        }
    };
    let open = || allow(json!({}));
    let organization =
        || allow(json!({ "StringEquals": { "aws:PrincipalOrgID": "o-a1b2c3d4e5" } }));
    let status = |public| BucketPolicyStatus { public };
    let unread = |kind| Key::resource(kind, REGION, "logs");
    // An example with S3 Block Public Access settings for the bucket and the account, without ACL
    // and policy.
    let blocks = |situation, bucket, account| {
        examples::own_bucket(situation)
            .resource("logs", BucketPublicAccessBlock(bucket))
            .account(AccountPublicAccessBlock(account))
    };
    let plain = |situation| blocks(situation, off, off);
    let policy = |example: Example, document: BucketPolicy, public| {
        example.resource("logs", document).resource("logs", status(public))
    };
    let no_policy = |example: Example| policy(example, BucketPolicy::default(), None);
    let reads = |example: Example| {
        no_policy(example.resource("logs", grant(PublicGroup::AllUsers, "READ")))
    };
    let opened =
        |example: Example| policy(example.resource("logs", no_grants()), open(), Some(true));
    let passes = |example: Example, reason: &str| example.passes("logs", reason);
    let fails = |example: Example, reason: &str| example.fails("logs", reason);
    let not_assessed = |example: Example, reason: &str| example.not_assessed("logs", reason);
    vec![
        passes(
            no_policy(plain("no grant and no policy").resource("logs", no_grants())),
            "The ACL grants no public access, and the bucket has no policy.",
        ),
        passes(
            policy(
                plain("a policy for the organization").resource("logs", no_grants()),
                organization(),
                Some(false),
            ),
            "The ACL grants no public access, and the policy is not public.",
        ),
        fails(reads(plain("a public ACL")), "The ACL grants READ to AllUsers."),
        fails(
            reads(
                examples::archive("a public ACL on the bucket of the organization trail")
                    .resource("logs", BucketPublicAccessBlock(off))
                    .account(AccountPublicAccessBlock(off)),
            ),
            "The ACL grants READ to AllUsers.",
        ),
        fails(
            no_policy(
                plain("an ACL for AuthenticatedUsers")
                    .resource("logs", grant(PublicGroup::AuthenticatedUsers, "WRITE_ACP")),
            ),
            "The ACL grants WRITE_ACP to AuthenticatedUsers.",
        ),
        fails(opened(plain("a public policy")), "The policy is public: Statement 'Open'"),
        fails(
            policy(
                plain("a public ACL and a public policy")
                    .resource("logs", grant(PublicGroup::AllUsers, "FULL_CONTROL")),
                open(),
                Some(true),
            ),
            "The ACL grants FULL_CONTROL to AllUsers, and the policy is public: Statement 'Open'",
        ),
        fails(
            policy(
                plain("a condition that does not limit access").resource("logs", no_grants()),
                allow(json!({ "StringLike": { "aws:PrincipalOrgID": "o-*" } })),
                Some(true),
            ),
            "The policy is public: Statement 'Open'",
        ),
        passes(
            reads(blocks("a public ACL, IgnorePublicAcls enabled for the bucket", acls, off)),
            "IgnorePublicAcls is enabled for the bucket",
        ),
        passes(
            reads(blocks("a public ACL, IgnorePublicAcls enabled for the account", off, acls)),
            "IgnorePublicAcls is enabled for the account",
        ),
        fails(
            reads(blocks("a public ACL, only RestrictPublicBuckets enabled", policies, policies)),
            "The ACL grants READ",
        ),
        passes(
            opened(blocks(
                "a public policy, RestrictPublicBuckets enabled for the bucket",
                policies,
                off,
            )),
            "RestrictPublicBuckets is enabled for the bucket",
        ),
        passes(
            opened(blocks(
                "a public policy, RestrictPublicBuckets enabled for the account",
                off,
                policies,
            )),
            "RestrictPublicBuckets is enabled for the account",
        ),
        fails(
            opened(blocks("a public policy, only IgnorePublicAcls enabled", acls, acls)),
            "The policy is public",
        ),
        fails(
            policy(
                plain("a policy that only AWS reports as public").resource("logs", no_grants()),
                organization(),
                Some(true),
            ),
            "AWS reports the policy as public, but Plumbline's evaluation differs: No statement",
        ),
        passes(
            policy(
                plain("a policy that only Plumbline evaluates as public")
                    .resource("logs", no_grants()),
                open(),
                Some(false),
            ),
            "AWS reports the policy as not public, but Plumbline's evaluation differs: Statement \
             'Open'",
        ),
        fails(
            policy(
                plain("a policy that was deleted during the scan").resource("logs", no_grants()),
                BucketPolicy::default(),
                Some(true),
            ),
            "but no policy was found",
        ),
        fails(
            policy(
                plain("a policy that was added during the scan").resource("logs", no_grants()),
                open(),
                None,
            ),
            "The policy is public: Statement 'Open'",
        ),
        passes(
            policy(
                plain("a policy that is not understood, with the verdict of AWS")
                    .resource("logs", no_grants()),
                BucketPolicy { document: Some("{".to_owned()) },
                Some(false),
            ),
            "the policy is not public",
        ),
        not_assessed(
            plain("a policy that is not understood, without the verdict of AWS")
                .resource("logs", no_grants())
                .resource("logs", BucketPolicy { document: Some("{".to_owned()) })
                .denied(unread(FactKind::BucketPolicyStatus)),
            "s3:GetBucketPolicyStatus",
        ),
        fails(
            plain("a public policy, without the verdict of AWS")
                .resource("logs", no_grants())
                .resource("logs", open())
                .denied(unread(FactKind::BucketPolicyStatus)),
            "The policy is public: Statement 'Open'",
        ),
        passes(
            plain("a policy for the organization, without the verdict of AWS")
                .resource("logs", no_grants())
                .resource("logs", organization())
                .denied(unread(FactKind::BucketPolicyStatus)),
            "the policy is not public",
        ),
        not_assessed(
            plain("a policy that was added during the scan and is not understood")
                .resource("logs", no_grants())
                .resource("logs", BucketPolicy { document: Some("{".to_owned()) })
                .resource("logs", status(None)),
            "the bucket policy is not understood",
        ),
        passes(
            plain("no policy, without the verdict of AWS")
                .resource("logs", no_grants())
                .resource("logs", BucketPolicy::default())
                .denied(unread(FactKind::BucketPolicyStatus)),
            "the bucket has no policy",
        ),
        passes(
            plain("access denied to GetBucketPolicy, not public according to AWS")
                .resource("logs", no_grants())
                .resource("logs", status(Some(false)))
                .denied(unread(FactKind::BucketPolicy)),
            "the policy is not public",
        ),
        fails(
            plain("access denied to GetBucketPolicy, public according to AWS")
                .resource("logs", no_grants())
                .resource("logs", status(Some(true)))
                .denied(unread(FactKind::BucketPolicy)),
            "AWS reports the policy as public, and the policy could not be evaluated (access",
        ),
        fails(
            plain("a policy that is not JSON, public according to AWS")
                .resource("logs", no_grants())
                .resource("logs", status(Some(true)))
                .resource("logs", BucketPolicy { document: Some("{".to_owned()) }),
            "could not be evaluated (the bucket policy is not understood",
        ),
        passes(
            plain("access denied to GetBucketPolicy, no policy according to AWS")
                .resource("logs", no_grants())
                .resource("logs", status(None))
                .denied(unread(FactKind::BucketPolicy)),
            "the bucket has no policy",
        ),
        not_assessed(
            plain("access denied to GetBucketPolicy and GetBucketPolicyStatus")
                .resource("logs", no_grants())
                .denied(unread(FactKind::BucketPolicy))
                .denied(unread(FactKind::BucketPolicyStatus)),
            "s3:GetBucketPolicyStatus",
        ),
        passes(
            blocks(
                "access denied to GetBucketPolicy and GetBucketPolicyStatus, RestrictPublicBuckets \
                 enabled",
                policies,
                off,
            )
            .resource("logs", no_grants())
            .denied(unread(FactKind::BucketPolicy))
            .denied(unread(FactKind::BucketPolicyStatus)),
            "RestrictPublicBuckets is enabled for the bucket",
        ),
        not_assessed(
            no_policy(plain("access denied to GetBucketAcl").denied(unread(FactKind::BucketAcl))),
            "s3:GetBucketAcl",
        ),
        passes(
            no_policy(
                blocks("access denied to GetBucketAcl, IgnorePublicAcls enabled", acls, off)
                    .denied(unread(FactKind::BucketAcl)),
            ),
            "IgnorePublicAcls is enabled for the bucket, and the bucket has no policy",
        ),
        fails(
            policy(
                plain("access denied to GetBucketAcl, a public policy")
                    .denied(unread(FactKind::BucketAcl)),
                open(),
                Some(true),
            ),
            "The policy is public: Statement 'Open'",
        ),
        fails(
            plain("access denied to GetBucketPolicy and GetBucketPolicyStatus, a public ACL")
                .resource("logs", grant(PublicGroup::AllUsers, "READ"))
                .denied(unread(FactKind::BucketPolicy))
                .denied(unread(FactKind::BucketPolicyStatus)),
            "The ACL grants READ to AllUsers.",
        ),
        passes(
            no_policy(
                examples::own_bucket(
                    "access denied to both S3 Block Public Access settings, a private bucket",
                )
                .resource("logs", no_grants())
                .denied(unread(FactKind::BucketPublicAccessBlock))
                .denied(Key::account(FactKind::AccountPublicAccessBlock)),
            ),
            "The ACL grants no public access",
        ),
        passes(
            reads(
                examples::own_bucket(
                    "access denied to the settings of the bucket, IgnorePublicAcls enabled for the \
                     account",
                )
                .denied(unread(FactKind::BucketPublicAccessBlock))
                .account(AccountPublicAccessBlock(acls)),
            ),
            "IgnorePublicAcls is enabled for the account",
        ),
        passes(
            opened(
                examples::own_bucket(
                    "access denied to the settings of the account, RestrictPublicBuckets enabled \
                     for the bucket",
                )
                .resource("logs", BucketPublicAccessBlock(policies))
                .denied(Key::account(FactKind::AccountPublicAccessBlock)),
            ),
            "RestrictPublicBuckets is enabled for the bucket",
        ),
        not_assessed(
            reads(
                examples::own_bucket("a public ACL, access denied to the settings of the bucket")
                    .denied(unread(FactKind::BucketPublicAccessBlock))
                    .account(AccountPublicAccessBlock(policies)),
            ),
            "s3:GetPublicAccessBlock",
        ),
        not_assessed(
            opened(
                examples::own_bucket(
                    "a public policy, access denied to the settings of the account",
                )
                .resource("logs", BucketPublicAccessBlock(acls))
                .denied(Key::account(FactKind::AccountPublicAccessBlock)),
            ),
            "s3control:GetPublicAccessBlock",
        ),
        fails(
            policy(
                examples::own_bucket("a public ACL and a policy for the organization")
                    .resource("logs", BucketPublicAccessBlock(off))
                    .account(AccountPublicAccessBlock(off))
                    .resource("logs", grant(PublicGroup::AllUsers, "READ")),
                organization(),
                Some(false),
            ),
            "The ACL grants READ to AllUsers.",
        ),
        fails(
            policy(
                blocks("a policy for the organization, evaluated literally", policies, policies)
                    .resource("logs", no_grants()),
                organization(),
                Some(false),
            ),
            "The policy, evaluated literally, is public: Statement 'Open'",
        )
        .parameter("literal", "true"),
        passes(
            no_policy(plain("no policy, evaluated literally").resource("logs", no_grants())),
            "the bucket has no policy",
        )
        .parameter("literal", "true"),
        not_assessed(
            plain("access denied to GetBucketPolicy, evaluated literally")
                .resource("logs", no_grants())
                .resource("logs", status(Some(false)))
                .denied(unread(FactKind::BucketPolicy)),
            "s3:GetBucketPolicy",
        )
        .parameter("literal", "true"),
        fails(
            no_policy(
                plain("a bucket that was deleted during the scan").resource("logs", no_grants()),
            )
            .answer(
                unread(FactKind::BucketPolicy),
                Err(ReadError::new("s3:GetBucketPolicy", Cause::NotFound, "NoSuchBucket")),
            ),
            "Bucket 'logs' does not exist",
        ),
        no_policy(
            plain("access denied to DescribeTrails for one of two trails")
                .resource("logs", no_grants()),
        )
        .account(Trails(vec![examples::trail("main"), examples::trail("other")]))
        .denied(Key::resource(FactKind::TrailSettings, REGION, examples::arn("other")))
        .passes("logs", "The ACL grants no public access")
        .not_assessed("other", "cloudtrail:DescribeTrails"),
    ]
}
