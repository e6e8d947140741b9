//! Writes templates as YAML, with sections and members in the usual order.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

/// The members that come first in every object. The others follow in alphabetical order.
const FIRST: [&str; 17] = [
    "AWSTemplateFormatVersion",
    "Description",
    "Parameters",
    "Rules",
    "Conditions",
    "Resources",
    "Outputs",
    "Type",
    "Condition",
    "DependsOn",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "Version",
    "Effect",
    "Principal",
    "Action",
    "Resource",
];

/// A document whose members have the order of [`FIRST`].
struct Ordered<'a>(&'a Value);

fn place(name: &str) -> usize {
    FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len())
}

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(members) => members_in_order(members, to),
            Value::Array(items) => to.collect_seq(items.iter().map(Ordered)),
            other => other.serialize(to),
        }
    }
}

fn members_in_order<S: Serializer>(members: &Map<String, Value>, to: S) -> Result<S::Ok, S::Error> {
    let mut members: Vec<(&String, &Value)> = members.iter().collect();
    members.sort_by_key(|(name, _)| (place(name), *name));
    let mut map = to.serialize_map(Some(members.len()))?;
    for (name, value) in members {
        map.serialize_entry(name, &Ordered(value))?;
    }
    map.end()
}

/// Writes the YAML of a template. Texts that YAML 1.1 would interpret otherwise (`on`,
/// `2012-10-17`) are quoted, because CloudFormation's parser uses that version.
pub(crate) fn write(template: &Value) -> Result<String, serde_saphyr::SerializeError> {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    serde_saphyr::to_string_with_options(&Ordered(template), options)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::write;

    #[test]
    fn readers_of_yaml_1_1_see_the_same_texts() {
        let yaml =
            write(&json!({ "Version": "2012-10-17", "Zone": ["on", "off", "0123", "1e3", "~"],
                "Type": "AWS::S3::Bucket", "Text": "a: b # c" }))
            .expect("YAML");
        let expected = "Type: AWS::S3::Bucket\nVersion: '2012-10-17'\nText: 'a: b # c'\nZone:\n- \
            'on'\n- 'off'\n- '0123'\n- '1e3'\n- '~'\n";
        assert_eq!(yaml.replace('"', "'").replace("  -", "-"), expected);
    }
}
