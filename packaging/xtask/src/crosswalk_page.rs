//! The page of the controls in other versions of the benchmark and in other catalogs.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::Context;
use plumbline_core::crosswalk::{Crosswalk, SecurityHubControl, crosswalk};
use plumbline_rules::registry::CONTROLS;
use serde::Deserialize;

use crate::root;

/// The data, below the root.
const DATA: &str = "common/core/data/crosswalk.json";

/// What the program does not read from the data.
#[derive(Deserialize)]
struct Sources {
    sources: BTreeMap<String, String>,
}

/// The page, after a notice that it is generated.
pub(crate) fn page(notice: &str) -> anyhow::Result<String> {
    let data = std::fs::read(root()?.join(DATA)).with_context(|| format!("cannot read {DATA}"))?;
    let Sources { sources } = serde_json::from_slice(&data)?;
    let mut page = format!(
        "{notice}# Other benchmarks and catalogs\n\nFor people who compare results with another \
         benchmark or tool: which numbers and names\nthe 63 recommendations of CIS AWS Foundations \
         1.5.0 have elsewhere. The data is in\n`{DATA}`.\n\n"
    );
    page.push_str(
        "## Other versions of CIS AWS Foundations\nA dash: the version has no such \
         recommendation.\n\n",
    );
    versions(&mut page);
    page.push_str(
        "\n## Security Hub CSPM and AWS Config\nAn asterisk: AWS does not relate the \
         control to a CIS recommendation of this meaning. It checks the\nsame or a part of it. \
         *Near* are managed rules that are narrower, wider or similar.\n\n",
    );
    table(&mut page, &["Security Hub CSPM", "managed rules", "near"], |found| {
        vec![
            found.security_hub.iter().map(security_hub).collect(),
            found.config_rules.clone(),
            found.config_rules_near.clone(),
        ]
    });
    page.push_str(
        "\n## NIST SP 800-53\n*AWS*: revision 5, the controls to which AWS relates its \
         own. *MITRE*: the controls that MITRE assigns\nto the recommendation.\n\n",
    );
    table(&mut page, &["AWS", "MITRE"], |found| {
        vec![found.nist_800_53_r5.clone(), found.nist_800_53_mitre.clone()]
    });
    notes(&mut page);
    page.push_str("\n## Sources\n| data | source |\n|---|---|\n");
    for (name, source) in sources {
        let _ = writeln!(page, "| `{name}` | {} |", source.replace('|', "\\|"));
    }
    Ok(page)
}

fn security_hub(control: &SecurityHubControl) -> String {
    format!("{}{}", control.id, if control.related_by_aws { "" } else { "\\*" })
}

/// The numbers in each version.
fn versions(page: &mut String) {
    let versions: Vec<&String> = CONTROLS
        .first()
        .map(|control| crosswalk(control.id).cis.keys().collect())
        .unwrap_or_default();
    let names: Vec<&str> = versions.iter().map(|version| version.as_str()).collect();
    table(page, &names, |found| {
        let numbers = |version: &&String| found.cis.get(*version).cloned().unwrap_or_default();
        versions.iter().map(numbers).collect()
    });
}

/// A table with a row for each control.
fn table(
    page: &mut String,
    columns: &[&str],
    cells: impl Fn(&'static Crosswalk) -> Vec<Vec<String>>,
) {
    let _ = writeln!(page, "| control | {} |", columns.join(" | "));
    let _ = writeln!(page, "|---|{}", "---|".repeat(columns.len()));
    for control in CONTROLS {
        let cells = cells(crosswalk(control.id))
            .into_iter()
            .map(|found| if found.is_empty() { "–".to_owned() } else { found.join(", ") });
        let _ = writeln!(
            page,
            "| [{id} {slug}](../controls/{id}-{slug}.md) | {} |",
            cells.collect::<Vec<_>>().join(" | "),
            id = control.id,
            slug = control.slug,
        );
    }
}

fn notes(page: &mut String) {
    let notes: Vec<String> = CONTROLS
        .into_iter()
        .filter_map(|control| {
            crosswalk(control.id).note.as_ref().map(|note| format!("- {}: {note}\n", control.id))
        })
        .collect();
    if !notes.is_empty() {
        let _ = write!(page, "\n## Notes\n{}", notes.concat());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_control_has_a_row_in_each_table() {
        let page = page("").expect("a page");
        for control in CONTROLS {
            let row = format!("| [{} {}](", control.id, control.slug);
            assert_eq!(page.matches(&row).count(), 3, "{}", control.id);
        }
        assert!(page.contains("| IAM.6 |") && page.contains("`security_hub` |"));
    }
}
