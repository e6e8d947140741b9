//! A scan as Markdown for a job summary or comment: the score, omissions, failures, results that
//! are not assessed, and waived results.

use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::{BaselineState, ControlCounts, Group, ScanReport};
use plumbline_core::time::seconds;

use super::filtered::ListCounts;
use super::found::{Found, all};
use super::states::{self, heading, with_baseline};
use super::{Companions, ListOptions};
use crate::formats::markdown::{escaped, line};
use crate::formats::words::counted;

/// GitHub's size limit of a step summary in bytes, minus the last lines.
const LIMIT: usize = 1_024 * 1_000 - 400;

/// Formats a report. `listed` limits the lists as in the table, but no count.
pub(crate) fn report(report: &ScanReport, listed: &ListOptions, companions: &Companions) -> String {
    let mut text = head(report);
    if let Some(difference) = &companions.since {
        let day = difference.old_generated_at.get(..10).unwrap_or_default();
        let classes = difference.classes();
        let sums: Vec<String> =
            classes.iter().map(|(kind, changes)| format!("{} {kind}", changes.len())).collect();
        text.push_str(&format!("Since {}: {}\n\n", escaped(day), sums.join(", ")));
        for warning in difference.warnings() {
            text.push_str(&format!("> {}\n\n", escaped(&warning)));
        }
        if !difference.not_compared.is_empty() {
            let only = escaped(&difference.not_compared.join("; "));
            text.push_str(&format!("> Only in one of the scans: {only}\n\n"));
        }
    }
    text.push_str(&groups(report));
    if report.accounts.len() > 1 {
        text.push_str(&accounts(report));
    }
    if !listed.summary {
        let (mut more, mut counts) = (0, ListCounts::default());
        for compliance in shown(listed) {
            let found = found(report, compliance, listed);
            let rows = list(report, compliance, &found, &mut text);
            counts.add(found.iter().take(rows).copied());
            more += found.len() - rows;
        }
        if more > 0 {
            text.push_str(&format!(
                "\n{}: the formats json and csv contain all findings.\n",
                counted(more, "more finding", "more findings")
            ));
        }
        if listed.is_filtered() {
            let mut whole = ListCounts::default();
            whole.add(all(report));
            let gap = if more > 0 { "\n" } else { "" };
            text.push_str(&format!("{gap}{}\n", whole.line(&counts)));
        }
    }
    text
}

fn head(report: &ScanReport) -> String {
    let controls = &report.summary.controls;
    let resources = report.summary.resources;
    let checked =
        resources.compliant + resources.non_compliant + resources.not_assessed + resources.waived;
    let place = match report.accounts.as_slice() {
        [one] => {
            format!("account {} · {}", escaped(&one.label()), escaped(&one.regions.join(", ")))
        }
        more => counted(more.len(), "account", "accounts"),
    };
    let mut text = format!("# {}\n\n**{}**\n\n", report.benchmark, score(controls));
    for banner in report.run.banners() {
        text.push_str(&format!("> **{}**\n\n", escaped(&banner)));
    }
    text.push_str(&format!(
        "{} of {checked} resource checks pass: {} fail, {} not assessed, {} waived\n\n\
         {place} · {}\n\nregister: {} · {}",
        resources.compliant,
        resources.non_compliant,
        resources.not_assessed,
        resources.waived,
        seconds(report.generated_at),
        escaped(&states::register(&report.run)),
        report.tool
    ));
    if let Some(file) = &report.run.config {
        text.push_str(&format!(" · configuration file {}", escaped(&file.path)));
    }
    text.push_str("\n\n");
    if let Some(baseline) = &report.run.baseline {
        let new = counted(baseline.new, "new failure", "new failures");
        let path = escaped(&baseline.file.path);
        text.push_str(&format!("Baseline {path}: {new}, {} known\n\n", baseline.known));
    }
    text
}

/// `11 of 63 controls pass (17 %): 51 fail, 1 not assessed, 0 waived`.
fn score(counts: &ControlCounts) -> String {
    let percent = counts.score_percent.map(|percent| format!(" ({percent} %)")).unwrap_or_default();
    format!(
        "{} of {} controls pass{percent}: {} fail, {} not assessed, {} waived",
        counts.compliant,
        counts.applicable(),
        counts.non_compliant,
        counts.not_assessed,
        counts.waived
    )
}

/// The names of the columns of [`cells`].
const SCORE: [&str; 5] = ["pass", "fail", "not assessed", "waived", "score"];

/// Formats the heading of a table with scores. `first` is the first column, `last` an additional
/// last column.
fn scores(first: &str, last: Option<&str>) -> String {
    let names: Vec<&str> = std::iter::once(first).chain(SCORE).chain(last).collect();
    let more = if last.is_some() { "---|" } else { "" };
    let names = line(names.into_iter().map(str::to_owned));
    format!("{names}|---|{}{more}\n", "--:|".repeat(SCORE.len()))
}

fn cells(name: &str, counts: &ControlCounts) -> [String; SCORE.len() + 1] {
    let percent = counts.score_percent.map_or_else(|| "–".to_owned(), |one| format!("{one} %"));
    [
        name.to_owned(),
        format!("{}/{}", counts.compliant, counts.applicable()),
        counts.non_compliant.to_string(),
        counts.not_assessed.to_string(),
        counts.waived.to_string(),
        percent,
    ]
}

fn groups(report: &ScanReport) -> String {
    let summary = &report.summary;
    let mut text = scores("controls", None);
    for Group { name, controls, .. } in
        summary.by_section.iter().chain(&summary.by_level).chain(&summary.by_severity)
    {
        text.push_str(&line(cells(&states::group(name), controls)));
    }
    text.push('\n');
    text
}

fn accounts(report: &ScanReport) -> String {
    let mut text = scores("account", Some("state"));
    for (account, run) in states::accounts(report) {
        let cells = cells(&account.label(), &account.summary.controls);
        text.push_str(&line(cells.into_iter().chain([states::account_state(run)])));
    }
    text.push('\n');
    text
}

/// Returns the outcomes to list, the worst first.
fn shown(listed: &ListOptions) -> impl Iterator<Item = Compliance> {
    let needs_attention = |one: &Compliance| {
        matches!(one, Compliance::NonCompliant | Compliance::NotAssessed | Compliance::Waived)
    };
    Compliance::WORST_FIRST.into_iter().filter(move |one| {
        if listed.statuses.is_empty() {
            needs_attention(one) || listed.details
        } else {
            listed.statuses.contains(one)
        }
    })
}

/// Returns the findings with an outcome, in the order of the list.
fn found<'a>(
    report: &'a ScanReport,
    compliance: Compliance,
    listed: &ListOptions,
) -> Vec<Found<'a>> {
    let mut found: Vec<Found<'_>> = all(report)
        .filter(|one| one.evaluation.compliance == compliance)
        .filter(|one| listed.severity.is_none_or(|severity| one.control.severity >= severity))
        .collect();
    found.sort_by_key(|one| {
        let is_known = one.evaluation.baseline == Some(BaselineState::Known);
        (is_known, std::cmp::Reverse(one.control.severity))
    });
    found
}

/// Lists findings with an outcome. Returns the number of rows, which [`LIMIT`] limits.
fn list(
    report: &ScanReport,
    compliance: Compliance,
    found: &[Found<'_>],
    text: &mut String,
) -> usize {
    if found.is_empty() {
        return 0;
    }
    let head = format!("## {} ({})\n\n", heading(compliance), found.len());
    let several = report.accounts.len() > 1;
    let names = ["severity", "control", "account", "resource", "Region", "reason"];
    let names = names.into_iter().filter(|name| several || *name != "account").map(str::to_owned);
    let columns: Vec<String> = names.collect();
    let rule = format!("|{}\n", "---|".repeat(columns.len()));
    text.push_str(&format!("{head}{}{rule}", line(columns)));
    for (at, one) in found.iter().enumerate() {
        let row = finding(one, several);
        if text.len() + row.len() > LIMIT {
            return at;
        }
        text.push_str(&row);
    }
    text.push('\n');
    found.len()
}

fn finding(found: &Found<'_>, several: bool) -> String {
    let Found { account, control, evaluation } = found;
    let reason = match &evaluation.waiver {
        Some(waiver) => format!(
            "{} Waived until {} by {}: {}",
            waiver.would_be, waiver.until, waiver.approved_by, waiver.reason
        ),
        None => with_baseline(evaluation, &evaluation.reason),
    };
    let account = several.then(|| account.label());
    let cells = [
        Some(control.severity.as_str().to_lowercase()),
        Some(format!("{} {}", control.id, control.slug)),
        account,
        Some(evaluation.display_name()),
        Some(evaluation.resource.region.clone()),
        Some(reason),
    ];
    line(cells.into_iter().flatten())
}
