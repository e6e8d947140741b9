//! The resources that controls evaluate, and their configuration items.

mod cloudtrail;
mod ec2;
mod efs;
mod iam;
mod kms;
mod rds;
mod s3;

use std::ops::Deref;

use crate::evaluation::{NotAssessed, ResourceRef};
use crate::fact::Key;
use crate::facts::{Fact, FactKind, FactOf};
use crate::item::ConfigurationItem;
use crate::view::View;

/// A resource type that AWS Config supports.
pub trait Resource: Sized {
    /// The name of the type in AWS Config.
    const TYPE: &'static str;
    /// The names of one and of several resources.
    const NOUN: (&'static str, &'static str);

    /// All resources of the evaluation: those of its Region, or all for a global type.
    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed>;

    /// Resources that may be missing from the list: the resources that refer to them, each with the
    /// reason why it could not be read. They are reported as not assessed, next to the listed
    /// resources.
    fn unlisted(view: &View<'_>) -> Vec<(ResourceRef, NotAssessed)> {
        let _ = view;
        Vec::new()
    }

    /// Parses the resource in a configuration item; `None` if the item is incomplete.
    fn from_item(item: &ConfigurationItem) -> Option<Self>;

    /// Other facts about the resource in the item.
    fn facts_from_item(item: &ConfigurationItem) -> Vec<(Key, Fact)> {
        let _ = item;
        Vec::new()
    }

    /// The id of the resource in AWS Config.
    fn id(&self) -> &str;

    /// The key of a fact about the resource.
    fn fact_key(&self, kind: FactKind, view: &View<'_>) -> Key {
        Key::resource(kind, view.context().region.as_str(), self.id())
    }

    /// Its ARN, if it has one.
    fn arn(&self, view: &View<'_>) -> Option<String>;

    /// Whether the account owns it. Some lists contain resources that other accounts share.
    fn is_own(&self, view: &View<'_>) -> bool {
        let _ = view;
        true
    }

    /// The reference of the resource in evaluations.
    fn reference(&self, view: &View<'_>) -> ResourceRef {
        ResourceRef {
            resource_type: Self::TYPE.to_owned(),
            resource_id: self.id().to_owned(),
            arn: self.arn(view),
            region: view.context().region.clone(),
        }
    }
}

/// The evaluated resource. Only the engine creates it, so that a control cannot confuse it with
/// another resource.
pub struct Subject<'r, R>(&'r R);

impl<'r, R: Resource> Subject<'r, R> {
    pub(crate) fn new(resource: &'r R) -> Self {
        Self(resource)
    }

    /// Another description of the same resource, or a resource that AWS Config treats as the same:
    /// type and id are equal. `None` if it is another resource.
    pub fn same<'o, O: Resource>(&self, other: &'o O) -> Option<Subject<'o, O>> {
        (R::TYPE == O::TYPE && self.id() == other.id()).then_some(Subject(other))
    }
}

impl<R> Deref for Subject<'_, R> {
    type Target = R;

    fn deref(&self) -> &R {
        self.0
    }
}

impl<'a> View<'a> {
    /// A fact of the evaluated resource. If the resource no longer exists, it gets no evaluation:
    /// return the error.
    ///
    /// ```
    /// # use plumbline_core::facts::{Bucket, BucketVersioning};
    /// # use plumbline_core::prelude::*;
    /// fn evaluate(bucket: &Subject<'_, Bucket>, view: &View<'_>) -> Result<bool, NotAssessed> {
    ///     Ok(view.of::<BucketVersioning>(bucket)?.status.is_some())
    /// }
    /// ```
    ///
    /// A fact of another resource is rejected, even if the type is the same:
    ///
    /// ```compile_fail,E0308
    /// # use plumbline_core::facts::{Bucket, BucketVersioning};
    /// # use plumbline_core::prelude::*;
    /// fn evaluate(other: &Bucket, view: &View<'_>) -> Result<bool, NotAssessed> {
    ///     Ok(view.of::<BucketVersioning>(other)?.status.is_some())
    /// }
    /// ```
    ///
    /// A fact of another type is also rejected:
    ///
    /// ```compile_fail,E0271
    /// # use plumbline_core::facts::{PrefixListEntries, SecurityGroup};
    /// # use plumbline_core::prelude::*;
    /// fn evaluate(group: &Subject<'_, SecurityGroup>, view: &View<'_>) -> Result<bool, NotAssessed> {
    ///     Ok(view.of::<PrefixListEntries>(group)?.ipv4.is_empty())
    /// }
    /// ```
    pub fn of<T>(&self, subject: &Subject<'_, T::Of>) -> Result<&'a T, NotAssessed>
    where
        T: FactOf<Of: Resource>,
    {
        self.get(subject.fact_key(T::KIND, self))
    }
}
