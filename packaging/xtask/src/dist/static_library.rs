//! The libraries that a compiler links into a static program, besides packages: their versions,
//! licenses and texts. `cargo tree` does not list them.

use std::path::Path;
use std::process::Command;

/// A library of the C compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StaticLibrary {
    /// The name of its project.
    pub(crate) name: &'static str,
    /// The version on this machine; `None` if another machine linked the program.
    pub(crate) version: Option<String>,
    /// The license expression.
    pub(crate) license: &'static str,
    /// The texts of the license and of the notices: pairs of file and content.
    pub(crate) texts: Vec<(&'static str, Option<String>)>,
}

impl StaticLibrary {
    /// Returns the libraries in a static program for Linux. `is_built` states whether this machine
    /// linked it.
    pub(crate) fn of_linux(is_built: bool) -> Vec<Self> {
        let version = |program: &str, argument: &str| {
            let output = Command::new(program).arg(argument).output().ok().filter(|_| is_built)?;
            let text = String::from_utf8(output.stdout).ok()?;
            text.split_whitespace().next_back().map(str::to_owned)
        };
        let texts = |files: [&'static str; 2]| {
            files.map(|file| (file, std::fs::read_to_string(Path::new(file)).ok())).to_vec()
        };
        vec![
            Self {
                name: "glibc",
                version: version("getconf", "GNU_LIBC_VERSION"),
                license: "LGPL-2.1-or-later",
                texts: texts([
                    "/usr/share/doc/libc6/copyright",
                    "/usr/share/common-licenses/LGPL-2.1",
                ]),
            },
            Self {
                name: "libgcc",
                version: version("cc", "-dumpfullversion"),
                license: "GPL-3.0-or-later WITH GCC-exception-3.1",
                texts: texts([
                    "/usr/share/doc/libgcc-s1/copyright",
                    "/usr/share/common-licenses/GPL-3",
                ]),
            },
        ]
    }

    /// Returns the name with the version, if it is known.
    pub(crate) fn shown(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.to_owned(),
        }
    }

    /// Returns the files with texts that are not on this machine.
    pub(crate) fn missing(&self) -> impl Iterator<Item = &'static str> {
        self.texts.iter().filter(|(_, text)| text.is_none()).map(|(file, _)| *file)
    }
}
