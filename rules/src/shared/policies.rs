//! What the controls over policies share.

use plumbline_core::policy::PolicyAnswer;
use plumbline_core::prelude::*;

/// The answer of a policy in which a statement that is not understood decides.
pub(crate) fn not_understood<V>(answer: &PolicyAnswer<V>) -> NotAssessed {
    let detail = answer.detail.strip_prefix("The ").map(|rest| format!("the {rest}"));
    NotAssessed::Undetermined(detail.unwrap_or_else(|| answer.detail.clone()))
}

/// `a, b, c and 2 more`.
pub(crate) fn some_of(names: &[impl AsRef<str>]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
