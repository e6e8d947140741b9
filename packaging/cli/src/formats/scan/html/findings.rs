//! The findings by outcome and control: reason, remediation, and each resource with its evidence.

use maud::{Markup, html};
use plumbline_core::evaluation::{ACCOUNT, Attested, Compliance, Counts, Waiver};
use plumbline_core::text::escaped;
use plumbline_core::time::seconds;
use serde_json::Value;

use super::outcomes::{label, section_id};
use super::{ControlGroup, ScanPage, anchor, key, lists};
use crate::formats::pages::{foreign, markdown};
use crate::formats::scan::found::Found;
use crate::formats::scan::remedy::ShownRemedy;
use crate::formats::scan::states::{baseline, heading};
use crate::formats::words::counted;

impl ScanPage<'_> {
    /// Renders the section of an outcome.
    pub(super) fn section(&self, compliance: Compliance) -> Markup {
        let groups = self.groups(compliance);
        html! {
            @if !groups.is_empty() {
                section id=(section_id(compliance)) data-status=(compliance) {
                    h2 { (heading(compliance)) }
                    div { @for group in groups { (self.group(group, compliance)) } }
                }
            }
            @if compliance == Compliance::Waived { (lists::entries(self.report)) }
            @if compliance == Compliance::NotApplicable { (lists::without_resources(self)) }
        }
    }

    fn group(&self, group: &ControlGroup<'_>, compliance: Compliance) -> Markup {
        let ControlGroup { control, findings } = group;
        let needs_attention =
            matches!(compliance, Compliance::NonCompliant | Compliance::NotAssessed);
        let anchor = self.control_anchor(control, compliance);
        let mut counts = Counts::default();
        let controls = self.report.accounts.iter().flat_map(|account| &account.controls);
        for one in controls.filter(|one| one.id == control.id) {
            counts += one.counts;
        }
        let all = Compliance::WORST_FIRST.iter().map(|one| counts.get(*one)).sum::<usize>();
        let word = match compliance {
            Compliance::NonCompliant => "fail",
            Compliance::Compliant => "pass",
            other => label(other),
        };
        html! {
            details.group id=(anchor) data-control=(control.id)
                data-severity=(control.severity.as_str())
                open[needs_attention || compliance == Compliance::Waived] {
                summary {
                    h3 { (control.id) " " (control.slug) } " "
                    span class=(compliance) {
                        @if needs_attention { (control.severity.as_str()) " · " }
                        "level " (control.level) " · "
                        (counts.get(compliance)) " of " (all) " " (word)
                    }
                }
                p { (control.title) }
                div.more {
                    @if needs_attention {
                        details { summary { "Why" } (markdown(&control.why)) }
                        details { summary { "Remediation" } (markdown(&control.remediation.text)) }
                        details {
                            summary { "In other catalogs" }
                            dl {
                                @for (catalog, found) in control.crosswalk.catalogs() {
                                    dt { (catalog) } dd { (found.join(" · ")) }
                                }
                            }
                        }
                    }
                    a href={ "#" (anchor) } { "Link" }
                }
                div { @for finding in findings { (finding) } }
            }
        }
    }

    /// Renders a resource with all its data from the report.
    pub(super) fn finding(&self, found: &Found<'_>) -> Markup {
        let Found { account, evaluation, .. } = found;
        let resource = &evaluation.resource;
        let anchor = anchor(evaluation);
        let several = self.has_several_accounts();
        let account_id = several.then(|| account.account_id.as_str());
        html! {
            details.finding id=(anchor) data-region=(escaped(&resource.region))
                data-account=[account_id] {
                summary {
                    span class=(evaluation.compliance) { (foreign(&evaluation.display_name())) }
                    @if several { " · " (foreign(&account.label())) }
                    " · " (foreign(&resource.region)) " · " (foreign(&evaluation.reason))
                    @if let Some(state) = baseline(evaluation) { " · " (state) }
                    @if let Some(change) = self.since.of(&key(found)) { " · " strong { (change) } }
                }
                dl {
                    @if let Some(detail) = &evaluation.detail {
                        dt { "Detail" } dd { (foreign(detail)) }
                    }
                    @if let Some(code) = &evaluation.code { dt { "Code" } dd { (code) } }
                    @if let Some(waiver) = &evaluation.waiver { (self.waiver(waiver)) }
                    @if let Some(attestation) = &evaluation.attestation { (attested(attestation)) }
                    @if let Some(remedy) = ShownRemedy::of(found) { (self::remedy(&remedy)) }
                    @if !evaluation.evidence.is_empty() {
                        @for (name, value) in &evaluation.evidence.members() {
                            dt { (foreign(name)) } dd { (self::value(value)) }
                        }
                    }
                    @if let Some(time) = evaluation.as_of { dt { "As of" } dd { (seconds(time)) } }
                    @match &resource.arn {
                        Some(arn) => { dt { "ARN" } dd { (foreign(arn)) } },
                        None if resource.resource_type != ACCOUNT => {
                            dt { "Resource" }
                            dd {
                                (foreign(&resource.resource_type)) " "
                                (foreign(&resource.resource_id))
                            }
                        },
                        None => {},
                    }
                    dt { "Link" } dd { a href={ "#" (anchor) } { (anchor) } }
                }
            }
        }
    }

    fn waiver(&self, waiver: &Waiver) -> Markup {
        let left = (waiver.until - self.report.generated_at.date_naive()).num_days();
        let left = usize::try_from(left).unwrap_or_default();
        html! {
            dt { "Without exception" } dd { (foreign(&waiver.would_be)) }
            dt { "Reason" } dd { (foreign(&waiver.reason)) }
            dt { "Approved by" } dd { (foreign(&waiver.approved_by)) }
            dt { "Until" } dd { (waiver.until) " (" (counted(left, "day", "days")) " left)" }
            dt { "Register entry" } dd { (foreign(&waiver.entry)) }
        }
    }
}

/// Renders the remediation of a failure: remarks, then the commands, which have a copy button.
fn remedy(remedy: &ShownRemedy) -> Markup {
    html! {
        dt { "Remediation" }
        dd {
            @for remark in &remedy.remarks { div { (foreign(remark)) } }
            @if !remedy.commands.is_empty() {
                pre { code { (escaped(&remedy.commands.join("\n"))) } }
            }
        }
    }
}

fn attested(attestation: &Attested) -> Markup {
    html! {
        dt { "Attested" }
        dd {
            (attestation.verdict) ", by " (foreign(&attestation.by)) " on " (attestation.on)
            ", until " (attestation.until)
        }
    }
}

/// Renders a value of the evidence. Each object of a list has its own line.
fn value(value: &Value) -> Markup {
    match value {
        Value::Array(list) if list.iter().any(Value::is_object) => {
            html! { @for one in list { div { (foreign(&text(one))) } } }
        }
        other => foreign(&text(other)),
    }
}

fn text(value: &Value) -> String {
    let joined = |parts: Vec<String>, sign: &str| {
        if parts.is_empty() { "none".to_owned() } else { parts.join(sign) }
    };
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(list) => joined(list.iter().map(text).collect(), ", "),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{name} {}", text(value));
            joined(members.iter().map(member).collect(), " · ")
        }
    }
}
