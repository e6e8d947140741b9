//! Remediation texts for people who see only the finding.

use thiserror::Error;

use crate::control::{ConfiguredControl, Control};
use crate::evaluation::{Compliance, Evaluation};
use crate::text::{is_unseen, shorten};

/// The address of the control pages, an `https://` URL with `{control}` and `{slug}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocsUrl(String);

/// The text is not a URL of control pages.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "'{0}' is not a valid URL of the control pages: give a URL that begins with https:// and has \
     no white space. {{control}} and {{slug}} are placeholders; without them, \
     /{{control}}-{{slug}}.md is appended"
)]
pub struct NoDocsUrl(String);

/// The maximum length of an address in Security Hub (ASFF: `Recommendation.Url` is a non-empty
/// string; addresses that browsers open are shorter).
const URL_LIMIT: usize = 2_000;

impl DocsUrl {
    /// Parses an address.
    pub fn new(text: &str) -> Result<Self, NoDocsUrl> {
        let wrong = || NoDocsUrl(shorten(text, 200));
        let rest = text.strip_prefix("https://").ok_or_else(wrong)?;
        let is_plain =
            |one: char| !one.is_whitespace() && !is_unseen(one) && !"\"<>\\^`|".contains(one);
        let placeholders = rest.replace("{control}", "").replace("{slug}", "");
        let is_valid = rest.chars().all(is_plain)
            && !rest.starts_with('/')
            && !rest.is_empty()
            && !placeholders.contains(['{', '}'])
            && text.len() <= URL_LIMIT;
        if !is_valid {
            return Err(wrong());
        }
        let has_placeholder = text.contains("{control}") || text.contains("{slug}");
        Ok(Self(if has_placeholder {
            text.to_owned()
        } else {
            format!("{}/{{control}}-{{slug}}.md", text.trim_end_matches('/'))
        }))
    }

    /// The address in the repository of this program, if its package names a repository.
    pub fn of_repository() -> Option<Self> {
        let repository = env!("CARGO_PKG_REPOSITORY").trim_end_matches('/');
        (!repository.is_empty())
            .then(|| Self::new(&format!("{repository}/blob/main/docs/controls")).ok())
            .flatten()
    }

    /// The page of a control.
    pub fn page(&self, control: &Control) -> String {
        self.0.replace("{control}", control.id.as_str()).replace("{slug}", control.slug)
    }
}

/// The most characters of a recommendation in Security Hub (ASFF, `Recommendation.Text`).
const LIMIT: usize = 512;

/// The remediation of an evaluation, as plain text of at most 512 characters: a sentence that
/// states the action, then the commands for this resource if all of them fit, else where to find
/// the commands.
pub fn recommendation(configured: &ConfiguredControl, evaluation: &Evaluation) -> String {
    let control = configured.control();
    let remedy = evaluation
        .remedy
        .as_ref()
        .filter(|_| matches!(evaluation.compliance, Compliance::NonCompliant | Compliance::Waived));
    let own = remedy.and_then(|remedy| remedy.what.as_deref());
    let what = own.map_or_else(|| summary(control), plain);
    if let Some(remedy) = remedy.filter(|remedy| !remedy.commands.is_empty()) {
        let run = match remedy.inputs.as_slice() {
            [] => "Run".to_owned(),
            inputs => format!("Run with your own {}", inputs.join(" and ")),
        };
        let whole = format!("{what} {run}: {}", remedy.commands.join(" && "));
        // A command with characters that Markdown changes or that are invisible cannot be copied.
        let is_plain = !whole.contains(['*', '`']) && !whole.chars().any(is_unseen);
        if is_plain && whole.chars().count() <= LIMIT {
            return whole;
        }
    }
    let place = if configured.page_url().is_some() {
        "The commands are on the linked page.".to_owned()
    } else {
        format!("For the commands, run plumbline explain {}.", control.id)
    };
    let room = LIMIT - place.chars().count() - 1;
    format!("{} {place}", shorten(&what, room))
}

/// The first paragraph of a control's remediation, which is complete without the rest.
pub fn summary(control: &Control) -> String {
    let section = control.section("Remediation");
    plain(section.split("\n\n").next().unwrap_or_default())
}

/// A Markdown paragraph as plain text on one line.
fn plain(markdown: &str) -> String {
    let words: Vec<&str> = markdown.split_whitespace().collect();
    words.join(" ").replace(['*', '`'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_pages() {
        for good in ["https://a.example", "https://a.example/{control}", "https://a/{slug}?x=1"] {
            assert!(DocsUrl::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "http://a.example",
            "https://",
            "https:///a",
            "https://a b",
            "https://a/{page}",
            "https://a/{control",
            "https://a/\u{202e}",
            "javascript:alert(1)",
        ] {
            assert!(DocsUrl::new(bad).is_err(), "{bad}");
        }
        let page = DocsUrl::new("https://docs.example.com/").expect("an address");
        assert_eq!(page.0, "https://docs.example.com/{control}-{slug}.md");
    }

    #[test]
    fn markdown_becomes_plain() {
        assert_eq!(
            plain("Open *Security\ncredentials* and `x`."),
            "Open Security credentials and x."
        );
    }
}
