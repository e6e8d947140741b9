//! The Python wheels, for `pip install` and `pipx run`: one with the program, one with the function
//! that the program deploys. A wheel is a zip file with metadata; the files below `share` go to the
//! same folder of the environment, so that the program finds the function.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use plumbline_templates::zip::{self, ZippedFile};
use sha2::{Digest, Sha256};

use super::program::DistTarget;
use super::tar::FileEntry;
use crate::release::VERSION;

/// The glibc version of the oldest wheel tag that all current versions of pip know.
const OLDEST: (u32, u32) = (2, 17);

/// The start of the path of the function's code in a release.
const FUNCTION: &str = "share/plumbline/bootstrap-";
/// The folder of the files of a release with its licenses and notices.
const DOCUMENTS: &str = "share/doc/plumbline/";
/// The name of the list of components.
const SBOM: &str = "sbom.cdx.json";

/// What a wheel contains.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wheel {
    /// The program and its files, without the code of the function.
    Program {
        /// The newest glibc version that the program requires; `None` for a static program.
        glibc: Option<(u32, u32)>,
    },
    /// The code of the function. Nothing of it runs on the machine that installs it.
    Function,
}

impl Wheel {
    /// Returns the name of the package as Python Package Index writes it.
    fn package(self) -> &'static str {
        match self {
            Self::Program { .. } => "plumbline",
            Self::Function => "plumbline-function",
        }
    }

    /// Returns the start of the file and folder names.
    fn prefix(self) -> String {
        format!("{}-{VERSION}", self.package().replace('-', "_"))
    }

    fn summary(self) -> &'static str {
        match self {
            Self::Program { .. } => {
                "Checks AWS accounts against the CIS AWS Foundations Benchmark 1.5.0"
            }
            Self::Function => "The AWS Lambda function that 'plumbline deploy' deploys",
        }
    }

    /// Returns the file name.
    pub(crate) fn name(self, of: DistTarget) -> String {
        format!("{}-py3-none-{}.whl", self.prefix(), self.platforms(of))
    }

    /// Returns the platform tags.
    fn platforms(self, of: DistTarget) -> String {
        match self {
            Self::Program { glibc } => platforms(of, glibc),
            Self::Function => platforms(of, None),
        }
    }

    /// Whether the wheel contains a file of the release. Both have the licenses and components.
    fn has(self, file: &FileEntry) -> bool {
        let is_function = file.path.starts_with(FUNCTION);
        match self {
            Self::Program { .. } => !is_function,
            Self::Function => is_function || license(file).is_some() || is_sbom(file),
        }
    }

    /// Writes the wheel from a tree with the folders `bin` and `share`.
    pub(crate) fn write(self, of: DistTarget, tree: &[FileEntry]) -> anyhow::Result<Vec<u8>> {
        let information = format!("{}.dist-info", self.prefix());
        let data = format!("{}.data", self.prefix());
        let mut files: Vec<FileEntry> = Vec::new();
        for file in tree.iter().filter(|file| self.has(file)) {
            files.push(if let Some(name) = file.path.strip_prefix("bin/") {
                file.at(format!("{data}/scripts/{name}"))
            } else if let Some(name) = license(file) {
                file.at(format!("{information}/licenses/{name}"))
            } else if is_sbom(file) {
                file.at(format!("{information}/sboms/{SBOM}"))
            } else {
                file.at(format!("{data}/data/{}", file.path))
            });
        }
        files.push(FileEntry::readable(format!("{information}/METADATA"), self.metadata(tree)));
        files.push(FileEntry::readable(format!("{information}/WHEEL"), self.description(of)));
        files.sort_by(|one, other| one.path.cmp(&other.path));
        let record = format!("{information}/RECORD");
        files.push(FileEntry::readable(record.clone(), lines(&files, &record)));
        let zipped: Vec<ZippedFile<'_>> = files
            .iter()
            .map(|FileEntry { path, mode, content }| ZippedFile {
                name: path,
                mode: *mode,
                content,
            })
            .collect();
        Ok(zip::write(&zipped)?)
    }

    /// Returns the metadata of the package, in version 2.4 of the format.
    fn metadata(self, tree: &[FileEntry]) -> String {
        let mut text = format!(
            "Metadata-Version: 2.4\nName: {}\nVersion: {VERSION}\nSummary: {}\n\
             License-Expression: Apache-2.0\n",
            self.package(),
            self.summary()
        );
        for file in tree {
            if let Some(name) = license(file) {
                let _ = writeln!(text, "License-File: {name}");
            }
        }
        text.push_str(
            "Keywords: aws,cis,compliance,security,audit\nRequires-Python: >=3.8\n\
             Description-Content-Type: text/markdown\n",
        );
        if let Self::Program { .. } = self {
            let function = Self::Function.package();
            let _ = writeln!(
                text,
                "Provides-Extra: deploy\n\
                 Requires-Dist: {function}=={VERSION}; extra == \"deploy\""
            );
        }
        let _ = writeln!(text, "\n{}.", self.summary());
        text
    }

    /// Returns the description of the wheel, with a line for each tag.
    fn description(self, of: DistTarget) -> String {
        let mut text = format!(
            "Wheel-Version: 1.0\nGenerator: plumbline-xtask {VERSION}\nRoot-Is-Purelib: false\n"
        );
        for platform in self.platforms(of).split('.') {
            let _ = writeln!(text, "Tag: py3-none-{platform}");
        }
        text
    }
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
            // Versions of pip before 20.3 only know the second tag, which means the same.
            format!(
                "manylinux_{major}_{minor}_{processor}.manylinux2014_{processor}\
                 .musllinux_1_1_{processor}"
            )
        }
        Some(needed) => {
            let (major, minor) = needed.max(OLDEST);
            format!("manylinux_{major}_{minor}_{processor}")
        }
    }
}

/// Returns the name of a file with a license or notice.
fn license(file: &FileEntry) -> Option<&str> {
    let name = file.path.strip_prefix(DOCUMENTS)?;
    ["LICENSE", "NOTICE", "THIRD-PARTY"].iter().any(|start| name.starts_with(start)).then_some(name)
}

fn is_sbom(file: &FileEntry) -> bool {
    file.path.strip_prefix(DOCUMENTS) == Some(SBOM)
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
        assert_eq!(tags(None), "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64");
        assert_eq!(platforms(DistTarget::MacArm, None), "macosx_11_0_arm64");
    }
}
