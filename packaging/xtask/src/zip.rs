//! A zip of one executable file that depends on nothing but its content: no times, no owner, no
//! order.

use anyhow::Context;

/// Version 2.0 of the format has the compression that is used; 3 in the upper byte says that modes
/// are those of Unix.
const VERSION: u16 = 20;
const MADE_BY: u16 = 3 << 8 | VERSION;
const DEFLATED: u16 = 8;
/// 1980-01-01, 00:00: where the format's times begin.
const TIME: u16 = 0;
const DATE: u16 = 1 << 5 | 1;
/// A regular file that everybody may read and execute.
const MODE: u32 = 0o100_755;
const COMPRESSION: u8 = 9;

/// The zip.
pub(crate) fn of_one_executable(name: &str, content: &[u8]) -> anyhow::Result<Vec<u8>> {
    let compressed = miniz_oxide::deflate::compress_to_vec(content, COMPRESSION);
    let size =
        |bytes: &[u8]| u32::try_from(bytes.len()).context("the file is too large for a plain zip");
    let name_size = u16::try_from(name.len()).context("the name is too long")?;
    let mut shared = Vec::new();
    for field in [VERSION, 0, DEFLATED, TIME, DATE] {
        shared.extend(field.to_le_bytes());
    }
    for field in [crc32fast::hash(content), size(&compressed)?, size(content)?] {
        shared.extend(field.to_le_bytes());
    }
    shared.extend(name_size.to_le_bytes());
    shared.extend(0_u16.to_le_bytes());

    let mut zip = b"PK\x03\x04".to_vec();
    zip.extend(&shared);
    zip.extend(name.as_bytes());
    zip.extend(&compressed);
    let directory = size(&zip)?;

    zip.extend(b"PK\x01\x02");
    zip.extend(MADE_BY.to_le_bytes());
    zip.extend(&shared);
    // Length of the comment, disk, internal attributes.
    zip.extend([0; 6]);
    zip.extend((MODE << 16).to_le_bytes());
    zip.extend(0_u32.to_le_bytes());
    zip.extend(name.as_bytes());
    let directory_size = size(&zip)? - directory;

    zip.extend(b"PK\x05\x06");
    for field in [0_u16, 0, 1, 1] {
        zip.extend(field.to_le_bytes());
    }
    zip.extend(directory_size.to_le_bytes());
    zip.extend(directory.to_le_bytes());
    zip.extend(0_u16.to_le_bytes());
    Ok(zip)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Python's own reader takes it, with name, mode, time and content.
    #[test]
    fn others_can_read_it() {
        let content = "#!/bin/sh\n".repeat(1000);
        let zip = of_one_executable("bootstrap", content.as_bytes()).expect("a zip");
        assert!(zip.len() < 1000);
        let file =
            std::env::temp_dir().join(format!("plumbline-zip-test-{}.zip", std::process::id()));
        std::fs::write(&file, &zip).expect("writes");
        let script = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is \
            None\n\
            print([(i.filename, oct(i.external_attr >> 16), i.date_time, i.file_size) \
            for i in z.infolist()])";
        let output =
            Command::new("python3").args(["-c", script]).arg(&file).output().expect("Python");
        std::fs::remove_file(&file).expect("removes");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(
            text.trim(),
            "[('bootstrap', '0o100755', (1980, 1, 1, 0, 0, 0), 10000)]",
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
