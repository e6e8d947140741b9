//! The program that a distribution contains: for which target it is, what it requires, and the
//! files that it prints about itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;
use object::{Architecture as Processor, BinaryFormat, Object};

use super::source::DistSource;
use super::tar::FileEntry;
use crate::environment::{cargo, run, target};
use crate::package::{self, Architecture, newest_glibc};
use crate::release::VERSION;

/// A target of Rust for which there is a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DistTarget {
    /// Linux, Intel and AMD
    #[value(name = "x86_64-unknown-linux-gnu")]
    LinuxX86,
    /// Linux, 64-bit Arm
    #[value(name = "aarch64-unknown-linux-gnu")]
    LinuxArm,
    /// macOS, Intel
    #[value(name = "x86_64-apple-darwin")]
    MacX86,
    /// macOS, Apple silicon
    #[value(name = "aarch64-apple-darwin")]
    MacArm,
    /// Windows, Intel and AMD
    #[value(name = "x86_64-pc-windows-msvc")]
    Windows,
}

impl DistTarget {
    /// Returns the target of this machine.
    pub(crate) fn native() -> anyhow::Result<Self> {
        Ok(match (std::env::consts::OS, std::env::consts::ARCH) {
            ("linux", "x86_64") => Self::LinuxX86,
            ("linux", "aarch64") => Self::LinuxArm,
            ("macos", "x86_64") => Self::MacX86,
            ("macos", "aarch64") => Self::MacArm,
            ("windows", "x86_64") => Self::Windows,
            (system, processor) => bail!("there is no distribution for {system} on {processor}"),
        })
    }

    /// Returns the name of the target.
    pub(crate) fn triple(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Returns the processor of the functions that this distribution deploys.
    pub(crate) fn architecture(self) -> Architecture {
        match self {
            Self::LinuxArm | Self::MacArm => Architecture::Arm64,
            Self::LinuxX86 | Self::MacX86 | Self::Windows => Architecture::X86_64,
        }
    }

    /// Returns the name of the processor in Debian and in images.
    pub(crate) fn processor(self) -> &'static str {
        match self.architecture() {
            Architecture::X86_64 => "amd64",
            Architecture::Arm64 => "arm64",
        }
    }

    /// Whether it is a Linux target.
    pub(crate) fn is_linux(self) -> bool {
        matches!(self, Self::LinuxX86 | Self::LinuxArm)
    }

    /// Returns the format of a program of the system, and its processor.
    fn format(self) -> (BinaryFormat, Processor) {
        match self {
            Self::LinuxX86 => (BinaryFormat::Elf, Processor::X86_64),
            Self::LinuxArm => (BinaryFormat::Elf, Processor::Aarch64),
            Self::MacX86 => (BinaryFormat::MachO, Processor::X86_64),
            Self::MacArm => (BinaryFormat::MachO, Processor::Aarch64),
            Self::Windows => (BinaryFormat::Pe, Processor::X86_64),
        }
    }

    /// Rejects what is not a program for the system and the processor.
    fn check(self, content: &[u8]) -> anyhow::Result<()> {
        let triple = self.triple();
        let program = object::File::parse(content)
            .with_context(|| format!("the file is not a program for {triple}"))?;
        let found = (program.format(), program.architecture());
        ensure!(
            found == self.format(),
            "the program is not for {triple}: its format is {:?} for {:?}",
            found.0,
            found.1
        );
        Ok(())
    }

    /// Returns the name of the program's file.
    pub(crate) fn program(self) -> &'static str {
        if self == Self::Windows { "plumbline.exe" } else { "plumbline" }
    }
}

/// The program of a distribution.
pub(crate) struct DistProgram {
    /// Its content.
    pub(crate) content: Vec<u8>,
    /// The newest glibc version that it requires; `None` if it is static or not for Linux.
    pub(crate) glibc: Option<(u32, u32)>,
    /// Man pages and completions, below `share`.
    pub(crate) printed: Vec<FileEntry>,
    /// Whether this task built it, with the compilers of this machine.
    pub(crate) is_built: bool,
}

impl DistProgram {
    /// Reads a program and checks that it is for the target, and of this version and commit.
    /// Without a file, builds the program.
    pub(crate) fn read(
        of: DistTarget,
        given: Option<&Path>,
        source: &DistSource,
    ) -> anyhow::Result<Self> {
        let built = match given {
            Some(file) => file.to_owned(),
            None => build(of, source)?,
        };
        // A relative path without a folder would be searched in PATH.
        let file = std::path::absolute(&built)?;
        let content =
            std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        of.check(&content).with_context(|| file.display().to_string())?;
        let glibc = match of.is_linux() {
            true => newest_glibc(&content, of.architecture())?,
            false => None,
        };
        let shown = printed(&file, &["--version"])?;
        let version = String::from_utf8_lossy(&shown).trim().to_owned();
        ensure!(
            version.split(' ').nth(1) == Some(VERSION),
            "{} prints '{version}', but the version of the source is {VERSION}",
            file.display()
        );
        let expected = source.version(VERSION)?;
        ensure!(
            source.allows_changes || version == expected,
            "{} prints '{version}', but the source is of '{expected}'. Build the program from this \
             commit, or give --allow-changes for files that you do not publish",
            built.display()
        );
        let mut files = completions(&file)?;
        files.extend(man_pages(&file)?);
        Ok(Self { content, glibc, printed: files, is_built: given.is_none() })
    }
}

/// Builds the program and returns its path. A Linux program is static: it contains the C library,
/// so that it also starts on systems with an older one, or with none.
fn build(of: DistTarget, source: &DistSource) -> anyhow::Result<PathBuf> {
    let triple = of.triple();
    let home = package::cargo_home()?;
    let mut rust_flags = vec![format!("--remap-path-prefix={}=/cargo", home.display())];
    if of.is_linux() {
        rust_flags.push("-Ctarget-feature=+crt-static".to_owned());
    }
    if of == DistTarget::Windows {
        // The linker then writes a digest of the content instead of the time.
        rust_flags.push("-Clink-arg=/Brepro".to_owned());
    }
    let mut command = cargo(&["build", "--release", "--locked", "--package", "plumbline-cli"])?;
    command
        .args(["--bin", "plumbline", "--target", &triple])
        .env("CARGO_ENCODED_RUSTFLAGS", rust_flags.join("\x1f"))
        .env("PLUMBLINE_COMMIT", &source.commit)
        .env("SOURCE_DATE_EPOCH", source.time.to_string());
    if of != DistTarget::Windows {
        let c_flags = format!("-ffile-prefix-map={}=/cargo", home.display());
        command.env(format!("CFLAGS_{}", triple.replace('-', "_")), c_flags);
    }
    run(&mut command)
        .with_context(|| format!("plumbline was not built; 'rustup target add {triple}'?"))?;
    Ok(target()?.join(triple).join("release").join(of.program()))
}

/// Returns what the program prints, without the settings of the caller.
fn printed(program: &Path, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let output = Command::new(program).args(arguments).env_clear().output().with_context(|| {
        format!("cannot start {}: run the task on the system of the target", program.display())
    })?;
    ensure!(
        output.status.success(),
        "{} {} failed: {}",
        program.display(),
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(output.stdout)
}

/// Returns the completion scripts, in the folders that the shells read.
fn completions(program: &Path) -> anyhow::Result<Vec<FileEntry>> {
    [
        ("bash", "share/bash-completion/completions/plumbline"),
        ("zsh", "share/zsh/site-functions/_plumbline"),
        ("fish", "share/fish/vendor_completions.d/plumbline.fish"),
        ("elvish", "share/plumbline/completions/plumbline.elv"),
        ("powershell", "share/plumbline/completions/plumbline.ps1"),
    ]
    .into_iter()
    .map(|(shell, path)| Ok(FileEntry::readable(path, printed(program, &["completions", shell])?)))
    .collect()
}

/// Returns the man pages of the program and its commands.
fn man_pages(program: &Path) -> anyhow::Result<Vec<FileEntry>> {
    let folder = target()?.join(format!("man-{}", std::process::id()));
    let dir = folder.to_string_lossy().into_owned();
    printed(program, &["man", "--dir", &dir])?;
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        pages.push(FileEntry::readable(
            format!("share/man/man1/{name}"),
            std::fs::read(entry.path())?,
        ));
    }
    std::fs::remove_dir_all(&folder)?;
    ensure!(!pages.is_empty(), "the program wrote no man pages");
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header of an ELF file without sections.
    fn elf(processor: u16) -> Vec<u8> {
        let mut header = b"\x7fELF\x02\x01\x01".to_vec();
        header.resize(16, 0);
        header.extend([2, 0]);
        header.extend(processor.to_le_bytes());
        header.resize(64, 0);
        header
    }

    /// The header of a Mach-O file without commands.
    fn mach_o(processor: u32) -> Vec<u8> {
        let mut header = b"\xcf\xfa\xed\xfe".to_vec();
        header.extend(processor.to_le_bytes());
        header.resize(32, 0);
        header
    }

    /// The headers of a PE file without sections.
    fn pe(processor: u16) -> Vec<u8> {
        let mut headers = b"MZ".to_vec();
        headers.resize(0x3c, 0);
        headers.extend(64_u32.to_le_bytes());
        headers.extend(b"PE\0\0");
        headers.extend(processor.to_le_bytes());
        headers.resize(64 + 4 + 16, 0);
        headers.extend(112_u16.to_le_bytes());
        headers.extend([0, 0]);
        headers.extend(0x20b_u16.to_le_bytes());
        headers.resize(64 + 4 + 20 + 112, 0);
        headers
    }

    #[test]
    fn a_program_for_another_system_or_processor_is_refused() {
        let programs = [
            (DistTarget::LinuxX86, elf(62)),
            (DistTarget::LinuxArm, elf(183)),
            (DistTarget::MacX86, mach_o(0x0100_0007)),
            (DistTarget::MacArm, mach_o(0x0100_000c)),
            (DistTarget::Windows, pe(0x8664)),
        ];
        for (of, content) in &programs {
            for (target, _) in &programs {
                let checked = target.check(content);
                assert_eq!(checked.is_ok(), target == of, "{of:?} as {target:?}: {checked:?}");
            }
        }
        DistTarget::Windows.check(&pe(0xaa64)).expect_err("an Arm program");
        DistTarget::LinuxX86.check(b"#!/bin/sh\n").expect_err("a script");
    }
}
