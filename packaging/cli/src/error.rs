//! Why a command failed: a line of what went wrong, and a line of what to do about it.

use std::error::Error;

/// The exit code for wrong usage or input.
pub(crate) const USAGE: u8 = 2;
/// The exit code where AWS could not be reached, or did not do everything that was asked of it.
pub(crate) const INCOMPLETE: u8 = 3;

/// The advice for what cannot happen.
pub(crate) const PLEASE_REPORT: &str = "Report this bug to the Plumbline project.";

/// Why a command could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct CliError {
    /// What went wrong; of several things, each after the first stands in a line of its own that
    /// begins with `error: `.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) advice: String,
    /// The exit code of the program.
    pub(crate) code: u8,
}

impl CliError {
    /// The error for wrong usage or input.
    pub(crate) fn usage(message: impl ToString, advice: impl Into<String>) -> Self {
        Self { message: message.to_string(), advice: advice.into(), code: USAGE }
    }

    /// The error for a command that did everything but what is in `problems`.
    pub(crate) fn incomplete(problems: &[String]) -> Self {
        Self {
            message: problems.join("\nerror: "),
            advice: "All other work is complete. Fix the cause, then run the command again."
                .to_owned(),
            code: INCOMPLETE,
        }
    }
}

/// An error that carries its own advice and exit code.
pub(crate) trait Advise: Error {
    /// What to do about it.
    fn advice(&self) -> String;

    /// The exit code of the program.
    fn code(&self) -> u8;
}

impl<E: Advise> From<E> for CliError {
    fn from(error: E) -> Self {
        Self { message: error.to_string(), advice: error.advice(), code: error.code() }
    }
}

/// The error of a program that was built without AWS.
#[cfg(not(feature = "aws"))]
pub(crate) fn no_aws() -> CliError {
    CliError::usage(
        "this program was built without AWS",
        "Build it with the default features, or scan without AWS: 'plumbline scan --sample' or \
         'plumbline scan --snapshot FILE'.",
    )
}

#[cfg(feature = "aws")]
impl Advise for plumbline_aws::error::AwsError {
    fn advice(&self) -> String {
        Self::advice(self).to_owned()
    }

    fn code(&self) -> u8 {
        INCOMPLETE
    }
}

#[cfg(feature = "aws")]
impl Advise for plumbline_deploy::DeployError {
    fn advice(&self) -> String {
        Self::advice(self)
    }

    fn code(&self) -> u8 {
        if self.is_incomplete() { INCOMPLETE } else { USAGE }
    }
}
