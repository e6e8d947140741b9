//! Describes a document that is not of the expected kind.

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

#[cfg(test)]
mod tests {
    use super::other_document;

    #[test]
    fn other_documents_are_named() {
        for (text, expected) in [
            (" \n", Some("it is empty")),
            ("[]", Some("it is a JSON list")),
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
