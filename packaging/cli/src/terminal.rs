//! Standard output and standard error: everything that the program writes there goes through this
//! file, and what a terminal or a reader's eye would obey is escaped on the way, terminal or not.

use std::io::{self, IsTerminal, Write};

use plumbline_core::text::escaped_lines;

/// Writes a text on standard output. That the reader closed the pipe is no error.
pub(crate) fn write_stdout(text: &str) -> io::Result<()> {
    write_own(&escaped_lines(text))
}

/// Writes a text of the program itself, such as a script for a shell, as it is.
pub(crate) fn write_own(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Writes a line on standard error.
pub(crate) fn print_error(text: &str) {
    // A reader that has closed standard error cannot be informed.
    let _ = writeln!(io::stderr(), "{}", escaped_lines(text));
}

/// Standard error for the log, which writes an event at once.
#[cfg(feature = "aws")]
pub(crate) struct LogWriter;

#[cfg(feature = "aws")]
impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        io::stderr().write_all(escaped_lines(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// How many columns a line may have: those of the variable `COLUMNS`, where it is above 0, else
/// those of the terminal. Nothing where no one reads at a terminal.
pub(crate) fn width() -> Option<usize> {
    let given = std::env::var("COLUMNS").ok().and_then(|text| text.trim().parse().ok());
    let own = || {
        let size = io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
        size.map(|(terminal_size::Width(columns), _)| usize::from(columns))
    };
    given.filter(|columns| *columns > 0).or_else(own).filter(|columns| *columns > 0)
}
