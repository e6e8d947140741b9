//! Instances.

use serde::Deserialize;

use crate::evaluation::NotAssessed;
use crate::facts::{Instance, Instances};
use crate::item::ConfigurationItem;
use crate::resources::Resource;
use crate::view::View;

impl Resource for Instance {
    const TYPE: &'static str = "AWS::EC2::Instance";
    const NOUN: (&'static str, &'static str) = ("instance", "instances");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.region::<Instances>()?.0.iter().collect())
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Configuration {
            instance_id: String,
            state: State,
            iam_instance_profile: serde_json::Value,
        }
        #[derive(Deserialize)]
        struct State {
            name: String,
        }
        let Configuration { instance_id, state, iam_instance_profile } = item.configuration()?;
        let profile = match iam_instance_profile {
            serde_json::Value::Null => None,
            profile => Some(profile.get("arn")?.as_str()?.to_owned()),
        };
        Some(Self { id: instance_id, state: state.name, profile })
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn arn(&self, view: &View<'_>) -> Option<String> {
        let context = view.context();
        Some(format!(
            "arn:{}:ec2:{}:{}:instance/{}",
            context.partition, context.region, context.account, self.id
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_of_instances_have_a_profile_or_are_read() {
        let instance = |configuration: serde_json::Value| {
            let item = json!({
                "resourceType": "AWS::EC2::Instance", "resourceId": "i-1",
                "awsAccountId": "111122223333", "awsRegion": "us-east-1",
                "configurationItemStatus": "OK",
                "configurationItemCaptureTime": "2026-01-02T03:04:05Z",
                "configuration": configuration
            });
            Instance::from_item(&serde_json::from_value(item).expect("an item"))
        };
        let state = json!({ "code": 16, "name": "running" });
        let profile = |profile: serde_json::Value| {
            instance(json!({ "instanceId": "i-1", "state": state, "iamInstanceProfile": profile }))
        };
        assert_eq!(
            profile(json!({ "arn": "arn:p", "id": "AIPA1" }))
                .and_then(|instance| instance.profile)
                .as_deref(),
            Some("arn:p")
        );
        assert_eq!(profile(json!(null)).map(|instance| instance.profile), Some(None));
        assert_eq!(profile(json!({})), None);
        assert_eq!(instance(json!({ "instanceId": "i-1", "state": state })), None);
    }
}
