//! `plumbline register`: checks attestations and exceptions.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::Subcommand;
use comfy_table::Cell;

use crate::error::CliError;
use crate::formats::table;
use crate::inputs;
use crate::output::print;

/// Check attestations and exceptions
#[derive(Debug, Subcommand)]
pub(crate) enum Arguments {
    /// Validate a register and list what expires
    Check {
        /// The register, a JSON file
        file: PathBuf,
        /// The time that counts as now, RFC 3339
        #[arg(long, value_name = "TIME")]
        now: Option<DateTime<Utc>>,
        /// How many days ahead to look for entries that expire
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        within: u16,
    },
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    match arguments {
        Arguments::Check { file, now, within } => check(file, *now, *within),
    }
}

/// Validates a register and lists what has expired or soon will.
fn check(file: &Path, now: Option<DateTime<Utc>>, within: u16) -> Result<(), CliError> {
    let register = inputs::register(file)?.register;
    let expiries = register.expiries(now.unwrap_or_else(Utc::now));
    let mut table = table::new(&["entry", "until", "state"]);
    for expiry in expiries.iter().filter(|expiry| expiry.days_left <= i64::from(within)) {
        let state = match expiry.days_left {
            ..0 => "expired, does not count".to_owned(),
            0 => "last day".to_owned(),
            left => format!("{} left", plumbline_core::time::days(left)),
        };
        let entry = format!("{} ({})", expiry.entry, expiry.control);
        table.add_row([Cell::new(entry), Cell::new(expiry.until), Cell::new(state)]);
    }
    let (attestations, exceptions) = (register.attestations.len(), register.exceptions.len());
    let found = if table.is_empty() {
        format!("Nothing expires within {within} days.")
    } else {
        table.to_string()
    };
    print(&format!(
        "{}: valid, {attestations} attestations and {exceptions} exceptions.\n{found}\n",
        file.display()
    ))
}
