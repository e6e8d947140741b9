//! `cargo xtask check-control`: lists the missing parts of a control. It checks whether each table
//! includes the control. Tests check whether the content is right.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use plumbline_core::answer::Cause;
use plumbline_core::benchmark::Scope;
use plumbline_core::control::Control;
use plumbline_core::evaluation::{ACCOUNT, Compliance, NotAssessed};
use plumbline_core::example::Example;
use plumbline_core::facts::FactKind;
use plumbline_core::operation::Operation;
use plumbline_core::snapshot::Snapshot;
use plumbline_core::view::Context;
use plumbline_rules::registry;
use serde_json::{Value, json};

use crate::resource_types::rust_files;
use crate::security_audit::{BEYOND_SECURITY_AUDIT, WITHIN_SECURITY_AUDIT};
use crate::{costs, generate, root};

/// The files of the sample account with one list of facts each.
const SAMPLE: &str = "packaging/cli/sample";
const SECTIONS: [&str; 5] = ["identity", "storage", "logging", "monitoring", "network"];
/// The list of calls. A checkout without it has no calls.
const CALLS: &str = "tests/calls.toml";
const PREREQUISITES: &str = "docs/operate/prerequisites.md";
const OUTPUTS: &str = "packaging/cli/tests/cmd/controls.trycmd";
const CHANGELOG: &str = "CHANGELOG.md";
/// The release with the benchmark's recommendations.
const FIRST_RELEASE: &str = "0.1.0";
/// The start of a comment that lists the controls of the following code.
const MARK: &str = "Controls: ";

/// A missing part of a control.
#[derive(Debug)]
struct Gap {
    /// The missing part and its table.
    missing: String,
    /// The file to change or the command to run.
    remedy: String,
}

/// A file that must name controls or types.
struct Listing {
    path: String,
    text: String,
}

impl Listing {
    fn read(root: &Path, path: &str) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(root.join(path))
            .with_context(|| format!("cannot read {path}"))?;
        Ok(Self { path: path.to_owned(), text })
    }

    /// Finds the Rust file below a folder that contains a text.
    fn with(root: &Path, folder: &str, part: &str) -> anyhow::Result<Self> {
        for file in rust_files(&root.join(folder))? {
            let text = std::fs::read_to_string(&file)?;
            if text.contains(part) {
                let path = file.strip_prefix(root).unwrap_or(&file).display().to_string();
                return Ok(Self { path, text });
            }
        }
        bail!("no file below {folder} has '{part}'");
    }

    /// Whether a comment names the control.
    fn names(&self, control: &Control) -> bool {
        self.text
            .lines()
            .filter_map(|line| line.split_once(MARK))
            .flat_map(|(_, ids)| ids.trim_end_matches('.').split(", "))
            .any(|id| id == control.id.as_str())
    }
}

/// The tables that must include a control.
struct Tables {
    sample: Snapshot,
    demo: Vec<Listing>,
    /// The test that every control passes and fails, with its accounts.
    opposite: Listing,
    /// The configuration items of the tests.
    items: Listing,
    prerequisites: Listing,
    calls: Option<Listing>,
    /// The output of the command line, which tests compare.
    outputs: Listing,
    changelog: Listing,
    within_security_audit: &'static [Operation],
    /// The generated files that are not current, or the reason why they cannot be generated.
    stale: Result<Vec<String>, String>,
}

impl Tables {
    fn read(root: &Path) -> anyhow::Result<Self> {
        let calls = root.join(CALLS).exists().then(|| Listing::read(root, CALLS)).transpose()?;
        Ok(Self {
            sample: sample(root)?,
            demo: demo(root)?,
            opposite: Listing::with(root, "tests/tests", "fn opposite() ->")?,
            items: Listing::with(root, "tests/src", "pub fn of_control(")?,
            prerequisites: Listing::read(root, PREREQUISITES)?,
            calls,
            outputs: Listing::read(root, OUTPUTS)?,
            changelog: Listing::read(root, CHANGELOG)?,
            within_security_audit: WITHIN_SECURITY_AUDIT,
            stale: generate::stale().map_err(|error| error.to_string()),
        })
    }
}

/// Returns the sample account of the command line, as `packaging/cli/src/sample.rs` creates it.
fn sample(root: &Path) -> anyhow::Result<Snapshot> {
    let mut facts: Vec<Value> = Vec::new();
    for section in SECTIONS {
        let path = format!("{SAMPLE}/{section}.json");
        let text = Listing::read(root, &path)?.text;
        let more: Vec<Value> =
            serde_json::from_str(&text).with_context(|| format!("{path} is not a list"))?;
        facts.extend(more);
    }
    let snapshot = json!({ "schema": 1, "recorded_at": "2026-03-02T08:00:00Z", "accounts": [{
        "account_id": "111122223333", "partition": "aws", "home_region": "us-east-1",
        "regions": ["eu-central-1", "us-east-1"], "facts": facts }] });
    Ok(Snapshot::parse(snapshot.to_string().as_bytes())?)
}

/// Returns the modules of the demo account in the test environment.
fn demo(root: &Path) -> anyhow::Result<Vec<Listing>> {
    for entry in std::fs::read_dir(root.join("tests"))?.flatten() {
        let folder = entry.path().join("demo");
        if folder.join("identity.py").exists() {
            let folder = folder.strip_prefix(root).unwrap_or(&folder).display().to_string();
            let module = |section| Listing::read(root, &format!("{folder}/{section}.py"));
            return SECTIONS.into_iter().map(module).collect();
        }
    }
    bail!("no folder below tests has the demo account: demo/identity.py");
}

fn gap(missing: impl Into<String>, remedy: impl Into<String>) -> Gap {
    Gap { missing: missing.into(), remedy: remedy.into() }
}

/// Returns the likely file of the control.
fn file(control: &Control) -> String {
    let section = control.id.as_str().split('.').next().and_then(|first| first.parse().ok());
    let section = section.and_then(|first: usize| SECTIONS.get(first.checked_sub(1)?));
    format!("rules/src/{}/{}.rs", section.unwrap_or(&"…"), control.slug.replace('-', "_"))
}

/// Lists missing parts in the file of the control.
fn own_gaps(control: &'static Control) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let examples = (control.run.examples)();
    let in_examples = |example: &Example| {
        example.situation.contains("TODO")
            || example.expected.iter().any(|expected| expected.reason.contains("TODO"))
    };
    if control.title.contains("TODO")
        || control.doc().contains("TODO")
        || examples.iter().any(in_examples)
    {
        gaps.push(gap("texts: some still contain TODO", file(control)));
    }
    for outcome in [Compliance::Compliant, Compliance::NonCompliant, Compliance::NotAssessed] {
        let shows = |example: &Example| {
            example.expected.iter().any(|expected| expected.compliance == outcome)
        };
        if !examples.iter().any(shows) {
            gaps.push(gap(format!("examples: no example is {outcome}"), file(control)));
        }
    }
    let used: BTreeSet<FactKind> =
        examples.iter().flat_map(|example| example.facts.iter()).map(|(key, _)| key.kind).collect();
    for unused in control.facts.iter().filter(|kind| !used.contains(kind)) {
        gaps.push(gap(format!("examples: no example has the fact {unused:?}"), file(control)));
    }
    let wrong = examples.iter().filter(|example| !example.differences(control).is_empty()).count();
    if wrong > 0 {
        gaps.push(gap(
            format!("examples: {wrong} of {} have an unexpected result", examples.len()),
            "cargo test -p plumbline-rules",
        ));
    }
    gaps
}

/// Lists facts of the control that the sample account lacks.
fn sample_gaps(control: &'static Control, sample: &Snapshot) -> Vec<Gap> {
    let section = file(control).split('/').nth(2).unwrap_or_default().to_owned();
    let remedy = format!("{SAMPLE}/{section}.json");
    let over_resources = control.run.resource_type != ACCOUNT;
    let (mut unread, mut resources, mut assessed, mut open) = (BTreeSet::new(), 0, 0, None);
    for account in &sample.accounts {
        for region in &account.regions {
            let mut example = Example::new("the sample account");
            example.facts = account.facts.clone();
            example.context = Context {
                account: account.account_id.clone(),
                partition: account.partition,
                region: region.clone(),
                home_region: account.home_region.clone(),
                now: sample.recorded_at,
            };
            for evaluation in
                example.run(control).map(|outcome| outcome.evaluations).unwrap_or_default()
            {
                let is_resource = evaluation.resource.resource_type != ACCOUNT;
                resources += usize::from(is_resource);
                match evaluation.not_assessed.map(|why| *why) {
                    Some(NotAssessed::ReadFailed(why) | NotAssessed::UnlessAttested(why))
                        if why.cause == Cause::NotRecorded =>
                    {
                        unread.insert(why.message);
                    }
                    Some(NotAssessed::Undetermined(_)) => open = Some(evaluation.reason),
                    None if evaluation.compliance != Compliance::NotApplicable
                        && is_resource == over_resources =>
                    {
                        assessed += 1;
                    }
                    _ => {}
                }
            }
        }
    }
    let mut gaps: Vec<Gap> =
        unread.into_iter().map(|fact| gap(format!("sample account: {fact}"), &remedy)).collect();
    if gaps.is_empty() && resources == 0 && over_resources {
        let missing = format!("sample account: no {} exists", control.run.resource_type);
        gaps.push(gap(missing, &remedy));
    }
    if let Some(reason) = open.filter(|_| assessed == 0) {
        gaps.push(gap(format!("sample account: no result is assessed: {reason}"), &remedy));
    }
    gaps
}

/// Lists missing parts in the tests with the test environment.
fn environment_gaps(control: &'static Control, tables: &Tables) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let id = control.id;
    if !tables.demo.iter().any(|module| module.names(control)) {
        let module = SECTIONS.iter().position(|section| file(control).contains(section));
        let module = module.and_then(|at| tables.demo.get(at)).map_or("", |module| &module.path);
        gaps.push(gap(
            format!("demo account: no resources are marked for {id}"),
            format!(
                "{module}: add a resource that passes and one that fails, below '# {MARK}{id}'"
            ),
        ));
    }
    // The account gives one result for these controls. The tests of fixes show how 4.1 to 4.15
    // pass.
    let one_result = control.run.resource_type == ACCOUNT
        && control.scope == Scope::Global
        && !control.slug.starts_with("alarm-");
    if one_result && !tables.opposite.names(control) {
        gaps.push(gap(
            format!("opposite account: {id} has the same result as in the demo account"),
            format!("{}: change opposite() or bare(), with '// {MARK}{id}'", tables.opposite.path),
        ));
    }
    if let Some(change) = control.change_type() {
        if !tables.items.text.contains(&format!("Some({change:?})")) {
            gaps.push(gap(
                format!("configuration items: of_control() has no item of {change}"),
                &tables.items.path,
            ));
        }
        if !tables.prerequisites.text.contains(&format!("`{change}`")) {
            gaps.push(gap(
                format!("prerequisites: the page does not list {change} for the recorder"),
                &tables.prerequisites.path,
            ));
        }
    }
    if let Some(calls) = &tables.calls {
        gaps.extend(calls_gap(control, calls));
    }
    gaps
}

/// Checks the list of calls for the entry and its numbers.
fn calls_gap(control: &Control, calls: &Listing) -> Option<Gap> {
    let id = format!("id = \"{}\"", control.id);
    let entry = calls
        .text
        .split("[[control]]")
        .find(|entry| entry.lines().any(|line| line == id))
        .map(|entry| entry.lines().filter(|line| line.ends_with(" = 0")).count());
    match entry {
        Some(0) => None,
        Some(_) if control.facts.is_empty() => None,
        _ => Some(gap(
            format!("calls: the calls of {} are not recorded", control.id),
            format!(
                "PLUMBLINE_ACCEPT=1 cargo xtask test -- call_counts, then 'least' in {}",
                calls.path
            ),
        )),
    }
}

/// Checks the changelog for a line with the ID. The first release has no lines for single controls.
fn changelog_gap(control: &Control, changelog: &Listing) -> Option<Gap> {
    let part = |char: char| !(char.is_ascii_digit() || char == '.');
    let is_named = |line: &str| line.split(part).any(|word| word == control.id.as_str());
    if control.since == FIRST_RELEASE || changelog.text.lines().any(is_named) {
        return None;
    }
    Some(gap(
        format!("changelog: {} does not name {}", changelog.path, control.id),
        format!("{}, \"Added\": a line with the id and what the control reports", changelog.path),
    ))
}

/// Lists all missing parts of the control.
fn gaps(control: &'static Control, tables: &Tables) -> Vec<Gap> {
    let mut gaps = own_gaps(control);
    gaps.extend(sample_gaps(control, &tables.sample));
    gaps.extend(environment_gaps(control, tables));
    if costs::evaluated(control).is_err() {
        gaps.push(gap(
            format!("costs: the example has no number of {}", control.run.resource_type),
            "packaging/xtask/src/costs.rs: RESOURCES",
        ));
    }
    for read in control.reads() {
        if !BEYOND_SECURITY_AUDIT.contains(&read) && !tables.within_security_audit.contains(&read) {
            gaps.push(gap(
                format!("SecurityAudit: whether it allows {} is not listed", read.action),
                "packaging/xtask/src/security_audit.rs: WITHIN_ or BEYOND_SECURITY_AUDIT",
            ));
        }
    }
    if !tables.outputs.text.contains(control.slug) {
        gaps.push(gap(
            format!("outputs: {} does not list {}", tables.outputs.path, control.slug),
            "docs/contribute/tests.md, \"Snapshots\": accept them, and read the differences",
        ));
    }
    if let Some(gap) = changelog_gap(control, &tables.changelog) {
        gaps.push(gap);
    }
    match &tables.stale {
        Ok(stale) if stale.is_empty() => {}
        Ok(stale) => gaps.push(gap(
            format!("generated files: not current: {}", stale.len()),
            "cargo xtask generate",
        )),
        Err(why) => {
            gaps.push(gap(
                format!("generated files: {why}"),
                "add the parts above, then run cargo xtask generate",
            ));
        }
    }
    gaps
}

/// Prints the missing parts of a control. The exit code states whether it is complete.
pub(crate) fn print(name: &str) -> anyhow::Result<ExitCode> {
    let control = registry::find(name).with_context(|| {
        format!("unknown control '{name}': give a control ID, slug or rule name")
    })?;
    let gaps = gaps(control, &Tables::read(&root()?)?);
    if gaps.is_empty() {
        println!("{} {}: complete", control.id, control.slug);
        return Ok(ExitCode::SUCCESS);
    }
    for Gap { missing, remedy } in &gaps {
        println!("- {missing}\n  → {remedy}");
    }
    let parts = if gaps.len() == 1 { "1 part is" } else { &format!("{} parts are", gaps.len()) };
    println!("\n{} {} is not complete: {parts} missing", control.id, control.slug);
    Ok(ExitCode::FAILURE)
}

#[cfg(test)]
mod tests {
    use plumbline_core::item::ConfigurationItem;
    use plumbline_core::resources::Resource;
    use plumbline_core::view::View;
    use plumbline_rules::registry::CONTROLS;

    use super::*;

    fn tables() -> Tables {
        Tables::read(&root().expect("the root")).expect("the tables")
    }

    #[test]
    fn every_control_is_complete() {
        let tables = tables();
        let mut missing = Vec::new();
        for control in CONTROLS {
            missing.extend(gaps(control, &tables).into_iter().map(|gap| (control, gap)));
        }
        assert!(missing.is_empty(), "{missing:#?}");
    }

    /// A resource type that is in no table.
    struct Thing;

    impl Resource for Thing {
        const TYPE: &'static str = "AWS::Example::Thing";
        const NOUN: (&'static str, &'static str) = ("thing", "things");

        fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
            let region = &view.context().region;
            view.related::<plumbline_core::facts::PolicyRoles>(region, "thing").map(|_| Vec::new())
        }

        fn from_item(_: &ConfigurationItem) -> Option<Self> {
            None
        }

        fn id(&self) -> &str {
            "thing"
        }

        fn arn(&self, _: &View<'_>) -> Option<String> {
            None
        }
    }

    mod over_things {
        use plumbline_core::prelude::*;

        plumbline_core::control! {
            /// TODO: things are good.
            ///
            /// ## Why
            /// They should be.
            pub(super) struct Things: ResourceControl;
            id: ControlId::new("2.901"),
            slug: "things",
            level: 1,
            assessment: Assessment::Automated,
            severity: Severity::Low,
            scope: Scope::Regional,
            change_triggered: true,
            attestable: false,
            safeguards_v8: &[],
            safeguards_v7: &[],
            since: "0.1.0",
            facts: &[FactKind::PolicyRoles],
            fix: |_| Fix::by_hand("TODO."),
        }

        impl ResourceControl for Things {
            type Resource = super::Thing;
            type Parameters = NoParameters;

            fn evaluate(_: &Subject<'_, super::Thing>, _: &View<'_>, _: &NoParameters) -> Assessed {
                Ok(Verdict::compliant("It is good."))
            }

            fn examples() -> Vec<Example> {
                vec![Example::new("nothing").expect(Compliance::Compliant, "")]
            }
        }
    }

    mod over_accounts {
        use plumbline_core::prelude::*;

        plumbline_core::control! {
            /// The account is good.
            pub(super) struct Accounts: AccountControl;
            id: ControlId::new("1.901"),
            slug: "accounts",
            level: 1,
            assessment: Assessment::Automated,
            severity: Severity::Low,
            scope: Scope::Global,
            change_triggered: false,
            attestable: false,
            safeguards_v8: &[],
            safeguards_v7: &[],
            since: "0.1.0",
            facts: &[],
            fix: |_| Fix::by_hand("TODO."),
        }

        impl AccountControl for Accounts {
            type Parameters = NoParameters;

            fn evaluate(_: &View<'_>, _: &NoParameters) -> Assessed {
                Err(NotAssessed::Undetermined("no one knows.".to_owned()))
            }

            fn examples() -> Vec<Example> {
                let expect = |compliance| Example::new("x").expect(compliance, "");
                [Compliance::Compliant, Compliance::NonCompliant, Compliance::NotAssessed]
                    .map(expect)
                    .into()
            }
        }
    }

    /// Returns the tables with missing parts, each once.
    fn missing(control: &'static Control, tables: &Tables) -> Vec<String> {
        let gaps = gaps(control, tables);
        assert!(gaps.iter().all(|gap| !gap.remedy.is_empty()), "{gaps:?}");
        let tables: BTreeSet<&str> =
            gaps.iter().filter_map(|gap| Some(gap.missing.split_once(':')?.0)).collect();
        tables.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn every_table_that_does_not_know_a_control_is_named() {
        let mut tables = tables();
        tables.calls = Some(Listing { path: CALLS.to_owned(), text: String::new() });
        tables.within_security_audit = &[];
        tables.stale = Ok(vec!["docs/controls/README.md".to_owned()]);
        assert_eq!(
            missing(&over_things::CONTROL, &tables),
            [
                "SecurityAudit",
                "calls",
                "configuration items",
                "costs",
                "demo account",
                "examples",
                "generated files",
                "outputs",
                "prerequisites",
                "sample account",
                "texts",
            ]
        );
        assert_eq!(
            missing(&over_accounts::CONTROL, &tables),
            [
                "calls",
                "demo account",
                "examples",
                "generated files",
                "opposite account",
                "outputs",
                "sample account",
            ]
        );
        let examples = own_gaps(&over_things::CONTROL);
        for part in
            ["TODO", "example is NON_COMPLIANT", "example is NOT_ASSESSED", "PolicyRoles", "1 of 1"]
        {
            assert!(examples.iter().any(|gap| gap.missing.contains(part)), "{part}: {examples:#?}");
        }
    }

    #[test]
    fn a_comment_names_whole_numbers() {
        let listing = |text: &str| Listing { path: String::new(), text: text.to_owned() };
        let control = registry::find("1.2").expect("a control");
        assert!(listing("    # Controls: 1.1, 1.2.").names(control));
        assert!(!listing("    # Controls: 1.20, 2.1.2.\n# 1.2").names(control));
    }

    #[test]
    fn later_controls_stand_in_the_changelog() {
        let of = |control: &Control, text: &str| {
            let changelog = Listing { path: CHANGELOG.to_owned(), text: text.to_owned() };
            changelog_gap(control, &changelog).is_none()
        };
        let later = Control { since: "0.2.0", ..over_things::CONTROL };
        assert!(of(&over_things::CONTROL, ""), "the first release");
        assert!(of(&later, "- 2.901 reports things.\n") && !of(&later, "- 2.9011, 12.901\n"));
    }

    #[test]
    fn calls_have_to_be_measured() {
        let of = |id: &str, text: &str| {
            let calls = Listing { path: CALLS.to_owned(), text: text.to_owned() };
            calls_gap(registry::find(id).expect("a control"), &calls).is_none()
        };
        let entry = |id: &str, calls: u32, least: u32| {
            format!("[[control]]\nid = \"{id}\"\ncalls = {calls}\nleast = {least}\n")
        };
        let all = entry("1.20", 7, 2) + &entry("1.2", 2, 1) + &entry("1.3", 0, 0);
        assert!(of("1.2", &all) && of("1.3", &all) && of("1.20", &all));
        assert!(!of("1.4", &all), "no entry");
        assert!(!of("1.2", &entry("1.2", 0, 0)), "not measured");
        assert!(!of("1.2", &entry("1.2", 2, 0)), "without the least");
    }
}
