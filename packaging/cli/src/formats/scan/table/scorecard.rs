//! The scorecard: passing controls in total and by section, level and severity.

use plumbline_core::scan_report::{ControlCounts, Group, Summary};

use crate::formats::layout::{WIDE, hanging};
use crate::formats::scan::states::group;
use crate::formats::words::listed;
use crate::terminal::{Style, Styled};

/// The width of the table of groups without bars.
const TABLE: usize = 80;
/// The width of group names.
const NAME: usize = 34;
/// The width of a bar.
const BAR: usize = 10;

/// Renders the scorecard.
pub(super) fn scorecard(summary: &Summary, width: Option<usize>) -> Styled {
    let mut styled = Styled::default();
    let indented = |text: String| hanging(Style::Strong, &format!("  {text}"), 4, width);
    styled.append(indented(controls(&summary.controls)));
    let resources = summary.resources;
    let all =
        resources.compliant + resources.non_compliant + resources.not_assessed + resources.waived;
    styled.append(indented(format!(
        "{} of {all} resource checks pass: {}",
        resources.compliant,
        others(
            resources.non_compliant,
            resources.not_assessed,
            resources.waived,
            resources.not_applicable
        )
    )));
    styled.push(Style::Plain, "\n");
    let groups = summary.by_section.iter().chain(&summary.by_level).chain(&summary.by_severity);
    if width.is_some_and(|width| width < TABLE) {
        for Group { name, controls, .. } in groups {
            let text = format!("  {}: {}", group(name), self::controls(controls));
            styled.append(hanging(Style::Plain, &text, 4, width));
        }
        return styled;
    }
    styled.line(Style::Strong, format!("  {:NAME$}    pass  fail  not assessed  waived", ""));
    for Group { name, controls, .. } in groups {
        let passing = format!("{}/{}", controls.compliant, controls.applicable());
        let score =
            controls.score_percent.map_or_else(|| "–".to_owned(), |percent| format!("{percent} %"));
        styled.push(
            Style::Plain,
            format!(
                "  {:NAME$}{passing:>8}{:>6}{:>14}{:>8}{score:>7}",
                group(name),
                controls.non_compliant,
                controls.not_assessed,
                controls.waived
            ),
        );
        if width.is_some_and(|width| width >= WIDE) {
            let filled = controls.score_percent.unwrap_or_default() * BAR / 100;
            styled.push(Style::Plain, "  ");
            styled.push(Style::Good, "█".repeat(filled));
            styled.push(Style::Plain, "░".repeat(BAR - filled));
        }
        styled.push(Style::Plain, "\n");
    }
    styled
}

/// `11 of 63 controls pass (17 %): 51 fail, 1 not assessed, 0 waived`.
fn controls(counts: &ControlCounts) -> String {
    let score = counts.score_percent.map(|percent| format!(" ({percent} %)"));
    format!(
        "{} of {} controls pass{}: {}",
        counts.compliant,
        counts.applicable(),
        score.unwrap_or_default(),
        others(counts.non_compliant, counts.not_assessed, counts.waived, counts.not_applicable)
    )
}

fn others(fail: usize, not_assessed: usize, waived: usize, not_applicable: usize) -> String {
    let none = match not_applicable {
        0 => String::new(),
        count => format!("{count} not applicable"),
    };
    listed(&[
        format!("{fail} fail"),
        format!("{not_assessed} not assessed"),
        format!("{waived} waived"),
        none,
    ])
}
