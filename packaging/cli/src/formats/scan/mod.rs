//! A scan in the formats that people and other programs read.

mod asff;
mod csv;
mod html;
mod ocsf;
mod table;

use clap::ValueEnum;

use crate::error::CliError;
use crate::evaluate::Scan;
use crate::output::json;

/// The formats of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScanFormat {
    Table,
    Json,
    Csv,
    Html,
    Asff,
    Ocsf,
}

/// Renders a scan.
pub(crate) fn render(scan: &Scan, format: ScanFormat) -> Result<String, CliError> {
    match format {
        ScanFormat::Table => Ok(table::report(&scan.report)),
        ScanFormat::Json => json(&scan.report),
        ScanFormat::Csv => csv::report(&scan.report),
        ScanFormat::Html => Ok(html::report(&scan.report)),
        ScanFormat::Asff => asff::report(scan),
        ScanFormat::Ocsf => ocsf::report(scan),
    }
}
