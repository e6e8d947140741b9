//! Helpers for numbers and lists in sentences.

/// Counts with the right plural: `1 account`, `3 accounts`.
pub(crate) fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

/// Joins the non-empty parts with commas.
pub(crate) fn listed(parts: &[String]) -> String {
    parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", ")
}

/// Joins parts: `a`, `a and b`, `a, b and c`.
pub(crate) fn enumerated(parts: &[&str]) -> String {
    match parts {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Capitalizes a sentence, unless its first word is the name of an operation or document.
pub(crate) fn sentence(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    let mut characters = text.chars();
    match characters.next() {
        Some(letter) if !first.trim_end_matches(':').contains([':', '{', '.', '/']) => {
            letter.to_uppercase().chain(characters).collect()
        }
        _ => text.to_owned(),
    }
}

/// Adds the final period of a sentence.
pub(crate) fn ended(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', '…']) { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_sentences() {
        assert_eq!(sentence("the contact is complete."), "The contact is complete.");
        assert_eq!(sentence("s3:GetBucketPolicy failed."), "s3:GetBucketPolicy failed.");
        assert_eq!(ended("Closed soon"), "Closed soon.");
        assert_eq!(ended("Really?"), "Really?");
        assert_eq!(enumerated(&["a", "b", "c"]), "a, b and c");
        assert_eq!(counted(1, "account", "accounts"), "1 account");
    }
}
