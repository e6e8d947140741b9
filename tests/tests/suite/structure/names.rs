//! One type a name.

use std::collections::BTreeMap;

use super::allowed::{Findings, compare};
use super::source::{SourceFile, packages};

/// Names of types that stand for the same thing in each file of a folder.
const CONVENTIONS: &[(&str, &str)] = &[("packaging/cli/src/commands/", "Arguments")];

/// The types at the top level of a file, and whether they are public.
fn types(source: &SourceFile) -> Vec<(String, bool)> {
    let types = source.syntax().items.into_iter().filter_map(|item| {
        let (name, visibility) = match item {
            syn::Item::Struct(item) => (item.ident, item.vis),
            syn::Item::Enum(item) => (item.ident, item.vis),
            syn::Item::Trait(item) => (item.ident, item.vis),
            syn::Item::Type(item) => (item.ident, item.vis),
            syn::Item::Union(item) => (item.ident, item.vis),
            _ => return None,
        };
        Some((name.to_string(), matches!(visibility, syn::Visibility::Public(_))))
    });
    let is_convention = |name: &str| {
        CONVENTIONS.iter().any(|(folder, known)| name == *known && source.path.starts_with(folder))
    };
    types.filter(|(name, _)| !is_convention(name)).collect()
}

/// The names that stand twice in a package, with how often, and the public ones that stand in
/// other packages too, with in how many they stand.
fn repeated(packages: &[(String, Vec<SourceFile>)]) -> (Findings, Findings) {
    let mut within = Findings::new();
    let mut all: BTreeMap<String, (usize, bool)> = BTreeMap::new();
    for (folder, sources) in packages {
        let mut names: BTreeMap<String, (usize, bool)> = BTreeMap::new();
        for (name, is_public) in sources.iter().flat_map(types) {
            let entry = names.entry(name).or_default();
            entry.0 += 1;
            entry.1 |= is_public;
        }
        for (name, (count, is_public)) in names {
            let entry = all.entry(name.clone()).or_default();
            entry.0 += 1;
            entry.1 |= is_public;
            if count > 1 {
                within.insert(format!("{folder} {name}"), count);
            }
        }
    }
    let public = all.into_iter().filter(|(_, (count, is_public))| *is_public && *count > 1);
    (within, public.map(|(name, (count, _))| (name, count)).collect())
}

#[test]
fn names_of_types_stand_once() {
    let packages: Vec<(String, Vec<SourceFile>)> =
        packages().into_iter().map(|package| (package.folder.clone(), package.sources())).collect();
    let (within, public) = repeated(&packages);
    compare("names", &within, "one meaning a name: these types stand several times in a package");
    compare("public-names", &public, "these public types have a namesake in another package");
}

#[test]
fn repeated_names_are_seen() {
    let package = |folder: &str, texts: &[&str]| -> (String, Vec<SourceFile>) {
        let path = |at| format!("{folder}/src/{at}.rs");
        let sources = texts.iter().enumerate().map(|(at, text)| SourceFile::new(&path(at), text));
        (folder.to_owned(), sources.collect())
    };
    let (within, public) = repeated(&[
        package("a", &["pub struct A;\nenum B {}\nmod tests { struct C; }", "type B = u8;"]),
        package("b", &["pub trait A {}\nstruct C;", "pub(crate) union D { a: u8 }"]),
        package("c", &["pub(crate) struct A;\npub struct D;\nfn f() { struct C; }"]),
        package("d", &["struct C;"]),
    ]);
    assert_eq!(within, Findings::from([("a B".to_owned(), 2)]));
    assert_eq!(public, Findings::from([("A".to_owned(), 3), ("D".to_owned(), 2)]));
}
