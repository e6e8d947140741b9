//! Reads the resource types of controls from `common/core/src/resources`, and creates example
//! values of them. It reads the sources, so that a new type needs no entry here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, bail};
use syn::visit::Visit;

const RESOURCES: &str = "common/core/src/resources";
const FACTS: &str = "common/core/src/facts";

/// A fact that lists resources.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ListFact {
    /// The type of the fact, such as `DbInstances`.
    pub(crate) name: String,
    /// Whether each Region has the fact. Otherwise the account has it.
    pub(crate) regional: bool,
}

/// A type that implements `Resource`.
#[derive(Debug)]
pub(crate) struct ResourceType {
    /// The name in AWS Config, such as `AWS::RDS::DBInstance`.
    pub(crate) config_type: String,
    /// The Rust type, such as `DbInstance`.
    pub(crate) rust_type: String,
    /// The singular and plural noun.
    pub(crate) noun: (String, String),
    /// The facts that list the resources. The first one contains the type itself.
    pub(crate) lists: Vec<ListFact>,
    /// The field with the ID of AWS Config.
    pub(crate) id_field: String,
}

/// An expression for a resource, with the fact types that it uses.
pub(crate) struct Literal {
    pub(crate) expression: String,
    pub(crate) names: BTreeSet<String>,
}

/// All resource types with the fact types that they use.
pub(crate) struct ResourceTypes {
    known: Vec<ResourceType>,
    facts: BTreeMap<String, syn::Item>,
}

/// Returns the Rust files of a folder and its subfolders.
pub(crate) fn rust_files(folder: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .collect::<Result<Vec<_>, _>>()?;
    for path in entries.into_iter().map(|entry| entry.path()) {
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn items(folder: &Path) -> anyhow::Result<Vec<syn::Item>> {
    let mut items = Vec::new();
    for path in rust_files(folder)? {
        let text = std::fs::read_to_string(&path)?;
        let file =
            syn::parse_file(&text).with_context(|| format!("cannot parse {}", path.display()))?;
        items.extend(file.items);
    }
    Ok(items)
}

/// Returns the name of a type without its path: `DbInstance`.
fn last_name(path: &syn::Path) -> Option<String> {
    path.segments.last().map(|segment| segment.ident.to_string())
}

fn type_name(of: &syn::Type) -> Option<String> {
    match of {
        syn::Type::Path(of) => last_name(&of.path),
        _ => None,
    }
}

/// Returns the types between the angle brackets of the last path segment.
fn generics(arguments: &syn::PathArguments) -> impl Iterator<Item = &syn::Type> {
    let arguments = match arguments {
        syn::PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten().filter_map(|argument| match argument {
        syn::GenericArgument::Type(of) => Some(of),
        _ => None,
    })
}

fn text(expression: &syn::Expr) -> Option<String> {
    match expression {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

/// Collects the calls of `view.account::<T>()` and `view.region::<T>()` in a function.
#[derive(Default)]
struct Reads(Vec<ListFact>);

impl<'ast> Visit<'ast> for Reads {
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        // Inner calls come first, as at run time.
        syn::visit::visit_expr_method_call(self, call);
        let regional = call.method == "region";
        let fact = call.turbofish.as_ref().and_then(|of| match of.args.first()? {
            syn::GenericArgument::Type(of) => type_name(of),
            _ => None,
        });
        if let Some(name) = fact.filter(|_| regional || call.method == "account") {
            self.0.push(ListFact { name, regional });
        }
    }
}

/// Returns the field of `&self.field`.
fn returned_field(block: &syn::Block) -> Option<String> {
    let [syn::Stmt::Expr(syn::Expr::Reference(reference), None)] = block.stmts.as_slice() else {
        return None;
    };
    match &*reference.expr {
        syn::Expr::Field(field) => match &field.member {
            syn::Member::Named(name) => Some(name.to_string()),
            syn::Member::Unnamed(_) => None,
        },
        _ => None,
    }
}

impl ResourceType {
    /// Returns the type of an `impl Resource`. Returns `None` for another view of a type: its name
    /// is not a literal, or no fact lists it.
    fn of(implementation: &syn::ItemImpl) -> Option<Self> {
        let (_, of, _) = implementation.trait_.as_ref()?;
        if !of.is_ident("Resource") {
            return None;
        }
        let (mut config_type, mut noun, mut lists, mut id_field) = (None, None, Vec::new(), None);
        for item in &implementation.items {
            match item {
                syn::ImplItem::Const(constant) if constant.ident == "TYPE" => {
                    config_type = text(&constant.expr);
                }
                syn::ImplItem::Const(constant) if constant.ident == "NOUN" => {
                    if let syn::Expr::Tuple(nouns) = &constant.expr {
                        let mut nouns = nouns.elems.iter().filter_map(text);
                        noun = nouns.next().zip(nouns.next());
                    }
                }
                syn::ImplItem::Fn(function) if function.sig.ident == "list" => {
                    let mut reads = Reads::default();
                    reads.visit_block(&function.block);
                    lists = reads.0;
                }
                syn::ImplItem::Fn(function) if function.sig.ident == "id" => {
                    id_field = returned_field(&function.block);
                }
                _ => {}
            }
        }
        let rust_type = type_name(&implementation.self_ty)?;
        (!lists.is_empty()).then_some(())?;
        Some(Self { config_type: config_type?, rust_type, noun: noun?, lists, id_field: id_field? })
    }

    /// Returns a variable name: the last word of the type, such as `instance`.
    pub(crate) fn variable(&self) -> String {
        let start = self.rust_type.rfind(char::is_uppercase).unwrap_or_default();
        self.rust_type.get(start..).unwrap_or_default().to_lowercase()
    }
}

impl ResourceTypes {
    /// Reads the sources of a checkout.
    pub(crate) fn read(root: &Path) -> anyhow::Result<Self> {
        let mut facts = BTreeMap::new();
        for item in items(&root.join(FACTS))? {
            let name = match &item {
                syn::Item::Struct(item) => item.ident.to_string(),
                syn::Item::Enum(item) => item.ident.to_string(),
                _ => continue,
            };
            facts.insert(name, item);
        }
        let known = items(&root.join(RESOURCES))?.into_iter().filter_map(|item| match item {
            syn::Item::Impl(implementation) => ResourceType::of(&implementation),
            _ => None,
        });
        let mut types = Self { known: known.collect(), facts };
        let holds: Vec<Vec<bool>> = types
            .known
            .iter()
            .map(|of| of.lists.iter().map(|list| types.holds(&list.name, &of.rust_type)).collect())
            .collect();
        for (of, holds) in types.known.iter_mut().zip(holds) {
            let own = holds.iter().position(|holds| *holds).unwrap_or_default();
            of.lists.swap(0, own);
        }
        types.known.sort_by(|one, other| one.config_type.cmp(&other.config_type));
        Ok(types)
    }

    /// Whether a fact is a list of the type.
    fn holds(&self, list: &str, rust_type: &str) -> bool {
        let Some(syn::Item::Struct(item)) = self.facts.get(list) else {
            return false;
        };
        item.fields.iter().any(|field| match &field.ty {
            syn::Type::Path(of) => of.path.segments.iter().any(|segment| {
                generics(&segment.arguments).any(|of| type_name(of).as_deref() == Some(rust_type))
            }),
            _ => false,
        })
    }

    /// Returns all types.
    #[cfg(test)]
    pub(crate) fn all(&self) -> &[ResourceType] {
        &self.known
    }

    /// Finds the type with a name of AWS Config.
    pub(crate) fn find(&self, config_type: &str) -> anyhow::Result<&ResourceType> {
        if let Some(found) = self.known.iter().find(|of| of.config_type == config_type) {
            return Ok(found);
        }
        let known: Vec<&str> = self.known.iter().map(|of| of.config_type.as_str()).collect();
        bail!(
            "no type in {RESOURCES} implements Resource for '{config_type}'\n\
             Add a fact that lists these resources to {FACTS} and `impl Resource` for one of them \
             to {RESOURCES} (rds.rs is short), then run this again. Known types: {}.",
            known.join(", ")
        );
    }

    /// Returns an expression for a resource of the type, in which `id` is its ID.
    pub(crate) fn literal(&self, of: &ResourceType) -> Literal {
        let mut names = BTreeSet::new();
        let expression = match self.facts.get(&of.rust_type) {
            Some(syn::Item::Struct(item)) => {
                names.insert(of.rust_type.clone());
                let id = Some((of.id_field.as_str(), of.config_type.as_str()));
                format!("{}{}", of.rust_type, self.fields(&item.fields, id, &mut names))
            }
            _ => "Default::default()".to_owned(),
        };
        Literal { expression, names }
    }

    /// Returns the fields of a struct or variant. For the resource itself, the ID field and the AWS
    /// Config name of the type are given.
    fn fields(
        &self,
        fields: &syn::Fields,
        resource: Option<(&str, &str)>,
        names: &mut BTreeSet<String>,
    ) -> String {
        let value = |field: &syn::Field, names: &mut BTreeSet<String>| {
            let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
            match resource {
                Some((id, _)) if id == name => "id.to_owned()".to_owned(),
                Some((_, config_type)) if name == "arn" => {
                    let mut parts = config_type.split("::").skip(1).map(str::to_lowercase);
                    let (service, kind) =
                        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                    // ARNs and AWS Config use different names for a few services.
                    let (service, kind) = match (service.as_str(), kind.as_str()) {
                        ("efs", _) => ("elasticfilesystem", "file-system"),
                        ("accessanalyzer", kind) => ("access-analyzer", kind),
                        (service, kind) => (service, kind),
                    };
                    format!(
                        "format!(\"arn:aws:{service}:{{REGION}}:{{ACCOUNT_ID}}:{kind}/{{id}}\")"
                    )
                }
                _ => self.value(&name, &field.ty, names),
            }
        };
        match fields {
            syn::Fields::Named(fields) => {
                let values: Vec<String> = fields
                    .named
                    .iter()
                    .map(|field| {
                        let name = field.ident.as_ref().map(ToString::to_string);
                        format!("{}: {}", name.unwrap_or_default(), value(field, names))
                    })
                    .collect();
                format!(" {{ {} }}", values.join(", "))
            }
            syn::Fields::Unnamed(fields) => {
                let values: Vec<String> =
                    fields.unnamed.iter().map(|field| value(field, names)).collect();
                format!("({})", values.join(", "))
            }
            syn::Fields::Unit => String::new(),
        }
    }

    /// Returns a simple value of a type: an empty value, or the field name as a text.
    fn value(&self, field: &str, of: &syn::Type, names: &mut BTreeSet<String>) -> String {
        let name = type_name(of).unwrap_or_default();
        match (name.as_str(), field) {
            ("String", "owner") => return "ACCOUNT_ID.to_owned()".to_owned(),
            ("String", "region" | "home_region") => return "REGION.to_owned()".to_owned(),
            ("String", _) => return format!("\"{field}\".to_owned()"),
            ("bool", _) => return "false".to_owned(),
            ("Option", _) => return "None".to_owned(),
            ("Vec", _) => return "Vec::new()".to_owned(),
            ("DateTime", _) => return "days_ago(30)".to_owned(),
            ("i32" | "i64" | "u32" | "u64" | "usize", _) => return "0".to_owned(),
            _ => {}
        }
        match self.facts.get(&name) {
            Some(syn::Item::Struct(item)) => {
                names.insert(name.clone());
                format!("{name}{}", self.fields(&item.fields, None, names))
            }
            Some(syn::Item::Enum(item)) => {
                names.insert(name.clone());
                item.variants.first().map_or_else(
                    || "Default::default()".to_owned(),
                    |first| {
                        format!(
                            "{name}::{}{}",
                            first.ident,
                            self.fields(&first.fields, None, names)
                        )
                    },
                )
            }
            _ => "Default::default()".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use plumbline_rules::registry::CONTROLS;

    use super::*;
    use crate::root;

    #[test]
    fn every_type_that_controls_evaluate_is_known() {
        let types = ResourceTypes::read(&root().expect("the root")).expect("the sources");
        for control in CONTROLS {
            let evaluated = control.run.resource_type;
            if evaluated != plumbline_core::evaluation::ACCOUNT {
                assert_eq!(types.find(evaluated).expect("a type").config_type, evaluated);
            }
        }
        let bucket = types.find("AWS::S3::Bucket").expect("a type");
        assert_eq!(bucket.rust_type, "Bucket");
        assert_eq!(bucket.lists, [ListFact { name: "Buckets".to_owned(), regional: false }]);
        assert_eq!(bucket.variable(), "bucket");
        assert_eq!(bucket.id_field, "name");
        let instance = types.find("AWS::RDS::DBInstance").expect("a type");
        assert_eq!(instance.lists, [ListFact { name: "DbInstances".to_owned(), regional: true }]);
        assert_eq!(instance.noun.1, "DB instances");
        assert_eq!(instance.variable(), "instance");
        // Three facts list this type, and one of them contains it.
        let policy = types.find("AWS::IAM::Policy").expect("a type");
        assert_eq!(policy.lists.len(), 3);
        assert!(types.holds(&policy.lists[0].name, "PolicyHolder"));
    }

    #[test]
    fn an_unknown_type_is_refused_with_where_to_write_it() {
        let types = ResourceTypes::read(&root().expect("the root")).expect("the sources");
        let error = types.find("AWS::SQS::Queue").expect_err("unknown").to_string();
        for part in ["'AWS::SQS::Queue'", RESOURCES, FACTS, "AWS::RDS::DBInstance"] {
            assert!(error.contains(part), "{error}");
        }
    }
}
