//! Lists the fixes for the failures of a report, in the order of the controls.

use std::collections::BTreeMap;
use std::path::Path;

use plumbline_core::control::Control;
use plumbline_core::evaluation::Compliance;
use plumbline_core::fix::{Failure, Fix, FixCommand, Input};
use plumbline_core::scan_report::display_name;
use plumbline_core::text::escaped;
use plumbline_rules::registry::find;

use super::report::{FixableAccount, FixableEvaluation, FixableReport};
use crate::formats::words::counted;
use crate::selection::matches;

/// The failures of an account with their fixes.
pub(crate) struct FixList<'a> {
    /// The lines above the output: a summary, and warnings.
    pub(crate) head: Vec<String>,
    pub(crate) account_id: &'a str,
    /// A Region in the partition of the account, for calls that require a Region.
    pub(crate) region: &'a str,
    pub(crate) fixes: Vec<FixItem<'a>>,
    pub(super) not_assessed: usize,
    pub(super) waived: usize,
    /// Failures that the selection of controls leaves out.
    pub(super) other_controls: usize,
    /// Failures that the selection of an account leaves out.
    pub(super) other_accounts: usize,
}

/// A failure with its fix.
pub(crate) struct FixItem<'a> {
    pub(super) control: &'a str,
    pub(super) slug: &'a str,
    pub(super) evaluation: &'a FixableEvaluation,
    pub(crate) fix: Fix,
    /// The control whose command includes this fix.
    pub(super) with: Option<&'a str>,
}

impl<'a> FixItem<'a> {
    /// Merges the only command of another fix into the only command of this fix, if possible.
    pub(super) fn take_over(&mut self, fix: &mut Fix) -> Option<&'a str> {
        let ([own], [other]) = (self.fix.commands.as_slice(), fix.commands.as_slice()) else {
            return None;
        };
        self.fix.commands = vec![own.merged(other)?];
        fix.commands.clear();
        Some(self.control)
    }

    /// Returns control, resource, Region and reason, on two lines.
    pub(super) fn heading(&self) -> [String; 2] {
        let FixableEvaluation { resource, resource_name, reason, .. } = self.evaluation;
        let name = display_name(resource, resource_name.as_deref());
        [format!("{} {} · {name} · {}", self.control, self.slug, resource.region), reason.clone()]
    }

    /// Describes side effects of the commands and how to undo them.
    pub(super) fn remarks(&self) -> Vec<String> {
        let mut remarks = self.fix.remarks();
        remarks.extend(
            self.with
                .iter()
                .map(|other| format!("The command of {other} above includes this fix.")),
        );
        remarks
    }

    /// Describes why a person must act, or the side effects of the fix.
    pub(super) fn effects(&self) -> Vec<String> {
        self.fix.effects()
    }
}

/// Formats a comment line. No content can end the comment or imitate other content.
pub(super) fn comment(text: &str) -> String {
    format!("# {}", escaped(text)).trim_end().to_owned()
}

/// The failures to fix.
pub(crate) struct FixScope<'a> {
    pub(crate) controls: &'a [String],
    pub(crate) account: Option<&'a str>,
}

/// The reason why no account can be selected.
pub(crate) enum NoAccount {
    /// The report does not contain the account.
    Absent,
    /// Several accounts have failures.
    Several(Vec<String>),
}

/// Lists the fixes for the failures of one account.
pub(crate) fn fixes<'a>(
    report: &'a FixableReport,
    file: &Path,
    scope: &FixScope<'_>,
) -> Result<FixList<'a>, NoAccount> {
    let is_meant = |id: &str| {
        scope.controls.is_empty()
            || find(id)
                .is_some_and(|control| scope.controls.iter().any(|name| matches(name, control)))
    };
    let account = chosen(report, scope.account, is_meant)?;
    let of_other_controls = |id: &str| !is_meant(id);
    let others = report.accounts.iter().filter(|other| other.account_id != account.account_id);
    let mut list = FixList {
        head: Vec::new(),
        account_id: &account.account_id,
        region: account.regions.first().map_or("us-east-1", String::as_str),
        fixes: Vec::new(),
        not_assessed: 0,
        waived: 0,
        other_controls: failures(account, of_other_controls),
        other_accounts: others.map(|other| failures(other, |_| true)).sum(),
    };
    let mut controls = 0;
    for control in account.controls.iter().filter(|control| is_meant(&control.id)) {
        let declared: Option<&Control> = find(&control.id);
        let before = list.fixes.len();
        for evaluation in &control.evaluations {
            match evaluation.compliance {
                Compliance::NonCompliant => {}
                Compliance::NotAssessed => {
                    list.not_assessed += 1;
                    continue;
                }
                Compliance::Waived => {
                    list.waived += 1;
                    continue;
                }
                Compliance::Compliant | Compliance::NotApplicable => continue,
            }
            let evidence = evaluation.evidence.members();
            let failure = Failure {
                account: &account.account_id,
                partition: &account.partition,
                resource: &evaluation.resource,
                name: evaluation.resource_name.as_deref(),
                evidence: &evidence,
                parameters: &control.parameters,
                remedy: evaluation.remediation.as_deref(),
            };
            let fix = declared.map_or_else(
                || Fix::by_hand("This version of Plumbline does not include the control."),
                |control| (control.fix)(&failure),
            );
            let mut fix = fix.or_by_hand();
            let merges =
                fix.commands.first().and_then(FixCommand::function).is_some_and(|one| one.merges);
            let mut earlier = list.fixes.iter_mut().filter(|_| merges);
            let with = earlier.find_map(|earlier| earlier.take_over(&mut fix));
            let (control, slug) = (&control.id, &control.slug);
            list.fixes.push(FixItem { control, slug, evaluation, fix, with });
        }
        controls += usize::from(list.fixes.len() > before);
    }
    list.head = head(report, file, &list, controls);
    Ok(list)
}

/// Counts the failures of some controls in an account.
fn failures(account: &FixableAccount, is_meant: impl Fn(&str) -> bool) -> usize {
    let controls = account.controls.iter().filter(|control| is_meant(&control.id));
    let evaluations = controls.flat_map(|control| &control.evaluations);
    evaluations.filter(|one| one.compliance == Compliance::NonCompliant).count()
}

fn chosen<'a>(
    report: &'a FixableReport,
    account: Option<&str>,
    is_meant: impl Fn(&str) -> bool,
) -> Result<&'a FixableAccount, NoAccount> {
    if let Some(id) = account {
        let of_id = report.accounts.iter().find(|account| account.account_id == id);
        return of_id.ok_or(NoAccount::Absent);
    }
    let fails = |account: &&FixableAccount| failures(account, &is_meant) > 0;
    let failing: Vec<&FixableAccount> = report.accounts.iter().filter(fails).collect();
    match failing.as_slice() {
        [one] => Ok(one),
        [] => report.accounts.first().ok_or(NoAccount::Absent),
        several => Err(NoAccount::Several(
            several.iter().map(|account| account.account_id.clone()).collect(),
        )),
    }
}

fn head(report: &FixableReport, file: &Path, list: &FixList<'_>, controls: usize) -> Vec<String> {
    let mut head = vec![format!(
        "plumbline {}: {} of {} in account {}, from {} ({}). Nothing has been changed. Review this \
         output before you use it.",
        env!("CARGO_PKG_VERSION"),
        counted(list.fixes.len(), "failure", "failures"),
        counted(controls, "control", "controls"),
        list.account_id,
        file.display(),
        report.generated_at,
    )];
    if !report.run.complete {
        let why = report.run.incomplete_because.join(" ");
        let why = if why.is_empty() { "it was interrupted.".to_owned() } else { why };
        head.push(format!(
            "WARNING: the scan is incomplete, so failures may be missing here: {why}"
        ));
    }
    if let Some(tool) =
        report.run.tool.as_ref().filter(|tool| tool.version != env!("CARGO_PKG_VERSION"))
    {
        head.push(format!(
            "WARNING: plumbline {} wrote the report. If a fix is missing, scan again.",
            tool.version
        ));
    }
    head
}

impl FixList<'_> {
    /// Returns the last line with the number of failures of each kind.
    pub(super) fn sum(&self) -> String {
        let of = |is: fn(&Fix) -> bool| self.fixes.iter().filter(|item| is(&item.fix)).count();
        let by_hand = of(|fix| fix.by_hand.is_some());
        let with_inputs = of(|fix| fix.by_hand.is_none() && !fix.inputs().is_empty());
        let with_commands = self.fixes.len() - by_hand - with_inputs;
        let others = |count: usize, of: &str| match count {
            0 => String::new(),
            count => format!(", {} of other {of}", counted(count, "failure", "failures")),
        };
        format!(
            "{}: {with_commands} with commands, {with_inputs} with commands that need values, \
             {by_hand} to fix by hand. Not included: {} not assessed, {} waived{}{}.",
            counted(self.fixes.len(), "failure", "failures"),
            self.not_assessed,
            self.waived,
            others(self.other_controls, "controls"),
            others(self.other_accounts, "accounts")
        )
    }

    /// Returns the variables of all inputs with their names. Inputs that belong to one resource are
    /// numbered.
    pub(super) fn variables(&self) -> Variables<'_> {
        let mut inputs: Vec<&Input> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for input in self.fixes.iter().flat_map(|item| item.fix.inputs()) {
            if seen.insert((input.name, input.of.as_str())) {
                inputs.push(input);
            }
        }
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        let mut names = BTreeMap::new();
        for input in &inputs {
            let name = if input.of.is_empty() {
                input.name.to_owned()
            } else {
                let number = numbers.entry(input.name).or_default();
                *number += 1;
                format!("{}_{number}", input.name)
            };
            names.insert((input.name, input.of.as_str()), name);
        }
        Variables { inputs, names }
    }
}

/// The variables of inputs.
pub(super) struct Variables<'a> {
    /// In the order of the commands.
    pub(super) inputs: Vec<&'a Input>,
    pub(super) names: BTreeMap<(&'static str, &'a str), String>,
}

impl Variables<'_> {
    pub(super) fn name(&self, input: &Input) -> String {
        let of_name = self.names.get(&(input.name, input.of.as_str()));
        of_name.cloned().unwrap_or_else(|| input.name.to_owned())
    }
}
