//! The remediation of one failure for people: the commands for the resource, their side effects,
//! and the values to set.

use plumbline_core::evaluation::Compliance;
use plumbline_core::fix::{Failure, Fix, FixCommand, Input};
use plumbline_rules::registry::find;

use super::found::Found;

/// The remediation of a failure.
pub(super) struct ShownRemedy {
    /// The reasons why a person must act, or the side effects of the commands.
    pub(super) remarks: Vec<String>,
    /// The bash commands in order, with variables for the values to set.
    pub(super) commands: Vec<String>,
}

impl ShownRemedy {
    /// Returns the declared remediation of a failure, and `None` for other outcomes.
    pub(super) fn of(found: &Found<'_>) -> Option<Self> {
        let Found { account, control, evaluation } = found;
        if evaluation.compliance != Compliance::NonCompliant {
            return None;
        }
        let evidence = evaluation.evidence.members();
        let failure = Failure {
            account: account.account_id.as_str(),
            partition: account.partition.as_str(),
            resource: &evaluation.resource,
            name: evaluation.resource_name.as_deref(),
            evidence: &evidence,
            parameters: &control.parameters,
            remedy: evaluation.remediation.as_deref(),
        };
        let fix = (find(control.id.as_str())?.fix)(&failure).or_by_hand();
        let mut remarks = fix.remarks();
        remarks.extend(fix.inputs().into_iter().map(|Input { name, what, .. }| {
            let what = what.trim_end_matches('.');
            format!("{name}: {what}.")
        }));
        // A shell function requires the script that defines it.
        let commands = if fix.commands.iter().any(|command| command.function().is_some()) {
            let id = control.id;
            remarks.push(format!(
                "Run 'plumbline fix --control {id} SCAN.json' to print a script with the commands."
            ));
            Vec::new()
        } else {
            lines(&fix)
        };
        Some(Self { remarks, commands })
    }
}

/// Joins the commands, each of which runs only if the previous command succeeded.
fn lines(fix: &Fix) -> Vec<String> {
    let line = |command: &FixCommand| command.shell(&|input| input.name.to_owned());
    let mut lines: Vec<String> = fix.commands.iter().map(line).collect();
    let before_last = lines.len().saturating_sub(1);
    for line in lines.iter_mut().take(before_last) {
        line.push_str(" &&");
    }
    lines
}
