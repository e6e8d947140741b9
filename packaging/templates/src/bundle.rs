//! Writes and reads the bundle of AWS Lambda: a zip file with the program and its version. The
//! bundle depends only on its content, without times, owners or order. The reader also finds the
//! program in zip files of other tools.

use thiserror::Error;

use crate::contract::PROGRAM;
use crate::zip::{self, END, ENTRY, ZipTooLarge, ZippedFile};

/// The version of this program, and of the code that it deploys.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// The file that states the version of the program.
const VERSION_FILE: &str = "VERSION";
/// The maximum size of that file, in bytes.
const VERSION_LIMIT: usize = 256;

/// The maximum uncompressed size that AWS Lambda accepts, in bytes.
const UNPACKED_LIMIT: usize = 250 * 1024 * 1024;

/// The reason why a bundle cannot be written or used by AWS Lambda.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum BundleError {
    /// A size does not fit into 32 bits.
    #[error("the file exceeds the maximum size of a zip file")]
    TooLarge,
    /// The structure of the file is invalid.
    #[error("the file is not a zip file, or it is damaged")]
    NoZip,
    /// The zip file does not contain the program.
    #[error("the zip file does not contain '{PROGRAM}'")]
    NoProgram,
    /// The mode of the program does not allow execution.
    #[error("'{PROGRAM}' is not executable: its mode is {0:o}")]
    NotExecutable(u32),
    /// The compressed data is damaged, or exceeds the size limit of AWS Lambda.
    #[error("cannot decompress '{PROGRAM}': {0}")]
    Damaged(String),
    /// The compression method is neither of the two in the AWS Lambda documentation.
    #[error("'{PROGRAM}' uses a compression method that AWS Lambda does not support")]
    OtherCompression,
}

impl From<ZipTooLarge> for BundleError {
    fn from(_: ZipTooLarge) -> Self {
        Self::TooLarge
    }
}

/// Creates the bundle of a program that was built from the source of this version.
///
/// # Errors
/// The program is larger than 4 GiB.
pub fn write(program: &[u8]) -> Result<Vec<u8>, BundleError> {
    write_with(program, &[])
}

/// Creates the bundle of a program with documents, which AWS Lambda ignores: pairs of name and
/// content, such as the licenses of a bundle that is distributed by itself.
///
/// # Errors
/// The program or a document is larger than 4 GiB.
pub fn write_with(program: &[u8], documents: &[(&str, &[u8])]) -> Result<Vec<u8>, BundleError> {
    let version = format!("{VERSION}\n");
    let mut files = vec![ZippedFile { name: PROGRAM, mode: 0o755, content: program }];
    let readable =
        [(VERSION_FILE, version.as_bytes())].into_iter().chain(documents.iter().copied());
    files.extend(readable.map(|(name, content)| ZippedFile { name, mode: 0o644, content }));
    Ok(zip::write(&files)?)
}

/// Returns the uncompressed program of a bundle.
///
/// # Errors
/// The content is not a zip file, or AWS Lambda cannot run it.
pub fn read(zip: &[u8]) -> Result<Vec<u8>, BundleError> {
    let entry = find(zip, PROGRAM).ok_or(BundleError::NoZip)?.ok_or(BundleError::NoProgram)?;
    if entry.mode & 0o111 == 0 {
        return Err(BundleError::NotExecutable(entry.mode));
    }
    entry.content(UNPACKED_LIMIT)
}

/// Returns the version that a bundle states. A zip file of another tool states none.
#[must_use]
pub fn version(zip: &[u8]) -> Option<String> {
    let content = find(zip, VERSION_FILE)??.content(VERSION_LIMIT).ok()?;
    Some(String::from_utf8_lossy(&content).trim().to_owned())
}

/// A file in a zip file.
struct ZipEntry<'a> {
    compression: u16,
    mode: u32,
    data: &'a [u8],
}

impl ZipEntry<'_> {
    /// Returns the uncompressed content.
    fn content(&self, limit: usize) -> Result<Vec<u8>, BundleError> {
        match self.compression {
            STORED => Ok(self.data.to_vec()),
            DEFLATED => miniz_oxide::inflate::decompress_to_vec_with_limit(self.data, limit)
                .map_err(|error| BundleError::Damaged(error.to_string())),
            _ => Err(BundleError::OtherCompression),
        }
    }
}

/// Finds the entry of a file. Returns `None` if the content is not a zip file, and `Some(None)` if
/// it has no such entry.
fn find<'a>(zip: &'a [u8], wanted: &str) -> Option<Option<ZipEntry<'a>>> {
    let end = zip.windows(END.len()).rposition(|bytes| bytes == END)?;
    let count = short(zip, end + 10)?;
    let mut at = long(zip, end + 16)?;
    for _ in 0..count {
        zip.get(at..)?.starts_with(&ENTRY).then_some(())?;
        let [name, extra, comment] =
            [short(zip, at + 28)?, short(zip, at + 30)?, short(zip, at + 32)?];
        if zip.get(at + 46..at + 46 + name)? == wanted.as_bytes() {
            let (compression, size, mode, local) = (
                short(zip, at + 10)?,
                long(zip, at + 20)?,
                short(zip, at + 40)?,
                long(zip, at + 42)?,
            );
            let start = local + 30 + short(zip, local + 26)? + short(zip, local + 28)?;
            return Some(Some(ZipEntry {
                compression: u16::try_from(compression).ok()?,
                mode: u32::try_from(mode).ok()?,
                data: zip.get(start..start.checked_add(size)?)?,
            }));
        }
        at += 46 + name + extra + comment;
    }
    Some(None)
}

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?).into())
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()
}

/// A zip with one stored file.
#[cfg(test)]
pub(crate) fn stored(name: &str, mode: u32, content: &[u8]) -> Vec<u8> {
    let [name_size, size] = [name.len(), content.len()].map(|size| {
        let size = u32::try_from(size).expect("short");
        size.to_le_bytes()
    });
    let shared =
        [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &size[..], &size, &name_size].concat();
    let file = [zip::FILE.as_slice(), shared.as_slice(), name.as_bytes(), content].concat();
    let directory = u32::try_from(file.len()).expect("short").to_le_bytes();
    let mode = (mode << 16).to_le_bytes();
    let entry =
        [ENTRY.as_slice(), &[20, 3], shared.as_slice(), &[0; 6], &mode, &[0; 4], name.as_bytes()]
            .concat();
    let end =
        [END.as_slice(), &[0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0], directory.as_slice(), &[0, 0]]
            .concat();
    [file, entry, end].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODE: u32 = 0o100_755;

    #[test]
    fn a_bundle_states_its_version() {
        let zip = write(b"program").expect("a zip");
        assert_eq!(version(&zip).as_deref(), Some(env!("CARGO_PKG_VERSION")));
        assert_eq!(version(&stored(PROGRAM, MODE, b"program")), None);
        assert_eq!(version(b"PK"), None);
    }

    #[test]
    fn what_is_written_is_read() {
        let program = "#!/bin/sh\n".repeat(1000);
        let zip = write(program.as_bytes()).expect("a zip");
        assert_eq!(read(&zip).as_deref(), Ok(program.as_bytes()));
        assert_eq!(read(&stored(PROGRAM, MODE, b"program")).as_deref(), Ok(b"program".as_slice()));
    }

    #[test]
    fn documents_change_neither_the_program_nor_the_version() {
        let zip = write_with(b"program", &[("NOTICE", b"notice")]).expect("a zip");
        assert_eq!(read(&zip).as_deref(), Ok(b"program".as_slice()));
        assert_eq!(version(&zip), version(&write(b"program").expect("a zip")));
        let notice = find(&zip, "NOTICE").flatten().expect("a document");
        assert_eq!(notice.content(VERSION_LIMIT).as_deref(), Ok(b"notice".as_slice()));
        assert_eq!(notice.mode & 0o777, 0o644);
    }

    #[test]
    fn what_lambda_could_not_run_is_refused() {
        let cases = [
            (b"PK".to_vec(), BundleError::NoZip),
            (stored("main", MODE, b"program"), BundleError::NoProgram),
            (stored(PROGRAM, 0o100_644, b"program"), BundleError::NotExecutable(0o100_644)),
        ];
        for (zip, expected) in cases {
            assert_eq!(read(&zip), Err(expected));
        }
        let mut cut = stored(PROGRAM, MODE, b"program");
        cut.truncate(40);
        assert_eq!(read(&cut), Err(BundleError::NoZip));
        let mut damaged = write(b"program").expect("a zip");
        // A block type that does not exist.
        damaged[30 + PROGRAM.len()] |= 0b110;
        assert!(matches!(read(&damaged), Err(BundleError::Damaged(_))));
    }
}
