//! A scan as a workbook: the summary, all findings, the controls, waived and attested results, and
//! data about the scan.

use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::{AccountReport, ControlCounts, Group, ScanReport};
use plumbline_core::time::seconds;
use serde_json::Value;

use super::found::all;
use super::{csv, states};
use crate::error::CliError;
use crate::formats::xlsx::{self, Sheet, SheetCell, texts};
use crate::output::not_json;

const FINDINGS: &str = "Findings";

/// Creates the workbook.
pub(crate) fn workbook(report: &ScanReport) -> Result<Vec<u8>, CliError> {
    let sheets =
        [summary(report), findings(report), controls(report), stated(report), run(report)?];
    xlsx::workbook(report.benchmark, report.generated_at, sheets)
}

fn summary(report: &ScanReport) -> Sheet<'_> {
    let banners = report.run.banners();
    let mut lines: Vec<Vec<SheetCell>> =
        banners.into_iter().map(|banner| vec![SheetCell::from(banner)]).collect();
    let summary = &report.summary;
    let mut row = |name: String, counts: &ControlCounts, state: Option<String>| {
        let percent = counts.score_percent.map(|one| format!("{one} %")).unwrap_or_default();
        let numbers = [
            counts.compliant,
            counts.applicable(),
            counts.non_compliant,
            counts.not_assessed,
            counts.waived,
        ];
        let numbers = numbers.map(SheetCell::Count);
        let state = state.map(SheetCell::from);
        lines.push(texts([name, percent]).into_iter().chain(numbers).chain(state).collect());
    };
    row("All controls".to_owned(), &summary.controls, None);
    for Group { name, controls, .. } in
        summary.by_section.iter().chain(&summary.by_level).chain(&summary.by_severity)
    {
        row(states::group(name), controls, None);
    }
    for (account, run) in states::accounts(report) {
        let name = format!("Account {}", account.label());
        row(name, &account.summary.controls, Some(states::account_state(run)));
    }
    let heading = ["controls", "score", "pass", "of", "fail", "not assessed", "waived", "state"];
    Sheet::new("Summary", &heading, lines)
}

fn findings(report: &ScanReport) -> Sheet<'_> {
    let full = if report.run.full_benchmark { "yes" } else { "no" };
    let lines = all(report).map(move |found| texts(csv::line(&found, full)));
    Sheet::new(FINDINGS, &csv::HEADING, lines)
}

fn name(account: &AccountReport) -> String {
    account.names.shown().unwrap_or_default().to_owned()
}

/// Lists each control of each account. The ID links to the first finding of the control.
fn controls(report: &ScanReport) -> Sheet<'_> {
    let mut lines = Vec::new();
    // The first line of the findings is the heading.
    let mut next = 2;
    for account in &report.accounts {
        for control in &account.controls {
            let counts = control.counts;
            let text = format!("CIS {}", control.id);
            let first = if control.evaluations.is_empty() {
                SheetCell::Text(text)
            } else {
                SheetCell::Link { text, place: format!("{FINDINGS}!A{next}") }
            };
            let mut cells = vec![first];
            cells.extend(texts([
                control.slug.to_owned(),
                account.account_id.to_string(),
                name(account),
                control.status.to_string(),
                control.severity.as_str().to_owned(),
                format!("level {}", control.level),
            ]));
            let outcomes = Compliance::WORST_FIRST.map(|one| SheetCell::Count(counts.get(one)));
            cells.extend(outcomes);
            cells.push(control.title.to_owned().into());
            next += control.evaluations.len();
            lines.push(cells);
        }
    }
    let heading = [
        "control",
        "slug",
        "account",
        "account_name",
        "status",
        "severity",
        "level",
        "non-compliant",
        "not assessed",
        "waived",
        "compliant",
        "not applicable",
        "title",
    ];
    Sheet::new("Controls", &heading, lines)
}

/// Lists waived and attested results.
fn stated(report: &ScanReport) -> Sheet<'_> {
    let mut lines = Vec::new();
    for found in all(report) {
        let evaluation = found.evaluation;
        let head = |what: &str| {
            [
                what.to_owned(),
                format!("CIS {}", found.control.id),
                found.account.account_id.to_string(),
                name(found.account),
                evaluation.resource.region.clone(),
                evaluation.display_name(),
            ]
        };
        let rest = evaluation.waiver.as_ref().map(|waiver| {
            let entry = (&waiver.entry, &waiver.approved_by, waiver.until);
            ("waived", entry, waiver.reason.clone(), waiver.would_be.clone())
        });
        let attested = evaluation.attestation.as_ref().map(|one| {
            let entry = (&one.entry, &one.by, one.until);
            let note = one.note.clone().unwrap_or_default();
            ("attested", entry, format!("{} {note}", one.verdict), one.evidence.clone())
        });
        for (what, (entry, by, until), why, about) in rest.into_iter().chain(attested) {
            let rest =
                [entry.clone(), by.clone(), until.to_string(), why.trim_end().to_owned(), about];
            lines.push(head(what).into_iter().chain(rest).map(SheetCell::from).collect());
        }
    }
    let heading = [
        "what",
        "control",
        "account",
        "account_name",
        "region",
        "resource",
        "entry",
        "by",
        "until",
        "reason or verdict",
        "result without exception, or evidence",
    ];
    Sheet::new("Waived and attested", &heading, lines)
}

/// Lists the block `run` of the report, one member per line.
fn run(report: &ScanReport) -> Result<Sheet<'_>, CliError> {
    let mut lines = vec![
        texts(["generated_at".to_owned(), seconds(report.generated_at)]),
        texts(["benchmark".to_owned(), report.benchmark.to_owned()]),
    ];
    members("", &serde_json::to_value(&report.run).map_err(not_json)?, &mut lines);
    Ok(Sheet::new("Run", &["member", "value"], lines))
}

/// Lists the values of a document, each with its path.
fn members(way: &str, value: &Value, lines: &mut Vec<Vec<SheetCell>>) {
    match value {
        Value::Object(inner) => {
            for (name, value) in inner {
                let way = if way.is_empty() { name.clone() } else { format!("{way}.{name}") };
                members(&way, value, lines);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                members(&format!("{way}[{at}]"), value, lines);
            }
        }
        Value::Null => {}
        Value::String(text) => lines.push(texts([way.to_owned(), text.clone()])),
        other => lines.push(texts([way.to_owned(), other.to_string()])),
    }
}
