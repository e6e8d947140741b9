//! Buckets.

use serde::Deserialize;
use serde_json::Value;

use crate::evaluation::{NotAssessed, ResourceRef};
use crate::fact::Key;
use crate::facts::{
    Bucket, BucketEncryption, BucketPolicy, BucketPublicAccessBlock, BucketVersioning, Buckets,
    Fact, FactKind, PublicAccessBlock, VersioningStatus,
};
use crate::item::ConfigurationItem;
use crate::resources::Resource;
use crate::view::View;

impl BucketVersioning {
    /// Parses the versioning in a bucket's configuration item; `None` if the item lacks it or has
    /// an unknown value.
    pub fn from_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Configuration {
            status: String,
            is_mfa_delete_enabled: Option<bool>,
        }
        let Configuration { status, is_mfa_delete_enabled } =
            item.supplementary("BucketVersioningConfiguration")?;
        let status = match status.as_str() {
            "Enabled" => Some(VersioningStatus::Enabled),
            "Suspended" => Some(VersioningStatus::Suspended),
            "Off" => None,
            _ => return None,
        };
        Some(Self { status, mfa_delete: is_mfa_delete_enabled })
    }
}

impl BucketEncryption {
    /// Parses the default encryption in a bucket's configuration item; `None` if the item lacks it.
    pub fn from_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(Deserialize)]
        struct Configuration {
            rules: Vec<Rule>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Rule {
            apply_server_side_encryption_by_default: Default,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Default {
            sse_algorithm: String,
        }
        let Configuration { rules } = item.supplementary("ServerSideEncryptionConfiguration")?;
        let algorithm =
            rules.into_iter().next()?.apply_server_side_encryption_by_default.sse_algorithm;
        Some(Self { algorithm: Some(algorithm) })
    }
}

impl BucketPolicy {
    /// Parses the policy in a bucket's configuration item; `None` if the item lacks it.
    pub fn from_item(item: &ConfigurationItem) -> Option<Self> {
        let configuration: serde_json::Map<String, Value> = item.supplementary("BucketPolicy")?;
        let document = match configuration.get("policyText")? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            object @ Value::Object(_) => Some(object.to_string()),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) => return None,
        };
        Some(Self { document })
    }
}

impl BucketPublicAccessBlock {
    /// Parses the settings in a bucket's configuration item; `None` if the item lacks one of the
    /// four.
    pub fn from_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Configuration {
            block_public_acls: bool,
            ignore_public_acls: bool,
            block_public_policy: bool,
            restrict_public_buckets: bool,
        }
        let Configuration {
            block_public_acls,
            ignore_public_acls,
            block_public_policy,
            restrict_public_buckets,
        } = item.supplementary("PublicAccessBlockConfiguration")?;
        Some(Self(PublicAccessBlock {
            block_public_acls,
            ignore_public_acls,
            block_public_policy,
            restrict_public_buckets,
        }))
    }
}

impl Resource for Bucket {
    const TYPE: &'static str = "AWS::S3::Bucket";
    const NOUN: (&'static str, &'static str) = ("bucket", "buckets");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view
            .account::<Buckets>()?
            .0
            .iter()
            .filter(|bucket| bucket.region == view.context().region)
            .collect())
    }

    /// The buckets whose Region is not known. The run in the home Region reports them.
    fn unlisted(view: &View<'_>) -> Vec<(ResourceRef, NotAssessed)> {
        let Ok(Buckets(buckets)) = view.account::<Buckets>() else { return Vec::new() };
        let is_home = view.context().region == view.context().home_region;
        let unlocated = |bucket: &Self| {
            let why = bucket.unlocated.clone()?.into();
            is_home.then(|| (bucket.reference(view), why))
        };
        buckets.iter().filter_map(unlocated).collect()
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        Some(Self::new(item.resource_id.as_str(), item.aws_region.as_str()))
    }

    fn facts_from_item(item: &ConfigurationItem) -> Vec<(Key, Fact)> {
        let facts = [
            BucketVersioning::from_item(item).map(Fact::from),
            BucketEncryption::from_item(item).map(Fact::from),
            BucketPolicy::from_item(item).map(Fact::from),
            BucketPublicAccessBlock::from_item(item).map(Fact::from),
        ];
        facts
            .into_iter()
            .flatten()
            .map(|fact| {
                (
                    Key::resource(fact.kind(), item.aws_region.as_str(), item.resource_id.as_str()),
                    fact,
                )
            })
            .collect()
    }

    fn id(&self) -> &str {
        &self.name
    }

    fn fact_key(&self, kind: FactKind, _: &View<'_>) -> Key {
        Key::resource(kind, self.region.as_str(), self.name.as_str())
    }

    fn arn(&self, view: &View<'_>) -> Option<String> {
        Some(format!("arn:{}:s3:::{}", view.context().partition, self.name))
    }
}
