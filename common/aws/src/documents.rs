//! Documents of users, such as the register, in a bucket or in a file.

use std::fs::File;
use std::io::Read;
use std::time::Duration;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_smithy_types::DateTime as SdkTime;
use chrono::{DateTime, Utc};
use plumbline_core::answer::{Cause, ReadError};
use plumbline_core::aws::AccountId;
use plumbline_core::operation::{Operation, s3};
use thiserror::Error;
use tokio::time::timeout;

use crate::error::{AwsError, unread};
use crate::session::Session;
use crate::time::from_sdk;

/// The maximum size of a document, in bytes.
pub const SIZE_LIMIT: usize = 1024 * 1024;

/// The maximum size of a coverage result, in bytes. A summary has about 100 bytes for each account
/// and Region.
pub const RESULT_LIMIT: usize = 256 * 1024 * 1024;

/// The maximum number of replaced versions of a document that are checked.
pub const VERSIONS_LIMIT: i32 = 20;

/// The time limit to read a document from a bucket, retries included.
const TIME_LIMIT: Duration = Duration::from_secs(90);

/// The number of attempts to read a document if the connection fails before its end.
const BODY_ATTEMPTS: u32 = 3;

/// A document could not be read.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The location is neither an S3 location nor the path of a file.
    #[error("'{0}' is not the location of a document: give s3://BUCKET/KEY or the path of a file")]
    Location(String),
    /// AWS did not return it.
    #[error("{location} cannot be read: {error}")]
    Aws {
        /// Where it was looked for.
        location: String,
        /// The error of AWS.
        error: Box<AwsError>,
    },
    /// The system did not return it.
    #[error("{location} cannot be read: {error}")]
    Io {
        /// Where it was looked for.
        location: String,
        /// The error of the system.
        error: std::io::Error,
    },
    /// It is too large: the location and the limit, as a clause.
    #[error("{0}: give a smaller document")]
    TooLarge(String),
}

impl StoreError {
    /// Whether AWS denied access: the caller lacks permissions, or the bucket belongs to another
    /// owner.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Aws { error, .. } if error.0.cause == Cause::Denied)
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Location(_) | Self::Io { .. } | Self::TooLarge(_) => {
                "Give a readable file or s3://BUCKET/KEY. docs/register.md describes the format."
            }
            Self::Aws { error, .. } => error.advice(),
        }
    }
}

/// Reads a document of at most [`SIZE_LIMIT`] bytes from `s3://bucket/key`, in any Region, or from
/// a file. If `owner` is given, a bucket of another account is rejected: anyone can create a bucket
/// with an unused name.
pub async fn read_document(
    session: &Session,
    location: &str,
    owner: Option<&AccountId>,
) -> Result<Vec<u8>, StoreError> {
    match Location::parse(location)? {
        Location::Object { bucket, key } => {
            let object = Object { session, location, bucket, key, owner, limit: SIZE_LIMIT };
            object.in_time(object.read(None)).await
        }
        Location::File(path) => read_file(path, SIZE_LIMIT),
    }
}

/// Reads a coverage result, of at most [`RESULT_LIMIT`] bytes, like [`read_document`].
pub async fn read_result(
    session: &Session,
    location: &str,
    owner: Option<&AccountId>,
) -> Result<Vec<u8>, StoreError> {
    match Location::parse(location)? {
        Location::Object { bucket, key } => {
            let object = Object { session, location, bucket, key, owner, limit: RESULT_LIMIT };
            object.in_time(object.read(None)).await
        }
        Location::File(path) => read_file(path, RESULT_LIMIT),
    }
}

/// A replaced version of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplacedVersion {
    /// The version id in S3.
    pub id: String,
    /// When the next version was written.
    pub replaced: DateTime<Utc>,
}

/// The replaced versions of a document in a versioned bucket, the newest first, at most
/// [`VERSIONS_LIMIT`]. A file has none. A version ends at the time when the document was deleted.
pub async fn replaced_versions(
    session: &Session,
    location: &str,
    owner: Option<&AccountId>,
) -> Result<Vec<ReplacedVersion>, StoreError> {
    match Location::parse(location)? {
        Location::Object { bucket, key } => {
            let object = Object { session, location, bucket, key, owner, limit: SIZE_LIMIT };
            object.in_time(object.versions()).await
        }
        Location::File(_) => Ok(Vec::new()),
    }
}

/// Whether a document exists in a bucket, by the list of its versions: without the permission to
/// list the bucket, S3 responds to a request for a missing object in the same way as to a denied
/// request. A file counts as existing.
pub async fn exists(
    session: &Session,
    location: &str,
    owner: Option<&AccountId>,
) -> Result<bool, StoreError> {
    match Location::parse(location)? {
        Location::Object { bucket, key } => {
            let object = Object { session, location, bucket, key, owner, limit: SIZE_LIMIT };
            let answer = object.in_time(object.listed()).await?;
            let mut versions = answer.versions().iter().filter(|one| one.key() == Some(key));
            Ok(versions.any(|one| one.is_latest() == Some(true)))
        }
        Location::File(_) => Ok(true),
    }
}

/// Reads a version of a document in a bucket, like [`read_document`].
pub async fn read_version(
    session: &Session,
    location: &str,
    owner: Option<&AccountId>,
    version: &ReplacedVersion,
) -> Result<Vec<u8>, StoreError> {
    match Location::parse(location)? {
        Location::Object { bucket, key } => {
            let object = Object { session, location, bucket, key, owner, limit: SIZE_LIMIT };
            object.in_time(object.read(Some(&version.id))).await
        }
        Location::File(path) => read_file(path, SIZE_LIMIT),
    }
}

#[derive(Debug, PartialEq)]
enum Location<'a> {
    Object { bucket: &'a str, key: &'a str },
    File(&'a str),
}

impl<'a> Location<'a> {
    fn parse(location: &'a str) -> Result<Self, StoreError> {
        let wrong = || StoreError::Location(location.to_owned());
        match location.split_once("://") {
            Some(("s3", object)) => {
                let (bucket, key) = object
                    .split_once('/')
                    .filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
                    .ok_or_else(wrong)?;
                Ok(Self::Object { bucket, key })
            }
            Some(_) => Err(wrong()),
            None if location.is_empty() => Err(wrong()),
            None => Ok(Self::File(location)),
        }
    }
}

fn too_large(location: &str, limit: usize) -> StoreError {
    StoreError::TooLarge(format!("{location} is larger than {limit} bytes"))
}

fn read_file(path: &str, limit: usize) -> Result<Vec<u8>, StoreError> {
    let mut content = Vec::new();
    // One more byte than the limit shows that the document is too large.
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut content));
    match read {
        Err(error) => Err(StoreError::Io { location: path.to_owned(), error }),
        Ok(_) if content.len() > limit => Err(too_large(path, limit)),
        Ok(_) => Ok(content),
    }
}

/// A document in a bucket.
struct Object<'a> {
    session: &'a Session,
    location: &'a str,
    bucket: &'a str,
    key: &'a str,
    owner: Option<&'a AccountId>,
    /// The maximum number of bytes.
    limit: usize,
}

impl Object<'_> {
    fn failed(&self, error: AwsError) -> StoreError {
        StoreError::Aws { location: self.location.to_owned(), error: Box::new(error) }
    }

    async fn in_time<T>(
        &self,
        read: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        timeout(TIME_LIMIT, read).await.unwrap_or_else(|_| {
            let unread = ReadError::new(s3::GET_OBJECT.name, Cause::TimedOut, "TooSlow");
            Err(self.failed(AwsError(unread)))
        })
    }

    /// Reads the document. Reads it again if the connection fails before its end: the SDK only
    /// retries until the response begins.
    async fn read(&self, version: Option<&str>) -> Result<Vec<u8>, StoreError> {
        let mut attempts = 1;
        loop {
            let answer = self.get(version).await?;
            match content(answer, self.limit).await {
                Ok(Some(content)) => return Ok(content),
                Ok(None) => return Err(too_large(self.location, self.limit)),
                Err(_) if attempts < BODY_ATTEMPTS => attempts += 1,
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    /// Sends a request to the Region of the bucket, which S3 returns if it is another Region.
    async fn in_its_region<T, E>(
        &self,
        operation: Operation,
        send: impl AsyncFn(&str) -> Result<T, SdkError<E, HttpResponse>>,
    ) -> Result<T, StoreError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let _permit = self.session.permit(operation.service).await;
        let region = self.session.global_region();
        let answer = match send(region).await {
            Err(error) => match region_of_bucket(&error).filter(|actual| *actual != region) {
                Some(actual) => send(actual).await,
                None => Err(error),
            },
            answer => answer,
        };
        answer.map_err(|error| self.failed(AwsError(unread(operation.name, &error))))
    }

    async fn get(&self, version: Option<&str>) -> Result<GetObjectOutput, StoreError> {
        self.in_its_region(s3::GET_OBJECT, async |region: &str| {
            self.session
                .s3(region)
                .get_object()
                .bucket(self.bucket)
                .key(self.key)
                .set_version_id(version.map(str::to_owned))
                .set_expected_bucket_owner(self.owner.map(ToString::to_string))
                .send()
                .await
        })
        .await
    }

    async fn versions(&self) -> Result<Vec<ReplacedVersion>, StoreError> {
        Ok(replaced(&self.listed().await?, self.key))
    }

    async fn listed(&self) -> Result<ListObjectVersionsOutput, StoreError> {
        self.in_its_region(s3::LIST_OBJECT_VERSIONS, async |region: &str| {
            self.session
                .s3(region)
                .list_object_versions()
                .bucket(self.bucket)
                .prefix(self.key)
                .max_keys(VERSIONS_LIMIT + 1)
                .set_expected_bucket_owner(self.owner.map(ToString::to_string))
                .send()
                .await
        })
        .await
    }
}

/// The replaced versions of a key, from a list of versions with the newest of each key first.
/// Delete markers end a version like other versions.
fn replaced(answer: &ListObjectVersionsOutput, key: &str) -> Vec<ReplacedVersion> {
    let time = |time: Option<&SdkTime>| time.and_then(from_sdk);
    let versions = answer.versions().iter().filter(|one| one.key() == Some(key));
    let markers = answer.delete_markers().iter().filter(|one| one.key() == Some(key));
    let mut written: Vec<(DateTime<Utc>, Option<&str>)> = versions
        .filter_map(|one| Some((time(one.last_modified())?, one.version_id())))
        .chain(markers.filter_map(|one| Some((time(one.last_modified())?, None))))
        .collect();
    written.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    let next = written.iter().map(|(time, _)| *time);
    let replaced = next.zip(written.iter().skip(1)).filter_map(|(replaced, (_, id))| {
        Some(ReplacedVersion { id: (*id)?.to_owned(), replaced })
    });
    replaced.collect()
}

/// The Region that S3 returns if the bucket is in another Region.
fn region_of_bucket<E>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.raw_response()?.headers().get("x-amz-bucket-region")
}

/// The content; `None` if it is too large.
async fn content(answer: GetObjectOutput, limit: usize) -> Result<Option<Vec<u8>>, AwsError> {
    let mut content = Vec::new();
    let mut body = answer.body;
    while let Some(bytes) = body.next().await {
        let bytes = bytes.map_err(|error| ReadError {
            message: error.to_string(),
            ..ReadError::new(s3::GET_OBJECT.name, Cause::Failed, "ConnectionLost")
        })?;
        if content.len() + bytes.len() > limit {
            return Ok(None);
        }
        content.extend_from_slice(&bytes);
    }
    Ok(Some(content))
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::primitives::ByteStream;

    use super::*;

    #[test]
    fn places() {
        assert_eq!(
            Location::parse("s3://b/a/b.json").expect("valid"),
            Location::Object { bucket: "b", key: "a/b.json" }
        );
        assert_eq!(
            Location::parse("./register.json").expect("valid"),
            Location::File("./register.json")
        );
        for bad in ["", "s3://b", "s3://b/", "s3:///key", "https://example.com/register.json"] {
            assert!(matches!(Location::parse(bad), Err(StoreError::Location(_))), "{bad}");
        }
    }

    #[test]
    fn files_that_are_not_there() {
        let error = read_file("/nonexistent/register.json", SIZE_LIMIT).expect_err("no file");
        assert!(
            error.to_string().starts_with("/nonexistent/register.json cannot be read: "),
            "{error}"
        );
    }

    #[tokio::test]
    async fn contents_are_bounded() {
        let answer =
            |size| GetObjectOutput::builder().body(ByteStream::from(vec![b' '; size])).build();
        assert_eq!(content(answer(3), SIZE_LIMIT).await, Ok(Some(b"   ".to_vec())));
        assert_eq!(content(answer(SIZE_LIMIT + 1), SIZE_LIMIT).await, Ok(None));
    }
}
