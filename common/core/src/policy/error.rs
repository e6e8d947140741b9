//! What is not understood of a policy.

use thiserror::Error;

/// What is not understood of a policy document: all of it, a statement, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// Not JSON, or an element that occurs twice.
    #[error("the policy is not valid JSON: {0}")]
    Json(String),
    /// JSON, but not a policy.
    #[error("{place}: {problem}")]
    Form {
        /// `policy`, `statement 2`.
        place: String,
        /// What is wrong there, and what would be right.
        problem: String,
    },
}

impl PolicyError {
    /// The same, of one policy among several.
    pub(super) fn within(self, policy: &str) -> Self {
        match self {
            Self::Form { place, problem } => {
                Self::Form { place: format!("{place} of '{policy}'"), problem }
            }
            json @ Self::Json(_) => json,
        }
    }
}
