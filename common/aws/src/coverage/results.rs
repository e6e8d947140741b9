//! The results bucket.

use aws_sdk_s3::primitives::ByteStream;
use plumbline_core::answer::{Answer, Cause, ReadError};
use plumbline_core::operation::s3;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::CoverageError;
use crate::session::Session;

/// The error code of S3 for an object that does not exist.
const NO_OBJECT: &str = "NoSuchKey";

/// The results bucket, in the Region of the session.
#[derive(Clone, Debug)]
pub struct ResultsBucket {
    session: Session,
    name: String,
    owner: String,
}

impl ResultsBucket {
    /// Creates the bucket with this name, which belongs to the account `owner`.
    pub fn new(session: &Session, name: &str, owner: &str) -> Self {
        Self { session: session.clone(), name: name.to_owned(), owner: owner.to_owned() }
    }

    /// Writes a result.
    ///
    /// # Errors
    /// AWS rejects it.
    pub(super) async fn put(
        &self,
        key: &str,
        content: &impl Serialize,
    ) -> Result<(), CoverageError> {
        let body = serde_json::to_vec(content).map_err(|error| CoverageError::Result {
            key: key.to_owned(),
            error: error.to_string(),
        })?;
        let call = self
            .session
            .s3(self.session.global_region())
            .put_object()
            .bucket(&self.name)
            .key(key)
            .content_type("application/json")
            .expected_bucket_owner(&self.owner)
            .body(ByteStream::from(body))
            .send();
        self.session.send(s3::PUT_OBJECT, call).await?;
        Ok(())
    }

    /// Reads a result; `None` if it does not exist.
    ///
    /// # Errors
    /// The result cannot be read, or is invalid.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        key: &str,
    ) -> Result<Option<T>, CoverageError> {
        let Some(content) = self.content(key).await? else { return Ok(None) };
        serde_json::from_slice(&content).map(Some).map_err(|error| CoverageError::Result {
            key: key.to_owned(),
            error: error.to_string(),
        })
    }

    async fn content(&self, key: &str) -> Answer<Option<Vec<u8>>> {
        let call = self
            .session
            .s3(self.session.global_region())
            .get_object()
            .bucket(&self.name)
            .key(key)
            .expected_bucket_owner(&self.owner)
            .send();
        let answer = match self.session.send(s3::GET_OBJECT, call).await {
            Ok(answer) => answer,
            Err(error) if error.code == NO_OBJECT => return Ok(None),
            Err(error) => return Err(error),
        };
        let bytes = answer.body.collect().await.map_err(|error| ReadError {
            message: error.to_string(),
            ..ReadError::new(s3::GET_OBJECT.name, Cause::Failed, "ConnectionLost")
        })?;
        Ok(Some(bytes.to_vec()))
    }
}
