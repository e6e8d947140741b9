//! What is deployed: the code and the templates, under a name that follows from their content.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::error::DeployError;
use super::template::{ORGANIZATION, SINGLE_ACCOUNT};
use crate::error::CliError;
use crate::inputs::unreadable;

/// The templates, by the names under which they are uploaded.
const TEMPLATES: [(&str, &str); 6] = [
    (
        "conformance-pack-global-level-1.yaml",
        include_str!("../../../../cfn/conformance-pack-global-level-1.yaml"),
    ),
    (
        "conformance-pack-global-level-2.yaml",
        include_str!("../../../../cfn/conformance-pack-global-level-2.yaml"),
    ),
    (
        "conformance-pack-regional-level-1.yaml",
        include_str!("../../../../cfn/conformance-pack-regional-level-1.yaml"),
    ),
    (
        "conformance-pack-regional-level-2.yaml",
        include_str!("../../../../cfn/conformance-pack-regional-level-2.yaml"),
    ),
    ("functions-global.yaml", FUNCTIONS),
    ("functions-regional.yaml", include_str!("../../../../cfn/functions-regional.yaml")),
];

/// A template of functions: all of them have the same parameters.
pub(super) const FUNCTIONS: &str = include_str!("../../../../cfn/functions-global.yaml");

/// The name of the program in the zip, which AWS Lambda demands.
const PROGRAM: &str = "bootstrap";
/// AWS Lambda takes so many bytes unpacked.
const UNPACKED_LIMIT: usize = 250 * 1024 * 1024;

/// A release.
#[derive(Debug)]
pub(super) struct Release {
    /// The version, and a digest of everything that is in it.
    pub(super) name: String,
    /// The processor that the code is for, in the template's words.
    pub(super) architecture: &'static str,
    code: Vec<u8>,
}

impl Release {
    /// Reads the code.
    pub(super) fn read(code: &Path) -> Result<Self, CliError> {
        let content = match std::fs::read(code) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(DeployError::NoCode(code.to_owned()).into());
            }
            content => content.map_err(unreadable(code))?,
        };
        Self::of(content).map_err(|what| DeployError::Code { file: code.to_owned(), what }.into())
    }

    fn of(code: Vec<u8>) -> Result<Self, String> {
        let architecture = architecture(&program(&code)?)?;
        let mut digest = Sha256::new();
        for (name, content) in TEMPLATES
            .into_iter()
            .chain([("single-account.yaml", SINGLE_ACCOUNT), ("organization.yaml", ORGANIZATION)])
        {
            digest.update(format!("{name} {}\n", content.len()));
            digest.update(content);
        }
        digest.update(&code);
        let digest: String =
            digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { name: format!("{}-{digest}", env!("CARGO_PKG_VERSION")), architecture, code })
    }

    /// The template of a conformance pack: `global` or `regional`, of a level.
    pub(super) fn pack_template(kind: &str, level: &str) -> Option<&'static str> {
        let file = format!("conformance-pack-{kind}-level-{level}.yaml");
        TEMPLATES.into_iter().find(|(name, _)| *name == file).map(|(_, content)| content)
    }

    /// Everything that is uploaded: keys and contents.
    pub(super) fn objects(&self) -> Vec<(String, &[u8])> {
        let templates = TEMPLATES
            .iter()
            .map(|(name, content)| (format!("{}/{name}", self.name), content.as_bytes()));
        templates.chain([(format!("{}/{PROGRAM}.zip", self.name), self.code.as_slice())]).collect()
    }
}

/// The processor that a program is for.
fn architecture(program: &[u8]) -> Result<&'static str, String> {
    let is_elf = program.starts_with(b"\x7fELF\x02\x01");
    match program.get(18..20) {
        Some([62, 0]) if is_elf => Ok("x86_64"),
        Some([183, 0]) if is_elf => Ok("arm64"),
        _ => Err(format!("{PROGRAM} in it is no program for Linux on x86_64 or arm64")),
    }
}

/// The program in a zip.
fn program(zip: &[u8]) -> Result<Vec<u8>, String> {
    let entry = find_entry(zip).ok_or("this is not a zip, or it is damaged")?;
    let (method, mode, data) = entry.ok_or_else(|| format!("there is no {PROGRAM} in it"))?;
    if mode & 0o111 == 0 {
        return Err(format!("{PROGRAM} in it may not be executed: its mode is {mode:o}"));
    }
    match method {
        0 => Ok(data.to_vec()),
        8 => miniz_oxide::inflate::decompress_to_vec_with_limit(data, UNPACKED_LIMIT)
            .map_err(|error| format!("{PROGRAM} in it cannot be unpacked: {error}")),
        _ => Err(format!("{PROGRAM} in it is packed in a way that AWS Lambda does not know")),
    }
}

/// Compression, mode and content of the program in a zip; nothing when the zip is none.
type Entry<'a> = Option<(u16, u32, &'a [u8])>;

fn find_entry(zip: &[u8]) -> Option<Entry<'_>> {
    let end = zip.windows(4).rposition(|bytes| bytes == b"PK\x05\x06")?;
    let count = short(zip, end + 10)?;
    let mut at = long(zip, end + 16)?;
    for _ in 0..count {
        zip.get(at..)?.starts_with(b"PK\x01\x02").then_some(())?;
        let [name, extra, comment] =
            [short(zip, at + 28)?, short(zip, at + 30)?, short(zip, at + 32)?];
        if zip.get(at + 46..at + 46 + name)? == PROGRAM.as_bytes() {
            let (method, size, mode, local) = (
                short(zip, at + 10)?,
                long(zip, at + 20)?,
                short(zip, at + 40)?,
                long(zip, at + 42)?,
            );
            let start = local + 30 + short(zip, local + 26)? + short(zip, local + 28)?;
            return Some(Some((
                u16::try_from(method).ok()?,
                u32::try_from(mode).ok()?,
                zip.get(start..start.checked_add(size)?)?,
            )));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A zip with one stored file.
    fn zip(name: &str, mode: u32, content: &[u8]) -> Vec<u8> {
        let (name_size, size) = (
            u16::try_from(name.len()).expect("short"),
            u32::try_from(content.len()).expect("short"),
        );
        let mut shared = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        shared.extend([size.to_le_bytes(), size.to_le_bytes()].concat());
        shared.extend(name_size.to_le_bytes());
        shared.extend([0, 0]);
        let mut zip = [b"PK\x03\x04", shared.as_slice(), name.as_bytes(), content].concat();
        let directory = u32::try_from(zip.len()).expect("short");
        zip.extend(
            [
                b"PK\x01\x02\x14\x03",
                shared.as_slice(),
                &[0; 6],
                &(mode << 16).to_le_bytes(),
                &[0; 4],
                name.as_bytes(),
            ]
            .concat(),
        );
        zip.extend(
            [
                b"PK\x05\x06\0\0\0\0\x01\0\x01\0\0\0\0\0".as_slice(),
                &directory.to_le_bytes(),
                &[0, 0],
            ]
            .concat(),
        );
        zip
    }

    fn elf(machine: u8) -> Vec<u8> {
        let mut content = vec![0; 64];
        content[..6].copy_from_slice(b"\x7fELF\x02\x01");
        content[18] = machine;
        content
    }

    #[test]
    fn the_code_tells_its_processor() {
        for (machine, expected) in [(62, "x86_64"), (183, "arm64")] {
            assert_eq!(
                Release::of(zip("bootstrap", 0o100_755, &elf(machine)))
                    .expect("a release")
                    .architecture,
                expected
            );
        }
    }

    #[test]
    fn what_lambda_could_not_run_is_refused() {
        let cases = [
            (b"PK".to_vec(), "not a zip"),
            (zip("main", 0o100_755, &elf(62)), "no bootstrap"),
            (zip("bootstrap", 0o100_644, &elf(62)), "may not be executed"),
            (zip("bootstrap", 0o100_755, b"#!/bin/sh"), "no program for Linux"),
            (zip("bootstrap", 0o100_755, &elf(40)), "no program for Linux"),
        ];
        for (code, expected) in cases {
            let error = Release::of(code).expect_err(expected);
            assert!(error.contains(expected), "{error}");
        }
        let mut cut = zip("bootstrap", 0o100_755, &elf(62));
        cut.truncate(40);
        assert!(Release::of(cut).is_err());
    }

    #[test]
    fn a_release_is_named_after_its_content() {
        let name =
            |content: &[u8]| Release::of(zip("bootstrap", 0o755, content)).expect("a release").name;
        let (one, other) = (elf(62), elf(183));
        assert_eq!(name(&one), name(&one));
        assert_ne!(name(&one), name(&other));
        assert!(name(&one).starts_with(concat!(env!("CARGO_PKG_VERSION"), "-")), "{}", name(&one));
    }
}
