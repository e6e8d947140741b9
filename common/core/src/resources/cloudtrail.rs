//! Trails and their S3 buckets.

use std::collections::HashSet;

use serde::Deserialize;

use crate::evaluation::{NotAssessed, ResourceRef};
use crate::fact::Key;
use crate::facts::{Buckets, Fact, FactKind, FactOf, Trail, TrailBucket, TrailSettings, Trails};
use crate::item::ConfigurationItem;
use crate::resources::Resource;
use crate::view::View;

/// A trail's configuration item; `None` if it does not identify the trail. Settings that the item
/// lacks are read from AWS.
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

    /// The account's own trails that are listed but were not found: their verdicts belong to the
    /// account.
    fn unlisted(view: &View<'_>) -> Vec<(ResourceRef, NotAssessed)> {
        let own = Self::list(view).unwrap_or_default().into_iter().filter(|one| one.is_own(view));
        let not_found = own.filter(|trail| {
            matches!(view.existing::<TrailSettings>(&trail.home_region, &trail.arn), Ok(None))
        });
        not_found
            .take(1)
            .map(|trail| (view.context().account_resource(), trail.not_found()))
            .collect()
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

    fn fact_key(&self, kind: FactKind, _: &View<'_>) -> Key {
        Key::resource(kind, self.home_region.as_str(), self.arn.as_str())
    }

    fn is_own(&self, view: &View<'_>) -> bool {
        self.arn.split(':').nth(4) == Some(view.context().account.as_str())
    }

    fn arn(&self, _: &View<'_>) -> Option<String> {
        Some(self.arn.clone())
    }
}

impl Trail {
    /// A fact of the trail. CloudTrail lists some trails that it does not find on request. Such a
    /// trail was deleted or belongs to another account.
    pub fn fact<'a, T: FactOf<Of = Self>>(&self, view: &View<'a>) -> Result<&'a T, NotAssessed> {
        view.existing(&self.home_region, &self.arn)?.ok_or_else(|| self.not_found())
    }

    fn not_found(&self) -> NotAssessed {
        NotAssessed::Undetermined(format!(
            "trail '{}' in {} is listed, but CloudTrail did not find it; the next run shows \
             whether it was deleted.",
            self.name, self.home_region
        ))
    }
}

/// A trail with its settings.
type WithSettings<'a> = (&'a Trail, Result<&'a TrailSettings, NotAssessed>);

/// The trails that the account can see, with their settings.
fn with_settings<'a>(view: &View<'a>) -> Result<Vec<WithSettings<'a>>, NotAssessed> {
    Ok(Trail::list(view)?.into_iter().map(|trail| (trail, trail.fact(view))).collect())
}

impl TrailBucket {
    /// Whether the account owns the bucket: the bucket is in the account's own list. If the list
    /// cannot be read, the result is also true, so that the bucket is not assessed.
    pub fn may_be_own(&self, view: &View<'_>) -> bool {
        view.account::<Buckets>()
            .map_or(true, |Buckets(own)| own.iter().any(|bucket| bucket.name == self.0))
    }
}

/// The buckets of the account's own trails, including buckets of other accounts, and the account's
/// own buckets of the trails of others: the account that owns a bucket evaluates it.
impl Resource for TrailBucket {
    const TYPE: &'static str = "AWS::S3::Bucket";
    const NOUN: (&'static str, &'static str) = ("bucket of a trail", "buckets of trails");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        let bucket = |(trail, settings): WithSettings<'a>| {
            let bucket = settings.ok()?.bucket.as_ref()?;
            (trail.is_own(view) || bucket.may_be_own(view)).then_some(bucket)
        };
        Ok(with_settings(view)?.into_iter().filter_map(bucket).collect())
    }

    /// The trails whose settings could not be read.
    fn unlisted(view: &View<'_>) -> Vec<(ResourceRef, NotAssessed)> {
        let unread = with_settings(view)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(trail, settings)| Some((trail.reference(view), settings.err()?)));
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
