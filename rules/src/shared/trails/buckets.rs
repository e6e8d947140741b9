//! The buckets to which trails deliver.

use plumbline_core::facts::{Bucket, Buckets, FactType};
use plumbline_core::prelude::*;

use super::is_gone;

/// A trail's bucket when it is the account's own; otherwise what is to be said of it. The account's
/// own are those on the list of its buckets. Any other one is asked for a fact all the same, to
/// tell one that does not exist from one of another account. AWS does not tell which account that
/// is.
pub(crate) fn own_bucket<'a, T: FactType + 'a>(
    name: &str,
    view: &View<'a>,
) -> Result<&'a Bucket, Assessed> {
    let buckets = view.account::<Buckets>().map_err(Err)?;
    let own = buckets.0.iter().find(|bucket| bucket.name == *name);
    let region = own.map_or(view.context().home_region.as_str(), |bucket| bucket.region.as_str());
    match (view.resource::<T>(region, name).map(|_| ()), own) {
        (Err(why), _) if is_gone(&why) => Err(Ok(missing_bucket(name))),
        (_, Some(bucket)) => Ok(bucket),
        (Err(NotAssessed::ReadFailed(unread)), None)
            if unread.cause == Cause::Denied || unread.code == "PermanentRedirect" =>
        {
            Err(Err(bucket_of_others(name)))
        }
        (Ok(()), None) => Err(Err(bucket_of_others(name))),
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
