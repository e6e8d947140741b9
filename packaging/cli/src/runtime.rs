//! What the program runs in when it waits for AWS: its log, and its tasks.

use tokio::task::JoinError;
use tracing_subscriber::EnvFilter;

use crate::error::{CliError, INCOMPLETE, PLEASE_REPORT};
use crate::terminal::LogWriter;

/// Sends log events to stderr: warnings, more with `-v`, or what `RUST_LOG` selects.
pub(crate) fn log(verbose: u8) {
    let default = match verbose {
        0 => "warn,aws_config=error",
        1 => "info,aws_config=warn",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_writer(|| LogWriter)
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(false)
        .init();
}

/// Runs a future that waits for AWS.
pub(crate) fn block_on<T>(
    future: impl Future<Output = Result<T, CliError>>,
) -> Result<T, CliError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| fault(format!("the program's runtime cannot start: {error}")))?
        .block_on(future)
}

impl From<JoinError> for CliError {
    fn from(error: JoinError) -> Self {
        fault(format!("a task ended unexpectedly: {error}"))
    }
}

fn fault(message: String) -> CliError {
    CliError { message, advice: PLEASE_REPORT.to_owned(), code: INCOMPLETE }
}
