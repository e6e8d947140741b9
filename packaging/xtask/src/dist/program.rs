//! The program that a distribution contains: for which target it is, what it requires, and the
//! files that it prints about itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;

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

    /// Whether it is a Linux target.
    pub(crate) fn is_linux(self) -> bool {
        matches!(self, Self::LinuxX86 | Self::LinuxArm)
    }

    /// Returns the bytes with which a program of the system begins: ELF, Mach-O or PE.
    fn magic(self) -> &'static [u8] {
        match self {
            Self::LinuxX86 | Self::LinuxArm => b"\x7fELF",
            Self::MacX86 | Self::MacArm => b"\xcf\xfa\xed\xfe",
            Self::Windows => b"MZ",
        }
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
}

impl DistProgram {
    /// Reads a program and checks that it has this version. Without a file, builds the program.
    pub(crate) fn read(
        of: DistTarget,
        file: Option<&Path>,
        source: &DistSource,
    ) -> anyhow::Result<Self> {
        let built = match file {
            Some(file) => file.to_owned(),
            None => build(of, source)?,
        };
        // A relative path without a folder would be searched in PATH.
        let file = std::path::absolute(&built)?;
        let content =
            std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        ensure!(
            content.starts_with(of.magic()),
            "{} is not a program for {}",
            file.display(),
            of.triple()
        );
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
        let mut files = completions(&file)?;
        files.extend(man_pages(&file)?);
        Ok(Self { content, glibc, printed: files })
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
