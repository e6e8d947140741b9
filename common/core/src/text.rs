//! Texts within limits.

/// Cuts a text to a number of characters, with an ellipsis where something was cut, and puts it on
/// one line without control characters.
pub fn shorten(text: &str, limit: usize) -> String {
    let text = text
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    if text.chars().count() <= limit {
        return text;
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöüx", 3), "äö…");
        assert_eq!(shorten("a  b\nc", 10), "a b c");
        assert_eq!(shorten("ab cd", 4), "ab…");
    }
}
