//! The names of AWS operations are in one place.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::allowed::{Findings, compare};
use super::source::{SourceFile, is_tests, packages};

/// The prefixes of the actions of the services that Plumbline calls.
const SERVICES: &[&str] = &[
    "access-analyzer",
    "account",
    "cloudformation",
    "cloudtrail",
    "cloudwatch",
    "config",
    "ec2",
    "elasticfilesystem",
    "iam",
    "kms",
    "logs",
    "macie2",
    "organizations",
    "rds",
    "s3",
    "securityhub",
    "sns",
    "sts",
];

/// The files that may contain such texts: the declarations, the analysis of policies (their
/// subject), and the deployed policies.
const HOMES: &[&str] = &[
    "common/core/src/operation",
    "common/core/src/policy/",
    "packaging/templates/src/",
    "packaging/deploy/src/",
];

/// Counts texts that are the name of an operation, outside of tests and examples, which repeat what
/// a reader sees.
#[derive(Default)]
struct Operations(usize);

impl Operations {
    fn take(&mut self, text: &str) {
        let Some((service, operation)) = text.split_once(':') else { return };
        let is_name = operation.starts_with(|first: char| first.is_ascii_uppercase())
            && operation.chars().all(|char| char.is_ascii_alphanumeric());
        self.0 += usize::from(is_name && SERVICES.contains(&service));
    }

    fn take_tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.take_tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                        self.take(&text.value());
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether a function creates or changes examples, by its type.
fn is_example(signature: &syn::Signature) -> bool {
    struct Examples(bool);
    impl<'ast> Visit<'ast> for Examples {
        fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
            self.0 |= segment.ident == "Example";
            visit::visit_path_segment(self, segment);
        }
    }
    let mut examples = Examples(false);
    examples.visit_return_type(&signature.output);
    examples.0
}

impl<'ast> Visit<'ast> for Operations {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_tests(module) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if !is_example(&function.sig) {
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_example(&function.sig) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.take(&text.value());
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.take_tokens(call.tokens.clone());
    }
}

fn operations(source: &SourceFile) -> usize {
    let mut operations = Operations::default();
    operations.visit_file(&source.syntax());
    operations.0
}

#[test]
fn operations_are_declared_once() {
    let mut found = Findings::new();
    for source in packages()
        .iter()
        .filter(|package| package.folder != "tests")
        .flat_map(|package| package.sources())
    {
        let is_home = HOMES.iter().any(|home| source.path.starts_with(home))
            || source.path.ends_with("/examples.rs")
            || source.path.contains("/examples/");
        let count = operations(&source);
        if !is_home && count > 0 {
            found.insert(source.path, count);
        }
    }
    compare("operations", &found, "names of operations are constants of core::operation");
}

#[test]
fn names_of_operations_are_seen() {
    let text = r#"
        const A: &str = "s3:ListBuckets";
        const B: &str = "call iam:ListUsers, aws:SecureTransport";
        fn f() { vec!["ec2:DescribeRegions", "ec2:*", "aws:SourceArn"]; }
        fn examples() -> Vec<Example> { ["iam:ListUsers"] }
        fn example_of() -> &'static str { "iam:ListUsers" }
        #[cfg(test)]
        mod tests { const C: &str = "iam:ListUsers"; }
    "#;
    assert_eq!(operations(&SourceFile::new("src/a.rs", text)), 3);
}
