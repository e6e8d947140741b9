//! Template parameters with the descriptions and constraints of CloudFormation.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::{Value, json};

/// The values of template parameters by name.
pub type ParameterValues = BTreeMap<String, String>;

/// Returns the value of a parameter. Empty if it is absent, as most optional parameters are by
/// default.
pub fn value_or_empty<'a>(parameters: &'a ParameterValues, name: &str) -> &'a str {
    parameters.get(name).map(String::as_str).unwrap_or_default()
}

/// The maximum length of a value in CloudFormation, in bytes.
const VALUE_LIMIT: usize = 4_096;

/// A parameter of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateParameter {
    name: String,
    description: String,
    value_type: ValueType,
    /// The default. A parameter without a default is required.
    default: Option<String>,
    /// The allowed values, if they are limited.
    allowed: Vec<String>,
    /// The regular expression for a value, or for each value of a list.
    pattern: Option<&'static str>,
    /// The constraint in words, for the error message of CloudFormation.
    expects: Option<&'static str>,
    derived_from: Option<&'static str>,
}

/// The type of a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ValueType {
    Text,
    /// Comma-separated values.
    List,
    /// A number with optional limits.
    Number(Option<(i64, i64)>),
}

impl TemplateParameter {
    /// Descriptions in templates have no final period; those of controls do.
    fn new(name: &str, description: &str, value_type: ValueType) -> Self {
        Self {
            name: name.to_owned(),
            description: description.trim_end_matches('.').to_owned(),
            value_type,
            default: None,
            allowed: Vec::new(),
            pattern: None,
            expects: None,
            derived_from: None,
        }
    }

    /// Creates a text parameter with a default.
    pub(crate) fn optional(name: &str, description: &str, default: &str) -> Self {
        Self { default: Some(default.to_owned()), ..Self::new(name, description, ValueType::Text) }
    }

    /// Creates a required text parameter. `expects` describes the pattern in words.
    pub(crate) fn required(
        name: &str,
        description: &str,
        pattern: &'static str,
        expects: &'static str,
    ) -> Self {
        Self {
            pattern: Some(pattern),
            expects: Some(expects),
            ..Self::new(name, description, ValueType::Text)
        }
    }

    /// Creates a text parameter with allowed values, of which the first is the default.
    pub(crate) fn choice(name: &str, description: &str, values: &[&str]) -> Self {
        Self {
            default: values.first().map(|value| (*value).to_owned()),
            allowed: values.iter().map(|value| (*value).to_owned()).collect(),
            ..Self::new(name, description, ValueType::Text)
        }
    }

    /// Creates a list parameter with a pattern for each value.
    pub(crate) fn list(name: &str, description: &str, pattern: &'static str) -> Self {
        Self { pattern: Some(pattern), ..Self::new(name, description, ValueType::List) }
    }

    /// Creates a number parameter with limits.
    pub(crate) fn number(
        name: &str,
        description: &str,
        default: i64,
        (min, max): (i64, i64),
    ) -> Self {
        Self {
            default: Some(default.to_string()),
            ..Self::new(name, description, ValueType::Number(Some((min, max))))
        }
    }

    /// Creates a number parameter with allowed values.
    pub(crate) fn number_choice(
        name: &str,
        description: &str,
        default: u16,
        values: &[u16],
    ) -> Self {
        Self {
            default: Some(default.to_string()),
            allowed: values.iter().map(u16::to_string).collect(),
            ..Self::new(name, description, ValueType::Number(None))
        }
    }

    /// Adds a pattern for the values.
    pub(crate) fn matching(self, pattern: &'static str) -> Self {
        Self { pattern: Some(pattern), ..self }
    }

    /// Adds a default.
    pub(crate) fn or(self, default: &str) -> Self {
        Self { default: Some(default.to_owned()), ..self }
    }

    /// Marks a parameter that `plumbline deploy` sets itself.
    pub(crate) fn derived(self, from: &'static str) -> Self {
        Self { derived_from: Some(from), ..self }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the default. `None` means that the parameter is required.
    pub fn default(&self) -> Option<&str> {
        self.default.as_deref()
    }

    /// Returns the source of the value, or the option of `plumbline deploy` that sets it. `None`
    /// means that the user can set the parameter.
    pub fn derived_from(&self) -> Option<&'static str> {
        self.derived_from
    }

    /// Checks a value in the same way as CloudFormation.
    ///
    /// # Errors
    /// The accepted values in words: `one of 2, 1`.
    pub fn accepts(&self, value: &str) -> Result<(), String> {
        if !self.allowed.is_empty() {
            return if self.allowed.iter().any(|allowed| allowed == value) {
                Ok(())
            } else {
                Err(format!("one of {}", self.allowed.join(", ")))
            };
        }
        if let ValueType::Number(limits) = self.value_type {
            let (min, max) = limits.unwrap_or((i64::MIN, i64::MAX));
            return if value.parse().is_ok_and(|number| (min..=max).contains(&number)) {
                Ok(())
            } else {
                Err(format!("a number from {min} to {max}"))
            };
        }
        if let Some(pattern) = self.pattern {
            let is_list = self.value_type == ValueType::List;
            // CloudFormation matches the complete value. It also checks patterns that cannot be
            // parsed here.
            let whole = Regex::new(&format!("^(?:{pattern})$")).ok();
            let is_match =
                |value: &str| whole.as_ref().is_none_or(|pattern| pattern.is_match(value));
            let all_match = if is_list {
                value.split(',').map(str::trim).all(is_match)
            } else {
                is_match(value)
            };
            if !all_match {
                let what = if is_list {
                    "comma-separated values that match"
                } else {
                    "a value that matches"
                };
                return Err(format!("{what} {pattern}"));
            }
        }
        if value.len() > VALUE_LIMIT {
            return Err(format!("at most {VALUE_LIMIT} bytes"));
        }
        Ok(())
    }

    /// Returns the declaration in a template, as AWS CloudFormation documents it.
    pub fn declaration(&self) -> Value {
        let type_name = match self.value_type {
            ValueType::Text => "String",
            ValueType::List => "CommaDelimitedList",
            ValueType::Number(_) => "Number",
        };
        let value = |text: &String| match (self.value_type, text.parse::<i64>()) {
            (ValueType::Number(_), Ok(number)) => json!(number),
            _ => json!(text),
        };
        let limits = match self.value_type {
            ValueType::Number(limits) => limits,
            ValueType::Text | ValueType::List => None,
        };
        let allowed: Vec<Value> = self.allowed.iter().map(value).collect();
        let members = [
            ("Type", Some(json!(type_name))),
            ("Description", Some(json!(self.description))),
            ("Default", self.default.as_ref().map(value)),
            ("AllowedValues", (!allowed.is_empty()).then_some(Value::Array(allowed))),
            ("AllowedPattern", self.pattern.map(|pattern| json!(pattern))),
            ("ConstraintDescription", self.expects.map(|expects| json!(expects))),
            ("MinValue", limits.map(|(min, _)| json!(min))),
            ("MaxValue", limits.map(|(_, max)| json!(max))),
        ];
        members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}
