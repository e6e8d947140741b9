//! The IAM policy for a scan, beside the AWS managed policy `SecurityAudit`.

use std::fmt::Write;

use plumbline_core::operation::Operation;
use plumbline_rules::registry::CONTROLS;

use crate::security_audit::BEYOND_SECURITY_AUDIT;

/// The policy, with its members in the order in which AWS documents them.
pub(crate) fn document() -> String {
    let actions = BEYOND_SECURITY_AUDIT.iter().map(|read| format!("        \"{}\"", read.action));
    let actions = actions.collect::<Vec<_>>().join(",\n");
    format!(
        "{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {{\n      \
         \"Sid\": \"PlumblineBeyondSecurityAudit\",\n      \"Effect\": \"Allow\",\n      \
         \"Action\": [\n{actions}\n      ],\n      \"Resource\": \"*\"\n    }}\n  ]\n}}\n"
    )
}

/// The controls that read one of some operations: `1.1, 4.1 to 4.15`.
pub(crate) fn controls(operations: &[Operation]) -> String {
    let mut rows: Vec<(usize, usize)> = Vec::new();
    for (at, control) in CONTROLS.into_iter().enumerate() {
        if control.reads().iter().any(|read| operations.contains(read)) {
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

/// The policy, and which controls use each action, for a page.
pub(crate) fn section() -> String {
    let mut section =
        format!("```json\n{}```\n\n| action | controls that use it |\n|---|---|\n", document());
    for operation in BEYOND_SECURITY_AUDIT {
        let _ = writeln!(section, "| `{}` | {} |", operation.action, controls(&[*operation]));
    }
    section
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

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
        let document: Value = serde_json::from_str(&document()).expect("JSON");
        let actions = document["Statement"][0]["Action"].as_array().map(Vec::len);
        assert_eq!(actions, Some(BEYOND_SECURITY_AUDIT.len()));
    }
}
