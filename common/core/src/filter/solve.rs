//! The search for a choice of one kind of value for every place of an event that satisfies a
//! formula.
//!
//! A formula's leaves state "the kind of this place is one of these". Leaves about one place are
//! joined as sets, so that conditions on one place are decided without a search. The remaining
//! disjunctions over several places are tried branch by branch, and all consequences are derived
//! before the next choice.

use std::collections::VecDeque;

use crate::automaton::{Bits, Budget};

/// A condition on the places of an event.
#[derive(Clone, Debug)]
pub(super) enum Formula {
    Constant(bool),
    /// The place is of one of these kinds.
    In(usize, Bits),
    All(Vec<Formula>),
    Any(Vec<Formula>),
}

impl Formula {
    /// A conjunction. Conditions on one place are joined.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        Self::join(parts, false)
    }

    /// A disjunction. Conditions on one place are joined.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        Self::join(parts, true)
    }

    /// `neutral` is the value that changes nothing: false in a disjunction.
    fn join(parts: Vec<Self>, is_any: bool) -> Self {
        let mut sets: Vec<(usize, Bits)> = Vec::new();
        let mut rest = Vec::new();
        let mut queue: VecDeque<Self> = parts.into();
        while let Some(part) = queue.pop_front() {
            match part {
                Self::Constant(value) if value == is_any => return part,
                Self::Constant(_) => {}
                Self::Any(inner) if is_any => queue.extend(inner),
                Self::All(inner) if !is_any => queue.extend(inner),
                Self::In(place, set) => match sets.iter_mut().find(|(known, _)| *known == place) {
                    Some((_, known)) if is_any => known.add(&set),
                    Some((_, known)) => {
                        known.keep(&set);
                    }
                    None => sets.push((place, set)),
                },
                _ => rest.push(part),
            }
        }
        let mut joined = Vec::new();
        for (place, set) in sets {
            let (decided, neutral) = if is_any {
                (set == Bits::full(set.size()), set.is_empty())
            } else {
                (set.is_empty(), set == Bits::full(set.size()))
            };
            if decided {
                return Self::Constant(is_any);
            }
            if !neutral {
                joined.push(Self::In(place, set));
            }
        }
        joined.extend(rest);
        match joined.pop() {
            None => Self::Constant(!is_any),
            Some(only) if joined.is_empty() => only,
            Some(last) => {
                joined.push(last);
                if is_any { Self::Any(joined) } else { Self::All(joined) }
            }
        }
    }
}

/// The maximum depth of a search. The search is recursive, and the stack of a thread is small.
const DEEPEST: usize = 200;

/// The result of a search.
#[derive(Debug, PartialEq)]
pub(super) enum Found<T> {
    Solution(T),
    Nothing,
    /// No solution, but the search was not complete.
    GaveUp,
}

/// Searches for kinds of all places. `build` turns them into a solution, or rejects them.
pub(super) fn search<T>(
    sizes: &[usize],
    formula: &Formula,
    structure: &[Formula],
    most_failures: usize,
    budget: &Budget,
    build: impl FnMut(&[Bits]) -> Option<T>,
) -> Found<T> {
    let domains = sizes.iter().map(|size| Bits::full(*size)).collect();
    let pending =
        [(formula, false)].into_iter().chain(structure.iter().map(|rule| (rule, true))).collect();
    let mut search = Solver { budget, build, failures: 0, most_failures, gave_up: false };
    match search.run(domains, pending, 0) {
        Some(solution) => Found::Solution(solution),
        None if search.gave_up || search.failures > 0 => Found::GaveUp,
        None => Found::Nothing,
    }
}

struct Solver<'b, B> {
    budget: &'b Budget,
    build: B,
    failures: usize,
    most_failures: usize,
    gave_up: bool,
}

/// A formula that must hold, and whether it only concerns an event's structure.
type Pending<'a> = Vec<(&'a Formula, bool)>;

impl<B> Solver<'_, B> {
    fn run<T>(
        &mut self,
        mut domains: Vec<Bits>,
        mut pending: Pending<'_>,
        depth: usize,
    ) -> Option<T>
    where
        B: FnMut(&[Bits]) -> Option<T>,
    {
        if depth > DEEPEST {
            self.gave_up = true;
            return None;
        }
        if !self.propagate(&mut domains, &mut pending) || self.gave_up {
            return None;
        }
        let mut choice: Option<((bool, usize), usize, Vec<&Formula>)> = None;
        for (at, (formula, is_structure)) in pending.iter().enumerate() {
            let Formula::Any(parts) = formula else { continue };
            let live: Vec<&Formula> =
                parts.iter().filter(|part| self.status(part, &domains) != Some(false)).collect();
            let rank = (*is_structure, live.len());
            if choice.as_ref().is_none_or(|(best, ..)| rank < *best) {
                choice = Some((rank, at, live));
            }
        }
        let Some(((is_structure, _), chosen, branches)) = choice else {
            let solution = (self.build)(&domains);
            self.failures += usize::from(solution.is_none());
            self.gave_up |= self.failures >= self.most_failures;
            return solution;
        };
        pending.remove(chosen);
        for branch in branches {
            if !self.spend(4 * domains.len() + pending.len()) {
                return None;
            }
            let mut narrower = pending.clone();
            narrower.insert(0, (branch, is_structure));
            if let Some(solution) = self.run(domains.clone(), narrower, depth + 1) {
                return Some(solution);
            }
            if self.gave_up {
                return None;
            }
            // The branch has no solution, so the other branches can assume its negation. (If the
            // branch had a false solution, its failures were counted.)
            if let Formula::In(place, set) = branch
                && let Some(domain) = domains.get_mut(*place)
            {
                domain.remove(set);
                if domain.is_empty() {
                    return None;
                }
            }
        }
        None
    }

    fn spend(&mut self, work: usize) -> bool {
        let enough = self.budget.spend(work);
        self.gave_up |= !enough;
        enough
    }

    /// Derives all consequences. Returns `false` when they contradict each other. The remaining
    /// formulas are disjunctions with at least two undecided parts.
    fn propagate(&mut self, domains: &mut [Bits], pending: &mut Pending<'_>) -> bool {
        loop {
            let mut changed = false;
            let mut open = Vec::new();
            let mut queue: VecDeque<(&Formula, bool)> = std::mem::take(pending).into();
            while let Some((formula, is_structure)) = queue.pop_front() {
                match formula {
                    Formula::Constant(true) => {}
                    Formula::Constant(false) => return false,
                    Formula::All(parts) => {
                        parts.iter().rev().for_each(|part| queue.push_front((part, is_structure)))
                    }
                    Formula::In(place, set) => {
                        let Some(domain) = domains.get_mut(*place) else { return false };
                        changed |= domain.keep(set);
                        if domain.is_empty() {
                            return false;
                        }
                    }
                    Formula::Any(parts) => {
                        let mut live = None;
                        let mut count = 0;
                        let mut holds = false;
                        for part in parts {
                            match self.status(part, domains) {
                                Some(true) => {
                                    holds = true;
                                    break;
                                }
                                Some(false) => {}
                                None => {
                                    count += 1;
                                    live = Some(part);
                                }
                            }
                        }
                        match live {
                            _ if holds => {}
                            None => return false,
                            Some(only) if count == 1 => queue.push_front((only, is_structure)),
                            Some(_) => open.push((formula, is_structure)),
                        }
                    }
                }
                if self.gave_up {
                    return false;
                }
            }
            *pending = open;
            if !changed {
                return true;
            }
        }
    }

    /// Whether a formula is always true, always false, or neither.
    fn status(&mut self, formula: &Formula, domains: &[Bits]) -> Option<bool> {
        match formula {
            Formula::Constant(value) => Some(*value),
            Formula::In(place, set) => {
                self.spend(1 + set.words().len());
                let domain = domains.get(*place)?;
                if domain.is_within(set) {
                    Some(true)
                } else if domain.meets(set) {
                    None
                } else {
                    Some(false)
                }
            }
            Formula::All(parts) => self.status_of(parts, false, domains),
            Formula::Any(parts) => self.status_of(parts, true, domains),
        }
    }

    fn status_of(&mut self, parts: &[Formula], decisive: bool, domains: &[Bits]) -> Option<bool> {
        let mut status = Some(!decisive);
        for part in parts {
            match self.status(part, domains) {
                Some(value) if value == decisive => return Some(decisive),
                Some(_) => {}
                None => status = None,
            }
        }
        status
    }
}

#[cfg(test)]
mod tests {
    use super::{Formula, Found, search};
    use crate::automaton::{Bits, Budget};

    fn is(place: usize, kinds: &[usize]) -> Formula {
        Formula::In(place, Bits::from_members(3, kinds.iter().copied()))
    }

    fn solve(formula: Formula, work: u64) -> Found<Vec<usize>> {
        search(&[3, 3, 3, 3], &formula, &[], 9, &Budget::new(work), |domains| {
            Some(domains.iter().map(|domain| domain.members().next().unwrap()).collect())
        })
    }

    #[test]
    fn finds_what_there_is() {
        assert_eq!(solve(Formula::Constant(true), 99), Found::Solution(vec![0, 0, 0, 0]));
        assert_eq!(solve(Formula::Constant(false), 99), Found::Nothing);
        let either = Formula::any(vec![is(0, &[1]), is(1, &[2])]);
        assert_eq!(
            solve(Formula::all(vec![either.clone(), is(0, &[0, 2])]), 999),
            Found::Solution(vec![0, 2, 0, 0])
        );
        assert_eq!(
            solve(Formula::all(vec![either, is(0, &[0, 2]), is(1, &[0, 1])]), 999),
            Found::Nothing
        );
    }

    #[test]
    fn joins_what_is_said_about_one_place() {
        assert!(matches!(Formula::any(vec![is(0, &[0, 1]), is(0, &[2])]), Formula::Constant(true)));
        assert!(matches!(
            Formula::all(vec![is(0, &[0, 1]), is(0, &[2])]),
            Formula::Constant(false)
        ));
        assert!(matches!(
            Formula::any(vec![Formula::any(vec![is(0, &[0])]), is(0, &[1])]),
            Formula::In(0, _)
        ));
    }

    #[test]
    fn agrees_with_brute_force() {
        // All conjunctions of two disjunctions of two conjunctions, pseudo-randomly.
        let mut seed: u64 = 1;
        let mut random = move |below: usize| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap() % below
        };
        let (mut found, mut nothing) = (0, 0);
        for _ in 0..500 {
            let clause = |random: &mut dyn FnMut(usize) -> usize| {
                let mut parts = Vec::new();
                for _ in 0..2 {
                    parts.push(vec![(random(4), random(3)), (random(4), random(3))]);
                }
                parts
            };
            let clauses: Vec<_> = (0..8).map(|_| clause(&mut random)).collect();
            let formula = Formula::all(
                clauses
                    .iter()
                    .map(|parts| {
                        Formula::any(
                            parts
                                .iter()
                                .map(|part| {
                                    Formula::all(
                                        part.iter()
                                            .map(|(place, kind)| {
                                                is(*place, &[*kind, (kind + 1) % 3])
                                            })
                                            .collect(),
                                    )
                                })
                                .collect(),
                        )
                    })
                    .collect(),
            );
            let holds = |kinds: &[usize]| {
                clauses.iter().all(|parts| {
                    parts.iter().any(|part| {
                        part.iter().all(|(place, kind)| {
                            kinds[*place] == *kind || kinds[*place] == (kind + 1) % 3
                        })
                    })
                })
            };
            let exists =
                (0..81).any(|code| holds(&[code % 3, code / 3 % 3, code / 9 % 3, code / 27]));
            match solve(formula, 1_000_000) {
                Found::Solution(kinds) => {
                    assert!(exists && holds(&kinds));
                    found += 1;
                }
                other => {
                    assert_eq!(other, Found::Nothing);
                    assert!(!exists);
                    nothing += 1;
                }
            }
        }
        assert!(found > 50 && nothing > 50, "{found} {nothing}");
    }

    #[test]
    fn gives_up_when_the_work_is_done() {
        let clauses = (0..4)
            .map(|place| {
                Formula::any(vec![
                    Formula::all(vec![is(place, &[0]), is((place + 1) % 4, &[1])]),
                    is(place, &[1]),
                ])
            })
            .collect();
        assert_eq!(solve(Formula::all(clauses), 3), Found::GaveUp);
        assert_eq!(
            search::<()>(&[2], &Formula::Constant(true), &[], 9, &Budget::new(9), |_| None),
            Found::GaveUp
        );
    }
}
