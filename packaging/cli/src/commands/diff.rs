//! `plumbline diff`: shows what changed between two scans.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use plumbline_core::evaluation::Compliance;

use crate::comparison::{Change, Difference, ResultKey, difference, read};
use crate::error::CliError;
use crate::formats::layout::{Listing, ListingRow, hanging};
use crate::formats::markdown;
use crate::inputs::check_stdin;
use crate::output;
use crate::terminal::{Style, Styled, width};

/// Compare two scan reports and list fixed, broken, changed, new and gone results
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Older JSON report of a scan; - for standard input
    pub(crate) old: PathBuf,
    /// Newer JSON report of a scan; - for standard input
    pub(crate) new: PathBuf,
    /// Compare the reports even if their parameters differ
    #[arg(long)]
    pub(crate) force: bool,
    /// Exit with code 1 on this change; repeatable
    ///
    /// Several values can also be separated by commas.
    #[arg(long, value_enum, value_name = "CHANGE", value_delimiter = ',')]
    pub(crate) fail_on: Vec<DifferenceGate>,
    /// Output format
    #[arg(long, value_enum, default_value_t = DifferenceFormat::Table)]
    pub(crate) format: DifferenceFormat,
}

/// The output format of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DifferenceFormat {
    Table,
    Json,
    Markdown,
}

/// The conditions for exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DifferenceGate {
    /// A result fails that did not fail, a new resource fails, or an exception ended
    Broken,
    /// A failure was waived
    Waived,
    /// The outcome changed in another way
    Changed,
}

impl DifferenceGate {
    fn trips(self, difference: &Difference) -> bool {
        match self {
            Self::Broken => {
                let fails = |change: &Change| change.new == Some(Compliance::NonCompliant);
                !difference.broken.is_empty()
                    || !difference.waivers_ended.is_empty()
                    || difference.new.iter().any(fails)
            }
            Self::Waived => !difference.waived.is_empty(),
            Self::Changed => !difference.changed.is_empty(),
        }
    }
}

/// Runs the command. The exit code is 1 if a gate applies.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    check_stdin([Some(arguments.old.as_path()), Some(&arguments.new)], "the two scans")?;
    let difference = difference(read(&arguments.old)?, read(&arguments.new)?);
    if !difference.other_rules.is_empty() && !arguments.force {
        return Err(CliError::usage(
            difference.used_other_rules(),
            "Scan again with the same parameters, or give --force to compare the reports anyway.",
        ));
    }
    match arguments.format {
        DifferenceFormat::Json => output::print_json(&difference)?,
        DifferenceFormat::Table => output::print_styled(&text(&difference))?,
        DifferenceFormat::Markdown => output::print(&in_markdown(&difference))?,
    }
    let trips = arguments.fail_on.iter().any(|gate| gate.trips(&difference));
    Ok(ExitCode::from(u8::from(trips)))
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
            // The heading is plural, a single row is singular.
            let class = if class == "exceptions ended" { "exception ended" } else { class };
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

fn text(difference: &Difference) -> Styled {
    let width = width();
    let mut text = Styled::default();
    for warning in difference.warnings() {
        text.append(hanging(Style::Warning, &warning, 2, width));
    }
    text.append(hanging(Style::Strong, &head(difference), 2, width));
    let accounts: BTreeSet<&str> = difference
        .classes()
        .iter()
        .flat_map(|(_, changes)| changes.iter())
        .map(|change| change.key.account_id.as_str())
        .collect();
    let rows = rows(difference).into_iter().map(|row| {
        let [class, account, control, name, region, old, new, reason] = row;
        let mut cells = vec![class, control, name, region, format!("{old} → {new}")];
        if accounts.len() > 1 {
            cells.insert(1, account);
        }
        ListingRow { cells, text: reason, notes: Vec::new() }
    });
    let listing = Listing { rows: rows.collect(), ..Listing::default() };
    text.append(listing.render(width));
    for what in &difference.not_compared {
        let line = format!("not compared, because only one scan evaluated it: {what}");
        text.append(hanging(Style::Plain, &line, 2, width));
    }
    text
}

fn in_markdown(difference: &Difference) -> String {
    let mut text = String::new();
    for warning in difference.warnings() {
        text.push_str(&format!("**{}**\n\n", markdown::escaped(&warning)));
    }
    text.push_str(&format!("{}\n", markdown::escaped(&head(difference))));
    let rows = rows(difference);
    if !rows.is_empty() {
        text.push_str(&format!("\n{}", markdown::table(&HEADING, rows)));
    }
    for what in &difference.not_compared {
        let what = markdown::escaped(what);
        text.push_str(&format!("\nNot compared, because only one scan evaluated it: {what}\n"));
    }
    text
}
