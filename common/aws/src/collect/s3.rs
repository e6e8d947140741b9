//! Facts from Amazon S3.

use aws_sdk_s3::operation::get_bucket_versioning::GetBucketVersioningOutput;
use aws_sdk_s3::operation::list_buckets::ListBucketsOutput;
use aws_sdk_s3::types::{BucketVersioningStatus, MfaDeleteStatus};
use plumbline_core::aws::AccountId;
use plumbline_core::fact::Answer;
use plumbline_core::facts::{Bucket, BucketLogging, BucketVersioning, Buckets, VersioningStatus};

use super::gone_when;
use crate::call::Operation;
use crate::session::{Service, Session};

const LIST_BUCKETS: Operation = Operation::new(Service::S3, "s3:ListBuckets");
const GET_BUCKET_LOGGING: Operation = Operation::new(Service::S3, "s3:GetBucketLogging");
const GET_BUCKET_VERSIONING: Operation = Operation::new(Service::S3, "s3:GetBucketVersioning");

/// Buckets in a page. AWS tells the buckets' Regions only when a request has a parameter such as this one.
const BUCKETS_A_PAGE: i32 = 1_000;

/// The code for a bucket that does not exist.
const NO_SUCH_BUCKET: &str = "NoSuchBucket";

pub(super) async fn buckets(session: &Session, region: &str) -> Answer<Buckets> {
    let client = session.s3(region);
    let page = |token| client.list_buckets().max_buckets(BUCKETS_A_PAGE).set_continuation_token(token).send();
    session.list(LIST_BUCKETS, page, ListBucketsOutput::continuation_token, buckets_of).await.map(Buckets)
}

fn buckets_of(page: ListBucketsOutput) -> Answer<Vec<Bucket>> {
    LIST_BUCKETS.require(page.buckets, "the buckets")?.into_iter().map(bucket_of).collect()
}

/// A bucket without a Region would be evaluated in none, and nobody would notice: the whole list is refused.
fn bucket_of(bucket: aws_sdk_s3::types::Bucket) -> Answer<Bucket> {
    let name = LIST_BUCKETS.require_text(bucket.name, "a bucket's name")?;
    let region = LIST_BUCKETS.require_text(bucket.bucket_region, &format!("the Region of bucket {name}"))?;
    Ok(Bucket { name, region })
}

pub(super) async fn versioning(session: &Session, account: &AccountId, region: &str, bucket: &str) -> Answer<BucketVersioning> {
    let call = session.s3(region).get_bucket_versioning().bucket(bucket).expected_bucket_owner(account.as_str());
    let answer = session.send(GET_BUCKET_VERSIONING, call.send()).await.map_err(gone_when(NO_SUCH_BUCKET))?;
    versioning_of(answer)
}

fn versioning_of(answer: GetBucketVersioningOutput) -> Answer<BucketVersioning> {
    let unknown = |name: &str, value: &str| Err(GET_BUCKET_VERSIONING.malformed(format!("{name} is '{value}'")));
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

pub(super) async fn logging(session: &Session, account: &AccountId, region: &str, bucket: &str) -> Answer<BucketLogging> {
    let call = session.s3(region).get_bucket_logging().bucket(bucket).expected_bucket_owner(account.as_str());
    let answer = session.send(GET_BUCKET_LOGGING, call.send()).await.map_err(gone_when(NO_SUCH_BUCKET))?;
    let target = answer.logging_enabled.map(|logging| GET_BUCKET_LOGGING.require_text(Some(logging.target_bucket), "the bucket that gets the log"));
    Ok(BucketLogging { target: target.transpose()? })
}

#[cfg(test)]
mod tests {
    use plumbline_core::fact::Cause;

    use super::*;

    fn bucket(region: Option<&str>) -> ListBucketsOutput {
        let bucket = aws_sdk_s3::types::Bucket::builder().name("b").set_bucket_region(region.map(str::to_owned)).build();
        ListBucketsOutput::builder().buckets(bucket).build()
    }

    #[test]
    fn buckets_have_a_region() {
        assert_eq!(buckets_of(bucket(Some("eu-west-1"))), Ok(vec![Bucket { name: "b".into(), region: "eu-west-1".into() }]));
        let refused = buckets_of(bucket(None)).expect_err("no Region");
        assert_eq!((refused.cause, refused.message.as_str()), (Cause::Malformed, "the answer lacks the Region of bucket b"));
        assert_eq!(buckets_of(ListBucketsOutput::builder().build()).expect_err("no list").cause, Cause::Malformed);
        assert_eq!(buckets_of(ListBucketsOutput::builder().set_buckets(Some(Vec::new())).build()), Ok(Vec::new()));
    }

    #[test]
    fn versioning_in_known_words_only() {
        let answer = |status: Option<&str>, mfa: Option<&str>| {
            versioning_of(GetBucketVersioningOutput::builder().set_status(status.map(Into::into)).set_mfa_delete(mfa.map(Into::into)).build())
        };
        assert_eq!(answer(None, None), Ok(BucketVersioning::default()));
        assert_eq!(answer(Some("Enabled"), Some("Enabled")), Ok(BucketVersioning { status: Some(VersioningStatus::Enabled), mfa_delete: Some(true) }));
        assert_eq!(answer(Some("Suspended"), Some("Disabled")), Ok(BucketVersioning { status: Some(VersioningStatus::Suspended), mfa_delete: Some(false) }));
        assert_eq!(answer(Some("On"), None).expect_err("unknown").message, "Status is 'On'");
        assert_eq!(answer(Some("Enabled"), Some("On")).expect_err("unknown").cause, Cause::Malformed);
    }
}
