//! What the checks read from a Markdown text: headings, links, the first paragraph, words.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// What the checks need of a Markdown text.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// The ids of headings and of `<a id="…">`.
    pub(super) anchors: BTreeSet<String>,
    /// Targets of links and images, with the text of each.
    pub(super) links: Vec<(String, String)>,
    /// The text of the first paragraph after the first heading.
    pub(super) opening: String,
    /// How many words it has outside of blocks of code.
    pub(super) words: usize,
}

impl Outline {
    pub(super) fn of(text: &str) -> Self {
        let mut outline = Self::default();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let (mut heading, mut link, mut opening) = (None, None, None);
        let (mut in_code, mut has_heading) = (false, false);
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::CodeBlock(_)) => in_code = true,
                Event::End(TagEnd::CodeBlock) => in_code = false,
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    has_heading = true;
                    let name = anchor(&heading.take().unwrap_or_default());
                    let count = seen.entry(name.clone()).or_default();
                    outline.anchors.insert(match *count {
                        0 => name,
                        before => format!("{name}-{before}"),
                    });
                    *count += 1;
                }
                Event::Start(Tag::Paragraph) if has_heading && outline.opening.is_empty() => {
                    opening = Some(String::new());
                }
                Event::End(TagEnd::Paragraph) => {
                    if let Some(text) = opening.take() {
                        outline.opening = text;
                    }
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    link = Some((dest_url.to_string(), String::new()));
                }
                Event::End(TagEnd::Link | TagEnd::Image) => outline.links.extend(link.take()),
                Event::Text(part) | Event::Code(part) if !in_code => {
                    outline.words += part.split_whitespace().count();
                    let parts = [&mut heading, &mut opening].into_iter().flatten();
                    for text in parts.chain(link.as_mut().map(|(_, text)| text)) {
                        text.push_str(&part);
                    }
                }
                Event::SoftBreak | Event::HardBreak => {
                    if let Some(text) = &mut opening {
                        text.push(' ');
                    }
                }
                Event::Html(html) | Event::InlineHtml(html) => {
                    outline.anchors.extend(attributes(&html, "id"));
                    let targets = ["href", "src", "srcset"].map(|name| attributes(&html, name));
                    let targets = targets.into_iter().flatten();
                    outline.links.extend(targets.map(|target| (target, String::new())));
                }
                _ => {}
            }
        }
        outline
    }
}

/// The id that mdBook and GitHub give to a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        _ if letter.is_alphanumeric() => Some(letter),
        _ => None,
    });
    kept.flat_map(char::to_lowercase).collect()
}

/// The values of an attribute in a piece of HTML.
fn attributes(html: &str, name: &str) -> Vec<String> {
    let begin = format!(" {name}=\"");
    let parts = html.split(&begin).skip(1);
    parts.filter_map(|part| part.split_once('"').map(|(value, _)| value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read() {
        let outline = Outline::of(
            "# The `scan` command, *at once*\n\nFor [users](a.md#b)\nof it.\n\nMore.\n\n## Use\n\n\
             ## Use\n\n```sh\nnot words, [no link](x)\n```\n\n<a id=\"here\"></a>\n\n\
             <picture><source srcset=\"d.png\"><img alt=\"\" src=\"l.png\"></picture>\n\n\
             | a | b |\n\
             |---|---|\n| [c](d) | e |\n",
        );
        let anchors = ["here", "the-scan-command-at-once", "use", "use-1"];
        assert_eq!(outline.anchors.iter().map(String::as_str).collect::<Vec<_>>(), anchors);
        assert_eq!(outline.opening, "For users of it.");
        let links: Vec<&str> = outline.links.iter().map(|(target, _)| target.as_str()).collect();
        assert_eq!(links, ["a.md#b", "d.png", "l.png", "d"]);
        assert_eq!(outline.words, 16);
    }
}
