//! Parameters of controls: AWS Config hands them over as a JSON object of strings.

mod effect;

use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;

use crate::aws::AccountId;
use crate::facts::TrailBucket;
use crate::glob;

pub use self::effect::{Effect, LooserBy};

/// The parameters as they were given: names and texts.
pub type Values = BTreeMap<String, String>;

/// A parameter that a control knows.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name in Config.
    pub name: &'static str,
    /// The value that counts when none is given.
    pub default: &'static str,
    /// Which values are looser than the default, which is the benchmark's.
    pub looser_by: LooserBy,
    /// What it does.
    pub doc: &'static str,
    /// What a value looks like, in words: `true or false`.
    pub expects: &'static str,
    /// What a value looks like, as a regular expression of JSON Schema.
    pub pattern: &'static str,
}

impl Parameter {
    /// Declares a parameter of a type.
    pub const fn declare<T: ParameterType>(
        name: &'static str,
        default: &'static str,
        looser_by: LooserBy,
        doc: &'static str,
    ) -> Self {
        Self { name, default, looser_by, doc, expects: T::EXPECTS, pattern: T::PATTERN }
    }
}

/// A parameter is unknown, or its value is not one.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ParameterError {
    /// Nobody knows it.
    #[error("unknown parameter '{name}': {control}")]
    Unknown {
        /// The name.
        name: String,
        /// The names that are known, in a sentence.
        control: String,
    },
    /// The value is not one.
    #[error("parameter '{name}' is '{value}': give {expects}")]
    Value {
        /// The name.
        name: &'static str,
        /// The value.
        value: String,
        /// What it should be.
        expects: &'static str,
    },
    /// The document is not an object of strings.
    #[error("the rule's parameters are not a JSON object of strings: {0}")]
    Document(String),
}

/// A type that a parameter may have.
pub trait ParameterType: Sized {
    /// What a value looks like, in words.
    const EXPECTS: &'static str;
    /// What a value looks like, as a regular expression of JSON Schema.
    const PATTERN: &'static str;

    /// Reads a value.
    fn parse(text: &str) -> Option<Self>;
}

/// A number of days, 1 to 3,650.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(pub i64);

impl ParameterType for Days {
    const EXPECTS: &'static str = "a whole number of days from 1 to 3650";
    const PATTERN: &'static str = "^[1-9][0-9]{0,3}$";

    fn parse(text: &str) -> Option<Self> {
        whole_number(text).filter(|days| (1..=3650).contains(days)).map(Self)
    }
}

/// A number of hours, 1 to 8,760.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours(pub i64);

impl ParameterType for Hours {
    const EXPECTS: &'static str = "a whole number of hours from 1 to 8760";
    const PATTERN: &'static str = "^[1-9][0-9]{0,3}$";

    fn parse(text: &str) -> Option<Self> {
        whole_number(text).filter(|hours| (1..=8760).contains(hours)).map(Self)
    }
}

/// Kinds of traffic, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficTypes(pub Vec<String>);

impl ParameterType for TrafficTypes {
    const EXPECTS: &'static str = "ACCEPT, REJECT or ALL, with commas between them";
    const PATTERN: &'static str = "^ *(ACCEPT|REJECT|ALL) *(, *(ACCEPT|REJECT|ALL) *)*$";

    fn parse(text: &str) -> Option<Self> {
        let known =
            |name: &str| matches!(name, "ACCEPT" | "REJECT" | "ALL").then(|| name.to_owned());
        text.split(',').map(|name| known(name.trim())).collect::<Option<_>>().map(Self)
    }
}

/// An account, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaybeAccount(pub Option<AccountId>);

impl ParameterType for MaybeAccount {
    const EXPECTS: &'static str = "the twelve digits of an account, or none";
    const PATTERN: &'static str = "^(none|[0-9]{12})$";

    fn parse(text: &str) -> Option<Self> {
        if text == "none" {
            Some(Self(None))
        } else {
            AccountId::new(text).ok().map(|account| Self(Some(account)))
        }
    }
}

/// Ports, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports(pub Vec<u16>);

impl ParameterType for Ports {
    const EXPECTS: &'static str = "port numbers from 0 to 65535 with commas between them";
    const PATTERN: &'static str = "^ *[0-9]{1,5} *(, *[0-9]{1,5} *)*$";

    fn parse(text: &str) -> Option<Self> {
        text.split(',')
            .map(|port| whole_number(port).and_then(|port| u16::try_from(port).ok()))
            .collect::<Option<_>>()
            .map(Self)
    }
}

/// A whole number, 1 to 9,999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(pub i64);

impl ParameterType for Count {
    const EXPECTS: &'static str = "a whole number from 1 to 9999";
    const PATTERN: &'static str = "^[1-9][0-9]{0,3}$";

    fn parse(text: &str) -> Option<Self> {
        whole_number(text).filter(|count| (1..=9_999).contains(count)).map(Self)
    }
}

/// Accounts, separated by commas; none when the text is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountIds(pub Vec<AccountId>);

impl ParameterType for AccountIds {
    const EXPECTS: &'static str = "account ids of twelve digits with commas between them";
    const PATTERN: &'static str = "^ *([0-9]{12} *(, *[0-9]{12} *)*)?$";

    fn parse(text: &str) -> Option<Self> {
        list(text, |id| AccountId::new(id).ok()).map(Self)
    }
}

/// S3 buckets, separated by commas; none when the text is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedBuckets(pub Vec<TrailBucket>);

impl ParameterType for NamedBuckets {
    const EXPECTS: &'static str = "names of S3 buckets with commas between them";
    const PATTERN: &'static str = "^ *([A-Za-z0-9._-]{3,255} *(, *[A-Za-z0-9._-]{3,255} *)*)?$";

    fn parse(text: &str) -> Option<Self> {
        let is_name = |name: &str| {
            (3..=255).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        list(text, |name| is_name(name).then(|| TrailBucket(name.to_owned()))).map(Self)
    }
}

/// ARNs of SNS topics with wildcards, separated by commas; none when the text is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicArns(pub Vec<String>);

impl TopicArns {
    /// Whether one of them matches a topic.
    pub fn matches(&self, topic: &str) -> bool {
        self.0.iter().any(|pattern| glob::matches(pattern, topic))
    }
}

impl ParameterType for TopicArns {
    const EXPECTS: &'static str =
        "ARNs of SNS topics with commas between them; * and ? are wildcards";
    const PATTERN: &'static str =
        "^ *(arn:[A-Za-z0-9:._*?-]{5,300} *(, *arn:[A-Za-z0-9:._*?-]{5,300} *)*)?$";

    fn parse(text: &str) -> Option<Self> {
        let is_arn = |arn: &str| {
            arn.strip_prefix("arn:").is_some_and(|rest| {
                (5..=300).contains(&rest.len())
                    && rest
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b":._*?-".contains(&byte))
            })
        };
        list(text, |arn| is_arn(arn).then(|| arn.to_owned())).map(Self)
    }
}

/// Reads a list with commas; an empty text has no elements.
fn list<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    if text.trim_matches(' ').is_empty() {
        return Some(Vec::new());
    }
    text.split(',').map(|element| parse(element.trim_matches(' '))).collect()
}

impl ParameterType for bool {
    const EXPECTS: &'static str = "true or false";
    const PATTERN: &'static str = "^([Tt]rue|[Ff]alse)$";

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }
}

fn whole_number(text: &str) -> Option<i64> {
    let text = text.trim();
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// What "not assessed" becomes in AWS Config.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotAssessedAs {
    /// Not applicable: Config has no word of its own for it.
    #[default]
    NotApplicable,
    /// Non-compliant: the organization fails closed.
    NonCompliant,
}

impl ParameterType for NotAssessedAs {
    const EXPECTS: &'static str = "notApplicable or nonCompliant";
    const PATTERN: &'static str = "^(notApplicable|nonCompliant)$";

    fn parse(text: &str) -> Option<Self> {
        match text {
            "notApplicable" => Some(Self::NotApplicable),
            "nonCompliant" => Some(Self::NonCompliant),
            _ => None,
        }
    }
}

/// The parameters of a control, typed. Implemented by [`parameters!`](crate::parameters!).
pub trait ParameterSet: Send + Sized + Sync + 'static {
    /// Their declarations.
    const PARAMETERS: &'static [Parameter];

    /// Reads those that are given and takes the defaults of the others.
    fn parse(values: &Values) -> Result<Self, ParameterError>;
}

/// Reads one parameter.
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

/// Reads the document that Config hands over. Absent, empty and `""` mean: all defaults. Numbers
/// and truth values are taken as their texts.
pub fn parse_document(document: Option<&Value>) -> Result<Values, ParameterError> {
    let wrong = |what: &str| ParameterError::Document(what.to_owned());
    match document {
        None | Some(Value::Null) => Ok(Values::new()),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(Values::new()),
        Some(Value::String(text)) => match serde_json::from_str::<Value>(text) {
            Ok(Value::String(inner)) if !inner.trim().is_empty() => {
                Err(wrong("it is a string within a string"))
            }
            Ok(inner) => parse_document(Some(&inner)),
            Err(error) => Err(ParameterError::Document(error.to_string())),
        },
        Some(Value::Object(members)) => members
            .iter()
            .map(|(name, value)| match value {
                Value::String(text) => Ok((name.clone(), text.clone())),
                Value::Number(number) => Ok((name.clone(), number.to_string())),
                Value::Bool(flag) => Ok((name.clone(), flag.to_string())),
                Value::Null | Value::Array(_) | Value::Object(_) => {
                    Err(ParameterError::Document(format!("'{name}' is not a string")))
                }
            })
            .collect(),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_)) => {
            Err(wrong("it is of another type"))
        }
    }
}

/// Declares the parameters of a control: a struct with a documented field for each, its name in
/// Config, its default, and which values are looser ([`LooserBy`]).
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
    /// The parameters that every control has.
    pub struct Common {
        /// What a resource that could not be assessed counts as in AWS Config: `notApplicable`, or
        /// `nonCompliant` to fail closed.
        not_assessed_as: NotAssessedAs = ("notAssessedAs", "notApplicable", None),
    }
}

parameters! {
    /// For controls without parameters of their own.
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
    }

    #[test]
    fn other_documents_are_refused() {
        for document in
            [json!("{"), json!([]), json!({"a": []}), json!({"a": null}), json!("\"x\""), json!(1)]
        {
            assert!(
                matches!(parse_document(Some(&document)), Err(ParameterError::Document(_))),
                "{document}"
            );
        }
    }

    #[test]
    fn values() {
        assert_eq!(Days::parse(" 45 "), Some(Days(45)));
        for bad in ["0", "-1", "4.5", "3651", "", "forty"] {
            assert_eq!(Days::parse(bad), None, "{bad}");
        }
        assert_eq!(Count::parse("24"), Some(Count(24)));
        for bad in ["0", "-1", "10000", ""] {
            assert_eq!(Count::parse(bad), None, "{bad}");
        }
        let accounts = |text| AccountIds::parse(text).map(|AccountIds(ids)| ids.len());
        assert_eq!((accounts(""), accounts("111122223333, 444455556666")), (Some(0), Some(2)));
        for bad in ["1111", "111122223333,", "111122223333 444455556666", ","] {
            assert_eq!(accounts(bad), None, "{bad}");
        }
        let buckets = |text| NamedBuckets::parse(text).map(|NamedBuckets(names)| names.len());
        assert_eq!((buckets(""), buckets("logs-1, Old_Logs")), (Some(0), Some(2)));
        for bad in ["a", "logs,", "arn:aws:s3:::logs"] {
            assert_eq!(buckets(bad), None, "{bad}");
        }
        let topics = TopicArns::parse("arn:aws:sns:*:444455556666:alarm?").expect("a list");
        assert!(topics.matches("arn:aws:sns:us-east-1:444455556666:alarms"));
        assert!(!topics.matches("arn:aws:sns:us-east-1:444455556666:alarms-2"));
        assert_eq!(TopicArns::parse(""), Some(TopicArns(Vec::new())));
        assert_eq!((TopicArns::parse("*"), TopicArns::parse("alarms")), (None, None));
        assert_eq!(Hours::parse("24"), Some(Hours(24)));
        assert_eq!(Hours::parse("0"), None);
        assert_eq!(
            TrafficTypes::parse("REJECT, ALL"),
            Some(TrafficTypes(vec!["REJECT".to_owned(), "ALL".to_owned()]))
        );
        assert_eq!(TrafficTypes::parse("all"), None);
        assert_eq!(MaybeAccount::parse("none"), Some(MaybeAccount(None)));
        assert_eq!(MaybeAccount::parse("1"), None);
        assert_eq!(Ports::parse("22, 3389"), Some(Ports(vec![22, 3389])));
        for bad in ["", "22,", "65536", "22 3389", "ssh"] {
            assert_eq!(Ports::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn wrong_values_name_the_parameter() {
        let values = Values::from([("notAssessedAs".to_owned(), "fail".to_owned())]);
        let error = Common::parse(&values).expect_err("wrong");
        assert_eq!(
            error.to_string(),
            "parameter 'notAssessedAs' is 'fail': give notApplicable or nonCompliant"
        );
    }
}
