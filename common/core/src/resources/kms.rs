//! KMS keys.

use serde::Deserialize;

use crate::evaluation::NotAssessed;
use crate::fact::Key;
use crate::facts::{Fact, FactKind, KmsKey, KmsKeyMetadata, KmsKeyRotation, KmsKeys};
use crate::item::ConfigurationItem;
use crate::resources::Resource;
use crate::view::View;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemKey {
    key_id: String,
    arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemMetadata {
    key_manager: String,
    key_state: String,
    #[serde(alias = "customerMasterKeySpec")]
    key_spec: String,
    origin: String,
}

impl Resource for KmsKey {
    const TYPE: &'static str = "AWS::KMS::Key";
    const NOUN: (&'static str, &'static str) =
        ("rotatable customer managed KMS key", "rotatable customer managed KMS keys");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.region::<KmsKeys>()?.0.iter().collect())
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        let ItemKey { key_id, arn } = item.configuration()?;
        (key_id == item.resource_id).then_some(Self { id: key_id, arn })
    }

    fn facts_from_item(item: &ConfigurationItem) -> Vec<(Key, Fact)> {
        let key = |kind| Key::resource(kind, item.aws_region.as_str(), item.resource_id.as_str());
        let mut facts = Vec::new();
        if let Some(ItemMetadata { key_manager, key_state, key_spec, origin }) = metadata(item) {
            facts.push((
                key(FactKind::KmsKeyMetadata),
                KmsKeyMetadata { manager: key_manager, state: key_state, spec: key_spec, origin }
                    .into(),
            ));
        }
        if let Some(enabled) = item.supplementary::<bool>("KeyRotationStatus") {
            facts.push((key(FactKind::KmsKeyRotation), KmsKeyRotation { enabled }.into()));
        }
        facts
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn arn(&self, _: &View<'_>) -> Option<String> {
        Some(self.arn.clone())
    }
}

/// Newer items contain both names of the key's type, which the parser would reject.
fn metadata(item: &ConfigurationItem) -> Option<ItemMetadata> {
    let mut configuration = item.configuration.clone();
    let members = configuration.as_object_mut()?;
    if members.contains_key("keySpec") {
        members.remove("customerMasterKeySpec");
    }
    serde_json::from_value(configuration).ok()
}
