//! The matrix of accounts and controls in all formats.

#[cfg(feature = "aws")]
mod csv;
#[cfg(feature = "aws")]
pub(crate) mod data;
#[cfg(feature = "aws")]
mod html;
#[cfg(feature = "aws")]
mod markdown;
#[cfg(feature = "aws")]
mod rows;
#[cfg(feature = "aws")]
mod table;
#[cfg(feature = "aws")]
mod xlsx;

use clap::ValueEnum;

#[cfg(feature = "aws")]
use crate::error::CliError;
use crate::output::FileFormat;
#[cfg(feature = "aws")]
use crate::output::{Rendered, json};
#[cfg(feature = "aws")]
use crate::terminal::Styled;

/// The formats of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MatrixFormat {
    Table,
    Json,
    Csv,
    Xlsx,
    Html,
    Markdown,
}

impl FileFormat for MatrixFormat {}

/// Formats a matrix.
#[cfg(feature = "aws")]
pub(crate) fn render(matrix: &data::Matrix, format: MatrixFormat) -> Result<Rendered, CliError> {
    let text = match format {
        MatrixFormat::Table => Ok(table::table(matrix)),
        MatrixFormat::Json => json(matrix),
        MatrixFormat::Csv => csv::csv(matrix),
        MatrixFormat::Xlsx => return xlsx::workbook(matrix).map(Rendered::Bytes),
        MatrixFormat::Html => Ok(html::html(matrix)),
        MatrixFormat::Markdown => Ok(markdown::markdown(matrix)),
    };
    text.map(|text| Styled::from(text).into())
}
