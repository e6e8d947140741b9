//! What can go wrong, and how it is told: a line of what, a line of what to do.

use std::path::{Path, PathBuf};

use plumbline_core::aws::AccountId;
use plumbline_core::parameters::ParameterError;
use plumbline_core::register::RegisterError;
use plumbline_core::snapshot::SnapshotError;
use thiserror::Error;

/// Why a command could not do what it was asked to.
#[derive(Debug, Error)]
pub(crate) enum CliError {
    #[error("cannot read {}: {error}", .file.display())]
    Read { file: PathBuf, error: std::io::Error },
    #[error("cannot write {}: {error}", .file.display())]
    Write { file: PathBuf, error: std::io::Error },
    #[error("{}: {error}", .file.display())]
    Snapshot { file: PathBuf, error: SnapshotError },
    #[error("{location}: {error}")]
    Register { location: String, error: RegisterError },
    #[error("{}: {what}", .file.display())]
    ParameterFile { file: PathBuf, what: String },
    #[error("control {control}: {error}")]
    Parameter { control: &'static str, error: ParameterError },
    #[error("there is no control '{0}'")]
    NoControl(String),
    #[error("control '{0}' has no metric filter")]
    NoFilter(String),
    #[error("this is not a pattern, at character {position}: {what}")]
    Pattern { position: usize, what: String },
    #[error("this is a pattern for plain text, not for JSON events")]
    OtherPattern,
    #[error("{}: this is not a policy: {what}", .file.display())]
    Policy { file: PathBuf, what: String },
    #[error("{}: this is not the report of a scan: {what}", .file.display())]
    Report { file: PathBuf, what: String },
    #[error("no control is left to run")]
    NothingSelected,
    #[error("two formats go to {}", .0.display())]
    SameFile(PathBuf),
    #[error("more than one format goes to standard output")]
    TwoOutputs,
    #[error("{}: this is not JSON: {error}", .file.display())]
    #[cfg(feature = "aws")]
    EventFile { file: PathBuf, error: serde_json::Error },
    #[error("the snapshot of account {0} holds none of these Regions")]
    NotRecorded(AccountId),
    #[error("this program was built without AWS")]
    #[cfg(not(feature = "aws"))]
    NoAws,
    #[error(transparent)]
    #[cfg(feature = "aws")]
    Aws(#[from] crate::live::LiveError),
    #[error(transparent)]
    #[cfg(feature = "aws")]
    Deploy(#[from] crate::deploy::DeployError),
    #[error("{}", .0.join("\nerror: "))]
    Problems(Vec<String>),
    #[error("the result cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the result cannot be written as CSV: {0}")]
    Csv(#[from] csv::Error),
    #[error("cannot write to standard output: {0}")]
    Stdout(std::io::Error),
}

impl CliError {
    pub(crate) fn read(file: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let file = file.to_owned();
        |error| Self::Read { file, error }
    }

    pub(crate) fn write(file: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let file = file.to_owned();
        |error| Self::Write { file, error }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> String {
        match self {
            Self::Read { .. } => {
                "Give the path of a file that exists and that you may read.".to_owned()
            }
            Self::Write { .. } => {
                "Give a path in a folder that exists and that you may write to.".to_owned()
            }
            Self::Snapshot { .. } => {
                "Record the account again with 'plumbline collect --output FILE'.".to_owned()
            }
            Self::Register { .. } => "See docs/register.md for the form, and check it with \
                'plumbline register check FILE'."
                .to_owned(),
            Self::ParameterFile { .. } => {
                "Give a JSON object of control ids, or * for all, with their parameters: \
                 {\"1.12\": {\"maxCredentialUsageAge\": \"90\"}}."
                    .to_owned()
            }
            Self::Parameter { control, .. } => {
                format!("See 'plumbline explain {control}' for its parameters.")
            }
            Self::NoControl(_) => "See 'plumbline controls' for ids and slugs.".to_owned(),
            Self::NoFilter(_) => "The controls 4.1 to 4.15 have one.".to_owned(),
            Self::Pattern { .. } | Self::OtherPattern => "Give a JSON pattern as CloudWatch Logs \
                takes it: { $.eventName = \"StopLogging\" }."
                .to_owned(),
            Self::Policy { .. } => {
                "Give the policy document alone, without what surrounds it in an answer of AWS."
                    .to_owned()
            }
            Self::Report { .. } => {
                "Give two files that 'plumbline scan --format json=FILE' wrote.".to_owned()
            }
            Self::NothingSelected => {
                "Loosen --control, --level or --exclude; see 'plumbline controls'.".to_owned()
            }
            Self::SameFile(_) => "Give each format a file of its own.".to_owned(),
            Self::TwoOutputs => {
                "Send all but one into files: --format table --format json=scan.json.".to_owned()
            }
            #[cfg(feature = "aws")]
            Self::EventFile { .. } => {
                "Give an event as AWS Config sends it to a custom rule's function.".to_owned()
            }
            Self::NotRecorded(_) => {
                "Give a Region that was recorded, or none for all of them.".to_owned()
            }
            #[cfg(not(feature = "aws"))]
            Self::NoAws => {
                "Build it with default features, or use --sample or --snapshot FILE.".to_owned()
            }
            #[cfg(feature = "aws")]
            Self::Aws(error) => error.help(),
            #[cfg(feature = "aws")]
            Self::Deploy(error) => error.help(),
            Self::Problems(_) => {
                "Everything that could be done was done; run it again when the cause is gone."
                    .to_owned()
            }
            Self::Json(_) | Self::Csv(_) => "Please report this.".to_owned(),
            Self::Stdout(_) => {
                "Check the pipe or the disk that standard output goes to.".to_owned()
            }
        }
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            #[cfg(feature = "aws")]
            Self::Aws(error) => error.code(),
            #[cfg(feature = "aws")]
            Self::Deploy(error) => error.code(),
            Self::Problems(_) => 3,
            _ => 2,
        }
    }
}
