//! Shared code of the controls over policies.

use plumbline_core::policy::PolicyAnswer;
use plumbline_core::prelude::*;

/// Returns the answer for a policy whose verdict depends on a statement that is not understood.
pub(crate) fn not_understood<V>(answer: &PolicyAnswer<V>) -> NotAssessed {
    let detail = answer.detail.strip_prefix("The ").map(|rest| format!("the {rest}"));
    NotAssessed::Undetermined(detail.unwrap_or_else(|| answer.detail.clone()))
}

/// Formats names in single quotes: `'a', 'b', 'c' and 2 more`.
pub(crate) fn some_of(names: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{}'", name.as_ref())).collect();
    first_few(&quoted)
}

/// Formats texts as they are: `a, b, c and 2 more`.
pub(crate) fn first_few(texts: &[impl AsRef<str>]) -> String {
    const SHOWN: usize = 3;
    let shown = texts.iter().take(SHOWN).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match texts.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
