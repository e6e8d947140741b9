//! The findings that need attention: failures by severity, then results that are not assessed,
//! waived or attested.

use std::collections::BTreeSet;

use plumbline_core::benchmark::{ControlId, Severity};
use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::{BaselineState, EvaluationReport, ReadState, ScanReport};
use plumbline_core::time::seconds;

use super::ListOptions;
use crate::formats::layout::{Listing, ListingRow, hanging};
use crate::formats::scan::filtered::ListCounts;
use crate::formats::scan::found::{self, Found, of_account};
use crate::formats::scan::remedy::ShownRemedy;
use crate::formats::words::{counted, ended, listed, sentence};
use crate::terminal::{Style, Styled};

/// The findings of a report and the options of their list.
struct Findings<'a> {
    report: &'a ScanReport,
    all: Vec<Found<'a>>,
    options: &'a ListOptions,
    width: Option<usize>,
    /// The column widths, which are the same in all sections.
    widths: Vec<usize>,
}

/// Renders the findings.
pub(super) fn findings(report: &ScanReport, options: &ListOptions, width: Option<usize>) -> Styled {
    let mut all = Vec::new();
    for account in &report.accounts {
        let is_unread = report
            .run
            .accounts
            .iter()
            .any(|run| run.account_id == account.account_id && run.state == ReadState::Unread);
        // The overview is enough for an account that was not read at all.
        if !is_unread || report.accounts.len() == 1 {
            all.extend(of_account(account));
        }
    }
    if let Some(severity) = options.severity {
        all.retain(|found| found.control.severity >= severity);
    }
    all.sort_by_key(|found| found.control.id);
    let shows = |compliance| {
        options.statuses.contains(&compliance)
            || options.statuses.is_empty()
                && (options.details
                    || matches!(
                        compliance,
                        Compliance::NonCompliant | Compliance::NotAssessed | Compliance::Waived
                    ))
    };
    let mut findings = Findings { report, all, options, width, widths: Vec::new() };
    let shown = findings.of(|found| shows(found.evaluation.compliance));
    let rows = shown.iter().map(|found| findings.row(found, String::new())).collect();
    findings.widths = Listing { rows, ..Listing::default() }.widths();
    let mut styled = Styled::default();
    if shows(Compliance::NonCompliant) {
        for severity in Severity::WORST_FIRST {
            styled.append(findings.failures(severity));
        }
    }
    if shows(Compliance::NotAssessed) {
        styled.append(findings.not_assessed());
    }
    if shows(Compliance::Waived) {
        styled.append(findings.waived());
    }
    if options.statuses.is_empty() {
        styled.append(findings.attested());
    }
    if shows(Compliance::Compliant) {
        styled.append(findings.others(Compliance::Compliant, "PASSED", Style::Good));
    }
    if shows(Compliance::NotApplicable) {
        styled.append(findings.others(Compliance::NotApplicable, "NOT APPLICABLE", Style::Plain));
    }
    if options.is_filtered() {
        let is_attested = |found: &&Found<'_>| found.evaluation.attestation.is_some();
        let mut listed = ListCounts::default();
        listed.add(shown);
        if options.statuses.is_empty() {
            listed.attestations = findings.all.iter().filter(is_attested).count();
        }
        let mut all = ListCounts::default();
        all.add(found::all(report));
        all.attestations =
            found::all(report).filter(|one| one.evaluation.attestation.is_some()).count();
        styled.push(Style::Plain, "\n");
        styled.append(hanging(Style::Plain, &all.line(&listed), 2, width));
    }
    styled
}

impl<'a> Findings<'a> {
    fn of(&self, is_meant: impl Fn(&Found<'a>) -> bool) -> Vec<Found<'a>> {
        self.all.iter().filter(|found| is_meant(found)).copied().collect()
    }

    fn section(
        &self,
        style: Style,
        heading: &str,
        found: &[Found<'a>],
        text: impl Fn(&EvaluationReport) -> String,
    ) -> Styled {
        let mut styled = Styled::default();
        if found.is_empty() {
            return styled;
        }
        let rows = found.iter().map(|one| self.row(one, text(one.evaluation))).collect();
        styled.push(Style::Plain, "\n");
        styled.append(hanging(style, heading, 2, self.width));
        let listing =
            Listing { rows, wide_only: Some(1), least: self.widths.clone(), ..Listing::default() };
        styled.append(listing.render(self.width));
        styled
    }

    fn row(&self, found: &Found<'a>, text: String) -> ListingRow {
        let Found { account, control, evaluation } = found;
        let mut cells = vec![
            control.id.to_string(),
            control.slug.to_owned(),
            evaluation.display_name(),
            evaluation.resource.region.clone(),
        ];
        if self.report.accounts.len() > 1 {
            cells.insert(2, account.account_id.to_string());
        }
        let notes = if self.options.details { details(found) } else { Vec::new() };
        ListingRow { cells, text, notes }
    }

    fn failures(&self, severity: Severity) -> Styled {
        let mut found = self.of(|found| {
            found.control.severity == severity
                && found.evaluation.compliance == Compliance::NonCompliant
        });
        // Failures that the baseline does not contain come first.
        found.sort_by_key(|found| found.evaluation.baseline == Some(BaselineState::Known));
        let controls: BTreeSet<ControlId> = found.iter().map(|one| one.control.id).collect();
        let heading = format!(
            "{}: {} in {}",
            severity.as_str(),
            counted(found.len(), "failure", "failures"),
            counted(controls.len(), "control", "controls")
        );
        let heading = if self.report.run.baseline.is_some() {
            let is_new = |one: &&Found<'_>| one.evaluation.baseline == Some(BaselineState::New);
            format!("{heading}, {} new", found.iter().filter(is_new).count())
        } else {
            heading
        };
        self.section(Style::Bad, &heading, &found, reason)
    }

    fn not_assessed(&self) -> Styled {
        let found = self.of(|found| found.evaluation.compliance == Compliance::NotAssessed);
        let count = |is_meant: fn(&str) -> bool| {
            found.iter().filter(|one| one.evaluation.code.as_deref().is_some_and(is_meant)).count()
        };
        let attestation = count(|code| code == "ATTESTATION_MISSING");
        let undecided = count(|code| code == "UNDETERMINED");
        let part = |count: usize, text: &str| match count {
            0 => String::new(),
            count => format!("{count} {text}"),
        };
        let needs = if attestation == 1 { "needs an attestation" } else { "need an attestation" };
        let heading = format!(
            "NOT ASSESSED: {}",
            listed(&[
                part(found.len() - attestation - undecided, "could not be read"),
                part(undecided, "cannot be decided"),
                part(attestation, needs),
            ])
        );
        self.section(Style::Warning, &heading, &found, |evaluation| {
            let reason = reason(evaluation);
            sentence(reason.strip_prefix("Not assessed: ").unwrap_or(&reason))
        })
    }

    fn waived(&self) -> Styled {
        let found = self.of(|found| found.evaluation.compliance == Compliance::Waived);
        let heading = format!(
            "WAIVED: {} by exceptions",
            counted(found.len(), "failure accepted", "failures accepted")
        );
        self.section(Style::Plain, &heading, &found, |evaluation| match &evaluation.waiver {
            Some(waiver) => format!(
                "Until {}, approved by {}: {} Without the exception: {}",
                waiver.until,
                waiver.approved_by,
                ended(&waiver.reason),
                without_time(evaluation, &waiver.would_be)
            ),
            None => reason(evaluation),
        })
    }

    /// Lists each attestation that had an effect, regardless of its verdict.
    fn attested(&self) -> Styled {
        let mut lines: Vec<String> = Vec::new();
        for Found { account, control, evaluation } in &self.all {
            let Some(attestation) = &evaluation.attestation else { continue };
            let of = match self.report.accounts.len() {
                1 => String::new(),
                _ => format!(" in account {}", account.account_id),
            };
            lines.push(format!(
                "ATTESTED: {} {}{of}, {}, by {} on {}, until {}",
                control.id,
                control.slug,
                attestation.verdict,
                attestation.by,
                attestation.on,
                attestation.until
            ));
        }
        let mut styled = Styled::default();
        if !lines.is_empty() {
            styled.push(Style::Plain, "\n");
        }
        for line in lines {
            styled.append(hanging(Style::Plain, &line, 2, self.width));
        }
        styled
    }

    fn others(&self, compliance: Compliance, name: &str, style: Style) -> Styled {
        let found = self.of(|found| found.evaluation.compliance == compliance);
        let heading =
            format!("{name}: {}", counted(found.len(), "resource check", "resource checks"));
        self.section(style, &heading, &found, reason)
    }
}

/// Returns the complete reason. The time of the credential report is shown once, at the end.
fn reason(evaluation: &EvaluationReport) -> String {
    let whole = evaluation.detail.as_ref().filter(|_| is_cut(&evaluation.reason));
    without_time(evaluation, whole.unwrap_or(&evaluation.reason))
}

/// Whether a reason was cut at the length limit of AWS Config.
fn is_cut(reason: &str) -> bool {
    reason.ends_with('…')
}

fn without_time(evaluation: &EvaluationReport, text: &str) -> String {
    // The reason of a result that is not assessed also contains the time of the report.
    let known = evaluation.as_of.map(seconds).or_else(|| {
        let (_, rest) = text.split_once(" (as of ")?;
        rest.split_once(')').map(|(time, _)| time.to_owned())
    });
    known.map_or_else(|| text.to_owned(), |time| text.replace(&format!(" (as of {time})"), ""))
}

/// Returns evidence, remediation, page and ID of a finding.
fn details(found: &Found<'_>) -> Vec<String> {
    let Found { control, evaluation, .. } = found;
    let mut lines = Vec::new();
    lines.extend(evaluation.detail.clone().filter(|_| !is_cut(&evaluation.reason)));
    if !evaluation.evidence.is_empty() {
        lines.push(format!("Evidence: {}", evaluation.evidence));
    }
    if let Some(remedy) = ShownRemedy::of(found) {
        // One line for each remark: a command at the end of a remark has no period.
        let mut remarks = remedy.remarks.iter();
        lines.extend(remarks.next().map(|first| format!("Remediation: {first}")));
        lines.extend(remarks.cloned());
        lines.extend(remedy.commands.iter().map(|command| format!("Command: {command}")));
    }
    lines.extend(evaluation.resource.arn.as_ref().map(|arn| format!("ARN: {arn}")));
    lines.push(format!("Page: {}", control.page));
    lines.push(format!("ID: {}", evaluation.id));
    lines
}
