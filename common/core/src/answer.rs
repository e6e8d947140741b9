//! What AWS returns: a value, or the reason why it could not be read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a fact could not be read. A response that a resource does not exist or a feature is disabled
/// is a fact, not one of these causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// AWS denied the call: a permission is missing, or a policy of the organization forbids it.
    Denied,
    /// AWS throttled the call until no attempts remained.
    Throttled,
    /// The resource was deleted between the time when it was listed and the time when it was read.
    #[serde(rename = "gone")]
    NotFound,
    /// AWS did not respond within the time limit.
    TimedOut,
    /// The endpoint could not be reached, or credentials could not be obtained.
    Unreachable,
    /// AWS returned an error of another kind.
    Failed,
    /// AWS returned an invalid response.
    Malformed,
    /// The snapshot does not contain the fact.
    NotRecorded,
    /// The run ended before the fact was read.
    OutOfTime,
    /// The scan was interrupted before the fact was read.
    Interrupted,
    /// The process has reached its limit of open files and connections.
    OutOfDescriptors,
    /// The process has reached its memory limit for reading.
    OutOfMemory,
    /// The program failed while it read the fact.
    Internal,
}

/// A fact that could not be read, with the response of AWS.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReadError {
    /// The operation in IAM's notation: `s3:GetBucketVersioning`.
    pub operation: String,
    /// The kind of failure.
    pub cause: Cause,
    /// AWS's error code, or a code of Plumbline where AWS returned none.
    pub code: String,
    /// The message of AWS or of Plumbline, without line breaks. Empty when there is no message. It
    /// can name principals and resources, never secrets.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// AWS's request id, for a support case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl ReadError {
    /// Creates a failure without a response from AWS.
    pub fn new(operation: impl Into<String>, cause: Cause, code: impl Into<String>) -> Self {
        Self {
            operation: operation.into(),
            cause,
            code: code.into(),
            message: String::new(),
            request_id: None,
        }
    }

    /// Creates the error for an invalid response. `what` describes what is wrong with it.
    pub fn malformed(operation: impl Into<String>, what: impl Into<String>) -> Self {
        Self { message: what.into(), ..Self::new(operation, Cause::Malformed, "MalformedResponse") }
    }
}

/// Codes of failures that AWS did not report.
const OWN_CODES: [&str; 3] = ["InvalidRequest", "ReportInProgress", "UnknownError"];

impl ReadError {
    /// Whether [`message`](Self::message) is AWS's own text.
    pub fn has_message_from_aws(&self) -> bool {
        matches!(self.cause, Cause::Denied | Cause::Throttled | Cause::Failed)
            && !OWN_CODES.contains(&self.code.as_str())
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

/// A fact, or the reason why it could not be read.
pub type Answer<T> = Result<T, ReadError>;
