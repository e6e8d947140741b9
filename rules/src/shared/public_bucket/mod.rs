//! Decides whether a bucket is public through its ACL or its policy.

pub(crate) mod examples;

use plumbline_core::facts::{
    AccountPublicAccessBlock, Bucket, BucketAcl, BucketPolicy, BucketPolicyStatus,
    BucketPublicAccessBlock, PublicAccessBlock,
};
use plumbline_core::policy::{Policy, PolicyAnswer, Public, public};
use plumbline_core::prelude::*;
use serde_json::json;

use super::buckets::block_public_access;
use super::policies::not_understood;
use super::trails::buckets;

/// Whether the bucket is public through its ACL, or through its policy, with a clause of the
/// reason.
enum AccessPath {
    Closed(String),
    Open(String),
    Unknown(NotAssessed),
}

/// Whether the ACL, or the policy, makes the bucket public, with a clause of the reason.
type PublicClause = Result<(bool, String), NotAssessed>;

impl AccessPath {
    /// Returns the clause on the ACL or the policy, unless S3 Block Public Access neutralizes it.
    /// `setting` is the name of the setting, `on` the level at which the setting is enabled, if
    /// any.
    fn of(clause: PublicClause, setting: &str, on: Result<Option<&str>, NotAssessed>) -> Self {
        match (clause, on) {
            (Ok((false, clause)), _) => Self::Closed(clause),
            (_, Ok(Some(level))) => Self::Closed(format!("{setting} is enabled {level}")),
            (Ok((true, clause)), Ok(None)) => Self::Open(clause),
            (Err(why), _) | (_, Err(why)) => Self::Unknown(why),
        }
    }
}

/// Returns the level at which a setting of S3 Block Public Access is enabled. A level that cannot
/// be read matters only if the setting is not enabled at the other level.
fn level(
    setting: fn(PublicAccessBlock) -> bool,
    bucket: &Result<PublicAccessBlock, NotAssessed>,
    account: &Result<PublicAccessBlock, NotAssessed>,
) -> Result<Option<&'static str>, NotAssessed> {
    match (bucket, account) {
        (Ok(bucket), _) if setting(*bucket) => Ok(Some("for the bucket")),
        (_, Ok(account)) if setting(*account) => Ok(Some("for the account")),
        (Ok(_), Ok(_)) => Ok(None),
        (Err(why), _) | (_, Err(why)) => Err(why.clone()),
    }
}

/// Returns the cause of an unknown fact, as a part of a sentence.
fn cause(why: &NotAssessed) -> String {
    match why {
        NotAssessed::ReadFailed(error) => error.to_string(),
        other => {
            let reason = other.reason();
            let reason = reason.strip_prefix("Not assessed: ").unwrap_or(&reason);
            reason.trim_end_matches('.').to_owned()
        }
    }
}

fn of_acl(acl: &BucketAcl) -> (bool, String) {
    let grants: Vec<String> = acl
        .public
        .iter()
        .map(|grant| format!("{} to {}", grant.permission, grant.to.as_str()))
        .collect();
    if grants.is_empty() {
        (false, "the ACL grants no public access".to_owned())
    } else {
        (true, format!("the ACL grants {}", grants.join(" and ")))
    }
}

/// Combines the verdicts of AWS (`aws`) and of Plumbline (`read`) on the policy. Both are `None`
/// for a bucket without a policy.
fn of_policy(
    aws: Result<Option<bool>, NotAssessed>,
    read: Result<Option<PolicyAnswer<Public>>, NotAssessed>,
    literal: bool,
) -> PublicClause {
    let detail = |answer: &PolicyAnswer<Public>| answer.detail.trim_end_matches('.').to_owned();
    match (aws, read) {
        (Ok(Some(true)), Ok(Some(read))) if read.verdict == Public::Public => {
            Ok((true, format!("the policy is public: {}", detail(&read))))
        }
        (Ok(Some(true)), Ok(Some(read))) => Ok((
            true,
            format!(
                "AWS reports the policy as public, but Plumbline's evaluation differs: {}",
                detail(&read)
            ),
        )),
        (Ok(Some(true)), Ok(None)) => {
            Ok((true, "AWS reports the policy as public, but no policy was found".to_owned()))
        }
        (Ok(Some(true)), Err(why)) => Ok((
            true,
            format!(
                "AWS reports the policy as public, and the policy could not be evaluated ({})",
                cause(&why)
            ),
        )),
        (_, Ok(Some(read))) if literal && read.verdict == Public::Public => {
            Ok((true, format!("the policy, evaluated literally, is public: {}", detail(&read))))
        }
        (Ok(Some(false)), Ok(Some(read))) if read.verdict == Public::Public => Ok((
            false,
            format!(
                "AWS reports the policy as not public, but Plumbline's evaluation differs: {}",
                detail(&read)
            ),
        )),
        (Ok(Some(false)), Err(why)) if literal => Err(why),
        (Ok(Some(false)), _) => Ok((false, "the policy is not public".to_owned())),
        // AWS has no verdict, or its verdict could not be read: the policy text decides.
        (_, Ok(Some(read))) if read.verdict == Public::Public => {
            Ok((true, format!("the policy is public: {}", detail(&read))))
        }
        (_, Ok(Some(_))) => Ok((false, "the policy is not public".to_owned())),
        (Ok(None), Err(why @ NotAssessed::Undetermined(_))) => Err(why),
        (Ok(None), _) | (_, Ok(None)) => Ok((false, "the bucket has no policy".to_owned())),
        (Err(why), Err(_)) => Err(why),
    }
}

/// Joins clauses to a sentence.
fn sentence(clauses: &[String]) -> String {
    let text = clauses.join(", and ");
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// Decides whether a bucket of a trail is public. With `literal`, any Allow for all principals is
/// public, regardless of its conditions and of S3 Block Public Access.
pub(crate) fn evaluate(bucket: &Subject<'_, Bucket>, view: &View<'_>, literal: bool) -> Assessed {
    let name = &bucket.name;
    let acl = view.of::<BucketAcl>(bucket);
    let aws = view.of::<BucketPolicyStatus>(bucket).map(|status| status.public);
    let document = view.of::<BucketPolicy>(bucket).map(|policy| policy.document.as_deref());
    let own = view.of::<BucketPublicAccessBlock>(bucket).map(|block| block.0);
    let whole = view.account::<AccountPublicAccessBlock>().map(|block| block.0);
    let errors =
        [acl.as_ref().err(), aws.as_ref().err(), document.as_ref().err(), own.as_ref().err()];
    if errors.into_iter().flatten().any(NotAssessed::is_not_found) {
        return Ok(buckets::missing_bucket(name));
    }
    let read = document.and_then(|document| {
        let not_parsed = |error| {
            NotAssessed::Undetermined(format!("the bucket policy is not understood: {error}."))
        };
        let answer = |text| {
            let answer = public(&Policy::parse(text).map_err(not_parsed)?, literal);
            match answer.verdict {
                Public::Undetermined => Err(not_understood(&answer)),
                Public::Public | Public::NotPublic => Ok(answer),
            }
        };
        document.map(answer).transpose()
    });
    let ignores = level(|block| block.ignore_public_acls, &own, &whole);
    let restricts = level(|block| block.restrict_public_buckets, &own, &whole);
    let in_words = |public| if public { Public::Public } else { Public::NotPublic };
    let evidence = json!({
        "acl": acl.as_ref().ok().map(|acl| &acl.public),
        "policy_by_aws": aws.as_ref().ok().copied().flatten().map(in_words),
        "policy_by_plumbline": read.as_ref().ok(),
        "ignore_public_acls": ignores.as_ref().ok().map(|level| level.unwrap_or("off")),
        "restrict_public_buckets": restricts.as_ref().ok().map(|level| level.unwrap_or("off")),
    });
    let acl = AccessPath::of(acl.map(of_acl), "IgnorePublicAcls", ignores);
    let policy = AccessPath::of(
        of_policy(aws, read, literal),
        "RestrictPublicBuckets",
        if literal { Ok(None) } else { restricts },
    );
    // Evaluated literally, a policy is public regardless of S3 Block Public Access.
    let is_blockable = !(literal && matches!(policy, AccessPath::Open(_)));
    let verdict = match (acl, policy) {
        (AccessPath::Open(acl), AccessPath::Open(policy)) => {
            Verdict::non_compliant(sentence(&[acl, policy]))
        }
        (AccessPath::Open(one), _) | (_, AccessPath::Open(one)) => {
            Verdict::non_compliant(sentence(&[one]))
        }
        (AccessPath::Unknown(why), _) | (_, AccessPath::Unknown(why)) => return Err(why),
        (AccessPath::Closed(acl), AccessPath::Closed(policy)) => {
            Verdict::compliant(sentence(&[acl, policy]))
        }
    };
    let verdict = verdict.evidence(evidence);
    Ok(if is_blockable { verdict.command(block_public_access(name)) } else { verdict })
}
