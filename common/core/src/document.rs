//! Describes documents that are not of the expected kind, and the errors of their parser.

use serde_json::Value;

/// Describes in words a text that should be a JSON object with a number called `schema`. Returns
/// `None` for such an object, and for text that is not JSON: the parser reports more in that case.
pub fn other_document(text: &[u8]) -> Option<&'static str> {
    if text.iter().all(u8::is_ascii_whitespace) {
        return Some("it is empty");
    }
    other_value(&serde_json::from_slice(text).ok()?)
}

/// Describes a document that has been parsed.
pub fn other_value(document: &Value) -> Option<&'static str> {
    match document {
        Value::Object(members) => match members.get("schema") {
            Some(schema) if schema.is_u64() => None,
            Some(_) => Some("its \"schema\" is not a number"),
            None => Some("it has no \"schema\""),
        },
        Value::Array(_) => Some("it is a JSON array"),
        _ => Some("it is not a JSON object"),
    }
}

/// The message of a JSON parser without the terms of Rust.
pub(crate) fn parse_error(message: &str) -> String {
    let named = |prefix: &str| {
        message.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('`')?.split_once('`'))
    };
    let position = message.find(" at line ").and_then(|at| message.get(at..)).unwrap_or_default();
    if let Some((name, rest)) = named("missing field ") {
        format!("'{name}' is missing{rest}")
    } else if let Some((name, rest)) = named("duplicate field ") {
        format!("'{name}' is given twice{rest}")
    } else if let Some((name, rest)) = named("unknown field ") {
        let rest = rest.replace("there are no fields", "there are no members");
        format!("unknown member '{name}'{}", rest.replace('`', "'"))
    } else if let Some((name, rest)) = named("unknown variant ") {
        format!("unknown value '{name}'{}", rest.replace('`', "'"))
    } else if let Some((found, _)) = message.split_once("expected struct ") {
        let found = found.strip_prefix("invalid type: ").and_then(|found| found.strip_suffix(", "));
        let found = found.map(|found| format!("found {}, ", json_type(found))).unwrap_or_default();
        format!("{found}expected an object{position}")
    } else if let Some((found, expected)) =
        message.strip_prefix("invalid type: ").and_then(|types| types.split_once(", expected "))
    {
        let expected = expected.strip_suffix(position).unwrap_or(expected);
        format!("found {}, expected {}{position}", json_type(found), json_type(expected))
    } else {
        message.to_owned()
    }
}

/// The name of a type in JSON.
fn json_type(name: &str) -> &str {
    match name {
        "map" | "a map" => "an object",
        "sequence" | "a sequence" => "a list",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{other_document, parse_error};

    #[test]
    fn parser_errors_have_no_terms_of_rust() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Entry {
            #[expect(dead_code, reason = "only errors matter")]
            verdict: Word,
        }
        #[derive(Debug, serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        enum Word {
            Yes,
            No,
        }
        for (text, expected) in [
            ("{}", "'verdict' is missing at line 1 column 2"),
            (r#"{"more": 1}"#, "unknown member 'more', expected 'verdict' at line 1 column 7"),
            (
                r#"{"verdict": "maybe"}"#,
                "unknown value 'maybe', expected 'yes' or 'no' at line 1 column 19",
            ),
            (
                r#"{"verdict": "yes", "verdict": "no"}"#,
                "'verdict' is given twice at line 1 column 28",
            ),
            ("7", "found integer `7`, expected an object at line 1 column 1"),
            ("[", "EOF while parsing a list at line 1 column 1"),
        ] {
            let error = serde_json::from_str::<Entry>(text).expect_err(text).to_string();
            assert_eq!(parse_error(&error), expected, "{error}");
        }
        assert_eq!(
            parse_error("invalid type: map, expected a sequence"),
            "found an object, expected a list"
        );
    }

    #[test]
    fn other_documents_are_named() {
        for (text, expected) in [
            (" \n", Some("it is empty")),
            ("[]", Some("it is a JSON array")),
            ("\"text\"", Some("it is not a JSON object")),
            ("null", Some("it is not a JSON object")),
            ("{}", Some("it has no \"schema\"")),
            (r#"{"schema": "1"}"#, Some("its \"schema\" is not a number")),
            (r#"{"schema": 7}"#, None),
            ("{", None),
        ] {
            assert_eq!(other_document(text.as_bytes()), expected, "{text}");
        }
    }
}
