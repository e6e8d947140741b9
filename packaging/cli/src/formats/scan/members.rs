//! Helpers for JSON objects.

use serde_json::Value;

/// Removes members without a value, because OCSF and SARIF do not allow null.
pub(super) fn without_null(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect())
        }
        other => other,
    }
}
