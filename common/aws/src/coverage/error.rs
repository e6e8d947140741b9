//! Why accounts cannot be looked after.

use plumbline_core::answer::ReadError;
use plumbline_core::parameters::ParameterError;
use thiserror::Error;

use crate::error::AwsError;

/// Why nothing can be looked after.
#[derive(Debug, Error)]
pub enum CoverageError {
    /// There is no role to look into the accounts with.
    #[error(
        "PLUMBLINE_ROLE_NAME is not set: set it to the name of the role in the organization's \
        accounts"
    )]
    NoRole,
    /// A parameter of a control is wrong.
    #[error("control {control}: {error}")]
    Parameters {
        /// The control.
        control: String,
        /// What is wrong.
        error: ParameterError,
    },
    /// The settings of the run are none.
    #[error("{0}")]
    Settings(String),
    /// AWS does not do what everything depends on.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// A result is not one.
    #[error("{key}: {error}")]
    Result {
        /// Where it is.
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
