//! Writes zip files that depend only on the names, modes and contents of their files, without times
//! and owners.

use thiserror::Error;

/// Version 2.0 of the format supports the compression. The value 3 in the upper byte means Unix
/// modes.
const VERSION: u16 = 20;
const MADE_BY: u16 = 3 << 8 | VERSION;
const DEFLATED: u16 = 8;
/// 1980-01-01 00:00, the first time of the format.
const TIME: u16 = 0;
const DATE: u16 = 1 << 5 | 1;
const COMPRESSION: u8 = 9;
/// The type of a regular file, in its mode.
const REGULAR: u32 = 0o100_000;

/// The signatures of a file, a directory entry, and the end of the directory.
pub(crate) const FILE: [u8; 4] = *b"PK\x03\x04";
pub(crate) const ENTRY: [u8; 4] = *b"PK\x01\x02";
pub(crate) const END: [u8; 4] = *b"PK\x05\x06";

/// A file in a zip file.
#[derive(Clone, Copy, Debug)]
pub struct ZippedFile<'a> {
    /// The path, with `/` between folders.
    pub name: &'a str,
    /// The permissions, such as `0o755`.
    pub mode: u32,
    /// The uncompressed content.
    pub content: &'a [u8],
}

/// A size or a number of files exceeds the format without its 64-bit extension.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the file exceeds the maximum size of a zip file")]
pub struct ZipTooLarge;

/// Creates a zip file with these files, in their order.
///
/// # Errors
/// A file or the result is larger than 4 GiB, or there are more than 65,535 files.
pub fn write(files: &[ZippedFile<'_>]) -> Result<Vec<u8>, ZipTooLarge> {
    let size = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(|_| ZipTooLarge);
    let mut zip = Vec::new();
    let mut directory = Vec::new();
    for file in files {
        let compressed = miniz_oxide::deflate::compress_to_vec(file.content, COMPRESSION);
        let name_size = u16::try_from(file.name.len()).map_err(|_| ZipTooLarge)?;
        let mut shared = Vec::new();
        for field in [VERSION, 0, DEFLATED, TIME, DATE] {
            shared.extend(field.to_le_bytes());
        }
        for field in [crc32fast::hash(file.content), size(&compressed)?, size(file.content)?] {
            shared.extend(field.to_le_bytes());
        }
        shared.extend(name_size.to_le_bytes());
        shared.extend(0_u16.to_le_bytes());
        let offset = size(&zip)?;

        zip.extend(FILE);
        zip.extend(&shared);
        zip.extend(file.name.as_bytes());
        zip.extend(&compressed);

        directory.extend(ENTRY);
        directory.extend(MADE_BY.to_le_bytes());
        directory.extend(&shared);
        // Length of the comment, disk, internal attributes.
        directory.extend([0; 6]);
        directory.extend(((REGULAR | file.mode) << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(file.name.as_bytes());
    }
    let count = u16::try_from(files.len()).map_err(|_| ZipTooLarge)?;
    let (offset, directory_size) = (size(&zip)?, size(&directory)?);
    zip.extend(&directory);
    zip.extend(END);
    for field in [0_u16, 0, count, count] {
        zip.extend(field.to_le_bytes());
    }
    zip.extend(directory_size.to_le_bytes());
    zip.extend(offset.to_le_bytes());
    zip.extend(0_u16.to_le_bytes());
    Ok(zip)
}
