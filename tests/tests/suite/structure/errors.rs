//! The form of errors: a line in lower case that says what failed, then a sentence with what to do.
//!
//! That each error of the command line has such a sentence is checked by the compiler: it becomes a
//! `CliError`, which has one.

use syn::visit::{self, Visit};

use super::allowed::{Findings, compare_with};
use super::source::{SourceFile, packages};

/// The first words of names that begin a message with a capital.
const NAMES: &[&str] = &["Amazon", "Lambda", "Region", "Regions", "Security"];

/// Collects the messages and the sentences with what to do.
#[derive(Default)]
struct Errors {
    messages: Vec<String>,
    advice: Vec<String>,
}

/// The text that an expression begins with: a literal, also of `format!` and with `.to_owned()`.
fn text(expression: &syn::Expr) -> Option<String> {
    match expression {
        syn::Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        syn::Expr::Macro(call) if call.mac.path.is_ident("format") => {
            first_literal(call.mac.tokens.clone())
        }
        syn::Expr::MethodCall(call) => text(&call.receiver),
        syn::Expr::Reference(reference) => text(&reference.expr),
        _ => None,
    }
}

fn first_literal(tokens: proc_macro2::TokenStream) -> Option<String> {
    match tokens.into_iter().next()? {
        proc_macro2::TokenTree::Literal(literal) => match syn::Lit::new(literal) {
            syn::Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Collects the texts of several words.
struct Sentences<'texts>(&'texts mut Vec<String>);

impl Sentences<'_> {
    fn push(&mut self, text: Option<String>) {
        self.0.extend(text.filter(|text| text.split_whitespace().nth(2).is_some()));
    }
}

impl<'ast> Visit<'ast> for Sentences<'_> {
    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.push(Some(literal.value()));
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.push(first_literal(call.tokens.clone()));
    }
}

impl<'ast> Visit<'ast> for Errors {
    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta
            && list.path.is_ident("error")
        {
            self.messages.extend(first_literal(list.tokens.clone()));
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        let is_usage = matches!(&*call.func, syn::Expr::Path(path)
            if path.path.segments.iter().map(|part| part.ident.to_string()).collect::<Vec<_>>()
                == ["CliError", "usage"]);
        let arguments: Vec<&syn::Expr> = call.args.iter().collect();
        if let (true, [message, advice]) = (is_usage, arguments.as_slice()) {
            self.messages.extend(text(message));
            self.advice.extend(text(advice));
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        if matches!(&field.member, syn::Member::Named(name) if name == "advice") {
            self.advice.extend(text(&field.expr));
        }
        visit::visit_field_value(self, field);
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if function.sig.ident == "advice" {
            Sentences(&mut self.advice).visit_block(&function.block);
        }
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if function.sig.ident == "advice" {
            Sentences(&mut self.advice).visit_block(&function.block);
        }
        visit::visit_impl_item_fn(self, function);
    }
}

/// Whether the first line is in lower case, names aside, and has no period.
fn is_message(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    let first = line.split(|char: char| !char.is_alphanumeric() && char != '_').next();
    let first = first.unwrap_or_default();
    let is_name = |word: &str| {
        NAMES.contains(&word)
            || word.chars().skip(1).any(|char| char.is_uppercase() || char.is_numeric())
    };
    !line.ends_with('.') && (!first.starts_with(char::is_uppercase) || is_name(first))
}

/// Whether a text begins with a capital and ends with a period. A command at its end has none.
fn is_advice(text: &str) -> bool {
    let last = text.rsplit(": ").next().unwrap_or_default();
    let is_command = ["aws ", "plumbline ", "{}"].iter().any(|program| last.starts_with(program));
    is_command || (text.ends_with('.') && !text.starts_with(char::is_lowercase))
}

/// The texts of a file that have another form.
fn misshapen(source: &SourceFile) -> Vec<String> {
    let mut errors = Errors::default();
    errors.visit_file(&source.syntax());
    let messages = errors.messages.into_iter().filter(|text| !is_message(text));
    messages.chain(errors.advice.into_iter().filter(|text| !is_advice(text))).collect()
}

#[test]
fn errors_have_one_form() {
    let mut found = Findings::new();
    let sources: Vec<SourceFile> =
        packages().iter().flat_map(super::source::Package::sources).collect();
    for source in &sources {
        let count = misshapen(source).len();
        if count > 0 {
            found.insert(source.path.clone(), count);
        }
    }
    let advice = "begin a message in lower case and end it without a period; begin what to do with \
                  a capital and end it with a period";
    compare_with("errors", &found, advice, |path| {
        let source = sources.iter().find(|source| source.path == path).expect("a file");
        misshapen(source).iter().map(|text| format!("\n    {text:?}")).collect()
    });
}

#[test]
fn other_forms_of_errors_are_seen() {
    let text = "#[derive(Error)]\nenum A {\n    #[error(\"it failed\")]\n    B,\n\
                #[error(\"It failed: {0}\")]\n    C(u8),\n    #[error(\"it failed.\")]\n    D,\n\
                #[error(transparent)]\n    E(F),\n\
                #[error(\"AWS failed\\nSee there.\")]\n    G\n}\n\
                impl A {\n    fn advice(&self) -> String {\n        match self {\n\
                Self::B => \"Give another one.\".to_owned(),\n\
                Self::C(c) => format!(\"give {c}, or one of {}.\", c.join(\", \")),\n\
                _ => \"Give another one\".into(),\n        }\n    }\n}\n\
                fn f() { CliError::usage(\"No such file\", format!(\"Give {a}.\")); }\n\
                fn g() { CliError { advice: \"run it again.\".to_owned(), ..h() } }\n";
    let found = misshapen(&SourceFile::new("src/a.rs", text));
    assert_eq!(
        found,
        [
            "It failed: {0}",
            "it failed.",
            "No such file",
            "give {c}, or one of {}.",
            "Give another one",
            "run it again.",
        ]
    );
}
