//! Writes to standard output and standard error. The whole program writes there only through this
//! file, which escapes control characters and invisible characters, on terminals and elsewhere.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use clap::ValueEnum;
use plumbline_core::text::escaped_lines;

/// The style of a part of a text, if colors are enabled. Words carry the meaning, and colors repeat
/// it.
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
    /// Returns the parameter of the ANSI sequence "select graphic rendition".
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

/// A text whose parts have styles.
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

    /// Returns the text without styles and invisible characters.
    pub(crate) fn plain(&self) -> String {
        self.parts.iter().map(|(_, text)| escaped_lines(text)).collect()
    }

    /// Returns the text with styles and without other invisible characters.
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

/// The choice of colored output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    // On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
    #[default]
    Auto,
    Always,
    Never,
}

static COLORS: OnceLock<bool> = OnceLock::new();

/// Sets once whether the program prints in colors.
pub(crate) fn choose_colors(choice: ColorChoice) {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let colors = match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => !is_set("NO_COLOR") && !is_dumb() && io::stdout().is_terminal(),
    };
    // Only the first call has an effect.
    let _ = COLORS.set(colors);
}

/// Whether the terminal supports neither colors nor cursor movement.
pub(crate) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Writes a text to standard output, in colors if they are enabled. A closed pipe is not an error.
pub(crate) fn write_styled(text: &Styled) -> io::Result<()> {
    let colors = COLORS.get().copied().unwrap_or_default();
    write_own(&if colors { text.colored() } else { text.plain() })
}

/// Writes a text to standard output. A closed pipe is not an error.
pub(crate) fn write_stdout(text: &str) -> io::Result<()> {
    write_own(&escaped_lines(text))
}

/// Writes a text of the program itself, such as a shell script, without changes.
pub(crate) fn write_own(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Writes a line to standard error.
pub(crate) fn print_error(text: &str) {
    // A reader that has closed standard error cannot be informed.
    let _ = writeln!(io::stderr(), "{}", escaped_lines(text));
}

/// Writes log events to standard error, one event per write.
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

/// Returns the number of columns of a line: the variable `COLUMNS` if it is above 0, otherwise the
/// width of the terminal. Returns `None` without a terminal.
pub(crate) fn width() -> Option<usize> {
    let given = std::env::var("COLUMNS").ok().and_then(|text| text.trim().parse().ok());
    let own = || {
        let size = io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
        size.map(|(terminal_size::Width(columns), _)| usize::from(columns))
    };
    given.filter(|columns| *columns > 0).or_else(own).filter(|columns| *columns > 0)
}
