//! A grid of accounts and controls with a symbol and number per cell, split by benchmark section so
//! that it fits a screen and a sheet of paper.

use maud::{Markup, html};
use plumbline_core::benchmark::SECTIONS;
use plumbline_core::text::escaped;

/// The column of a control.
#[derive(Clone, Debug)]
pub(crate) struct GridColumn {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
}

/// The row of an account.
#[derive(Clone, Debug)]
pub(crate) struct GridRow {
    pub(crate) account: String,
    /// The link to the account on the page.
    pub(crate) href: Option<String>,
    /// The cells in the order of the columns.
    pub(crate) cells: Vec<GridCell>,
}

/// The cell of a control in an account.
#[derive(Clone, Debug)]
pub(crate) struct GridCell {
    /// The name of the outcome, which sets the color.
    pub(crate) class: &'static str,
    /// The text of the cell, so that the color is not the only information.
    pub(crate) text: String,
    /// The link to the result on the page.
    pub(crate) href: Option<String>,
}

/// A grid of accounts and controls.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub(crate) columns: Vec<GridColumn>,
    pub(crate) rows: Vec<GridRow>,
}

impl Grid {
    /// Renders the grid, one table per section.
    pub(crate) fn render(&self) -> Markup {
        html! {
            @for section in SECTIONS {
                @let places: Vec<usize> = self.places(section.number);
                @if !places.is_empty() {
                    @let label = format!("Accounts by controls of section {}", section.number);
                    div.grid tabindex="0" role="region" aria-label=(label) {
                        table {
                            caption { (section.number) " " (section.title) }
                            thead {
                                tr {
                                    th scope="col" { "account" }
                                    @let columns = places.iter();
                                    @for column in columns.filter_map(|at| self.columns.get(*at)) {
                                        th scope="col" title=(column.title) { (column.id) }
                                    }
                                }
                            }
                            tbody { @for row in &self.rows { (self.row(row, &places)) } }
                        }
                    }
                }
            }
        }
    }

    fn places(&self, section: &str) -> Vec<usize> {
        let of_section = |column: &GridColumn| column.id.split('.').next() == Some(section);
        let columns = self.columns.iter().enumerate();
        columns.filter(|(_, column)| of_section(column)).map(|(at, _)| at).collect()
    }

    fn row(&self, row: &GridRow, places: &[usize]) -> Markup {
        let cells = places.iter().filter_map(|at| self.columns.get(*at).zip(row.cells.get(*at)));
        html! {
            tr {
                th scope="row" {
                    @match &row.href {
                        Some(href) => { a href=(href) { bdi { (escaped(&row.account)) } } },
                        None => { bdi { (escaped(&row.account)) } },
                    }
                }
                @for (column, GridCell { class, text, href }) in cells {
                    td class=(class) data-name=(column.id) {
                        @match href {
                            Some(href) => a class=(class) href=(href) { (text) },
                            None => (text),
                        }
                    }
                }
            }
        }
    }
}
