//! The summary: passing controls by section, level and severity, and the worst failures.

use maud::{Markup, html};
use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::{ControlCounts, ControlReport, Group, ScanReport};

use super::{ScanPage, anchor};
use crate::formats::pages::{bar, foreign};
use crate::formats::scan::found::Found;
use crate::formats::scan::states::group;

/// The number of controls in the list of first fixes.
const WORST: usize = 10;

pub(super) fn summary(shown: &ScanPage<'_>) -> Markup {
    let summary = &shown.report.summary;
    html! {
        section #summary {
            h2 { "Summary" }
            table.compact {
                thead {
                    tr {
                        td {} (score_heading())
                    }
                }
                @for groups in [&summary.by_section, &summary.by_level, &summary.by_severity] {
                    tbody { @for group in groups { (row(group)) } }
                }
            }
            (worst(shown))
        }
    }
}

fn row(Group { name, controls, .. }: &Group) -> Markup {
    html! {
        tr {
            th scope="row" { (group(name)) }
            (score(controls))
        }
    }
}

/// Renders the names of the columns of [`score`].
pub(super) fn score_heading() -> Markup {
    html! {
        th scope="col" { "controls that pass" }
        th.number scope="col" { "pass" } th.number scope="col" { "fail" }
        th.number scope="col" { "not assessed" } th.number scope="col" { "waived" }
    }
}

/// Renders the number of controls with each outcome as table cells.
pub(super) fn score(controls: &ControlCounts) -> Markup {
    html! {
        td data-name="controls that pass" {
            span {
                @match controls.score_percent {
                    Some(percent) => { (bar(percent)) " " (percent) " %" },
                    None => "–",
                }
            }
        }
        td.number data-name="pass" { (controls.compliant) "/" (controls.applicable()) }
        td.number data-name="fail" { (controls.non_compliant) }
        td.number data-name="not assessed" { (controls.not_assessed) }
        td.number data-name="waived" { (controls.waived) }
    }
}

/// Returns the number of resources that fail a control in all accounts.
pub(super) fn failing(report: &ScanReport, control: &ControlReport) -> usize {
    let controls = report.accounts.iter().flat_map(|account| &account.controls);
    controls.filter(|one| one.id == control.id).map(|one| one.counts.non_compliant).sum()
}

/// Lists the controls to fix first: the most severe, then those with most failing resources.
fn worst(shown: &ScanPage<'_>) -> Markup {
    let groups = shown.groups(Compliance::NonCompliant);
    let mut worst: Vec<_> =
        groups.iter().map(|group| (group.control, failing(shown.report, group.control))).collect();
    worst.sort_by_key(|(control, count)| {
        (std::cmp::Reverse(control.severity), std::cmp::Reverse(*count))
    });
    let first = |id| {
        shown.found.iter().find(|found| {
            found.evaluation.compliance == Compliance::NonCompliant && found.control.id == id
        })
    };
    html! {
        @if !worst.is_empty() {
            h3 { "Fix these first" }
            ol {
                @for (control, count) in worst.into_iter().take(WORST) {
                    li {
                        a href={ "#c-" (control.id) } { (control.id) " " (control.slug) }
                        " · " span.NON_COMPLIANT { (control.severity.as_str().to_lowercase()) }
                        @if let Some(found) = first(control.id) { " · " (example(found, shown)) }
                        @if count > 1 { " and " (count - 1) " more" }
                    }
                }
            }
        }
    }
}

fn example(Found { account, evaluation, .. }: &Found<'_>, shown: &ScanPage<'_>) -> Markup {
    html! {
        a href={ "#" (anchor(evaluation)) } { (foreign(&evaluation.display_name())) }
        @if shown.has_several_accounts() { " · " (foreign(&account.label())) }
        " · " (foreign(&evaluation.resource.region))
    }
}
