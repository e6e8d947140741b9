//! A scan as a table for a terminal: the scorecard, findings that need attention, and failed reads.

mod accounts;
mod findings;
mod last;
mod scorecard;

use plumbline_core::benchmark::{BENCHMARK, Severity};
use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::{Origin, ScanReport};
use plumbline_core::time::seconds;

use crate::formats::layout::{SIDE_BY_SIDE, joined};
use crate::formats::scan::states;
use crate::formats::words::counted;
use crate::terminal::{Style, Styled};

/// The parts of a scan to list. Counts always include all results.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListOptions {
    /// Show only the scorecard, the accounts and the closing lines.
    pub(crate) summary: bool,
    /// Also show evidence, remediation, page and ID of each finding, and passed checks.
    pub(crate) details: bool,
    /// The minimum severity.
    pub(crate) severity: Option<Severity>,
    /// The outcomes. Empty means the outcomes that need attention.
    pub(crate) statuses: Vec<Compliance>,
}

impl ListOptions {
    /// Whether the lists lack results that they have by default.
    pub(crate) fn is_filtered(&self) -> bool {
        !self.summary && (self.severity.is_some() || !self.statuses.is_empty())
    }
}

/// Formats the report for a width.
pub(crate) fn report(report: &ScanReport, options: &ListOptions, width: Option<usize>) -> Styled {
    let mut styled = head(report, width);
    styled.push(Style::Plain, "\n");
    styled.append(scorecard::scorecard(&report.summary, width));
    if report.accounts.len() > 1 {
        styled.push(Style::Plain, "\n");
        styled.append(accounts::accounts(report, width));
    }
    if !options.summary {
        styled.append(findings::findings(report, options, width));
    }
    styled.push(Style::Plain, "\n");
    styled.append(last::last(report, width));
    styled
}

/// Renders the subject of the report and its parameters.
fn head(report: &ScanReport, width: Option<usize>) -> Styled {
    let ScanReport { run, .. } = report;
    let accounts = match report.accounts.as_slice() {
        [one] => format!("account {}", one.label()),
        more => counted(more.len(), "account", "accounts"),
    };
    let what = vec![BENCHMARK.to_owned(), accounts];
    let origin = match &run.origin {
        Origin::Sample => "built-in sample".to_owned(),
        Origin::Live => "live".to_owned(),
        Origin::Snapshot { file, .. } => format!("snapshot {file}"),
    };
    let place = vec![regions(report), format!("as of {}", seconds(report.generated_at)), origin];
    let register = states::register(run);
    let banners = run.banners();
    let mut rules = Vec::new();
    if banners.is_empty() {
        rules.push(match run.parameters.len() {
            0 => "Benchmark parameters".to_owned(),
            count => counted(count, "stricter parameter", "stricter parameters"),
        });
        rules.push(format!("all {} controls", run.controls.known));
    }
    rules.extend(run.config.as_ref().map(|file| format!("configuration file {}", file.path)));
    let rest = if banners.is_empty() {
        vec!["complete".to_owned(), report.tool.to_owned()]
    } else {
        vec![report.tool.to_owned()]
    };
    let mut styled = Styled::default();
    if width.is_none_or(|width| width >= SIDE_BY_SIDE) {
        styled.append(joined(Style::Strong, &[what, place].concat(), width));
        let register = Some(format!("register: {register}"));
        let rules: Vec<String> = rules.into_iter().chain(register).chain(rest).collect();
        for banner in &banners {
            styled.append(joined(Style::Warning, std::slice::from_ref(banner), width));
        }
        styled.append(joined(Style::Plain, &rules, width));
    } else {
        styled.append(joined(Style::Strong, &what, width));
        styled.append(joined(Style::Plain, &place, width));
        for banner in &banners {
            styled.append(joined(Style::Warning, std::slice::from_ref(banner), width));
        }
        styled.append(joined(Style::Plain, &[rules, rest].concat(), width));
        styled.append(joined(Style::Plain, &[format!("Register: {register}")], width));
    }
    styled
}

/// Lists the Regions if they are few and the same in all accounts.
fn regions(report: &ScanReport) -> String {
    let mut regions: Vec<&String> =
        report.accounts.iter().flat_map(|account| &account.regions).collect();
    regions.sort();
    regions.dedup();
    let is_same = report.accounts.iter().all(|account| account.regions.len() == regions.len());
    match regions.as_slice() {
        [one] => format!("Region {one}"),
        few if is_same && few.len() <= 4 => {
            let names: Vec<&str> = few.iter().map(|region| region.as_str()).collect();
            format!("Regions {}", names.join(", "))
        }
        many => format!("{} Regions", many.len()),
    }
}
