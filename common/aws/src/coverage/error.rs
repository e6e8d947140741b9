//! Errors of the coverage check.

use plumbline_core::answer::ReadError;
use plumbline_core::parameters::ParameterError;
use thiserror::Error;

use crate::error::AwsError;

/// Why the coverage check cannot run.
#[derive(Debug, Error)]
pub enum CoverageError {
    /// The role for the accounts is not configured.
    #[error(
        "PLUMBLINE_ROLE_NAME is not set: set it to the name of the role in the organization's \
        accounts"
    )]
    NoRole,
    /// A parameter of a control is invalid.
    #[error("control {control}: {error}")]
    Parameters {
        /// The control.
        control: String,
        /// What is wrong.
        error: ParameterError,
    },
    /// The settings of the run are invalid.
    #[error("{0}")]
    Settings(String),
    /// A required AWS operation failed.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The file is not a valid result.
    #[error("{key}: {error}")]
    Result {
        /// The key of the file.
        key: String,
        /// What is wrong.
        error: String,
    },
}

impl From<ReadError> for CoverageError {
    fn from(error: ReadError) -> Self {
        Self::Aws(AwsError(error))
    }
}
