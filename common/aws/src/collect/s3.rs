//! Facts from Amazon S3.

use aws_sdk_s3::operation::get_bucket_acl::GetBucketAclOutput;
use aws_sdk_s3::operation::get_bucket_encryption::GetBucketEncryptionOutput;
use aws_sdk_s3::operation::get_bucket_versioning::GetBucketVersioningOutput;
use aws_sdk_s3::operation::list_buckets::ListBucketsOutput;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, Grant, MfaDeleteStatus, Type,
};
use plumbline_core::answer::{Answer, Cause, ReadError};
use plumbline_core::aws::{AccountId, Partition, is_region_name};
use plumbline_core::facts::{
    AccountPublicAccessBlock, Bucket, BucketAcl, BucketEncryption, BucketLogging, BucketPolicy,
    BucketPolicyStatus, BucketPublicAccessBlock, BucketVersioning, Buckets, PublicAccessBlock,
    PublicGrant, PublicGroup, VersioningStatus,
};
use plumbline_core::operation::{Operation, s3, s3control};
use tokio::task::JoinSet;

use super::not_found_when;
use crate::session::Session;

/// The page size for buckets. AWS returns the Regions of buckets only if a request has a parameter
/// such as this one.
const BUCKETS_A_PAGE: i32 = 1_000;

/// The error code for a bucket that does not exist.
const NO_SUCH_BUCKET: &str = "NoSuchBucket";

/// The error code for a bucket without default encryption.
const NO_ENCRYPTION: &str = "ServerSideEncryptionConfigurationNotFoundError";

/// The error code for a bucket without a policy.
const NO_POLICY: &str = "NoSuchBucketPolicy";

/// The error code for a bucket or an account without S3 Block Public Access settings.
const NO_PUBLIC_ACCESS_BLOCK: &str = "NoSuchPublicAccessBlockConfiguration";

pub(super) async fn buckets(
    session: &Session,
    account: &AccountId,
    region: &str,
) -> Answer<Buckets> {
    let client = session.s3(region);
    let page = |token| {
        client.list_buckets().max_buckets(BUCKETS_A_PAGE).set_continuation_token(token).send()
    };
    let listed = session
        .list(s3::LIST_BUCKETS, page, ListBucketsOutput::continuation_token, buckets_of)
        .await?;
    let mut locating = JoinSet::new();
    let mut buckets = Vec::new();
    for bucket in listed {
        if bucket.region.is_empty() {
            let (session, account) = (session.clone(), account.clone());
            let region =
                Partition::of_region(region).unwrap_or(Partition::Aws).default_home_region();
            locating.spawn(async move { located(&session, &account, region, bucket).await });
        } else {
            buckets.push(bucket);
        }
    }
    while let Some(bucket) = locating.join_next().await {
        let bucket = bucket.map_err(|error| {
            tracing::error!(%error, "a read ended in a panic");
            ReadError::new(s3::GET_BUCKET_LOCATION.name, Cause::Internal, "InternalError")
        })?;
        buckets.extend(bucket);
    }
    buckets.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(Buckets(buckets))
}

fn buckets_of(page: ListBucketsOutput) -> Answer<Vec<Bucket>> {
    s3::LIST_BUCKETS.require(page.buckets, "the buckets")?.into_iter().map(bucket_of).collect()
}

fn bucket_of(bucket: aws_sdk_s3::types::Bucket) -> Answer<Bucket> {
    let name = s3::LIST_BUCKETS.require_text(bucket.name, "a bucket's name")?;
    Ok(Bucket::new(name, bucket.bucket_region.unwrap_or_default()))
}

/// A bucket that the list contains without a Region, with that Region or the reason why it is not
/// known; `None` if it was deleted meanwhile. Only the partition's first Region responds for
/// buckets in all Regions.
async fn located(
    session: &Session,
    account: &AccountId,
    region: &str,
    bucket: Bucket,
) -> Option<Bucket> {
    let call = session
        .s3(region)
        .get_bucket_location()
        .bucket(&bucket.name)
        .expected_bucket_owner(account.as_str());
    let location = session
        .send(s3::GET_BUCKET_LOCATION, call.send())
        .await
        .map_err(not_found_when(NO_SUCH_BUCKET))
        .and_then(|answer| region_of(answer.location_constraint.as_ref()));
    match location {
        Ok(region) => Some(Bucket { region, ..bucket }),
        Err(unread) if unread.cause == Cause::NotFound => None,
        Err(unread) => Some(Bucket { unlocated: Some(unread), ..bucket }),
    }
}

/// The Region of a location constraint. Buckets in us-east-1 have none, and old buckets in
/// eu-west-1 have `EU`.
fn region_of(constraint: Option<&BucketLocationConstraint>) -> Answer<String> {
    match constraint.map_or("", BucketLocationConstraint::as_str) {
        "" => Ok("us-east-1".to_owned()),
        "EU" => Ok("eu-west-1".to_owned()),
        region if is_region_name(region) => Ok(region.to_owned()),
        other => {
            Err(s3::GET_BUCKET_LOCATION.malformed(format!("the location constraint is '{other}'")))
        }
    }
}

pub(super) async fn versioning(
    session: &Session,
    account: &AccountId,
    region: &str,
    bucket: &str,
) -> Answer<BucketVersioning> {
    let call = session
        .s3(region)
        .get_bucket_versioning()
        .bucket(bucket)
        .expected_bucket_owner(account.as_str());
    let answer = session
        .send(s3::GET_BUCKET_VERSIONING, call.send())
        .await
        .map_err(not_found_when(NO_SUCH_BUCKET))?;
    versioning_of(answer)
}

fn versioning_of(answer: GetBucketVersioningOutput) -> Answer<BucketVersioning> {
    let unknown = |name: &str, value: &str| {
        Err(s3::GET_BUCKET_VERSIONING.malformed(format!("{name} is '{value}'")))
    };
    let status = match answer.status {
        None => None,
        Some(BucketVersioningStatus::Enabled) => Some(VersioningStatus::Enabled),
        Some(BucketVersioningStatus::Suspended) => Some(VersioningStatus::Suspended),
        Some(other) => return unknown("Status", other.as_str()),
    };
    let mfa_delete = match answer.mfa_delete {
        None => None,
        Some(MfaDeleteStatus::Enabled) => Some(true),
        Some(MfaDeleteStatus::Disabled) => Some(false),
        Some(other) => return unknown("MfaDelete", other.as_str()),
    };
    Ok(BucketVersioning { status, mfa_delete })
}

pub(super) async fn encryption(
    session: &Session,
    account: &AccountId,
    region: &str,
    bucket: &str,
) -> Answer<BucketEncryption> {
    let call = session
        .s3(region)
        .get_bucket_encryption()
        .bucket(bucket)
        .expected_bucket_owner(account.as_str());
    match session
        .send(s3::GET_BUCKET_ENCRYPTION, call.send())
        .await
        .map_err(not_found_when(NO_SUCH_BUCKET))
    {
        Ok(answer) => encryption_of(answer),
        Err(unread) if unread.code == NO_ENCRYPTION => Ok(BucketEncryption::default()),
        Err(unread) => Err(unread),
    }
}

fn encryption_of(answer: GetBucketEncryptionOutput) -> Answer<BucketEncryption> {
    let configuration = s3::GET_BUCKET_ENCRYPTION
        .require(answer.server_side_encryption_configuration, "the configuration")?;
    let by_default = configuration
        .rules
        .into_iter()
        .find_map(|rule| rule.apply_server_side_encryption_by_default);
    Ok(BucketEncryption {
        algorithm: by_default.map(|by_default| by_default.sse_algorithm.as_str().to_owned()),
    })
}

pub(super) async fn policy(
    session: &Session,
    account: &AccountId,
    region: &str,
    bucket: &str,
) -> Answer<BucketPolicy> {
    let call = session
        .s3(region)
        .get_bucket_policy()
        .bucket(bucket)
        .expected_bucket_owner(account.as_str());
    match session
        .send(s3::GET_BUCKET_POLICY, call.send())
        .await
        .map_err(not_found_when(NO_SUCH_BUCKET))
    {
        Ok(answer) => s3::GET_BUCKET_POLICY
            .require_text(answer.policy, "the policy")
            .map(|document| BucketPolicy { document: Some(document) }),
        Err(unread) if unread.code == NO_POLICY => Ok(BucketPolicy { document: None }),
        Err(unread) => Err(unread),
    }
}

pub(super) async fn policy_status(
    session: &Session,
    account: &AccountId,
    region: &str,
    bucket: &str,
) -> Answer<BucketPolicyStatus> {
    let call = session
        .s3(region)
        .get_bucket_policy_status()
        .bucket(bucket)
        .expected_bucket_owner(account.as_str());
    match session
        .send(s3::GET_BUCKET_POLICY_STATUS, call.send())
        .await
        .map_err(not_found_when(NO_SUCH_BUCKET))
    {
        Ok(answer) => {
            let public = answer.policy_status.and_then(|status| status.is_public);
            s3::GET_BUCKET_POLICY_STATUS
                .require(public, "the public status of the policy")
                .map(|public| BucketPolicyStatus { public: Some(public) })
        }
        Err(unread) if unread.code == NO_POLICY => Ok(BucketPolicyStatus { public: None }),
        Err(unread) => Err(unread),
    }
}

pub(super) async fn acl(
    session: &Session,
    account: &AccountId,
    region: &str,
    bucket: &str,
) -> Answer<BucketAcl> {
    let call =
        session.s3(region).get_bucket_acl().bucket(bucket).expected_bucket_owner(account.as_str());
    acl_of(
        session
            .send(s3::GET_BUCKET_ACL, call.send())
            .await
            .map_err(not_found_when(NO_SUCH_BUCKET))?,
    )
}

fn acl_of(answer: GetBucketAclOutput) -> Answer<BucketAcl> {
    let grants = s3::GET_BUCKET_ACL
        .require(answer.grants, "the grants")?
        .into_iter()
        .map(public_grant)
        .collect::<Answer<Vec<_>>>()?;
    Ok(BucketAcl { public: grants.into_iter().flatten().collect() })
}

/// A public grant; `None` for other grants. A grant without a grantee might be public, so the ACL
/// is rejected.
fn public_grant(grant: Grant) -> Answer<Option<PublicGrant>> {
    let grantee = s3::GET_BUCKET_ACL.require(grant.grantee, "the grantee of a grant")?;
    let uri = match grantee.r#type {
        Type::CanonicalUser | Type::AmazonCustomerByEmail if grantee.uri.is_none() => {
            return Ok(None);
        }
        Type::CanonicalUser | Type::AmazonCustomerByEmail | Type::Group => {
            s3::GET_BUCKET_ACL.require_text(grantee.uri, "the group of a grant")?
        }
        other => {
            return Err(s3::GET_BUCKET_ACL.malformed(format!("a grant is to a {}", other.as_str())));
        }
    };
    let Some(to) = PublicGroup::of_uri(&uri) else { return Ok(None) };
    let permission = s3::GET_BUCKET_ACL.require(grant.permission, "the permission of a grant")?;
    Ok(Some(PublicGrant { to, permission: permission.as_str().to_owned() }))
}

pub(super) async fn public_access_block(
    session: &Session,
    account: &AccountId,
    region: &str,
    bucket: &str,
) -> Answer<BucketPublicAccessBlock> {
    let call = session
        .s3(region)
        .get_public_access_block()
        .bucket(bucket)
        .expected_bucket_owner(account.as_str());
    let answer = session
        .send(s3::GET_PUBLIC_ACCESS_BLOCK, call.send())
        .await
        .map_err(not_found_when(NO_SUCH_BUCKET));
    let settings = answer.map(|answer| {
        let block = answer.public_access_block_configuration?;
        Some([
            block.block_public_acls,
            block.ignore_public_acls,
            block.block_public_policy,
            block.restrict_public_buckets,
        ])
    });
    block_of(s3::GET_PUBLIC_ACCESS_BLOCK, settings).map(BucketPublicAccessBlock)
}

pub(super) async fn account_public_access_block(
    session: &Session,
    account: &AccountId,
    region: &str,
) -> Answer<AccountPublicAccessBlock> {
    let call = session.s3control(region).get_public_access_block().account_id(account.as_str());
    let settings =
        session.send(s3control::GET_PUBLIC_ACCESS_BLOCK, call.send()).await.map(|answer| {
            let block = answer.public_access_block_configuration?;
            Some([
                block.block_public_acls,
                block.ignore_public_acls,
                block.block_public_policy,
                block.restrict_public_buckets,
            ])
        });
    block_of(s3control::GET_PUBLIC_ACCESS_BLOCK, settings).map(AccountPublicAccessBlock)
}

/// The settings `BlockPublicAcls`, `IgnorePublicAcls`, `BlockPublicPolicy` and
/// `RestrictPublicBuckets` of either API. If no settings exist, all are disabled.
fn block_of(
    operation: Operation,
    settings: Answer<Option<[Option<bool>; 4]>>,
) -> Answer<PublicAccessBlock> {
    let settings = match settings {
        Ok(settings) => operation.require(settings, "the configuration")?,
        Err(unread) if unread.code == NO_PUBLIC_ACCESS_BLOCK => {
            return Ok(PublicAccessBlock::default());
        }
        Err(unread) => return Err(unread),
    };
    let [block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets] =
        settings.map(|setting| setting == Some(true));
    Ok(PublicAccessBlock {
        block_public_acls,
        ignore_public_acls,
        block_public_policy,
        restrict_public_buckets,
    })
}

pub(super) async fn logging(
    session: &Session,
    account: &AccountId,
    region: &str,
    bucket: &str,
) -> Answer<BucketLogging> {
    let call = session
        .s3(region)
        .get_bucket_logging()
        .bucket(bucket)
        .expected_bucket_owner(account.as_str());
    let answer = session
        .send(s3::GET_BUCKET_LOGGING, call.send())
        .await
        .map_err(not_found_when(NO_SUCH_BUCKET))?;
    let target = answer.logging_enabled.map(|logging| {
        s3::GET_BUCKET_LOGGING
            .require_text(Some(logging.target_bucket), "the target bucket of the log")
    });
    Ok(BucketLogging { target: target.transpose()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::types::{Grantee, Permission};

    fn bucket(region: Option<&str>) -> ListBucketsOutput {
        let bucket = aws_sdk_s3::types::Bucket::builder()
            .name("b")
            .set_bucket_region(region.map(str::to_owned))
            .build();
        ListBucketsOutput::builder().buckets(bucket).build()
    }

    #[test]
    fn buckets_have_a_region() {
        assert_eq!(buckets_of(bucket(Some("eu-west-1"))), Ok(vec![Bucket::new("b", "eu-west-1")]));
        assert_eq!(buckets_of(bucket(None)), Ok(vec![Bucket::new("b", "")]), "to be asked for");
        assert_eq!(
            buckets_of(ListBucketsOutput::builder().build()).expect_err("no list").cause,
            Cause::Malformed
        );
        assert_eq!(
            buckets_of(ListBucketsOutput::builder().set_buckets(Some(Vec::new())).build()),
            Ok(Vec::new())
        );
    }

    #[test]
    fn regions_of_location_constraints() {
        let of = |constraint: &str| region_of(Some(&constraint.into()));
        assert_eq!(region_of(None), Ok("us-east-1".to_owned()));
        assert_eq!(of(""), Ok("us-east-1".to_owned()));
        assert_eq!(of("EU"), Ok("eu-west-1".to_owned()));
        assert_eq!(of("mx-central-1"), Ok("mx-central-1".to_owned()));
        assert_eq!(of("nowhere").expect_err("no Region").cause, Cause::Malformed);
    }

    #[test]
    fn versioning_in_known_words_only() {
        let answer = |status: Option<&str>, mfa: Option<&str>| {
            versioning_of(
                GetBucketVersioningOutput::builder()
                    .set_status(status.map(Into::into))
                    .set_mfa_delete(mfa.map(Into::into))
                    .build(),
            )
        };
        assert_eq!(answer(None, None), Ok(BucketVersioning::default()));
        assert_eq!(
            answer(Some("Enabled"), Some("Enabled")),
            Ok(BucketVersioning {
                status: Some(VersioningStatus::Enabled),
                mfa_delete: Some(true)
            })
        );
        assert_eq!(
            answer(Some("Suspended"), Some("Disabled")),
            Ok(BucketVersioning {
                status: Some(VersioningStatus::Suspended),
                mfa_delete: Some(false)
            })
        );
        assert_eq!(answer(Some("On"), None).expect_err("unknown").message, "Status is 'On'");
        assert_eq!(
            answer(Some("Enabled"), Some("On")).expect_err("unknown").cause,
            Cause::Malformed
        );
    }

    #[test]
    fn blocks_of_both_levels() {
        let of = |settings| block_of(s3::GET_PUBLIC_ACCESS_BLOCK, settings);
        let policies = PublicAccessBlock {
            block_public_policy: true,
            restrict_public_buckets: true,
            ..PublicAccessBlock::default()
        };
        assert_eq!(of(Ok(Some([Some(false), None, Some(true), Some(true)]))), Ok(policies));
        assert_eq!(
            of(Err(ReadError::new("o", Cause::Failed, NO_PUBLIC_ACCESS_BLOCK))),
            Ok(PublicAccessBlock::default())
        );
        assert_eq!(of(Ok(None)).expect_err("no configuration").cause, Cause::Malformed);
        assert_eq!(
            of(Err(ReadError::new("o", Cause::Denied, "AccessDenied"))).expect_err("denied").cause,
            Cause::Denied
        );
    }

    #[test]
    fn grants_to_everyone() {
        let grantee = |kind: &str, uri: Option<&str>| {
            Grantee::builder()
                .r#type(kind.into())
                .set_uri(uri.map(str::to_owned))
                .build()
                .expect("a type")
        };
        let grant = |grantee: Grantee| {
            Grant::builder().grantee(grantee).permission(Permission::Read).build()
        };
        let acl = |grants: Vec<Grant>| {
            acl_of(GetBucketAclOutput::builder().set_grants(Some(grants)).build())
        };
        let group =
            |name: &str| grantee("Group", Some(&format!("http://acs.amazonaws.com/groups/{name}")));
        let public =
            |to| Ok(BucketAcl { public: vec![PublicGrant { to, permission: "READ".into() }] });
        assert_eq!(acl(Vec::new()), Ok(BucketAcl::default()));
        assert_eq!(
            acl(vec![grant(grantee("CanonicalUser", None)), grant(group("s3/LogDelivery"))]),
            Ok(BucketAcl::default())
        );
        assert_eq!(
            acl(vec![grant(grantee("CanonicalUser", None)), grant(group("global/AllUsers"))]),
            public(PublicGroup::AllUsers)
        );
        assert_eq!(
            acl(vec![grant(group("global/AuthenticatedUsers"))]),
            public(PublicGroup::AuthenticatedUsers)
        );
        for odd in [
            grant(grantee("Group", None)),
            grant(grantee("Alien", None)),
            Grant::builder().permission(Permission::Read).build(),
            Grant::builder().grantee(group("global/AllUsers")).build(),
        ] {
            assert_eq!(acl(vec![odd]).expect_err("odd").cause, Cause::Malformed);
        }
        assert_eq!(
            acl_of(GetBucketAclOutput::builder().build()).expect_err("no grants").cause,
            Cause::Malformed
        );
    }
}
