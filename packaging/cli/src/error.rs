//! The error of a command: one line with the failure, and one line with the instruction for the
//! user.

use std::error::Error;

/// The exit code for invalid usage or input.
pub(crate) const USAGE: u8 = 2;
/// The exit code if AWS was unreachable or a part of the work failed.
pub(crate) const INCOMPLETE: u8 = 3;

/// The advice for errors that must not occur.
pub(crate) const PLEASE_REPORT: &str = "Report this bug to the Plumbline project.";

/// The reason why a command failed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct CliError {
    /// The failure. Each further failure is on its own line, which begins with `error: `.
    pub(crate) message: String,
    /// The instruction for the user.
    pub(crate) advice: String,
    /// The exit code of the program.
    pub(crate) code: u8,
}

impl CliError {
    /// Creates the error for invalid usage or input.
    pub(crate) fn usage(message: impl ToString, advice: impl Into<String>) -> Self {
        Self { message: message.to_string(), advice: advice.into(), code: USAGE }
    }

    /// Creates the error of a command that completed all work except `problems`.
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
    /// Returns the instruction for the user.
    fn advice(&self) -> String;

    /// Returns the exit code of the program.
    fn code(&self) -> u8;
}

impl<E: Advise> From<E> for CliError {
    fn from(error: E) -> Self {
        Self { message: error.to_string(), advice: error.advice(), code: error.code() }
    }
}

/// Returns the error of a program that was built without AWS.
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
