//! A Debian package, without the tools of Debian.

use std::fmt::Write;

use super::program::DistTarget;
use super::tar::{FileEntry, ar, gzip, tar};
use crate::release::VERSION;

/// Returns the file name of the package.
pub(crate) fn name(of: DistTarget) -> String {
    format!("plumbline_{VERSION}-1_{}.deb", of.processor())
}

/// Writes the package of a tree, which is installed below `/usr`.
pub(crate) fn package(
    of: DistTarget,
    glibc: Option<(u32, u32)>,
    tree: &[FileEntry],
    time: u64,
) -> anyhow::Result<Vec<u8>> {
    let mut files = Vec::new();
    for file in tree {
        let path = file
            .path
            // Debian's zsh reads the completions of packages from another folder.
            .replace("share/zsh/site-functions/", "share/zsh/vendor-completions/")
            .replace("share/doc/plumbline/LICENSE", "share/doc/plumbline/copyright");
        let (path, content) = if path.starts_with("share/man/") {
            (format!("{path}.gz"), gzip(&file.content)?)
        } else {
            (path, file.content.clone())
        };
        files.push(FileEntry { path: format!("usr/{path}"), mode: file.mode, content });
    }
    let control = [FileEntry::readable("control", control(of, glibc, &files))];
    let parts = [
        FileEntry::readable("debian-binary", "2.0\n"),
        FileEntry::readable("control.tar.gz", gzip(&tar("./", &control, &[], time)?)?),
        FileEntry::readable("data.tar.gz", gzip(&tar("./", &files, &[], time)?)?),
    ];
    Ok(ar(&parts, time))
}

/// Returns the control file of the package.
fn control(of: DistTarget, glibc: Option<(u32, u32)>, files: &[FileEntry]) -> String {
    // The size is in KiB, rounded up for each file.
    let size: usize = files.iter().map(|file| file.content.len().div_ceil(1024)).sum();
    let mut text = format!(
        "Package: plumbline\nVersion: {VERSION}-1\nArchitecture: {}\n\
         Maintainer: The Plumbline project\nInstalled-Size: {size}\n",
        of.processor()
    );
    if let Some((major, minor)) = glibc {
        let _ = writeln!(text, "Depends: libc6 (>= {major}.{minor}), libgcc-s1");
    }
    text.push_str(
        "Recommends: ca-certificates\nSection: admin\nPriority: optional\n\
         Description: checks AWS accounts against the CIS AWS Foundations Benchmark\n \
         Plumbline evaluates the 63 recommendations of version 1.5.0 from the command line,\n \
         or deploys them as custom rules of AWS Config.\n",
    );
    text
}
