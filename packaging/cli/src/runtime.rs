//! The log and the asynchronous runtime of commands that call AWS.

use plumbline_aws::network::check_environment;
use plumbline_aws::stop::{Stop, StopCause};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinError;
use tracing_subscriber::EnvFilter;

use crate::error::{CliError, INCOMPLETE, PLEASE_REPORT};
use crate::output::remove_temporary_files;
use crate::terminal::{LogWriter, print_error};

/// The stack size of a thread in bytes.
const STACK: usize = 8 * 1_024 * 1_024;

/// The exit code of a command that a signal ended is this value plus the number of the signal.
pub(crate) const SIGNAL_BASE: u8 = 128;

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

/// Runs a future until it completes or a signal ends the program.
pub(crate) fn block_on<T>(
    future: impl Future<Output = Result<T, CliError>>,
) -> Result<T, CliError> {
    runtime()?.block_on(async {
        tokio::select! {
            done = future => done,
            signal = interruption() => Err(interrupted(signal?)),
        }
    })
}

/// Runs a future to completion. A signal requests an early end.
pub(crate) fn block_on_stoppable<T>(
    stop: &Stop,
    future: impl Future<Output = Result<T, CliError>>,
) -> Result<T, CliError> {
    runtime()?.block_on(async {
        tokio::pin!(future);
        tokio::select! {
            done = &mut future => done,
            signal = interruption() => {
                stop.request(StopCause::Signal(signal?));
                print_error(
                    "Interrupted. The facts that were read will be evaluated and written. \
                     Interrupt again to exit immediately.",
                );
                future.await
            }
        }
    })
}

/// Returns the error of a command that a signal ended.
pub(crate) fn interrupted(signal: u8) -> CliError {
    CliError {
        message: "interrupted".to_owned(),
        advice: "Run the command again. No file was written. A deployment continues where it \
                 stopped."
            .to_owned(),
        code: SIGNAL_BASE.saturating_add(signal),
    }
}

fn runtime() -> Result<Runtime, CliError> {
    check_environment().map_err(|error| {
        let advice = format!("Correct {}, or remove it from the environment.", error.variable);
        CliError::usage(error.to_string(), advice)
    })?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // In builds without optimization, the SDKs' readers of large responses require more than 1
        // MB of stack.
        .thread_stack_size(STACK)
        .build()
        .map_err(|error| fault(format!("the program's runtime cannot start: {error}")))
}

/// Waits for the signal that ends the program. A second signal ends the program immediately.
async fn interruption() -> Result<u8, CliError> {
    let unheard = |error: std::io::Error| fault(format!("cannot wait for signals: {error}"));
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(unheard)?;
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut heard = signals.forever();
        let Some(signal) = heard.next() else { return };
        // If no future waits for AWS, no cleanup is required.
        let last = if sender.send(signal).is_ok() { heard.next() } else { Some(signal) };
        if let Some(signal) = last {
            remove_temporary_files();
            std::process::exit(i32::from(SIGNAL_BASE) + signal);
        }
    });
    match receiver.await {
        Ok(signal) => {
            u8::try_from(signal).map_err(|_| fault(format!("unexpected signal {signal}")))
        }
        Err(_) => std::future::pending().await,
    }
}

impl From<JoinError> for CliError {
    fn from(error: JoinError) -> Self {
        fault(format!("a task ended unexpectedly: {error}"))
    }
}

fn fault(message: String) -> CliError {
    CliError { message, advice: PLEASE_REPORT.to_owned(), code: INCOMPLETE }
}
