//! 3.3: logs that only their owner reads.

use plumbline_core::facts::{
    AccountPublicAccessBlock, BucketAcl, BucketPolicy, BucketPolicyStatus, BucketPublicAccessBlock,
    PublicAccessBlock, PublicGrant, PublicGroup, TrailBucket, Trails,
};
use plumbline_core::policy::{Answer, Policy, Public, public};
use plumbline_core::prelude::*;
use serde_json::json;

use super::trails::{self, examples};

plumbline_core::control! {
    /// The buckets that hold the trails' logs are not public.
    ///
    /// ## Why
    /// The logs show every name in the account: users, roles, keys, addresses, what is used and
    /// what is refused. Who reads them knows where to try next; who writes them can hide what was
    /// done.
    ///
    /// ## Decision
    /// For each bucket to which a trail of this account delivers: its ACL grants nothing to
    /// `AllUsers` or `AuthenticatedUsers`, and its policy is not public, unless the block of public
    /// access neutralises it. `IgnorePublicAcls`, at the bucket or for the account, neutralises the
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
    /// bucket that does not exist fails: its name can be claimed by anyone. A bucket that is not of
    /// this account is not assessed here; evaluate it where it is. A trail that cannot be described
    /// is itself not assessed, beside the buckets of the others.
    ///
    /// ## Remediation
    /// Block public access at the bucket. CloudTrail needs none of it.
    ///
    /// ```sh
    /// aws s3api put-public-access-block --bucket BUCKET --public-access-block-configuration \
    ///   BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
    /// ```
    pub struct TrailBucketPublic;
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
    run: Run::each::<TrailBucketPublic>(),
}

plumbline_core::parameters! {
    /// What can be set.
    pub struct Parameters {
        /// Whether any Allow for everyone fails, whatever its conditions and whatever the block of
        /// public access says.
        literal: bool = ("literal", "false"),
    }
}

/// What one of the two ways to be public comes to, with a clause of the reason.
enum Way {
    Closed(String),
    Open(String),
    Unknown(NotAssessed),
}

/// Whether the ACL, or the policy, makes the bucket public, and in what words.
type Told = Result<(bool, String), NotAssessed>;

impl Way {
    /// What is told of the ACL or the policy, unless the block of public access neutralises it:
    /// `setting` is its name there, and the level at which it is on, if at any.
    fn of(told: Told, setting: &str, on: Result<Option<&str>, NotAssessed>) -> Self {
        match (told, on) {
            (Ok((false, told)), _) => Self::Closed(told),
            (_, Ok(Some(level))) => Self::Closed(format!("{setting} is on {level}")),
            (Ok((true, told)), Ok(None)) => Self::Open(told),
            (Err(why), _) | (_, Err(why)) => Self::Unknown(why),
        }
    }
}

/// The level at which a setting of the block of public access is on. One that cannot be read
/// matters only where the setting is not on at the other.
fn level(
    setting: fn(PublicAccessBlock) -> bool,
    bucket: &Result<PublicAccessBlock, NotAssessed>,
    account: &Result<PublicAccessBlock, NotAssessed>,
) -> Result<Option<&'static str>, NotAssessed> {
    match (bucket, account) {
        (Ok(bucket), _) if setting(*bucket) => Ok(Some("at the bucket")),
        (_, Ok(account)) if setting(*account) => Ok(Some("for the account")),
        (Ok(_), Ok(_)) => Ok(None),
        (Err(why), _) | (_, Err(why)) => Err(why.clone()),
    }
}

fn of_acl(acl: &BucketAcl) -> (bool, String) {
    let grants: Vec<String> = acl
        .public
        .iter()
        .map(|grant| format!("{} to {}", grant.permission, grant.to.as_str()))
        .collect();
    if grants.is_empty() {
        (false, "the ACL grants nothing to everyone".to_owned())
    } else {
        (true, format!("the ACL grants {}", grants.join(" and ")))
    }
}

/// What AWS and our reading say of the policy. `aws` and `read` have nothing where the bucket has
/// no policy.
fn of_policy(
    aws: Result<Option<bool>, NotAssessed>,
    read: Result<Option<Answer<Public>>, NotAssessed>,
    literal: bool,
) -> Told {
    let detail = |answer: &Answer<Public>| answer.detail.trim_end_matches('.').to_owned();
    match (aws, read) {
        (Ok(Some(true)), Ok(Some(read))) if read.verdict == Public::Public => {
            Ok((true, format!("the policy is public: {}", detail(&read))))
        }
        (Ok(Some(true)), Ok(Some(read))) => Ok((
            true,
            format!("AWS calls the policy public, though our reading differs: {}", detail(&read)),
        )),
        (Ok(Some(true)), Ok(None)) => {
            Ok((true, "AWS calls the policy public, though none could be read".to_owned()))
        }
        (Ok(Some(true)), Err(why)) => Ok((
            true,
            format!(
                "AWS calls the policy public, and its text is not known ({})",
                why.reason().trim_end_matches('.')
            ),
        )),
        (_, Ok(Some(read))) if literal && read.verdict == Public::Public => {
            Ok((true, format!("the policy, taken literally, is public: {}", detail(&read))))
        }
        (Ok(Some(false)), Ok(Some(read))) if read.verdict == Public::Public => Ok((
            false,
            format!(
                "AWS calls the policy not public, though our reading differs: {}",
                detail(&read)
            ),
        )),
        (Ok(Some(false)), Err(why)) if literal => Err(why),
        (Ok(Some(false)), _) => Ok((false, "the policy is not public".to_owned())),
        // AWS has no verdict, or none that could be read: the text decides.
        (_, Ok(Some(read))) if read.verdict == Public::Public => {
            Ok((true, format!("the policy is public: {}", detail(&read))))
        }
        (_, Ok(Some(_))) => Ok((false, "the policy is not public".to_owned())),
        (Ok(None), Err(why @ NotAssessed::Undetermined(_))) => Err(why),
        (Ok(None), _) | (_, Ok(None)) => Ok((false, "there is no policy".to_owned())),
        (Err(why), Err(_)) => Err(why),
    }
}

/// Two clauses as a sentence.
fn sentence(clauses: &[String]) -> String {
    let text = clauses.join(", and ");
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

impl ResourceControl for TrailBucketPublic {
    type Resource = TrailBucket;
    type Parameters = Parameters;

    fn evaluate(
        TrailBucket(name): &TrailBucket,
        view: &View<'_>,
        Parameters { literal }: &Parameters,
    ) -> Assessed {
        let bucket = match trails::own_bucket::<BucketAcl>(name, view) {
            Ok(bucket) => bucket,
            Err(assessed) => return assessed,
        };
        let acl = view.resource::<BucketAcl>(&bucket.region, name);
        let aws =
            view.resource::<BucketPolicyStatus>(&bucket.region, name).map(|status| status.public);
        let document = view
            .resource::<BucketPolicy>(&bucket.region, name)
            .map(|policy| policy.document.as_deref());
        let own =
            view.resource::<BucketPublicAccessBlock>(&bucket.region, name).map(|block| block.0);
        let whole = view.account::<AccountPublicAccessBlock>().map(|block| block.0);
        let gone =
            [acl.as_ref().err(), aws.as_ref().err(), document.as_ref().err(), own.as_ref().err()];
        if gone.into_iter().flatten().any(trails::is_gone) {
            return Ok(trails::missing_bucket(name));
        }
        let read = document.and_then(|document| {
            let refused = |error| {
                NotAssessed::Undetermined(format!(
                    "the bucket policy cannot be understood: {error}."
                ))
            };
            document
                .map(|text| {
                    Policy::parse(text).map(|policy| public(&policy, *literal)).map_err(refused)
                })
                .transpose()
        });
        let ignores = level(|block| block.ignore_public_acls, &own, &whole);
        let restricts = level(|block| block.restrict_public_buckets, &own, &whole);
        let evidence = json!({
            "acl": acl.as_ref().ok().map(|acl| &acl.public),
            "policy_by_aws": aws.as_ref().ok().copied().flatten().map(|public| if public { Public::Public } else { Public::NotPublic }),
            "policy_by_plumbline": read.as_ref().ok(),
            "ignore_public_acls": ignores.as_ref().ok().map(|level| level.unwrap_or("off")),
            "restrict_public_buckets": restricts.as_ref().ok().map(|level| level.unwrap_or("off")),
        });
        let acl = Way::of(acl.map(of_acl), "IgnorePublicAcls", ignores);
        let policy = Way::of(
            of_policy(aws, read, *literal),
            "RestrictPublicBuckets",
            if *literal { Ok(None) } else { restricts },
        );
        let verdict = match (acl, policy) {
            (Way::Open(acl), Way::Open(policy)) => Verdict::non_compliant(sentence(&[acl, policy])),
            (Way::Open(one), _) | (_, Way::Open(one)) => Verdict::non_compliant(sentence(&[one])),
            (Way::Unknown(why), _) | (_, Way::Unknown(why)) => return Err(why),
            (Way::Closed(acl), Way::Closed(policy)) => Verdict::compliant(sentence(&[acl, policy])),
        };
        Ok(verdict.evidence(evidence))
    }

    fn evaluate_none(view: &View<'_>) -> Assessed {
        trails::no_own_trail(view)
    }

    fn examples() -> Vec<Example> {
        let mut all = situations();
        all.extend(examples::of_buckets(FactKind::BucketAcl, BucketAcl::default()));
        all
    }
}

fn situations() -> Vec<Example> {
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
    let passes =
        |example: Example, reason: &str| example.expect_of("logs", Compliance::Compliant, reason);
    let fails = |example: Example, reason: &str| {
        example.expect_of("logs", Compliance::NonCompliant, reason)
    };
    let open_question =
        |example: Example, reason: &str| example.expect_of("logs", Compliance::NotAssessed, reason);
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
            no_policy(
                plain("an ACL for everyone with an AWS account")
                    .resource("logs", grant(PublicGroup::AuthenticatedUsers, "WRITE_ACP")),
            ),
            "The ACL grants WRITE_ACP to AuthenticatedUsers.",
        ),
        fails(
            opened(plain("a policy for everyone")),
            "The policy is public: Statement 'Open' \
             allows everyone.",
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
            "AWS calls the policy public, though our reading differs: No statement allows \
             everyone.",
        ),
        passes(
            policy(
                plain("our reading finds public what AWS does not").resource("logs", no_grants()),
                open(),
                Some(false),
            ),
            "AWS calls the policy not public, though our reading differs: Statement 'Open' allows \
             everyone.",
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
        open_question(
            plain("a policy that cannot be understood, without AWS's verdict")
                .resource("logs", no_grants())
                .resource("logs", BucketPolicy { document: Some("{".to_owned()) })
                .denied(unread(FactKind::BucketPolicyStatus)),
            "s3:GetBucketPolicyStatus was denied",
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
        open_question(
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
        open_question(
            plain("neither the policy nor AWS's verdict may be read")
                .resource("logs", no_grants())
                .denied(unread(FactKind::BucketPolicy))
                .denied(unread(FactKind::BucketPolicyStatus)),
            "s3:GetBucketPolicyStatus was denied",
        ),
        passes(
            blocks("neither may be read, and policies are restricted", policies, off)
                .resource("logs", no_grants())
                .denied(unread(FactKind::BucketPolicy))
                .denied(unread(FactKind::BucketPolicyStatus)),
            "RestrictPublicBuckets is on at the bucket",
        ),
        open_question(
            no_policy(plain("an ACL that may not be read").denied(unread(FactKind::BucketAcl))),
            "s3:GetBucketAcl was denied",
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
        open_question(
            reads(
                examples::own_bucket(
                    "the bucket's block may not be read, and the account's does \
                     not help",
                )
                .denied(unread(FactKind::BucketPublicAccessBlock))
                .account(AccountPublicAccessBlock(policies)),
            ),
            "s3:GetPublicAccessBlock was denied",
        ),
        open_question(
            opened(
                examples::own_bucket(
                    "the account's block may not be read, and the bucket's does \
                     not help",
                )
                .resource("logs", BucketPublicAccessBlock(acls))
                .denied(Key::account(FactKind::AccountPublicAccessBlock)),
            ),
            "s3control:GetPublicAccessBlock was denied",
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
            "The policy, taken literally, is public: Statement 'Open' allows everyone; its \
             conditions do not count here.",
        )
        .parameter("literal", "true"),
        passes(
            no_policy(plain("no policy, literally").resource("logs", no_grants())),
            "there is \
             no policy",
        )
        .parameter("literal", "true"),
        open_question(
            plain("AWS's verdict alone, literally")
                .resource("logs", no_grants())
                .resource("logs", status(Some(false)))
                .denied(unread(FactKind::BucketPolicy)),
            "s3:GetBucketPolicy was denied",
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
            .expect_of("logs", Compliance::Compliant, "The ACL grants nothing to everyone")
            .expect_of("other", Compliance::NotAssessed, "cloudtrail:DescribeTrails"),
    ]
}
