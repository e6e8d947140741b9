//! Configuration items of AWS Config, in the spelling of events and in that of
//! `GetResourceConfigHistory`.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// What happened to the resource of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum ItemStatus {
    /// It was found or changed.
    #[serde(alias = "Ok")]
    OK,
    /// It was found for the first time.
    ResourceDiscovered,
    /// It is gone.
    ResourceDeleted,
    /// It is gone, and Config did not record it any more.
    ResourceDeletedNotRecorded,
    /// Config does not record it.
    ResourceNotRecorded,
}

impl ItemStatus {
    /// Whether the resource is there and recorded.
    pub fn is_present(self) -> bool {
        matches!(self, Self::OK | Self::ResourceDiscovered)
    }

    /// Whether the resource is deleted.
    pub fn is_deleted(self) -> bool {
        matches!(self, Self::ResourceDeleted | Self::ResourceDeletedNotRecorded)
    }
}

/// A configuration item.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationItem {
    /// `AWS::S3::Bucket`, …
    pub resource_type: String,
    /// Config's id of the resource.
    pub resource_id: String,
    /// The resource's name, where it has one.
    #[serde(default)]
    pub resource_name: Option<String>,
    /// The ARN, where it has one.
    #[serde(default, rename = "ARN", alias = "arn")]
    pub arn: Option<String>,
    /// The account that holds the resource.
    #[serde(alias = "accountId")]
    pub aws_account_id: String,
    /// The Region; `global` for IAM.
    pub aws_region: String,
    /// What happened.
    #[serde(rename = "configurationItemStatus")]
    pub status: ItemStatus,
    /// When the item was captured.
    #[serde(rename = "configurationItemCaptureTime")]
    pub captured: DateTime<Utc>,
    /// The resource's own description; null for a deleted one.
    #[serde(default, deserialize_with = "parsed")]
    pub configuration: Value,
    /// Further descriptions by name.
    #[serde(default, deserialize_with = "each_parsed")]
    pub supplementary_configuration: Map<String, Value>,
}

impl ConfigurationItem {
    /// The resource's own description in a type; nothing when it is absent or has another form.
    pub fn configuration<T: DeserializeOwned>(&self) -> Option<T> {
        T::deserialize(&self.configuration).ok()
    }

    /// A further description in a type; nothing when it is absent or has another form.
    pub fn supplementary<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.supplementary_configuration
            .get(name)
            .filter(|value| !value.is_null())
            .and_then(|value| T::deserialize(value).ok())
    }
}

/// The history API hands objects over as JSON texts: a text that holds an object or a list becomes
/// it.
fn unpack(value: Value) -> Value {
    match value {
        Value::String(text) => match serde_json::from_str::<Value>(&text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => inner,
            _ => Value::String(text),
        },
        other => other,
    }
}

fn parsed<'de, D: Deserializer<'de>>(from: D) -> Result<Value, D::Error> {
    Value::deserialize(from).map(unpack)
}

fn each_parsed<'de, D: Deserializer<'de>>(from: D) -> Result<Map<String, Value>, D::Error> {
    let members = Option::<Map<String, Value>>::deserialize(from)?.unwrap_or_default();
    Ok(members.into_iter().map(|(name, value)| (name, unpack(value))).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_and_history_read_alike() {
        let event = json!({
            "resourceType": "AWS::S3::Bucket", "resourceId": "b", "ARN": "arn:aws:s3:::b",
            "awsAccountId": "111122223333", "awsRegion": "us-east-1",
            "configurationItemStatus": "OK",
            "configurationItemCaptureTime": "2026-01-02T03:04:05.678Z",
            "configuration": {"name": "b"},
            "supplementaryConfiguration": {"BucketVersioningConfiguration": {"status": "Off"}},
            "tags": {}
        });
        let history = json!({
            "version": "1.3", "resourceType": "AWS::S3::Bucket", "resourceId": "b",
            "arn": "arn:aws:s3:::b", "accountId": "111122223333", "awsRegion": "us-east-1",
            "configurationItemStatus": "OK",
            "configurationItemCaptureTime": "2026-01-02T03:04:05.678Z",
            "configuration": "{\"name\":\"b\"}",
            "supplementaryConfiguration": {"BucketVersioningConfiguration": "{\"status\":\"Off\"}"}
        });
        let event: ConfigurationItem = serde_json::from_value(event).expect("event");
        let history: ConfigurationItem = serde_json::from_value(history).expect("history");
        assert_eq!(event, history);
    }

    #[test]
    fn deleted_items_have_no_configuration() {
        let item: ConfigurationItem = serde_json::from_value(json!({
            "resourceType": "AWS::S3::Bucket", "resourceId": "b", "awsAccountId": "111122223333",
            "awsRegion": "us-east-1",
            "configurationItemStatus": "ResourceDeleted",
            "configurationItemCaptureTime": "2026-01-02T03:04:05Z",
            "configuration": null, "supplementaryConfiguration": null
        }))
        .expect("item");
        assert!(!item.status.is_present());
        assert_eq!(item.configuration::<Map<String, Value>>(), None);
    }
}
