//! Creates Terraform configuration with the fixes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use plumbline_core::fix::{Body, Terraform, TerraformResource, TerraformValue};
use plumbline_core::text::is_unseen;

use super::list::{FixItem, FixList, Variables, comment};

/// Creates the configuration: a resource for a separate setting, and a comment with the argument
/// for a part of a larger resource. Blocks with side effects are comments, unless `is_all` is true.
pub(crate) fn configuration(list: &FixList<'_>, is_all: bool) -> String {
    let variables = list.variables();
    let resources = TerraformBlocks::of(list, is_all);
    let mut text = String::new();
    for line in &list.head {
        let _ = writeln!(text, "{}", comment(line));
    }
    for (region, is_live) in resources.regions() {
        let sign = if is_live { "" } else { "#" };
        let _ = write!(
            text,
            "\n{sign}provider \"aws\" {{\n\
             {sign}  alias               = {}\n\
             {sign}  region              = {}\n\
             {sign}  allowed_account_ids = [{}]\n\
             {sign}}}\n",
            quoted(&alias(region)),
            quoted(region),
            quoted(list.account_id)
        );
    }
    let mut inputs = BTreeSet::new();
    for resource in resources.of_key.values().filter(|resource| resource.is_live) {
        inputs_of(&resource.merged.body, &variables, &mut inputs);
    }
    for (name, what) in &inputs {
        let _ = write!(
            text,
            "\nvariable \"{name}\" {{\n  type        = string\n  description = {}\n}}\n",
            quoted(what)
        );
    }
    let mut names = Names::default();
    let mut written = BTreeSet::new();
    for item in &list.fixes {
        text.push('\n');
        // Instructions to undo commands do not apply to configuration.
        for line in item.heading().iter().chain(&item.effects()) {
            let _ = writeln!(text, "{}", comment(line));
        }
        for resource in resources_of(item) {
            let key = (resource.kind, resource.name.as_str());
            let label = names.label(resource.kind, &resource.name);
            let Some(TerraformBlock { merged, is_live }) = resources.of_key.get(&key) else {
                continue;
            };
            if !written.insert(key) {
                let _ = writeln!(text, "# Terraform: {}.{label} above", resource.kind);
                continue;
            }
            let sign = if *is_live { "" } else { "#" };
            for line in block(merged, &label, &mut names, &variables).lines() {
                let _ = writeln!(text, "{sign}{line}");
            }
        }
        if let (Terraform::Argument(argument), None) = (&item.fix.terraform, &item.fix.by_hand) {
            let _ = writeln!(text, "{}", comment(&format!("Terraform: {argument}")));
        }
    }
    let _ = writeln!(text, "\n{}", comment(&list.sum()));
    text
}

fn resources_of<'a>(item: &'a FixItem<'_>) -> &'a [TerraformResource] {
    match (&item.fix.terraform, &item.fix.by_hand) {
        (Terraform::Resources(resources), None) => resources,
        _ => &[],
    }
}

/// A resource that one or more failures require.
struct TerraformBlock {
    merged: TerraformResource,
    /// Whether the block is not a comment, because no failure has side effects.
    is_live: bool,
}

/// The resources by type and name.
struct TerraformBlocks<'a> {
    of_key: BTreeMap<(&'static str, &'a str), TerraformBlock>,
}

impl<'a> TerraformBlocks<'a> {
    fn of(list: &'a FixList<'_>, is_all: bool) -> Self {
        let mut of_key: BTreeMap<(&'static str, &'a str), TerraformBlock> = BTreeMap::new();
        for item in &list.fixes {
            let is_live = is_all || item.fix.effects.is_empty();
            for resource in resources_of(item) {
                let key = (resource.kind, resource.name.as_str());
                of_key
                    .entry(key)
                    .and_modify(|known| {
                        known.merged.merge(resource);
                        known.is_live &= is_live;
                    })
                    .or_insert_with(|| TerraformBlock { merged: resource.clone(), is_live });
            }
        }
        Self { of_key }
    }

    /// Returns the Regions, each with whether one of its resources is not a comment.
    fn regions(&self) -> BTreeMap<&str, bool> {
        let mut regions = BTreeMap::new();
        for TerraformBlock { merged, is_live } in self.of_key.values() {
            *regions.entry(merged.region.as_str()).or_default() |= *is_live;
        }
        regions
    }
}

/// The unique labels of resources.
#[derive(Default)]
struct Names {
    labels: BTreeMap<(&'static str, String), String>,
    taken: BTreeSet<(&'static str, String)>,
}

impl Names {
    fn label(&mut self, kind: &'static str, name: &str) -> String {
        if let Some(label) = self.labels.get(&(kind, name.to_owned())) {
            return label.clone();
        }
        let plain: String = name
            .chars()
            .map(|one| if one.is_ascii_alphanumeric() { one.to_ascii_lowercase() } else { '_' })
            .collect();
        let begin =
            if plain.starts_with(|one: char| one.is_ascii_alphabetic()) { "" } else { "r_" };
        let plain = format!("{begin}{plain}");
        let numbered = (2_u32..).map(|number| format!("{plain}_{number}"));
        let label = std::iter::once(plain.clone())
            .chain(numbered)
            .find(|label| !self.taken.contains(&(kind, label.clone())))
            .unwrap_or(plain);
        self.taken.insert((kind, label.clone()));
        self.labels.insert((kind, name.to_owned()), label.clone());
        label
    }
}

fn alias(region: &str) -> String {
    let plain = |one: char| if one.is_ascii_alphanumeric() { one } else { '_' };
    // HCL names begin with a letter. So do names of Regions.
    let begin =
        if region.starts_with(|one: char| one.is_ascii_alphabetic()) { "" } else { "region_" };
    begin.chars().chain(region.chars().map(plain)).collect()
}

fn inputs_of(body: &Body, variables: &Variables<'_>, inputs: &mut BTreeSet<(String, String)>) {
    for (_, value) in &body.0 {
        match value {
            TerraformValue::Input(input) => {
                let name = variables.name(input).to_ascii_lowercase();
                inputs.insert((name, input.what.clone()));
            }
            TerraformValue::Block(body) => inputs_of(body, variables, inputs),
            _ => {}
        }
    }
}

fn block(
    resource: &TerraformResource,
    label: &str,
    names: &mut Names,
    variables: &Variables<'_>,
) -> String {
    let TerraformResource { kind, import, region, body, .. } = resource;
    let provider = format!("aws.{}", alias(region));
    let mut text = String::new();
    if let Some(id) = import {
        let _ = write!(
            text,
            "import {{\n  to       = {kind}.{label}\n  id       = {}\n  \
             provider = {provider}\n}}\n\n",
            quoted(id)
        );
    }
    let _ = writeln!(text, "resource \"{kind}\" \"{label}\" {{\n  provider = {provider}");
    write_body(&mut text, body, 1, names, variables);
    text.push_str("}\n");
    text
}

fn write_body(
    text: &mut String,
    body: &Body,
    depth: usize,
    names: &mut Names,
    variables: &Variables<'_>,
) {
    let indent = "  ".repeat(depth);
    for (name, value) in &body.0 {
        if let TerraformValue::Block(inner) = value {
            let _ = writeln!(text, "{indent}{name} {{");
            write_body(text, inner, depth + 1, names, variables);
            let _ = writeln!(text, "{indent}}}");
        } else {
            let _ = writeln!(text, "{indent}{name} = {}", expression(value, names, variables));
        }
    }
}

fn expression(value: &TerraformValue, names: &mut Names, variables: &Variables<'_>) -> String {
    match value {
        TerraformValue::Text(text) => quoted(text),
        TerraformValue::Number(number) => number.to_string(),
        TerraformValue::Truth(truth) => truth.to_string(),
        TerraformValue::List(element) => format!("[{}]", expression(element, names, variables)),
        TerraformValue::ArnOf(kind, name) => format!("{kind}.{}.arn", names.label(kind, name)),
        TerraformValue::Input(input) => {
            format!("var.{}", variables.name(input).to_ascii_lowercase())
        }
        TerraformValue::Block(_) => String::new(),
    }
}

/// Formats a text as an HCL string without template sequences.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut characters = text.chars().peekable();
    while let Some(one) = characters.next() {
        match one {
            '"' | '\\' => quoted.extend(['\\', one]),
            '$' | '%' if characters.peek() == Some(&'{') => quoted.extend([one, one]),
            one if is_unseen(one) => {
                let _ = match u32::from(one) {
                    code if code <= 0xffff => write!(quoted, "\\u{code:04x}"),
                    code => write!(quoted, "\\U{code:08x}"),
                };
            }
            one => quoted.push(one),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_a_template() {
        assert_eq!(quoted("a \"b\" \\ ${c} %{d} $e\n"), r#""a \"b\" \\ $${c} %%{d} $e\u000a""#);
        assert_eq!(quoted("\u{e0041}\u{202e}"), r#""\U000e0041\u202e""#);
    }

    #[test]
    fn labels_differ() {
        let mut names = Names::default();
        assert_eq!(names.label("a", "x.y"), "x_y");
        assert_eq!(names.label("a", "x-y"), "x_y_2");
        assert_eq!(names.label("a", "x.y"), "x_y");
        assert_eq!(names.label("b", "1"), "r_1");
    }
}
