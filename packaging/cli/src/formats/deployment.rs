//! Prints the progress and the text of a deployment.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plumbline_core::text::{escaped, escaped_lines};
use plumbline_deploy::Progress;

use super::layout::laid_out;
use crate::terminal::{is_dumb, print_error, width, write_stdout};

/// The progress of a deployment: lines on standard output, and a clock on standard error.
pub(crate) struct Lines {
    clock: ProgressBar,
    /// Whether the lines go to standard error, because standard output has a document.
    is_aside: bool,
    /// The text that was printed.
    text: Mutex<String>,
}

impl Lines {
    /// Creates the progress. The clock is hidden on request. The lines go to standard error if
    /// standard output has a document.
    pub(crate) fn new(hides_clock: bool, is_aside: bool) -> Self {
        let target = if hides_clock || is_dumb() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let style = ProgressStyle::with_template("{spinner} {elapsed} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        Self {
            clock: ProgressBar::with_draw_target(None, target).with_style(style),
            is_aside,
            text: Mutex::default(),
        }
    }

    /// Returns the printed text for a file.
    pub(crate) fn text(&self) -> String {
        escaped_lines(&self.printed()).into_owned()
    }

    fn printed(&self) -> MutexGuard<'_, String> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Lines {
    fn print(&self, text: &str) -> std::io::Result<()> {
        self.printed().push_str(text);
        let text = laid_out(text, width());
        self.clock.suspend(|| {
            if self.is_aside {
                print_error(text.trim_end());
                Ok(())
            } else {
                write_stdout(&text)
            }
        })
    }

    fn report_progress(&self, region: &str, what: &str) {
        self.clock.enable_steady_tick(Duration::from_millis(200));
        let line = escaped(&format!("{region}: {what}")).into_owned();
        if let Err(error) = self.print(&format!("{line}\n")) {
            tracing::warn!(%error, line);
        }
        self.clock.set_message(line);
    }

    fn finish(&self) {
        self.clock.finish_and_clear();
    }
}
