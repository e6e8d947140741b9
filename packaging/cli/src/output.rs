//! Writes results to standard output or files.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use clap::ValueEnum;
use clap::builder::TypedValueParser;
use plumbline_core::text::escaped_json;
use serde::{Serialize, Serializer};
use tempfile::NamedTempFile;

use crate::error::{CliError, PLEASE_REPORT};
use crate::suggestions::Suggesting;
use crate::terminal::{Styled, write_stdout, write_styled};

/// A format with its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output<F> {
    pub(crate) format: F,
    pub(crate) file: Option<PathBuf>,
}

impl<F: ValueEnum> std::str::FromStr for Output<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, file) = text
            .split_once('=')
            .map_or((text, None), |(format, file)| (format, Some(PathBuf::from(file))));
        if file.as_ref().is_some_and(|file| file.as_os_str().is_empty()) {
            return Err("the file after the equals sign is missing".to_owned());
        }
        let known = || {
            F::value_variants()
                .iter()
                .filter_map(ValueEnum::to_possible_value)
                .map(|value| value.get_name().to_owned())
                .collect::<Vec<_>>()
        };
        let file = file.filter(|file| file.as_os_str() != "-");
        let format = F::from_str(format, true)
            .map_err(|_| format!("valid formats are {}", known().join(", ")))?;
        Ok(Self { format, file })
    }
}

/// A parser for a format with its file.
pub(crate) fn output<F: ValueEnum + Send + Sync + 'static>()
-> impl TypedValueParser<Value = Output<F>> {
    Suggesting::new(
        |text: &str| text.parse::<Output<F>>(),
        || {
            let values = F::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            values.map(|value| value.get_name().to_owned()).collect()
        },
    )
}

/// Prints a text. A closed pipe is not an error.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    write_stdout(text).map_err(no_stdout)
}

/// Prints a text with its styles. A closed pipe is not an error.
pub(crate) fn print_styled(text: &Styled) -> Result<(), CliError> {
    write_styled(text).map_err(no_stdout)
}

/// Writes bytes to standard output, unless it is a terminal.
fn print_bytes(bytes: &[u8]) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    if stdout.is_terminal() {
        return Err(CliError::usage(
            "a binary format cannot be printed to a terminal",
            "Give a file: --format xlsx=scan.xlsx.",
        ));
    }
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(no_stdout(error)),
        _ => Ok(()),
    }
}

/// Creates the error for standard output that cannot be written.
pub(crate) fn no_stdout(error: std::io::Error) -> CliError {
    CliError::usage(
        format!("cannot write to standard output: {error}"),
        "Check the pipe or disk of standard output.",
    )
}

/// Prints a value as JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    print(&json(value)?)
}

/// Formats a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<String, CliError> {
    let text = serde_json::to_string_pretty(value).map_err(not_json)?;
    Ok(lines_of(text))
}

/// Formats a list as JSON. Each value is created when it is written, which saves memory.
pub(crate) fn json_list<T: Serialize>(values: impl Iterator<Item = T>) -> Result<String, CliError> {
    let mut text = Vec::new();
    serde_json::Serializer::pretty(&mut text).collect_seq(values).map_err(not_json)?;
    let text = String::from_utf8(text).map_err(|error| {
        CliError::usage(format!("the result is not valid UTF-8: {error}"), PLEASE_REPORT)
    })?;
    Ok(lines_of(text))
}

fn lines_of(json: String) -> String {
    let mut text = escaped_json(json);
    text.push('\n');
    text
}

/// Creates the error for a result that cannot be written as JSON.
pub(crate) fn not_json(error: serde_json::Error) -> CliError {
    CliError::usage(format!("the result cannot be written as JSON: {error}"), PLEASE_REPORT)
}

/// An output format.
pub(crate) trait FileFormat: Copy {
    /// Whether a directory can receive the result in several files.
    fn has_pieces(self) -> bool {
        false
    }
}

/// A formatted result.
pub(crate) enum Rendered {
    /// A text for one file.
    Text(Styled),
    /// Bytes for one file.
    Bytes(Vec<u8>),
    /// Several files with name and text.
    Pieces(Vec<(String, String)>),
}

impl From<Styled> for Rendered {
    fn from(text: Styled) -> Self {
        Self::Text(text)
    }
}

/// The destination of a result.
enum Place {
    Stdout,
    File(NewFile),
    Folder(PathBuf),
}

impl Place {
    /// Begins a file, or creates a directory if the path ends with a slash.
    fn begin(file: Option<&Path>, has_pieces: bool) -> Result<Self, CliError> {
        let Some(file) = file else { return Ok(Self::Stdout) };
        if !is_folder(file) {
            return NewFile::begin(file, READABLE).map(Self::File);
        }
        if !has_pieces {
            return Err(CliError::usage(
                format!("'{}' is a directory, but the format requires a file", file.display()),
                "Give a file. Only asff can be written to a directory.",
            ));
        }
        let unwritable = unwritable(file);
        std::fs::create_dir_all(file).map_err(&unwritable)?;
        if std::fs::read_dir(file).map_err(&unwritable)?.next().is_some() {
            return Err(CliError::usage(
                format!("the directory '{}' is not empty", file.display()),
                "Give an empty or new directory, so that files of an earlier scan are not mixed \
                 in.",
            ));
        }
        Ok(Self::Folder(file.to_owned()))
    }
}

/// Whether a path is a directory: it ends with a slash, or the directory exists.
fn is_folder(path: &Path) -> bool {
    path.to_string_lossy().ends_with('/') || path.is_dir()
}

/// The destinations of results. Problems with them are found before anything is read.
pub(crate) struct Prepared<F> {
    outputs: Vec<(F, Place)>,
}

impl<F: FileFormat> Prepared<F> {
    /// Rejects two formats for standard output or for the same file, and begins the files.
    pub(crate) fn new(outputs: &[Output<F>]) -> Result<Self, CliError> {
        if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
            return Err(CliError::usage(
                "more than one format writes to standard output",
                "Write all but one to files: --format table --format json=scan.json.",
            ));
        }
        let mut files = BTreeSet::new();
        let mut prepared = Vec::new();
        for Output { format, file } in outputs {
            if let Some(file) = file
                && !files.insert(file)
            {
                return Err(CliError::usage(
                    format!("two formats write to '{}'", file.display()),
                    "Give a separate file for each format.",
                ));
            }
            prepared.push((*format, Place::begin(file.as_deref(), format.has_pieces())?));
        }
        Ok(Self { outputs: prepared })
    }

    /// Writes a result to every output in its format. The last argument of `render` is true for a
    /// directory.
    pub(crate) fn write(
        self,
        render: impl Fn(F, bool) -> Result<Rendered, CliError>,
    ) -> Result<(), CliError> {
        for (format, place) in self.outputs {
            let rendered = render(format, matches!(place, Place::Folder(_)))?;
            match (place, rendered) {
                (Place::Stdout, Rendered::Text(text)) => print_styled(&text)?,
                (Place::File(file), Rendered::Text(text)) => {
                    file.finish(text.plain().as_bytes())?;
                }
                (Place::Stdout, Rendered::Bytes(bytes)) => print_bytes(&bytes)?,
                (Place::File(file), Rendered::Bytes(bytes)) => file.finish(&bytes)?,
                (Place::Folder(folder), Rendered::Pieces(pieces)) => {
                    for (name, text) in pieces {
                        NewFile::begin(&folder.join(name), READABLE)?.finish(text.as_bytes())?;
                    }
                }
                (_, Rendered::Text(_) | Rendered::Bytes(_) | Rendered::Pieces(_)) => {
                    return Err(CliError::usage(
                        "the result does not fit the output of its format",
                        PLEASE_REPORT,
                    ));
                }
            }
        }
        Ok(())
    }
}

/// The mode of files that others can read, within the process mask.
pub(crate) const READABLE: u32 = 0o666;
/// The mode of files that only their owner can read.
#[cfg(feature = "aws")]
pub(crate) const PRIVATE: u32 = 0o600;

/// The temporary files of this process, which are deleted if it exits immediately.
static TEMPORARY: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn temporary_files() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Deletes the temporary files of incomplete files.
#[cfg(feature = "aws")]
pub(crate) fn remove_temporary_files() {
    for file in temporary_files().iter() {
        // The process exits, so an error cannot be reported.
        let _ = std::fs::remove_file(file);
    }
}

/// A file that appears only when it is complete. Until then, a temporary file in the same directory
/// has the content. If this value is dropped before, the earlier content remains.
pub(crate) struct NewFile {
    file: PathBuf,
    /// `None` if the path is not a regular file, such as a pipe or terminal.
    temporary: Option<NamedTempFile>,
}

impl NewFile {
    /// Begins a file with a mode. An existing file keeps its mode.
    pub(crate) fn begin(file: &Path, mode: u32) -> Result<Self, CliError> {
        let unwritable = unwritable(file);
        let known = std::fs::metadata(file).ok();
        if known.as_ref().is_some_and(|known| !known.is_file()) {
            std::fs::OpenOptions::new().append(true).open(file).map_err(unwritable)?;
            return Ok(Self { file: file.to_owned(), temporary: None });
        }
        // For a symbolic link, the target is replaced, not the link.
        let target = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        if known.is_some() {
            std::fs::OpenOptions::new().append(true).open(&target).map_err(&unwritable)?;
        }
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut builder = tempfile::Builder::new();
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (prefix, suffix) = (format!(".{name}."), ".part");
        builder.prefix(&prefix).suffix(suffix).permissions(permissions(mode));
        let temporary =
            builder.tempfile_in(folder.unwrap_or(Path::new("."))).map_err(&unwritable)?;
        temporary_files().insert(temporary.path().to_owned());
        if let Some(known) = known {
            temporary.as_file().set_permissions(known.permissions()).map_err(&unwritable)?;
        }
        Ok(Self { file: target, temporary: Some(temporary) })
    }

    /// Writes the content and renames the temporary file.
    pub(crate) fn finish(self, content: &[u8]) -> Result<(), CliError> {
        let Self { file, temporary } = self;
        let unwritable = unwritable(&file);
        let Some(mut temporary) = temporary else {
            return std::fs::write(&file, content).map_err(unwritable);
        };
        temporary.write_all(content).map_err(&unwritable)?;
        temporary.as_file().sync_all().map_err(&unwritable)?;
        temporary.persist(&file).map(drop).map_err(|error| unwritable(error.error))
    }
}

#[cfg(unix)]
fn permissions(mode: u32) -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(mode)
}

fn unwritable(file: &Path) -> impl Fn(std::io::Error) -> CliError {
    move |error| {
        // The error of a temporary file also contains its name.
        let text = error.to_string();
        let cause = text.split(" at path ").next().unwrap_or(&text);
        CliError::usage(
            format!("cannot write '{}': {cause}", file.display()),
            "Give a path in an existing directory that you have permission to write to.",
        )
    }
}
