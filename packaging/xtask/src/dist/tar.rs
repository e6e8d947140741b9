//! Writes archives (tar, gzip, ar) that depend only on the names, modes and contents of their
//! files: the order is by name, all times are the same, and the owner is root without a name.

use anyhow::{Context, ensure};

/// A file of an archive or package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileEntry {
    /// The path, with `/` between folders.
    pub(crate) path: String,
    /// The permissions.
    pub(crate) mode: u32,
    /// The content.
    pub(crate) content: Vec<u8>,
}

impl FileEntry {
    /// A file that everyone can read.
    pub(crate) fn readable(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), mode: 0o644, content: content.into() }
    }

    /// A file that everyone can read and execute.
    pub(crate) fn executable(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), mode: 0o755, content: content.into() }
    }

    /// The same file at another path.
    pub(crate) fn at(&self, path: impl Into<String>) -> Self {
        Self { path: path.into(), ..self.clone() }
    }
}

const BLOCK: usize = 512;
const COMPRESSION: u8 = 9;

/// Writes a tar archive (POSIX ustar) of files below `prefix`, with the folders that contain them.
/// `folders` are more folders with their permissions. `time` is in seconds since 1970.
pub(crate) fn tar(
    prefix: &str,
    files: &[FileEntry],
    folders: &[(&str, u32)],
    time: u64,
) -> anyhow::Result<Vec<u8>> {
    let mut entries = std::collections::BTreeMap::<String, (u32, Option<&[u8]>)>::new();
    for file in files {
        let path = format!("{prefix}{}", file.path);
        for (at, _) in path.match_indices('/') {
            let folder = path.get(..=at).unwrap_or_default();
            if folder != "./" {
                entries.entry(folder.to_owned()).or_insert((0o755, None));
            }
        }
        entries.insert(path, (file.mode, Some(&file.content)));
    }
    for (folder, mode) in folders {
        entries.insert(format!("{prefix}{folder}/"), (*mode, None));
    }
    let mut archive = Vec::new();
    for (path, (mode, content)) in entries {
        archive.extend(header(&path, mode, content.map(<[u8]>::len), time)?);
        archive.extend(content.unwrap_or_default());
        archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    }
    archive.resize(archive.len() + 2 * BLOCK, 0);
    Ok(archive)
}

/// Returns the header of a file, or of a folder, which has no size.
fn header(path: &str, mode: u32, size: Option<usize>, time: u64) -> anyhow::Result<Vec<u8>> {
    const NAME: usize = 100;
    let (parent, name) = if path.len() <= NAME {
        ("", path)
    } else {
        let split = path
            .match_indices('/')
            .map(|(at, _)| at)
            .find(|at| path.len() - at - 1 <= NAME)
            .with_context(|| format!("the name of '{path}' is too long for an archive"))?;
        (path.get(..split).unwrap_or_default(), path.get(split + 1..).unwrap_or_default())
    };
    ensure!(parent.len() <= 155, "the folders of '{path}' are too long for an archive");
    let mut header = Vec::new();
    let mut field = |text: &str, length: usize| {
        header.extend(text.as_bytes());
        header.resize(header.len() + length - text.len(), 0);
    };
    field(name, NAME);
    field(&format!("{mode:07o}"), 8);
    // User and group: root.
    field("0000000", 8);
    field("0000000", 8);
    field(&format!("{:011o}", size.unwrap_or_default()), 12);
    field(&format!("{time:011o}"), 12);
    // The sum of all bytes, where those of the sum itself are spaces.
    field("        ", 8);
    field(if size.is_some() { "0" } else { "5" }, 1);
    field("", 100);
    field("ustar", 6);
    field("00", 2);
    field("", 64);
    field("", 16);
    field(parent, 155);
    header.resize(BLOCK, 0);
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header.splice(148..156, format!("{sum:06o}\0 ").into_bytes());
    Ok(header)
}

/// Compresses with gzip, without a name and a time.
pub(crate) fn gzip(content: &[u8]) -> anyhow::Result<Vec<u8>> {
    let size = u32::try_from(content.len()).context("the archive is larger than 4 GiB")?;
    // Method deflate, no flags, no time, best compression, system unknown.
    let mut compressed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];
    compressed.extend(miniz_oxide::deflate::compress_to_vec(content, COMPRESSION));
    compressed.extend(crc32fast::hash(content).to_le_bytes());
    compressed.extend(size.to_le_bytes());
    Ok(compressed)
}

/// Writes an ar archive, the outer form of a Debian package.
pub(crate) fn ar(files: &[FileEntry], time: u64) -> Vec<u8> {
    let mut archive = b"!<arch>\n".to_vec();
    for FileEntry { path, mode, content } in files {
        let mode = 0o100_000 | mode;
        archive.extend(
            format!("{path:<16}{time:<12}{:<6}{:<6}{mode:<8o}{:<10}`\n", 0, 0, content.len())
                .into_bytes(),
        );
        archive.extend(content);
        if content.len() % 2 == 1 {
            archive.push(b'\n');
        }
    }
    archive
}
