//! Data about a scan: caller, accounts, controls, parameters and omissions.

use maud::{Markup, html};
use plumbline_core::scan_report::{
    AccountRun, Origin, ReadState, RegisterUse, RunReport, SelectedControls, UsedFile,
};
use plumbline_core::time::seconds;

use crate::formats::pages::foreign;
use crate::formats::scan::states::{state, waived_controls};
use crate::formats::words::counted;

pub(super) fn run(run: &RunReport) -> Markup {
    html! {
        details {
            summary { "About this scan" }
            dl {
                @if let Some(caller) = &run.caller {
                    dt { "Caller" } dd { (foreign(&caller.arn)) }
                }
                @if let (Some(from), Some(to)) = (run.started_at, run.finished_at) {
                    dt { "Time" } dd { (seconds(from)) " to " (seconds(to)) }
                }
                @if let Origin::Snapshot { file, sha256, recorded_at, recorded_by } = &run.origin {
                    dt { "Snapshot" }
                    dd {
                        (foreign(file)) ", SHA-256 " (sha256) ", recorded " (seconds(*recorded_at))
                        @if let Some(by) = recorded_by { " by " (foreign(by)) }
                    }
                }
                dt { "Program" }
                dd {
                    (run.tool.name) " " (run.tool.version)
                    @if let Some(commit) = run.tool.commit { ", commit " (commit) }
                }
                dt { "Home Region" } dd { (foreign(&run.target.home_region)) }
                @if let Some(role) = &run.target.role_name { dt { "Role" } dd { (foreign(role)) } }
                @if run.target.organization { dt { "Organization" } dd { "all accounts" } }
                @if !run.target.regions_limited_to.is_empty() {
                    dt { "Limited to Regions" }
                    dd { (foreign(&run.target.regions_limited_to.join(", "))) }
                }
                dt { "Accounts" }
                dd { @for account in &run.accounts { (self::account(account)) } }
                dt { "Controls" } dd { (controls(&run.controls)) }
                dt { "Parameters" }
                dd {
                    @if run.parameters.is_empty() { "benchmark values" }
                    @for changed in &run.parameters {
                        div {
                            (changed.control) " " (changed.name) "=" (foreign(&changed.value))
                            ", benchmark "
                            @if changed.benchmark.is_empty() { "none" }
                            @else { (changed.benchmark) }
                            ", " (changed.effect.as_str())
                            @if !changed.by.is_empty() { ", by " (foreign(&changed.by)) }
                        }
                    }
                }
                @if let Some(file) = &run.config {
                    dt { "Configuration file" } dd { (used(file)) }
                }
                @if let Some(baseline) = &run.baseline {
                    dt { "Baseline" }
                    dd {
                        (used(&baseline.file)) ": "
                        (counted(baseline.new, "new failure", "new failures")) ", "
                        (baseline.known) " known"
                    }
                }
                dt { "Rules digest" } dd { (run.rules_digest) }
                dt { "Register" }
                dd {
                    @match &run.register {
                        Some(register) => (self::register(register)),
                        None => "none",
                    }
                }
            }
        }
    }
}

fn used(file: &UsedFile) -> Markup {
    html! { (foreign(&file.path)) ", SHA-256 " (file.sha256) }
}

fn account(run: &AccountRun) -> Markup {
    html! {
        div {
            (run.account_id)
            @if let Some(name) = &run.names.name { " " (foreign(name)) }
            @if let Some(alias) = &run.names.alias { ", alias " (foreign(alias)) }
            ", " (state(run.state)) ": "
            @for (at, region) in run.regions.iter().enumerate() {
                @if at > 0 { ", " }
                (foreign(&region.name))
                @if region.state != ReadState::Read { " (" (state(region.state)) ")" }
            }
        }
    }
}

/// Lists the number of controls that ran, and the options that left out the others.
fn controls(controls: &SelectedControls) -> Markup {
    let mut by: Vec<(&str, Vec<&str>)> = Vec::new();
    for left_out in &controls.left_out {
        match by.iter_mut().find(|(by, _)| *by == left_out.by) {
            Some((_, ids)) => ids.push(left_out.id.as_str()),
            None => by.push((&left_out.by, vec![left_out.id.as_str()])),
        }
    }
    html! {
        (controls.evaluated) " of " (controls.known)
        @for (by, ids) in by { div { "left out by " (foreign(by)) ": " (ids.join(", ")) } }
    }
}

fn register(register: &RegisterUse) -> Markup {
    html! {
        (foreign(&register.location)) ", SHA-256 " (register.sha256) ", "
        (counted(register.attestations, "attestation", "attestations")) " and "
        (counted(register.exceptions, "exception", "exceptions")) ", "
        (counted(register.used, "entry", "entries")) " used"
        @if let Some(waived) = waived_controls(register) { div { (foreign(&waived)) } }
        @for entry in &register.ends_within_30_days {
            div { (entry.entry) " (" (foreign(&entry.control)) ") expires on " (entry.until) }
        }
    }
}
