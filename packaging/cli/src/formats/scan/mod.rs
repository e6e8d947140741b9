//! A scan in the formats that people and other programs read.

mod asff;
mod csv;
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

/// What formats for people state besides the report.
#[derive(Debug, Default)]
pub(crate) struct Companions {
    /// The file with the complete report, written by the same run.
    pub(crate) json: Option<WholeReport>,
    /// What changed since an earlier scan.
    pub(crate) since: Option<Difference>,
    /// The file of the repository at which code scanning shows the results.
    pub(crate) sarif_artifact: String,
}

/// The file with the complete report.
#[derive(Debug)]
pub(crate) struct WholeReport {
    /// Its name.
    name: String,
    /// Whether it is in the same folder as the page.
    is_beside: bool,
    pub(crate) sha256: String,
}

/// The characters of a relative address that are not encoded.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

impl WholeReport {
    /// The file that the run writes the complete report to, if there is one.
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

    /// The name, and a link where the page can have one.
    fn link(&self) -> Markup {
        let address = utf8_percent_encode(&self.name, KEPT);
        html! {
            @if self.is_beside { a href={ "./" (address) } { (foreign(&self.name)) } }
            @else { (foreign(&self.name)) }
        }
    }
}

/// Renders a scan as text. `listed` limits the lists of the table and of Markdown only.
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
