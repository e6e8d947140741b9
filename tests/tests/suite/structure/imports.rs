//! No circle of imports.
//!
//! An *arrow* of a file is a `use crate::…` or `use super::…`, a `use` of a module below, or an
//! inline `crate::…` or `super::…` path, outside of its `mod tests`, to the longest module path
//! that is a file.
//! `mod.rs` is a file like any other. A *circle* is a group of files that reach each other.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::allowed::{Findings, compare};
use super::source::{SourceFile, is_tests, packages, sources};

/// From each file of a package to those that it imports.
pub(crate) type Arrows = BTreeMap<String, BTreeSet<String>>;

/// A path of modules, from the crate's root.
type Module = Vec<String>;

/// The arrows between the files of a folder that holds a crate, by their paths in this folder.
pub(crate) fn arrows(folder: &str, sources: &[SourceFile]) -> Arrows {
    let name = |source: &SourceFile| -> String {
        source.path.strip_prefix(folder).expect("in the folder").trim_start_matches('/').to_owned()
    };
    let files: BTreeMap<Module, String> =
        sources.iter().map(|source| (module(&name(source)), name(source))).collect();
    let mut arrows = Arrows::new();
    for source in sources {
        let name = name(source);
        let mut paths = Paths { files: &files, module: module(&name), found: Vec::new() };
        paths.visit_file(&source.syntax());
        let targets = paths.found.iter().filter_map(|path| {
            (0..=path.len()).rev().find_map(|length| files.get(path.get(..length)?))
        });
        let targets = targets.filter(|target| **target != name).cloned().collect();
        arrows.insert(name, targets);
    }
    arrows
}

/// The module that a file holds.
fn module(file: &str) -> Module {
    let mut module: Module =
        file.trim_end_matches(".rs").split('/').map(ToOwned::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

/// Collects the paths of modules and of their items that a file names.
struct Paths<'a> {
    files: &'a BTreeMap<Module, String>,
    /// Where the visitor is.
    module: Module,
    found: Vec<Module>,
}

impl Paths<'_> {
    /// Takes all paths of a `use` from `base` on.
    fn take(&mut self, base: &Module, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                let base = extended(base, &path.ident.to_string());
                self.take(&base, &path.tree);
            }
            syn::UseTree::Name(name) => self.found.push(extended(base, &name.ident.to_string())),
            syn::UseTree::Rename(name) => self.found.push(extended(base, &name.ident.to_string())),
            syn::UseTree::Glob(_) => self.found.push(base.clone()),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.take(base, tree);
                }
            }
        }
    }

    /// Finds what a `use` begins with, and takes its paths when that is in this crate.
    fn begin(&mut self, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                let base = if path.ident == "crate" {
                    Module::new()
                } else if path.ident == "self" {
                    self.module.clone()
                } else if path.ident == "super" {
                    self.module.split_last().map(|(_, above)| above.to_vec()).unwrap_or_default()
                } else {
                    let below = extended(&self.module, &path.ident.to_string());
                    if !self.files.contains_key(&below) {
                        return;
                    }
                    below
                };
                self.take(&base, &path.tree);
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.begin(tree)),
            _ => {}
        }
    }

    /// Takes an inline path that begins with `crate` or `super`.
    fn inline(&mut self, mut segments: impl Iterator<Item = String>) {
        let base = match segments.next().as_deref() {
            Some("crate") => Module::new(),
            Some("super") => extended(&self.module, "super"),
            _ => return,
        };
        let path = segments.fold(base, |path, segment| extended(&path, &segment));
        self.found.push(path);
    }

    /// Finds `crate::…` and `super::…` in the arguments of a macro.
    fn take_tokens(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => self.take_tokens(group.stream()),
                TokenTree::Ident(ident) if ident == "crate" || ident == "super" => {
                    let mut path = vec![ident.to_string()];
                    while tokens.next_if(is_colon).is_some() && tokens.next_if(is_colon).is_some() {
                        match tokens.next() {
                            Some(TokenTree::Ident(ident)) => path.push(ident.to_string()),
                            Some(TokenTree::Group(group)) => self.take_tokens(group.stream()),
                            _ => {}
                        }
                    }
                    if path.len() > 1 {
                        self.inline(path.into_iter());
                    }
                }
                _ => {}
            }
        }
    }
}

fn is_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':')
}

/// A path with one more segment. `self` and further `super` are resolved.
fn extended(base: &Module, segment: &str) -> Module {
    let mut path = base.clone();
    match segment {
        "self" => {}
        "super" => {
            path.pop();
        }
        _ => path.push(segment.to_owned()),
    }
    path
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_tests(module) {
            self.module.push(module.ident.to_string());
            visit::visit_item_mod(self, module);
            self.module.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.begin(&item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.inline(path.segments.iter().map(|segment| segment.ident.to_string()));
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {
        // `pub(crate)` and `pub(in crate::…)` import nothing.
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.take_tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }
}

/// The groups of files that reach each other.
fn circles(arrows: &Arrows) -> Vec<BTreeSet<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> = arrows
        .keys()
        .map(|file| {
            let (mut reached, mut open) = (BTreeSet::new(), vec![file]);
            while let Some(next) = open.pop() {
                open.extend(arrows[next].iter().filter(|target| reached.insert(*target)));
            }
            (file, reached)
        })
        .collect();
    let circle = |file: &&String| -> BTreeSet<String> {
        let reach = &reached[file];
        reach
            .iter()
            .filter(|other| reached[*other].contains(file))
            .map(ToString::to_string)
            .collect()
    };
    let circles: BTreeSet<BTreeSet<String>> =
        reached.keys().map(circle).filter(|circle| !circle.is_empty()).collect();
    circles.into_iter().collect()
}

#[test]
fn imports_have_no_circles() {
    let mut folders: Vec<String> =
        packages().into_iter().map(|package| format!("{}/src", package.folder)).collect();
    folders.extend(["tests/fuzz/src", "tests/tests/suite"].map(str::to_owned));
    let mut found = Findings::new();
    let mut printed = String::new();
    for folder in folders {
        for circle in circles(&arrows(&folder, &sources(&folder))) {
            for file in &circle {
                found.insert(format!("{folder}/{file}"), circle.len());
            }
            printed += &format!("circle in {folder}: {}\n", Vec::from_iter(circle).join(" "));
        }
    }
    compare("circles", &found, &format!("these files are in a circle of so many\n{printed}"));
}

fn tree(files: &[(&str, &str)]) -> Vec<SourceFile> {
    files.iter().map(|(path, text)| SourceFile::new(&format!("p/src/{path}"), text)).collect()
}

#[test]
fn arrows_are_found_where_they_are() {
    let sources = tree(&[
        ("lib.rs", "pub mod a; mod b; mod d;\nmod e;\npub use self::a::A;\npub const X: u8 = 1;"),
        (
            "a.rs",
            "use crate::b::{self, c::{C, self as other}};\npub(crate) struct A;\n\
             #[cfg(test)]\nmod tests { use crate::d::D; }",
        ),
        ("b/mod.rs", "mod c;\nuse c::C;\nfn f() { let _ = crate::d::new::<crate::a::A>(); }"),
        ("b/c.rs", "use super::{super::d::D, *};\nuse std::fmt;\npub(in crate::b) struct C;"),
        ("d.rs", "mod inner { use super::super::b::c::C; }\nconst Y: u8 = m!(1, [crate::X + 1]);"),
        ("e.rs", "fn f() { super::d::y(); m!(super::a::A) }"),
    ]);
    let arrows = arrows("p/src", &sources);
    let of = |file: &str| Vec::from_iter(arrows[file].iter().map(String::as_str));
    assert_eq!(of("lib.rs"), ["a.rs"]);
    assert_eq!(of("a.rs"), ["b/c.rs", "b/mod.rs"]);
    assert_eq!(of("b/mod.rs"), ["a.rs", "b/c.rs", "d.rs"]);
    assert_eq!(of("b/c.rs"), ["b/mod.rs", "d.rs"]);
    assert_eq!(of("d.rs"), ["b/c.rs", "lib.rs"]);
    assert_eq!(of("e.rs"), ["a.rs", "d.rs"]);
}

#[test]
fn circles_are_seen() {
    let sources = tree(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "fn f(_: crate::c::C) {}"),
        ("c.rs", "use super::a;"),
        ("d.rs", "use crate::a::A;"),
    ]);
    let circles = circles(&arrows("p/src", &sources));
    assert_eq!(circles, [["a.rs", "b.rs", "c.rs"].map(str::to_owned).into()]);
}
