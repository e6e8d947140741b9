//! The catalogue of controls, and the story of one.

use comfy_table::Cell;
use plumbline_core::benchmark::{Assessment, Scope};
use plumbline_core::control::Control;
use plumbline_core::parameters::Parameter;
use plumbline_rules::registry::CONTROLS;
use serde::Serialize;

use crate::arguments::CatalogueFormat;
use crate::error::CliError;
use crate::output::{print, print_json};
use crate::table;

#[derive(Serialize)]
struct Entry {
    id: &'static str,
    slug: &'static str,
    title: &'static str,
    level: u8,
    assessment: Assessment,
    severity: &'static str,
    scope: Scope,
    rule_name: String,
    function_name: String,
    triggers: Triggers,
    attestable: bool,
    resource_type: &'static str,
    safeguards: Safeguards,
    parameters: Vec<ParameterEntry>,
    permissions: Vec<&'static str>,
}

#[derive(Serialize)]
struct Triggers {
    periodic: bool,
    change: Option<&'static str>,
}

#[derive(Serialize)]
struct Safeguards {
    v8: &'static [&'static str],
    v7: &'static [&'static str],
}

#[derive(Serialize)]
struct ParameterEntry {
    name: &'static str,
    default: &'static str,
    description: &'static str,
    expects: &'static str,
}

impl From<&'static Control> for Entry {
    fn from(control: &'static Control) -> Self {
        let mut permissions: Vec<&str> = control.reads().iter().map(|read| read.action).collect();
        permissions.dedup();
        let parameter = |parameter: &'static Parameter| ParameterEntry {
            name: parameter.name,
            default: parameter.default,
            description: parameter.doc.trim(),
            expects: parameter.expects,
        };
        Self {
            id: control.id.as_str(),
            slug: control.slug,
            title: control.title,
            level: control.level,
            assessment: control.assessment,
            severity: control.severity.as_str(),
            scope: control.scope,
            rule_name: control.rule_name(),
            function_name: control.function_name(),
            triggers: Triggers { periodic: true, change: control.change_type() },
            attestable: control.attestable,
            resource_type: control.run.resource_type,
            safeguards: Safeguards { v8: control.safeguards_v8, v7: control.safeguards_v7 },
            parameters: control.parameters().map(parameter).collect(),
            permissions,
        }
    }
}

/// Prints all controls.
pub(crate) fn list(format: CatalogueFormat) -> Result<(), CliError> {
    let entries = CONTROLS.into_iter().map(Entry::from);
    match format {
        CatalogueFormat::Json => print_json(&entries.collect::<Vec<_>>()),
        CatalogueFormat::Table => {
            let mut table =
                table::new(&["id", "slug", "title", "level", "severity", "scope", "trigger"]);
            for entry in entries {
                let trigger = entry
                    .triggers
                    .change
                    .map_or_else(|| "daily".to_owned(), |change| format!("daily, {change}"));
                let scope = if entry.scope == Scope::Global { "global" } else { "regional" };
                let level = entry.level.to_string();
                table.add_row(
                    [entry.id, entry.slug, entry.title, &level, entry.severity, scope, &trigger]
                        .map(Cell::new),
                );
            }
            print(&format!("{table}\n"))
        }
    }
}

/// Prints what a control is about.
pub(crate) fn explain(control: &'static Control) -> Result<(), CliError> {
    use std::fmt::Write;
    let mut text = String::new();
    let assessment = if control.assessment == Assessment::Manual { "manual" } else { "automated" };
    let scope = if control.scope == Scope::Global { "global" } else { "regional" };
    let _ = write!(
        text,
        "{} {}\n{}\n\nLevel {}, {assessment}, severity {}, {scope}. Rule {}, function \
         {}.\n\n{}\n## Parameters\n",
        control.id,
        control.slug,
        control.title,
        control.level,
        control.severity.as_str(),
        control.rule_name(),
        control.function_name(),
        control.doc().trim_start(),
    );
    for parameter in control.parameters() {
        let _ = writeln!(
            text,
            "{} (default {}): {} Give {}.",
            parameter.name,
            parameter.default,
            parameter.doc.trim(),
            parameter.expects
        );
    }
    text.push_str("\n## Permissions\n");
    let reads = control.reads();
    if reads.is_empty() {
        text.push_str("None: it reads nothing from AWS.\n");
    }
    for read in reads {
        let _ = writeln!(text, "{} on {}", read.action, read.resource);
    }
    text.push_str("\n## Examples\n");
    for example in (control.run.examples)() {
        for expected in &example.expected {
            let _ = writeln!(text, "{:<15} {}", expected.compliance.as_str(), example.situation);
        }
    }
    print(&text)
}
