//! Facts from AWS CloudTrail.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::engine::View;
use crate::evaluation::{NotAssessed, ResourceRef};
use crate::fact::{Cause, Key};
use crate::facts::{Fact, FactKind};
use crate::item::ConfigurationItem;
use crate::resource::Resource;

/// The trails that record this account, each once however many Regions show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trails(pub Vec<Trail>);

/// A trail's identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Trail {
    /// Its ARN; the account in it owns the trail.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The Region in which it was made and in which it can be read in full.
    pub home_region: String,
}

/// A trail's settings, source `DescribeTrails`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailSettings {
    /// Whether it records all Regions.
    pub multi_region: bool,
    /// Whether it records every account of an organization.
    pub organization: bool,
    /// Whether it records the global services.
    pub global_events: bool,
    /// Whether its log files are signed.
    pub log_file_validation: bool,
    /// The bucket it delivers to.
    pub bucket: Option<TrailBucket>,
    /// The log group it delivers to, an ARN.
    pub log_group: Option<String>,
    /// The KMS key that encrypts its log files.
    pub kms_key: Option<String>,
}

/// The name of a bucket that a trail delivers to. It need not exist, and need not be of this
/// account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrailBucket(pub String);

/// Whether a trail is at work, source `GetTrailStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailStatus {
    /// Whether it is logging.
    pub logging: bool,
    /// When it last delivered to its log group.
    pub log_group_delivery: Option<chrono::DateTime<chrono::Utc>>,
}

/// Which events a trail records, source `GetEventSelectors`. A trail has selectors of one sort or
/// of the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailSelectors {
    /// Basic selectors.
    #[serde(default)]
    pub basic: Vec<BasicSelector>,
    /// Advanced selectors.
    #[serde(default)]
    pub advanced: Vec<AdvancedSelector>,
}

/// A basic event selector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasicSelector {
    /// Reads, writes or both.
    pub read_write: ReadWrite,
    /// Whether management events are recorded.
    pub management: bool,
    /// Services whose management events are left out.
    #[serde(default)]
    pub excluded_sources: Vec<String>,
    /// Recorded data events: the resource type and its ARN prefixes.
    #[serde(default)]
    pub data: Vec<(String, Vec<String>)>,
}

/// Which events a basic selector takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadWrite {
    /// Only those that read.
    ReadOnly,
    /// Only those that write.
    WriteOnly,
    /// Both.
    All,
}

impl ReadWrite {
    /// Whether reading events are among them.
    pub fn reads(self) -> bool {
        self != Self::WriteOnly
    }

    /// Whether writing events are among them.
    pub fn writes(self) -> bool {
        self != Self::ReadOnly
    }
}

/// An advanced event selector: an event is recorded when every field selector agrees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvancedSelector {
    /// Its name; may be empty.
    #[serde(default)]
    pub name: String,
    /// Its conditions.
    pub fields: Vec<FieldSelector>,
}

/// One condition of an advanced event selector. Operators AND together, the values of one operator
/// OR together (of a negated one, none may match).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldSelector {
    /// `eventCategory`, `readOnly`, `eventSource`, `eventName`, `resources.type`, `resources.ARN`,
    /// …
    pub field: String,
    /// Exact values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub equals: Vec<String>,
    /// Prefixes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts_with: Vec<String>,
    /// Suffixes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends_with: Vec<String>,
    /// Values that exclude.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_equals: Vec<String>,
    /// Prefixes that exclude.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_starts_with: Vec<String>,
    /// Suffixes that exclude.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_ends_with: Vec<String>,
}

/// A trail's item; nothing when it does not tell which trail it is. Settings that it leaves out are
/// read instead.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemTrail {
    name: String,
    home_region: String,
    #[serde(alias = "trailArn", alias = "trailARN")]
    trail_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemSettings {
    is_multi_region_trail: bool,
    is_organization_trail: bool,
    include_global_service_events: bool,
    log_file_validation_enabled: bool,
    s3_bucket_name: String,
    #[serde(alias = "cloudWatchLogsLogGroupARN")]
    cloud_watch_logs_log_group_arn: Option<String>,
    kms_key_id: Option<String>,
}

impl Resource for Trail {
    const TYPE: &'static str = "AWS::CloudTrail::Trail";
    const NOUN: (&'static str, &'static str) = ("trail", "trails");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.account::<Trails>()?.0.iter().collect())
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        let ItemTrail { name, home_region, trail_arn } = item.configuration()?;
        Some(Self { arn: trail_arn, name, home_region })
    }

    fn facts_from_item(item: &ConfigurationItem) -> Vec<(Key, Fact)> {
        let (Some(trail), Some(settings)) =
            (Self::from_item(item), item.configuration::<ItemSettings>())
        else {
            return Vec::new();
        };
        let settings = TrailSettings {
            multi_region: settings.is_multi_region_trail,
            organization: settings.is_organization_trail,
            global_events: settings.include_global_service_events,
            log_file_validation: settings.log_file_validation_enabled,
            bucket: Some(TrailBucket(settings.s3_bucket_name)),
            log_group: settings.cloud_watch_logs_log_group_arn.filter(|arn| !arn.is_empty()),
            kms_key: settings.kms_key_id.filter(|key| !key.is_empty()),
        };
        vec![(
            Key::resource(FactKind::TrailSettings, trail.home_region, trail.arn),
            settings.into(),
        )]
    }

    fn id(&self) -> &str {
        &self.name
    }

    fn is_own(&self, view: &View<'_>) -> bool {
        self.arn.split(':').nth(4) == Some(view.context().account.as_str())
    }

    fn arn(&self, _: &View<'_>) -> Option<String> {
        Some(self.arn.clone())
    }
}

/// A trail with its settings.
type WithSettings<'a> = (&'a Trail, Result<&'a TrailSettings, NotAssessed>);

/// The account's own trails with their settings.
fn own_settings<'a>(view: &View<'a>) -> Result<Vec<WithSettings<'a>>, NotAssessed> {
    let own = Trail::list(view)?.into_iter().filter(|trail| trail.is_own(view));
    Ok(own.map(|trail| (trail, view.resource(&trail.home_region, &trail.arn))).collect())
}

/// The buckets of the account's own trails.
impl Resource for TrailBucket {
    const TYPE: &'static str = "AWS::S3::Bucket";
    const NOUN: (&'static str, &'static str) = ("bucket of a trail", "buckets of trails");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(own_settings(view)?
            .into_iter()
            .filter_map(|(_, settings)| settings.ok()?.bucket.as_ref())
            .collect())
    }

    /// The trails whose settings could not be read. Those that are gone deliver nowhere.
    fn unlisted(view: &View<'_>) -> Vec<(ResourceRef, NotAssessed)> {
        let unread =
            own_settings(view).unwrap_or_default().into_iter().filter_map(|(trail, settings)| {
                match settings.err()? {
                    NotAssessed::ReadFailed(unread) if unread.cause == Cause::NotFound => None,
                    why => Some((trail.reference(view), why)),
                }
            });
        let mut seen = HashSet::new();
        unread.filter(|(trail, _)| seen.insert(trail.resource_id.clone())).collect()
    }

    fn from_item(_: &ConfigurationItem) -> Option<Self> {
        None
    }

    fn id(&self) -> &str {
        &self.0
    }

    fn arn(&self, view: &View<'_>) -> Option<String> {
        Some(format!("arn:{}:s3:::{}", view.context().partition, self.0))
    }
}
