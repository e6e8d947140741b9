//! Pages for people: one file, without scripts, and without anything that is loaded. The templates
//! escape whatever comes from AWS.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use plumbline_core::text::escaped;

const STYLE: &str = "
:root \
    { color-scheme: light dark; --line: #8884; --fail: #c5221f; --open: #b06000; \
    --pass: #188038; --none: #666; }
body \
    { font: 15px/1.45 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td \
    { text-align: left; vertical-align: top; padding: .3rem .6rem; \
    border-bottom: 1px solid var(--line); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
td.id { overflow-wrap: anywhere; }
.NON_COMPLIANT { color: var(--fail); font-weight: 600; } .NOT_ASSESSED \
    { color: var(--open); font-weight: 600; }
.COMPLIANT { color: var(--pass); } .NOT_APPLICABLE, .WAIVED { color: var(--none); }
summary { cursor: pointer; padding: .35rem 0; border-bottom: 1px solid var(--line); }
@media (prefers-color-scheme: dark) \
    { :root { --fail: #f28b82; --open: #fdd663; --pass: #81c995; --none: #aaa; } }
";

/// A page with a title, and styles of its own besides those of all pages.
pub(crate) fn page(title: &str, style: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Plumbline: " (escaped(title)) }
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            }
            body {
                h1 { (escaped(title)) }
                (body)
            }
        }
    }
    .into_string()
}

/// A text that came from AWS or from a file: isolated, so that its writing direction does not leave
/// it, and with nothing unseen.
pub(crate) fn foreign(text: &str) -> Markup {
    html! { bdi { (escaped(text)) } }
}
