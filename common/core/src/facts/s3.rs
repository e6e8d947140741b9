//! Facts from Amazon S3.

use serde::{Deserialize, Serialize};

use crate::engine::View;
use crate::evaluation::NotAssessed;
use crate::fact::Key;
use crate::facts::{Fact, Kind};
use crate::item::ConfigurationItem;
use crate::resource::Resource;

/// The account's buckets in all Regions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buckets(pub Vec<Bucket>);

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// The Region that holds it.
    pub region: String,
}

/// A bucket's versioning and MFA delete, source `GetBucketVersioning`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketVersioning {
    /// Absent on a bucket whose versioning was never set.
    pub status: Option<VersioningStatus>,
    /// Absent on a bucket whose MFA delete was never set.
    pub mfa_delete: Option<bool>,
}

/// Whether new versions are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VersioningStatus {
    /// Kept.
    Enabled,
    /// Kept until it was suspended.
    Suspended,
}

/// Where a bucket's server access log goes, source `GetBucketLogging`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketLogging {
    /// The bucket that gets the log; absent when nothing is logged.
    pub target: Option<String>,
}

impl BucketVersioning {
    /// The versioning in a bucket's configuration item; nothing when the item does not tell it, or in other words than the known ones.
    pub fn from_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Configuration {
            status: String,
            is_mfa_delete_enabled: Option<bool>,
        }
        let Configuration { status, is_mfa_delete_enabled } = item.supplementary("BucketVersioningConfiguration")?;
        let status = match status.as_str() {
            "Enabled" => Some(VersioningStatus::Enabled),
            "Suspended" => Some(VersioningStatus::Suspended),
            "Off" => None,
            _ => return None,
        };
        Some(Self { status, mfa_delete: is_mfa_delete_enabled })
    }
}

impl Resource for Bucket {
    const TYPE: &'static str = "AWS::S3::Bucket";
    const NOUN: (&'static str, &'static str) = ("bucket", "buckets");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.account::<Buckets>()?.0.iter().filter(|bucket| bucket.region == view.context().region).collect())
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        Some(Self { name: item.resource_id.clone(), region: item.aws_region.clone() })
    }

    fn facts_from_item(item: &ConfigurationItem) -> Vec<(Key, Fact)> {
        BucketVersioning::from_item(item)
            .map(|versioning| (Key::resource(Kind::BucketVersioning, item.aws_region.as_str(), item.resource_id.as_str()), versioning.into()))
            .into_iter()
            .collect()
    }

    fn id(&self) -> &str {
        &self.name
    }

    fn arn(&self, view: &View<'_>) -> Option<String> {
        Some(format!("arn:{}:s3:::{}", view.context().partition, self.name))
    }
}
