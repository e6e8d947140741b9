//! HTML pages for people, in one file without external resources. The content security policy
//! allows only the page's style and script. The script filters, sorts and copies, and the page is
//! complete without it. The templates escape all text from AWS.

mod filter;
mod grid;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use plumbline_core::text::escaped;
use pulldown_cmark::Parser;
use sha2::{Digest, Sha256};

pub(crate) use self::filter::Filter;
pub(crate) use self::grid::{Grid, GridCell, GridColumn, GridRow};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The width of a bar, in pixels.
const BAR: usize = 120;

/// Creates a page with a title.
pub(crate) fn page(title: &str, body: &Markup) -> String {
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    );
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Plumbline: " (escaped(title)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (body)
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

/// Formats text from AWS or from a file: isolated, so that its writing direction does not affect
/// other text, and without invisible characters.
pub(crate) fn foreign(text: &str) -> Markup {
    html! { bdi { (escaped(text)) } }
}

/// Converts a Markdown text of Plumbline.
pub(crate) fn markdown(text: &str) -> Markup {
    let mut markup = String::new();
    pulldown_cmark::html::push_html(&mut markup, Parser::new(text));
    PreEscaped(markup)
}

/// Renders a bar that is filled to a percentage. The number is next to it.
pub(crate) fn bar(percent: usize) -> Markup {
    let filled = percent.min(100) * BAR / 100;
    html! {
        svg width=(BAR) height="10" aria-hidden="true" {
            rect.rest width=(BAR) height="10" rx="2" {}
            rect.bar width=(filled) height="10" rx="2" {}
        }
    }
}
