//! Texts: comparison with wildcards, CloudWatch's regular expressions, and both as languages that
//! can be reasoned about.
//!
//! Everything the filter language can say about a text is a union of *sequences*: characters of a
//! class, each once, at most once, or any number of times. CloudWatch's regular expressions have no
//! groups, so that they are such unions too.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::Reading;

/// Whether a text is what a value stands for: `*` is a wildcard at either end, and inside under one
/// reading.
pub(super) fn matches(value: &str, text: &str, reading: Reading) -> bool {
    if value == "*" {
        return true;
    }
    let (from, rest) = value.strip_prefix('*').map_or((false, value), |rest| (true, rest));
    let (to, middle) = rest.strip_suffix('*').map_or((false, rest), |middle| (true, middle));
    let pieces: Vec<&str> = match reading {
        Reading::Literal => vec![middle],
        Reading::Wildcard => middle.split('*').collect(),
    };
    let Some((last, before)) = pieces.split_last() else { return false };
    if before.is_empty() {
        return match (from, to) {
            (false, false) => text == *last,
            (false, true) => text.starts_with(last),
            (true, false) => text.ends_with(last),
            (true, true) => text.contains(last),
        };
    }
    let mut rest = text;
    for (at, piece) in before.iter().enumerate() {
        let found =
            if at == 0 && !from { rest.starts_with(piece).then_some(0) } else { rest.find(piece) };
        match found.and_then(|start| rest.get(start + piece.len()..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    if to { rest.contains(last) } else { rest.ends_with(last) }
}

/// Whether a value has a `*` that is not at one of its ends, of which the documentation says two
/// things.
pub(super) fn is_ambiguous(value: &str) -> bool {
    let rest = value.strip_prefix('*').unwrap_or(value);
    rest.strip_suffix('*').unwrap_or(rest).contains('*')
}

/// A set of characters: ranges in ascending order that do not touch. Copies share them: a
/// repetition has as many copies as it may repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class(Arc<[(char, char)]>);

impl Class {
    pub(super) fn any() -> Self {
        Self(Arc::new([('\0', char::MAX)]))
    }

    pub(super) fn one(character: char) -> Self {
        Self(Arc::new([(character, character)]))
    }

    fn of(mut ranges: Vec<(char, char)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(char, char)> = Vec::new();
        for (low, high) in ranges {
            match merged.last_mut() {
                Some(last) if low <= last.1 || next(last.1) == Some(low) => {
                    last.1 = last.1.max(high)
                }
                _ => merged.push((low, high)),
            }
        }
        Self(merged.into())
    }

    fn complement(&self) -> Self {
        let mut ranges = Vec::new();
        let mut low = Some('\0');
        for (first, last) in self.0.iter() {
            if let (Some(low), Some(high)) = (low, previous(*first))
                && low <= high
            {
                ranges.push((low, high));
            }
            low = next(*last);
        }
        if let Some(low) = low {
            ranges.push((low, char::MAX));
        }
        Self(ranges.into())
    }

    pub(super) fn contains(&self, character: char) -> bool {
        self.0.iter().any(|(low, high)| (*low..=*high).contains(&character))
    }

    pub(super) fn is_any(&self) -> bool {
        *self.0 == [('\0', char::MAX)]
    }

    /// The characters at which membership begins or ends.
    pub(super) fn edges(&self) -> impl Iterator<Item = char> {
        self.0.iter().flat_map(|(low, high)| [Some(*low), next(*high)]).flatten()
    }
}

fn next(character: char) -> Option<char> {
    (character..=char::MAX).nth(1)
}

fn previous(character: char) -> Option<char> {
    ('\0'..character).next_back()
}

/// How often a character of a class occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    Once,
    AtMostOnce,
    Any,
}

/// Characters one after another.
pub(super) type Sequence = Vec<(Class, Times)>;
/// A set of texts: any of the sequences.
pub(super) type Language = Vec<Sequence>;

/// The texts that a value stands for.
pub(super) fn language(value: &str, reading: Reading) -> Language {
    let last = value.chars().count().saturating_sub(1);
    let sequence = value.chars().enumerate().map(|(at, character)| match (character, reading) {
        ('*', Reading::Wildcard) => (Class::any(), Times::Any),
        ('*', Reading::Literal) if at == 0 || at == last => (Class::any(), Times::Any),
        _ => (Class::one(character), Times::Once),
    });
    vec![sequence.collect()]
}

/// The texts that are exactly one thing.
pub(super) fn exactly(text: &str) -> Language {
    vec![text.chars().map(|character| (Class::one(character), Times::Once)).collect()]
}

/// The texts that are a number in JSON.
pub(super) fn numbers() -> Language {
    let digit = || Class::of(vec![('0', '9')]);
    let many =
        |sequence: &mut Sequence| sequence.extend([(digit(), Times::Once), (digit(), Times::Any)]);
    let mut language = Vec::new();
    for shape in 0..8 {
        let mut sequence = vec![(Class::one('-'), Times::AtMostOnce)];
        if shape & 1 == 0 {
            sequence.push((Class::one('0'), Times::Once));
        } else {
            sequence.extend([(Class::of(vec![('1', '9')]), Times::Once), (digit(), Times::Any)]);
        }
        if shape & 2 != 0 {
            sequence.push((Class::one('.'), Times::Once));
            many(&mut sequence);
        }
        if shape & 4 != 0 {
            sequence.push((Class::of(vec![('e', 'e'), ('E', 'E')]), Times::Once));
            sequence.push((Class::of(vec![('+', '+'), ('-', '-')]), Times::AtMostOnce));
            many(&mut sequence);
        }
        language.push(sequence);
    }
    language
}

/// Places in a set of languages that a text may have led to: the language's machine, run over
/// several languages at once.
#[derive(Clone, Debug, Default)]
pub(super) struct Machine {
    /// Every language's sequences, one after another; the end of a sequence names its language.
    places: Vec<Place>,
    starts: Vec<u32>,
}

#[derive(Clone, Debug)]
enum Place {
    Character(Class, Times),
    End(u32),
}

/// The places that a text has led to, ascending.
pub(super) type State = Vec<u32>;

impl Machine {
    pub(super) fn new<'a>(languages: impl IntoIterator<Item = &'a Language>) -> Self {
        let mut machine = Self::default();
        for (number, language) in (0..).zip(languages) {
            for sequence in language {
                machine.starts.push(machine.here());
                machine.places.extend(
                    sequence.iter().map(|(class, times)| Place::Character(class.clone(), *times)),
                );
                machine.places.push(Place::End(number));
            }
        }
        machine
    }

    fn here(&self) -> u32 {
        u32::try_from(self.places.len()).unwrap_or(u32::MAX)
    }

    fn place(&self, at: u32) -> Option<&Place> {
        self.places.get(usize::try_from(at).ok()?)
    }

    /// Before the first character.
    pub(super) fn start(&self) -> State {
        self.enter(self.starts.iter().copied())
    }

    /// The given places, which must not descend, and those that can be had without another
    /// character.
    fn enter(&self, places: impl Iterator<Item = u32>) -> State {
        let mut state = State::new();
        for mut at in places {
            if state.last().is_some_and(|last| *last >= at) {
                continue;
            }
            state.push(at);
            while let Some(Place::Character(_, Times::AtMostOnce | Times::Any)) = self.place(at) {
                at += 1;
                state.push(at);
            }
        }
        state
    }

    /// After one more character.
    pub(super) fn step(&self, state: &State, character: char) -> State {
        self.enter(state.iter().filter_map(|at| match self.place(*at) {
            Some(Place::Character(class, times)) if class.contains(character) => {
                Some(if *times == Times::Any { *at } else { *at + 1 })
            }
            _ => None,
        }))
    }

    /// The classes that could come next, but for the one of all characters.
    pub(super) fn classes<'a>(&'a self, state: &'a State) -> impl Iterator<Item = &'a Class> {
        state.iter().filter_map(|at| match self.place(*at) {
            Some(Place::Character(class, _)) if !class.is_any() => Some(class),
            _ => None,
        })
    }

    /// The languages that the text belongs to, ascending.
    pub(super) fn accepted(&self, state: &State) -> Vec<u32> {
        let mut accepted: Vec<u32> = state
            .iter()
            .filter_map(|at| {
                if let Some(Place::End(number)) = self.place(*at) { Some(*number) } else { None }
            })
            .collect();
        accepted.sort_unstable();
        accepted.dedup();
        accepted
    }

    /// Whether a language, the last one, can still be reached.
    pub(super) fn is_alive(&self, state: &State, first: u32) -> bool {
        state.iter().any(|at| *at >= first)
    }

    /// Where the last language begins.
    pub(super) fn start_of_last(&self, last: &Language) -> u32 {
        let length: usize = last.iter().map(|sequence| sequence.len() + 1).sum();
        u32::try_from(self.places.len().saturating_sub(length)).unwrap_or(u32::MAX)
    }

    /// One character for each set of characters that no class tells apart, letters and digits
    /// first.
    pub(super) fn alphabet(&self) -> Vec<char> {
        let mut edges: Vec<char> = vec!['\0'];
        for place in &self.places {
            if let Place::Character(class, _) = place {
                edges.extend(class.edges());
            }
        }
        edges.sort_unstable();
        edges.dedup();
        let ends = edges.iter().skip(1).map(|edge| previous(*edge)).chain([Some(char::MAX)]);
        let mut alphabet: Vec<char> = edges
            .iter()
            .zip(ends)
            .filter_map(|(first, last)| Some(nicest(*first, last?)))
            .collect();
        alphabet.sort_by_key(|character| {
            (!character.is_ascii_alphanumeric(), !character.is_ascii_graphic(), *character)
        });
        alphabet
    }
}

/// The character of a range that reads best.
fn nicest(first: char, last: char) -> char {
    ['x', 'X', '1']
        .into_iter()
        .chain('a'..='z')
        .chain('A'..='Z')
        .chain('0'..='9')
        .chain('!'..='~')
        .find(|character| (first..=last).contains(character))
        .unwrap_or(first)
}

/// A regular expression of CloudWatch Logs, which searches.
#[derive(Clone, Debug)]
pub(super) struct Regex {
    /// As it was written, between the per cent signs.
    pub(super) source: String,
    language: Language,
    machine: Machine,
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

/// What is wrong with a regular expression, and at which of its characters (from 0).
pub(super) type RegexError = (usize, String);

/// A regular expression may not unfold into more characters than this; AWS gives no number.
const LONGEST_REGEX: usize = 1_000;

impl Regex {
    pub(super) fn parse(source: &str) -> Result<Self, RegexError> {
        let language =
            RegexParser { characters: source.chars().collect(), at: 0 }.alternatives()?;
        let machine = Machine::new([&language]);
        Ok(Self { source: source.to_owned(), language, machine })
    }

    pub(super) fn language(&self) -> &Language {
        &self.language
    }

    /// How many characters it has, unfolded.
    pub(super) fn size(&self) -> usize {
        self.machine.places.len()
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
            return self.fail("the regular expression repeats too much");
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
                        self.fail("'$' can only end a regular expression")
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
                return self.fail("the regular expression repeats too much");
            }
        }
        if is_empty && sequence.is_empty() {
            return self.fail("'^' needs something to begin with");
        }
        if is_empty {
            return self.fail("a regular expression is empty");
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
                self.fail(format!("'{character}' has nothing to repeat"))
            }
            Some('^') => self.fail("'^' can only begin a regular expression"),
            Some('(' | ')') => self.fail("regular expressions of CloudWatch Logs have no groups"),
            Some(character) if is_plain(character) => {
                self.at += 1;
                Ok(Class::one(character))
            }
            Some(character) => {
                self.fail(format!("'{character}' is not supported in a regular expression"))
            }
            None => self.fail("the regular expression ends too early"),
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
                            return self
                                .fail("a range of characters runs from a lower to a higher one");
                        }
                    }
                }
                _ => ranges.extend(low.0.iter().copied()),
            }
        }
        let class = Class::of(ranges);
        Ok(if negated { class.complement() } else { class })
    }

    /// One character, or an escape, between brackets.
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

    /// How often the class before may occur: at least, and at most where there is a bound.
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
                    return self.fail("a repetition is {m}, {m,n}, {m,} or {,n}");
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
            _ => self.fail("the regular expression repeats too much"),
        }
    }
}

/// Whether a character stands for itself.
fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || ":_#=@/;,- ".contains(character)
}

#[cfg(test)]
mod tests {
    use super::{Regex, is_ambiguous, language, matches, numbers};
    use crate::filter::Reading::{self, Literal, Wildcard};

    fn in_language(value: &str, text: &str, reading: Reading) -> bool {
        let machine = super::Machine::new([&language(value, reading)]);
        let state =
            text.chars().fold(machine.start(), |state, character| machine.step(&state, character));
        !machine.accepted(&state).is_empty()
    }

    #[test]
    fn wildcards_under_both_readings() {
        let table = [
            ("Event", "Event", true, true),
            ("Event", "event", false, false),
            ("Event", "Events", false, false),
            ("*", "", true, true),
            ("**", "anything", true, true),
            ("*Event", "PutEvent", true, true),
            ("*Event", "Event", true, true),
            ("*Event", "Events", false, false),
            ("Event*", "Events", true, true),
            ("*Event*", "PutEvents", true, true),
            ("*Event*", "PutEven", false, false),
            ("Ev*ent", "Ev*ent", true, true),
            ("Ev*ent", "Evident", true, false),
            ("Ev*ent", "Event", true, false),
            ("Ev*ent", "Evnt", false, false),
            ("a*a", "a", false, false),
            ("*a*b*", "xaybz", true, false),
            ("*a*b*", "xa*bz", true, true),
            ("*a*b*", "b a", false, false),
            ("a*b*c", "abcbc", true, false),
            ("a*b*c", "acbc", true, false),
            ("", "", true, true),
            ("", "x", false, false),
            ("a?", "ab", false, false),
        ];
        for (value, text, wildcard, literal) in table {
            for (reading, expected) in [(Wildcard, wildcard), (Literal, literal)] {
                assert_eq!(matches(value, text, reading), expected, "{value} {text} {reading:?}");
                assert_eq!(
                    in_language(value, text, reading),
                    expected,
                    "{value} {text} {reading:?} as a language"
                );
            }
        }
        for (value, expected) in [
            ("Ev*ent", true),
            ("*Event*", false),
            ("**", false),
            ("***", true),
            ("a**", true),
            ("a", false),
            ("*", false),
            ("", false),
        ] {
            assert_eq!(is_ambiguous(value), expected, "{value}");
        }
    }

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

    #[test]
    fn numbers_of_json() {
        let machine = super::Machine::new([&numbers()]);
        let is_number = |text: &str| {
            !machine
                .accepted(
                    &text
                        .chars()
                        .fold(machine.start(), |state, character| machine.step(&state, character)),
                )
                .is_empty()
        };
        for text in ["0", "-0", "10", "-1.50", "1e5", "1.0E-07", "0.1e+3"] {
            assert!(is_number(text), "{text}");
        }
        for text in ["", "-", "01", "1.", ".1", "1e", "+1", "1x", "Infinity"] {
            assert!(!is_number(text), "{text}");
        }
    }
}
