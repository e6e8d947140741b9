//! `cargo xtask package`: creates the zip file for AWS Lambda.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;
use object::Endianness;
use object::elf::{EM_AARCH64, EM_X86_64, FileHeader64, Machine};
use object::read::elf::{FileHeader, SectionHeader};
use plumbline_templates::bundle;
use sha2::{Digest, Sha256};

use crate::action_list::ActionList;
use crate::environment::{cargo, run, target};
use crate::license_texts::license_texts;
use crate::linked_library::LinkedLibrary;
use crate::third_party::{self, LinkedProgram};
use crate::{actions, root};

/// The newest glibc version on `provided.al2023`.
const GLIBC: (u32, u32) = (2, 34);

/// A processor architecture of AWS Lambda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Architecture {
    /// Intel and AMD
    #[value(name = "x86_64")]
    X86_64,
    /// Graviton
    #[value(name = "arm64")]
    Arm64,
}

impl Architecture {
    /// Returns the name of the architecture in AWS Lambda.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// Returns the name of the Rust target.
    pub(crate) fn target(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-linux-gnu",
            Self::Arm64 => "aarch64-unknown-linux-gnu",
        }
    }

    fn machine(self) -> Machine {
        match self {
            Self::X86_64 => EM_X86_64,
            Self::Arm64 => EM_AARCH64,
        }
    }

    /// Describes how to build if this machine cannot, or builds for a newer glibc.
    fn way_out(self) -> String {
        let flag = if self == Self::Arm64 { " --arm64" } else { "" };
        format!(
            "Build with cargo-lambda, which contains zig and links for an older glibc and for any \
             processor. Then package the result:\n\n  \
             pip install cargo-lambda\n  rustup target add {}\n  cargo lambda build --release \
             --package plumbline-lambda{flag}\n  \
             cargo xtask package --arch {} --binary target/lambda/bootstrap/bootstrap",
            self.target(),
            self.name()
        )
    }
}

/// Builds, checks and zips the program, prints the result, and returns the path of the zip file.
pub(crate) fn package(
    architecture: Architecture,
    binary: Option<&Path>,
) -> anyhow::Result<PathBuf> {
    let is_built = binary.is_none();
    let binary = match binary {
        Some(binary) => binary.to_owned(),
        None => build(architecture)?,
    };
    let content =
        std::fs::read(&binary).with_context(|| format!("cannot read {}", binary.display()))?;
    check(&content, architecture)
        .with_context(|| format!("{} would not start on provided.al2023", binary.display()))?;
    let documents = documents(architecture, is_built)?;
    let documents: Vec<(&str, &[u8])> =
        documents.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let zip = bundle::write_with(&content, &documents)?;
    let folder = root()?.join("dist");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("bootstrap-{}.zip", architecture.name()));
    std::fs::write(&file, &zip)?;
    println!("bootstrap  {:>10} bytes  sha256 {}", content.len(), sha256(&content));
    println!("zip        {:>10} bytes  sha256 {}", zip.len(), sha256(&zip));
    println!("wrote {}", file.display());
    actions::warn_when_old();
    Ok(file)
}

/// Returns the documents of a zip file, which is also distributed by itself: licenses and notices.
/// `is_built` states whether this machine built the program.
fn documents(
    architecture: Architecture,
    is_built: bool,
) -> anyhow::Result<[(&'static str, String); 4]> {
    let read = |name| {
        std::fs::read_to_string(root()?.join(name)).with_context(|| format!("cannot read {name}"))
    };
    let packages = third_party::packages(&[LinkedProgram::function(architecture.target())])?;
    let library = LinkedLibrary::rust(is_built);
    for file in library.missing() {
        println!("not on this machine, and missing in the zip file: {file}");
    }
    let mut page = third_party::page_of("The program contains", "It also contains", &packages);
    page.push_str(&library.paragraph());
    let actions = ActionList::read()?;
    page.push_str(&actions.paragraph());
    let texts: Vec<_> = library.found_texts().chain([actions.license_text()]).collect();
    Ok([
        ("LICENSE", read("LICENSE")?),
        ("NOTICE", read("NOTICE")?),
        ("THIRD-PARTY.md", page),
        ("THIRD-PARTY-LICENSES.txt", license_texts(&packages, &texts)?),
    ])
}

/// Returns the SHA-256 digest in hexadecimal digits.
pub(crate) fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Builds `bootstrap` and returns its path.
fn build(architecture: Architecture) -> anyhow::Result<PathBuf> {
    let triple = architecture.target();
    ensure_target(architecture)?;
    // Panic messages contain the paths of dependency sources. The paths of the workspace are
    // relative.
    let home = cargo_home()?;
    let rust_flags = format!("--remap-path-prefix={}=/cargo", home.display());
    let c_flags = format!("-ffile-prefix-map={}=/cargo", home.display());
    run(cargo(&[
        "build",
        "--release",
        "--locked",
        "--package",
        "plumbline-lambda",
        "--bin",
        "bootstrap",
        "--target",
        triple,
    ])?
    .env("CARGO_ENCODED_RUSTFLAGS", rust_flags)
    .env(format!("CFLAGS_{}", triple.replace('-', "_")), c_flags))
    .with_context(|| {
        format!("bootstrap was not built. If the linker is missing: {}", architecture.way_out())
    })?;
    Ok(target()?.join(triple).join("release/bootstrap"))
}

/// Checks that Rust's standard library is installed for the target.
fn ensure_target(architecture: Architecture) -> anyhow::Result<()> {
    let triple = architecture.target();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", triple])
        .output()
        .context("cannot start rustc")?;
    ensure!(
        output.status.success(),
        "rustc does not support the target {triple}: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    ensure!(
        folder.is_dir(),
        "Rust's target {triple} is not installed. Install it with 'rustup target add {triple}' \
         (without rustup: the package of your system that has Rust's standard library \
         for it); to link for another processor you need its linker too. {}",
        architecture.way_out()
    );
    Ok(())
}

/// Returns the directory in which cargo stores dependency sources.
pub(crate) fn cargo_home() -> anyhow::Result<PathBuf> {
    match std::env::var_os("CARGO_HOME") {
        Some(home) => Ok(home.into()),
        None => Ok(std::env::home_dir()
            .context("no home folder was found: set CARGO_HOME")?
            .join(".cargo")),
    }
}

/// Rejects a program that is not for the processor, or that requires a newer glibc than the
/// runtime.
fn check(content: &[u8], architecture: Architecture) -> anyhow::Result<()> {
    match newest_glibc(content, architecture)? {
        Some(newest) if newest > GLIBC => bail!(
            "the program requires glibc {}.{}, but the runtime has {}.{}: the system of this \
             machine is newer. {}",
            newest.0,
            newest.1,
            GLIBC.0,
            GLIBC.1,
            architecture.way_out()
        ),
        _ => Ok(()),
    }
}

/// Returns the newest glibc version that a Linux program requires; a static program requires none.
///
/// # Errors
/// The program is not for the processor.
pub(crate) fn newest_glibc(
    content: &[u8],
    architecture: Architecture,
) -> anyhow::Result<Option<(u32, u32)>> {
    let header = FileHeader64::<Endianness>::parse(content)
        .context("the program is not for 64-bit Linux")?;
    let endian = header.endian()?;
    ensure!(
        header.e_machine(endian) == architecture.machine(),
        "the program is for another processor than {}",
        architecture.name()
    );
    Ok(versions(content)?.iter().filter_map(|name| glibc(name)).max())
}

/// Returns the symbol versions that a program requires from its libraries: `GLIBC_2.34`.
fn versions(content: &[u8]) -> anyhow::Result<Vec<String>> {
    let header = FileHeader64::<Endianness>::parse(content)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, content)?;
    let mut versions = Vec::new();
    for section in sections.iter() {
        let Some((mut libraries, link)) = section.gnu_verneed(endian, content)? else { continue };
        let strings = sections.strings(endian, content, link)?;
        while let Some((_, mut wanted)) = libraries.next()? {
            while let Some(version) = wanted.next()? {
                versions.push(String::from_utf8_lossy(version.name(endian, strings)?).into_owned());
            }
        }
    }
    Ok(versions)
}

fn glibc(version: &str) -> Option<(u32, u32)> {
    let mut numbers =
        version.strip_prefix("GLIBC_")?.split('.').map(|number| number.parse().unwrap_or(u32::MAX));
    // A version that is not a number (GLIBC_PRIVATE, GLIBC_ABI_DT_RELR) counts as the newest.
    Some((numbers.next()?, numbers.next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The program of this test, which is linked against the glibc of the system.
    fn own() -> Vec<u8> {
        std::fs::read(std::env::current_exe().expect("a path")).expect("reads")
    }

    #[test]
    fn the_zip_file_has_the_licenses_of_the_function_only() {
        let documents = documents(Architecture::Arm64, true).expect("documents");
        assert_eq!(documents, super::documents(Architecture::Arm64, true).expect("documents"));
        let [(_, license), (_, notice), (_, page), (_, texts)] = documents;
        assert!(license.contains("Apache License") && notice.starts_with("Plumbline"));
        assert!(page.contains("| lambda_runtime |") && texts.contains("serde 1."));
        assert!(!page.contains("| clap |") && !texts.contains("clap 4."));
    }

    #[test]
    fn the_versions_that_a_program_needs_are_read() {
        let versions = versions(&own()).expect("a program");
        assert!(versions.iter().any(|version| version.starts_with("GLIBC_2.")), "{versions:?}");
    }

    #[test]
    fn versions_are_ordered_as_numbers() {
        assert!(glibc("GLIBC_2.9") < glibc("GLIBC_2.34"));
        assert!(glibc("GLIBC_2.2.5") < glibc("GLIBC_2.34"));
        assert!(glibc("GLIBC_2.39") > Some(GLIBC));
        assert!(glibc("GLIBC_ABI_DT_RELR") > Some(GLIBC));
        assert_eq!(glibc("GCC_3.0"), None);
    }

    #[test]
    fn a_newer_glibc_is_refused_with_a_way_out() {
        // The test replaces the name of a required version with a newer one.
        let mut content = own();
        let versions = versions(&content).expect("a program");
        let known = versions
            .iter()
            .find(|version| version.len() == "GLIBC_2.34".len() && version.starts_with("GLIBC_2."))
            .expect("a version");
        let at: Vec<usize> = (0..content.len() - known.len())
            .filter(|at| content[*at..].starts_with(known.as_bytes()))
            .collect();
        for at in at {
            content[at..at + known.len()].copy_from_slice(b"GLIBC_2.99");
        }
        let native =
            if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X86_64 };
        let error = check(&content, native).expect_err("too new").to_string();
        assert!(error.contains("2.99") && error.contains("cargo lambda build"), "{error}");
    }

    #[test]
    fn what_is_no_program_or_one_for_another_processor_is_refused() {
        let native =
            if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X86_64 };
        let other =
            if native == Architecture::Arm64 { Architecture::X86_64 } else { Architecture::Arm64 };
        assert!(
            check(&own(), other)
                .expect_err("another processor")
                .to_string()
                .contains("another processor")
        );
        assert!(
            check(b"#!/bin/sh\n", native)
                .expect_err("a script")
                .to_string()
                .contains("64-bit Linux")
        );
    }
}
