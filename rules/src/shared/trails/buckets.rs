//! The buckets to which trails deliver.

use plumbline_core::aws::AccountId;
use plumbline_core::evaluation::ACCOUNT;
use plumbline_core::facts::{Bucket, Buckets, FactOf, TrailBucket};
use plumbline_core::parameters::NamedBuckets;
use plumbline_core::prelude::*;

use super::fixes::NO_TRAIL;

/// A trail's bucket when it is the account's own; otherwise what is to be said of it. The account's
/// own are those on the list of its buckets. Any other one is asked for a fact all the same, to
/// distinguish one that does not exist from one of another account. AWS does not report which
/// account that is: `archive` is the account that owns such buckets, where that is stated.
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

/// Those of the named buckets that the account owns. The same names serve all accounts of an
/// organization: each evaluates its own.
pub(crate) fn named<'p>(view: &View<'_>, names: &'p NamedBuckets) -> Vec<&'p TrailBucket> {
    names.0.iter().filter(|bucket| bucket.may_be_own(view)).collect()
}

/// Why nothing remedies a bucket that is not there, or an account without a trail.
pub(crate) fn no_bucket(failure: &Failure<'_>) -> Fix {
    Fix::by_hand(if failure.resource.resource_type == ACCOUNT {
        NO_TRAIL
    } else {
        "The bucket does not exist: create it before anybody else does, with a policy that allows \
         CloudTrail, or let the trail deliver elsewhere."
    })
}

/// That a trail's bucket does not exist.
pub(crate) fn missing_bucket(name: &str) -> Verdict {
    Verdict::non_compliant(format!(
        "Bucket {name} does not exist: anyone can claim the name and get the logs."
    ))
}

fn bucket_of_others(name: &str, archive: Option<&AccountId>, view: &View<'_>) -> Assessed {
    match archive {
        Some(archive) if *archive == view.context().account => {
            Err(NotAssessed::Undetermined(format!(
                "bucket '{name}' is of another account, although logArchiveAccount is this one."
            )))
        }
        Some(archive) => Ok(Verdict::not_applicable(format!(
            "Bucket '{name}' is not of this account: account {archive} owns and evaluates it \
             (logArchiveAccount)."
        ))),
        None => Err(NotAssessed::Undetermined(format!(
            "bucket {name} is of another account; evaluate it there, and set logArchiveAccount \
             here."
        ))),
    }
}
