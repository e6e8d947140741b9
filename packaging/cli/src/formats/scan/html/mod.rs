//! A scan as an HTML page: the score, findings with evidence and remediation, waived, attested and
//! passed results, and data about the scan.

mod accounts;
mod findings;
mod head;
mod lists;
mod outcomes;
mod run;
mod since;
mod summary;

use std::collections::BTreeMap;

use maud::{Markup, html};
use plumbline_core::benchmark::Severity;
use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::{ControlReport, EvaluationReport, ScanReport};
use plumbline_core::text::hex;
use plumbline_rules::registry::CONTROLS;
use sha2::{Digest, Sha256};

use self::outcomes::{label, place, section_id};
use self::since::Since;
use super::Companions;
use super::found::{Found, all};
use crate::comparison::ResultKey;
use crate::formats::pages::{Filter, page};

/// The number of findings on a page, the worst first. The other formats list all findings.
const FINDINGS: usize = 5_000;
/// The maximum size of the findings in bytes. A larger page opens slowly.
const BYTES: usize = 2_000_000;

/// The findings of a control with one outcome.
struct ControlGroup<'a> {
    control: &'a ControlReport,
    /// The rendered findings.
    findings: Vec<Markup>,
}

/// The data of a page.
struct ScanPage<'a> {
    report: &'a ScanReport,
    companions: &'a Companions,
    since: Since<'a>,
    /// The findings, the worst outcomes and severities first.
    found: Vec<Found<'a>>,
    /// The findings by outcome, in the same order.
    groups: BTreeMap<usize, Vec<ControlGroup<'a>>>,
    /// The number of findings that the page omits.
    more: usize,
}

impl<'a> ScanPage<'a> {
    fn new(report: &'a ScanReport, companions: &'a Companions) -> Self {
        let mut found: Vec<Found<'a>> = all(report).collect();
        let order = |control: &ControlReport| CONTROLS.iter().position(|one| one.id == control.id);
        found.sort_by_cached_key(|one| {
            let severity = std::cmp::Reverse(one.control.severity);
            (place(one.evaluation.compliance), severity, order(one.control))
        });
        let since = Since::new(companions.since.as_ref());
        let (groups, more) = (BTreeMap::new(), 0);
        let mut shown = Self { report, companions, since, found, groups, more };
        shown.render();
        shown
    }

    /// Renders findings up to the limits of the page.
    fn render(&mut self) {
        let (mut count, mut bytes) = (0, 0);
        for found in &self.found {
            let finding = self.finding(found);
            bytes += finding.0.len();
            if count == FINDINGS || bytes > BYTES {
                break;
            }
            count += 1;
            let groups = self.groups.entry(place(found.evaluation.compliance)).or_default();
            match groups.last_mut().filter(|group| group.control.id == found.control.id) {
                Some(group) => group.findings.push(finding),
                None => {
                    groups.push(ControlGroup { control: found.control, findings: vec![finding] })
                }
            }
        }
        self.more = self.found.len() - count;
        self.found.truncate(count);
    }

    /// Returns the controls with findings of an outcome.
    fn groups(&self, compliance: Compliance) -> &[ControlGroup<'a>] {
        self.groups.get(&place(compliance)).map_or(&[], Vec::as_slice)
    }

    /// Renders the changes since an earlier scan.
    fn changes(&self) -> Markup {
        let anchors = self.found.iter().map(|found| (key(found), anchor(found.evaluation)));
        self.since.section(&anchors.collect())
    }

    /// Whether a finding is on the page.
    fn has(&self, evaluation: &EvaluationReport) -> bool {
        self.found.iter().any(|found| found.evaluation.id == evaluation.id)
    }

    fn has_several_accounts(&self) -> bool {
        self.report.accounts.len() > 1
    }

    /// Returns the anchor of a control, which is its worst outcome.
    fn control_anchor(&self, control: &ControlReport, compliance: Compliance) -> String {
        let id = control.id;
        let is_worse = |worse: &Compliance| place(*worse) < place(compliance);
        let worse = Compliance::WORST_FIRST.into_iter().filter(is_worse);
        let is_first =
            !worse.flat_map(|worse| self.groups(worse)).any(|group| group.control.id == id);
        if is_first { format!("c-{id}") } else { format!("c-{id}-{}", section_id(compliance)) }
    }

    fn filter(&self) -> Filter {
        let statuses = Compliance::WORST_FIRST
            .into_iter()
            .filter(|one| !self.groups(*one).is_empty())
            .map(|one| (one.as_str().to_owned(), label(one).to_owned()));
        let severities = Severity::WORST_FIRST
            .into_iter()
            .filter(|one| self.found.iter().any(|found| found.control.severity == *one))
            .map(|one| (one.as_str().to_owned(), one.as_str().to_lowercase()));
        let controls = CONTROLS
            .iter()
            .filter(|one| self.found.iter().any(|found| found.control.id == one.id))
            .map(|one| (one.id.to_string(), format!("{} {}", one.id, one.slug)));
        let same = |value: &str| (value.to_owned(), value.to_owned());
        let mut accounts: Vec<_> = self
            .report
            .accounts
            .iter()
            .map(|one| (one.account_id.to_string(), one.label()))
            .collect();
        let mut regions: Vec<_> =
            self.found.iter().map(|one| same(&one.evaluation.resource.region)).collect();
        for values in [&mut accounts, &mut regions] {
            values.sort();
            values.dedup();
        }
        let mut orders = vec![
            ("control", "control"),
            ("severity", "severity"),
            ("findings", "number of findings"),
            ("name", "resource"),
            ("region", "Region"),
        ];
        if accounts.len() > 1 {
            orders.push(("account", "account"));
        }
        Filter {
            statuses: statuses.collect(),
            severities: severities.collect(),
            controls: controls.collect(),
            accounts,
            regions,
            orders: orders.into_iter().map(|(a, b)| (a.to_owned(), b.to_owned())).collect(),
        }
    }
}

/// Returns the anchor of a finding, which is the same in every run.
fn anchor(evaluation: &EvaluationReport) -> String {
    let digest = hex(&Sha256::digest(&evaluation.id));
    format!("f-{}", digest.get(..16).unwrap_or_default())
}

/// Returns the key of the result in an earlier scan.
fn key(found: &Found<'_>) -> ResultKey {
    let resource = &found.evaluation.resource;
    ResultKey {
        account_id: found.account.account_id.to_string(),
        control: found.control.id.to_string(),
        region: resource.region.clone(),
        resource_type: resource.resource_type.clone(),
        resource_id: resource.resource_id.clone(),
    }
}

/// Renders a report.
pub(crate) fn report(report: &ScanReport, companions: &Companions) -> String {
    let shown = ScanPage::new(report, companions);
    let body = html! {
        (head::header(report))
        (head::nav(&shown))
        main {
            (summary::summary(&shown))
            (shown.changes())
            (accounts::accounts(&shown))
            (shown.filter().bar())
            @for compliance in Compliance::WORST_FIRST { (shown.section(compliance)) }
            (lists::attested(&shown))
            (lists::not_read(report))
        }
        (head::footer(&shown))
    };
    page(report.benchmark, &body)
}
