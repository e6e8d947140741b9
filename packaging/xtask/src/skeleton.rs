//! Creates the file of a new control. It compiles, but its tests fail until it is complete. Texts
//! to write contain TODO.

use plumbline_core::facts::FactKind;

use crate::resource_types::{ListFact, ResourceType, ResourceTypes};

/// The declaration of a new control.
pub(crate) struct Declaration<'a> {
    /// The ID of the recommendation.
    pub(crate) id: &'a str,
    /// The slug of the control.
    pub(crate) slug: &'a str,
    /// The level of the benchmark.
    pub(crate) level: u8,
    /// A variant of `Severity`.
    pub(crate) severity: &'a str,
    /// A variant of `Scope`.
    pub(crate) scope: &'a str,
    /// Whether changes of a resource trigger it.
    pub(crate) change_triggered: bool,
}

/// Converts a slug to a type name: `RootMfa` for `root-mfa`.
fn type_name(slug: &str) -> String {
    let capitalized = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    };
    slug.split('-').map(capitalized).collect()
}

impl Declaration<'_> {
    /// Creates the start of the file, including the declaration.
    fn head(&self, imports: &str, shape: &str, facts: &str) -> String {
        let Self { id, slug, level, severity, scope, change_triggered } = self;
        let version = env!("CARGO_PKG_VERSION");
        let name = type_name(slug);
        format!(
            r#"//! {id}: TODO: the subject, in a few words.

{imports}use plumbline_core::prelude::*;

plumbline_core::control! {{
    /// TODO: the required state in one line, at most 90 characters, without a period
    ///
    /// ## Why
    /// TODO: the risk without it.
    ///
    /// ## Decision
    /// TODO: what the control reads, and what decides.
    ///
    /// ## Remediation
    /// TODO: a complete instruction in the first paragraph: verb, resource, setting and value.
    /// Commands follow.
    pub(crate) struct {name}: {shape};
    id: ControlId::new("{id}"),
    slug: "{slug}",
    level: {level},
    assessment: Assessment::Automated,
    severity: Severity::{severity},
    scope: Scope::{scope},
    change_triggered: {change_triggered},
    attestable: false,
    safeguards_v8: &[],
    safeguards_v7: &[],
    since: "{version}",
    facts: &[{facts}],
    fix: |_| Fix::by_hand("TODO: commands that fix a failure, or why a person must do it."),
}}
"#
        )
    }

    /// Creates a control for the account.
    pub(crate) fn over_account(&self) -> String {
        let (head, name) = (self.head("", "AccountControl", ""), type_name(self.slug));
        format!(
            r#"{head}
impl AccountControl for {name} {{
    type Parameters = NoParameters;

    // TODO: `view.account::<Fact>()?` and `view.region::<Fact>()?` read facts.
    fn evaluate(_: &View<'_>, _: &NoParameters) -> Assessed {{
        Err(NotAssessed::Undetermined("TODO: decide.".to_owned()))
    }}

    // TODO: `.account(fact)` and `.region(fact)` add facts to a situation, and
    // `.denied(Key::account(FactKind::…))` adds one with denied access.
    fn examples() -> Vec<Example> {{
        vec![
            Example::new("TODO: a situation that passes").expect(Compliance::Compliant, "TODO"),
            Example::new("TODO: a situation that fails").expect(Compliance::NonCompliant, "TODO"),
            Example::new("TODO: access denied to the fact")
                .expect(Compliance::NotAssessed, "TODO"),
        ]
    }}
}}
"#
        )
    }

    /// Creates a control for each resource of a type.
    pub(crate) fn over_resource(&self, types: &ResourceTypes, of: &ResourceType) -> String {
        let literal = types.literal(of);
        let mut names = literal.names;
        names.extend(of.lists.iter().map(|list| list.name.clone()));
        names.insert(of.rust_type.clone());
        let names: Vec<String> = names.into_iter().collect();
        let imports = format!("use plumbline_core::facts::{{{}}};\n", names.join(", "));
        let kinds: Vec<String> =
            of.lists.iter().map(|list| format!("FactKind::{}", list.name)).collect();
        let head = self.head(&imports, "ResourceControl", &kinds.join(", "));
        let (name, rust_type, variable) = (type_name(self.slug), &of.rust_type, of.variable());
        let (noun, nouns) = &of.noun;
        let (first, others) =
            of.lists.split_first().map_or((None, &[][..]), |(first, others)| (Some(first), others));
        let level = |list: &ListFact| if list.regional { "region" } else { "account" };
        // The content of the other facts.
        let rest: String = others
            .iter()
            .map(|list| format!(".{}({}::default())", level(list), list.name))
            .collect();
        let with = |situation: &str, content: &str| {
            first.map_or_else(String::new, |list| {
                let (level, fact) = (level(list), &list.name);
                format!("Example::new({situation:?}).{level}({fact}({content})){rest}")
            })
        };
        let key = first.map_or_else(String::new, |list| match (list.regional, &list.name) {
            (true, fact) => format!("Key::region(FactKind::{fact}, REGION)"),
            (false, fact) => format!("Key::account(FactKind::{fact})"),
        });
        let operation = first
            .and_then(|list| FactKind::ALL.iter().find(|kind| format!("{kind:?}") == list.name))
            .and_then(|kind| kind.reads().first())
            .map_or("TODO", |read| read.name);
        let expression = literal.expression;
        let (passes, fails, none) = (
            with(&format!("TODO: a {noun} that passes"), &format!("vec![{variable}(\"good\")]")),
            with(&format!("TODO: a {noun} that fails"), &format!("vec![{variable}(\"bad\")]")),
            with(&format!("no {nouns}"), "Vec::new()"),
        );
        format!(
            r#"{head}
impl ResourceControl for {name} {{
    type Resource = {rust_type};
    type Parameters = NoParameters;

    // TODO: decide by the resource, `view.of::<Fact>(resource)?` and other facts.
    fn evaluate(_: &Subject<'_, {rust_type}>, _: &View<'_>, _: &NoParameters) -> Assessed {{
        Err(NotAssessed::Undetermined("TODO: decide.".to_owned()))
    }}

    fn examples() -> Vec<Example> {{
        let {variable} = |id: &str| {expression};
        vec![
            {passes}.passes("good", "TODO"),
            {fails}.fails("bad", "TODO"),
            {none}.expect(Compliance::Compliant, {nothing:?}),
            Example::new("access denied to the {nouns}").denied({key}){rest}
                .expect(Compliance::NotAssessed, "{operation}"),
        ]
    }}
}}
"#,
            nothing = format!("no {nouns} to evaluate"),
        )
    }
}
