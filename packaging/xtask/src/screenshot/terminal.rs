//! A picture of what a program prints on a terminal, as SVG: text stays text, and the colors follow
//! those that the reader prefers.

use std::fmt::Write;

/// The width of a character, in tenths of a pixel, and the height of a line, in pixels.
const CHARACTER: (usize, usize) = (84, 19);
/// The space around the text, in pixels.
const MARGIN: usize = 16;

/// The picture of a command and its output, with the colors of ANSI's "select graphic rendition".
pub(super) fn picture(command: &str, output: &str) -> String {
    let prompt = format!("\u{1b}[32m$\u{1b}[0m \u{1b}[1m{command}\u{1b}[0m");
    let lines: Vec<&str> =
        std::iter::once(prompt.as_str()).chain(output.trim_end().lines()).collect();
    let columns = lines.iter().map(|line| plain(line).chars().count()).max().unwrap_or_default();
    let width = 2 * MARGIN + (columns * CHARACTER.0).div_ceil(10);
    let height = 2 * MARGIN + lines.len() * CHARACTER.1;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\">\n<style>\n\
         rect {{ fill: #ffffff; stroke: #d0d7de }}\n\
         text {{ fill: #1f2328; font: 14px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, \
         monospace; white-space: pre }}\n\
         .s1 {{ font-weight: bold }}\n.s31 {{ fill: #b3261e }}\n.s32 {{ fill: #1a6b2f }}\n\
         .s33 {{ fill: #7a5200 }}\n\
         @media (prefers-color-scheme: dark) {{\nrect {{ fill: #14181c; stroke: #3a424a }}\n\
         text {{ fill: #e8eaed }}\n.s31 {{ fill: #f2b8b5 }}\n.s32 {{ fill: #81c995 }}\n\
         .s33 {{ fill: #f0c674 }}\n}}\n</style>\n\
         <rect x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n",
        width - 1,
        height - 1
    );
    let mut baseline = MARGIN;
    for line in lines {
        baseline += CHARACTER.1;
        let _ = writeln!(
            svg,
            "<text x=\"{MARGIN}\" y=\"{}\" xml:space=\"preserve\">{}</text>",
            baseline - 5,
            spans(line)
        );
    }
    svg + "</svg>\n"
}

/// The parts of a line: each with the parameter of the sequence before it.
fn parts(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.split("\u{1b}[").enumerate().map(|(at, part)| match part.split_once('m') {
        Some(part) if at > 0 => part,
        _ => ("0", part),
    })
}

/// The line without sequences.
fn plain(line: &str) -> String {
    parts(line).map(|(_, text)| text).collect()
}

fn spans(line: &str) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let span = |(style, text): (&str, &str)| match style {
        _ if text.is_empty() => String::new(),
        "0" | "" => escaped(text),
        style => format!("<tspan class=\"s{style}\">{}</tspan>", escaped(text)),
    };
    parts(line).map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_classes_and_text_is_escaped() {
        let svg = picture("x", "\u{1b}[31ma < b\u{1b}[0m & c\n\n  12m\n");
        assert!(svg.contains("><tspan class=\"s31\">a &lt; b</tspan> &amp; c</text>"), "{svg}");
        assert!(svg.contains(">  12m</text>"), "{svg}");
        assert_eq!(svg.matches("<text ").count(), 4);
        assert!(!svg.contains('\u{1b}'));
    }
}
