//! A Python wheel that contains the program, for `pip install` and `pipx run`. A wheel is a zip
//! file with metadata; the files below `share` go to the same folder of the environment.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use plumbline_templates::zip::{self, ZippedFile};
use sha2::{Digest, Sha256};

use super::program::DistTarget;
use super::tar::FileEntry;
use crate::release::VERSION;

/// The oldest glibc version of a wheel tag that all current versions of pip know.
const OLDEST: (u32, u32) = (2, 17);

/// Returns the file name of the wheel. `glibc` is the newest version that the program requires.
pub(crate) fn name(of: DistTarget, glibc: Option<(u32, u32)>) -> String {
    format!("plumbline-{VERSION}-py3-none-{}.whl", platforms(of, glibc))
}

/// Returns the platform tags. A static Linux program also starts on systems with musl.
fn platforms(of: DistTarget, glibc: Option<(u32, u32)>) -> String {
    let processor = match of {
        DistTarget::MacX86 => return "macosx_10_12_x86_64".to_owned(),
        DistTarget::MacArm => return "macosx_11_0_arm64".to_owned(),
        DistTarget::Windows => return "win_amd64".to_owned(),
        DistTarget::LinuxX86 => "x86_64",
        DistTarget::LinuxArm => "aarch64",
    };
    match glibc {
        None => {
            let (major, minor) = OLDEST;
            format!("manylinux_{major}_{minor}_{processor}.musllinux_1_1_{processor}")
        }
        Some(needed) => {
            let (major, minor) = needed.max(OLDEST);
            format!("manylinux_{major}_{minor}_{processor}")
        }
    }
}

/// Writes the wheel of a tree with the folders `bin` and `share`.
pub(crate) fn wheel(
    of: DistTarget,
    glibc: Option<(u32, u32)>,
    tree: &[FileEntry],
) -> anyhow::Result<Vec<u8>> {
    let information = format!("plumbline-{VERSION}.dist-info");
    let data = format!("plumbline-{VERSION}.data");
    let mut files: Vec<FileEntry> = Vec::new();
    for file in tree {
        files.push(if let Some(name) = file.path.strip_prefix("bin/") {
            file.at(format!("{data}/scripts/{name}"))
        } else if let Some(name) = license(file) {
            file.at(format!("{information}/licenses/{name}"))
        } else if let Some(name) = file.path.strip_suffix(".cdx.json") {
            let name = name.rsplit('/').next().unwrap_or(name);
            file.at(format!("{information}/sboms/{name}.cdx.json"))
        } else {
            file.at(format!("{data}/data/{}", file.path))
        });
    }
    files.push(FileEntry::readable(format!("{information}/METADATA"), metadata(tree)));
    files.push(FileEntry::readable(format!("{information}/WHEEL"), description(of, glibc)));
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let record = format!("{information}/RECORD");
    files.push(FileEntry::readable(record.clone(), lines(&files, &record)));
    let zipped: Vec<ZippedFile<'_>> = files
        .iter()
        .map(|FileEntry { path, mode, content }| ZippedFile { name: path, mode: *mode, content })
        .collect();
    Ok(zip::write(&zipped)?)
}

/// Returns the name of a file with a license or notice.
fn license(file: &FileEntry) -> Option<&str> {
    let name = file.path.strip_prefix("share/doc/plumbline/")?;
    ["LICENSE", "NOTICE", "THIRD-PARTY"].iter().any(|start| name.starts_with(start)).then_some(name)
}

/// Returns the metadata of the package, in version 2.4 of the format.
fn metadata(tree: &[FileEntry]) -> String {
    let mut text = format!(
        "Metadata-Version: 2.4\nName: plumbline\nVersion: {VERSION}\n\
         Summary: Checks AWS accounts against the CIS AWS Foundations Benchmark 1.5.0\n\
         License-Expression: Apache-2.0\n"
    );
    for file in tree {
        if let Some(name) = license(file) {
            let _ = writeln!(text, "License-File: {name}");
        }
    }
    text.push_str("Keywords: aws,cis,compliance,security,audit\nRequires-Python: >=3.8\n");
    text
}

/// Returns the description of the wheel, with a line for each tag.
fn description(of: DistTarget, glibc: Option<(u32, u32)>) -> String {
    let mut text = format!(
        "Wheel-Version: 1.0\nGenerator: plumbline-xtask {VERSION}\nRoot-Is-Purelib: false\n"
    );
    for platform in platforms(of, glibc).split('.') {
        let _ = writeln!(text, "Tag: py3-none-{platform}");
    }
    text
}

/// Lists all files with digest and size, and the list itself without them.
fn lines(files: &[FileEntry], record: &str) -> String {
    let mut text = String::new();
    for FileEntry { path, content, .. } in files {
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(content));
        let _ = writeln!(text, "{path},sha256={digest},{}", content.len());
    }
    let _ = writeln!(text, "{record},,");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_states_the_glibc_version_that_the_program_requires() {
        let tags = |glibc| platforms(DistTarget::LinuxX86, glibc);
        assert_eq!(tags(Some((2, 34))), "manylinux_2_34_x86_64");
        assert_eq!(tags(Some((2, 5))), "manylinux_2_17_x86_64");
        assert_eq!(tags(None), "manylinux_2_17_x86_64.musllinux_1_1_x86_64");
        assert_eq!(platforms(DistTarget::MacArm, None), "macosx_11_0_arm64");
    }
}
