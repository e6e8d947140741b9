//! A scan in all formats.

mod asff;
mod csv;
mod filtered;
mod found;
mod html;
mod junit;
mod markdown;
mod members;
mod ocsf;
mod remedy;
mod sarif;
mod states;
mod table;
mod xlsx;

use std::path::Path;

use clap::ValueEnum;
use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use plumbline_core::text::hex;
use sha2::{Digest, Sha256};

use crate::comparison::Difference;
use crate::error::{CliError, PLEASE_REPORT};
use crate::evaluate::Scan;
use crate::formats::pages::foreign;
use crate::output::{FileFormat, Output, json};
use crate::terminal::{Styled, width};

pub(crate) use self::asff::pieces;
pub(crate) use self::table::ListOptions;
pub(crate) use self::xlsx::workbook;

/// The formats of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScanFormat {
    Table,
    Json,
    Csv,
    Xlsx,
    Html,
    Markdown,
    Junit,
    Sarif,
    Asff,
    Ocsf,
}

impl FileFormat for ScanFormat {
    fn has_pieces(self) -> bool {
        self == Self::Asff
    }
}

/// Additional data for the formats for people.
#[derive(Debug, Default)]
pub(crate) struct Companions {
    /// The file with the complete report, written by the same run.
    pub(crate) json: Option<WholeReport>,
    /// The changes since an earlier scan.
    pub(crate) since: Option<Difference>,
    /// The repository file to which code scanning results point.
    pub(crate) sarif_artifact: String,
}

/// The file with the complete report.
#[derive(Debug)]
pub(crate) struct WholeReport {
    /// The name of the file.
    name: String,
    /// Whether the file is in the directory of the page.
    is_beside: bool,
    pub(crate) sha256: String,
}

/// The characters in a relative URL that are not encoded.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

impl WholeReport {
    /// Returns the file to which the run writes the complete report, if it exists.
    pub(crate) fn of(
        scan: &Scan,
        outputs: &[Output<ScanFormat>],
    ) -> Result<Option<Self>, CliError> {
        let of = |format| outputs.iter().find(|one| one.format == format)?.file.as_deref();
        let (Some(file), true) = (of(ScanFormat::Json), of(ScanFormat::Html).is_some()) else {
            return Ok(None);
        };
        let folder = |file: &Path| file.parent().map(Path::to_owned);
        let is_beside = of(ScanFormat::Html).is_some_and(|page| folder(page) == folder(file));
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let sha256 = hex(&Sha256::digest(json(&scan.report)?));
        Ok(Some(Self { name, is_beside, sha256 }))
    }

    /// Renders the name, with a link if possible.
    fn link(&self) -> Markup {
        let address = utf8_percent_encode(&self.name, KEPT);
        html! {
            @if self.is_beside { a href={ "./" (address) } { (foreign(&self.name)) } }
            @else { (foreign(&self.name)) }
        }
    }
}

/// Formats a scan as text. `listed` limits only the lists of the table and of Markdown.
pub(crate) fn render(
    scan: &Scan,
    format: ScanFormat,
    listed: &ListOptions,
    companions: &Companions,
) -> Result<Styled, CliError> {
    let text = match format {
        ScanFormat::Table => return Ok(table::report(&scan.report, listed, width())),
        ScanFormat::Json => json(&scan.report),
        ScanFormat::Csv => csv::report(&scan.report),
        ScanFormat::Xlsx => Err(CliError::usage("a workbook is not a text", PLEASE_REPORT)),
        ScanFormat::Html => Ok(html::report(&scan.report, companions)),
        ScanFormat::Markdown => Ok(markdown::report(&scan.report, listed, companions)),
        ScanFormat::Junit => junit::report(&scan.report),
        ScanFormat::Sarif => sarif::report(&scan.report, &companions.sarif_artifact),
        ScanFormat::Asff => asff::report(scan),
        ScanFormat::Ocsf => ocsf::report(scan),
    };
    text.map(Styled::from)
}
