//! Parameters of controls. AWS Config passes them as a JSON object of strings.

mod effect;
mod types;

use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;

pub use self::effect::{LooserBy, ParameterEffect};
use self::types::LARGEST;
pub use self::types::{
    AccountIds, Count, Days, Hours, MaybeAccount, NamedBuckets, NotAssessedAs, ParameterType,
    Ports, TopicArns, TrafficTypes,
};

/// The parameters that were given: names and values.
pub type Values = BTreeMap<String, String>;

/// A parameter of a control.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name in AWS Config.
    pub name: &'static str,
    /// The default value.
    pub default: &'static str,
    /// The values that are looser than the default, which is the benchmark's value.
    pub looser_by: LooserBy,
    /// Its description.
    pub doc: &'static str,
    /// The description of a valid value: `true or false`.
    pub expects: &'static str,
    /// The exact form of a valid value, as a regular expression of JSON Schema.
    pub pattern: &'static str,
    /// The ranges of valid whole numbers.
    pub numbers: &'static [(i64, i64)],
    /// Whether `true` and `false` are valid.
    pub booleans: bool,
    /// Whether a text is a valid value.
    pub accepts: fn(&str) -> bool,
}

impl Parameter {
    /// Declares a parameter of a type.
    pub const fn declare<T: ParameterType>(
        name: &'static str,
        default: &'static str,
        looser_by: LooserBy,
        doc: &'static str,
    ) -> Self {
        Self {
            name,
            default,
            looser_by,
            doc,
            expects: T::EXPECTS,
            pattern: T::PATTERN,
            numbers: T::NUMBERS,
            booleans: T::BOOLEANS,
            accepts: |text| T::parse(text).is_some(),
        }
    }
}

/// A parameter is unknown, or its value is invalid.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ParameterError {
    /// The name is unknown.
    #[error("unknown parameter '{name}': {control}")]
    Unknown {
        /// The name.
        name: String,
        /// The valid names, in a sentence.
        control: String,
    },
    /// The value is invalid.
    #[error("parameter '{name}' has the invalid value '{value}': give {expects}")]
    Value {
        /// The name.
        name: &'static str,
        /// The value.
        value: String,
        /// The description of a valid value.
        expects: &'static str,
    },
    /// The document is not an object of strings.
    #[error("the rule's parameters are not a JSON object of strings: {0}")]
    Document(String),
}

/// The typed parameters of a control. [`parameters!`](crate::parameters!) implements it.
pub trait ParameterSet: Send + Sized + Sync + 'static {
    /// Their declarations.
    const PARAMETERS: &'static [Parameter];

    /// Parses the given parameters, and uses the defaults of the others.
    fn parse(values: &Values) -> Result<Self, ParameterError>;
}

/// Parses one parameter.
pub fn parse<T: ParameterType>(
    values: &Values,
    parameter: &Parameter,
) -> Result<T, ParameterError> {
    let text = values.get(parameter.name).map_or(parameter.default, String::as_str);
    T::parse(text).ok_or_else(|| ParameterError::Value {
        name: parameter.name,
        value: text.chars().take(60).collect(),
        expects: T::EXPECTS,
    })
}

/// Parses the document from AWS Config. Absent, empty and `""` mean: all defaults. Whole numbers
/// and booleans are converted to text.
pub fn parse_document(document: Option<&Value>) -> Result<Values, ParameterError> {
    let wrong = |what: &str| ParameterError::Document(what.to_owned());
    match document {
        None | Some(Value::Null) => Ok(Values::new()),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(Values::new()),
        Some(Value::String(text)) => match serde_json::from_str::<Value>(text) {
            Ok(Value::String(inner)) if !inner.trim().is_empty() => {
                Err(wrong("the value is a JSON string within a string"))
            }
            Ok(inner) => parse_document(Some(&inner)),
            Err(error) => Err(ParameterError::Document(error.to_string())),
        },
        Some(Value::Object(members)) => members
            .iter()
            .map(|(name, value)| match value {
                Value::String(text) => Ok((name.clone(), text.clone())),
                Value::Number(number) => match whole(number) {
                    Some(whole) => Ok((name.clone(), whole.to_string())),
                    None => {
                        Err(ParameterError::Document(format!("'{name}' is not a whole number")))
                    }
                },
                Value::Bool(flag) => Ok((name.clone(), flag.to_string())),
                Value::Null | Value::Array(_) | Value::Object(_) => {
                    Err(ParameterError::Document(format!("'{name}' is not a string")))
                }
            })
            .collect(),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_)) => {
            Err(wrong("the value has another type"))
        }
    }
}

/// The whole number in a JSON number, also in the notation 14.0.
fn whole(number: &serde_json::Number) -> Option<i64> {
    let whole = number.as_i64().or_else(|| {
        let number = number.as_f64().filter(|number| number.fract() == 0.0)?;
        // Within these limits the conversion is exact.
        (number.abs() <= LARGEST as f64).then_some(number as i64)
    });
    whole.filter(|number| (-LARGEST..=LARGEST).contains(number))
}

/// Declares the parameters of a control: a struct with a documented field for each parameter, its
/// name in AWS Config, its default, and the values that are looser ([`LooserBy`]).
#[macro_export]
macro_rules! parameters {
    (
        $(#[$meta:meta])*
        $visibility:vis struct $set:ident {
            $($(#[doc = $doc:literal])+
            $field:ident: $type:ty = ($name:literal, $default:literal, $looser_by:ident),)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        $visibility struct $set {
            $($(#[doc = $doc])+ $visibility $field: $type,)*
        }

        impl $crate::parameters::ParameterSet for $set {
            const PARAMETERS: &'static [$crate::parameters::Parameter] =
                &[$($crate::parameters::Parameter::declare::<$type>($name, $default,
                    $crate::parameters::LooserBy::$looser_by, concat!($($doc),+)),)*];

            #[allow(unused_variables, reason = "a control may have no parameters")]
            fn parse(values: &$crate::parameters::Values) -> Result<Self,
            $crate::parameters::ParameterError> {
                Ok(Self {
                    $($field: $crate::parameters::parse(values,
                        &$crate::parameters::Parameter::declare::<$type>($name, $default,
                            $crate::parameters::LooserBy::$looser_by, ""))?,)*
                })
            }
        }
    };
}

parameters! {
    /// The parameters of every control.
    pub struct Common {
        /// Result in AWS Config for a resource that could not be assessed: `notApplicable`, or
        /// `nonCompliant` to fail closed.
        not_assessed_as: NotAssessedAs = ("notAssessedAs", "notApplicable", None),
    }
}

parameters! {
    /// For controls without their own parameters.
    pub struct NoParameters {}
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_means_defaults() {
        for document in [
            None,
            Some(Value::Null),
            Some(json!("")),
            Some(json!("{}")),
            Some(json!({})),
            Some(json!("\"\"")),
        ] {
            assert_eq!(parse_document(document.as_ref()), Ok(Values::new()), "{document:?}");
        }
    }

    #[test]
    fn texts_numbers_and_flags() {
        let values = parse_document(Some(&json!(r#"{"a":"14","b":14,"c":true}"#))).expect("valid");
        assert_eq!(values.values().map(String::as_str).collect::<Vec<_>>(), ["14", "14", "true"]);
        let whole = parse_document(Some(&json!({ "a": 14.0 }))).expect("valid");
        assert_eq!(whole["a"], "14");
    }

    #[test]
    fn other_documents_are_refused() {
        for document in [
            json!("{"),
            json!([]),
            json!({"a": []}),
            json!({"a": null}),
            json!({"a": 1.5}),
            json!({"a": 1e300}),
            json!("\"x\""),
            json!(1),
        ] {
            assert!(
                matches!(parse_document(Some(&document)), Err(ParameterError::Document(_))),
                "{document}"
            );
        }
    }

    #[test]
    fn wrong_values_name_the_parameter() {
        let values = Values::from([("notAssessedAs".to_owned(), "fail".to_owned())]);
        let error = Common::parse(&values).expect_err("wrong");
        assert_eq!(
            error.to_string(),
            "parameter 'notAssessedAs' has the invalid value 'fail': give notApplicable or \
             nonCompliant"
        );
    }
}
