//! Buckets of trails, public and not.

use plumbline_core::facts::{
    AccountPublicAccessBlock, BucketAcl, BucketPolicy, BucketPolicyStatus, BucketPublicAccessBlock,
    PublicAccessBlock, PublicGrant, PublicGroup, Trails,
};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::trails::examples;

/// All examples.
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
    // Everything but ACL and policy, with the block at the bucket and at the account.
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
            "The ACL \
             grants nothing to everyone, and there is no policy.",
        ),
        passes(
            policy(
                plain("a policy for the organization").resource("logs", no_grants()),
                organization(),
                Some(false),
            ),
            "The ACL grants nothing to everyone, and the policy is not public.",
        ),
        fails(reads(plain("an ACL for everyone")), "The ACL grants READ to AllUsers."),
        fails(
            reads(
                examples::archive("an ACL for everyone on the bucket of the organization's trail")
                    .resource("logs", BucketPublicAccessBlock(off))
                    .account(AccountPublicAccessBlock(off)),
            ),
            "The ACL grants READ to AllUsers.",
        ),
        fails(
            no_policy(
                plain("an ACL for everyone with an AWS account")
                    .resource("logs", grant(PublicGroup::AuthenticatedUsers, "WRITE_ACP")),
            ),
            "The ACL grants WRITE_ACP to AuthenticatedUsers.",
        ),
        fails(
            opened(plain("a policy for everyone")),
            "The policy is public: Statement 'Open' \
             allows all principals.",
        ),
        fails(
            policy(
                plain("an ACL and a policy for everyone")
                    .resource("logs", grant(PublicGroup::AllUsers, "FULL_CONTROL")),
                open(),
                Some(true),
            ),
            "The ACL grants FULL_CONTROL to AllUsers, and the policy is public: Statement 'Open'",
        ),
        fails(
            policy(
                plain("a condition that does not narrow").resource("logs", no_grants()),
                allow(json!({ "StringLike": { "aws:PrincipalOrgID": "o-*" } })),
                Some(true),
            ),
            "has a value that is not fixed",
        ),
        passes(
            reads(blocks("an ACL for everyone, ignored at the bucket", acls, off)),
            "IgnorePublicAcls is on at the bucket",
        ),
        passes(
            reads(blocks("an ACL for everyone, ignored in the account", off, acls)),
            "IgnorePublicAcls is on for the account",
        ),
        fails(
            reads(blocks(
                "an ACL for everyone, and only policies are restricted",
                policies,
                policies,
            )),
            "The ACL grants READ",
        ),
        passes(
            opened(blocks("a policy for everyone, restricted at the bucket", policies, off)),
            "RestrictPublicBuckets is on at the bucket",
        ),
        passes(
            opened(blocks("a policy for everyone, restricted in the account", off, policies)),
            "RestrictPublicBuckets is on for the account",
        ),
        fails(
            opened(blocks("a policy for everyone, and only ACLs are ignored", acls, acls)),
            "The \
             policy is public",
        ),
        fails(
            policy(
                plain("AWS finds public what our reading does not").resource("logs", no_grants()),
                organization(),
                Some(true),
            ),
            "AWS calls the policy public, though our reading differs: No statement grants \
             public access.",
        ),
        passes(
            policy(
                plain("our reading finds public what AWS does not").resource("logs", no_grants()),
                open(),
                Some(false),
            ),
            "AWS calls the policy not public, though our reading differs: Statement 'Open' allows \
             all principals.",
        ),
        fails(
            policy(
                plain("a policy that was deleted meanwhile").resource("logs", no_grants()),
                BucketPolicy::default(),
                Some(true),
            ),
            "though none could be read",
        ),
        fails(
            policy(
                plain("a policy that was put meanwhile").resource("logs", no_grants()),
                open(),
                None,
            ),
            "The policy is public: Statement 'Open'",
        ),
        passes(
            policy(
                plain("a policy that cannot be understood, and AWS's verdict")
                    .resource("logs", no_grants()),
                BucketPolicy { document: Some("{".to_owned()) },
                Some(false),
            ),
            "the policy is not public",
        ),
        not_assessed(
            plain("a policy that cannot be understood, without AWS's verdict")
                .resource("logs", no_grants())
                .resource("logs", BucketPolicy { document: Some("{".to_owned()) })
                .denied(unread(FactKind::BucketPolicyStatus)),
            "access denied to s3:GetBucketPolicyStatus",
        ),
        fails(
            plain("a policy for everyone, without AWS's verdict")
                .resource("logs", no_grants())
                .resource("logs", open())
                .denied(unread(FactKind::BucketPolicyStatus)),
            "The policy is public: Statement 'Open'",
        ),
        passes(
            plain("a policy for the organization, without AWS's verdict")
                .resource("logs", no_grants())
                .resource("logs", organization())
                .denied(unread(FactKind::BucketPolicyStatus)),
            "the policy is not public",
        ),
        not_assessed(
            plain("a policy that was put meanwhile and cannot be understood")
                .resource("logs", no_grants())
                .resource("logs", BucketPolicy { document: Some("{".to_owned()) })
                .resource("logs", status(None)),
            "the bucket policy cannot be understood",
        ),
        passes(
            plain("no policy, without AWS's verdict")
                .resource("logs", no_grants())
                .resource("logs", BucketPolicy::default())
                .denied(unread(FactKind::BucketPolicyStatus)),
            "there is no policy",
        ),
        passes(
            plain("AWS's verdict alone, and it is good")
                .resource("logs", no_grants())
                .resource("logs", status(Some(false)))
                .denied(unread(FactKind::BucketPolicy)),
            "the policy is not public",
        ),
        fails(
            plain("AWS's verdict alone, and it is bad")
                .resource("logs", no_grants())
                .resource("logs", status(Some(true)))
                .denied(unread(FactKind::BucketPolicy)),
            "AWS calls the policy public, and its text is not known",
        ),
        passes(
            plain("AWS's verdict alone, and there is no policy")
                .resource("logs", no_grants())
                .resource("logs", status(None))
                .denied(unread(FactKind::BucketPolicy)),
            "there is no policy",
        ),
        not_assessed(
            plain("neither the policy nor AWS's verdict may be read")
                .resource("logs", no_grants())
                .denied(unread(FactKind::BucketPolicy))
                .denied(unread(FactKind::BucketPolicyStatus)),
            "access denied to s3:GetBucketPolicyStatus",
        ),
        passes(
            blocks("neither may be read, and policies are restricted", policies, off)
                .resource("logs", no_grants())
                .denied(unread(FactKind::BucketPolicy))
                .denied(unread(FactKind::BucketPolicyStatus)),
            "RestrictPublicBuckets is on at the bucket",
        ),
        not_assessed(
            no_policy(plain("an ACL that may not be read").denied(unread(FactKind::BucketAcl))),
            "access denied to s3:GetBucketAcl",
        ),
        passes(
            no_policy(
                blocks("an ACL that may not be read, and is ignored", acls, off)
                    .denied(unread(FactKind::BucketAcl)),
            ),
            "IgnorePublicAcls is on at the bucket, and there is no policy",
        ),
        fails(
            policy(
                plain("an ACL that may not be read, and a policy for everyone")
                    .denied(unread(FactKind::BucketAcl)),
                open(),
                Some(true),
            ),
            "The policy is public: Statement 'Open'",
        ),
        fails(
            plain("a policy that may not be read, and an ACL for everyone")
                .resource("logs", grant(PublicGroup::AllUsers, "READ"))
                .denied(unread(FactKind::BucketPolicy))
                .denied(unread(FactKind::BucketPolicyStatus)),
            "The ACL grants READ to AllUsers.",
        ),
        passes(
            no_policy(
                examples::own_bucket("no block may be read, and none is needed")
                    .resource("logs", no_grants())
                    .denied(unread(FactKind::BucketPublicAccessBlock))
                    .denied(Key::account(FactKind::AccountPublicAccessBlock)),
            ),
            "The ACL grants nothing to everyone",
        ),
        passes(
            reads(
                examples::own_bucket(
                    "the bucket's block may not be read, and the account ignores \
                     ACLs",
                )
                .denied(unread(FactKind::BucketPublicAccessBlock))
                .account(AccountPublicAccessBlock(acls)),
            ),
            "IgnorePublicAcls is on for the account",
        ),
        passes(
            opened(
                examples::own_bucket(
                    "the account's block may not be read, and the bucket \
                     restricts policies",
                )
                .resource("logs", BucketPublicAccessBlock(policies))
                .denied(Key::account(FactKind::AccountPublicAccessBlock)),
            ),
            "RestrictPublicBuckets is on at the bucket",
        ),
        not_assessed(
            reads(
                examples::own_bucket(
                    "the bucket's block may not be read, and the account's does \
                     not help",
                )
                .denied(unread(FactKind::BucketPublicAccessBlock))
                .account(AccountPublicAccessBlock(policies)),
            ),
            "access denied to s3:GetPublicAccessBlock",
        ),
        not_assessed(
            opened(
                examples::own_bucket(
                    "the account's block may not be read, and the bucket's does \
                     not help",
                )
                .resource("logs", BucketPublicAccessBlock(acls))
                .denied(Key::account(FactKind::AccountPublicAccessBlock)),
            ),
            "access denied to s3control:GetPublicAccessBlock",
        ),
        fails(
            policy(
                examples::own_bucket("an ACL for everyone beside a policy for the organization")
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
                blocks("a policy for the organization, literally", policies, policies)
                    .resource("logs", no_grants()),
                organization(),
                Some(false),
            ),
            "The policy, taken literally, is public: Statement 'Open' allows all principals; its \
             conditions are not considered.",
        )
        .parameter("literal", "true"),
        passes(
            no_policy(plain("no policy, literally").resource("logs", no_grants())),
            "there is \
             no policy",
        )
        .parameter("literal", "true"),
        not_assessed(
            plain("AWS's verdict alone, literally")
                .resource("logs", no_grants())
                .resource("logs", status(Some(false)))
                .denied(unread(FactKind::BucketPolicy)),
            "access denied to s3:GetBucketPolicy",
        )
        .parameter("literal", "true"),
        fails(
            no_policy(
                plain("the bucket was deleted while it was read").resource("logs", no_grants()),
            )
            .answer(
                unread(FactKind::BucketPolicy),
                Err(ReadError::new("s3:GetBucketPolicy", Cause::NotFound, "NoSuchBucket")),
            ),
            "Bucket logs does not exist",
        ),
        no_policy(plain("one of two trails may not be described").resource("logs", no_grants()))
            .account(Trails(vec![examples::trail("main"), examples::trail("other")]))
            .denied(Key::resource(FactKind::TrailSettings, REGION, examples::arn("other")))
            .passes("logs", "The ACL grants nothing to everyone")
            .not_assessed("other", "cloudtrail:DescribeTrails"),
    ]
}
