//! Variables of Terraform from the declared parameters of templates.

use anyhow::{Context, ensure};
use plumbline_templates::TemplateParameter;
use serde_json::Value;

use super::hcl::{HclBody, text};

/// The maximum of a repetition in the regular expressions of Terraform.
const REPETITION_LIMIT: u32 = 1_000;

/// A variable of a module.
#[derive(Clone)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) kind: &'static str,
    /// The default as an expression. `None` means that the variable is required.
    pub(super) default: Option<String>,
    /// The conditions with their messages.
    pub(super) validations: Vec<(String, String)>,
}

impl Variable {
    /// Creates the variable for a parameter of a template.
    pub(super) fn of_parameter(parameter: &TemplateParameter) -> anyhow::Result<Self> {
        let name = snake(parameter.name());
        let declaration = parameter.declaration();
        let given = |member: &str| declaration.get(member).and_then(Value::as_str);
        let kind = match given("Type") {
            Some("Number") => "number",
            Some("CommaDelimitedList") => "list(string)",
            _ => "string",
        };
        let description = given("Description").unwrap_or_default();
        let description = match description.strip_prefix("Comma-separated ") {
            Some(rest) => capitalized(rest),
            None => description.to_owned(),
        };
        let default = match (kind, declaration.get("Default")) {
            ("list(string)", Some(default)) => {
                let values = default.as_str().unwrap_or_default().split(',');
                let values: Vec<String> =
                    values.filter(|value| !value.is_empty()).map(text).collect();
                Some(format!("[{}]", values.join(", ")))
            }
            (_, default) => default.map(literal),
        };
        let mut variable = Self { name, description, kind, default, validations: Vec::new() };
        variable.validations = variable.of_declaration(&declaration)?;
        Ok(variable)
    }

    /// Creates the variable for a list of which each Region has its own.
    pub(super) fn by_region(parameter: &TemplateParameter) -> anyhow::Result<Self> {
        let mut variable = Self::of_parameter(parameter)?;
        let (one, all) = (
            format!("in var.{} :", variable.name),
            format!("in flatten(values(var.{})) :", variable.name),
        );
        for (condition, _) in &mut variable.validations {
            *condition = condition.replace(&one, &all);
        }
        variable.description = format!("By Region: {}", variable.description);
        variable.kind = "map(list(string))";
        variable.default = Some("{}".to_owned());
        Ok(variable)
    }

    fn of_declaration(&self, declaration: &Value) -> anyhow::Result<Vec<(String, String)>> {
        let name = &self.name;
        let mut validations = Vec::new();
        if let Some(allowed) = declaration.get("AllowedValues").and_then(Value::as_array) {
            let literals: Vec<String> = allowed.iter().map(literal).collect();
            let shown: Vec<String> = literals.iter().map(|one| one.replace('"', "")).collect();
            validations.push((
                format!("contains([{}], var.{name})", literals.join(", ")),
                format!("{name} must be one of {}.", shown.join(", ")),
            ));
        }
        if let (Some(min), Some(max)) = (declaration.get("MinValue"), declaration.get("MaxValue")) {
            validations.push((
                format!("var.{name} >= {min} && var.{name} <= {max}"),
                format!("{name} must be a number from {min} to {max}."),
            ));
        }
        if let Some(pattern) = declaration.get("AllowedPattern").and_then(Value::as_str) {
            check_pattern(pattern).with_context(|| format!("the pattern of '{name}'"))?;
            let is_list = self.kind == "list(string)";
            let value = if is_list { "value" } else { &format!("var.{name}") };
            let matches = format!("can(regex({}, {value}))", text(pattern));
            let condition = match is_list {
                true => format!("alltrue([for value in var.{name} : {matches}])"),
                false => matches,
            };
            let message = match declaration.get("ConstraintDescription").and_then(Value::as_str) {
                Some(expects) => format!("{name} {expects}."),
                None if is_list => format!("Each value of {name} must match {pattern}."),
                None => format!("{name} must match {pattern}."),
            };
            validations.push((condition, message));
        }
        Ok(validations)
    }

    /// Returns the block.
    pub(super) fn block(&self, file: HclBody) -> HclBody {
        let mut body = HclBody::new()
            .set("description", text(&self.description))
            .set("type", self.kind)
            .set_if("default", self.default.clone())
            .set("nullable", "false");
        for (condition, message) in &self.validations {
            let validation =
                HclBody::new().set("condition", condition).set("error_message", text(message));
            body = body.block("validation", validation);
        }
        file.block(&format!("variable \"{}\"", self.name), body)
    }
}

/// Checks that Terraform reads a pattern as AWS CloudFormation does.
fn check_pattern(pattern: &str) -> anyhow::Result<()> {
    ensure!(
        pattern.starts_with('^') && pattern.ends_with('$'),
        "'{pattern}' does not match the complete value"
    );
    let numbers = pattern.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    let mut bounds =
        numbers.flat_map(|(range, _)| range.split(',')).filter_map(|one| one.parse::<u32>().ok());
    ensure!(
        bounds.all(|bound| bound <= REPETITION_LIMIT),
        "'{pattern}' has a repetition above {REPETITION_LIMIT}"
    );
    Ok(())
}

/// Returns a default or an allowed value as an expression.
fn literal(value: &Value) -> String {
    match value {
        Value::String(value) => text(value),
        other => other.to_string(),
    }
}

fn capitalized(words: &str) -> String {
    let mut characters = words.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// Returns the name of the variable for a parameter: `log_retention_days` for `LogRetentionDays`.
pub(super) fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (at, character) in name.char_indices() {
        if character.is_ascii_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_terraform_reads_otherwise_are_rejected() {
        assert!(check_pattern("^[a-z]{2,1000}$").is_ok());
        for pattern in ["^[a-z]{2,1001}$", "[a-z]", "^a"] {
            assert!(check_pattern(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn names_have_the_style_of_terraform() {
        assert_eq!(snake("LogKmsKeyArn"), "log_kms_key_arn");
    }
}
