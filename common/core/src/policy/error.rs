//! The parts of a policy that are not understood.

use thiserror::Error;

/// A part of a policy document that is not understood: the whole document, a statement, or a part
/// of one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// The text is not JSON, or an element occurs twice.
    #[error("invalid JSON: {0}")]
    Json(String),
    /// The text is JSON, but not a policy.
    #[error("{place}: {problem}")]
    Form {
        /// `policy`, `statement 2`.
        place: String,
        /// The error, and what is expected instead.
        problem: String,
    },
}

impl PolicyError {
    /// Adds the name of the policy, one of several.
    pub(super) fn within(self, policy: &str) -> Self {
        match self {
            Self::Form { place, problem } => {
                Self::Form { place: format!("{place} of '{policy}'"), problem }
            }
            json @ Self::Json(_) => json,
        }
    }
}
