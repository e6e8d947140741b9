//! One condition of a statement: an operator, a key and its values.

use super::error::PolicyError;
use crate::glob;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    /// The operator, or the reason why the condition is not understood.
    operator: Result<Operator, PolicyError>,
    /// The key in lower case.
    key: String,
    values: Vec<String>,
    /// Operator and key in the spelling of the policy, for texts.
    spelling: (String, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Operator {
    test: ConditionOperator,
    negated: bool,
    if_exists: bool,
    quantifier: Option<Quantifier>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ConditionOperator {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric,
    Date,
    Bool,
    Binary,
    IpAddress,
    Arn,
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantifier {
    ForAllValues,
    ForAnyValue,
}

/// The result of a condition for a partly known request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    True,
    False,
    Unknown,
}

impl Truth {
    fn of(known: bool) -> Self {
        if known { Self::True } else { Self::False }
    }
}

impl Operator {
    fn parse(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let (quantifier, name) = match name.split_once(':') {
            None => (None, name.as_str()),
            Some(("forallvalues", rest)) => (Some(Quantifier::ForAllValues), rest),
            Some(("foranyvalue", rest)) => (Some(Quantifier::ForAnyValue), rest),
            Some(_) => return None,
        };
        let (name, if_exists) =
            name.strip_suffix("ifexists").map_or((name, false), |name| (name, true));
        let (test, negated) = match name {
            "stringequals" => (ConditionOperator::StringEquals, false),
            "stringnotequals" => (ConditionOperator::StringEquals, true),
            "stringequalsignorecase" => (ConditionOperator::StringEqualsIgnoreCase, false),
            "stringnotequalsignorecase" => (ConditionOperator::StringEqualsIgnoreCase, true),
            "stringlike" => (ConditionOperator::StringLike, false),
            "stringnotlike" => (ConditionOperator::StringLike, true),
            "numericequals"
            | "numericlessthan"
            | "numericlessthanequals"
            | "numericgreaterthan"
            | "numericgreaterthanequals" => (ConditionOperator::Numeric, false),
            "numericnotequals" => (ConditionOperator::Numeric, true),
            "dateequals"
            | "datelessthan"
            | "datelessthanequals"
            | "dategreaterthan"
            | "dategreaterthanequals" => (ConditionOperator::Date, false),
            "datenotequals" => (ConditionOperator::Date, true),
            "bool" => (ConditionOperator::Bool, false),
            "binaryequals" => (ConditionOperator::Binary, false),
            "ipaddress" => (ConditionOperator::IpAddress, false),
            "notipaddress" => (ConditionOperator::IpAddress, true),
            "arnequals" | "arnlike" => (ConditionOperator::Arn, false),
            "arnnotequals" | "arnnotlike" => (ConditionOperator::Arn, true),
            "null" if !if_exists && quantifier.is_none() => (ConditionOperator::Null, false),
            _ => return None,
        };
        Some(Self { test, negated, if_exists, quantifier })
    }

    fn passes_without_key(self) -> bool {
        match self.quantifier {
            Some(Quantifier::ForAllValues) => true,
            Some(Quantifier::ForAnyValue) => self.if_exists,
            None => self.if_exists || self.negated,
        }
    }
}

/// Whether a value contains a policy variable, so that it differs between requests.
pub(super) fn has_variable(value: &str) -> bool {
    value.contains("${")
}

impl Condition {
    /// Whether the operator exists.
    pub(super) fn is_operator(operator: &str) -> bool {
        Operator::parse(operator).is_some()
    }

    /// Creates a condition with an existing operator, see [`Condition::is_operator`].
    pub(super) fn new(operator: &str, key: &str, values: Vec<String>) -> Self {
        let parsed = Operator::parse(operator).ok_or_else(|| PolicyError::Form {
            place: "condition".to_owned(),
            problem: format!("unknown operator '{operator}'"),
        });
        Self::read(parsed, operator, key, values)
    }

    /// Creates a condition that is not understood: it may be true or false.
    pub(super) fn unknown(operator: &str, key: &str, problem: PolicyError) -> Self {
        Self::read(Err(problem), operator, key, Vec::new())
    }

    fn read(
        parsed: Result<Operator, PolicyError>,
        operator: &str,
        key: &str,
        values: Vec<String>,
    ) -> Self {
        let spelling = (operator.to_owned(), key.to_owned());
        Self { operator: parsed, key: key.to_ascii_lowercase(), values, spelling }
    }

    /// Why it is not understood.
    pub(super) fn problem(&self) -> Option<&PolicyError> {
        self.operator.as_ref().err()
    }

    /// The key, in lower case.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The key in the spelling of the policy.
    pub(super) fn key_as_written(&self) -> &str {
        &self.spelling.1
    }

    /// The operator in the spelling of the policy.
    pub(super) fn operator_as_written(&self) -> &str {
        &self.spelling.0
    }

    pub(super) fn values(&self) -> &[String] {
        &self.values
    }

    /// Whether the condition is true for a request with this single value of the key.
    pub(super) fn with_value(&self, value: &str) -> Truth {
        let Ok(operator) = &self.operator else { return Truth::Unknown };
        let one = |wanted: &String| match operator.test {
            _ if has_variable(wanted) => Truth::Unknown,
            ConditionOperator::StringEquals => Truth::of(wanted == value),
            ConditionOperator::StringEqualsIgnoreCase => {
                Truth::of(wanted.eq_ignore_ascii_case(value))
            }
            ConditionOperator::StringLike => Truth::of(glob::matches(wanted, value)),
            ConditionOperator::Bool => boolean(wanted)
                .zip(boolean(value))
                .map_or(Truth::Unknown, |(wanted, value)| Truth::of(wanted == value)),
            ConditionOperator::Null => {
                boolean(wanted).map_or(Truth::Unknown, |absent| Truth::of(!absent))
            }
            ConditionOperator::Numeric
            | ConditionOperator::Date
            | ConditionOperator::Binary
            | ConditionOperator::IpAddress => Truth::Unknown,
            ConditionOperator::Arn => arn_matches(wanted, value),
        };
        let any = self.any(one);
        match (operator.negated, any) {
            (true, Truth::True) => Truth::False,
            (true, Truth::False) => Truth::True,
            (_, truth) => truth,
        }
    }

    /// Whether the condition is true for a request without the key.
    pub(super) fn without_key(&self) -> Truth {
        match &self.operator {
            Err(_) => Truth::Unknown,
            Ok(operator) if operator.test == ConditionOperator::Null => {
                self.any(|wanted| boolean(wanted).map_or(Truth::Unknown, Truth::of))
            }
            Ok(operator) => Truth::of(operator.passes_without_key()),
        }
    }

    /// Whether the condition is true for a request with these values of the key.
    pub(super) fn with_values(&self, values: &[String]) -> Truth {
        let Ok(operator) = &self.operator else { return Truth::Unknown };
        let truths: Vec<Truth> = values.iter().map(|value| self.with_value(value)).collect();
        let has = |truth: Truth| truths.contains(&truth);
        match (truths.as_slice(), operator.quantifier) {
            ([], _) => self.without_key(),
            ([only], _) => *only,
            (_, Some(Quantifier::ForAllValues)) if has(Truth::False) => Truth::False,
            (_, Some(Quantifier::ForAnyValue)) if has(Truth::True) => Truth::True,
            (_, Some(_)) if has(Truth::Unknown) => Truth::Unknown,
            (_, Some(Quantifier::ForAllValues)) => Truth::True,
            (_, Some(Quantifier::ForAnyValue)) => Truth::False,
            (_, None) => self.with_any_value(),
        }
    }

    /// Whether the condition is true for a request with an unknown value of the key.
    pub(super) fn with_any_value(&self) -> Truth {
        if self.tests(ConditionOperator::Null) { self.with_value("") } else { self.with_anything() }
    }

    /// Whether the condition is true for a request of which nothing is known: only if it cannot be
    /// false.
    pub(super) fn with_anything(&self) -> Truth {
        let Ok(operator) = &self.operator else { return Truth::Unknown };
        let cannot_fail = match operator.test {
            ConditionOperator::Null => [true, false]
                .into_iter()
                .all(|absent| self.values.iter().any(|wanted| boolean(wanted) == Some(absent))),
            ConditionOperator::StringLike if !operator.negated => {
                operator.passes_without_key()
                    && self
                        .values
                        .iter()
                        .any(|wanted| !wanted.is_empty() && wanted.chars().all(|one| one == '*'))
            }
            _ => false,
        };
        if cannot_fail { Truth::True } else { Truth::Unknown }
    }

    /// True if it is true for one value, and unknown without values.
    fn any(&self, one: impl Fn(&String) -> Truth) -> Truth {
        let truths: Vec<Truth> = self.values.iter().map(one).collect();
        if truths.contains(&Truth::True) {
            Truth::True
        } else if truths.is_empty() || truths.contains(&Truth::Unknown) {
            Truth::Unknown
        } else {
            Truth::False
        }
    }

    /// Whether the condition requires that the key exists and has one of its values.
    pub(super) fn demands_value(&self) -> bool {
        self.operator.as_ref().is_ok_and(|operator| {
            !operator.negated
                && !operator.if_exists
                && operator.quantifier != Some(Quantifier::ForAllValues)
                && operator.test != ConditionOperator::Null
        })
    }

    pub(super) fn compares_texts(&self) -> bool {
        [
            ConditionOperator::StringEquals,
            ConditionOperator::StringEqualsIgnoreCase,
            ConditionOperator::StringLike,
        ]
        .into_iter()
        .any(|test| self.tests(test))
    }

    fn tests(&self, test: ConditionOperator) -> bool {
        self.operator.as_ref().is_ok_and(|operator| operator.test == test)
    }

    pub(super) fn compares_arns(&self) -> bool {
        self.tests(ConditionOperator::Arn)
    }

    pub(super) fn compares_addresses(&self) -> bool {
        self.tests(ConditionOperator::IpAddress)
    }
}

/// Whether an ARN matches another one. The six parts are compared separately: a wildcard does not
/// match beyond its part. The meaning of fewer parts is not documented.
fn arn_matches(wanted: &str, value: &str) -> Truth {
    let [wanted, parts] = [wanted, value].map(|arn| arn.splitn(6, ':').collect::<Vec<_>>());
    if wanted.len() < 6 || parts.len() < 6 {
        return Truth::Unknown;
    }
    Truth::of(wanted.iter().zip(parts).all(|(wanted, part)| glob::matches(wanted, part)))
}

/// `Bool` and `Null` ignore the case of their values.
fn boolean(value: &str) -> Option<bool> {
    if value.eq_ignore_ascii_case("true") {
        Some(true)
    } else if value.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(operator: &str, values: &[&str]) -> Condition {
        assert!(Condition::is_operator(operator), "{operator}");
        Condition::new(operator, "K", values.iter().map(|value| (*value).to_owned()).collect())
    }

    #[test]
    fn operators_meet_a_value() {
        use Truth::{False, True, Unknown};
        for (operator, values, expected) in [
            ("StringEquals", &["false"][..], True),
            ("StringEquals", &["False"], False),
            ("StringEquals", &["true", "false"], True),
            ("StringEquals", &["f*"], False),
            ("StringEquals", &["${aws:x}"], Unknown),
            ("StringEquals", &["${aws:x}", "false"], True),
            ("StringEquals", &[], Unknown),
            ("StringNotEquals", &["true"], True),
            ("StringNotEquals", &["true", "false"], False),
            ("StringNotEquals", &["true", "${aws:x}"], Unknown),
            ("StringNotEquals", &[], Unknown),
            ("StringEqualsIgnoreCase", &["FALSE"], True),
            ("StringNotEqualsIgnoreCase", &["FALSE"], False),
            ("StringNotEqualsIgnoreCase", &["TRUE"], True),
            ("StringLike", &["f*"], True),
            ("StringLike", &["fals?"], True),
            ("StringLike", &["F*"], False),
            ("StringNotLike", &["t*"], True),
            ("StringNotLike", &["*"], False),
            ("Bool", &["false"], True),
            ("Bool", &["False"], True),
            ("Bool", &["true"], False),
            ("Bool", &["true", "false"], True),
            ("Bool", &["no"], Unknown),
            ("bool", &["false"], True),
            ("BOOLIFEXISTS", &["false"], True),
            ("ForAllValues:Bool", &["false"], True),
            ("ForAnyValue:StringNotEquals", &["true"], True),
            ("ForAllValues:StringLikeIfExists", &["t*"], False),
            ("Null", &["false"], True),
            ("Null", &["true"], False),
            ("Null", &["true", "false"], True),
            ("Null", &["x"], Unknown),
            ("ArnLike", &["false"], Unknown),
            ("NumericLessThan", &["1"], Unknown),
            ("NumericNotEquals", &["1"], Unknown),
            ("NotIpAddress", &["10.0.0.0/8"], Unknown),
            ("ArnNotLike", &["arn:*"], Unknown),
            ("BinaryEquals", &["false"], Unknown),
            ("DateGreaterThan", &["2020-01-01"], Unknown),
        ] {
            assert_eq!(
                condition(operator, values).with_value("false"),
                expected,
                "{operator} {values:?}"
            );
        }
    }

    #[test]
    fn operators_meet_an_absent_key() {
        use Truth::{False, True, Unknown};
        for (operator, values, expected) in [
            ("NumericLessThan", &["1.2"][..], False),
            ("NumericLessThanIfExists", &["1.2"], True),
            ("NumericNotEquals", &["1.2"], True),
            ("StringEquals", &["x"], False),
            ("StringNotEquals", &["x"], True),
            ("StringNotLikeIfExists", &["x"], True),
            ("NotIpAddress", &["10.0.0.0/8"], True),
            ("ForAllValues:StringEquals", &["x"], True),
            ("ForAllValues:StringNotEquals", &["x"], True),
            ("ForAnyValue:StringEquals", &["x"], False),
            ("ForAnyValue:StringNotEquals", &["x"], False),
            ("ForAnyValue:StringEqualsIfExists", &["x"], True),
            ("Null", &["true"], True),
            ("Null", &["false"], False),
            ("Null", &["maybe"], Unknown),
        ] {
            assert_eq!(
                condition(operator, values).without_key(),
                expected,
                "{operator} {values:?}"
            );
        }
    }

    #[test]
    fn some_conditions_cannot_fail() {
        for (operator, values, expected) in [
            ("Null", &["true", "false"][..], Truth::True),
            ("Null", &["true"], Truth::Unknown),
            ("StringLikeIfExists", &["*"], Truth::True),
            ("ForAllValues:StringLike", &["x", "**"], Truth::True),
            ("StringLike", &["*"], Truth::Unknown),
            ("ForAnyValue:StringLike", &["*"], Truth::Unknown),
            ("StringNotLikeIfExists", &["*"], Truth::Unknown),
            ("StringLikeIfExists", &[""], Truth::Unknown),
            ("StringEqualsIfExists", &["*"], Truth::Unknown),
            ("BoolIfExists", &["true", "false"], Truth::Unknown),
        ] {
            assert_eq!(
                condition(operator, values).with_anything(),
                expected,
                "{operator} {values:?}"
            );
        }
    }

    #[test]
    fn other_operators_are_unknown() {
        for operator in [
            "",
            "Equals",
            "StringEqual",
            "ForSomeValues:StringEquals",
            "StringEqualsIfExistsIfExists",
            "ForAllValues:Null",
            "NullIfExists",
            "NotBool",
            ":",
            "Bool ",
        ] {
            let condition = Condition::new(operator, "k", vec!["false".to_owned()]);
            assert!(condition.problem().is_some(), "{operator}");
            assert_eq!(condition.with_value("false"), Truth::Unknown, "{operator}");
            assert_eq!(condition.without_key(), Truth::Unknown, "{operator}");
            assert_eq!(condition.with_anything(), Truth::Unknown, "{operator}");
            assert!(!condition.demands_value(), "{operator}");
        }
    }
}
