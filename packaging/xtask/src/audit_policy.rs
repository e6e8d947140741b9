//! The IAM policy for a scan, beside the AWS managed policy `SecurityAudit`.

use std::fmt::Write;

use plumbline_core::operation::Operation;
use plumbline_rules::registry::CONTROLS;
use serde_json::{Value, json};

use crate::security_audit::BEYOND_SECURITY_AUDIT;

/// The policy.
pub(crate) fn document() -> Value {
    let actions: Vec<&str> = BEYOND_SECURITY_AUDIT.iter().map(|read| read.action).collect();
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "PlumblineBeyondSecurityAudit",
            "Effect": "Allow",
            "Action": actions,
            "Resource": "*",
        }],
    })
}

/// The controls that read an operation, first and last of each row of consecutive ones.
fn controls(operation: &Operation) -> String {
    let mut rows: Vec<(usize, usize)> = Vec::new();
    for (at, control) in CONTROLS.into_iter().enumerate() {
        if control.reads().contains(operation) {
            match rows.last_mut() {
                Some((_, last)) if *last + 1 == at => *last = at,
                _ => rows.push((at, at)),
            }
        }
    }
    let id = |at: usize| CONTROLS.get(at).map(|control| control.id.to_string());
    let rows = rows.into_iter().filter_map(|(first, last)| {
        let (first, last) = (id(first)?, id(last)?);
        Some(if first == last { first } else { format!("{first} to {last}") })
    });
    rows.collect::<Vec<_>>().join(", ")
}

/// The policy, and which controls need each action, for a page.
pub(crate) fn section() -> String {
    let mut section = format!(
        "```json\n{:#}\n```\n\n| action | controls that are not assessed without it |\n|---|---|\n",
        document()
    );
    for operation in BEYOND_SECURITY_AUDIT {
        let _ = writeln!(section, "| `{}` | {} |", operation.action, controls(operation));
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_names_its_controls() {
        let section = section();
        for row in [
            "| `account:GetContactInformation` | 1.1 |",
            "| `cloudwatch:ListAlarmMuteRules` | 4.1 to 4.15 |",
            "| `macie2:GetMacieSession` | 2.1.4 |",
        ] {
            assert!(section.contains(row), "{row}\n{section}");
        }
        let actions = document()["Statement"][0]["Action"].as_array().map(Vec::len);
        assert_eq!(actions, Some(BEYOND_SECURITY_AUDIT.len()));
    }
}
