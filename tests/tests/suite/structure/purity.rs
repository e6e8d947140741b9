//! Controls, core and templates read neither the clock nor the environment nor files.

use syn::visit::{self, Visit};

use super::source::{SourceFile, sources};

const FOLDERS: &[&str] = &["common/core/src", "rules/src", "packaging/templates/src"];

/// Modules, types and functions that read more than their input.
const FORBIDDEN: &[&str] = &[
    "std::env",
    "std::fs",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::net::ToSocketAddrs",
    "std::process",
    "std::time::Instant",
    "std::time::SystemTime",
    "chrono::Local",
    "Utc::now",
];

/// Collects the paths that a file names: each of a `use` in full, and those in the code.
#[derive(Default)]
struct Named(Vec<String>);

impl Named {
    fn take(&mut self, base: &str, tree: &syn::UseTree) {
        let below = |name: &syn::Ident| format!("{base}{name}");
        match tree {
            syn::UseTree::Path(path) => self.take(&(below(&path.ident) + "::"), &path.tree),
            syn::UseTree::Name(name) => self.0.push(below(&name.ident)),
            syn::UseTree::Rename(name) => self.0.push(below(&name.ident)),
            syn::UseTree::Glob(_) => self.0.push(format!("{base}*")),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.take(base, tree));
            }
        }
    }
}

impl<'ast> Visit<'ast> for Named {
    fn visit_use_tree(&mut self, tree: &'ast syn::UseTree) {
        self.take("", tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> =
            path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.0.push(segments.join("::"));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        // The arguments of a macro are tokens: a path in them is found as written.
        let tokens = call.tokens.to_string().replace(' ', "");
        let named = FORBIDDEN.iter().filter(|forbidden| tokens.contains(**forbidden));
        self.0.extend(named.map(|forbidden| (*forbidden).to_owned()));
        visit::visit_macro(self, call);
    }
}

/// Whether a path is the forbidden one, is in it, or imports everything next to it.
fn is_in(path: &str, forbidden: &str) -> bool {
    let beside = forbidden.rsplit_once("::").map_or("", |(module, _)| module);
    path == format!("{beside}::*")
        || path == forbidden
        || path.strip_prefix(forbidden).is_some_and(|rest| rest.starts_with("::"))
        || path.strip_suffix(forbidden).is_some_and(|rest| rest.ends_with("::"))
}

fn impure(source: &SourceFile) -> Vec<String> {
    let mut named = Named::default();
    named.visit_file(&source.syntax());
    let is_used = |forbidden: &&&str| named.0.iter().any(|path| is_in(path, forbidden));
    let used = FORBIDDEN.iter().filter(is_used);
    used.map(|forbidden| format!("{} uses {forbidden}", source.path)).collect()
}

#[test]
fn controls_are_pure() {
    let sources = FOLDERS.iter().flat_map(|folder| sources(folder));
    let impure: Vec<String> = sources.flat_map(|source| impure(&source)).collect();
    assert!(impure.is_empty(), "{}", impure.join("\n"));
}

#[test]
fn what_is_impure_is_seen() {
    let impure = |text: &str| impure(&SourceFile::new("src/a.rs", text));
    assert_eq!(
        impure("use std::fs::File;\nfn f() { Utc::now() }"),
        ["src/a.rs uses std::fs", "src/a.rs uses Utc::now"]
    );
    assert_eq!(
        impure("use std::{collections::BTreeMap, env as e};"),
        ["src/a.rs uses std::env"],
        "a group, and another name"
    );
    assert_eq!(impure("use chrono::Local;"), ["src/a.rs uses chrono::Local"]);
    assert_eq!(impure("fn f() { chrono::Utc::now() }"), ["src/a.rs uses Utc::now"]);
    assert_eq!(impure("fn f() { g!(std::env::var(\"A\")) }"), ["src/a.rs uses std::env"]);
    assert_eq!(impure("use std::net::Ipv4Addr;\n/// std::fs\nfn f(env: u8) {}"), [""; 0]);
}
