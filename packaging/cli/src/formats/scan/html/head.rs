//! The head and foot of the page: score, banners, links to sections, and the location of the
//! complete report.

use maud::{Markup, html};
use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::{Origin, ScanReport};
use plumbline_core::time::seconds;

use super::outcomes::section_id;
use super::{ScanPage, run};
use crate::formats::pages::foreign;
use crate::formats::scan::states::{heading, register};
use crate::formats::words::counted;

pub(super) fn header(report: &ScanReport) -> Markup {
    let controls = &report.summary.controls;
    let resources = report.summary.resources;
    let checked =
        resources.compliant + resources.non_compliant + resources.not_assessed + resources.waived;
    html! {
        header {
            h1 { (report.benchmark) }
            p.score {
                @if let Some(percent) = controls.score_percent { (percent) " % " }
                small { (controls.compliant) " of " (controls.applicable()) " controls pass" }
            }
            p {
                (controls.non_compliant) " fail · " (controls.not_assessed) " not assessed · "
                (controls.waived) " waived · " (controls.attested) " attested"
                @if controls.not_applicable > 0 {
                    " · " (controls.not_applicable) " not applicable"
                }
                br;
                (resources.compliant) " of " (checked) " resource checks pass: "
                (resources.non_compliant) " fail, " (resources.not_assessed) " not assessed, "
                (resources.waived) " waived"
                @if resources.not_applicable > 0 {
                    ", " (resources.not_applicable) " not applicable"
                }
            }
            p.meta {
                @match report.accounts.as_slice() {
                    [one] => {
                        "account " (foreign(&one.label())) " · " (foreign(&one.regions.join(", ")))
                    },
                    more => { (counted(more.len(), "account", "accounts")) },
                }
                " · " (seconds(report.generated_at)) " · " (origin(&report.run.origin)) " · "
                "register: " (foreign(&register(&report.run))) " · " (report.tool)
            }
            @for banner in report.run.banners() { p.banner { (foreign(&banner)) } }
            (run::run(&report.run))
        }
    }
}

fn origin(origin: &Origin) -> Markup {
    match origin {
        Origin::Sample => html! { "built-in sample" },
        Origin::Live => html! { "live" },
        Origin::Snapshot { file, .. } => html! { "snapshot " (foreign(file)) },
    }
}

pub(super) fn nav(shown: &ScanPage<'_>) -> Markup {
    let report = shown.report;
    let counts = report.summary.resources;
    let link = |anchor: &str, name: &str, count: usize| {
        html! { @if count > 0 { li { a href={ "#" (anchor) } { (name) " (" (count) ")" } } } }
    };
    // A long page contains only the worst outcomes.
    let outcome = |compliance| {
        let is_there = !shown.groups(compliance).is_empty();
        let count = if is_there { counts.get(compliance) } else { 0 };
        link(section_id(compliance), heading(compliance), count)
    };
    html! {
        nav aria-label="Sections" {
            ul {
                li { a href="#summary" { "Summary" } }
                @if shown.since.is_known() { li { a href="#since" { "Since" } } }
                @if shown.has_several_accounts() {
                    (link("accounts", "Accounts", report.accounts.len()))
                }
                @for compliance in Compliance::WORST_FIRST { (outcome(compliance)) }
                (link("attested", "Attested", report.summary.controls.attested))
                li { a href="#not-read" { "Not read" } }
            }
        }
    }
}

pub(super) fn footer(shown: &ScanPage<'_>) -> Markup {
    let whole = shown.companions.json.as_ref();
    html! {
        footer {
            @if shown.more > 0 {
                p.banner {
                    "This page leaves out " (counted(shown.more, "finding", "findings"))
                    ", none of them more urgent than those shown. "
                    @match whole {
                        Some(json) => { (json.link()) " contains all findings." },
                        None => { "The formats json and csv contain all findings." },
                    }
                }
            }
            p.meta {
                "Created by " (shown.report.tool) ". "
                @match whole {
                    Some(json) => {
                        "The complete report is in " (json.link()) ", SHA-256 " (json.sha256) ". "
                    },
                    None => { "The format json contains the complete report. " },
                }
                "The form of this page is described in docs/reference/formats/html.md."
            }
        }
    }
}
