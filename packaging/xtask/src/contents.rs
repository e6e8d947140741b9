//! The table of contents of the documentation site, in which the controls are generated.

use anyhow::{Context, ensure};
use plumbline_rules::registry::CONTROLS;

use crate::root;

/// The table of contents, below the root.
pub(crate) const PATH: &str = "docs/SUMMARY.md";

/// Its lines with controls begin so. They stand together.
const CONTROL: &str = "  - [";

/// Whether a line is about a control. mdBook allows no comments that would mark these lines.
fn is_control(line: &str) -> bool {
    line.starts_with(CONTROL) && line.contains("](controls/")
}

/// The table of contents as it is, with the present controls.
pub(crate) fn page() -> anyhow::Result<String> {
    let text = std::fs::read_to_string(root()?.join(PATH))
        .with_context(|| format!("cannot read {PATH}"))?;
    with_controls(&text)
}

fn with_controls(text: &str) -> anyhow::Result<String> {
    let (mut before, mut after) = (String::new(), String::new());
    let mut found = 0;
    for line in text.lines() {
        if is_control(line) {
            ensure!(after.is_empty(), "{PATH}: the controls do not stand together");
            found += 1;
        } else {
            let part = if found == 0 { &mut before } else { &mut after };
            part.push_str(line);
            part.push('\n');
        }
    }
    ensure!(found > 0, "{PATH} has no line that begins '{CONTROL}' and links to controls/");
    let controls = CONTROLS.into_iter().map(|control| {
        let title = control.title.trim_end_matches('.');
        format!("{CONTROL}{id} {title}](controls/{id}-{}.md)\n", control.slug, id = control.id)
    });
    Ok(format!("{before}{}{after}", controls.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_replaced_where_they_stand() {
        let text = "- [A](a.md)\n  - [9.9 Old](controls/9.9-old.md)\n- [B](b.md)\n";
        let contents = with_controls(text).expect("a page");
        assert!(contents.starts_with("- [A](a.md)\n  - [1.1 "));
        assert!(contents.ends_with(".md)\n- [B](b.md)\n") && !contents.contains("Old"));
        assert_eq!(contents.lines().count(), CONTROLS.len() + 2);
        assert!(with_controls("- [A](a.md)\n").is_err());
        assert!(with_controls(&format!("{text}  - [1.1 X](controls/1.1-x.md)\n")).is_err());
    }
}
