//! Each name has one type.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};

use super::allowed::{Findings, compare};
use super::source::{SourceFile, is_tests, packages};

/// Names of types that have the same meaning in each file of a folder.
const CONVENTIONS: &[(&str, &str)] =
    &[("packaging/cli/src/commands/", "Arguments"), ("rules/src/", "Parameters")];

/// Collects the types of a file and of the modules in it, tests aside, and whether they are public.
/// The types of a macro are its arguments.
#[derive(Default)]
struct Types(Vec<(String, bool)>);

impl Types {
    fn take(&mut self, name: &syn::Ident, visibility: &syn::Visibility) {
        self.0.push((name.to_string(), matches!(visibility, syn::Visibility::Public(_))));
    }
}

impl<'ast> Visit<'ast> for Types {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_tests(module) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, _: &'ast syn::ItemFn) {}

    fn visit_item_impl(&mut self, _: &'ast syn::ItemImpl) {}

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.take(&item.ident, &item.vis);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.take(&item.ident, &item.vis);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.take(&item.ident, &item.vis);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.take(&item.ident, &item.vis);
    }

    fn visit_item_union(&mut self, item: &'ast syn::ItemUnion) {
        self.take(&item.ident, &item.vis);
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if item.mac.path.is_ident("macro_rules") {
            return;
        }
        let mut before: [String; 2] = Default::default();
        for token in item.mac.tokens.clone() {
            let token = token.to_string();
            let [visibility, keyword] = &before;
            if ["struct", "enum", "union"].contains(&keyword.as_str()) {
                self.0.push((token.clone(), visibility == "pub"));
            }
            before.rotate_left(1);
            before[1] = token;
        }
    }
}

fn types(source: &SourceFile) -> Vec<(String, bool)> {
    let mut types = Types::default();
    types.visit_file(&source.syntax());
    let is_convention = |name: &str| {
        CONVENTIONS.iter().any(|(folder, known)| name == *known && source.path.starts_with(folder))
    };
    types.0.retain(|(name, _)| !is_convention(name));
    types.0
}

/// The names that a package has more than once, with their number, and the public names that other
/// packages also have, with the number of packages.
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
        package(
            "a",
            &["pub struct A;\nenum B {}\n#[cfg(test)] mod tests { struct C; }", "type B = u8;"],
        ),
        package("b", &["pub trait A {}\nstruct C;", "mod e { pub(crate) union D { a: u8 } }"]),
        package("c", &["pub(crate) struct A;\npub struct D;\nfn f() { struct C; }"]),
        package("d", &["control! { id: \"1.1\", pub(crate) struct E: Trait; }", "struct E;"]),
    ]);
    assert_eq!(within, Findings::from([("a B".to_owned(), 2), ("d E".to_owned(), 2)]));
    assert_eq!(public, Findings::from([("A".to_owned(), 3), ("D".to_owned(), 2)]));
}
