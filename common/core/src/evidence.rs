//! The facts behind a verdict.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// The facts behind an evaluation, a JSON object. It is stored as text: a run holds one for each
/// resource, and a tree takes ten times the memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence(Box<str>);

impl Evidence {
    /// Evidence for a verdict without facts to show.
    pub fn none() -> Self {
        Self(Box::from("{}"))
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        *self.0 == *"{}"
    }

    /// The members.
    pub fn members(&self) -> Map<String, Value> {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// As JSON with at most `limit` characters. If the evidence is longer, it has the members that
    /// fit, and `"truncated": true`.
    pub fn within(&self, limit: usize) -> String {
        if self.0.chars().count() <= limit {
            return self.to_string();
        }
        let mut kept = Map::from_iter([("truncated".to_owned(), true.into())]);
        for (name, value) in self.members() {
            let mut more = kept.clone();
            more.insert(name, value);
            if serde_json::to_string(&more).is_ok_and(|text| text.chars().count() <= limit) {
                kept = more;
            }
        }
        Value::Object(kept).to_string()
    }
}

impl From<Map<String, Value>> for Evidence {
    fn from(members: Map<String, Value>) -> Self {
        Self(Value::Object(members).to_string().into_boxed_str())
    }
}

/// An object stays as it is. Any other value becomes the member `value`.
impl From<Value> for Evidence {
    fn from(value: Value) -> Self {
        Self::from(match value {
            Value::Object(members) => members,
            other => Map::from_iter([("value".to_owned(), other)]),
        })
    }
}

/// As JSON on one line.
impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.members().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Evidence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_cut_between_members() {
        let long = "x".repeat(60);
        let evidence = Evidence::from(json!({ "a": 1, "b": [long, long], "c": "é  é" }));
        assert_eq!(evidence.within(1_000), evidence.to_string());
        let cut: Value = serde_json::from_str(&evidence.within(100)).expect("JSON");
        assert_eq!(cut, json!({ "a": 1, "c": "é  é", "truncated": true }));
        assert_eq!(evidence.within(20), r#"{"truncated":true}"#);
    }

    #[test]
    fn evidence_reads_as_it_was_written() {
        let members = json!({ "vpc": "vpc-1", "port": 22, "name": "a \"b\" \u{1F600}\n" });
        let evidence = Evidence::from(members.clone());
        assert_eq!(serde_json::to_value(&evidence).expect("JSON"), members);
        assert_eq!(Value::Object(evidence.members()), members);
        assert!(!evidence.is_empty() && Evidence::none().is_empty());
        assert_eq!(Evidence::from(Map::new()), Evidence::none());
    }
}
