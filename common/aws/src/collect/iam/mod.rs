//! IAM: the account's users and settings, and its policies.

use plumbline_core::answer::Answer;
use plumbline_core::operation::Operation;

pub(super) mod account;
pub(super) mod policies;

/// The maximum page size of IAM for all its lists.
pub(super) const A_PAGE: i32 = 1_000;

/// The error code for an entity that does not exist.
pub(super) const NO_SUCH_ENTITY: &str = "NoSuchEntity";

/// Rejects a truncated page without a marker for the next page.
pub(super) fn whole(operation: Operation, truncated: bool, marker: Option<&str>) -> Answer<()> {
    if truncated && marker.is_none_or(str::is_empty) {
        return Err(
            operation.malformed("the response is truncated and has no marker for the next page")
        );
    }
    Ok(())
}
