//! A scan as a page.

use maud::{Markup, html};
use plumbline_core::evaluation::{Compliance, Counts, ResourceRef};
use plumbline_core::scan_report::{AccountReport, ControlReport, ScanReport};
use plumbline_core::time::seconds;

use crate::formats::html::{foreign, page};

/// Renders a report.
pub(crate) fn report(report: &ScanReport) -> String {
    let body = html! {
        p { "As of " (seconds(report.generated_at)) ", by " (report.tool) "." }
        @for banner in report.run.banners() { p.NON_COMPLIANT { (foreign(&banner)) } }
        (summary(report))
        @for account in &report.accounts { (self::account(account)) }
    };
    page(report.benchmark, "", &body)
}

fn summary(report: &ScanReport) -> Markup {
    html! {
        table {
            thead {
                tr {
                    th { "account" } th { "Regions" }
                    th { "compliant" } th { "non-compliant" }
                    th { "not assessed" } th { "waived" } th { "not applicable" }
                }
            }
            tbody {
                @for account in &report.accounts {
                    tr {
                        td {
                            a href={ "#" (account.account_id) } { (account.account_id) }
                            " (" (account.partition) ")"
                        }
                        td { (account.regions.join(", ")) }
                        (numbers(account.summary.resources))
                    }
                }
                @if report.accounts.len() > 1 {
                    tr { th { "all" } td {} (numbers(report.summary.resources)) }
                }
            }
        }
    }
}

fn numbers(counts: Counts) -> Markup {
    html! {
        td.number { (counts.compliant) }
        td.number { (counts.non_compliant) }
        td.number { (counts.not_assessed) }
        td.number { (counts.waived) }
        td.number { (counts.not_applicable) }
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

/// The control's details stand open where somebody has to act.
fn control(control: &ControlReport) -> Markup {
    let open = matches!(control.status, Compliance::NonCompliant | Compliance::NotAssessed);
    html! {
        details open[open] {
            summary {
                span class=(control.status) { (control.status) } " "
                strong { (control.id) } " " (control.title)
                " (level " (control.level) ", " (control.severity.as_str().to_lowercase()) ")"
            }
            table {
                thead { tr { th { "resource" } th { "Region" } th { "outcome" } th { "reason" } } }
                tbody {
                    @for evaluation in &control.evaluations {
                        tr {
                            td.id { (foreign(name(&evaluation.resource))) }
                            td { (evaluation.resource.region) }
                            td class=(evaluation.compliance) { (evaluation.compliance) }
                            td { (foreign(&evaluation.reason)) }
                        }
                    }
                }
            }
        }
    }
}

/// What people know a resource by: its ARN, or its id where it has none.
fn name(resource: &ResourceRef) -> &str {
    resource.arn.as_deref().unwrap_or(&resource.resource_id)
}
