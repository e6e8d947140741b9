//! What AWS answers: something, or why it could not be read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a fact could not be had. What AWS says about a thing that is not there or not switched on is
/// a fact, not one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// AWS denied the call: a permission is missing, or a policy of the organization forbids it.
    Denied,
    /// AWS throttled the call until the retry budget was spent.
    Throttled,
    /// The resource vanished between the moment it was listed and the moment it was read.
    #[serde(rename = "gone")]
    NotFound,
    /// No answer within the time limit.
    TimedOut,
    /// The endpoint could not be reached, or no credentials could be had.
    Unreachable,
    /// AWS answered with an error of another kind.
    Failed,
    /// AWS answered, but not with something that can be understood.
    Malformed,
    /// A snapshot does not hold the fact.
    NotRecorded,
    /// The run ended before the fact was read.
    OutOfTime,
    /// The scan was interrupted before the fact was read.
    Interrupted,
    /// The process has as many open files and connections as it may have.
    OutOfDescriptors,
    /// The process has used the memory that it may use for reading.
    OutOfMemory,
    /// The program failed while it read the fact.
    Internal,
}

/// A fact that could not be had, with what AWS said.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReadError {
    /// The operation in IAM's notation: `s3:GetBucketVersioning`.
    pub operation: String,
    /// The kind of failure.
    pub cause: Cause,
    /// AWS's error code, or one of our own words where AWS gave none.
    pub code: String,
    /// AWS's message, without line breaks; empty when there is none. It may name principals and
    /// resources, never secrets.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// AWS's request id, for a support case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl ReadError {
    /// A failure without an answer of AWS.
    pub fn new(operation: impl Into<String>, cause: Cause, code: impl Into<String>) -> Self {
        Self {
            operation: operation.into(),
            cause,
            code: code.into(),
            message: String::new(),
            request_id: None,
        }
    }

    /// An answer that cannot be understood, with what is wrong with it.
    pub fn malformed(operation: impl Into<String>, what: impl Into<String>) -> Self {
        Self { message: what.into(), ..Self::new(operation, Cause::Malformed, "MalformedResponse") }
    }
}

impl ReadError {
    /// Whether [`message`](Self::message) is AWS's own text.
    pub fn has_message_from_aws(&self) -> bool {
        matches!(self.cause, Cause::Denied | Cause::Throttled | Cause::Failed)
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, code, .. } = self;
        match self.cause {
            Cause::Denied => write!(out, "access denied to {operation} ({code})"),
            Cause::Throttled => write!(
                out,
                "{operation} was throttled until no attempts remained \
                ({code})"
            ),
            Cause::NotFound => write!(out, "{operation} did not find the resource ({code})"),
            Cause::TimedOut => write!(out, "{operation} timed out ({code})"),
            Cause::Unreachable => write!(out, "{operation} could not be sent ({code})"),
            Cause::Failed => write!(out, "{operation} failed ({code})"),
            Cause::Malformed => write!(out, "{operation} returned an invalid response ({code})"),
            Cause::NotRecorded => {
                write!(out, "the snapshot has no response of {operation}")
            }
            Cause::OutOfTime => {
                write!(out, "the run ended before {operation} completed ({code})")
            }
            Cause::Interrupted => {
                write!(out, "the scan was interrupted before {operation} completed ({code})")
            }
            Cause::OutOfDescriptors => {
                write!(out, "{operation} was not sent: too many open files ({code})")
            }
            Cause::OutOfMemory => {
                write!(out, "{operation} was not sent: the memory limit was reached ({code})")
            }
            Cause::Internal => {
                write!(
                    out,
                    "Plumbline failed with an internal error in {operation} ({code}); \
                    report this error"
                )
            }
        }
    }
}

/// A fact, or why it could not be had.
pub type Answer<T> = Result<T, ReadError>;
