//! The workspace's packages and their Rust files.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A Rust file.
pub(crate) struct SourceFile {
    /// From the workspace's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl SourceFile {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub(crate) fn syntax(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }

    /// The number of lines without those of `mod tests`.
    pub(crate) fn lines_without_tests(&self) -> usize {
        struct Tests(usize);
        impl<'ast> Visit<'ast> for Tests {
            fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
                if is_tests(module) && module.content.is_some() {
                    self.0 += lines(module.span());
                } else {
                    visit::visit_item_mod(self, module);
                }
            }
        }
        let mut tests = Tests(0);
        tests.visit_file(&self.syntax());
        self.text.lines().count() - tests.0
    }
}

/// The number of lines of a span.
fn lines(span: Span) -> usize {
    span.end().line - span.start().line + 1
}

/// Whether a module exists only for tests.
pub(crate) fn is_tests(module: &syn::ItemMod) -> bool {
    module.attrs.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

/// A package of the workspace.
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its folder, from the workspace's root.
    pub(crate) folder: String,
    pub(crate) metadata: serde_json::Value,
}

impl Package {
    /// The files of `src`.
    pub(crate) fn sources(&self) -> Vec<SourceFile> {
        sources(&format!("{}/src", self.folder))
    }
}

/// The workspace's folder.
pub(crate) fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> =
        LazyLock::new(|| plumbline_tests::package().join("..").canonicalize().expect("a folder"));
    &ROOT
}

/// Runs cargo at the workspace's root, and returns its output.
pub(crate) fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--offline")
        .current_dir(root())
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a text")
}

/// The workspace's packages.
pub(crate) fn packages() -> Vec<Package> {
    let text = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: serde_json::Value = serde_json::from_str(&text).expect("metadata");
    let packages = metadata["packages"].as_array().expect("packages").iter().map(|package| {
        let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
        let folder = manifest.parent().expect("a folder").canonicalize().expect("a folder");
        Package {
            name: package["name"].as_str().expect("a name").to_owned(),
            folder: relative(&folder),
            metadata: package.clone(),
        }
    });
    packages.collect()
}

/// The Rust files in a folder and its subfolders, sorted. Empty if the folder does not exist.
pub(crate) fn sources(folder: &str) -> Vec<SourceFile> {
    files(folder, &["rs"])
}

/// The Rust files of all packages, tests included.
pub(crate) fn all_sources() -> Vec<SourceFile> {
    ["common", "rules", "packaging", "tests"].iter().flat_map(|folder| sources(folder)).collect()
}

/// The files with these extensions, as [`sources`].
pub(crate) fn files(folder: &str, extensions: &[&str]) -> Vec<SourceFile> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() {
                if name != "target" && !name.as_encoded_bytes().starts_with(b".") {
                    folders.push(path);
                }
            } else if path
                .extension()
                .is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted))
            {
                let text = std::fs::read_to_string(&path).expect("a text");
                found.push(SourceFile { path: relative(&path), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("inside of the workspace");
    path.to_str().expect("a text").replace(std::path::MAIN_SEPARATOR, "/")
}

#[test]
fn tests_do_not_count_as_lines() {
    let text = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n\nmod c {\n}\n";
    assert_eq!(SourceFile::new("src/lib.rs", text).lines_without_tests(), 5);
    let without_cfg = text.replace("#[cfg(test)]", "");
    assert_eq!(SourceFile::new("src/lib.rs", &without_cfg).lines_without_tests(), 9);
}
