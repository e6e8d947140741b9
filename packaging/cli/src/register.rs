//! `plumbline register check`.

use std::path::Path;

use chrono::{DateTime, Utc};
use comfy_table::Cell;

use crate::error::CliError;
use crate::output::print;
use crate::{inputs, table};

/// Validates a register and lists what has expired or soon will.
pub(crate) fn check(file: &Path, now: Option<DateTime<Utc>>, within: u16) -> Result<(), CliError> {
    let register = inputs::register(file)?;
    let expiries = register.expiries(now.unwrap_or_else(Utc::now));
    let mut table = table::new(&["entry", "until", "state"]);
    for expiry in expiries.iter().filter(|expiry| expiry.days_left <= i64::from(within)) {
        let state = match expiry.days_left {
            ..0 => "expired, does not count".to_owned(),
            0 => "last day".to_owned(),
            left => format!("{} left", plumbline_core::time::days(left)),
        };
        table.add_row([Cell::new(&expiry.entry), Cell::new(expiry.until), Cell::new(state)]);
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
