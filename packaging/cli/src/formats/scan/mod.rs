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
use crate::terminal::{Styled, width};

pub(crate) use self::table::ListOptions;

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

/// Renders a scan. What is listed concerns the table only: the others have everything.
pub(crate) fn render(
    scan: &Scan,
    format: ScanFormat,
    listed: &ListOptions,
) -> Result<Styled, CliError> {
    let text = match format {
        ScanFormat::Table => return Ok(table::report(&scan.report, listed, width())),
        ScanFormat::Json => json(&scan.report),
        ScanFormat::Csv => csv::report(&scan.report),
        ScanFormat::Html => Ok(html::report(&scan.report)),
        ScanFormat::Asff => asff::report(scan),
        ScanFormat::Ocsf => ocsf::report(scan),
    };
    text.map(Styled::from)
}
