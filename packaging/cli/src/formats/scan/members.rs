//! Members of JSON objects.

use serde_json::Value;

/// An object without its members that have no value: OCSF and SARIF know no null.
pub(super) fn without_null(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect())
        }
        other => other,
    }
}
