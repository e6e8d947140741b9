//! A matrix of accounts and controls in the formats that people and other programs read.

#[cfg(feature = "aws")]
mod csv;
#[cfg(feature = "aws")]
pub(crate) mod data;
#[cfg(feature = "aws")]
mod html;
#[cfg(feature = "aws")]
mod rows;
#[cfg(feature = "aws")]
mod table;

use clap::ValueEnum;

#[cfg(feature = "aws")]
use crate::error::CliError;
#[cfg(feature = "aws")]
use crate::output::json;
#[cfg(feature = "aws")]
use crate::terminal::Styled;

/// The formats of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MatrixFormat {
    Table,
    Json,
    Csv,
    Html,
}

/// Renders a matrix.
#[cfg(feature = "aws")]
pub(crate) fn render(matrix: &data::Matrix, format: MatrixFormat) -> Result<Styled, CliError> {
    let text = match format {
        MatrixFormat::Table => Ok(table::table(matrix)),
        MatrixFormat::Json => json(matrix),
        MatrixFormat::Csv => csv::csv(matrix),
        MatrixFormat::Html => Ok(html::html(matrix)),
    };
    text.map(Styled::from)
}
