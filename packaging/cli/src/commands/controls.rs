//! `plumbline controls`: lists the controls.

use clap::Args;
use plumbline_core::benchmark::{Assessment, Scope};
use plumbline_core::control::Control;
use plumbline_core::parameters::Parameter;
use plumbline_rules::registry::CONTROLS;
use serde::Serialize;

use crate::arguments::ListFormat;
use crate::error::CliError;
use crate::formats::layout::{Listing, ListingRow};
use crate::output::{print_json, print_styled};
use crate::terminal::width;

/// List all controls
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Output format
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub(crate) format: ListFormat,
}

#[derive(Serialize)]
struct CatalogueEntry {
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

impl From<&'static Control> for CatalogueEntry {
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

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let entries = CONTROLS.into_iter().map(CatalogueEntry::from);
    match arguments.format {
        ListFormat::Json => print_json(&entries.collect::<Vec<_>>()),
        ListFormat::Table => {
            let row = |entry: CatalogueEntry| {
                let change = entry.triggers.change.map(|change| format!(", {change}"));
                let scope = if entry.scope == Scope::Global { "global" } else { "regional" };
                let cells = vec![
                    entry.id.to_owned(),
                    entry.slug.to_owned(),
                    entry.level.to_string(),
                    entry.severity.to_owned(),
                    scope.to_owned(),
                    format!("daily{}", change.unwrap_or_default()),
                ];
                ListingRow { cells, text: entry.title.to_owned(), notes: Vec::new() }
            };
            let listing = Listing {
                heading: vec!["id", "slug", "level", "severity", "scope", "trigger", "title"],
                rows: entries.map(row).collect(),
                ..Listing::default()
            };
            print_styled(&listing.render(width()))
        }
    }
}
