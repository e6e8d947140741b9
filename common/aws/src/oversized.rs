//! Configuration items that are too large for an event.

use aws_sdk_config::types::{ChronologicalOrder, ConfigurationItem as SdkItem};
use plumbline_core::answer::Answer;
use plumbline_core::event::ItemSummary;
use plumbline_core::item::ConfigurationItem;
use plumbline_core::operation::config;
use plumbline_core::time::milliseconds;
use serde_json::json;

use crate::error::AwsError;
use crate::session::Session;
use crate::time;

/// The error code for a resource without an item in AWS Config.
const NOT_DISCOVERED: &str = "ResourceNotDiscoveredException";

/// The newest item of a resource up to the time of the summary, source `GetResourceConfigHistory`;
/// `None` if AWS Config has none.
///
/// The history of AWS Config can lag behind its notifications: the item may be older than the
/// summary. Compare `captured` before you use it.
pub(crate) async fn latest_item(
    session: &Session,
    region: &str,
    summary: &ItemSummary,
) -> Result<Option<ConfigurationItem>, AwsError> {
    let call = session
        .config(region)
        .get_resource_config_history()
        .resource_type(summary.resource_type.as_str().into())
        .resource_id(&summary.resource_id)
        .later_time(time::to_sdk(summary.captured))
        .chronological_order(ChronologicalOrder::Reverse)
        .limit(1);
    match session.send(config::GET_RESOURCE_CONFIG_HISTORY, call.send()).await {
        Ok(answer) => {
            let items = config::GET_RESOURCE_CONFIG_HISTORY
                .require(answer.configuration_items, "the items")?;
            Ok(items.first().map(item).transpose()?)
        }
        Err(unread) if unread.code == NOT_DISCOVERED => Ok(None),
        Err(unread) => Err(unread.into()),
    }
}

/// Converts the item through its JSON, so that only the parser of events unpacks its strings.
fn item(item: &SdkItem) -> Answer<ConfigurationItem> {
    let captured = item.configuration_item_capture_time.as_ref().and_then(time::from_sdk);
    let status = item.configuration_item_status.as_ref();
    let text = json!({
        "resourceType": item.resource_type.as_ref().map(|kind| kind.as_str()),
        "resourceId": item.resource_id,
        "resourceName": item.resource_name,
        "arn": item.arn,
        "accountId": item.account_id,
        "awsRegion": item.aws_region,
        "configurationItemStatus": status.map(|status| status.as_str()),
        "configurationItemCaptureTime": captured.map(milliseconds),
        "configuration": item.configuration,
        "supplementaryConfiguration": item.supplementary_configuration,
    });
    serde_json::from_value(text).map_err(|error| {
        config::GET_RESOURCE_CONFIG_HISTORY.malformed(format!("the item cannot be read: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_config::types::builders::ConfigurationItemBuilder;
    use aws_sdk_config::types::{ConfigurationItemStatus, ResourceType};
    use aws_smithy_types::DateTime;
    use plumbline_core::item::ItemStatus;

    use super::*;

    fn bucket() -> ConfigurationItemBuilder {
        SdkItem::builder()
            .resource_type(ResourceType::Bucket)
            .resource_id("b")
            .account_id("111122223333")
            .aws_region("us-east-1")
            .configuration_item_capture_time(DateTime::from_millis(1_767_268_800_678))
    }

    #[test]
    fn texts_are_unpacked() {
        let sent = bucket()
            .configuration_item_status(ConfigurationItemStatus::ResourceDiscovered)
            .configuration("{\"name\":\"b\"}");
        let item =
            item(&sent.supplementary_configuration("Versioning", "{\"status\":\"Off\"}").build())
                .expect("an item");
        assert_eq!(
            (item.resource_type.as_str(), item.status, item.captured.timestamp_millis()),
            ("AWS::S3::Bucket", ItemStatus::ResourceDiscovered, 1_767_268_800_678)
        );
        assert_eq!(item.configuration, json!({"name": "b"}));
        assert_eq!(
            item.supplementary_configuration.get("Versioning"),
            Some(&json!({"status": "Off"}))
        );
    }

    #[test]
    fn deleted_items_are_kept_and_others_refused() {
        let deleted =
            bucket().configuration_item_status(ConfigurationItemStatus::ResourceDeleted).build();
        assert!(!item(&deleted).expect("an item").status.is_present());
        assert!(item(&bucket().build()).is_err());
        assert!(item(&bucket().configuration_item_status("Lost".into()).build()).is_err());
    }
}
