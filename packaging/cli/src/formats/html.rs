//! A page for people: one file, no script, nothing loaded from elsewhere. Whatever comes from AWS
//! is escaped by the template.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use plumbline_core::evaluation::{Compliance, Counts};
use plumbline_core::scan_report::{AccountReport, ControlReport, ScanReport};
use plumbline_core::time::seconds;

const STYLE: &str = "
:root \
    { color-scheme: light dark; --line: #8884; --fail: #c5221f; --open: #b06000; --pass: #188038; --none: #777; }
body \
    { font: 15px/1.45 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td \
    { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
td.id { overflow-wrap: anywhere; }
.NON_COMPLIANT { color: var(--fail); font-weight: 600; } .NOT_ASSESSED \
    { color: var(--open); font-weight: 600; }
.COMPLIANT { color: var(--pass); } .NOT_APPLICABLE { color: var(--none); }
summary { cursor: pointer; padding: .35rem 0; border-bottom: 1px solid var(--line); }
@media (prefers-color-scheme: dark) \
    { :root { --fail: #f28b82; --open: #fdd663; --pass: #81c995; --none: #aaa; } }
";

/// The whole report.
pub(crate) fn report(report: &ScanReport) -> String {
    let body = html! {
        p { "As of " (seconds(report.generated_at)) ", by " (report.tool) "." }
        (summary(report))
        @for account in &report.accounts { (self::account(account)) }
    };
    page(report.benchmark, "", &body)
}

/// A page with a title, and styles of its own besides those of all pages.
pub(crate) fn page(title: &str, style: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Plumbline: " (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            }
            body {
                h1 { (title) }
                (body)
            }
        }
    }
    .into_string()
}

fn summary(report: &ScanReport) -> Markup {
    html! {
        table {
            thead { tr { th { "account" } th { "Regions" } th { "compliant" } th { "non-compliant" } th { "not applicable" } th { "not assessed" } } }
            tbody {
                @for account in &report.accounts {
                    @let counts = account.controls.iter().fold(Counts::default(), |mut sum,
                        control| { sum += control.counts; sum });
                    tr {
                        td { a href={ "#" (account.account_id) } { (account.account_id) } " (" (account.partition) ")" }
                        td { (account.regions.join(", ")) }
                        (numbers(counts))
                    }
                }
                @if report.accounts.len() > 1 { tr { th { "all" } td {} (numbers(report.summary)) } }
            }
        }
    }
}

fn numbers(counts: Counts) -> Markup {
    html! {
        td.number { (counts.compliant) }
        td.number { (counts.non_compliant) }
        td.number { (counts.not_applicable) }
        td.number { (counts.not_assessed) }
    }
}

fn account(account: &AccountReport) -> Markup {
    html! {
        section id=(account.account_id) {
            h2 { "Account " (account.account_id) }
            @for control in &account.controls { (self::control(control)) }
        }
    }
}

/// Open where somebody has to act.
fn control(control: &ControlReport) -> Markup {
    let open = matches!(control.status, Compliance::NonCompliant | Compliance::NotAssessed);
    html! {
        details open[open] {
            summary {
                span class=(control.status) { (control.status) } " " strong { (control.id) } " " (control.title)
                " (level " (control.level) ", " (control.severity.as_str().to_lowercase()) ")"
            }
            table {
                thead { tr { th { "resource" } th { "Region" } th { "outcome" } th { "reason" } } }
                tbody {
                    @for evaluation in &control.evaluations {
                        tr {
                            td.id { (evaluation.resource.arn.as_deref().unwrap_or(&evaluation.resource.resource_id)) }
                            td { (evaluation.resource.region) }
                            td class=(evaluation.compliance) { (evaluation.compliance) }
                            td { (evaluation.reason) }
                        }
                    }
                }
            }
        }
    }
}
