//! The limit of work for a question about patterns.

use std::cell::Cell;

use crate::automaton::Budget;

/// The question about patterns would take too long to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooComplex;

/// The maximum number of state words that all searches for one question can compute.
const COMPUTED: u64 = 20_000_000;

/// The number of words that the searches for one question can still compute. One search can start
/// many others.
#[derive(Debug)]
pub struct SearchLimit {
    budget: Budget,
    is_whole: bool,
    is_exceeded: Cell<bool>,
}

impl Default for SearchLimit {
    fn default() -> Self {
        Self::of(COMPUTED)
    }
}

impl SearchLimit {
    /// Creates a limit in words, at most the limit of a whole question.
    pub(crate) fn of(words: u64) -> Self {
        let budget = Budget::new(words.min(COMPUTED));
        Self { budget, is_whole: words >= COMPUTED, is_exceeded: Cell::new(false) }
    }

    /// Spends some words of work.
    pub(crate) fn spend(&self, words: usize) -> Result<(), TooComplex> {
        if self.budget.spend(words) {
            return Ok(());
        }
        self.is_exceeded.set(true);
        Err(TooComplex)
    }

    /// Answers a part of the question, such as the wording of the answer, with a part of the
    /// remaining work. If this part takes too much work, the question as a whole does not fail.
    pub(crate) fn in_part<T>(&self, part: u64, of: u64, ask: impl FnOnce(&Self) -> T) -> T {
        let limit = Self { budget: self.budget.share(part, of), ..Self::of(0) };
        let answer = ask(&limit);
        self.budget.spend_like(&limit.budget);
        answer
    }

    /// The work that was spent, in words.
    pub(crate) fn used(&self) -> u64 {
        self.budget.used()
    }

    /// Whether this limit, which is lower than that of a whole question, could have changed the
    /// answer.
    pub(crate) fn cut_the_answer(&self) -> bool {
        self.is_exceeded.get() && !self.is_whole
    }
}
