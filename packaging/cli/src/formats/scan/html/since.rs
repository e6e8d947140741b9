//! The changes since an earlier scan.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::outcomes::label;
use crate::comparison::{Change, Difference, ResultKey};
use crate::formats::pages::foreign;

/// The number of changes of each kind on the page. `plumbline diff` lists all changes.
const CHANGES: usize = 100;

/// The changes, if an earlier scan was given.
pub(super) struct Since<'a> {
    difference: Option<&'a Difference>,
    /// The kind of change of each result.
    kinds: BTreeMap<&'a ResultKey, &'static str>,
}

impl<'a> Since<'a> {
    pub(super) fn new(difference: Option<&'a Difference>) -> Self {
        let mut kinds = BTreeMap::new();
        for (kind, changes) in difference.iter().flat_map(|difference| difference.classes()) {
            let kind = if kind == "exceptions ended" { "exception ended" } else { kind };
            kinds.extend(changes.iter().map(|change| (&change.key, kind)));
        }
        Self { difference, kinds }
    }

    pub(super) fn is_known(&self) -> bool {
        self.difference.is_some()
    }

    /// Returns the day of the earlier scan.
    fn day(&self) -> &str {
        let day = self.difference.and_then(|difference| difference.old_generated_at.get(..10));
        day.unwrap_or_default()
    }

    /// Describes the change of a finding: `broken since 2026-02-23`.
    pub(super) fn of(&self, key: &ResultKey) -> Option<Markup> {
        let kind = self.kinds.get(key)?;
        Some(html! { (kind) " since " (foreign(self.day())) })
    }

    /// Renders the section with all changes. `anchors` are the findings on the page.
    pub(super) fn section(&self, anchors: &BTreeMap<ResultKey, String>) -> Markup {
        let Some(difference) = self.difference else { return html! {} };
        let classes = difference.classes();
        let sums: Vec<String> =
            classes.iter().map(|(kind, changes)| format!("{} {kind}", changes.len())).collect();
        html! {
            section #since {
                h2 { "Since " (foreign(self.day())) }
                p { (sums.join(" · ")) }
                @for warning in difference.warnings() { p.banner { (foreign(&warning)) } }
                @for (kind, changes) in classes.iter().filter(|(_, changes)| !changes.is_empty()) {
                    details {
                        summary { (changes.len()) " " (kind) }
                        ul {
                            @for one in changes.iter().take(CHANGES) {
                                li { (change(one, anchors.get(&one.key))) }
                            }
                        }
                        @if changes.len() > CHANGES {
                            p { (changes.len() - CHANGES) " more; 'plumbline diff' lists all." }
                        }
                    }
                }
                @if !difference.not_compared.is_empty() {
                    p.meta {
                        "Only in one of the scans: "
                        (foreign(&difference.not_compared.join("; "))) "."
                    }
                }
            }
        }
    }
}

fn change(change: &Change, anchor: Option<&String>) -> Markup {
    let name = html! { (foreign(&change.key.control)) " " (foreign(&change.name)) };
    let word = |outcome: Option<_>| outcome.map_or("–", label);
    html! {
        @match anchor {
            Some(anchor) => a href={ "#" (anchor) } { (name) },
            None => (name),
        }
        " · " (foreign(&change.key.account_id)) " · " (foreign(&change.key.region)) " · "
        (word(change.old)) " → " (word(change.new))
    }
}
