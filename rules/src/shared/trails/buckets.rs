//! The S3 buckets to which trails deliver.

use plumbline_core::aws::AccountId;
use plumbline_core::evaluation::ACCOUNT;
use plumbline_core::facts::{Bucket, Buckets, FactOf, TrailBucket};
use plumbline_core::parameters::NamedBuckets;
use plumbline_core::prelude::*;

use super::fixes::NO_TRAIL;

/// Returns a trail's bucket if this account owns the bucket, and the answer otherwise. The account
/// owns the buckets that ListBuckets returns. For any other bucket a fact is read too, to
/// distinguish a bucket that does not exist from a bucket of another account. AWS does not report
/// the owner: `archive` is the account that owns such buckets, if given.
pub(crate) fn own_bucket<'a, T: FactOf<Of = Bucket> + 'a>(
    subject: &Subject<'_, TrailBucket>,
    archive: Option<&AccountId>,
    view: &View<'a>,
) -> Result<Subject<'a, Bucket>, Assessed> {
    let TrailBucket(name) = &**subject;
    let buckets = view.account::<Buckets>().map_err(Err)?;
    let own = buckets.0.iter().find_map(|bucket| subject.same(bucket));
    if let Some(unread) = own.as_ref().and_then(|bucket| bucket.unlocated.clone()) {
        return Err(Err(unread.into()));
    }
    let region = own.as_ref().map_or(&view.context().home_region, |bucket| &bucket.region);
    match (view.existing::<T>(region, name), own) {
        (Ok(None), _) => Err(Ok(missing_bucket(name))),
        (_, Some(bucket)) => Ok(bucket),
        (Err(NotAssessed::ReadFailed(unread)), None)
            if unread.cause == Cause::Denied || unread.code == "PermanentRedirect" =>
        {
            Err(bucket_of_others(name, archive, view))
        }
        (Ok(Some(_)), None) => Err(bucket_of_others(name, archive, view)),
        (Err(why), None) => Err(Err(why)),
    }
}

/// Returns the named buckets that the account owns. All accounts of an organization have the same
/// names in the parameter: each account evaluates its own buckets.
pub(crate) fn named<'p>(view: &View<'_>, names: &'p NamedBuckets) -> Vec<&'p TrailBucket> {
    names.0.iter().filter(|bucket| bucket.may_be_own(view)).collect()
}

/// Returns the reason why there is no fix for a bucket that does not exist, or for an account
/// without a trail.
pub(crate) fn no_bucket(failure: &Failure<'_>) -> Fix {
    Fix::by_hand(if failure.resource.resource_type == ACCOUNT {
        NO_TRAIL
    } else {
        "The bucket does not exist: create the bucket before anyone else does, with a policy that \
         allows CloudTrail, or change the bucket of the trail."
    })
}

/// Returns the verdict on a bucket that does not exist.
pub(crate) fn missing_bucket(name: &str) -> Verdict {
    Verdict::non_compliant(format!(
        "Bucket '{name}' does not exist: anyone can create a bucket with this name and receive the \
         logs."
    ))
}

fn bucket_of_others(name: &str, archive: Option<&AccountId>, view: &View<'_>) -> Assessed {
    match archive {
        Some(archive) if *archive == view.context().account => {
            Err(NotAssessed::Undetermined(format!(
                "bucket '{name}' belongs to another account, although logArchiveAccount is this \
                 account."
            )))
        }
        Some(archive) => Ok(Verdict::not_applicable(format!(
            "Bucket '{name}' does not belong to this account: account {archive} \
             (logArchiveAccount) owns and evaluates the bucket."
        ))),
        None => Err(NotAssessed::Undetermined(format!(
            "bucket '{name}' belongs to another account. Evaluate the bucket there, and set \
             logArchiveAccount here."
        ))),
    }
}
