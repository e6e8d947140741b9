//! Shortening and escaping of texts.

use std::borrow::Cow;
use std::fmt::Write;

/// Shortens a text to a number of characters, with an ellipsis where something was removed, on one
/// line without control characters.
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

/// Quotes a word for bash if it needs quotes, on one line. Invisible characters are written as
/// `$'\xe2\x80\xae'`.
pub fn shell_word(word: &str) -> String {
    if !word.chars().any(is_unseen)
        && let Ok(quoted) = shlex::try_quote(word)
    {
        return quoted.into_owned();
    }
    let mut quoted = String::from("$'");
    for character in word.chars() {
        if is_unseen(character) {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(quoted, "\\x{byte:02x}");
            }
        } else {
            if matches!(character, '\'' | '\\') {
                quoted.push('\\');
            }
            quoted.push(character);
        }
    }
    quoted.push('\'');
    quoted
}

/// The words of a command that [`shell_word`] quoted; `None` if a quote is not closed, or if a word
/// contains invisible characters.
pub fn shell_words(command: &str) -> Option<Vec<String>> {
    if command.contains("$'") || command.chars().any(is_unseen) {
        return None;
    }
    shlex::split(command)
}

/// Whether a character affects a terminal or a reader instead of being visible: control characters
/// (C0, DEL, C1), line separators, and what Unicode 16 lists as bidirectional controls
/// (`Bidi_Control`), as invisible (`Default_Ignorable_Code_Point`) or as interlinear annotations.
pub fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A text on one line, with each invisible character as `\u{202e}`. It can neither control a
/// terminal nor look like another text.
pub fn escaped(text: &str) -> Cow<'_, str> {
    escaped_except(text, |_| false)
}

/// A text of several lines, with each invisible character except line ends as `\u{202e}`.
pub fn escaped_lines(text: &str) -> Cow<'_, str> {
    escaped_except(text, |character| character == '\n')
}

fn escaped_except(text: &str, kept: impl Fn(char) -> bool) -> Cow<'_, str> {
    let stays = |character: char| !is_unseen(character) || kept(character);
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if stays(character) {
            escaped.push(character);
        } else {
            escaped.extend(character.escape_unicode());
        }
    }
    Cow::Owned(escaped)
}

/// A JSON document with each invisible character as `\u202e`. The document stays the same, because
/// such characters occur only within its strings.
pub fn escaped_json(json: String) -> String {
    let stays = |character: char| !is_unseen(character) || character == '\n';
    if json.chars().all(stays) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 8);
    for character in json.chars() {
        if stays(character) {
            escaped.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_escaped() {
        assert_eq!(escaped("a\u{1b}[31m\u{9b}\u{7f}b\n"), r"a\u{1b}[31m\u{9b}\u{7f}b\u{a}");
        assert_eq!(escaped("\u{202e}nimda\u{200b}\u{e0041}"), r"\u{202e}nimda\u{200b}\u{e0041}");
        assert_eq!(escaped_lines("a\r\nb"), "a\\u{d}\nb");
        assert!(matches!(escaped("Zürich 東京 שלום 🚲"), Cow::Borrowed(_)));
        let json = escaped_json("{\n\"a\": \"\u{202e}\u{9b}\u{e0041}\"}".to_owned());
        assert_eq!(json, "{\n\"a\": \"\\u202e\\u009b\\udb40\\udc41\"}");
        let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(value["a"], "\u{202e}\u{9b}\u{e0041}");
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        for (word, quoted) in
            [("a-b", "a-b"), ("", "''"), ("$(x) `y`", "'$(x) `y`'"), ("it's", "\"it's\"")]
        {
            assert_eq!(shell_word(word), quoted);
            assert_eq!(shell_words(quoted), Some(vec![word.to_owned()]));
        }
    }

    #[test]
    fn words_stay_on_one_line() {
        assert_eq!(shell_word("a'\n\\\u{202e}"), r"$'a\'\x0a\\\xe2\x80\xae'");
        assert_eq!(shell_words(&shell_word("a\nb")), None);
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöüx", 3), "äö…");
        assert_eq!(shorten("a  b\nc", 10), "a b c");
        assert_eq!(shorten("ab cd", 4), "ab…");
    }
}
