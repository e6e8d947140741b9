//! The resources over which controls run, and how configuration items describe them.

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

    /// The key of a fact about it.
    fn fact_key(&self, kind: FactKind, view: &View<'_>) -> Key {
        Key::resource(kind, view.context().region.as_str(), self.id())
    }

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

/// The resource that is evaluated. Only the engine makes one, so that no control can take another
/// resource for it.
pub struct Subject<'r, R>(&'r R);

impl<'r, R: Resource> Subject<'r, R> {
    pub(crate) fn new(resource: &'r R) -> Self {
        Self(resource)
    }

    /// Another description of the same resource, or a resource that AWS Config takes for the same:
    /// it has the same type and id. Nothing when it is another one.
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
    /// A fact of the resource that is evaluated. When it turns out that the resource does not exist
    /// any more, it gets no evaluation: pass the error on.
    ///
    /// ```
    /// # use plumbline_core::facts::{Bucket, BucketVersioning};
    /// # use plumbline_core::prelude::*;
    /// fn evaluate(bucket: &Subject<'_, Bucket>, view: &View<'_>) -> Result<bool, NotAssessed> {
    ///     Ok(view.of::<BucketVersioning>(bucket)?.status.is_some())
    /// }
    /// ```
    ///
    /// A fact of any other resource is not one about the subject, even of the same type:
    ///
    /// ```compile_fail,E0308
    /// # use plumbline_core::facts::{Bucket, BucketVersioning};
    /// # use plumbline_core::prelude::*;
    /// fn evaluate(other: &Bucket, view: &View<'_>) -> Result<bool, NotAssessed> {
    ///     Ok(view.of::<BucketVersioning>(other)?.status.is_some())
    /// }
    /// ```
    ///
    /// nor is one of another type:
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
