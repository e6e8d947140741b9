//! Writes and reads the bundle of AWS Lambda: a zip file with one program. The bundle depends only
//! on its content, without times, owners or order. The reader also finds the program in zip files
//! of other tools.

use thiserror::Error;

use crate::contract::PROGRAM;

/// Version 2.0 of the format supports the compression. The value 3 in the upper byte means Unix
/// modes.
const VERSION: u16 = 20;
const MADE_BY: u16 = 3 << 8 | VERSION;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// 1980-01-01 00:00, the first time of the format.
const TIME: u16 = 0;
const DATE: u16 = 1 << 5 | 1;
/// A regular file that everyone can read and execute.
const MODE: u32 = 0o100_755;
const COMPRESSION: u8 = 9;

/// The signatures of a file, a directory entry, and the end of the directory.
const FILE: [u8; 4] = *b"PK\x03\x04";
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";

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

/// Creates the bundle of a program.
///
/// # Errors
/// The program is larger than 4 GiB.
pub fn write(program: &[u8]) -> Result<Vec<u8>, BundleError> {
    let compressed = miniz_oxide::deflate::compress_to_vec(program, COMPRESSION);
    let size = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(|_| BundleError::TooLarge);
    let name_size = u16::try_from(PROGRAM.len()).map_err(|_| BundleError::TooLarge)?;
    let mut shared = Vec::new();
    for field in [VERSION, 0, DEFLATED, TIME, DATE] {
        shared.extend(field.to_le_bytes());
    }
    for field in [crc32fast::hash(program), size(&compressed)?, size(program)?] {
        shared.extend(field.to_le_bytes());
    }
    shared.extend(name_size.to_le_bytes());
    shared.extend(0_u16.to_le_bytes());

    let mut zip = FILE.to_vec();
    zip.extend(&shared);
    zip.extend(PROGRAM.as_bytes());
    zip.extend(&compressed);
    let directory = size(&zip)?;

    zip.extend(ENTRY);
    zip.extend(MADE_BY.to_le_bytes());
    zip.extend(&shared);
    // Length of the comment, disk, internal attributes.
    zip.extend([0; 6]);
    zip.extend((MODE << 16).to_le_bytes());
    zip.extend(0_u32.to_le_bytes());
    zip.extend(PROGRAM.as_bytes());
    let directory_size = size(&zip)? - directory;

    zip.extend(END);
    for field in [0_u16, 0, 1, 1] {
        zip.extend(field.to_le_bytes());
    }
    zip.extend(directory_size.to_le_bytes());
    zip.extend(directory.to_le_bytes());
    zip.extend(0_u16.to_le_bytes());
    Ok(zip)
}

/// Returns the uncompressed program of a bundle.
///
/// # Errors
/// The content is not a zip file, or AWS Lambda cannot run it.
pub fn read(zip: &[u8]) -> Result<Vec<u8>, BundleError> {
    let entry = find(zip).ok_or(BundleError::NoZip)?;
    let ZipEntry { compression, mode, data } = entry.ok_or(BundleError::NoProgram)?;
    if mode & 0o111 == 0 {
        return Err(BundleError::NotExecutable(mode));
    }
    match compression {
        STORED => Ok(data.to_vec()),
        DEFLATED => miniz_oxide::inflate::decompress_to_vec_with_limit(data, UNPACKED_LIMIT)
            .map_err(|error| BundleError::Damaged(error.to_string())),
        _ => Err(BundleError::OtherCompression),
    }
}

/// The program in a zip file.
struct ZipEntry<'a> {
    compression: u16,
    mode: u32,
    data: &'a [u8],
}

/// Finds the entry of the program. Returns `None` if the content is not a zip file, and
/// `Some(None)` if it has no such entry.
fn find(zip: &[u8]) -> Option<Option<ZipEntry<'_>>> {
    let end = zip.windows(END.len()).rposition(|bytes| bytes == END)?;
    let count = short(zip, end + 10)?;
    let mut at = long(zip, end + 16)?;
    for _ in 0..count {
        zip.get(at..)?.starts_with(&ENTRY).then_some(())?;
        let [name, extra, comment] =
            [short(zip, at + 28)?, short(zip, at + 30)?, short(zip, at + 32)?];
        if zip.get(at + 46..at + 46 + name)? == PROGRAM.as_bytes() {
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
    let file = [FILE.as_slice(), shared.as_slice(), name.as_bytes(), content].concat();
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

    #[test]
    fn what_is_written_is_read() {
        let program = "#!/bin/sh\n".repeat(1000);
        let zip = write(program.as_bytes()).expect("a zip");
        assert_eq!(read(&zip).as_deref(), Ok(program.as_bytes()));
        assert_eq!(read(&stored(PROGRAM, MODE, b"program")).as_deref(), Ok(b"program".as_slice()));
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
