//! The verdict: whether every event that the required pattern matches also matches one of the
//! candidates.

use serde::Serialize;
use serde_json::Value;

use super::cloudtrail::{ordinary_events, usual_values};
use super::model::{Model, has_two_readings};
use super::pattern::{Pattern, PatternKind};
use super::solve::{Formula, Found, search};
use super::syntax::Expression;
use super::text::Asterisk;
use crate::automaton::Budget;

/// The maximum work of a decision: to distinguish kinds of values, to search for a missed event,
/// and the same for candidates that may never match. Measured so that the longest patterns are
/// decided or abandoned within a tenth of a second in a release build.
const WORK_ON_KINDS: u64 = 3_000_000;
const WORK_ON_SEARCH: u64 = 1_000_000;
const WORK_ON_CANDIDATES: u64 = 1_000_000;

/// How many times the search continues after an event that the model proposes and the evaluator
/// refutes, for example because JSON cannot represent a number.
const MOST_FAILURES: usize = 50;

/// The result for candidates that have to cover a required pattern.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Coverage {
    /// Under both meanings of a `*` inside a value, every event that the required pattern matches
    /// is matched by a candidate.
    Covers,
    /// The same, but the candidates also match at least three quarters of the ordinary events that
    /// the required pattern does not match: the alarm is likely to stay in the ALARM state. The
    /// ordinary events are eight common events of CloudTrail, see [`covers`].
    CoversTooMuch,
    /// Under both meanings of a `*` inside a value, an event that the required pattern matches is
    /// matched by no candidate.
    Misses {
        /// The event, with no more members than necessary.
        event: Value,
    },
    /// No event matches any candidate.
    NeverMatches,
    /// The candidate is not a pattern.
    Invalid {
        /// The position of the error. The first character is 1.
        position: usize,
        /// The error, and what is expected instead.
        what: String,
    },
    /// Neither result could be proven.
    Undetermined {
        /// Why.
        why: String,
    },
}

impl Coverage {
    /// Whether the candidates match all required events.
    pub fn is_covered(&self) -> bool {
        matches!(self, Self::Covers | Self::CoversTooMuch)
    }

    /// The name of the verdict in JSON: `covers`, `covers-too-much`, `misses`, `never-matches`,
    /// `invalid` or `undetermined`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Covers => "covers",
            Self::CoversTooMuch => "covers-too-much",
            Self::Misses { .. } => "misses",
            Self::NeverMatches => "never-matches",
            Self::Invalid { .. } => "invalid",
            Self::Undetermined { .. } => "undetermined",
        }
    }

    fn undetermined(why: impl Into<String>) -> Self {
        Self::Undetermined { why: why.into() }
    }
}

/// Whether every event that the required pattern matches is matched by at least one of the
/// candidates.
///
/// *Covers too much* is measured with eight ordinary events (reads and writes of EC2, S3, IAM, STS,
/// KMS, CloudWatch Logs, DynamoDB and Lambda, by users, roles and services, without errors): the
/// candidates match at least three quarters of those that the required pattern does not match.
///
/// Each verdict except [`Coverage::Undetermined`] is proven: coverage by a search through all kinds
/// of events, a miss by an event that was checked.
pub fn covers(required: &Pattern, candidates: &[Pattern]) -> Coverage {
    let mut understood: Vec<&Expression> = Vec::new();
    let mut has_others = false;
    for candidate in candidates {
        match &candidate.kind {
            PatternKind::Everything => return Coverage::CoversTooMuch,
            PatternKind::Json(expression) if understood.contains(&expression) => {}
            PatternKind::Json(expression) => understood.push(expression),
            PatternKind::Other(_) => has_others = true,
        }
    }
    let wanted = match &required.kind {
        PatternKind::Everything => None,
        PatternKind::Json(expression) => Some(expression),
        PatternKind::Other(_) => {
            return Coverage::undetermined("the required pattern is not a JSON pattern");
        }
    };
    if understood.is_empty() && has_others {
        return Coverage::undetermined("only JSON patterns are supported; they begin with '{'");
    }
    let missed = find_missed(wanted, &understood);
    if missed != Missed::Nothing && !has_others && never_match(&understood) {
        return Coverage::NeverMatches;
    }
    match missed {
        Missed::Nothing if match_nearly_everything(required, candidates) => Coverage::CoversTooMuch,
        Missed::Nothing => Coverage::Covers,
        Missed::Event(_) if has_others => Coverage::undetermined(
            "a pattern that is not a JSON pattern may match the events that the others do not \
             match",
        ),
        Missed::Event(event) => Coverage::Misses { event },
        Missed::Unknown(why) => Coverage::undetermined(why),
    }
}

/// The same for texts. A text that is not a pattern matches nothing. If no text is a pattern, the
/// verdict is the error of the first text.
pub fn covers_texts<T: AsRef<str>>(required: &Pattern, candidates: &[T]) -> Coverage {
    let mut error = None;
    let mut patterns = Vec::new();
    for candidate in candidates {
        match Pattern::parse(candidate.as_ref()) {
            Ok(pattern) => patterns.push(pattern),
            Err(wrong) => {
                error.get_or_insert(wrong);
            }
        }
    }
    match error {
        Some(error) if patterns.is_empty() => {
            Coverage::Invalid { position: error.position, what: error.what }
        }
        _ => covers(required, &patterns),
    }
}

#[derive(Debug, PartialEq)]
enum Missed {
    Nothing,
    Event(Value),
    Unknown(String),
}

/// A wanted event that no candidate matches. Without a wanted pattern, all events are wanted.
fn find_missed(wanted: Option<&Expression>, candidates: &[&Expression]) -> Missed {
    let patterns: Vec<&Expression> = wanted.into_iter().chain(candidates.iter().copied()).collect();
    let readings = readings_of(&patterns);
    let mut model = Model::new(&patterns, readings, usual_values);
    let questions: Vec<_> = readings
        .iter()
        .map(|reading| {
            let wanted = wanted.map(|wanted| model.ask(wanted, *reading, true));
            let missed = candidates.iter().map(|candidate| model.ask(candidate, *reading, false));
            wanted.into_iter().chain(missed.collect::<Vec<_>>()).collect::<Vec<_>>()
        })
        .collect();
    model.find_kinds(wanted, &Budget::new(WORK_ON_KINDS));
    let formulas: Vec<Formula> = questions
        .iter()
        .map(|parts| Formula::all(parts.iter().map(|part| model.formula(part)).collect()))
        .collect();
    let is_missed = |event: &Value, readings: &[Asterisk]| {
        readings.iter().all(|reading| {
            wanted.is_none_or(|wanted| wanted.matches(event, *reading))
                && !candidates.iter().any(|candidate| candidate.matches(event, *reading))
        })
    };
    let budget = Budget::new(WORK_ON_SEARCH);
    let is_missed_by_all = |event: &Value| is_missed(event, readings);
    let mut found = find_event(
        &model,
        &Formula::all(formulas.clone()),
        MOST_FAILURES,
        &budget,
        is_missed_by_all,
    );
    if found == Found::GaveUp {
        // The simplest wanted event may suffice.
        let wanted = questions
            .iter()
            .filter_map(|parts| parts.first().filter(|_| wanted.is_some()))
            .map(|part| model.formula(part))
            .collect();
        found = find_event(
            &model,
            &Formula::all(wanted),
            1,
            &Budget::new(WORK_ON_SEARCH / 10),
            is_missed_by_all,
        );
    }
    match found {
        Found::Solution(event) => return Missed::Event(smallest(event, &is_missed_by_all)),
        Found::GaveUp => return Missed::Unknown(why_not(&model)),
        Found::Nothing => {}
    }
    if readings.len() > 1 {
        for (formula, reading) in formulas.iter().zip(readings) {
            match find_event(&model, formula, MOST_FAILURES, &budget, |event| {
                is_missed(event, &[*reading])
            }) {
                Found::Solution(_) => {
                    return Missed::Unknown(
                        "the result depends on the meaning of '*' inside a value, which the AWS \
                         documentation describes in two ways"
                            .to_owned(),
                    );
                }
                Found::GaveUp => return Missed::Unknown(why_not(&model)),
                Found::Nothing => {}
            }
        }
    }
    Missed::Nothing
}

/// Whether it is proven that no event matches any of the candidates under either meaning. There
/// must be at least one candidate.
fn never_match(candidates: &[&Expression]) -> bool {
    let budget = Budget::new(WORK_ON_CANDIDATES);
    !candidates.is_empty()
        && candidates.iter().all(|candidate| {
            let readings = readings_of(&[candidate]);
            let mut model = Model::new(&[candidate], readings, usual_values);
            let questions: Vec<_> =
                readings.iter().map(|reading| model.ask(candidate, *reading, true)).collect();
            model.find_kinds(None, &budget);
            let formula =
                Formula::any(questions.iter().map(|question| model.formula(question)).collect());
            let matches =
                |event: &Value| readings.iter().any(|reading| candidate.matches(event, *reading));
            find_event(&model, &formula, MOST_FAILURES, &budget, matches) == Found::Nothing
        })
}

/// The meanings of `*` under which the patterns differ.
fn readings_of(patterns: &[&Expression]) -> &'static [Asterisk] {
    if patterns.iter().any(|pattern| has_two_readings(pattern)) {
        &Asterisk::ALL
    } else {
        &[Asterisk::Wildcard]
    }
}

/// An event that satisfies the formula and the check. The result "no such event" is returned only
/// if the model contains all events.
fn find_event(
    model: &Model,
    formula: &Formula,
    failures: usize,
    budget: &Budget,
    check: impl Fn(&Value) -> bool,
) -> Found<Value> {
    let found = search(&model.sizes(), formula, &model.structure(), failures, budget, |domains| {
        model.event(domains).filter(|event| check(event))
    });
    if found == Found::Nothing && model.doubt().is_some() { Found::GaveUp } else { found }
}

fn why_not(model: &Model) -> String {
    format!("too complex to decide: {}", model.doubt().unwrap_or("there are too many cases"))
}

/// Removes all members from an event that the check does not need, except members that every
/// CloudTrail event has.
fn smallest(mut event: Value, check: &dyn Fn(&Value) -> bool) -> Value {
    let mut paths = Vec::new();
    member_paths(&event, &mut Vec::new(), &mut paths);
    for path in paths.into_iter().rev() {
        if usual_values(&format!("$.{}", path.join("."))).1 {
            continue;
        }
        let mut without = event.clone();
        let Some((name, above)) = path.split_last() else { continue };
        let holder = above.iter().try_fold(&mut without, |value, name| value.get_mut(name));
        let taken = holder.and_then(Value::as_object_mut).and_then(|members| members.remove(name));
        if taken.is_some() && check(&without) {
            event = without;
        }
    }
    event
}

fn member_paths(value: &Value, path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    for (name, member) in value.as_object().into_iter().flatten() {
        path.push(name.clone());
        paths.push(path.clone());
        member_paths(member, path, paths);
        path.pop();
    }
}

fn match_nearly_everything(required: &Pattern, candidates: &[Pattern]) -> bool {
    let matches = |pattern: &Pattern, event: &Value| pattern.matches(event, Asterisk::Wildcard);
    let unrelated: Vec<Value> =
        ordinary_events().into_iter().filter(|event| !matches(required, event)).collect();
    let matched = unrelated
        .iter()
        .filter(|event| candidates.iter().any(|candidate| matches(candidate, event)))
        .count();
    matched > 0 && matched * 4 >= unrelated.len() * 3
}
