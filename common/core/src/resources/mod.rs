//! The resources over which controls run, and how configuration items describe them.

mod cloudtrail;
mod ec2;
mod efs;
mod iam;
mod kms;
mod rds;
mod s3;

use crate::evaluation::{NotAssessed, ResourceRef};
use crate::fact::Key;
use crate::facts::Fact;
use crate::item::ConfigurationItem;
use crate::view::View;

/// A type of resource that AWS Config inventories.
pub trait Resource: Sized {
    /// AWS Config's name of the type.
    const TYPE: &'static str;
    /// What one and several of them are called.
    const NOUN: (&'static str, &'static str);

    /// All of them that the evaluation is about: those of its Region, or all for a global type.
    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed>;

    /// What keeps some of them off the list: the resources that refer to them, each with why it
    /// could not be read. They are told as not assessed, beside those on the list.
    fn unlisted(view: &View<'_>) -> Vec<(ResourceRef, NotAssessed)> {
        let _ = view;
        Vec::new()
    }

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
        ResourceRef {
            resource_type: Self::TYPE.to_owned(),
            resource_id: self.id().to_owned(),
            arn: self.arn(view),
            region: view.context().region.clone(),
        }
    }
}
