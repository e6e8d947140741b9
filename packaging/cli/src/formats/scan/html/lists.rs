//! Lists of register entries, attestations, controls without resources, and failed calls.

use maud::{Markup, html};
use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::{AccountRun, ReadState, ScanReport};

use super::{ScanPage, anchor};
use crate::formats::pages::foreign;
use crate::formats::scan::states::state;

/// Lists register entries that waived nothing or have expired.
pub(super) fn entries(report: &ScanReport) -> Markup {
    let register = report.run.register.as_ref();
    let unused = register.map_or(&[][..], |register| &register.unused);
    let expired = register.map_or(&[][..], |register| &register.expired);
    html! {
        @if !unused.is_empty() || !expired.is_empty() {
            section #register {
                h2 { "Register entries without effect" }
                ul {
                    @for entry in expired {
                        li {
                            (foreign(&entry.entry)) " (" (foreign(&entry.control)) ") expired on "
                            (entry.until)
                        }
                    }
                    @for entry in unused { li { (foreign(entry)) " waived nothing in this scan" } }
                }
            }
        }
    }
}

/// Lists the attestations that decided a result.
pub(super) fn attested(shown: &ScanPage<'_>) -> Markup {
    let found: Vec<_> = shown
        .report
        .accounts
        .iter()
        .flat_map(|account| account.controls.iter().map(move |control| (account, control)))
        .flat_map(|(account, control)| {
            let evaluations = control.evaluations.iter();
            evaluations.map(move |evaluation| (account, control, evaluation))
        })
        .filter_map(|(account, control, evaluation)| {
            Some((account, control, evaluation, evaluation.attestation.as_ref()?))
        })
        .collect();
    html! {
        @if !found.is_empty() {
            section #attested {
                h2 { "Attested" }
                table {
                    thead {
                        tr {
                            th scope="col" { "control" } th scope="col" { "account" }
                            th scope="col" { "verdict" } th scope="col" { "by" }
                            th scope="col" { "on" } th scope="col" { "until" }
                            th scope="col" { "evidence" } th scope="col" { "note" }
                        }
                    }
                    tbody {
                        @for (account, control, evaluation, attestation) in found {
                            tr {
                                td data-name="control" {
                                    @let name = format!("{} {}", control.id, control.slug);
                                    @if shown.has(evaluation) {
                                        a href={ "#" (anchor(evaluation)) } { (name) }
                                    } @else { (name) }
                                }
                                td data-name="account" { (foreign(&account.label())) }
                                td data-name="verdict" { (attestation.verdict) }
                                td data-name="by" {
                                    span { "attested by " (foreign(&attestation.by)) }
                                }
                                td data-name="on" { (attestation.on) }
                                td data-name="until" { (attestation.until) }
                                td data-name="evidence" { (link(&attestation.evidence)) }
                                td data-name="note" {
                                    @if let Some(note) = &attestation.note { (foreign(note)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Renders evidence as a link if it is a web page.
fn link(evidence: &str) -> Markup {
    let is_page = evidence.starts_with("https://")
        && evidence.chars().all(|one| one.is_ascii_graphic() && !"<>\"'`\\{}^|".contains(one));
    html! {
        @if is_page { a href=(evidence) rel="noreferrer" { (evidence) } }
        @else { (foreign(evidence)) }
    }
}

/// Lists controls that ran without resources.
pub(super) fn without_resources(shown: &ScanPage<'_>) -> Markup {
    let mut none: Vec<_> = Vec::new();
    for control in shown.report.accounts.iter().flat_map(|account| &account.controls) {
        let is_known = none.iter().any(|(id, _)| *id == control.id);
        if control.status == Compliance::NotApplicable
            && control.evaluations.is_empty()
            && !is_known
        {
            none.push((control.id, control.title));
        }
    }
    html! {
        @if !none.is_empty() {
            section #nothing {
                h2 { "Controls without resources" }
                p.meta { "At least one account has no resources for these controls." }
                ul { @for (id, title) in none { li { (id) " " (title) } } }
            }
        }
    }
}

fn name(run: &AccountRun) -> Markup {
    foreign(&run.names.label(&run.account_id))
}

/// Lists the failed calls.
pub(super) fn not_read(report: &ScanReport) -> Markup {
    let accounts: Vec<_> =
        report.run.accounts.iter().filter(|run| run.state != ReadState::Read).collect();
    html! {
        section #not-read {
            h2 { "Not read" }
            @if accounts.is_empty() {
                p { "All requested facts were read." }
            } @else {
                table {
                    thead {
                        tr {
                            th scope="col" { "account" } th scope="col" { "operation" }
                            th scope="col" { "code" } th.number scope="col" { "count" }
                            th scope="col" { "Regions" }
                        }
                    }
                    tbody {
                        @for run in accounts {
                            @for calls in &run.unread {
                                tr {
                                    td data-name="account" { (name(run)) }
                                    td data-name="operation" { (foreign(&calls.operation)) }
                                    td data-name="code" { (foreign(&calls.code)) }
                                    td.number data-name="count" { (calls.count) }
                                    td data-name="Regions" { (foreign(&calls.regions.join(", "))) }
                                }
                            }
                            @if run.unread.is_empty() && run.regions_unread.is_none() {
                                tr {
                                    td data-name="account" { (name(run)) }
                                    td data-name="operation" { (state(run.state)) }
                                    td data-name="code" {} td.number data-name="count" {}
                                    td data-name="Regions" {}
                                }
                            }
                            @if let Some(error) = &run.regions_unread {
                                tr {
                                    td data-name="account" { (name(run)) }
                                    td data-name="operation" { (foreign(&error.operation)) }
                                    td data-name="code" { (foreign(&error.code)) }
                                    td.number data-name="count" { "1" }
                                    td data-name="Regions" { "more Regions may exist" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
