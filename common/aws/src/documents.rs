//! Documents that people keep for Plumbline, such as the register: in a bucket or in a file.

use std::fs::File;
use std::io::Read;
use std::time::Duration;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use plumbline_core::answer::{Cause, ReadError};
use plumbline_core::aws::AccountId;
use plumbline_core::operation::s3;
use thiserror::Error;
use tokio::time::timeout;

use crate::error::{AwsError, unread};
use crate::session::Session;

/// The largest document that is read, in bytes.
pub const SIZE_LIMIT: usize = 1024 * 1024;

/// How long reading a document from a bucket may take, retries included.
const TIME_LIMIT: Duration = Duration::from_secs(90);

/// A document could not be read.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The location is neither an S3 one nor that of a file.
    #[error("'{0}' is no place of a document: give s3://bucket/key, or the path of a file")]
    Location(String),
    /// AWS did not hand it out.
    #[error("{location} cannot be read: {error}")]
    Aws {
        /// Where it was looked for.
        location: String,
        /// What AWS said.
        error: Box<AwsError>,
    },
    /// The system did not hand it out.
    #[error("{location} cannot be read: {error}")]
    Io {
        /// Where it was looked for.
        location: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// It is too large.
    #[error("{0} is larger than {SIZE_LIMIT} bytes: a document of that size is not meant for this")]
    TooLarge(String),
}

impl StoreError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Location(_) | Self::Io { .. } | Self::TooLarge(_) => {
                "Give a file that you may read, or s3://BUCKET/KEY; see docs/register.md for the \
                 form."
            }
            Self::Aws { error, .. } => error.advice(),
        }
    }
}

/// Reads a document of at most [`SIZE_LIMIT`] bytes from `s3://bucket/key`, in whichever Region the
/// bucket lies, or from a file. A bucket of another account than `owner` is refused, where one is
/// given: a name can be taken by whoever makes the bucket first.
pub async fn read_document(
    session: &Session,
    location: &str,
    owner: Option<&AccountId>,
) -> Result<Vec<u8>, StoreError> {
    match Location::parse(location)? {
        Location::Object { bucket, key } => {
            let read =
                timeout(TIME_LIMIT, read_object(session, location, bucket, key, owner)).await;
            read.unwrap_or_else(|_| {
                let unread = ReadError::new(s3::GET_OBJECT.name, Cause::TimedOut, "TooSlow");
                let error = Box::new(AwsError(unread));
                Err(StoreError::Aws { location: location.to_owned(), error })
            })
        }
        Location::File(path) => read_file(path),
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

fn read_file(path: &str) -> Result<Vec<u8>, StoreError> {
    let mut content = Vec::new();
    // One byte more than allowed tells a document that is too large.
    let limit = SIZE_LIMIT as u64 + 1;
    let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut content));
    match read {
        Err(error) => Err(StoreError::Io { location: path.to_owned(), error }),
        Ok(_) if content.len() > SIZE_LIMIT => Err(StoreError::TooLarge(path.to_owned())),
        Ok(_) => Ok(content),
    }
}

async fn read_object(
    session: &Session,
    location: &str,
    bucket: &str,
    key: &str,
    owner: Option<&AccountId>,
) -> Result<Vec<u8>, StoreError> {
    let _permit = session.permit(s3::GET_OBJECT.service).await;
    let get = async |region: &str| {
        session
            .s3(region)
            .get_object()
            .bucket(bucket)
            .key(key)
            .set_expected_bucket_owner(owner.map(ToString::to_string))
            .send()
            .await
    };
    let region = session.global_region();
    let answer = match get(region).await {
        Err(error) => match region_of_bucket(&error).filter(|actual| *actual != region) {
            Some(actual) => get(actual).await,
            None => Err(error),
        },
        answer => answer,
    };
    let failed =
        |error: AwsError| StoreError::Aws { location: location.to_owned(), error: Box::new(error) };
    let answer = answer.map_err(|error| failed(AwsError(unread(s3::GET_OBJECT.name, &error))))?;
    content(answer).await.map_err(failed)?.ok_or_else(|| StoreError::TooLarge(location.to_owned()))
}

/// The Region that S3 names when a bucket is asked for in another one.
fn region_of_bucket(error: &SdkError<GetObjectError, HttpResponse>) -> Option<&str> {
    error.raw_response()?.headers().get("x-amz-bucket-region")
}

/// The content; nothing when it is too large.
async fn content(answer: GetObjectOutput) -> Result<Option<Vec<u8>>, AwsError> {
    let mut content = Vec::new();
    let mut body = answer.body;
    while let Some(bytes) = body.next().await {
        let bytes = bytes.map_err(|error| ReadError {
            message: error.to_string(),
            ..ReadError::new(s3::GET_OBJECT.name, Cause::Failed, "ConnectionLost")
        })?;
        if content.len() + bytes.len() > SIZE_LIMIT {
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
        let error = read_file("/nonexistent/register.json").expect_err("no file");
        assert!(
            error.to_string().starts_with("/nonexistent/register.json cannot be read: "),
            "{error}"
        );
    }

    #[tokio::test]
    async fn contents_are_bounded() {
        let answer =
            |size| GetObjectOutput::builder().body(ByteStream::from(vec![b' '; size])).build();
        assert_eq!(content(answer(3)).await, Ok(Some(b"   ".to_vec())));
        assert_eq!(content(answer(SIZE_LIMIT + 1)).await, Ok(None));
    }
}
