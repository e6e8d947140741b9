//! `plumbline explain`: shows what controls check, and how to satisfy them.

use std::fmt::Write;

use clap::{Args, ValueEnum};
use plumbline_core::benchmark::{Assessment, Scope};
use plumbline_core::control::Control;
use plumbline_core::crosswalk::crosswalk;
use serde_json::{Value, json};

use crate::error::CliError;
use crate::formats::layout::{columns, hanging, wrapped};
use crate::output::{print, print_json, print_styled};
use crate::selection::control;
use crate::suggestions::control_name;
use crate::terminal::{Style, Styled, width};

/// Show what controls check, why, and how to satisfy them
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Ids, slugs or rule names: 5.2, sg-admin-ports-ipv4
    #[arg(required = true, value_name = "CONTROL", value_parser = control_name(),
        hide_possible_values = true)]
    pub(crate) control: Vec<String>,
    /// How to print them
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    pub(crate) format: ExplainFormat,
}

/// How controls are explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    Text,
    Json,
    Markdown,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let controls: Vec<&Control> =
        arguments.control.iter().map(|name| control(name)).collect::<Result<_, _>>()?;
    match arguments.format {
        ExplainFormat::Json => {
            print_json(&controls.into_iter().map(explained).collect::<Vec<Value>>())
        }
        ExplainFormat::Markdown => {
            let pages: Vec<String> = controls.into_iter().map(markdown).collect();
            print(&pages.join("\n"))
        }
        ExplainFormat::Text => {
            let mut styled = Styled::default();
            for (at, control) in controls.into_iter().enumerate() {
                if at > 0 {
                    styled.push(Style::Plain, "\n");
                }
                styled.append(text(&markdown(control), width()));
            }
            print_styled(&styled)
        }
    }
}

fn assessment(control: &Control) -> &'static str {
    if control.assessment == Assessment::Manual { "manual" } else { "automated" }
}

fn scope(control: &Control) -> &'static str {
    if control.scope == Scope::Global { "global" } else { "regional" }
}

/// A control for programs.
fn explained(control: &Control) -> Value {
    let parameters = control.parameters().map(|parameter| {
        json!({ "name": parameter.name, "default": parameter.default,
            "description": parameter.doc.trim(), "expects": parameter.expects })
    });
    let permissions = control.reads().into_iter().map(
        |read| json!({ "action": read.action, "resource": read.resource, "operation": read.name }),
    );
    let examples = (control.run.examples)();
    let examples = examples.iter().flat_map(|example| {
        example.expected.iter().map(|expected| {
            json!({ "compliance": expected.compliance.as_str(), "situation": example.situation })
        })
    });
    json!({
        "id": control.id,
        "slug": control.slug,
        "title": control.title,
        "section": control.id.section(),
        "level": control.level,
        "assessment": assessment(control),
        "severity": control.severity.as_str(),
        "scope": scope(control),
        "rule": control.rule_name(),
        "function": control.function_name(),
        "crosswalk": crosswalk(control.id),
        "documentation": control.doc().trim(),
        "parameters": parameters.collect::<Vec<_>>(),
        "permissions": permissions.collect::<Vec<_>>(),
        "examples": examples.collect::<Vec<_>>(),
    })
}

/// A control's page.
fn markdown(control: &Control) -> String {
    let mut text = format!(
        "# {} {}\n\nSlug `{}`, level {}, {}, severity {}, {}. Rule `{}`, function `{}`.\n\n{}\n\n\
         ## Parameters\n",
        control.id,
        control.title,
        control.slug,
        control.level,
        assessment(control),
        control.severity.as_str(),
        scope(control),
        control.rule_name(),
        control.function_name(),
        control.doc().trim(),
    );
    for parameter in control.parameters() {
        let _ = writeln!(
            text,
            "- `{}` (default `{}`): {} Give {}.",
            parameter.name,
            parameter.default,
            parameter.doc.trim(),
            parameter.expects
        );
    }
    text.push_str("\n## Permissions\n");
    let reads = control.reads();
    if reads.is_empty() {
        text.push_str("None: it reads nothing from AWS.\n");
    }
    for read in reads {
        let _ = writeln!(text, "- `{}` on `{}`", read.action, read.resource);
    }
    text.push_str("\n## Elsewhere\n");
    for (catalog, found) in crosswalk(control.id).catalogs() {
        let _ = writeln!(text, "- {catalog}: {}", found.join(" · "));
    }
    text.push_str("\n## Examples\n");
    for example in (control.run.examples)() {
        for expected in &example.expected {
            let _ = writeln!(text, "- {}: {}", expected.compliance.as_str(), example.situation);
        }
    }
    text
}

/// The lines of a command that is wider than the terminal, as a shell takes them: broken before
/// options that stand in no quotes. What has none stays as it is.
fn command_lines(command: &str, width: Option<usize>) -> Vec<String> {
    const INDENT: usize = 4;
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(INDENT + " \\".len()));
    let (mut rest, goes_on) = match command.strip_suffix(" \\") {
        Some(command) => (command, true),
        None => (command, false),
    };
    let mut lines = vec![String::new()];
    while !rest.is_empty() {
        let end = next_option(rest).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        match lines.last_mut() {
            Some(line) if line.trim().is_empty() || columns(line) + columns(part) <= room => {
                line.push_str(part);
            }
            _ => lines.push(format!("  {}", part.trim_start())),
        }
        rest = after;
    }
    let last = lines.len() - 1;
    let broken = lines.into_iter().enumerate();
    let ended = |(at, line)| if at < last || goes_on { format!("{line} \\") } else { line };
    broken.map(ended).collect()
}

/// Where the next option begins, with the space before it.
fn next_option(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            (None, ' ') if at > 0 && text.get(at..).is_some_and(|text| text.starts_with(" --")) => {
                return Some(at);
            }
            _ => {}
        }
    }
    None
}

/// A page for a terminal: paragraphs and items are laid out for the width, blocks of code are
/// indented, and broken where a shell allows it.
fn text(page: &str, width: Option<usize>) -> Styled {
    let mut styled = Styled::default();
    let mut paragraph = String::new();
    let mut is_code = false;
    let end = |paragraph: &mut String, styled: &mut Styled| {
        let text = std::mem::take(paragraph);
        if text.starts_with("- ") {
            styled.append(hanging(Style::Plain, &text, 2, width));
        } else if !text.is_empty() {
            for line in wrapped(&text, width) {
                styled.line(Style::Plain, line);
            }
        }
    };
    for line in page.lines() {
        if line.starts_with("```") {
            end(&mut paragraph, &mut styled);
            is_code = !is_code;
        } else if is_code {
            for part in command_lines(line, width) {
                styled.line(Style::Plain, format!("    {part}"));
            }
        } else if let Some(heading) = line.strip_prefix('#') {
            end(&mut paragraph, &mut styled);
            for line in wrapped(heading.trim_start_matches('#').trim_start(), width) {
                styled.line(Style::Strong, line);
            }
        } else if line.is_empty() {
            end(&mut paragraph, &mut styled);
            styled.push(Style::Plain, "\n");
        } else if line.starts_with("- ") || paragraph.is_empty() {
            end(&mut paragraph, &mut styled);
            paragraph.push_str(line);
        } else {
            paragraph.push(' ');
            paragraph.push_str(line.trim_start());
        }
    }
    end(&mut paragraph, &mut styled);
    styled
}

#[cfg(test)]
mod tests {
    use super::command_lines;

    #[test]
    fn commands_are_broken_before_options() {
        let command = "aws ec2 revoke --group-id sg-1 --note 'a --b c' --port 22";
        assert_eq!(command_lines(command, None), [command]);
        let broken = ["aws ec2 revoke --group-id sg-1 --note 'a --b c' \\", "  --port 22"];
        assert_eq!(command_lines(command, Some(61)), broken);
        let goes_on = format!("{command} \\");
        assert_eq!(command_lines(&goes_on, None), [goes_on.as_str()]);
        assert_eq!(command_lines(&goes_on, Some(61))[1], "  --port 22 \\");
        assert_eq!(command_lines("cat file", Some(4)), ["cat file"]);
        assert_eq!(command_lines("", Some(40)), [""]);
    }
}
