//! Standard output and standard error: everything that the program writes there goes through this
//! file, and what a terminal or a reader's eye would obey is escaped on the way, terminal or not.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use clap::ValueEnum;
use plumbline_core::text::escaped_lines;

/// How a part of a text looks, where colors are wanted. Words carry the meaning, colors repeat it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Style {
    #[default]
    Plain,
    Strong,
    Good,
    Warning,
    Bad,
}

impl Style {
    /// The parameter of ANSI's "select graphic rendition".
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Strong => Some("1"),
            Self::Good => Some("32"),
            Self::Warning => Some("33"),
            Self::Bad => Some("31"),
        }
    }
}

/// A text with parts that look different.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Styled {
    parts: Vec<(Style, String)>,
}

impl From<String> for Styled {
    fn from(text: String) -> Self {
        Self { parts: vec![(Style::Plain, text)] }
    }
}

impl Styled {
    /// Adds a part.
    pub(crate) fn push(&mut self, style: Style, text: impl Into<String>) {
        self.parts.push((style, text.into()));
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, style: Style, text: impl Into<String>) {
        self.push(style, text);
        self.push(Style::Plain, "\n");
    }

    /// Adds another text.
    pub(crate) fn append(&mut self, other: Self) {
        self.parts.extend(other.parts);
    }

    /// The text without styles, with nothing unseen.
    pub(crate) fn plain(&self) -> String {
        self.parts.iter().map(|(_, text)| escaped_lines(text)).collect()
    }

    /// The text with styles, with nothing unseen besides.
    fn colored(&self) -> String {
        let part = |(style, text): &(Style, String)| match style.code() {
            Some(code) if !text.is_empty() => {
                format!("\u{1b}[{code}m{}\u{1b}[0m", escaped_lines(text))
            }
            _ => escaped_lines(text).into_owned(),
        };
        self.parts.iter().map(part).collect()
    }
}

/// When the program prints in colors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    // On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
    #[default]
    Auto,
    Always,
    Never,
}

static COLORS: OnceLock<bool> = OnceLock::new();

/// Sets, once, whether the program prints in colors.
pub(crate) fn choose_colors(choice: ColorChoice) {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let colors = match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => !is_set("NO_COLOR") && !is_dumb() && io::stdout().is_terminal(),
    };
    // The first choice stands.
    let _ = COLORS.set(colors);
}

/// Whether the terminal can neither color nor move back.
pub(crate) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Writes a text on standard output, in colors where they are wanted. That the reader closed the
/// pipe is no error.
pub(crate) fn write_styled(text: &Styled) -> io::Result<()> {
    let colors = COLORS.get().copied().unwrap_or_default();
    write_own(&if colors { text.colored() } else { text.plain() })
}

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
