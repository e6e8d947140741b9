//! The resources over which controls run.

use crate::engine::View;
use crate::evaluation::{NotAssessed, ResourceRef};
use crate::fact::Key;
use crate::facts::{Bucket, BucketVersioning, Buckets, Fact, SecurityGroup, SecurityGroups, User, Users};
use crate::item::ConfigurationItem;

/// A type of resource that AWS Config inventories.
pub trait Resource: Sized {
    /// AWS Config's name of the type.
    const TYPE: &'static str;
    /// What one and several of them are called.
    const NOUN: (&'static str, &'static str);

    /// All of them that the evaluation is about: those of its Region, or all for a global type.
    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed>;

    /// The resource in a configuration item; nothing when the item does not tell enough.
    fn from_item(item: &ConfigurationItem) -> Option<Self>;

    /// Facts about the resource that the item tells besides.
    fn facts_from_item(item: &ConfigurationItem) -> Vec<(Key, Fact)> {
        let _ = item;
        Vec::new()
    }

    /// AWS Config's id of the resource.
    fn id(&self) -> &str;

    /// Its ARN, where it has one.
    fn arn(&self, view: &View<'_>) -> Option<String>;

    /// Whether the account owns it: some lists show what other accounts share.
    fn is_own(&self, view: &View<'_>) -> bool {
        let _ = view;
        true
    }

    /// The resource in evaluations.
    fn reference(&self, view: &View<'_>) -> ResourceRef {
        ResourceRef { resource_type: Self::TYPE.to_owned(), resource_id: self.id().to_owned(), arn: self.arn(view), region: view.context().region.clone() }
    }
}

impl Resource for User {
    const TYPE: &'static str = "AWS::IAM::User";
    const NOUN: (&'static str, &'static str) = ("IAM user", "IAM users");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.account::<Users>()?.0.iter().collect())
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Configuration {
            create_date: chrono::DateTime<chrono::Utc>,
        }
        let Configuration { create_date } = item.configuration()?;
        Some(Self { id: item.resource_id.clone(), name: item.resource_name.clone()?, arn: item.arn.clone()?, created: create_date })
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn arn(&self, _: &View<'_>) -> Option<String> {
        Some(self.arn.clone())
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
            .map(|versioning| (Key::resource(crate::facts::Kind::BucketVersioning, item.aws_region.as_str(), item.resource_id.as_str()), versioning.into()))
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

impl Resource for SecurityGroup {
    const TYPE: &'static str = "AWS::EC2::SecurityGroup";
    const NOUN: (&'static str, &'static str) = ("security group", "security groups");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.region::<SecurityGroups>()?.0.iter().collect())
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        Self::parse_item(item)
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn is_own(&self, view: &View<'_>) -> bool {
        self.owner == view.context().account.as_str()
    }

    fn arn(&self, view: &View<'_>) -> Option<String> {
        let context = view.context();
        Some(format!("arn:{}:ec2:{}:{}:security-group/{}", context.partition, context.region, self.owner, self.id))
    }
}
