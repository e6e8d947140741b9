//! Texts: comparison with wildcards, CloudWatch's regular expressions, and both as formal
//! languages.
//!
//! Every condition of the filter language on a text is a union of *sequences*: characters of a
//! class, each once, at most once, or any number of times. Regular expressions of CloudWatch have
//! no groups, so they are such unions too.

use std::sync::Arc;

/// The meaning of a `*` inside a value. The AWS documentation describes both. At the ends of a
/// value, `*` is always a wildcard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Asterisk {
    /// A wildcard for any characters: `Ev*ent` also matches `Event`.
    #[default]
    Wildcard,
    /// An asterisk: `Ev*ent` matches only itself.
    Literal,
}

impl Asterisk {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Wildcard, Self::Literal];
}

/// Whether a value matches a text: `*` is a wildcard at either end, and inside the value under one
/// meaning.
pub(super) fn matches(value: &str, text: &str, reading: Asterisk) -> bool {
    if value == "*" {
        return true;
    }
    let (from, rest) = value.strip_prefix('*').map_or((false, value), |rest| (true, rest));
    let (to, middle) = rest.strip_suffix('*').map_or((false, rest), |middle| (true, middle));
    let pieces: Vec<&str> = match reading {
        Asterisk::Literal => vec![middle],
        Asterisk::Wildcard => middle.split('*').collect(),
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

/// Whether a value has a `*` that is not at one of its ends, whose meaning is ambiguous in the
/// documentation.
pub(super) fn is_ambiguous(value: &str) -> bool {
    let rest = value.strip_prefix('*').unwrap_or(value);
    rest.strip_suffix('*').unwrap_or(rest).contains('*')
}

/// A set of characters: ascending ranges that are not adjacent. Copies share them, because a
/// repetition has one copy for each possible occurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class(pub(super) Arc<[(char, char)]>);

impl Class {
    pub(super) fn any() -> Self {
        Self(Arc::new([('\0', char::MAX)]))
    }

    pub(super) fn one(character: char) -> Self {
        Self(Arc::new([(character, character)]))
    }

    pub(super) fn of(mut ranges: Vec<(char, char)>) -> Self {
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

    pub(super) fn complement(&self) -> Self {
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
/// A set of texts: those that any of the sequences matches.
pub(super) type Language = Vec<Sequence>;

/// The texts that a value matches.
pub(super) fn language(value: &str, reading: Asterisk) -> Language {
    let last = value.chars().count().saturating_sub(1);
    let sequence = value.chars().enumerate().map(|(at, character)| match (character, reading) {
        ('*', Asterisk::Wildcard) => (Class::any(), Times::Any),
        ('*', Asterisk::Literal) if at == 0 || at == last => (Class::any(), Times::Any),
        _ => (Class::one(character), Times::Once),
    });
    vec![sequence.collect()]
}

/// The language with exactly one text.
pub(super) fn exactly(text: &str) -> Language {
    vec![text.chars().map(|character| (Class::one(character), Times::Once)).collect()]
}

/// The language of the numbers in JSON.
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

/// The positions in a set of languages that a text can reach: the machine of the languages, run
/// side by side.
#[derive(Clone, Debug, Default)]
pub(super) struct TextMachine {
    /// The sequences of all languages, one after another. The end of a sequence names its language.
    places: Vec<Position>,
    starts: Vec<u32>,
}

#[derive(Clone, Debug)]
enum Position {
    Character(Class, Times),
    End(u32),
}

/// The positions that a text has reached, ascending.
pub(super) type State = Vec<u32>;

impl TextMachine {
    pub(super) fn new<'a>(languages: impl IntoIterator<Item = &'a Language>) -> Self {
        let mut machine = Self::default();
        for (number, language) in (0..).zip(languages) {
            for sequence in language {
                machine.starts.push(machine.here());
                machine.places.extend(
                    sequence
                        .iter()
                        .map(|(class, times)| Position::Character(class.clone(), *times)),
                );
                machine.places.push(Position::End(number));
            }
        }
        machine
    }

    fn here(&self) -> u32 {
        u32::try_from(self.places.len()).unwrap_or(u32::MAX)
    }

    fn place(&self, at: u32) -> Option<&Position> {
        self.places.get(usize::try_from(at).ok()?)
    }

    /// Before the first character.
    pub(super) fn start(&self) -> State {
        self.enter(self.starts.iter().copied())
    }

    /// The given positions, which must not descend, and the positions that can be reached without
    /// another character.
    fn enter(&self, places: impl Iterator<Item = u32>) -> State {
        let mut state = State::new();
        for mut at in places {
            if state.last().is_some_and(|last| *last >= at) {
                continue;
            }
            state.push(at);
            while let Some(Position::Character(_, Times::AtMostOnce | Times::Any)) = self.place(at)
            {
                at += 1;
                state.push(at);
            }
        }
        state
    }

    /// The state after one more character.
    pub(super) fn step(&self, state: &State, character: char) -> State {
        self.enter(state.iter().filter_map(|at| match self.place(*at) {
            Some(Position::Character(class, times)) if class.contains(character) => {
                Some(if *times == Times::Any { *at } else { *at + 1 })
            }
            _ => None,
        }))
    }

    /// The classes that can come next, except the class of all characters.
    pub(super) fn classes<'a>(&'a self, state: &'a State) -> impl Iterator<Item = &'a Class> {
        state.iter().filter_map(|at| match self.place(*at) {
            Some(Position::Character(class, _)) if !class.is_any() => Some(class),
            _ => None,
        })
    }

    /// The languages that contain the text, ascending.
    pub(super) fn accepted(&self, state: &State) -> Vec<u32> {
        let mut accepted: Vec<u32> = state
            .iter()
            .filter_map(|at| {
                if let Some(Position::End(number)) = self.place(*at) { Some(*number) } else { None }
            })
            .collect();
        accepted.sort_unstable();
        accepted.dedup();
        accepted
    }

    /// Whether the last language can still be reached.
    pub(super) fn is_alive(&self, state: &State, first: u32) -> bool {
        state.iter().any(|at| *at >= first)
    }

    /// The number of positions.
    pub(super) fn size(&self) -> usize {
        self.places.len()
    }

    /// The first position of the last language.
    pub(super) fn start_of_last(&self, last: &Language) -> u32 {
        let length: usize = last.iter().map(|sequence| sequence.len() + 1).sum();
        u32::try_from(self.places.len().saturating_sub(length)).unwrap_or(u32::MAX)
    }

    /// One character for each set of characters that no class distinguishes, letters and digits
    /// first.
    pub(super) fn alphabet(&self) -> Vec<char> {
        let mut edges: Vec<char> = vec!['\0'];
        for place in &self.places {
            if let Position::Character(class, _) = place {
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

/// The most readable character of a range.
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

#[cfg(test)]
mod tests {
    use super::Asterisk::{self, Literal, Wildcard};
    use super::{TextMachine, is_ambiguous, language, matches, numbers};

    fn in_language(value: &str, text: &str, reading: Asterisk) -> bool {
        let machine = TextMachine::new([&language(value, reading)]);
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
    fn numbers_of_json() {
        let machine = TextMachine::new([&numbers()]);
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
