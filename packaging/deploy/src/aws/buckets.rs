//! The buckets of code and register.

use std::collections::BTreeMap;

use aws_sdk_s3::primitives::ByteStream;
use plumbline_aws::documents::{StoreError, read_document};
use plumbline_aws::error::AwsError;
use plumbline_aws::session::Session;
use plumbline_core::aws::AccountId;
use plumbline_core::operation::{Operation, Service};
use plumbline_templates::contract::REGISTER_KEY;
use plumbline_templates::release::Release;

const LIST_OBJECTS: Operation = Operation::new(Service::S3, "s3:ListObjectsV2", "*");
const PUT_OBJECT: Operation = Operation::new(Service::S3, "s3:PutObject", "*");

/// A register without entries: the functions read it whether there are any or not.
pub(crate) const EMPTY_REGISTER: &[u8] = b"{\"schema\": 1}\n";

/// The keys of a release that a bucket does not have yet; all when there is no bucket.
pub(crate) async fn missing(
    session: &Session,
    owner: &AccountId,
    region: &str,
    bucket: &str,
    release: &Release,
) -> Result<Vec<String>, AwsError> {
    let client = session.s3(region);
    let call = client
        .list_objects_v2()
        .bucket(bucket)
        .prefix(format!("{}/", release.name))
        .expected_bucket_owner(owner.as_str())
        .send();
    let sizes: BTreeMap<String, i64> = match session.send(LIST_OBJECTS, call).await {
        Ok(answer) => answer
            .contents()
            .iter()
            .filter_map(|object| Some((object.key()?.to_owned(), object.size()?)))
            .collect(),
        Err(unread) if unread.code == "NoSuchBucket" => BTreeMap::new(),
        Err(unread) => return Err(AwsError(unread)),
    };
    let is_there = |key: &str, content: &[u8]| {
        sizes.get(key).is_some_and(|size| usize::try_from(*size) == Ok(content.len()))
    };
    Ok(release
        .objects
        .iter()
        .filter(|(key, content)| !is_there(key, content))
        .map(|(key, _)| key.clone())
        .collect())
}

/// Puts an object into a bucket of the account, and into no one else's.
pub(crate) async fn put(
    session: &Session,
    owner: &AccountId,
    region: &str,
    bucket: &str,
    key: &str,
    content: &[u8],
) -> Result<(), AwsError> {
    let call = session
        .s3(region)
        .put_object()
        .bucket(bucket)
        .key(key)
        .expected_bucket_owner(owner.as_str())
        .body(ByteStream::from(content.to_vec()))
        .send();
    Ok(session.send(PUT_OBJECT, call).await.map(|_| ())?)
}

/// The register that is deployed; nothing when there is none.
pub(crate) async fn register(
    session: &Session,
    bucket: &str,
    owner: &AccountId,
) -> Result<Option<Vec<u8>>, StoreError> {
    match read_document(session, &format!("s3://{bucket}/{REGISTER_KEY}"), Some(owner)).await {
        Ok(content) => Ok(Some(content)),
        Err(StoreError::Aws { error, .. })
            if ["NoSuchBucket", "NoSuchKey"].contains(&error.0.code.as_str()) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
