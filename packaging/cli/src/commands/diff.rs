//! `plumbline diff`: shows what changed between two scans.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use comfy_table::Cell;
use plumbline_core::evaluation::Compliance;

use crate::comparison::{Change, Difference, ResultKey, difference, read};
use crate::error::CliError;
use crate::formats::{markdown, table};
use crate::output;

/// Tell what changed between two scans: broken, fixed, waived, waivers that ended, new, gone
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The older scan, as --format json wrote it
    pub(crate) old: PathBuf,
    /// The newer scan
    pub(crate) new: PathBuf,
    /// Compare scans that used other parameters all the same
    #[arg(long)]
    pub(crate) force: bool,
    /// How to print the changes
    #[arg(long, value_enum, default_value_t = DifferenceFormat::Table)]
    pub(crate) format: DifferenceFormat,
}

/// How changes are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DifferenceFormat {
    Table,
    Json,
    Markdown,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let difference = difference(read(&arguments.old)?, read(&arguments.new)?);
    if !difference.other_rules.is_empty() && !arguments.force {
        return Err(CliError::usage(
            other_rules(&difference),
            "Scan again with the same parameters, or compare all the same with --force.",
        ));
    }
    match arguments.format {
        DifferenceFormat::Json => output::print_json(&difference),
        DifferenceFormat::Table => output::print(&text(&difference)),
        DifferenceFormat::Markdown => output::print(&in_markdown(&difference)),
    }
}

fn other_rules(difference: &Difference) -> String {
    format!("the scans used other rules: {}", difference.other_rules.join("; "))
}

/// What has to be known before the changes.
fn warnings(difference: &Difference) -> Vec<String> {
    let mut warnings = Vec::new();
    if !difference.other_rules.is_empty() {
        warnings.push(other_rules(difference));
    }
    let not_stated = difference.rules_not_stated.iter();
    warnings.extend(
        not_stated.map(|name| format!("{name} does not state its rules (report schema 1)")),
    );
    warnings
}

fn head(difference: &Difference) -> String {
    let sums: Vec<String> = difference
        .classes()
        .iter()
        .map(|(name, changes)| format!("{} {name}", changes.len()))
        .collect();
    format!(
        "From {} to {}: {}",
        difference.old_generated_at,
        difference.new_generated_at,
        sums.join(", ")
    )
}

const HEADING: [&str; 8] =
    ["change", "account", "control", "resource", "region", "from", "to", "reason"];

fn rows(difference: &Difference) -> Vec<[String; HEADING.len()]> {
    let outcome = |compliance: Option<Compliance>| {
        compliance.map_or_else(|| "-".to_owned(), |compliance| compliance.to_string())
    };
    let mut rows = Vec::new();
    for (class, changes) in difference.classes() {
        for Change { key, name, old, new, reason } in changes {
            let ResultKey { account_id, control, region, .. } = key;
            // Of several, the word is that of one.
            let class = if class == "waivers ended" { "waiver ended" } else { class };
            rows.push([
                class.to_owned(),
                account_id.clone(),
                control.clone(),
                name.clone(),
                region.clone(),
                outcome(*old),
                outcome(*new),
                reason.clone(),
            ]);
        }
    }
    rows
}

fn text(difference: &Difference) -> String {
    let mut text: String =
        warnings(difference).iter().map(|warning| format!("{warning}\n")).collect();
    text.push_str(&format!("{}\n", head(difference)));
    let mut table = table::new(&HEADING);
    for row in rows(difference) {
        table.add_row(row.iter().map(|cell| Cell::new(table::printable(cell))));
    }
    if !table.is_empty() {
        text.push_str(&format!("{table}\n"));
    }
    for what in &difference.not_compared {
        text.push_str(&format!("not compared, only one scan looked at it: {what}\n"));
    }
    text
}

fn in_markdown(difference: &Difference) -> String {
    let mut text = String::new();
    for warning in warnings(difference) {
        text.push_str(&format!("**{}**\n\n", markdown::escaped(&warning)));
    }
    text.push_str(&format!("{}\n", markdown::escaped(&head(difference))));
    let rows = rows(difference);
    if !rows.is_empty() {
        text.push_str(&format!("\n{}", markdown::table(&HEADING, rows)));
    }
    for what in &difference.not_compared {
        let what = markdown::escaped(what);
        text.push_str(&format!("\nNot compared, only one scan looked at it: {what}\n"));
    }
    text
}
