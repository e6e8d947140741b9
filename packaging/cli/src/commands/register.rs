//! `plumbline register`: checks attestations and exceptions.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Subcommand, ValueEnum};
use plumbline_core::register::{Expiry, Register};
use serde::Deserialize;

use crate::error::CliError;
use crate::formats::layout::{Listing, ListingRow, hanging};
use crate::formats::words::counted;
use crate::inputs::{self, check_stdin};
use crate::output::print_styled;
use crate::terminal::{Style, Styled, width};

/// Check attestations and exceptions
#[derive(Debug, Subcommand)]
pub(crate) enum Arguments {
    /// Validate a register and list the entries that expire
    Check {
        /// JSON file with the register; - for standard input
        file: PathBuf,
        /// Evaluate as of this time (RFC 3339) [default: now]
        #[arg(long, value_name = "TIME")]
        now: Option<DateTime<Utc>>,
        /// List entries that expire within this number of days
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        within: u16,
        /// Exit with code 1 on entries in this state; repeatable
        ///
        /// Several values can also be separated by commas.
        #[arg(long, value_enum, value_name = "STATE", value_delimiter = ',')]
        fail_on: Vec<RegisterGate>,
        /// JSON report of a scan, to list the exceptions that waived nothing in it
        #[arg(long, value_name = "FILE")]
        scan: Option<PathBuf>,
    },
}

/// The conditions for exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RegisterGate {
    /// An entry has expired
    Expired,
    /// An entry expires within the days of --within
    Soon,
    /// An exception waived nothing in the report of --scan
    Unused,
}

/// Runs the command. The exit code is 1 if a gate applies.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, CliError> {
    let Arguments::Check { file, now, within, fail_on, scan } = arguments;
    if scan.is_none() && fail_on.contains(&RegisterGate::Unused) {
        return Err(CliError::usage(
            "--fail-on unused requires the report of a scan",
            "Give a report with --scan SCAN.json.",
        ));
    }
    check_stdin([Some(file.as_path()), scan.as_deref()], "the register and --scan")?;
    let unused = scan.as_deref().map(unused).transpose()?.unwrap_or_default();
    let found = check(file, *now, *within, &unused)?;
    let trips = fail_on.iter().any(|gate| found.contains(gate));
    Ok(ExitCode::from(u8::from(trips)))
}

/// Reads the exceptions that waived nothing from the report of a scan.
fn unused(scan: &Path) -> Result<Vec<String>, CliError> {
    #[derive(Deserialize)]
    struct Report {
        run: Option<ReportedRun>,
    }
    #[derive(Deserialize)]
    struct ReportedRun {
        register: Option<ReportedRegister>,
    }
    #[derive(Deserialize)]
    struct ReportedRegister {
        unused: Vec<String>,
    }
    let Report { run: Some(run) } = inputs::report(scan)? else {
        let what = "it has no \"run\", which lists the exceptions that waived nothing";
        return Err(inputs::not_a_report(scan, what));
    };
    Ok(run.register.map(|register| register.unused).unwrap_or_default())
}

/// Validates a register and lists entries that have expired, will expire soon, or waived nothing.
/// Returns the conditions that apply.
fn check(
    file: &Path,
    now: Option<DateTime<Utc>>,
    within: u16,
    unused: &[String],
) -> Result<Vec<RegisterGate>, CliError> {
    let register = inputs::register(file)?.register;
    let expiries = register.expiries(now.unwrap_or_else(Utc::now));
    let state = |days_left: i64| match days_left {
        ..0 => "expired, no effect".to_owned(),
        0 => "last day".to_owned(),
        left => format!("{} left", plumbline_core::time::days(left)),
    };
    let ending: Vec<&Expiry> =
        expiries.iter().filter(|expiry| expiry.days_left <= i64::from(within)).collect();
    let mut rows: Vec<ListingRow> = ending
        .iter()
        .map(|expiry| ListingRow {
            cells: vec![
                format!("{} ({})", expiry.entry, expiry.control),
                expiry.until.to_string(),
                state(expiry.days_left),
            ],
            text: about(&register, &expiry.entry),
            notes: Vec::new(),
        })
        .collect();
    rows.extend(unused.iter().map(|entry| ListingRow {
        cells: vec![entry.clone(), String::new(), "waived nothing".to_owned()],
        text: about(&register, entry),
        notes: Vec::new(),
    }));
    let mut text = Styled::default();
    let head = format!(
        "{}: valid, {} and {}.",
        file.display(),
        counted(register.attestations.len(), "attestation", "attestations"),
        counted(register.exceptions.len(), "exception", "exceptions")
    );
    text.append(hanging(Style::Plain, &head, 2, width()));
    if rows.is_empty() {
        let days = plumbline_core::time::days(within.into());
        text.line(Style::Plain, format!("No entry expires within {days}."));
    } else {
        let heading = vec!["entry", "until", "state", "about"];
        text.append(Listing { heading, rows, ..Listing::default() }.render(width()));
    }
    print_styled(&text)?;
    let is_expired = |expiry: &&&Expiry| expiry.days_left < 0;
    let mut found = Vec::new();
    found.extend(ending.iter().find(is_expired).map(|_| RegisterGate::Expired));
    found.extend(ending.iter().find(|one| !is_expired(one)).map(|_| RegisterGate::Soon));
    found.extend(unused.first().map(|_| RegisterGate::Unused));
    Ok(found)
}

/// Describes an entry such as `exceptions[2] (5.2)`: subject, reason and approver.
fn about(register: &Register, entry: &str) -> String {
    let place = entry.split_once('[').and_then(|(list, rest)| {
        let (at, _) = rest.split_once(']')?;
        Some((list, at.parse::<usize>().ok()?))
    });
    let (exceptions, attestations) = (&register.exceptions, &register.attestations);
    match place {
        Some(("exceptions", at)) => exceptions.get(at).map(|entry| {
            format!(
                "{}: {} (approved by {})",
                entry.resources.join(", "),
                entry.reason,
                entry.approved_by
            )
        }),
        Some((_, at)) => attestations.get(at).map(|entry| {
            format!(
                "{}, by {} on {}: {}",
                entry.verdict.as_str(),
                entry.by,
                entry.on,
                entry.evidence
            )
        }),
        None => None,
    }
    .unwrap_or_default()
}
