//! The libraries in a program besides its packages: the standard library of Rust and, in a static
//! program for Linux, those of the C compiler. `cargo tree` does not list them.

use std::path::Path;
use std::process::Command;

use crate::root;

/// The notices of the standard library, a file of the component `rustc`. They list packages of all
/// targets, and not all packages of each, so they are a text and no list of components.
const RUST_NOTICES: &str = "share/doc/rust/COPYRIGHT-library.html";

/// A library that is linked into programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkedLibrary {
    /// The name of its project.
    pub(crate) name: &'static str,
    /// The version on this machine; `None` if another machine linked the program, or if the
    /// compiler does not print it.
    pub(crate) version: Option<String>,
    /// The license expression.
    pub(crate) license: &'static str,
    /// The programs that contain it.
    pub(crate) programs: &'static [&'static str],
    /// The texts of the license and of the notices: pairs of file and content.
    pub(crate) texts: Vec<(String, Option<String>)>,
}

impl LinkedLibrary {
    /// Returns the standard library of the toolchain. `is_built` states whether this machine linked
    /// the programs.
    pub(crate) fn rust(is_built: bool) -> Self {
        let version = printed("rustc", &["--version"]).filter(|_| is_built);
        let sysroot = printed("rustc", &["--print", "sysroot"]).unwrap_or_default();
        let file = Path::new(sysroot.trim()).join(RUST_NOTICES);
        let notices = std::fs::read_to_string(&file).ok().map(|page| text_of(&page));
        Self {
            name: "rust-std",
            version: version.and_then(|text| Some(text.split_whitespace().nth(1)?.to_owned())),
            license: "MIT OR Apache-2.0",
            programs: &["bootstrap", "plumbline"],
            texts: vec![(file.display().to_string(), notices)],
        }
    }

    /// Returns the libraries of the C compiler in a static command line for Linux. `is_built`
    /// states whether this machine linked it.
    pub(crate) fn of_linux(is_built: bool) -> Vec<Self> {
        let version = |program, argument| {
            let text = printed(program, &[argument]).filter(|_| is_built)?;
            text.split_whitespace().next_back().map(str::to_owned)
        };
        let library = |name, version, license, files: [&str; 2]| Self {
            name,
            version,
            license,
            programs: &["plumbline"],
            texts: files.map(|file| (file.to_owned(), std::fs::read_to_string(file).ok())).to_vec(),
        };
        vec![
            library(
                "glibc",
                version("getconf", "GNU_LIBC_VERSION"),
                "LGPL-2.1-or-later",
                ["/usr/share/doc/libc6/copyright", "/usr/share/common-licenses/LGPL-2.1"],
            ),
            library(
                "libgcc",
                version("cc", "-dumpfullversion"),
                "GPL-3.0-or-later WITH GCC-exception-3.1",
                ["/usr/share/doc/libgcc-s1/copyright", "/usr/share/common-licenses/GPL-3"],
            ),
        ]
    }

    /// Returns the name with the version, if it is known.
    pub(crate) fn shown(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.to_owned(),
        }
    }

    /// Returns the paragraph about the library for the end of the page of packages.
    pub(crate) fn paragraph(&self) -> String {
        let programs: Vec<String> = self.programs.iter().map(|name| format!("`{name}`")).collect();
        let verb = if programs.len() == 1 { "contains" } else { "contain" };
        let programs = programs.join(" and ");
        format!("\n{programs} {verb} parts of {} ({}).\n", self.shown(), self.license)
    }

    /// Returns the texts that are on this machine, each with the name of the library.
    pub(crate) fn found_texts(&self) -> impl Iterator<Item = (String, String)> {
        self.texts.iter().filter_map(|(_, text)| Some((self.shown(), text.clone()?)))
    }

    /// Returns the files with texts that are not on this machine.
    pub(crate) fn missing(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().filter(|(_, text)| text.is_none()).map(|(file, _)| file.as_str())
    }
}

/// Returns what a program prints in the root, where the toolchain is that of the workspace.
fn printed(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(root().ok()?).output().ok()?;
    String::from_utf8(output.stdout).ok().filter(|_| output.status.success())
}

/// Returns the text of a page without markup. Of several empty lines, one remains.
fn text_of(page: &str) -> String {
    let body = page.split_once("<body>").map_or(page, |(_, body)| body);
    let mut text = String::with_capacity(body.len());
    for (index, part) in body.split('<').enumerate() {
        // Each part but the first begins within a tag.
        let after = if index == 0 { Some(part) } else { part.split_once('>').map(|tag| tag.1) };
        text.push_str(after.unwrap_or_default());
    }
    for (reference, character) in
        [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
    {
        text = text.replace(reference, character);
    }
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.dedup_by(|one, other| one.is_empty() && other.is_empty());
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_text() {
        let page = "<html><title>Notices</title><body>\n<h2>Dependencies</h2>\n\n\n\n\
                    <h3>cfg-if-1.0.4</h3>\n  <p><b>URL:</b> <a href=\"x\">x</a></p>\n  \
                    <p><b>Authors:</b> A. &#60;a@example.com&#62;</p></body>";
        assert_eq!(
            text_of(page),
            "Dependencies\n\ncfg-if-1.0.4\n  URL: x\n  Authors: A. <a@example.com>"
        );
    }

    #[test]
    fn the_standard_library_of_this_toolchain() {
        let library = LinkedLibrary::rust(true);
        assert!(library.version.is_some());
        assert_eq!(LinkedLibrary::rust(false).version, None);
        if let Some(file) = library.missing().next() {
            // Toolchains of Linux distributions have no notices there.
            assert!(std::env::var_os("CI").is_none(), "{file} is missing");
            println!("SKIPPED: {file} is missing");
            return;
        }
        let (_, text) = library.found_texts().next().expect("a text");
        assert!(text.contains("Permission is hereby granted") && !text.contains("</"), "{text}");
    }
}
