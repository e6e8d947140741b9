//! Accounts × controls: a sign and a number in each cell, split by section of the benchmark so
//! that it fits a screen and a sheet of paper.

use maud::{Markup, html};
use plumbline_core::benchmark::SECTIONS;
use plumbline_core::text::escaped;

/// A control.
#[derive(Clone, Debug)]
pub(crate) struct GridColumn {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
}

/// An account.
#[derive(Clone, Debug)]
pub(crate) struct GridRow {
    pub(crate) account: String,
    /// Where the account stands on the page.
    pub(crate) href: Option<String>,
    /// One for each control, in their order.
    pub(crate) cells: Vec<GridCell>,
}

/// A control in an account.
#[derive(Clone, Debug)]
pub(crate) struct GridCell {
    /// The outcome's name, for its color.
    pub(crate) class: &'static str,
    /// What stands in the cell: color is not alone.
    pub(crate) text: String,
    /// Where it stands on the page.
    pub(crate) href: Option<String>,
}

/// Accounts and controls.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub(crate) columns: Vec<GridColumn>,
    pub(crate) rows: Vec<GridRow>,
}

impl Grid {
    /// Renders it, a table a section.
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
