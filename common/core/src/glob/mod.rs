//! Wildcard matching in the form of IAM and most AWS services: `*` matches any characters, `?`
//! matches any one character.
//!
//! [`matches()`] tests one text. [`find`] tests all texts of a kind at once ("is there an object of
//! this bucket that none of these patterns matches?"), and is exact: the patterns run side by side
//! over every text of the kind, and all characters that no pattern names count as one.

mod limit;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::RangeInclusive;

use crate::automaton::Bits;

pub use self::limit::{SearchLimit, TooComplex};

/// Whether `pattern` matches the whole `text`, case-sensitively.
pub fn matches(pattern: &str, text: &str) -> bool {
    if pattern.is_ascii() && text.is_ascii() {
        return match_items(pattern.as_bytes(), text.as_bytes(), b'*', b'?');
    }
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    match_items(&pattern, &text, '*', '?')
}

fn match_items<T: PartialEq + Copy>(pattern: &[T], text: &[T], run: T, one: T) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(character) = text.get(seen) {
        match pattern.get(at) {
            Some(wanted) if *wanted == run => {
                star = Some((at + 1, seen));
                at += 1;
            }
            Some(wanted) if *wanted == one || wanted == character => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                Some((after, from)) => {
                    at = after;
                    seen = from + 1;
                    star = Some((after, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|rest| *rest == run)
}

/// Whether a pattern has wildcards.
pub fn has_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

/// A set of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Chars {
    /// One character.
    Just(char),
    /// `a` to `z`.
    Letters,
    /// `a` to `z` and `0` to `9`.
    LettersAndDigits,
    /// All.
    Any,
}

impl Chars {
    fn contains(self, character: char) -> bool {
        match self {
            Self::Just(only) => only == character,
            Self::Letters => character.is_ascii_lowercase(),
            Self::LettersAndDigits => character.is_ascii_lowercase() || character.is_ascii_digit(),
            Self::Any => true,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    One(Chars),
    Run(Chars),
}

/// A set of texts: the texts that a pattern matches, or the texts of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts(Vec<Part>);

impl Texts {
    /// The texts that a pattern matches.
    pub fn matching(pattern: &str) -> Self {
        pattern.chars().fold(Self::default(), |texts, character| match character {
            '*' => texts.then_run(Chars::Any),
            '?' => texts.then_one(Chars::Any),
            other => texts.then_one(Chars::Just(other)),
        })
    }

    /// Appends a text without wildcards.
    pub fn then(self, text: &str) -> Self {
        text.chars().fold(self, |texts, character| texts.then_one(Chars::Just(character)))
    }

    /// Appends one character of a set.
    pub fn then_one(mut self, chars: Chars) -> Self {
        self.0.push(Part::One(chars));
        self
    }

    /// Appends any number of characters of a set, including none.
    pub fn then_run(mut self, chars: Chars) -> Self {
        if self.0.last() != Some(&Part::Run(chars)) {
            self.0.push(Part::Run(chars));
        }
        self
    }
}

/// The texts of a search: each begins with one of some texts and continues with one of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Universe {
    beginnings: Vec<String>,
    rest: Texts,
}

impl Universe {
    /// All texts that begin with one of `beginnings`, which have no wildcards, and continue with
    /// one of `rest`.
    pub fn new(beginnings: impl IntoIterator<Item = String>, rest: Texts) -> Self {
        Self { beginnings: beginnings.into_iter().collect(), rest }
    }

    /// This text only.
    pub fn just(text: &str) -> Self {
        Self::new([text.to_owned()], Texts::default())
    }
}

impl From<Texts> for Universe {
    fn from(texts: Texts) -> Self {
        Self::new([String::new()], texts)
    }
}

/// The maximum number of state words of a search.
const HELD: usize = 500_000;

/// The cost, in words, to create one word of a machine, where each position is tested with a
/// character, and to look up a state.
const MADE: usize = 16;
const LOOKED_UP: usize = 8;

/// Searches for a text of `universe` that `wanted` accepts, by which of `patterns` match it. The
/// text continues as shortly as any text with the same beginning. `wanted` is called once for each
/// combination.
///
/// No result means that no such text exists. For example, if no text is left unmatched, the
/// patterns cover the universe together. The number of combinations can grow exponentially with
/// patterns of many wildcards, so there is a limit. Real patterns stay far below it.
pub fn find(
    universe: &Universe,
    patterns: &[Texts],
    budget: &SearchLimit,
    mut wanted: impl FnMut(&[bool]) -> bool,
) -> Result<Option<String>, TooComplex> {
    let mut asked = HashSet::new();
    find_by_beginning(universe, patterns, budget, |_, matched| {
        asked.insert(matched.to_vec()) && wanted(matched)
    })
}

/// Like [`find`], if the beginning of a text matters: `wanted` also gets the positions of the
/// beginnings that the patterns treat in the same way. It is called once for each combination and
/// group of beginnings.
pub(crate) fn find_by_beginning(
    universe: &Universe,
    patterns: &[Texts],
    budget: &SearchLimit,
    mut wanted: impl FnMut(&[usize], &[bool]) -> bool,
) -> Result<Option<String>, TooComplex> {
    let all: Vec<&Texts> = patterns.iter().collect();
    let whole = Machine::new(&universe.rest, &all, budget)?;
    let mut groups: Vec<(Bits, Vec<usize>)> = Vec::new();
    let mut places: HashMap<Bits, usize> = HashMap::new();
    for (at, beginning) in universe.beginnings.iter().enumerate() {
        let state = whole.after(beginning, budget)?;
        match places.get(&state).and_then(|place| groups.get_mut(*place)) {
            Some((_, alike)) => alike.push(at),
            None => {
                places.insert(state.clone(), groups.len());
                groups.push((state, vec![at]));
            }
        }
    }
    for (state, alike) in groups {
        // Few of many patterns continue after a beginning. Only these take part.
        let going_on: Vec<bool> =
            whole.ranges.iter().map(|range| range.clone().any(|bit| state.contains(bit))).collect();
        let some: Vec<&Texts> =
            patterns.iter().zip(&going_on).filter(|(_, on)| **on).map(|(texts, _)| texts).collect();
        let machine = Machine::new(&universe.rest, &some, budget)?;
        let mut start = machine.start();
        let ranges =
            whole.ranges.iter().zip(&going_on).filter(|(_, on)| **on).map(|(range, _)| range);
        for (from, to) in ranges.zip(&machine.ranges) {
            from.clone()
                .zip(to.clone())
                .filter(|(old, _)| state.contains(*old))
                .for_each(|(_, new)| start.insert(new));
        }
        let mut of_group = |matched: &[bool]| wanted(&alike, matched);
        let mut search = Search { budget, asked: HashSet::new(), wanted: &mut of_group };
        if let Some(rest) = search.run(&machine, start, &going_on)? {
            let beginning = alike.first().and_then(|at| universe.beginnings.get(*at));
            return Ok(beginning.map(|beginning| format!("{beginning}{rest}")));
        }
    }
    Ok(None)
}

struct Search<'a> {
    budget: &'a SearchLimit,
    asked: HashSet<Vec<bool>>,
    wanted: &'a mut dyn FnMut(&[bool]) -> bool,
}

impl Search<'_> {
    /// Searches breadth-first from one state. The machine has only the marked patterns.
    fn run(
        &mut self,
        machine: &Machine,
        start: Bits,
        patterns: &[bool],
    ) -> Result<Option<String>, TooComplex> {
        if self.is_wanted(machine, &start, patterns) {
            return Ok(Some(String::new()));
        }
        let mut known: HashSet<Bits> = HashSet::from([start.clone()]);
        let mut states = vec![start];
        let mut origins: Vec<Option<(usize, char)>> = vec![None];
        let mut at = 0;
        while let Some(state) = states.get(at).cloned() {
            for letter in &machine.alphabet {
                self.budget.spend(machine.words + LOOKED_UP)?;
                let next = machine.step(&state, letter);
                if !next.meets(&machine.universe) || known.contains(&next) {
                    continue;
                }
                if (states.len() + 1) * machine.words > HELD {
                    return Err(TooComplex);
                }
                origins.push(Some((at, letter.character)));
                if self.is_wanted(machine, &next, patterns) {
                    return Ok(Some(spell(&origins)));
                }
                known.insert(next.clone());
                states.push(next);
            }
            at += 1;
        }
        Ok(None)
    }

    fn is_wanted(&mut self, machine: &Machine, state: &Bits, patterns: &[bool]) -> bool {
        if !state.contains(machine.universe_end) {
            return false;
        }
        let mut ranges = machine.ranges.iter();
        let matched: Vec<bool> = patterns
            .iter()
            .map(|on| *on && ranges.next().is_some_and(|range| state.contains(*range.end())))
            .collect();
        if self.asked.contains(&matched) {
            return false;
        }
        let wanted = (self.wanted)(&matched);
        self.asked.insert(matched);
        wanted
    }
}

/// The text that leads to the last state.
fn spell(origins: &[Option<(usize, char)>]) -> String {
    let mut reversed = Vec::new();
    let mut origin = origins.last();
    while let Some(Some((from, character))) = origin {
        reversed.push(*character);
        origin = origins.get(*from);
    }
    reversed.iter().rev().collect()
}

/// A character, or all characters that no pattern names, with the positions that it leaves for the
/// next position and the positions at which it stays.
struct Letter {
    character: char,
    named: bool,
    leaves: Bits,
    stays: Bits,
}

/// A bit for each position in the universe and in the patterns, one after the other, each with one
/// more position at its end.
struct Machine {
    size: usize,
    words: usize,
    /// The positions of each pattern, including its end.
    ranges: Vec<RangeInclusive<usize>>,
    universe: Bits,
    universe_end: usize,
    runs: Bits,
    alphabet: Vec<Letter>,
}

impl Machine {
    fn new(
        universe: &Texts,
        patterns: &[&Texts],
        budget: &SearchLimit,
    ) -> Result<Self, TooComplex> {
        let all = || std::iter::once(universe).chain(patterns.iter().copied());
        let size = all().map(|texts| texts.0.len() + 1).sum::<usize>();
        let words = size.div_ceil(64);
        let characters = alphabet(all().flat_map(|texts| &texts.0));
        if words * characters.len() > HELD {
            return Err(TooComplex);
        }
        budget.spend(MADE * words * characters.len())?;
        let letter = |(character, named)| Letter {
            character,
            named,
            leaves: Bits::none(size),
            stays: Bits::none(size),
        };
        let mut alphabet: Vec<Letter> = characters.into_iter().map(letter).collect();
        let (mut runs, mut ranges, mut bit) = (Bits::none(size), Vec::new(), 0);
        for texts in all() {
            let start = bit;
            for part in &texts.0 {
                match part {
                    Part::One(chars) => alphabet
                        .iter_mut()
                        .filter(|letter| chars.contains(letter.character))
                        .for_each(|letter| letter.leaves.insert(bit)),
                    Part::Run(chars) => {
                        runs.insert(bit);
                        alphabet
                            .iter_mut()
                            .filter(|letter| chars.contains(letter.character))
                            .for_each(|letter| letter.stays.insert(bit));
                    }
                }
                bit += 1;
            }
            ranges.push(start..=bit);
            bit += 1;
        }
        let universe_end = *ranges.remove(0).end();
        let mut universe = Bits::none(size);
        (0..=universe_end).for_each(|place| universe.insert(place));
        Ok(Self { size, words, ranges, universe, universe_end, runs, alphabet })
    }

    /// The universe at its start, with no pattern active.
    fn start(&self) -> Bits {
        let mut state = Bits::none(self.size);
        state.insert(0);
        self.pass_runs(state)
    }

    /// The positions of the patterns after a text, without the universe.
    fn after(&self, text: &str, budget: &SearchLimit) -> Result<Bits, TooComplex> {
        let mut state = Bits::none(self.size);
        self.ranges.iter().for_each(|range| state.insert(*range.start()));
        state = self.pass_runs(state);
        for character in text.chars() {
            budget.spend(self.words)?;
            state = self
                .letter(character)
                .map_or_else(|| Bits::none(self.size), |letter| self.step(&state, letter));
        }
        Ok(state)
    }

    /// The letter for a character: the character itself if a pattern names it, else the letter of
    /// its class.
    fn letter(&self, character: char) -> Option<&Letter> {
        let sort = |one: char| (one.is_ascii_lowercase(), one.is_ascii_digit());
        let itself = self.alphabet.iter().find(|letter| letter.character == character);
        itself.or_else(|| {
            self.alphabet
                .iter()
                .find(|letter| !letter.named && sort(letter.character) == sort(character))
        })
    }

    fn step(&self, state: &Bits, letter: &Letter) -> Bits {
        let mut next = state.clone();
        let mut carry = 0;
        let masks = letter.leaves.words().iter().zip(letter.stays.words());
        for (word, (leaves, stays)) in next.words_mut().iter_mut().zip(masks) {
            let leaving = *word & leaves;
            *word = (leaving << 1) | carry | (*word & stays);
            carry = leaving >> 63;
        }
        self.pass_runs(next)
    }

    /// A run can be empty.
    fn pass_runs(&self, mut state: Bits) -> Bits {
        loop {
            let (mut carry, mut changed) = (0, false);
            for (word, runs) in state.words_mut().iter_mut().zip(self.runs.words()) {
                let passing = *word & runs;
                let after = *word | (passing << 1) | carry;
                carry = passing >> 63;
                changed |= after != *word;
                *word = after;
            }
            if !changed {
                return state;
            }
        }
    }
}

/// One unnamed character of each class, then the named characters, each with whether a pattern
/// names it.
fn alphabet<'a>(parts: impl Iterator<Item = &'a Part>) -> Vec<(char, bool)> {
    let named: BTreeSet<char> = parts
        .filter_map(|part| match part {
            Part::One(Chars::Just(character)) | Part::Run(Chars::Just(character)) => {
                Some(*character)
            }
            _ => None,
        })
        .collect();
    let unnamed = |character: &char| !named.contains(character);
    let letter = "xyzabcdefghijklmnopqrstuvw".chars().find(unnamed);
    let digit = ('0'..='9').find(unnamed);
    let other = "_~-".chars().chain('A'..='Z').chain('\u{e000}'..='\u{10ffff}').find(unnamed);
    let sorts = letter.into_iter().chain(digit).chain(other).map(|character| (character, false));
    sorts.chain(named.iter().map(|character| (*character, true))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, text) in [
            ("*", ""),
            ("a*c", "abbc"),
            ("a?c", "abc"),
            ("*.log", "x.log"),
            ("**", "x"),
            ("a*b*c", "a1b2b3c"),
            ("", ""),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "x"), ("a?c", "ac"), ("a*c", "abd"), ("A", "a"), ("*a", "ab")]
        {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    /// A text of the universe that no pattern matches.
    fn missed(universe: &Universe, patterns: &[&str]) -> Option<String> {
        let patterns: Vec<Texts> =
            patterns.iter().map(|pattern| Texts::matching(pattern)).collect();
        find(universe, &patterns, &SearchLimit::default(), |matched| !matched.contains(&true))
            .expect("simple enough")
    }

    #[test]
    fn patterns_cover_together() {
        let any = Universe::from(Texts::matching("*"));
        for covering in
            [&["*"][..], &["**"], &["?*", ""], &["", "?", "??*"], &["*", "a"], &["a*", "*"]]
        {
            assert_eq!(missed(&any, covering), None, "{covering:?}");
        }
        for (patterns, example) in
            [(&["?*"][..], ""), (&["*?"], ""), (&["", "??*"], "x"), (&["*a*"], ""), (&[], "")]
        {
            assert_eq!(missed(&any, patterns).as_deref(), Some(example), "{patterns:?}");
        }
        let letters = Universe::new(
            ["s3:".to_owned()],
            Texts::default().then_one(Chars::Letters).then_run(Chars::Letters),
        );
        let by_letter: Vec<String> = ('a'..='z').map(|letter| format!("s3:{letter}*")).collect();
        let by_letter: Vec<&str> = by_letter.iter().map(String::as_str).collect();
        assert_eq!(missed(&letters, &by_letter), None);
        assert_eq!(missed(&letters, &by_letter[1..]).as_deref(), Some("s3:a"));
        assert_eq!(
            missed(&Texts::default().then("s3:").then_one(Chars::Any).into(), &by_letter)
                .as_deref(),
            Some("s3:0")
        );
    }

    #[test]
    fn a_text_is_no_pattern() {
        assert_eq!(missed(&Universe::just("a*"), &["a?"]), None);
        assert_eq!(missed(&Universe::just("ab"), &["a"]).as_deref(), Some("ab"));
    }

    #[test]
    fn beginnings_are_distinguished() {
        let animals = Universe::new(
            ["cat", "cow", "dog"].map(str::to_owned),
            Texts::default().then(":").then_one(Chars::Any),
        );
        assert_eq!(missed(&animals, &["c*"]).as_deref(), Some("dog:x"));
        assert_eq!(missed(&animals, &["c*", "*g:?"]), None);
        assert_eq!(missed(&animals, &["c*", "d*:x"]).as_deref(), Some("dog:y"));
        assert_eq!(missed(&animals, &["c?t*", "d*"]).as_deref(), Some("cow:x"));
        assert_eq!(missed(&animals, &["*:?"]), None);
        assert_eq!(missed(&Universe::new([], Texts::default()), &[]), None);
    }

    #[test]
    fn combinations_are_distinguished() {
        let patterns = [Texts::matching("a*"), Texts::matching("*b")];
        let mut seen = Vec::new();
        assert_eq!(
            find(&Texts::matching("*").into(), &patterns, &SearchLimit::default(), |matched| {
                seen.push(matched.to_vec());
                false
            }),
            Ok(None)
        );
        seen.sort();
        assert_eq!(seen, [[false, false], [false, true], [true, false], [true, true]]);
        assert_eq!(
            find(
                &Texts::matching("*").into(),
                &patterns,
                &SearchLimit::default(),
                |matched| matched == [true, true]
            ),
            Ok(Some("ab".to_owned()))
        );
    }

    #[test]
    fn searches_end() {
        let heavy: Vec<Texts> = (0..40)
            .map(|at| Texts::matching(&format!("*{at}a{}*{at}b*", "?".repeat(at))))
            .collect();
        assert_eq!(
            find(&Texts::matching("*").into(), &heavy, &SearchLimit::default(), |_| false),
            Err(TooComplex)
        );
        let many = Texts::matching(&('\u{4e00}'..'\u{9000}').collect::<String>());
        assert_eq!(find(&many.into(), &[], &SearchLimit::default(), |_| false), Err(TooComplex));
        let budget = SearchLimit::of(1_000);
        let searches = (0..1_000)
            .take_while(|_| {
                find(&Texts::matching("a*").into(), &[], &budget, |_| false) == Ok(None)
            })
            .count();
        assert!((1..100).contains(&searches), "searches share a budget: {searches}");
    }
}
