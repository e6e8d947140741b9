//! Regular expressions of CloudWatch Logs: the parser, and the search.

use std::hash::{Hash, Hasher};

use super::text::{Class, Language, Sequence, TextMachine, Times};

/// A regular expression of CloudWatch Logs. It matches if it is found anywhere in a text.
#[derive(Clone, Debug)]
pub(super) struct Regex {
    /// The source between the percent signs.
    pub(super) source: String,
    language: Language,
    machine: TextMachine,
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Regex {}

impl Hash for Regex {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.source.hash(state);
    }
}

/// An error in a regular expression: the position of the character, from 0, and the message.
pub(super) type RegexError = (usize, String);

/// The maximum number of characters of a regular expression after its repetitions are expanded. AWS
/// documents no number.
const LONGEST_REGEX: usize = 1_000;

impl Regex {
    pub(super) fn parse(source: &str) -> Result<Self, RegexError> {
        let language =
            RegexParser { characters: source.chars().collect(), at: 0 }.alternatives()?;
        let machine = TextMachine::new([&language]);
        Ok(Self { source: source.to_owned(), language, machine })
    }

    pub(super) fn language(&self) -> &Language {
        &self.language
    }

    /// The number of characters after expansion.
    pub(super) fn size(&self) -> usize {
        self.machine.size()
    }

    /// Whether it is found in a text.
    pub(super) fn is_found_in(&self, text: &str) -> bool {
        let mut state = self.machine.start();
        for character in text.chars() {
            state = self.machine.step(&state, character);
            if state.is_empty() {
                return false;
            }
        }
        !self.machine.accepted(&state).is_empty()
    }
}

struct RegexParser {
    characters: Vec<char>,
    at: usize,
}

impl RegexParser {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    fn fail<T>(&self, what: impl Into<String>) -> Result<T, RegexError> {
        Err((self.at, what.into()))
    }

    fn alternatives(&mut self) -> Result<Language, RegexError> {
        let mut language = vec![self.sequence()?];
        while self.take('|') {
            language.push(self.sequence()?);
        }
        if language.iter().map(Vec::len).sum::<usize>() > LONGEST_REGEX {
            return self.fail(
                "the regular expression is too long after its repetitions are \
                expanded",
            );
        }
        Ok(language)
    }

    fn sequence(&mut self) -> Result<Sequence, RegexError> {
        let mut sequence = Sequence::new();
        if !self.take('^') {
            sequence.push((Class::any(), Times::Any));
        }
        let mut is_empty = true;
        loop {
            match self.peek() {
                None | Some('|') => break,
                Some('$') => {
                    self.at += 1;
                    return if matches!(self.peek(), None | Some('|')) {
                        Ok(sequence)
                    } else {
                        self.fail("'$' is allowed only at the end of a regular expression")
                    };
                }
                Some(_) => {
                    let class = self.class()?;
                    let (least, most) = self.times()?;
                    sequence.extend((0..least).map(|_| (class.clone(), Times::Once)));
                    match most {
                        Some(most) => sequence
                            .extend((least..most).map(|_| (class.clone(), Times::AtMostOnce))),
                        None => sequence.push((class, Times::Any)),
                    }
                    is_empty = false;
                }
            }
            if sequence.len() > LONGEST_REGEX {
                return self.fail(
                    "the regular expression is too long after its repetitions are \
                    expanded",
                );
            }
        }
        if is_empty && sequence.is_empty() {
            return self.fail("'^' needs an expression after it");
        }
        if is_empty {
            return self.fail("the regular expression is empty");
        }
        sequence.push((Class::any(), Times::Any));
        Ok(sequence)
    }

    fn class(&mut self) -> Result<Class, RegexError> {
        match self.peek() {
            Some('.') => {
                self.at += 1;
                Ok(Class::one('\n').complement())
            }
            Some('[') => {
                self.at += 1;
                self.brackets()
            }
            Some('\\') => self.escape(),
            Some(character @ ('?' | '*' | '+' | '{')) => {
                self.fail(format!("'{character}' has no expression to repeat"))
            }
            Some('^') => self.fail("'^' is allowed only at the start of a regular expression"),
            Some('(' | ')') => self.fail("regular expressions of CloudWatch Logs have no groups"),
            Some(character) if is_plain(character) => {
                self.at += 1;
                Ok(Class::one(character))
            }
            Some(character) => {
                self.fail(format!("'{character}' is not supported in a regular expression"))
            }
            None => self.fail("the regular expression is incomplete"),
        }
    }

    fn escape(&mut self) -> Result<Class, RegexError> {
        self.at += 1;
        let Some(character) = self.peek() else {
            return self.fail("'\\' needs a character to escape");
        };
        let class = match character {
            'd' | 'D' => Class::of(vec![('0', '9')]),
            'w' | 'W' => Class::of(vec![('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
            's' | 'S' => Class::of(vec![('\t', '\r'), (' ', ' ')]),
            'x' => {
                let digits: String = self.characters.iter().skip(self.at + 1).take(2).collect();
                let code = u8::from_str_radix(&digits, 16).ok().filter(|_| {
                    digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
                });
                let Some(code) = code.filter(u8::is_ascii) else {
                    return self.fail("'\\x' needs two hexadecimal digits of an ASCII character");
                };
                self.at += 2;
                Class::one(char::from(code))
            }
            _ if character.is_ascii_punctuation() || character == ' ' => Class::one(character),
            _ => {
                return self
                    .fail(format!("'\\{character}' is not supported in a regular expression"));
            }
        };
        self.at += 1;
        Ok(if matches!(character, 'D' | 'W' | 'S') { class.complement() } else { class })
    }

    fn brackets(&mut self) -> Result<Class, RegexError> {
        let negated = self.take('^');
        let mut ranges = Vec::new();
        let mut is_first = true;
        loop {
            match self.peek() {
                None => return self.fail("']' is missing"),
                Some(']') if !is_first => {
                    self.at += 1;
                    break;
                }
                Some(_) => {}
            }
            is_first = false;
            let low = self.member()?;
            let is_range = self.peek() == Some('-')
                && self.characters.get(self.at + 1).is_some_and(|after| *after != ']');
            match (&*low.0, is_range) {
                ([(first, last)], true) if first == last => {
                    let low = *first;
                    self.at += 1;
                    match &*self.member()?.0 {
                        [(first, last)] if first == last && low <= *first => {
                            ranges.push((low, *first))
                        }
                        _ => {
                            return self.fail(
                                "a character range must go from a lower to a higher \
                                    character",
                            );
                        }
                    }
                }
                _ => ranges.extend(low.0.iter().copied()),
            }
        }
        let class = Class::of(ranges);
        Ok(if negated { class.complement() } else { class })
    }

    /// Parses one character, or an escape, between brackets.
    fn member(&mut self) -> Result<Class, RegexError> {
        match self.peek() {
            Some('\\') => self.escape(),
            Some(character) if is_plain(character) || "^$?[]{}|*+.".contains(character) => {
                self.at += 1;
                Ok(Class::one(character))
            }
            Some(character) => {
                self.fail(format!("'{character}' is not supported in a regular expression"))
            }
            None => self.fail("']' is missing"),
        }
    }

    /// Parses the number of repetitions: the minimum, and the maximum if there is one.
    fn times(&mut self) -> Result<(usize, Option<usize>), RegexError> {
        let times = match self.peek() {
            Some('?') => (0, Some(1)),
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('{') => {
                self.at += 1;
                let least = self.count()?;
                let times = if self.take(',') {
                    (least.unwrap_or(0), self.count()?)
                } else {
                    (least.unwrap_or(0), least)
                };
                let is_backwards = times.1.is_some_and(|most| most < times.0);
                if self.peek() != Some('}')
                    || is_backwards
                    || (least.is_none() && times.1.is_none())
                {
                    return self.fail("write a repetition as {m}, {m,n}, {m,} or {,n}");
                }
                times
            }
            _ => return Ok((1, Some(1))),
        };
        self.at += 1;
        if matches!(self.peek(), Some('?' | '*' | '+' | '{')) {
            return self.fail("a repetition cannot be repeated");
        }
        Ok(times)
    }

    fn count(&mut self) -> Result<Option<usize>, RegexError> {
        while self.take(' ') {}
        let digits: String = self
            .characters
            .iter()
            .skip(self.at)
            .take_while(|character| character.is_ascii_digit())
            .collect();
        if digits.is_empty() {
            return Ok(None);
        }
        match digits.parse() {
            Ok(count) if count <= LONGEST_REGEX => {
                self.at += digits.len();
                while self.take(' ') {}
                Ok(Some(count))
            }
            _ => self.fail("the regular expression is too long after its repetitions are expanded"),
        }
    }
}

/// Whether a character represents itself.
fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || ":_#=@/;,- ".contains(character)
}

#[cfg(test)]
mod tests {
    use super::Regex;

    #[test]
    fn regular_expressions_search() {
        let table = [
            ("[hc]at", "a hat", true),
            ("^[hc]at", "a hat", false),
            ("^[hc]at", "hats", true),
            ("[hc]at$", "a hat", true),
            ("[hc]at$", "hats", false),
            ("colou?r", "color", true),
            ("colou?r", "colouur", false),
            ("^a{3,5}$", "aa", false),
            ("^a{3,5}$", "aaaa", true),
            ("^a{3,5}$", "aaaaaa", false),
            ("^a{,2}$", "", true),
            ("^a{2,}$", "aaaaaaa", true),
            ("^a{2}$", "aaa", false),
            ("gra|ey", "grey", true),
            ("^starting|^initializing|^shutting down", "initializing", true),
            ("^starting|^initializing|^shutting down", "skipping initializing", false),
            ("abcc|ab[^c]$", "aba", true),
            ("abcc|ab[^c]$", "aac", false),
            (r"\[.\]", "a [7] b", true),
            (r"\[.\]", "[]", false),
            (r"10\.10\.0\.1", "10.10.0.1", true),
            (r"10\.10\.0\.1", "10a10.0.1", false),
            ("ab*c", "ac", true),
            ("ab+c", "ac", false),
            (r"^\d\D\s\S\w\W$", "1a x_-", true),
            (r"\x41", "A", true),
            ("[abcx-z]", "y", true),
            ("[]a]", "]", true),
            ("[a-]", "-", true),
            ("val.{2}", "value", true),
            ("a.b", "a\nb", false),
        ];
        for (source, text, expected) in table {
            assert_eq!(
                Regex::parse(source).unwrap().is_found_in(text),
                expected,
                "{source} {text}"
            );
        }
        for wrong in [
            "",
            "(a)",
            "a!",
            "*a",
            "a**",
            "a{3",
            "a{3,2}",
            "a{}",
            "a{,}",
            "[a",
            "[z-a]",
            r"a\",
            r"\q",
            r"\xg1",
            "a^b",
            "a$b",
            "é",
            "a{99999}",
            "a|",
            "|a",
            "^",
            "[a-z]{4000}[a-z]{4000}",
        ] {
            assert!(Regex::parse(wrong).is_err(), "{wrong}");
        }
    }
}
