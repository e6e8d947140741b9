//! The bar that filters and sorts the findings of a page. The script of the page shows it.

use maud::{Markup, html};
use plumbline_core::text::escaped;

/// The filter values of a page with their labels. A field with fewer than two values is omitted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) statuses: Vec<(String, String)>,
    pub(crate) severities: Vec<(String, String)>,
    pub(crate) controls: Vec<(String, String)>,
    pub(crate) accounts: Vec<(String, String)>,
    pub(crate) regions: Vec<(String, String)>,
    /// The sort orders in addition to that of the page.
    pub(crate) orders: Vec<(String, String)>,
}

impl Filter {
    /// Renders the bar.
    pub(crate) fn bar(&self) -> Markup {
        html! {
            form #filter role="search" aria-label="Filter" hidden {
                label { "Text" input type="search" name="text" autocomplete="off"; }
                (field("Status", "status", "all", &self.statuses))
                (field("Severity", "severity", "all", &self.severities))
                (field("Control", "control", "all", &self.controls))
                (field("Account", "account", "all", &self.accounts))
                (field("Region", "region", "all", &self.regions))
                (field("Sort", "sort", "worst first", &self.orders))
                button type="button" data-clear { "Clear" }
                button type="button" data-open { "Open all" }
                output aria-live="polite" {}
            }
        }
    }
}

fn field(label: &str, name: &str, none: &str, values: &[(String, String)]) -> Markup {
    html! {
        @if values.len() > 1 {
            label {
                (label)
                select name=(name) {
                    option value="" { (none) }
                    @for (value, word) in values {
                        option value=(escaped(value)) { (escaped(word)) }
                    }
                }
            }
        }
    }
}
