//! The buckets to which trails deliver.

use plumbline_core::facts::{Bucket, Buckets, FactOf, TrailBucket};
use plumbline_core::prelude::*;

/// A trail's bucket when it is the account's own; otherwise what is to be said of it. The account's
/// own are those on the list of its buckets. Any other one is asked for a fact all the same, to
/// tell one that does not exist from one of another account. AWS does not tell which account that
/// is.
pub(crate) fn own_bucket<'a, T: FactOf<Of = Bucket> + 'a>(
    subject: &Subject<'_, TrailBucket>,
    view: &View<'a>,
) -> Result<Subject<'a, Bucket>, Assessed> {
    let TrailBucket(name) = &**subject;
    let buckets = view.account::<Buckets>().map_err(Err)?;
    let own = buckets.0.iter().find_map(|bucket| subject.same(bucket));
    let region = own.as_ref().map_or(&view.context().home_region, |bucket| &bucket.region);
    match (view.existing::<T>(region, name), own) {
        (Ok(None), _) => Err(Ok(missing_bucket(name))),
        (_, Some(bucket)) => Ok(bucket),
        (Err(NotAssessed::ReadFailed(unread)), None)
            if unread.cause == Cause::Denied || unread.code == "PermanentRedirect" =>
        {
            Err(Err(bucket_of_others(name)))
        }
        (Ok(Some(_)), None) => Err(Err(bucket_of_others(name))),
        (Err(why), None) => Err(Err(why)),
    }
}

/// That a trail's bucket does not exist.
pub(crate) fn missing_bucket(name: &str) -> Verdict {
    Verdict::non_compliant(format!(
        "Bucket {name} does not exist: anyone can claim the name and get the logs."
    ))
}

fn bucket_of_others(name: &str) -> NotAssessed {
    NotAssessed::Undetermined(format!("bucket {name} is of another account; evaluate it there."))
}
