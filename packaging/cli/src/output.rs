//! Where results go: standard output, or files.

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

/// A format, and the file it goes to.
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

/// The parser of a format and the file it goes to.
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

/// Prints a text. That the reader closed the pipe is no error.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    write_stdout(text).map_err(no_stdout)
}

/// Prints a text with its styles. That the reader closed the pipe is no error.
pub(crate) fn print_styled(text: &Styled) -> Result<(), CliError> {
    write_styled(text).map_err(no_stdout)
}

/// Writes bytes to standard output, unless that is a terminal.
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

/// The error for a result that standard output does not take.
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

/// A value as the JSON that is printed.
pub(crate) fn json(value: &impl Serialize) -> Result<String, CliError> {
    let text = serde_json::to_string_pretty(value).map_err(not_json)?;
    Ok(lines_of(text))
}

/// A list as the JSON that is printed, of which each value is made when it is its turn: many would
/// take much memory.
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

/// The error for a result that cannot be written as JSON.
pub(crate) fn not_json(error: serde_json::Error) -> CliError {
    CliError::usage(format!("the result cannot be written as JSON: {error}"), PLEASE_REPORT)
}

/// A format that a result is written in.
pub(crate) trait FileFormat: Copy {
    /// Whether a folder takes a result in pieces, each a file.
    fn has_pieces(self) -> bool {
        false
    }
}

/// A result in a format.
pub(crate) enum Rendered {
    /// A text, in one file.
    Text(Styled),
    /// Bytes, in one file.
    Bytes(Vec<u8>),
    /// A file each: its name and its text.
    Pieces(Vec<(String, String)>),
}

impl From<Styled> for Rendered {
    fn from(text: Styled) -> Self {
        Self::Text(text)
    }
}

/// Where a result goes.
enum Place {
    Stdout,
    File(NewFile),
    Folder(PathBuf),
}

impl Place {
    /// Begins a file, or makes a folder: a path that ends with a slash is one.
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
                "Give an empty or new directory, so that files of an earlier scan are not mixed in.",
            ));
        }
        Ok(Self::Folder(file.to_owned()))
    }
}

/// Whether a path names a folder: with the slash at its end, or because there is one.
fn is_folder(path: &Path) -> bool {
    path.to_string_lossy().ends_with('/') || path.is_dir()
}

/// Where results will go: everything that keeps them from being written is found before anything
/// is read.
pub(crate) struct Prepared<F> {
    outputs: Vec<(F, Place)>,
}

impl<F: FileFormat> Prepared<F> {
    /// Refuses two formats on standard output and in one file, and begins the files.
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

    /// Writes a result to every output, in the output's format; the last argument of `render` is
    /// whether it goes into a folder.
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

/// The mode of files that others may read, as far as the mask of the process allows.
pub(crate) const READABLE: u32 = 0o666;
/// The mode of files for their owner alone.
#[cfg(feature = "aws")]
pub(crate) const PRIVATE: u32 = 0o600;

/// The temporary files of this process, which are removed where it ends at once.
static TEMPORARY: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn temporary_files() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the temporary files of files that are not whole.
#[cfg(feature = "aws")]
pub(crate) fn remove_temporary_files() {
    for file in temporary_files().iter() {
        // The process ends, and there is nobody left to hear of it.
        let _ = std::fs::remove_file(file);
    }
}

/// A file that is there when it is whole, and not before: until then its content is in a temporary
/// file beside it. What stood in the file before stays when that is dropped.
pub(crate) struct NewFile {
    file: PathBuf,
    /// Nothing where the path is no regular file, such as a pipe or a terminal.
    temporary: Option<NamedTempFile>,
}

impl NewFile {
    /// Begins a file with a mode; one that exists keeps its own.
    pub(crate) fn begin(file: &Path, mode: u32) -> Result<Self, CliError> {
        let unwritable = unwritable(file);
        let known = std::fs::metadata(file).ok();
        if known.as_ref().is_some_and(|known| !known.is_file()) {
            std::fs::OpenOptions::new().append(true).open(file).map_err(unwritable)?;
            return Ok(Self { file: file.to_owned(), temporary: None });
        }
        // The target of a link is replaced, not the link.
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

    /// Writes the content and gives the file its name.
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
        // The error of a temporary file names that one, too.
        let text = error.to_string();
        let cause = text.split(" at path ").next().unwrap_or(&text);
        CliError::usage(
            format!("cannot write '{}': {cause}", file.display()),
            "Give a path in an existing directory that you have permission to write to.",
        )
    }
}
