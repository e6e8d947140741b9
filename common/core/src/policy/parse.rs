//! Reading a policy document.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use percent_encoding::percent_decode_str;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::condition::Condition;
use super::document::{
    Effect, Patterns, Policy, PolicyError, Principal, PrincipalKind, Principals, Statement,
    StatementName,
};
use crate::text::shorten;

/// How many wrappings are taken off a document: a text within a text, URL encoding.
const WRAPPINGS: usize = 6;

type PolicyResult<T> = Result<T, PolicyError>;

impl Policy {
    /// Reads a document from a text: JSON, JSON within a JSON text, or either of them URL-encoded.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        read_text(text)
    }

    /// Reads a document from a JSON value: an object, or a text as [`Policy::parse`] takes it. An
    /// element that was given twice has been lost by then: parse the text where there is one.
    pub fn from_value(value: &Value) -> Result<Self, PolicyError> {
        read_value(value)
    }
}

fn read_text(text: &str) -> PolicyResult<Policy> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..WRAPPINGS {
        let bare = text
            .trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
        let read = if bare.starts_with(['{', '"', '[']) {
            json(bare)
        } else if bare.contains('%') {
            decoded(bare)
        } else {
            json(bare)
        };
        match read? {
            Parsed::Value(Value::String(inner)) | Parsed::Text(inner) => text = Cow::Owned(inner),
            Parsed::Value(document) => return policy(&document),
        }
    }
    Err(wrong("policy", "it is wrapped in too many layers of text".to_owned()))
}

fn read_value(value: &Value) -> PolicyResult<Policy> {
    match value {
        Value::String(inner) => read_text(inner),
        document => policy(document),
    }
}

enum Parsed {
    Value(Value),
    Text(String),
}

fn json(text: &str) -> PolicyResult<Parsed> {
    serde_json::from_str::<Unique>(text)
        .and_then(|Unique| serde_json::from_str(text))
        .map(Parsed::Value)
        .map_err(|error| PolicyError::Json(error.to_string()))
}

/// Takes URL encoding off. IAM encodes a space as `%20`; where only reading `+` as a space makes it
/// JSON, it was a form that was encoded.
fn decoded(text: &str) -> PolicyResult<Parsed> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8().map(Cow::into_owned);
    let plain = decode(text)
        .map_err(|_| PolicyError::Json("its URL encoding does not hold UTF-8".to_owned()))?;
    if plain == text {
        return json(text);
    }
    if text.contains('+')
        && serde_json::from_str::<serde::de::IgnoredAny>(plain.trim_matches('\u{feff}')).is_err()
        && let Ok(form) = decode(&text.replace('+', " "))
    {
        return Ok(Parsed::Text(form));
    }
    Ok(Parsed::Text(plain))
}

/// JSON in which no object has a key twice; it holds nothing.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        while items.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unique, A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if seen.contains(&name) {
                return Err(A::Error::custom(format_args!("{} is given twice", quoted(&name))));
            }
            seen.insert(name);
            members.next_value::<Unique>()?;
        }
        Ok(Unique)
    }
}

fn wrong(place: &str, problem: String) -> PolicyError {
    PolicyError::Form { place: place.to_owned(), problem }
}

fn quoted(text: &str) -> String {
    format!("'{}'", shorten(text, 64))
}

fn policy(document: &Value) -> PolicyResult<Policy> {
    let place = "policy";
    let Value::Object(elements) = document else {
        return Err(wrong(place, format!("expected an object, found {}", kind(document))));
    };
    known(place, elements, &["Version", "Id", "Statement"])?;
    match elements.get("Version") {
        None => {}
        Some(Value::String(version)) if version == "2012-10-17" || version == "2008-10-17" => {}
        Some(_) => {
            return Err(wrong(place, "Version must be '2012-10-17' or '2008-10-17'".to_owned()));
        }
    }
    text_element(place, elements, "Id")?;
    let statements = match elements.get("Statement") {
        None => return Err(wrong(place, "Statement is missing".to_owned())),
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    let statements = statements
        .iter()
        .zip(1..)
        .map(|(statement, position)| read_statement(statement, position))
        .collect::<PolicyResult<_>>()?;
    Ok(Policy { statements })
}

fn read_statement(document: &Value, position: usize) -> PolicyResult<Statement> {
    let place = format!("statement {position}");
    let place = place.as_str();
    let Value::Object(elements) = document else {
        return Err(wrong(place, format!("expected an object, found {}", kind(document))));
    };
    known(
        place,
        elements,
        &[
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ],
    )?;
    let name = match text_element(place, elements, "Sid")? {
        Some(sid) if !sid.trim().is_empty() => StatementName::Sid(sid.to_owned()),
        _ => StatementName::Position(position),
    };
    let effect = match text_element(place, elements, "Effect")? {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        Some(other) => {
            return Err(wrong(
                place,
                format!("Effect must be 'Allow' or 'Deny', not {}", quoted(other)),
            ));
        }
        None => return Err(wrong(place, "Effect is missing".to_owned())),
    };
    let mut actions = patterns(place, elements, "Action", "NotAction")?
        .ok_or_else(|| wrong(place, "Action is missing".to_owned()))?;
    actions.patterns.iter_mut().for_each(|action| action.make_ascii_lowercase());
    Ok(Statement {
        name,
        effect,
        principals: principals(place, elements)?,
        actions,
        resources: patterns(place, elements, "Resource", "NotResource")?,
        conditions: conditions(place, elements)?,
    })
}

fn known(place: &str, elements: &Map<String, Value>, names: &[&str]) -> PolicyResult<()> {
    match elements.keys().find(|name| !names.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(wrong(
            place,
            format!("unknown element {}; there are {}", quoted(name), names.join(", ")),
        )),
    }
}

fn text_element<'a>(
    place: &str,
    elements: &'a Map<String, Value>,
    name: &str,
) -> PolicyResult<Option<&'a str>> {
    match elements.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(wrong(place, format!("{name} must be a text, not {}", kind(other)))),
    }
}

/// An element or its negation, whichever is there.
fn either<'a>(
    place: &str,
    elements: &'a Map<String, Value>,
    name: &str,
    negation: &str,
) -> PolicyResult<Option<(bool, &'a Value)>> {
    match (elements.get(name), elements.get(negation)) {
        (None, None) => Ok(None),
        (Some(value), None) => Ok(Some((false, value))),
        (None, Some(value)) => Ok(Some((true, value))),
        (Some(_), Some(_)) => {
            Err(wrong(place, format!("{name} and {negation} exclude each other")))
        }
    }
}

fn patterns(
    place: &str,
    elements: &Map<String, Value>,
    name: &str,
    negation: &str,
) -> PolicyResult<Option<Patterns>> {
    let Some((negated, value)) = either(place, elements, name, negation)? else { return Ok(None) };
    Ok(Some(Patterns {
        negated,
        patterns: texts(place, if negated { negation } else { name }, value)?,
    }))
}

/// A text, or a list of at least one.
fn texts(place: &str, name: &str, value: &Value) -> PolicyResult<Vec<String>> {
    let items = match value {
        Value::Array(items) if items.is_empty() => {
            return Err(wrong(place, format!("{name} is an empty list")));
        }
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    items
        .iter()
        .map(|item| match item {
            Value::String(text) => Ok(text.clone()),
            other => Err(wrong(
                place,
                format!("{name} must be a text or a list of texts, not {}", kind(other)),
            )),
        })
        .collect()
}

fn principals(place: &str, elements: &Map<String, Value>) -> PolicyResult<Option<Principals>> {
    let Some((negated, value)) = either(place, elements, "Principal", "NotPrincipal")? else {
        return Ok(None);
    };
    let name = if negated { "NotPrincipal" } else { "Principal" };
    let mut members = Vec::new();
    match value {
        Value::String(all) if all == "*" => {
            members.push(Principal { kind: PrincipalKind::Aws, name: all.clone() })
        }
        Value::Object(kinds) if !kinds.is_empty() => {
            for (kind, names) in kinds {
                let principal_kind = match kind.as_str() {
                    "AWS" => PrincipalKind::Aws,
                    "Service" | "Federated" | "CanonicalUser" => PrincipalKind::Other,
                    other => {
                        return Err(wrong(
                            place,
                            format!(
                                "{name} has an unknown kind {}; there are AWS, Service, Federated, \
                                 CanonicalUser",
                                quoted(other)
                            ),
                        ));
                    }
                };
                let names = texts(place, &format!("{name} {kind}"), names)?;
                members
                    .extend(names.into_iter().map(|name| Principal { kind: principal_kind, name }));
            }
        }
        _ => {
            return Err(wrong(
                place,
                format!("{name} must be '*' or an object such as {{\"AWS\": …}}"),
            ));
        }
    }
    Ok(Some(Principals { negated, members }))
}

fn conditions(place: &str, elements: &Map<String, Value>) -> PolicyResult<Vec<Condition>> {
    let Some(value) = elements.get("Condition") else { return Ok(Vec::new()) };
    let Value::Object(operators) = value else {
        return Err(wrong(place, format!("Condition must be an object, not {}", kind(value))));
    };
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        let Value::Object(keys) = keys else {
            return Err(wrong(
                place,
                format!("Condition {} must hold an object, not {}", quoted(operator), kind(keys)),
            ));
        };
        for (key, values) in keys {
            let values = match values {
                Value::Array(values) => values.as_slice(),
                one => std::slice::from_ref(one),
            };
            let values = values
                .iter()
                .map(|value| match value {
                    Value::String(text) => Ok(text.clone()),
                    Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
                    other => Err(wrong(
                        place,
                        format!(
                            "the values of condition key {} must be \
                             texts, numbers or booleans, not {}",
                            quoted(key),
                            kind(other)
                        ),
                    )),
                })
                .collect::<PolicyResult<_>>()?;
            let condition = Condition::new(operator, key, values);
            conditions.push(condition.ok_or_else(|| {
                wrong(place, format!("unknown condition operator {}", quoted(operator)))
            })?);
        }
        if keys.is_empty() && Condition::new(operator, "", Vec::new()).is_none() {
            return Err(wrong(place, format!("unknown condition operator {}", quoted(operator))));
        }
    }
    Ok(conditions)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(document: Value) -> String {
        Policy::from_value(&document).expect_err("refused").to_string()
    }

    fn statement_error(statement: Value) -> String {
        let fine = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
        error(json!({"Statement": [fine, statement]}))
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (statement, told) in [
            (json!({"Action": "*", "Resource": "*"}), "statement 2: Effect is missing"),
            (
                json!({"Effect": "allow", "Action": "*", "Resource": "*"}),
                "statement 2: Effect must be 'Allow' or 'Deny', not 'allow'",
            ),
            (
                json!({"Effect": true, "Action": "*"}),
                "statement 2: Effect must be a text, not a boolean",
            ),
            (json!({"Effect": "Allow", "Resource": "*"}), "statement 2: Action is missing"),
            (
                json!({"Effect": "Allow", "Action": "*", "NotAction": "*"}),
                "statement 2: Action and NotAction exclude each other",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "*"}),
                "statement 2: Resource and NotResource exclude each other",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Principal": "*", "NotPrincipal": "*"}),
                "statement 2: Principal and NotPrincipal exclude each other",
            ),
            (json!({"Effect": "Allow", "Action": []}), "statement 2: Action is an empty list"),
            (
                json!({"Effect": "Allow", "NotAction": []}),
                "statement 2: NotAction is an empty list",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Resource": []}),
                "statement 2: Resource is an empty list",
            ),
            (
                json!({"Effect": "Allow", "Action": [1]}),
                "statement 2: Action must be a text or a list of texts, not a number",
            ),
            (
                json!({"Effect": "Allow", "Action": [["*"]]}),
                "statement 2: Action must be a text or a list of texts, not a list",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Resource": null}),
                "statement 2: Resource must be a text or a list of texts, not null",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Sid": 1}),
                "statement 2: Sid must be a text, not a number",
            ),
            (
                json!({"Effect": "Allow", "action": "*"}),
                "statement 2: unknown element 'action'; there are Sid, Effect, Principal",
            ),
            (
                json!({"Effect": "Allow", "Action": "*",
                    "Principal": "arn:aws:iam::111122223333:root"}),
                "statement 2: Principal must be '*' or an object",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Principal": {}}),
                "statement 2: Principal must be '*' or an object",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Principal": {"AWS": []}}),
                "statement 2: Principal AWS is an empty list",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Principal": {"aws": "*"}}),
                "statement 2: Principal has an unknown kind 'aws'",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Condition": []}),
                "statement 2: Condition must be an object, not a list",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Condition": {"Bool": "x"}}),
                "statement 2: Condition 'Bool' must hold an object, not a text",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Condition": {"Bool": {"k": null}}}),
                "statement 2: the values of condition key 'k' must be",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Condition": {"Bool": {"k": [["x"]]}}}),
                "statement 2: the values of condition key 'k' must be",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Condition": {"Equals": {"k": "v"}}}),
                "statement 2: unknown condition operator 'Equals'",
            ),
            (
                json!({"Effect": "Allow", "Action": "*", "Condition": {"Equals": {}}}),
                "statement 2: unknown condition operator 'Equals'",
            ),
            (
                json!({"Effect": "Allow", "Action": "*",
                    "Condition": {"NullIfExists": {"k": "v"}}}),
                "statement 2: unknown condition operator",
            ),
            (json!("x"), "statement 2: expected an object, found a text"),
            (json!(null), "statement 2: expected an object, found null"),
        ] {
            let error = statement_error(statement.clone());
            assert!(error.starts_with(told), "{statement}: {error}");
        }
        for (document, told) in [
            (json!([]), "policy: expected an object, found a list"),
            (json!(null), "policy: expected an object, found null"),
            (json!({}), "policy: Statement is missing"),
            (
                json!({"statement": []}),
                "policy: unknown element 'statement'; there are Version, Id, Statement",
            ),
            (json!({"Version": "2012-10-18", "Statement": []}), "policy: Version must be"),
            (json!({"Version": 2012, "Statement": []}), "policy: Version must be"),
            (json!({"Statement": [], "Id": 3}), "policy: Id must be a text"),
            (json!({"Statement": null}), "statement 1: expected an object, found null"),
        ] {
            let error = error(document.clone());
            assert!(error.starts_with(told), "{document}: {error}");
        }
    }

    const PLAIN: &str = r#"{"Version":"2012-10-17","Statement":{"Sid":"A+B 1","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/%2F"}}"#;

    #[test]
    fn wrappings_come_off() {
        let expected = Policy::parse(PLAIN).expect("plain");
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let encoded = encode(PLAIN);
        let in_text = serde_json::to_string(PLAIN).expect("text");
        for (name, text) in [
            ("white space", format!(" \n\t{PLAIN}\r\n")),
            ("byte order mark", format!("\u{feff}{PLAIN}")),
            ("byte order mark and white space", format!("\u{feff} \n{PLAIN}")),
            ("URL-encoded", encoded.clone()),
            ("URL-encoded in lower case", encoded.to_ascii_lowercase().replace("a%2bb", "A%2BB")),
            ("URL-encoded twice", encode(&encoded)),
            ("URL-encoded with a byte order mark", encode(&format!("\u{feff}{PLAIN}"))),
            ("JSON in a text", in_text.clone()),
            ("JSON in a text, twice", serde_json::to_string(&in_text).expect("text")),
            ("URL-encoded in a text", serde_json::to_string(&encoded).expect("text")),
            ("a text, URL-encoded", encode(&in_text)),
        ] {
            let read = Policy::parse(&text);
            if name == "URL-encoded in lower case" {
                // Letters of the document itself are in lower case too.
                assert!(read.is_err(), "{name}");
            } else {
                assert_eq!(read.as_ref(), Ok(&expected), "{name}");
                assert_eq!(
                    Policy::from_value(&Value::String(text)).as_ref(),
                    Ok(&expected),
                    "{name}"
                );
            }
        }
        assert_eq!(
            Policy::from_value(&serde_json::from_str(PLAIN).expect("value")).as_ref(),
            Ok(&expected)
        );
    }

    #[test]
    fn forms_encode_spaces_as_plus() {
        let spaced = PLAIN
            .replace(':', ": ")
            .replace("arn: aws: s3: : : b", "arn:aws:s3:::b")
            .replace("s3: *", "s3:*");
        let encoded =
            percent_encoding::utf8_percent_encode(&spaced, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
                .replace("%20", "+");
        assert_eq!(Policy::parse(&encoded), Policy::parse(PLAIN));
    }

    #[test]
    fn an_element_given_twice_is_refused() {
        for text in [
            r#"{"Statement":[],"Statement":[]}"#,
            r#"{"Statement":{"Effect":"Deny","Effect":"Allow","Action":"*"}}"#,
            r#"{"Statement":{"Effect":"Deny","Action":"*","Condition":{"Bool":{"k":"a"},"Bool":{"k":"b"}}}}"#,
            r#"{"Statement":{"Effect":"Deny","Action":"*","Condition":{"Bool":{"k":"a","k":"b"}}}}"#,
            r#"{"Statement":{"Effect":"Deny","Action":"*","\u0041ction":"s3:*"}}"#,
        ] {
            assert!(
                Policy::parse(text)
                    .expect_err("refused")
                    .to_string()
                    .contains("is given twice at line 1"),
                "{text}"
            );
            assert!(Policy::from_value(&Value::String(text.to_owned())).is_err(), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            " ",
            "x",
            "{",
            "{}",
            "[]",
            "null",
            "\"\"",
            "\"x\"",
            "%",
            "%7B",
            "%ff",
            "%7B%7D",
            "100%",
            "{\"Statement\":[]} x",
            "1e999",
            "\u{feff}",
        ] {
            assert!(Policy::parse(text).is_err(), "{text:?}");
        }
        assert!(
            Policy::parse(r#"{"Statement":[]}"#).is_ok(),
            "a policy without statements says nothing"
        );
        let mut wrapped = PLAIN.to_owned();
        for _ in 0..WRAPPINGS {
            wrapped = serde_json::to_string(&wrapped).expect("text");
        }
        assert!(Policy::parse(&wrapped).is_err());
    }

    #[test]
    fn depth_does_no_harm() {
        for (open, close) in [("[", "]"), ("{\"Statement\":", "}"), ("{\"a\":[", "]}")] {
            let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
            assert!(Policy::parse(&deep).is_err());
        }
        let mut deep = json!("x");
        for _ in 0..1000 {
            deep = json!([deep]);
        }
        assert!(Policy::from_value(&json!({"Statement": deep})).is_err());
    }
}
